// Messages of a room in Redis: posting, repeating, reading, and what a join gives of what was missed.
import { describe, expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import {
  expectChain,
  idsOf,
  join,
  leave,
  post,
  room,
  stampsOf,
  type Start,
  starter,
  userlist,
} from './room-actions.ts';
import { frame, frameText, roomOptions, type OpenStore } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function messageSuite(open: OpenStore): void {
  const start = starter(open, scope);
  describe('posting', () => {
    posts(start);
    postsAtOnce(start);
    postsToSeveral(start);
    repeats(start);
  });
  describe('reading', () => {
    reading(start);
    boundedReading(start);
    readingOccupants(start);
  });
  recovery(start);
  boundedRecovery(start);
}

function posts(start: Start): void {
  test('is for occupants; ids have no gap, and what is published is what is stored', async () => {
    const store = await start();
    const events = await store.listen(roomTopic(room));
    expect(await post(store, 'owner')).toBe('notJoined');
    expect(await post(store, 'owner', { prefix: '' })).toBe('notJoined');
    await join(store, 'alice');
    expect(await post(store, 'alice', { prefix: '' })).toBe('messageTooLarge');
    expect(await post(store, 'alice')).toEqual({ id: 1, seq: 2, repeated: false });
    expect(await post(store, 'alice', { transient: true })).toEqual({ id: undefined, seq: 2, repeated: false });
    expect(await post(store, 'alice')).toEqual({ id: 2, seq: 3, repeated: false });
    await leave(store, 'alice');
    expect(await post(store, 'alice')).toBe('notJoined');

    await eventually(() => expect(events).toHaveLength(5));
    expect(events.map(({ kind, id, seq }) => [kind, id, seq])).toEqual([
      ['notice', 0, 1],
      ['message', 1, 2],
      ['transient', 1, 2],
      ['message', 2, 3],
      ['notice', 2, 4],
    ]);
    expectChain(events);
    const stored = await store.histories.read(room, rightsOf('owner'), undefined, 10);
    if (typeof stored === 'string') throw new Error(stored);
    expect(stored).toEqual(events.filter(({ kind }) => kind === 'message'));
    expect(stored.map(stampsOf)).toEqual(stored.map(({ id, timestamp }) => ({ id, timestamp })));
    expect(frameText(events[2])).toMatch(/^prefix.{8}$/s);
  });

  test('never turns the clock of the log back', async () => {
    const store = await start();
    await join(store, 'alice');
    await post(store, 'alice');
    const ahead = Date.now() + 3_600_000;
    // The time of the last event, in the packed position: behind the epoch, the nonce, seq and id.
    const { meta } = store.keys.room(room);
    const packed = await store.client.hgetBuffer(meta, 'log');
    packed?.writeDoubleBE(ahead, 40);
    await store.client.hset(meta, 'log', packed ?? '');
    await post(store, 'alice');
    await post(store, 'alice');
    const stored = await store.histories.read(room, rightsOf('alice'), undefined, 10);
    if (typeof stored === 'string') throw new Error(stored);
    expect(stored.map((event) => stampsOf(event).timestamp).slice(1)).toEqual([ahead, ahead]);
  });
}

function postsAtOnce(start: Start): void {
  test('in one turn they are judged one by one, in their order, and published whole', async () => {
    const store = await start();
    await join(store, 'alice');
    const events = await store.listen(roomTopic(room));
    const outcomes = await Promise.all([
      post(store, 'alice', { clientMessageId: 'c' }),
      post(store, 'eve'),
      post(store, 'alice', { clientMessageId: 'c' }),
      post(store, 'alice', { prefix: '' }),
      post(store, 'alice', { transient: true }),
      post(store, SERVICE),
      post(store, 'alice', { clientMessageId: 'c', transient: true }),
      post(store, 'alice', { prefix: 'x'.repeat(300_000) }),
      post(store, 'alice', { clientMessageId: 'd', transient: true }),
      post(store, 'alice'),
    ]);
    expect(outcomes).toEqual([
      { id: 1, seq: 2, repeated: false },
      'notJoined',
      { id: 1, seq: 2, repeated: true },
      'messageTooLarge',
      { id: undefined, seq: 2, repeated: false },
      { id: 2, seq: 3, repeated: false },
      { id: 1, seq: 3, repeated: true },
      { id: 3, seq: 4, repeated: false },
      { id: undefined, seq: 4, repeated: false },
      { id: 4, seq: 5, repeated: false },
    ]);
    await eventually(() => expect(events).toHaveLength(6));
    expect(events.map(({ kind, id, seq }) => [kind, id, seq])).toEqual([
      ['message', 1, 2],
      ['transient', 1, 2],
      ['message', 2, 3],
      ['message', 3, 4],
      ['transient', 3, 4],
      ['message', 4, 5],
    ]);
    expectChain(events);
    const stored = await store.histories.read(room, SERVICE, undefined, 10);
    expect(stored).toEqual(events.filter(({ kind }) => kind === 'message'));
  });
}

function postsToSeveral(start: Start): void {
  test('to several rooms they go each its way, also where one of these is broken', async () => {
    const store = await start();
    expect(await store.rooms.create('attic', roomOptions('owner'))).toBe('ok');
    const to = (roomName: string): ReturnType<typeof post> => post(store, SERVICE, {}, roomName);
    const { history } = store.keys.room(room);
    await store.client.set(history, 'no stream');
    await store.client.set(store.keys.room('ruin').meta, 'no hash');
    const named = ['attic', room, room, 'nowhere', 'ruin', 'attic'];
    const outcomes = await Promise.allSettled(named.map(to));
    const broken = { status: 'rejected', reason: expect.objectContaining({ name: 'ReplyError' }) };
    const [one, two] = [1, 2].map((id) => ({ status: 'fulfilled', value: expect.objectContaining({ id, seq: id }) }));
    expect(outcomes).toEqual([one, broken, broken, { status: 'fulfilled', value: 'noRoom' }, broken, two]);
    await store.client.del(history);
    expect(await Promise.all([to(room), to(room)])).toMatchObject([{ id: 1 }, { id: 2 }]);
  });
}

function repeats(start: Start): void {
  test('are known as long as ever while the clock is behind that of the log, which stands still', async () => {
    const store = await start({ dedupMs: 60_000 });
    await join(store, 'alice');
    const { meta } = store.keys.room(room);
    const packed = await store.client.hgetBuffer(meta, 'log');
    packed?.writeDoubleBE(Date.now() + 3_600_000, 40);
    await store.client.hset(meta, 'log', packed ?? '');
    await post(store, 'alice', { clientMessageId: 'first' });
    const [key = ''] = Object.keys(await store.ttls()).filter((name) => name.includes(':dedup:'));
    const prefixed = (await store.client.keys('*')).find((name) => name.endsWith(key)) ?? '';
    await store.client.pexpire(prefixed, 5000);
    await post(store, 'alice', { clientMessageId: 'second' });
    expect((await store.ttls())[key]).toBeGreaterThan(60_000);
  });

  test('are not known for ever where what was known had expired within its time', async () => {
    const store = await start({ dedupMs: 60_000 });
    await join(store, 'alice');
    const dedup = async (): Promise<[string, number][]> =>
      Object.entries(await store.ttls()).filter(([name]) => name.includes(':dedup:'));
    await post(store, 'alice', { clientMessageId: 'first' });
    // As where the clock of Redis was behind for longer than that.
    for (const [name] of await dedup()) await store.client.del(`${store.keys.prefix}:${name}`);
    expect(await dedup()).toEqual([]);
    await post(store, 'alice', { clientMessageId: 'second' });
    expect((await dedup()).map(([, ttl]) => ttl > 60_000)).toEqual([true]);
  });

  test('again with the same id of the client gives the first result for a while, per author', async () => {
    const store = await start({ dedupMs: 3000 });
    await join(store, 'alice');
    await join(store, 'bob');
    const clientMessageId = 'c 1';
    expect(await post(store, 'alice', { clientMessageId })).toMatchObject({ id: 1, repeated: false });
    expect(await post(store, 'alice', { clientMessageId, transient: true })).toMatchObject({ id: 1, repeated: true });
    expect(await post(store, 'alice', { clientMessageId, prefix: '' })).toMatchObject({ id: 1, repeated: true });
    expect(await post(store, 'bob', { clientMessageId })).toMatchObject({ id: 2, repeated: false });
    expect(await post(store, 'alice', { clientMessageId: 'c 2', transient: true })).toMatchObject({ id: undefined });
    expect(await post(store, 'alice', { clientMessageId: 'c 2' })).toMatchObject({ id: undefined, repeated: true });
    // What was refused has used nothing up.
    expect(await post(store, 'carol', { clientMessageId })).toBe('notJoined');
    await join(store, 'carol');
    expect(await post(store, 'carol', { clientMessageId })).toMatchObject({ id: 3, repeated: false });
    const dedup = Object.entries(await store.ttls()).filter(([key]) => key.includes(':dedup:'));
    expect(dedup.length).toBeGreaterThan(0);
    for (const [, ttl] of dedup) expect(ttl).toBeGreaterThan(0);
    await eventually(async () => {
      expect(await post(store, 'alice', { clientMessageId })).toMatchObject({ id: 4, repeated: false });
    });
  });
}

function reading(start: Start): void {
  test('is for occupants, the owner and admins', async () => {
    const store = await start();
    const { rooms, memberships, histories } = store;
    await join(store, 'alice');
    await store.client.sadd(store.keys.room(room).adminlist, 'admin');
    for (const userName of ['alice', 'owner', 'admin']) {
      expect(await rooms.readInfo(room, rightsOf(userName))).toMatchObject({ owner: 'owner' });
      expect(await histories.read(room, rightsOf(userName), undefined, 5)).toEqual([]);
      expect(await userlist(store, userName)).toEqual({ count: 1, names: ['alice'] });
      expect(await memberships.readSeen(room, rightsOf(userName), 'nobody')).toEqual({
        joined: false,
        timestamp: null,
      });
    }
    expect(await rooms.readInfo(room, rightsOf('eve'))).toBe('notJoined');
    expect(await histories.read(room, rightsOf('eve'), undefined, 5)).toBe('notJoined');
    expect(await userlist(store, 'eve')).toBe('notJoined');
    expect(await memberships.readSeen(room, rightsOf('eve'), 'alice')).toBe('notJoined');
  });

  test('shows what the room promises to keep, whatever else is still there', async () => {
    const store = await start({}, { historyMax: 5 });
    await join(store, 'alice');
    for (let i = 0; i < 20; i++) await post(store, 'alice');
    const read = async (after: number | undefined, limit: number): Promise<number[] | string> =>
      idsOf(await store.histories.read(room, rightsOf('alice'), after, limit));
    expect(await read(undefined, 3)).toEqual([18, 19, 20]);
    expect(await read(undefined, 100)).toEqual([16, 17, 18, 19, 20]);
    expect(await read(0, 2)).toEqual([16, 17]);
    expect(await read(16, 2)).toEqual([17, 18]);
    expect(await read(19, 10)).toEqual([20]);
    expect(await read(20, 10)).toEqual([]);
    expect(await read(1000, 10)).toEqual([]);
    expect(await store.rooms.readInfo(room, rightsOf('alice'))).toMatchObject({
      lastId: 20,
      oldestId: 16,
      occupantCount: 1,
    });
  });
}

function boundedReading(start: Start): void {
  test('gives as many messages as fit into a reply, one at least, and without a hole', async () => {
    const store = await start({ replyBytes: 10_000 });
    await join(store, 'alice');
    // About 1000 bytes each, but for one that is larger than a reply.
    for (let id = 1; id <= 30; id++) await post(store, 'alice', { prefix: 'x'.repeat(id === 20 ? 12_000 : 900) });
    const read = async (after: number | undefined, limit = 100): Promise<number[] | string> =>
      idsOf(await store.histories.read(room, rightsOf('alice'), after, limit));
    expect(await read(0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await read(0, 3)).toEqual([1, 2, 3]);
    expect(await read(15)).toEqual([16, 17, 18, 19]);
    expect(await read(19)).toEqual([20]);
    expect(await read(undefined)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    expect(await read(undefined, 2)).toEqual([29, 30]);
    const caughtUp: number[] = [];
    for (let page: number[] | string = [0]; page.length > 0 && typeof page !== 'string';) {
      page = await read(caughtUp.at(-1) ?? 0);
      if (typeof page !== 'string') caughtUp.push(...page);
    }
    expect(caughtUp).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });
}

function readingOccupants(start: Start): void {
  test('goes through occupants page by page, and tells when somebody was seen', async () => {
    const store = await start();
    for (const name of ['dora', 'alice', 'bob', 'Zed', '\u00e9va']) await join(store, name);
    const names: string[] = [];
    for (let after = ''; ;) {
      const page = await store.access.readList(room, rightsOf('owner'), 'userlist', { cursor: after, limit: 2 });
      if (typeof page === 'string') throw new Error(page);
      expect(page.count).toBe(5);
      names.push(...page.names);
      after = page.names.at(-1) ?? '';
      if (page.names.length < 2) break;
    }
    expect(names).toEqual(['Zed', 'alice', 'bob', 'dora', '\u00e9va']);
    const seen = await store.memberships.readSeen(room, rightsOf('owner'), 'bob');
    expect(seen).toEqual({ joined: true, timestamp: expect.any(Number) });
    await leave(store, 'bob');
    expect(await store.memberships.readSeen(room, rightsOf('owner'), 'bob')).toEqual({
      joined: false,
      timestamp: expect.any(Number),
    });
  });
}

function recovery(start: Start): void {
  test('a join gives what was missed, whole or not at all', async () => {
    const store = await start({ pageMax: 4 }, { historyMax: 10 });
    await join(store, 'alice');
    for (let i = 0; i < 12; i++) await post(store, 'alice');
    const history = await store.histories.read(room, rightsOf('alice'), undefined, 20);
    if (typeof history === 'string') throw new Error(history);
    const epoch = history[0]?.epoch ?? '';
    const timeOf = (id: number): number => history.find((event) => event.id === id)?.timestamp ?? 0;
    const missed = async (id: number, timestamp?: number, of = epoch): Promise<unknown> => {
      const occupant = { roomName: room, userName: 'bob', socketId: 's', nodeId: 'n1' };
      const joined = await store.memberships.join(occupant, frame('joined'), { since: { epoch: of, id, timestamp } });
      if (typeof joined === 'string') throw new Error(joined);
      expect(joined.at.id).toBe(12);
      expect(joined.recovered || joined.missed.length === 0).toBe(true);
      return joined.recovered ? idsOf(joined.missed) : 'not recovered';
    };
    expect(await missed(12)).toEqual([]);
    expect(await missed(9)).toEqual([10, 11, 12]);
    expect(await missed(8)).toEqual([9, 10, 11, 12]);
    expect(await missed(7)).toBe('not recovered'); // more than a page
    expect(await missed(13)).toBe('not recovered'); // ahead of the log
    expect(await missed(9, undefined, 'another epoch ..')).toBe('not recovered');
    expect(await missed(9, timeOf(9))).toEqual([10, 11, 12]);
    expect(await missed(9, timeOf(9) + 1)).toBe('not recovered'); // another message of that id
    expect(await missed(12, timeOf(12))).toEqual([]);
    expect(await missed(12, timeOf(12) + 1)).toBe('not recovered');
    const none = await join(store, 'carol');
    expect(none).toMatchObject({ recovered: true, missed: [] });

    const small = await start({ pageMax: 100 }, { historyMax: 3 });
    await join(small, 'alice');
    for (let i = 0; i < 12; i++) await post(small, 'alice');
    const at = await small.logOf('n1').readPosition(roomTopic(room));
    const since = { epoch: at === 'gone' ? '' : at.epoch, timestamp: undefined };
    const bob = { roomName: room, userName: 'bob', socketId: 's', nodeId: 'n1' };
    expect(await small.memberships.join(bob, frame('joined'), { since: { ...since, id: 9 } })).toMatchObject({
      recovered: true,
    });
    const trimmed = await small.memberships.join(bob, frame('joined'), { since: { ...since, id: 8 } });
    expect(trimmed).toMatchObject({ recovered: false, missed: [] });
  });
}

function boundedRecovery(start: Start): void {
  test('a join gives what was missed only where it fits into what is left of the reply', async () => {
    const store = await start();
    await join(store, 'alice');
    for (let i = 0; i < 10; i++) await post(store, 'alice', { prefix: 'x'.repeat(900) });
    const { at } = await join(store, 'alice');
    const missed = async (id: number, bytesMax?: number): Promise<unknown> => {
      const occupant = { roomName: room, userName: 'bob', socketId: 's', nodeId: 'n1' };
      const rules = { since: { epoch: at.epoch, id, timestamp: undefined }, bytesMax };
      const joined = await store.memberships.join(occupant, frame('joined'), rules);
      if (typeof joined === 'string') throw new Error(joined);
      return joined.recovered ? idsOf(joined.missed) : 'not recovered';
    };
    expect(await missed(0)).toHaveLength(10);
    expect(await missed(0, 11_000)).toHaveLength(10);
    expect(await missed(0, 9000)).toBe('not recovered');
    expect(await missed(8, 9000)).toEqual([9, 10]);
    expect(await missed(9, 100)).toBe('not recovered');
    expect(await missed(9, 0)).toBe('not recovered');
    expect(await missed(10, 0)).toEqual([]);
  });
}
