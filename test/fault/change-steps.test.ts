// What a post has counted, and what reactions in a large room have left to tell, is told once, whatever node dies in between; a recall
// is complete whatever becomes of the node that has made it.
import { beforeAll, expect, test } from '@jest/globals';
import { roomMessageFrame } from '../../src/protocol/message.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { newNonce } from '../../src/redis/tokens.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { keysWith, MARKER } from '../store/erase-actions.ts';
import { openStore, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';
import { startSplitLink } from '../support/weather.ts';

const scope = useScope();
let service: Service<RedisServer>;
let store: Store;
let count = 0;

beforeAll(async () => {
  const env = { PARLEY_ROOM_LARGE_SIZE: '2', PARLEY_NODE_LEASE_MS: '4000' };
  service = await startService(scope, { nodes: 2, redis: await startRedis(scope), env });
  store = await openStore(scope, service.redis, { prefix: service.prefix, dedupMs: 300_000 });
});

const login = (url: string, userName = `user-${++count}`): Promise<User> => loginRpc(scope, url, userName);
const url = (node: 0 | 1): string => service.node(node).url;

const told = (by: User, kind: string): ValueMap[] =>
  by
    .heard('roomMessageChanged')
    .map(([, change]) => Object(change) as ValueMap)
    .filter((change) => change['kind'] === kind);

/** A room with a message of its owner, who is on the first node. */
async function talk(text = 'one'): Promise<{ owner: User; room: string }> {
  const [owner, room] = [await login(url(0)), `room-${++count}`];
  await owner.call('roomCreate', room);
  await owner.call('roomJoin', room);
  await owner.call('roomMessage', room, { textMessage: text });
  return { owner, room };
}

test('a reply whose node is killed before it has told it is told by who sweeps after that node, once', async () => {
  const { owner, room } = await talk();
  const doomed = await service.addNode({ PARLEY_NODE_LEASE_MS: '4000' });
  const bob = await login(doomed.url);
  await bob.call('roomJoin', room);
  // As that node posts it: it dies before anything comes of it.
  await store.messages.post(room, rightsOf(bob.userName), {
    author: bob.userName,
    ...roomMessageFrame(room, bob.userName, { replyTo: 1 }, false),
    nonce: newNonce(),
    clientMessageId: undefined,
    transient: false,
    replyTo: 1,
  });
  await doomed.kill();
  await eventually(() => expect(told(owner, 'replies')).toMatchObject([{ id: 1, repliesCount: 1, change: 1 }]), {
    timeoutMs: 20_000,
  });
  await owner.call('roomMessage', room, { replyTo: 1 });
  await eventually(() => expect(told(owner, 'replies')).toMatchObject([{}, { repliesCount: 2, change: 2 }]));
});

test('reactions in a large room come together, without names, and none is missing at the end', async () => {
  const { owner, room } = await talk();
  const users = await Promise.all(Array.from({ length: 12 }, (_, n) => login(url(n % 2 === 0 ? 0 : 1))));
  for (const user of users) await user.call('roomJoin', room);
  const counts = await Promise.all(users.map((user) => user.call('roomMessageReact', room, 1, '+')));
  expect(counts).toHaveLength(12);
  await eventually(() => expect(told(owner, 'reactions').at(-1)).toMatchObject({ counts: { '+': 12 } }), {
    timeoutMs: 10_000,
  });
  const heard = told(owner, 'reactions');
  expect(heard.length).toBeLessThan(12);
  for (const change of heard) expect(Object.keys(change)).not.toContain('by');
});

test('a recalled message is nowhere in Redis, though its node was killed before it had written the history anew', async () => {
  const { owner, room } = await talk(MARKER);
  // What is only marked as taken out stays beside these.
  for (let i = 0; i < 3; i++) await owner.call('roomMessage', room, { i });
  const link = await startSplitLink(scope, service.redis.port);
  const doomed = await service.addNode({ PARLEY_REDIS_URL: link.url, PARLEY_NODE_LEASE_MS: '4000' });
  const again = await login(doomed.url, owner.userName);
  await again.call('roomJoin', room);
  link.commands.delay(30_000);
  again.notify(['roomMessageRecall', room, 1]);
  await eventually(() => expect(told(owner, 'recall')).toMatchObject([{ id: 1, by: owner.userName }]));
  await doomed.kill();
  await eventually(async () => expect(await keysWith(service.redis.client(), service.prefix, MARKER)).toEqual([]), {
    timeoutMs: 20_000,
  });
});

test('the same of one that the service recalls by a node on which nobody is in the room', async () => {
  const { owner, room } = await talk(MARKER);
  for (let i = 0; i < 3; i++) await owner.call('roomMessage', room, { i });
  const client = service.redis.client();
  await client.call('ACL', 'SETUSER', 'bounded', 'on', '>secret', 'allkeys', 'allchannels', '+@all');
  const doomed = await service.addNode({
    ...apiEnv,
    PARLEY_REDIS_URL: service.redis.url.replace('redis://', 'redis://bounded:secret@'),
    PARLEY_NODE_LEASE_MS: '4000',
  });
  // What is to take the place of the history cannot.
  await client.call('ACL', 'SETUSER', 'bounded', '-rename');
  await serverApi(doomed).call('roomMessageRecall', { roomName: room, id: 1 });
  await eventually(() => expect(told(owner, 'recall')).toMatchObject([{ id: 1 }]));
  expect(await keysWith(client, service.prefix, MARKER)).not.toEqual([]);
  await doomed.kill();
  await eventually(async () => expect(await keysWith(client, service.prefix, MARKER)).toEqual([]), {
    timeoutMs: 20_000,
  });
});
