// Changes of messages of two users: how each is judged and made in their log, and what is noted of it for both.
import { expect, test } from '@jest/globals';
import { eraseReactionsDirect } from '../../src/store/authored/authored-scripts.ts';
import { leavePair } from '../../src/store/pair/pair-scripts.ts';
import { SERVICE } from '../../src/store/rights.ts';
import { useScope } from '../support/scope.ts';
import { append, change, changed, messagesOf, react, recall, say, toldBy, update } from './direct-change-actions.ts';
import { keysOf } from './pair-actions.ts';
import type { OpenStore } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function pairChangeSuite(open: OpenStore): void {
  updates(open);
  mentions(open);
  appends(open);
  appendedTogether(open);
  reactions(open);
  recalls(open);
  replies(open);
  rules(open);
  back(open);
}

function updates(open: OpenStore): void {
  test('an update gives a message another content, with all that is not its own as it was', async () => {
    const store = await open(scope);
    const { timestamp } = await say(store, 'ann', 'bob', {
      textMessage: 'one',
      mentions: ['bob'],
      x: { y: [1, null] },
    });
    await say(store, 'bob', 'ann', { textMessage: 'two' });
    const made = await changed(
      store,
      'ann',
      'bob',
      update(1, { textMessage: 'uno', author: 'eve', version: 9, z: true }),
    );
    expect(made).toMatchObject({ version: 2, conflict: '', isBehind: false });
    const latest = {
      textMessage: 'uno',
      z: true,
      version: 2,
      updatedAt: made.timestamp,
      author: 'ann',
      timestamp,
      id: 1,
    };
    expect(made.due).toMatchObject({ number: 1, id: 1, always: false, by: 'ann', isOwn: true, isPeers: true });
    expect(toldBy(made.due?.told ?? Buffer.alloc(0))).toEqual({
      change: 1,
      id: 1,
      kind: 'update',
      version: 2,
      timestamp: made.timestamp,
      message: latest,
    });
    expect(made.due?.left).toHaveLength(0);
    // Whoever reads it: the order is as it was.
    for (const [user, peer] of [
      ['ann', 'bob'],
      ['bob', 'ann'],
    ] as const)
      expect(await messagesOf(store, user, peer)).toMatchObject([latest, { textMessage: 'two', id: 2 }]);
    expect(Object.keys((await messagesOf(store, 'ann', 'bob'))[0] ?? {}).slice(-3)).toEqual([
      'author',
      'timestamp',
      'id',
    ]);
    const again = await changed(store, 'ann', 'bob', update(1, { textMessage: 'eins' }, 2));
    expect(again).toMatchObject({ version: 3, isBehind: true });
    expect(await changed(store, 'ann', 'bob', update(1, {}, 2))).toMatchObject({
      version: 3,
      conflict: 'version',
      due: undefined,
    });
    expect(await messagesOf(store, 'bob', 'ann')).toMatchObject([{ textMessage: 'eins' }, { textMessage: 'two' }]);
  });
}

function mentions(open: OpenStore): void {
  test('an update that mentions the other user does so from then on', async () => {
    const store = await open(scope);
    await say(store, 'ann', 'bob');
    const unread = (): Promise<unknown> => store.unreads.ofPair('bob', 'ann', false);
    expect(await unread()).toMatchObject({ mentioned: false });
    await change(store, 'ann', 'bob', [{ ...update(1, {}), mentioning: true }]);
    expect(await unread()).toMatchObject({ mentioned: true });
  });
}

function appends(open: OpenStore): void {
  test('text is appended where it belongs, bytes of UTF-8, and a repeat adds nothing', async () => {
    const store = await open(scope, { messageBytes: 60 });
    await say(store, 'ann', 'bob', { textMessage: 'é', done: true });
    await say(store, 'ann', 'bob', { textMessage: 'é' });
    await say(store, 'ann', 'bob', { text: 'none' });
    const one = await changed(store, 'ann', 'bob', append(2, '–b', 2));
    expect(one).toMatchObject({ length: 6, version: 2, conflict: '' });
    expect(toldBy(one.due?.told ?? Buffer.alloc(0))).toEqual({
      change: 1,
      id: 2,
      kind: 'append',
      version: 2,
      timestamp: one.timestamp,
      offset: 2,
      text: '–b',
    });
    expect((await messagesOf(store, 'ann', 'bob'))[1]).toMatchObject({ textMessage: 'é–b', done: false, version: 2 });
    for (const repeat of [append(2, '–b', 2), append(2, '–', 2), append(2, '', 3), append(2, '')]) {
      expect(await changed(store, 'ann', 'bob', repeat)).toMatchObject({ length: 6, version: 2, due: undefined });
    }
    for (const wrong of [append(2, 'x', 7), append(2, '–c', 2), append(2, 'x', 0)]) {
      expect(await changed(store, 'ann', 'bob', wrong)).toMatchObject({
        length: 6,
        conflict: 'offset',
        due: undefined,
      });
    }
    expect(await changed(store, 'ann', 'bob', append(2, '–bc', 2))).toMatchObject({ length: 7, version: 3 });
    expect(await change(store, 'ann', 'bob', [append(2, 'x'.repeat(60))])).toEqual(['messageTooLarge']);
    const last = await changed(store, 'ann', 'bob', append(2, 'd', undefined, true));
    expect(toldBy(last.due?.told ?? Buffer.alloc(0))).toMatchObject({ change: 3, offset: 7, text: 'd', done: true });
    expect((await messagesOf(store, 'ann', 'bob'))[1]).toMatchObject({ textMessage: 'é–bcd', done: true, version: 4 });
    // The end may be said again.
    expect(await changed(store, 'ann', 'bob', append(2, 'd', 7, true))).toMatchObject({
      length: 8,
      version: 4,
      due: undefined,
    });
    expect(await change(store, 'ann', 'bob', [append(2, 'e'), append(1, 'e'), append(3, 'e')])).toEqual([
      'isDone',
      'isDone',
      'noText',
    ]);
  });
}

function appendedTogether(open: OpenStore): void {
  test('appends to one message that follow each other in one step are one change', async () => {
    const store = await open(scope);
    for (const textMessage of ['a', 'b']) await say(store, 'ann', 'bob', { textMessage });
    const made = await change(store, 'ann', 'bob', [
      append(1, 'b'),
      append(1, 'cd', 2),
      append(1, 'x', 9),
      append(1, 'd', 3),
      append(2, 'c'),
      append(1, 'e', undefined, true),
    ]);
    expect(made).toMatchObject([
      { length: 2, version: 2, due: { number: 1 } },
      { length: 4, version: 2, due: undefined },
      { length: 4, conflict: 'offset' },
      { length: 4, version: 2, due: undefined },
      { length: 2, version: 2, due: { number: 2 } },
      { length: 5, version: 3, due: { number: 3 } },
    ]);
    expect(await messagesOf(store, 'bob', 'ann')).toMatchObject([
      { textMessage: 'abcde', done: true, version: 3 },
      { textMessage: 'bc', done: false, version: 2 },
    ]);
  });
}

function reactions(open: OpenStore): void {
  test('each of the two reacts once with a key, also to what is its own, and takes it back', async () => {
    const store = await open(scope);
    await say(store, 'ann', 'bob');
    const one = await changed(store, 'bob', 'ann', react(1, '👍'));
    expect(toldBy(one.counts)).toEqual({ '👍': 1 });
    expect(toldBy(one.due?.told ?? Buffer.alloc(0))).toEqual({
      change: 1,
      id: 1,
      kind: 'reactions',
      version: 1,
      timestamp: one.timestamp,
      counts: { '👍': 1 },
      by: 'bob',
      key: '👍',
    });
    expect(await changed(store, 'bob', 'ann', react(1, '👍'))).toMatchObject({ due: undefined });
    await change(store, 'ann', 'bob', [react(1, '👍'), react(1, 'x')]);
    expect(await messagesOf(store, 'bob', 'ann')).toMatchObject([
      { reactions: { '👍': 2, x: 1 }, textMessage: 'hello' },
    ]);
    expect((await messagesOf(store, 'bob', 'ann'))[0]).not.toHaveProperty('version');
    const who = [
      ['ann', 'x'],
      ['ann', '👍'],
      ['bob', '👍'],
    ];
    expect(await store.pairChanges.reactions('bob', 'ann', 1)).toEqual(who);
    const back = await changed(store, 'bob', 'ann', react(1, '👍', true));
    expect(toldBy(back.due?.told ?? Buffer.alloc(0))).toMatchObject({ counts: { '👍': 1, x: 1 }, removed: true });
    expect(await changed(store, 'bob', 'ann', react(1, '👍', true))).toMatchObject({ due: undefined });
    await change(store, 'ann', 'bob', [react(1, '👍', true), react(1, 'x', true)]);
    expect((await messagesOf(store, 'bob', 'ann'))[0]).not.toHaveProperty('reactions');
    expect(await store.pairChanges.reactions('bob', 'ann', 1)).toEqual([]);
    const many = await change(
      store,
      'ann',
      'bob',
      Array.from({ length: 33 }, (_, i) => react(1, `${i}`)),
    );
    expect(many.filter((outcome) => outcome === 'tooManyReactions')).toHaveLength(1);
    expect(many.at(-1)).toBe('tooManyReactions');
  });

  test('who reacted is told of a message that is there', async () => {
    const store = await open(scope);
    expect(await store.pairChanges.reactions('bob', 'ann', 1)).toBe('noPair');
    await say(store, 'ann', 'bob');
    expect(await store.pairChanges.reactions('bob', 'ann', 2)).toBe('noMessage');
    await changed(store, 'ann', 'bob', recall(1));
    expect(await store.pairChanges.reactions('bob', 'ann', 1)).toBe('noMessage');
  });
}

function recalls(open: OpenStore): void {
  test('a recall leaves a tombstone, and nothing is done to that any more', async () => {
    const store = await open(scope);
    const { timestamp } = await say(store, 'ann', 'bob', { textMessage: 'one' });
    await change(store, 'ann', 'bob', [update(1, { textMessage: 'two' }), react(1, 'x'), append(1, ' three')]);
    const made = await changed(store, 'ann', 'bob', recall(1, 'a slip'));
    const tombstone = { version: 4, updatedAt: made.timestamp, recalled: true, author: 'ann', timestamp, id: 1 };
    expect(await messagesOf(store, 'bob', 'ann')).toEqual([tombstone]);
    expect(toldBy(made.due?.left ?? Buffer.alloc(0))).toEqual(tombstone);
    const notice = { id: 1, kind: 'recall', version: 4, timestamp: made.timestamp, by: 'ann', reason: 'a slip' };
    expect(toldBy(made.due?.told ?? Buffer.alloc(0))).toEqual({ change: 4, ...notice });
    // What was to be told of what it said is not.
    const page = await store.pairChanges.settle('ann', 'bob', []);
    if (page === 'noPair') throw new Error(page);
    expect(page.isDirty).toBe(true);
    expect(page.due.map(({ told }) => toldBy(told))).toMatchObject([
      { change: 1, ...notice },
      { change: 2, kind: 'reactions' },
      { change: 3, ...notice },
      { change: 4, ...notice },
    ]);
    expect(await change(store, 'ann', 'bob', [update(1, {}), react(1, 'x'), append(1, 'x'), recall(1)])).toEqual(
      Array.from({ length: 4 }, () => 'noMessage'),
    );
    await store.authored.rewrite(store.pairChanges.keysOf('ann', 'bob'));
    expect(await keysOf(store)).toEqual(['{pair:ann:bob}:changed:due', '{pair:ann:bob}:latest', '{pair:ann:bob}:meta']);
  });
}

function replies(open: OpenStore): void {
  test('a reply names a message of the two that is there, and counts there', async () => {
    const store = await open(scope);
    await expect(say(store, 'ann', 'bob', { replyTo: 1 })).rejects.toThrow('noMessage');
    await say(store, 'ann', 'bob');
    for (const replyTo of [0, -1, 2]) await expect(say(store, 'bob', 'ann', { replyTo })).rejects.toThrow('noMessage');
    expect(await say(store, 'bob', 'ann', { replyTo: 1 }, 'c')).toMatchObject({
      id: 2,
      repeated: false,
      asOf: 0,
      isDue: true,
    });
    expect(await say(store, 'bob', 'ann', { replyTo: 9 }, 'c')).toMatchObject({
      id: 2,
      repeated: true,
      asOf: 1,
      isDue: true,
    });
    await say(store, 'ann', 'bob', { replyTo: 1 });
    expect(await messagesOf(store, 'bob', 'ann')).toMatchObject([{ id: 1, repliesCount: 2 }, { id: 2 }, { id: 3 }]);
    const page = await store.pairChanges.settle('bob', 'ann', []);
    if (page === 'noPair') throw new Error(page);
    expect(page.due.map(({ told, by }) => [by, toldBy(told)])).toMatchObject([
      ['bob', { change: 1, id: 1, kind: 'replies', version: 1, repliesCount: 1 }],
      ['ann', { change: 2, id: 1, kind: 'replies', repliesCount: 2 }],
    ]);
    expect(await store.pairChanges.settle('bob', 'ann', [1, 2])).toMatchObject({ due: [], isDirty: false });
    // Other words leave it a reply to the same message.
    await changed(store, 'bob', 'ann', update(2, { textMessage: 'x', replyTo: 99 }));
    expect((await messagesOf(store, 'bob', 'ann'))[1]).toMatchObject({ textMessage: 'x', replyTo: 1 });
    expect(await store.pairChanges.settle('bob', 'ann', [3])).toMatchObject({ due: [] });
    expect(await say(store, 'bob', 'ann')).toMatchObject({ id: 4, asOf: 3, isDue: false });
    await changed(store, 'ann', 'bob', recall(1));
    await expect(say(store, 'bob', 'ann', { replyTo: 1 })).rejects.toThrow('noMessage');
  });
}

function rules(open: OpenStore): void {
  test('who did not write a message may react to it, and the service may everything', async () => {
    const store = await open(scope);
    expect(await change(store, 'ann', 'bob', [update(1, {})])).toEqual(['noMessage']);
    await say(store, 'ann', 'bob', { textMessage: 'one' });
    const tooLarge = { ...update(1, {}), content: Buffer.alloc(0) };
    expect(await change(store, 'bob', 'ann', [update(1, {}), recall(1), append(1, 'x')])).toEqual([
      'notAllowed',
      'notAllowed',
      'notAllowed',
    ]);
    expect(await change(store, 'ann', 'bob', [update(0, {}), react(2, 'x'), tooLarge])).toEqual([
      'noMessage',
      'noMessage',
      'messageTooLarge',
    ]);
    const [made] = await change(store, 'bob', 'ann', [update(1, { textMessage: 'two' })], SERVICE);
    if (typeof made !== 'object') throw new Error(made);
    expect(made.due).toMatchObject({ always: true, by: 'bob' });
    expect(toldBy(made.due?.told ?? Buffer.alloc(0))).toMatchObject({
      kind: 'update',
      by: 'bob',
      message: { author: 'ann' },
    });
  });

  test('what is older than its author may change it is still recalled', async () => {
    const store = await open(scope, { editWindowMs: 1 });
    const { timestamp } = await say(store, 'ann', 'bob');
    const late = async (): Promise<unknown> => (await change(store, 'ann', 'bob', [update(1, {})]))[0];
    let outcome = await late();
    for (let i = 0; i < 1000 && outcome !== 'tooLate'; i++) outcome = await late();
    expect(outcome).toBe('tooLate');
    expect(await change(store, 'ann', 'bob', [append(1, 'x')])).toEqual(['tooLate']);
    expect((await changed(store, 'ann', 'bob', recall(1))).timestamp).toBeGreaterThan(timestamp);
  });

  test('a later user of a name sees, changes and is told of nothing that was before it', async () => {
    const store = await open(scope);
    await say(store, 'ann', 'bob');
    await changed(store, 'bob', 'ann', react(1, 'x'));
    await store.commands.run(leavePair, store.keys.pair('ann', 'bob'), { user: 'ann', peer: 'bob' });
    expect(await change(store, 'ann', 'bob', [recall(1)])).toEqual(['noMessage']);
    const page = await store.pairChanges.settle('bob', 'ann', []);
    expect(page).toMatchObject({ due: [{ number: 1, isOwn: true, isPeers: false }] });
    await store.commands.run(leavePair, store.keys.pair('ann', 'bob'), { user: 'bob', peer: 'ann' });
    expect(await keysOf(store)).toEqual([]);
    expect(await store.pairChanges.settle('bob', 'ann', [])).toBe('noPair');
  });
}

function back(open: OpenStore): void {
  test('reactions of a user that is erased go page by page, whatever the other one takes out meanwhile', async () => {
    const store = await open(scope);
    for (let n = 0; n < 3; n++) await say(store, 'ann', 'bob');
    await change(store, 'bob', 'ann', [react(1, '+'), react(2, '+')]);
    await change(store, 'ann', 'bob', [react(3, '+')]);
    const erase = (after: Uint8Array | string): Promise<{ last?: Uint8Array | undefined } | string> =>
      store.commands.run(eraseReactionsDirect, store.keys.pair('ann', 'bob'), { user: 'ann', after, pageMax: 2 });
    const first = await erase('');
    if (typeof first === 'string' || first.last === undefined) throw new Error('there is no second page');
    await change(store, 'bob', 'ann', [react(1, '+', true), react(2, '+', true)]);
    expect(await erase(first.last)).toEqual({ last: undefined });
    expect(await store.client.zcard(store.keys.pair('ann', 'bob').reactions)).toBe(0);
  });

  test('what is given and taken back costs the two no message, however often', async () => {
    const store = await open(scope, { historyMaxBytes: 65_536 });
    for (let n = 0; n < 3; n++) await say(store, 'ann', 'bob');
    const [key, text] = ['+'.repeat(64), 'x'.repeat(4000)];
    const all = async (): Promise<unknown[]> => (await messagesOf(store, 'ann', 'bob')).map(({ id }) => id);
    for (let n = 0; n < 500; n++) {
      await change(store, 'bob', 'ann', [react(2, key), react(2, key, true)]);
      await store.pairChanges.settle('ann', 'bob', [2 * n + 1, 2 * n + 2]);
    }
    expect(await all()).toEqual([1, 2, 3]);
    for (let n = 0; n < 25; n++) {
      await change(store, 'ann', 'bob', [update(2, { textMessage: text }), update(2, {})]);
    }
    expect(await all()).toEqual([1, 2, 3]);
  });
}
