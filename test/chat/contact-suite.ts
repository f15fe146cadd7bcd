// Contacts: how they are made and ended on both sides, what each sees of the other, and how it hears of its coming and going.
import { describe, expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { Rpc, User } from '../support/rpc.ts';
import { fenceUser, field, limits, until, type World } from './world.ts';

/** The names in a list of contacts. */
const namesIn = (list: Value): (Value | undefined)[] =>
  Array.isArray(list) ? list.map((profile) => field(profile, 'userName')) : [];
const contactsOf = async (user: Rpc): Promise<(Value | undefined)[]> => namesIn(await user.call('contactList'));

/** Every notification about contacts so far. */
const heard = (user: Rpc): Value[][] =>
  user.received.flatMap((entry) =>
    'name' in entry && entry.name.startsWith('contact') ? [[entry.name, ...entry.params]] : [],
  );

const status = (userName: string, is: 'online' | 'offline'): [unknown] => [
  { userName, status: is, lastOnline: is === 'online' ? expect.anything() : expect.any(Number) },
];

/** Takes changes of status until this one. */
const untilStatus = (user: Rpc, of: string, is: 'online' | 'offline'): Promise<Value[]> =>
  until(user, 'contactStatusChanged', ([change]) => field(change, 'userName') === of && field(change, 'status') === is);

export function contactSuite(world: World): void {
  describe('contacts', () => {
    making(world);
    together(world);
    refusals(world);
    lists(world);
  });
  describe('profiles', () => profiles(world));
  describe('presence', () => {
    presence(world);
    hidden(world);
  });
}

function making(world: World): void {
  // The side that decides is the one whose name comes first.
  test.each([
    ['first', 'a', 'z'],
    ['last', 'z', 'a'],
  ])(
    'are made and ended on both sides by whoever comes %s, and all sockets are told but the one that asks',
    async (_, by, of) => {
      const adder = await world.login(0, world.fresh(by));
      const sibling = await world.login(1, adder.userName);
      const other = await world.login(1, world.fresh(of));
      const otherToo = await world.login(0, other.userName);
      const shown = { userName: other.userName, status: 'online', lastOnline: null };
      expect(await adder.call('contactAdd', other.userName)).toEqual(shown);
      const adderShown = { userName: adder.userName, status: 'online', lastOnline: null };
      for (const told of [other, otherToo]) expect(await told.next('contactAdded')).toEqual([adderShown]);
      expect(await sibling.next('contactAddedEcho')).toEqual([shown]);
      expect([await contactsOf(adder), await contactsOf(other)]).toEqual([[other.userName], [adder.userName]]);
      // Again, from either side: nobody is told.
      expect(await adder.call('contactAdd', other.userName)).toEqual(shown);
      expect(await other.call('contactAdd', adder.userName)).toEqual(adderShown);
      expect(await adder.call('contactRemove', other.userName)).toBeNull();
      for (const told of [other, otherToo]) expect(await told.next('contactRemoved')).toEqual([adder.userName]);
      expect(await sibling.next('contactRemovedEcho')).toEqual([other.userName]);
      expect(await other.call('contactRemove', adder.userName)).toBeNull();
      expect([await contactsOf(adder), await contactsOf(other)]).toEqual([[], []]);
      await fenceUser(sibling, adder);
      await fenceUser(otherToo, other);
      expect([heard(adder), heard(sibling).length, heard(other).length]).toEqual([[], 2, 2]);
    },
  );
}

function together(world: World): void {
  test('are added and removed at the same time from both sides, and both sides agree', async () => {
    const [one, other] = [await world.login(0), await world.login(1)];
    for (let round = 0; round < 30; round++) {
      await Promise.all([
        one.call('contactAdd', other.userName),
        other.call(round % 2 === 0 ? 'contactRemove' : 'contactAdd', one.userName),
      ]);
      await Promise.all([one.call('contactRemove', other.userName), other.call('contactAdd', one.userName)]);
      const [ofOne, ofOther] = [await contactsOf(one), await contactsOf(other)];
      expect([round, ofOne.length]).toEqual([round, ofOther.length]);
    }
  });

  test('are made with who is away, and none is ended with who is nobody', async () => {
    const [one, away] = [await world.login(0), await world.login(1)];
    await away.call('disconnect');
    await away.raw.closed;
    await eventually(async () =>
      expect(await one.call('profileGet', away.userName)).toMatchObject({ status: 'offline' }),
    );
    expect(await one.call('contactAdd', away.userName)).toEqual({
      userName: away.userName,
      status: 'offline',
      lastOnline: expect.any(Number),
    });
    const back = await world.login(0, away.userName);
    expect(await contactsOf(back)).toEqual([one.userName]);
    expect(await untilStatus(one, away.userName, 'online')).toEqual(status(away.userName, 'online'));
    for (const nobody of [world.fresh('nobody'), 'a:b', one.userName]) {
      expect(await one.call('contactRemove', nobody)).toBeNull();
    }
  });
}

function refusals(world: World): void {
  test('are refused by the lists of the other one, by a block of its own, to oneself and to nobody', async () => {
    const [one, other] = [await world.login(0), await world.login(1)];
    const refused = async (by: User, name: string, code: string): Promise<void> => {
      expect([name, await by.refusal('contactAdd', name)]).toEqual([name, expect.objectContaining({ code })]);
    };
    await refused(one, one.userName, 'notAllowed');
    for (const name of [world.fresh('nobody'), 'a:b']) await refused(one, name, 'noUser');
    await other.call('directAddToList', 'blacklist', [one.userName]);
    await refused(one, other.userName, 'notAllowed');
    await refused(other, one.userName, 'notAllowed');
    await other.call('directRemoveFromList', 'blacklist', [one.userName]);
    await other.call('directSetWhitelistMode', true);
    await refused(one, other.userName, 'notAllowed');
    await other.call('directAddToList', 'whitelist', [one.userName]);
    await one.call('contactAdd', other.userName);
    expect([await contactsOf(one), await contactsOf(other)]).toEqual([[other.userName], [one.userName]]);
  });

  test('are bounded for whoever adds and for whoever is added', async () => {
    const [full, last] = [await world.login(0), await world.login(1)];
    for (let i = 0; i < limits.contacts; i++) {
      await full.call('contactAdd', (await world.login(0)).userName);
    }
    const refusal = { code: 'listLimitExceeded', args: ['contacts'] };
    expect(await full.refusal('contactAdd', last.userName)).toMatchObject(refusal);
    expect(await last.refusal('contactAdd', full.userName)).toMatchObject(refusal);
    expect(await contactsOf(last)).toEqual([]);
    const [first] = await contactsOf(full);
    expect(await full.call('contactAdd', first ?? '')).toMatchObject({ userName: first });
  });
}

function lists(world: World): void {
  test('are listed whole, or page by page in the order of their names', async () => {
    const one = await world.login(0);
    const names: string[] = [];
    for (let i = 0; i < 4; i++) names.push((await world.login(1)).userName);
    for (const name of names) await one.call('contactAdd', name);
    const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await contactsOf(one)).toEqual(sorted);
    const first = await one.call('contactList', { limit: 3 });
    expect(first).toMatchObject({ count: 4, cursor: sorted[2] });
    expect(namesIn(field(first, 'contacts') ?? null)).toEqual(sorted.slice(0, 3));
    const second = await one.call('contactList', { cursor: sorted[2] ?? '' });
    expect(second).toMatchObject({ count: 4, cursor: null });
    expect(namesIn(field(second, 'contacts') ?? null)).toEqual(sorted.slice(3));
    expect(await one.call('contactList', {})).toMatchObject({ cursor: sorted[2] });
  });
}

function profiles(world: World): void {
  test('are merged from what is set, and seen by others', async () => {
    const [one, other] = [await world.login(0), await world.login(1)];
    expect(
      await one.call('profileSet', { fullName: 'One', tags: ['a', { deep: Uint8Array.of(1, 255) }], 7: true }),
    ).toBeNull();
    expect(await one.call('profileSet', { fullName: null, none: null, city: 'Rome' })).toBeNull();
    expect(await one.call('profileSet', {})).toBeNull();
    const shown = {
      userName: one.userName,
      status: 'online',
      lastOnline: null,
      tags: ['a', { deep: Uint8Array.of(1, 255) }],
      7: true,
      city: 'Rome',
    };
    expect(await one.call('profileGet')).toEqual(shown);
    expect(await other.call('profileGet', one.userName)).toEqual(shown);
    expect(await other.call('contactAdd', one.userName)).toEqual(shown);
    expect(await other.call('contactList')).toEqual([shown]);
    expect(await one.next('contactAdded')).toEqual([{ userName: other.userName, status: 'online', lastOnline: null }]);
    for (const name of [world.fresh('nobody'), 'a:b']) {
      expect(await one.refusal('profileGet', name)).toMatchObject({ code: 'noUser', args: [name] });
    }
  });

  test("have fields that are the service's, and a limit in bytes that counts all of them", async () => {
    const one = await world.login(0);
    for (const name of ['userName', 'status', 'lastOnline']) {
      expect(await one.refusal('profileSet', { [name]: 'x' })).toMatchObject({
        code: 'badArgument',
        args: [0, { [name]: 'x' }],
      });
    }
    expect(await one.call('profileSet', { first: 'x'.repeat(5000) })).toBeNull();
    const refusal = { code: 'quotaExceeded', args: ['profile'] };
    expect(await one.refusal('profileSet', { second: 'x'.repeat(5000) })).toMatchObject(refusal);
    expect(await one.call('profileSet', { first: null, second: 'x'.repeat(5000) })).toBeNull();
    expect(field(await one.call('profileGet'), 'first')).toBeUndefined();
  });
}

function presence(world: World): void {
  test('is told to contacts at the first socket and after the last, and to nobody else', async () => {
    const [one, other, stranger] = [await world.login(0), await world.login(1), await world.login(0)];
    await one.call('contactAdd', other.userName);
    const second = await world.login(0, other.userName);
    second.raw.close();
    await other.next('socketDisconnectEcho');
    other.raw.close();
    expect(await one.next('contactStatusChanged')).toEqual(status(other.userName, 'offline'));
    expect(await one.call('contactList')).toEqual(status(other.userName, 'offline'));
    expect(await one.call('usersOnline', [other.userName, stranger.userName, 'a:b', one.userName])).toEqual([
      stranger.userName,
      one.userName,
    ]);
    const back = await world.login(1, other.userName);
    expect(await one.next('contactStatusChanged')).toEqual(status(other.userName, 'online'));
    expect(await back.call('contactList')).toMatchObject([{ userName: one.userName, status: 'online' }]);
    await one.call('contactRemove', other.userName);
    await back.call('disconnect');
    await eventually(async () => expect(await one.call('usersOnline', [other.userName])).toEqual([]));
    const sibling = await world.login(1, one.userName);
    await fenceUser(sibling, one);
    expect(one.heard('contactStatusChanged')).toHaveLength(2);
    expect(stranger.heard('contactStatusChanged')).toEqual([]);
  });

  test('outlives the last socket by a grace that hides who comes back, but not an end on purpose', async () => {
    const patient = await world.addNode({ PARLEY_PRESENCE_GRACE_MS: '60000' });
    const one = await world.login(0);
    const other = await world.loginOn(patient);
    await one.call('contactAdd', other.userName);
    other.raw.terminate();
    // It has gone, as far as Redis knows.
    await eventually(async () =>
      expect(await one.call('contactList')).toMatchObject([{ status: 'online', lastOnline: expect.any(Number) }]),
    );
    expect(await one.call('usersOnline', [other.userName])).toEqual([other.userName]);
    const back = await world.loginOn(patient, other.userName);
    await back.call('disconnect');
    // Had it been told that the user went before, that would be the first thing.
    expect(await one.next('contactStatusChanged')).toEqual(status(other.userName, 'offline'));
    expect(one.heard('contactStatusChanged')).toHaveLength(1);
    const last = await world.loginOn(patient, other.userName);
    expect(await one.next('contactStatusChanged')).toEqual(status(last.userName, 'online'));
  });
}

function hidden(world: World): void {
  test('is hidden by a block, both ways, which keeps the contact', async () => {
    const [one, other] = [await world.login(0), await world.login(1)];
    await one.call('contactAdd', other.userName);
    await other.call('directAddToList', 'blacklist', [one.userName]);
    const away = { status: 'offline', lastOnline: null };
    for (const [by, of] of [
      [one, other],
      [other, one],
    ] as const) {
      expect(await by.call('contactList')).toEqual([{ userName: of.userName, ...away }]);
      expect(await by.call('profileGet', of.userName)).toMatchObject(away);
      expect(await by.call('usersOnline', [of.userName])).toEqual([]);
    }
    const watcher = await world.login(0);
    await other.call('contactAdd', watcher.userName);
    await other.call('disconnect');
    expect(await watcher.next('contactStatusChanged')).toEqual(status(other.userName, 'offline'));
    const back = await world.login(1, other.userName);
    expect(await watcher.next('contactStatusChanged')).toEqual(status(other.userName, 'online'));
    await one.call('contactAdd', watcher.userName);
    await one.call('disconnect');
    expect(await watcher.next('contactStatusChanged')).toEqual(status(one.userName, 'offline'));
    await fenceUser(await world.login(0, back.userName), back);
    expect([...one.heard('contactStatusChanged'), ...back.heard('contactStatusChanged')]).toEqual([]);
    await back.call('directRemoveFromList', 'blacklist', [one.userName]);
    expect(await contactsOf(back)).toContain(one.userName);
  });
}
