// Requests of an application: who shares an answer, what a loss does to them, and for how long they are repeated.
import { expect, test } from '@jest/globals';
import { connectClient, failureOf, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startFake, type FakeService } from './fake-service.ts';

const scope = useScope();
const soon = { minDelayMs: 1, maxDelayMs: 5 };

async function start(requestTimeoutMs = 10_000): Promise<{ service: FakeService; client: TestClient }> {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'ann', reconnect: soon, requestTimeoutMs });
  return { service, client };
}

test('the same question under way is asked once; another one, or one after a change, is not the same', async () => {
  const { service, client } = await start();
  const seen = (userName: string): Promise<{ joined: boolean }> =>
    client.request('roomUserSeen', { roomName: 'lobby', userName });
  const first = seen('bob');
  expect(seen('bob')).toBe(first);
  const other = seen('eve');
  const made = client.request('roomCreate', { roomName: 'lobby' });
  const later = seen('bob');
  await eventually(() => expect(service.waiting).toHaveLength(4));
  expect(service.waiting.map(({ params }) => params)).toEqual([
    ['lobby', 'bob'],
    ['lobby', 'eve'],
    ['lobby'],
    ['lobby', 'bob'],
  ]);
  const results = [
    { joined: true, timestamp: 1 },
    { joined: false, timestamp: null },
    null,
    { joined: true, timestamp: 2 },
  ];
  (await service.next('roomUserSeen')).answer(results[0] ?? null);
  (await service.next('roomUserSeen')).answer(results[1] ?? null);
  (await service.next('roomCreate')).answer(null);
  (await service.next('roomUserSeen')).answer(results[3] ?? null);
  expect(await Promise.all([first, other, made, later])).toEqual(results);
  // Answered: the next one is asked anew.
  const again = seen('bob');
  expect(again).not.toBe(first);
  (await service.next('roomUserSeen')).refuse('noRoom');
  expect((await failureOf(again)).code).toBe('noRoom');
});

test('what changes something is never shared, nor repeated: it fails as soon as the connection is lost', async () => {
  const { service, client } = await start();
  const both = [1, 2].map(() => failureOf(client.request('systemMessage', { data: 'x' })));
  await service.next('systemMessage');
  (await service.next('systemMessage')).cut();
  expect((await Promise.all(both)).map(({ code, temporary }) => [code, temporary])).toEqual([
    ['unavailable', true],
    ['unavailable', true],
  ]);
  await client.next('reconnect');
  expect(service.waiting).toEqual([]);
});

test('what reads is asked again on the next connection, and again', async () => {
  const { service, client } = await start();
  const asked = client.request('roomGetOwner', { roomName: 'lobby' });
  (await service.next('roomGetOwner')).cut();
  (await service.next('roomGetOwner')).cut();
  const third = await service.next('roomGetOwner');
  expect(third.connection).toBe(3);
  third.answer('bob');
  expect(await asked).toBe('bob');
});

test('it is given up after its time, whatever the number of connections, and when the client ends', async () => {
  const { service, client } = await start(200);
  service.handle = (request) => request.cut();
  expect((await failureOf(client.request('roomGetOwner', { roomName: 'lobby' }))).code).toMatch(/timeout|unavailable/);

  const patient = await start();
  const asked = failureOf(patient.client.request('roomGetOwner', { roomName: 'lobby' }));
  await patient.service.next('roomGetOwner');
  patient.client.pause();
  expect((await failureOf(patient.client.request('roomGetOwner', { roomName: 'lobby' }))).code).toBe('unavailable');
  await patient.client.close();
  expect((await asked).message).toContain('closed by the client');
});

test('what cannot be sent is refused as ever, and takes nothing with it', async () => {
  const { client } = await start();
  const wrong = { roomName: 'half \ud83d' };
  const [one, two] = [client.request('roomGetOwner', wrong), client.request('roomGetOwner', wrong)];
  expect(one).not.toBe(two);
  expect([(await failureOf(one)).code, (await failureOf(two)).code]).toEqual(['badArgument', 'badArgument']);
});

test('who looks at the frames and fails at it is told, and stops nothing', async () => {
  const service = await startFake(scope);
  let frames = 0;
  const onFrame = (): never => {
    frames += 1;
    throw new Error('no eyes');
  };
  const client = await connectClient(scope, { urls: service.url, userName: 'ann', onFrame, failOnViolations: false });
  const asked = client.request('roomCreate', { roomName: 'lobby' });
  (await service.next('roomCreate')).answer(null);
  expect(await asked).toBe(null);
  expect(client.seen('error')).toHaveLength(frames);
  expect(frames).toBe(4);
});
