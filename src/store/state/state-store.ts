/**
 * What users show of how they are, in Redis: a map as bytes that nobody here looks into, a version, what of it is yet to be told, and
 * which node does that. Every method is one script on the slot of the user or room named first. Rejects with `StateUnavailable` where
 * Redis cannot be asked.
 */
import { stampLine, type Stamp } from '../../log/recipients.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { bytes, done, number, optional, yes } from '../../redis/reply.ts';
import { flag, scriptsBeside, type OutcomeOf } from '../../redis/script.ts';
import { readTold } from '../contact/contact-scripts.ts';
import { LOG, ROOM_LISTS } from '../key-names.ts';
import { NOBODY } from '../rights.ts';
import { isAnonymous } from '../user/anonymous.ts';

const script = scriptsBeside(import.meta.url);

const readState = script('read-state', {
  keys: ['meta', 'blacklist'],
  args: ['other'],
  refuses: ['noUser'],
  gives: { version: number, map: optional(bytes), told: number, due: optional(bytes), isTelling: yes },
});

const setState = script('set-state', {
  keys: ['meta', 'history'],
  args: ['anonymous', 'version', 'told', 'state', 'due', 'socket'],
  // `changed`: it is of another version, or something was told meanwhile.
  refuses: ['gone', 'changed'],
  gives: done,
});

const takeState = script('take-state', {
  keys: [...LOG, 'sockets', 'contacts', 'blacklist'],
  args: ['user', 'node', 'dead', 'prefix', 'pauseMs', 'holdMs'],
  writes: true,
  whenFull: true,
  refuses: ['gone', 'busy', 'settled'],
  gives: { waitMs: number, number, changes: optional(bytes) },
});

const endTelling = script('end-telling', {
  keys: ['meta', 'contacts', 'blacklist'],
  args: ['node'],
  whenFull: true,
  gives: yes,
});

const tellContactState = script('tell-contact-state', {
  keys: ['meta', 'channel', 'sockets', 'contacts', 'blacklist'],
  args: ['other', 'stamp', 'frame'],
  writes: true,
  gives: yes,
});

const tellRoomState = script('tell-room-state', {
  keys: ['meta', 'channel', 'occupants', ...ROOM_LISTS],
  args: ['user', 'stamp', 'frame'],
  writes: true,
  gives: yes,
});

/** A node that has been at it for so long without a sign has left it. */
const HOLD_MS = 30_000;
/** Contacts that one script reads. */
const PAGE = 500;
/** The field that says which node tells. */
const FIELD = 'stateTeller';

export type StoredState = Exclude<OutcomeOf<typeof readState>, 'noUser'>;

export interface StateChange {
  /** What was changed, and what was told of it then. */
  readonly version: number;
  readonly told: number;
  /** Undefined for an empty one. */
  readonly map: Uint8Array | undefined;
  /** All that is to be told from here on. */
  readonly due: Uint8Array;
  /** Has it already. */
  readonly exceptSocket: string | undefined;
}

/** What a node is to tell, with the stamp by which it goes; or for how long to wait. */
export type Taken = { readonly waitMs: number } | { readonly stamp: Stamp; readonly changes: Uint8Array };

export interface StateOptions {
  /** A user's state is told so seldom at most, and 1 ms for each contact less often. */
  readonly pauseMs?: number;
}

export class StateStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #pauseMs: number;

  constructor(commands: Commands, keys: Keyspace, { pauseMs = 1000 }: StateOptions = {}) {
    this.#commands = commands;
    this.#keys = keys;
    this.#pauseMs = pauseMs;
  }

  /** As `other` sees it, undefined for the service. */
  read(userName: string, other: string | undefined): Promise<StoredState | 'noUser'> {
    return this.#commands.run(readState, this.#keys.user(userName), { other: other ?? NOBODY });
  }

  set(userName: string, { version, told, map, due, exceptSocket }: StateChange): Promise<'ok' | 'gone' | 'changed'> {
    const written = { version, told, state: map ?? '', due, socket: exceptSocket ?? '' };
    const args = { anonymous: flag(isAnonymous(userName)), ...written };
    return this.#commands.run(setState, this.#keys.user(userName), args);
  }

  /** `prefix` begins the frame in which the changes are told. `deadId`: a node that is gone, and tells nothing any more. */
  async take(
    userName: string,
    { nodeId, deadId = '', prefix }: { nodeId: string; deadId?: string | undefined; prefix: Uint8Array },
  ): Promise<Taken | 'gone' | 'busy' | 'settled'> {
    const args = { user: userName, node: nodeId, dead: deadId, prefix, pauseMs: this.#pauseMs, holdMs: HOLD_MS };
    const taken = await this.#commands.run(takeState, this.#keys.user(userName), args);
    if (typeof taken === 'string') return taken;
    const { waitMs, changes } = taken;
    return changes === undefined ? { waitMs } : { stamp: { userName, number: taken.number }, changes };
  }

  /** A page of the contacts to be told, by name; `lost`: another node tells them. */
  readContacts(userName: string, nodeId: string, after: string, limit = PAGE): Promise<OutcomeOf<typeof readTold>> {
    return this.#commands.run(readTold, this.#keys.user(userName), { field: FIELD, node: nodeId, after, limit });
  }

  /** False where there is nobody who may hear it. */
  tellContact(contact: string, stamp: Stamp, frame: Uint8Array): Promise<boolean> {
    const args = { other: stamp.userName, stamp: stampLine(stamp), frame };
    return this.#commands.run(tellContactState, this.#keys.user(contact), args);
  }

  /** False where the user is not in it. */
  tellRoom(roomName: string, stamp: Stamp, frame: Uint8Array): Promise<boolean> {
    const args = { user: stamp.userName, stamp: stampLine(stamp), frame };
    return this.#commands.run(tellRoomState, this.#keys.room(roomName), args);
  }

  /** All that was taken is told; true where there is more. */
  endTelling(userName: string, nodeId: string): Promise<boolean> {
    return this.#commands.run(endTelling, this.#keys.user(userName), { node: nodeId });
  }
}
