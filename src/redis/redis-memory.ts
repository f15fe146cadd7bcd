/**
 * How full Redis is, primary by primary, read every few seconds: its operator should hear of it before it refuses writes.
 * A server that does not tell, or has no limit, has no reading.
 */
import { every, type Beat } from '../ops/beat.ts';
import type { Commands } from './commands.ts';

export interface MemoryReading {
  /** Its address; `redis` where there is only one. */
  readonly server: string;
  /** Used memory by the limit: 1 is full. */
  readonly ratio: number;
}

export interface RedisMemoryDeps {
  readonly commands: Pick<Commands, 'primaries' | 'info' | 'fullAt'>;
  /** Told when the fullest of the servers comes to another level. */
  onLevel(level: MemoryLevel, ratio: number): void;
}

/** `full`: it has refused something lately. */
export type MemoryLevel = 'ample' | 'filling' | 'short' | 'full';

/** From here on an alert is due. */
export const FILLING_RATIO = 0.8;
/** From here on it is about to be full. */
export const SHORT_RATIO = 0.95;
const POLL_MS = 5000;
/** How long a refusal speaks for Redis. */
const FULL_MS = 10_000;

export class RedisMemory {
  readonly #deps: RedisMemoryDeps;
  #polls: Beat | undefined;
  #readings: readonly MemoryReading[] = [];
  #level: MemoryLevel = 'ample';

  constructor(deps: RedisMemoryDeps) {
    this.#deps = deps;
  }

  get readings(): readonly MemoryReading[] {
    return this.#readings;
  }

  /** Of the fullest server. */
  get level(): MemoryLevel {
    const { fullAt } = this.#deps.commands;
    if (fullAt !== undefined && performance.now() - fullAt < FULL_MS) return 'full';
    const ratio = this.#highest();
    if (ratio < FILLING_RATIO) return 'ample';
    return ratio < SHORT_RATIO ? 'filling' : 'short';
  }

  start(): void {
    void this.poll();
    this.#polls = every(POLL_MS, () => void this.poll());
  }

  stop(): void {
    this.#polls?.stop();
  }

  /** Never rejects. */
  async poll(): Promise<void> {
    const { commands } = this.#deps;
    const read = commands.primaries().map(async (server) => {
      const ratio = ratioIn(await commands.info(server, 'memory').catch((error: unknown) => this.#untold(error)));
      return ratio === undefined ? [] : [{ server: server === '' ? 'redis' : server, ratio }];
    });
    this.#readings = (await Promise.all(read)).flat();
    const { level } = this;
    if (level === this.#level) return;
    this.#level = level;
    this.#deps.onLevel(level, this.#highest());
  }

  /** Who may not ask is refused each time, and every refusal is on record there. */
  #untold(error: unknown): string {
    if (error instanceof Error && error.message.startsWith('NOPERM')) this.stop();
    return '';
  }

  #highest(): number {
    return Math.max(0, ...this.#readings.map(({ ratio }) => ratio));
  }
}

/** In what INFO tells of the memory. Buffers that Redis does not count when it refuses are left out. */
function ratioIn(info: string): number | undefined {
  const field = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const limit = field('maxmemory');
  return limit === 0 ? undefined : (field('used_memory') - field('mem_not_counted_for_evict')) / limit;
}
