// Attributes of rooms: changed by path, by many at once, told with their versions to the room and to who has asked.
import { describe, expect, test } from '@jest/globals';
import { changed } from '../../src/protocol/params/paths.ts';
import { isMap, type Value, type ValueMap } from '../../src/protocol/params/values.ts';
import { encodeValue } from '../../src/protocol/wire/msgpack.ts';
import { eventually } from '../support/eventually.ts';
import type { Rpc } from '../support/rpc.ts';
import { about, fenceRoom, type World } from './world.ts';

export function attributesSuite(world: World): void {
  describe('attributes', () => {
    changing(world);
    refusals(world);
    together(world);
    filed(world);
  });
}

const set = (user: Rpc, room: string, changes: ValueMap, ...options: ValueMap[]): Promise<Value> =>
  user.call('roomAttributesSet', room, changes, ...options);

/** What a client has of them that begins with none and is told each change. */
const replayed = (user: Rpc): ValueMap =>
  user
    .heard('roomAttributesChanged')
    .reduce((map, [, changes]) => changed(map, isMap(changes) ? changes : {}), {} as ValueMap);

function changing(world: World): void {
  test('are changed by path, each change makes a version, and the room hears of it, who asks before the answer', async () => {
    const [owner, ann] = [await world.login(0), await world.login(1)];
    const room = await world.room(owner, ann);
    expect(await owner.call('roomAttributesGet', room)).toEqual({ attributes: {}, version: 0 });
    // The owner has not joined, and the admin has.
    await owner.call('roomAddToList', room, 'adminlist', [ann.userName]);
    expect(await set(owner, room, { title: 'Tea', 'order.state': 'open' })).toEqual({ version: 1 });
    expect(owner.heard('roomAttributesChanged')).toEqual([
      [room, { title: 'Tea', 'order.state': 'open' }, 1, owner.userName],
    ]);
    expect(await set(ann, room, { 'order.state': null, 'order.lines': [1, 2] }, { ifVersion: 1 })).toEqual({
      version: 2,
    });
    expect(ann.heard('roomAttributesChanged').length).toBe(2);
    const attributes = { title: 'Tea', order: { lines: [1, 2] } };
    for (const one of [owner, ann]) {
      expect(await one.call('roomAttributesGet', room)).toEqual({ attributes, version: 2 });
    }
    expect(replayed(ann)).toEqual(attributes);
    // Nothing is asked for: there is nothing to tell. Nor of what was told of paths inside one another.
    expect(await set(owner, room, {})).toEqual({ version: 2 });
    expect(await set(owner, room, { order: {}, 'order.by': 'ann' })).toEqual({ version: 3 });
    await fenceRoom(ann, room, ann);
    expect(
      about(ann, room)
        .filter(([name]) => name === 'roomAttributesChanged')
        .at(-1),
    ).toEqual(['roomAttributesChanged', room, { order: { by: 'ann' } }, 3, owner.userName]);
    // The owner had not joined: it has heard of its own only.
    expect(owner.heard('roomAttributesChanged').map(([, , version]) => version)).toEqual([1, 3]);
    // They are of this room, and not of the next one by its name.
    await owner.call('roomDelete', room);
    await owner.call('roomCreate', room);
    expect(await owner.call('roomAttributesGet', room)).toEqual({ attributes: {}, version: 0 });
  });
}

function refusals(world: World): void {
  test('are refused to who may not read or change them, where they are too large, no path, or of another version', async () => {
    const [owner, ann] = [await world.login(0), await world.login(1)];
    const room = await world.room(owner);
    expect(await ann.refusal('roomAttributesGet', room)).toMatchObject({ code: 'notJoined', args: [room] });
    expect(await ann.refusal('roomAttributesSet', room, { a: 1 })).toMatchObject({ code: 'notAllowed' });
    await ann.call('roomJoin', room);
    expect(await ann.call('roomAttributesGet', room)).toEqual({ attributes: {}, version: 0 });
    expect(await ann.refusal('roomAttributesSet', room, { a: 1 })).toMatchObject({ code: 'notAllowed' });
    expect(await ann.refusal('roomAttributesSet', room, { a: 'x'.repeat(9000) })).toMatchObject({ code: 'notAllowed' });
    for (const method of ['roomAttributesGet', 'roomAttributesSet'] as const) {
      expect(await owner.refusal(method, 'nowhere', { a: 1 })).toMatchObject({ code: 'noRoom', args: ['nowhere'] });
    }
    for (const changes of [
      { 'a..b': 1 },
      { 'a.__proto__': 1 },
      { [Array(17).fill('a').join('.')]: 1 },
      'title',
      null,
    ]) {
      expect(await owner.refusal('roomAttributesSet', room, changes)).toMatchObject({
        code: 'badArgument',
        args: [1, changes],
      });
    }
    expect(await set(owner, room, { kept: 1 })).toEqual({ version: 1 });
    expect(await owner.refusal('roomAttributesSet', room, { a: 'x'.repeat(9000) })).toMatchObject({
      code: 'tooLarge',
      args: [encodeValue({ kept: 1, a: 'x'.repeat(9000) }).length],
    });
    // What is there counts too.
    expect(await set(owner, room, { a: 'x'.repeat(8000) })).toEqual({ version: 2 });
    expect(await owner.refusal('roomAttributesSet', room, { b: 'x'.repeat(300) })).toMatchObject({ code: 'tooLarge' });
    expect(await owner.refusal('roomAttributesSet', room, { b: 1 }, { ifVersion: 1 })).toMatchObject({
      code: 'versionConflict',
      args: [2],
    });
    expect(await owner.call('roomAttributesGet', room)).toEqual({
      attributes: { kept: 1, a: 'x'.repeat(8000) },
      version: 2,
    });
  });
}

function together(world: World): void {
  test('of many who change them at once on two nodes lose nothing, and all hear the same versions in one order', async () => {
    const owner = await world.login(0);
    const admins = await Promise.all([0, 1, 0, 1].map((node) => world.login(node === 0 ? 0 : 1)));
    const room = await world.room(owner, ...admins);
    await owner.call(
      'roomAddToList',
      room,
      'adminlist',
      admins.map(({ userName }) => userName),
    );
    const rounds = 12;
    await Promise.all(
      admins.map(async (admin, i) => {
        for (let round = 0; round < rounds; round++) await set(admin, room, { [`by.k${i}`]: round, last: i });
      }),
    );
    const found = Object(await owner.call('roomAttributesGet', room));
    expect(found.version).toBe(admins.length * rounds);
    expect(found.attributes.by).toEqual(Object.fromEntries(admins.map((_, i) => [`k${i}`, rounds - 1])));
    for (const admin of admins) {
      await eventually(() => expect(admin.heard('roomAttributesChanged')).toHaveLength(found.version));
      expect(admin.heard('roomAttributesChanged').map(([, , version]) => version)).toEqual(
        Array.from({ length: found.version }, (_, i) => i + 1),
      );
      expect(replayed(admin)).toEqual(found.attributes);
    }
    // Of those who want the same version one gets it.
    const asked = await Promise.all(
      admins.flatMap((admin) =>
        admin.callAll(['roomAttributesSet', room, { won: true }, { ifVersion: found.version }]),
      ),
    );
    const won = asked.filter((outcome) => 'result' in outcome);
    expect(won).toEqual([{ result: { version: found.version + 1 } }]);
    for (const outcome of asked) {
      if ('error' in outcome)
        expect(outcome.error).toMatchObject({ code: 'versionConflict', args: [found.version + 1] });
    }
  });
}

function filed(world: World): void {
  test('are told with the room of a session, by a join of another device, at a login, and where it is asked for', async () => {
    const one = await world.login(0, undefined, undefined, { enableSync: true });
    const far = await world.login(1, one.userName, undefined, { enableSync: true });
    const room = await world.room(one);
    const plain = await world.room(one);
    await set(one, room, { title: 'Tea', 'order.state': 'open' });
    for (const name of [room, plain]) await one.call('roomJoin', name);
    const meta = { title: 'Tea', order: { state: 'open' } };
    const chat = { name: room, group: 'custom', private: false, meta };
    expect(await far.next('$.chat.join')).toEqual([{ chat }]);
    expect(await far.next('$.chat.join')).toMatchObject([{ chat: { name: plain, meta: {} } }]);
    expect(await far.call('sessionGet')).toMatchObject({ custom: { [room]: chat, [plain]: { meta: {} } } });
    const back = await world.login(1, one.userName, undefined, { enableSync: true });
    expect(back.heard('$.chat.join')).toContainEqual([{ chat }]);
    await one.call('roomLeave', room);
    expect(await far.next('$.chat.leave')).toEqual([{ chat: { ...chat, meta: {} } }]);
  });
}
