/**
 * One room as its application sees it. What is known of it is its state's, being in it across connections the
 * memberships', and sending the outbox's.
 */
import { isMap, type ValueMap } from '../../protocol/params/values.ts';
import { repeatDelayMs } from '../connection/backoff.ts';
import type { TextSource } from '../change/text-source.ts';
import { startWriting, type TextWriter } from '../change/text-writer.ts';
import type { Core } from '../core.ts';
import { Belonging } from '../conversation/belonging.ts';
import { badArgument, toParam } from '../encoding/encoding.ts';
import type { HistoryOptions } from '../message/history-options.ts';
import type { SearchPage } from '../../protocol/history.ts';
import type { Message } from '../message/message.ts';
import { search, type SearchOptions } from '../message/search.ts';
import type { Plugin } from '../plugin/plugin.ts';
import { isBeyond, isTemporary, localError, RequestError } from '../request-error.ts';
import type { User } from '../user/user.ts';
import { history } from './history.ts';
import type { Position } from './membership.ts';
import type { Memberships } from './memberships.ts';
import type { Sending, SendOptions } from './sending.ts';
import type { RoomState } from './state.ts';

export interface JoinRoomOptions {
  /** Group of the session to file the room under; `custom` when left out. */
  readonly group?: string;
  /** Makes the room where there is none, and its user the owner. */
  readonly create?: boolean;
  /** Of a room that is made by this: only listed users may join. */
  readonly whitelistOnly?: boolean;
  /** Of a room that is made by this. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

export interface RoomWriteOptions extends Pick<
  SendOptions,
  'mentions' | 'mentionAll' | 'clientMessageId' | 'giveUpAfterMs' | 'pushData'
> {
  /** What the message has besides its text. */
  readonly content?: Readonly<Record<string, unknown>>;
}

export interface RoomDeps {
  readonly core: Core;
  readonly memberships: Memberships;
  readonly sending: Sending;
  /** Its object is to be among those that are kept. */
  readonly kept: () => void;
}

/** How often a room is made that is gone again, or may not be there, when it is to be joined. */
const createMax = 5;
/** Losses that the reading of one page of history may meet. */
const lossesMax = 5;

export class Room extends Belonging {
  readonly #deps: RoomDeps;
  readonly #ownState: RoomState;
  /** Counts how often it was left: what was asked for before that is not wanted any more. */
  #left = 0;
  /** Calls of `join` since then that are not answered. */
  #joins = 0;
  /** Ends of the waits before the room is made, or filed. */
  readonly #waits = new Set<() => void>();

  constructor(state: RoomState, deps: RoomDeps) {
    super(deps.core, () => state.current.affairs);
    this.#ownState = state;
    this.#deps = deps;
    state.show(this);
  }

  /** As the service writes it, once its rule for names is known. */
  get name(): string {
    return this.#state.name;
  }

  /** How far it has been seen; undefined where it is not joined. */
  get position(): Position | undefined {
    return this.#deps.memberships.position(this.name);
  }

  get isJoined(): boolean {
    return this.position !== undefined;
  }

  /** A join was asked for that is not answered yet, and nobody has left the room since. */
  get isJoining(): boolean {
    return this.#joins > 0;
  }

  /** Messages that its user has not read, as far as the service and this device know. */
  get unread(): number {
    return this.#state.unread;
  }

  /** One of them mentions the user. */
  get mentioned(): boolean {
    return this.#state.mentioned;
  }

  get lastMessage(): Message | undefined {
    return this.#state.lastMessage;
  }

  /** Group of the session that it is filed under. */
  get group(): string | undefined {
    return this.#state.group;
  }

  /**
   * Who is in the room, by name, kept up to date from the first look at it, or the first listener of `join` or `leave`, on;
   * `update` tells when it is filled. Of more than 10,000 the first.
   */
  get users(): ReadonlyMap<string, User> {
    this.#state.userlist.want();
    return this.#state.userlist.users;
  }

  /** How many that are; undefined until somebody has looked at them. */
  get userCount(): number | undefined {
    return this.#state.userlist.count;
  }

  /** Others who are typing. */
  get typists(): ReadonlySet<string> {
    return this.#state.typists.names;
  }

  /**
   * Joins the room and stays in it across reconnects, until it is left, refused or taken away. Resolves when it is joined,
   * however long that takes; rejects when it is refused for good, left before it was joined, or the client is closed.
   */
  async join(options: JoinRoomOptions = {}): Promise<this> {
    const left = this.#left;
    this.#joins += 1;
    try {
      return await this.#join(options);
    } finally {
      if (left === this.#left) this.#joins -= 1;
    }
  }

  async #join({ group, create = false, whitelistOnly, attributes }: JoinRoomOptions): Promise<this> {
    const left = this.#left;
    const made = toParam('roomJoin', 1, { create, group, whitelistOnly, attributes }, this.#deps.core.limits.depth);
    if (!made.ok) throw made.error;
    for (let created = 0; ; created += 1) {
      try {
        await this.#enter(group);
        return this;
      } catch (error) {
        const isMissing = error instanceof RequestError && error.code === 'noRoom';
        if (!create || !isMissing || created === createMax) throw error;
      }
      const isMade = await this.#create(isMap(made.value) ? made.value : {}, created);
      if (left !== this.#left) {
        if (isMade) this.#leaveUnwanted();
        throw localError('unavailable', `${this.name} was left.`);
      }
    }
  }

  async #enter(group: string | undefined): Promise<void> {
    const left = this.#left;
    const { core, memberships } = this.#deps;
    for (let failures = 0; ; failures += 1) {
      await memberships.join(this.name, group);
      // It was joined already, or is by a call that named another group: joining it again would be no request.
      const isElsewhere = group !== undefined && core.options.login.enableSync === true && group !== this.group;
      if (!isElsewhere) return;
      try {
        return void (await core.request('roomJoin', { roomName: this.name, options: { group } }));
      } catch (error) {
        if (!isTemporary(error)) throw error;
        // Named once more it is filed there, whatever became of this.
        await this.#wait(error, failures);
      }
      if (left !== this.#left) throw localError('unavailable', `${this.name} was left.`);
    }
  }

  /** @internal The client has ended, or the room is not wanted any more: what is waited for before it is made is over. */
  endWaits(): void {
    for (const end of this.#waits) end();
  }

  /** Resolves when the room is left; at once if it is not joined. */
  leave(): Promise<void> {
    this.#left += 1;
    this.#joins = 0;
    this.endWaits();
    return this.#deps.memberships.leave(this.name);
  }

  /**
   * Sends a message, a map or an instance of a message class, and gives its object at once; the room emits the same one.
   * It is repeated after losses and temporary errors, in the order of the calls, and waits while there is no connection.
   * It fails when it is refused for good, when too many wait already, when `giveUpAfterMs` or the time within which the
   * service knows repeats have passed, or when the client is closed. The content is copied.
   */
  send(content: object, options?: SendOptions): Message {
    return this.#deps.sending.send(this.#state, this, content, options);
  }

  /**
   * Text that is still being written: what is written first is posted, what follows is appended to it, until the end. A source, a stream of strings or
   * whatever gives them one by one, is written as it comes, and ended with it.
   */
  write(options?: RoomWriteOptions): TextWriter;
  write(source: TextSource, options?: RoomWriteOptions): TextWriter;
  write(given?: TextSource | RoomWriteOptions, more?: RoomWriteOptions): TextWriter {
    return startWriting(given, more, ({ content, ...options }: RoomWriteOptions = {}) => ({
      textMax: () => this.#deps.core.limits.messageBytes,
      onClose: (handler) => this.#deps.core.onClose(handler),
      post: (text) => this.send({ ...content, ...text }, options),
      append: (message, text, offset, done) => this.#state.place.actions.append(message, text, offset, { done }),
    }));
  }

  /** Its user is typing, or not any more: that ends by itself a second after the last call, and with `send`. */
  typing(isTyping = true): void {
    this.#state.typing.set(isTyping);
  }

  /** Its user has read the room, up to a message; all of it without an id. The service is told once a second at most. */
  read(upToId?: number): void {
    if (upToId !== undefined && !(Number.isSafeInteger(upToId) && upToId >= 0)) {
      throw badArgument('roomMessageRead', 1, 'no id of a message');
    }
    this.#state.read(upToId);
  }

  /** What was said in the room. For who may read it: who has joined it, its owner and admins. */
  async *history(options: HistoryOptions = {}): AsyncGenerator<Message, void, void> {
    const { core } = this.#deps;
    const source = {
      pageMax: core.limits.historyMaxGetMessages,
      newest: () => this.#page(() => core.request('roomRecentHistory', { roomName: this.name })),
      page: (id: number, limit: number) =>
        this.#page(() => core.request('roomHistoryGet', { roomName: this.name, id, limit })),
      epoch: () => this.position?.epoch,
    };
    for await (const heard of history(source, options)) yield this.#state.messages.of(heard);
  }

  /** Messages of the room by time, id, author, type or event; the newest first unless `direction` says otherwise. */
  async *search(options: SearchOptions = {}): AsyncGenerator<Message, void, void> {
    const ask = (page: SearchOptions): Promise<SearchPage> =>
      this.#whenJoined(() => this.#deps.core.request('roomHistorySearch', { roomName: this.name, options: page }));
    const read = (page: SearchOptions): Promise<SearchPage> =>
      this.#state.messages.read(
        () => ask(page),
        ({ messages }) => messages,
      );
    for await (const heard of search(read, options)) yield this.#state.messages.of(heard);
  }

  override set(path: string, value: unknown): this {
    this.#deps.kept();
    return super.set(path, value);
  }

  /** Adds a plugin to this room. */
  plugin(plugin: Plugin): this {
    this.#deps.core.plugins.add(this, 'Room', plugin);
    return this;
  }

  protected override listened(): void {
    super.listened();
    this.#deps.kept();
    if (this.hears('join') || this.hears('leave')) this.#state.userlist.want();
  }

  get #state(): RoomState {
    return this.#ownState.current;
  }

  /** This connection has come into it by the making, although it was left meanwhile; unless it is wanted once more. */
  #leaveUnwanted(): void {
    const { core, memberships } = this.#deps;
    if (this.isJoined || !memberships.settled(this.name) || core.link === undefined) return;
    core.request('roomLeave', { roomName: this.name }).catch((error: unknown) => {
      if (!isTemporary(error) && !isBeyond(error)) core.failed(error);
    });
  }

  #page(ask: () => Promise<readonly ValueMap[]>): Promise<readonly ValueMap[]> {
    return this.#state.messages.read(
      () => this.#whenJoined(ask),
      (page) => page,
    );
  }

  /** Reads, and again where the connection was lost: perhaps the room was not joined again yet. */
  async #whenJoined<T>(read: () => Promise<T>): Promise<T> {
    for (let losses = 0; ; losses += 1) {
      try {
        return await read();
      } catch (error) {
        const isLoss = error instanceof RequestError && (error.code === 'notJoined' || error.code === 'unavailable');
        if (!isLoss || !this.isJoined || losses === lossesMax) throw error;
        if (!this.#deps.memberships.settled(this.name)) await this.#deps.memberships.join(this.name);
        // That the service itself says.
        else if (losses > 0 && error.code === 'unavailable') throw error;
      }
    }
  }

  /**
   * Makes it and joins it, in one step; where it stands is asked for behind that. Somebody else may have made it just now.
   * What fails for the moment is tried again behind the next attempt to join.
   */
  async #create(options: ValueMap, failures: number): Promise<boolean> {
    try {
      await this.#deps.core.request('roomJoin', { roomName: this.name, options });
      return true;
    } catch (error) {
      if (!isTemporary(error)) throw error;
      await this.#wait(error, failures);
      return false;
    }
  }

  #wait(error: RequestError, failures: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waits.delete(end);
        resolve();
      };
      const timer = setTimeout(end, repeatDelayMs(error, failures));
      this.#waits.add(end);
    });
  }
}
