// Logins that the operator's server has signed, in place of tokens: each counts once on all nodes, and for a while.
import { beforeAll, expect, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { startRedis } from '../support/redis.ts';
import { connectRpc, loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { signatureSecret, signed, type Signing } from '../support/signing.ts';
import { startNode, startService, type Service, type ServiceNode } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';

const scope = useScope();
let service: Service<RedisServer>;
/** Where no signature is asked for, and none can be checked. */
let plain: ServiceNode;
beforeAll(async () => {
  const redis = await startRedis(scope);
  const env = { ...apiEnv, PARLEY_AUTH: 'open', PARLEY_SIGNATURE_SECRET: signatureSecret, PARLEY_SIGNATURES: 'login' };
  service = await startService(scope, { redis, nodes: 2, env });
  plain = await startNode(scope, { redis });
});

/** What is signed for one user, and shown by another where that is said. */
const signedLogin = ({ userName, ...signing }: Signing & { readonly userName: string }): ValueMap => ({
  userName,
  ...signed(`login:${userName}:`, signing),
});

const logIn = (node: number, credentials: ValueMap): Promise<User> =>
  loginRpc(scope, service.node(node).url, '', { credentials });

async function expectRefused(credentials: ValueMap, code: string, node: ServiceNode = service.node(1)): Promise<void> {
  const rpc = await connectRpc(scope, node.url);
  const error = await rpc.refusal('login', credentials);
  expect([credentials, error]).toMatchObject([credentials, { code, temporary: false }]);
  expect(await rpc.raw.closed).toEqual({ code: 4501, reason: 'loginRejected' });
}

test('a signature logs in once, on whatever node; the next one again', async () => {
  const credentials = signedLogin({ userName: 'ann' });
  const first = await logIn(0, credentials);
  expect(first.authData.userName).toBe('ann');
  await expectRefused(credentials, 'badSignature', service.node(0));
  await expectRefused(credentials, 'badSignature');
  await logIn(1, signedLogin({ userName: 'ann' }));
  // One that is resumed needs none.
  await logIn(1, { resumeToken: first.authData.resumeToken });
});

test('of two that show one signature at once, one comes in', async () => {
  for (let round = 0; round < 5; round++) {
    const credentials = signedLogin({ userName: 'bea' });
    const outcomes = await Promise.allSettled([0, 1, 0, 1].map((node) => logIn(node, credentials)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  }
});

test('what is signed for somebody else, or for another time, is refused', async () => {
  const good = signedLogin({ userName: 'cid' });
  await expectRefused({ ...good, userName: 'ann' }, 'badSignature');
  const { signature } = good as { signature: ValueMap };
  await expectRefused({ ...good, signature: { ...signature, timestamp: Date.now() - 1 } }, 'badSignature');
  await expectRefused({ ...good, signature: { ...signature, nonce: 'another' } }, 'badSignature');
  await expectRefused({ ...good, signature: { ...signature, signature: 'é'.repeat(64) } }, 'badSignature');
  await expectRefused({ ...good, signature: { ...signature, signature: 'short' } }, 'badSignature');
  for (const offMs of [-11 * 60_000, 11 * 60_000]) {
    await expectRefused(signedLogin({ userName: 'cid', timestamp: Date.now() + offMs }), 'badSignature');
  }
  // None of that has used it up.
  await logIn(0, good);
  for (const offMs of [-9 * 60_000, 9 * 60_000])
    await logIn(0, signedLogin({ userName: 'cid', timestamp: Date.now() + offMs }));
});

test('where logins need one, a name alone is not believed', async () => {
  await expectRefused({ userName: 'dan' }, 'noLogin');
  await loginRpc(scope, plain.url, 'dan');
  await expectRefused(signedLogin({ userName: 'dan' }), 'badSignature', plain);
});

test('logins that are revoked take the signatures from before with them', async () => {
  const early = signedLogin({ userName: 'eve' });
  const user = await logIn(0, signedLogin({ userName: 'eve' }));
  expect(await serverApi(service.node(0)).call('revokeLogins', ['eve'])).toBe(1);
  expect(await user.raw.closed).toMatchObject({ code: 4502 });
  await expectRefused(early, 'badToken');
  await logIn(1, signedLogin({ userName: 'eve', timestamp: Date.now() + 1 }));
});

test('nonces are kept no longer than their signatures are good', async () => {
  const client = service.redis.client();
  await logIn(0, signedLogin({ userName: 'fay', timestamp: Date.now() - 9 * 60_000 }));
  const key = `${service.prefix}:{user:fay}:nonces`;
  expect(await client.zcard(key)).toBe(1);
  expect(await client.pttl(key)).toBeLessThanOrEqual(20 * 60_000);
  const [nonce = ''] = await client.zrange(key, '0', '0');
  await client.zadd(key, Date.now() - 1, nonce);
  await logIn(0, signedLogin({ userName: 'fay' }));
  expect(await client.zrange(key, '0', '-1')).not.toContain(nonce);
});
