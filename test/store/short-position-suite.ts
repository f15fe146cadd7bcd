// Positions as they were before bytes and repeats were counted in them: read as positions that have counted nothing yet, by
// whatever reads or writes a log.
import { expect, test } from '@jest/globals';
import { roomTopic, userTopic } from '../../src/redis/keys.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { add } from './access-actions.ts';
import { expectChain, idsOf, join, leave, post, room, starter, type Start } from './room-actions.ts';
import { shortenPosition } from './short-position.ts';
import { frame, type OpenStore, type Store, type StoreOptions } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function shortPositionSuite(open: OpenStore): void {
  const start = starter(open, scope);
  rooms(start);
  bytes(start);
  users(start);
}

/** A room with three messages, one of which may be repeated, and an occupant. */
async function startShort(start: Start, options?: StoreOptions): Promise<Store> {
  const store = await start(options);
  await join(store, 'alice');
  for (const clientMessageId of ['c 1', 'c 2', 'c 3']) await post(store, 'alice', { clientMessageId });
  await shortenPosition(store.client, store.keys.room(room).meta);
  return store;
}

function rooms(start: Start): void {
  test('a room goes on with its ids, its chain of events, its history, and what is known of repeats', async () => {
    const store = await startShort(start);
    const published = await store.listen(roomTopic(room));
    const log = store.logOf('n1');
    const before = await log.readPosition(roomTopic(room));
    if (before === 'gone') throw new Error('the room is there');
    expect(before).toMatchObject({ id: 3, seq: 4 });
    expect(idsOf(await store.histories.read(room, rightsOf('alice'), undefined, 10))).toEqual([1, 2, 3]);

    expect(await post(store, 'alice', { clientMessageId: 'c 2' })).toMatchObject({ id: 2, repeated: true });
    expect(await post(store, 'alice', { clientMessageId: 'c 4' })).toMatchObject({ id: 4, repeated: false });
    const missed = await log.readAfter(roomTopic(room), before);
    expect(missed).toMatchObject({ at: { id: 4, seq: 5 }, events: [{ id: 4, prev: before.nonce }] });
    expect(await store.client.hstrlen(store.keys.room(room).meta, 'log')).toBe(126);
    const bob = { roomName: room, userName: 'bob', socketId: 'b', nodeId: 'n1' };
    const since = { epoch: before.epoch, id: 1, timestamp: undefined };
    const joined = await store.memberships.join(bob, frame('joined'), { since });
    if (typeof joined === 'string') throw new Error(joined);
    expect([joined.recovered, idsOf(joined.missed)]).toEqual([true, [2, 3, 4]]);
    await leave(store, 'alice');
    await eventually(() => expect(published.map(({ seq }) => seq)).toEqual([5, 6, 7]));
    expectChain(published);
  });

  test('the first event of a room may be any other than a message', async () => {
    const store = await startShort(start);
    await add(store, 'owner', 'whitelist', 'ann');
    expect(await store.logOf('n1').readPosition(roomTopic(room))).toMatchObject({ id: 3, seq: 5 });
    expect(await post(store, 'alice', { clientMessageId: 'c 3' })).toMatchObject({ id: 3, repeated: true });
    expect(await post(store, 'alice')).toMatchObject({ id: 4, seq: 6 });
  });
}

function bytes(start: Start): void {
  test('bytes are counted from there on, and what was kept before goes with the first trimming', async () => {
    const limit = 65_536;
    const store = await startShort(start, { historyMaxBytes: limit });
    for (let i = 0; i < 40; i++) await post(store, 'alice', { prefix: 'x'.repeat(1000) });
    expect(idsOf(await store.histories.read(room, rightsOf('alice'), 0, 1))).toEqual([1]);
    for (let i = 0; i < 40; i++) await post(store, 'alice', { prefix: 'x'.repeat(1000) });
    const entries = await store.client.xrangeBuffer(store.keys.room(room).history, '-', '+');
    const kept = entries.reduce((sum, [, fields]) => sum + (fields[1]?.length ?? 0), 0);
    expect(kept).toBeLessThanOrEqual(limit);
    expect(kept).toBeGreaterThan(limit * 0.6);
  });
}

function users(start: Start): void {
  test('a user logs in, is sent messages, and is told what there is', async () => {
    const store = await start();
    const { directs, client, keys } = store;
    await store.users.login('bob', { socketId: 'b 1', nodeId: 'n1', echo: frame('in') });
    await shortenPosition(client, keys.user('bob').meta);
    const before = await store.logOf('n1').readPosition(userTopic('bob'));
    if (before === 'gone') throw new Error('bob is there');
    const published = await store.listen(userTopic('bob'));
    expect(await store.users.login('bob', { socketId: 'b 2', nodeId: 'n1', echo: frame('in') })).toMatchObject({
      nconnected: 2,
    });
    await shortenPosition(client, keys.user('bob').meta);
    const message = { author: 'ann', rights: rightsOf('ann'), prefix: Buffer.from('prefix'), transient: false };
    const first = await directs.send('bob', { ...message, clientMessageId: 'c 1' });
    expect(first).toMatchObject({ repeated: false });
    await shortenPosition(client, keys.user('bob').meta);
    // What repeats are known by is named by the life, which stands elsewhere in that form.
    expect(await directs.send('bob', { ...message, clientMessageId: 'c 1' })).toMatchObject({ repeated: true });
    await store.users.notifyOthers('bob', '', Buffer.from('notice'));
    await eventually(() => expect(published.map(({ seq }) => seq - before.seq)).toEqual([1, 2, 3]));
    expect(published[0]?.prev).toBe(before.nonce);
    expectChain(published);
  });
}
