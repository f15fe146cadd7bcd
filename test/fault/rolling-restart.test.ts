// A rolling restart behind the load balancer as shipped: under load, every node is stopped and started again on its port, one
// after the other, and to the clients it is as if nothing had happened.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startBalancer } from '../support/haproxy.ts';
import { freePort } from '../support/ports.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service, type ServiceNode } from '../support/service.ts';
import type { RedisAddress } from '../support/redis.ts';
import { expectWhole, startTalk } from '../support/talk.ts';

const scope = useScope();
const env = {
  PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
  PARLEY_RATE_BURST: '10000',
  // What a room gets while a client is on its way has to fit into one page, or it is not recovered but told.
  PARLEY_HISTORY_MAX_GET_MESSAGES: '1000',
};
// Together about 1,000 messages a second, or what the machine gives.
const clients = 8;
const everyMs = 5;
const rooms = ['lobby', 'attic', 'cellar', 'porch'];

/** Sockets that a node has now, as it tells. */
async function sockets(node: ServiceNode): Promise<number> {
  const { body } = await node.operator('/readyz');
  return Number((body as { sockets: number }).sockets); // the shape of our own health page
}

/** A node on a port that it can be started on again. */
async function startOnFixedPort(service: Service<RedisAddress>): Promise<ServiceNode> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await service.addNode({ PARLEY_PORT: String(await freePort()) });
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

test('nodes restarted one after the other: nothing lost, nothing doubled, nobody seen to leave or join', async () => {
  const service = await startService(scope, { nodes: 0, env });
  const nodes: ServiceNode[] = [];
  for (let i = 0; i < 3; i++) nodes.push(await startOnFixedPort(service));
  const balancer = await startBalancer(
    scope,
    nodes.map((node) => node.port),
  );
  const talk = await startTalk(scope, {
    clients: Array.from({ length: clients }, () => balancer.url),
    rooms,
    everyMs,
  });
  const seen = (name: 'roomUserJoined' | 'roomUserLeft'): number =>
    talk.clients.reduce((sum, client) => sum + client.seen(name).length, 0);
  await talk.more(500);

  for (const node of nodes) {
    // Each restart has to move somebody, or it would show nothing.
    expect(await sockets(node)).toBeGreaterThan(0);
    expect(await node.terminate()).toEqual({ code: 0, signal: null });
    await talk.more(500);
    const next = await service.addNode({ PARLEY_PORT: String(node.port) });
    await eventually(async () => expect((await next.health('/readyz')).status).toBe(200));
    await talk.more(500);
  }

  expectWhole(await talk.verdict());
  for (const client of talk.clients) expect(client.seen('goAway').length).toBeGreaterThanOrEqual(1);
  // Nobody was cut off: every way out of a node was the one that it asked for.
  const closes = talk.clients.flatMap((client) => client.seen('disconnect').map(([{ code }]) => code));
  expect(closes.filter((code) => code !== 4000)).toEqual([]);
  // The graces have passed and the nodes that stopped were swept when their sockets are gone from the lists.
  await eventually(
    async () => {
      const own = await Promise.all(talk.clients.map((client) => client.request('listOwnSockets', {})));
      expect(own.map((ids) => Object.keys(ids))).toEqual(talk.clients.map((client) => [client.socketId]));
    },
    { timeoutMs: 30_000, what: 'the stopped nodes are swept' },
  );
  // Once, at the beginning, each was seen to join by those who were there, itself included: 1 + 2 + … + n in each room.
  expect(seen('roomUserJoined')).toBe((rooms.length * clients * (clients + 1)) / 2);
  expect(seen('roomUserLeft')).toBe(0);
  // Nor was anybody turned away: each way in that is over began with 101 and ended without an error of either side.
  const ways = balancer.lines.filter((line) => line.includes('GET /ws'));
  expect(ways.length).toBe(closes.length);
  expect(ways.filter((line) => !/ 101 \d+ - - ---- /.test(line))).toEqual([]);
});
