/**
 * Users in Redis: their sockets on all nodes, the notices to them, the ends of their logins. Every method is one script on
 * the user's slot. Where a room is concerned too, the room's script ran first and is the truth; what fails here is
 * repaired by a sweep or the next login. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Point, Position } from '../../log/event.ts';
import { isAnonymous } from './anonymous.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import type { Lease } from '../node/lease.ts';
import { isHeld, readLeases } from '../node/peers.ts';
import { pairs } from '../../redis/reply.ts';
import { flag } from '../../redis/script.ts';
import * as scripts from './user-scripts.ts';
import type { Life } from '../room/room-store.ts';
import type { LeavePrefixes } from '../session/session-store.ts';
import type { SessionEntry } from '../session/session-entries.ts';
import { newEpoch } from '../../redis/tokens.ts';
import type { InboxPosition } from '../../protocol/inbox.ts';
import { inboxPositionOf } from '../inbox/inbox-store.ts';

/** A notification without the count it ends with: the script knows the count. */
export type CountFrame = Uint8Array;

/**
 * What a login shows, as far as it can be revoked. Families name what ends together: the logins of one device, or those that
 * were resumed from one that named none.
 */
export interface Shown {
  /** When it was issued, in microseconds by Redis's clock. */
  readonly issuedAt: number;
  /** The family of the device that the login names. */
  readonly device: string | undefined;
  /** Of a resume token: its family. */
  readonly family: string | undefined;
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

/** Of the logins with a tag one device is there at a time. */
export interface Tagged {
  readonly tag: string;
  /** The family of this login. */
  readonly own: string;
  /** It loses to another device that is there; otherwise it takes over. */
  readonly isReconnect: boolean;
  /** What the sockets of the other device are told. */
  readonly frame: Uint8Array;
}

/** A socket to be added. */
export interface Arrival {
  readonly socketId: string;
  readonly nodeId: string;
  /** Empty where it is there already, and its login is filled in. */
  readonly echo: CountFrame;
  /** Left out where nothing of it can have been revoked. */
  readonly shown?: Shown;
  readonly tagged?: Tagged | undefined;
  /** A nonce that counts once, kept until a time by Redis's clock. */
  readonly signed?: { readonly nonce: string; readonly keptUntil: number } | undefined;
  /** It is given the session as it is at the position. */
  readonly synced?: boolean;
}

export interface Added {
  readonly at: Position;
  /** How far its inbox has come there. */
  readonly inbox: InboxPosition;
  readonly nconnected: number;
  readonly entries: SessionEntry[];
  readonly issuedAt: number;
  /** The user is online by this, and contacts have to be told. */
  readonly isNews: boolean;
}

/** What a logout comes to. */
export interface LoggedOut {
  /** Sockets of the user that are left. */
  readonly nconnected: number;
  readonly changed: boolean;
  /** The user has none any more, and contacts, to whom it is online for so long; they may have to be told then. */
  readonly seenForMs: number | undefined;
}

/** The user has as many sockets as it may. */
export interface Full {
  /** When it is worth another try. */
  readonly retryAfterMs: number;
}

/** A user who has left nothing behind on purpose is known for so long after its last socket, and while it may be resumed. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const TOMB_MS = 60 * 60 * 1000;
const FULL_RETRY_MS = { min: 1000, max: 10_000 };

export interface UserOptions {
  readonly socketsMax: number;
  /** How long a resume token is good at most. */
  readonly resumeTokenMs: number;
  /** How long after its last socket a user is still online to its contacts. */
  readonly presenceGraceMs: number;
  /** How long an anonymous user may come back after its last socket. */
  readonly anonymousMs: number;
  /** How long messages stay in the events of users; 0: as long as other events. */
  readonly historyMaxAgeMs: number;
  readonly watch: Pick<Lease, 'watchedMs'>;
  /** How many notices a user's inbox keeps. */
  readonly inboxSize: number;
}

export class UserStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #socketsMax: number;
  readonly #resumeTokenMs: number;
  readonly #presenceGraceMs: number;
  readonly #anonymousMs: number;
  readonly #historyMaxAgeMs: number;
  readonly #watch: UserOptions['watch'];
  readonly #inboxSize: number;

  constructor(commands: Commands, keys: Keyspace, options: UserOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#socketsMax = options.socketsMax;
    this.#resumeTokenMs = options.resumeTokenMs;
    this.#presenceGraceMs = options.presenceGraceMs;
    this.#anonymousMs = options.anonymousMs;
    this.#historyMaxAgeMs = options.historyMaxAgeMs;
    this.#watch = options.watch;
    this.#inboxSize = options.inboxSize;
  }

  /**
   * Adds a socket; its resume token counts as issued at `issuedAt`. Sockets of nodes that are gone, or send theirs away, do not
   * count against the user: where it is full their leases are looked at. `void`: what it shows was revoked.
   * `erasing`: what a user of that name wrote is being erased. `former`: an earlier one is a member of rooms yet. `overdue`: another device has the tag, on nodes that seem to be gone: it has it no more when they are swept.
   */
  async login(
    userName: string,
    arrival: Arrival,
  ): Promise<Added | 'lost' | 'erasing' | 'former' | 'void' | 'sessionConflict' | 'overdue' | 'badSignature' | Full> {
    const added = await this.#add(userName, arrival, []);
    if (typeof added === 'string' || 'at' in added) return added;
    if (added.isConflict) return this.#conflict(added.homes);
    const { absent, freeInMs } = await readLeases(this.#commands, this.#keys, this.#watch, added.homes);
    const again = absent.length === 0 ? added : await this.#add(userName, arrival, absent);
    if (typeof again === 'string' || 'at' in again) return again;
    if (again.isConflict) return this.#conflict(again.homes);
    return { retryAfterMs: Math.min(Math.max(freeInMs, FULL_RETRY_MS.min), FULL_RETRY_MS.max) };
  }

  async #conflict(homes: readonly string[]): Promise<'sessionConflict' | 'overdue'> {
    return (await isHeld(this.#commands, this.#keys, this.#watch, homes)) ? 'sessionConflict' : 'overdue';
  }

  async #add(
    userName: string,
    { socketId, nodeId, echo, shown = UNTIMED, signed, tagged, synced = false }: Arrival,
    absent: readonly string[],
  ): Promise<
    Added | 'lost' | 'erasing' | 'former' | 'void' | 'badSignature' | { homes: string[]; isConflict: boolean }
  > {
    const args = {
      epoch: newEpoch(),
      socket: socketId,
      node: nodeId,
      socketsMax: this.#socketsMax,
      frame: echo,
      ...shownArgs(shown),
      onceOnly: signed?.nonce ?? '',
      onceUntil: signed?.keptUntil ?? 0,
      own: tagged?.own ?? '',
      tag: tagged?.tag ?? '',
      isReconnect: flag(tagged?.isReconnect === true),
      conflictFrame: tagged?.frame ?? '',
      syncing: flag(synced),
      inboxSize: this.#inboxSize,
    };
    const added = await this.#commands.run(scripts.loginUser, this.#keys.user(userName), args, { args: absent });
    if (typeof added === 'string') return added;
    const { at, noticedAt, homes, isConflict, ...rest } = added;
    return at === undefined
      ? { homes, isConflict }
      : { at, inbox: inboxPositionOf({ ...at, timestamp: noticedAt }), ...rest };
  }

  /**
   * `rooms`: the echo of each room the socket was in, with the user's sockets left there. `onPurpose`: nobody expects the user to
   * be back in a moment. Changes nothing twice. `will`: the socket has one, which is to be settled first.
   */
  logout(
    userName: string,
    socketId: string,
    echo: CountFrame,
    rooms: readonly { echo: CountFrame; njoined: number }[],
    onPurpose = false,
  ): Promise<LoggedOut | 'gone' | 'will'> {
    const anonymous = isAnonymous(userName);
    const kept = {
      keptMs: anonymous ? this.#anonymousMs : Math.max(KEPT_MS, this.#resumeTokenMs),
      anonymous: flag(anonymous),
    };
    const graceMs = onPurpose ? 0 : this.#presenceGraceMs;
    const args = { socket: socketId, frame: echo, ...kept, graceMs, onPurpose: flag(onPurpose) };
    const rest = rooms.flatMap((room) => [room.echo, room.njoined]);
    return this.#commands.run(scripts.logoutUser, this.#keys.user(userName), args, { args: rest });
  }

  /** Tells the user's sockets, but for one ('' for none), of what one of them has done; the count ends the frame. */
  async echo(userName: string, { except, frame, count }: Echo): Promise<void> {
    await this.#commands.run(scripts.echoUser, this.#keys.user(userName), { except, count, frame });
  }

  /** A notice to all sockets but one; one that is `logged` also to those that come later with their position. */
  async notifyOthers(
    userName: string,
    exceptSocketId: string | undefined,
    frame: Uint8Array,
    logged = false,
  ): Promise<void> {
    const args = { except: exceptSocketId ?? '', frame, logged: flag(logged), maxAgeMs: this.#historyMaxAgeMs };
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

  /** Whether what is shown was revoked. A login need not ask: it is refused. */
  isOver(userName: string, shown: Shown): Promise<boolean> {
    return this.#commands.run(scripts.isOver, this.#keys.user(userName), shownArgs(shown));
  }

  /** Voids all resume tokens of a family that were issued up to now, that of `issuedAt` among them. */
  async voidResumeTokens(userName: string, family: string, issuedAt: number): Promise<void> {
    const args = { family, issuedAt, keptMs: this.#resumeTokenMs };
    await this.#commands.run(scripts.voidResumeTokens, this.#keys.user(userName), args);
  }

  /** Uses up the nonce of what a user does on another slot, until a time by Redis's clock; `used` where it was, or the time is over. */
  useNonce(userName: string, { nonce, keptUntil }: { nonce: string; keptUntil: number }): Promise<'ok' | 'used'> {
    const args = { onceOnly: nonce, onceUntil: keptUntil };
    return this.#commands.run(scripts.useNonce, this.#keys.user(userName), args);
  }

  /** It was not done. */
  async giveNonceBack(userName: string, nonce: string): Promise<void> {
    await this.#commands.plain('zrem', this.#keys.user(userName).nonces, nonce);
  }
}

const UNTIMED: Shown = { issuedAt: Number.MAX_SAFE_INTEGER, device: undefined, family: undefined };

const shownArgs = ({
  issuedAt,
  device = '',
  family = '',
}: Shown): { issuedAt: number; device: string; family: string } => ({
  issuedAt,
  device,
  family,
});
