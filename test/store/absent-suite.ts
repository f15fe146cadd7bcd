// Whom of a room's members a message has to be told of otherwise: those who may read it and have no socket.
import { expect, test } from '@jest/globals';
import { AbsentStore } from '../../src/store/message/absent-store.ts';
import { useScope } from '../support/scope.ts';
import { join, post, room, starter } from './room-actions.ts';
import { frame, type OpenStore } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function absentSuite(open: OpenStore): void {
  const start = starter(open, scope);
  test('members are read with the message, those who may not read it and its author aside, and who has muted', async () => {
    const store = await start();
    const absents = new AbsentStore(store.commands, store.keys);
    const { roster, blacklist, bans, muted } = store.keys.room(room);
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

  test('at most 500 members are looked at, the first by name', async () => {
    const store = await start();
    const absents = new AbsentStore(store.commands, store.keys);
    await join(store, 'ann');
    await post(store, 'ann');
    const names = Array.from({ length: 600 }, (_, i) => `user-${String(i).padStart(3, '0')}`);
    await store.client.zadd(store.keys.room(room).roster, ...names.flatMap((name) => [0, name]));
    expect((await absents.read(room, 'ann', 1))?.readers).toEqual(names.slice(0, 500));
    await store.users.login('user-250', { socketId: 's1', nodeId: 'n1', echo: frame('in') });
    const expected = names.filter((name) => name !== 'user-250');
    expect(await absents.absentOf(names)).toEqual(expected);
  });
}
