/**
 * Sorts more records than fit into memory: what fits is sorted and written to a temporary file, and the files are merged. Whatever the order in which
 * the records come, they are given in one order, so an import goes on where it was.
 */
import { createReadStream, rmSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What is sorted: by conversation, then time, then what tells apart what was said at the same time. */
export type Sortable<T> = readonly [group: string, time: number, tie: string, value: T];

/** Files that are merged at once. */
const MERGED_MAX = 64;
const WRITE_BYTES = 1 << 20;

const isBefore = (one: Sortable<unknown>, other: Sortable<unknown>): boolean => compare(one, other) < 0;

function compare([group, time, tie]: Sortable<unknown>, [otherGroup, otherTime, otherTie]: Sortable<unknown>): number {
  if (group !== otherGroup) return group < otherGroup ? -1 : 1;
  if (time !== otherTime) return time - otherTime;
  if (tie === otherTie) return 0;
  return tie < otherTie ? -1 : 1;
}

export class Sorting<T> {
  readonly #bytesMax: number;
  #folder: string | undefined;
  #files: string[] = [];
  #filesMade = 0;
  #records: Sortable<T>[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  async add(record: Sortable<T>): Promise<void> {
    this.#records.push(record);
    // A record takes some more than its text as long as it is here; what it is made of is known anyhow.
    this.#bytes += 200 + JSON.stringify(record).length;
    if (this.#bytes >= this.#bytesMax) await this.#spill();
  }

  /** All of them, in order. Once. */
  async *sorted(): AsyncGenerator<Sortable<T>> {
    if (this.#files.length === 0) {
      yield* this.#records.toSorted(compare);
      return;
    }
    await this.#spill();
    while (this.#files.length > MERGED_MAX) {
      const some = this.#files.splice(0, MERGED_MAX);
      await this.#write(merged<T>(some));
      // In front of what came later: of equals the first that was given comes first.
      this.#files.unshift(...this.#files.splice(-1));
      await Promise.all(some.map((file) => rm(file)));
    }
    yield* merged<T>(this.#files);
  }

  /** Removes what was written; so does the end of the process. */
  end(): void {
    process.off('exit', this.#remove);
    this.#remove();
  }

  readonly #remove = (): void => {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  };

  async #spill(): Promise<void> {
    const records = this.#records.sort(compare);
    [this.#records, this.#bytes] = [[], 0];
    if (records.length > 0) await this.#write(records);
  }

  async #write(records: Iterable<Sortable<T>> | AsyncIterable<Sortable<T>>): Promise<void> {
    // What was said is nobody else's business on this machine.
    if (this.#folder === undefined) {
      this.#folder = await mkdtemp(join(tmpdir(), 'parley-import-'));
      process.once('exit', this.#remove);
    }
    const file = join(this.#folder, String(this.#filesMade++));
    const handle = await open(file, 'wx', 0o600);
    try {
      let text = '';
      for await (const record of records) {
        text += `${JSON.stringify(record)}\n`;
        if (text.length < WRITE_BYTES) continue;
        await handle.write(text);
        text = '';
      }
      await handle.write(text);
    } finally {
      await handle.close();
    }
    this.#files.push(file);
  }
}

/** What files hold that are sorted each. */
async function* merged<T>(files: readonly string[]): AsyncGenerator<Sortable<T>> {
  const readers = files.map((file) => recordsIn<T>(file));
  const heads = await Promise.all(readers.map(async (reader) => (await reader.next()).value));
  for (;;) {
    let first = -1;
    for (const [i, head] of heads.entries()) {
      const best = heads[first];
      if (head !== undefined && (best === undefined || isBefore(head, best))) first = i;
    }
    const next = heads[first];
    if (next === undefined) return;
    yield next;
    heads[first] = (await readers[first]?.next())?.value;
  }
}

async function* recordsIn<T>(file: string): AsyncGenerator<Sortable<T>, undefined> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  // Written above, as it is read here.
  for await (const line of lines) yield JSON.parse(line) as Sortable<T>;
  return undefined;
}
