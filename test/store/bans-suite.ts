// Bans that end by themselves: until then who is banned is out, then it may come back at once, and is not on the list any more.
import { expect, test } from '@jest/globals';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { roomTopic } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { add, edit, listed, outBy, setMode, take, told, type Edited } from './access-actions.ts';
import { redisNow } from './conduct-actions.ts';
import { join, post, rightsBy, room, starter, type By, type Start } from './room-actions.ts';
import type { OpenStore, Store } from './store.ts';

const scope = useScope();
const LATE = 8_000_000_000_000;

const ban = (store: Store, by: By, names: string[], until: number | undefined = LATE): Edited =>
  store.access.addToList(room, rightsBy(by), { ...edit('blacklist', names), until });

/** The time of a ban is over now. */
const pass = async (store: Store, ...userNames: string[]): Promise<void> => {
  const now = await redisNow(store);
  for (const userName of userNames) await store.client.zadd(store.keys.room(room).bans, now, userName);
};

const admits = async (store: Store, userName: string): Promise<unknown> => {
  const access = await store.access.readAccess(room, userName);
  return typeof access === 'string' ? access : access.admitted;
};

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function bansSuite(open: OpenStore): void {
  const start = starter(open, scope);
  ending(start);
  changing(start);
  counting(start);
  looking(start);
  marks(start);
}

function ending(start: Start): void {
  test('who is banned is out, and may come back at once when the time is over', async () => {
    const store = await start();
    for (const user of ['bob', 'ann']) await join(store, user);
    const events = await store.listen(roomTopic(room));
    const until = (await redisNow(store)) + 3000;
    expect(await outBy(ban(store, 'owner', ['bob'], until))).toEqual(['bob']);
    await eventually(async () => expect(await admits(store, 'bob')).toBe(true));
    expect(await join(store, 'bob')).toMatchObject({ njoined: 1 });
    expect(await post(store, 'bob')).toMatchObject({ id: 1 });
    await eventually(() => expect(events).toHaveLength(4));
    expect(told(events).map(([kind]) => kind)).toEqual(['notice', 'evicted', 'notice', 'message']);
    // A time that is past keeps nobody out, and lets in who was.
    await outBy(ban(store, 'owner', ['ann', 'zoe'], LATE));
    expect(await outBy(ban(store, 'owner', ['ann', 'bob'], 1000))).toEqual([]);
    expect([await admits(store, 'ann'), await admits(store, 'zoe')]).toEqual([true, false]);
    expect(await listed(store, 'blacklist')).toEqual(['zoe']);
  });
}

function changing(start: Start): void {
  test('may be given another end, be for good, or be taken back', async () => {
    const store = await start();
    const { bans } = store.keys.room(room);
    await outBy(ban(store, 'owner', ['bob', 'carl', 'dan'], LATE));
    expect(await store.client.zrange(bans, '0', '-1')).toEqual(['bob', 'carl', 'dan']);
    await outBy(add(store, 'owner', 'blacklist', 'bob'));
    await pass(store, 'carl');
    await outBy(ban(store, 'owner', ['carl'], LATE));
    await outBy(take(store, 'owner', 'blacklist', 'dan'));
    expect(await store.client.zrange(bans, '0', '-1')).toEqual(['carl']);
    // Banned anew, it is not by what it was banned until before.
    await outBy(add(store, 'owner', 'blacklist', 'dan'));
    expect(await listed(store, 'blacklist')).toEqual(['bob', 'carl', 'dan']);
    for (const user of ['bob', 'carl', 'dan']) expect(await admits(store, user)).toBe(false);
  });

  test('nobody is out of an open room who was out of it for a time that is over, and everybody who is not listed of a closed one', async () => {
    const store = await start();
    await outBy(ban(store, 'owner', ['bob', 'wes'], LATE));
    await outBy(add(store, 'owner', 'whitelist', 'wes'));
    await pass(store, 'bob', 'wes');
    for (const user of ['bob', 'wes']) await join(store, user);
    expect(await outBy(setMode(store, 'owner', true))).toEqual(['bob']);
    expect(await post(store, 'wes')).toMatchObject({ id: 1 });
  });
}

function counting(start: Start): void {
  test('whose time is over counts for no limit, and goes with the next edit of whatever list', async () => {
    const store = await start({ listSizeLimit: 3 });
    const { blacklist, bans } = store.keys.room(room);
    await outBy(ban(store, 'owner', ['a', 'b'], LATE));
    expect(await ban(store, 'owner', ['c', 'd'])).toBe('listLimitExceeded');
    await pass(store, 'a');
    expect(await outBy(ban(store, 'owner', ['c', 'd']))).toEqual([]);
    await pass(store, 'b', 'c');
    await outBy(add(store, 'owner', 'whitelist', 'wes'));
    expect(await store.client.smembers(blacklist)).toEqual(['d']);
    expect(await store.client.zrange(bans, '0', '-1')).toEqual(['d']);
  });
}

function looking(start: Start): void {
  test('whose time is over is on no list that is read, however many they are', async () => {
    const store = await start();
    const names = Array.from({ length: 1500 }, (_, i) => `name-${i}`);
    const { blacklist, bans } = store.keys.room(room);
    await outBy(add(store, 'owner', 'blacklist', 'zoe'));
    await store.client.sadd(blacklist, ...names);
    const past = (await redisNow(store)) - 1;
    await store.client.zadd(bans, ...names.flatMap((name) => [String(past), name]));
    const isListed = (name: string): Promise<unknown> => store.admin.roomHasInList(room, 'blacklist', name);
    expect([await isListed('zoe'), await isListed('name-3')]).toEqual([true, false]);
    expect(await store.admin.inspectRoom(room)).toMatchObject({ blacklistSize: 1 });
    const wish = { cursor: '', limit: 3000 };
    const page = await store.access.readList(room, rightsOf('owner'), 'blacklist', wish);
    expect(page).toMatchObject({ count: 1, names: ['zoe'] });
    // Some at a time.
    expect(await store.client.scard(blacklist)).toBe(501);
    expect(await store.access.readList(room, SERVICE, 'blacklist', wish)).toMatchObject({ count: 1, names: ['zoe'] });
    expect(await store.client.smembers(blacklist)).toEqual(['zoe']);
    expect(await store.client.exists(bans)).toBe(0);
  });
}

function marks(start: Start): void {
  test('what a member has not read is kept for it, however often it is looked for meanwhile', async () => {
    const store = await start();
    for (const user of ['ann', 'bob']) await join(store, user);
    await store.client.zadd(store.keys.room(room).roster, 0, 'bob');
    await ban(store, 'owner', ['bob']);
    await post(store, 'ann');
    const unread = async (): Promise<unknown> => {
      const counted = await store.unreads.ofRoom('bob', room, false);
      return typeof counted === 'string' ? counted : counted.unread;
    };
    for (let look = 0; look < 2; look++) expect(await unread()).toBe('notJoined');
    await pass(store, 'bob');
    await post(store, 'ann');
    expect(await unread()).toBe(2);
  });
}
