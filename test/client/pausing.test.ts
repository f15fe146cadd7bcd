// A pause while something is under way: who knows of the loss by then takes it as a part of it, and goes on at once after it.
import { expect, jest, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { createTestClient, failureOf, type TestClient } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { authData, startFake, type FakeService } from './fake-service.ts';
import { entry, inRoom } from './in-room.ts';
import { inPage } from './page-globals.ts';

const scope = useScope();
/** Nothing comes back by itself, so it is the pause that everything waits for. */
const never = { minDelayMs: 3_600_000, maxDelayMs: 3_600_000, jitter: 'none' } as const;

async function start(limits: ValueMap = {}): Promise<{ service: FakeService; client: TestClient }> {
  const service = await startFake(scope);
  service.login = (request) => {
    const data = authData() as { limits: ValueMap };
    request.answer(authData({ limits: { ...data.limits, ...limits } }));
  };
  const client = createTestClient(scope, { urls: service.url, userName: 'alice', reconnect: never });
  await client.connect();
  return { service, client };
}

test('a pause while rooms are joined again: after it they are joined at once, and reconnect comes behind that', async () => {
  const { service, client } = await inRoom(scope);
  service.cut();
  await service.next('roomsJoin');
  client.pause();
  const events: string[] = [];
  client.on('recovered', () => events.push('recovered'));
  client.on('reconnect', () => events.push('reconnect'));
  client.resume();
  const again = await service.next('roomsJoin');
  expect([events, client.state]).toEqual([[], 'connecting']);
  again.answer([entry(5)]);
  await client.next('reconnect');
  expect(events).toEqual(['recovered', 'reconnect']);
});

test('what was sent or joined when the pause came goes again before anything else', async () => {
  const { service, client } = await start();
  const post = client.post('lobby', { key: 'a' });
  const direct = client.direct('bob').send({ textMessage: 'hi' });
  const join = client.join('den');
  for (const name of ['roomMessage', 'directMessage', 'roomsJoin']) await service.next(name);
  client.pause();
  let asked: Promise<unknown> | undefined;
  client.on('reconnect', () => (asked = client.request('ping', {})));
  client.resume();
  (await service.next('ping')).answer(1);
  await asked;
  expect(service.waiting.map(({ method }) => method).toSorted()).toEqual(['directMessage', 'roomMessage', 'roomsJoin']);
  (await service.next('roomMessage')).answer(1);
  (await service.next('directMessage')).answer({ textMessage: 'hi', author: 'alice', timestamp: 1, id: 1 });
  (await service.next('roomsJoin')).answer([entry(0, { roomName: 'den' })]);
  expect(await post).toBe(1);
  expect(await direct.done).toMatchObject({ id: 1, status: 'sent' });
  await join;
});

test('what still waited when the pause came was not sent: however long it lasts, it goes out', async () => {
  // One at a time.
  const { service, client } = await start({ requestsInFlight: 2 });
  const sent = failureOf(client.post('lobby', { key: 'a' }));
  const waiting = client.post('den', { key: 'b' });
  await service.next('roomMessage');
  expect(service.waiting).toEqual([]);
  client.pause();
  const now = Date.now.bind(Date);
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + 300_000);
  try {
    client.resume();
    const post = await service.next('roomMessage');
    expect(post.params.slice(0, 2)).toEqual(['den', { key: 'b' }]);
    post.answer(2);
    expect(await waiting).toBe(2);
    // The other one may be stored, and the service does not know it again any more.
    expect((await sent).code).toBe('timeout');
    expect(service.waiting).toEqual([]);
  } finally {
    clock.mockRestore();
  }
});

/** In a room that is being left, and what was told since, in words. */
async function leaving(): Promise<{ service: FakeService; client: TestClient; cut: () => void; told: string[] }> {
  const { service, client } = await start();
  const joining = client.join('lobby');
  (await service.next('roomsJoin')).answer([entry(5)]);
  await joining;
  client.leave('lobby').catch(() => undefined);
  const leave = await service.next('roomLeave');
  const told: string[] = [];
  for (const name of ['disconnect', 'schedule', 'retry', 'reconnect', 'offline', 'online', 'close'] as const) {
    client.on(name, () => told.push(name));
  }
  return { service, client, cut: () => leave.cut(), told };
}

test('who hears of what goes with the connection pauses, or ends the pause: each loss has its disconnect, each online its offline', async () => {
  const lost = await leaving();
  lost.client.once('left', () => lost.client.pause());
  lost.cut();
  await lost.client.next('offline');
  expect(lost.told).toEqual(['disconnect', 'offline']);

  const back = ['online', 'schedule', 'retry', 'reconnect'];
  for (const event of ['left', 'disconnect', 'offline'] as const) {
    const paused = await leaving();
    paused.client.once(event, () => paused.client.resume());
    paused.client.pause();
    await paused.client.next('reconnect');
    expect([event, ...paused.told]).toEqual([event, 'disconnect', 'offline', ...back]);
  }
});

/** A client that is still to connect to a service whose messages are short: that shows at the login. */
async function startTight(): Promise<{ service: FakeService; client: TestClient }> {
  const service = await startFake(scope);
  service.login = (request) => {
    const { limits } = authData() as { limits: ValueMap };
    request.answer(authData({ limits: { ...limits, messageBytes: 10 } }));
  };
  return { service, client: createTestClient(scope, { urls: service.url, userName: 'alice', reconnect: never }) };
}

test('a first login that is ended by who hears of it: connect is told before that, and notices go on', async () => {
  const { service, client } = await startTight();
  const told: string[] = [];
  for (const name of ['connect', 'disconnect', 'offline', 'reconnect'] as const) client.on(name, () => told.push(name));
  // What is too long for this service fails as soon as there is a connection.
  client.room('lobby').once('update', () => client.pause());
  const failed = failureOf(client.room('lobby').send({ textMessage: 'much too long' }).done);
  await client.connect({ persistent: true });
  expect([(await failed).code, told]).toEqual(['messageTooLarge', ['connect', 'disconnect', 'offline']]);
  client.resume();
  await client.next('reconnect');
  service.send([['systemMessage', 'hello']]);
  expect(await client.next('systemMessage')).toEqual(['hello']);
});

test('a first login that its client ends for good: nothing is read, nor waits to be', async () => {
  const { service, client } = await startTight();
  const timers = jest.spyOn(globalThis, 'setTimeout');
  try {
    client.contacts.on('added', () => undefined);
    client.room('lobby').once('update', () => void client.close());
    const failed = failureOf(client.room('lobby').send({ textMessage: 'much too long' }).done);
    await failureOf(client.connect());
    expect((await failed).code).toBe('messageTooLarge');
    (await service.next('disconnect')).answer(null);
    await client.close();
    expect(service.waiting).toEqual([]);
    // What is to be asked again after an error without a time.
    expect(timers.mock.calls.filter(([, delayMs]) => delayMs === 1_000)).toEqual([]);
  } finally {
    timers.mockRestore();
  }
});

test('without coming back: an attempt that fails after a pause is not repeated, but ends the client', async () => {
  const service = await startFake(scope);
  const client = createTestClient(scope, { urls: service.url, userName: 'alice', reconnect: false });
  await client.connect();
  const states: unknown[] = [];
  for (const name of ['offline', 'online', 'schedule', 'retry', 'reconnect', 'close'] as const) {
    client.on(name, (...args) => states.push(args.length === 0 ? name : [name, ...args]));
  }
  client.pause();
  client.resume();
  await client.next('reconnect');
  client.pause();
  service.login = (request) => request.refuse('unavailable', 0);
  client.resume();
  const [end] = await client.next('close');
  expect(end.code).toBe(4501);
  const once = ['offline', 'online', ['schedule', 0, 0], ['retry', 0]];
  expect(states).toEqual([...once, ['reconnect', expect.anything()], ...once, ['close', end]]);
});

test('who hears of the close asks for it once more: both wait until the service has taken note', async () => {
  const { service, client } = await start();
  const done: string[] = [];
  let again: Promise<unknown> | undefined;
  client.once('close', () => (again = client.close().then(() => done.push('again'))));
  const closed = client.close().then(() => done.push('closed'));
  const goodbye = await service.next('disconnect');
  expect([done, again]).toEqual([[], expect.any(Promise)]);
  goodbye.answer(null);
  await Promise.all([closed, again]);
  expect(done.toSorted()).toEqual(['again', 'closed']);
});

test('a pause of the application outlasts a loss of the page’s network; one by that alone ends with it', async () => {
  const page = inPage(scope);
  const { client } = await start();
  const net = (...events: ('offline' | 'online')[]): string => {
    for (const event of events) page.dispatchEvent(new Event(event));
    return client.state;
  };
  client.pause();
  expect([net('offline'), net('online')]).toEqual(['offline', 'offline']);
  client.resume();
  await client.next('reconnect');
  expect(net('offline', 'offline')).toBe('offline');
  client.pause();
  expect(net('online')).toBe('offline');
  client.resume();
  await client.next('reconnect');
  expect(net('offline', 'offline')).toBe('offline');
  expect(net('online')).not.toBe('offline');
  await client.next('reconnect');
  await client.close();
});
