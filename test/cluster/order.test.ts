// One gapless order per room, on every node, while links are killed, slots move and scripts are flushed. The last test
// switches gap filling off and expects the same checks to fail.
import { describe, expect, test } from '@jest/globals';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { counted, expectWhole, startTalk } from '../support/talk.ts';

const scope = useScope();
const rooms = ['north', 'south', 'east'];

const busy = { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000', PARLEY_POSITION_CHECK_MS: '3000' };

describe('concurrent posting from three nodes', () => {
  test('on a single Redis, with subscriber links killed and scripts flushed', async () => {
    const redis = await startRedis(scope);
    const service = await startService(scope, { nodes: 3, redis, env: busy });
    const urls = service.nodes.map((node) => node.url);
    const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms });
    const control = redis.client();
    let killed = 0;
    for (let round = 0; round < 5; round++) {
      await talk.more(150);
      killed += await redis.killSubscribers();
      await talk.more(100);
      await control.script('FLUSH');
    }
    expect(killed).toBeGreaterThan(0);
    expectWhole(await talk.verdict());
    expect(await counted(service.nodes, 'parley_gaps_filled_total')).toBeGreaterThan(0);
  });

  test('on a Cluster of three, with slots migrated and subscriber links killed', async () => {
    const redis = await startRedisCluster(scope);
    const service = await startService(scope, { nodes: 3, redis, env: busy });
    const urls = service.nodes.map((node) => node.url);
    const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms });
    let killed = 0;
    for (const [round, roomName] of [...rooms, ...rooms].entries()) {
      await talk.more(100);
      const slot = redis.slotOf(`${service.prefix}:{room:${roomName}}:meta`);
      await redis.migrateSlot(slot, ((await redis.ownerOf(slot)) + 1) % 3);
      await talk.more(50);
      killed += await redis.node(round % 3).killSubscribers();
    }
    expect(killed).toBeGreaterThan(0);
    expectWhole(await talk.verdict());
    expect(await counted(service.nodes, 'parley_gaps_filled_total')).toBeGreaterThan(0);
  });
});

test('the checks notice when gaps are not filled', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, {
    nodes: 2,
    redis,
    env: { ...busy, PARLEY_SWITCH_GAP_FILL: 'off' },
  });
  const urls = service.nodes.map((node) => node.url);
  const talk = await startTalk(scope, {
    clients: [...urls, ...urls],
    rooms: ['north'],
    tolerant: true,
    everyMs: 0,
  });
  for (let round = 0; round < 10; round++) {
    await talk.more(100);
    await redis.killSubscribers();
  }
  const verdict = await talk.verdict();
  expect(verdict.violations.map(({ rule }) => rule)).toContain('gap');
});
