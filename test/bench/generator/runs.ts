// The patterns in which the generator loads a pool, each ending with everything outstanding received, so that what was
// counted is what was caused. Opening the sockets is the pool's matter.
import type { Pattern, PostRun, Tally } from './commands.ts';
import { postsFrom, sequenceIn } from './frames.ts';
import { Latencies } from './latencies.ts';
import type { Pool } from './pool.ts';

/** Longest wait for what is outstanding once a run is over. */
const DRAIN_MS = 20_000;
const PACE_TICK_MS = 1;

class Counts {
  requests = 0;
  answered = 0;
  messages = 0;
  readonly startedAt = performance.now();
  readonly #cpuAtStart = process.cpuUsage();
  /** Times of requests not yet answered, by socket: each is answered in order. */
  readonly #waiting: number[][] = [];
  /** When a post was written, by its sequence number. */
  readonly #postedAt = new Map<number, number>();
  readonly #acknowledged = new Latencies();
  readonly #delivered = new Latencies();

  sent(index: number, sequence?: number): void {
    this.requests++;
    const now = performance.now();
    const waiting = this.#waiting[index];
    if (waiting === undefined) this.#waiting[index] = [now];
    else waiting.push(now);
    if (sequence !== undefined) this.#postedAt.set(sequence, now);
  }

  answer(index: number): void {
    this.answered++;
    const sentAt = this.#waiting[index]?.shift();
    if (sentAt !== undefined) this.#acknowledged.add(performance.now() - sentAt);
  }

  arrived(sequence: number): void {
    const postedAt = this.#postedAt.get(sequence);
    if (postedAt !== undefined) this.#delivered.add(performance.now() - postedAt);
  }

  tally(): Tally {
    const elapsedMs = performance.now() - this.startedAt;
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    return {
      requests: this.requests,
      messages: this.messages,
      elapsedMs,
      generatorPercent: (user + system) / 10 / elapsedMs,
      acknowledged: this.#acknowledged.percentiles(),
      delivered: this.#delivered.percentiles(),
    };
  }
}

export async function post(pool: Pool, run: PostRun): Promise<Tally> {
  const { roomSize } = pool.plan;
  const nextPost = pool.links.map((_, index) =>
    postsFrom((content) => pool.wire.post(pool.roomOf(index), content), run.textBytes),
  );
  const counts = new Counts();
  const probed = run.pattern.kind === 'paced';
  const send = (index: number): void => {
    const next = nextPost[index]?.();
    if (next === undefined) return;
    counts.sent(index, probed ? next.sequence : undefined);
    pool.links[index]?.send(next.frame);
  };
  const complete = (): boolean => counts.answered === counts.requests && counts.messages === counts.requests * roomSize;
  return bounded(pool, run.durationMs, counts, complete, (running) => drive(pool, run.pattern, counts, send, running));
}

interface Driver {
  start(): void;
  answered(index: number): void;
  received(index: number, bytes: Buffer, end: number): void;
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
        while (running() && counts.requests < due) send(poster());
      }, PACE_TICK_MS);
    },
    answered: nothing,
    received: (index, bytes, end) => {
      if (index % pattern.probeEvery === 0) counts.arrived(sequenceIn(bytes, end));
    },
    stop: () => clearInterval(timer),
  };
}

/** Every socket joins and leaves its room in turn. */
export function cycle(pool: Pool, durationMs: number): Promise<Tally> {
  const counts = new Counts();
  const frames = pool.links.map((_, index) => [
    pool.wire.join(pool.roomOf(index)),
    pool.wire.leave(pool.roomOf(index)),
  ]);
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
        message: (index, bytes, end) => {
          counts.messages++;
          driver.received(index, bytes, end);
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
