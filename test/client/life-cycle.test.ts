// The life of a connection as it is told: which events, in which order, in which state, for each cause there is.
import { expect, test } from '@jest/globals';
import type { EventName } from '../../src/client/events.ts';
import { connectionOf } from '../../src/client/react/connection.ts';
import { connectClient, createTestClient, failureOf, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { authData, startFake, type FakeService } from './fake-service.ts';
import { entry } from './in-room.ts';
import { inPage } from './page-globals.ts';

const scope = useScope();
const soon = { minDelayMs: 1, maxDelayMs: 4, jitter: 'none' } as const;
const never = { minDelayMs: 3_600_000, maxDelayMs: 3_600_000, jitter: 'none' } as const;
const nowhere = 'ws://127.0.0.1:1/ws';
const names: readonly EventName[] = [
  ...(['connect', 'disconnect', 'schedule', 'retry', 'reconnect'] as const),
  ...(['offline', 'online', 'conflict', 'close'] as const),
];

/** What was told, as `name state args`, but for what a login gives. */
function follow(client: TestClient): string[] {
  const told: string[] = [];
  for (const name of names) {
    client.on(name, (...args: unknown[]) => {
      const isLogin = name === 'connect' || name === 'reconnect';
      told.push([name, client.state, ...(isLogin ? [] : args.map((arg) => JSON.stringify(arg)))].join(' '));
    });
  }
  return told;
}

async function start(reconnect: typeof soon | typeof never = soon): Promise<{
  service: FakeService;
  client: TestClient;
  told: string[];
}> {
  const service = await startFake(scope);
  const client = createTestClient(scope, { urls: service.url, userName: 'ann', reconnect });
  const told = follow(client);
  await client.connect();
  expect(told.splice(0)).toEqual(['connect connected']);
  return { service, client, told };
}

test('a lost socket: disconnect, schedule, retry, reconnect', async () => {
  const { service, client, told } = await start();
  service.close(4002, 'nodeLost');
  await client.next('reconnect');
  expect(told).toEqual([
    'disconnect disconnected {"code":4002,"reason":"nodeLost"}',
    'schedule disconnected 0 1',
    'retry connecting 0',
    'reconnect connected',
  ]);
});

test('attempts that fail: one disconnect, and longer and longer waits', async () => {
  const { service, client, told } = await start();
  let failures = 3;
  service.login = (request) => {
    if ((failures -= 1) < 0) request.answer(authData());
    else request.cut();
  };
  service.close(4000, 'goAway');
  await client.next('reconnect');
  expect(told).toEqual([
    'disconnect disconnected {"code":4000,"reason":"goAway"}',
    'schedule disconnected 0 1',
    'retry connecting 0',
    'schedule disconnected 1 2',
    'retry connecting 1',
    'schedule disconnected 2 4',
    'retry connecting 2',
    'schedule disconnected 3 4',
    'retry connecting 3',
    'reconnect connected',
  ]);
});

test('pause while connected: disconnect and offline; resume: online, and an attempt at once', async () => {
  const { service, client, told } = await start(never);
  client.pause();
  client.pause();
  const lost = 'disconnect offline {"code":1000,"reason":"paused"}';
  expect(told.splice(0)).toEqual([lost, 'offline offline']);
  expect((await failureOf(client.request('ping', {}))).code).toBe('unavailable');
  client.resume();
  client.resume();
  expect(told).toEqual(['online disconnected', 'schedule disconnected 0 0']);
  await client.next('reconnect');
  expect(told.slice(2)).toEqual(['retry connecting 0', 'reconnect connected']);
  expect(service.logins).toHaveLength(2);
});

test('pause while it waits or tries: offline only, and what opens meanwhile is closed', async () => {
  const { service, client, told } = await start(never);
  service.cut();
  await client.next('schedule');
  client.pause();
  expect(told.splice(0).slice(1)).toEqual(['schedule disconnected 0 3600000', 'offline offline']);

  let closed = 0;
  service.login = (request) => request.onClose(() => (closed += 1));
  client.resume();
  await eventually(() => expect(service.logins).toHaveLength(2));
  client.pause();
  expect(told.splice(0).slice(2)).toEqual(['retry connecting 0', 'offline offline']);
  await eventually(() => expect(closed).toBe(1));
  service.login = undefined;
  // Paused before the socket is even open.
  client.resume();
  await client.next('retry');
  await client.next('retry');
  client.pause();
  await eventually(() => expect(service.connections).toBe(0));
  expect([client.state, service.logins.length]).toEqual(['offline', 2]);
});

test('pause and resume are lenient, retry is strict', async () => {
  const service = await startFake(scope);
  const client = createTestClient(scope, { urls: service.url, userName: 'ann', reconnect: never });
  const told = follow(client);
  client.pause();
  client.resume();
  expect([client.state, told]).toEqual(['idle', []]);
  expect(() => client.retry()).toThrow('idle');
  const connecting = client.connect();
  client.pause();
  expect(() => client.retry()).toThrow('connecting');
  await connecting;
  client.resume();
  expect(() => client.retry()).toThrow('connected');
  client.pause();
  expect(() => client.retry()).toThrow('offline');
  await client.close();
  client.pause();
  client.resume();
  expect(() => client.retry()).toThrow('closed');
  expect(told.filter((each) => !each.startsWith('disconnect'))).toEqual([
    'connect connected',
    'offline offline',
    'close closed {"code":1000,"reason":"closed by the client"}',
  ]);
});

test('retry by hand: at once, also within schedule, and counting anew', async () => {
  const { service, client, told } = await start(never);
  let failures = 1;
  service.login = (request) => {
    if ((failures -= 1) < 0) request.answer(authData());
    else request.cut();
  };
  client.once('schedule', () => client.retry());
  const later: string[] = [];
  client.on('schedule', () => later.push('schedule'));
  client.on('retry', () => later.push('retry'));
  // Neither before it is scheduled nor after it has begun.
  client.once('disconnect', () => expect(() => client.retry()).toThrow('disconnected'));
  client.once('retry', () => expect(() => client.retry()).toThrow('connecting'));
  service.cut();
  await client.next('schedule', (attempt) => attempt === 1);
  client.retry();
  await client.next('reconnect');
  expect(told.slice(1)).toEqual([
    'schedule disconnected 0 3600000',
    'retry connecting 0',
    'schedule disconnected 1 3600000',
    'retry connecting 0',
    'reconnect connected',
  ]);
  // For every listener in this order.
  expect(later).toEqual(['schedule', 'retry', 'schedule', 'retry']);
});

test('close by hand: nothing but close, in whatever state', async () => {
  const { client, told } = await start();
  await client.close();
  const end = 'close closed {"code":1000,"reason":"closed by the client"}';
  expect(told.splice(0)).toEqual([end]);
  const waiting = await start(never);
  waiting.client.once('disconnect', () => void waiting.client.close());
  waiting.service.cut();
  await waiting.client.next('close');
  expect(waiting.told.slice(1)).toEqual([end]);
});

test('close by hand, by who hears of a room that is left with the connection: still nothing but close', async () => {
  const { service, client, told } = await start();
  const joining = client.join('lobby');
  (await service.next('roomsJoin')).answer([entry(0)]);
  await joining;
  void client.leave('lobby').catch(() => undefined);
  (await service.next('roomLeave')).cut();
  client.once('left', () => void client.close());
  await client.next('close');
  expect(told).toEqual(['close closed {"code":1000,"reason":"closed by the client"}']);
});

test('another device with the tag: conflict and close', async () => {
  const { service, client, told } = await start();
  service.send([['loginConflict', { reason: 'newer login' }]]);
  service.close(4503, 'loginConflict');
  await client.next('close');
  expect(told).toEqual([
    'conflict closed {"reason":"newer login"}',
    'close closed {"code":4503,"reason":"loginConflict"}',
  ]);

  // It came back and finds the tag taken.
  const back = await start();
  back.service.login = (request) => {
    request.refuse('sessionConflict');
    request.close(4501, 'loginRejected');
  };
  back.service.cut();
  await back.client.next('close');
  expect(back.told.slice(-2).map((each) => each.split(' ')[0])).toEqual(['conflict', 'close']);
});

test('no address opens: connect rejects, waits for nothing, and can be called again', async () => {
  const service = await startFake(scope);
  const urls = [nowhere, 'ws://127.0.0.1:2/ws'];
  const client = createTestClient(scope, { urls, userName: 'ann', reconnect: soon });
  const told = follow(client);
  const error = await failureOf(client.connect());
  expect([error.code, error.temporary, client.state, told]).toEqual(['unavailable', true, 'idle', []]);
  expect(error.message).toContain('ws://127.0.0.1:2/ws');

  const second = createTestClient(scope, { urls: [nowhere, service.url], userName: 'ann', reconnect: soon });
  await second.connect();
  expect([second.state, second.url]).toEqual(['connected', service.url]);
});

test('persistent: goes on where no address opens, telling each attempt', async () => {
  const service = await startFake(scope);
  const client = createTestClient(scope, { urls: service.url, userName: 'ann', reconnect: soon });
  const told = follow(client);
  let failures = 2;
  service.login = (request) => {
    if ((failures -= 1) < 0) request.answer(authData());
    else request.cut();
  };
  await client.connect({ persistent: true });
  expect(told).toEqual([
    'schedule disconnected 0 1',
    'retry connecting 0',
    'schedule disconnected 1 2',
    'retry connecting 1',
    'connect connected',
  ]);
  service.login = undefined;

  // Paused before the first login, and resumed.
  const paused = createTestClient(scope, { urls: nowhere, userName: 'ann', reconnect: never });
  const heard = follow(paused);
  const refused = failureOf(paused.connect({ persistent: true }));
  await paused.next('schedule');
  paused.pause();
  paused.resume();
  await paused.next('schedule', (_attempt, delayMs) => delayMs === 0);
  await paused.close();
  expect(heard.slice(0, 4)).toEqual([
    'schedule disconnected 0 3600000',
    'offline offline',
    'online disconnected',
    'schedule disconnected 0 0',
  ]);
  expect((await refused).code).toBe('unavailable');
});

test('a reconnect begins with another address, and goes through all of them before it waits', async () => {
  const [first, second] = [await startFake(scope), await startFake(scope)];
  const urls = [first.url, nowhere, second.url];
  const client = await connectClient(scope, { urls, userName: 'ann', reconnect: soon });
  expect(client.url).toBe(first.url);
  first.cut();
  await client.next('reconnect');
  expect([client.url, client.seen('retry').length]).toEqual([second.url, 1]);
  second.cut();
  await client.next('reconnect');
  expect(client.url).toBe(first.url);
});

test('reconnect comes after the rooms are joined again; a loss before that is a failed attempt', async () => {
  const { service, client, told } = await start();
  const joining = client.join('lobby');
  (await service.next('roomsJoin')).answer([entry(0)]);
  await joining;
  service.cut();
  const asked = await service.next('roomsJoin');
  expect(told.at(-1)).toBe('retry connecting 0');
  expect(client.state).toBe('connecting');
  asked.cut();
  const again = await service.next('roomsJoin');
  again.answer([entry(0)]);
  await client.next('reconnect');
  expect(told.filter((each) => each.startsWith('disconnect'))).toHaveLength(1);
  expect(told.slice(-3)).toEqual(['schedule disconnected 1 2', 'retry connecting 1', 'reconnect connected']);
  expect(client.transcript.map(({ name }) => name).slice(-2)).toEqual(['recovered', 'reconnect']);
});

test('each state is told when it begins, and hooks show it, also where no event says so', async () => {
  const service = await startFake(scope);
  const urls = [service.url, nowhere];
  const client = createTestClient(scope, { urls, userName: 'ann', reconnect: soon });
  const moves: string[] = [];
  client.onMove(() => moves.push(client.state));
  const shown: string[] = [];
  const { subscribe, get } = connectionOf(client);
  scope.add(subscribe(() => shown.push(`${get().state} ${String(get().userName)}`)));
  service.login = (request) => request.refuse('badToken');
  await failureOf(client.connect());
  expect([moves.splice(0), shown.splice(0)]).toEqual([
    ['connecting', 'idle'],
    ['connecting undefined', 'idle undefined'],
  ]);
  // The next call begins with the other address.
  expect([get().url, get().url]).toEqual([nowhere, client.url]);
  service.login = undefined;
  await client.connect();
  expect([moves.splice(0), new Set(shown)]).toEqual([
    ['connecting', 'connected'],
    new Set(['connecting undefined', 'connected alice']),
  ]);
  client.pause();
  client.resume();
  await client.next('reconnect');
  await client.close();
  const middle = ['offline', 'disconnected', 'connecting', 'connecting', 'connected'];
  expect(moves).toEqual([...middle, 'closed']);
});

test('what comes before the login is answered is told after connect, in order', async () => {
  const service = await startFake(scope);
  const position = { epoch: 'e', seq: 3 };
  service.login = (request) => {
    request.send([
      ['loginConfirmed', 'ann', authData()],
      ['$.group.restored', { group: 'custom' }],
      ['systemMessage', 1],
      ['inboxPosition', position],
    ]);
    request.answer(authData());
  };
  const client = await connectClient(scope, { urls: service.url, userName: 'ann' });
  const order = client.transcript.map(({ name }) => name);
  expect(order).toEqual(['connect', 'loginConfirmed', '$.group.restored', 'systemMessage', 'inboxPosition']);
});

test('a page: paused and resumed with its network, asked for a sign of life when it comes back', async () => {
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const page = inPage(scope, { document });
  const { service, client, told } = await start(never);
  page.dispatchEvent(new Event('offline'));
  page.dispatchEvent(new Event('online'));
  await client.next('reconnect');
  expect(told.map((each) => each.split(' ')[0])).toEqual(
    'disconnect offline online schedule retry reconnect'.split(' '),
  );
  document.dispatchEvent(new Event('visibilitychange'));
  page.dispatchEvent(new Event('pageshow'));
  // One for both.
  (await service.next('ping')).answer(1);
  Object.assign(document, { visibilityState: 'hidden' });
  document.dispatchEvent(new Event('visibilitychange'));
  await client.close();
  page.dispatchEvent(new Event('offline'));
  expect(service.waiting.map(({ method }) => method)).toEqual(['disconnect']);
});

test('a page that comes back to a connection that is dead leaves it soon', async () => {
  const page = inPage(scope);
  const service = await startFake(scope);
  const options = { urls: service.url, userName: 'ann', reconnect: soon, requestTimeoutMs: 100 };
  const client = await connectClient(scope, options);
  page.dispatchEvent(new Event('pageshow'));
  expect(await client.next('disconnect')).toEqual([{ code: 1006, reason: 'nothing heard after a sleep' }]);
  await client.next('reconnect');
});
