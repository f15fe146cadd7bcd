// Users in Redis: what every script of a user replies, publishes and leaves behind.
import { expect, test } from '@jest/globals';
import type { TopicEvent } from '../../src/log/event.ts';
import { userTopic } from '../../src/redis/keys.ts';
import { claimLease, registerNode, renewLease } from '../../src/store/node/node-scripts.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { countIn, frame, frameText, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const user = 'alice';
const tag = `{user:${user}}:`;

const login = (store: Store, socketId: string, nodeId = 'n1'): ReturnType<Store['users']['login']> =>
  store.users.login(user, { socketId, nodeId, echo: frame(`in ${socketId}`) });

const logout = (store: Store, socketId: string): ReturnType<Store['users']['logout']> =>
  store.users.logout(user, socketId, frame(`out ${socketId}`), []);

/** What a node's lease says. */
async function lease(store: Store, nodeId: string, is: 'held' | 'draining' | 'over' | 'claimed'): Promise<void> {
  const keys = store.keys.node(nodeId);
  await store.commands.run(registerNode, keys, {
    ttlMs: is === 'held' || is === 'draining' ? 60_000 : 0,
    keepMs: 60_000,
  });
  const draining = { ttlMs: 60_000, keepMs: 60_000, draining: '1' };
  if (is === 'draining') await store.commands.run(renewLease, keys, draining);
  if (is !== 'claimed') return;
  const seen = (await store.client.hget(keys.lease, 'expires')) ?? '';
  expect(await store.commands.run(claimLease, keys, { seen, watchedMs: 0, keepMs: 60_000 })).toBe('claimed');
}

const echo = (store: Store, except: string, text: string, count: number): Promise<void> =>
  store.users.echo(user, { except, frame: frame(text), count });

/** What was published, in short: whom it leaves out, its frame without the count, the count. */
const told = (events: readonly TopicEvent[]): [subject: string, text: string, count: number][] =>
  events.map((event) => [event.subject, frameText(event).slice(0, -8), countIn(event)]);

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function userSuite(open: OpenStore): void {
  fillingIn(open);
  connections(open);
  fullUsers(open);
  echoes(open);
  notices(open);
}

function fillingIn(open: OpenStore): void {
  test('a login is filled in for a socket that is there, and nobody is told of it again', async () => {
    const store = await open(scope);
    const fillIn = (socketId: string, tag?: string): ReturnType<Store['users']['login']> => {
      const tagged =
        tag === undefined ? undefined : { tag, own: 'device.b', isReconnect: false, frame: frame('conflict') };
      return store.users.login(user, { socketId, nodeId: 'n1', echo: new Uint8Array(0), synced: true, tagged });
    };
    expect(await fillIn('s1')).toBe('lost');
    expect(await store.ttls()).toEqual({});
    await login(store, 's1');
    const first = { tag: 'mobile', own: 'device.a', isReconnect: false, frame: frame('conflict') };
    await store.users.login(user, { socketId: 's2', nodeId: 'n2', echo: frame('in s2'), tagged: first });
    const events = await store.listen(userTopic(user));
    expect(await fillIn('s1', 'mobile')).toMatchObject({ nconnected: 2, isNews: false, at: { seq: 2 } });
    await eventually(() => expect(events.map(({ kind, subject }) => [kind, subject])).toEqual([['conflict', 's2']]));
    const { devices, synced } = store.keys.user(user);
    expect(await store.client.hget(devices, 's1')).toBe('device.b mobile');
    expect(await store.client.smembers(synced)).toEqual(['s1']);
    await logout(store, 's1');
    expect(await fillIn('s1')).toBe('lost');
  });
}

function connections(open: OpenStore): void {
  test('sockets come and go, and the others are told how many there are', async () => {
    const store = await open(scope, { socketsMax: 2 });
    const events = await store.listen(userTopic(user));
    for (const nodeId of ['n1', 'n2']) await lease(store, nodeId, 'held');
    expect(await logout(store, 's1')).toBe('gone');
    expect(await login(store, 's1')).toMatchObject({ nconnected: 1, at: { seq: 0, id: 0 } });
    expect(await login(store, 's2', 'n2')).toMatchObject({ nconnected: 2, at: { seq: 1 } });
    expect(await login(store, 's3')).toEqual({ retryAfterMs: 10_000 });
    expect(await login(store, 's2', 'n2')).toMatchObject({ nconnected: 2 });
    expect(await store.users.readSockets(user)).toEqual(
      new Map([
        ['s1', 'n1'],
        ['s2', 'n2'],
      ]),
    );
    expect(await logout(store, 's1')).toEqual({ nconnected: 1, changed: true });
    expect(await logout(store, 's1')).toEqual({ nconnected: 1, changed: false });
    expect(await login(store, 's3')).toMatchObject({ nconnected: 2 });
    expect(await logout(store, 's3')).toEqual({ nconnected: 1, changed: true });
    expect(await logout(store, 's2')).toEqual({ nconnected: 0, changed: true });

    await eventually(() => expect(told(events).at(-1)).toEqual(['', '<out s3>', 1]));
    expect(told(events)).toEqual([
      ['s2', '<in s2>', 2],
      ['s2', '<in s2>', 2],
      ['', '<out s1>', 1],
      ['s3', '<in s3>', 2],
      ['', '<out s3>', 1],
    ]);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    for (const [i, event] of events.entries()) if (i > 0) expect(event.prev).toBe(events[i - 1]?.nonce);
    // The name keeps its log's life; what was told goes soon.
    const ttls = await store.ttls();
    expect(Object.keys(ttls).filter((key) => key.startsWith(tag))).toEqual([`${tag}events`, `${tag}meta`]);
    expect(ttls[`${tag}events`]).toBeGreaterThan(0);
    expect(await login(store, 's4')).toMatchObject({ nconnected: 1 });
    expect(await store.ttls()).toMatchObject({ [`${tag}events`]: -1 });
  });

  test('a dead node is swept behind a tombstone', async () => {
    const store = await open(scope);
    expect(await store.users.beginSweep(user, 'dead')).toEqual([]);
    await login(store, 's1', 'n1');
    expect(await login(store, 's2', 'dead')).toBe('lost');
    await login(store, 's3', 'dying');
    await login(store, 's4', 'dying');
    expect((await store.users.beginSweep(user, 'dying')).toSorted()).toEqual(['s3', 's4']);
    for (const socketId of ['s3', 's4']) await logout(store, socketId);
    expect(await store.users.beginSweep(user, 'dying')).toEqual([]);
    expect(await login(store, 's5', 'dying')).toBe('lost');
    expect([...(await store.users.readSockets(user)).keys()]).toEqual(['s1']);
    const ttls = await store.ttls();
    for (const node of ['dead', 'dying']) expect(ttls[`${tag}tomb:${node}`]).toBeGreaterThan(0);
    for (const key of Object.keys(ttls)) expect(key.startsWith(tag)).toBe(true);
  });
}

function fullUsers(open: OpenStore): void {
  test('sockets of nodes that are gone or on their way out do not count, but never are there many times as many', async () => {
    const store = await open(scope, { socketsMax: 2 });
    await lease(store, 'n1', 'held');
    for (const is of ['draining', 'over', 'claimed'] as const) {
      await lease(store, is, 'held');
      // Until then they do.
      expect(await login(store, `${is} 1`, is)).toMatchObject({ nconnected: expect.any(Number) });
      expect(await login(store, `${is} 2`, is)).toMatchObject({ nconnected: expect.any(Number) });
      expect(await login(store, 'new')).toEqual({ retryAfterMs: 10_000 });
      await lease(store, is, is);
    }
    // Its record is no more.
    expect(await login(store, 'forgotten', 'forgotten')).toMatchObject({ nconnected: 7 });
    expect(await login(store, 's1')).toMatchObject({ nconnected: 8 });
    expect(await login(store, 's2')).toEqual({ retryAfterMs: 10_000 });
    // A login that was not answered, and comes again, is none more.
    expect(await login(store, 's1')).toMatchObject({ nconnected: 8 });
    await logout(store, 'over 1');
    expect(await login(store, 's2')).toMatchObject({ nconnected: 8 });
    await logout(store, 'over 2');
    expect(await login(store, 's3')).toEqual({ retryAfterMs: 10_000 });
  });

  test('who is full is told when the next lease of its nodes runs out', async () => {
    const store = await open(scope, { socketsMax: 2 });
    await lease(store, 'n1', 'held');
    await store.commands.run(registerNode, store.keys.node('n2'), { ttlMs: 5000, keepMs: 60_000 });
    await login(store, 's1', 'n1');
    await login(store, 's2', 'n2');
    const full = await login(store, 's3');
    expect(full).toEqual({ retryAfterMs: expect.any(Number) });
    const { retryAfterMs } = full as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThanOrEqual(1000);
    expect(retryAfterMs).toBeLessThanOrEqual(5000);
  });
}

function echoes(open: OpenStore): void {
  test('what a socket has done is echoed to the others, and to nobody where there is none', async () => {
    const store = await open(scope);
    await echo(store, 's1', 'lobby joined', 1);
    expect(await store.ttls()).toEqual({});
    await login(store, 's1');
    const events = await store.listen(userTopic(user));
    await echo(store, 's1', 'lobby joined', 1);
    await login(store, 's2', 'n2');
    await echo(store, 's2', 'lobby joined', 2);
    await echo(store, 's1', 'lobby left', 1);
    // One that has gone meanwhile, or that nobody is to be spared.
    await echo(store, 'ghost', 'attic joined', 2);
    await echo(store, '', 'attic left', 1);
    expect(await store.users.readSockets(user)).toEqual(
      new Map([
        ['s1', 'n1'],
        ['s2', 'n2'],
      ]),
    );
    // As an earlier version noted it.
    await store.client.hset(`${store.keys.user(user).rooms}s2`, 'lobby', '');
    const left = [
      { echo: frame('lobby left'), njoined: 0 },
      { echo: frame('attic left'), njoined: 3 },
    ];
    expect(await store.users.logout(user, 's2', frame('out s2'), left)).toEqual({ nconnected: 1, changed: true });
    await echo(store, 's1', 'nobody hears it', 0);
    await echo(store, '', 'all hear it', 1);
    await eventually(() => expect(told(events).at(-1)).toEqual(['', '<all hear it>', 1]));
    expect(told(events)).toEqual([
      ['s2', '<in s2>', 2],
      ['s2', '<lobby joined>', 2],
      ['s1', '<lobby left>', 1],
      ['ghost', '<attic joined>', 2],
      ['', '<attic left>', 1],
      ['', '<lobby left>', 0],
      ['', '<attic left>', 3],
      ['', '<out s2>', 1],
      ['', '<all hear it>', 1],
    ]);
    expect(Object.keys(await store.ttls())).toEqual([`${tag}events`, `${tag}meta`, `${tag}sockets`]);
  });
}

function notices(open: OpenStore): void {
  test('notices leave out a socket, or the nodes that know; a lost room is told with the point of its log', async () => {
    const store = await open(scope);
    const lost = {
      roomName: 'lobby',
      life: 'l',
      at: { epoch: 'epoch of the log', seq: 17 },
      frame: frame('lost'),
      nodeIds: ['n1', 'n2'],
      openPrefix: frame('never'),
      privatePrefix: frame('said'),
    };
    await store.users.notifyOthers(user, 's1', frame('hello'));
    expect(await store.users.notifyRoomLost(user, lost)).toBeUndefined();
    expect(await store.ttls()).toEqual({});

    await login(store, 's1');
    await login(store, 's2', 'n2');
    const events = await store.listen(userTopic(user));
    await store.users.notifyOthers(user, 's1', frame('hello'));
    const at = await store.users.notifyRoomLost(user, lost);
    expect(await store.users.notifyRoomLost(user, { ...lost, nodeIds: [] })).toMatchObject({ seq: 4 });
    // Who has only had it in the session is told nothing else.
    expect(await store.users.notifyRoomLost(user, { ...lost, frame: undefined })).toMatchObject({ seq: 4 });
    await eventually(() => expect(events).toHaveLength(3));
    expect(events.map((event) => [event.subject, frameText(event)])).toEqual([
      ['s1', '<hello>'],
      ['@n1 @n2\nlobby\nepoch of the log 17', '<lost>'],
      ['\nlobby\nepoch of the log 17', '<lost>'],
    ]);
    expect(at?.seq).toBe(events[1]?.seq);

    await logout(store, 's1');
    await logout(store, 's2');
    const before = await store.logOf('n1').readPosition(userTopic(user));
    await store.users.notifyOthers(user, '', frame('nobody'));
    expect(await store.logOf('n1').readPosition(userTopic(user))).toEqual(before);
  });
}
