// Messages that were said elsewhere, batch by batch into rooms and conversations: in what order, once each, as long as nothing else is
// said, and what is kept of them.
import { expect, test } from '@jest/globals';
import { Cluster } from 'ioredis';
import { roomTopic } from '../../src/redis/keys.ts';
import { newEpoch } from '../../src/redis/tokens.ts';
import type { Imported, ImportedPost, RoomImportBatch } from '../../src/store/imported/import-store.ts';
import { SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { appended, append, deliver, login, read } from './pair-actions.ts';
import { idsOf, join, post, room, starter, type Start } from './room-actions.ts';
import { countIn, frame, frameText, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const DAY_MS = 24 * 3600 * 1000;
/** Long before these tests. */
const BEGINNING = 1_500_000_000_000;

/** Messages a second apart, by one author or by two in turn. */
const said = (count: number, from = BEGINNING, authors: readonly string[] = ['']): ImportedPost[] =>
  Array.from({ length: count }, (_, i) => ({
    author: authors[i % authors.length] ?? '',
    timestamp: from + i * 1000,
    prefix: Buffer.from(`said at ${from + i * 1000} `),
  }));

function importAt(
  store: Store,
  at: number,
  posts: readonly ImportedPost[],
  rules: Partial<RoomImportBatch> & { roomName?: string } = {},
): ReturnType<Store['imports']['importRoom']> {
  const { roomName = room, ...batch } = rules;
  const none = { ending: false, mentioned: new Map<string, number>() };
  const frames = { middle: Buffer.from('/'), resetPrefix: frame('reset') };
  return store.imports.importRoom(roomName, { at, posts, ...none, ...frames, ...batch });
}

const settle = (store: Store, ...reads: [string, number][]): ReturnType<Store['imports']['settleRoom']> =>
  store.imports.settleRoom(room, { resetPrefix: frame('reset'), reads: new Map(reads) });

/** How often pages of hashes were read until now; NaN of a store that does not count it. */
async function scansOf({ client }: Store): Promise<number> {
  const servers = client instanceof Cluster ? client.nodes('master') : [client];
  const told = await Promise.all(servers.map((server) => server.info('commandstats')));
  if (!told.some((text) => text.includes('cmdstat_'))) return NaN;
  return told.reduce((sum, text) => sum + Number(/cmdstat_hscan:calls=(\d+)/.exec(text)?.[1] ?? 0), 0);
}

async function importPair(store: Store, at: number, posts: readonly ImportedPost[], ending = false): Promise<Imported> {
  return store.imports.importDirect('ann', 'bob', { at, posts, middle: Buffer.from('/'), ending });
}

const timesOf = async (store: Store): Promise<number[]> => {
  const events = await store.histories.read(room, SERVICE, 0, 1000);
  return typeof events === 'string' ? [] : events.map(({ timestamp }) => timestamp);
};

const readBy = async (store: Store, userName: string): Promise<unknown> => {
  const counted = await store.unreads.ofRoom(userName, room, false);
  return typeof counted === 'string' ? counted : [counted.unread, counted.mentioned];
};

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function importSuite(open: OpenStore): void {
  const start = starter(open, scope);
  batches(start);
  telling(start);
  refusals(start);
  bounds(start);
  marks(start);
  manyMarks(start);
  pairs(open);
  boundsOfPairs(open);
}

function batches(start: Start): void {
  test('messages of a room have their ids and times, and posts go on behind them', async () => {
    const store = await start();
    expect(await importAt(store, 0, [])).toMatchObject({ imported: 0, isOpen: true, oldestId: 1 });
    const first = { imported: 3, isOpen: true, tooOld: 0, oldestId: 1, seq: 1, refused: undefined, wish: undefined };
    expect(await importAt(store, 0, said(3))).toEqual(first);
    const more = said(2, BEGINNING + DAY_MS);
    expect(await importAt(store, 3, more, { ending: true })).toMatchObject({ imported: 5, isOpen: false });
    const events = await store.histories.read(room, SERVICE, 0, 10);
    if (typeof events === 'string') throw new Error(events);
    expect(events.map(({ id, timestamp, seq }) => [id, timestamp - BEGINNING, seq])).toEqual([
      [1, 0, 0],
      [2, 1000, 0],
      [3, 2000, 0],
      [4, DAY_MS, 0],
      [5, DAY_MS + 1000, 0],
    ]);
    expect(frameText(events[1])).toContain(`said at ${BEGINNING + 1000} `);
    expect(countIn(events[1])).toBe(2);
    expect(await post(store, SERVICE)).toMatchObject({ id: 6, seq: 2 });
    const found = await store.histories.read(room, SERVICE, 4, 10);
    expect(idsOf(found)).toEqual([5, 6]);
  });

  test('a batch that comes twice is written once, also when more has come, or something was said', async () => {
    const store = await start();
    const [one, two] = [said(3), said(3, BEGINNING + DAY_MS)];
    await importAt(store, 0, one);
    expect(await importAt(store, 0, one)).toMatchObject({ imported: 3, seq: 1, refused: undefined });
    await importAt(store, 3, two);
    // Also a part of one.
    expect(await importAt(store, 1, one.slice(1))).toMatchObject({ imported: 6, isOpen: true, seq: 1 });
    await post(store, SERVICE);
    expect(await importAt(store, 3, two)).toMatchObject({ imported: 6, isOpen: false, refused: undefined });
    expect(await importAt(store, 3, two, { ending: true })).toMatchObject({ imported: 6, isOpen: false });
    expect(await timesOf(store)).toHaveLength(7);
  });
}

function telling(start: Start): void {
  test('sockets in the room are told once a second at most, and at the end once, and nodes that follow it read nothing they have missed', async () => {
    const store = await start();
    await join(store, 'ann');
    const topic = roomTopic(room);
    const events = await store.listen(topic);
    const log = store.logOf('n1');
    const before = await log.readPosition(topic);
    if (before === 'gone') throw new Error(before);
    await importAt(store, 0, said(3));
    for (const at of [3, 6, 9]) await importAt(store, at, said(3, BEGINNING + at * DAY_MS));
    expect(await settle(store)).toMatchObject({ seq: before.seq + 2 });
    expect(await settle(store)).toMatchObject({ seq: before.seq + 2 });
    await eventually(() => expect(events).toHaveLength(2));
    expect(events.map(({ kind, id }) => [kind, id])).toEqual([
      ['notice', 3],
      ['notice', 12],
    ]);
    expect(events.map(countIn)).toEqual([3, 12]);
    expect(frameText(events[0])).toContain(`<reset>${before.epoch}\xcf`);
    await post(store, SERVICE);
    const missed = await log.readAfter(topic, before);
    if (missed === 'gone') throw new Error(missed);
    expect(missed.events.map(({ kind, seq, id }) => [kind, seq, id])).toEqual([
      ['notice', before.seq + 1, 3],
      ['notice', before.seq + 2, 12],
      ['message', before.seq + 3, 13],
    ]);
  });
}

function refusals(start: Start): void {
  test('what does not go on from where the import is, is not what is there, or goes back in time, is refused', async () => {
    const store = await start();
    const refused = async (at: number, posts: readonly ImportedPost[], ending = false): Promise<unknown> => {
      const outcome = await importAt(store, at, posts, { ending });
      return typeof outcome === 'string' ? outcome : [outcome.refused, outcome.imported];
    };
    expect(await importAt(store, 0, said(1), { roomName: 'nowhere' })).toBe('noRoom');
    expect(await refused(1, said(1))).toEqual(['elsewhere', 0]);
    await importAt(store, 0, said(3));
    expect(await refused(2, said(3))).toEqual(['elsewhere', 3]);
    expect(await refused(4, [])).toEqual(['elsewhere', 3]);
    expect(await refused(0, said(3, BEGINNING + 1))).toEqual(['elsewhere', 3]);
    expect(await refused(3, said(1))).toEqual(['disordered', 3]);
    expect(await refused(3, said(2, Date.now() + DAY_MS))).toEqual(['future', 3]);
    expect(await refused(3, said(1, BEGINNING + DAY_MS), true)).toEqual([undefined, 4]);
    expect(await refused(4, said(1, BEGINNING + 2 * DAY_MS))).toEqual(['over', 4]);
    expect(await timesOf(store)).toHaveLength(4);
  });

  test('a room in which something was said takes nothing, be it before or in between', async () => {
    const store = await start();
    await importAt(store, 0, said(3));
    await post(store, SERVICE);
    expect(await importAt(store, 3, said(1, BEGINNING + DAY_MS))).toMatchObject({ refused: 'over', imported: 3 });
    await store.rooms.create('other', roomOptions('owner'));
    await post(store, SERVICE, {}, 'other');
    expect(await importAt(store, 0, said(1), { roomName: 'other' })).toMatchObject({ refused: 'over', imported: 0 });
    expect(await importAt(store, 0, [], { roomName: 'other' })).toMatchObject({ imported: 0, isOpen: false });
  });

  test('of posts and batches at once those that come behind the first post are refused', async () => {
    const store = await start();
    const outcomes = await Promise.all([
      ...Array.from({ length: 10 }, (_, i) => importAt(store, i, said(1, BEGINNING + i * 1000))),
      post(store, SERVICE),
      ...Array.from({ length: 10 }, (_, i) => importAt(store, i, said(1, BEGINNING + i * 1000))),
    ]);
    const written = outcomes.filter((one) => typeof one === 'object' && 'tooOld' in one && one.refused === undefined);
    const { imported } = Object(await importAt(store, 0, []));
    expect(written.length).toBeGreaterThanOrEqual(imported);
    const events = await store.histories.read(room, SERVICE, 0, 100);
    if (typeof events === 'string') throw new Error(events);
    expect(events.map(({ id, seq }) => [id, seq > 0])).toEqual(
      Array.from({ length: imported + 1 }, (_, i) => [i + 1, i === imported]),
    );
  });
}

function bounds(start: Start): void {
  test('what is too old for the room has its id, is said, and is not kept', async () => {
    const historyMaxAgeMs = 100 * DAY_MS;
    const store = await start({ historyMaxAgeMs });
    const old = said(2);
    const young = said(2, Date.now() - 10 * DAY_MS);
    expect(await importAt(store, 0, [...old, ...young])).toMatchObject({ imported: 4, tooOld: 2, oldestId: 3 });
    expect(await timesOf(store)).toEqual(young.map(({ timestamp }) => timestamp));
    expect(await importAt(store, 0, [...old, ...young])).toMatchObject({ imported: 4, refused: undefined });
  });

  test('a room keeps of them as many and as much as of posts, and asks for more of its quota', async () => {
    const store = await start({ historyMaxBytes: 1 << 16 }, { historyMax: 40 });
    for (let at = 0; at < 400; at += 100) await importAt(store, at, said(100, BEGINNING + at * 1000));
    expect(await importAt(store, 400, [])).toMatchObject({ imported: 400, oldestId: 361 });
    expect(await timesOf(store)).toHaveLength(40);
    const reserved = { life: newEpoch(), grant: { names: 10, bytes: 8192 } };
    await store.rooms.create('owned', roomOptions('owner', { reserved }));
    const large = said(200).map((each) => ({ ...each, prefix: Buffer.alloc(2000, 'x') }));
    const owned = await importAt(store, 0, large, { roomName: 'owned' });
    expect(owned).toMatchObject({ imported: 200, wish: { owner: 'owner', life: reserved.life } });
    const events = await store.histories.read('owned', SERVICE, 0, 1000);
    const kept = typeof events === 'string' ? 0 : events.reduce((sum, event) => sum + event.frame.length, 0);
    expect(kept).toBeGreaterThan(1 << 15);
    expect(kept).toBeLessThanOrEqual(1 << 16);
  });

  test('a room that keeps no messages gives them their ids all the same', async () => {
    const store = await start({}, { historyMax: 0 });
    expect(await importAt(store, 0, said(3))).toMatchObject({ imported: 3, tooOld: 0, oldestId: 4 });
    expect(await post(store, SERVICE)).toMatchObject({ id: 4 });
  });
}

function marks(start: Start): void {
  test('whoever is in the room has read what was imported when it is settled, unless it is said up to where', async () => {
    const store = await start();
    for (const user of ['ann', 'bob', 'carl']) await join(store, user);
    expect(await store.imports.settleRoom('nowhere', { resetPrefix: frame('reset'), reads: new Map() })).toBe('noRoom');
    await importAt(store, 0, said(3));
    await settle(store);
    expect(await readBy(store, 'ann')).toEqual([0, false]);
    await importAt(store, 3, said(3, BEGINNING + DAY_MS));
    // Who comes in between, and what is said, changes nothing of it.
    await join(store, 'dan');
    await importAt(store, 6, said(3, BEGINNING + 2 * DAY_MS));
    await post(store, SERVICE);
    await settle(store, ['bob', 4], ['carl', 1000], ['nobody', 1]);
    expect(await readBy(store, 'ann')).toEqual([1, false]);
    expect(await readBy(store, 'bob')).toEqual([6, false]);
    expect(await readBy(store, 'carl')).toEqual([1, false]);
    expect(await readBy(store, 'dan')).toEqual([1, false]);
    expect(await readBy(store, 'nobody')).toBe('noMark');
    // Bob stays where he is, and what was settled is not settled again.
    await settle(store, ['ann', 1]);
    expect(await readBy(store, 'ann')).toEqual([1, false]);
    expect(await readBy(store, 'bob')).toEqual([6, false]);
  });

  test('who is mentioned is noted, and a batch that comes again sets nobody back', async () => {
    const store = await start();
    for (const user of ['ann', 'bob']) await join(store, user);
    const first = { mentioned: new Map([['bob', 2]]) };
    await importAt(store, 0, said(3), first);
    const mentioned = new Map([
      ['bob', 5],
      [':', 6],
      ['nobody', 5],
    ]);
    await importAt(store, 3, said(3, BEGINNING + DAY_MS), { mentioned });
    await importAt(store, 0, said(3), first);
    await importAt(store, 0, said(3), { mentioned: new Map([[':', 1]]) });
    await settle(store, ['ann', 5], ['bob', 4]);
    expect(await readBy(store, 'ann')).toEqual([1, true]);
    expect(await readBy(store, 'bob')).toEqual([2, true]);
    expect(await store.client.hgetall(store.keys.room(room).mentioned)).toEqual({ bob: '5', ':': '6' });
  });
}

function manyMarks(start: Start): void {
  test('the marks of many are moved page by page, also where it was broken off in between', async () => {
    const store = await start();
    const { marks: key } = store.keys.room(room);
    const users = Array.from({ length: 3000 }, (_, i) => [`user${i}`, i % 3 === 0 ? '7' : '0']);
    await importAt(store, 0, said(5));
    await importAt(store, 5, said(5, BEGINNING + DAY_MS));
    await store.client.hset(key, Object.fromEntries(users));
    // Half of them were moved when a node died.
    await store.client.hset(key, Object.fromEntries(users.slice(0, 1500).map(([user]) => [user, '10'])));
    const scansBefore = await scansOf(store);
    await settle(store, ['user7', 3]);
    const pages = (await scansOf(store)) - scansBefore;
    expect(Number.isNaN(pages) || pages > 1).toBe(true);
    const found = await store.client.hgetall(key);
    expect(Object.keys(found)).toHaveLength(3000);
    expect(Object.entries(found).filter(([, mark]) => mark !== '10')).toEqual([['user7', '3']]);
  });
}

function pairs(open: OpenStore): void {
  test('messages of two users have the ids of their log, have come and were read, and what is said goes on behind them', async () => {
    const store = await open(scope);
    for (const userName of ['ann', 'bob']) await login(store, userName);
    expect(await importPair(store, 0, [])).toMatchObject({
      imported: 0,
      isOpen: true,
      oldestId: 1,
      refused: undefined,
    });
    expect(await importPair(store, 1, [])).toMatchObject({ imported: 0, refused: 'elsewhere' });
    expect((await store.ttls())['{pair:ann:bob}:meta']).toBeUndefined();
    const [one, two] = [said(3, BEGINNING, ['ann', 'bob']), said(2, BEGINNING + DAY_MS, ['bob'])];
    expect(await importPair(store, 0, one)).toMatchObject({ imported: 3, isOpen: true, tooOld: 0, oldestId: 1 });
    expect(await importPair(store, 0, one)).toMatchObject({ imported: 3, refused: undefined });
    expect(await importPair(store, 3, said(1, BEGINNING, ['ann']))).toMatchObject({ refused: 'disordered' });
    expect(await importPair(store, 3, said(1, Date.now() + DAY_MS, ['ann']))).toMatchObject({ refused: 'future' });
    expect(await importPair(store, 3, two, true)).toMatchObject({ imported: 5, isOpen: false });
    expect(await importPair(store, 5, said(1, BEGINNING + 2 * DAY_MS, ['bob']))).toMatchObject({ refused: 'over' });
    expect(await read(store, 'ann', 'bob')).toEqual([1, 2, 3, 4, 5]);
    const page = await store.pairs.read('ann', 'bob', { fromId: 0, fromTime: undefined, forward: true, limit: 10 });
    if (page === 'noPair') throw new Error(page);
    expect(page).toMatchObject({ sentOwn: 3, readOwn: 3, sentPeer: 5, readPeer: 5 });
    expect(page.messages.map(({ subject, seq }) => [subject, seq])).toEqual([
      ['ann', 1],
      ['bob', 1],
      ['ann', 2],
      ['bob', 2],
      ['bob', 3],
    ]);
    const live = await appended(store, 'bob', 'ann');
    expect(live).toMatchObject({ id: 6, number: 4 });
    // It is the only one that is missed, and it is told.
    const unsent = await store.pairs.readUnsent('ann', 'bob', { after: 0, limit: 10, bytesMax: 1 << 16 });
    expect(unsent.messages.map(({ id }) => id)).toEqual([6]);
    expect(await deliver(store, 'ann', 'bob', live, { after: 0 })).toMatchObject({ told: 1 });
  });
}

function boundsOfPairs(open: OpenStore): void {
  test('a conversation in which something was said takes nothing; what is too old, or too much, is not kept', async () => {
    const store = await open(scope, { historyMaxAgeMs: 100 * DAY_MS, historyMaxSize: 5, historyMaxBytes: 1 << 14 });
    for (const userName of ['ann', 'bob', 'carl']) await login(store, userName);
    await append(store, 'ann', 'carl');
    const batch = { at: 0, posts: said(1, BEGINNING, ['ann']), middle: Buffer.from('/'), ending: false };
    expect(await store.imports.importDirect('ann', 'carl', batch)).toMatchObject({ refused: 'over', imported: 0 });
    const posts = [...said(2, BEGINNING, ['ann']), ...said(300, Date.now() - DAY_MS, ['bob', 'ann'])];
    expect(await importPair(store, 0, posts)).toMatchObject({ imported: 302, tooOld: 2, oldestId: 298 });
    expect(await read(store, 'bob', 'ann')).toEqual([298, 299, 300, 301, 302]);
  });

  test('both users have the conversation, by the time of what was said last in it', async () => {
    const store = await open(scope);
    expect(await store.imports.notePeer('ann', 'bob', BEGINNING)).toBe('noUser');
    await login(store, 'ann');
    const peers = (): Promise<string[]> => store.client.zrange(store.keys.user('ann').peers, '0', '-1', 'WITHSCORES');
    expect(await store.imports.notePeer('ann', 'bob', BEGINNING + 1)).toBe('ok');
    expect(await store.imports.notePeer('ann', 'bob', BEGINNING)).toBe('ok');
    expect(await peers()).toEqual(['bob', String(BEGINNING + 1)]);
    expect(await store.imports.notePeer('ann', 'bob', BEGINNING + 2)).toBe('ok');
    expect(await peers()).toEqual(['bob', String(BEGINNING + 2)]);
  });
}
