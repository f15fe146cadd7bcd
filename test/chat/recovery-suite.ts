// `roomsJoin`: joining several rooms at once, and getting what was missed since a position, or being told that it is lost.
import { describe, expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import type { Rpc } from '../support/rpc.ts';
import { about, fenceRoom, fenceUser, field, idsHeard, limits, type World } from './world.ts';

type Position = ValueMap & { roomName: string };

export function recoverySuite(world: World): void {
  describe('without a position', () => {
    plainJoins(world);
  });
  describe('with a position', () => {
    positions(world);
    continuations(world);
  });
  severalRooms(world);
}

function plainJoins(world: World): void {
  test('it joins as roomJoin does, to several rooms in the order asked for, and names their newest message', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const bobToo = await world.login(0, bob.userName);
    const [one, two] = [await world.room(alice, alice), await world.room(alice, alice)];
    await alice.call('roomMessage', two, {});
    const rooms = [{ roomName: two, group: 'work', unknown: 1 }, { roomName: one }];
    const entry = { njoined: 1, epoch: expect.any(String), recovered: true, messages: [], lastChange: 0 };
    expect(await bob.call('roomsJoin', rooms)).toEqual([
      { ...entry, roomName: two, lastMessageId: 1 },
      { ...entry, roomName: one, lastMessageId: 0 },
    ]);
    expect(bob.heard('roomUserJoined')).toHaveLength(2);
    expect(await bob.call('roomsJoin', rooms)).toMatchObject([{ njoined: 1 }, { njoined: 1 }]);
    expect(await bobToo.call('roomsJoin', rooms.slice(1))).toMatchObject([{ roomName: one, njoined: 2 }]);
    await fenceUser(bob, bobToo);
    await fenceUser(bobToo, bob);
    const byBob = ['roomJoinedEcho', one, bob.authData.id, 1];
    expect(about(bobToo, one)).toEqual([byBob]);
    expect(about(bob, one)).toEqual([
      ['roomUserJoined', one, bob.userName],
      ['roomJoinedEcho', one, bobToo.authData.id, 2],
    ]);
    expect(await alice.call('roomMessage', one, {})).toBe(1);
    await fenceRoom(alice, one, bob, bobToo);
    expect([idsHeard(bob, one), idsHeard(bobToo, one)]).toEqual([[1], [1]]);
  });

  test('an epoch or an id alone tells nobody what was missed', async () => {
    const { bob, name, epoch } = await missedBy(world, 2);
    for (const part of [{ epoch }, { lastMessageId: 1 }, { lastMessageId: 0 }, { lastTimestamp: 0 }]) {
      const [entry] = await rejoin(bob, { roomName: name, ...part });
      expect([part, entry]).toMatchObject([part, { recovered: false, messages: [], lastMessageId: 2 }]);
    }
  });
}

function positions(world: World): void {
  test('it gives what was missed, oldest first, as it was delivered to others', async () => {
    const { alice, bob, name, epoch, times } = await missedBy(world, 4);
    for (const [after, lastTimestamp] of [
      [0, 0],
      [1, times[0]],
      [3, times[2]],
      [4, times[3]],
    ] as const) {
      for (const time of [{}, { lastTimestamp: lastTimestamp ?? null }]) {
        const [entry] = await rejoin(bob, { roomName: name, epoch, lastMessageId: after, ...time });
        const missed = alice.heard('roomMessage').map(([, message]) => message);
        expect(entry).toEqual({
          roomName: name,
          njoined: 1,
          epoch,
          lastMessageId: 4,
          recovered: true,
          messages: missed.slice(after),
          lastChange: 0,
        });
      }
    }
  });

  test.each<[string, (position: Position, times: Value[]) => Position]>([
    ['another epoch', (position) => ({ ...position, epoch: 'another' })],
    ['a position ahead of the log', (position) => ({ ...position, lastMessageId: 5 })],
    ['a time that the message had not', (position, [first]) => ({ ...position, lastTimestamp: Number(first) - 1 })],
    ['a time that the newest message had not', (position) => ({ ...position, lastMessageId: 4, lastTimestamp: 1 })],
  ])('it tells that %s cannot be continued, and joins all the same', async (_, change) => {
    const { alice, bob, name, epoch, times } = await missedBy(world, 4);
    const position = change({ roomName: name, epoch, lastMessageId: 1 }, times);
    expect(await rejoin(bob, position)).toEqual([
      { roomName: name, njoined: 1, epoch, lastMessageId: 4, recovered: false, messages: [], lastChange: 0 },
    ]);
    await alice.call('roomMessage', name, {});
    await fenceRoom(alice, name, bob);
    expect(idsHeard(bob, name)).toEqual([5]);
  });

  test('it gives a page at most, and nothing rather than a part', async () => {
    const { bob, name, epoch } = await missedBy(world, limits.pageMax + 1);
    const [part] = await rejoin(bob, { roomName: name, epoch, lastMessageId: 0 });
    expect(part).toMatchObject({ recovered: false, messages: [], lastMessageId: limits.pageMax + 1 });
    const [whole] = await rejoin(bob, { roomName: name, epoch, lastMessageId: 1 });
    expect(field(whole, 'messages')).toHaveLength(limits.pageMax);
  });
}

function continuations(world: World): void {
  test('it knows an older life of the room by its epoch', async () => {
    const { alice, bob, name, epoch } = await missedBy(world, 2);
    await alice.call('roomDelete', name);
    expect(await rejoin(bob, { roomName: name, epoch, lastMessageId: 0 })).toMatchObject([
      { error: { code: 'noRoom' } },
    ]);
    await alice.call('roomCreate', name);
    const [entry] = await rejoin(bob, { roomName: name, epoch, lastMessageId: 0 });
    expect(entry).toMatchObject({ recovered: false, messages: [], lastMessageId: 0 });
    expect(field(entry, 'epoch')).not.toBe(epoch);
  });

  test('live messages follow without a gap or a double, whenever in a stream of posts it comes', async () => {
    const alice = await world.login(0);
    const name = await world.room(alice, alice);
    const { epoch } = Object(await alice.call('roomHistoryInfo', name));
    const [witness, ...late] = await Promise.all([0, 1, 1, 0, 1].map((node) => world.login(node === 0 ? 0 : 1)));
    await witness?.call('roomJoin', name);
    const posts: Promise<unknown>[] = [];
    const joins: Promise<Value>[] = [];
    for (const joiner of late) {
      posts.push(...alice.callAll(['roomMessage', name, {}]));
      joins.push(joiner.call('roomsJoin', [{ roomName: name, epoch, lastMessageId: 0 }]));
    }
    const entries = (await Promise.all(joins)).map((entry) => (Array.isArray(entry) ? entry[0] : undefined));
    await Promise.all(posts);
    await fenceRoom(alice, name, ...late);
    for (const [i, joiner] of late.entries()) {
      const messages = field(entries[i], 'messages');
      expect(field(entries[i], 'recovered')).toBe(true);
      const missed = Array.isArray(messages) ? messages.map((message) => field(message, 'id')) : [];
      expect([...missed, ...idsHeard(joiner, name)]).toEqual([1, 2, 3, 4]);
      expect(field(entries[i], 'lastMessageId')).toBe(missed.length);
    }
  });
}

function severalRooms(world: World): void {
  test('each room is judged for itself, and a refusal leaves the others joined', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const [open, closed] = [await world.room(alice, alice), world.fresh('room')];
    await alice.call('roomCreate', closed, true);
    const names = [closed, open, 'nowhere', 'not:valid', open];
    const entries = await bob.call(
      'roomsJoin',
      names.map((roomName) => ({ roomName })),
    );
    expect(entries).toMatchObject([
      { roomName: closed, error: { code: 'notAllowed', args: [] } },
      { roomName: open, njoined: 1, recovered: true },
      { roomName: 'nowhere', error: { code: 'noRoom', args: ['nowhere'] } },
      { roomName: 'not:valid', error: { code: 'noRoom', args: ['not:valid'] } },
      // Named twice, it is joined once.
      { roomName: open, error: { code: 'badArgument' } },
    ]);
    expect(await bob.call('listOwnSockets')).toEqual({ [bob.authData.id]: [open] });
    await alice.call('roomMessage', open, {});
    await fenceRoom(alice, open, bob);
    expect(idsHeard(bob, open)).toEqual([1]);
  });

  test('the limit of rooms refuses those beyond it, and longer lists altogether', async () => {
    const alice = await world.login(0);
    const names: string[] = [];
    for (let i = 0; i <= limits.roomsPerSocket; i++) names.push(await world.room(alice));
    const positions = names.map((roomName) => ({ roomName }));
    expect(await alice.refusal('roomsJoin', positions)).toMatchObject({ code: 'badArgument', args: [0, positions] });
    await alice.call('roomsJoin', positions.slice(0, 2));
    const entries = await alice.call('roomsJoin', positions.slice(1));
    expect(entries).toMatchObject([
      ...names.slice(1, -1).map((roomName) => ({ roomName, njoined: 1 })),
      { roomName: names.at(-1), error: { code: 'tooManyRooms' } },
    ]);
  });

  test('positions are checked like all arguments', async () => {
    const alice = await world.login(0);
    const bad: Value[] = [
      'room',
      ['room'],
      [{}],
      [{ roomName: 1 }],
      [{ roomName: 'r', lastMessageId: -1 }],
      [{ roomName: 'r', epoch: 1 }],
      [{ roomName: 'r', lastTimestamp: 0.5 }],
    ];
    for (const rooms of bad) {
      expect(await alice.refusal('roomsJoin', rooms)).toMatchObject({ code: 'badArgument', args: [0, rooms] });
    }
    expect(await alice.refusal('roomsJoin')).toMatchObject({ code: 'wrongArgumentsCount', args: [1, 0] });
    expect(await alice.call('roomsJoin', [])).toEqual([]);
  });
}

/** A room in which Alice has posted so many messages, and Bob, on the other node, who was not there. */
async function missedBy(
  world: World,
  count: number,
): Promise<{
  alice: Rpc;
  bob: Rpc;
  name: string;
  epoch: Value;
  times: Value[];
}> {
  const [alice, bob] = [await world.login(0), await world.login(1)];
  const name = await world.room(alice, alice);
  for (let i = 1; i <= count; i++) await alice.call('roomMessage', name, { n: i });
  const epoch = field(await alice.call('roomHistoryInfo', name), 'epoch') ?? null;
  const times = alice.heard('roomMessage').map(([, message]) => field(message, 'timestamp') ?? null);
  return { alice, bob, name, epoch, times };
}

/** Joins from this position after having left. */
async function rejoin(user: Rpc, position: Position): Promise<Value[]> {
  const entries = await user.call('roomsJoin', [position]);
  const entry = Array.isArray(entries) ? entries : [];
  if (field(entry[0], 'error') === undefined) {
    await user.call('roomLeave', position.roomName);
    await user.call('roomJoin', position.roomName);
  }
  return entry;
}
