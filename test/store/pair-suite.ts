// Conversations of two users in Redis: the log of a pair, and its marks.
import { describe, expect, test } from '@jest/globals';
import type { PairPage, PairPost } from '../../src/store/pair/pair-store.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { ALL, append, appended, keysOf, read } from './pair-actions.ts';
import type { OpenStore } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function pairSuite(open: OpenStore): void {
  describe('the log of a pair', () => {
    appending(open);
    together(open);
    repeats(open);
    pages(open);
    bounds(open);
  });
  describe('its marks', () => {
    marks(open);
    gaps(open);
  });
}

function appending(open: OpenStore): void {
  test('numbers the messages of both in one order, and of each by itself', async () => {
    const store = await open(scope);
    expect(await store.pairs.read('bob', 'ann', ALL)).toBe('noPair');
    const sent = [
      await appended(store, 'ann', 'bob', { text: 'one' }),
      await appended(store, 'bob', 'ann', { text: 'two' }),
      await appended(store, 'ann', 'bob', { text: 'three' }),
    ];
    expect(sent.map(({ id, number, repeated }) => [id, number, repeated])).toEqual([
      [1, 1, false],
      [2, 1, false],
      [3, 2, false],
    ]);
    expect(new Set(sent.map(({ life }) => life)).size).toBe(1);
    // One log, whoever reads it.
    for (const [user, peer] of [
      ['ann', 'bob'],
      ['bob', 'ann'],
    ] as const) {
      const found = await store.pairs.read(user, peer, ALL);
      expect(found).toMatchObject({
        messages: sent.map(({ id, timestamp, frame: whole }, i) => ({
          id,
          timestamp,
          subject: i === 1 ? 'bob' : 'ann',
          frame: Buffer.from(whole),
        })),
        sentOwn: 0,
        readOwn: 0,
        sentPeer: 0,
        readPeer: 0,
      });
    }
    const [first] = sent;
    const whole = Buffer.from(first?.frame ?? []);
    expect(whole.subarray(0, 3).toString()).toBe('one');
    expect(Number(whole.readBigUInt64BE(3))).toBe(first?.timestamp);
    expect(whole.subarray(11, 12).toString()).toBe('/');
    expect(Number(whole.readBigUInt64BE(12))).toBe(1);
    expect(await keysOf(store)).toEqual(['{pair:ann:bob}:history', '{pair:ann:bob}:meta']);
  });
}

function together(open: OpenStore): void {
  test('judges each of several messages by itself, and appends them in one step', async () => {
    const store = await open(scope, { repeatsMax: 3, dedupMs: 86_400_000 });
    const post = (text: string, clientMessageId?: string, transient = false): PairPost => ({
      prefix: Buffer.from(text),
      middle: Buffer.from('/'),
      clientMessageId,
      transient,
    });
    const before = await appended(store, 'ann', 'bob', { clientMessageId: 'old', text: 'old' });
    const outcomes = await store.pairs.append('bob', 'ann', [
      post('one'),
      post('two', 'c1'),
      post(''),
      post('again', 'c1'),
      post('typing', 'c2', true),
      post('more', 'c3'),
      post('older', 'old'),
      post('three'),
    ]);
    expect(outcomes).toMatchObject([
      { id: 2, number: 2, repeated: false },
      { id: 3, number: 3, repeated: false },
      'messageTooLarge',
      { id: 3, number: 3, repeated: true },
      { passing: true, repeated: false },
      'tooMany',
      { ...before, repeated: true },
      { id: 4, number: 4, repeated: false },
    ]);
    const found = await store.pairs.read('bob', 'ann', ALL);
    const messages = found === 'noPair' ? [] : found.messages;
    expect(messages.map(({ id, frame: whole }) => [id, Buffer.from(whole).toString('latin1').split('\0')[0]])).toEqual([
      [1, 'old'],
      [2, 'one'],
      [3, 'two'],
      [4, 'three'],
    ]);
    // One event behind another, as those of single steps.
    for (const [i, { prev }] of messages.entries()) if (i > 0) expect(prev).toBe(messages[i - 1]?.nonce);
    expect(await appended(store, 'bob', 'ann')).toMatchObject({ id: 5, number: 1 });
  });
}

function repeats(open: OpenStore): void {
  test('answers what is sent again with the first one, per author, by reference', async () => {
    const store = await open(scope);
    const clientMessageId = 'c 1';
    // What was refused has used nothing up.
    expect(await append(store, 'ann', 'bob', { clientMessageId, text: '' })).toBe('messageTooLarge');
    const first = await appended(store, 'ann', 'bob', { clientMessageId, text: 'first' });
    for (const options of [{}, { text: 'other' }, { text: '' }, { transient: true }]) {
      expect(await append(store, 'ann', 'bob', { clientMessageId, ...options })).toEqual({ ...first, repeated: true });
    }
    expect(await append(store, 'bob', 'ann', { clientMessageId })).toMatchObject({ id: 2, repeated: false });
    expect(await append(store, 'ann', 'bob', { clientMessageId: '' })).toMatchObject({ id: 3, repeated: false });
    expect(await append(store, 'ann', 'bob', { clientMessageId: '' })).toMatchObject({ id: 4, repeated: false });
    // What is passing is noted, and not kept.
    const passing = { clientMessageId: 'c2', transient: true };
    expect(await append(store, 'ann', 'bob', passing)).toEqual({ passing: true, repeated: false });
    for (const options of [passing, { clientMessageId: 'c2' }]) {
      expect(await append(store, 'ann', 'bob', options)).toEqual({ passing: true, repeated: true });
    }
    expect(await read(store, 'ann', 'bob')).toEqual([1, 2, 3, 4]);
  });

  test('knows a repeat whose message is not kept any more, and none of another life of the log', async () => {
    const store = await open(scope, { historyMaxSize: 1 });
    const clientMessageId = 'c1';
    const { id, timestamp } = await appended(store, 'ann', 'bob', { clientMessageId });
    const { history, meta } = store.keys.pair('ann', 'bob');
    await store.client.del(history);
    expect(await append(store, 'ann', 'bob', { clientMessageId, text: 'again' })).toMatchObject({
      id,
      timestamp,
      repeated: true,
    });
    expect(await append(store, 'ann', 'bob', { clientMessageId, text: '' })).toBe('messageTooLarge');
    await store.client.del(meta);
    expect(await append(store, 'ann', 'bob', { clientMessageId })).toMatchObject({ id: 1, repeated: false });
  });

  test('remembers so many of an author for a while, and what it keeps of that goes by itself', async () => {
    const store = await open(scope, { repeatsMax: 2, dedupMs: 3000 });
    const outcomes: unknown[] = [];
    // All in one generation, which may turn meanwhile.
    await eventually(async () => {
      outcomes.length = 0;
      const ids = ['a', 'b', 'c'].map((name) => `${name}${Math.random()}`);
      for (const clientMessageId of ids) outcomes.push(await append(store, 'ann', 'bob', { clientMessageId }));
      expect(outcomes[2]).toBe('tooMany');
    });
    expect(await append(store, 'ann', 'bob')).toMatchObject({ repeated: false });
    expect(await append(store, 'bob', 'ann', { clientMessageId: 'c' })).toMatchObject({ repeated: false });
    const kept = Object.entries(await store.ttls()).filter(([key]) => key.includes(':dedup:'));
    expect(kept.length).toBeGreaterThan(0);
    for (const [, ttl] of kept) expect(ttl).toBeGreaterThan(0);
    await eventually(async () => {
      expect(await append(store, 'bob', 'ann', { clientMessageId: 'c' })).toMatchObject({ repeated: false });
    });
  });
}

function pages(open: OpenStore): void {
  test('is read from an id or a time on, in either direction, ascending', async () => {
    const store = await open(scope);
    const times: number[] = [];
    for (let i = 0; i < 6; i++) {
      times.push((await appended(store, i % 2 === 0 ? 'ann' : 'bob', i % 2 === 0 ? 'bob' : 'ann')).timestamp);
    }
    const pageOf = (page: Partial<PairPage>): Promise<number[]> => read(store, 'bob', 'ann', page);
    expect(await pageOf({ forward: false, limit: 2 })).toEqual([5, 6]);
    expect(await pageOf({ forward: false, fromId: 5, limit: 2 })).toEqual([3, 4]);
    expect(await pageOf({ forward: false, fromId: 2, limit: 2 })).toEqual([1]);
    expect(await pageOf({ forward: false, fromId: 1 })).toEqual([]);
    expect(await pageOf({ limit: 2 })).toEqual([1, 2]);
    expect(await pageOf({ fromId: 2, limit: 3 })).toEqual([3, 4, 5]);
    expect(await pageOf({ fromId: 6 })).toEqual([]);
    expect(await pageOf({ fromId: 60, forward: false })).toEqual([1, 2, 3, 4, 5, 6]);
    // Inclusive; those of one millisecond go together.
    const since = (time: number): number[] => [1, 2, 3, 4, 5, 6].filter((id) => (times[id - 1] ?? 0) >= time);
    const until = (time: number): number[] => [1, 2, 3, 4, 5, 6].filter((id) => (times[id - 1] ?? 0) <= time);
    for (const time of [...times, 0, Number.MAX_SAFE_INTEGER - 1]) {
      expect(await pageOf({ fromTime: time })).toEqual(since(time));
      expect(await pageOf({ fromTime: time, forward: false })).toEqual(until(time));
    }
    expect(await pageOf({ fromTime: times[3], limit: 1 })).toEqual(since(times[3] ?? 0).slice(0, 1));
  });
}

function bounds(open: OpenStore): void {
  test('keeps so many messages and bytes, and gives as much as fits into a reply, one message at least', async () => {
    const store = await open(scope, { historyMaxSize: 150, historyMaxBytes: 65_536, replyBytes: 3000 });
    for (let i = 0; i < 160; i++) await appended(store, 'ann', 'bob', { text: 'small' });
    // Exactly, whatever the stream still holds.
    expect((await read(store, 'bob', 'ann', { limit: 1 }))[0]).toBe(11);
    const large = 'x'.repeat(2000);
    for (let i = 0; i < 60; i++) await appended(store, 'ann', 'bob', { text: large });
    const { history } = store.keys.pair('ann', 'bob');
    const kept = await store.client.xlen(history);
    expect(kept * 2000).toBeLessThanOrEqual(65_536);
    expect(kept * 2000).toBeGreaterThan(65_536 / 2);
    expect(await read(store, 'bob', 'ann', { forward: false })).toEqual([220]);
    await appended(store, 'ann', 'bob', { text: 'y'.repeat(5000) });
    for (const forward of [true, false]) {
      expect(await read(store, 'bob', 'ann', { forward, ...(forward ? { fromId: 220 } : {}) })).toEqual([221]);
    }
  });

  test('goes by itself where one of the two is anonymous, and stays otherwise', async () => {
    const store = await open(scope);
    await appended(store, 'ann', 'anonymous-x');
    await appended(store, 'ann', 'bob');
    for (const [key, ttl] of Object.entries(await store.ttls()))
      expect([key, ttl > 0]).toEqual([key, !key.includes('bob')]);
  });
}

function marks(open: OpenStore): void {
  test('say what was read: forward only, clamped, of the other side', async () => {
    const store = await open(scope);
    const { pairs } = store;
    expect(await pairs.markRead('bob', 'ann', 1)).toBe('noPair');
    for (const author of ['ann', 'ann', 'bob', 'ann', 'bob']) {
      await appended(store, author, author === 'ann' ? 'bob' : 'ann');
    }
    expect(await pairs.markRead('bob', 'ann', 0)).toEqual({ upToId: 0, sentNumber: 0, newest: 3, readNumber: 0 });
    // The third is bob's own.
    expect(await pairs.markRead('bob', 'ann', 3)).toEqual({ upToId: 2, sentNumber: 2, newest: 3, readNumber: 2 });
    for (const upTo of [3, 2, 1])
      expect(await pairs.markRead('bob', 'ann', upTo)).toEqual({ upToId: 0, sentNumber: 2, newest: 3, readNumber: 0 });
    expect(await pairs.read('bob', 'ann', ALL)).toMatchObject({ readPeer: 2, sentPeer: 2, readOwn: 0, sentOwn: 0 });
    expect(await pairs.markRead('bob', 'ann', 1000)).toEqual({ upToId: 4, sentNumber: 3, newest: 3, readNumber: 3 });
    expect(await pairs.read('ann', 'bob', ALL)).toMatchObject({ readOwn: 4, sentOwn: 4, readPeer: 0, sentPeer: 0 });
    expect(await pairs.markRead('ann', 'bob', 1000)).toEqual({ upToId: 5, sentNumber: 2, newest: 2, readNumber: 2 });
  });

  test('say what has come: up to the first message of the author that nobody has had', async () => {
    const store = await open(scope);
    const { pairs } = store;
    const come = (first: number, last: number): Promise<unknown> => pairs.markSent('bob', 'ann', { first, last });
    expect(await come(1, 1)).toEqual({ upToId: 0, sentId: 0, sentNumber: 0, newest: 0 });
    const page = { after: 0, limit: 100, bytesMax: 1 << 20 };
    expect(await pairs.readUnsent('bob', 'ann', page)).toEqual({
      life: '',
      newest: Number.MAX_SAFE_INTEGER,
      asOf: 0,
      messages: [],
    });
    for (const author of ['ann', 'bob', 'ann', 'bob', 'ann', 'ann']) {
      await appended(store, author, author === 'ann' ? 'bob' : 'ann');
    }
    const unsent = async (after = 0, limit = 100, bytesMax = 1 << 20): Promise<number[]> =>
      (await pairs.readUnsent('bob', 'ann', { after, limit, bytesMax })).messages.map(({ id }) => id);
    expect(await unsent()).toEqual([1, 3, 5, 6]);
    expect([await unsent(1), await unsent(0, 2), await unsent(0, 100, 1)]).toEqual([[3, 5, 6], [1, 3], [1]]);
    // The first one has not come.
    expect(await come(3, 5)).toEqual({ upToId: 0, sentId: 0, sentNumber: 0, newest: 4 });
    // Nor is what bob wrote anything that came to it.
    expect(await come(1, 2)).toEqual({ upToId: 0, sentId: 0, sentNumber: 0, newest: 4 });
    expect(await come(1, 3)).toEqual({ upToId: 3, sentId: 3, sentNumber: 2, newest: 4 });
    expect(await come(1, 3)).toEqual({ upToId: 0, sentId: 3, sentNumber: 2, newest: 4 });
    expect(await come(6, 6)).toEqual({ upToId: 0, sentId: 3, sentNumber: 2, newest: 4 });
    expect(await unsent()).toEqual([5, 6]);
    expect(await come(4, 6)).toEqual({ upToId: 6, sentId: 6, sentNumber: 4, newest: 4 });
    expect(await unsent()).toEqual([]);
    expect(await pairs.read('bob', 'ann', ALL)).toMatchObject({ sentPeer: 6, readPeer: 0, sentOwn: 0 });
  });
}

function gaps(open: OpenStore): void {
  test('do not wait for what is not kept any more', async () => {
    const store = await open(scope, { historyMaxSize: 2 });
    for (let i = 0; i < 4; i++) await appended(store, 'ann', 'bob');
    expect(await store.pairs.markSent('bob', 'ann', { first: 3, last: 4 })).toMatchObject({ upToId: 4, sentNumber: 4 });
  });

  test('do not wait for what a later user of a name does not see, nor for how much the other one has said since', async () => {
    const store = await open(scope);
    const { pairs } = store;
    await appended(store, 'ann', 'bob');
    await store.client.hset(store.keys.pair('ann', 'bob').meta, 'gone:bob', 1);
    for (let i = 0; i < 210; i++) await appended(store, 'bob', 'ann');
    await appended(store, 'ann', 'bob');
    await appended(store, 'bob', 'ann');
    const unsent = async (): Promise<unknown[]> =>
      (await pairs.readUnsent('bob', 'ann', { after: 0, limit: 9, bytesMax: 1 << 20 })).messages.map(({ id }) => id);
    expect(await unsent()).toEqual([212]);
    expect(await pairs.markSent('bob', 'ann', { first: 212, last: 212 })).toMatchObject({ upToId: 212, sentNumber: 2 });
    expect(await unsent()).toEqual([]);
  });

  test('wait for a message that is far behind, too', async () => {
    const store = await open(scope);
    for (let i = 0; i < 230; i++) await appended(store, 'bob', 'ann');
    await appended(store, 'ann', 'bob');
    await appended(store, 'ann', 'bob');
    expect(await store.pairs.markSent('bob', 'ann', { first: 232, last: 232 })).toMatchObject({ upToId: 0 });
    expect(await store.pairs.markSent('bob', 'ann', { first: 231, last: 231 })).toMatchObject({ upToId: 231 });
  });
}
