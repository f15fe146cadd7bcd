/**
 * Rooms in Redis. Every method is one script on the room's slot: it checks, acts, appends to the log and publishes in
 * one step, or refuses with a word and changes nothing. Rejects with `StateUnavailable` where Redis cannot be asked.
 * Frames are notifications already encoded; nothing here knows what is in them.
 */
import type { Position, TopicEvent } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import { repeatKey, type Keyspace } from '../../redis/keys.ts';
import { list, text } from '../../redis/reply.ts';
import { flag } from '../../redis/script.ts';
import { newEpoch } from '../../redis/tokens.ts';
import { packGrant, type Grant, type Wish } from '../quota/grant.ts';
import type { Deletion } from './deletions.ts';
import { readNodeSockets } from './node-sockets.ts';
import { packPost, type Post } from './post.ts';
import * as scripts from './room-scripts.ts';

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
  /** The notice waits to be told with others, see `AccessStore.flushChanges`. */
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

export interface RoomStoreOptions {
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

type Unreadable = 'noRoom' | 'notJoined';

/** A message that was posted. */
export interface Posted {
  /** Undefined for a transient message; of a repeated one, which publishes nothing, it is the first's. */
  readonly id: number | undefined;
  readonly seq: number;
  readonly repeated: boolean;
  /** The room is about to need more of its owner's quota. */
  readonly wish?: Wish | undefined;
}

const TOMB_MS = 60 * 60 * 1000;
/** Sockets a script touches at most. */
export const SOCKETS_PER_CALL = 500;

export class RoomStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: RoomStoreOptions;

  constructor(commands: Commands, keys: Keyspace, options: RoomStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  create(roomName: string, options: RoomOptions): Promise<'ok' | 'roomExists'> {
    const rest = Object.entries(options.lists ?? {}).flatMap(([listName, names]) =>
      names.flatMap((name) => [listName, name]),
    );
    return this.#commands.run(
      scripts.createRoom,
      this.#keys.room(roomName),
      {
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
  }

  /**
   * Deletes for its owner or the service; `nodeId` is to tell those concerned, by `takeFormer`. `frame` goes to the
   * room's sockets.
   */
  delete(
    roomName: string,
    userName: string,
    nodeId: string,
    frame: Uint8Array,
  ): Promise<({ at: Position } & Deletion) | 'noRoom' | 'notAllowed'> {
    const { dedupMs } = this.#options;
    const args = { user: userName, node: nodeId, frame, dedupMs };
    return this.#commands.run(scripts.deleteRoom, this.#keys.room(roomName), args);
  }

  join(
    member: Membership,
    frame: Uint8Array,
    { since, bytesMax = this.#options.replyBytes, verdict, filing = false }: JoinRules = {},
  ): Promise<Joined | 'noRoom' | 'lost' | JoinVerdict> {
    return this.#commands.run(scripts.joinRoom, this.#keys.room(member.roomName), {
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
  }

  /**
   * Takes sockets out, at most `SOCKETS_PER_CALL`; `frame` announces the leave of a user's last one. `nodeId` has
   * forgotten its own by itself or will; other nodes do when this is announced to them.
   */
  leave(
    roomName: string,
    nodeId: string,
    sockets: readonly { userName: string; socketId: string; nodeId: string; frame: Uint8Array }[],
  ): Promise<{ at: Position; left: Left[]; changesPending: boolean } | 'noRoom'> {
    const rest = sockets.flatMap((one) => [one.userName, one.socketId, one.nodeId, one.frame]);
    const args = { large: this.#options.largeSize, node: nodeId };
    return this.#commands.run(scripts.leaveRoom, this.#keys.room(roomName), args, rest);
  }

  async post(
    roomName: string,
    userName: string,
    post: Post,
  ): Promise<Posted | Unreadable | 'messageTooLarge' | 'tooMany'> {
    const posted = await this.#commands.run(scripts.postMessage, this.#keys.room(roomName), {
      fixed: packPost(post, this.#options),
      user: userName,
      head: post.head,
      repeatKey: repeatKey(post.author, post.clientMessageId),
    });
    return typeof posted === 'string' ? posted : { ...posted, id: posted.id < 0 ? undefined : posted.id };
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
    const found = await this.#commands.run(scripts.readHistory, this.#keys.room(roomName), args);
    return typeof found === 'string' || after !== undefined ? found : found.reverse();
  }

  readInfo(roomName: string, userName: string): Promise<RoomInfo | Unreadable> {
    return this.#commands.run(scripts.readRoom, this.#keys.room(roomName), { user: userName });
  }

  async readSeen(
    roomName: string,
    userName: string,
    subject: string,
  ): Promise<{ joined: boolean; timestamp: number | null } | Unreadable> {
    const args = { user: userName, subject };
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
}
