// One room, many sockets: what a delivery costs at a human pace, when as much as possible is posted by many or by one, and
// when a room is hot. And the same where half of the sockets are on a node that nobody posts at.
import type { Pattern, Tally } from '../generator/commands.ts';
import { measure, poolPlan, post, roomNames, startBenches } from '../lab.ts';
import type { Bench, Context, Scenario, Spent } from '../lab.ts';
import type { SystemName } from '../systems.ts';
import { metrics } from '../targets.ts';

const paced: Pattern = { kind: 'paced', perSecond: 20, posters: 4, probeEvery: 1 };
const saturated: Pattern = { kind: 'window', messages: 128, posters: 64 };
const onePoster: Pattern = { kind: 'window', messages: 32, posters: 1 };
const hot: Pattern = { kind: 'paced', perSecond: 400, posters: 8, probeEvery: 16 };

const everybody = ['parley', 'relay', 'bare', 'socket.io'] as const;

export const fanout: Scenario = {
  name: 'fanout',
  async run(context) {
    const { samples } = context;
    const benches = await openOneRoom(context, everybody);
    await eachRound(context, benches, async ({ system }, judged, show) => {
      show('paced');
      const slow = await measure(system, () => post(context, system.name, paced));
      show('saturated');
      const fast = await measure(system, () => post(context, system.name, saturated));
      if (!judged) return;
      const { delivered } = slow.result;
      samples.add(metrics.fanoutPaced, system.name, perDelivery(slow));
      samples.add(metrics.fanoutP50, system.name, delivered.p50Ms);
      samples.add(metrics.fanoutP99, system.name, delivered.p99Ms);
      samples.add(metrics.fanoutP999, system.name, delivered.p999Ms);
      samples.add(metrics.fanoutSaturated, system.name, perDelivery(fast));
      samples.add(metrics.fanoutRate, system.name, (1000 * fast.result.messages) / fast.result.elapsedMs);
      samples.add(metrics.fanoutGenerator, system.name, fast.result.generatorPercent);
    });
  },
};

export const onePosterOnly: Scenario = {
  name: 'one-poster',
  async run(context) {
    const { samples } = context;
    const benches = await openOneRoom(context, everybody);
    await eachRound(context, benches, async ({ system }, judged) => {
      const spent = await measure(system, () => post(context, system.name, onePoster));
      if (!judged) return;
      samples.add(metrics.onePoster, system.name, perDelivery(spent));
      samples.add(metrics.onePosterRate, system.name, (1000 * spent.result.messages) / spent.result.elapsedMs);
      samples.add(metrics.onePosterGenerator, system.name, spent.result.generatorPercent);
    });
  },
};

/** Without Socket.IO, which cannot deliver as much as that. */
export const hotRoom: Scenario = {
  name: 'hot-room',
  async run(context) {
    const { samples } = context;
    const benches = await openOneRoom(context, ['parley', 'relay', 'bare']);
    await eachRound(context, benches, async ({ system }, judged) => {
      const spent = await measure(system, () => post(context, system.name, hot));
      if (!judged) return;
      const { delivered, generatorPercent } = spent.result;
      samples.add(metrics.hotRoom, system.name, perDelivery(spent));
      samples.add(metrics.hotRoomP50, system.name, delivered.p50Ms);
      samples.add(metrics.hotRoomP99, system.name, delivered.p99Ms);
      samples.add(metrics.hotRoomP999, system.name, delivered.p999Ms);
      samples.add(metrics.hotRoomGenerator, system.name, generatorPercent);
    });
  },
};

export const twoNodes: Scenario = {
  name: 'two-nodes',
  async run(context) {
    const { samples } = context;
    const benches = await openOneRoom(context, ['parley', 'relay', 'socket.io'], 2);
    await eachRound(context, benches, async ({ system }, judged) => {
      const { nodes, result } = await measure(system, () => post(context, system.name, paced));
      if (judged) samples.add(metrics.secondNode, system.name, (nodes[1] ?? 0) / (result.messages / 2));
    });
  },
};

async function openOneRoom(context: Context, systems: readonly SystemName[], nodes = 1): Promise<Bench[]> {
  const { options, load } = context;
  const benches = await startBenches(context, { systems, nodes, rooms: roomNames(1) });
  for (const { system } of benches) await load.order('open', poolPlan(system, options.sockets, options.sockets));
  return benches;
}

type Measured = (bench: Bench, judged: boolean, show: (what: string) => void) => Promise<void>;

/** Measures all systems by turns; the first round warms up and is not judged. */
async function eachRound(context: Context, benches: readonly Bench[], body: Measured): Promise<void> {
  for (const round of context.rounds()) {
    for (const bench of benches) {
      const show = (what: string): void => context.progress(`round ${round}, ${bench.system.name} ${what}`.trimEnd());
      show('');
      await body(bench, round > 0, show);
    }
  }
}

const perDelivery = ({ nodes, result }: Spent<Tally>): number => (nodes[0] ?? 0) / result.messages;
