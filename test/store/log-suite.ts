// Reading topics again, as nodes do after a gap, and giving a forked log a new life: the same for rooms and users.
import { expect, test } from '@jest/globals';
import type { Position, TopicEvent } from '../../src/log/event.ts';
import { roomTopic, userTopic } from '../../src/redis/keys.ts';
import type { TopicLog } from '../../src/store/topic/topic-log.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { frame, nonce, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const room = 'lobby';

/** Who is an occupant with which sockets, `node: [sockets]`, joined in this order. */
async function fill(
  store: Store,
  occupants: readonly [userName: string, socketId: string, nodeId: string][],
): Promise<void> {
  expect(await store.rooms.create(room, roomOptions('owner'))).toBe('ok');
  for (const [userName, socketId, nodeId] of occupants) {
    const occupant = { roomName: room, userName, socketId, nodeId };
    expect(await store.memberships.join(occupant, frame(userName))).toMatchObject({ changed: true });
  }
}

const post = (store: Store, userName: string, { prefix = 'prefix' } = {}): Promise<unknown> =>
  store.messages.post(room, rightsOf(userName), {
    author: userName,
    prefix: frame(prefix),
    middle: frame('middle'),
    nonce: nonce(),
    clientMessageId: undefined,
    transient: false,
  });

async function positionOf(log: TopicLog, topic: string): Promise<Position> {
  const at = await log.readPosition(topic);
  if (at === 'gone') throw new Error(`${topic} is gone`);
  return at;
}

/** Call within a `describe`. */
function readsMany(open: OpenStore): void {
  test('where many logs stand is read at once, and which of them are gone', async () => {
    const store = await open(scope);
    await fill(store, [['bob', 's1', 'n1']]);
    await store.users.login('bob', { socketId: 's1', nodeId: 'n1', echo: frame('in') });
    const log = store.logOf('n1');
    const topics = [roomTopic(room), roomTopic('nowhere'), userTopic('bob')];
    const found = await log.readPositions([...topics, roomTopic(room)]);
    const one = async (topic: string): Promise<[string, unknown]> => [topic, await log.readPosition(topic)];
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(await Promise.all(topics.map(one))));
    expect(await log.readPositions([])).toEqual(new Map());
  });
}

async function readAfter(log: TopicLog, topic: string, after: Position): Promise<readonly TopicEvent[]> {
  const read = await log.readAfter(topic, after);
  if (read === 'gone') throw new Error(`${topic} is gone`);
  expect(read.at).toEqual(await positionOf(log, topic));
  return read.events;
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function logSuite(open: OpenStore): void {
  readsMany(open);
  reading(open);
  largeEvents(open);
  ownSockets(open);
  rotation(open);
}

function reading(open: OpenStore): void {
  test('a log is read from any position on, messages and notices in their one order', async () => {
    const store = await open(scope);
    const log = store.logOf('n1');
    const topic = roomTopic(room);
    await fill(store, []);
    const start = await positionOf(log, topic);
    expect(start).toMatchObject({ seq: 0, id: 0 });
    const published = await store.listen(topic);
    for (let i = 0; i < 3; i++) {
      const occupant = { roomName: room, userName: `user-${i}`, socketId: `s${i}`, nodeId: 'n1' };
      await store.memberships.join(occupant, frame('joined'));
      await post(store, `user-${i}`);
      await post(store, `user-${i}`);
    }
    await eventually(() => expect(published).toHaveLength(9));
    expect(await readAfter(log, topic, start)).toEqual(published);
    for (const [i, event] of published.entries()) {
      expect(await readAfter(log, topic, event)).toEqual(published.slice(i + 1));
    }
    expect(await positionOf(log, topic)).toMatchObject({ seq: 9, id: 6, nonce: published.at(-1)?.nonce });
  });

  test('what is gone is told, for rooms and users', async () => {
    const store = await open(scope);
    const log = store.logOf('n1');
    const none: Position = { epoch: '', seq: 0, id: 0, timestamp: 0, nonce: 0 };
    for (const topic of [roomTopic(room), userTopic('alice')]) {
      expect(await log.readPosition(topic)).toBe('gone');
      expect(await log.readAfter(topic, none)).toBe('gone');
      expect(await log.readLocalSockets(topic)).toBe('gone');
      await log.rotateEpoch(topic, '');
    }
    expect(await store.ttls()).toEqual({});
  });
}

function ownSockets(open: OpenStore): void {
  test('the sockets of one node are read with the position at which that is so', async () => {
    const store = await open(scope);
    await fill(store, [
      ['alice', 'a1', 'n1'],
      ['alice', 'a2', 'n2'],
      ['bob', 'b1', 'n1'],
    ]);
    await store.users.login('alice', { socketId: 'a1', nodeId: 'n1', echo: frame('in') });
    await store.users.login('alice', { socketId: 'a2', nodeId: 'n2', echo: frame('in') });
    for (const [nodeId, inRoom, ofAlice] of [
      ['n1', ['a1', 'b1'], ['a1']],
      ['n2', ['a2'], ['a2']],
      ['n3', [], []],
    ] as const) {
      const log = store.logOf(nodeId);
      for (const [topic, sockets] of [
        [roomTopic(room), inRoom],
        [userTopic('alice'), ofAlice],
      ] as const) {
        const read = await log.readLocalSockets(topic);
        expect(read).toEqual({ at: await positionOf(log, topic), sockets: new Set(sockets) });
      }
    }
  });

  test('all of them, however many they are', async () => {
    const store = await open(scope);
    await fill(store, [['alice', 'a1', 'n1']]);
    const planted = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`s${i}`, 'alice']));
    await store.client.hset(`${store.keys.room(room).perNode}n1`, planted);
    const read = await store.logOf('n1').readLocalSockets(roomTopic(room));
    expect(read === 'gone' ? read : read.sockets.size).toBe(5001);
  });
}

function largeEvents(open: OpenStore): void {
  test('pages are bounded in bytes, and one after another they are the whole log', async () => {
    const store = await open(scope);
    await fill(store, [['alice', 'a1', 'n1']]);
    const log = store.logOf('n1');
    const before = await positionOf(log, roomTopic(room));
    for (let i = 0; i < 30; i++) await post(store, 'alice', { prefix: 'x'.repeat(100_000) });
    const read: TopicEvent[] = [];
    let pages = 0;
    for (let at: Position = before; at.id < 30; at = read.at(-1) ?? at) {
      const page = await readAfter(log, roomTopic(room), at);
      expect(page.length).toBeGreaterThan(0);
      expect(page.length).toBeLessThan(12);
      read.push(...page);
      pages++;
    }
    expect(pages).toBeGreaterThan(2);
    expect(read.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });
}

function rotation(open: OpenStore): void {
  test('an epoch is rotated once, however many ask, and told to all', async () => {
    const store = await open(scope);
    await fill(store, [['alice', 'a1', 'n1']]);
    await post(store, 'alice');
    await store.users.login('alice', { socketId: 'a1', nodeId: 'n1', echo: frame('in') });
    for (const topic of [roomTopic(room), userTopic('alice')]) {
      const logs = ['n1', 'n2', 'n3'].map((nodeId) => store.logOf(nodeId));
      const [log] = logs;
      if (log === undefined) throw new Error('there are three');
      const before = await positionOf(log, topic);
      const events = await store.listen(topic);
      await log.rotateEpoch(topic, 'another epoch');
      expect(await positionOf(log, topic)).toEqual(before);
      await Promise.all(logs.map((one) => one.rotateEpoch(topic, before.epoch)));
      const after = await positionOf(log, topic);
      expect(after).toMatchObject({ seq: before.seq + 1, id: before.id });
      expect(after.epoch).not.toBe(before.epoch);
      await eventually(() => expect(events).toHaveLength(1));
      expect(events[0]).toMatchObject({ kind: 'reset', epoch: after.epoch, seq: after.seq, prev: before.nonce });
      expect(await readAfter(log, topic, before)).toEqual(events);
    }
    // Messages go on counting, in the new life.
    expect(await post(store, 'alice')).toMatchObject({ id: 2 });
  });
}
