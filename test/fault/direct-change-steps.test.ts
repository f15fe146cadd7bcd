// A change of a direct message has steps on the slots of two users and of their pair. Here a node dies between them: the test does the
// first ones itself, as a node that goes no further, or kills one whose commands are late. Then Redis refuses a node the keys of one slot.
import { beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';
import { startSplitLink } from '../support/weather.ts';
import { append, change, changed, recall, say, tellDue, update } from '../store/direct-change-actions.ts';
import { keysWith, MARKER } from '../store/erase-actions.ts';
import { openStore, type Store } from '../store/store.ts';

const scope = useScope();
let service: Service<RedisServer>;
let store: Store;
let count = 0;

beforeAll(async () => {
  const env = { ...apiEnv, PARLEY_NODE_LEASE_MS: '4000' };
  service = await startService(scope, { nodes: 2, redis: await startRedis(scope), env });
  store = await openStore(scope, service.redis, { prefix: service.prefix, dedupMs: 300_000 });
});

const login = (node: 0 | 1, userName: string): Promise<User> => loginRpc(scope, service.node(node).url, userName);

async function two(): Promise<{ ann: User; bob: User }> {
  count++;
  return { ann: await login(0, `ann-${count}`), bob: await login(1, `bob-${count}`) };
}

const changesHeard = (user: User): unknown[] =>
  user.heard('directMessageChanged').map(([, told]) => [Object(told).change, Object(told).kind]);

const isDue = async ({ ann, bob }: { ann: User; bob: User }): Promise<boolean> =>
  (await store.client.exists(store.keys.pair(ann.userName, bob.userName).changesDue)) === 1;

test('after making a change: the next one, by the other user, tells it first, once', async () => {
  const { ann, bob } = await two();
  await ann.call('directMessage', bob.userName, { textMessage: 'one' });
  await change(store, ann.userName, bob.userName, [append(1, '!'), update(1, { textMessage: 'two' })]);
  await bob.call('directMessageReact', ann.userName, 1, 'x');
  const whole = [
    [1, 'append'],
    [2, 'update'],
    [3, 'reactions'],
  ];
  for (const user of [ann, bob]) await eventually(() => expect(changesHeard(user)).toEqual(whole));
  await eventually(async () => expect(await isDue({ ann, bob })).toBe(false));
});

test('after making a change: so does the next message between the two', async () => {
  const { ann, bob } = await two();
  await ann.call('directMessage', bob.userName, { textMessage: 'one' });
  await changed(store, ann.userName, bob.userName, append(1, '!'));
  await bob.call('directMessage', ann.userName, { textMessage: 'back' });
  for (const user of [ann, bob]) await eventually(() => expect(changesHeard(user)).toEqual([[1, 'append']]));
});

test('after telling one side: the other one is told, and nobody twice', async () => {
  const { ann, bob } = await two();
  await ann.call('directMessage', bob.userName, { textMessage: 'one' });
  const { life, due } = await changed(store, ann.userName, bob.userName, append(1, '!'));
  const changes = due === undefined ? [] : [due];
  await store.changesTold.tell(bob.userName, { peer: ann.userName, life, changes });
  await ann.call('directMessageReact', bob.userName, 1, 'x');
  const whole = [
    [1, 'append'],
    [2, 'reactions'],
  ];
  for (const user of [ann, bob]) await eventually(() => expect(changesHeard(user)).toEqual(whole));
});

test('a message that was recalled before it was handed on is handed on without its content', async () => {
  const { ann, bob } = await two();
  await say(store, ann.userName, bob.userName, { textMessage: MARKER }, 'm-1');
  await changed(store, ann.userName, bob.userName, recall(1));
  await tellDue(store, ann.userName, bob.userName);
  // A repeat brings what the node that died left behind.
  await ann.call('directMessage', bob.userName, { textMessage: MARKER }, { clientMessageId: 'm-1' });
  expect(await bob.next('directMessage')).toMatchObject([{ id: 1, recalled: true }]);
  expect(JSON.stringify(bob.received)).not.toContain(MARKER);
  await store.authored.rewrite(store.pairChanges.keysOf(ann.userName, bob.userName));
  expect(await keysWith(store.client, store.keys.prefix, MARKER)).toEqual([]);
});

test('a node that is killed right after a change leaves it to whoever sweeps after it, with all that a recall takes away', async () => {
  const link = await startSplitLink(scope, service.redis.port);
  const doomed = await service.addNode({ PARLEY_REDIS_URL: link.url, PARLEY_REDIS_TIMEOUT_MS: '20000' });
  const { ann, bob } = await two();
  await ann.call('directMessage', bob.userName, { textMessage: `${MARKER} ${count}` });
  await bob.next('directMessage');
  const onDoomed = await loginRpc(scope, doomed.url, ann.userName);
  // What Redis has done is known to the node so much later: it makes the change behind one answer, and would tell it behind the next.
  link.commands.delay(5000);
  onDoomed.notify(['directMessageRecall', bob.userName, 1]);
  await eventually(async () => expect(await isDue({ ann, bob })).toBe(true), { timeoutMs: 30_000 });
  await doomed.kill();
  expect(changesHeard(bob)).toEqual([]);
  for (const user of [ann, bob])
    await eventually(() => expect(changesHeard(user)).toEqual([[1, 'recall']]), { timeoutMs: 30_000 });
  await eventually(async () =>
    expect(await keysWith(store.client, store.keys.prefix, `${MARKER} ${count}`)).toEqual([]),
  );
  await eventually(async () => expect(await store.client.exists(store.keys.user(ann.userName).changesDue)).toBe(0));
});

test('where Redis refuses a side the change is made, and that side is told later', async () => {
  const redis = await startRedis(scope);
  const other = await startService(scope, { nodes: 2, redis });
  const at = (node: 0 | 1, userName: string): Promise<User> => loginRpc(scope, other.node(node).url, userName);
  const [ann, annToo, bob] = [await at(0, 'ann'), await at(1, 'ann'), await at(1, 'bob')];
  await ann.call('directMessage', 'bob', { textMessage: 'one' });
  const operator = redis.client();
  const allow = (...patterns: string[]): Promise<unknown> =>
    operator.call('ACL', 'SETUSER', 'default', 'resetkeys', ...patterns);
  const nodes = ['~*{node*', '~*{probe*', '~*{calls*'];
  await allow('~*{user*', ...nodes);
  expect(await ann.refusal('directMessageReact', 'bob', 1, 'x')).toMatchObject({ code: 'unavailable' });
  await allow(
    '~*{user:bob*',
    '~*{user:ann}:meta',
    '~*{user:ann}:history',
    '~*{user:ann}:changed*',
    '~*{user:ann}:[pdmu]*',
    '~*{pair*',
    ...nodes,
  );
  expect(await ann.call('directMessageReact', 'bob', 1, 'y')).toEqual({ counts: { y: 1 } });
  expect(await bob.next('directMessageChanged')).toMatchObject(['ann', { change: 1, key: 'y' }]);
  expect(annToo.heard('directMessageChanged')).toEqual([]);
  await allow('allkeys');
  for (const user of [ann, annToo])
    expect(await user.next('directMessageChanged')).toMatchObject(['bob', { change: 1, key: 'y' }]);
  expect(await bob.call('directMessageReact', 'ann', 1, 'z')).toEqual({ counts: { y: 1, z: 1 } });
  await eventually(() => expect(changesHeard(annToo)).toHaveLength(2));
  expect(await store.client.exists(store.keys.user('ann').changesDue)).toBe(0);
});

test('what the author of a change had under way is told before it is deleted', async () => {
  const { ann, bob } = await two();
  await ann.call('directMessage', bob.userName, { textMessage: `${MARKER} of ${ann.userName}` });
  await bob.next('directMessage');
  await store.changesTold.note(ann.userName, { peer: bob.userName, nodeId: 'gone', run: 1 });
  await changed(store, ann.userName, bob.userName, recall(1));
  ann.raw.close(1000);
  const api = serverApi(service.node(0));
  await eventually(async () => expect(await api.call('deleteUser', { userName: ann.userName })).toBe(null));
  expect(await bob.next('directMessageChanged')).toMatchObject([ann.userName, { kind: 'recall' }]);
  expect(await keysWith(store.client, store.keys.prefix, `${MARKER} of ${ann.userName}`)).toEqual([]);
});
