/**
 * Users in Redis: their sockets on all nodes, the notices to them, their resume tokens. Every method is one script on
 * the user's slot. Where a room is concerned too, the room's script ran first and is the truth; what fails here is
 * repaired by a sweep or the next login. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Point, Position } from '../../log/event.ts';
import { isAnonymous } from './anonymous.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import type { Lease } from '../node/lease.ts';
import { readLeases } from '../node/peers.ts';
import { pairs, text } from '../../redis/reply.ts';
import { flag } from '../../redis/script.ts';
import * as scripts from './user-scripts.ts';
import type { Life } from '../room/room-store.ts';
import type { LeavePrefixes } from '../session/session-store.ts';
import type { SessionEntry } from '../session/session-entries.ts';
import { newEpoch } from '../../redis/tokens.ts';

/** A notification without the count it ends with: the script knows the count. */
export type CountFrame = Uint8Array;

/** Times are by Redis's clock. */
export interface ResumeRecord {
  /** Names the tokens that are voided together: those of one device, or where that is not named those of one chain. */
  readonly family: string;
  readonly expiresAt: number;
  /** Opaque, but for its beginning, `{"issuedAt":` and a time, where it has one. */
  readonly record: string;
}

/** What `disconnect` voids. */
export interface ResumeFamily {
  readonly name: string;
  readonly deviceId: string | undefined;
}

/** A resume token that a login issues. */
export interface NewToken extends ResumeRecord {
  readonly hash: string;
  readonly issuedAt: number;
  /** The hash of the token that logs in: the login fails where that was voided meanwhile. */
  readonly shown: string | undefined;
}

/** What the other sockets of a user hear of what one has done. */
export interface Echo {
  /** The socket that is not to hear it; '' for none. */
  readonly except: string;
  readonly frame: CountFrame;
  readonly count: number;
}

/** A room that a user has lost. */
export interface LostRoom {
  readonly roomName: string;
  readonly life: Life;
  /** Where in the room's log. */
  readonly at: Point;
  /** Undefined for who has only had it in the session. */
  readonly frame: Uint8Array | undefined;
  readonly nodeIds: readonly string[];
}

/** A socket to be added. */
export interface Arrival {
  readonly socketId: string;
  readonly nodeId: string;
  readonly echo: CountFrame;
  readonly token?: NewToken;
  /** It is given the session as it is at the position. */
  readonly synced?: boolean;
}

/** The user has as many sockets as it may. */
export interface Full {
  /** When it is worth another try. */
  readonly retryAfterMs: number;
}

/** A user who has left nothing behind on purpose is known for so long after its last socket. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const TOMB_MS = 60 * 60 * 1000;
const FULL_RETRY_MS = { min: 1000, max: 10_000 };

export interface UserOptions {
  readonly socketsMax: number;
  /** How long an anonymous user may come back after its last socket. */
  readonly anonymousMs: number;
  readonly watch: Pick<Lease, 'watchedMs'>;
}

export class UserStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #socketsMax: number;
  readonly #anonymousMs: number;
  readonly #watch: UserOptions['watch'];

  constructor(commands: Commands, keys: Keyspace, options: UserOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#socketsMax = options.socketsMax;
    this.#anonymousMs = options.anonymousMs;
    this.#watch = options.watch;
  }

  /**
   * Adds a socket, and keeps the hash of the resume token that it is given. Sockets of nodes that are gone, or send theirs
   * away, do not count against the user: where it is full their leases are looked at. `void`: the token shown is no more.
   */
  async login(
    userName: string,
    arrival: Arrival,
  ): Promise<{ at: Position; nconnected: number; entries: SessionEntry[] } | 'lost' | 'void' | Full> {
    const added = await this.#add(userName, arrival, []);
    if (typeof added === 'string' || 'at' in added) return added;
    const { absent, freeInMs } = await readLeases(this.#commands, this.#keys, this.#watch, added.homes);
    const again = absent.length === 0 ? added : await this.#add(userName, arrival, absent);
    if (typeof again === 'string' || 'at' in again) return again;
    return { retryAfterMs: Math.min(Math.max(freeInMs, FULL_RETRY_MS.min), FULL_RETRY_MS.max) };
  }

  async #add(
    userName: string,
    { socketId, nodeId, echo, token, synced = false }: Arrival,
    absent: readonly string[],
  ): Promise<{ at: Position; nconnected: number; entries: SessionEntry[] } | 'lost' | 'void' | { homes: string[] }> {
    const args = {
      epoch: newEpoch(),
      socket: socketId,
      node: nodeId,
      socketsMax: this.#socketsMax,
      frame: echo,
      hash: token?.hash ?? '',
      expiresAt: token?.expiresAt ?? 0,
      token: token === undefined ? '' : `${token.expiresAt} ${token.family} ${token.record}`,
      tokenNow: token?.issuedAt ?? 0,
      shown: token?.shown ?? '',
      syncing: flag(synced),
    };
    const added = await this.#commands.run(scripts.loginUser, this.#keys.user(userName), args, { args: absent });
    if (typeof added === 'string') return added;
    const { at, nconnected, entries, homes } = added;
    return at === undefined ? { homes } : { at, nconnected, entries };
  }

  /** `rooms`: the echo of each room the socket was in, with the user's sockets left there. Changes nothing twice. */
  logout(
    userName: string,
    socketId: string,
    echo: CountFrame,
    rooms: readonly { echo: CountFrame; njoined: number }[],
  ): Promise<{ nconnected: number; changed: boolean } | 'gone'> {
    const anonymous = isAnonymous(userName);
    const kept = { keptMs: anonymous ? this.#anonymousMs : KEPT_MS, anonymous: flag(anonymous) };
    const args = { socket: socketId, frame: echo, ...kept };
    const rest = rooms.flatMap((room) => [room.echo, room.njoined]);
    return this.#commands.run(scripts.logoutUser, this.#keys.user(userName), args, { args: rest });
  }

  /** Tells the user's sockets, but for one ('' for none), of what one of them has done; the count ends the frame. */
  async echo(userName: string, { except, frame, count }: Echo): Promise<void> {
    await this.#commands.run(scripts.echoUser, this.#keys.user(userName), { except, count, frame });
  }

  /** A notice to all sockets but one. */
  async notifyOthers(userName: string, exceptSocketId: string | undefined, frame: Uint8Array): Promise<void> {
    const args = { except: exceptSocketId ?? '', frame };
    await this.#commands.run(scripts.notifyUser, this.#keys.user(userName), args);
  }

  /**
   * Tells a user that a room is lost, and takes it out of the session if its entry is of that life and no later one.
   * Sockets on `nodeIds` are told by the room's own event.
   */
  async notifyRoomLost(userName: string, lost: LostRoom & LeavePrefixes): Promise<Position | undefined> {
    const { roomName, life, at, frame = '', nodeIds, openPrefix, privatePrefix } = lost;
    const who = nodeIds.map((nodeId) => `@${nodeId}`).join(' ');
    const args = { who, frame, roomName, roomEpoch: at.epoch, roomSeq: at.seq, life, openPrefix, privatePrefix };
    const told = await this.#commands.run(scripts.loseRoom, this.#keys.user(userName), args);
    return told === 'gone' ? undefined : told;
  }

  /** Socket id → the node that it is on. */
  async readSockets(userName: string): Promise<Map<string, string>> {
    return new Map(pairs(await this.#commands.plain('hgetall', this.#keys.user(userName).sockets)));
  }

  /** The sockets a node has of this user, behind a tombstone that keeps it from adding more. */
  beginSweep(userName: string, nodeId: string): Promise<string[]> {
    const args = { node: nodeId, tombMs: TOMB_MS };
    return this.#commands.run(scripts.sweepUser, this.#keys.user(userName), args);
  }

  async readResumeToken(userName: string, hash: string): Promise<ResumeRecord | undefined> {
    const reply = await this.#commands.plain('hget', this.#keys.user(userName).resume, hash);
    if (reply === null) return undefined;
    const [expiresAt, family = '', ...record] = text(reply).split(' ');
    return { expiresAt: Number(expiresAt), family, record: record.join(' ') };
  }

  /** Voids all tokens of a family, and those that an earlier version gave to the same device. */
  async removeResumeTokens(userName: string, { name, deviceId }: ResumeFamily): Promise<void> {
    const device = deviceId === undefined ? '' : `{"deviceId":${JSON.stringify(deviceId)},`;
    await this.#commands.run(scripts.removeResumeTokens, this.#keys.user(userName), { family: name, device });
  }
}
