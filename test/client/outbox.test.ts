// Posts: one after the other per room, repeated under the same id until they are answered for good.
import { expect, test } from '@jest/globals';
import { connectClient, failureOf, type TestClient } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { startFake, type FakeService, type Received } from './fake-service.ts';
import { entry } from './in-room.ts';

const scope = useScope();
const reconnect = { minDelayMs: 1, maxDelayMs: 5 };

async function start(): Promise<{ service: FakeService; client: TestClient }> {
  const service = await startFake(scope);
  return { service, client: await connectClient(scope, { urls: service.url, userName: 'alice', reconnect }) };
}

const keyOf = ({ params }: Received): unknown => params[1];
const idOf = ({ params }: Received): unknown => params[2];

test('posts of a room go out one by one in order, those of other rooms do not wait', async () => {
  const { service, client } = await start();
  const posts = ['a', 'b', 'c'].map((key) => client.post('lobby', { key }));
  const other = client.post('other', { key: 'x' });
  const first = await service.next('roomMessage');
  const elsewhere = await service.next('roomMessage');
  expect([first.params[0], elsewhere.params[0]]).toEqual(['lobby', 'other']);
  expect(service.waiting).toEqual([]);
  elsewhere.answer(1);
  expect(await other).toBe(1);
  first.answer(11);
  const second = await service.next('roomMessage');
  expect([keyOf(first), keyOf(second)]).toEqual([{ key: 'a' }, { key: 'b' }]);
  expect(idOf(first)).not.toEqual(idOf(second));
  second.answer(12);
  (await service.next('roomMessage')).answer(13);
  expect(await Promise.all(posts)).toEqual([11, 12, 13]);
});

test('a post is repeated under the same id after temporary errors and losses, and the next one waits', async () => {
  const { service, client } = await start();
  const posts = [client.post('lobby', { key: 'a' }, { clientMessageId: 'mine' }), client.post('lobby', { key: 'b' })];
  const attempts = [await service.next('roomMessage')];
  attempts[0]?.refuse('unavailable', 10);
  attempts.push(await service.next('roomMessage'));
  attempts[1]?.cut();
  attempts.push(await service.next('roomMessage'));
  expect(attempts.map(idOf)).toEqual(Array(3).fill({ clientMessageId: 'mine' }));
  expect(attempts.map(keyOf)).toEqual(Array(3).fill({ key: 'a' }));
  attempts[2]?.answer(7);
  const next = await service.next('roomMessage');
  expect(keyOf(next)).toEqual({ key: 'b' });
  next.answer(8);
  expect(await Promise.all(posts)).toEqual([7, 8]);
});

test('an attempt without an answer is repeated after the time-out', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', requestTimeoutMs: 100 });
  const post = client.post('lobby', { key: 'a' });
  const first = await service.next('roomMessage');
  const second = await service.next('roomMessage');
  expect(second.params).toEqual(first.params);
  // Where this process is stopped just now that comes too late, and the next one counts.
  service.handle = (request) => request.answer(5);
  second.answer(5);
  expect(await post).toBe(5);
});

test('a refusal for good rejects that post alone', async () => {
  const { service, client } = await start();
  const refused = failureOf(client.post('lobby', { key: 'a' }));
  const large = failureOf(client.post('lobby', { key: 'x'.repeat(70_000) }));
  const good = client.post('lobby', { key: 'b' });
  (await service.next('roomMessage')).refuse('messageTooLarge');
  const last = await service.next('roomMessage');
  expect(keyOf(last)).toEqual({ key: 'b' });
  last.answer(1);
  expect([(await refused).code, (await large).code, await good]).toEqual(['messageTooLarge', 'messageTooLarge', 1]);
});

test('after a loss the room is joined again before anything is posted to it', async () => {
  const { service, client } = await start();
  const joining = client.join('lobby');
  const join = await service.next('roomsJoin');
  const joined = entry(0);
  const early = client.post('lobby', { key: 'a' });
  expect(service.waiting).toEqual([]);
  join.answer([joined]);
  await joining;
  (await service.next('roomMessage')).cut();
  const again = await service.next('roomsJoin');
  expect(service.waiting).toEqual([]);
  again.answer([joined]);
  (await service.next('roomMessage')).answer(1);
  expect(await early).toBe(1);

  // A room that is lost is no reason to wait: the service says what there is to say.
  const late = failureOf(client.post('lobby', { key: 'b' }));
  (await service.next('roomMessage')).cut();
  const refusal = { code: 'noRoom', args: ['lobby'], message: 'gone', temporary: false };
  (await service.next('roomsJoin')).answer([{ roomName: 'lobby', error: refusal }]);
  const hopeless = await service.next('roomMessage');
  hopeless.refuse('notJoined');
  expect((await late).code).toBe('notJoined');
});

test('a post gives up when it is told to, or the client closes', async () => {
  const { service, client } = await start();
  const hurried = failureOf(client.post('lobby', { key: 'a' }, { giveUpAfterMs: 20 }));
  const next = failureOf(client.post('lobby', { key: 'b' }));
  const answered = await service.next('roomMessage');
  expect(await hurried).toMatchObject({ code: 'timeout', temporary: true });
  expect(keyOf(await service.next('roomMessage'))).toEqual({ key: 'b' });
  answered.answer(1);
  const closing = client.close();
  expect((await next).code).toBe('unavailable');
  (await service.next('disconnect')).answer(null);
  await closing;
});
