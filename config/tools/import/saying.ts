/**
 * Messages of one conversation on their way into the service, in batches. How far it is the service says: what it has already is passed over, and
 * the last of that is held against it, so that nothing is doubled by another export or other options.
 */
import type { JsonMap } from './lines.ts';
import { isJsonMap } from './lines.ts';
import type { Target } from './making.ts';
import type { Report } from './report.ts';
import { Refusal, type Service } from './service.ts';

/** A message as the request takes it, and what it takes there. */
export interface Outgoing {
  readonly entry: JsonMap;
  readonly time: number;
  readonly bytes: number;
  readonly values: number;
}

const MESSAGES_MAX = 500;
const BYTES_MAX = 400_000;
const VALUES_MAX = 40_000;
/** Around a message in a batch. */
const ENTRY_BYTES = 200;
const ENTRY_VALUES = 20;
/** Of what is there already, how many are held against the service. */
const CHECKED_MAX = 20;

export class Saying {
  readonly #service: Service;
  readonly #report: Report;
  readonly #target: Target;
  readonly #id: string;
  /** Up to which time users have read. */
  readonly #read: { readonly [userName: string]: number };
  /** No more is to come in another run. */
  readonly #isEnding: boolean;
  readonly #readIds = new Map<string, number>();
  #imported = 0;
  #isOpen = true;
  /** Messages of the source until now. */
  #count = 0;
  #checked: Outgoing[] = [];
  #batch: Outgoing[] = [];
  #bytes = 0;
  #values = 0;
  /** Why nothing more goes in. */
  #stopped: string | undefined;
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
    this.#read = parts.read;
    this.#isEnding = parts.isEnding;
  }

  /** Before anything else. */
  async begin(): Promise<void> {
    const progress = await this.#import(0, [], { isLast: false });
    if (progress === undefined) return;
    this.#imported = progress.imported;
    this.#isOpen = progress.open;
    this.#report.count('importedBefore', progress.imported);
  }

  async add(message: Outgoing): Promise<void> {
    this.#count++;
    for (const [userName, time] of Object.entries(this.#read)) {
      if (message.time <= time) this.#readIds.set(userName, this.#count);
    }
    if (this.#stopped !== undefined) {
      this.#left++;
      return;
    }
    if (this.#count <= this.#imported) {
      this.#checked.push(message);
      if (this.#checked.length > CHECKED_MAX) this.#checked.shift();
      return;
    }
    const isFull =
      this.#bytes + message.bytes + ENTRY_BYTES > BYTES_MAX ||
      this.#values + message.values + ENTRY_VALUES > VALUES_MAX;
    if (this.#batch.length >= MESSAGES_MAX || (isFull && this.#batch.length > 0)) await this.#flush(false);
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
    if (this.#stopped === undefined) return;
    const what = this.#left === 0 ? 'conversation' : 'message';
    this.#report.skip(what, this.#stopped, this.#id, Math.max(1, this.#left));
  }

  async #flush(isLast: boolean): Promise<void> {
    const [batch, count] = [this.#batch, this.#count];
    [this.#batch, this.#bytes, this.#values] = [[], 0, 0];
    // The message that is about to be added is counted already where this is not the last.
    const first = (isLast ? count : count - 1) - batch.length;
    if (this.#stopped === undefined && this.#checked.length > 0) {
      const checked = this.#checked;
      this.#checked = [];
      await this.#import(this.#imported - checked.length, checked, { isLast: false });
    }
    if (this.#stopped === undefined && batch.length > 0 && !this.#isOpen) {
      this.#stop('something was said in it already, or its import has ended');
    }
    if (this.#stopped !== undefined) {
      this.#left += batch.length;
      return;
    }
    if (batch.length === 0 && !(isLast && this.#isOpen && this.#isEnding)) return;
    const progress = await this.#import(first, batch, { isLast });
    if (progress === undefined) {
      this.#left += batch.length;
      return;
    }
    this.#report.count('imported', batch.length);
    if (progress.tooOld > 0) {
      this.#report.skip('message', 'it is older than messages become there', this.#id, progress.tooOld);
    }
  }

  /** Undefined where it is refused: then nothing more goes in. */
  async #import(
    at: number,
    messages: readonly Outgoing[],
    { isLast }: { readonly isLast: boolean },
  ): Promise<{ readonly imported: number; readonly open: boolean; readonly tooOld: number } | undefined> {
    const read = [...this.#readEntries(at + messages.length)];
    const batch = { at, messages: messages.map(({ entry }) => entry), done: isLast && this.#isEnding };
    const { room } = this.#target;
    try {
      const answer =
        room === undefined
          ? await this.#service.call('directImport', [...this.#target.pair, batch])
          : await this.#service.call('roomImport', [room, isLast && read.length > 0 ? { ...batch, read } : batch]);
      const { imported, open, tooOld } = isJsonMap(answer) ? answer : {};
      return { imported: Number(imported), open: open === true, tooOld: Number(tooOld) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const isOther = error.code === 'otherImport';
      this.#stop(
        isOther ? 'the service has other messages of it, from another export or with other options' : error.message,
      );
      return undefined;
    }
  }

  /** Whose mark is not at the end. */
  *#readEntries(last: number): Generator<JsonMap> {
    for (const userName of Object.keys(this.#read)) {
      const id = this.#readIds.get(userName) ?? 0;
      if (id < last) yield { userName, id };
    }
  }

  #stop(why: string): void {
    this.#stopped ??= why;
  }
}
