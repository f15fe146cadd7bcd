// Large rooms in Redis: who comes and goes is told in batches, and a staged eviction is carried out node by node.
import { expect, test } from '@jest/globals';
import { evictionsOf } from '../../src/log/event.ts';
import type { EvictionCursor, EvictedPage } from '../../src/store/access/access-store.ts';
import { roomTopic } from '../../src/redis/keys.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { add, changeOwner, changesIn, flush, leftPrefix, listed, outBy, setMode, told } from './access-actions.ts';
import { expectChain, heardOf, join, leave, post, room, type Start, starter, userlist } from './room-actions.ts';
import type { OpenStore, Store } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function largeRoomSuite(open: OpenStore): void {
  const start = starter(open, scope);
  batches(start);
  multitudes(start);
  glimpses(start);
  manyOut(start);
  stagedEvictions(start);
  absentees(start);
  regrant(start);
}

function batches(start: Start): void {
  test('tell net changes in batches, and end a batch before anything is told at once', async () => {
    const store = await start({ largeSize: 2 });
    for (const user of ['ann', 'bob']) await join(store, user);
    const events = await store.listen(roomTopic(room));
    expect(await join(store, 'cid')).toMatchObject({ announced: false, changesPending: true, at: { seq: 2 } });
    expect(await join(store, 'cid', 'cid-2')).toMatchObject({ njoined: 2, changesPending: false });
    await join(store, 'dan');
    expect(await leave(store, 'dan')).toMatchObject({ changesPending: true });
    // As few as in a small room, but the batch has not been told.
    expect(await leave(store, 'ann')).toMatchObject({ changesPending: true });
    expect(await outBy(add(store, 'owner', 'blacklist', 'bob'))).toEqual(['bob']);
    expect(await flush(store)).toBe(0);
    expect(await flush(store)).toBe(0);
    await join(store, 'ann');
    await eventually(() => expect(heardOf(events)).toHaveLength(4));
    expect(told(events.slice(0, 4))).toEqual([
      ['notice', 'dan-1', ''],
      ['notice', 'ann-1', ''],
      ['notice', '', '<blacklist bob>'],
      ['evicted', 'bob-1@n1\nbob', ''],
    ]);
    expect(changesIn(events[4])).toEqual({ joined: ['cid'], left: ['ann', 'bob'], count: 1 });
    expect(told(events.slice(5))).toEqual([['notice', '', '<joined ann>']]);
    expectChain(events);
    expect(Object.keys(await store.ttls())).not.toContain(`{room:${room}}:changes`);
  });

  test('wait for the pause between two batches, by the clock of the room', async () => {
    const store = await start({ largeSize: 0 });
    await join(store, 'ann');
    expect(await flush(store, 60_000)).toBe(0);
    await join(store, 'bob');
    expect(await flush(store, 60_000)).toBe('later');
    expect(await flush(store, 0)).toBe(0);
  });
}

function multitudes(start: Start): void {
  test('tell everybody in the end, however many have come', async () => {
    const store = await start({ largeSize: 0 });
    const users = Array.from({ length: 20_000 }, (_, i) => `user-${i}`);
    // More than join in a test's time.
    const { changes } = store.keys.room(room);
    await store.client.hset(changes, Object.fromEntries(users.map((user) => [user, '1'])));
    const left: unknown[] = [];
    do left.push(await flush(store));
    while (left.at(-1) !== 0);
    expect(left.length).toBeGreaterThan(10);
    expect(await store.client.hlen(changes)).toBe(0);
  });
}

function glimpses(start: Start): void {
  test('tell that somebody has left whom a reader has seen in the meantime', async () => {
    const store = await start({ largeSize: 0 });
    for (const user of ['ann', 'bob']) await join(store, user);
    await flush(store);
    const events = await store.listen(roomTopic(room));
    await join(store, 'cid');
    expect(await userlist(store, 'ann')).toMatchObject({ names: ['ann', 'bob', 'cid'] });
    await leave(store, 'cid');
    await flush(store);
    await join(store, 'dan');
    expect(await listed(store, 'userlist')).toEqual(['ann', 'bob', 'dan']);
    await leave(store, 'dan');
    await flush(store);
    // Seen by nobody.
    await join(store, 'eve');
    await leave(store, 'eve');
    await flush(store);
    await leave(store, 'ann');
    expect(await listed(store, 'userlist')).toEqual(['bob']);
    await join(store, 'ann');
    await flush(store);
    await eventually(() => expect(heardOf(events)).toHaveLength(3));
    expect(heardOf(events).map(changesIn)).toEqual([
      { joined: [], left: ['cid'], count: 2 },
      { joined: [], left: ['dan'], count: 2 },
      { joined: ['ann'], left: [], count: 2 },
    ]);
  });
}

const others = ['ann', 'bob', 'cid', 'dan'];

/** A large room of two nodes, of which everybody but the owner and `wes` has just lost access. */
async function staged(start: Start): Promise<Store> {
  const store = await start({ largeSize: 1 });
  await outBy(add(store, 'owner', 'whitelist', 'wes'));
  for (const user of ['owner', 'wes']) await join(store, user);
  for (const user of others) await join(store, user, `${user}-1`, user < 'c' ? 'n1' : 'n2');
  await join(store, 'ann', 'ann-2', 'n2');
  await flush(store);
  expect(await outBy(setMode(store, 'owner', true))).toEqual([]);
  return store;
}

/** Asks for all pages, and gives who was taken out. */
async function evictOwn(store: Store, nodeId: string): Promise<string[]> {
  const out: string[] = [];
  for (let next: EvictionCursor | '0' = '0'; ;) {
    const page: EvictedPage | undefined = await store.access.evictPage(room, nodeId, next, leftPrefix);
    if (page === undefined) throw new Error('noRoom');
    out.push(...page.evicted.map(({ userName, socketIds }) => `${userName} ${socketIds.join()}`));
    if (page.next === undefined) return out.toSorted();
    next = page.next;
  }
}

/** Whom the subject of an eviction names, each with its sockets. */
function evictedIn(subject: unknown): string[] {
  const lines = String(subject).split('\n');
  return lines.flatMap((line, i) => (i % 2 === 1 ? [`${line}: ${lines[i - 1]}`] : [])).toSorted();
}

function manyOut(start: Start): void {
  test.each([true, false])(
    'leave a node that reads the log later everybody who is out, however many (userlist updates: %s)',
    async (userlistUpdates) => {
      const store = await start({ largeSize: 1000 }, { userlistUpdates });
      const users = Array.from({ length: 1500 }, (_, i) => `user-${i}`);
      await Promise.all(users.map((user) => join(store, user)));
      await setMode(store, 'owner', true);
      const stagedAt = await store.logOf('n1').readPosition(roomTopic(room));
      if (stagedAt === 'gone') throw new Error('the room is gone');
      expect(await evictOwn(store, 'n1')).toHaveLength(users.length);
      const read = await store.logOf('n1').readAfter(roomTopic(room), stagedAt);
      if (read === 'gone') throw new Error('the room is gone');
      expectChain(read.events);
      expect(read.events[0]?.prev).toBe(stagedAt.nonce);
      const out = read.events.flatMap(evictionsOf).map(({ userName }) => userName);
      expect(out.toSorted()).toEqual(users.toSorted());
    },
    // The embedded store takes its time over so many, on a busy machine above all.
    240_000,
  );
}

function stagedEvictions(start: Start): void {
  test('are closed at once: who lost it neither posts nor reads nor joins, and each node takes out its own', async () => {
    const store = await staged(start);
    for (const user of others) {
      expect(await post(store, user)).toBe('notJoined');
      expect(await store.histories.read(room, rightsOf(user), undefined, 10)).toBe('notJoined');
      expect(await userlist(store, user)).toBe('notJoined');
      expect(await store.access.readList(room, rightsOf(user), 'whitelist', { cursor: '', limit: 10 })).toBe(
        'notJoined',
      );
      expect(await store.memberships.readSeen(room, rightsOf('owner'), user)).toMatchObject({ joined: false });
      await expect(join(store, user, 'another')).rejects.toThrow('notAllowed');
    }
    for (const user of ['owner', 'wes']) expect(await post(store, user)).toMatchObject({ repeated: false });
    const events = await store.listen(roomTopic(room));
    expect(await evictOwn(store, 'n1')).toEqual(['ann ann-1,ann-2', 'bob bob-1']);
    expect(await evictOwn(store, 'n1')).toEqual([]);
    expect(await evictOwn(store, 'n2')).toEqual(['cid cid-1', 'dan dan-1']);
    await flush(store);
    // One event for each page, however many are out by it.
    await eventually(() => expect(events).toHaveLength(3));
    const outBefore = told(events.slice(0, 2)).map(([kind, subject]) => [kind, evictedIn(subject)]);
    expect(outBefore).toEqual([
      ['evicted', ['ann: ann-1@n1 ann-2@n2', 'bob: bob-1@n1']],
      ['evicted', ['cid: cid-1@n2', 'dan: dan-1@n2']],
    ]);
    expect(changesIn(events[2])).toEqual({ joined: [], left: others, count: 2 });
    expect(await listed(store, 'userlist')).toEqual(['owner', 'wes']);
    // All nodes have: the room is like any other again.
    expect(await outBy(setMode(store, 'owner', false))).toEqual([]);
    expect(await store.access.evictPage(room, 'n2', '0', leftPrefix)).toMatchObject({ evicted: [], kept: [] });
    expect(await store.access.evictPage(room, 'n1', '0', leftPrefix)).toMatchObject({ kept: ['owner-1', 'wes-1'] });
    expect(await store.client.hexists(store.keys.room(room).meta, 'unsettled')).toBe(0);
  });

  test('are told of it by one event, whether it is told in a frame or not', async () => {
    for (const accessListsUpdates of [true, false]) {
      const store = await start({ largeSize: 0 }, { accessListsUpdates });
      await join(store, 'bob');
      const events = await store.listen(roomTopic(room));
      await setMode(store, 'owner', true);
      await eventually(() => expect(events).toHaveLength(1));
      expect(told(events)).toEqual([['stagedEviction', '', accessListsUpdates ? '<mode true>' : '']]);
    }
  });
}

function absentees(start: Start): void {
  test('count a node as done that has nobody left there', async () => {
    const store = await staged(start);
    expect(await evictOwn(store, 'n1')).toHaveLength(2);
    for (const [user, socket] of [
      ['ann', 'ann-2'],
      ['cid', 'cid-1'],
      ['dan', 'dan-1'],
    ] as const) {
      expect(await setMode(store, 'owner', false)).toBe('evicting');
      await leave(store, user, socket, 'n2');
    }
    expect(await evictOwn(store, 'n3')).toEqual([]);
    expect(await outBy(setMode(store, 'owner', false))).toEqual([]);
    expect(await join(store, 'cid')).toMatchObject({ njoined: 1 });
  });
}

function regrant(start: Start): void {
  test('give nobody the room back who has not been taken out', async () => {
    const store = await staged(start);
    expect(await outBy(add(store, 'owner', 'whitelist', 'ann', 'wes', 'zoe'))).toEqual(['ann']);
    expect(await outBy(add(store, 'owner', 'adminlist', 'bob'))).toEqual(['bob']);
    expect(await outBy(changeOwner(store, 'cid'))).toEqual(['cid', 'owner']);
    for (const user of ['ann', 'bob', 'cid']) expect(await join(store, user, 'again')).toMatchObject({ njoined: 1 });
    expect(await evictOwn(store, 'n2')).toEqual(['dan dan-1']);
    await evictOwn(store, 'n1');
    expect(await listed(store, 'userlist')).toEqual(['ann', 'bob', 'cid', 'wes']);
  });

  test('open again only when everybody is out who was to go', async () => {
    const store = await staged(start);
    expect(await setMode(store, 'owner', false)).toBe('evicting');
    await evictOwn(store, 'n1');
    expect(await setMode(store, 'owner', false)).toBe('evicting');
    expect(await store.access.readAccess(room, 'dan')).toMatchObject({ whitelistOnly: true });
    // Staged again, all nodes have to look again.
    expect(await outBy(setMode(store, 'owner', true))).toEqual([]);
    await evictOwn(store, 'n2');
    expect(await listed(store, 'userlist')).toEqual(['owner', 'wes']);
    expect(await setMode(store, 'owner', false)).toBe('evicting');
    expect(await evictOwn(store, 'n1')).toEqual([]);
    expect(await outBy(setMode(store, 'owner', false))).toEqual([]);
  });

  test('open at once where they are not large any more, and take out the rest in that step', async () => {
    const store = await staged(start);
    await evictOwn(store, 'n1');
    for (const user of ['owner', 'wes']) await leave(store, user);
    for (const socket of ['dan-1', 'ann-2']) await leave(store, socket.slice(0, 3), socket, 'n2');
    expect(await outBy(setMode(store, 'owner', false))).toEqual(['cid']);
    expect(await listed(store, 'userlist')).toEqual([]);
  });
}
