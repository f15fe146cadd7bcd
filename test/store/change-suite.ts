// Changes of messages in rooms: what is left in Redis of them, what each is refused for, and what is told, in which order.
import { describe, expect, test } from '@jest/globals';
import { readEvent } from '../../src/log/event.ts';
import { roomTopic } from '../../src/redis/keys.ts';
import { reactionPlace } from '../../src/store/change/change-store.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { append, changesIn, messages, react, recall, say, timedChangesIn, update } from './change-actions.ts';
import { keysWith, MARKER } from './erase-actions.ts';
import { expectChain, join, leave, room, starter, type Start } from './room-actions.ts';
import { frame, type OpenStore, type Store } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function changeSuite(open: OpenStore): void {
  const start = starter(open, scope);
  updates(open);
  mentioning(start);
  describe('a recall', () => {
    recalling(start);
    recallingInRing(start);
    mayRecall(start);
  });
  describe('a reaction', () => {
    reacting(start);
    readingReactions(start);
    inLargeRooms(start);
  });
  appends(open);
  ageing(start);
}

function updates(open: OpenStore): void {
  const start = starter(open, scope);
  describe('an update', () => {
    test('puts another content in the place of the one before, whole, and is told in the order of the log', async () => {
      const store = await start();
      await join(store, 'alice');
      await say(store, 'alice', { textMessage: 'one', old: true });
      await say(store, 'alice', { textMessage: 'other' });
      const events = await store.listen(roomTopic(room));
      const changed = await update(store, 'alice', 1, { textMessage: 'two', version: 9, author: 'eve' });
      expect(changed).toMatchObject({ version: 2, seq: 3 + 1 });
      expect(await update(store, 'alice', 1, { textMessage: 'three' }, { ifVersion: 2 })).toMatchObject({ version: 3 });
      const [first, second] = await messages(store);
      const { updatedAt, ...rest } = first ?? {};
      expect(rest).toEqual({ textMessage: 'three', version: 3, author: 'alice', timestamp: expect.any(Number), id: 1 });
      expect(updatedAt).toBeGreaterThanOrEqual(Number(rest['timestamp']));
      expect(second).not.toHaveProperty('version');
      await eventually(() => expect(events).toHaveLength(2));
      expectChain(events);
      expect(changesIn(events)).toMatchObject([
        { change: 1, id: 1, kind: 'update', version: 2, message: { textMessage: 'two', version: 2, author: 'alice' } },
        { change: 2, id: 1, kind: 'update', version: 3, message: first },
      ]);
      for (const change of changesIn(events)) expect(change).not.toHaveProperty('by');
    });

    test('is for who may: its author while it may post, others where the service says so', async () => {
      const store = await start();
      await join(store, 'alice');
      await join(store, 'bob');
      await say(store, 'alice', { textMessage: 'one' });
      const other = { textMessage: 'two' };
      expect(await update(store, 'bob', 1, other)).toBe('notAllowed');
      expect(await update(store, 'owner', 1, other)).toBe('notJoined');
      await join(store, 'owner');
      expect(await update(store, 'owner', 1, other)).toBe('notAllowed');
      for (const id of [0, 2, -1, 1.5]) expect(await update(store, 'alice', id, other)).toBe('noMessage');
      expect(await update(store, 'alice', 1, other, { ifVersion: 2 })).toEqual({ reason: 'versionConflict', value: 1 });
      expect(await store.changes.update(room, { rights: SERVICE, by: undefined, id: 1 }, undefined)).toBe(
        'messageTooLarge',
      );
      expect(await store.changes.update('nowhere', { rights: SERVICE, by: undefined, id: 1 }, undefined)).toBe(
        'noRoom',
      );
      await store.conducts.silence(
        room,
        SERVICE,
        { names: ['alice'], badName: false, frame: frame('silenced') },
        undefined,
      );
      expect(await update(store, 'alice', 1, other)).toEqual({ reason: 'silenced', value: undefined });
      expect(await react(store, 'alice', 1)).toMatchObject({ reason: 'silenced' });
      expect(await recall(store, 'alice', 1)).toMatchObject({ version: 2 });
      await leave(store, 'alice');
      expect(await recall(store, 'alice', 1)).toBe('notJoined');
    });
  });
}

function mentioning(start: Start): void {
  test('an update mentions who has a mark and has not read the message, once, and takes nothing back', async () => {
    const store = await start();
    for (const name of ['alice', 'bob', 'carol', 'dave']) await join(store, name);
    for (const textMessage of ['one', 'two', 'three']) await say(store, 'alice', { textMessage });
    await store.unreads.markRoom(room, 'carol', rightsOf('carol'), 2);
    const mentioned = async (): Promise<unknown[]> => {
      const names = ['alice', 'bob', 'carol', 'dave'];
      const counted = await Promise.all(names.map((name) => store.unreads.ofRoom(name, room, false)));
      return names.filter((_, i) => Object(counted[i]).mentioned === true);
    };
    const all = { mentions: ['alice', 'bob', 'carol', 'nobody'] };
    const other = { textMessage: 'other' };
    // Refused, it mentions nobody.
    expect(await update(store, 'bob', 2, other, all)).toBe('notAllowed');
    expect(await update(store, 'alice', 2, other, { ...all, ifVersion: 2 })).toMatchObject({ value: 1 });
    expect(await mentioned()).toEqual([]);
    expect(await update(store, 'alice', 2, other, all)).toMatchObject({ version: 2, mentioned: ['bob'] });
    expect(await mentioned()).toEqual(['bob']);
    // It is news once, and of a message before it not at all.
    expect(await update(store, 'alice', 2, other, all)).toMatchObject({ version: 3, mentioned: [] });
    expect(await update(store, 'alice', 1, other, all)).toMatchObject({ version: 2, mentioned: [] });
    // In one call with others: each by itself.
    const both = [update(store, 'alice', 3, other), update(store, 'alice', 3, other, { mentions: ['carol', 'bob'] })];
    const [first, second] = await Promise.all(both);
    expect(first).not.toHaveProperty('mentioned', expect.any(Array));
    expect(second).toMatchObject({ version: 3, mentioned: ['carol', 'bob'] });
    // Names that are out again were read, or will be.
    await update(store, 'alice', 2, other);
    expect(await mentioned()).toEqual(['bob', 'carol']);
    await store.unreads.markRoom(room, 'bob', rightsOf('bob'), 3);
    expect(await mentioned()).toEqual(['carol']);
    expect((await store.client.hkeys(store.keys.room(room).mentioned)).toSorted()).toEqual(['bob', 'carol']);
  });
}

function recalling(start: Start): void {
  test('leaves id, author and time, and nothing of the content anywhere', async () => {
    const store = await start();
    await join(store, 'alice');
    await join(store, 'bob');
    await say(store, 'alice', { textMessage: `${MARKER} first` });
    await say(store, 'alice', { textMessage: 'stays' });
    await update(store, 'alice', 1, { textMessage: `${MARKER} second` });
    await append(store, 'alice', 1, ` and ${MARKER}`);
    await update(store, 'alice', 2, { textMessage: 'stays too' });
    await react(store, 'bob', 1);
    const events = await store.listen(roomTopic(room));
    expect(await recall(store, 'alice', 1, 'off topic')).toMatchObject({ version: 4, isDirty: true });
    await store.authored.rewriteRoom(room);
    expect(await keysWith(store.client, store.keys.prefix, MARKER)).toEqual([]);
    const [first, second] = await messages(store);
    expect(first).toEqual({
      id: 1,
      author: 'alice',
      timestamp: expect.any(Number),
      recalled: true,
      version: 4,
      updatedAt: expect.any(Number),
    });
    expect(second).toMatchObject({ textMessage: 'stays too', version: 2 });
    await eventually(() => expect(events).toHaveLength(1));
    expect(changesIn(events)).toEqual([
      { change: 5, id: 1, kind: 'recall', version: 4, by: 'alice', reason: 'off topic' },
    ]);
    expect(await react(store, 'bob', 1)).toBe('noMessage');
    expect(await update(store, 'alice', 1, {})).toBe('noMessage');
    expect(await recall(store, 'alice', 1)).toBe('noMessage');
    expect(await append(store, 'alice', 1, 'x')).toBe('noMessage');
    expect(await store.changes.readReactions(room, SERVICE, 1, { after: undefined, limit: 1 })).toBe('noMessage');
    expect(await say(store, 'alice', {}, { replyTo: 1 })).toBe('noMessage');
  });
}

function recallingInRing(start: Start): void {
  test('makes recalls of what the ring had told of its content, each under its own number', async () => {
    const store = await start();
    await join(store, 'alice');
    await say(store, 'alice', { textMessage: 'a' });
    await say(store, 'alice', { textMessage: 'b' });
    await update(store, 'alice', 1, { textMessage: 'aa' });
    await update(store, 'alice', 2, { textMessage: 'bb' });
    await append(store, 'alice', 1, 'a');
    await react(store, 'alice', 1);
    await recall(store, 'alice', 1);
    // As the message is read now, for whoever hears no more than the first of them.
    const { updatedAt } = (await messages(store))[0] ?? {};
    expect(updatedAt).toEqual(expect.any(Number));
    const by = { by: 'alice', timestamp: updatedAt };
    const ring = await store.client.xrangeBuffer(store.keys.room(room).events, '-', '+');
    const told = ring.flatMap(([, fields]) => timedChangesIn([eventOf(fields[1])]));
    expect(told).toMatchObject([
      { change: 1, id: 1, kind: 'recall', version: 4, ...by },
      { change: 2, id: 2, kind: 'update' },
      { change: 3, id: 1, kind: 'recall', version: 4, ...by },
      { change: 4, id: 1, kind: 'reactions' },
      { change: 5, id: 1, kind: 'recall', version: 4, ...by },
    ]);
  });
}

function mayRecall(start: Start): void {
  test('is for the author, the owner and admins, silenced or not, and for nobody else', async () => {
    const store = await start();
    await join(store, 'alice');
    await join(store, 'bob');
    for (let i = 0; i < 3; i++) await say(store, 'alice', { textMessage: 'x' });
    expect(await recall(store, 'bob', 1)).toBe('notAllowed');
    expect(await recall(store, 'eve', 1)).toBe('notJoined');
    // Who looks after the room need not be in it.
    const events = await store.listen(roomTopic(room));
    expect(await recall(store, 'owner', 1)).toMatchObject({ version: 2 });
    expect(await recall(store, SERVICE, 2)).toMatchObject({ version: 2 });
    await eventually(() => expect(changesIn(events)).toMatchObject([{ by: 'owner' }, { by: null }]));
  });
}

function eventOf(bytes: Buffer | undefined): Parameters<typeof changesIn>[0][number] {
  const event = bytes === undefined ? undefined : readEvent(bytes);
  if (event === undefined) throw new Error('no event');
  return event;
}

const page = (store: Store, options: { key?: string; after?: Uint8Array; limit: number }): Promise<unknown> =>
  store.changes.readReactions(room, SERVICE, 1, { after: undefined, ...options });

function reacting(start: Start): void {
  test('is one of each key and user, counted in the message; a repeat is told to nobody', async () => {
    const store = await start();
    for (const name of ['alice', 'bob']) await join(store, name);
    await say(store, 'alice', { textMessage: 'x' });
    const events = await store.listen(roomTopic(room));
    expect(await react(store, 'alice', 1)).toMatchObject({ counts: [['+', '1']], version: 1 });
    expect(await react(store, 'alice', 1)).toMatchObject({ counts: [['+', '1']] });
    expect(await react(store, 'bob', 1)).toMatchObject({ counts: [['+', '2']] });
    expect(await react(store, 'bob', 1, '👍')).toMatchObject({
      counts: [
        ['+', '2'],
        ['👍', '1'],
      ],
    });
    expect((await messages(store))[0]).toMatchObject({ reactions: { '+': 2, '👍': 1 } });
    expect((await messages(store))[0]).not.toHaveProperty('version');
    await react(store, 'alice', 1, '+', true);
    await react(store, 'alice', 1, '+', true);
    await react(store, 'bob', 1, '+', true);
    expect(await react(store, 'bob', 1, '👍', true)).toMatchObject({ counts: [] });
    expect((await messages(store))[0]).not.toHaveProperty('reactions');
    await eventually(() => expect(changesIn(events)).toHaveLength(6));
    expect(changesIn(events)).toMatchObject([
      { change: 1, kind: 'reactions', version: 1, counts: { '+': 1 }, by: 'alice', key: '+' },
      { change: 2, counts: { '+': 2 }, by: 'bob' },
      { change: 3, counts: { '+': 2, '👍': 1 } },
      { change: 4, counts: { '+': 1, '👍': 1 }, by: 'alice', removed: true },
      { change: 5, counts: { '👍': 1 } },
      { change: 6, counts: {} },
    ]);
    expect(await react(store, 'eve', 1)).toBe('notJoined');
    expect(await react(store, 'bob', 2)).toBe('noMessage');
  });

  test('counts none of a key that no map may have, which requests were not always refused for', async () => {
    const store = await start();
    for (const name of ['alice', 'bob']) await join(store, name);
    await say(store, 'alice', { textMessage: 'x' });
    await react(store, 'alice', 1, '__proto__').catch(() => undefined);
    await react(store, 'alice', 1, '$bytes').catch(() => undefined);
    expect(await react(store, 'bob', 1)).toMatchObject({ counts: [['+', '1']] });
    expect((await messages(store))[0]).toMatchObject({ reactions: { '+': 1 } });
  });
}

function readingReactions(start: Start): void {
  test('has 32 keys a message at most, and is read by key and name, page by page', async () => {
    const store = await start();
    const names = ['alice', 'bob', 'carol'];
    for (const name of names) await join(store, name);
    await say(store, 'alice', {});
    await say(store, 'alice', {});
    await react(store, 'alice', 2, 'b');
    // Nobody has reacted to it, nor to one before.
    expect(await page(store, { limit: 1 })).toEqual({ reactions: [], hasMore: false });
    for (let n = 0; n < 32; n++) await react(store, 'alice', 1, `k${n}`);
    expect(await react(store, 'bob', 1, 'more')).toBe('tooManyReactions');
    for (const name of ['bob', 'carol']) expect(await react(store, name, 1, 'k7')).toMatchObject({ version: 1 });
    const all = names.map((userName) => ({ key: 'k7', userName }));
    expect(await page(store, { key: 'k7', limit: 3 })).toEqual({ reactions: all, hasMore: false });
    expect(await page(store, { key: 'k7', limit: 2 })).toEqual({ reactions: all.slice(0, 2), hasMore: true });
    const after = reactionPlace({ key: 'k7', userName: 'bob' });
    expect(await page(store, { key: 'k7', limit: 2, after })).toEqual({ reactions: all.slice(2), hasMore: false });
    // Also behind one that was taken back.
    await react(store, 'bob', 1, 'k7', true);
    expect(await page(store, { key: 'k7', limit: 2, after })).toEqual({ reactions: all.slice(2), hasMore: false });
    expect(await page(store, { limit: 40 })).toMatchObject({ hasMore: false, reactions: { length: 34 - 1 } });
    expect(await page(store, { key: 'none', limit: 4 })).toEqual({ reactions: [], hasMore: false });
    expect(await store.changes.readReactions('nowhere', SERVICE, 1, { after: undefined, limit: 1 })).toBe('noRoom');
    const asEve = await store.changes.readReactions(room, rightsOf('eve'), 1, { after: undefined, limit: 1 });
    expect(asEve).toBe('notJoined');
  });
}

function inLargeRooms(start: Start): void {
  test('is counted at once and told later where the room is large, and by whoever comes next', async () => {
    const store = await start({ largeSize: 2 });
    for (const name of ['alice', 'bob', 'carol']) await join(store, name);
    await say(store, 'alice', {});
    const events = await store.listen(roomTopic(room));
    for (const name of ['alice', 'bob', 'carol'])
      expect(await react(store, name, 1)).toMatchObject({ version: 1, dueMs: expect.any(Number) });
    expect((await messages(store))[0]).toMatchObject({ reactions: { '+': 3 } });
    const { dueMs } = Object(await store.changes.tell(room)) as { dueMs: number };
    expect(dueMs).toBeGreaterThan(0);
    expect(changesIn(events)).toEqual([]);
    await store.client.hset(store.keys.room(room).changesDue, 'c:1', '1');
    expect(await store.changes.tell(room)).toMatchObject({ dueMs: -1 });
    await eventually(() =>
      expect(changesIn(events)).toEqual([{ change: 1, id: 1, kind: 'reactions', version: 1, counts: { '+': 3 } }]),
    );
    expect(await store.changes.tell('nowhere')).toBe('noRoom');
  });

  test('a reply is counted wherever it stands among what is not due yet', async () => {
    const store = await start();
    await join(store, 'alice');
    await say(store, 'alice', {});
    const { changesDue } = store.keys.room(room);
    const later = String(Date.now() + 900);
    const waiting = Array.from({ length: 700 }, (_, i) => [`c:${i + 100}`, later]);
    await store.client.hset(changesDue, Object.fromEntries([...waiting, ['r:1', '3']]));
    expect(await store.changes.tell(room)).not.toBe('noRoom');
    expect((await messages(store))[0]).toMatchObject({ repliesCount: 3 });
  });
}

function appends(open: OpenStore): void {
  const start = starter(open, scope);
  describe('an append', () => {
    test('is one change with those that come with it, and may be repeated', async () => {
      const store = await start();
      await join(store, 'alice');
      await say(store, 'alice', { textMessage: 'é' });
      await say(store, 'alice', { text: 'none' });
      const events = await store.listen(roomTopic(room));
      const both = await Promise.all([
        append(store, 'alice', 1, 'b', { offset: 2 }),
        append(store, 'alice', 1, 'cd'),
        append(store, 'alice', 1, 'bcde', { offset: 2 }),
        append(store, 'alice', 1, 'x', { offset: 9 }),
        append(store, 'alice', 1, 'x', { offset: 2 }),
        append(store, 'alice', 1, 'bc', { offset: 2 }),
      ]);
      expect(both).toMatchObject([
        { length: 3, version: 2 },
        { length: 5, version: 2 },
        { length: 6, version: 2 },
        { reason: 'wrongOffset', value: 6 },
        { reason: 'wrongOffset', value: 6 },
        { length: 6, version: 2 },
      ]);
      expect((await messages(store))[0]).toMatchObject({ textMessage: 'ébcde', done: false, version: 2 });
      expect(await append(store, 'alice', 1, 'e!', { offset: 5, done: true })).toMatchObject({ length: 7, version: 3 });
      // Its answer was lost.
      expect(await append(store, 'alice', 1, 'e!', { offset: 5, done: true })).toMatchObject({ length: 7, version: 3 });
      expect(await append(store, 'alice', 1, 'more')).toBe('isDone');
      expect(await append(store, 'alice', 2, 'more')).toBe('noText');
      await eventually(() => expect(changesIn(events)).toHaveLength(2));
      expect(changesIn(events)).toEqual([
        { change: 1, id: 1, kind: 'append', version: 2, offset: 2, text: 'bcde' },
        { change: 2, id: 1, kind: 'append', version: 3, offset: 6, text: '!', done: true },
      ]);
    });

    test('keeps to the size of a message, and to who writes it, for as long as it may', async () => {
      const store = await start({ messageBytes: 64 });
      for (const name of ['alice', 'bob', 'owner']) await join(store, name);
      await say(store, 'alice', { textMessage: 'x' });
      expect(await append(store, 'alice', 1, 'y'.repeat(64))).toBe('messageTooLarge');
      expect(await append(store, 'bob', 1, 'y')).toBe('notAllowed');
      expect(await append(store, 'owner', 1, 'y')).toBe('notAllowed');
      expect(await append(store, SERVICE, 1, 'y')).toMatchObject({ length: 2 });
    });
  });
}

function ageing(start: Start): void {
  test('a message has other words while it is young, and of admins where the service says so', async () => {
    const store = await start({ editWindowMs: 60_000, adminsEdit: true });
    for (const name of ['alice', 'owner']) await join(store, name);
    await say(store, 'alice', { textMessage: 'x' });
    const events = await store.listen(roomTopic(room));
    expect(await update(store, 'owner', 1, { textMessage: 'y' })).toMatchObject({ version: 2 });
    await eventually(() => expect(changesIn(events)).toMatchObject([{ by: 'owner' }]));
    const late = await start({ editWindowMs: 1 });
    await join(late, 'alice');
    await say(late, 'alice', { textMessage: 'x' });
    const saidAt = Date.now();
    await eventually(() => expect(Date.now()).toBeGreaterThan(saidAt + 5));
    expect(await update(late, 'alice', 1, {})).toBe('tooLate');
    expect(await append(late, 'alice', 1, 'y')).toBe('tooLate');
    expect(await recall(late, 'alice', 1)).toMatchObject({ version: 2 });
  });
}
