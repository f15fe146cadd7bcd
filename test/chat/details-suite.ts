// What a client needs to know of its user, in one reply: what its parts give by themselves.
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { chat, startDevice } from './device.ts';
import { goAway, send } from './conversation-suite.ts';
import { limits, type World } from './world.ts';

export function detailsSuite(world: World): void {
  describe('the details of a user', () => {
    whole(world);
    left(world);
  });
}

function whole(world: World): void {
  test('are its profile, contacts, what it missed and has not read, and its session', async () => {
    const [alice, bob] = [await world.login(0), await startDevice(world, 1)];
    const room = await world.room(alice, alice);
    expect(await bob.call('userDetails')).toEqual({
      user: await bob.call('profileGet'),
      contacts: [],
      missed: {},
      unread: [],
      session: { custom: {} },
      more: {},
    });
    await bob.call('profileSet', { fullName: 'Bob B.' });
    await bob.call('roomJoin', room);
    await bob.call('contactAdd', alice.userName);
    await goAway(world, bob);
    await eventually(async () => expect(await alice.call('usersOnline', [bob.userName])).toEqual([]));
    const message = await send(alice, bob.userName, 'hello');
    await alice.call('roomMessage', room, { text: 'hello' });
    const back = await world.login(0, bob.userName);
    const details = await back.call('userDetails');
    expect(details).toEqual({
      user: { userName: bob.userName, status: 'online', lastOnline: expect.any(Number), fullName: 'Bob B.' },
      contacts: [{ userName: alice.userName, status: 'online', lastOnline: null }],
      missed: { [alice.userName]: [{ ...Object(message), status: 'not_sent' }] },
      unread: expect.arrayContaining([
        { userName: alice.userName, unread: 1, mentioned: false, last: message },
        { roomName: room, unread: 1, mentioned: false, last: expect.objectContaining({ text: 'hello', id: 1 }) },
      ]),
      session: { custom: { [room]: chat(room) } },
      more: {},
    });
    // What was missed has come by that, and its author is told.
    expect(await alice.next('directMessageStatus')).toEqual([bob.userName, { status: 'sent', upToId: 1 }]);
    expect(await back.call('missedMessagesGet')).toEqual({});
    expect(await back.call('userDetails')).toMatchObject({ missed: {}, unread: [{ unread: 1 }, { unread: 1 }] });
  });
}

function left(world: World): void {
  test('say what is left out of them', async () => {
    const bob = await world.login(1);
    const others = [];
    for (let i = 0; i < limits.contacts; i++) others.push(await world.login(0));
    for (const { userName } of others) await bob.call('contactAdd', userName);
    const names = others.map(({ userName }) => userName).toSorted();
    const details = Object(await bob.call('userDetails'));
    // A page of names ends there.
    expect(details.more).toEqual({ contacts: names[limits.userlistPage - 1] });
    expect(details.contacts).toHaveLength(limits.userlistPage);
    await eventually(async () => {
      expect(await bob.call('contactList', { cursor: details.more.contacts })).toMatchObject({
        contacts: [{ userName: names.at(-1) }],
        cursor: null,
      });
    });
  });
}
