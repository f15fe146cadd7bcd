// What an idle socket that is logged in and joined keeps in memory, and what CPU time it takes by and by. Every figure is of a new process, because memory that
// was once taken is not given back.
import { createScope } from '../../support/disposal.ts';
import { allowFiles, pauseMs, quiet, rssBytes } from '../cpu.ts';
import { measure, poolPlan, roomNames, startBenches, type Context, type Scenario } from '../lab.ts';
import { runsOn, type SystemName } from '../systems.ts';
import { metrics } from '../targets.ts';

const ROOM_SIZE = 20;
/** Sockets that come and go before the first look, so that code and pools are not counted as theirs. */
const WARM_SOCKETS = 500;
/** New processes differ by little, and take their time. */
const ROUNDS_MAX = 3;
/** Of a process beside its sockets: code, Redis, event loop. */
const OTHER_FILES = 500;

export const memory: Scenario = {
  name: 'memory',
  async run(context) {
    for (const round of context.rounds()) {
      if (round === 0 || round > ROUNDS_MAX) continue;
      for (const name of ['parley', 'relay', 'bare', 'socket.io'] as const) {
        if (runsOn(name, context.options.topology)) await measureOnce(context, name, round);
      }
    }
  },
};

async function measureOnce(context: Context, name: SystemName, round: number): Promise<void> {
  const { options, samples, load } = context;
  const files = options.idleSockets + OTHER_FILES;
  // Said before anything else is done.
  allowFiles(load.pid, files);
  const scope = createScope();
  // Ended here, or with the scenario where that is interrupted.
  context.scope.add(() => scope.dispose());
  try {
    const rooms = roomNames(Math.ceil(options.idleSockets / ROOM_SIZE));
    const [bench] = await startBenches({ ...context, scope }, { systems: [name], rooms });
    const system = bench?.system;
    const pid = system?.nodes[0]?.pid;
    if (system === undefined || pid === undefined) throw new Error(`${name} has no node`);
    allowFiles(pid, files);
    context.progress(`round ${round}, ${name}`);
    const warm = { ...poolPlan(system, Math.min(WARM_SOCKETS, options.idleSockets), ROOM_SIZE), userPrefix: 'warm' };
    await load.order('open', warm);
    await load.order('close', { pool: warm.pool });
    await quiet(system.pids);
    const before = rssBytes(pid);
    await load.order('open', poolPlan(system, options.idleSockets, ROOM_SIZE));
    await quiet(system.pids);
    samples.add(metrics.memory, name, (rssBytes(pid) - before) / 1024 / options.idleSockets);
    context.progress(`round ${round}, ${name}, watched`);
    const { nodes, redis } = await measure(system, () => pauseMs(options.idleMs));
    const socketSeconds = (options.idleMs / 1000) * options.idleSockets;
    samples.add(metrics.idle, name, (nodes[0] ?? 0) / socketSeconds);
    if (system.redis !== undefined) samples.add(metrics.idleRedis, name, redis / socketSeconds);
    await load.order('close', { pool: system.name });
  } finally {
    await scope.dispose();
  }
}
