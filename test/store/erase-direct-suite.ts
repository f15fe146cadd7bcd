// Erasing what one user wrote to others: in their conversations, in what they were told, in what repeats are known by. And the work
// itself as it is written down.
import { expect, test } from '@jest/globals';
import { readEvent } from '../../src/log/event.ts';
import { storedDirectFrame } from '../../src/protocol/direct.ts';
import { notificationFrame } from '../../src/protocol/wire/frame.ts';
import { storedMessageIn } from '../../src/protocol/wire/message-frame.ts';
import { userTopic } from '../../src/redis/keys.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { useScope } from '../support/scope.ts';
import { write } from './authored-suite.ts';
import {
  append as appendText,
  change,
  messagesOf,
  react,
  recall,
  say,
  tellDue,
  toldBy,
  update,
} from './direct-change-actions.ts';
import { keysWith, MARKER, saidIn } from './erase-actions.ts';
import { ALL, append, appendOne, deliver, login, logout } from './pair-actions.ts';
import { starter } from './room-actions.ts';
import type { OpenStore, Store } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function eraseDirectSuite(open: OpenStore): void {
  pairs(open);
  rings(open);
  changes(open);
  repeats(open);
  work(open);
}

function pairs(open: OpenStore): void {
  test('of a conversation the words of one side go, with its marks as they were', async () => {
    const store = await open(scope);
    for (const userName of ['ann', 'bob']) await login(store, userName);
    const send = async (author: string, to: string): Promise<void> => {
      const { prefix, middle } = storedDirectFrame(author, { text: MARKER });
      await appendOne(store, author, to, { prefix, middle, clientMessageId: undefined, transient: false });
    };
    const read = async (page: Partial<typeof ALL> = {}): Promise<string[]> => {
      const found = await store.pairs.read('bob', 'ann', { ...ALL, ...page });
      return found === 'noPair' ? [found] : saidIn(found.messages);
    };
    await store.authored.eraseInPair('ann', 'bob');
    for (let i = 0; i < 3; i++) {
      await send('ann', 'bob');
      await send('bob', 'ann');
    }
    await store.pairs.markRead('bob', 'ann', 1);
    await store.authored.eraseInPair('ann', 'bob');
    expect(await read()).toEqual(['1 erased', `2 ${MARKER}`, '3 erased', `4 ${MARKER}`, '5 erased', `6 ${MARKER}`]);
    expect(await read({ fromId: 5, forward: false, limit: 2 })).toEqual(['3 erased', `4 ${MARKER}`]);
    const first = await store.pairs.read('bob', 'ann', { ...ALL, limit: 1 });
    if (first === 'noPair') throw new Error(first);
    expect(first).toMatchObject({ readPeer: 1, sentPeer: 1 });
    expect(await read({ fromTime: first.messages[0]?.timestamp ?? 0 })).toHaveLength(6);
    // What is missed, marked as come and as read is found among them.
    const unsent = await store.pairs.readUnsent('bob', 'ann', { after: 0, limit: 10, bytesMax: 1 << 20 });
    expect(unsent.messages.map(({ id }) => id)).toEqual([3, 5]);
    expect(await store.pairs.markSent('bob', 'ann', { first: 3, last: 3 })).toMatchObject({ upToId: 3 });
    expect(await store.pairs.markSent('bob', 'ann', { first: 5, last: 5 })).toMatchObject({ upToId: 5 });
    expect(await store.pairs.markRead('bob', 'ann', 9)).toMatchObject({ upToId: 5 });
    for (let i = 0; i < 2; i++) await store.authored.eraseInPair('bob', 'ann');
    expect(await keysWith(store.client, store.keys.prefix, MARKER)).toEqual([]);
  });
}

function rings(open: OpenStore): void {
  test.each([
    ['in its inbox', 1000],
    ['among its events', 0],
  ])('what a user was told of by another one is told no more %s, and all else as it was', async (_, inboxSize) => {
    const store = await open(scope, { inboxSize });
    const { client, keys } = store;
    for (const userName of ['ann', 'bob', 'carl']) await login(store, userName);
    const at = await store.logOf('n1').readPosition(userTopic('bob'));
    if (at === 'gone') throw new Error(at);
    for (const author of ['ann', 'carl', 'ann']) {
      const { prefix, middle } = storedDirectFrame(author, { text: MARKER, to: 'ann' });
      const post = { prefix, middle, clientMessageId: undefined, transient: false };
      const appended = await appendOne(store, author, 'bob', post);
      if (typeof appended === 'string' || 'passing' in appended) throw new Error('not appended');
      await deliver(store, 'bob', author, appended);
    }
    const profile = { userName: 'ann', status: 'online', lastOnline: null, about: MARKER };
    for (const name of ['contactAdded', 'contactAddedEcho'] as const) {
      await store.users.notifyOthers('bob', undefined, notificationFrame(name, [profile]), true);
    }
    await store.users.notifyOthers('bob', undefined, notificationFrame('contactRemoved', ['ann']), true);
    const { [inboxSize > 0 ? 'history' : 'events']: told } = keys.user('bob');
    await client.pexpire(told, 60_000);
    for (let i = 0; i < 2; i++) await store.authored.eraseInRing(told, 'ann');
    expect(await client.pttl(told)).toBeGreaterThan(0);
    const read = await store.logOf('n1').readAfter(userTopic('bob'), at);
    if (read === 'gone') throw new Error(read);
    expect(read.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    const [first, second, third, fourth, fifth, sixth] = read.events;
    const messages = [first, second, third].map((event) => storedMessageIn(event?.frame ?? Buffer.alloc(0)).value);
    expect(messages).toMatchObject([
      { author: 'ann', id: 1, recalled: true },
      { author: 'carl', text: MARKER },
      { author: 'ann', id: 2, recalled: true },
    ]);
    for (const event of [fourth, fifth]) expect(event?.frame).toHaveLength(0);
    expect(sixth?.frame).toEqual(Buffer.from(notificationFrame('contactRemoved', ['ann'])));
    await client.persist(told);
    await store.authored.eraseInRing(told, 'carl');
    expect(await client.pttl(told)).toBe(-1);
    const raw = await client.xrangeBuffer(told, '-', '+');
    expect(raw.map(([, fields]) => readEvent(fields[1] ?? Buffer.alloc(0))?.prev)).toEqual(
      read.events.map(({ prev }) => prev),
    );
    // A user without any has none made.
    await logout(store, 'carl');
    await client.unlink(keys.user('carl').events);
    await store.authored.eraseInRing(keys.user('carl').events, 'ann');
    expect(await client.exists(keys.user('carl').events)).toBe(0);
  });
}

function repeats(open: OpenStore): void {
  test('what repeats are known by goes, of that author and of no other', async () => {
    const store = await starter(open, scope)();
    const { client } = store;
    for (const author of ['ann', 'an', 'ann*', 'bob']) await write(store, author, {}, { clientMessageId: MARKER });
    await login(store, 'bob');
    for (const author of ['ann', 'carl']) {
      await store.directs.send('bob', {
        author,
        rights: rightsOf(author),
        prefix: Buffer.from(MARKER),
        clientMessageId: 'c-1',
        transient: false,
      });
      await append(store, author, 'bob', { clientMessageId: MARKER });
    }
    const names = async (): Promise<string[]> => {
      const found = Object.keys(await store.ttls()).filter(
        (key) => key.includes('}:dedup:') && !key.endsWith(':authors'),
      );
      const fields = await Promise.all(
        found.map(async (key) =>
          (await client.hkeys(`${store.keys.prefix}:${key}`)).map((field) =>
            key.startsWith('{pair:') ? `${key.split(':').at(-1)} to a peer` : field.split('\n')[0],
          ),
        ),
      );
      return fields.flat().map(String).toSorted();
    };
    expect(await names()).toEqual(['an', 'ann', 'ann', 'ann to a peer', 'ann*', 'bob', 'carl', 'carl to a peer']);
    for (const author of ['ann', 'ann*']) {
      for (let cursor: string | undefined = undefined, isOver = false; !isOver;) {
        const page: Awaited<ReturnType<Store['directory']['traces']>> = await store.directory.traces(author, cursor, 1);
        if (page === undefined) throw new Error('its own cursor is refused');
        for (const { key, kind } of page.items) {
          if (kind === 'repeats') await store.authored.forgetRepeats(key, author);
          if (kind === 'repeatsOfOne') await store.authored.forgetAllRepeats(key);
        }
        cursor = page.cursor;
        isOver = cursor === undefined;
      }
    }
    expect(await names()).toEqual(['an', 'bob', 'carl', 'carl to a peer']);
  });
}

function work(open: OpenStore): void {
  test('an erasure is begun once, is in one hand, and is known for a while when it is done', async () => {
    const store = await open(scope);
    const { erasures, client, keys } = store;
    expect(await erasures.take()).toBeUndefined();
    expect(await erasures.begin('ann', true)).toBe(false);
    expect(await erasures.begin('ann', false)).toBe(false);
    const taken = await erasures.take();
    if (taken === undefined) throw new Error('there is one');
    expect(taken).toMatchObject({ userName: 'ann', place: '' });
    expect(await erasures.take()).toBeUndefined();
    expect(await erasures.note(taken, 'half way')).toBe(true);
    // Its node dies.
    await client.zadd(keys.erasing.erasures, 0, 'ann');
    const again = await erasures.take();
    if (again === undefined) throw new Error('there is one');
    expect(again).toMatchObject({ userName: 'ann', place: 'half way' });
    expect([await erasures.note(taken, 'late'), await erasures.end(taken)]).toEqual([false, false]);
    expect(await erasures.note(again, 'further', 0)).toBe(true);
    // The clock was set back.
    await client.zadd(keys.erasing.erasures, 8_000_000_000_000, 'ann');
    const last = await erasures.take();
    if (last === undefined) throw new Error('there is one');
    expect(last.place).toBe('further');
    await erasures.lockName('ann');
    expect(await login(store, 'ann')).toBe('erasing');
    const options = { whitelistOnly: false, lists: { whitelist: [], blacklist: [] } };
    expect(await store.admin.createUser('ann', options)).toBe('erasing');
    expect(await erasures.end(last)).toBe(true);
    expect(await erasures.begin('ann', false)).toBe(true);
    expect(await store.admin.createUser('ann', options)).toBe('ok');
    // Who has come back has written since.
    expect(await erasures.begin('ann', true)).toBe(false);
    const second = await erasures.take();
    if (second === undefined) throw new Error('there is one');
    await erasures.end(second);
    expect(await store.admin.deleteUser('ann')).toBe('ok');
    expect(await erasures.begin('ann', false)).toBe(false);
    const ttls = await store.ttls();
    expect(Object.keys(ttls).filter((key) => key.startsWith('{erasures}') && ttls[key] === -1)).toEqual([
      '{erasures}:pending',
    ]);
  });
}

function changes(open: OpenStore): void {
  test('with the words of a user go its reactions, and what was told, or is to be, of its changes', async () => {
    const store = await open(scope, { inboxSize: 100 });
    for (const userName of ['ann', 'bob']) await login(store, userName);
    await store.authored.eraseInPair('ann', 'bob');
    for (const [author, to] of [
      ['ann', 'bob'],
      ['bob', 'ann'],
    ] as const)
      await say(store, author, to, { textMessage: author });
    await change(store, 'ann', 'bob', [update(1, { textMessage: MARKER }), appendText(1, MARKER), react(2, 'y')]);
    await change(store, 'bob', 'ann', [react(2, 'x'), update(2, { textMessage: 'mine' })]);
    await tellDue(store, 'ann', 'bob');
    await change(store, 'ann', 'bob', [update(1, { textMessage: MARKER })]);
    await change(store, 'bob', 'ann', [appendText(2, '!'), recall(2)]);
    const own = await store.authored.readPair('ann', 'bob', { after: 0, limit: 9 });
    if (own === 'noPair') throw new Error(own);
    expect(own.messages.map(({ frame }) => storedMessageIn(frame).value)).toMatchObject([
      { id: 1, textMessage: MARKER, version: 4 },
    ]);
    await store.authored.eraseInPair('ann', 'bob');
    await store.authored.eraseInRing(store.keys.user('bob').history, 'ann');
    const [first, second] = await messagesOf(store, 'bob', 'ann');
    expect(first).toEqual({ id: 1, author: 'ann', recalled: true, timestamp: expect.any(Number) });
    expect(second).toMatchObject({ id: 2, author: 'bob', recalled: true });
    // Its own log goes with the user itself.
    const left = await keysWith(store.client, store.keys.prefix, MARKER);
    expect(left.filter((key) => key !== '{user:ann}:history')).toEqual([]);
    // What the other one took back is told all the same.
    expect(await tellDue(store, 'bob', 'ann')).toEqual([7, 8]);
    // What was taken back by the one that is erased as well, but not why.
    await say(store, 'ann', 'bob', { textMessage: 'x' });
    await change(store, 'ann', 'bob', [recall(3, MARKER)]);
    await store.authored.eraseInPair('ann', 'bob');
    const page = await store.pairChanges.settle('ann', 'bob', []);
    if (page === 'noPair') throw new Error(page);
    expect(page.due.map(({ told }) => toldBy(told))).toEqual([
      { change: 9, id: 3, kind: 'recall', version: 2, timestamp: expect.any(Number), by: 'ann' },
    ]);
  });

  test('a reaction of somebody else stays, and so do the counts of it', async () => {
    const store = await open(scope);
    await say(store, 'bob', 'ann');
    for (const [author, peer] of [
      ['ann', 'bob'],
      ['bob', 'ann'],
    ] as const)
      await change(store, author, peer, [react(1, 'x'), react(1, author)]);
    await store.authored.eraseInPair('ann', 'bob');
    expect(await messagesOf(store, 'bob', 'ann')).toMatchObject([
      { textMessage: 'hello', reactions: { x: 1, bob: 1 } },
    ]);
    expect(await store.pairChanges.reactions('bob', 'ann', 1)).toEqual([
      ['bob', 'x'],
      ['bob', 'bob'],
    ]);
  });
}
