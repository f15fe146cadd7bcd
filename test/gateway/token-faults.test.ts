// Why a token is refused: each cause in words of its own, at login, at the upgrade and at a refresh, with the same codes as
// ever; and never a word of a token or a key.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import type { ErrorCode } from '../../src/protocol/errors/table.ts';
import { startIssuer } from '../support/issuer.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc, type ErrorValue } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startNode, type ServiceNode } from '../support/service.ts';

const secret = 'a secret of at least thirty-two bytes, for tests only';
const other = 'another secret of at least thirty-two bytes, of a stranger';
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

const scope = useScope();
const told: ErrorValue[] = [];
const issued: string[] = [];
let redis: RedisServer;
let node: ServiceNode;
beforeAll(async () => {
  redis = await startRedis(scope);
  node = await startNode(scope, {
    redis,
    env: {
      PARLEY_AUTH: 'jwt',
      PARLEY_JWT_SECRET: secret,
      PARLEY_JWT_AUDIENCE: 'chat',
      PARLEY_JWT_ISSUER: 'https://id.example',
      PARLEY_JWT_CLAIMS: 'role',
      PARLEY_JWT_LEEWAY_MS: '0',
    },
  });
});

const good = { sub: 'alice', aud: 'chat', iss: 'https://id.example' };

async function sign(payload: JWTPayload, { key = secret, alg = 'HS256' } = {}): Promise<string> {
  const token = await new SignJWT(payload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key));
  issued.push(token);
  return token;
}

const without = (claim: keyof typeof good): JWTPayload =>
  Object.fromEntries(Object.entries(good).filter(([name]) => name !== claim));

type Row = [cause: string, token: () => Promise<string>, words: string | RegExp, code?: ErrorCode];
const rows: Row[] = [
  ['its signature', () => sign(good, { key: other }), 'its signature is not that of its key'],
  ['its algorithm', () => sign(good, { alg: 'HS512' }), 'its algorithm (`alg`) is not accepted here'],
  [
    'no signature',
    () => Promise.resolve(new UnsecuredJWT(good).encode()),
    'its algorithm (`alg`) is not accepted here',
  ],
  ['its form', () => Promise.resolve('nonsense'), 'it is no signed JWT'],
  ['its form, behind a good header', () => sign(good).then((token) => `${token}.`), 'it is no signed JWT'],
  ['its length', () => Promise.resolve('x'.repeat(20_000)), 'it is too long'],
  ['another audience', () => sign({ ...good, aud: 'shop' }), 'it is meant for another audience (`aud`)'],
  ['no audience', () => sign(without('aud')), 'it has no `aud`'],
  ['another issuer', () => sign({ ...good, iss: 'https://evil.example' }), 'it is of another issuer (`iss`)'],
  ['no issuer', () => sign(without('iss')), 'it has no `iss`'],
  ['a time to come', () => sign({ ...good, nbf: nowSeconds() + 600 }), 'it does not count yet (`nbf`)'],
  ['an expiry that is no number', () => sign({ ...good, exp: JSON.parse('"soon"') }), 'its `exp` is no number'],
  ['an expiry out of range', () => sign({ ...good, exp: 1e300 }), 'its `exp` is out of range'],
  ['no subject', () => sign(without('sub')), 'its `sub` names no user'],
  [
    'too many claims',
    () => sign({ ...good, role: 'x'.repeat(5000) }),
    'the claims to pass on are too large, or no values of the protocol',
  ],
  [
    'its expiry',
    () => sign({ ...good, exp: 1_700_000_000 }),
    /^it ended at 2023-11-14T22:13:20\.000Z, and it is \d{4}-.+Z here$/,
    'tokenExpired',
  ],
  ['a name that cannot be', () => sign({ ...good, sub: 'a:b' }), 'it holds one of : { }', 'invalidName'],
];

function expectTold(error: ErrorValue | undefined, words: string | RegExp, code: ErrorCode): void {
  const because = /^(?:.*? valid|[^:]+): (.+)\.$/.exec(error?.message ?? '')?.[1];
  expect(error).toMatchObject({ code, args: code === 'invalidName' ? ['a:b'] : [], temporary: false });
  if (typeof words === 'string') expect(because).toBe(words);
  else expect(because).toMatch(words);
  if (error !== undefined) told.push(error);
}

describe('a login tells what is wrong with a token', () => {
  test.each(rows)('%s', async (_, make, words, code = 'badToken') => {
    const rpc = await connectRpc(scope, node.url);
    expectTold(await rpc.refusal('login', { token: await make() }), words, code);
  });

  test('also with one that comes at the upgrade', async () => {
    const headers = { authorization: `Bearer ${await sign({ ...good, aud: 'shop' })}` };
    const rpc = await connectRpc(scope, node.url, { headers });
    const [error] = await rpc.next('loginRejected');
    expect(error).toMatchObject({ message: 'The token is not valid: it is meant for another audience (`aud`).' });
  });

  test('and a refresh does so, too', async () => {
    const alice = await loginRpc(scope, node.url, '', { credentials: { token: await sign(good) } });
    for (const [, make, words, code = 'badToken'] of rows) {
      const error = await alice.refusal('loginRefresh', await make());
      if (code === 'invalidName') expectTold(error, 'it names no valid user', 'badToken');
      else expectTold(error, words, code);
    }
    expectTold(
      await alice.refusal('loginRefresh', await sign({ ...good, sub: 'bob' })),
      'the token is of another user',
      'notAllowed',
    );
  });

  test('a key that is not known', async () => {
    const issuer = await startIssuer(scope);
    await issuer.addKey('known', 'RS256');
    const env = { PARLEY_AUTH: 'jwt', PARLEY_JWKS_URL: issuer.url, PARLEY_JWKS_COOL_DOWN_MS: '0' };
    const { url } = await startNode(scope, { redis, env });
    const unknown = `${Buffer.from('{"alg":"RS256","kid":"unknown"}').toString('base64url')}.e30.c2ln`;
    const rpc = await connectRpc(scope, url);
    expectTold(await rpc.refusal('login', { token: unknown }), 'no key known here goes with it (`kid`)', 'badToken');
  });
});

describe('a login tells what is wrong with other credentials', () => {
  const refused = async (credentials: Record<string, string | boolean>): Promise<ErrorValue> =>
    (await connectRpc(scope, node.url)).refusal('login', credentials);

  test('a resume token that is none, not known, of another device, or ended', async () => {
    const unknown = 'it is no resume token of this service, or not any more';
    expectTold(await refused({ resumeToken: 'nonsense' }), unknown, 'badToken');
    expectTold(await refused({ resumeToken: 'of.another.service' }), unknown, 'badToken');
    const credentials = { token: await sign(good), deviceId: 'phone' };
    const first = await loginRpc(scope, node.url, '', { credentials });
    const { resumeToken } = first.authData;
    expectTold(await refused({ resumeToken, deviceId: 'tablet' }), 'it was given to another device', 'badToken');
    await first.call('disconnect');
    expectTold(await refused({ resumeToken }), 'it was revoked', 'badToken');
  });

  test('nobody named, and a name that is not believed', async () => {
    expect(await refused({})).toMatchObject({
      code: 'noLogin',
      message: 'Not logged in: the credentials name nobody.',
    });
    expect(await refused({ userName: 'alice' })).toMatchObject({
      code: 'noLogin',
      message: 'Not logged in: a name alone is not believed here.',
    });
    expect(await refused({ anonymous: true })).toMatchObject({
      code: 'notAllowed',
      message: 'Not allowed: nobody logs in anonymously here.',
    });
  });
});

afterAll(() => {
  const words = JSON.stringify(told);
  expect(told.length).toBeGreaterThan(30);
  for (const text of [
    secret,
    other,
    ...issued,
    ...issued.flatMap((token) => token.split('.').filter((part) => part.length > 8)),
  ]) {
    expect(words).not.toContain(text);
  }
});
