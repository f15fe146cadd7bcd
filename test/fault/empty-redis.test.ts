// A Redis that comes back empty, again and again: as soon as a node says that it is ready, a login and a post succeed.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import type { RedisServer } from '../support/redis.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';

const scope = useScope();

async function expectServes(node: ServiceNode, round: string): Promise<void> {
  const user = await loginRpc(scope, node.url, `user-${round}`);
  await user.call('roomCreate', `room-${round}`);
  await user.call('roomJoin', `room-${round}`);
  await user.call('roomMessage', `room-${round}`, { textMessage: 'hello' });
  // Heard by the same node, so its bus works.
  await user.next('roomMessage');
}

const ready = async (node: ServiceNode): Promise<boolean> => (await node.health('/readyz')).status === 200;

const losses: Record<string, (redis: RedisServer) => Promise<unknown>> = {
  'restarted empty': (redis) => redis.restart(),
  'emptied and cut off': async (redis) => {
    const admin = redis.client();
    await admin.flushall();
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    return redis.killSubscribers();
  },
};

test.each(Object.entries(losses))(
  '%s: ready means that a login and a post succeed',
  async (name, lose) => {
    const { redis, nodes } = await startService(scope, { nodes: 2 });
    for (let round = 0; round < 6; round++) {
      await lose(redis);
      for (const [i, node] of nodes.entries()) {
        await eventually(async () => expect(await ready(node)).toBe(true), { timeoutMs: 20_000 });
        await expectServes(node, `${name.length}-${round}-${i}`);
      }
    }
  },
  120_000,
);
