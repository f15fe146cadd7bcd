// The inbox of a user: the notices of its log that a device may have missed, with ids of their own, whether anybody was there to
// hear them or not; how many are kept, exactly; and that no life of the log sees anything of another one.
import { describe, expect, test } from '@jest/globals';
import type { Position, TopicEvent } from '../../src/log/event.ts';
import { userTopic } from '../../src/redis/keys.ts';
import type { InboxPosition } from '../../src/protocol/inbox.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { connect } from './contact-actions.ts';
import { appended, deliver, logout } from './pair-actions.ts';
import type { Added } from '../../src/store/user/user-store.ts';
import { expectChain } from './room-actions.ts';
import { addEntry, begin, life, point, prefixes, user } from './session-actions.ts';
import { frame, frameText, type OpenStore, type Store, type StoreOptions } from './store.ts';

const scope = useScope();
const BYTES_MAX = 1 << 21;

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function inboxSuite(open: OpenStore): void {
  describe('what is in it', () => {
    contents(open);
    nodes(open);
  });
  describe('how much of it', () => {
    counts(open);
    bytes(open);
    sizes(open);
  });
  describe('how long', () => {
    lives(open);
    otherLives(open);
    numbersGivenAgain(open);
  });
}

async function added(store: Store, userName = user, socketId = 'a'): Promise<Added> {
  const arrived = await store.users.login(userName, { socketId, nodeId: 'n1', echo: frame('in'), synced: true });
  if (typeof arrived === 'string' || !('at' in arrived)) throw new Error('not logged in');
  return arrived;
}

const loginAt = async (store: Store, userName?: string, socketId?: string): Promise<Position> =>
  (await added(store, userName, socketId)).at;

/** A notice that the inbox keeps. */
const tell = (store: Store, text: string, userName = user): Promise<void> =>
  store.users.notifyOthers(userName, '', Buffer.from(text), true);

const positionOf = async (store: Store, userName = user): Promise<Position> => {
  const at = await store.logOf('n1').readPosition(userTopic(userName));
  if (at === 'gone') throw new Error('the user is gone');
  return at;
};

const headOf = async (store: Store): Promise<InboxPosition> => {
  const { epoch, id } = await positionOf(store);
  return { epoch, seq: id };
};

/** What is read behind the id of the life of the log that is there now. */
async function behind(store: Store, id: number, bytesMax = BYTES_MAX): Promise<TopicEvent[] | 'lost'> {
  const head = await headOf(store);
  return store.inboxes.readBehind(user, { epoch: head.epoch, seq: id }, head, bytesMax);
}

const idsBehind = async (store: Store, id: number, bytesMax?: number): Promise<number[] | 'lost'> => {
  const found = await behind(store, id, bytesMax);
  return found === 'lost' ? found : found.map((event) => event.id);
};

/** All that the inbox keeps is done to the user, in two ways each where there are two. */
async function everything(store: Store): Promise<void> {
  const { users, directs } = store;
  await directs.send(user, {
    author: 'bob',
    rights: rightsOf('bob'),
    prefix: frame('transient'),
    clientMessageId: undefined,
    transient: true,
    evenAway: true,
  });
  await deliver(store, user, 'bob', await appended(store, 'bob', user, { text: 'message' }));
  await directs.echo(user, { peer: 'bob', life: '', asOf: 0, messages: [{ exceptSocket: 'a', frame: frame('echo') }] });
  await directs.settle(user, { peer: 'bob', number: 1, newest: 1, exceptSocket: 'a', frame: frame('status') });
  await users.notifyOthers(user, undefined, frame('system'));
  await tell(store, '<status too>');
  await connect(store, user, 'bob');
  await connect(store, 'ann', user);
  await connect(store, 'ann', user, 'remove');
  await addEntry(store, { roomName: 'lobby' });
  await begin(store, 'lobby', 'a');
  const lost = { roomName: 'hall', life, at: point(2 ** 40), frame: frame('lost'), nodeIds: [], ...prefixes };
  await users.notifyRoomLost(user, lost);
  await users.notifyRoomLost(user, { ...lost, frame: undefined });
}

const EXPECTED = [
  'message',
  '<echo>',
  '<status>',
  '<status too>',
  '<done>',
  '<applied>',
  '<applied>',
  'join',
  'leave',
  '<lost>',
];

const textsOf = (found: readonly TopicEvent[] | string): string[] =>
  typeof found === 'string' ? [found] : found.map((event) => /<?[a-z ]+>?/.exec(frameText(event))?.[0] ?? '');

function contents(open: OpenStore): void {
  test.each([
    ['nobody is', false],
    ['somebody is', true],
  ])('is the same where %s there to hear it, and nothing passing', async (_, isThere) => {
    const store = await open(scope);
    const at = await loginAt(store);
    for (const other of ['bob', 'ann']) await loginAt(store, other);
    if (!isThere) await logout(store, user, 'a');
    await everything(store);
    const found = await behind(store, 0);
    expect(textsOf(found).map((text) => text.replace(/[<>]/g, ''))).toEqual(
      EXPECTED.map((text) => text.replace(/[<>]/g, '')),
    );
    if (found === 'lost') throw new Error('lost');
    expect(found.map(({ id, kind, epoch }) => [id, kind, epoch])).toEqual(
      EXPECTED.map((__, i) => [i + 1, 'message', at.epoch]),
    );
    expect(await idsBehind(store, 7)).toEqual([8, 9, 10]);
    expect(await idsBehind(store, 10)).toEqual([]);
    // Ahead of the log, and of another life of it.
    expect(await idsBehind(store, 11)).toBe('lost');
    const head = await headOf(store);
    for (const [seen, upTo] of [
      ['another life....', head.epoch],
      ['another life....', 'another life....'],
    ] as const) {
      const asked = store.inboxes.readBehind(user, { epoch: seen, seq: 9 }, { epoch: upTo, seq: 10 }, BYTES_MAX);
      expect(await asked).toBe('lost');
    }
    // A device reads up to where it has logged in, whatever comes meanwhile.
    const upTo = await store.inboxes.readBehind(user, { ...head, seq: 2 }, { ...head, seq: 4 }, BYTES_MAX);
    expect(upTo).toMatchObject([{ id: 3 }, { id: 4 }]);
    // The next login finds the head.
    expect(await loginAt(store, user, 'b')).toMatchObject({ id: 10 });
  });
}

function nodes(open: OpenStore): void {
  test('reaches the nodes in one order with what is not in it, live and read again', async () => {
    const store = await open(scope);
    await loginAt(store);
    const published = await store.listen(userTopic(user));
    const before = await positionOf(store);
    for (let i = 0; i < 3; i++) {
      await tell(store, `kept ${i}`);
      await store.users.notifyOthers(user, '', Buffer.from(`not kept ${i}`));
    }
    await eventually(() => expect(published).toHaveLength(6));
    expectChain(published);
    const read = await store.logOf('n1').readAfter(userTopic(user), before);
    if (read === 'gone') throw new Error('gone');
    expect(read.events.map((event) => frameText(event))).toEqual(published.map((event) => frameText(event)));
    expect(read.events.map(({ id }) => id)).toEqual([1, 1, 2, 2, 3, 3]);
    expectChain(read.events);
  });
}

function counts(open: OpenStore): void {
  test('is as many notices as it says, exactly, and more in one call than a page', async () => {
    const store = await open(scope, { inboxSize: 250 });
    await loginAt(store);
    for (let i = 1; i <= 260; i++) await tell(store, `${i}`);
    expect(await idsBehind(store, 9)).toBe('lost');
    const found = await behind(store, 10);
    if (found === 'lost') throw new Error('lost');
    expect(found.map((event) => frameText(event))).toEqual(Array.from({ length: 250 }, (_, i) => `${i + 11}`));
    // What is asked for is a bound, too.
    expect(await idsBehind(store, 250, 5)).toBe('lost');
    // Trimmed at writing, about.
    expect(await store.client.xlen(store.keys.user(user).history)).toBeLessThan(250 + 110);
  });
}

function bytes(open: OpenStore): void {
  test('is not more than a MiB', async () => {
    const store = await open(scope);
    await loginAt(store);
    const large = 'x'.repeat(20_000);
    for (let i = 1; i <= 80; i++) await tell(store, large);
    const kept = await store.client.xlen(store.keys.user(user).history);
    expect(kept * 20_000).toBeLessThanOrEqual(1 << 20);
    expect(kept * 20_000).toBeGreaterThan(1 << 19);
    expect(await idsBehind(store, 79 - kept)).toBe('lost');
    expect(await idsBehind(store, 80 - kept)).toHaveLength(kept);
    expect(await idsBehind(store, 80 - kept, 100_000)).toBe('lost');
  });
}

function sizes(open: OpenStore): void {
  const openAs = (prefix: string, options: StoreOptions): Promise<Store> => open(scope, { prefix, ...options });

  test('is nothing where that is the setting: who is behind is told so, and nodes get their events all the same', async () => {
    const store = await open(scope, { inboxSize: 0 });
    await loginAt(store);
    const before = await positionOf(store);
    const published = await store.listen(userTopic(user));
    for (const text of ['one', 'two']) await tell(store, text);
    await eventually(() => expect(published.map(({ kind, id }) => [kind, id])).toEqual([['message', 1], ['message', 2]])); // prettier-ignore
    const read = await store.logOf('n1').readAfter(userTopic(user), before);
    expect(read).toMatchObject({ at: { id: 2 }, events: [{ id: 1 }, { id: 2 }] });
    expect([await idsBehind(store, 1), await idsBehind(store, 2)]).toEqual(['lost', []]);
    await logout(store, user, 'a');
    await tell(store, 'three');
    expect(await loginAt(store)).toMatchObject({ id: 3, seq: 2 });
    expect(await idsBehind(store, 2)).toBe('lost');
  });

  test('changes with the next login, and has no hole by that', async () => {
    const store = await open(scope, { inboxSize: 10 });
    const { prefix } = store.keys;
    await loginAt(store);
    for (const text of ['1', '2', '3', '4']) await tell(store, text);
    await loginAt(await openAs(prefix, { inboxSize: 2 }));
    expect([await idsBehind(store, 1), await idsBehind(store, 2)]).toEqual(['lost', [3, 4]]);
    await loginAt(await openAs(prefix, { inboxSize: 0 }));
    expect([await idsBehind(store, 3), await idsBehind(store, 4)]).toEqual(['lost', []]);
    await tell(store, '5');
    await loginAt(await openAs(prefix, { inboxSize: 10 }));
    await tell(store, '6');
    expect([await idsBehind(store, 4), await idsBehind(store, 5)]).toEqual(['lost', [6]]);
  });
}

function lives(open: OpenStore): void {
  const ttlsOf = async (store: Store, userName = user): Promise<[meta: number, history: number]> => {
    const ttls = await store.ttls();
    return [ttls[`{user:${userName}}:meta`] ?? -2, ttls[`{user:${userName}}:history`] ?? -2];
  };

  test('goes with a user who is forgotten, also where it began after the last socket, and stays with one who comes back', async () => {
    const store = await open(scope);
    for (const userName of [user, 'anonymous-x']) {
      await loginAt(store, userName);
      await logout(store, userName, 'a');
      await tell(store, 'away', userName);
      const [meta, history] = await ttlsOf(store, userName);
      expect(history).toBeGreaterThan(0);
      // The clock of some stores goes on within a step.
      expect(history).toBeLessThanOrEqual(meta + 10);
      expect(await loginAt(store, userName)).toMatchObject({ id: 1 });
      expect(await ttlsOf(store, userName)).toEqual([-1, -1]);
      await logout(store, userName, 'a');
      const [metaLeft, historyLeft] = await ttlsOf(store, userName);
      expect(historyLeft).toBeGreaterThan(0);
      expect(historyLeft).toBeLessThanOrEqual(metaLeft + 10);
    }
    // A message keeps who is about to be forgotten, with its inbox.
    await deliver(store, user, 'bob', await appended(store, 'bob', user));
    expect(await ttlsOf(store)).toEqual([-1, -1]);
    await deliver(store, 'anonymous-x', 'bob', await appended(store, 'bob', 'anonymous-x'));
    for (const left of await ttlsOf(store, 'anonymous-x')) expect(left).toBeGreaterThan(0);
  });

  test('stays with a user who is kept for what is left behind while it is away, whatever that is', async () => {
    const store = await open(scope);
    const ways: ((userName: string) => Promise<unknown>)[] = [
      (userName) => connect(store, 'peer', userName),
      (userName) => connect(store, userName, 'peer'),
      (userName) => store.contacts.setProfile(userName, new Map([['title', Buffer.from([0xa0])]])),
      (userName) => store.directs.addToList(userName, 'blacklist', ['other']),
      (userName) => store.directs.setWhitelistMode(userName, true),
    ];
    await loginAt(store, 'peer');
    for (const [i, keep] of ways.entries()) {
      const userName = `kept-${i}`;
      await loginAt(store, userName);
      await tell(store, 'before', userName);
      await logout(store, userName, 'a');
      await keep(userName);
      expect(await ttlsOf(store, userName)).toEqual([-1, -1]);
    }
  });
}

function otherLives(open: OpenStore): void {
  test('is of one life of the log: a later user of the name sees nothing of it', async () => {
    const store = await open(scope);
    const first = await loginAt(store);
    await tell(store, 'first');
    await logout(store, user, 'a');
    await tell(store, 'away');
    expect(await store.admin.deleteUser(user)).toBe('ok');
    const tag = `{user:${user}}:`;
    expect(Object.keys(await store.ttls()).filter((key) => key.startsWith(tag))).toEqual([`${tag}voided`]);
    const second = await loginAt(store);
    expect([second.id, second.epoch === first.epoch]).toEqual([0, false]);
    await tell(store, 'second');
    expect(textsOf(await behind(store, 0))).toEqual(['second']);
    // Nor where its history were left behind.
    await store.client.del(store.keys.user(user).meta);
    await loginAt(store);
    await tell(store, 'third');
    expect(textsOf(await behind(store, 0))).toEqual(['third']);
  });

  test('is of one epoch of it: after a failover that lost some of it nobody is led on', async () => {
    const store = await open(scope);
    const { epoch } = await loginAt(store);
    for (const text of ['one', 'two']) await tell(store, text);
    await store.logOf('n1').rotateEpoch(userTopic(user), epoch);
    await tell(store, 'three');
    const head = await headOf(store);
    expect(head).toMatchObject({ seq: 3, epoch: expect.not.stringMatching(epoch) });
    expect(await store.inboxes.readBehind(user, { epoch, seq: 2 }, head, BYTES_MAX)).toBe('lost');
    expect(await idsBehind(store, 1)).toBe('lost');
    expect(await idsBehind(store, 2)).toEqual([3]);
  });
}

/** Back to what was kept of the user's log and inbox, as a replica that has not heard of what came since. */
async function keep({ client, keys }: Store): Promise<() => Promise<void>> {
  const { meta, history } = keys.user(user);
  const entries = await client.xrangeBuffer(history, '-', '+');
  const log = await client.hgetBuffer(meta, 'log');
  return async () => {
    await client.hset(meta, 'log', log ?? '');
    await client.del(history);
    for (const [id, [, event = '']] of entries) await client.xadd(history, id.toString('latin1'), 'e', event);
  };
}

/** Tells something at a later time than all before, and gives where the inbox is by it. */
async function toldLater(store: Store, text: string): Promise<InboxPosition> {
  const { timestamp } = await positionOf(store);
  await eventually(() => expect(Date.now()).toBeGreaterThan(timestamp + 1));
  await tell(store, text);
  return (await added(store)).inbox;
}

function numbersGivenAgain(open: OpenStore): void {
  test('nobody is led on from a notice that Redis has lost, and whose number another one has', async () => {
    const store = await open(scope);
    expect((await added(store)).inbox).toEqual({ epoch: expect.any(String), seq: 0 });
    const one = await toldLater(store, 'one');
    const rollBack = await keep(store);
    const two = await toldLater(store, 'two');
    expect(two).toEqual({ epoch: one.epoch, seq: 2, timestamp: expect.any(Number) });
    const read = (from: InboxPosition, head: InboxPosition): Promise<TopicEvent[] | 'lost'> =>
      store.inboxes.readBehind(user, from, head, BYTES_MAX);
    expect([textsOf(await read(one, two)), await read(two, two)]).toEqual([['two'], []]);
    await rollBack();
    const again = await toldLater(store, 'again');
    expect(again).toMatchObject({ epoch: one.epoch, seq: 2 });
    // Where it ends, and before that.
    expect([await read(two, again), textsOf(await read(one, again))]).toEqual(['lost', ['again']]);
    const more = await toldLater(store, 'more');
    expect([await read(two, more), textsOf(await read(again, more))]).toEqual(['lost', ['more']]);
    // What was lost between a login and the reading for it.
    expect(await read(one, { ...more, timestamp: 1 })).toBe('lost');
    // A client that does not say when, and what was told by those who did not note it.
    expect(textsOf(await read({ epoch: one.epoch, seq: 2 }, more))).toEqual(['more']);
    expect(textsOf(await read(again, { epoch: one.epoch, seq: 3 }))).toEqual(['more']);
  });

  test('tells when its last notice was told, whatever the log was told since', async () => {
    const store = await open(scope);
    await loginAt(store);
    const told = await toldLater(store, 'told');
    const found = await behind(store, 0);
    expect(found).toMatchObject([{ timestamp: told.timestamp }]);
    await eventually(() => expect(Date.now()).toBeGreaterThan((told.timestamp ?? 0) + 1));
    await store.users.notifyOthers(user, '', Buffer.from('in no inbox'));
    expect((await positionOf(store)).timestamp).toBeGreaterThan(told.timestamp ?? Infinity);
    expect((await added(store, user, 'b')).inbox).toEqual(told);
  });
}
