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

/** What somebody is given who has seen all three messages: ids of those that have changed, or that it cannot be had. */
async function changesFor(store: Store, epoch: string, known: Partial<Known>): Promise<unknown> {
  const who = { roomName: room, userName: 'carol', socketId: 'carol-1', nodeId: 'n1' };
  const since = { epoch, id: 3, timestamp: undefined, ...known };
  const joined = await store.memberships.join(who, frame('joined carol'), { since });
  if (typeof joined === 'string') throw new Error(joined);
  return joined.changesRecovered === true ? joined.changes?.map(({ id }) => id) : joined.changesRecovered;
}

/** Three messages, and the place of changes as another server has left it: last number, floor, their times, since when it made them. */
async function leftBy(
  server: string,
  place: (now: number) => number[],
): Promise<{ store: Store; epoch: string; now: number }> {
  const redis = await startRedis(scope);
  const store = await starter((owner, options) => openStore(owner, redis, options), scope)();
  const { at } = await join(store, 'alice');
  for (const textMessage of ['a', 'b', 'c']) await say(store, 'alice', { textMessage });
  await changed(store, 'a!', 1);
  const { changeAt: now } = await lastOf(store);
  const numbers = place(now);
  const packed = Buffer.alloc(8 * numbers.length);
  numbers.forEach((number, i) => packed.writeDoubleBE(number, 8 * i));
  await store.client.hset(store.keys.room(room).meta, 'change', Buffer.concat([packed, Buffer.from(server)]));
  return { store, epoch: at.epoch, now };
}

test('what an earlier build has noted, without times, is read', async () => {
  const { store, epoch } = await leftBy('', () => [1, 0]);
  expect(await changesFor(store, epoch, { change: 0 })).toEqual([1]);
  expect((await changed(store, 'b!', 2)).change).toBe(2);
  expect(await changesFor(store, epoch, { change: 1 })).toEqual([2]);
});

test('the last change of the former server stays known where many have changed', async () => {
  const { store, epoch, now } = await leftBy('another', (at) => [10_000, 0, at - 5000, 0, at - 100_000]);
  const { changed: numbers } = store.keys.room(room);
  const pipeline = store.client.pipeline();
  for (let number = 2; number <= 10_000; number++) pipeline.zadd(numbers, number, String(1_000_000 + number));
  await pipeline.exec();
  const known = { change: 10_000, changeAt: now - 5000 };
  expect(await changesFor(store, epoch, known)).toEqual([]);
  await changed(store, 'c!', 3);
  expect(await changesFor(store, epoch, known)).toEqual([3]);
  expect(await changesFor(store, epoch, { change: 9000, changeAt: now - 6000 })).toBe(false);
});

test('a server whose clock is behind the log is another one all the same', async () => {
  const { store, epoch, now } = await leftBy('another', (at) => [1, 0, at + 60_000, 0, at]);
  const { meta } = store.keys.room(room);
  const log = (await store.client.hgetBuffer(meta, 'log')) ?? Buffer.alloc(0);
  // Behind epoch, nonce, seq and id.
  expect(log.readDoubleBE(40)).toBe(now);
  log.writeDoubleBE(now + 60_000, 40);
  await store.client.hset(meta, 'log', log);
  await changed(store, 'b!', 2);
  await changed(store, 'c!', 3);
  // The second change that the other server has made, and lost.
  expect(await changesFor(store, epoch, { change: 2, changeAt: now + 60_200 })).toBe(false);
  expect(await changesFor(store, epoch, { change: 1, changeAt: now + 60_000 })).toEqual([2, 3]);
});

test('numbers of changes that Redis has lost and given again are not taken for those that somebody knows', async () => {
  const redis = await startRedis(scope);
  const before = await starter((owner, options) => openStore(owner, redis, { ...options, prefix: 'lost' }), scope)();
  const { at } = await join(before, 'alice');
  const { epoch } = at;
  for (const textMessage of ['a', 'b', 'c']) await say(before, 'alice', { textMessage });
  const recovered = (store: Store, known: Partial<Known>): Promise<unknown> => changesFor(store, epoch, known);

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
