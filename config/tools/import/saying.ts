/**
 * Messages of one conversation on their way into the service, in batches. How far it is the service says: what it has already is held against it,
 * so that nothing is doubled by another export or other options, and that what was recalled or edited there meanwhile becomes so here.
 */
import { Changing, type Imported } from './changing.ts';
import { isJsonMap, type JsonMap } from './lines.ts';
import type { Target } from './making.ts';
import type { Report } from './report.ts';
import { Refusal, type Service } from './service.ts';

/** A message as the request takes it, and what it takes there. */
export interface Outgoing {
  readonly entry: JsonMap;
  readonly time: number;
  readonly bytes: number;
  readonly values: number;
  /** Bytes as the service weighs them. */
  readonly packed: number;
}

/** Why a message is left out. */
export const TOO_LARGE = 'it takes more bytes than a message may (PARLEY_MESSAGE_BYTES)';

const MESSAGES_MAX = 500;
const BYTES_MAX = 400_000;
const VALUES_MAX = 40_000;
/** Around a message in a batch. */
const ENTRY_BYTES = 200;
const ENTRY_VALUES = 20;
/** Users who have not read all. */
const READS_MAX = 1000;

interface Progress {
  readonly imported: number;
  readonly open: boolean;
  readonly tooOld: number;
  readonly messageBytes: number;
}

export class Saying {
  readonly #service: Service;
  readonly #report: Report;
  readonly #target: Target;
  readonly #id: string;
  readonly #changing: Changing;
  /** No more is to come in another run. */
  readonly #isEnding: boolean;
  /** Those who have not read what comes from here on, and up to where they have. */
  readonly #readIds = new Map<string, number>();
  /** The others of them, who stop first last. */
  readonly #readers: [userName: string, time: number][];
  #imported = 0;
  #isOpen = true;
  /** What a message may take there. */
  #bytesMax = Infinity;
  /** Marks are where they belong. */
  #isSettled = false;
  /** Messages of the source until now. */
  #count = 0;
  #batch: Outgoing[] = [];
  #bytes = 0;
  #values = 0;
  /** Why nothing more goes in. */
  #stopped: string | undefined;
  #isOther = false;
  #left = 0;

  constructor(parts: {
    readonly service: Service;
    readonly report: Report;
    readonly target: Target;
    readonly id: string;
    readonly read: { readonly [userName: string]: number };
    readonly isEnding: boolean;
  }) {
    this.#service = parts.service;
    this.#report = parts.report;
    this.#target = parts.target;
    this.#id = parts.id;
    this.#changing = new Changing(parts);
    this.#readers = Object.entries(parts.read).sort(([, one], [, other]) => other - one);
    this.#isEnding = parts.isEnding;
  }

  /** Before anything else. */
  async begin(): Promise<void> {
    const progress = await this.#import(0, [], { isLast: false });
    if (progress === undefined) return;
    this.#imported = progress.imported;
    this.#isOpen = progress.open;
    this.#bytesMax = progress.messageBytes;
    this.#report.count('importedBefore', progress.imported);
  }

  async add(message: Outgoing): Promise<void> {
    if (message.packed > this.#bytesMax) return this.#report.skip('message', TOO_LARGE, this.#id);
    while ((this.#readers.at(-1)?.[1] ?? Infinity) < message.time) {
      const [userName = ''] = this.#readers.pop() ?? [];
      this.#readIds.set(userName, this.#count);
    }
    this.#count++;
    if (this.#stopped !== undefined) {
      this.#left++;
      return;
    }
    const isFull =
      this.#bytes + message.bytes + ENTRY_BYTES > BYTES_MAX ||
      this.#values + message.values + ENTRY_VALUES > VALUES_MAX;
    // What is there and what is not go by themselves.
    const isFirstNew = this.#count - 1 === this.#imported;
    if (isFirstNew || isFull || this.#batch.length >= MESSAGES_MAX) await this.#flush(false);
    this.#batch.push(message);
    this.#bytes += message.bytes + ENTRY_BYTES;
    this.#values += message.values + ENTRY_VALUES;
  }

  /** That was all. */
  async end(): Promise<void> {
    if (this.#stopped === undefined && this.#count < this.#imported) {
      this.#stop(`the service has ${this.#imported} imported messages of it, and here there are fewer`);
    }
    await this.#flush(true);
    await this.#settle();
    if (this.#stopped === undefined) return;
    const what = this.#left === 0 ? 'conversation' : 'message';
    this.#report.skip(what, this.#stopped, this.#id, Math.max(1, this.#left));
  }

  async #flush(isLast: boolean): Promise<void> {
    const [batch, count] = [this.#batch, this.#count];
    [this.#batch, this.#bytes, this.#values] = [[], 0, 0];
    // The message that is about to be added is counted already where this is not the last.
    const first = (isLast ? count : count - 1) - batch.length;
    if (batch.length === 0) return;
    if (first < this.#imported) {
      if (this.#stopped === undefined) await this.#compare(first, batch);
      return;
    }
    if (this.#stopped === undefined && !this.#isOpen) {
      this.#stop('something was said in it already, or its import has ended');
    }
    if (this.#stopped !== undefined) {
      this.#left += batch.length;
      return;
    }
    const progress = await this.#import(first, batch, { isLast });
    if (progress === undefined) {
      this.#left += batch.length;
      return;
    }
    this.#imported = progress.imported;
    this.#report.count('imported', batch.length);
    if (progress.tooOld > 0) {
      this.#report.skip('message', 'it is older than messages become there', this.#id, progress.tooOld);
    }
  }

  /** Of what is there: which of it is not as it is here, and what becomes of that. */
  async #compare(first: number, batch: readonly Outgoing[]): Promise<void> {
    try {
      const changed = await this.#changedIn(first, batch);
      if ((await this.#changing.apply(changed, this.#isOpen)) === 'other') this.#stopAsOther();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#stop(error.message);
    }
  }

  /** The service knows a batch that it has; one that it does not know is looked through by halves. */
  async #changedIn(first: number, batch: readonly Outgoing[]): Promise<Imported[]> {
    const [message] = batch;
    if (message === undefined || (await this.#has(first, batch))) return [];
    if (batch.length === 1) return [{ id: first + 1, entry: message.entry }];
    const half = Math.ceil(batch.length / 2);
    return [
      ...(await this.#changedIn(first, batch.slice(0, half))),
      ...(await this.#changedIn(first + half, batch.slice(half))),
    ];
  }

  async #has(at: number, messages: readonly Outgoing[]): Promise<boolean> {
    try {
      await this.#ask(at, messages, {});
      return true;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'otherImport') throw error;
      return false;
    }
  }

  /** Whoever was killed before, or found that something was said meanwhile, may have left it. */
  async #settle(): Promise<void> {
    const isToEnd = this.#isEnding && this.#isOpen && this.#stopped === undefined;
    const isOfRoom = this.#target.room !== undefined && this.#imported > 0;
    if (!this.#isSettled && !this.#isOther && (isToEnd || isOfRoom))
      await this.#import(this.#imported, [], { isLast: true });
  }

  /** Undefined where it is refused: then nothing more goes in. */
  async #import(
    at: number,
    messages: readonly Outgoing[],
    { isLast }: { readonly isLast: boolean },
  ): Promise<Progress | undefined> {
    const isDone = isLast && this.#isEnding && this.#stopped === undefined;
    try {
      const progress = await this.#ask(at, messages, {
        done: isDone,
        ...(isLast && this.#target.room !== undefined ? { read: this.#readEntries() } : {}),
      });
      this.#isSettled ||= isLast;
      return progress;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === 'otherImport') this.#stopAsOther();
      else this.#stop(error.message);
      return undefined;
    }
  }

  /** Rejects with a `Refusal`. */
  async #ask(at: number, messages: readonly Outgoing[], more: JsonMap): Promise<Progress> {
    const batch = { at, messages: messages.map(({ entry }) => entry), ...more };
    const { room } = this.#target;
    const answer =
      room === undefined
        ? await this.#service.call('directImport', [...this.#target.pair, batch])
        : await this.#service.call('roomImport', [room, batch]);
    const { imported, open, tooOld, messageBytes } = isJsonMap(answer) ? answer : {};
    return {
      imported: Number(imported),
      open: open === true,
      tooOld: Number(tooOld),
      messageBytes: Number(messageBytes),
    };
  }

  /** Whose mark is not at the end. */
  #readEntries(): JsonMap[] {
    const entries = [...this.#readIds].map(([userName, id]) => ({ userName, id }));
    const left = entries.splice(READS_MAX);
    if (left.length > 0)
      this.#report.skip('read', `more than ${READS_MAX} users have not read all`, this.#id, left.length);
    return entries;
  }

  #stopAsOther(): void {
    this.#isOther = true;
    this.#stop('the service has other messages of it, from another export or with other options');
  }

  #stop(why: string): void {
    this.#stopped ??= why;
  }
}
