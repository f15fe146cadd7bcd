// What a scenario works with: started systems, the load generator, the samples; and the one way to measure a window.
import { createScope, type Scope } from '../support/disposal.ts';
import { cpuMicros, pin, quiet } from './cpu.ts';
import type { Pattern, PoolPlan, Tally } from './generator/commands.ts';
import { startLoad, type Load } from './load.ts';
import type { BenchOptions } from './options.ts';
import { openGarden, type Garden } from './planting.ts';
import type { Samples } from './report.ts';
import { runsOn, startSystem, type System, type SystemName } from './systems.ts';

/** Bytes of text in a message: about 120 with the map around it. */
const TEXT_BYTES = 100;

export interface Context {
  readonly scope: Scope;
  readonly options: BenchOptions;
  readonly samples: Samples;
  readonly load: Load;
  /** Shown while it lasts. */
  progress(what: string): void;
  /** The rounds to run, 0 to warm up: fewer when the time is up. */
  rounds(): Iterable<number>;
}

export interface Scenario {
  readonly name: string;
  run(context: Context): Promise<void>;
}

/** One system under test, with its rooms. */
export interface Bench {
  readonly system: System;
  readonly garden: Garden;
}

export interface BenchPlan {
  readonly systems: readonly SystemName[];
  readonly nodes?: number;
  readonly rooms?: readonly string[];
}

export async function startBenches(context: Context, plan: BenchPlan): Promise<Bench[]> {
  const benches: Bench[] = [];
  const { topology } = context.options;
  for (const name of plan.systems.filter((each) => runsOn(each, topology))) {
    context.progress(`starting ${name}`);
    const system = await startSystem(context.scope, name, { topology, nodes: plan.nodes ?? 1 });
    const garden = await openGarden(system);
    context.scope.add(() => garden.close());
    await garden.createRooms(plan.rooms ?? []);
    benches.push({ system, garden });
  }
  return benches;
}

/** Rooms of one size, filled with users of their own. */
export function poolPlan(system: System, sockets: number, roomSize: number): PoolPlan {
  return {
    pool: system.name,
    wire: system.wire,
    ports: system.nodes.map((node) => node.port),
    sockets,
    roomSize,
    roomPrefix: 'room',
    userPrefix: 'user',
    join: true,
    concurrency: 50,
  };
}

/** Posts to a pool in one pattern, for the length of a window. */
export function post({ load, options }: Context, pool: string, pattern: Pattern): Promise<Tally> {
  return load.order('post', { pool, pattern, durationMs: options.windowMs, textBytes: TEXT_BYTES });
}

export const roomNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `room${i}`);

export interface Spent<T> {
  readonly result: T;
  /** CPU of each node, and of all of Redis, in microseconds. */
  readonly nodes: readonly number[];
  readonly redis: number;
}

/** Runs something once the system is quiet, and tells what CPU time it took the system. */
export async function measure<T>(system: System, body: () => Promise<T>): Promise<Spent<T>> {
  await quiet(system.pids);
  const read = (): number[] => system.nodes.map(({ pid }) => cpuMicros(pid));
  const readRedis = (): number => system.redisPids.reduce((sum, pid) => sum + cpuMicros(pid), 0);
  const [before, redisBefore] = [read(), readRedis()];
  const result = await body();
  const [after, redisAfter] = [read(), readRedis()];
  return { result, nodes: after.map((micros, i) => micros - (before[i] ?? 0)), redis: redisAfter - redisBefore };
}

/** Runs a scenario with a generator of its own; ends everything it started. */
export async function runScenario(scenario: Scenario, shared: Omit<Context, 'scope' | 'load'>): Promise<void> {
  const scope = createScope();
  let interrupted = false;
  const stop = (): void => {
    interrupted = true;
    void scope.dispose().finally(() => process.exit(130));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    shared.progress('starting');
    const load = await startLoad(scope);
    pin(load.pid, 'others');
    await scenario.run({ ...shared, scope, load });
  } finally {
    // What is being ended makes the scenario fail: that is not to be told, nor the next one begun.
    if (interrupted) await new Promise(() => undefined);
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await scope.dispose();
  }
}
