/**
 * Rooms in Redis. Every method is one script on the room's slot: it checks, acts, appends to the log and publishes in
 * one step, or refuses with a word and changes nothing. Rejects with `StateUnavailable` where Redis cannot be asked.
 * Frames are notifications already encoded; nothing here knows what is in them.
 */
import { readEvent, type Position, type TopicEvent } from '../bus/event.ts';
import type { Commands } from './commands.ts';
import { repeatKey, type Keyspace } from './keys.ts';
import { packPost, type Post } from './post.ts';
import type { Deletion } from './deletions.ts';
import { packGrant, readWish, type Grant, type Wish } from './grant.ts';
import { flag, type Reply } from './script.ts';
import { readNodeSockets } from './node-sockets.ts';
import { bytes, list, number, pairs, position, refusal, text } from './reply.ts';
import * as scripts from './scripts/room-scripts.ts';
import { newEpoch, newNonce } from './tokens.ts';

export interface RoomOptions {
  readonly owner: string;
  readonly whitelistOnly: boolean;
  readonly userlistUpdates: boolean;
  readonly accessListsUpdates: boolean;
  /** Messages kept. */
  readonly historyMax: number;
  readonly lists?: Readonly<Record<ListName, readonly string[]>>;
  /** Its life, and what was reserved for it of its owner's quota; without, it has no quota. */
  readonly reserved?: { readonly life: Life; readonly grant: Grant };
}

export type ListName = 'adminlist' | 'whitelist' | 'blacklist';

/** Tells a room from another one that had its name; unlike the epoch, it outlives a failover. */
export type Life = string;

/** Stands for a user where the service acts by itself: it has every right. Nobody's name is empty. */
export const SERVICE = '';

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
}

/** Why a node would refuse a join: told where nothing that comes before it refuses. */
export type JoinVerdict = 'notAllowed' | 'invalidName' | 'tooManyRooms';

export interface JoinRules {
  readonly since?: Since | undefined;
  /** Bytes that what was missed may take; those of a reply when left out. */
  readonly bytesMax?: number | undefined;
  readonly verdict?: JoinVerdict | undefined;
  /** The user's session is to keep the room. */
  readonly filing?: boolean;
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
  /** The notice waits to be told with others, see `AccessState.flushChanges`. */
  readonly changesPending: boolean;
  readonly whitelistOnly: boolean;
  readonly life: Life;
}

export interface Left {
  readonly njoined: number;
  /** False when the socket was not in the room. */
  readonly changed: boolean;
}

export interface RoomInfo {
  readonly owner: string;
  readonly whitelistOnly: boolean;
  readonly userlistUpdates: boolean;
  readonly accessListsUpdates: boolean;
  readonly historyMax: number;
  readonly epoch: string;
  readonly lastId: number;
  readonly oldestId: number;
  readonly memberCount: number;
}

export interface RoomStateOptions {
  /** Members above which a room is large. */
  readonly largeSize: number;
  readonly dedupMs: number;
  /** Bytes of messages that a room keeps. */
  readonly historyMaxBytes: number;
  /** Messages a page may hold. */
  readonly pageMax: number;
  /** Bytes of them: one is given whatever its size. */
  readonly replyBytes: number;
}

const UNREADABLE = ['noRoom', 'notJoined'] as const;
type Unreadable = (typeof UNREADABLE)[number];
const UNPOSTABLE = [...UNREADABLE, 'messageTooLarge', 'tooMany'] as const;

/** A message that was posted. */
export interface Posted {
  /** Undefined for a transient message; of a repeated one, which publishes nothing, it is the first's. */
  readonly id: number | undefined;
  readonly seq: number;
  readonly repeated: boolean;
  /** The room is about to need more of its owner's quota. */
  readonly wish?: Wish;
}

const TOMB_MS = 60 * 60 * 1000;
/** Sockets a script touches at most. */
export const SOCKETS_PER_CALL = 500;

export class RoomState {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: RoomStateOptions;

  constructor(commands: Commands, keys: Keyspace, options: RoomStateOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  async create(roomName: string, options: RoomOptions): Promise<'ok' | 'roomExists'> {
    const rest = Object.entries(options.lists ?? {}).flatMap(([listName, names]) =>
      names.flatMap((name) => [listName, name]),
    );
    const reply = await this.#commands.run(
      scripts.createRoom,
      this.#keys.room(roomName),
      {
        nonce: newNonce(),
        epoch: options.reserved?.life ?? newEpoch(),
        granted: options.reserved === undefined ? '' : packGrant(options.reserved.grant),
        owner: options.owner,
        whitelistOnly: flag(options.whitelistOnly),
        userlistUpdates: flag(options.userlistUpdates),
        accessListsUpdates: flag(options.accessListsUpdates),
        historyMax: options.historyMax,
      },
      rest,
    );
    return refusal(reply, ['roomExists', 'ok']) ?? 'ok';
  }

  /**
   * Deletes for its owner or the service; `nodeId` is to tell those concerned, by `takeFormer`. `frame` goes to the
   * room's sockets.
   */
  async delete(
    roomName: string,
    userName: string,
    nodeId: string,
    frame: Uint8Array,
  ): Promise<({ at: Position } & Deletion) | 'noRoom' | 'notAllowed'> {
    const { dedupMs } = this.#options;
    const args = { nonce: newNonce(), user: userName, node: nodeId, frame, dedupMs };
    const reply = await this.#commands.run(scripts.deleteRoom, this.#keys.room(roomName), args);
    const refused = refusal(reply, ['noRoom', 'notAllowed']);
    if (refused !== undefined) return refused;
    const [at, life, owner] = list(reply);
    return { at: position(at), life: text(life), owner: text(owner) };
  }

  async join(
    member: Membership,
    frame: Uint8Array,
    { since, bytesMax = this.#options.replyBytes, verdict, filing = false }: JoinRules = {},
  ): Promise<Joined | 'noRoom' | 'lost' | JoinVerdict> {
    const reply = await this.#commands.run(scripts.joinRoom, this.#keys.room(member.roomName), {
      nonce: newNonce(),
      user: member.userName,
      socket: member.socketId,
      node: member.nodeId,
      verdict: verdict ?? '',
      filing: flag(filing),
      large: this.#options.largeSize,
      frame,
      sinceEpoch: since?.epoch ?? '',
      sinceId: since?.id ?? '',
      sinceTimestamp: since?.timestamp ?? '',
      pageMax: this.#options.pageMax,
      bytesMax,
    });
    const refused = refusal(reply, ['noRoom', 'lost', 'notAllowed', 'invalidName', 'tooManyRooms']);
    if (refused !== undefined) return refused;
    const [at, njoined, changed, announced, recovered, missed, pending, mode, life] = list(reply);
    return {
      at: position(at),
      njoined: number(njoined),
      changed: changed === 1,
      announced: announced === 1,
      recovered: recovered === 1,
      missed: events(missed),
      changesPending: pending === 1,
      whitelistOnly: mode === 1,
      life: text(life),
    };
  }

  /**
   * Takes sockets out, at most `SOCKETS_PER_CALL`; `frame` announces the leave of a user's last one. `nodeId` has
   * forgotten its own by itself or will; other nodes do when this is announced to them.
   */
  async leave(
    roomName: string,
    nodeId: string,
    sockets: readonly { userName: string; socketId: string; nodeId: string; frame: Uint8Array }[],
  ): Promise<{ at: Position; left: Left[]; changesPending: boolean } | 'noRoom'> {
    const rest = sockets.flatMap((one) => [one.userName, one.socketId, one.nodeId, one.frame]);
    const args = { nonce: newNonce(), large: this.#options.largeSize, node: nodeId };
    const reply = await this.#commands.run(scripts.leaveRoom, this.#keys.room(roomName), args, rest);
    if (refusal(reply, ['noRoom']) !== undefined) return 'noRoom';
    const [at, results, pending] = list(reply);
    const left = list(results).map((result) => {
      const [njoined, changed] = list(result);
      return { njoined: number(njoined), changed: changed === 1 };
    });
    return { at: position(at), left, changesPending: pending === 1 };
  }

  async post(roomName: string, userName: string, post: Post): Promise<Posted | (typeof UNPOSTABLE)[number]> {
    const reply = await this.#commands.run(scripts.postMessage, this.#keys.room(roomName), {
      fixed: packPost(post, this.#options),
      user: userName,
      head: post.head,
      repeatKey: repeatKey(post.author, post.clientMessageId),
    });
    const refused = refusal(reply, UNPOSTABLE);
    if (refused !== undefined) return refused;
    const [id, seq, repeated, wish] = list(reply);
    const posted = { id: number(id) < 0 ? undefined : number(id), seq: number(seq), repeated: repeated === 1 };
    return wish === undefined ? posted : { ...posted, wish: readWish(wish) };
  }

  /**
   * Messages without a hole, ascending: the `limit` smallest ids after `after`, or the newest ones; fewer where they would
   * not fit into a reply, one at least.
   */
  async readHistory(
    roomName: string,
    userName: string,
    after: number | undefined,
    limit: number,
  ): Promise<readonly TopicEvent[] | Unreadable> {
    const args = { user: userName, after: after ?? '', limit, bytesMax: this.#options.replyBytes };
    const reply = await this.#commands.run(scripts.readHistory, this.#keys.room(roomName), args);
    const refused = refusal(reply, UNREADABLE);
    if (refused !== undefined) return refused;
    return after === undefined ? events(reply).reverse() : events(reply);
  }

  async readInfo(roomName: string, userName: string): Promise<RoomInfo | Unreadable> {
    const reply = await this.#commands.run(scripts.readRoom, this.#keys.room(roomName), { user: userName });
    const refused = refusal(reply, UNREADABLE);
    if (refused !== undefined) return refused;
    const [owner, mode, userlist, lists, max, epoch, lastId, oldestId, memberCount] = list(reply);
    return {
      owner: text(owner),
      whitelistOnly: text(mode) === '1',
      userlistUpdates: text(userlist) === '1',
      accessListsUpdates: text(lists) === '1',
      historyMax: number(max),
      epoch: text(epoch),
      lastId: number(lastId),
      oldestId: number(oldestId),
      memberCount: number(memberCount),
    };
  }

  async readSeen(
    roomName: string,
    userName: string,
    subject: string,
  ): Promise<{ joined: boolean; timestamp: number | null } | Unreadable> {
    const args = { user: userName, subject };
    const reply = await this.#commands.run(scripts.readSeen, this.#keys.room(roomName), args);
    const refused = refusal(reply, UNREADABLE);
    if (refused !== undefined) return refused;
    const [joined, at] = list(reply);
    return { joined: joined === 1, timestamp: at === null || at === undefined ? null : number(at) };
  }

  /** A page of the sockets a node has here, behind a tombstone that keeps it from adding more. Empty when done. */
  async beginSweep(roomName: string, nodeId: string): Promise<{ socketId: string; userName: string }[]> {
    const args = { node: nodeId, tombMs: TOMB_MS, pageMax: SOCKETS_PER_CALL };
    const reply = await this.#commands.run(scripts.sweepRoom, this.#keys.room(roomName), args);
    return pairs(list(reply)).map(([socketId, userName]) => ({ socketId, userName }));
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
}

function events(reply: Reply | undefined): TopicEvent[] {
  return list(reply).flatMap((entry) => readEvent(bytes(entry)) ?? []);
}
