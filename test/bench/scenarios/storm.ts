// Everybody comes at once: what it costs to take in a socket, from the TCP connection to the answer to its join.
import { measure, poolPlan, roomNames, startBenches, type Scenario } from '../lab.ts';
import { metrics } from '../targets.ts';

const ROOM_SIZE = 5;

export const storm: Scenario = {
  name: 'storm',
  async run(context) {
    const { options, samples, load } = context;
    const rooms = roomNames(Math.ceil(options.sockets / ROOM_SIZE));
    const benches = await startBenches(context, { systems: ['parley', 'relay', 'bare', 'socket.io'], rooms });
    for (const round of context.rounds()) {
      for (const { system } of benches) {
        context.progress(`round ${round}, ${system.name}`);
        // New users each time, as far as the system knows.
        const plan = { ...poolPlan(system, options.sockets, ROOM_SIZE), userPrefix: `user${round}-` };
        const { nodes, redis } = await measure(system, () => load.order('open', plan));
        await load.order('close', { pool: plan.pool });
        if (round === 0) continue;
        samples.add(metrics.storm, system.name, (nodes[0] ?? 0) / options.sockets);
        if (system.redis !== undefined) samples.add(metrics.stormRedis, system.name, redis / options.sockets);
      }
    }
  },
};
