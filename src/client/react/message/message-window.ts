/**
 * A stretch of one conversation's messages, as values for React: it follows what is live, is moved back and forth by pages, and
 * holds a bounded number. Order and recovery are the library's; here is only what is shown of them.
 */
import type { Message } from '../../message/message.ts';
import { viewOf, type MessageView } from './message-view.ts';
import { listenTo, Snapshots } from '../snapshot.ts';
import type { Failure, Source, TalkSource } from '../sources.ts';

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
/** A page, and whether there may be more behind it. */
type Page = { readonly messages: readonly Message[]; readonly isFull: boolean };

export class MessageWindow {
  readonly snapshots: Snapshots<WindowState>;
  readonly #talk: TalkSource<Message>;
  readonly #client: Source;
  /** How many messages are kept. */
  #limit: number;
  #messages: readonly Message[] = [];
  /** What came while a page was being read that ends behind it. */
  #arrived: Message[] = [];
  /** Those that had no id when they were put in their places. */
  #pending: ReadonlySet<Message> = new Set();
  #hasOlder = false;
  #hasNewer = false;
  #loading: Load | undefined;
  /** What could not be read, and why. */
  #failed: { readonly what: Load; readonly error: Failure } | undefined;
  /** The history of a room is for those who are in it; a conversation is always open. */
  #wasJoined = false;
  /** Rises when what is under way is of no interest any more. */
  #round = 0;
  #isOpen = false;

  /** Of the client it is heard when there is a connection; `unsent` are shown from the beginning. */
  constructor(talk: TalkSource<Message>, client: Source, limit: number, unsent: readonly Message[] = []) {
    this.#talk = talk;
    this.#client = client;
    this.#limit = limit;
    this.#put(unsent);
    this.snapshots = new Snapshots<WindowState>(
      () => this.#state(),
      (changed) => this.#open(changed),
    );
  }

  readonly loadOlder = (): void => {
    if (this.#loading !== undefined) return;
    // Before what came since are those that could not be read.
    if (this.#lacksLatest) void this.#load('latest');
    else if (this.#hasOlder) void this.#load('older');
  };

  readonly loadNewer = (): void => {
    if (this.#loading === undefined && this.#hasNewer) void this.#load('newer');
  };

  /** Back to what is live, from wherever the window is. */
  readonly loadLatest = (): void => {
    if (this.#loading !== 'latest' && (this.#hasNewer || this.#failed !== undefined)) void this.#load('latest');
  };

  /** A message that was just sent is shown before anything is told of it. */
  show(message: Message): void {
    if (this.#isOpen) this.#take(message);
  }

  /** Takes a message out of what is shown. */
  discard(message: Message): void {
    this.#messages = this.#messages.filter((other) => other !== message);
    this.snapshots.changed();
  }

  /** What is being sent, or was not: the history does not have it. */
  get unsent(): readonly Message[] {
    return this.#messages.filter(isUnsent);
  }

  /** Another number of messages is kept from now on; those that are there are not read again. */
  resize(limit: number): void {
    this.#limit = limit;
    this.#trim(this.#farEnd);
    this.snapshots.changed();
  }

  /** Begins with what another one shows, where that is whole: then nothing is to be read. */
  begin(other: MessageWindow): void {
    const isWhole = other.#failed === undefined && other.#loading !== 'latest' && other.#loading !== 'shown';
    if (!other.#wasJoined || !isWhole) return;
    this.#put(other.#messages);
    [this.#hasOlder, this.#hasNewer] = [other.#hasOlder, other.#hasNewer];
    this.#wasJoined = true;
    this.#trim(this.#farEnd);
  }

  /** How many messages are read at once. */
  get #page(): number {
    return Math.max(1, Math.min(50, Math.floor(this.#limit / 2)));
  }

  /** It follows what is live, and what was before that could not be read. */
  get #lacksLatest(): boolean {
    return this.#failed?.what === 'latest' && !this.#hasNewer;
  }

  /** That one has scrolled away from. A page that is being read begins at the other one, which stays for it. */
  get #farEnd(): 'oldest' | 'newest' {
    const isBack = this.#hasNewer && this.#loading !== 'newer';
    return isBack || this.#loading === 'older' ? 'newest' : 'oldest';
  }

  #state(): WindowState {
    return {
      messages: this.#messages.map(viewOf),
      hasOlder: this.#hasOlder,
      hasNewer: this.#hasNewer,
      isLoading: this.#loading !== undefined || (this.#isOpen && !this.#wasJoined),
      error: this.#failed?.error,
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
      if (place?.reason === 'changes') {
        return void this.#load(this.#loading === 'latest' || this.#lacksLatest ? 'latest' : 'shown');
      }
      // What is known by its id may be another message now.
      this.#messages = this.#messages.filter(({ id }) => id === undefined);
      void this.#load('latest');
    };
    const joined = (): void => this.#loadWhereDue();
    const listeners = { message: take, echo: take, update, status: changed, reset, join: joined };
    for (const [event, listener] of Object.entries(listeners)) this.#talk.on(event, listener);
    const stop = listenTo(this.#client, ['connect', 'reconnect'], () => this.#connected());
    this.#loadWhereDue();
    return () => {
      stop();
      for (const [event, listener] of Object.entries(listeners)) this.#talk.off(event, listener);
      this.#close();
    };
  }

  /** What was missed while nobody looked cannot be told from what was not: the next look begins anew. */
  #close(): void {
    this.#isOpen = this.#wasJoined = false;
    this.#round += 1;
    this.#loading = undefined;
    this.#arrived = [];
  }

  /** Without a connection nothing is read, and nobody else tells that there is one again. */
  #connected(): void {
    if (!this.#wasJoined) return;
    // Of a conversation of which nothing was shown it is not told what was missed.
    const isBlank = !('isJoined' in this.#talk) && this.#messages.every(({ id }) => id === undefined);
    const due = this.#failed?.what ?? (isBlank && this.#loading === undefined ? 'latest' : undefined);
    if (due !== undefined) void this.#load(due);
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
    // What is not sent is behind all else, wherever the window is: no page brings it.
    if (this.#hasNewer && !isUnsent(message)) return;
    this.#put([message]);
    this.#trim(this.#farEnd);
    this.snapshots.changed();
  }

  async #load(what: Load): Promise<void> {
    const round = ++this.#round;
    this.#loading = what;
    this.#failed = undefined;
    this.#arrived = [];
    const stored = new Set(this.#messages.filter(({ id }) => id !== undefined));
    this.snapshots.changed();
    try {
      const page = await this.#read(what);
      if (round !== this.#round) return;
      this.#settle(what, page, stored);
    } catch (error) {
      if (round !== this.#round) return;
      this.#failed = { what, error: error as Failure }; // what a request rejects with
    }
    this.#loading = undefined;
    this.snapshots.changed();
  }

  async #read(what: Load): Promise<Page> {
    const ids = this.#messages.flatMap(({ id }) => (id === undefined ? [] : [id]));
    const first = ids[0] ?? 1;
    const from = { older: ids[0], newer: ids.at(-1), latest: undefined, shown: first - 1 }[what];
    const messages: Message[] = [];
    const direction = what === 'newer' || what === 'shown' ? 'forward' : 'backward';
    const limit = what === 'shown' ? (ids.at(-1) ?? 0) - first + 1 : this.#page;
    const asked = { direction, limit, ...(from === undefined ? {} : { from }) } as const;
    for await (const message of this.#talk.history(asked)) messages.push(message);
    return { messages, isFull: messages.length >= limit };
  }

  /** `before`: what was stored when it was asked for. */
  #settle(what: Load, { messages: page, isFull }: Page, before: ReadonlySet<Message>): void {
    if (what === 'shown') this.#put(page);
    else if (what === 'latest') {
      const newest = page[0]?.id ?? 0;
      // What was sent since the page was read is behind it; what was there before and is not in it is of a log that is gone.
      const isSince = (message: Message): boolean =>
        message.isOwn && (message.id === undefined || (message.id > newest && !before.has(message)));
      const own = this.#messages.filter(isSince);
      this.#messages = [];
      [this.#hasOlder, this.#hasNewer] = [isFull, false];
      this.#put([...page, ...this.#arrived, ...own]);
    } else if (what === 'older') {
      this.#put(page);
      this.#hasOlder = isFull;
    } else {
      this.#hasNewer = isFull;
      this.#put(isFull ? page : [...page, ...this.#arrived]);
    }
    this.#trim(this.#farEnd);
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

/** It is not in the history. */
export const isUnsent = (message: Message): boolean => message.id === undefined && isPending(message);

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'status' in value && 'isOwn' in value;
