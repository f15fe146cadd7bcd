// Rooms that people belong to, where the operator's server has to sign who makes them: each signature is for one request by one user.
import { expect, test } from '@jest/globals';
import { startRedis } from '../support/redis.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { signatureSecret, signed } from '../support/signing.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const badSignature = { code: 'badSignature', args: [], temporary: false };

test('a room is made with a signature over who makes it and the members named, once on whatever node', async () => {
  const env = {
    ...apiEnv,
    PARLEY_AUTH: 'open',
    PARLEY_SIGNATURE_SECRET: signatureSecret,
    PARLEY_SIGNATURES: 'members',
  };
  const service = await startService(scope, { redis: await startRedis(scope), nodes: 2, env });
  const [ann, bob] = [
    await loginRpc(scope, service.node(0).url, 'ann'),
    await loginRpc(scope, service.node(1).url, 'bob'),
  ];
  const annToo = await loginRpc(scope, service.node(1).url, 'ann');
  const members = ['bob', 'ann'];
  const good = signed('create:ann:ann:bob');
  for (const wrong of [{}, signed('create:ann:bob'), signed('create:bob:ann:bob'), signed('invite:ann:ann:bob')]) {
    expect(await ann.refusal('conversationCreate', { members, ...wrong })).toMatchObject(badSignature);
  }
  // What is refused otherwise has not used it up.
  await ann.call('roomCreate', 'den');
  expect(await ann.refusal('conversationCreate', { roomName: 'den', members, ...good })).toMatchObject({
    code: 'roomExists',
  });
  expect(await ann.call('conversationCreate', { members, ...good })).toMatchObject({ created: true });
  for (const user of [ann, annToo]) {
    expect(await user.refusal('conversationCreate', { members, ...good })).toMatchObject(badSignature);
  }
  await bob.next('roomInvited');
  expect(await bob.call('conversationCreate', signed('create:bob:'))).toMatchObject({ created: true });
  // The service needs none.
  expect(
    await serverApi(service.node(0)).call('conversationCreate', { options: { members } }, { userName: 'bob' }),
  ).toMatchObject({ created: true });
});
