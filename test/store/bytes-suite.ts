// What a topic keeps is bounded in bytes, not only in count: the history of a room, the events of rooms and users, and what
// repeated messages are known by.
import { expect, test } from '@jest/globals';
import { roomTopic, userTopic, type TopicKey } from '../../src/redis/keys.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { useScope } from '../support/scope.ts';
import { add, edit, take } from './access-actions.ts';
import { idsOf, join, post, room, starter, type Start } from './room-actions.ts';
import { frame, type OpenStore, type Store } from './store.ts';

const scope = useScope();

/** Bytes of the entries of a stream, and the number of each. */
async function streamOf(store: Store, key: string): Promise<{ bytes: number; numbers: number[] }> {
  const entries = await store.client.xrangeBuffer(key, '-', '+');
  return {
    bytes: entries.reduce((sum, [, fields]) => sum + (fields[1]?.length ?? 0), 0),
    numbers: entries.map(([id]) => Number.parseInt(id.toString('latin1'), 10)),
  };
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function bytesSuite(open: OpenStore): void {
  const start = starter(open, scope);
  history(start);
  rings(start);
  repeats(start);
}

function history(start: Start): void {
  test('history gives way from its oldest end, and keeps what fits, whatever the sizes of messages', async () => {
    const limit = 65_536;
    const store = await start({ historyMaxBytes: limit });
    await join(store, 'alice');
    const { history: key } = store.keys.room(room);
    for (let i = 0; i < 300; i++) {
      const prefix = 'x'.repeat(i % 50 === 0 ? 10_000 : i % 7 === 0 ? 3000 : 100);
      await post(store, 'alice', { prefix });
      if (i % 10 > 0) continue;
      const kept = await streamOf(store, key);
      expect(kept.bytes).toBeLessThanOrEqual(limit);
      // No hole, up to the newest.
      expect(kept.numbers).toEqual(kept.numbers.map((_, at) => i + 2 - kept.numbers.length + at));
      const info = await store.rooms.readInfo(room, rightsOf('alice'));
      expect(info).toMatchObject({ oldestId: kept.numbers[0], lastId: i + 1 });
    }
    const { bytes, numbers } = await streamOf(store, key);
    expect(bytes).toBeGreaterThan(limit * 0.6);
    const read = idsOf(await store.histories.read(room, rightsOf('alice'), 0, 1000));
    expect(read).toEqual(numbers);
    const at = await store.logOf('n1').readPosition(roomTopic(room));
    const since = { epoch: at === 'gone' ? '' : at.epoch, timestamp: undefined };
    const bob = { roomName: room, userName: 'bob', socketId: 's', nodeId: 'n1' };
    const from = (id: number): ReturnType<Store['memberships']['join']> =>
      store.memberships.join(bob, frame('joined'), { since: { ...since, id } });
    expect(await from((numbers[0] ?? 0) - 1)).toMatchObject({ recovered: true, missed: { length: numbers.length } });
    expect(await from((numbers[0] ?? 0) - 2)).toMatchObject({ recovered: false, missed: [] });
  });

  test('a message that is larger than all of it is kept, alone', async () => {
    const store = await start({ historyMaxBytes: 5000 });
    await join(store, 'alice');
    for (let i = 0; i < 3; i++) await post(store, 'alice', { prefix: 'x'.repeat(9000) });
    expect(await streamOf(store, store.keys.room(room).history)).toMatchObject({ numbers: [3] });
  });

  test('a room of few messages does not count those that its number has trimmed', async () => {
    const limit = 65_536;
    const store = await start({ historyMaxBytes: limit }, { historyMax: 5 });
    await join(store, 'alice');
    for (let i = 0; i < 400; i++) await post(store, 'alice', { prefix: 'x'.repeat(1000) });
    const { numbers } = await streamOf(store, store.keys.room(room).history);
    expect(numbers.length).toBeGreaterThanOrEqual(5);
    expect(idsOf(await store.histories.read(room, rightsOf('alice'), undefined, 100))).toEqual([
      396, 397, 398, 399, 400,
    ]);
    // A mark for each step within what is kept, not for all that was ever written.
    expect(await store.client.hstrlen(store.keys.room(room).meta, 'marks')).toBeLessThan(16 * 12);
  });
}

function rings(start: Start): void {
  const names = Array.from({ length: 480 }, (_, i) => `${i}`.padStart(125, '.'));
  const MIB = 1024 * 1024;

  test('the events of a room are kept within a MiB, in their order up to the newest', async () => {
    const store = await start();
    const notice = Buffer.alloc(60_000, 'x');
    for (let i = 0; i < 30; i++) {
      const change = { ...edit('whitelist', names.slice(0, 2)), frame: notice };
      if (i % 2 === 0) await store.access.addToList(room, rightsOf('owner'), change);
      else await store.access.removeFromList(room, rightsOf('owner'), change);
      const { bytes } = await streamOf(store, store.keys.room(room).events);
      expect(bytes).toBeLessThanOrEqual(MIB);
    }
    const { bytes, numbers } = await streamOf(store, store.keys.room(room).events);
    expect(bytes).toBeGreaterThan(MIB * 0.6);
    expect(numbers).toEqual(numbers.map((_, at) => 31 - numbers.length + at));
    // What small ones take is bounded by their number.
    for (let i = 0; i < 20; i++) {
      await add(store, 'owner', 'whitelist', 'ann');
      await take(store, 'owner', 'whitelist', 'ann');
    }
    expect((await streamOf(store, store.keys.room(room).events)).numbers.at(-1)).toBe(70);
  });

  test('so are those of a user, and a node that reads too late is told by the hole', async () => {
    const store = await start();
    for (const socketId of ['b1', 'b2']) {
      await store.users.login('bob', { socketId, nodeId: 'n1', echo: frame('in') });
    }
    const topic: TopicKey = userTopic('bob');
    const log = store.logOf('n1');
    const before = await log.readPosition(topic);
    if (before === 'gone') throw new Error('bob is there');
    for (let i = 0; i < 100; i++) await store.users.notifyOthers('bob', '', Buffer.alloc(16_000, 'x'));
    const { bytes, numbers } = await streamOf(store, store.keys.user('bob').events);
    expect(bytes).toBeLessThanOrEqual(MIB);
    expect(numbers.at(-1)).toBe(before.seq + 100);
    const missed = await log.readAfter(topic, before);
    if (missed === 'gone') throw new Error('bob is there');
    expect(missed.events[0]?.seq).toBe(numbers[0]);
  });
}

function repeats(start: Start): void {
  test('what repeats are known by is bounded by author once there are many in a room', async () => {
    const store = await start();
    for (const name of ['alice', 'bob']) await join(store, name);
    expect(await post(store, 'alice', { clientMessageId: 'c 0' })).toMatchObject({ id: 1 });
    const { meta } = store.keys.room(room);
    // As if there were so many: the number stands in the packed position (lib/format.lua).
    const packed = await store.client.hgetBuffer(meta, 'log');
    packed?.writeUInt32BE(100_000, 74);
    await store.client.hset(meta, 'log', packed ?? '');
    expect(await post(store, 'alice', { clientMessageId: 'c 1' })).toMatchObject({ id: 2 });
    const [key = ''] = Object.keys(await store.ttls()).filter((name) => name.endsWith(':authors'));
    const counts = `${meta.slice(0, meta.indexOf('{'))}${key}`;
    await store.client.hset(counts, 'alice', 50_000);
    expect(await post(store, 'alice', { clientMessageId: 'c 2' })).toBe('tooMany');
    expect(await post(store, 'alice', { clientMessageId: 'c 2' })).toBe('tooMany');
    expect(await post(store, 'alice', { clientMessageId: 'c 1' })).toMatchObject({ id: 2, repeated: true });
    expect(await post(store, 'alice')).toMatchObject({ id: 3 });
    expect(await post(store, 'bob', { clientMessageId: 'c 2' })).toMatchObject({ id: 4 });
    expect(await store.rooms.delete(room, SERVICE, 'n1', frame('deleted'))).toHaveProperty('life');
    const left = Object.keys(await store.ttls()).filter((name) => name.includes('dedup'));
    expect(left).toEqual([]);
  });
}
