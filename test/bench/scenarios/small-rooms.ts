// Many rooms of five in which everybody posts again as soon as the last post was acknowledged: what a message costs.
import { measure, poolPlan, roomNames, startBenches, TEXT_BYTES, type Scenario } from '../lab.ts';
import { metrics } from '../targets.ts';

const ROOM_SIZE = 5;

export const smallRooms: Scenario = {
  name: 'small-rooms',
  async run(context) {
    const { options, samples, load } = context;
    const rooms = roomNames(options.rooms);
    const benches = await startBenches(context, { systems: ['parley', 'relay', 'bare'], rooms });
    for (const { system } of benches) {
      await load.order('open', poolPlan(system, options.rooms * ROOM_SIZE, ROOM_SIZE));
    }
    for (const round of context.rounds()) {
      for (const { system } of benches) {
        context.progress(`round ${round}, ${system.name}`);
        const run = {
          pool: system.name,
          pattern: { kind: 'each' },
          durationMs: options.windowMs,
          textBytes: TEXT_BYTES,
        } as const;
        const { nodes, redis, result } = await measure(system, () => load.order('post', run));
        if (round === 0) continue;
        samples.add(metrics.smallRooms, system.name, (nodes[0] ?? 0) / result.requests);
        samples.add(metrics.smallRoomsRate, system.name, (1000 * result.requests) / result.elapsedMs);
        samples.add(metrics.smallRoomsGenerator, system.name, result.generatorPercent);
        if (system.redis !== undefined) samples.add(metrics.smallRoomsRedis, system.name, redis / result.requests);
      }
    }
  },
};
