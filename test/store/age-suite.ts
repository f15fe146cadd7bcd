// How long messages are kept: what is older is not given from then on, goes from Redis when somebody writes, and by itself where
// nobody does.
import { expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { makeOlder } from './age-actions.ts';
import { append, appended, login, read } from './pair-actions.ts';
import { idsOf, join, post, room, starter, type Start } from './room-actions.ts';
import { frame, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const HOUR = 3_600_000;
/** What is let go by itself may stay for so long beyond its age: a sixteenth of it, and some. */
const lastsFor = (age: number): number => age + Math.max(1000, age / 16) + 2000;

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function ageSuite(open: OpenStore): void {
  const start = starter(open, scope);
  reading(open, start);
  writing(start);
  expiring(open, start);
  ownAges(open, start);
  pairs(open);
  anonymousPairs(open);
  rings(open);
}

const ageRoom = (store: Store, upTo?: number, byMs = 2 * HOUR): Promise<void> => {
  const { meta, history: stream } = store.keys.room(room);
  return makeOlder(store, { meta, stream, byMs, ...(upTo === undefined ? {} : { upTo }) });
};

const all = async (store: Store): Promise<unknown> =>
  idsOf(await store.histories.read(room, rightsOf('alice'), 0, 1000));

const kept = (store: Store): Promise<number> => store.client.xlen(store.keys.room(room).history);

/** A room with so many messages, and an occupant. */
async function talked(store: Store, count: number): Promise<Store> {
  await join(store, 'alice');
  for (let i = 0; i < count; i++) await post(store, 'alice');
  return store;
}

function reading(open: OpenStore, start: Start): void {
  test('a room gives no message that is too old: neither as history, nor to who comes back, nor to a node', async () => {
    const store = await talked(await start({ historyMaxAgeMs: HOUR }), 6);
    const log = store.logOf('n1');
    const before = await log.readPosition(roomTopic(room));
    if (before === 'gone') throw new Error('the room is there');
    await ageRoom(store, 4);
    expect(await store.rooms.readInfo(room, rightsOf('alice'))).toMatchObject({ oldestId: 5, lastId: 6 });
    expect(await all(store)).toEqual([5, 6]);
    for (const after of [undefined, 2, 4]) {
      expect(idsOf(await store.histories.read(room, rightsOf('alice'), after, 10))).toEqual([5, 6]);
    }
    const bob = { roomName: room, userName: 'bob', socketId: 's', nodeId: 'n1' };
    const from = (id: number): ReturnType<Store['memberships']['join']> =>
      store.memberships.join(bob, frame('joined'), { since: { epoch: before.epoch, id, timestamp: undefined } });
    expect(await from(3)).toMatchObject({ recovered: false, missed: [] });
    expect(await from(4)).toMatchObject({ recovered: true, missed: [{ id: 5 }, { id: 6 }] });
    expect(await from(6)).toMatchObject({ recovered: true, missed: [] });
    // A hole to the node, which it tells.
    const missed = await log.readAfter(roomTopic(room), { ...before, id: 2, seq: before.seq - 4 });
    expect(missed === 'gone' ? [] : missed.events.flatMap(({ kind, id }) => (kind === 'message' ? [id] : []))).toEqual([
      5, 6,
    ]);
    // A setting counts at the next read; that of others is theirs.
    const { prefix } = store.keys;
    expect(await all(await open(scope, { prefix }))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await all(await open(scope, { prefix, historyMaxAgeMs: 3 * HOUR }))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a room whose messages are all too old is empty, and its ids go on', async () => {
    const store = await talked(await start({ historyMaxAgeMs: HOUR }), 3);
    await ageRoom(store);
    expect(await store.rooms.readInfo(room, rightsOf('alice'))).toMatchObject({ oldestId: 4, lastId: 3 });
    expect(await all(store)).toEqual([]);
    expect(await post(store, 'alice')).toMatchObject({ id: 4 });
    expect(await all(store)).toEqual([4]);
    expect(await kept(store)).toBe(1);
  });
}

function writing(start: Start): void {
  test('a post takes out what is too old, however much it is, and looks again when something can be due', async () => {
    const store = await talked(await start({ historyMaxAgeMs: HOUR }), 300);
    await ageRoom(store, 283);
    await post(store, 'alice');
    expect(await kept(store)).toBe(18);
    expect(await all(store)).toEqual(Array.from({ length: 18 }, (_, i) => 284 + i));
    const { meta, history } = store.keys.room(room);
    const noted = await store.client.hgetBuffer(meta, 'aged');
    const ttl = await store.client.pttl(history);
    expect(ttl).toBeGreaterThan(HOUR);
    expect(ttl).toBeLessThanOrEqual(lastsFor(HOUR));
    await post(store, 'alice');
    expect(await store.client.hgetBuffer(meta, 'aged')).toEqual(noted);
    // What repeats are known by is not touched.
    const first = await post(store, 'alice', { clientMessageId: 'c' });
    await ageRoom(store);
    expect(await post(store, 'alice', { clientMessageId: 'c' })).toEqual({ ...Object(first), repeated: true });
  });

  test('bytes are bounded as ever where the beginning has gone by its age', async () => {
    const limit = 65_536;
    const store = await start({ historyMaxAgeMs: HOUR, historyMaxBytes: limit });
    await join(store, 'alice');
    for (let i = 0; i < 400; i++) {
      await post(store, 'alice', { prefix: 'x'.repeat(1000) });
      if (i % 90 === 89) await ageRoom(store, i - 10);
    }
    const entries = await store.client.xrangeBuffer(store.keys.room(room).history, '-', '+');
    const bytes = entries.reduce((sum, [, fields]) => sum + (fields[1]?.length ?? 0), 0);
    expect(bytes).toBeLessThanOrEqual(limit);
    expect(bytes).toBeGreaterThan(20_000);
  });
}

function expiring(open: OpenStore, start: Start): void {
  test('the history of a room where nobody posts any more goes by itself', async () => {
    const age = 200;
    const store = await talked(await start({ historyMaxAgeMs: age }), 3);
    const key = `{room:${room}}:history`;
    expect((await store.ttls())[key]).toBeLessThanOrEqual(lastsFor(age));
    await eventually(async () => expect(Object.keys(await store.ttls())).not.toContain(key), { timeoutMs: 20_000 });
    expect(await store.rooms.readInfo(room, rightsOf('alice'))).toMatchObject({ oldestId: 4, lastId: 3 });
    expect(await post(store, 'alice')).toMatchObject({ id: 4 });
    expect((await store.ttls())[key]).toBeGreaterThan(0);
  });

  test('where the service keeps messages for ever again, nothing goes by itself once somebody posts', async () => {
    const store = await talked(await start({ historyMaxAgeMs: HOUR }), 2);
    const forEver = await open(scope, { prefix: store.keys.prefix });
    const { meta, history } = store.keys.room(room);
    const packed = await store.client.hgetBuffer(meta, 'log');
    packed?.writeDoubleBE(0, 48);
    await store.client.hset(meta, 'log', packed ?? '');
    await post(forEver, 'alice');
    expect(await store.client.pttl(history)).toBe(-1);
    expect(await store.client.hexists(meta, 'aged')).toBe(0);
  });
}

/** As a look notes it: the age, and when the next one is due. */
function packedAge(ageMs: number, dueAt: number): Buffer {
  const packed = Buffer.alloc(16);
  packed.writeDoubleBE(ageMs, 0);
  packed.writeDoubleBE(dueAt, 8);
  return packed;
}

function ownAges(open: OpenStore, start: Start): void {
  test('an age of a room itself wins: it counts at once, and what is too old is gone, page by page', async () => {
    const store = await talked(await start({ trimPage: 2 }), 7);
    await ageRoom(store, 5);
    expect(await store.admin.ageHistory('nowhere', 5)).toBe('noRoom');
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ historyMaxAgeMs: undefined, oldestId: 1 });
    expect(await store.admin.ageHistory(room, HOUR)).toBe('ok');
    expect(await kept(store)).toBe(2);
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ historyMaxAgeMs: HOUR, oldestId: 6, lastId: 7 });
    expect(await store.client.pttl(store.keys.room(room).history)).toBeGreaterThan(HOUR);
    // Longer brings nothing back, and leaves the rest.
    expect(await store.admin.ageHistory(room, 5 * HOUR)).toBe('ok');
    expect(await store.client.pttl(store.keys.room(room).history)).toBeGreaterThan(5 * HOUR);
    expect(await all(store)).toEqual([6, 7]);
    expect(await store.admin.ageHistory(room, undefined)).toBe('ok');
    expect(await store.client.pttl(store.keys.room(room).history)).toBe(-1);
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ historyMaxAgeMs: undefined });
  });

  test('what was too old stays gone where messages may become older, though nobody had looked', async () => {
    for (const longer of [5 * HOUR, 0]) {
      const store = await talked(await start({}, { historyMaxAgeMs: HOUR }), 3);
      await ageRoom(store, 2);
      // The next look is not due yet.
      const { meta } = store.keys.room(room);
      await store.client.hset(meta, 'aged', packedAge(HOUR, Date.now() + HOUR));
      expect(await all(store)).toEqual([3]);
      expect(await store.admin.ageHistory(room, longer)).toBe('ok');
      expect(await all(store)).toEqual([3]);
    }
  });

  test('a room is made with an age of its own, for ever too', async () => {
    const store = await talked(await start({ historyMaxAgeMs: HOUR }, { historyMaxAgeMs: 0 }), 3);
    await ageRoom(store);
    await post(store, 'alice');
    expect(await all(store)).toEqual([1, 2, 3, 4]);
    expect(await store.client.pttl(store.keys.room(room).history)).toBe(-1);
    const short = await open(scope, { prefix: store.keys.prefix, historyMaxAgeMs: 5 * HOUR });
    expect(await all(short)).toEqual([1, 2, 3, 4]);
    expect(await short.admin.ageHistory(room, HOUR)).toBe('ok');
    expect(await all(store)).toEqual([4]);
  });

  test('a room that keeps none, and then some again, has what it keeps go by itself', async () => {
    const store = await talked(await start({ historyMaxAgeMs: HOUR }), 3);
    expect(await store.admin.resizeHistory(room, 0)).toBe('ok');
    expect(await store.admin.resizeHistory(room, 5)).toBe('ok');
    await eventually(async () => {
      await post(store, 'alice');
      expect(await store.client.pttl(store.keys.room(room).history)).toBeGreaterThan(HOUR);
    });
  });
}

function pairs(open: OpenStore): void {
  const agePair = (store: Store, upTo?: number): Promise<void> => {
    const { meta, history: stream } = store.keys.pair('ann', 'bob');
    return makeOlder(store, { meta, stream, byMs: 2 * HOUR, ...(upTo === undefined ? {} : { upTo }) });
  };

  test('two users are given nothing that is too old, as history, as missed, or as the answer to a repeat', async () => {
    const store = await open(scope, { historyMaxAgeMs: HOUR });
    const first = await appended(store, 'ann', 'bob', { clientMessageId: 'c', text: 'first' });
    for (let i = 0; i < 3; i++) await appended(store, 'ann', 'bob');
    await agePair(store, 2);
    expect(await read(store, 'ann', 'bob')).toEqual([3, 4]);
    expect(await read(store, 'bob', 'ann', { forward: false })).toEqual([3, 4]);
    expect(await read(store, 'bob', 'ann', { fromTime: 0 })).toEqual([3, 4]);
    expect(await read(store, 'bob', 'ann', { fromTime: Date.now() - HOUR, forward: false })).toEqual([]);
    const missed = { after: 0, limit: 100, bytesMax: 10_000 };
    const unsent = await store.pairs.readUnsent('bob', 'ann', missed);
    expect(unsent.messages.map(({ id }) => id)).toEqual([3, 4]);
    // It is known, but what it said is not.
    expect(await append(store, 'ann', 'bob', { clientMessageId: 'c', text: '' })).toBe('messageTooLarge');
    const again = await append(store, 'ann', 'bob', { clientMessageId: 'c', text: 'again' });
    expect(again).toMatchObject({ id: first.id, repeated: true });
    expect(Buffer.from(Object(again).frame).toString('latin1')).toContain('again');
    // The mark goes over what nobody can be given any more.
    expect(await store.pairs.markSent('bob', 'ann', { first: 3, last: 4 })).toMatchObject({ upToId: 4 });
  });

  test('what two users have said goes when one writes again, or by itself, and its ids go on', async () => {
    const store = await open(scope, { historyMaxAgeMs: HOUR });
    for (let i = 0; i < 4; i++) await appended(store, 'ann', 'bob');
    await agePair(store, 3);
    expect(await appended(store, 'bob', 'ann')).toMatchObject({ id: 5, number: 1 });
    const { history } = store.keys.pair('ann', 'bob');
    expect(await store.client.xlen(history)).toBe(2);
    expect(await store.client.pttl(history)).toBeGreaterThan(HOUR);
    expect(await store.client.pttl(history)).toBeLessThanOrEqual(lastsFor(HOUR));
    // As if it had gone: what was seen of it can be read all the same.
    await store.client.del(history);
    expect(await store.pairs.markRead('bob', 'ann', 4)).toMatchObject({ upToId: 4, sentNumber: 4, newest: 4 });
    expect(await store.pairs.markRead('bob', 'ann', 9)).toMatchObject({ upToId: 0 });
    expect(await appended(store, 'ann', 'bob')).toMatchObject({ id: 6, number: 5 });
    expect(await read(store, 'ann', 'bob')).toEqual([6]);
  });
}

function anonymousPairs(open: OpenStore): void {
  test('the log of an anonymous user goes with its position, or before it', async () => {
    const days = 24 * HOUR;
    for (const [age, most] of [
      [HOUR, lastsFor(HOUR)],
      [60 * days, 30 * days],
      [0, 30 * days],
    ] as const) {
      const store = await open(scope, { historyMaxAgeMs: age });
      for (let i = 0; i < 2; i++) await appended(store, 'anonymous-1', 'bob');
      const { meta, history } = store.keys.pair('anonymous-1', 'bob');
      const [left, position] = [await store.client.pttl(history), await store.client.pttl(meta)];
      expect(left).toBeGreaterThan(most / 2);
      expect(left).toBeLessThanOrEqual(most);
      expect(left).toBeLessThanOrEqual(position + 1000);
    }
  });
}

function rings(open: OpenStore): void {
  test.each([
    ['the inbox', 1000],
    ['the events', 0],
  ] as const)('messages in %s of a user go too, but for the last minute', async (where, inboxSize) => {
    const store = await open(scope, { historyMaxAgeMs: 30_000, inboxSize });
    for (const socketId of ['b1', 'b2']) await login(store, 'bob', socketId);
    const { meta, events, history } = store.keys.user('bob');
    const stream = where === 'the inbox' ? history : events;
    const send = (): Promise<unknown> =>
      store.directs.send('bob', {
        author: 'ann',
        rights: rightsOf('ann'),
        prefix: Buffer.from('hello'),
        clientMessageId: undefined,
        transient: false,
      });
    const tell: (() => Promise<unknown>)[] = [
      send,
      () => store.users.notifyOthers('bob', 'b1', frame('echo'), true),
      () =>
        store.directs.echo('bob', {
          peer: 'ann',
          life: '',
          asOf: 0,
          messages: [{ exceptSocket: 'b1', frame: frame('echo') }],
        }),
      async () => {
        const message = await appended(store, 'ann', 'bob');
        const writing = { author: 'ann', rights: rightsOf('ann') };
        const { life, number, asOf } = message;
        const told = { ...writing, life, after: number - 1, asOf, messages: [message], ending: true };
        expect(await store.directs.deliver('bob', told)).toMatchObject({ told: 1 });
      },
    ];
    for (const one of tell) {
      await send();
      await makeOlder(store, { meta, stream, byMs: 70_000 });
      await one();
      expect(await store.client.xlen(stream)).toBe(1);
      const ttl = await store.client.pttl(stream);
      if (where === 'the inbox') {
        expect(ttl).toBeGreaterThan(60_000);
        expect(ttl).toBeLessThanOrEqual(lastsFor(60_000));
      } else {
        // Other notices come into it, too, which nodes may have to read again.
        expect(ttl).toBe(-1);
      }
    }
    await makeOlder(store, { meta, stream, byMs: 40_000 });
    await send();
    expect(await store.client.xlen(stream)).toBe(2);
  });
}
