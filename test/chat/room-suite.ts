// Rooms as things: who may create, delete and look at them, under which names, and what the occupants are told.
import { describe, expect, test } from '@jest/globals';
import type { Call } from '../support/rpc.ts';
import { about, fenceRoom, fenceUser, field, idsHeard, type World } from './world.ts';

/** Every request about one room, as somebody who knows nothing of it would send it. */
const requestsOf = (roomName: string): Call[] => [
  ['roomDelete', roomName],
  ['roomJoin', roomName],
  ['roomLeave', roomName],
  ['roomMessage', roomName, {}],
  ...readsOf(roomName),
];

/** Those that need the right to read. */
const readsOf = (roomName: string): Call[] => [
  ['roomRecentHistory', roomName],
  ['roomHistoryGet', roomName, 0, 1],
  ['roomHistoryInfo', roomName],
  ['roomGetAccessList', roomName, 'userlist'],
  ['roomUserlistGet', roomName],
  ['roomGetOwner', roomName],
  ['roomNotificationsInfo', roomName],
  ['roomUserSeen', roomName, 'anybody'],
];

const invalidNames = [
  '',
  'a:b',
  'a{b',
  'a}b',
  'a\u0000b',
  'a\nb',
  'a\u007fb',
  'a\u0085b',
  '__proto__',
  'constructor',
  'prototype',
  'x'.repeat(129),
  '\u00e9'.repeat(65),
];

export function roomSuite(world: World): void {
  describe('a room is created', () => {
    creation(world);
  });
  describe('a name', () => {
    naming(world);
    sameness(world);
  });
  describe('a room is deleted', () => {
    deletion(world);
    aftermath(world);
  });
  reading(world);
}

function creation(world: World): void {
  test('once, by whoever is first on any node, who owns it but is not in it', async () => {
    const alice = await world.login(0);
    const bob = await world.login(1);
    const name = world.fresh('room');
    expect(await alice.call('roomCreate', name)).toBeNull();
    expect(await bob.refusal('roomCreate', name)).toMatchObject({ code: 'roomExists', args: [name] });
    expect(await alice.refusal('roomCreate', name)).toMatchObject({ code: 'roomExists', args: [name] });
    expect(await alice.call('roomGetOwner', name)).toBe(alice.userName);
    expect(await alice.refusal('roomMessage', name, {})).toMatchObject({ code: 'notJoined', args: [name] });
    expect(await alice.call('listOwnSockets')).toEqual({ [alice.authData.id]: [] });
    expect(await alice.call('roomGetAccessList', name, 'userlist')).toEqual([]);
    expect(about(alice, name)).toEqual([]);
  });

  test('for one of many who ask at the same time', async () => {
    const users = await Promise.all([0, 1, 0, 1].map((node) => world.login(node === 0 ? 0 : 1)));
    const name = world.fresh('room');
    const outcomes = await Promise.all(users.flatMap((user) => user.callAll(['roomCreate', name])));
    expect(outcomes.filter((outcome) => 'result' in outcome)).toEqual([{ result: null }]);
    const owner = users[outcomes.findIndex((outcome) => 'result' in outcome)];
    expect(await owner?.call('roomGetOwner', name)).toBe(owner?.userName);
  });

  test('with the arguments that are declared, others are ignored', async () => {
    const alice = await world.login(0);
    const name = world.fresh('room');
    expect(await alice.refusal('roomCreate')).toMatchObject({ code: 'wrongArgumentsCount', args: [1, 0] });
    expect(await alice.refusal('roomCreate', 7)).toMatchObject({ code: 'badArgument', args: [0, 7] });
    expect(await alice.refusal('roomCreate', name, 'yes')).toMatchObject({ code: 'badArgument', args: [1, 'yes'] });
    expect(await alice.refusal('roomCreate', name, null, 1)).toMatchObject({ code: 'badArgument', args: [2, 1] });
    expect(await alice.call('roomCreate', name, null, { unknown: true }, 'further')).toBeNull();
    expect(await alice.call('roomJoin', name)).toBe(1);
  });
}

function naming(world: World): void {
  test.each(invalidNames)('%j cannot be created and so does not exist', async (name) => {
    const alice = await world.login(0);
    expect(await alice.refusal('roomCreate', name)).toMatchObject({ code: 'invalidName', args: [name] });
    const outcomes = await Promise.all(alice.callAll(...requestsOf(name)));
    expect(outcomes).toEqual(
      outcomes.map(() => ({ error: expect.objectContaining({ code: 'noRoom', args: [name] }) })),
    );
    expect(await alice.call('roomsJoin', [{ roomName: name }])).toEqual([
      { roomName: name, error: expect.objectContaining({ code: 'noRoom', args: [name] }) },
    ]);
  });

  test.each(['x'.repeat(128), 'a b/c#d@e', '\u{1f600}', 'toString', 'hasOwnProperty', '. .'])(
    '%j is good',
    async (name) => {
      const alice = await world.login(0);
      expect(await alice.call('roomCreate', name)).toBeNull();
      expect(await alice.call('roomJoin', name)).toBe(1);
      expect(await alice.call('roomMessage', name, {})).toBe(1);
      expect(await alice.next('roomMessage')).toMatchObject([name, { id: 1 }]);
      expect(await alice.call('listOwnSockets')).toEqual({ [alice.authData.id]: [name] });
    },
  );

  test('is the same in every spelling of Unicode, and comes back in NFC', async () => {
    const composed = `caf\u00e9-${world.fresh('room')}`;
    const decomposed = composed.normalize('NFD');
    expect(decomposed).not.toBe(composed);
    const user = world.fresh('rene\u0301');
    const alice = await world.login(0, user);
    expect(alice.authData.userName).toBe(user.normalize('NFC'));
    await alice.call('roomCreate', decomposed);
    expect(await alice.refusal('roomCreate', composed)).toMatchObject({ code: 'roomExists', args: [composed] });
    expect(await alice.call('roomJoin', decomposed)).toBe(1);
    await alice.call('roomMessage', decomposed, { text: decomposed });
    const nfc = user.normalize('NFC');
    expect(about(alice, composed)).toEqual([
      ['roomUserJoined', composed, nfc],
      // What a message carries is the author's, byte for byte.
      ['roomMessage', composed, { text: decomposed, author: nfc, id: 1, timestamp: expect.any(Number) }],
    ]);
    expect(await alice.call('roomGetAccessList', decomposed, 'userlist')).toEqual([nfc]);
    expect(await alice.call('roomUserSeen', composed, user)).toMatchObject({ joined: true });
    expect(await alice.call('roomsJoin', [{ roomName: decomposed }])).toMatchObject([{ roomName: composed }]);
    expect(await alice.refusal('roomJoin', `${decomposed}-`)).toMatchObject({
      code: 'noRoom',
      args: [`${composed}-`],
    });
  });
}

function sameness(world: World): void {
  test('of a room may be that of a user or a socket, which hear nothing of it', async () => {
    const [alice, victim] = [await world.login(0), await world.login(0)];
    for (const name of [victim.userName, victim.authData.id]) {
      await alice.call('roomCreate', name);
      await alice.call('roomJoin', name);
      await alice.call('roomMessage', name, { text: 'for nobody else' });
      await fenceRoom(alice, name, alice);
      await victim.call('ping');
      expect(about(victim, name)).toEqual([]);
    }
  });
}

function deletion(world: World): void {
  test('by its owner, in it or not, and by nobody else', async () => {
    const [owner, occupant] = [await world.login(0), await world.login(1)];
    const name = await world.room(owner, occupant);
    expect(await occupant.refusal('roomDelete', name)).toMatchObject({ code: 'notAllowed', args: [] });
    expect(await occupant.call('roomMessage', name, {})).toBe(1);
    expect(await owner.call('roomDelete', name)).toBeNull();
    expect(await occupant.next('roomAccessRemoved')).toEqual([name]);
    for (const user of [owner, occupant]) {
      const outcomes = await Promise.all(user.callAll(...requestsOf(name)));
      expect(outcomes).toEqual(outcomes.map(() => ({ error: expect.objectContaining({ code: 'noRoom' }) })));
    }
  });

  test('and all sockets of its occupants are told once, on every node, before the owner has the response', async () => {
    const owner = await world.login(0);
    const occupants = [await world.login(0), await world.login(1)];
    const siblings = [];
    for (const { userName } of [owner, ...occupants]) {
      for (const node of [0, 1] as const) siblings.push(await world.login(node, userName));
    }
    const stranger = await world.login(1);
    const name = await world.room(owner, owner, ...occupants);
    await owner.call('roomDelete', name);
    const told = owner.received.filter((entry) => !('name' in entry) || entry.name !== 'inboxPosition');
    expect(told.slice(-2)).toEqual([
      { name: 'roomAccessRemoved', params: [name] },
      { method: 'roomDelete', outcome: { result: null } },
    ]);
    for (const told of [...occupants, ...siblings]) expect(await told.next('roomAccessRemoved')).toEqual([name]);
    for (const { userName } of [owner, ...occupants]) {
      const all = [owner, ...occupants, ...siblings].filter((user) => user.userName === userName);
      await fenceUser(await world.login(0, userName), ...all);
      for (const told of all) {
        expect(told.heard('roomAccessRemoved')).toEqual([[name]]);
        expect(told.heard('roomUserLeft')).toEqual([]);
        expect(told.heard('roomLeftEcho')).toEqual([]);
        expect(Object.values(Object(await told.call('listOwnSockets'))).flat()).toEqual([]);
      }
    }
    await stranger.call('ping');
    expect(about(stranger, name)).toEqual([]);
  });

  test('with the owner told before the response even where only its other socket elsewhere was joined', async () => {
    const owner = await world.login(0);
    const elsewhere = await world.login(1, owner.userName);
    const name = await world.room(owner, elsewhere);
    await owner.call('roomDelete', name);
    expect(owner.heard('roomAccessRemoved')).toEqual([[name]]);
    expect(await elsewhere.next('roomAccessRemoved')).toEqual([name]);
  });
}

function aftermath(world: World): void {
  test('and another one of its name begins anew: its ids, epoch, occupants and what was seen', async () => {
    const [owner, occupant] = [await world.login(0), await world.login(1)];
    const name = await world.room(owner, occupant);
    const post: Call = ['roomMessage', name, { text: 'old' }, { clientMessageId: 'c-1' }];
    expect(await occupant.call(...post)).toBe(1);
    const old = await occupant.call('roomHistoryInfo', name);
    await owner.call('roomDelete', name);
    await occupant.next('roomAccessRemoved');

    await owner.call('roomCreate', name);
    const fresh = await owner.call('roomHistoryInfo', name);
    expect(fresh).toMatchObject({ historySize: 0, lastMessageId: 0, oldestMessageId: 1 });
    expect(field(fresh, 'epoch')).not.toBe(field(old, 'epoch'));
    expect(await owner.call('roomUserSeen', name, occupant.userName)).toEqual({ joined: false, timestamp: null });
    expect(await occupant.refusal(...post)).toMatchObject({ code: 'notJoined' });
    await owner.call('roomJoin', name);
    expect(await owner.call(...post)).toBe(1);
    const witness = await world.login(1);
    expect(await witness.call('roomJoin', name)).toBe(1);
    expect(await witness.call(...post)).toBe(2);
    await fenceRoom(witness, name, witness);
    await occupant.call('ping');
    // The one who was in the old room is not in the new one until it joins, and then misses nothing more.
    expect(idsHeard(occupant, name)).toEqual([1]);
    expect(await occupant.call('roomJoin', name)).toBe(1);
    expect(await occupant.call(...post)).toBe(3);
    expect(idsHeard(occupant, name)).toEqual([1, 3]);
  });
}

function reading(world: World): void {
  test('a room for listed users only admits its owner and nobody unlisted', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const name = world.fresh('room');
    await alice.call('roomCreate', name, true);
    expect(await bob.refusal('roomJoin', name)).toMatchObject({ code: 'notAllowed', args: [] });
    expect(await alice.call('roomJoin', name)).toBe(1);
    expect(await bob.refusal('roomJoin', name)).toMatchObject({ code: 'notAllowed' });
    expect(await bob.refusal('roomMessage', name, {})).toMatchObject({ code: 'notJoined' });
    await fenceRoom(alice, name, alice);
    expect(await alice.call('roomGetAccessList', name, 'userlist')).toEqual([alice.userName]);
    expect(about(alice, name)).toEqual([['roomUserJoined', name, alice.userName]]);
    expect(about(bob, name)).toEqual([]);
    expect(await bob.call('listOwnSockets')).toEqual({ [bob.authData.id]: [] });
  });

  test('what is known of a room may be read by occupants and the owner', async () => {
    const [owner, occupant, stranger] = [await world.login(0), await world.login(1), await world.login(0)];
    const name = await world.room(owner, occupant);
    for (const reader of [owner, occupant]) {
      const outcomes = await Promise.all(reader.callAll(...readsOf(name)));
      expect(outcomes).toEqual(outcomes.map(() => ({ result: expect.anything() })));
    }
    const refused = await Promise.all(stranger.callAll(...readsOf(name)));
    expect(refused).toEqual(
      refused.map(() => ({ error: expect.objectContaining({ code: 'notJoined', args: [name] }) })),
    );
    // Having left, an occupant is a stranger.
    await occupant.call('roomLeave', name);
    expect(await occupant.refusal('roomRecentHistory', name)).toMatchObject({ code: 'notJoined' });
    const missing = world.fresh('room');
    const unknown = await Promise.all(owner.callAll(...requestsOf(missing)));
    expect(unknown).toEqual(
      unknown.map(() => ({ error: expect.objectContaining({ code: 'noRoom', args: [missing] }) })),
    );
  });
}
