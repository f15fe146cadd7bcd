// The long run: one fault after the other, drawn by a seed, while clients talk. Not part of the suite; `npm run soak`.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { freePort } from '../support/ports.ts';
import { startRedis } from '../support/redis.ts';
import { createRng } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';
import { startTalk } from '../support/talk.ts';

const scope = useScope();
const minutes = Number(process.env['SOAK_MINUTES'] ?? 5);
const seed = Number(process.env['PARLEY_TEST_SEED'] ?? Date.now() % 1_000_000);

test(
  `nothing is lost, doubled or reordered in ${minutes} minutes of faults (seed ${seed})`,
  async () => {
    const rng = createRng(seed);
    const redis = await startRedis(scope, { persist: true });
    const link = await startLink(scope, redis.port);
    const service = await startService(scope, {
      nodes: 0,
      redis: link,
      env: { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000', PARLEY_NODE_LEASE_MS: '5000' },
    });
    // Ports that outlive their nodes.
    const ports = [await freePort(), await freePort(), await freePort()];
    const nodes: ServiceNode[] = [];
    for (const port of ports) nodes.push(await service.addNode({ PARLEY_PORT: String(port) }));
    const urls = nodes.map((node) => node.url);
    const clients = [0, 1, 2, 0, 1, 2].map((first) => [...urls.slice(first), ...urls.slice(0, first)]);
    const talk = await startTalk(scope, { clients, rooms: ['north', 'south', 'east'], everyMs: 10 });
    const control = redis.client();

    const replace = async (index: number, end: (node: ServiceNode) => Promise<unknown>): Promise<void> => {
      const old = nodes[index];
      if (old === undefined) return;
      await end(old);
      nodes[index] = await service.addNode({ PARLEY_PORT: String(old.port) });
    };
    const elapsed = (ms: number): Promise<void> => {
      const until = performance.now() + ms;
      return eventually(() => expect(performance.now()).toBeGreaterThan(until), { timeoutMs: ms + 10_000 });
    };
    const faults: Record<string, () => Promise<unknown>> = {
      'kill a node': () => replace(rng.integer(0, 2), (node) => node.kill()),
      'drain a node': () => replace(rng.integer(0, 2), (node) => node.terminate()),
      'freeze a node': async () => {
        const node = nodes[rng.integer(0, 2)];
        node?.freeze();
        await elapsed(rng.integer(500, 9000));
        node?.thaw();
      },
      'cut all links': () => Promise.resolve(link.cut()),
      'freeze Redis': async () => {
        redis.pause();
        await elapsed(rng.integer(500, 8000));
        redis.resume();
      },
      'kill Redis': () => redis.restart(),
      'kill subscriptions': () => redis.killSubscribers(),
      'flush scripts': () => control.script('FLUSH'),
    };
    const names = Object.keys(faults);
    const end = performance.now() + minutes * 60_000;
    while (performance.now() < end) {
      const name = rng.pick(names);
      process.stdout.write(`${name}; ${talk.acknowledged} messages so far\n`);
      await faults[name]?.();
      await talk.more(rng.integer(50, 400));
    }
    const verdict = await talk.verdict();
    // Who was away for more than a page of history is told so; that is no loss.
    process.stdout.write(`${JSON.stringify(verdict.counts)}\n`);
    expect(verdict.violations).toEqual([]);
    expect(verdict.lostTold).toEqual([]);
    expect(verdict.counts.observed).toBeGreaterThan(verdict.counts.acknowledged);
  },
  minutes * 60_000 + 180_000,
);
