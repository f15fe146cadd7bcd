// Who may post in a room, and how often: what is told of it and to whom, what posts get, and bans that end by themselves.
import { describe, expect, test } from '@jest/globals';
import type { Rpc, User } from '../support/rpc.ts';
import { eventually } from '../support/eventually.ts';
import { about, fenceRoom, limits, type World } from './world.ts';

export function conductSuite(world: World): void {
  describe('silence', () => {
    silence(world);
    silenceRights(world);
    silenceRefusals(world);
    silenceEnds(world);
  });
  describe('slow mode', () => {
    slowMode(world);
    slowModeRights(world);
  });
  describe('a ban with an end', () => {
    bans(world);
    bansElsewhere(world);
  });
}

const LATE = 8_000_000_000_000;
const HOUR = 3_600_000;

/** Owner, admin and occupant of a new room that the owner is not in. */
async function cast(world: World): Promise<{ room: string; owner: User; admin: User; bob: User; mate: User }> {
  const [owner, admin, bob, mate] = [
    await world.login(0),
    await world.login(1),
    await world.login(0),
    await world.login(1),
  ];
  const room = await world.room(owner, admin, bob, mate);
  await owner.call('roomAddToList', room, 'adminlist', [admin.userName]);
  return { room, owner, admin, bob, mate };
}

const TOLD = ['roomSilenced', 'roomUnsilenced', 'roomSlowModeChanged'];

/** What a socket has heard of who may post. */
const heardOf = (receiver: Rpc, room: string): unknown[] =>
  about(receiver, room).filter(([name]) => typeof name === 'string' && TOLD.includes(name));

function silence(world: World): void {
  test('is told to the room and to who asks, before the answer, and holds for all that a user posts', async () => {
    const { room, owner, admin, bob, mate } = await cast(world);
    const bobToo = await world.login(1, bob.userName);
    expect(await owner.call('roomSilence', room, [bob.userName, 'zoe'])).toBeNull();
    const silenced = ['roomSilenced', room, [bob.userName, 'zoe'], null, owner.userName];
    // It has not joined, so there is nothing else that it could have heard it by.
    expect(heardOf(owner, room)).toEqual([silenced]);
    const refused = { code: 'silenced', args: [null], temporary: false };
    expect(await bob.refusal('roomMessage', room, {})).toMatchObject(refused);
    const { message } = await bob.refusal('roomMessage', room, {});
    expect(message).toBe('You may not post here: silenced for good.');
    for (const one of [bob, bobToo]) {
      expect(await one.refusal('roomMessage', room, { event: 'typing' }, { transient: true })).toMatchObject(refused);
    }
    expect(await mate.call('roomMessage', room, {})).toBe(1);
    // It hears and reads as ever, and nobody is taken out.
    expect(await bob.call('roomRecentHistory', room)).toHaveLength(1);
    expect(await admin.call('roomSilence', room, [bob.userName], { until: LATE })).toBeNull();
    expect(await bob.refusal('roomMessage', room, {})).toMatchObject({ code: 'silenced', args: [LATE] });
    expect((await bob.refusal('roomMessage', room, {})).message).toMatch(/: silenced until 2223-\d\d-\d\dT[\d:.]+Z\.$/);
    expect(await admin.call('roomUnsilence', room, [bob.userName, 'yan'])).toBeNull();
    expect(await admin.call('roomUnsilence', room, [bob.userName, 'yan'])).toBeNull();
    expect(await bob.call('roomMessage', room, {})).toBe(2);
    const told = [
      silenced,
      ['roomSilenced', room, [bob.userName], LATE, admin.userName],
      ['roomUnsilenced', room, [bob.userName, 'yan'], admin.userName],
    ];
    await fenceRoom(mate, room, mate, bob, admin);
    for (const one of [mate, bob, admin]) expect(heardOf(one, room)).toEqual(told);
    // It has heard of its own request only, once.
    expect(heardOf(owner, room)).toEqual([silenced]);
    expect(heardOf(bobToo, room)).toEqual([]);
    const order = admin.received.map((entry) => ('name' in entry ? entry.name : `${entry.method} answered`));
    expect(order.lastIndexOf('roomUnsilenced')).toBeLessThan(order.indexOf('roomUnsilence answered'));
  });
}

function silenceRights(world: World): void {
  test('is for the owner and admins, of admins for the owner, and never of the owner', async () => {
    const { room, owner, admin, bob, mate } = await cast(world);
    const notAllowed = { code: 'notAllowed', args: [] };
    for (const request of ['roomSilence', 'roomUnsilence']) {
      expect(await bob.refusal(request, room, ['zoe'])).toMatchObject(notAllowed);
      expect(await admin.refusal(request, room, ['zoe', admin.userName])).toMatchObject(notAllowed);
      expect(await admin.refusal(request, room, [owner.userName])).toMatchObject(notAllowed);
    }
    const { message } = await owner.refusal('roomSilence', room, [bob.userName, owner.userName]);
    expect(message).toBe('Not allowed: the owner cannot be silenced.');
    expect(await owner.call('roomSilence', room, [admin.userName])).toBeNull();
    expect(await admin.refusal('roomMessage', room, {})).toMatchObject({ code: 'silenced' });
    expect(await admin.refusal('roomUnsilence', room, [admin.userName])).toMatchObject(notAllowed);
    const stranger = await world.login(0);
    expect(await stranger.refusal('roomSilencedGet', room)).toMatchObject({ code: 'notJoined', args: [room] });
    for (const reader of [owner, admin, bob, mate]) {
      expect(await reader.call('roomSilencedGet', room)).toEqual({
        silenced: [{ userName: admin.userName, until: null }],
        cursor: null,
      });
    }
  });
}

function silenceRefusals(world: World): void {
  test('is refused where a name is not valid, or there are too many; nobody is nobody', async () => {
    const { room, owner, bob } = await cast(world);
    const none = world.fresh('none');
    for (const request of ['roomSilence', 'roomUnsilence']) {
      expect(await owner.refusal(request, none, ['a'])).toMatchObject({ code: 'noRoom', args: [none] });
      expect(await owner.refusal(request, room, ['a', ':'])).toMatchObject({ code: 'invalidName', args: [':'] });
      expect(await owner.call(request, room, [])).toBeNull();
    }
    expect(await owner.refusal('roomSilencedGet', none)).toMatchObject({ code: 'noRoom', args: [none] });
    const names = Array.from({ length: limits.roomListSize }, (_, i) => `n${i}`);
    const tooMany = { code: 'listLimitExceeded', args: ['silenced'] };
    expect(await owner.refusal('roomSilence', room, [...names, 'more'])).toMatchObject(tooMany);
    expect(heardOf(owner, room)).toEqual([]);
    expect(await owner.call('roomSilence', room, names)).toBeNull();
    expect(await owner.refusal('roomSilence', room, ['more'], { until: LATE })).toMatchObject(tooMany);
    expect(await owner.refusal('roomSilence', room, ['a'], { until: 'never' })).toMatchObject({ code: 'badArgument' });
    const bad = { cursor: 'x' };
    expect(await bob.refusal('roomSilencedGet', room, bad)).toMatchObject({ code: 'badArgument', args: [1, bad] });
    const found = new Set<string>();
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { silenced: { userName: string }[]; cursor: string | null } = Object(
        await bob.call('roomSilencedGet', room, { limit: 2, ...(cursor === '' ? {} : { cursor }) }),
      );
      for (const { userName } of page.silenced) found.add(userName);
      cursor = page.cursor;
    }
    expect([...found].toSorted()).toEqual(names);
  });
}

function silenceEnds(world: World): void {
  test('ends by itself; a time that is past ends it, and one beyond all dates is for good', async () => {
    const { room, owner, bob } = await cast(world);
    expect(await owner.call('roomSilence', room, [bob.userName], { until: Date.now() + 300 })).toBeNull();
    await eventually(async () => expect(await bob.call('roomMessage', room, {})).toBe(1));
    expect(await owner.call('roomSilencedGet', room)).toEqual({ silenced: [], cursor: null });
    expect(await owner.call('roomSilence', room, [bob.userName], { until: Number.MAX_SAFE_INTEGER })).toBeNull();
    expect(heardOf(owner, room).at(-1)).toEqual(['roomSilenced', room, [bob.userName], null, owner.userName]);
    expect(await bob.refusal('roomMessage', room, {})).toMatchObject({ code: 'silenced', args: [null] });
    expect(await owner.call('roomSilence', room, [bob.userName], { until: 1000 })).toBeNull();
    expect(heardOf(owner, room).at(-1)).toEqual(['roomSilenced', room, [bob.userName], 1000, owner.userName]);
    expect(await bob.call('roomMessage', room, {})).toBe(2);
  });
}

function slowMode(world: World): void {
  test('makes each wait between two messages, on whatever node, but for the owner and admins', async () => {
    const { room, owner, admin, bob, mate } = await cast(world);
    const bobToo = await world.login(1, bob.userName);
    await owner.call('roomJoin', room);
    expect(await admin.call('roomSlowModeSet', room, HOUR)).toBeNull();
    expect(await bob.call('roomMessage', room, {}, { clientMessageId: 'one' })).toBe(1);
    for (const one of [bob, bobToo]) {
      const refused = await one.refusal('roomMessage', room, {});
      expect(refused).toMatchObject({ code: 'tooManyRequests', args: [], temporary: true });
      expect(refused.retryAfterMs).toBeGreaterThan(HOUR - 120_000);
      expect(refused.retryAfterMs).toBeLessThanOrEqual(HOUR);
      expect(refused.message).toMatch(/^Too many requests: .* slow mode, and the next message is due in \d+ s\.$/);
      expect(await one.call('roomMessage', room, {}, { clientMessageId: 'one' })).toBe(1);
      expect(await one.call('roomMessage', room, { event: 'typing' }, { transient: true })).toBeNull();
    }
    expect(await mate.call('roomMessage', room, {})).toBe(2);
    for (const [i, one] of [owner, admin, owner, admin].entries()) {
      expect(await one.call('roomMessage', room, {})).toBe(3 + i);
    }
    expect(await owner.call('roomSlowModeSet', room, 0)).toBeNull();
    expect(await bob.call('roomMessage', room, {})).toBe(7);
    await fenceRoom(mate, room, mate);
    expect(heardOf(mate, room)).toEqual([
      ['roomSlowModeChanged', room, HOUR, admin.userName],
      ['roomSlowModeChanged', room, 0, owner.userName],
    ]);
  });
}

function slowModeRights(world: World): void {
  test('is set by the owner and admins, within bounds; who asks from outside hears it', async () => {
    const { room, owner, bob } = await cast(world);
    expect(await bob.refusal('roomSlowModeSet', room, 1000)).toMatchObject({ code: 'notAllowed' });
    expect(await owner.refusal('roomSlowModeSet', room, -1)).toMatchObject({ code: 'badArgument', args: [1, -1] });
    expect(await owner.refusal('roomSlowModeSet', room, 86_400_001)).toMatchObject({ code: 'badArgument' });
    const none = world.fresh('none');
    expect(await owner.refusal('roomSlowModeSet', none, 1)).toMatchObject({ code: 'noRoom', args: [none] });
    expect(await owner.call('roomSlowModeSet', room, 200)).toBeNull();
    expect(heardOf(owner, room)).toEqual([['roomSlowModeChanged', room, 200, owner.userName]]);
    expect(await bob.call('roomMessage', room, {})).toBe(1);
    await eventually(async () => expect(await bob.call('roomMessage', room, {})).toBe(2));
  });
}

function bans(world: World): void {
  test('takes out who is banned, is told with its end, and lets it in again at that time without a word', async () => {
    const { room, owner, bob, mate } = await cast(world);
    // Longer than a busy machine stands still: it has to take bob out before it ends.
    const until = Date.now() + 5000;
    expect(await owner.call('roomAddToList', room, 'blacklist', [bob.userName], { until })).toBeNull();
    expect(await bob.next('roomAccessRemoved')).toEqual([room]);
    expect(await owner.call('roomAddToList', room, 'blacklist', ['zoe'])).toBeNull();
    await eventually(async () => expect(await bob.call('roomJoin', room)).toBe(1));
    expect(await owner.call('roomGetAccessList', room, 'blacklist')).toEqual(['zoe']);
    expect(await owner.call('roomGetAccessList', room, 'blacklist', {})).toMatchObject({ names: ['zoe'], count: 1 });
    await fenceRoom(mate, room, mate);
    expect(
      about(mate, room).filter(([name]) => name === 'roomAccessListAdded' || name === 'roomAccessListRemoved'),
    ).toEqual([
      ['roomAccessListAdded', room, 'adminlist', expect.anything()],
      ['roomAccessListAdded', room, 'blacklist', [bob.userName], until],
      ['roomAccessListAdded', room, 'blacklist', ['zoe']],
    ]);
    expect(about(mate, room).filter(([name, , who]) => name === 'roomUserLeft' && who === bob.userName)).toHaveLength(
      1,
    );
  });
}

function bansElsewhere(world: World): void {
  test('is of the blacklist only', async () => {
    const { room, owner, bob } = await cast(world);
    const options = { until: LATE };
    const bad = { code: 'badArgument', args: [3, options] };
    for (const list of ['adminlist', 'whitelist', 'userlist']) {
      expect(await owner.refusal('roomAddToList', room, list, ['zoe'], options)).toMatchObject(bad);
    }
    expect(await owner.refusal('roomRemoveFromList', room, 'blacklist', ['zoe'], options)).toMatchObject(bad);
    expect(await bob.refusal('roomAddToList', room, 'blacklist', ['zoe'], options)).toMatchObject({
      code: 'notAllowed',
    });
  });
}
