/** A logged-in socket as handlers and the hub see it, and what it acts with itself. Sending is the connection's work. */
import type { UserActor } from '../chat/actor.ts';
import type { Caller } from '../chat/caller.ts';
import { SocketRooms } from '../chat/membership/socket-rooms.ts';
import { SocketNotices } from '../chat/session/held-notices.ts';
import type { FilledIn } from '../chat/auth/fill-in.ts';
import type { Login } from '../chat/auth/login.ts';
import { SocketInbox } from '../chat/inbox/socket-inbox.ts';
import type { Format } from '../protocol/wire/codec.ts';
import type { AnyFrame } from '../protocol/wire/frame.ts';
import type { Account } from './limits/account.ts';
import { rightsOf, type Rights } from '../store/rights.ts';
import type { Connection } from './connection.ts';
import type { Lag } from './limits/backlog.ts';
import type { Turns } from './turns.ts';

/** How long live notices wait for what fills in a login by header. */
export const OPENING_MS = 1000;

/** A login by header that may yet be filled in. */
export interface Opening {
  /** When nobody waits for that any more, by the monotonic clock: never, once it has begun. */
  until: number;
  readonly login: Login;
  /** Begins live notices, behind what the login was told, and was filled in with. */
  begin(filled?: FilledIn): void;
}

export class ClientSocket implements Caller, UserActor {
  readonly connection: Connection;
  readonly userName: string;
  readonly rights: Rights;
  readonly nodeId: string;
  family: string;
  /** That of a login by header before it was filled in, where that has named a device. */
  chainFamily: string | undefined;
  issuedAt: number;
  synced: boolean;
  countsUnread: boolean;
  readonly rooms = new SocketRooms();
  readonly notices = new SocketNotices();
  readonly inbox = new SocketInbox();
  /** This node knows of no other socket of its user. */
  isAlone: boolean;
  /** What its user is told reaches it; until then it waits for what was told during its login. */
  hearsUser = false;
  /** How much it has left unread, as it was found last: what is transient of rooms it may miss for that. */
  lag: Lag = 0;
  /** Until the first request of a login by header: its live notices are yet to begin. */
  opening: Opening | undefined;
  /** Its user has ended the login. */
  onPurpose = false;
  hasWill = false;
  closesAt: number | undefined;
  /** Its user's, on this node. */
  account: Account | undefined;
  /** Only while something is under way. */
  turns: Turns | undefined;

  constructor(connection: Connection, login: Login) {
    this.connection = connection;
    this.userName = login.userName;
    this.rights = rightsOf(login.userName);
    this.nodeId = login.nodeId;
    this.family = login.family;
    this.issuedAt = login.issuedAt;
    this.synced = login.synced;
    this.inbox.isTimed = login.timedInbox;
    this.countsUnread = login.countsUnread;
    this.isAlone = login.isAlone;
    this.closesAt = login.closesAt;
  }

  /** What a login by header could not say. */
  filledIn({
    family,
    issuedAt,
    synced,
    timedInbox,
    countsUnread,
  }: Pick<Login, 'family' | 'issuedAt' | 'synced' | 'timedInbox' | 'countsUnread'>): void {
    if (family !== this.family) this.chainFamily = this.family;
    this.family = family;
    this.issuedAt = issuedAt;
    this.synced = synced;
    this.inbox.isTimed = timedInbox;
    this.countsUnread = countsUnread;
  }

  /** Its live notices begin, unless they have. */
  goLive(): void {
    const { opening } = this;
    this.opening = undefined;
    opening?.begin();
  }

  get socketId(): string {
    return this.connection.socketId;
  }

  get author(): string {
    return this.userName;
  }

  get exceptSocket(): string {
    return this.socketId;
  }

  get format(): Format {
    return this.connection.codec.format;
  }

  get open(): boolean {
    return this.connection.open;
  }

  send(frame: AnyFrame): void {
    this.connection.sendFrame(frame);
  }

  ping(turn: number): void {
    this.connection.ping(turn);
  }

  spend(units: number): void {
    this.account?.spend(units);
  }

  startAfresh(): void {
    this.connection.end('nodeLost');
  }

  /** By the service: all sockets of the user, or those of one family. The reason is for people. */
  disconnectForced(reason: string, family = this.family): void {
    if (family === this.family) this.connection.end('disconnectForced', reason);
  }

  /** By another device of its user; the frame tells it. */
  takenOver(frame: Uint8Array): void {
    this.send(frame);
    this.connection.end('loginConflict');
  }

  disconnect(): void {
    this.onPurpose = true;
    this.connection.endAfterResponse('normal');
  }
}
