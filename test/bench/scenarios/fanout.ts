// One room, many sockets: what a delivery costs at a human pace and when as much as possible is posted. And the same where
// half of the sockets are on a node that nobody posts at.
import type { Pattern, Tally } from '../generator/commands.ts';
import { measure, poolPlan, roomNames, startBenches, TEXT_BYTES, type Context, type Scenario } from '../lab.ts';
import { metrics } from '../targets.ts';
import type { System } from '../systems.ts';

const paced: Pattern = { kind: 'paced', perSecond: 20, posters: 4 };
/** Many posters with little outstanding each: the posts of one socket to one room are executed one after the other. */
const saturated: Pattern = { kind: 'window', messages: 128, posters: 64 };

export const fanout: Scenario = {
  name: 'fanout',
  async run(context) {
    const { options, samples, load } = context;
    const benches = await startBenches(context, { systems: ['parley', 'relay', 'bare'], rooms: roomNames(1) });
    for (const { system } of benches) await load.order('open', poolPlan(system, options.sockets, options.sockets));
    for (const round of context.rounds()) {
      for (const { system } of benches) {
        context.progress(`round ${round}, ${system.name}, paced`);
        const slow = await measure(system, () => post(context, system, paced));
        context.progress(`round ${round}, ${system.name}, saturated`);
        const fast = await measure(system, () => post(context, system, saturated));
        // The first round warms up.
        if (round === 0) continue;
        samples.add(metrics.fanoutPaced, system.name, (slow.nodes[0] ?? 0) / slow.result.messages);
        samples.add(metrics.fanoutSaturated, system.name, (fast.nodes[0] ?? 0) / fast.result.messages);
        samples.add(metrics.fanoutRate, system.name, (1000 * fast.result.messages) / fast.result.elapsedMs);
        samples.add(metrics.fanoutGenerator, system.name, fast.result.generatorPercent);
      }
    }
  },
};

export const twoNodes: Scenario = {
  name: 'two-nodes',
  async run(context) {
    const { options, samples, load } = context;
    const plan = { systems: ['parley', 'relay'], nodes: 2, rooms: roomNames(1) } as const;
    const benches = await startBenches(context, plan);
    for (const { system } of benches) await load.order('open', poolPlan(system, options.sockets, options.sockets));
    for (const round of context.rounds()) {
      for (const { system } of benches) {
        context.progress(`round ${round}, ${system.name}`);
        const { nodes, result } = await measure(system, () => post(context, system, paced));
        if (round > 0) samples.add(metrics.secondNode, system.name, (nodes[1] ?? 0) / (result.messages / 2));
      }
    }
  },
};

function post({ load, options }: Context, system: System, pattern: Pattern): Promise<Tally> {
  return load.order('post', { pool: system.name, pattern, durationMs: options.windowMs, textBytes: TEXT_BYTES });
}
