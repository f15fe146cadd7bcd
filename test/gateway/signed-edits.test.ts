// Edits of blacklists that the operator's server has to sign: each signature is for one edit by one user, and counts once on all nodes.
import { beforeAll, expect, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { signatureSecret, signed } from '../support/signing.ts';
import { startNode, startService, type Service, type ServiceNode } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';

const scope = useScope();
let service: Service<RedisServer>;
/** Where edits need none. */
let plain: ServiceNode;
beforeAll(async () => {
  const redis = await startRedis(scope);
  const env = {
    ...apiEnv,
    PARLEY_AUTH: 'open',
    PARLEY_SIGNATURE_SECRET: signatureSecret,
    PARLEY_SIGNATURES: 'blacklist',
  };
  service = await startService(scope, { redis, nodes: 2, env });
  plain = await startNode(scope, { redis });
});

let count = 0;
async function roomOf(owner: User): Promise<string> {
  const roomName = `room${++count}`;
  await owner.call('roomCreate', roomName);
  return roomName;
}

const login = (node: 0 | 1, userName: string): Promise<User> => loginRpc(scope, service.node(node).url, userName);

const badSignature = { code: 'badSignature', args: [], temporary: false };

test('a blacklist is edited with a signature over what is done, once on whatever node', async () => {
  const [ann, annToo] = [await login(0, 'ann'), await login(1, 'ann')];
  const roomName = await roomOf(ann);
  // In the order of their bytes, whatever order they are named in.
  const block = signed(`block:ann:${roomName}:Zoe:bob:\u{E000}:\u{1F600}`);
  const names = ['\u{1F600}', 'bob', '\u{E000}', 'Zoe'];
  const edit = ['roomAddToList', roomName, 'blacklist', names.filter((name) => name !== '\u{E000}')] as const;
  const good = signed(`block:ann:${roomName}:Zoe:bob:\u{1F600}`);
  expect(await ann.refusal(edit[0], roomName, 'blacklist', [...edit[3]], block)).toMatchObject(badSignature);
  expect(await ann.call(edit[0], roomName, 'blacklist', [...edit[3]], good)).toBeNull();
  for (const user of [ann, annToo]) {
    expect(await user.refusal(edit[0], roomName, 'blacklist', [...edit[3]], good)).toMatchObject(badSignature);
  }
  const unblock = signed(`unblock:ann:${roomName}:bob`);
  expect(await ann.refusal('roomAddToList', roomName, 'blacklist', ['bob'], unblock)).toMatchObject(badSignature);
  expect(await annToo.call('roomRemoveFromList', roomName, 'blacklist', ['bob'], unblock)).toBeNull();
  expect(await ann.refusal('roomRemoveFromList', roomName, 'blacklist', ['bob'], unblock)).toMatchObject(badSignature);
});

test('what is signed for another user, room, name or time is refused, and so is no signature', async () => {
  const [bea, cid] = [await login(0, 'bea'), await login(1, 'cid')];
  const [roomName, other] = [await roomOf(bea), await roomOf(bea)];
  await bea.call('roomAddToList', roomName, 'adminlist', ['cid']);
  const text = `block:bea:${roomName}:dan`;
  const good = signed(text);
  const block = (user: User, name: string, names: string[], options?: ValueMap): Promise<unknown> =>
    user.refusal('roomAddToList', name, 'blacklist', names, ...(options === undefined ? [] : [options]));
  for (const refused of [
    await block(bea, roomName, ['dan']),
    await block(bea, roomName, ['dan'], {}),
    await block(cid, roomName, ['dan'], good),
    await block(bea, other, ['dan'], good),
    await block(bea, roomName, ['eve'], good),
    await block(bea, roomName, ['dan', 'eve'], good),
    await block(bea, roomName, ['dan'], signed(text, { timestamp: Date.now() - 11 * 60_000 })),
    await block(bea, roomName, ['dan'], signed(text, { timestamp: Date.now() + 11 * 60_000 })),
    await block(bea, roomName, ['dan'], { signature: { ...Object(good['signature']), signature: 'short' } }),
  ]) {
    expect(refused).toMatchObject(badSignature);
  }
  // None of that has used it up; nor has who may not edit anyway.
  const stranger = await login(0, 'stranger');
  const own = signed(`block:stranger:${roomName}:dan`);
  expect(await block(stranger, roomName, ['dan'], own)).toMatchObject({ code: 'notAllowed' });
  expect(await block(stranger, roomName, ['dan'])).toMatchObject({ code: 'notAllowed' });
  expect(await bea.refusal('roomAddToList', 'nowhere', 'blacklist', ['dan'])).toMatchObject({ code: 'noRoom' });
  expect(await bea.call('roomAddToList', roomName, 'blacklist', ['dan'], good)).toBeNull();
});

test('other lists, the server API and services that ask for none need none', async () => {
  const eve = await login(0, 'eve');
  const roomName = await roomOf(eve);
  for (const list of ['adminlist', 'whitelist']) {
    expect(await eve.call('roomAddToList', roomName, list, ['fay'])).toBeNull();
    expect(await eve.call('roomRemoveFromList', roomName, list, ['fay'])).toBeNull();
  }
  const api = serverApi(service.node(1));
  expect(await api.call('roomAddToList', [roomName, 'blacklist', ['fay']])).toBeNull();
  expect(await api.call('roomRemoveFromList', [roomName, 'blacklist', ['fay']], { userName: 'eve' })).toBeNull();
  const gus = await loginRpc(scope, plain.url, 'gus');
  const theirs = await roomOf(gus);
  expect(await gus.call('roomAddToList', theirs, 'blacklist', ['fay'])).toBeNull();
  // What nobody asks for is an option that nobody knows.
  expect(await gus.call('roomRemoveFromList', theirs, 'blacklist', ['fay'], signed('anything'))).toBeNull();
});
