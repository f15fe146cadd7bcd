// What is kept of changes of messages: which have changed since, replies, what goes with a message, a user's own.
import { expect, test } from '@jest/globals';
import { roomChangeOpening } from '../../src/protocol/change.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { roomTopic } from '../../src/redis/keys.ts';
import { packGrant } from '../../src/store/quota/grant.ts';
import { eraseReactions } from '../../src/store/authored/authored-scripts.ts';
import { SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { append, changesIn, messageIn, messages, react, recall, say, update } from './change-actions.ts';
import { change, redisNow } from './conduct-actions.ts';
import { keysWith, MARKER } from './erase-actions.ts';
import { join, room, starter, type Start } from './room-actions.ts';
import { frame, type OpenStore, type Store } from './store.ts';

const scope = useScope();

interface Since {
  readonly epoch: string;
  readonly id: number;
  readonly change?: number;
}

/** What somebody hears of changes who joins from a position. */
async function changesSince(
  store: Store,
  since: Since,
): Promise<[number, boolean | undefined, ValueMap[] | undefined]> {
  const who = { roomName: room, userName: 'carol', socketId: 'carol-1', nodeId: 'n1' };
  const joined = await store.memberships.join(who, frame('joined carol'), {
    since: { timestamp: undefined, ...since },
  });
  if (typeof joined === 'string') throw new Error(joined);
  return [joined.lastChange, joined.changesRecovered, joined.changes?.map(messageIn)];
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function changeKeptSuite(open: OpenStore): void {
  const start = starter(open, scope);
  comingBack(start);
  notWhole(start);
  replies(start);
  going(start);
  back(start);
  erasing(start);
  erasingWhoChanged(start);
  writing(start);
}

function comingBack(start: Start): void {
  test('who comes back gets what has changed up to where it was, whole or not at all', async () => {
    const store = await start();
    const { at } = await join(store, 'alice');
    const { epoch } = at;
    expect(await changesSince(store, { epoch, id: 0, change: 0 })).toEqual([0, true, []]);
    for (const textMessage of ['a', 'b', 'c', 'd']) await say(store, 'alice', { textMessage });
    for (const id of [2, 1, 4, 2]) await update(store, 'alice', id, { textMessage: `${id}!` });
    expect(await changesSince(store, { epoch, id: 3 })).toEqual([4, undefined, undefined]);
    const [last, isWhole, found] = await changesSince(store, { epoch, id: 3, change: 0 });
    expect([last, isWhole, found?.map(({ id, version }) => [id, version])]).toEqual([
      4,
      true,
      [
        [1, 2],
        [2, 3],
      ],
    ]);
    const [, , later] = await changesSince(store, { epoch, id: 4, change: 2 });
    expect(later).toMatchObject([{ id: 4 }, { id: 2 }]);
    expect(await changesSince(store, { epoch, id: 4, change: 4 })).toEqual([4, true, []]);
    for (const other of [
      { epoch: 'other', id: 4, change: 2 },
      { epoch, id: 4, change: 5 },
      { epoch, id: 9, change: 2 },
    ])
      expect(await changesSince(store, other)).toEqual([4, false, []]);
  });
}

function notWhole(start: Start): void {
  test('what is not known any more, or not kept, or too much, is not given by half', async () => {
    const store = await start({ pageMax: 2 });
    const { epoch } = (await join(store, 'alice')).at;
    for (let id = 1; id <= 4; id++) {
      await say(store, 'alice', { textMessage: 'x' });
      await update(store, 'alice', id, { textMessage: 'y' });
    }
    expect(await changesSince(store, { epoch, id: 4, change: 1 })).toEqual([4, false, []]);
    expect((await changesSince(store, { epoch, id: 4, change: 2 }))[1]).toBe(true);
    // The floor is raised by so many others.
    const { changed, meta } = store.keys.room(room);
    for (let n = 0; n < 10; n++) {
      const many = Array.from({ length: 1000 }, (_, i) => [-(n * 1000 + i), `${n}-${i}`]).flat();
      await store.client.zadd(changed, ...many);
    }
    await update(store, 'alice', 4, { textMessage: 'z' });
    expect(await store.client.zcard(changed)).toBe(10_000);
    await store.client.zremrangebyscore(changed, '-inf', '0');
    await update(store, 'alice', 1, { textMessage: 'z' });
    expect(await store.client.hget(meta, 'change')).not.toBeNull();
    expect((await changesSince(store, { epoch, id: 4, change: 4 }))[1]).toBe(true);
    // A message that is not kept any more.
    await store.admin.resizeHistory(room, 2);
    expect(await changesSince(store, { epoch, id: 4, change: 5 })).toEqual([6, false, []]);
  });
}

function replies(start: Start): void {
  test('replies are counted by the posts, once each, and told by whoever comes next', async () => {
    const store = await start();
    await join(store, 'alice');
    await say(store, 'alice', { textMessage: 'one' });
    const answer = { replyTo: 1, clientMessageId: 'c' };
    await say(store, 'alice', { textMessage: 'two' }, answer);
    await say(store, 'alice', { textMessage: 'two' }, answer);
    await say(store, 'alice', { textMessage: 'three' }, { replyTo: 1 });
    await say(store, 'alice', { textMessage: 'four' }, { replyTo: 2 });
    const events = await store.listen(roomTopic(room));
    // Somebody reacts before the node of the posts has told it.
    await react(store, 'alice', 1);
    await eventually(() => expect(changesIn(events)).toHaveLength(3));
    const told = changesIn(events);
    expect(told.filter(({ kind }) => kind === 'replies')).toHaveLength(2);
    expect(told).toContainEqual(expect.objectContaining({ id: 1, kind: 'replies', repliesCount: 2, version: 1 }));
    expect(told).toContainEqual(expect.objectContaining({ id: 2, kind: 'replies', repliesCount: 1 }));
    expect((await messages(store)).map(({ repliesCount }) => repliesCount)).toEqual([2, 1, undefined, undefined]);
    expect(await store.changes.tell(room)).toMatchObject({ dueMs: -1 });
    expect(changesIn(events)).toHaveLength(3);
  });

  test('other words of a reply leave it one to the same message, and make none of what was none', async () => {
    const store = await start();
    await join(store, 'alice');
    await say(store, 'alice', { replyTo: 'an own word' });
    await say(store, 'alice', { replyTo: 1 }, { replyTo: 1 });
    for (const replyTo of [2, -1, 2 ** 40, 1.5]) {
      await update(store, 'alice', 1, { replyTo });
      await update(store, 'alice', 2, { replyTo });
      expect((await messages(store)).map((message) => message['replyTo'])).toEqual([undefined, 1]);
    }
    await update(store, 'alice', 1, { replyTo: 'another one' });
    await update(store, 'alice', 2, { textMessage: 'x' });
    expect((await messages(store)).map((message) => message['replyTo'])).toEqual(['another one', 1]);
  });
}

function going(start: Start): void {
  test('what is of messages goes with them: by number, by bytes, by age, with the room', async () => {
    const store = await start({ historyMaxBytes: 65_536, messageBytes: 1 << 20 });
    await join(store, 'alice');
    const { reactions, latest } = store.keys.room(room);
    const kept = async (): Promise<string[]> => [
      ...(await store.client.zrange(latest, '0', '-1', 'WITHSCORES')).filter((_, i) => i % 2 === 1),
      ...(await store.client.zrange(reactions, '0', '-1', 'WITHSCORES')).filter((_, i) => i % 2 === 1),
    ];
    for (let id = 1; id <= 3; id++) {
      await say(store, 'alice', { textMessage: 'x' });
      await react(store, 'alice', id);
    }
    await store.admin.resizeHistory(room, 2);
    expect(await kept()).toEqual(['2', '3', '2', '3']);
    // A message that grows counts as well.
    for (let n = 0; n < 20; n++) await append(store, 'alice', 3, 'y'.repeat(4000));
    expect(await kept()).toEqual(['3', '3']);
    await store.admin.ageHistory(room, 1);
    const agedAt = Date.now();
    await eventually(() => expect(Date.now()).toBeGreaterThan(agedAt + 5));
    await store.admin.ageHistory(room, 1);
    expect(await kept()).toEqual([]);
  });
}

function back(start: Start): void {
  test('what is given and taken back costs nobody a message, however often', async () => {
    const store = await start({ historyMaxBytes: 65_536, messageBytes: 1 << 20 });
    await join(store, 'alice');
    for (let n = 0; n < 5; n++) await say(store, 'alice', { textMessage: 'x' });
    const key = '+'.repeat(64);
    for (let n = 0; n < 1000; n++) await react(store, 'alice', 3, key, n % 2 === 1);
    expect((await messages(store)).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    for (let n = 0; n < 50; n++) await update(store, 'alice', 2, { textMessage: 'x'.repeat(n % 2 === 0 ? 4000 : 1) });
    expect((await messages(store)).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
  });
}

function erasing(start: Start): void {
  test('a user that is erased takes its reactions, and what was told of changes of its messages', async () => {
    const store = await start();
    for (const name of ['alice', 'bob']) await join(store, name);
    await say(store, 'alice', { textMessage: 'x' });
    await say(store, 'bob', { textMessage: 'x' });
    await update(store, 'alice', 1, { textMessage: MARKER });
    for (const name of ['alice', 'bob']) for (const id of [1, 2]) await react(store, name, id);
    await store.authored.eraseInRoom(room, 'alice');
    expect(await keysWith(store.client, store.keys.prefix, MARKER)).toEqual([]);
    const [first, second] = await messages(store);
    expect(first).toEqual({ id: 1, author: 'alice', timestamp: expect.any(Number), recalled: true });
    expect(second).toMatchObject({ textMessage: 'x', reactions: { '+': 1 } });
    const left = await store.changes.readReactions(room, SERVICE, 2, { after: undefined, limit: 9 });
    expect(left).toEqual({ reactions: [{ key: '+', userName: 'bob' }], hasMore: false });
    const events = await store.listen(roomTopic(room));
    await store.changes.tell(room);
    await eventually(() => expect(changesIn(events)).toMatchObject([{ id: 2, kind: 'reactions', counts: { '+': 1 } }]));
    await store.authored.eraseInRoom('nowhere', 'alice');
    expect(await recall(store, 'bob', 2)).toMatchObject({ version: 2 });
  });

  test('a user that is erased takes all its reactions, whatever others take out meanwhile', async () => {
    const store = await start();
    const { commands, keys } = store;
    for (const name of ['alice', 'bob']) await join(store, name);
    for (let n = 0; n < 3; n++) await say(store, 'bob', { textMessage: 'x' });
    for (const id of [1, 2, 3]) await react(store, 'bob', id);
    await react(store, 'alice', 3);
    const erase = (after: Uint8Array | string): Promise<{ last?: Uint8Array | undefined } | string> =>
      commands.run(eraseReactions, keys.room(room), {
        user: 'alice',
        after,
        pageMax: 2,
        opening: roomChangeOpening(room),
      });
    const first = await erase('');
    if (typeof first === 'string' || first.last === undefined) throw new Error('there is no second page');
    for (const id of [1, 2]) await react(store, 'bob', id, '+', true);
    expect(await erase(first.last)).toEqual({ last: expect.any(Uint8Array) });
    const left = await store.changes.readReactions(room, SERVICE, 3, { after: undefined, limit: 9 });
    expect(left).toEqual({ reactions: [{ key: '+', userName: 'bob' }], hasMore: false });
    expect((await messages(store))[2]).toMatchObject({ reactions: { '+': 1 } });
  });
}

function erasingWhoChanged(start: Start): void {
  test('a user that is erased stays the one who has changed messages of others, but for why', async () => {
    const store = await start({ adminsEdit: true });
    for (const name of ['alice', 'owner']) await join(store, name);
    const events = await store.listen(roomTopic(room));
    for (let n = 0; n < 3; n++) await say(store, 'alice', { textMessage: 'x' });
    await update(store, 'alice', 1, { textMessage: 'gone' });
    await recall(store, 'owner', 1, MARKER);
    await recall(store, 'alice', 2, 'my own reason');
    await update(store, 'owner', 3, { textMessage: 'put right' });
    await react(store, 'owner', 3);
    const { seq } = events[0] ?? { seq: 0 };
    await store.authored.eraseInRoom(room, 'owner');
    expect(await keysWith(store.client, store.keys.prefix, MARKER)).toEqual([]);
    const at = await store.logOf('n1').readPosition(roomTopic(room));
    if (at === 'gone') throw new Error(at);
    const read = await store.logOf('n1').readAfter(roomTopic(room), { ...at, seq });
    if (read === 'gone') throw new Error(read);
    expect(changesIn(read.events)).toEqual([
      { change: 1, id: 1, kind: 'recall', version: 3, by: 'owner' },
      { change: 2, id: 1, kind: 'recall', version: 3, by: 'owner' },
      { change: 3, id: 2, kind: 'recall', version: 2, by: 'alice', reason: 'my own reason' },
      {
        change: 4,
        id: 3,
        kind: 'update',
        version: 2,
        by: 'owner',
        message: expect.objectContaining({ author: 'alice' }),
      },
      { change: 5, id: 3, kind: 'reactions', version: 2, counts: { '+': 1 } },
    ]);
    expect(await messages(store)).toMatchObject([{ recalled: true }, { recalled: true }, { textMessage: 'put right' }]);
  });
}

function writing(start: Start): void {
  test('who writes is bound by who posts in the room, and by its end; who reacts by its end', async () => {
    const store = await start();
    for (const name of ['alice', 'owner']) await join(store, name);
    await say(store, 'alice', { textMessage: 'x' });
    await change(store, 'c.writers = 1');
    expect(await update(store, 'alice', 1, {})).toBe('onlyAdmins');
    expect(await append(store, 'alice', 1, 'y')).toBe('onlyAdmins');
    expect(await react(store, 'alice', 1)).toMatchObject({ counts: [['+', '1']] });
    await change(store, 'c.writers = 2');
    expect(await update(store, 'alice', 1, {})).toBe('onlyOwner');
    await change(store, `c.endsAt = ${(await redisNow(store)) - 1}`);
    expect(await react(store, 'alice', 1, '-')).toBe('roomExpired');
    expect(await recall(store, 'alice', 1)).toMatchObject({ version: 2 });
  });

  test('a room whose messages grow asks for more of its owner’s quota', async () => {
    const store = await start({ messageBytes: 1 << 20 });
    await join(store, 'alice');
    await store.client.hset(store.keys.room(room).meta, 'granted', packGrant({ names: 0, bytes: 65_536 }));
    await say(store, 'alice', { textMessage: 'x' });
    let wish: unknown;
    for (let n = 0; n < 30 && wish === undefined; n++) {
      const appended = await append(store, 'alice', 1, 'y'.repeat(8192));
      if (typeof appended === 'object' && 'wish' in appended) wish = appended.wish;
    }
    expect(wish).toMatchObject({ owner: 'owner', needed: expect.any(Number) });
  });
}
