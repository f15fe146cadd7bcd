// Logins that the service ends: tokens and resume tokens from before are refused on every node, open sockets are closed, and
// whoever shows something newer comes in.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, type JWTPayload } from 'jose';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi, type ServerApiClient } from '../support/server-api.ts';
import { startNode, startService, type ServiceNode } from '../support/service.ts';

const secret = 'a secret of at least thirty-two bytes, for tests only';
const scope = useScope();
let signed: readonly [ServiceNode, ServiceNode];
let open: ServiceNode;
let hooked: ServiceNode;
let redis: RedisServer;
const PARLEY_HOOKS = new URL('revoking.mjs', import.meta.url).pathname;
beforeAll(async () => {
  redis = await startRedis(scope);
  const jwt = { ...apiEnv, PARLEY_AUTH: 'jwt', PARLEY_JWT_SECRET: secret };
  const service = await startService(scope, { redis, nodes: 2, env: jwt });
  signed = [service.node(0), service.node(1)];
  [open, hooked] = await Promise.all([
    startNode(scope, { redis, env: { ...apiEnv, PARLEY_HOOKS } }),
    startNode(scope, { redis, env: { ...jwt, PARLEY_HOOKS } }),
  ]);
});

const sign = (payload: JWTPayload): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
const seconds = (): number => Math.floor(Date.now() / 1000);
const api = (node: ServiceNode): ServerApiClient => serverApi(node, 'json');
const logIn = (node: ServiceNode, credentials: ValueMap): Promise<User> =>
  loginRpc(scope, node.url, '', { credentials });

/** On both nodes, whichever has closed the sockets. */
async function expectRefused(credentials: ValueMap, nodes: readonly ServiceNode[] = signed): Promise<void> {
  for (const node of nodes) {
    const rpc = await connectRpc(scope, node.url);
    const error = await rpc.refusal('login', credentials);
    expect([credentials, error]).toMatchObject([credentials, { code: 'badToken', temporary: false }]);
  }
}

const nextSecond = async (after: number): Promise<void> => eventually(() => expect(seconds()).toBeGreaterThan(after));

describe('revokeLogins', () => {
  test('closes all sockets of a user, and refuses what was issued before', async () => {
    const token = await sign({ sub: 'ann', iat: seconds() });
    const undated = await sign({ sub: 'ann' });
    const users = [
      await logIn(signed[0], { token }),
      await logIn(signed[1], { token: undated }),
      await logIn(signed[1], { token, deviceId: 'phone' }),
    ];
    const resumeTokens = users.map(({ authData }) => authData.resumeToken);
    users.push(await logIn(signed[0], { resumeToken: resumeTokens[2] ?? '' }));
    const before = seconds();
    expect(await api(signed[0]).call('revokeLogins', ['ann'])).toBe(4);
    const at = seconds();
    for (const { raw } of users) expect(await raw.closed).toMatchObject({ code: 4502 });
    for (const resumeToken of resumeTokens) await expectRefused({ resumeToken });
    await expectRefused({ token });
    await expectRefused({ token: undated });
    // Of the same second: nobody knows whether before or after.
    await expectRefused({ token: await sign({ sub: 'ann', iat: before - 1 + 0.9 }) });
    await nextSecond(at);
    const user = await logIn(signed[1], { token: await sign({ sub: 'ann', iat: seconds() }) });
    await logIn(signed[0], { resumeToken: user.authData.resumeToken });
    // A newer token does not let an older one in by the way.
    expect(await user.refusal('loginRefresh', token)).toMatchObject({ code: 'badToken' });
    expect(await user.call('loginRefresh', await sign({ sub: 'ann', iat: seconds() }))).toBeNull();
  });

  test('of a device ends the logins that name it, and no others', async () => {
    const token = await sign({ sub: 'ben', iat: seconds() });
    const phone = await logIn(signed[0], { token, deviceId: 'phone' });
    const tablet = await logIn(signed[1], { token, deviceId: 'tablet' });
    const none = await logIn(signed[1], { token });
    const { resumeToken } = phone.authData;
    const resumed = await logIn(signed[1], { resumeToken });
    expect(await api(signed[1]).call('revokeLogins', { userName: 'ben', deviceId: 'phone' })).toBe(2);
    for (const { raw } of [phone, resumed]) expect(await raw.closed).toMatchObject({ code: 4502 });
    await expectRefused({ resumeToken });
    await expectRefused({ token, deviceId: 'phone' });
    await logIn(signed[0], { token, deviceId: 'tablet' });
    for (const user of [tablet, none]) {
      expect(await user.call('ping')).toEqual(expect.any(Number));
      await logIn(signed[0], { resumeToken: user.authData.resumeToken });
    }
  });

  test('of nobody is refused; who is away loses the tokens it has', async () => {
    expect(await api(signed[0]).refusal('revokeLogins', ['nobody'])).toMatchObject({
      code: 'noUser',
      args: ['nobody'],
    });
    const user = await logIn(signed[0], { token: await sign({ sub: 'cid', iat: seconds() }) });
    user.raw.close();
    await eventually(async () =>
      expect(await api(signed[0]).call('userGet', ['cid'])).toMatchObject({ online: false }),
    );
    expect(await api(signed[1]).call('revokeLogins', ['cid'])).toBe(0);
    await expectRefused({ resumeToken: user.authData.resumeToken });
  });

  test('leaves no login behind that was under way, whatever it shows', async () => {
    const first = await logIn(open, { userName: 'dan' });
    const { resumeToken } = first.authData;
    const deviceId = 'ended meanwhile';
    const rpc = await connectRpc(scope, open.url);
    const error = await rpc.refusal('login', { userName: 'dan', deviceId });
    expect(error).toMatchObject({ code: 'unavailable', temporary: true });
    expect(await rpc.raw.closed).toMatchObject({ code: 4005 });
    expect(await first.raw.closed).toMatchObject({ code: 4502 });
    await expectRefused({ resumeToken }, [open]);
    // Nothing was shown that would be refused for good.
    await eventually(() => logIn(open, { userName: 'dan' }));

    const token = await sign({ sub: 'dora', iat: seconds() });
    await logIn(hooked, { token });
    await expectRefused({ token, deviceId }, [hooked]);
  });

  test('leaves no login behind that began where Redis’s clock is taken to be ahead', async () => {
    const link = await startLink(scope, redis.port, { only: /parley-lease/ });
    const waits = { PARLEY_NODE_LEASE_MS: '5000', PARLEY_LOGIN_TIMEOUT_MS: '120000' };
    const settings = { PARLEY_HOOKS, PARLEY_REDIS_URL: link.url, ...waits };
    const node = await startNode(scope, { redis, env: { ...apiEnv, ...settings } });
    const user = await loginRpc(scope, node.url, 'fay');
    const rpc = await connectRpc(scope, node.url);
    // A renewal is on its way for long, and Redis says when it came: one that begins early in a pause. When they do is not known.
    let tries = 0;
    await eventually(
      async () => {
        const from = performance.now() + ((++tries * 370) % 1500);
        await eventually(() => expect(performance.now()).toBeGreaterThan(from));
        link.pause();
        await eventually(() => expect(performance.now()).toBeGreaterThan(from + 900));
        link.resume();
        const ahead = async (): Promise<number> => Number(await user.call('ping')) - Date.now();
        await eventually(async () => expect(await ahead()).toBeGreaterThan(100), { timeoutMs: 500 });
      },
      { timeoutMs: 60_000 },
    );
    const error = await rpc.refusal('login', { userName: 'fay', deviceId: 'ended meanwhile' });
    expect(error).toMatchObject({ code: 'unavailable' });
  });

  test('counts for the user whom a hook has named, and for the one of the resume token', async () => {
    const token = await sign({ sub: 'eve', iat: seconds() });
    const first = await logIn(hooked, { token });
    expect(first.authData.userName).toBe('eve as agent');
    const { resumeToken } = first.authData;
    expect(await api(hooked).call('revokeLogins', ['eve as agent'])).toBe(1);
    await expectRefused({ token }, [hooked]);
    await expectRefused({ resumeToken }, [hooked]);
  });
});
