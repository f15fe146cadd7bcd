// Wills: what is posted for a socket that goes without a word.
import { describe, expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { User } from '../support/rpc.ts';
import { about, fenceRoom, field, limits, type World } from './world.ts';

const close = async (user: User): Promise<void> => {
  user.raw.close(1000);
  await user.raw.closed;
};

const textOf = (message: Value | undefined): string => {
  const text = field(message, 'text');
  return typeof text === 'string' ? text : 'no text';
};

/** What a room has been told of messages and leaves, in order. */
const told = (user: User, room: string): string[] =>
  about(user, room).flatMap(([name, , what]) =>
    name === 'roomMessage'
      ? [textOf(what)]
      : name === 'roomUserLeft'
        ? [`${typeof what === 'string' ? what : ''} left`]
        : [],
  );

/** Resolves once a witness has seen a user leave these rooms, which it does in any order. */
async function seenToLeave(witness: User, userName: string, ...rooms: string[]): Promise<void> {
  for (const room of rooms) await eventually(() => expect(told(witness, room)).toContain(`${userName} left`));
}

export function willSuite(world: World): void {
  describe('a will', () => {
    posted(world);
    notPosted(world);
    inBounds(world);
    refused(world);
  });
}

function posted(world: World): void {
  test('is posted once when its socket goes without a word, before its user is seen to leave; the last one', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const [name, other] = [await world.room(alice, alice, bob), await world.room(bob, bob, alice)];
    expect(await alice.call('roomMessage', other, { text: 'first' }, { will: true })).toBeNull();
    const will = { text: 'bye', type: 'will', author: 'eve', id: 9 };
    const options = { will: true, clientMessageId: 'c', mentions: [bob.userName] };
    expect(await alice.call('roomMessage', name, will, options)).toBeNull();
    expect(await alice.call('roomMessage', name, { text: 'now' })).toBe(1);
    await close(alice);
    await seenToLeave(bob, alice.userName, name, other);
    await fenceRoom(bob, name, bob);
    expect(told(bob, name)).toEqual(['now', 'bye', `${alice.userName} left`]);
    await fenceRoom(bob, other, bob);
    expect(told(bob, other)).toEqual([`${alice.userName} left`]);
    expect(await bob.call('roomRecentHistory', name)).toMatchObject([
      { id: 2, text: 'bye', type: 'will', author: alice.userName, mentions: [bob.userName] },
      { id: 1, text: 'now' },
    ]);
  });

  test('of each of a user’s sockets is its own, and may be transient', async () => {
    const [bob, one, two] = [await world.login(0), await world.login(0), await world.login(1)];
    const twin = await world.login(1, one.userName);
    const name = await world.room(bob, bob, one, two);
    await one.call('roomMessage', name, { text: 'of one' }, { will: true, transient: true });
    await twin.call('roomMessage', name, { text: 'of its twin' }, { will: true });
    await close(twin);
    expect(field((await bob.next('roomMessage'))[1], 'text')).toBe('of its twin');
    await close(one);
    const last = (await bob.next('roomMessage'))[1];
    expect([field(last, 'text'), field(last, 'id')]).toEqual(['of one', undefined]);
  });
}

function notPosted(world: World): void {
  test('is not posted after `disconnect()`, nor where its user may not post by then', async () => {
    const [bob, polite, banned] = [await world.login(0), await world.login(1), await world.login(1)];
    const name = await world.room(bob, bob, polite, banned);
    for (const user of [polite, banned]) await user.call('roomMessage', name, { text: 'bye' }, { will: true });
    await polite.call('disconnect');
    await polite.raw.closed;
    await seenToLeave(bob, polite.userName, name);
    await bob.call('roomAddToList', name, 'blacklist', [banned.userName]);
    const witness = await world.login(0, banned.userName);
    await close(banned);
    await witness.next('socketDisconnectEcho');
    await fenceRoom(bob, name, bob);
    expect(told(bob, name).filter((what) => what === 'bye')).toEqual([]);
  });
}

function inBounds(world: World): void {
  test('is judged by what bounds its room: when it is given, and when it is posted; slow mode does not hold it up', async () => {
    const [owner, ann, bob] = [await world.login(0), await world.login(1), await world.login(1)];
    const [silent, slow] = [await world.room(owner, owner, ann, bob), await world.room(owner, owner, ann, bob)];
    const will = (user: User, room: string): Promise<Value> =>
      user.call('roomMessage', room, { text: `will of ${user.userName}` }, { will: true });
    await will(ann, silent);
    await owner.call('roomSlowModeSet', slow, 60_000);
    await bob.call('roomMessage', slow, { text: 'now' });
    await will(bob, slow);
    await owner.call('roomSilence', silent, [ann.userName]);
    expect(await ann.refusal('roomMessage', silent, {}, { will: true })).toMatchObject({ code: 'silenced' });
    for (const user of [ann, bob]) await close(user);
    for (const user of [ann, bob]) await seenToLeave(owner, user.userName, silent, slow);
    for (const room of [silent, slow]) await fenceRoom(owner, room, owner);
    expect(told(owner, silent).filter((what) => what.startsWith('will'))).toEqual([]);
    // When ann leaves, beside it, says nothing of bob.
    const ofBob = told(owner, slow).filter((what) => what !== `${ann.userName} left`);
    expect(ofBob.slice(0, 2)).toEqual(['now', `will of ${bob.userName}`]);
  });
}

function refused(world: World): void {
  test('is kept only where its user may post just now, and as long as a message may be', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const name = await world.room(alice, alice);
    const refusal = (user: User, room: string, text = 'bye', options = {}): ReturnType<User['refusal']> =>
      user.refusal('roomMessage', room, { text }, { will: true, ...options });
    expect(await refusal(bob, name)).toMatchObject({ code: 'notJoined' });
    expect(await refusal(bob, 'nowhere')).toMatchObject({ code: 'noRoom' });
    expect(await refusal(alice, name, 'x'.repeat(limits.messageBytes))).toMatchObject({ code: 'messageTooLarge' });
    await bob.call('roomJoin', name);
    expect(await refusal(bob, name, 'bye', { mentionAll: true })).toMatchObject({ code: 'notAllowed' });
    await close(bob);
    await seenToLeave(alice, bob.userName, name);
    expect(told(alice, name)).toEqual([`${bob.userName} left`]);
  });
}
