// Members of a room who are not in it, and are to be told that something was said there: once in a while, whichever node asks.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { belong, setConduct } from './belonging-actions.ts';
import { join, post, room, starter } from './room-actions.ts';
import type { OpenStore } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function absentSuite(open: OpenStore): void {
  const start = starter(open, scope);

  test('are those who may come in and are not there, of each message once, where the room has such members', async () => {
    const store = await start();
    const take = (pauseMs = 1): ReturnType<typeof store.unreads.takeAbsent> => store.unreads.takeAbsent(room, pauseMs);
    expect(await store.unreads.takeAbsent('nowhere', 1)).toBe('noRoom');
    await belong(store, room, 'ann', 'bob', 'carol', 'eve');
    await join(store, 'ann');
    await post(store, 'ann', { prefix: 'one' });
    expect(await absents.read('nowhere', 'ann', 1)).toBeUndefined();
    expect(await absents.read(room, 'ann', 1)).toBeUndefined();
    for (const name of ['ann', 'bob', 'cid', 'dan', 'eve']) await store.client.zadd(roster, 0, name);
    await store.client.sadd(blacklist, 'cid', 'dan');
    await store.client.zadd(bans, Date.now() - 3_600_000, 'dan');
    await store.client.sadd(muted, 'eve', 'ann', 'cid');
    const found = await absents.read(room, 'ann', 1);
    expect(found).toMatchObject({ readers: ['bob', 'dan', 'eve'], muted: ['eve'] });
    expect(Buffer.from(found?.frame ?? '').toString('latin1')).toMatch(/^one/);
    expect((await absents.read(room, undefined, 1))?.readers).toEqual(['ann', 'bob', 'dan', 'eve']);
    expect(await absents.read(room, 'ann', 2)).toBeUndefined();
  });

  test('wait for the rest of a pause, and are told then of what was said last', async () => {
    const store = await start();
    await belong(store, room, 'ann', 'bob');
    await join(store, 'ann');
    await setConduct(store, room, { tellsMembers: 1 });
    await post(store, 'ann');
    expect(await store.unreads.takeAbsent(room, 60_000)).toMatchObject({ names: ['bob'] });
    await post(store, 'ann');
    const waits = Object(await store.unreads.takeAbsent(room, 60_000));
    expect(waits.names).toEqual([]);
    expect(waits.waitMs).toBeGreaterThan(0);
    expect(waits.waitMs).toBeLessThanOrEqual(60_000);
    // Where it were longer than a pause the clock was set back.
    expect(await store.unreads.takeAbsent(room, 1)).toMatchObject({ names: ['bob'] });
    await post(store, 'ann');
    const told = Buffer.alloc(16);
    told.writeDoubleBE(9e12);
    await store.client.hset(store.keys.room(room).meta, 'absentTold', told);
    expect(await store.unreads.takeAbsent(room, 60_000)).toMatchObject({ names: ['bob'] });
  });
}
