// Nodes that are killed, frozen and drained under load: membership becomes exact, each leave is announced once, nothing is
// lost or doubled, and what a frozen node was fenced out of it neither acknowledges nor delivers.
import { expect, test } from '@jest/globals';
import { connectClient, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { expectWhole, startTalk } from '../support/talk.ts';

const scope = useScope();
const busy = { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };

const userlist = async (client: TestClient, roomName: string): Promise<string[]> =>
  (await client.request('roomUserlistGet', { roomName })).names.toSorted();

const leavesOf = (client: TestClient, userName: string): number =>
  client.seen('roomUserLeft').filter(([, name]) => name === userName).length;

test('kill -9 under load: exact membership within 15 s, each leave once, clients recover elsewhere', async () => {
  const service = await startService(scope, { nodes: 3, env: busy });
  const [first = '', second = '', doomed = ''] = service.nodes.map((node) => node.url);
  const talk = await startTalk(scope, {
    clients: [first, second, [doomed, first], [doomed, second]],
    rooms: ['lobby', 'attic'],
    everyMs: 8,
  });
  const watcher = talk.clients[0];
  if (watcher === undefined) throw new Error('no watcher');
  // One user only on the node that dies, one with a second socket elsewhere.
  const only = await connectClient(scope, { urls: doomed, userName: 'only', reconnect: false });
  const both = await connectClient(scope, { urls: doomed, userName: 'both', reconnect: false });
  const elsewhere = await connectClient(scope, { urls: second, userName: 'both' });
  for (const client of [only, both, elsewhere]) await client.join('lobby');
  await talk.more(100);

  await service.node(2).kill();
  const killedAt = performance.now();
  await watcher.next('roomUserLeft', (_, userName) => userName === 'only', { timeoutMs: 60_000 });
  await eventually(async () => {
    expect(await userlist(watcher, 'lobby')).toEqual(['both', 'talker-0', 'talker-1', 'talker-2', 'talker-3']);
  });
  // The promise is 15 s of the service's own time; the machine's load may add to it, never more than double.
  expect(performance.now() - killedAt).toBeLessThan(30_000);
  await elsewhere.next('socketDisconnectEcho');
  expect(elsewhere.seen('roomLeftEcho')).toEqual([['lobby', both.socketId, 1]]);
  await talk.more(100);
  expectWhole(await talk.verdict());
  expect(leavesOf(watcher, 'only')).toBe(1);
  for (const name of ['both', 'talker-2', 'talker-3']) expect(leavesOf(watcher, name)).toBe(0);
});

test('SIGSTOP for longer than the lease: the frozen node is fenced out and its clients come back', async () => {
  const service = await startService(scope, { nodes: 2, env: { ...busy, PARLEY_NODE_LEASE_MS: '4000' } });
  const [alive = '', frozen = ''] = service.nodes.map((node) => node.url);
  const talk = await startTalk(scope, { clients: [alive, alive], rooms: ['lobby'], everyMs: 250 });
  const watcher = talk.clients[0];
  if (watcher === undefined) throw new Error('no watcher');
  // Stays with the frozen node: nothing else is offered to it.
  const victim = await connectClient(scope, { urls: frozen, userName: 'victim' });
  await victim.join('lobby');
  await talk.more(10);

  service.node(1).freeze();
  const before = victim.seen('roomMessage').length;
  const late = victim.post('lobby', { key: 'sent to the frozen node' });
  await watcher.next('roomUserLeft', (_, userName) => userName === 'victim', { timeoutMs: 60_000 });
  await talk.more(5);
  const goneAt = Math.max(...talk.clients.flatMap((client) => client.acknowledged.map(({ id }) => id)));
  service.node(1).thaw();

  await victim.next('disconnect', ({ code }) => code === 4002);
  const old = victim.seen('roomMessage').slice(before);
  // What had reached the node's kernel before it was fenced may still have been under way; nothing after the leave.
  for (const [, message] of old) expect(Number(message['id'])).toBeLessThanOrEqual(goneAt);
  await victim.next('recovered', () => true, { timeoutMs: 30_000 });
  expect(await late).toBeGreaterThan(goneAt);
  expect((await userlist(watcher, 'lobby')).filter((name) => name === 'victim')).toHaveLength(1);
  expect(leavesOf(watcher, 'victim')).toBe(1);

  await talk.quiet();
  const sockets = await victim.request('listOwnSockets', {});
  expect(Object.keys(sockets)).toEqual([victim.socketId]);
  const ids = victim.seen('roomMessage').map(([, message]) => Number(message['id']));
  const last = (await victim.request('roomHistoryInfo', { roomName: 'lobby' })).lastMessageId;
  await eventually(() => expect(victim.position('lobby')?.lastMessageId).toBe(last));
  expect(ids).toEqual(ids.map((_, i) => (ids[0] ?? 0) + i));
});

test('SIGTERM under load with two other nodes up: nothing lost, nothing doubled, nobody seen to leave', async () => {
  const service = await startService(scope, { nodes: 3, env: busy });
  const [first = '', second = '', draining = ''] = service.nodes.map((node) => node.url);
  const talk = await startTalk(scope, {
    clients: [first, second, [draining, first], [draining, second], [draining, first]],
    rooms: ['lobby', 'attic'],
    everyMs: 8,
  });
  await talk.more(150);
  const started = performance.now();
  const exit = await service.node(2).terminate();
  expect(exit).toEqual({ code: 0, signal: null });
  expect(performance.now() - started).toBeLessThan(20_000);
  await talk.more(150);
  expectWhole(await talk.verdict());
  for (const client of talk.clients.slice(2)) expect(client.seen('goAway')).toHaveLength(1);
  const [watcher] = talk.clients;
  // The grace has passed and the node was swept when its sockets are gone from the lists.
  await eventually(
    async () => {
      const sockets = await Promise.all(talk.clients.map((client) => client.request('listOwnSockets', {})));
      expect(sockets.map((own) => Object.keys(own).length)).toEqual([1, 1, 1, 1, 1]);
    },
    { timeoutMs: 30_000, what: 'the drained node is swept' },
  );
  expect(watcher?.seen('roomUserLeft')).toEqual([]);
});
