// Hooks over HTTP: the endpoint is asked what a module would be, and what it says is what a module would have said.
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { connectRpc, type User } from '../support/rpc.ts';
import { startNode } from '../support/service.ts';
import { fixture, told } from './hooked-service.ts';
import { ANSWERED, useRemoteWorld } from './hook-endpoint.ts';

const world = useRemoteWorld({ PARLEY_DIRECT_MESSAGES: 'stored' }, 2);
afterEach(() => world.endpoint.answer());

const refusal = { error: { code: 'notToday', args: [1, 'two'], message: 'Not today.', temporary: false } };

async function roomOf(...joined: User[]): Promise<string> {
  const room = world.fresh('room');
  await joined[0]?.call('roomCreate', room);
  for (const one of joined) await one.call('roomJoin', room);
  return room;
}

describe.each(['msgpack', 'json'] as const)('over %s', (format) => {
  test('onConnect lets pass, names, adds to AuthData and refuses', async () => {
    const plain = await world.login(undefined, { format });
    expect(world.askedOf('onConnect', plain.userName)).toEqual({
      socketId: plain.authData.id,
      reason: 'login',
      userName: plain.userName,
      credentials: { userName: plain.userName },
      claims: {},
    });
    const name = world.fresh('named');
    world.endpoint.answer(() => ({ userName: `${name}-e\u0301`, authData: { team: { n: 1 } } }));
    expect((await world.login(name, { format })).authData).toMatchObject({ userName: `${name}-é`, team: { n: 1 } });
    world.endpoint.answer(() => refusal);
    const rpc = await connectRpc(world.scope, world.service.node(0).url, { format, hooked: true });
    expect(await rpc.refusal('login', { userName: 'nobody' })).toMatchObject(refusal.error);
    expect(rpc.heard('loginRejected')).toHaveLength(1);
    expect(await rpc.raw.closed).toMatchObject({ code: 4501 });
  });

  test('onJoin lets pass and refuses, on each node', async () => {
    const [owner, other] = [
      await world.login(undefined, { format }),
      await world.login(undefined, { format, node: world.service.node(1) }),
    ];
    const room = await roomOf(owner);
    expect(world.askedOf('onJoin', owner.userName)).toEqual({
      socketId: owner.authData.id,
      userName: owner.userName,
      roomName: room,
      njoined: 1,
    });
    world.endpoint.answer(({ type }) => (type === 'onJoin' ? refusal : undefined));
    expect(await other.refusal('roomJoin', room)).toMatchObject(refusal.error);
    world.endpoint.answer();
    expect(await other.call('roomJoin', room)).toBe(1);
    // Of the join that was refused there is no trace.
    expect(await owner.next('roomUserJoined')).toEqual([room, owner.userName]);
    expect(await owner.next('roomUserJoined')).toEqual([room, other.userName]);
    expect(owner.heard('roomUserJoined')).toHaveLength(2);
  });

  test.each([
    ['roomMessageCheck', 'roomMessage'],
    ['directMessageCheck', 'directMessage'],
  ])('%s lets pass, changes and refuses what %s brings, bytes included', async (check, method) => {
    const [author, reader] = [await world.login(undefined, { format }), await world.login(undefined, { format })];
    const room = await roomOf(author, reader);
    const to = method === 'roomMessage' ? room : reader.userName;
    const next = async (): Promise<unknown> => (await reader.next(method)).at(-1);
    const bytes = new Uint8Array([0, 1, 254, 255]);
    await author.call(method, to, { textMessage: 'as it is', bytes });
    expect(await next()).toMatchObject({ textMessage: 'as it is', bytes });
    expect(world.askedOf(check, author.userName)).toEqual({
      userName: author.userName,
      ...(method === 'roomMessage' ? { roomName: room } : { toUser: reader.userName }),
      message: { textMessage: 'as it is', bytes: { $bytes: 'AAH+/w==' } },
      options: expect.any(Object),
    });
    // `{}` says as little as no body.
    for (const said of [{}, null]) {
      world.endpoint.answer(() => said);
      await author.call(method, to, { textMessage: JSON.stringify(said) });
      expect(await next()).toMatchObject({ textMessage: JSON.stringify(said) });
    }
    world.endpoint.answer(() => ({ message: { textMessage: '****', bytes: { $bytes: 'AAE=' }, author: 'mallory' } }));
    await author.call(method, to, { textMessage: 'curse', left: 'out' });
    const changed = await next();
    expect(changed).toMatchObject({ textMessage: '****', bytes: new Uint8Array([0, 1]), author: author.userName });
    expect(changed).not.toHaveProperty('left');
    world.endpoint.answer(() => refusal);
    expect(await author.refusal(method, to, { textMessage: 'no' })).toMatchObject(refusal.error);
    world.endpoint.answer();
    await author.call(method, to, { textMessage: 'behind it' });
    expect(await next()).toMatchObject({ textMessage: 'behind it' });
  });
});

test('each request has an id of its own, and says what it is', async () => {
  await roomOf(await world.login());
  const all = world.endpoint.asked();
  expect(new Set(all.map(({ headers }) => headers['webhook-id'])).size).toBe(all.length);
  for (const { headers } of all) expect(headers).toMatchObject({ 'content-type': 'application/json' });
});

test('neither the secret nor what a login sends is in the log, also where the endpoint fails', async () => {
  const node = await world.service.addNode({ PARLEY_LOG_LEVEL: 'trace' });
  world.endpoint.answer((_, response) => {
    response.writeHead(500).end();
    return ANSWERED;
  });
  const rpc = await connectRpc(world.scope, node.url, { hooked: true });
  expect(await rpc.refusal('login', { userName: 'ada', password: 'xyzzy' })).toMatchObject({ code: 'unavailable' });
  await eventually(() =>
    expect(JSON.stringify(node.logs())).toContain('the hook onConnect has no answer: it was HTTP 500'),
  );
  expect(JSON.stringify(node.logs())).not.toMatch(/xyzzy/);
  expect(JSON.stringify(node.logs())).not.toContain(world.endpoint.secret);
});

describe('behind a module', () => {
  const env = { PARLEY_HOOKS: fixture };

  test('the endpoint sees what the module has made of it, and has the last word; what the module refuses it is not asked', async () => {
    const node = await world.service.addNode(env);
    const author = await world.login(undefined, { node });
    const room = await roomOf(author);
    expect(told(node, 'roomMessageCheck')).toEqual([]);
    await author.call('roomMessage', room, { word: 'shout' });
    expect((await author.next('roomMessage'))[1]).toMatchObject({ word: 'SHOUT' });
    expect(world.askedOf('roomMessageCheck', author.userName)).toMatchObject({ message: { word: 'SHOUT' } });
    world.endpoint.answer(({ data: { message } }) => ({ message: { ...Object(message), more: 1 } }));
    await author.call('roomMessage', room, { word: 'shout' });
    expect((await author.next('roomMessage'))[1]).toMatchObject({ word: 'SHOUT', more: 1 });
    expect(
      world.endpoint.asked('roomMessageCheck').filter(({ data }) => data['userName'] === author.userName),
    ).toHaveLength(2);
    expect(await author.refusal('roomMessage', room, { word: 'refuse' })).toMatchObject({ code: 'notToday' });
    expect(
      world.endpoint.asked('roomMessageCheck').filter(({ data }) => data['userName'] === author.userName),
    ).toHaveLength(2);
  });

  test('a login has what both say: the later name, and all of AuthData', async () => {
    const node = await world.service.addNode(env);
    world.endpoint.answer(() => ({ authData: { greeting: 'hello' } }));
    const team = world.fresh('team');
    const user = await world.login(team, { node });
    expect(user.authData).toMatchObject({ userName: `${team}@team`, team: { colour: 'red' }, greeting: 'hello' });
    expect(world.askedOf('onConnect', `${team}@team`)).toMatchObject({ credentials: { userName: team } });
    world.endpoint.answer(() => ({ userName: `${team}-later` }));
    expect((await world.login(team, { node })).authData).toMatchObject({
      userName: `${team}-later`,
      team: { colour: 'red' },
    });
  });
});

test('what is not named is not asked', async () => {
  const node = await world.service.addNode({ PARLEY_HOOK_EVENTS: 'onJoin' });
  const user = await world.login(undefined, { node });
  const room = await roomOf(user);
  await user.call('roomMessage', room, { n: 1 });
  await user.call('directMessage', user.userName, { n: 1 }).catch(() => undefined);
  const types = world.endpoint.asked().filter(({ data }) => data['userName'] === user.userName);
  expect(types.map(({ type }) => type)).toEqual(['onJoin']);
});

test('a node whose endpoint is not there starts, and serves what it need not ask', async () => {
  const { redis, prefix } = world.service;
  const gone = { ...world.endpoint.env, PARLEY_HOOK_URL: 'http://127.0.0.1:1/', PARLEY_HOOK_EVENTS: 'onJoin' };
  const node = await startNode(world.scope, { redis, prefix, env: gone });
  const user = await world.login(undefined, { node });
  const room = world.fresh('room');
  await user.call('roomCreate', room);
  expect(await user.refusal('roomJoin', room)).toMatchObject({ code: 'unavailable', temporary: true });
});
