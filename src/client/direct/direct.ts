/**
 * A conversation with one other user, as the application sees it. What is told of it comes in by the directs; how messages
 * are sent, counted and followed is left to its parts.
 */
import type { UnreadCount } from '../../protocol/unread.ts';
import type { Value, ValueMap } from '../../protocol/params/values.ts';
import type { TextSource } from '../change/text-source.ts';
import { startWriting, type TextWriter } from '../change/text-writer.ts';
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';
import { badArgument } from '../encoding/encoding.ts';
import { changedBy } from '../message/counted.ts';
import type { HistoryOptions } from '../message/history-options.ts';
import { idOf, Message, remade, type MessagePlace } from '../message/message.ts';
import type { SearchOptions } from '../message/search.ts';
import type { ReadMarks } from '../message/read-marks.ts';
import type { Plugin } from '../plugin/plugin.ts';
import { RequestError } from '../request-error.ts';
import { typingIn } from '../typing.ts';
import type { User } from '../user/user.ts';
import { CatchUp } from './catch-up.ts';
import { DirectChanges } from './direct-changes.ts';
import type { DirectEvents } from './direct-events.ts';
import { DoubtfulMarks } from './doubtful-marks.ts';
import { LastMessage } from './last-message.ts';
import { DirectHistory, withoutStatus } from './direct-history.ts';
import { DirectLog } from './direct-log.ts';
import type { DirectDeps } from './direct-parts.ts';
import { DirectTyping } from './direct-typing.ts';
import { DirectSending, type DirectSendOptions, type DirectWriteOptions } from './direct-sending.ts';

export class Direct extends Emitter<DirectEvents> {
  readonly user: User;
  readonly #core: Core;
  readonly #readMarks: ReadMarks;
  readonly #history: DirectHistory;
  #log: DirectLog;
  /** @internal */
  readonly changes: DirectChanges;
  readonly #sending: DirectSending;
  readonly #typing: DirectTyping;
  readonly #marks: DoubtfulMarks;
  readonly #last = new LastMessage();
  readonly #catchUp: CatchUp;
  readonly #kept: () => void;

  constructor({ core, outbox, readMarks, kept }: DirectDeps, user: User) {
    super((error) => core.failed(error));
    this.#kept = kept;
    this.user = user;
    this.#core = core;
    this.#readMarks = readMarks;
    this.changes = new DirectChanges(core, outbox, this, () => this.#log);
    this.#log = new DirectLog(core, this.#place);
    this.#history = new DirectHistory(core, this, () => this.#log);
    this.#sending = new DirectSending(core, outbox, {
      sent: (message, heard) => this.#sent(message, heard),
      failed: (message, error) => this.#failed(message, error),
      echoed: (message) => this.#echoed(message),
    });
    this.#typing = new DirectTyping(core, this, (change) => this.emit('typing', change));
    this.#catchUp = new CatchUp({
      read: (page) => this.#history.page(page),
      pageMax: () => core.limits.historyMaxGetMessages,
      take: (message) => this.#take(message, message['author'] !== this.userName),
      lost: (lastMessageId) => void this.emit('reset', { lastMessageId }),
      isOther: ({ id, timestamp }) => this.#log.known.isOther(Number(id), Number(timestamp)),
      begunAnew: (lastMessageId) => this.#beginAnew(lastMessageId),
      failed: (error) => core.failed(error),
    });
    this.#marks = new DoubtfulMarks({
      authorOf: (id) => this.#log.known.authorOf(id),
      isAnswerDue: () => this.#sending.isAnswerDue,
      look: (id) => this.#look(id),
      moved: (author, status, upToId) => {
        if (author === 'own') this.#marked(status, upToId);
        else if (status === 'read') this.#readElsewhere(upToId);
      },
      failed: (error) => core.failed(error),
    });
  }

  get #place(): MessagePlace {
    return { direct: this, classes: this.#core.classes, actions: this.changes.actions };
  }

  get userName(): string {
    return this.user.userName;
  }

  /** Messages of the other one that are not read. */
  get unread(): number {
    return this.#log.unread.count;
  }

  /** One of them mentions the user. */
  get mentioned(): boolean {
    return this.#log.unread.mentioned;
  }

  /** The newest message, of either side; undefined where none is known. */
  get lastMessage(): Message | undefined {
    return this.#last.message;
  }

  /** All of one's own messages up to this id have reached a device of the other one; 0 where that is not known of any. */
  get lastDeliveredId(): number {
    return this.#log.receipts.marks.lastDeliveredId;
  }

  /** The other one has read up to this id; 0 where that is not known of any. */
  get lastReadId(): number {
    return this.#log.receipts.marks.lastReadId;
  }

  /** Who is typing: the other one, or nobody. */
  get typists(): ReadonlySet<string> {
    return this.#typing.typists;
  }

  /**
   * Sends a map, or a message of a class, repeating it after losses and temporary errors, in the order of the calls. It
   * fails when it is refused for good, when `giveUpAfterMs` or the time within which the service knows repeats have passed,
   * and when the client is closed. The content is copied.
   */
  send(content: object, options: DirectSendOptions = {}): Message {
    this.#typing.set(false);
    // Copied before plugins may take their time over it.
    const checked = this.#sending.check(content, options);
    const message = Message.own(checked.ok ? checked.value.content : {}, this.#core.userName, this.#place);
    if (!checked.ok) {
      message.failed(checked.error);
      return message;
    }
    const { content: own, options: sent } = checked.value;
    if (sent['transient'] !== true) this.#change(() => this.#last.begin(message));
    this.#core.plugins.send<object>(this, 'message', own, (outcome) => {
      if (!outcome.ok) this.#failed(message, outcome.error);
      else this.#sending.send(message, this.userName, { content: outcome.value, options: sent }, options);
    });
    return message;
  }

  /** Text that is still being written, by hand or from a source: as `write` of a room. */
  write(options?: DirectWriteOptions): TextWriter;
  write(source: TextSource, options?: DirectWriteOptions): TextWriter;
  write(given?: TextSource | DirectWriteOptions, more?: DirectWriteOptions): TextWriter {
    return startWriting(given, more, ({ content, ...options }: DirectWriteOptions = {}) => ({
      textMax: () => this.#core.limits.messageBytes,
      onClose: (handler) => this.#core.onClose(handler),
      post: (text) => this.send({ ...content, ...text }, options),
      append: (message, text, offset, done) => this.changes.actions.append(message, text, offset, { done }),
    }));
  }

  /** Tells the other one that the user is typing: until `typing(false)`, a send, or a second without another call. */
  typing(isTyping = true): void {
    this.#typing.set(isTyping);
  }

  /** What the other one wrote is read, up to a message or all of it. It is told to the service once a second at most. */
  read(upToId: number = this.#log.known.newest): void {
    if (!Number.isSafeInteger(upToId) || upToId < 0) throw badArgument('directMessageRead', 1, 'no id of a message');
    const { userName } = this;
    if (upToId <= this.#log.readUpTo) return;
    const known = Math.min(upToId, this.#log.known.newest);
    // What is to come is not read yet, whatever was named.
    this.#log.readUpTo = Math.max(this.#log.readUpTo, known);
    this.#change(() => this.#log.unread.read(known));
    this.#readMarks.put(`direct:${userName}`, {
      send: (link, settle) => link.call('directMessageRead', { userName, upToId }, settle),
    });
  }

  /** Message by message, the newest first unless the options say otherwise; pages are read as they are needed. */
  async *history(options: HistoryOptions = {}): AsyncGenerator<Message, void, void> {
    for await (const heard of this.#history.all(options)) yield this.#old(heard);
  }

  /** Messages of both by time, id, author, type or event; the newest first unless `direction` says otherwise. */
  async *search(options: SearchOptions = {}): AsyncGenerator<Message, void, void> {
    for await (const heard of this.#history.search(options)) yield this.#old(heard);
  }

  plugin(plugin: Plugin): this {
    this.#core.plugins.add(this, 'Direct', plugin);
    return this;
  }

  protected override listened(): void {
    this.#kept();
  }

  /** @internal A message of either side has come. */
  heard(heard: ValueMap, isOwn: boolean): void {
    const isTyping = typingIn(heard);
    if (isTyping !== undefined) {
      // Of one's own other devices that is nobody's business.
      if (!isOwn) this.#typing.heard(isTyping);
    } else if (idOf(heard) === undefined || !this.#catchUp.holds()) this.#take(heard, isOwn);
  }

  /** @internal Messages of one side have come further. */
  moved(status: 'sent' | 'read', upToId: number): void {
    this.#marks.add(status, upToId);
  }

  /** @internal The newest message that is known. */
  get newestId(): number {
    return this.#log.known.newest;
  }

  /** @internal The service has counted what is unread, when this was the newest message. */
  counted({ unread, mentioned, last }: Omit<UnreadCount, 'userName'>, newestId = this.newestId): void {
    const message = last === null ? undefined : this.#old(last);
    this.#change(() => {
      this.#log.unread.told(unread, mentioned, message?.id ?? newestId);
      if (message !== undefined) this.#last.stored(message);
    });
  }

  /** @internal The connection is gone. */
  lost(): void {
    this.#typing.lost();
  }

  /** @internal What it has missed is not told: it is read when `catchUp` is called, and nothing stored is emitted until then. */
  fallBehind(): void {
    this.changes.fallBehind();
    // Nothing was shown: nothing is missed.
    if (this.#log.known.shownUpTo > 0) this.#catchUp.begin(this.#log.known.shownUpTo);
  }

  /** @internal Rejects where it has to be tried again. */
  catchUp(): Promise<void> {
    this.changes.catchUp();
    return this.#catchUp.run();
  }

  /** Each once, whichever way it came. */
  #take(heard: ValueMap, isOwn: boolean): void {
    const id = idOf(heard);
    if (id !== undefined && !this.#isNews(id, isOwn, heard['timestamp'])) return;
    const message = this.#log.messages.of(withoutStatus(heard), false, isOwn);
    if (isOwn) {
      if (!this.#sending.holds(message, heard)) this.#echoed(message);
      return;
    }
    this.#typing.ended();
    this.#core.plugins.receive(this, 'message', message, (given) => {
      const passed = remade(message, given);
      this.#change(() => {
        if (id === undefined) return;
        this.#log.unread.heard(id, passed.mentions.includes(this.#core.userName ?? ''));
        this.#last.stored(passed);
      });
      this.emit('message', passed);
    });
  }

  /** Whether it was not told yet. One under the id of another is the first of a log that has begun anew. */
  #isNews(id: number, isOwn: boolean, time: Value | undefined): boolean {
    const timestamp = typeof time === 'number' ? time : undefined;
    if (this.#log.known.isOther(id, timestamp)) this.#beginAnew(id - 1);
    return this.#log.known.tell(id, isOwn, timestamp);
  }

  /** The log was lost and goes on as another one, where numbers are given again: what was known of it says nothing of this one. */
  #beginAnew(lastMessageId: number): void {
    this.#change(() => {
      this.#log = new DirectLog(this.#core, this.#place);
      this.#last.forget();
    });
    this.emit('reset', { lastMessageId });
  }

  #echoed(message: Message): void {
    const { id } = message;
    if (id !== undefined) this.#log.receipts.follow(message, id);
    this.#core.plugins.receive(this, 'echo', message, (given) => {
      const passed = remade(message, given);
      this.#change(() => this.#last.stored(passed));
      this.emit('echo', passed);
    });
  }

  #sent(message: Message, heard: ValueMap | null): void {
    if (heard !== null) message.heard(withoutStatus(heard));
    const { id } = message;
    message.sent(id);
    if (id !== undefined) {
      this.#isNews(id, true, message.timestamp);
      this.#log.messages.add(message);
      this.#log.receipts.follow(message, id);
    }
    this.#ended(message);
  }

  #failed(message: Message, error: RequestError): void {
    message.failed(error);
    this.#ended(message);
  }

  #ended(message: Message): void {
    this.#change(() => this.#last.ended(message));
    this.changes.moved(message);
    this.#marks.settle();
  }

  async #look(id: number): Promise<void> {
    for (const heard of await this.#history.page({ fromId: id + 1, limit: 1 })) this.#old(heard);
  }

  #marked(status: 'sent' | 'read', upToId: number): void {
    const moved = this.#log.receipts.moved(status, upToId);
    if (moved === undefined) return;
    this.#core.plugins.receive(this, 'status', this.#log.receipts.marks, (passed) => this.emit('status', passed));
    for (const message of moved) this.changes.moved(message);
  }

  #readElsewhere(upToId: number): void {
    this.#log.readUpTo = Math.max(this.#log.readUpTo, upToId);
    this.#change(() => this.#log.unread.read(upToId));
  }

  /** One that is read again: the same object where there is one. */
  #old(heard: ValueMap): Message {
    const { id, status } = heard;
    const isOwn = heard['author'] === this.#core.userName;
    if (typeof id === 'number') this.#log.known.note(id, isOwn);
    const message = this.#log.messages.of(withoutStatus(heard), false, isOwn);
    if (typeof id !== 'number') return message;
    if (isOwn) {
      this.#log.receipts.follow(message, id);
      if (status === 'read' || status === 'sent') this.#marked(status, id);
    } else if (status === 'read') this.#readElsewhere(id);
    return message;
  }

  /** Tells what has changed by it, which comes before the message that it is about. */
  #change(apply: () => unknown): void {
    const changed = changedBy(apply, this);
    if (changed.length === 0) return;
    this.emit('update', { changed });
    this.#core.emitter.emit('unread', this);
  }
}
