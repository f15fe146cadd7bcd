/**
 * Text that is appended piece by piece, coalesced: appends to one message wait for a moment behind the first of them, and go together, in
 * their order, as one change. What waits goes at once before anything else that its socket does to the message. One timer for all, only
 * while something waits.
 */

/** One that waits. Sending it takes its place behind the ones before it. */
export interface HeldAppend<T> {
  /** The topic of the room or user. */
  readonly target: string;
  readonly id: number;
  readonly bytes: number;
  readonly send: () => Promise<T>;
}

export interface HeldAppendsOptions {
  readonly waitMs: number;
  /** Of all that waits; beyond, appends go at once. */
  readonly countMax: number;
  readonly bytesMax: number;
}

const OPTIONS: HeldAppendsOptions = { waitMs: 50, countMax: 10_000, bytesMax: 4 << 20 };

interface Waiting {
  readonly bytes: number;
  readonly go: () => Promise<unknown>;
}

/** What waits for one message. */
interface Line {
  readonly key: string;
  readonly endsAt: number;
  readonly waiting: Waiting[];
}

export class HeldAppends {
  readonly #options: HeldAppendsOptions;
  /** By when they end: each waits as long. */
  readonly #lines = new Map<string, Line>();
  /** By message: what has gone, and is not there yet. */
  readonly #underWay = new Map<string, Promise<void>>();
  #count = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: Partial<HeldAppendsOptions> = {}) {
    this.#options = { ...OPTIONS, ...options };
  }

  /** How many wait. */
  get waiting(): number {
    return this.#count;
  }

  /** Sends it with the others of its message when their time is over. */
  hold<T>({ target, id, bytes, send }: HeldAppend<T>): Promise<T> {
    const { countMax, bytesMax, waitMs } = this.#options;
    if (this.#count >= countMax || this.#bytes + bytes > bytesMax) {
      void this.flush(target, id);
      return send();
    }
    const key = keyOf(target, id);
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { key, endsAt: performance.now() + waitMs, waiting: [] };
      this.#lines.set(key, line);
    }
    this.#count++;
    this.#bytes += bytes;
    const { waiting } = line;
    const sent = new Promise<T>((resolve, reject) => {
      waiting.push({
        bytes,
        go: () => {
          const going = send();
          going.then(resolve, reject);
          return going;
        },
      });
    });
    this.#arm();
    return sent;
  }

  /** What waits for a message goes now. Resolves when that, and what had gone before, is there or was refused. */
  async flush(target: string, id: number): Promise<void> {
    const key = keyOf(target, id);
    const line = this.#lines.get(key);
    if (line !== undefined) this.#send(line);
    await this.#underWay.get(key);
  }

  #send(line: Line): void {
    const { key, waiting } = line;
    this.#lines.delete(key);
    const going = waiting.map(({ bytes, go }) => {
      this.#count--;
      this.#bytes -= bytes;
      return go();
    });
    const all = Promise.allSettled([this.#underWay.get(key), ...going]).then(() => {
      if (this.#underWay.get(key) === all) this.#underWay.delete(key);
    });
    this.#underWay.set(key, all);
    if (this.#count > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    const [next] = this.#lines.values();
    if (this.#timer !== undefined || next === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        const now = performance.now();
        for (const line of this.#lines.values()) {
          if (line.endsAt > now) break;
          this.#send(line);
        }
        this.#arm();
      },
      Math.max(1, Math.ceil(next.endsAt - performance.now())),
    );
  }
}

const keyOf = (target: string, id: number): string => `${id} ${target}`;
