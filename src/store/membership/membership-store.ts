/**
 * Who is in a room, in Redis. Every method but for plain reads is one script on the room's slot: it checks, acts, appends to the log and publishes
 * in one step, or refuses with a word and changes nothing. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Point, Position, TopicEvent } from '../../log/event.ts';
import { endOf } from '../../protocol/names/temporary.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { list, text } from '../../redis/reply.ts';
import { flag } from '../../redis/script.ts';
import { LEFT_BEHIND, type Unreadable } from '../key-names.ts';
import { rightsArgs, type Rights } from '../rights.ts';
import type { Life } from '../room/room-store.ts';
import { packCreation, type Creation } from './creation.ts';
import * as scripts from './membership-scripts.ts';
import { readNodeSockets } from './node-sockets.ts';

/** One socket of a user on a node. */
export interface Membership {
  readonly roomName: string;
  readonly userName: string;
  readonly socketId: string;
  readonly nodeId: string;
}

/** Where a client was when it last saw the room. */
export interface Since {
  readonly epoch: string;
  readonly id: number;
  /** Timestamp of that message, if the client knows it. */
  readonly timestamp: number | undefined;
  /** The last change of a message that the client knows, if it wants those behind it. */
  readonly change?: number | undefined;
  /** Timestamp of that change, if the client knows it. */
  readonly changeAt?: number | undefined;
}

/** Why a node would refuse a join: told where nothing that comes before it refuses. */
export type JoinVerdict = 'notAllowed' | 'invalidName' | 'tooManyRooms';

export interface JoinRules {
  readonly since?: Since | undefined;
  /** Bytes that what was missed may take; those of a reply when left out. */
  readonly bytesMax?: number | undefined;
  readonly verdict?: JoinVerdict | undefined;
  /** The user's session is to keep the room. */
  readonly inSession?: boolean;
  /** It is made with that where there is none, the user its owner. */
  readonly creation?: Creation | undefined;
}

export interface Joined {
  /** The log at the moment of joining, the join's own notice included. */
  readonly at: Position;
  readonly njoined: number;
  readonly changed: boolean;
  /** Whether the join has made a notice (the event `at`). */
  readonly announced: boolean;
  readonly recovered: boolean;
  /** Messages after `since` up to `at`, ascending; empty unless `recovered`. */
  readonly missed: readonly TopicEvent[];
  /** The notice waits to be told with others, see `flushChanges`. */
  readonly changesPending: boolean;
  readonly whitelistOnly: boolean;
  readonly life: Life;
  /** The room did not know yet that the user's session has it. */
  readonly freshEntry: boolean;
  /** By Redis's clock. */
  readonly time: number;
  /** The room was made by this. */
  readonly created: boolean;
  readonly isTransient: boolean;
  /** In MessagePack, of a room that the session is to keep; undefined for none. */
  readonly attributes?: Uint8Array | undefined;
  /** Number of the last change of a message; 0 where there was none. */
  readonly lastChange: number;
  /** Its time; 0 where there was none. */
  readonly lastChangeAt: number;
  /** Where they were asked for. */
  readonly changesRecovered?: boolean | undefined;
  /** Messages up to `since` that have changed, as they are now; empty unless `changesRecovered`. */
  readonly changes?: readonly TopicEvent[] | undefined;
}

export interface LeaveRules {
  /** The node whose sockets are closed: nobody has to be told to stop delivering to them. */
  readonly closed?: string;
  /** The entry that the user's session has given up, by the point up to which it was joined. */
  readonly entryAt?: Point | undefined;
}

export interface Left {
  readonly njoined: number;
  /** False when the socket was not in the room. */
  readonly changed: boolean;
}

/** A `roomUserlistChanged` in three parts, between which the script puts names. */
export interface ChangesFrame {
  readonly prefix: Uint8Array;
  readonly leftKey: Uint8Array;
  readonly countKey: Uint8Array;
}

export interface MembershipStoreOptions {
  /** Occupants above which a room is large. */
  readonly largeSize: number;
  /** Messages a page may hold. */
  readonly pageMax: number;
  /** Bytes of what was missed that a join gives at most. */
  readonly replyBytes: number;
  /** How old messages may become; 0: for ever. */
  readonly historyMaxAgeMs: number;
}

/** Names that one `roomUserlistChanged` tells at most. */
const CHANGES_PAGE = 1000;
const TOMB_MS = 60 * 60 * 1000;
/** Sockets a script touches at most. */
export const SOCKETS_PER_CALL = 500;

export class MembershipStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: MembershipStoreOptions;

  constructor(commands: Commands, keys: Keyspace, options: MembershipStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  join(
    occupant: Membership,
    frame: Uint8Array,
    { since, bytesMax = this.#options.replyBytes, verdict, inSession = false, creation }: JoinRules = {},
  ): Promise<Joined | 'noRoom' | 'roomExpired' | 'lost' | JoinVerdict> {
    const keys = this.#keys.room(occupant.roomName);
    const args = {
      user: occupant.userName,
      socket: occupant.socketId,
      node: occupant.nodeId,
      verdict: verdict ?? '',
      inSession: flag(inSession),
      large: this.#options.largeSize,
      frame,
      sinceEpoch: since?.epoch ?? '',
      sinceId: since?.id ?? '',
      sinceTimestamp: since?.timestamp ?? '',
      sinceChange: since?.change ?? '',
      sinceChangeAt: since?.changeAt ?? '',
      pageMax: this.#options.pageMax,
      bytesMax,
      maxAgeMs: this.#options.historyMaxAgeMs,
      creation: creation === undefined ? '' : packCreation(creation),
      endsAt: endOf(occupant.roomName) ?? '',
    };
    // Named where a room may be made only: every key of a script costs every join.
    const leftBehind = creation === undefined ? [] : LEFT_BEHIND.map((name) => keys[name]);
    return this.#commands.run(scripts.joinRoom, keys, args, { keys: leftBehind });
  }

  /** Takes sockets out, at most `SOCKETS_PER_CALL`; `frame` announces the leave of a user's last one. */
  leave(
    roomName: string,
    sockets: readonly { userName: string; socketId: string; nodeId: string; frame: Uint8Array }[],
    { closed = '', entryAt }: LeaveRules = {},
  ): Promise<{ at: Position; left: Left[]; changesPending: boolean; time: number } | 'noRoom'> {
    const rest = sockets.flatMap((one) => [one.userName, one.socketId, one.nodeId, one.frame]);
    const large = this.#options.largeSize;
    const args = { large, closed, entryEpoch: entryAt?.epoch ?? '', entrySeq: entryAt?.seq ?? '' };
    return this.#commands.run(scripts.leaveRoom, this.#keys.room(roomName), args, { args: rest });
  }

  async readSeen(
    roomName: string,
    rights: Rights,
    subject: string,
  ): Promise<{ joined: boolean; timestamp: number | null } | Unreadable> {
    const args = { ...rightsArgs(rights), subject };
    const seen = await this.#commands.run(scripts.readSeen, this.#keys.room(roomName), args);
    return typeof seen === 'string' ? seen : { joined: seen.joined, timestamp: seen.at ?? null };
  }

  /** A page of the sockets a node has here, behind a tombstone that keeps it from adding more. Empty when done. */
  async beginSweep(roomName: string, nodeId: string): Promise<{ socketId: string; userName: string }[]> {
    const args = { node: nodeId, tombMs: TOMB_MS, pageMax: SOCKETS_PER_CALL };
    const found = await this.#commands.run(scripts.sweepRoom, this.#keys.room(roomName), args);
    return found.map(([socketId, userName]) => ({ socketId, userName }));
  }

  /** The nodes that have sockets here. */
  async readNodes(roomName: string): Promise<string[]> {
    return list(await this.#commands.plain('smembers', this.#keys.room(roomName).nodes)).map(text);
  }

  /** The sockets a node has here, with the position at which that is so; neither where there is no room. For the node itself. */
  async readNodeSockets(
    roomName: string,
    nodeId: string,
  ): Promise<{ at: Position | undefined; sockets: { socketId: string; userName: string }[] }> {
    const read = await readNodeSockets(this.#commands, this.#keys.room(roomName), nodeId);
    if (read === 'gone') return { at: undefined, sockets: [] };
    return { at: read.at, sockets: [...read.sockets].map(([socketId, userName]) => ({ socketId, userName })) };
  }

  /**
   * Tells a large room who came and went, unless it was told within `pauseMs`. Returns the changes that still wait;
   * `later` where it is too early for any.
   */
  async flushChanges(roomName: string, frame: ChangesFrame, pauseMs: number): Promise<number | 'later'> {
    const args = { ...frame, pageMax: CHANGES_PAGE, pauseMs };
    const left = await this.#commands.run(scripts.flushChanges, this.#keys.room(roomName), args);
    return left === 'noRoom' ? 0 : left;
  }
}
