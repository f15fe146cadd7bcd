// What was written to a user while no socket of it was there: asked for, pushed at a login, and marked as sent by that.
import { describe, expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { goAway, send, statusesOf } from './conversation-suite.ts';
import type { World } from './world.ts';

export function missedSuite(world: World): void {
  describe('what was missed', () => {
    asked(world);
    pushed(world);
    nothing(world);
  });
}

/** Two who write to somebody who is away; what they have sent. */
async function setUp(world: World): Promise<{ away: string; alice: User; carol: User; sent: Value[]; other: Value }> {
  const [alice, carol, bob] = [await world.login(0), await world.login(1), await world.login(1)];
  await send(alice, bob.userName, 'had');
  await alice.next('directMessageStatus');
  await goAway(world, bob);
  const sent: Value[] = [];
  for (const text of ['one', 'two', 'three']) sent.push(await send(alice, bob.userName, text));
  return { away: bob.userName, alice, carol, sent, other: await send(carol, bob.userName, 'hello') };
}

const asStored = (message: Value): ValueMap => ({ ...Object(message), status: 'not_sent' });

function asked(world: World): void {
  test('is given by whom it is of, as it was stored, and has come by that', async () => {
    const { away, alice, carol, sent, other } = await setUp(world);
    const [bob, bobToo] = [await world.login(1, away), await world.login(0, away)];
    expect(await bob.call('missedMessagesGet')).toEqual({
      [alice.userName]: sent.map(asStored),
      [carol.userName]: [asStored(other)],
    });
    expect(await alice.next('directMessageStatus')).toEqual([away, { status: 'sent', upToId: 4 }]);
    expect(await carol.next('directMessageStatus')).toEqual([away, { status: 'sent', upToId: 1 }]);
    await eventually(() => {
      expect(bobToo.heard('directMessageStatus')).toContainEqual([alice.userName, { status: 'sent', upToId: 4 }]);
      expect(bobToo.heard('directMessageStatus')).toContainEqual([carol.userName, { status: 'sent', upToId: 1 }]);
    });
    expect(bob.heard('directMessageStatus')).toEqual([]);
    for (const socket of [bob, bobToo]) expect(await socket.call('missedMessagesGet')).toEqual({});
    expect(statusesOf(await alice.call('directHistoryGet', away))).toEqual(Array(4).fill('sent'));
    // What comes now is live, and is not missed.
    await send(alice, away, 'live');
    expect(await alice.next('directMessageStatus')).toEqual([away, { status: 'sent', upToId: 5 }]);
    expect(await bob.call('missedMessagesGet')).toEqual({});
    expect(bob.heard('missedMessages')).toEqual([]);
  });
}

function pushed(world: World): void {
  test('is pushed to a login that asks for it, behind its session, and marked once the socket has it', async () => {
    const { away, alice, carol, sent, other } = await setUp(world);
    const push = { offlineMessages: 'push' };
    const bob = await world.login(1, away, undefined, { ...push, enableSync: true });
    const missed = { [alice.userName]: sent.map(asStored), [carol.userName]: [asStored(other)] };
    expect(bob.heard('missedMessages')).toEqual([[missed, { more: false }]]);
    const names = bob.received.map((entry) => ('name' in entry ? entry.name : entry.method));
    expect(names.slice(0, 4)).toEqual(['loginConfirmed', '$.group.restored', 'missedMessages', 'login']);
    expect(await alice.next('directMessageStatus')).toEqual([away, { status: 'sent', upToId: 4 }]);
    expect(await carol.next('directMessageStatus')).toEqual([away, { status: 'sent', upToId: 1 }]);
    await send(alice, away, 'live');
    expect(await bob.next('directMessage')).toMatchObject([{ text: 'live', id: 5 }]);
    expect(bob.heard('directMessage')).toHaveLength(1);
    // Nothing is missed any more, and nothing is said of that; nor to who does not ask.
    await alice.next('directMessageStatus');
    for (const credentials of [push, { offlineMessages: 'none' }, {}]) {
      const again = await world.login(0, away, undefined, credentials);
      await again.call('ping');
      expect(again.heard('missedMessages')).toEqual([]);
    }
    expect(await world.login(0, away).then((last) => last.call('missedMessagesGet'))).toEqual({});
  });
}

function nothing(world: World): void {
  test('is not what one has read, nor anything where nothing is kept', async () => {
    const { away, alice, carol } = await setUp(world);
    const bob = await world.login(1, away);
    await bob.call('directHistoryGet', alice.userName);
    await bob.call('directMessageRead', carol.userName, 1);
    expect(await bob.call('missedMessagesGet')).toEqual({});
    const live = await world.addNode({ PARLEY_DIRECT_MESSAGES: 'live' });
    const credentials = { userName: away, offlineMessages: 'push' };
    const elsewhere = await loginRpc(world.scope, live.url, away, { format: world.format, credentials });
    expect(await elsewhere.refusal('missedMessagesGet')).toMatchObject({ code: 'notAllowed' });
  });
}
