// Members of a room who are not in it, and are to be told that something was said there: once in a while, whichever node asks.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { belong, setConduct } from './belonging-actions.ts';
import { join, post, room, starter } from './room-actions.ts';
import type { OpenStore } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function unjoinedSuite(open: OpenStore): void {
  const start = starter(open, scope);

  test('are those who may come in and are not there, of each message once, where the room has such members', async () => {
    const store = await start();
    const take = (pauseMs = 1): ReturnType<typeof store.unreads.takeAbsent> => store.unreads.takeAbsent(room, pauseMs);
    expect(await store.unreads.takeAbsent('nowhere', 1)).toBe('noRoom');
    await belong(store, room, 'ann', 'bob', 'carol', 'eve');
    await join(store, 'ann');
    await setConduct(store, room, { tellsMembers: 1 });
    await store.client.sadd(store.keys.room(room).blacklist, 'eve');
    expect(await take()).toBe('told');
    expect(await post(store, 'ann')).toMatchObject({ id: 1, mentioned: undefined, tellsMembers: true });
    expect(await take()).toEqual({ waitMs: 0, names: ['bob', 'carol'] });
    expect(await take()).toBe('told');
    await join(store, 'bob');
    await post(store, 'ann');
    await eventually(async () => expect(await take()).toEqual({ waitMs: 0, names: ['carol'] }));
    // All are there, or it has too many members.
    await join(store, 'carol');
    await post(store, 'ann');
    expect(await take()).toBe('told');
    await setConduct(store, room, { tellsMembers: 0 });
    expect(await post(store, 'ann')).toMatchObject({ id: 4, tellsMembers: undefined });
    expect(await take()).toBe('told');
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
