// Many rooms of five: what a message costs when everybody posts again as soon as the last post was acknowledged, and how
// long acknowledgements take at a rate that all systems can bear.
import { measure, poolPlan, post, roomNames, startBenches, type Scenario } from '../lab.ts';
import { metrics } from '../targets.ts';

const ROOM_SIZE = 5;
/** Of what the slowest system reached while it warmed up: at its limit a queue would be measured. */
const PACE_SHARE = 0.5;

export const smallRooms: Scenario = {
  name: 'small-rooms',
  async run(context) {
    const { options, samples, load } = context;
    const systems = ['parley', 'relay', 'bare', 'socket.io', 'socket.io storing'] as const;
    const benches = await startBenches(context, { systems, rooms: roomNames(options.rooms) });
    const sockets = options.rooms * ROOM_SIZE;
    for (const { system } of benches) await load.order('open', poolPlan(system, sockets, ROOM_SIZE));
    let perSecond = Infinity;
    for (const round of context.rounds()) {
      for (const { system } of benches) {
        context.progress(`round ${round}, ${system.name}`);
        const { nodes, redis, result } = await measure(system, () => post(context, system.name, { kind: 'each' }));
        const reached = (1000 * result.requests) / result.elapsedMs;
        if (round === 0) {
          perSecond = Math.min(perSecond, Math.max(1, Math.floor(PACE_SHARE * reached)));
          continue;
        }
        samples.add(metrics.smallRooms, system.name, (nodes[0] ?? 0) / result.requests);
        samples.add(metrics.smallRoomsRate, system.name, reached);
        samples.add(metrics.smallRoomsGenerator, system.name, result.generatorPercent);
        if (system.redis !== undefined) samples.add(metrics.smallRoomsRedis, system.name, redis / result.requests);
      }
      if (round === 0) continue;
      for (const { system } of benches) {
        context.progress(`round ${round}, ${system.name}, paced`);
        const pattern = { kind: 'paced', perSecond, posters: sockets, probeEvery: sockets } as const;
        const { result } = await measure(system, () => post(context, system.name, pattern));
        samples.add(metrics.smallRoomsPace, system.name, (1000 * result.requests) / result.elapsedMs);
        samples.add(metrics.smallRoomsP50, system.name, result.acknowledged.p50Ms);
        samples.add(metrics.smallRoomsP99, system.name, result.acknowledged.p99Ms);
        samples.add(metrics.smallRoomsP999, system.name, result.acknowledged.p999Ms);
      }
    }
  },
};
