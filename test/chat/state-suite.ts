// What users show of how they are: kept, changed by path, told to contacts, rooms and other devices, each socket once, and not too often.
import { describe, expect, test } from '@jest/globals';
import { changed } from '../../src/protocol/params/paths.ts';
import { isMap, type Value, type ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { Rpc, User } from '../support/rpc.ts';
import { fenceUser, type World } from './world.ts';

export function stateSuite(world: World): void {
  describe('the state of a user', () => {
    kept(world);
    told(world);
    merging(world);
    refusals(world);
  });
}

/** What a socket has of a user's state that was told each change. */
const replayed = (socket: Rpc, userName: string): ValueMap =>
  socket
    .heard('userStateChanged')
    .filter(([of]) => of === userName)
    .reduce((map, [, changes]) => changed(map, isMap(changes) ? changes : {}), {} as ValueMap);

const heard = (socket: Rpc, userName: string): (Value | undefined)[] =>
  socket.heard('userStateChanged').flatMap(([of, changes]) => (of === userName ? [changes] : []));

const contacts = async (one: User, ...others: User[]): Promise<void> => {
  for (const other of others) await one.call('contactAdd', other.userName);
};

function kept(world: World): void {
  test('is merged by path, and there for others when the user is gone', async () => {
    const [ann, bob] = [await world.login(0), await world.login(1)];
    expect(await bob.call('userStateGet', ann.userName)).toEqual({ state: {} });
    expect(await ann.call('userStateSet', { mood: 'tea', 'at.place': 'desk' })).toEqual({
      state: { mood: 'tea', at: { place: 'desk' } },
    });
    expect(await ann.call('userStateSet', { mood: null, 'at.since': 5 })).toEqual({
      state: { at: { place: 'desk', since: 5 } },
    });
    expect(await ann.call('userStateSet', {})).toEqual({ state: { at: { place: 'desk', since: 5 } } });
    await ann.call('disconnect');
    await ann.raw.closed;
    expect(await bob.call('userStateGet', ann.userName)).toEqual({ state: { at: { place: 'desk', since: 5 } } });
  });
}

function told(world: World): void {
  test('is told once to each socket that sees the user, whichever ways it comes, and not to the one that set it', async () => {
    const ann = await world.login(0);
    const [near, far] = [await world.login(0, ann.userName), await world.login(1, ann.userName)];
    // A contact in both rooms, one in both rooms, one in one of them, a contact elsewhere, and one who has nothing to do with it.
    const [carol, dave, eve, faith, gus] = await Promise.all(
      [0, 1, 0, 1, 1].map((node) => world.login(node === 0 ? 0 : 1)),
    );
    if (carol === undefined || dave === undefined || eve === undefined || faith === undefined || gus === undefined)
      return;
    const [one, two] = [
      await world.room(ann, ann, carol, dave),
      await world.room(ann, ann, carol, dave, eve, near, far),
    ];
    await contacts(ann, carol, faith);
    const all = [near, far, carol, dave, eve, faith];
    const rounds = 3;
    for (let round = 1; round <= rounds; round++) {
      await ann.call('userStateSet', { round });
      for (const socket of all) {
        await eventually(() => expect(heard(socket, ann.userName)).toHaveLength(round));
      }
    }
    for (const socket of all) {
      expect(heard(socket, ann.userName)).toEqual(Array.from({ length: rounds }, (_, i) => ({ round: i + 1 })));
    }
    // What else would have been on its way has come by now.
    await ann.call('roomMessage', one, { behind: true });
    await ann.call('roomMessage', two, { behind: true });
    for (const socket of [carol, dave]) await socket.next('roomMessage');
    await fenceUser(ann, near, far);
    for (const socket of all) expect(heard(socket, ann.userName)).toHaveLength(rounds);
    expect([heard(ann, ann.userName), heard(gus, ann.userName)]).toEqual([[], []]);
  });

  test('is told no more to who has left, nor to contacts who are blocked or block', async () => {
    const [ann, bob, carol, dave] = await Promise.all([0, 1, 0, 1].map((node) => world.login(node === 0 ? 0 : 1)));
    if (ann === undefined || bob === undefined || carol === undefined || dave === undefined) return;
    await contacts(ann, bob, carol, dave);
    await ann.call('directAddToList', 'blacklist', [carol.userName]);
    await dave.call('directAddToList', 'blacklist', [ann.userName]);
    await ann.call('userStateSet', { mood: 'tea' });
    await eventually(() => expect(heard(bob, ann.userName)).toEqual([{ mood: 'tea' }]));
    for (const socket of [carol, dave]) {
      await fenceUser(await world.login(0, socket.userName), socket);
      expect(heard(socket, ann.userName)).toEqual([]);
    }
    expect(await carol.call('userStateGet', ann.userName)).toEqual({ state: {} });
    expect(await dave.call('userStateGet', ann.userName)).toEqual({ state: { mood: 'tea' } });
  });
}

function merging(world: World): void {
  test('of two devices that change it many times at once loses nothing, and is told in few notices that come to the same', async () => {
    const ann = await world.login(0);
    const [far, bob] = [await world.login(1, ann.userName), await world.login(1)];
    await contacts(ann, bob);
    const count = 15;
    for (const [i, device] of [ann, far].entries()) {
      await Promise.all(
        device.callAll(
          ...Array.from(
            { length: count },
            (_, k) => ['userStateSet', { [`of${i}.k${k}`]: k, last: k, [`gone${k % 2}`]: k < 13 ? k : null }] as const,
          ),
        ),
      );
    }
    const { state } = Object(await bob.call('userStateGet', ann.userName));
    const keys = Object.fromEntries(Array.from({ length: count }, (_, k) => [`k${k}`, k]));
    expect(state).toEqual({ of0: keys, of1: keys, last: count - 1 });
    await eventually(() => expect(replayed(bob, ann.userName)).toEqual(state));
    expect(heard(bob, ann.userName).length).toBeLessThan(count);
  });
}

function refusals(world: World): void {
  test('is refused where it is too large or by a bad path, and of nobody', async () => {
    const ann = await world.login(0);
    expect(await ann.refusal('userStateGet', 'nobody-of-that-name')).toMatchObject({ code: 'noUser' });
    expect(await ann.refusal('userStateGet', 'a:b')).toMatchObject({ code: 'noUser' });
    expect(await ann.refusal('userStateSet', { 'a.': 1 })).toMatchObject({
      code: 'badArgument',
      args: [0, { 'a.': 1 }],
    });
    expect(await ann.refusal('userStateSet', { a: 'x'.repeat(8200) })).toMatchObject({ code: 'tooLarge' });
    expect(await ann.call('userStateGet', ann.userName)).toEqual({ state: {} });
  });
}
