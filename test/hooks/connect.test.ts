// onConnect and onDisconnect: who may log in as whom, and that every login that took place is told to end.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, type JWTPayload } from 'jose';
import { eventually } from '../support/eventually.ts';
import { connectRpc, type Outcome, type Rpc } from '../support/rpc.ts';
import type { ServiceNode } from '../support/service.ts';
import { told, toldOf, useHookedWorld } from './hooked-service.ts';

const world = useHookedWorld();
let node: ServiceNode;
beforeAll(() => {
  node = world.service.node(0);
});

async function tryLogin(credentials: Record<string, string>): Promise<{ rpc: Rpc; outcome: Outcome | undefined }> {
  const rpc = await connectRpc(world.scope, node.url, { hooked: true });
  const [outcome] = await Promise.all(rpc.callAll(['login', credentials]));
  return { rpc, outcome };
}

test.each(['msgpack', 'json'] as const)(
  '%s: a hook chooses the name and adds to AuthData, replacing nothing',
  async (format) => {
    const team = world.fresh('team');
    const user = await world.login(team, { format });
    const members = `${team}@team`;
    expect(user.authData).toMatchObject({
      userName: members,
      id: expect.any(String),
      protocol: 1,
      team: { colour: 'red' },
    });
    expect(user.authData.id).not.toBe('mine');
    expect(user.heard('loginConfirmed')).toEqual([[members, user.authData]]);
    expect(await toldOf(node, 'onConnect', team)).toEqual({
      socketId: user.authData.id,
      reason: 'login',
      userName: team,
      credentials: { userName: team },
      claims: {},
    });
    // Resumed under the name that was chosen, and asked again.
    const resumed = await world.login('', { format, credentials: { resumeToken: user.authData.resumeToken } });
    expect(resumed.authData).toMatchObject({ userName: members, team: { colour: 'red' } });
    expect(await toldOf(node, 'onConnect', members)).toMatchObject({ reason: 'resume', userName: members });

    const plain = await world.login(world.fresh('plain'), { format });
    expect(plain.authData).not.toHaveProperty('team');
  },
);

test('who is named by nobody may be named by the hook, in NFC; otherwise it is noLogin', async () => {
  const device = world.fresh('d');
  const named = await world.login('', { credentials: { deviceId: device } });
  expect(named.authData.userName).toBe(`device-${device}`);
  expect(await eventually(() => told(node, 'onConnect').at(-1))).not.toHaveProperty('userName');
  const decomposed = await world.login(world.fresh('decomposed'));
  expect(decomposed.authData.userName).toMatch(/-é$/);

  const { rpc, outcome } = await tryLogin({});
  expect(outcome).toMatchObject({ error: { code: 'noLogin' } });
  expect(await rpc.raw.closed).toMatchObject({ code: 4501 });
});

describe('a login that is refused', () => {
  test.each([
    ['refuse', { code: 'notToday', args: [1, 'two'], message: 'Not today.', temporary: false, retryAfterMs: 5 }],
    ['known', { code: 'notAllowed', args: [], message: 'Not allowed.', temporary: false }],
    ['badname', { code: 'invalidName', args: ['a:b'] }],
    ['nobody', { code: 'invalidName', args: ['anonymous-x'] }],
    ['throw', { code: 'internalError', args: [expect.stringMatching(/^[0-9a-f]{12}$/)] }],
    ['reject', { code: 'internalError' }],
    ['nonsense', { code: 'internalError' }],
    ['typo', { code: 'internalError' }],
    ['large', { code: 'internalError' }],
  ])('for good (%s): loginRejected, the error, 4501', async (word, error) => {
    const userName = world.fresh(word);
    const { rpc, outcome } = await tryLogin({ userName });
    expect(outcome).toMatchObject({ error });
    expect(rpc.heard('loginRejected')).toEqual([[Object(outcome).error]]);
    expect(rpc.heard('loginConfirmed')).toEqual([]);
    expect(await rpc.raw.closed).toMatchObject({ code: 4501 });
    expect(JSON.stringify(outcome)).not.toContain('secret');
  });

  test.each([
    ['later', 'closedNow'],
    ['hang', 'timeout'],
    ['late', 'timeout'],
  ])('for now (%s): the error, 4005', async (word, code) => {
    const { rpc, outcome } = await tryLogin({ userName: world.fresh(word) });
    expect(outcome).toMatchObject({ error: { code, temporary: true } });
    expect(rpc.heard('loginRejected')).toEqual([]);
    expect(await rpc.raw.closed).toMatchObject({ code: 4005 });
  });

  test('leaves no socket, is not told as a disconnect, and is in the log with its reference', async () => {
    const userName = world.fresh('throw');
    const { rpc, outcome } = await tryLogin({ userName });
    await rpc.raw.closed;
    const later = await world.login();
    later.raw.close();
    await toldOf(node, 'onDisconnect', later.userName);
    expect(told(node, 'onDisconnect').filter((given) => given['userName'] === userName)).toEqual([]);
    expect(Object(outcome).error.args).toHaveLength(1);
    await eventually(() =>
      expect(node.logs()).toContainEqual(
        expect.objectContaining({
          msg: expect.stringContaining('onConnect threw'),
          err: expect.objectContaining({ message: 'a secret of the operator' }),
        }),
      ),
    );
  });
});

test('a token that is not good is refused before the hook is asked; a new one is shown to it', async () => {
  const secret = 'a secret that is long enough for HS256';
  const sign = (claims: JWTPayload): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(Buffer.from(secret));
  const strict = await world.service.addNode({
    PARLEY_AUTH: 'jwt',
    PARLEY_JWT_SECRET: secret,
    PARLEY_JWT_CLAIMS: 'role',
  });
  const team = world.fresh('team');
  const token = await sign({ sub: team, role: 'guest' });
  const user = await world.login('', { node: strict, credentials: { token } });
  expect(await toldOf(strict, 'onConnect', team)).toMatchObject({ claims: { role: 'guest' }, credentials: { token } });
  expect(user.authData.userName).toBe(`${team}@team`);
  expect(await user.call('loginRefresh', await sign({ sub: team, role: 'guest' }))).toEqual(expect.any(Number));
  await eventually(() => expect(told(strict, 'onConnect').at(-1)).toMatchObject({ reason: 'refresh', userName: team }));
  const other = await sign({ sub: world.fresh('other') });
  expect(await user.refusal('loginRefresh', other)).toMatchObject({ code: 'notAllowed' });
  const refused = world.fresh('refuse');
  expect(await user.refusal('loginRefresh', await sign({ sub: refused }))).toMatchObject({ code: 'notToday' });

  await toldOf(strict, 'onConnect', refused);
  const asked = told(strict, 'onConnect').length;
  const rpc = await connectRpc(world.scope, strict.url);
  expect(await rpc.refusal('login', { token: `${token}x` })).toMatchObject({ code: 'badToken' });
  expect(told(strict, 'onConnect')).toHaveLength(asked);
});

test('every end of a login is told once, with what the socket was in', async () => {
  const [one, other] = [await world.login(), await world.login(world.fresh('awaythrow'))];
  const two = await world.login(one.userName);
  const room = world.fresh('room');
  await one.call('roomCreate', room);
  for (const user of [one, two]) await user.call('roomJoin', room);
  one.raw.close();
  const first = await toldOf(node, 'onDisconnect', one.userName);
  expect(first).toEqual({ socketId: one.authData.id, userName: one.userName, nconnected: 1, rooms: [room] });
  // The other device hears of it as ever, and the next to go is the last.
  expect(await two.next('socketDisconnectEcho')).toEqual([one.authData.id, 1]);
  await two.call('disconnect');
  await eventually(() =>
    expect(told(node, 'onDisconnect').at(-1)).toMatchObject({ socketId: two.authData.id, nconnected: 0 }),
  );
  // What this hook throws is nobody's loss.
  other.raw.close();
  await eventually(() => expect(node.logs().some(({ msg }) => msg === 'the hook onDisconnect threw')).toBe(true));
  expect((await world.login()).authData.protocol).toBe(1);
});
