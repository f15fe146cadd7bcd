/**
 * One message as its application sees it: the same object from `send` until all is known of it. When that comes to be is
 * left to the room or the conversation that it is of.
 */
import type { MessageChange, ReactionsOptions, ReactionsPage } from '../../protocol/change.ts';
import { isSame } from '../../protocol/params/paths.ts';
import { isMap, type Value, type ValueMap } from '../../protocol/params/values.ts';
import { behind, versionOf } from '../change/latest.ts';
import type { AppendOptions, ReactOptions, RecallOptions, UpdateOptions } from '../change/options.ts';
import { deferred } from '../connection/deferred.ts';
import { Emitter } from '../emitter.ts';
import type { RequestError } from '../request-error.ts';

/** `none`: of somebody else. Forward only; `delivered` and `read` are for who has receipts, direct messages. */
export type MessageStatus = 'none' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

/** What the service adds to a message, and so is not the application's own. */
const serviceFields = new Set(
  'id author timestamp mentions mentionAll version updatedAt reactions repliesCount recalled'.split(' '),
);

/** What brings changes of messages to the service. A message has an id by then. */
export interface MessageActions {
  update(message: Message, content: object, options: UpdateOptions): Promise<void>;
  recall(message: Message, options: RecallOptions): Promise<void>;
  react(message: Message, key: string, options: ReactOptions): Promise<void>;
  /** Behind so many bytes; without them, where the text ends. Gives how many it has then. */
  append(message: Message, text: string, offset: number | undefined, options: AppendOptions): Promise<number>;
  reactors(message: Message, options: ReactionsOptions): Promise<ReactionsPage>;
  /** What a listener of a message throws. */
  failed(error: unknown): void;
}

/** Where a message is, one of the two, what makes more of its content, and what changes it. */
export interface MessagePlace {
  readonly room?: { readonly name: string };
  readonly direct?: { readonly userName: string };
  readonly classes: { parse(content: ValueMap): object };
  readonly actions: MessageActions;
}

export interface MessageEvents {
  /** It is another one than before. The change is there where that is what the service told: its status has none. */
  update: [change: MessageChange | undefined];
  error: [error: unknown];
}

/** What a room or a conversation tells of what is another now. Where `changed` names `message`, the rest says of which. */
export interface Updated<Field extends string> {
  readonly changed: readonly Field[];
  /** Of the message. */
  readonly id?: number;
  /** Undefined where this device has no object of it, because it was not read or nobody has kept it. */
  readonly message?: Message | undefined;
  /** As the service told it; undefined where only the message as it is now is known. */
  readonly change?: MessageChange | undefined;
}

const order: readonly MessageStatus[] = ['none', 'sending', 'sent', 'delivered', 'read'];

/** An emitter of `update`, for who shows one message; rooms and conversations tell it of all of theirs. */
export class Message extends Emitter<MessageEvents> {
  readonly #done = deferred<Message>();
  /** The room that it is of, as its object. */
  readonly room: MessagePlace['room'];
  /** The conversation that it is of, as its object. */
  readonly direct: MessagePlace['direct'];
  readonly isOwn: boolean;
  readonly #place: MessagePlace;
  #content: ValueMap;
  #body: object | undefined;
  #heard: ValueMap | undefined;
  #id: number | undefined;
  #status: MessageStatus;
  #error: RequestError | undefined;
  #author: string | undefined;
  #reactions: Map<string, number> | undefined;
  #ownReactions: Set<string> | undefined;
  clientMessageId: string | undefined;

  private constructor(content: ValueMap, isOwn: boolean, place: MessagePlace) {
    super((error) => place.actions.failed(error));
    this.#content = content;
    this.isOwn = isOwn;
    this.#status = isOwn ? 'sending' : 'none';
    this.room = place.room;
    this.direct = place.direct;
    this.#place = place;
    // Who does not look at it has the status.
    this.#done.promise.catch(() => undefined);
  }

  /** One that is about to be sent; `author` is who is logged in, if that is known. */
  static own(content: ValueMap, author: string | undefined, place: MessagePlace): Message {
    const message = new Message(ownFields(content), true, place);
    message.#author = author;
    return message;
  }

  /** One that was received, as it travelled. */
  static received(heard: ValueMap, isOwn: boolean, place: MessagePlace): Message {
    const message = new Message(ownFields(heard), isOwn, place);
    message.heard(heard);
    if (isOwn) message.moved('sent');
    message.#done.resolve(message);
    return message;
  }

  /** The application's own fields, as sent, or as the service's operator has changed them on the way. */
  get content(): ValueMap {
    return this.#content;
  }

  /** What the newest message class that fits makes of the content. */
  get body(): object {
    this.#body ??= this.#place.classes.parse(this.#content);
    return this.#body;
  }

  /** Undefined until it is stored, and for what is never. */
  get id(): number | undefined {
    return this.#id;
  }

  /** The service's; undefined until it is known. */
  get timestamp(): number | undefined {
    const timestamp = this.#heard?.['timestamp'];
    return typeof timestamp === 'number' ? timestamp : undefined;
  }

  get author(): string | undefined {
    const author = this.#heard?.['author'];
    return typeof author === 'string' ? author : this.#author;
  }

  /** Who is mentioned in it by name. */
  get mentions(): readonly string[] {
    const names = this.#heard?.['mentions'];
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  }

  /** Whether all who are there are mentioned. */
  get mentionAll(): boolean {
    return this.#heard?.['mentionAll'] === true;
  }

  /** Counts the contents that it has had. */
  get version(): number {
    return versionOf(this.#heard ?? {});
  }

  /** When it came to the content that it has now; undefined of one that is as it was posted. */
  get updatedAt(): number | undefined {
    const updatedAt = this.#heard?.['updatedAt'];
    return typeof updatedAt === 'number' ? updatedAt : undefined;
  }

  /** Its content is gone, for good. */
  get recalled(): boolean {
    return this.#heard?.['recalled'] === true;
  }

  /** More text is to come: it is shown as it grows. */
  get isWriting(): boolean {
    const { done, textMessage } = this.#content;
    return done === false && typeof textMessage === 'string';
  }

  /** How many users have reacted with each key: always the same map, kept up to date. */
  get reactions(): ReadonlyMap<string, number> {
    this.#reactions ??= new Map(this.#counts());
    return this.#reactions;
  }

  /** Whether the user itself is known to have: of what was done before this client saw the message nothing tells. */
  hasReacted(key: string): boolean {
    return this.#ownReactions?.has(key) === true;
  }

  /** The message to which it replies, by its id. */
  get replyTo(): number | undefined {
    const { replyTo } = this.#content;
    return typeof replyTo === 'number' ? replyTo : undefined;
  }

  get repliesCount(): number {
    const count = this.#heard?.['repliesCount'];
    return typeof count === 'number' ? count : 0;
  }

  get status(): MessageStatus {
    return this.#status;
  }

  /** Why it is `failed`. */
  get error(): RequestError | undefined {
    return this.#error;
  }

  /** Resolves when the service has it; rejects when it is refused for good or given up. */
  get done(): Promise<Message> {
    return this.#done.promise;
  }

  /**
   * Gives it another content, a map or an instance of a message class. Like all changes it waits until the message is stored, and without a
   * connection; is repeated after losses; comes in the order of the calls; and rejects when it is refused for good.
   */
  async update(content: object, options: UpdateOptions = {}): Promise<this> {
    await this.#place.actions.update(this, content, options);
    return this;
  }

  /** Takes its content away, for good and everywhere. */
  async recall(options: RecallOptions = {}): Promise<this> {
    await this.#place.actions.recall(this, options);
    return this;
  }

  /** Each user reacts once with each key; doing it again changes nothing. */
  async react(key: string, options: ReactOptions = {}): Promise<this> {
    await this.#place.actions.react(this, key, options);
    return this;
  }

  /** Puts more text behind the `textMessage` of a message that is not `done`. For more than a piece or two there is `write` of the room. */
  async append(text: string, options: AppendOptions = {}): Promise<this> {
    await this.#place.actions.append(this, text, undefined, options);
    return this;
  }

  /** Who has reacted, by key and name, page by page. */
  reactors(options: ReactionsOptions = {}): Promise<ReactionsPage> {
    return this.#place.actions.reactors(this, options);
  }

  /** @internal What the service makes of it. */
  heard(heard: ValueMap): void {
    this.#heard = heard;
    this.changed(ownFields(heard));
    this.#id = idOf(heard) ?? this.#id;
    if (this.#reactions === undefined) return;
    this.#reactions.clear();
    for (const [key, count] of this.#counts()) this.#reactions.set(key, count);
  }

  /** @internal As it was read again; what is older than it is known is left. Returns whether it is another one by it. */
  renewed(heard: ValueMap): boolean {
    const isOlder = this.recalled || (heard['recalled'] !== true && versionOf(heard) < this.version);
    if (isOlder || (this.#heard !== undefined && isSame(heard, this.#heard))) return false;
    this.heard(heard);
    return true;
  }

  /** @internal Reactions, or replies, as they are now. Returns whether they are others by it. */
  counted(counts: ValueMap): boolean {
    return this.renewed({ ...this.#known(), ...counts });
  }

  /** @internal `misfit`: something of its text was missed, and it is to be read again. */
  take(change: MessageChange): 'news' | 'known' | 'misfit' {
    const next = behind(this.#known(), change);
    if (typeof next === 'string') return next;
    this.heard(next);
    return 'news';
  }

  /** @internal The user itself has reacted to it, or not any more. */
  reacted(key: string, removed: boolean): void {
    this.#ownReactions ??= new Set();
    if (removed) this.#ownReactions.delete(key);
    else this.#ownReactions.add(key);
  }

  /** @internal Something on the way has put another content in its place. */
  changed(content: ValueMap): void {
    if (isSame(content, this.#content)) return;
    this.#content = content;
    this.#body = undefined;
  }

  /** @internal The service has it, under this id if it is stored. The first id stays. */
  sent(id: number | undefined): boolean {
    this.#id ??= id;
    const isNew = this.moved('sent');
    this.#done.resolve(this);
    return isNew;
  }

  /** @internal False where it was there, or farther, already. */
  moved(status: MessageStatus): boolean {
    if (this.#status === 'failed' || order.indexOf(status) <= order.indexOf(this.#status)) return false;
    this.#status = status;
    return true;
  }

  /** @internal */
  failed(error: RequestError): void {
    this.#status = 'failed';
    this.#error = error;
    this.#done.reject(error);
  }

  /** As it travelled, or would have. */
  #known(): ValueMap {
    return this.#heard ?? { ...this.#content, id: this.#id ?? null, author: this.#author ?? null };
  }

  #counts(): [key: string, count: number][] {
    const { reactions } = this.#heard ?? {};
    const counts = isMap(reactions) ? Object.entries(reactions) : [];
    return counts.flatMap(([key, count]) => (typeof count === 'number' ? [[key, count]] : []));
  }
}

/** Of a message as it travelled; undefined of one that is not stored, and of none. */
export const idOf = (message: ValueMap | undefined): number | undefined =>
  typeof message?.['id'] === 'number' ? message['id'] : undefined;

/** What middleware gives for a received message: another one, or the same with another content. Throws for anything else. */
export function remade(message: Message, given: unknown): Message {
  if (given instanceof Message) return given;
  // What of it is no value is the middleware's own mistake, and stays on this device.
  if (!isMap(given as Value)) throw new TypeError('A received message becomes a map, its content, or another message.');
  message.changed(ownFields(given as ValueMap));
  return message;
}

/** What of a message that travelled is the application's own. */
export function ownFields(message: ValueMap): ValueMap {
  return Object.fromEntries(Object.entries(message).filter(([key]) => !serviceFields.has(key)));
}
