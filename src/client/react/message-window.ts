/**
 * A stretch of one conversation's messages, as values for React: it follows what is live, is moved back and forth by pages, and
 * holds a bounded number. Order and recovery are the library's; here is only what is shown of them.
 */
import type { Message } from '../message/message.ts';
import { viewOf, type MessageView } from './message-view.ts';
import { Snapshots } from './snapshot.ts';
import type { Failure, TalkSource } from './sources.ts';

export interface WindowState {
  /** Oldest first; what is being sent is behind all else. */
  readonly messages: readonly MessageView[];
  readonly hasOlder: boolean;
  /** The window was moved back: what is live is not in it. */
  readonly hasNewer: boolean;
  readonly isLoading: boolean;
  /** Why the last page could not be read. */
  readonly error: Failure | undefined;
}

export const NO_MESSAGES: WindowState = {
  messages: [],
  hasOlder: false,
  hasNewer: false,
  isLoading: true,
  error: undefined,
};

/** `shown`: the same once more, for changes of it may have been missed. */
type Load = 'older' | 'newer' | 'latest' | 'shown';

export class MessageWindow {
  readonly snapshots: Snapshots<WindowState>;
  readonly #talk: TalkSource<Message>;
  /** How many messages are kept. */
  readonly #limit: number;
  /** How many are read at once. */
  readonly #page: number;
  #messages: readonly Message[] = [];
  /** What came while a page was being read that ends behind it. */
  #arrived: Message[] = [];
  /** Those that had no id when they were put in their places. */
  #pending: ReadonlySet<Message> = new Set();
  #hasOlder = false;
  #hasNewer = false;
  #loading: Load | undefined;
  #error: Failure | undefined;
  /** The history of a room is for those who are in it; a conversation is always open. */
  #wasJoined = false;
  /** Rises when what is under way is of no interest any more. */
  #round = 0;
  #isOpen = false;

  constructor(talk: TalkSource<Message>, limit: number) {
    this.#talk = talk;
    this.#limit = limit;
    this.#page = Math.max(1, Math.min(50, Math.floor(limit / 2)));
    this.snapshots = new Snapshots<WindowState>(
      () => this.#state(),
      (changed) => this.#open(changed),
    );
  }

  readonly loadOlder = (): void => {
    if (this.#loading === undefined && this.#hasOlder) void this.#load('older');
  };

  readonly loadNewer = (): void => {
    if (this.#loading === undefined && this.#hasNewer) void this.#load('newer');
  };

  /** Back to what is live, from wherever the window is. */
  readonly loadLatest = (): void => {
    if (this.#loading !== 'latest' && (this.#hasNewer || this.#error !== undefined)) void this.#load('latest');
  };

  /** A message that was just sent is shown before anything is told of it. */
  readonly send = (content: Readonly<Record<string, unknown>>, options?: object): Message => {
    const message = this.#talk.send(content, options);
    if (this.#isOpen) this.#take(message);
    return message;
  };

  /** Takes a message that was not sent out of what is shown. */
  readonly discard = (message: Message): void => {
    if (message.id !== undefined || message.status !== 'failed') return;
    this.#messages = this.#messages.filter((other) => other !== message);
    this.snapshots.changed();
  };

  #state(): WindowState {
    return {
      messages: this.#messages.map(viewOf),
      hasOlder: this.#hasOlder,
      hasNewer: this.#hasNewer,
      isLoading: this.#loading !== undefined || (this.#isOpen && !this.#wasJoined),
      error: this.#error,
    };
  }

  #open(changed: () => void): () => void {
    this.#isOpen = true;
    const take = (message: Message): void => this.#take(message);
    const update = (about: unknown): void => {
      if (isMessage(about)) this.#changed(about);
      this.#loadWhereDue();
      changed();
    };
    const reset = (place?: { readonly reason?: string }): void => {
      // The objects are the same, and brought up to date by reading them.
      if (place?.reason === 'changes') return void this.#load(this.#loading === 'latest' ? 'latest' : 'shown');
      // What is known by its id may be another message now.
      this.#messages = this.#messages.filter(({ id }) => id === undefined);
      void this.#load('latest');
    };
    const joined = (): void => this.#loadWhereDue();
    const listeners = { message: take, echo: take, update, status: changed, reset, join: joined };
    for (const [event, listener] of Object.entries(listeners)) this.#talk.on(event, listener);
    this.#wasJoined = false;
    this.#loadWhereDue();
    return () => {
      for (const [event, listener] of Object.entries(listeners)) this.#talk.off(event, listener);
      this.#close();
    };
  }

  /** What was missed while nobody looked cannot be told from what was not: the next look begins anew. */
  #close(): void {
    this.#isOpen = false;
    this.#round += 1;
    this.#loading = undefined;
    this.#arrived = [];
  }

  /** Also when a room is joined again that was left: what was said meanwhile is not told. */
  #loadWhereDue(): void {
    const isJoined = !('isJoined' in this.#talk) || this.#talk.isJoined === true;
    const isDue = isJoined && !this.#wasJoined;
    this.#wasJoined = isJoined;
    if (isDue) void this.#load('latest');
  }

  /** One that was sent elsewhere in the application is news; one that has its id now gets its place. */
  #changed(message: Message): void {
    if (this.#messages.includes(message)) this.#put([]);
    else if (isPending(message)) this.#take(message);
  }

  #take(message: Message): void {
    // What is never stored (somebody types) is no part of what was said.
    if (message.id === undefined && !isPending(message)) return;
    if (this.#loading === 'latest' || this.#loading === 'newer') {
      // The oldest give way: what is kept has to reach up to what comes next.
      this.#arrived.push(message);
      if (this.#arrived.length > this.#limit) this.#arrived.shift();
    }
    if (this.#hasNewer) return;
    this.#put([message]);
    // A page that is being read begins at the oldest, which stays for it.
    this.#trim(this.#loading === 'older' ? 'newest' : 'oldest');
    this.snapshots.changed();
  }

  async #load(what: Load): Promise<void> {
    const round = ++this.#round;
    this.#loading = what;
    this.#error = undefined;
    this.#arrived = [];
    this.snapshots.changed();
    try {
      const page = await this.#read(what);
      if (round !== this.#round) return;
      this.#settle(what, page);
    } catch (error) {
      if (round !== this.#round) return;
      this.#error = error as Failure; // what a request rejects with
    }
    this.#loading = undefined;
    this.snapshots.changed();
  }

  async #read(what: Load): Promise<Message[]> {
    const ids = this.#messages.flatMap(({ id }) => (id === undefined ? [] : [id]));
    const first = ids[0] ?? 1;
    const from = { older: ids[0], newer: ids.at(-1), latest: undefined, shown: first - 1 }[what];
    const page: Message[] = [];
    const direction = what === 'newer' || what === 'shown' ? 'forward' : 'backward';
    const limit = what === 'shown' ? (ids.at(-1) ?? 0) - first + 1 : this.#page;
    const asked = { direction, limit, ...(from === undefined ? {} : { from }) } as const;
    for await (const message of this.#talk.history(asked)) page.push(message);
    return page;
  }

  #settle(what: Load, page: Message[]): void {
    if (what === 'shown') return this.#put(page);
    const isFull = page.length >= this.#page;
    if (what === 'latest') {
      const newest = page[0]?.id ?? 0;
      // What was sent since the page was read is behind it.
      const own = this.#messages.filter(({ id, isOwn }) => isOwn && (id === undefined || id > newest));
      this.#messages = [];
      [this.#hasOlder, this.#hasNewer] = [isFull, false];
      this.#put([...page, ...this.#arrived, ...own]);
      return this.#trim('oldest');
    }
    if (what === 'older') {
      this.#put(page);
      this.#hasOlder = isFull;
      return this.#trim('newest');
    }
    this.#hasNewer = isFull;
    this.#put(isFull ? page : [...page, ...this.#arrived]);
    return this.#trim('oldest');
  }

  /** In the order of their ids, each once; those without one behind, in the order of their sending. */
  #put(messages: readonly Message[]): void {
    const byId = new Map<number, Message>();
    const pending = new Set<Message>();
    // One that has its id now is behind what is not in the window: a later page brings it.
    const kept = this.#hasNewer
      ? this.#messages.filter((message) => message.id === undefined || !this.#pending.has(message))
      : this.#messages;
    for (const message of [...kept, ...messages]) {
      // The first one stays: it may be the object that was sent.
      if (message.id === undefined) {
        if (isPending(message)) pending.add(message);
      } else if (!byId.has(message.id)) byId.set(message.id, message);
    }
    this.#messages = [...[...byId.values()].sort((a, b) => Number(a.id) - Number(b.id)), ...pending];
    this.#pending = pending;
  }

  /** What has no id yet, or has failed, stays: nowhere else is it told of. It is as many as the user sends. */
  #trim(end: 'oldest' | 'newest'): void {
    const beyond = this.#messages.length - this.#limit;
    if (beyond <= 0) return;
    const stored = this.#messages.filter(({ id }) => id !== undefined);
    if (stored.length < 2) return;
    const pending = this.#messages.filter(({ id }) => id === undefined);
    if (end === 'oldest') {
      this.#messages = [...stored.slice(Math.min(beyond, stored.length - 1)), ...pending];
      this.#hasOlder = true;
    } else {
      this.#messages = [...stored.slice(0, Math.max(1, stored.length - beyond)), ...pending];
      this.#hasNewer = true;
    }
  }
}

const isPending = ({ isOwn, status }: Message): boolean => isOwn && (status === 'sending' || status === 'failed');

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'status' in value && 'isOwn' in value;
