// What is unread is reckoned from marks, and told behind them. Here a node dies between the two, or Redis refuses it the keys of one
// slot: what was marked stays so, and who was not told finds it by the next look.
import { beforeAll, expect, test } from '@jest/globals';
import { storedDirectFrame } from '../../src/protocol/direct.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { unreadOf } from '../chat/unread-suite.ts';
import { openStore, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import { startSplitLink } from '../support/weather.ts';

const scope = useScope();
let service: Service<RedisServer>;
let store: Store;
let count = 0;

beforeAll(async () => {
  service = await startService(scope, { nodes: 2, redis: await startRedis(scope) });
  store = await openStore(scope, service.redis, { prefix: service.prefix, dedupMs: 300_000 });
});

const login = (url: string, userName: string, offlineMessages = 'none'): Promise<User> =>
  loginRpc(scope, url, userName, { credentials: { userName, offlineMessages } });

const url = (node: 0 | 1): string => service.node(node).url;

/** Who has posted, and who has joined and not read. */
async function inRoom(): Promise<{ ann: User; bob: User; room: string }> {
  count++;
  const [ann, bob, room] = [await login(url(0), `ann-${count}`), await login(url(1), `bob-${count}`), `room-${count}`];
  await ann.call('roomCreate', room);
  for (const one of [ann, bob]) await one.call('roomJoin', room);
  for (let i = 0; i < 3; i++) await ann.call('roomMessage', room, {});
  return { ann, bob, room };
}

test('a node that is killed right after marking a room has marked it, and nobody was told', async () => {
  const link = await startSplitLink(scope, service.redis.port);
  const doomed = await service.addNode({ PARLEY_REDIS_URL: link.url });
  const { bob, room } = await inRoom();
  const onDoomed = await login(doomed.url, bob.userName);
  // What Redis has done is not known to the node before it is gone.
  link.commands.delay(30_000);
  onDoomed.notify(['roomMessageRead', room, 2]);
  const { marks } = store.keys.room(room);
  await eventually(async () => expect(await store.client.hget(marks, bob.userName)).toBe('2'));
  await doomed.kill();
  expect(bob.heard('roomReadEcho')).toEqual([]);
  expect(await unreadOf(bob)).toEqual({ [room]: 1 });
  // It goes on from there, and what was marked is no news.
  await bob.call('roomMessageRead', room, 2);
  await bob.call('roomMessageRead', room, 3);
  expect(await unreadOf(bob)).toEqual({});
});

test('where a node dies before it hands a message on, that is unread, and found when it is looked for', async () => {
  const [ann, bob] = [await login(url(0), `ann-${++count}`), await login(url(1), `bob-${count}`)];
  const { prefix, middle } = storedDirectFrame(ann.userName, { text: 'lost' });
  const writing = { author: ann.userName, rights: rightsOf(ann.userName) };
  expect(await store.directs.admit(bob.userName, writing, true)).toBe('ok');
  // Nothing was said yet.
  expect(await unreadOf(bob)).toEqual({});
  const post = { prefix, middle, clientMessageId: undefined, transient: false };
  await store.pairs.append(bob.userName, ann.userName, [post]);
  expect(await unreadOf(bob)).toEqual({ [ann.userName]: 1 });
  const back = await login(url(0), bob.userName, 'unread');
  expect(back.heard('unreadCounts')).toMatchObject([[[{ userName: ann.userName, unread: 1, last: { text: 'lost' } }]]]);
});

test('where the other devices cannot be told the mark stays, and they are told later', async () => {
  const { ann, bob, room } = await inRoom();
  const far = await login(url(0), bob.userName, 'unread');
  const operator = service.redis.client();
  const allow = (...patterns: string[]): Promise<unknown> =>
    operator.call('ACL', 'SETUSER', 'default', 'resetkeys', ...patterns);
  await allow('~*{room*', '~*{node*', '~*{probe*', `~*{user:${ann.userName}}*`);
  expect(await bob.call('roomMessageRead', room, 2)).toBeNull();
  expect(far.heard('roomReadEcho')).toEqual([]);
  await allow('allkeys');
  expect(await far.next('roomReadEcho')).toEqual([room, 2]);
  await eventually(() => expect(far.heard('unreadCounts').at(-1)).toMatchObject([[{ roomName: room, unread: 1 }]]));
});

test('a login that cannot look everywhere succeeds, and is told when that is possible', async () => {
  const [ann, bob] = [await login(url(0), `ann-${++count}`), await login(url(1), `bob-${count}`)];
  await ann.call('directMessage', bob.userName, { text: 'hello' });
  const operator = service.redis.client();
  const allow = (...patterns: string[]): Promise<unknown> =>
    operator.call('ACL', 'SETUSER', 'default', 'resetkeys', ...patterns);
  await allow('~*{user*', '~*{node*', '~*{probe*', '~*{room*');
  const back = await login(url(0), bob.userName, 'unread');
  expect(back.heard('unreadCounts')).toEqual([]);
  await allow('allkeys');
  expect(await back.next('unreadCounts')).toMatchObject([[{ userName: ann.userName, unread: 1 }]]);
});
