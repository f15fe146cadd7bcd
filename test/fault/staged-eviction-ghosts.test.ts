// A large room with a staged eviction is opened again only when every node has taken out who lost it. It does not wait for those
// that a failover has brought back into it: a node that does not follow it, and one that is gone.
import { expect, test } from '@jest/globals';
import { presenceOf } from '../support/presence-checker.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

// At the node of the ghosts nobody is in the room; to change its rules it follows it all the same.
test.each([0, 1])('a large room with ghosts can be opened again, from node %d', async (from) => {
  const service = await startService(scope, { nodes: 2, env: { PARLEY_ROOM_LARGE_SIZE: '2' } });
  const { redis, prefix } = service;
  const [owner, ...others] = await Promise.all(
    ['owner', 'ann', 'bob'].map((name) => loginRpc(scope, service.node(0).url, name)),
  );
  if (owner === undefined) throw new Error('nobody is there');
  await owner.call('roomCreate', 'hall');
  for (const user of [owner, ...others]) await user.call('roomJoin', 'hall');
  const client = redis.client();
  const tag = `${prefix}:{room:hall}`;
  for (const [i, nodeId] of [service.node(1).nodeId, 'gone-long-ago'].entries()) {
    await client.hset(`${tag}:members`, `ghost${i}`, `s${i}@${nodeId}`);
    await client.zadd(`${tag}:names`, 0, `ghost${i}`);
    await client.hset(`${tag}:sockets:${nodeId}`, `s${i}`, `ghost${i}`);
    await client.sadd(`${tag}:nodes`, nodeId);
  }
  // The same where there is not even a socket left to take out.
  await client.sadd(`${tag}:nodes`, 'gone-with-everything');

  expect(await owner.call('roomSetWhitelistMode', 'hall', true)).toBe(null);
  for (const user of others) await user.next('roomAccessRemoved');
  // What has been taken out leaves the room no larger than is evicted at once.
  for (const name of ['x', 'y', 'z']) {
    await owner.call('roomAddToList', 'hall', 'whitelist', [name]);
    await (await loginRpc(scope, service.node(0).url, name)).call('roomJoin', 'hall');
  }
  expect(await client.hget(`${tag}:meta`, 'unsettled')).not.toBe(null);
  const opener = await loginRpc(scope, service.node(from).url, 'owner');
  expect(await opener.call('roomSetWhitelistMode', 'hall', false)).toBe(null);
  expect(await client.hget(`${tag}:meta`, 'unsettled')).toBe(null);
  for (const user of others) await user.call('roomJoin', 'hall');

  const presence = presenceOf(scope, { servers: [redis], prefix });
  const { ghosts, contradictions } = await presence([]);
  expect(ghosts.filter((line) => line.includes('ghost'))).toEqual([]);
  expect(contradictions).toEqual([]);
});
