/** What the process tells of itself: how late its event loop is, its processor time and memory, what it is built of. */
import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Reading, Readings } from './metrics.ts';

export interface BuildInfo {
  readonly version: string;
  readonly nodeVersion: string;
  /** Which build of the native library runs. */
  readonly uws: string;
}

/** The version in `package.json`, which is above `src/` as it is above `dist/`. */
export function readVersion(): string {
  const content: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : '';
}

/** Work of threads of the process, which may wait for others: a name server, a terminal that is not read. */
const BLOCKING = new Set(['GetAddrInfoReqWrap', 'GetNameInfoReqWrap', 'FSReqCallback', 'FSReqPromise']);
const LOOK_MS = 10;
const LOOKS_MAX = 100;

/** Ends the process. An exit waits for its threads; where those wait for others, it ends as by a signal. */
export async function endProcess(code: number): Promise<never> {
  const isBlocked = (): boolean => process.getActiveResourcesInfo().some((name) => BLOCKING.has(name));
  for (let looks = 0; looks < LOOKS_MAX && isBlocked(); looks++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  if (isBlocked()) {
    // The first process of a container does not end by a signal of its own.
    if (process.pid === 1) process.abort();
    process.removeAllListeners('SIGTERM');
    process.kill(process.pid, 'SIGTERM');
  }
  process.exit(code);
}

/** Of a system that has it; 0 of another. */
function tellFrom(read: () => number): number {
  try {
    return read();
  } catch {
    return 0;
  }
}

/** For `v8.setFlagsFromString`, as the process starts. Of flags that it does not know the engine says nothing: a test holds these. */
export const ENGINE_FLAGS = {
  /**
   * Collects when the heap has grown by that much since it was last collected. Left to itself the engine lets it double and more, and what
   * outlived a request only in passing then stays in the memory of every idle socket.
   */
  smallHeap: '--heap-growing-percent=30',
  /** Looks that soon (an eighth of what is usual) whether a function is worth compiling well: a node does the same few things all its life. */
  compiledSoon: '--interrupt-budget=8000',
};

type ProcessMetric = Extract<keyof Readings, `process_${string}` | `nodejs_${string}`>;

export const processReadings = {
  process_cpu_seconds_total: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  process_resident_memory_bytes: () => process.memoryUsage.rss(),
  process_open_fds: () => tellFrom(() => readdirSync('/proc/self/fd').length),
  process_max_fds: () =>
    tellFrom(() => Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? 0)),
  process_start_time_seconds: () => performance.timeOrigin / 1000,
  nodejs_heap_size_used_bytes: () => process.memoryUsage().heapUsed,
} satisfies Pick<Readings, ProcessMetric>;

/** Each tick wakes the process, also where it has nothing else to do. */
const RESOLUTION_MS = 100;
const QUANTILES = [0.5, 0.99, 1];

/** Watches how late the event loop is, until it is stopped. */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  /** Of the time since it was last read. */
  read(): Reading<'quantile'>[] {
    const readings = QUANTILES.map((quantile) => {
      const ns = this.#histogram.percentile(quantile * 100);
      // It measures from one tick of its timer to the next.
      return { labels: { quantile: String(quantile) }, value: Math.max(0, ns / 1e9 - RESOLUTION_MS / 1000) };
    });
    this.#histogram.reset();
    return readings;
  }

  stop(): void {
    this.#histogram.disable();
  }
}
