// What was missed and did not fit into the answer to a join: it is read from the history page by page, before what is live;
// only what the log no longer has is a reset.
import { expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { connectClient, type TestClient } from '../support/client.ts';
import { startLink } from '../support/faulty-link.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { startFake, type FakeService, type Received } from './fake-service.ts';
import { entry, live, message } from './in-room.ts';

const scope = useScope();
const reconnect = { minDelayMs: 1, maxDelayMs: 5 };

const tooMuch = (lastMessageId: number, fields: ValueMap = {}): ValueMap =>
  entry(lastMessageId, { recovered: false, ...fields });
const info = (lastMessageId: number, epoch = 'e1'): ValueMap => ({
  historyMaxGetMessages: 100,
  historyMaxSize: 10_000,
  historySize: lastMessageId,
  lastMessageId,
  lastChange: 0,
  oldestMessageId: 1,
  epoch,
});
/** As the service gives a page: newest first. */
const page = (from: number, to: number): ValueMap[] =>
  Array.from({ length: to - from + 1 }, (_, index) => message(to - index));

/** A client that has seen the lobby up to 5 (and its message 5, if `seen`), and is about to come back. */
async function backInLobby(
  options: { seen?: boolean; failOnViolations?: boolean } = {},
): Promise<{ service: FakeService; client: TestClient; join: Received }> {
  const { seen = false, ...more } = options;
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect, ...more });
  const joining = client.join('lobby');
  const join = await service.next('roomsJoin');
  join.send(seen ? [live(5)] : [], [entry(seen ? 4 : 5)]);
  await joining;
  if (seen) await client.next('roomMessage', (_, { id }) => id === 5);
  join.cut();
  return { service, client, join: await service.next('roomsJoin') };
}

/** Answers the next question for a page, and the one for the epoch behind it; gives what was asked. */
async function answerPage(service: FakeService, messages: ValueMap[], epoch = 'e1'): Promise<Value[]> {
  const asked = await service.next('roomHistoryGet');
  asked.answer(messages);
  (await service.next('roomHistoryInfo')).answer(info(100, epoch));
  return asked.params;
}

/** What was emitted about the lobby since it was joined: ids of messages, and other things by their names. */
const told = (client: TestClient): unknown[] =>
  client
    .historyEntries('lobby')
    .slice(1)
    .map((each) => ('id' in each ? each.id : each.kind === 'left' ? 'left' : `${each.kind} ${each.lastMessageId}`));

test('pages of any length are read up to where the join found the log, then what is live follows', async () => {
  const { service, client, join } = await backInLobby();
  join.send([live(13)], [tooMuch(12)]);
  expect(await answerPage(service, page(6, 8))).toEqual(['lobby', 5, 100]);
  join.send([live(14)]);
  expect(await answerPage(service, page(9, 9))).toEqual(['lobby', 8, 100]);
  // The log has gone on: what comes twice is emitted once.
  expect(await answerPage(service, page(10, 14))).toEqual(['lobby', 9, 100]);
  join.send([live(15)]);
  await client.next('roomMessage', (_, { id }) => id === 15);
  expect(told(client)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 'recovered 14', 15]);
  expect(client.counters.gaps).toBe(0);
});

test('the log must still hold the last message seen: another one in its place is a reset', async () => {
  const same = await backInLobby({ seen: true });
  same.join.answer([tooMuch(8)]);
  // Nothing but what was known: there is more behind it.
  expect(await answerPage(same.service, page(5, 5))).toEqual(['lobby', 4, 100]);
  expect(await answerPage(same.service, page(6, 8))).toEqual(['lobby', 5, 100]);
  await same.client.next('recovered');
  expect(told(same.client)).toEqual([5, 6, 7, 8, 'recovered 8']);
  expect(same.client.counters.duplicates).toBe(0);

  const other = await backInLobby({ seen: true });
  other.join.answer([tooMuch(8)]);
  await answerPage(other.service, [...page(6, 8), { ...message(5), timestamp: 7 }]);
  await other.client.next('roomReset');
  expect(told(other.client)).toEqual([5, 'reset 8']);
});

test('what the log no longer has is a reset, and the rest of it comes', async () => {
  const { service, client, join } = await backInLobby({ seen: true });
  join.answer([tooMuch(12)]);
  await answerPage(service, page(9, 10));
  await answerPage(service, page(11, 12));
  await client.next('recovered');
  expect(told(client)).toEqual([5, 'reset 8', 9, 10, 11, 12, 'recovered 12']);

  const empty = await backInLobby();
  empty.join.send([live(13)], [tooMuch(12)]);
  await answerPage(empty.service, []);
  await empty.client.next('roomMessage', (_, { id }) => id === 13);
  expect(told(empty.client)).toEqual(['reset 12', 13]);
});

test('another epoch, or a log that is behind, is a reset at once', async () => {
  for (const fields of [{ epoch: 'e2' }, { lastMessageId: 5 }, { lastMessageId: 3 }]) {
    const { service, client, join } = await backInLobby();
    join.answer([tooMuch(12, fields)]);
    await client.next('roomReset');
    expect(told(client)).toEqual([`reset ${'lastMessageId' in fields ? fields.lastMessageId : 12}`]);
    expect(service.waiting).toEqual([]);
  }
});

test('a log that is replaced while it is read: none of its messages is taken for the old one’s', async () => {
  const { service, client, join } = await backInLobby();
  join.answer([tooMuch(12)]);
  await answerPage(service, page(6, 12), 'e2');
  // The service has said nothing yet: the room is joined again, after a while.
  const again = await service.next('roomsJoin');
  expect(again.params).toEqual([[{ roomName: 'lobby', epoch: 'e1', lastMessageId: 5, lastChange: 0 }]]);
  again.answer([tooMuch(2, { epoch: 'e2' })]);
  await client.next('roomReset');
  expect(told(client)).toEqual(['reset 2']);

  const told2 = await backInLobby();
  told2.join.answer([tooMuch(12)]);
  const asked = await told2.service.next('roomHistoryGet');
  asked.send([live(13), ['roomReset', 'lobby', 'e2', 1], live(2)], page(6, 12));
  (await told2.service.next('roomHistoryInfo')).answer(info(2, 'e2'));
  await told2.client.next('roomMessage', (_, { id }) => id === 2);
  expect(told(told2.client)).toEqual(['reset 1', 2]);
});

test('live messages kept meanwhile are bounded: beyond, they are read from the history as well', async () => {
  const { service, client, join } = await backInLobby();
  join.answer([tooMuch(50)]);
  const asked = await service.next('roomHistoryGet');
  const many = Array.from({ length: 250 }, (_, index) => live(51 + index));
  asked.send(many, page(6, 50));
  (await service.next('roomHistoryInfo')).answer(info(300));
  // 101 and 101 of them were let go.
  expect(await answerPage(service, page(51, 150))).toEqual(['lobby', 50, 100]);
  expect(await answerPage(service, page(151, 250))).toEqual(['lobby', 150, 100]);
  expect(await answerPage(service, page(251, 252))).toEqual(['lobby', 250, 100]);
  await client.next('roomMessage', (_, { id }) => id === 300);
  expect(client.seen('roomMessage').map(([, { id }]) => id)).toEqual(Array.from({ length: 295 }, (_, i) => i + 6));
  expect(client.counters).toEqual({ duplicates: 0, gaps: 0 });
});

test('a page that fails for the moment is asked for again, one that is refused is a reset, a loss goes on from there', async () => {
  const { service, client, join } = await backInLobby();
  join.answer([tooMuch(12)]);
  (await service.next('roomHistoryGet')).refuse('tooManyRequests', 10);
  (await service.next('roomHistoryInfo')).answer(info(12));
  await answerPage(service, page(6, 7));
  (await service.next('roomHistoryGet')).answer(page(8, 9));
  (await service.next('roomHistoryInfo')).refuse('unavailable', 10);
  expect(await answerPage(service, page(8, 9))).toEqual(['lobby', 7, 100]);
  (await service.next('roomHistoryGet')).cut();
  const again = await service.next('roomsJoin');
  expect(again.params).toEqual([
    [{ roomName: 'lobby', epoch: 'e1', lastMessageId: 9, lastChange: 0, lastTimestamp: 1009 }],
  ]);
  again.send([live(13)], [tooMuch(12)]);
  const asked = await service.next('roomHistoryGet');
  expect(client.position('lobby')).toMatchObject({ lastMessageId: 9 });
  asked.refuse('notJoined');
  // The first was of the connection that was lost.
  await service.next('roomHistoryInfo');
  (await service.next('roomHistoryInfo')).refuse('notJoined');
  await client.next('roomMessage', (_, { id }) => id === 13);
  expect(told(client)).toEqual([6, 7, 8, 9, 'reset 12', 13]);
});

test('few rooms are read at once, and a room that is left or lost makes place', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect });
  const names = ['a', 'b', 'c', 'd', 'e'];
  const answerJoins = async (lastMessageId: number, recovered: boolean): Promise<void> => {
    for (let joined = 0; joined < names.length;) {
      const request = await service.next('roomsJoin');
      // The client's codec and catalogue made it an array of positions.
      const rooms = request.params[0] as { roomName: string }[];
      joined += rooms.length;
      request.answer(rooms.map(({ roomName }) => entry(lastMessageId, { roomName, recovered })));
    }
  };
  const joining = Promise.all(names.map((name) => client.join(name)));
  await answerJoins(0, true);
  await joining;
  service.cut();
  await answerJoins(3, false);
  const pair = [await service.next('roomHistoryGet'), await service.next('roomHistoryGet')];
  expect(pair.map(({ params }) => params[0])).toEqual(['a', 'b']);
  expect(service.waiting.map(({ method }) => method)).toEqual(['roomHistoryInfo', 'roomHistoryInfo']);
  const leaving = client.leave('a');
  const leave = await service.next('roomLeave');
  pair[0]?.refuse('notJoined');
  (await service.next('roomHistoryInfo')).refuse('notJoined');
  leave.answer(0);
  await leaving;
  const third = await service.next('roomHistoryGet');
  expect(third.params[0]).toBe('c');
  third.send([['roomAccessRemoved', 'c']]);
  third.refuse('notJoined');
  pair[1]?.answer(page(1, 3));
  for (let n = 0; n < 2; n++) (await service.next('roomHistoryInfo')).answer(info(3));
  const left = [await service.next('roomHistoryGet'), await service.next('roomHistoryGet')];
  for (const asked of left) {
    asked.answer(page(1, 3));
    (await service.next('roomHistoryInfo')).answer(info(3));
  }
  await client.next('recovered', ({ roomName }) => roomName === 'd');
  await client.next('recovered', ({ roomName }) => roomName === 'e');
  expect(client.seen('roomReset')).toEqual([]);
  expect(client.seen('left')).toEqual([[{ roomName: 'a' }], [{ roomName: 'c' }]]);
  expect(client.seen('recovered').map(([{ roomName }]) => roomName)).toEqual(['b', 'd', 'e']);
});

test('a listener that closes the client in the middle of a page is the last to hear anything', async () => {
  const { service, client, join } = await backInLobby();
  client.on('roomMessage', (_, { id }) => {
    if (id === 7) void client.close();
  });
  join.send([live(13)], [tooMuch(12)]);
  await answerPage(service, page(6, 12));
  await client.next('close');
  (await service.next('disconnect')).answer(null);
  await client.close();
  expect(told(client)).toEqual([6, 7, 'left']);
});

test('on the real service, many rooms with far more than a page each come back whole', async () => {
  const env = {
    PARLEY_HISTORY_MAX_GET_MESSAGES: '5',
    PARLEY_HISTORY_MAX_SIZE: '40',
    PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
    PARLEY_RATE_BURST: '10000',
  };
  const service = await startService(scope, { nodes: 1, env });
  const { url, port } = service.node(0);
  const link = await startLink(scope, port);
  const urls = `ws://127.0.0.1:${link.port}/ws`;
  const alice = await connectClient(scope, { urls, userName: 'alice', reconnect: { minDelayMs: 5, maxDelayMs: 20 } });
  const bob = await connectClient(scope, { urls: url, userName: 'bob', format: 'json' });
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const roomName of names) await bob.request('roomCreate', { roomName });
  await Promise.all([alice, bob].flatMap((client) => names.map((name) => client.join(name))));
  const say = (roomName: string, count: number): Promise<number[]> =>
    Promise.all(Array.from({ length: count }, (_, n) => bob.say(roomName, `${n}`)));
  await Promise.all(names.map((name) => say(name, 1)));
  await Promise.all(names.map((name) => alice.next('roomMessage', (roomName) => roomName === name)));
  const away = alice.next('disconnect');
  const back = Promise.all(names.map((name) => alice.next('recovered', ({ roomName }) => roomName === name)));
  link.refuse(true);
  link.cut();
  await away;
  await Promise.all([...names.slice(1).map((name) => say(name, 33)), say('a', 60)]);
  link.refuse(false);
  await back;
  await Promise.all(names.map((name) => say(name, 1)));
  for (const name of names.slice(1)) {
    await alice.next('roomMessage', (roomName, { id }) => roomName === name && id === 35);
    const ids = alice.seen('roomMessage').flatMap(([roomName, { id }]) => (roomName === name ? [id] : []));
    expect(ids).toEqual(Array.from({ length: 35 }, (_, index) => index + 1));
  }
  // The log keeps 40 messages of it.
  await alice.next('roomMessage', (roomName, { id }) => roomName === 'a' && id === 62);
  const ids = alice.seen('roomMessage').flatMap(([roomName, { id }]) => (roomName === 'a' ? [Number(id)] : []));
  expect(ids).toEqual(expect.arrayContaining(Array.from({ length: 40 }, (_, index) => index + 22)));
  expect([bob, alice].map(({ counters }) => counters.gaps)).toEqual([0, 0]);
});
