// A primary that its sentinels replace, by plan or because it hangs: nodes leave it before what it acknowledges is lost, come
// to the next one within seconds, and nobody is closed or taken for dead meanwhile.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startWatched, type Watched } from '../support/sentinels.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';
import { counted, expectWhole, startTalk, type Talk } from '../support/talk.ts';

const scope = useScope();
const busy = { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };

const allReady = (nodes: readonly ServiceNode[]): Promise<void> =>
  eventually(
    async () => {
      for (const node of nodes) expect((await node.health('/readyz')).status).toBe(200);
    },
    { timeoutMs: 30_000 },
  );

/** When a node has first cut its connections because of a failover, in ms since the epoch. */
const leftAt = (node: ServiceNode): number =>
  Number(node.logs().find((line) => JSON.stringify(line).includes('a failover has begun'))?.['time'] ?? Infinity);

/** What was acknowledged takes so long to reach a replica, where the machine does too much. */
const REPLICATED_MS = 50;

/**
 * A failover that every node has heard of before the replica was promoted, and so long that this had what was acknowledged: a sentinel
 * gives them two tenths of a second, in which a machine that does too much may not let them run. What is acknowledged after it is lost, and
 * told as lost.
 */
async function heardFailover(): Promise<{ talk: Talk; nodes: readonly ServiceNode[] }> {
  for (let attempt = 1; ; attempt++) {
    const redis = await startWatched(scope);
    const service = await startService(scope, { nodes: 2, redis, env: busy });
    const urls = service.nodes.map((node) => node.url);
    const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms: ['lobby', 'attic'] });
    await talk.more(200);
    const [promotedAt = NaN] = (await redis.failover()).promotions();
    expect(promotedAt).toBeGreaterThan(0);
    await talk.more(200);
    await allReady(service.nodes);
    if (service.nodes.every((node) => leftAt(node) + REPLICATED_MS < promotedAt)) return { talk, nodes: service.nodes };
    expect(attempt).toBeLessThan(6);
    // Whatever was lost is told.
    expect((await talk.verdict()).violations).toEqual([]);
  }
}

test('a planned failover loses nothing, closes nobody, and no living node is swept', async () => {
  const { talk, nodes } = await heardFailover();
  expectWhole(await talk.verdict());
  for (const client of talk.clients) expect(client.seen('disconnect')).toEqual([]);
  expect(await counted(nodes, 'parley_nodes_swept_total')).toBe(0);
}, 300_000);

/** Talks, makes a primary hang that has acknowledged nothing which its replica lacks, and gives it back later. */
async function hang(redis: Watched, talk: Talk): Promise<void> {
  await talk.more(100);
  await talk.quiet();
  const former = await redis.primary();
  former.pause();
  await redis.promoted(former);
  const promotedAt = performance.now();
  // Posted again by the client until it is acknowledged.
  await talk.clients[0]?.say('lobby', 'after');
  expect(performance.now() - promotedAt).toBeLessThan(10_000);
  former.resume();
}

test('a primary that hangs is left when its sentinels have another one', async () => {
  const redis = await startWatched(scope);
  const service = await startService(scope, { nodes: 2, redis, env: busy });
  const urls = service.nodes.map((node) => node.url);
  const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms: ['lobby', 'attic'] });
  await hang(redis, talk);
  await allReady(service.nodes);
  expectWhole(await talk.verdict());
  for (const client of talk.clients) expect(client.seen('disconnect')).toEqual([]);
}, 120_000);

test('the first sentinel of the list hangs, too: the others are asked', async () => {
  const redis = await startWatched(scope);
  const service = await startService(scope, { nodes: 1, redis, env: busy });
  const url = service.node(0).url;
  const talk = await startTalk(scope, { clients: [url, url], rooms: ['lobby'] });
  redis.sentinels[0]?.pause();
  await hang(redis, talk);
  // And a node that starts now finds the primary.
  const fresh = await service.addNode();
  await allReady([...service.nodes, fresh]);
  expectWhole(await talk.verdict());
}, 120_000);
