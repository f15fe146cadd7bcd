// What must not grow: the cost of a message and of a join with the size of the room, that of a delivery with the rooms of
// a node and with the number of nodes. Of the service only; the smallest size is what the largest is compared with.
import { measure, poolPlan, post, roomNames, startBenches, type Context, type Scenario } from '../lab.ts';
import { metrics } from '../targets.ts';

const SMALL = 10;
const MIDDLE = 1000;
/** Sockets that are really there, in every size of room. */
const REAL = 10;

export const growthInMembers: Scenario = {
  name: 'growth-members',
  async run(context) {
    const { options, samples, load } = context;
    const sizes = [SMALL, MIDDLE, options.members];
    const [bench] = await startBenches(context, { systems: ['parley'], rooms: sizes.map((size) => `size${size}-0`) });
    if (bench === undefined) return;
    const { system, garden } = bench;
    for (const size of sizes) {
      context.progress(`planting ${size} members`);
      await garden.join(`size${size}-0`, REAL, size);
      const plan = { ...poolPlan(system, REAL, REAL), roomPrefix: `size${size}-`, userPrefix: `member${size}-` };
      await load.order('open', { ...plan, pool: `posters${size}` });
      await load.order('open', { ...plan, pool: `joiners${size}`, userPrefix: `joiner${size}-`, join: false });
    }
    for (const round of context.rounds()) {
      for (const size of sizes) {
        context.progress(`round ${round}, ${size} members`);
        const posted = await measure(system, () => post(context, `posters${size}`, { kind: 'each' }));
        const cycled = await measure(system, () =>
          load.order('cycle', { pool: `joiners${size}`, durationMs: options.windowMs }),
        );
        if (round === 0) continue;
        const column = String(size);
        const pairs = cycled.result.requests / 2;
        samples.add(metrics.membersMessage, column, (posted.nodes[0] ?? 0) / posted.result.requests);
        samples.add(metrics.membersMessageRedis, column, posted.redis / posted.result.requests);
        samples.add(metrics.membersJoin, column, (cycled.nodes[0] ?? 0) / pairs);
        samples.add(metrics.membersJoinRedis, column, cycled.redis / pairs);
      }
    }
  },
};

const paced = { kind: 'paced', perSecond: 40, posters: 4, probeEvery: 1 } as const;
/** Sockets of the busy room on each node, as a part of those of a fan-out. */
const SHARE = 4;

interface Variant {
  /** The column of its figures. */
  readonly size: number;
  readonly nodes: number;
  /** Rooms in which nothing happens, with one socket each. */
  readonly idleRooms: number;
}

export const growthInRooms: Scenario = {
  name: 'growth-rooms',
  run: (context) => {
    const most = context.options.sockets * 2;
    const sizes = [1, Math.ceil(most / 10), most];
    return compare(
      context,
      metrics.roomsDelivery,
      sizes.map((size) => ({ size, nodes: 1, idleRooms: size - 1 })),
    );
  },
};

export const growthInNodes: Scenario = {
  name: 'growth-nodes',
  run: (context) =>
    compare(
      context,
      metrics.nodesDelivery,
      [1, 2, 4].map((nodes) => ({ size: nodes, nodes, idleRooms: 0 })),
    ),
};

/** One service for each variant, all running, measured in turn. */
async function compare(context: Context, metric: string, variants: readonly Variant[]): Promise<void> {
  const { options, samples, load } = context;
  const perNode = Math.max(SHARE, Math.floor(options.sockets / SHARE));
  const systems = [];
  for (const { size, nodes, idleRooms } of variants) {
    const rooms = ['busy0', ...roomNames(idleRooms)];
    const [bench] = await startBenches(context, { systems: ['parley'], nodes, rooms });
    if (bench === undefined) return;
    const { system } = bench;
    const plan = poolPlan(system, perNode * nodes, perNode * nodes);
    await load.order('open', { ...plan, pool: `busy${size}`, roomPrefix: 'busy' });
    if (idleRooms > 0) {
      await load.order('open', { ...poolPlan(system, idleRooms, 1), pool: `idle${size}`, userPrefix: 'idle' });
    }
    systems.push({ size, system });
  }
  for (const round of context.rounds()) {
    for (const { size, system } of systems) {
      context.progress(`round ${round}, ${size}`);
      const { nodes, result } = await measure(system, () => post(context, `busy${size}`, paced));
      const total = nodes.reduce((sum, micros) => sum + micros, 0);
      if (round > 0) samples.add(metric, String(size), total / result.messages);
    }
  }
}
