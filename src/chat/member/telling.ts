/**
 * Telling users that they became members of rooms, or are none any more. The room's script has told the room and noted whom to tell
 * (store/lib/access/members.lua); their own slots, and so their devices and their lists of rooms, hear of it from here.
 *
 * How to use it: a script changes members, ends with `noteMembers` and gives what that returns (`due: duesIn`). Its handler has the
 * room in this node's manifest meanwhile, and calls `telling(roomName, due)()` until that resolves; `changeRules` (access/rules.ts) does both for
 * what has `due` in its outcome. Where the answer of the script was lost, `tellDue` finds what it has noted; so do sweepers.
 */
import type { Position } from '../../log/event.ts';
import { invitedFrame, kickedFrame } from '../../protocol/member.ts';
import { isMap, type ValueMap } from '../../protocol/params/values.ts';
import { decodeTrusted } from '../../protocol/wire/msgpack.ts';
import type { BelongsStore } from '../../store/member/belongs-store.ts';
import type { Due, MemberChange } from '../../store/member/due.ts';
import type { Dues } from '../../store/member/dues.ts';
import type { MemberStore } from '../../store/member/member-store.ts';
import type { AnonymousLeaves } from './anonymous-leaves.ts';
import type { FormerMembers } from './former.ts';
import { sideBySide } from '../../ops/side-by-side.ts';

export interface MemberTellingDeps {
  readonly dues: Pick<Dues, 'untold' | 'forget'>;
  readonly belongs: Pick<BelongsStore, 'tell'>;
  readonly members: Pick<MemberStore, 'readAttributes'>;
  readonly anonymousLeaves: Pick<AnonymousLeaves, 'note'>;
  readonly formerMembers: Pick<FormerMembers, 'finish'>;
}

/** Told of each user that has been told, with the position of that in the user's log. */
export type Told = (userName: string, at: Position) => void;

/** Users told at the same time. */
const CONCURRENCY = 64;

export class MemberTelling {
  readonly #deps: MemberTellingDeps;

  constructor(deps: MemberTellingDeps) {
    this.#deps = deps;
  }

  /** Tells users, as work that may be repeated until it resolves: nobody is told twice. Anonymous ones are noted as members with it. */
  telling(roomName: string, due: readonly Due[], told?: Told): () => Promise<void> {
    let waiting = due;
    return async () => {
      const { left, cause } = await this.tell(roomName, waiting, told);
      const isLeft = new Set(left);
      await this.#deps.anonymousLeaves.note(roomName, waiting.filter(isAdded));
      await this.#deps.dues.forget(
        roomName,
        waiting.filter((one) => !isLeft.has(one)),
      );
      waiting = left;
      if (left.length > 0) throw cause;
    };
  }

  /** Tells those whom a node was to tell and has not: it is dead, or nobody knows whether there is anything to tell. */
  async tellDue(roomName: string, nodeId: string): Promise<void> {
    for await (const page of this.#deps.dues.untold(roomName, nodeId)) await this.telling(roomName, page)();
  }

  /** Returns those who could not be told, and why. Of what is told nothing is forgotten by this. */
  async tell<T extends Pick<Due, 'userName' | 'changes'>>(
    roomName: string,
    due: readonly T[],
    told?: Told,
  ): Promise<{ left: readonly T[]; cause: unknown }> {
    if (due.length === 0) return { left: [], cause: undefined };
    const frameOf = await this.#frames(roomName, due);
    const left: T[] = [];
    let cause: unknown;
    await sideBySide(due, CONCURRENCY, async (one) => {
      const changes = one.changes.map((change) => ({ ...change, frame: frameOf(change) }));
      try {
        const at = await this.#deps.belongs.tell(one.userName, roomName, changes);
        if (at !== undefined) told?.(one.userName, at);
        // Gone since it was judged: it is a member of that room and does not know, nor will who has the name next.
        else if (isAdded(one)) await this.#deps.formerMembers.finish(one.userName);
      } catch (error) {
        left.push(one);
        cause = error;
      }
    });
    return { left, cause };
  }

  /** What changes are told by. An invitation says what the room is about now. */
  async #frames(roomName: string, due: readonly Pick<Due, 'changes'>[]): Promise<(change: MemberChange) => Uint8Array> {
    const attributes = due.some(isAdded) ? attributesIn(await this.#deps.members.readAttributes(roomName)) : {};
    // Mostly one for all of them.
    const made = new Map<string, Uint8Array>();
    return ({ what, by }) => {
      const key = `${what} ${by ?? ''}`;
      const frame =
        made.get(key) ?? (isMember(what) ? invitedFrame(roomName, by, attributes) : kickedFrame(roomName, by));
      made.set(key, frame);
      return frame;
    };
  }
}

const isMember = (what: MemberChange['what']): boolean => what === 'added' || what === 'reminded';
const isAdded = ({ changes }: Pick<Due, 'changes'>): boolean => changes.some(({ what }) => isMember(what));

function attributesIn(stored: Uint8Array | undefined): ValueMap {
  const attributes = stored === undefined ? undefined : decodeTrusted(stored);
  return isMap(attributes) ? attributes : {};
}
