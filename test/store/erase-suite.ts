// Erasing what one user wrote to rooms: tombstones take its place, whoever reads it, and nothing of it is left in Redis.
import { expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import { rewriteHistory } from '../../src/store/authored/authored-scripts.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { useScope } from '../support/scope.ts';
import { write } from './authored-suite.ts';
import { keysWith, MARKER, saidIn } from './erase-actions.ts';
import { idsOf, room, starter } from './room-actions.ts';
import { roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const whole = async (store: Store): Promise<string[]> => saidIn(await store.histories.read(room, SERVICE, 0, 1000));

/** What a later post has before it is what it was. */
async function talk(store: Store, authors: string, text = 'hi'): Promise<void> {
  for (const letter of authors) await write(store, letter === 'a' ? 'ann' : letter, { text: `${letter} ${text}` });
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function eraseSuite(open: OpenStore): void {
  const start = starter(open, scope);
  rooms(start);
  readers(start);
  copies(start);
  bounds(start);
}

type Start = ReturnType<typeof starter>;

function rooms(start: Start): void {
  test('tombstones take the place of messages: ids and order stay, and others keep theirs', async () => {
    const store = await start();
    await talk(store, 'aabaab', MARKER);
    await store.authored.eraseInRoom(room, 'ann');
    expect(await whole(store)).toEqual([
      '1 erased',
      '2 erased',
      `3 b ${MARKER}`,
      '4 erased',
      '5 erased',
      `6 b ${MARKER}`,
    ]);
    expect(saidIn(await store.histories.read(room, SERVICE, undefined, 3))).toEqual([
      '4 erased',
      '5 erased',
      `6 b ${MARKER}`,
    ]);
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ lastId: 6, oldestId: 1 });
    await store.authored.eraseInRoom(room, 'b');
    expect(await whole(store)).toEqual(Array.from({ length: 6 }, (_, i) => `${i + 1} erased`));
    expect(await keysWith(store.client, store.keys.prefix, MARKER)).toEqual([]);
    // Again, and where nothing is: nothing changes.
    const { client, keys } = store;
    const before = await client.zrange(keys.room(room).latest, '0', '-1');
    for (const author of ['ann', 'b', 'nobody']) await store.authored.eraseInRoom(room, author);
    await store.authored.eraseInRoom('nowhere', 'ann');
    expect(await client.zrange(keys.room(room).latest, '0', '-1')).toEqual(before);
    await talk(store, 'c');
    expect((await whole(store)).slice(-2)).toEqual(['6 erased', '7 c hi']);
    expect(await client.exists(keys.room(room).rewritten)).toBe(0);
  });
}

function readers(start: Start): void {
  test('who comes back with a position, and a node that mends its feed, get them in their places', async () => {
    const store = await start();
    const log = store.logOf('n1');
    const at = await log.readPosition(roomTopic(room));
    if (at === 'gone') throw new Error(at);
    await talk(store, 'baab');
    await store.authored.eraseInRoom(room, 'ann');
    const read = await log.readAfter(roomTopic(room), at);
    if (read === 'gone') throw new Error(read);
    expect(saidIn(read.events)).toEqual(['1 b hi', '2 erased', '3 erased', '4 b hi']);
    for (const [i, event] of read.events.entries()) {
      const before = read.events[i - 1];
      if (before !== undefined) expect([event.seq, event.prev]).toEqual([before.seq + 1, before.nonce]);
    }
    const [, second, third] = read.events;
    const joined = await store.memberships.join(
      { roomName: room, userName: 'zoe', socketId: 'z1', nodeId: 'n1' },
      Buffer.from('in'),
      { since: { epoch: at.epoch, id: 2, timestamp: second?.timestamp } },
    );
    if (typeof joined === 'string') throw new Error(joined);
    expect([joined.recovered, saidIn(joined.missed)]).toEqual([true, ['3 erased', '4 b hi']]);
    expect(third?.kind).toBe('message');
  });

  test('any page of a room reads as one in which everything is in one place', async () => {
    const store = await start();
    const authors = Array.from({ length: 80 }, (_, i) => 'abc'[(i * i + (i >> 2)) % 3] ?? 'a');
    await talk(store, authors.join(''));
    const erased = new Set<string>();
    for (const gone of ['a', 'c', 'b']) {
      await store.authored.eraseInRoom(room, gone === 'a' ? 'ann' : gone);
      erased.add(gone);
      const model = authors.map((letter, i) => (erased.has(letter) ? `${i + 1} erased` : `${i + 1} ${letter} hi`));
      for (const [after, limit] of [
        [0, 80],
        [0, 1],
        [7, 9],
        [11, 8],
        [40, 33],
        [79, 5],
      ] as const) {
        expect(saidIn(await store.histories.read(room, SERVICE, after, limit))).toEqual(
          model.slice(after, after + limit),
        );
      }
      for (const limit of [1, 8, 9, 30]) {
        expect(saidIn(await store.histories.read(room, SERVICE, undefined, limit))).toEqual(model.slice(-limit));
      }
    }
  });
}

function copies(start: Start): void {
  test('a stream is written anew page by page, while posts come, and begins again where more is taken out', async () => {
    const store = await start();
    const { commands, keys, client } = store;
    await talk(store, 'bbabb'.repeat(20), MARKER);
    const step = (pageMax = 50): Promise<boolean | string> =>
      commands.run(rewriteHistory, keys.room(room), { pageMax, bytesMax: 1 << 20 });
    expect(await commands.run(rewriteHistory, keys.room('nowhere'), { pageMax: 1, bytesMax: 1 })).toBe('gone');
    expect(await step()).toBe(false);
    // As it is right behind the first half of an erasure.
    await store.authored.eraseInRoom(room, 'ann');
    await client.hset(keys.room(room).meta, 'dirty', '1');
    expect(await step()).toBe(true);
    await talk(store, 'c');
    await store.authored.eraseInRoom(room, 'c');
    expect(await client.hexists(keys.room(room).meta, 'dirty')).toBe(0);
    await client.hset(keys.room(room).meta, 'dirty', '1');
    let posts = 0;
    for (let more: boolean | string = true; more === true; posts++) {
      more = await step();
      await talk(store, 'd');
    }
    expect(posts).toBeGreaterThan(1);
    const all = await whole(store);
    expect(all).toHaveLength(101 + posts);
    expect(all.filter((one) => one.endsWith('erased'))).toHaveLength(21);
    expect(await client.pttl(keys.room(room).history)).toBe(-1);
    expect(await client.xlen(keys.room(room).history)).toBe(80 + posts);
  });

  test('a room of many messages is erased in many steps', async () => {
    const store = await start({}, { historyMax: 5000 });
    const text = MARKER.repeat(3);
    for (let i = 0; i < 12; i++) {
      await Promise.all(
        Array.from({ length: 100 }, (_, k) => write(store, k % 10 === i % 10 ? 'ann' : 'bob', { text })),
      );
    }
    await store.authored.eraseInRoom(room, 'ann');
    const events = await store.histories.read(room, SERVICE, 0, 2000);
    expect(idsOf(events)).toEqual(Array.from({ length: 1200 }, (_, i) => i + 1));
    expect(saidIn(events).filter((one) => one.endsWith('erased'))).toHaveLength(120);
    await store.authored.eraseInRoom(room, 'bob');
    expect(await keysWith(store.client, store.keys.prefix, MARKER)).toEqual([]);
  });
}

function bounds(start: Start): void {
  test('tombstones go with what was beside them: by the number of messages, by their bytes, by a smaller size', async () => {
    const store = await start({ historyMaxBytes: 65_536 }, { historyMax: 20 });
    const { client, keys } = store;
    const info = async (): Promise<unknown> => {
      const read = await store.rooms.readInfo(room, SERVICE);
      return typeof read === 'string' ? read : [read.oldestId, read.lastId];
    };
    await talk(store, 'aabba'.repeat(4));
    await store.authored.eraseInRoom(room, 'ann');
    expect(await info()).toEqual([1, 20]);
    await talk(store, 'bb');
    expect(await info()).toEqual([3, 22]);
    expect((await whole(store)).slice(0, 3)).toEqual(['3 b hi', '4 b hi', '5 erased']);
    expect(await store.admin.resizeHistory(room, 6)).toBe('ok');
    expect(await info()).toEqual([17, 22]);
    expect(await whole(store)).toEqual(['17 erased', '18 b hi', '19 b hi', '20 erased', '21 b hi', '22 b hi']);
    expect(await store.admin.resizeHistory(room, 20)).toBe('ok');
    expect(await info()).toEqual([17, 22]);
    // What is written after them pushes them out.
    await talk(store, 'b'.repeat(40), 'x'.repeat(4000));
    expect(await client.zcard(keys.room(room).latest)).toBe(0);
    expect(await store.admin.resizeHistory(room, 0)).toBe('ok');
    await store.rooms.delete(room, rightsOf('owner'), 'n1', Buffer.from('gone'));
  });

  test('a room all of whose messages are erased keeps them all, until it is deleted', async () => {
    const store = await start();
    const { client, keys } = store;
    await talk(store, 'aaa');
    await store.authored.eraseInRoom(room, 'ann');
    expect(await client.exists(keys.room(room).history)).toBe(0);
    expect(await whole(store)).toEqual(['1 erased', '2 erased', '3 erased']);
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ lastId: 3, oldestId: 1 });
    await talk(store, 'ba');
    expect(await whole(store)).toEqual(['1 erased', '2 erased', '3 erased', '4 b hi', '5 a hi']);
    // What was trimmed in between is a hole that nothing fills: what is left before it is not kept any more.
    await client.zremrangebyscore(keys.room(room).latest, 2, 2);
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ lastId: 5, oldestId: 3 });
    await store.rooms.delete(room, rightsOf('owner'), 'n1', Buffer.from('gone'));
    expect(await store.rooms.create(room, roomOptions('owner'))).toBe('ok');
    expect(await client.exists(keys.room(room).latest)).toBe(0);
  });
}
