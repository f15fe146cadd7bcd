// Logins with a tag, on two nodes: one device at a time, the newer one where somebody asked for it, the older one where a device
// comes back by itself.
import { beforeAll, expect, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { connectRpc, loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';

const scope = useScope();
let service: Service<RedisServer>;
beforeAll(async () => {
  const redis = await startRedis(scope);
  service = await startService(scope, { redis, nodes: 2 });
});

const logIn = (node: number, credentials: ValueMap): Promise<User> =>
  loginRpc(scope, service.node(node).url, '', { credentials });

async function expectConflict(node: number, credentials: ValueMap): Promise<void> {
  const rpc = await connectRpc(scope, service.node(node).url);
  expect(await rpc.refusal('login', credentials)).toMatchObject({ code: 'sessionConflict', temporary: false });
  expect(await rpc.raw.closed).toEqual({ code: 4501, reason: 'loginRejected' });
}

async function expectTaken(user: User): Promise<void> {
  const [conflict] = await user.next('loginConflict');
  expect(conflict).toEqual({ reason: expect.any(String) });
  expect(await user.raw.closed).toEqual({ code: 4503, reason: 'loginConflict' });
}

const isOpen = async (user: User): Promise<void> => expect(await user.call('ping')).toEqual(expect.any(Number));

test('a login takes over from another device, on whatever node, and a device that comes back by itself does not', async () => {
  const phone = { userName: 'ann', tag: 'mobile', deviceId: 'phone' };
  const tablet = { userName: 'ann', tag: 'mobile', deviceId: 'tablet' };
  const first = await logIn(0, phone);
  const same = await logIn(1, phone);
  const web = await logIn(1, { userName: 'ann', tag: 'web', deviceId: 'laptop' });
  const untagged = await logIn(0, { userName: 'ann', deviceId: 'kiosk' });
  await expectConflict(1, { ...tablet, isReconnect: true });
  for (const user of [first, same]) await isOpen(user);
  const second = await logIn(1, tablet);
  for (const user of [first, same]) await expectTaken(user);
  // It wakes up: no ping-pong, also not by its resume token, which keeps its tag and its device.
  await expectConflict(0, { ...phone, isReconnect: true });
  await expectConflict(0, { resumeToken: first.authData.resumeToken, isReconnect: true });
  const again = await logIn(0, { resumeToken: second.authData.resumeToken, isReconnect: true });
  for (const user of [second, again, web, untagged]) await isOpen(user);
  // Somebody asks for it.
  const back = await logIn(0, { resumeToken: first.authData.resumeToken });
  for (const user of [second, again]) await expectTaken(user);
  await isOpen(back);
});

test('without a `deviceId` each login is a device of its own, but for those resumed from it', async () => {
  const first = await logIn(0, { userName: 'ben', tag: 'mobile' });
  const resumed = await logIn(1, { resumeToken: first.authData.resumeToken, isReconnect: true });
  await isOpen(first);
  const second = await logIn(1, { userName: 'ben', tag: 'mobile' });
  for (const user of [first, resumed]) await expectTaken(user);
  await isOpen(second);
});

test('`default` is no tag; a token goes with its own', async () => {
  const users = [];
  for (const deviceId of ['a', 'b']) {
    users.push(await logIn(0, { userName: 'cid', tag: 'default', deviceId, isReconnect: true }));
  }
  const tagged = await logIn(1, { userName: 'cid', tag: 'mobile' });
  for (const user of [...users, tagged]) await isOpen(user);
  await logIn(1, { resumeToken: users[0]?.authData.resumeToken ?? '', tag: 'default' });
  const rpc = await connectRpc(scope, service.node(0).url);
  const { resumeToken } = tagged.authData;
  expect(await rpc.refusal('login', { resumeToken, tag: 'web' })).toMatchObject({ code: 'badToken' });
  const other = await connectRpc(scope, service.node(0).url);
  expect(await other.refusal('login', { userName: 'cid', tag: '' })).toMatchObject({ code: 'badArgument' });
});

test('two devices that log in at once: one of them stays', async () => {
  for (let round = 0; round < 5; round++) {
    const users = await Promise.all([
      logIn(0, { userName: 'dan', tag: 'mobile', deviceId: 'phone' }),
      logIn(1, { userName: 'dan', tag: 'mobile', deviceId: 'tablet' }),
    ]);
    const loser = await Promise.race(users.map((user) => user.raw.closed.then(() => user)));
    const stays = users.find((user) => user !== loser);
    expect((await loser.raw.closed).code).toBe(4503);
    if (stays === undefined) throw new Error('nobody stays');
    await isOpen(stays);
    stays.raw.close();
  }
});

test('a node that has died holds no tag for good', async () => {
  const lone = await service.addNode({ PARLEY_NODE_LEASE_MS: '4000' });
  const holder = await loginRpc(scope, lone.url, '', { credentials: { userName: 'eva', tag: 'mobile' } });
  await lone.kill();
  await holder.raw.closed;
  const seen = new Set<string>();
  await eventually(
    async () => {
      const rpc = await connectRpc(scope, service.node(0).url);
      const [outcome] = await Promise.all(
        rpc.callAll(['login', { userName: 'eva', tag: 'mobile', isReconnect: true }]),
      );
      if (outcome !== undefined && 'error' in outcome) seen.add(outcome.error.code);
      expect(outcome).toHaveProperty('result');
    },
    { timeoutMs: 60_000 },
  );
  for (const code of seen) expect(['sessionConflict', 'unavailable']).toContain(code);
}, 90_000);
