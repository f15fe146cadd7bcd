/**
 * A client of the service: one user on one connection at a time, with requests, notifications, and objects that survive
 * reconnects. It puts the parts together; what each does is theirs.
 */
import type { Input, RequestName, Result } from '../protocol/catalogue.ts';
import type { AuthData } from '../protocol/connection.ts';
import { Contacts } from './contact/contacts.ts';
import { Conversations } from './conversation/conversations.ts';
import type { ClientState, ConnectOptions } from './connection/life-cycle.ts';
import { ClientCore } from './client-core.ts';
import { Direct } from './direct/direct.ts';
import { Directs } from './direct/directs.ts';
import { Emitter } from './emitter.ts';
import type { ClientEvents } from './events.ts';
import { Gate } from './gate.ts';
import { completeOptions, type ClientOptions } from './options.ts';
import { Outbox } from './message/outbox.ts';
import { ReadMarks } from './message/read-marks.ts';
import type { MessageClass } from './plugin/message-classes.ts';
import type { Plugin } from './plugin/plugin.ts';
import type { Counters } from './room/delivery.ts';
import { Room } from './room/room.ts';
import { Rooms } from './room/rooms.ts';
import { Session } from './session/session.ts';
import type { User } from './user/user.ts';
import { Users } from './user/users.ts';

/** Of what is to be read of many rooms and users, as after a loss, so much is at once: a burst would be refused. */
const readingMax = 2;

/** Does nothing until `connect` is called. */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

/**
 * Guarantees, for rooms that are joined and messages that are sent by their objects: across any losses of the connection
 * each message is emitted once, in order and without a gap, or a reset tells that it cannot be; and a message is stored
 * once, in the order of the calls. The state that an event is about is in place before its listeners are called.
 */
export class Client extends Emitter<ClientEvents> {
  readonly #core: ClientCore;
  readonly #rooms: Rooms;
  readonly #users: Users;
  readonly #directs: Directs;
  readonly #marks: ReadMarks;
  readonly contacts: Contacts;
  /** The rooms that the user belongs to. */
  readonly conversations: Conversations;
  /** False without the option `enableSync`. */
  readonly session: Session | false;

  /** Use `createClient`, unless a class extends this one. */
  constructor(options: ClientOptions) {
    super();
    const core = new ClientCore(completeOptions(options), this);
    this.#core = core;
    const outbox = new Outbox(core.options.offlineQueue);
    const marks = new ReadMarks((error) => core.failed(error));
    const gate = new Gate(core, readingMax);
    // Of its own: users that are listened to may be thousands, and rooms do not wait behind them.
    this.#users = new Users(core, new Gate(core, readingMax));
    this.session = core.options.login.enableSync === true && new Session(core);
    this.#rooms = new Rooms(core, this.#users, { outbox, marks, gate });
    this.#directs = new Directs({ core, outbox, readMarks: marks }, this.#users);
    outbox.follow(core);
    marks.follow(core);
    this.#marks = marks;
    this.contacts = new Contacts(core, this.#users);
    this.conversations = new Conversations(core, this.#rooms);
    if (this.session !== false) this.session.follow(this.#rooms);
    core.plugins.extend(this, 'Client');
  }

  get state(): ClientState {
    return this.#core.state;
  }

  /** Of the last login; undefined before the first. */
  get authData(): AuthData | undefined {
    return this.#core.authData;
  }

  get socketId(): string | undefined {
    return this.#core.socketId;
  }

  get userName(): string | undefined {
    return this.#core.userName;
  }

  /** The address of the connection that is or is tried; else the one to be tried first. */
  get url(): string | undefined {
    return this.#core.url;
  }

  get counters(): Readonly<Counters> {
    return this.#rooms.memberships.counters;
  }

  /** The objects that are kept: the latest, and older ones that are joined or listened to. So are those of conversations. */
  get rooms(): ReadonlyMap<string, Room> {
    return this.#rooms.objects;
  }

  get directs(): ReadonlyMap<string, Direct> {
    return this.#directs.objects;
  }

  /**
   * Connects and logs in; afterwards the client comes back by itself until it is closed. Resolves at the first login.
   * Rejects when no address opens or the login is refused, and may then be called again; with `persistent` only when the
   * login is refused for good. Calls while it is under way share one promise.
   */
  connect(options?: ConnectOptions): Promise<AuthData> {
    return this.#core.connect(options);
  }

  /** No connection until `resume`. Without a connection or attempts it does nothing. */
  pause(): void {
    this.#core.pause();
  }

  /** Connects at once after `pause`; else it does nothing. */
  resume(): void {
    this.#core.resume();
  }

  /** Makes the attempt now that is scheduled, and counts from 0 again. Throws where none is. */
  retry(): void {
    this.#core.retry();
  }

  /** Logs out and ends the client for good; everything that is still waited for is rejected. */
  close(): Promise<void> {
    this.#marks.hurry();
    return this.#core.close();
  }

  /**
   * Sends a request. It rejects with a `RequestError`: the service's, or `unavailable` when there is no connection or
   * it is lost before the answer, or `timeout`. A room joined by a `roomJoin` or `roomsJoin` of one's own is not joined
   * again after a reconnect; that of its object is. What cannot travel, or would cost the connection, is refused before
   * anything is sent (`badArgument`, `messageTooLarge`): README.md of this folder has the rules.
   */
  request<N extends RequestName>(name: N, input: Input<N>): Promise<Result<N>> {
    return this.#core.request(name, input);
  }

  /** @internal Called whenever `state` is another one, also where no event says so. */
  onMove(handler: () => void): void {
    this.#core.onMove(handler);
  }

  /** One object for each name. */
  room(name: string): Room {
    return this.#rooms.of(name);
  }

  direct(userName: string): Direct {
    return this.#directs.of(userName);
  }

  user(userName: string): User {
    return this.#users.of(userName);
  }

  /** The object of the user itself; undefined before the first login. */
  get me(): User | undefined {
    const { userName } = this;
    return userName === undefined ? undefined : this.user(userName);
  }

  /** Classes of messages, tried in reverse order of registration. */
  register(classes: MessageClass | readonly MessageClass[]): this {
    this.#core.classes.register(classes);
    return this;
  }

  plugin(plugin: Plugin): this {
    this.#core.plugins.register(plugin, this);
    return this;
  }
}
