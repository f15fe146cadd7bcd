// The patterns in which the generator loads a pool, each ending with everything outstanding received, so that what was
// counted is what was caused. Opening the sockets is the pool's matter.
import type { Pattern, PostRun, Tally } from './commands.ts';
import { joinFrame, leaveFrame, postFrames } from './frames.ts';
import type { Pool } from './pool.ts';

/** Longest wait for what is outstanding once a run is over. */
const DRAIN_MS = 20_000;
const PACE_TICK_MS = 1;
const LATENCIES_KEPT = 20_000;

class Counts {
  requests = 0;
  answered = 0;
  messages = 0;
  readonly startedAt = performance.now();
  readonly #cpuAtStart = process.cpuUsage();
  readonly #sentAt: number[] = [];
  readonly #latencies: number[] = [];

  sent(index: number): void {
    this.requests++;
    this.#sentAt[index] = performance.now();
  }

  answer(index: number): void {
    this.answered++;
    // With several outstanding of one socket this is the time since the latest: a lower bound, used for comparison only.
    const latency = performance.now() - (this.#sentAt[index] ?? 0);
    if (this.#latencies.length < LATENCIES_KEPT) this.#latencies.push(latency);
    else this.#latencies[Math.floor(Math.random() * LATENCIES_KEPT)] = latency;
  }

  tally(): Tally {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? 0;
    const elapsedMs = performance.now() - this.startedAt;
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    return {
      requests: this.requests,
      messages: this.messages,
      elapsedMs,
      generatorPercent: (user + system) / 10 / elapsedMs,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
    };
  }
}

export async function post(pool: Pool, run: PostRun): Promise<Tally> {
  const { roomSize } = pool.plan;
  const nextFrame = pool.links.map((_, index) => postFrames(pool.roomOf(index), run.textBytes));
  const counts = new Counts();
  const send = (index: number): void => {
    const frame = nextFrame[index]?.();
    if (frame === undefined) return;
    counts.sent(index);
    pool.links[index]?.send(frame);
  };
  const complete = (): boolean => counts.answered === counts.requests && counts.messages === counts.requests * roomSize;
  return bounded(pool, run.durationMs, counts, complete, (running) => drive(pool, run.pattern, counts, send, running));
}

interface Driver {
  start(): void;
  answered(index: number): void;
  received(): void;
  stop(): void;
}

const nothing = (): void => undefined;

function drive(
  pool: Pool,
  pattern: Pattern,
  counts: Counts,
  send: (index: number) => void,
  running: () => boolean,
): Driver {
  if (pattern.kind === 'each') {
    return {
      start: () => pool.links.forEach((link) => send(link.index)),
      answered: (index) => running() && send(index),
      received: nothing,
      stop: nothing,
    };
  }
  // Posters are on the first port: with several nodes the others only deliver.
  const poster = (): number => (counts.requests % pattern.posters) * pool.plan.ports.length;
  if (pattern.kind === 'window') {
    // In bursts of half a window: a trickle of single posts would measure the generator's manners.
    const topUp = (): void => {
      const outstanding = (): number => counts.requests - counts.messages / pool.plan.roomSize;
      if (outstanding() > pattern.messages / 2) return;
      while (running() && outstanding() < pattern.messages) send(poster());
    };
    // Once per complete message, not per delivery.
    const received = (): void => void (counts.messages % pool.plan.roomSize === 0 && topUp());
    return { start: topUp, answered: nothing, received, stop: nothing };
  }
  let timer: NodeJS.Timeout | undefined;
  return {
    start: () => {
      timer = setInterval(() => {
        const due = ((performance.now() - counts.startedAt) / 1000) * pattern.perSecond;
        if (running() && counts.requests < due) send(poster());
      }, PACE_TICK_MS);
    },
    answered: nothing,
    received: nothing,
    stop: () => clearInterval(timer),
  };
}

/** Every socket joins and leaves its room in turn. */
export function cycle(pool: Pool, durationMs: number): Promise<Tally> {
  const counts = new Counts();
  const frames = pool.links.map((_, index) => [joinFrame(pool.roomOf(index)), leaveFrame(pool.roomOf(index))]);
  const turns = pool.links.map(() => 0);
  const send = (index: number): void => {
    const turn = turns[index] ?? 0;
    turns[index] = turn + 1;
    const frame = frames[index]?.[turn % 2];
    if (frame === undefined) return;
    counts.sent(index);
    pool.links[index]?.send(frame);
  };
  // A socket stops after a leave, so that the next run begins as this one did.
  const complete = (): boolean => counts.answered === counts.requests && counts.requests % 2 === 0;
  return bounded(pool, durationMs, counts, complete, (running) => ({
    start: () => pool.links.forEach((link) => send(link.index)),
    answered: (index) => (running() || (turns[index] ?? 0) % 2 === 1) && send(index),
    received: nothing,
    stop: nothing,
  }));
}

/** Runs for the duration, then until all is complete; fails when that takes too long. */
async function bounded(
  pool: Pool,
  durationMs: number,
  counts: Counts,
  complete: () => boolean,
  make: (running: () => boolean) => Driver,
): Promise<Tally> {
  let running = true;
  const driver = make(() => running);
  const timers: NodeJS.Timeout[] = [];
  try {
    await pool.guard<void>((resolve) => {
      const look = (): void => {
        if (!running && complete()) resolve();
      };
      pool.listen({
        response: (index) => {
          counts.answer(index);
          driver.answered(index);
          look();
        },
        message: () => {
          counts.messages++;
          driver.received();
          look();
        },
      });
      const finish = (): void => {
        running = false;
        look();
      };
      const giveUp = (): void =>
        pool.abort(`incomplete: ${counts.answered} of ${counts.requests} answered, ${counts.messages} messages`);
      timers.push(setTimeout(finish, durationMs), setTimeout(giveUp, durationMs + DRAIN_MS));
      driver.start();
    });
    return counts.tally();
  } finally {
    pool.listen(undefined);
    driver.stop();
    for (const timer of timers) clearTimeout(timer);
  }
}
