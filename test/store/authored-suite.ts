// What one user wrote, found in the logs of rooms and conversations: by whom a message is, page by page, and what the user has to do
// with each room.
import { expect, test } from '@jest/globals';
import { roomMessageFrame } from '../../src/protocol/message.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import type { ReactedPage, ReactedWish } from '../../src/store/authored/authored-store.ts';
import { useScope } from '../support/scope.ts';
import { react } from './change-actions.ts';
import * as pairs from './direct-change-actions.ts';
import { append, login } from './pair-actions.ts';
import { idsOf, join, room, starter, type Start } from './room-actions.ts';
import { frame, nonce, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();

/** A message as the service makes them: with its author before its time. */
export async function write(
  store: Store,
  author: string | undefined,
  message: ValueMap = {},
  { roomName = room, clientMessageId }: { roomName?: string; clientMessageId?: string } = {},
): Promise<void> {
  const { prefix, middle } = roomMessageFrame(roomName, author, message, false);
  const post = { author, prefix, middle, nonce: nonce(), clientMessageId, transient: false };
  const posted = await store.messages.post(roomName, SERVICE, post);
  if (typeof posted === 'string') throw new Error(posted);
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function authoredSuite(open: OpenStore): void {
  const start = starter(open, scope);
  rooms(start);
  conversations(open);
  reactions(open);
  directReactions(open);
}

function rooms(start: Start): void {
  test('what a user wrote to a room is found by its author, whatever a message says of itself', async () => {
    const store = await start();
    await write(store, 'ann', { text: 'one' });
    await write(store, 'anne', { text: 'two' });
    await write(store, 'bob', { author: 'ann', text: 'three' });
    await write(store, undefined, { text: 'four' });
    // In the name that the service's message gives.
    await write(store, undefined, { author: 'ann', text: 'five' });
    await write(store, 'ann', {});
    const page = await store.authored.readRoom(room, 'ann', { after: 0, limit: 10 });
    if (page === 'noRoom') throw new Error(page);
    expect([idsOf(page.messages), page.next]).toEqual([[1, 5, 6], 0]);
    const second = await store.authored.readRoom(room, 'ann', { after: 1, limit: 1 });
    expect(second).toMatchObject({ next: 6, messages: [{ id: 5 }] });
    expect(await store.authored.readRoom(room, 'dave', { after: 0, limit: 10 })).toMatchObject({
      next: 0,
      messages: [],
    });
    expect(await store.authored.readRoom('nowhere', 'ann', { after: 0, limit: 10 })).toBe('noRoom');
  });

  test('a step looks at a bounded number of messages, and says where it has stopped', async () => {
    const store = await start();
    for (let i = 0; i < 10; i++) {
      await Promise.all(Array.from({ length: 60 }, () => write(store, i === 9 ? 'ann' : 'bob')));
    }
    const first = await store.authored.readRoom(room, 'ann', { after: 0, limit: 10 });
    expect(first).toMatchObject({ next: 501, messages: [] });
    expect(await store.authored.readRoom(room, 'ann', { after: 500, limit: 100 })).toMatchObject({ next: 0 });
  });

  test('what a user has to do with a room is told with it', async () => {
    const store = await start();
    const ties = async (userName: string): Promise<unknown> => {
      const page = await store.authored.readRoom(room, userName, { after: 0, limit: 1 });
      if (page === 'noRoom') throw new Error(page);
      const { isOwner, isOccupant, adminlist, whitelist, blacklist } = page;
      return [isOwner, isOccupant, adminlist, whitelist, blacklist];
    };
    expect(await ties('owner')).toEqual([true, false, false, false, false]);
    await join(store, 'ann');
    const edit = (names: string[]) => ({ names, badName: undefined, frame: frame('x'), leftPrefix: frame('left') });
    for (const listName of ['adminlist', 'whitelist']) {
      await store.access.addToList(room, rightsOf('owner'), { listName, ...edit(['ann']) });
    }
    await store.access.addToList(room, rightsOf('owner'), { listName: 'blacklist', ...edit(['bob']) });
    expect(await ties('ann')).toEqual([false, true, true, true, false]);
    expect(await ties('bob')).toEqual([false, false, false, false, true]);
  });
}

function conversations(open: OpenStore): void {
  test('what a user wrote to another one is found in their conversation, but not what an earlier one of the name did', async () => {
    const store = await open(scope);
    for (const userName of ['ann', 'bob']) await login(store, userName);
    expect(await store.authored.readPair('ann', 'bob', { after: 0, limit: 10 })).toBe('noPair');
    for (const [author, to] of [
      ['ann', 'bob'],
      ['bob', 'ann'],
      ['ann', 'bob'],
    ] as const) {
      await append(store, author, to);
    }
    const read = async (userName: string, peer: string, after = 0, limit = 10): Promise<unknown> => {
      const page = await store.authored.readPair(userName, peer, { after, limit });
      return page === 'noPair' ? page : [idsOf(page.messages), page.next];
    };
    expect([await read('ann', 'bob'), await read('bob', 'ann')]).toEqual([
      [[1, 3], 0],
      [[2], 0],
    ]);
    expect([await read('ann', 'bob', 0, 1), await read('ann', 'bob', 1)]).toEqual([
      [[1], 2],
      [[3], 0],
    ]);
    await store.client.hset(store.keys.pair('ann', 'bob').meta, 'gone:ann', '3');
    await append(store, 'ann', 'bob');
    expect(await read('ann', 'bob')).toEqual([[4], 0]);
  });

  test('conversations are found by scanning, of one user and of no other whose name has its name in it', async () => {
    const store = await open(scope);
    for (const [author, to] of [
      ['ann', 'bob'],
      ['zoe', 'ann'],
      ['anna', 'bob'],
      ['a*', 'bob'],
    ] as const) {
      await append(store, author, to);
    }
    const peers = async (userName: string): Promise<string[]> => {
      const found: string[] = [];
      for (let cursor: string | undefined = undefined, isOver = false; !isOver;) {
        const page: Awaited<ReturnType<Store['directory']['peers']>> = await store.directory.peers(userName, cursor, 1);
        if (page === undefined) throw new Error('its own cursor is refused');
        found.push(...page.items);
        cursor = page.cursor;
        isOver = cursor === undefined;
      }
      return [...new Set(found)].toSorted();
    };
    expect([await peers('ann'), await peers('bob'), await peers('a*')]).toEqual([
      ['bob', 'zoe'],
      ['a*', 'ann', 'anna'],
      ['bob'],
    ]);
  });
}

/** All of them, in pages of at most `limit`: each an id and a key. */
async function reacted(
  read: (wish: ReactedWish) => Promise<ReactedPage | 'noRoom' | 'noPair'>,
  limit: number,
): Promise<string[]> {
  const found: string[] = [];
  for (let after: Uint8Array | undefined = new Uint8Array(); after !== undefined;) {
    const page: Awaited<ReturnType<typeof read>> = await read({ after, limit });
    if (typeof page === 'string') throw new Error(page);
    expect(page.reactions.length).toBeLessThanOrEqual(limit);
    found.push(...page.reactions.map(([id, key]) => `${id} ${key}`));
    after = page.last;
  }
  return found;
}

function reactions(open: OpenStore): void {
  test('what a user has reacted to in a room is found among the reactions of all, as far as it is seen', async () => {
    const store = await open(scope, { historyMaxAgeMs: 60_000 });
    await store.rooms.create(room, roomOptions('owner'));
    for (const userName of ['ann', 'bob', 'anne']) await join(store, userName);
    for (let i = 0; i < 3; i++) await write(store, 'bob');
    const has = async (): Promise<unknown> => store.authored.readRoom(room, 'ann', { after: 0, limit: 1 });
    expect(await has()).toMatchObject({ hasReactions: false });
    for (const [by, id, key] of [
      ['ann', 1, '+'],
      ['bob', 1, '+'],
      ['anne', 2, 'n'],
      ['ann', 2, 'n'],
      ['ann', 3, '+'],
      ['ann', 3, '-'],
    ] as const) {
      await react(store, by, id, key);
    }
    expect(await has()).toMatchObject({ hasReactions: true });
    const read = (limit: number): Promise<string[]> =>
      reacted((wish) => store.authored.readReactedInRoom(room, 'ann', wish), limit);
    for (const limit of [1, 2, 10]) expect(await read(limit)).toEqual(['1 +', '2 n', '3 +', '3 -']);
    await store.admin.resizeHistory(room, 1);
    expect(await read(10)).toEqual(['3 +', '3 -']);
    const wish = { after: new Uint8Array(), limit: 1 };
    expect(await store.authored.readReactedInRoom('nowhere', 'ann', wish)).toBe('noRoom');
  });

  test('a step looks at a bounded number of reactions, and says where it has stopped', async () => {
    const store = await open(scope);
    await store.rooms.create(room, roomOptions('owner'));
    await write(store, 'bob');
    const member = (name: string): Buffer =>
      Buffer.concat([Buffer.from('3ff0000000000000', 'hex'), Buffer.from(`\u0001+${name}`)]);
    const { reactions: key } = store.keys.room(room);
    const others = Array.from({ length: 600 }, (_, i) => member(`bob${i}`));
    await store.client.zadd(key, ...[...others, member('zoe')].flatMap((one) => [1, one]));
    const first = await store.authored.readReactedInRoom(room, 'zoe', { after: new Uint8Array(), limit: 10 });
    if (first === 'noRoom') throw new Error(first);
    expect([first.reactions, first.last === undefined]).toEqual([[], false]);
    const next = { after: first.last ?? new Uint8Array(), limit: 10 };
    expect(await store.authored.readReactedInRoom(room, 'zoe', next)).toMatchObject({ reactions: [['1', '+']] });
  });
}

function directReactions(open: OpenStore): void {
  test('what a user has reacted to in a conversation is found, but not what an earlier one of the name did', async () => {
    const store = await open(scope);
    for (const userName of ['ann', 'bob']) await login(store, userName);
    const wish = { after: new Uint8Array(), limit: 1 };
    expect(await store.authored.readReactedInPair('ann', 'bob', wish)).toBe('noPair');
    for (let i = 0; i < 2; i++) await pairs.say(store, 'bob', 'ann');
    expect(await store.authored.readPair('ann', 'bob', { after: 0, limit: 1 })).toMatchObject({ hasReactions: false });
    for (const [author, peer, id] of [
      ['ann', 'bob', 1],
      ['ann', 'bob', 2],
      ['bob', 'ann', 2],
    ] as const) {
      await pairs.changed(store, author, peer, pairs.react(id, '+'));
    }
    expect(await store.authored.readPair('ann', 'bob', { after: 0, limit: 1 })).toMatchObject({ hasReactions: true });
    const read = (limit: number): Promise<string[]> =>
      reacted((one) => store.authored.readReactedInPair('ann', 'bob', one), limit);
    for (const limit of [1, 10]) expect(await read(limit)).toEqual(['1 +', '2 +']);
    await store.client.hset(store.keys.pair('ann', 'bob').meta, 'gone:ann', '1');
    expect(await read(10)).toEqual(['2 +']);
  });
}
