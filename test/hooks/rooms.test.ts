// onJoin and onLeave, and the checks of messages: what they may change, and that who is refused hears nothing.
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { about, fenceRoom, fenceUser, until } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import type { User } from '../support/rpc.ts';
import type { ServiceNode } from '../support/service.ts';
import { told, toldOf, useHookedWorld } from './hooked-service.ts';

const world = useHookedWorld({ nodes: 2, env: { PARLEY_NODE_LEASE_MS: '8000', PARLEY_DIRECT_MESSAGES: 'live' } });
let node: ServiceNode;
let peer: ServiceNode;
beforeAll(() => {
  [node, peer] = [world.service.node(0), world.service.node(1)];
});

const errors: [word: string, code: string][] = [
  ['refuse', 'notToday'],
  ['later', 'closedNow'],
  ['throw', 'internalError'],
  ['reject', 'internalError'],
  ['hang', 'timeout'],
  ['nonsense', 'internalError'],
];

async function roomOf(owner: User, word: string, ...joined: User[]): Promise<string> {
  const name = world.fresh(word);
  await owner.call('roomCreate', name);
  for (const one of joined) await one.call('roomJoin', name);
  return name;
}

describe.each(['msgpack', 'json'] as const)('onJoin, %s', (format) => {
  test('is told of each new join and lets it pass; a copy is all it can change', async () => {
    const user = await world.login(undefined, { format });
    const second = await world.login(user.userName, { format, node: peer });
    const room = await roomOf(user, 'room');
    expect(await user.call('roomJoin', room)).toBe(1);
    expect(await user.call('roomJoin', room)).toBe(1);
    expect(await second.call('roomsJoin', [{ roomName: room }])).toMatchObject([{ njoined: 2 }]);
    const joining = { userName: user.userName, roomName: room };
    expect(await toldOf(node, 'onJoin', room)).toEqual({ ...joining, socketId: user.authData.id, njoined: 1 });
    expect(await toldOf(peer, 'onJoin', room)).toEqual({ ...joining, socketId: second.authData.id, njoined: 2 });
  });

  test('is asked of every join that succeeds, also where the room is made in the middle of it', async () => {
    const owner = await world.login(undefined, { format });
    const eager = await Promise.all(Array.from({ length: 4 }, () => world.login(undefined, { format })));
    for (let round = 0; round < 10; round++) {
      const room = world.fresh('refuse');
      const joins = eager.flatMap((user) => Array.from({ length: 5 }, () => user.callAll(['roomJoin', room])).flat());
      await owner.call('roomCreate', room);
      const codes = (await Promise.all(joins)).map((join) => ('error' in join ? join.error.code : 'joined'));
      expect(codes.filter((code) => code !== 'noRoom' && code !== 'notToday')).toEqual([]);
    }
  });

  test('is asked of a join that would make the room, which is not made where it refuses', async () => {
    const [user, other] = [await world.login(undefined, { format }), await world.login(undefined, { format })];
    const [refused, made] = [world.fresh('refuse'), world.fresh('room')];
    expect(await user.refusal('roomJoin', refused, { create: true })).toMatchObject({ code: 'notToday' });
    expect(await other.refusal('roomJoin', refused)).toMatchObject({ code: 'noRoom' });
    expect(await user.call('roomJoin', made, { create: true })).toBe(1);
    expect(await toldOf(node, 'onJoin', made)).toMatchObject({ userName: user.userName, njoined: 1 });
    expect(told(node, 'onJoin').filter(({ roomName }) => roomName === made)).toHaveLength(1);
  });

  test.each(errors)('a join that fails in it (%s) leaves no trace and leaks no message', async (word, code) => {
    const owner = await world.login(undefined, { format });
    const bob = await world.login(undefined, { format });
    const device = await world.login(bob.userName, { format, node: peer });
    const room = world.fresh(word);
    await owner.call('roomCreate', room);
    // The owner is asked like anybody: another room stands for one that others are in.
    const listener = await world.login(undefined, { format });
    await Promise.all([
      bob.refusal('roomJoin', room).then((error) => expect(error).toMatchObject({ code })),
      owner.refusal('roomMessage', room, { n: 1 }).then((error) => expect(error).toMatchObject({ code: 'notJoined' })),
    ]);
    expect(await bob.call('roomsJoin', [{ roomName: room }])).toMatchObject([{ roomName: room, error: { code } }]);
    expect(await owner.call('roomGetAccessList', room, 'userlist')).toEqual([]);
    expect(await owner.call('roomUserSeen', room, bob.userName)).toEqual({ joined: false, timestamp: null });
    expect(await bob.call('listOwnSockets')).toEqual({ [bob.authData.id]: [], [device.authData.id]: [] });
    await fenceUser(bob, device);
    for (const one of [bob, device, listener]) expect(about(one, room)).toEqual([]);
    expect(told(node, 'onLeave').filter(({ roomName }) => roomName === room)).toEqual([]);
  });
});

test('a refused join hears nothing of a room in which others talk all the time', async () => {
  // Its hooks let everybody in: so the room fills before the other node, which refuses, is asked.
  const open = await world.service.addNode({ PARLEY_HOOKS: undefined });
  const alice = await world.login(undefined, { node: open });
  const room = await roomOf(alice, 'refuse', alice);
  const bob = await world.login(undefined, { node: peer });
  const posts: Promise<Value>[] = [];
  for (let i = 0; i < 40; i++) {
    posts.push(alice.call('roomMessage', room, { i }));
    if (i % 4 === 0) expect(await bob.refusal('roomJoin', room)).toMatchObject({ code: 'notToday' });
  }
  await Promise.all(posts);
  await fenceRoom(alice, room, alice);
  const device = await world.login(bob.userName, { node: peer });
  await fenceUser(device, bob);
  expect(about(bob, room)).toEqual([]);
  expect(about(alice, room).filter(([name]) => name !== 'roomMessage')).toEqual([
    ['roomUserJoined', room, alice.userName],
  ]);
});

test('onJoin is not asked where the room would refuse anyway', async () => {
  const [owner, bob] = [await world.login(), await world.login()];
  const room = await roomOf(owner, 'refuse');
  await owner.call('roomAddToList', room, 'blacklist', [bob.userName]);
  expect(await bob.refusal('roomJoin', room)).toMatchObject({ code: 'notAllowed' });
  const none = world.fresh('refuse');
  expect(await bob.refusal('roomJoin', none)).toMatchObject({ code: 'noRoom', args: [none] });
  expect(told(node, 'onJoin').filter(({ roomName }) => roomName === room || roomName === none)).toEqual([]);
});

test('onLeave tells each way out with its cause, once, and whatever it does harms nobody', async () => {
  const [owner, bob, carol, dave] = [
    await world.login(),
    await world.login(),
    await world.login(),
    await world.login(),
  ];
  const away = await world.login(undefined, { node: peer });
  const room = await roomOf(owner, 'leavethrow', owner, bob, carol, dave, away);
  const left = (user: User, cause: string): object => ({
    userName: user.userName,
    roomName: room,
    socketId: user.authData.id,
    njoined: 0,
    cause,
  });
  expect(await bob.call('roomLeave', room)).toBe(0);
  expect(await bob.call('roomLeave', room)).toBe(0);
  carol.raw.close();
  await until(owner, 'roomUserLeft', ([, userName]) => userName === carol.userName);
  await owner.call('roomAddToList', room, 'blacklist', [dave.userName, away.userName]);
  await owner.call('roomDelete', room);
  const here = [left(bob, 'leave'), left(carol, 'disconnect'), left(dave, 'lost'), left(owner, 'lost')];
  await eventually(() => {
    const calls = told(node, 'onLeave').filter(({ roomName }) => roomName === room);
    expect(calls).toEqual(expect.arrayContaining(here));
    expect(calls).toHaveLength(here.length);
    expect(told(peer, 'onLeave').filter(({ roomName }) => roomName === room)).toEqual([left(away, 'lost')]);
  });
  expect(await owner.call('ping')).toEqual(expect.any(Number));
});

test('a leave of the session is told of each socket that it takes out', async () => {
  const credentials = { userName: world.fresh('synced'), enableSync: true };
  const one = await world.login('', { credentials });
  const two = await world.login('', { credentials, node: peer });
  const room = await roomOf(one, 'room', one, two);
  expect(await one.call('roomLeave', room)).toBe(0);
  await two.next('roomLeftEcho');
  await eventually(() => {
    const calls = told(node, 'onLeave').filter(({ roomName }) => roomName === room);
    expect(calls.map(({ socketId, cause }) => JSON.stringify([socketId, cause])).toSorted()).toEqual(
      [one, two].map(({ authData }) => JSON.stringify([authData.id, 'leave'])).toSorted(),
    );
  });
  expect(told(peer, 'onLeave').filter(({ roomName }) => roomName === room)).toEqual([]);
});

test('for a node that died, its peers tell onLeave and onDisconnect', async () => {
  const mortal = await world.service.addNode({});
  const victim = await world.login(undefined, { node: mortal });
  const owner = await world.login();
  const room = await roomOf(owner, 'room', owner, victim);
  await mortal.kill();
  const calls = (hook: string): object[] =>
    world.service.nodes.flatMap((one) => told(one, hook)).filter(({ userName }) => userName === victim.userName);
  const gone = { userName: victim.userName, socketId: victim.authData.id };
  await eventually(() => {
    expect(calls('onLeave')).toEqual([{ ...gone, roomName: room, njoined: 0, cause: 'swept' }]);
    expect(calls('onDisconnect')).toEqual([{ ...gone, nconnected: 0, rooms: expect.any(Array) }]);
  });
});

describe('roomMessageCheck', () => {
  test('sees each message and may change it; a copy is all it can change itself', async () => {
    const user = await world.login();
    const room = await roomOf(user, 'room', user);
    await user.call('roomMessage', room, { word: 'hello', bytes: new Uint8Array([1, 2]) }, { transient: true });
    expect((await user.next('roomMessage'))[1]).toMatchObject({ word: 'hello', bytes: new Uint8Array([1, 2]) });
    expect(await toldOf(node, 'roomMessageCheck', room)).toMatchObject({
      userName: user.userName,
      message: { word: 'hello' },
      options: { transient: true },
    });
    expect(await user.call('roomMessage', room, { word: 'shout', n: 1 })).toBe(1);
    expect((await user.next('roomMessage'))[1]).toMatchObject({ word: 'SHOUT', n: 1, author: user.userName, id: 1 });
  });

  test.each([
    ...errors,
    ['large', 'internalError'],
    ['text', 'internalError'],
    ['function', 'internalError'],
    ['bare', 'internalError'],
  ])('a message that fails in it (%s) is not posted', async (word, code) => {
    const user = await world.login();
    const room = await roomOf(user, 'room', user);
    expect(await user.refusal('roomMessage', room, { word })).toMatchObject({ code });
    // Arguments come first, existence comes after it.
    expect(await user.refusal('roomMessage', room, word)).toMatchObject({ code: 'badArgument' });
    expect(await user.refusal('roomMessage', world.fresh('none'), { word })).toMatchObject({ code });
    expect(await user.call('roomMessage', room, { word: 'fine' })).toBe(1);
    expect(await user.call('roomRecentHistory', room)).toMatchObject([{ word: 'fine' }]);
  });
});

describe('roomMessageCheck of a message that changes', () => {
  test('sees an update whole, and may change or refuse it', async () => {
    const user = await world.login();
    const room = await roomOf(user, 'room', user);
    await user.call('roomMessage', room, { word: 'fine' });
    expect(await user.refusal('roomMessageUpdate', room, 1, { word: 'refuse' })).toMatchObject({ code: 'notToday' });
    await user.call('roomMessageUpdate', room, 1, { word: 'shout' }, { ifVersion: 1 });
    expect(await user.call('roomRecentHistory', room)).toMatchObject([{ word: 'SHOUT', version: 2 }]);
  });

  test('sees the text that an append would make: no word comes in pieces, whoever sends them', async () => {
    const user = await world.login();
    const second = await world.login(user.userName, { node: peer });
    const room = await roomOf(user, 'room', user, second);
    await user.call('roomMessage', room, { textMessage: 'we re' });
    expect(await user.refusal('roomMessageAppend', room, 1, 'fuse')).toMatchObject({ code: 'notToday' });
    const pieces = user.callAll(['roomMessageAppend', room, 1, 'f'], ['roomMessageAppend', room, 1, 'use']);
    expect(await Promise.all(pieces)).toMatchObject([{ result: { length: 6 } }, { error: { code: 'notToday' } }]);
    // What is there already is not asked about again.
    expect(await user.call('roomMessageAppend', room, 1, 'f', { offset: 5 })).toMatchObject({ length: 6, version: 2 });
    expect(await user.refusal('roomMessageAppend', room, 1, 'x', { offset: 99 })).toMatchObject({
      code: 'wrongOffset',
    });
    const race = [user, second].flatMap((by) => by.callAll(['roomMessageAppend', room, 1, by === user ? 'u' : 'se']));
    await Promise.all(race);
    const [message] = (await user.call('roomRecentHistory', room)) as ValueMap[];
    expect(['we ref', 'we refu', 'we refse', 'we refseu']).toContain(message?.['textMessage']);
    // Behind what was there it may be another text.
    await user.call('roomMessage', room, { textMessage: 'a m' });
    expect(await user.call('roomMessageAppend', room, 2, ' and mask', { done: false })).toMatchObject({ length: 12 });
    expect(await user.refusal('roomMessageAppend', room, 9, 'x')).toMatchObject({ code: 'noMessage' });
    expect(await user.call('roomRecentHistory', room)).toMatchObject([{ textMessage: 'a m and ****' }, {}]);
    await user.call('roomMessage', room, { textMessage: 'a m' });
    expect(await user.refusal('roomMessageAppend', room, 3, 'ask')).toMatchObject({ code: 'notAllowed' });
  });
});

test('directMessageCheck may change and refuse too; by its policy a failure of its own lets the message pass', async () => {
  const [alice, bob] = [await world.login(), await world.login(undefined, { node: peer })];
  await alice.call('directMessage', bob.userName, { word: 'shout' });
  expect(await bob.next('directMessage')).toMatchObject([{ word: 'SHOUT', author: alice.userName }]);
  expect(await toldOf(node, 'directMessageCheck', alice.userName)).toMatchObject({ toUser: bob.userName });
  expect(await alice.refusal('directMessage', bob.userName, { word: 'refuse' })).toMatchObject({ code: 'notToday' });
  for (const word of ['throw', 'hang', 'nonsense']) {
    await alice.call('directMessage', bob.userName, { word });
    expect(await bob.next('directMessage')).toMatchObject([{ word }]);
  }
});

test('changes of members may be refused and replaced before, and stay done where they are refused after', async () => {
  const [owner, ann, bob] = [await world.login(), await world.login(undefined, { node: peer }), await world.login()];
  const names = [ann.userName, bob.userName];
  const refused = await roomOf(owner, 'refuse');
  expect(await owner.refusal('roomMembersAdd', refused, names)).toMatchObject({ code: 'notToday' });
  const first = await roomOf(owner, 'first');
  expect(await owner.call('roomMembersAdd', first, names)).toEqual({ done: [ann.userName], failed: [] });
  const quit = await roomOf(owner, 'quitrefused');
  await owner.call('roomMembersAdd', quit, names);
  expect(await ann.refusal('roomMemberQuit', quit)).toMatchObject({ code: 'closedNow' });
  expect(await owner.call('roomMembersGet', quit)).toMatchObject({ count: 2 });
  await eventually(() =>
    expect([ann, bob].map((user) => user.heard('roomInvited').map(([to]) => Object(to)['roomName']))).toEqual([
      [first, quit],
      [quit],
    ]),
  );
});
