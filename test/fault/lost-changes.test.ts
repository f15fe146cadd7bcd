// A Redis that lost the last changes of messages and has given their numbers again, while nobody followed the room: who comes back from
// before is told plainly that it does not have what is there now, and whoever has is given what it missed.
import { expect, test } from '@jest/globals';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { react, say, update } from '../store/change-actions.ts';
import { join, room, starter } from '../store/room-actions.ts';
import { frame, openStore, type Store } from '../store/store.ts';

const scope = useScope();

/** A change as somebody was told of it. */
interface Known {
  readonly change: number;
  readonly changeAt: number;
}

/** That of message 1, made now, told to who is there. */
async function changed(store: Store, textMessage: string, id = 1): Promise<Known> {
  expect(await update(store, 'alice', id, { textMessage })).toMatchObject({ timestamp: expect.any(Number) });
  return lastOf(store);
}

async function lastOf(store: Store): Promise<Known> {
  const { lastChange: change, lastChangeAt: changeAt } = await join(store, 'alice');
  return { change, changeAt };
}

test('numbers of changes that Redis has lost and given again are not taken for those that somebody knows', async () => {
  const redis = await startRedis(scope);
  const before = await starter((owner, options) => openStore(owner, redis, { ...options, prefix: 'lost' }), scope)();
  const { at } = await join(before, 'alice');
  const { epoch } = at;
  for (const textMessage of ['a', 'b', 'c']) await say(before, 'alice', { textMessage });
  const idOfLast = 3;
  const recovered = async (store: Store, known: Partial<Known>): Promise<unknown> => {
    const who = { roomName: room, userName: 'carol', socketId: 'carol-1', nodeId: 'n1' };
    const since = { epoch, id: idOfLast, timestamp: undefined, ...known };
    const joined = await store.memberships.join(who, frame('joined carol'), { since });
    if (typeof joined === 'string') throw new Error(joined);
    return joined.changesRecovered === true ? joined.changes?.map(({ id }) => id) : joined.changesRecovered;
  };

  const first = await changed(before, 'a!', 1);
  const kept = await changed(before, 'b!', 2);
  expect(await recovered(before, first)).toEqual([2]);
  await redis.client().save();
  const lost = [await changed(before, 'c!', 3), await changed(before, 'a?', 1), await changed(before, 'b?', 2)];
  expect(lost.map(({ change }) => change)).toEqual([3, 4, 5]);
  await redis.kill();
  await redis.restart();

  const store = await openStore(scope, redis, { prefix: 'lost' });
  expect(await recovered(store, kept)).toEqual([]);
  for (const known of lost) expect(await recovered(store, known)).toBe(false);
  // Another message than the one whose change had that number.
  const again = await changed(store, 'b again', 2);
  expect(again.change).toBe(3);
  for (const known of lost) expect(await recovered(store, known)).toBe(false);
  expect(await recovered(store, again)).toEqual([]);
  expect(await recovered(store, kept)).toEqual([2]);
  await changed(store, 'c again', 3);
  await react(store, 'alice', 3);
  const last = await lastOf(store);
  expect(last.change).toBe(5);
  for (const known of lost) expect(await recovered(store, known)).toBe(false);
  expect(await recovered(store, again)).toEqual([3]);
  expect(await recovered(store, last)).toEqual([]);
  // Of what the other server has made only the last is vouched for.
  expect(await recovered(store, kept)).toEqual([2, 3]);
  expect(await recovered(store, first)).toBe(false);
  // Whoever does not say when is believed.
  expect(await recovered(store, { change: 3 })).toEqual([3]);
});
