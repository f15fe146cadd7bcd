/**
 * How sockets leave: on request, by disconnecting, or with a swept node. The room's script decides and announces, then
 * the user's side follows; what could not be done is left to the reconciler. Only a leave of the session begins on the
 * user's side, where it is noted until it is done.
 */
import type { Point, Position } from '../../log/event.ts';
import type { Topics } from '../../bus/topics.ts';
import type { LeaveCause } from '../../hooks/contract.ts';
import type { HookRunner } from '../../hooks/runner.ts';
import { countFrame, notificationFrame } from '../../protocol/wire/frame.ts';
import type { AccessStore } from '../../store/access/access-store.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { Deletions } from '../../store/room/deletions.ts';
import { roomTopic, topicKind, topicName, type TopicKey } from '../../redis/keys.ts';
import { SOCKETS_PER_CALL, type MembershipStore } from '../../store/membership/membership-store.ts';
import type { PendingLeave, SessionStore, TakenOut } from '../../store/session/session-store.ts';
import type { Cleaner } from '../../store/node/sweep.ts';
import type { UserStore } from '../../store/user/user-store.ts';
import type { Caller } from '../caller.ts';
import { tellLeft } from '../hooks/points.ts';
import { leaveHeads } from '../session/leave-heads.ts';
import type { Losses } from '../room/losses.ts';
import type { UserlistChanges } from './userlist-changes.ts';

export interface Departing {
  readonly socketId: string;
  readonly userName: string;
}

export interface DeparturesDeps {
  readonly memberships: MembershipStore;
  readonly access: Pick<AccessStore, 'readAccess'>;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly deletions: Pick<Deletions, 'unfinished'>;
  readonly topics: Topics;
  readonly userlistChanges: UserlistChanges;
  readonly losses: Losses;
  readonly hooks: HookRunner | undefined;
  /** What could not be done; the topic's `follow` is passed on with it. */
  suspect(topic: TopicKey, nodeId: string, cause: unknown): void;
}

/** A leave of the session: where it took effect, what became of it in the room, where the user was told last. */
export interface SessionLeave {
  readonly at: Position;
  /** `njoined`: the user's sockets that are still there, as they take no part in the session. */
  readonly room: { readonly seq: number; readonly njoined: number } | 'noRoom';
  readonly told: Position | undefined;
}

/** How sockets leave a room, and who is told. */
export interface Leaving {
  /** The users' other sockets: of those that were in it, of all, or that is left to the caller. */
  readonly echo: 'changed' | 'always' | 'later';
  /** Who is not to hear the echo; each socket does not hear its own where nobody is named. */
  readonly echoExcept?: string;
  /** What the operator's hook is told. */
  readonly cause: LeaveCause;
}

export class Departures implements Cleaner {
  readonly #deps: DeparturesDeps;

  constructor(deps: DeparturesDeps) {
    this.#deps = deps;
  }

  /**
   * Takes sockets of one node out of a room and tells their users' other sockets. Returns the room's seq and, for each
   * socket, its user's sockets left there; `noRoom` where there is none.
   */
  async leaveRoom(
    roomName: string,
    nodeId: string,
    sockets: readonly Departing[],
    { echo, echoExcept, cause }: Leaving,
  ): Promise<{ seq: number; njoined: number[] } | 'noRoom'> {
    const { memberships, users } = this.#deps;
    const leaving = sockets.map(({ userName, socketId }) => ({
      userName,
      socketId,
      nodeId,
      frame: notificationFrame('roomUserLeft', [roomName, userName]),
    }));
    const result = await memberships.leave(roomName, nodeId, leaving);
    if (result === 'noRoom') return 'noRoom';
    if (result.changesPending) this.#deps.userlistChanges.note(roomName);
    result.left.forEach(({ changed, njoined }, i) => {
      const one = sockets[i];
      if (one !== undefined && changed) tellLeft(this.#deps.hooks, one, roomName, { njoined, cause });
    });
    if (echo !== 'later') {
      await Promise.all(
        result.left.map(async ({ changed, njoined }, i) => {
          const one = sockets[i];
          if (one === undefined || (!changed && echo === 'changed')) return;
          const { userName, socketId } = one;
          const frame = leftEcho(roomName, socketId);
          const note = { socketId, echoExcept: echoExcept ?? socketId, roomName, joined: false, njoined };
          await users.noteRoom(userName, { ...note, echo: frame });
        }),
      );
    }
    return { seq: result.at.seq, njoined: result.left.map(({ njoined }) => njoined) };
  }

  /** Takes a room out of the session of a user, and all its sockets that take part in that out of the room. */
  async leaveTogether(
    roomName: string,
    { userName, socketId, nodeId, echoExcept: except }: Pick<Caller, 'userName' | 'socketId' | 'nodeId' | 'echoExcept'>,
  ): Promise<SessionLeave> {
    const leave = { roomName, socketId, nodeId, except, ...leaveHeads(roomName) };
    const begun = await this.#deps.sessions.beginLeave(userName, leave);
    if (typeof begun === 'string') throw new StateUnavailable(`a leave cannot be begun: ${begun}`);
    return { at: begun.at, ...(await this.#carryOut(userName, begun.pending, except)) };
  }

  /** Goes on with what a node has begun of leaves of a session: all of them, or the one that a socket asked for. */
  async finishLeaves(userName: string, nodeId: string, only?: { roomName: string; socketId: string }): Promise<void> {
    for (const leave of await this.#deps.sessions.pendingLeaves(userName, nodeId)) {
      if (only !== undefined && (leave.roomName !== only.roomName || leave.socketId !== only.socketId)) continue;
      await this.#carryOut(userName, leave, leave.socketId);
    }
  }

  async #carryOut(userName: string, leave: PendingLeave, except: string): Promise<Omit<SessionLeave, 'at'>> {
    const { memberships, sessions, userlistChanges, hooks } = this.#deps;
    const { roomName, sockets } = leave;
    const frame = notificationFrame('roomUserLeft', [roomName, userName]);
    const out: TakenOut[] = [];
    for (let from = 0; from < sockets.length; from += SOCKETS_PER_CALL) {
      const page = sockets.slice(from, from + SOCKETS_PER_CALL).map((one) => ({ ...one, userName, frame }));
      // For no node: where each of them is, and also where it is being joined, its own event is what takes it out.
      const result = await memberships.leave(roomName, '', page);
      const at = result === 'noRoom' ? undefined : result.at;
      if (result !== 'noRoom' && result.changesPending) userlistChanges.note(roomName);
      for (const [i, { socketId }] of page.entries()) {
        const { changed, njoined } = (result === 'noRoom' ? undefined : result.left[i]) ?? {
          changed: false,
          njoined: 0,
        };
        if (changed) tellLeft(hooks, { userName, socketId }, roomName, { njoined, cause: 'leave' });
        out.push({ socketId, at, njoined, echo: leftEcho(roomName, socketId) });
      }
    }
    const told = await sessions.finishLeave(userName, leave, out, except);
    const last = out.at(-1);
    return { told, room: last?.at === undefined ? 'noRoom' : { seq: last.at.seq, njoined: last.njoined } };
  }

  /**
   * A socket was taken out by another's leave before its own join was answered. Where its join was noted after that leave,
   * nobody has told it: it is told now.
   */
  async tellTakenOut(
    roomName: string,
    { userName, socketId, nodeId }: Departing & { readonly nodeId: string },
    at: Point,
  ): Promise<void> {
    const { access, sessions } = this.#deps;
    const found = await access.readAccess(roomName, userName);
    const njoined = found === 'noRoom' ? 0 : found.njoined;
    const out = [{ socketId, at, njoined, echo: leftEcho(roomName, socketId) }];
    await sessions.finishLeave(userName, { roomName, socketId, nodeId, sockets: [] }, out, '');
  }

  /** Takes a socket from its user; `roomNames` are what the hook is told that it was in. */
  async logout(
    { userName, socketId }: Departing,
    roomNames: readonly string[],
    echoes: readonly { echo: Uint8Array; njoined: number }[] = [],
  ): Promise<void> {
    const { users, hooks } = this.#deps;
    const out = await users.logout(userName, socketId, disconnectEcho(socketId), echoes);
    if (out === 'gone' || !out.changed) return;
    const { nconnected } = out;
    hooks?.tell('onDisconnect', () => ({ socketId, userName, nconnected, rooms: [...roomNames] }));
  }

  /** A join whose socket closed before it was completed. Never rejects. */
  async undoJoin(roomName: string, socket: Departing & { readonly nodeId: string }): Promise<void> {
    try {
      await this.leaveRoom(roomName, socket.nodeId, [socket], { echo: 'changed', cause: 'disconnect' });
      this.#deps.topics.unfollow(roomTopic(roomName), socket.nodeId);
    } catch (error) {
      this.#deps.suspect(roomTopic(roomName), socket.nodeId, error);
    }
  }

  /** Takes everything of a dead node out of one topic. Safe to repeat, and for several peers to do at once. */
  async clean(topic: TopicKey, nodeId: string): Promise<void> {
    const { memberships, users, hooks, deletions, losses } = this.#deps;
    const name = topicName(topic);
    if (topicKind(topic) === 'user') {
      const gone = await users.beginSweep(name, nodeId);
      await this.finishLeaves(name, nodeId);
      // Only the hook wants to know what they were in.
      const known = hooks?.has('onDisconnect') === true ? await users.listSockets(name) : undefined;
      for (const socketId of gone) await this.logout({ userName: name, socketId }, known?.get(socketId)?.rooms ?? []);
      return;
    }
    // What the dead node had begun: telling those concerned of a deletion, and of who came and went.
    for (const deletion of await deletions.unfinished(name, nodeId)) await losses.tellFormer(name, deletion);
    this.#deps.userlistChanges.note(name);
    for (;;) {
      const page = await memberships.beginSweep(name, nodeId);
      if (page.length === 0) return;
      for (let at = 0; at < page.length; at += SOCKETS_PER_CALL) {
        const left = await this.leaveRoom(name, nodeId, page.slice(at, at + SOCKETS_PER_CALL), {
          echo: 'changed',
          cause: 'swept',
        });
        if (left === 'noRoom') return;
      }
    }
  }
}

/** The frame, without its count, that tells a user's other sockets of one that is in a room no more. */
export const leftEcho = (roomName: string, socketId: string): Uint8Array =>
  countFrame('roomLeftEcho', [roomName, socketId]);

/** The frame, without its count, that tells a user's other sockets of one that is gone. */
const disconnectEcho = (socketId: string): Uint8Array => countFrame('socketDisconnectEcho', [socketId]);
