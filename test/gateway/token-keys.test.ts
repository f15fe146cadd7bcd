// Tokens signed with private keys, checked by real nodes with a public key or the issuer's key set: every algorithm,
// rotation, outages of the issuer, and attempts to have a token checked in a way that its sender chose.
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { startIssuer, type Issuer } from '../support/issuer.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc, type Outcome, type Rpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startNode, type ServiceNode } from '../support/service.ts';

const algorithms = {
  rsa: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  p256: ['ES256'],
  p384: ['ES384'],
  p521: ['ES512'],
  edwards: ['EdDSA', 'Ed25519'],
};
const down = (request: { socket: { destroy(): void } }): void => request.socket.destroy();
const jwks = (issuer: Issuer): Record<string, string> => ({
  PARLEY_AUTH: 'jwt',
  PARLEY_JWKS_URL: issuer.url,
  PARLEY_JWKS_COOL_DOWN_MS: '0',
});

const scope = useScope();
let redis: RedisServer;
let issuer: Issuer;
let node: ServiceNode;
beforeAll(async () => {
  redis = await startRedis(scope);
  issuer = await startIssuer(scope);
  for (const [kid, [alg = '']] of Object.entries(algorithms)) await issuer.addKey(kid, alg);
  node = await startNode(scope, {
    redis,
    env: { ...jwks(issuer), PARLEY_JWT_ALGORITHMS: Object.values(algorithms).flat().join(',') },
  });
});

/** The outcome; a refusal must have come with the close that belongs to it. */
async function logIn(credentials: ValueMap, url = node.url): Promise<{ rpc: Rpc; outcome: Outcome | undefined }> {
  const rpc = await connectRpc(scope, url);
  const [outcome] = await Promise.all(rpc.callAll(['login', credentials]));
  if (outcome !== undefined && 'error' in outcome) {
    const { temporary } = outcome.error;
    expect(await rpc.raw.closed).toMatchObject({ code: temporary ? 4005 : 4501 });
    expect(rpc.heard('loginRejected')).toHaveLength(temporary ? 0 : 1);
    expect(rpc.heard('loginConfirmed')).toEqual([]);
  }
  return { rpc, outcome };
}

async function expectGood(token: string, userName: string, url = node.url): Promise<void> {
  expect((await logIn({ token }, url)).outcome).toMatchObject({ result: { userName } });
}

async function expectBad(token: string, url = node.url): Promise<void> {
  expect((await logIn({ token }, url)).outcome).toMatchObject({ error: { code: 'badToken', temporary: false } });
}

const unavailable = { code: 'unavailable', temporary: true, retryAfterMs: expect.any(Number) };

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token by the rules of HMAC, with any bytes for a secret: what a forger makes who has only public things. */
function forge(header: object, payload: object, key: string | Uint8Array): string {
  const signed = `${base64(header)}.${base64(payload)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

describe('a token', () => {
  const rows = Object.entries(algorithms).flatMap(([kid, names]) => names.map((alg) => [alg, kid] as const));

  test.each(rows)('signed with %s is good, with a key of the set and its id', async (alg, kid) => {
    const token = await issuer.sign(kid, { sub: `user of ${alg}` }, { alg });
    await expectGood(token, `user of ${alg}`);
    const [header, , signature] = token.split('.');
    await expectBad(`${header}.${base64({ sub: 'eve' })}.${signature}`);
    await expectBad(await issuer.sign(kid, { sub: 'eve' }, { alg, header: { kid: 'nobody' } }));
  });

  test('is bad when another key made it, whatever it says', async () => {
    const stranger = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(stranger.publicKey);
    const set = base64({ keys: [jwk] });
    for (const header of [
      { kid: 'p256' },
      { kid: 'p256', jwk },
      { jwk },
      { kid: 'p256', jku: `data:application/json;base64,${set}` },
      { kid: 'p256', x5u: issuer.url, x5c: ['MIIB'] },
    ]) {
      const token = await new SignJWT({ sub: 'eve' })
        .setProtectedHeader({ alg: 'ES256', ...header })
        .sign(stranger.privateKey);
      await expectBad(token);
    }
  });

  test('does not choose how it is checked', async () => {
    const pem = await issuer.pem('rsa');
    const jwk = JSON.stringify(issuer.keySet().keys[0]);
    const before = issuer.fetches;
    for (const alg of ['HS256', 'none', 'None', '', 'hs256', 'RS1', 'constructor', 7, null, ['RS256'], undefined]) {
      for (const key of [pem, pem.trim(), jwk, '', new Uint8Array(32)]) {
        await expectBad(forge({ alg, kid: 'rsa' }, { sub: 'eve' }, key));
      }
      await expectBad(`${base64({ alg, kid: 'rsa' })}.${base64({ sub: 'eve' })}.`);
    }
    // They were refused before any key was looked for.
    expect(issuer.fetches).toBe(before);
    await expectBad(await issuer.sign('rsa', { sub: 'eve' }, { header: { kid: 'p256' } }));
    // What nobody here understands must not be passed over; what is not critical may be.
    await expectGood(await issuer.sign('p256', { sub: 'alice' }, { header: { x: 1 } }), 'alice');
    await expectBad(await issuer.sign('p256', { sub: 'alice' }, { header: { x: 1, crit: ['x'] } }));
    await expectGood(await issuer.sign('p256', { sub: 'alice' }, { header: { pad: 'x'.repeat(9000) } }), 'alice');
    await expectBad(await issuer.sign('p256', { sub: 'alice' }, { header: { pad: 'x'.repeat(13_000) } }));
  });
});

describe('a public key', () => {
  test('from a file checks tokens of its own algorithm, and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-key-'));
    scope.add(() => rm(folder, { recursive: true }));
    const file = join(folder, 'key.pem');
    const pem = await issuer.pem('edwards');
    writeFileSync(file, pem);
    const { url } = await startNode(scope, { redis, env: { PARLEY_AUTH: 'jwt', PARLEY_JWT_PUBLIC_KEY_FILE: file } });
    await expectGood(await issuer.sign('edwards', { sub: 'alice' }), 'alice', url);
    await expectGood(await issuer.sign('edwards', { sub: 'bob' }, { header: { kid: 'whatever' } }), 'bob', url);
    await expectBad(await issuer.sign('p256', { sub: 'eve' }), url);
    for (const alg of ['HS256', 'EdDSA', 'none']) await expectBad(forge({ alg }, { sub: 'eve' }, pem), url);
  });

  test('in one line is one as well', async () => {
    const pem = (await issuer.pem('rsa')).replaceAll('\n', '\\n');
    const { url } = await startNode(scope, { redis, env: { PARLEY_AUTH: 'jwt', PARLEY_JWT_PUBLIC_KEY: pem } });
    await expectGood(await issuer.sign('rsa', { sub: 'alice' }, { alg: 'RS256' }), 'alice', url);
    // Good keys, but the algorithm is pinned.
    await expectBad(await issuer.sign('rsa', { sub: 'alice' }, { alg: 'RS512' }), url);
    await expectBad(await issuer.sign('rsa', { sub: 'alice' }, { alg: 'PS256' }), url);
    await expectBad(forge({ alg: 'HS256' }, { sub: 'eve' }, await issuer.pem('rsa')), url);
  });
});

describe('an issuer', () => {
  test('may change keys while nodes run: the new one is good at once, the old one until it is withdrawn', async () => {
    const own = await startIssuer(scope);
    await own.addKey('old', 'ES256');
    const { url } = await startNode(scope, { redis, env: { ...jwks(own), PARLEY_JWKS_CACHE_MS: '1000' } });
    const old = await own.sign('old', { sub: 'alice' });
    await expectGood(old, 'alice', url);
    await own.addKey('new', 'EdDSA');
    await expectGood(await own.sign('new', { sub: 'bob' }), 'bob', url);
    await expectGood(old, 'alice', url);
    own.withdraw('old');
    await eventually(() => expectBad(old, url), { what: 'the old key is refused' });
    await expectGood(await own.sign('new', { sub: 'bob' }), 'bob', url);
  });

  test('that is away makes logins fail for a while, not for good; who is there stays', async () => {
    const own = await startIssuer(scope);
    await own.addKey('one', 'RS256');
    await own.addKey('two', 'RS256', { hidden: true });
    const [one, two] = [await own.sign('one', { sub: 'alice' }), await own.sign('two', { sub: 'alice' })];
    own.answer(down);
    const away = await startNode(scope, { redis, env: jwks(own) });
    const { url } = away;
    expect((await logIn({ token: one }, url)).outcome).toMatchObject({ error: unavailable });
    const bearer = await connectRpc(scope, url, { headers: { authorization: `Bearer ${one}` } });
    expect(await bearer.raw.closed).toMatchObject({ code: 4005 });
    expect(bearer.received).toEqual([]);
    await eventually(() =>
      expect(
        away
          .logs()
          .map(({ msg }) => msg)
          .join(),
      ).toContain('cannot be fetched'),
    );
    // Everything but new tokens goes on, so that the node stays in service.
    expect(await away.health('/readyz')).toMatchObject({ status: 200 });

    own.answer();
    const alice = await loginRpc(scope, url, '', { credentials: { token: one } });
    own.answer(down);
    await expectGood(one, 'alice', url);
    const { resumeToken } = alice.authData;
    expect((await logIn({ resumeToken }, url)).outcome).toMatchObject({ result: { userName: 'alice' } });
    // A key that nobody here has seen: it may be good.
    expect((await logIn({ token: two }, url)).outcome).toMatchObject({ error: unavailable });
    expect(await alice.refusal('loginRefresh', two)).toMatchObject(unavailable);
    expect(await alice.call('ping')).toEqual(expect.any(Number));
    own.answer();
    expect(await alice.refusal('loginRefresh', two)).toMatchObject({ code: 'badToken', temporary: false });
    own.publish('two');
    expect(await alice.call('loginRefresh', two)).toBeNull();
    await expectGood(two, 'alice', url);
  });
});
