// A client for tests in a browser that does what a script says: no service, no time. It has the events and fields that the hooks
// look at, and emits with the library's own emitter.
import { Emitter } from '../../../src/client/emitter.ts';
import type { ValueMap } from '../../../src/protocol/params/values.ts';
import type {
  ClientSource,
  ContactsSource,
  ConversationsSource,
  DirectSource,
  HistoryOptions,
  MembersSource,
  MessageSource,
  MessageStatus,
  RoomSource,
  UserSource,
} from '../../../src/client/react/sources.ts';

type Anything = Record<string, unknown[]>;

export class ScriptedMessage extends Emitter<Anything> implements MessageSource {
  id: number | undefined;
  timestamp: number | undefined;
  author: string | undefined;
  status: MessageStatus = 'none';
  error: MessageSource['error'];
  isOwn = false;
  version = 1;
  updatedAt: number | undefined;
  recalled = false;
  isWriting = false;
  reactions = new Map<string, number>();
  repliesCount = 0;
  content: Readonly<Record<string, unknown>>;

  constructor(content: Readonly<Record<string, unknown>>, fields: Partial<MessageSource> = {}) {
    super();
    this.content = content;
    Object.assign(this, fields);
  }

  hasReacted(): boolean {
    return false;
  }
}

export class ScriptedUser extends Emitter<Anything> implements UserSource {
  readonly userName: string;
  status: string | undefined;
  lastOnline: number | undefined;
  profile = {};
  state: Readonly<ValueMap> = {};

  constructor(userName: string, status?: string) {
    super();
    this.userName = userName;
    this.status = status;
  }
}

class ScriptedTalk extends Emitter<Anything> {
  unread = 0;
  mentioned = false;
  typists = new Set<string>();
  /** All that was ever said. */
  log: ScriptedMessage[] = [];
  /** Pages of history that were asked for, in order. */
  asked: HistoryOptions[] = [];
  reads: (number | undefined)[] = [];
  typings: boolean[] = [];
  /** What `history` rejects with. */
  refusal: Error | undefined;

  send(content: Readonly<Record<string, unknown>>): ScriptedMessage {
    return new ScriptedMessage(content, { status: 'sending', isOwn: true, author: 'ada' });
  }

  typing(isTyping = true): void {
    this.typings.push(isTyping);
  }

  read(upToId?: number): void {
    this.reads.push(upToId);
  }

  async *history(options: HistoryOptions = {}): AsyncGenerator<ScriptedMessage> {
    this.asked.push(options);
    const { direction = 'backward', limit = 50, from } = options;
    await Promise.resolve();
    if (this.refusal !== undefined) throw this.refusal;
    const isWanted = ({ id = 0 }: ScriptedMessage): boolean =>
      from === undefined || (direction === 'backward' ? id < from : id > from);
    const wanted = this.log.filter(isWanted);
    yield* direction === 'backward' ? wanted.slice(-limit).toReversed() : wanted.slice(0, limit);
  }

  /** Somebody says something. */
  say(text: string, fields: Partial<MessageSource> = {}): ScriptedMessage {
    const id = (this.log.at(-1)?.id ?? 0) + 1;
    const message = new ScriptedMessage({ textMessage: text }, { id, author: 'bob', timestamp: id * 1000, ...fields });
    this.log.push(message);
    this.emit('message', message);
    return message;
  }
}

class ScriptedMembers
  extends Map<string, { readonly userName: string; readonly role: string }>
  implements MembersSource
{
  loads = 0;

  get count(): number {
    return this.size;
  }

  load(): Promise<void> {
    this.loads += 1;
    return Promise.resolve();
  }
}

class ScriptedConversations extends Emitter<Anything> implements ConversationsSource {
  list: readonly { readonly room: { readonly name: string } }[] = [];
  hasMore = false;
  /** What it was asked for, in order. */
  loads: unknown[] = [];
  refusal: Error | undefined;

  async load(options: object): Promise<void> {
    this.loads.push(options);
    await Promise.resolve();
    if (this.refusal !== undefined) throw this.refusal;
  }

  more(): Promise<void> {
    return this.load({ more: true });
  }

  show(...names: readonly string[]): void {
    this.list = names.map((name) => ({ room: { name } }));
    this.emit('change', this.list);
  }
}

export class ScriptedRoom extends ScriptedTalk implements RoomSource {
  readonly name: string;
  isJoined = false;
  /** The application has asked for it. */
  isJoining = false;
  users = new Map<string, ScriptedUser>();
  joins = 0;
  /** What it was joined with, in order. */
  joinedWith: object[] = [];
  leaves = 0;
  joinRefusal: Error | undefined;
  attributes: Readonly<ValueMap> = {};
  members = new ScriptedMembers();

  constructor(name: string) {
    super();
    this.name = name;
  }

  async join(options: object = {}): Promise<this> {
    this.joins += 1;
    this.joinedWith.push(options);
    await Promise.resolve();
    if (this.joinRefusal !== undefined) throw this.joinRefusal;
    this.isJoined = true;
    this.emit('update', { changed: ['isJoined'] });
    return this;
  }

  async leave(): Promise<void> {
    this.leaves += 1;
    await Promise.resolve();
    this.isJoined = false;
    this.emit('update', { changed: ['isJoined'] });
  }

  enter(user: ScriptedUser): void {
    this.users.set(user.userName, user);
    this.emit('join', { user });
  }
}

export class ScriptedDirect extends ScriptedTalk implements DirectSource {
  readonly user: ScriptedUser;
  lastDeliveredId: number | undefined;
  lastReadId: number | undefined;

  constructor(user: ScriptedUser) {
    super();
    this.user = user;
  }

  get userName(): string {
    return this.user.userName;
  }
}

class ScriptedContacts extends Map<string, ScriptedUser> implements ContactsSource {
  readonly emitter = new Emitter<Anything>();
  loads = 0;
  /** What `load` rejects with. */
  refusal: Error | undefined;
  wasRead: () => void = () => undefined;

  onRead(handler: () => void): void {
    this.wasRead = handler;
  }

  on(event: string, listener: (...args: never[]) => unknown): this {
    this.emitter.on(event, listener as () => unknown);
    return this;
  }

  off(event: string, listener: (...args: never[]) => unknown): this {
    this.emitter.off(event, listener as () => unknown);
    return this;
  }

  async load(): Promise<void> {
    this.loads += 1;
    await Promise.resolve();
    if (this.refusal !== undefined) throw this.refusal;
  }

  add(userName: string): Promise<void> {
    const user = new ScriptedUser(userName, 'offline');
    this.set(userName, user);
    this.emitter.emit('added', user);
    return Promise.resolve();
  }

  remove(userName: string): Promise<void> {
    const user = this.get(userName);
    this.delete(userName);
    this.emitter.emit('removed', user);
    return Promise.resolve();
  }
}

export class ScriptedClient extends Emitter<Anything> implements ClientSource {
  state = 'connected';
  userName = 'ada';
  url = 'ws://127.0.0.1:8080/ws';
  rooms = new Map<string, ScriptedRoom>();
  directs = new Map<string, ScriptedDirect>();
  contacts = new ScriptedContacts();
  conversations = new ScriptedConversations();
  users = new Map<string, ScriptedUser>();
  session = Object.assign(new Emitter<Anything>(), { chats: {} as Record<string, Record<string, ScriptedRoom>> });
  calls: string[] = [];

  room(name: string): ScriptedRoom {
    const room = this.rooms.get(name) ?? new ScriptedRoom(name);
    this.rooms.set(name, room);
    return room;
  }

  direct(userName: string): ScriptedDirect {
    const known = this.directs.get(userName);
    if (known !== undefined) return known;
    const direct = new ScriptedDirect(this.contacts.get(userName) ?? new ScriptedUser(userName));
    this.directs.set(userName, direct);
    return direct;
  }

  user(userName: string): ScriptedUser {
    const user = this.users.get(userName) ?? new ScriptedUser(userName);
    this.users.set(userName, user);
    return user;
  }

  connect(): Promise<void> {
    this.calls.push('connect');
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.calls.push('close');
    return Promise.resolve();
  }

  pause(): void {
    this.become('offline', 'offline');
  }

  resume(): void {
    this.become('connected', 'online');
  }

  retry(): void {
    this.calls.push('retry');
    throw new Error('not now');
  }

  /** State first, then the event about it. */
  become(state: string, event: string, ...args: unknown[]): void {
    this.calls.push(event);
    this.state = state;
    this.emit(event, ...args);
  }
}
