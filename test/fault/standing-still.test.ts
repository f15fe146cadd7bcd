// A node that stands still for longer than it waits for Redis, as all processes of a machine may: what was answered meanwhile has come in time.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const TIMEOUT_MS = 2500;

test('it takes the answers that are there before it calls them late', async () => {
  const redis = await startRedis(scope);
  const link = await startLink(scope, redis.port);
  const env = { PARLEY_REDIS_TIMEOUT_MS: String(TIMEOUT_MS), PARLEY_NODE_LEASE_MS: '60000' };
  const { nodes, prefix } = await startService(scope, { redis: { mode: 'single', url: link.url }, nodes: 1, env });
  const [node] = nodes;
  if (node === undefined) throw new Error('one was started');
  const ann = await loginRpc(scope, node.url, 'ann');
  await ann.call('roomCreate', 'lobby');
  await ann.call('roomJoin', 'lobby');
  link.delay(60_000);
  const answer = ann.call('roomMessage', 'lobby', { text: 'one' });
  const client = redis.client();
  await eventually(async () => expect(await client.xlen(`${prefix}:{room:lobby}:history`)).toBe(1));
  node.freeze();
  link.delay(0);
  const until = performance.now() + 1.5 * TIMEOUT_MS;
  await eventually(() => expect(performance.now()).toBeGreaterThan(until));
  node.thaw();
  expect(await answer).toBe(1);
});
