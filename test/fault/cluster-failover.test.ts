// A primary of a Cluster that its replica replaces, by plan, because it died, or because it hangs: what was refused meanwhile was
// refused as temporary, and within seconds everything is served again.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startRedisCluster, type RedisCluster } from '../support/redis-cluster.ts';
import { connectRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';
import { counted, expectWhole, startTalk } from '../support/talk.ts';

const scope = useScope();
const busy = { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };
const rooms = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5'];

const allReady = (nodes: readonly ServiceNode[]): Promise<void> =>
  eventually(
    async () => {
      for (const node of nodes) expect((await node.health('/readyz')).status).toBe(200);
    },
    { timeoutMs: 30_000 },
  );

/** Names of users of a shard. */
async function usersAt(redis: RedisCluster, place: number): Promise<string[]> {
  const names = Array.from({ length: 200 }, (_, i) => `user-${i}`);
  const owners = await Promise.all(names.map((name) => redis.ownerOf(redis.slotOf(`{user:${name}}`))));
  return names.filter((_, i) => owners[i] === place);
}

/** Logs users of the shard in until one is let in; every refusal is temporary, and none ends a client for good. */
async function loginsGoOn(own: readonly string[], { url }: ServiceNode): Promise<void> {
  const refusals: unknown[] = [];
  let next = 0;
  const oneIsIn = async (): Promise<void> => {
    const socket = await connectRpc(scope, url);
    const [outcome] = await Promise.all(socket.callAll(['login', { userName: own[next++ % own.length] ?? '' }]));
    if (outcome !== undefined && 'error' in outcome) refusals.push(outcome.error);
    expect(outcome).toMatchObject({ result: expect.anything() });
  };
  await eventually(oneIsIn, { timeoutMs: 60_000 });
  expect(refusals.length).toBeGreaterThan(0);
  expect(refusals).toEqual(refusals.map(() => expect.objectContaining({ temporary: true })));
}

test.each(['planned', 'killed', 'frozen'] as const)(
  'a primary that is %s',
  async (how) => {
    const redis = await startRedisCluster(scope, { replicas: true });
    const service = await startService(scope, { nodes: 2, redis, env: busy });
    const urls = service.nodes.map((node) => node.url);
    const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms });
    await talk.more(200);
    const place = await redis.ownerOf(redis.slotOf('{room:r0}'));
    if (how === 'planned') {
      await redis.failover(place);
    } else {
      // So that what was acknowledged is there.
      await talk.quiet();
      // Before the harm, or all may be well again when the first one logs in.
      const users = await usersAt(redis, place);
      if (how === 'killed') await redis.node(place).kill();
      else redis.node(place).pause();
      await loginsGoOn(users, service.node(0));
      await redis.promoted(place);
    }
    for (const roomName of rooms) await talk.clients[0]?.say(roomName, `after ${roomName}`);
    await allReady(service.nodes);
    expectWhole(await talk.verdict());
    for (const client of talk.clients) expect(client.seen('disconnect')).toEqual([]);
    expect(await counted(service.nodes, 'parley_nodes_swept_total')).toBe(0);
    expect(await counted(service.nodes, 'parley_defects_total')).toBe(0);
    if (how === 'frozen') redis.node(place).resume();
  },
  180_000,
);
