// Making rooms that people belong to, on two nodes: by name, by who belongs to them, by joining; and rooms of which a socket is in one.
import { describe, expect, test } from '@jest/globals';
import { temporaryName } from '../../src/protocol/names/temporary.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { Call, Rpc, User } from '../support/rpc.ts';
import { textOf } from './device.ts';
import { about, fenceRoom, fenceUser, field, idsHeard, type World } from './world.ts';

export function makingSuite(world: World): void {
  describe('a room that people belong to', () => {
    naming(world);
    finding(world);
    passedOver(world);
    making(world);
    refusing(world);
    ending(world);
  });
  describe('a join that makes the room', () => {
    joining(world);
  });
  describe('a transient room', () => {
    transient(world);
    several(world);
  });
}

interface Made {
  readonly roomName: string;
  readonly created: boolean;
}

/** A room that is made, or found. */
async function make(owner: Rpc, options: ValueMap): Promise<Made> {
  const made = await owner.call('conversationCreate', options);
  const [roomName, created] = [field(made, 'roomName'), field(made, 'created')];
  if (typeof roomName !== 'string' || typeof created !== 'boolean') throw new Error(JSON.stringify(made));
  return { roomName, created };
}

const names = (...users: readonly User[]): string[] => users.map(({ userName }) => userName);

function naming(world: World): void {
  test('is there for its members only, each of whom is told what it is about, whatever node it is on', async () => {
    const [alice, bob, carol] = [await world.login(0), await world.login(1), await world.login(1)];
    const sibling = await world.login(1, alice.userName);
    const roomName = world.fresh('room');
    const attributes = { title: 'Tea', place: { floor: 2 } };
    const options = { roomName, members: names(bob), attributes };
    expect(await make(alice, options)).toMatchObject({ roomName, created: true });
    const told = [{ roomName, by: alice.userName, attributes }];
    for (const member of [bob, sibling]) expect(await member.next('roomInvited')).toEqual(told);
    expect(await alice.refusal('conversationCreate', options)).toMatchObject({ code: 'roomExists', args: [roomName] });
    expect(await bob.call('roomGetOwner', roomName)).toBe(alice.userName);
    expect(await bob.call('roomJoin', roomName)).toBe(1);
    for (const ask of ['roomJoin', 'roomGetOwner']) await carol.refusal(ask, roomName);
    expect(await bob.call('roomMessage', roomName, { textMessage: 'hello' })).toBe(1);
    // Who has asked knows by the answer.
    expect(alice.heard('roomInvited')).toEqual([]);
  });

  test('has a name of the service where none is given, and is open where that is asked for', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const { roomName } = await make(alice, { whitelistOnly: false });
    expect(roomName).toMatch(/^[0-9a-f]{16}$/);
    expect((await make(alice, {})).roomName).not.toBe(roomName);
    expect(await bob.call('roomJoin', roomName)).toBe(1);
  });
}

function finding(world: World): void {
  test('of the same people is one, whoever of them asks, in whatever order they are named', async () => {
    const [alice, bob, carol] = [await world.login(0), await world.login(1), await world.login(1)];
    const pair = await make(alice, { members: names(bob), unique: true });
    expect(pair.created).toBe(true);
    expect(await make(bob, { members: names(alice, bob), unique: true })).toEqual({ ...pair, created: false });
    const three = await make(alice, { members: names(bob, carol), unique: true });
    expect(three.roomName).not.toBe(pair.roomName);
    expect(await make(carol, { members: names(bob, alice, bob), unique: true })).toEqual({ ...three, created: false });
    await fenceUser(await world.login(1, bob.userName), bob);
    expect(bob.heard('roomInvited').map(([told]) => field(told, 'roomName'))).toEqual(
      [pair, three].map((one) => one.roomName),
    );
    await alice.call('roomDelete', pair.roomName);
    expect(await make(bob, { members: names(alice), unique: true })).toEqual({ ...pair, created: true });
    expect(await alice.call('roomGetOwner', pair.roomName)).toBe(bob.userName);
  });
}

function passedOver(world: World): void {
  test('of three people is another one whenever somebody has come to it, however often that was so', async () => {
    const [alice, bob, carol, dave] = [
      await world.login(0),
      await world.login(1),
      await world.login(1),
      await world.login(0),
    ];
    const options = { members: names(bob, carol), unique: true };
    const rooms = new Set<string>();
    for (let i = 0; i < 24; i++) {
      const { roomName, created } = await make(alice, options);
      expect([created, rooms.has(roomName)]).toEqual([true, false]);
      rooms.add(roomName);
      await alice.call('roomMembersAdd', roomName, names(dave));
    }
    // At once, behind all that was passed over.
    const made = await Promise.all(
      [alice, bob].map((one) => make(one, { members: names(alice, bob, carol), unique: true })),
    );
    expect(new Set(made.map(({ roomName }) => roomName)).size).toBe(1);
    expect(made.filter(({ created }) => created)).toHaveLength(1);
  });
}

function making(world: World): void {
  test('of the same people is made once, however many of them make it at the same time', async () => {
    const [alice, bob, carol] = [await world.login(0), await world.login(1), await world.login(1)];
    const asked = [alice, bob, carol].flatMap((one) =>
      [2, 3].map((size) => make(one, { members: names(...[alice, bob, carol].slice(0, size)), unique: true })),
    );
    // Carol is one of three in both of hers.
    const made = await Promise.all(asked);
    const rooms = new Set(made.map(({ roomName }) => roomName));
    expect(rooms.size).toBe(2);
    for (const room of rooms) {
      expect(made.filter(({ roomName, created }) => created && roomName === room)).toHaveLength(1);
    }
  });
}

const bad = { code: 'badArgument', temporary: false };
const invalid = { code: 'invalidName' };

function refusing(world: World): void {
  test('is not made of what does not go together', async () => {
    const alice = await world.login(0);
    const crowd = Array.from({ length: 10 }, (_, i) => `u${i}`);
    const wrong: ValueMap[] = [
      { unique: true, roomName: 'r' },
      { unique: true, kind: 'transient' },
      { unique: true, kind: 'temporary' },
      { ttlMs: 5000 },
      { kind: 'transient', members: ['bob'] },
      { kind: 'temporary', members: crowd },
      { kind: 'temporary', roomName: 'r' },
      { kind: 'temporary', attributes: {} },
      { kind: 'temporary', writers: 'all' },
      { kind: 'temporary', invites: 'members' },
      { members: Array.from({ length: 500 }, (_, i) => `u${i}`) },
    ];
    for (const options of wrong) {
      const args = [0, JSON.stringify(options).length > 1024 ? null : options];
      expect([options, await alice.refusal('conversationCreate', options)]).toMatchObject([options, { ...bad, args }]);
    }
  });

  test('is not made under names of the service, with unknown members, or with too much said of it', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    for (const roomName of ['u-1', 'tmp-1', 'a:b']) {
      for (const call of [
        ['conversationCreate', { roomName }],
        ['roomCreate', roomName],
        ['roomJoin', roomName, { create: true }],
      ] as const) {
        const [method, ...params] = call;
        expect([call, await alice.refusal(method, ...params)]).toMatchObject([call, { ...invalid, args: [roomName] }]);
      }
    }
    const nobody = world.fresh('nobody');
    for (const unique of [false, true]) {
      const refusal = await alice.refusal('conversationCreate', { members: [bob.userName, nobody], unique });
      expect(refusal).toMatchObject({ code: 'noUser', args: [nobody] });
    }
    const attributes = { text: 'x'.repeat(8192) };
    for (const [method, ...params] of [
      ['conversationCreate', { attributes }],
      ['roomJoin', world.fresh('room'), { create: true, attributes }],
    ] as const) {
      expect(await alice.refusal(method, ...params)).toMatchObject({ code: 'tooLarge', args: [8201] });
    }
    expect(bob.heard('roomInvited')).toEqual([]);
  });
}

function ending(world: World): void {
  test('is named as ended by every request, once the time in its name is over', async () => {
    const alice = await world.login(0);
    const over = temporaryName(Date.now() - 60_000, '0123456789abcdef');
    const ended = { code: 'roomExpired', args: [over] };
    for (const [method, ...params] of [
      ['roomJoin', over],
      ['roomLeave', over],
      ['roomMessage', over, {}],
      ['roomGetOwner', over],
      ['roomDelete', over],
      ['roomMembersAdd', over, ['bob']],
    ] satisfies Call[]) {
      expect([method, await alice.refusal(method, ...params)]).toMatchObject([method, ended]);
    }
    expect(await alice.call('roomsJoin', [{ roomName: over }])).toMatchObject([{ roomName: over, error: ended }]);
    const open = temporaryName(Date.now() + 60_000, '0123456789abcdef');
    expect(await alice.refusal('roomJoin', open)).toMatchObject({ code: 'noRoom' });
  });
}

function joining(world: World): void {
  test('makes it its owner, is one of several at once, and is a plain join where there is one', async () => {
    const users = [await world.login(0), await world.login(1), await world.login(1)];
    const roomName = world.fresh('room');
    await users[0]?.refusal('roomJoin', roomName);
    await users[0]?.refusal('roomJoin', roomName, { create: false });
    const joined = await Promise.all(users.map((one) => one.call('roomJoin', roomName, { create: true })));
    expect(joined).toEqual([1, 1, 1]);
    const owner = await users[0]?.call('roomGetOwner', roomName);
    expect(names(...users)).toContain(owner);
    expect(await users[1]?.call('roomGetAccessList', roomName, 'userlist')).toHaveLength(3);
    // The others' names are not taken up by it.
    const closed = world.fresh('room');
    expect(await users[0]?.call('roomJoin', closed, { create: true, whitelistOnly: true })).toBe(1);
    expect(await users[1]?.refusal('roomJoin', closed, { create: true })).toMatchObject({ code: 'notAllowed' });
  });

  test('files it in the session as any join', async () => {
    const alice = await world.login(0);
    const devices = [
      await world.login(0, alice.userName, world.format, { enableSync: true }),
      await world.login(1, alice.userName, world.format, { enableSync: true }),
    ];
    const roomName = world.fresh('room');
    await devices[0]?.call('roomJoin', roomName, { create: true, group: 'work' });
    const [told] = (await devices[1]?.next('$.chat.join')) ?? [];
    expect(field(told, 'chat')).toMatchObject({ name: roomName, group: 'work' });
  });
}

const joinedTo = async (socket: User): Promise<string[]> => {
  const rooms = field(await socket.call('listOwnSockets'), socket.authData.id);
  return Array.isArray(rooms) ? rooms.map(textOf).toSorted() : [];
};

function transient(world: World): void {
  test('has no members and tells nobody who comes; who is there is a number', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const { roomName } = await make(alice, { kind: 'transient' });
    for (const one of [alice, bob]) expect(await one.call('roomJoin', roomName)).toBe(1);
    expect(await bob.call('roomUserlistGet', roomName)).toEqual({ names: [], cursor: null, count: 2 });
    expect(await bob.call('roomGetAccessList', roomName, 'userlist')).toEqual([]);
    expect(await bob.call('roomUserSeen', roomName, alice.userName)).toEqual({ joined: false, timestamp: null });
    expect(await bob.call('roomUserSeen', roomName, bob.userName)).toMatchObject({ joined: true });
    await alice.call('roomMessage', roomName, { n: 1 });
    await bob.next('roomMessage');
    expect(about(bob, roomName).map(([name]) => name)).toEqual(['roomMessage']);
  });

  test('is one to a socket: joining another one leaves it, and the socket is told; it may come back', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const [one, other] = [await make(alice, { kind: 'transient' }), await make(alice, { kind: 'transient' })];
    const sibling = await world.login(0, bob.userName);
    const plain = await world.room(bob, bob, sibling);
    await sibling.call('roomJoin', one.roomName);
    await bob.call('roomJoin', one.roomName);
    for (const [joined, left] of [
      [other, one],
      [one, other],
      [other, one],
    ] as const) {
      await bob.call('roomJoin', joined.roomName);
      expect(await bob.next('roomLeftEcho')).toMatchObject([left.roomName, bob.authData.id, expect.any(Number)]);
      await eventually(async () => expect(await joinedTo(bob)).toEqual([plain, joined.roomName].toSorted()));
    }
    expect(bob.heard('roomLeftEcho')).toHaveLength(3);
    expect(await joinedTo(sibling)).toEqual([plain, one.roomName].toSorted());
    await sibling.call('roomMessage', one.roomName, { n: 1 });
    await fenceRoom(sibling, plain, bob);
    expect(idsHeard(bob, one.roomName)).toEqual([]);
  });
}

function several(world: World): void {
  test('that comes last of several in roomsJoin is the one', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const rooms: string[] = [];
    for (let i = 0; i < 3; i++) rooms.push((await make(alice, { kind: 'transient' })).roomName);
    await bob.call(
      'roomsJoin',
      rooms.map((roomName) => ({ roomName })),
    );
    await eventually(async () => expect(await joinedTo(bob)).toEqual(rooms.slice(2)));
    // The leaves of two rooms are in no order.
    const left = (): unknown[] => bob.heard('roomLeftEcho').map(([name]) => name);
    await eventually(() => expect(new Set(left())).toEqual(new Set(rooms.slice(0, 2))));
    expect(left()).toHaveLength(2);
  });

  test('is one in a session, too', async () => {
    const alice = await world.login(0);
    const [one, other] = [await make(alice, { kind: 'transient' }), await make(alice, { kind: 'transient' })];
    const device = await world.login(1, alice.userName, world.format, { enableSync: true });
    await device.call('roomJoin', one.roomName);
    await device.call('roomJoin', other.roomName);
    await eventually(async () => {
      const chats = field(await device.call('sessionGet'), 'custom');
      expect(Object.keys(Object(chats))).toEqual([other.roomName]);
    });
    expect(await joinedTo(device)).toEqual([other.roomName]);
  });
}
