/**
 * What comes in on one connection: frames to messages, as many at a time as the limits say, in order, the login first.
 * Whatever is too much is refused or ends the connection; nothing piles up. What waits behind an unanswered login waits
 * as bytes, for what a stranger sends is worth nothing yet.
 */
import type { CloseName } from '../protocol/wire/close-codes.ts';
import type { FrameReader } from '../protocol/wire/codec.ts';
import { costOf, isPage, refusalCost } from '../protocol/params/cost.ts';
import { fail } from '../protocol/errors/errors.ts';
import type { Limits } from '../protocol/params/limits.ts';
import { frameFaults } from '../protocol/wire/malformed.ts';
import type { Account, Accounts, Waiter } from './limits/account.ts';
import type { Addresses } from './limits/addresses.ts';
import type { Connection } from './connection.ts';
import type { Hub } from './hub/hub.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Answers, RequestLike } from './answers.ts';
import type { LoginAttempt, Logins } from './login/logins.ts';
import { type QueuedRequest, weightOf } from './queued-request.ts';
import { Bucket, type Rate } from './limits/rate.ts';
import type { ClientSocket } from './client-socket.ts';

/** The rate is that of one socket, in requests. */
export interface IntakeLimits extends Rate {
  readonly limits: Limits;
  /** The largest reply that a request may have. */
  readonly replyBytes: number;
  /** What a socket may leave unread before it counts as slow. */
  readonly softMarkBytes: number;
}

export interface IntakeDeps {
  readonly dispatcher: Pick<Dispatcher, 'run'>;
  readonly logins: Pick<Logins, 'login'>;
  readonly answers: Pick<Answers, 'refuse'>;
  readonly options: IntakeLimits;
  /** Of users. */
  readonly accounts: Accounts;
  readonly addresses: Addresses;
  /** Who hears what. */
  readonly hub: Pick<Hub, 'hearers' | 'socketsOf'>;
}

/** How long a connection that is to be closed may finish what it had asked for. */
const FINISH_MS = 2000;
const QUEUE_PER_SLOT = 4;
/** Frames of the largest size that may wait. */
const QUEUE_FRAMES = 4;
/** Values, map keys counted, that may wait: some 100 bytes each, whatever they took on the wire. */
const QUEUE_VALUES = 16_384;
const BUSY_MS = 10;
/** From that size on a frame is refused unread where its bytes cannot be paid. Smaller ones cost a unit or two to read. */
const LARGE_FRAME_BYTES = 4096;

export class Intake implements Waiter {
  readonly connection: Connection;
  /** Who is on it, once logged in. */
  socket: ClientSocket | undefined;
  readonly #deps: IntakeDeps;
  readonly #bucket: Bucket;
  /** Refusals are free up to a point: who goes on after that many is ended. */
  #patience: Bucket | undefined;
  #account: Account | undefined;
  #queue: QueuedRequest[] = [];
  #queuedBytes = 0;
  #queuedValues = 0;
  /** Frames, or what is left of one, that wait for the login. */
  #held: Uint8Array[] | undefined;
  #heldBytes = 0;
  #running = 0;
  /** Of those the requests whose replies may be large. */
  #pages = 0;
  #state: 'guest' | 'login' | 'user' | 'finishing' = 'guest';
  #isBeingLoggedIn = false;
  #finishTimer: NodeJS.Timeout | undefined;
  #finishWith: { readonly name: CloseName; readonly because: string | undefined } | undefined;

  constructor(connection: Connection, deps: IntakeDeps) {
    this.connection = connection;
    this.#deps = deps;
    this.#bucket = new Bucket(deps.options, performance.now());
  }

  get guest(): boolean {
    return this.socket === undefined;
  }

  get idle(): boolean {
    return this.#running === 0 && this.#queue.length === 0 && this.#held === undefined;
  }

  /** A frame as it arrived; its bytes are not used after this call. */
  frame(data: ArrayBuffer, isBinary: boolean): void {
    if (this.#state === 'finishing') return;
    const { frameBytes } = this.#deps.options.limits;
    if (data.byteLength > frameBytes) {
      return this.finish('frameTooLarge', `${data.byteLength} bytes where ${frameBytes} are allowed`);
    }
    if (isBinary !== (this.connection.codec.format === 'msgpack')) {
      return this.finish('protocolError', isBinary ? frameFaults.binary : frameFaults.text);
    }
    const bytes = new Uint8Array(data);
    if (this.#state === 'login') this.#hold(bytes);
    else this.#read(bytes);
  }

  /** Logs in by the token that came with the upgrade. */
  bearer(token: string): void {
    this.#login({ bearer: token });
  }

  /** What has not begun never does. */
  closed(): void {
    clearTimeout(this.#finishTimer);
    this.#queue = [];
    this.#letGo();
    const { accounts, addresses } = this.#deps;
    // Who hangs up during a login keeps its place until that has come to its end.
    addresses.gone(this.connection.address, this.guest && !this.#isBeingLoggedIn);
    if (this.socket === undefined) return;
    this.#account?.forget(this);
    accounts.close(this.socket.userName);
  }

  /** Returns false where nothing behind it is to be read. */
  #read(bytes: Uint8Array): boolean {
    const reader = this.connection.codec.readFrame(bytes);
    const unpaidMs = this.#unpaidMs(bytes.length);
    if (unpaidMs > 0) return this.#refuseRest(reader, unpaidMs);
    for (;;) {
      const before = reader.offset;
      const message = reader.next();
      if (message === undefined) break;
      if (message.type === 1) continue;
      const size = reader.offset - before;
      const { values } = reader;
      const units = costOf(message.method, message.params, size, values);
      const outcome = this.#accept({ message, bytes: size, values, units });
      if (!this.connection.open || outcome === 'ended') return false;
      // Behind a login that is under way everything waits; behind a refusal all else of its frame is refused unread.
      if (this.#isLoggingIn) {
        this.#hold(reader.rest());
        return true;
      }
      if (outcome === 'refused') return this.#refuseRest(reader);
    }
    return this.#isSound(reader);
  }

  /** How long a large frame would have to wait even for being read: decoding it in order to refuse it costs others time. */
  #unpaidMs(bytes: number): number {
    if (bytes < LARGE_FRAME_BYTES || this.#account === undefined) return 0;
    return this.#account.waitMs(refusalCost(bytes, 0), performance.now());
  }

  #isSound({ malformed }: FrameReader): boolean {
    if (malformed !== undefined) this.finish('protocolError', malformed);
    return malformed === undefined;
  }

  get #isLoggingIn(): boolean {
    return this.#state === 'login';
  }

  /** Takes a message up, or refuses it; `ended`: that was one refusal too many. */
  #accept(waiting: QueuedRequest): 'taken' | 'refused' | 'ended' {
    const { message } = waiting;
    const now = performance.now();
    const { requestsInFlight, frameBytes } = this.#deps.options.limits;
    let waitMs = this.#bucket.take(1, now);
    const isFull =
      this.#queue.length >= requestsInFlight * QUEUE_PER_SLOT ||
      this.#queuedBytes + waiting.bytes > frameBytes * QUEUE_FRAMES ||
      (this.#queue.length > 0 && this.#queuedValues + waiting.values > QUEUE_VALUES);
    if (waitMs === 0 && isFull) waitMs = BUSY_MS;
    // Where its queue is full, it may be Redis that is slow: that is not for its user to bear.
    const units = isFull ? 0 : refusalCost(waiting.bytes, waiting.values);
    if (waitMs === 0) waitMs = this.#charge(waiting, now);
    if (waitMs > 0) {
      // It has been read: of who goes on so, large frames are refused unread.
      if (units > 1) this.#account?.spend(units - 1);
      return this.#refuse(message, waitMs, units) ? 'refused' : 'ended';
    }
    this.#queue.push(waiting);
    this.#queuedBytes += waiting.bytes;
    this.#queuedValues += waiting.values;
    this.pump();
    return 'taken';
  }

  /** Its user pays for it; of guests, all together, where it is no login. */
  #charge({ message, units }: QueuedRequest, now: number): number {
    if (this.#account !== undefined) return this.#account.take(units, now);
    return message.method === 'login' ? 0 : this.#deps.addresses.takeRefused(units, now);
  }

  /** Returns false where it has lost its patience, with this socket or with its user: nothing more is read then. */
  #refuse(message: RequestLike, waitMs: number, units: number): boolean {
    const isGuest = this.#state === 'guest' && message.method !== 'login';
    // Whatever else there is against it: who has not logged in is told that.
    const failure = isGuest ? fail('noLogin') : fail('tooManyRequests', [], Math.max(waitMs, BUSY_MS));
    this.#deps.answers.refuse(this.connection, message, failure);
    const now = performance.now();
    this.#patience ??= new Bucket(this.#deps.options, now);
    if (this.#patience.take(1, now) === 0 && this.#account?.bears(units, now) !== false) return true;
    this.finish('tooManyRequests');
    return false;
  }

  #refuseRest(reader: FrameReader, waitMs: number = BUSY_MS): boolean {
    let before = reader.offset;
    for (let skipped = reader.skip(); skipped !== undefined; skipped = reader.skip()) {
      const units = refusalCost(reader.offset - before, 0);
      before = reader.offset;
      if (!this.#refuse(skipped, waitMs, units)) return false;
    }
    return this.#isSound(reader);
  }

  #hold(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length === 0) return;
    if (this.#heldBytes + length > this.#deps.options.limits.frameBytes || !this.#deps.addresses.hold(length)) {
      this.#refuseRest(this.connection.codec.readFrame(bytes));
      return;
    }
    this.#heldBytes += length;
    // The library takes its memory back after this turn.
    (this.#held ??= []).push(new Uint8Array(bytes));
  }

  #letGo(): readonly Uint8Array[] {
    const held = this.#held ?? [];
    this.#deps.addresses.release(this.#heldBytes);
    this.#held = undefined;
    this.#heldBytes = 0;
    return held;
  }

  /** Begins what may begin: by the slots of the socket, by what its user has running, and by what it has left unread. */
  pump(): void {
    const { hub, options } = this.#deps;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const weight = this.socket === undefined ? 0 : weightOf(next, this.socket.userName, hub, options.limits);
      if (!this.#mayBegin(next, weight)) break;
      this.#queue.shift();
      this.#queuedBytes -= next.bytes;
      this.#queuedValues -= next.values;
      this.#begin(next, weight);
    }
    if (this.#state === 'finishing' && this.idle) this.#end();
  }

  #mayBegin({ message }: QueuedRequest, weight: number): boolean {
    const { limits, replyBytes, softMarkBytes } = this.#deps.options;
    if (this.#running >= limits.requestsInFlight || this.#isLoggingIn) return false;
    if (isPage(message.method)) {
      // A page is only made for who reads: pages alone make nobody slow.
      const unreadBytes = this.connection.bufferedBytes + this.#pages * replyBytes;
      if (unreadBytes > 0 && unreadBytes + replyBytes > softMarkBytes) return false;
    }
    return this.#account === undefined || this.#account.begin(weight, this);
  }

  #begin({ message }: QueuedRequest, weight: number): void {
    const { dispatcher, answers } = this.#deps;
    const { socket } = this;
    if (socket === undefined) {
      if (message.method === 'login') this.#login({ message });
      else answers.refuse(this.connection, message, fail('noLogin'));
      return;
    }
    const page = isPage(message.method) ? 1 : 0;
    this.#pages += page;
    const began = performance.now();
    const isLogin = message.method === 'login' && socket.opening !== undefined;
    if (isLogin) this.#state = 'login';
    void this.#track(dispatcher.run(socket, message), () => {
      this.#pages -= page;
      const now = performance.now();
      this.#account?.end(weight, now - began, now);
      if (isLogin) this.#loggedIn();
    });
  }

  /** What has waited for a login goes on. */
  #loggedIn(): void {
    if (this.#state === 'login') this.#state = 'user';
    for (const bytes of this.#letGo()) {
      // It may begin with another login, which all behind it waits for.
      if (this.#isLoggingIn) this.#hold(bytes);
      else if (!this.connection.open || !this.#read(bytes)) return;
    }
  }

  #login(attempt: LoginAttempt): void {
    if (this.#state === 'guest') this.#state = 'login';
    this.#isBeingLoggedIn = true;
    const adopt = (socket: ClientSocket): void => {
      this.socket = socket;
      this.#account = this.#deps.accounts.open(socket.userName, performance.now());
      socket.account = this.#account;
      this.#deps.addresses.loggedIn(this.connection.address);
    };
    void this.#track(this.#deps.logins.login(this.connection, attempt, adopt), () => {
      this.#isBeingLoggedIn = false;
      if (!this.connection.open && this.guest) this.#deps.addresses.loggedIn(this.connection.address);
      this.#loggedIn();
    });
  }

  async #track(work: Promise<void>, ended: () => void): Promise<void> {
    this.#running++;
    try {
      await work;
    } finally {
      this.#running--;
      ended();
      if (this.connection.open) this.pump();
    }
  }

  /** Nothing more is read: what has come is answered, in bounded time, then the connection is closed. */
  finish(name: CloseName, because?: string): void {
    if (this.#state === 'finishing' || !this.connection.open) return;
    this.#state = 'finishing';
    this.#finishWith = { name, because };
    this.pump();
    if (this.connection.open) this.#finishTimer = setTimeout(() => this.#end(), FINISH_MS);
  }

  #end(): void {
    const { name = 'protocolError', because } = this.#finishWith ?? {};
    this.connection.endBecause(name, because);
  }
}
