/**
 * Telling users who lost a room, by its deletion or by a change of its rules. The room's script has taken them out and
 * told the nodes with sockets of theirs in it; their other sockets, and their sessions, hear of it from here.
 */
import type { Point } from '../../log/event.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import type { Evictions } from '../../store/access/evictions.ts';
import type { Deletion, Deletions, RemovedUser } from '../../store/room/deletions.ts';
import type { Life } from '../../store/room/room-store.ts';
import type { UserStore } from '../../store/user/user-store.ts';
import { leavePrefixes } from '../../protocol/session.ts';
import type { Actor } from '../actor.ts';
import type { MemberTelling, Told } from '../member/telling.ts';
import type { Quotas } from '../quota/quotas.ts';
import { sideBySide } from '../../ops/side-by-side.ts';

export interface RemovalsDeps {
  readonly evictions: Pick<Evictions, 'untold' | 'forget'>;
  readonly deletions: Pick<Deletions, 'takeRemoved' | 'removedUser' | 'forgetUser'>;
  readonly quotas: Pick<Quotas, 'released'>;
  readonly users: Pick<UserStore, 'notifyRoomLost'>;
  readonly memberTelling: Pick<MemberTelling, 'tell'>;
}

/** Which room was lost, and where in its log. */
interface LostRoom {
  readonly roomName: string;
  readonly life: Life;
  readonly at: Point;
}

/** Users told at the same time. */
const CONCURRENCY = 64;

/** Tells a user's sockets that it has lost a room. */
export const removalFrame = (roomName: string): Uint8Array => notificationFrame('roomAccessRemoved', [roomName]);

export class Removals {
  readonly #deps: RemovalsDeps;
  #last: Promise<void> = Promise.resolve();

  constructor(deps: RemovalsDeps) {
    this.#deps = deps;
  }

  /**
   * Tells everybody concerned of a room that is deleted, and gives back what it had of its owner's quota. May be repeated
   * until it resolves: nobody is told twice.
   */
  async tellDeleted(roomName: string, deletion: Deletion, told?: Told): Promise<void> {
    const { deletions, quotas } = this.#deps;
    const { life, owner, at } = deletion;
    // First, for at the end of the pages it is forgotten that this is to be done.
    await quotas.released({ owner, roomName, life });
    for await (const page of deletions.takeRemoved(roomName, life)) {
      const { left, cause } =
        page.who === 'roster'
          ? await this.#tellMembers(roomName, deletion, page.users, told)
          : await this.#tell({ roomName, life, at }, page.users, told);
      const names = new Set(left.map(({ userName }) => userName));
      await page.forget(page.users.flatMap(({ userName }) => (names.has(userName) ? [] : [userName])));
      if (left.length > 0) throw cause;
    }
  }

  /** What is done before a deletion is answered: the quota is given back, and who asked is told. Never rejects. */
  async first(
    roomName: string,
    deletion: Deletion,
    { author, exceptSocket }: Pick<Actor, 'author' | 'exceptSocket'>,
    told: Told,
  ): Promise<void> {
    const { life, owner } = deletion;
    const isReleased = this.#deps.quotas.released({ owner, roomName, life });
    const isTold =
      author === undefined ? undefined : this.#tellFirst(roomName, deletion, { userName: author, exceptSocket }, told);
    await Promise.allSettled([isReleased, isTold]); // what fails is done again with the others
  }

  /** Tells one user of a deleted room before the others, if it is concerned. */
  async #tellFirst(
    roomName: string,
    deletion: Deletion,
    { userName, exceptSocket }: { readonly userName: string; readonly exceptSocket: string | undefined },
    told: Told,
  ): Promise<void> {
    const { deletions } = this.#deps;
    const { life, at } = deletion;
    // It may have the room in its session only, or not at all.
    const noSockets = { userName, socketIds: [], nodeIds: [] };
    const user = (await deletions.removedUser(roomName, life, userName)) ?? noSockets;
    const { left } = await this.#tell({ roomName, life, at }, [user], told);
    const members = await this.#tellMembers(roomName, deletion, [{ userName, exceptSocket }], told);
    if (left.length + members.left.length === 0) await deletions.forgetUser(roomName, life, userName);
  }

  /** Those who belonged to it do not any more; `exceptSocket` has deleted it. Returns those who could not be told, and why. */
  async #tellMembers(
    roomName: string,
    { life, at: { seq }, membersLost }: Deletion,
    users: readonly { readonly userName: string; readonly exceptSocket?: string | undefined }[],
    told: Told | undefined,
  ): Promise<{ left: readonly { readonly userName: string }[]; cause: unknown }> {
    if (membersLost === undefined) return { left: [], cause: undefined };
    const { at, by } = membersLost;
    const due = users.map(({ userName, exceptSocket }) => ({
      userName,
      changes: [{ what: 'deleted', at, seq, life, by, exceptSocket } as const],
    }));
    return this.#deps.memberTelling.tell(roomName, due, told);
  }

  /** Does such work when what was to be done before is: rooms of thousands are deleted one after the other. Never rejects. */
  inTurn(work: () => Promise<void>): void {
    this.#last = this.#last.then(work);
  }

  /**
   * Tells users, as work that may be repeated until it resolves: who was told is not told again. Those without sockets in
   * the room have only had it in their session.
   */
  telling(lost: LostRoom, users: readonly RemovedUser[], told?: Told): () => Promise<void> {
    let waiting = users;
    let untold = users;
    return async () => {
      const { left, cause } = await this.#tell(lost, untold, told);
      untold = left;
      const isLeft = new Set(left);
      await this.#deps.evictions.forget(
        lost.roomName,
        waiting.filter((one) => !isLeft.has(one)),
      );
      waiting = left;
      if (left.length > 0) throw cause;
    };
  }

  /** Tells those whom a node has taken out of a room and not told: it is dead, or nobody knows whether it was done. */
  async tellEvicted(roomName: string, nodeId: string): Promise<void> {
    for await (const page of this.#deps.evictions.untold(roomName, nodeId)) {
      for (const { user, life, at } of page) await this.telling({ roomName, life, at }, [user])();
    }
  }

  /** Returns those who could not be told, and why. */
  async #tell(
    { roomName, life, at }: LostRoom,
    users: readonly RemovedUser[],
    told: Told | undefined,
  ): Promise<{ left: readonly RemovedUser[]; cause: unknown }> {
    const frame = removalFrame(roomName);
    const prefixes = leavePrefixes(roomName);
    const left: RemovedUser[] = [];
    let cause: unknown;
    const tell = async (user: RemovedUser): Promise<void> => {
      const { userName, socketIds, nodeIds, seq = at.seq } = user;
      const isDeletion = user.seq === undefined;
      const hadSockets = socketIds.length > 0;
      const lost = {
        roomName,
        life,
        at: { epoch: at.epoch, seq },
        frame: hadSockets ? frame : undefined,
        // The event of a deletion names nobody, and so tells only users with a socket that hears the room.
        nodeIds: isDeletion ? [] : nodeIds,
        ...prefixes,
      };
      try {
        const toldAt = await this.#deps.users.notifyRoomLost(userName, lost);
        if (toldAt !== undefined) told?.(userName, toldAt);
      } catch (error) {
        left.push(user);
        cause = error;
      }
    };
    await sideBySide(users, CONCURRENCY, tell);
    return { left, cause };
  }
}
