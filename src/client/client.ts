/**
 * A client of the service: one user on one connection at a time, with requests, notifications, and rooms that survive
 * reconnects. It puts the parts together; what each does is theirs.
 */
import type { Input, RequestName, Result } from '../protocol/catalogue.ts';
import type { AuthData } from '../protocol/connection.ts';
import type { Value, ValueMap } from '../protocol/params/values.ts';
import { Connector, type ClientState, type End } from './connector.ts';
import { deferred } from './deferred.ts';
import type { Counters } from './delivery.ts';
import { Emitter, type EventName, type Listener } from './events.ts';
import { completeOptions, type ClientOptions } from './options.ts';
import { Outbox, type PostOptions } from './outbox.ts';
import { localError } from './request-error.ts';
import type { Position } from './room.ts';
import { Rooms } from './rooms.ts';

/** Does nothing until `connect` is called. */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

/**
 * Guarantees, for rooms joined by `join` and messages posted by `post`: across any losses of the connection each message
 * is emitted once, in order and without a gap, or `roomReset` tells that it cannot be; and a post is stored once, in the
 * order of the calls. The state that an event is about is in place before its listeners are called.
 */
export class Client {
  readonly #emitter = new Emitter();
  readonly #connector: Connector;
  readonly #rooms: Rooms;
  readonly #outbox: Outbox;

  /** Use `createClient`, unless a class extends this one. */
  constructor(options: ClientOptions) {
    this.#outbox = new Outbox((roomName) => this.#rooms.settled(roomName));
    this.#rooms = new Rooms(this.#emitter, () => this.#outbox.advance());
    this.#connector = new Connector(completeOptions(options), {
      connected: (link, authData) => {
        this.#rooms.connected(link, authData);
        this.#outbox.connected(link);
        this.#emitter.emit('connected', authData);
      },
      notified: (name, params) => this.#receive(name, params),
      disconnected: (loss) => {
        this.#outbox.disconnected();
        this.#rooms.disconnected();
        this.#emitter.emit('disconnected', loss);
      },
      closed: (end) => this.#closed(end),
      failed: (error) => this.#emitter.emit('error', error),
    });
  }

  get state(): ClientState {
    return this.#connector.state;
  }

  /** Of the last login; undefined before the first. */
  get socketId(): string | undefined {
    return this.#connector.authData?.id;
  }

  get userName(): string | undefined {
    return this.#connector.authData?.userName;
  }

  get counters(): Readonly<Counters> {
    return this.#rooms.counters;
  }

  /**
   * Connects and logs in; afterwards the client comes back by itself until it is closed. It resolves at the first login,
   * however many attempts that takes, and rejects when the login is refused for good or the client is closed.
   */
  connect(): Promise<AuthData> {
    return this.#connector.connect();
  }

  /** Logs out and ends the client for good; everything that is still waited for is rejected. */
  close(): Promise<void> {
    return this.#connector.close();
  }

  /**
   * Sends a request once. It rejects with a `RequestError`: the service's, or `unavailable` when there is no connection or
   * it is lost before the answer, or `timeout`. A room joined by a `roomJoin` or `roomsJoin` of one's own is not joined
   * again after a reconnect; `join` is for that. What cannot travel, or would cost the connection, is refused before
   * anything is sent (`badArgument`, `messageTooLarge`): README.md of this folder has the rules.
   */
  request<N extends RequestName>(name: N, input: Input<N>): Promise<Result<N>> {
    const { link } = this.#connector;
    if (link === undefined) return Promise.reject(localError('unavailable', 'Not connected.'));
    const { promise, resolve, reject } = deferred<Result<N>>();
    link.call(name, input, (outcome) => {
      if (!outcome.ok) return reject(outcome.error);
      // Here and not after the promise, so that nothing of the room is taken for a part of it any more.
      if (name === 'roomLeave' && 'roomName' in input) this.#rooms.leftByRequest(String(input.roomName));
      resolve(outcome.value);
    });
    return promise;
  }

  /**
   * Joins a room and stays in it across reconnects, until it is left, refused or taken away. Resolves when it is joined,
   * however long that takes; rejects when it is refused for good, left before it was joined, or the client is closed.
   */
  join(roomName: string): Promise<Position> {
    return this.#rooms.join(roomName);
  }

  /** Resolves when the room is left; at once if it is not joined. */
  leave(roomName: string): Promise<void> {
    return this.#rooms.leave(roomName);
  }

  /** How far a room has been seen; undefined for one that is not joined. */
  position(roomName: string): Position | undefined {
    return this.#rooms.position(roomName);
  }

  /**
   * Posts a message, repeating it after losses and temporary errors, and gives its id. It rejects when it is refused for
   * good, when `giveUpAfterMs` or the time within which the service knows repeats have passed, or when the client is
   * closed. The message is copied; what cannot travel is refused at once.
   */
  post(roomName: string, message: ValueMap, options?: PostOptions): Promise<number> {
    return this.#outbox.post(roomName, message, options);
  }

  on<N extends EventName>(name: N, listener: Listener<N>): void {
    this.#emitter.on(name, listener);
  }

  off<N extends EventName>(name: N, listener: Listener<N>): void {
    this.#emitter.off(name, listener);
  }

  #receive(name: string, params: readonly Value[]): void {
    if (name === 'roomMessage') this.#rooms.receiveMessage(params);
    else if (name === 'roomReset') this.#rooms.receiveReset(params);
    else if (name === 'roomAccessRemoved' || name === 'roomLeftEcho') this.#rooms.receiveLoss(name, params);
    else this.#emitter.emitReceived(name, params);
  }

  #closed(end: End): void {
    const error = localError('unavailable', `The client is closed: ${end.code} ${end.reason}`);
    this.#outbox.closed(error);
    this.#rooms.closed(error);
    this.#emitter.emit('closed', end);
  }
}
