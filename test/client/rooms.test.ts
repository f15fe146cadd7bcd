// Rooms across losses of the connection: what is missed comes once, in order, before what is live; what cannot be had is told.
import { expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { connectClient, failureOf, type TestClient } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { startFake, type FakeService, type Received } from './fake-service.ts';
import { entry, live, message, settle } from './in-room.ts';

const scope = useScope();
const reconnect = { minDelayMs: 1, maxDelayMs: 5 };

const missed = (...ids: number[]): ValueMap => entry(ids.at(-1) ?? 0, { messages: ids.map((id) => message(id)) });
const refusal = (code: string, temporary: boolean, roomName = 'lobby'): ValueMap => ({
  roomName,
  error: { code, args: [], message: code, temporary, retryAfterMs: 10 },
});

/** A client in the lobby, whose newest message was 5 when it joined. */
async function inLobby(more: { failOnViolations?: boolean } = {}): Promise<{
  service: FakeService;
  client: TestClient;
  join: Received;
}> {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect, ...more });
  const joining = client.join('lobby');
  const join = await service.next('roomsJoin');
  expect(join.params).toEqual([[{ roomName: 'lobby' }]]);
  join.answer([entry(5)]);
  expect(await joining).toEqual({ epoch: 'e1', lastMessageId: 5, lastChange: 0 });
  return { service, client, join };
}

const idsOf = (client: TestClient): unknown[] => client.seen('roomMessage').map(([, { id }]) => id);

test('live messages move the position; one that comes again is dropped, a transient one passes', async () => {
  const { service, client } = await inLobby();
  const transient: [string, ...Value[]] = ['roomMessage', 'lobby', { event: 'typing', author: 'bob', timestamp: 1 }];
  await settle({ client, service }, [
    live(6),
    transient,
    live(6),
    live(4),
    live(7),
    ['roomMessage', 'elsewhere', message(1)],
  ]);
  expect(idsOf(client)).toEqual([6, undefined, 7, 1]);
  expect(client.counters).toEqual({ duplicates: 2, gaps: 0 });
  expect(client.position('lobby')).toEqual({ epoch: 'e1', lastMessageId: 7, lastChange: 0, lastTimestamp: 1007 });
  expect(client.position('elsewhere')).toBeUndefined();
});

test('a skipped id is told and counted, and the position moves on', async () => {
  const { service, client } = await inLobby({ failOnViolations: false });
  await settle({ client, service }, [live(6), live(9), live(10)]);
  expect(idsOf(client)).toEqual([6, 9, 10]);
  expect(client.counters.gaps).toBe(1);
  expect(client.violations).toEqual(['Error: Gap in lobby: 7 to 8 never came']);
});

test('after a loss it joins again with its position, and what it missed comes before what is live', async () => {
  const { service, client, join } = await inLobby();
  await settle({ client, service }, [live(6)]);
  join.cut();
  const again = await service.next('roomsJoin');
  expect(again.params).toEqual([
    [{ roomName: 'lobby', epoch: 'e1', lastMessageId: 6, lastChange: 0, lastTimestamp: 1006 }],
  ]);
  // In one frame with the answer, where a promise would come too late.
  again.send([live(8), live(9)], [missed(7, 8)]);
  await client.next('roomMessage', (_, { id }) => id === 9);
  expect(idsOf(client)).toEqual([6, 7, 8, 9]);
  expect(client.historyEntries('lobby').map((each) => ('id' in each ? each.id : each.kind))).toEqual([
    'joined',
    6,
    7,
    8,
    'recovered',
    9,
  ]);
  expect(client.seen('recovered')).toEqual([[{ roomName: 'lobby', epoch: 'e1', lastMessageId: 8 }]]);
});

test('live messages that overtake the answer wait for it', async () => {
  const { service, client, join } = await inLobby();
  join.cut();
  const again = await service.next('roomsJoin');
  again.send([live(7), live(8)]);
  again.send([live(9)], [missed(6, 7)]);
  await client.next('roomMessage', (_, { id }) => id === 9);
  expect(idsOf(client)).toEqual([6, 7, 8, 9]);
  expect(client.counters).toEqual({ duplicates: 1, gaps: 0 });
});

test('of what overtakes the answer, messages of an epoch that is over by then are dropped', async () => {
  const { service, client, join } = await inLobby();
  join.cut();
  const first = await service.next('roomsJoin');
  first.answer([refusal('unavailable', true)]);
  // Joined all the same: messages of both epochs arrive while the client asks again.
  first.send([live(6), ['roomReset', 'lobby', 'e2', 0], live(1), live(2)]);
  const second = await service.next('roomsJoin');
  second.answer([entry(1, { epoch: 'e2', recovered: false })]);
  await client.next('roomMessage', (_, { id }) => id === 2);
  expect(idsOf(client)).toEqual([2]);
  expect(client.seen('roomReset')).toEqual([['lobby', 'e2', 1]]);
  expect(client.position('lobby')).toMatchObject({ epoch: 'e2', lastMessageId: 2 });
});

test('a reset that overtakes the answer and is newer than it comes after it', async () => {
  const { service, client, join } = await inLobby();
  join.cut();
  const again = await service.next('roomsJoin');
  again.send([live(8), ['roomReset', 'lobby', 'e2', 0], live(1)]);
  again.answer([missed(6, 7)]);
  await client.next('roomMessage', (_, { id }) => id === 1);
  expect(idsOf(client)).toEqual([6, 7, 8, 1]);
  expect(client.position('lobby')).toMatchObject({ epoch: 'e2', lastMessageId: 1 });
});

test('what cannot be recovered is told like a reset of the service, and live messages go on from there', async () => {
  const { service, client, join } = await inLobby();
  join.cut();
  const again = await service.next('roomsJoin');
  again.send([live(41)], [entry(40, { epoch: 'e2', recovered: false })]);
  expect(await client.next('roomReset')).toEqual(['lobby', 'e2', 40]);
  await client.next('roomMessage', (_, { id }) => id === 41);
  expect(client.position('lobby')).toMatchObject({ epoch: 'e2', lastMessageId: 41 });
  expect(client.seen('recovered')).toEqual([]);
  await settle({ client, service }, [['roomReset', 'lobby', 'e3', 2], live(3)]);
  expect(client.seen('roomReset')).toHaveLength(2);
  expect(client.position('lobby')).toMatchObject({ epoch: 'e3', lastMessageId: 3 });
  expect(client.historyEntries('lobby').map(({ kind }) => kind)).toEqual([
    'joined',
    'reset',
    'message',
    'reset',
    'message',
  ]);
});

test('losses during login and during the join change nothing', async () => {
  const { service, client, join } = await inLobby();
  service.login = (request) => {
    request.cut();
    service.login = undefined;
  };
  join.cut();
  const lost = await service.next('roomsJoin');
  lost.send([live(6)]);
  lost.close(4002);
  const half = await service.next('roomsJoin');
  expect(half.params).toEqual([[{ roomName: 'lobby', epoch: 'e1', lastMessageId: 5, lastChange: 0 }]]);
  half.answer([missed(6, 7)]);
  await client.next('recovered');
  half.cut();
  const last = await service.next('roomsJoin');
  expect(last.params).toMatchObject([[{ lastMessageId: 7 }]]);
  last.answer([missed(8)]);
  await client.next('recovered');
  expect(idsOf(client)).toEqual([6, 7, 8]);
  // What came before the losses is gone with them: the answers brought it.
  expect(client.counters.duplicates).toBe(0);
});

test('a join that is refused for the moment is repeated; for good, it rejects or the room is lost', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect });
  const closed = failureOf(client.join('closed'));
  (await service.next('roomsJoin')).answer([refusal('notAllowed', false, 'closed')]);
  expect((await closed).code).toBe('notAllowed');
  expect(client.seen('roomLost')).toEqual([]);

  const joining = client.join('lobby');
  (await service.next('roomsJoin')).answer([refusal('unavailable', true)]);
  (await service.next('roomsJoin')).refuse('tooManyRequests', 10);
  const third = await service.next('roomsJoin');
  third.answer([entry(5)]);
  expect(await joining).toEqual({ epoch: 'e1', lastMessageId: 5, lastChange: 0 });

  third.cut();
  (await service.next('roomsJoin')).answer([refusal('unavailable', true)]);
  const retried = await service.next('roomsJoin');
  expect(retried.params).toMatchObject([[{ lastMessageId: 5 }]]);
  retried.answer([refusal('notAllowed', false)]);
  expect(await client.next('roomLost')).toMatchObject([{ roomName: 'lobby', error: { code: 'notAllowed' } }]);
  expect(client.seen('left')).toEqual([[{ roomName: 'lobby' }]]);
  expect(client.position('lobby')).toBeUndefined();
  retried.cut();
  await client.next('reconnect', () => service.logins.length === 3);
  await settle({ client, service });
  expect(service.waiting).toEqual([]);
});

test('many rooms are joined again in portions, each once', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect });
  const names = Array.from({ length: 70 }, (_, i) => `room-${i}`);
  const joins = names.map((name) => client.join(name));
  const answer = async (): Promise<string[]> => {
    const request = await service.next('roomsJoin');
    // The client sent an array of positions, as the catalogue has it.
    const rooms = (request.params[0] as { roomName: string }[]).map(({ roomName }) => roomName);
    request.answer(rooms.map((roomName) => entry(0, { roomName })));
    return rooms;
  };
  for (let joined = 0; joined < names.length;) joined += (await answer()).length;
  await Promise.all(joins);
  service.cut();
  const portions = [await answer(), await answer(), await answer()];
  expect(portions.map(({ length }) => length)).toEqual([32, 32, 6]);
  expect(portions.flat()).toEqual(names);
  await client.next('recovered', ({ roomName }) => roomName === 'room-69');
  expect(service.waiting).toEqual([]);
});

test('names are the same room however they are written', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect });
  const both = [client.join('cafe\u0301'), client.join('café')];
  (await service.next('roomsJoin')).answer([entry(3, { roomName: 'café' })]);
  expect(await Promise.all(both)).toEqual([client.position('cafe\u0301'), client.position('café')]);
  expect(service.waiting).toEqual([]);
});

test('leaving: messages up to the answer are delivered, then nothing is joined again', async () => {
  const { service, client } = await inLobby();
  const leaving = client.leave('lobby');
  const leave = await service.next('roomLeave');
  leave.send([live(6)]);
  leave.answer(0);
  await leaving;
  expect(client.position('lobby')).toBeUndefined();
  expect(client.historyEntries('lobby').map(({ kind }) => kind)).toEqual(['joined', 'message', 'left']);
  await client.leave('lobby');
  service.cut();
  await client.next('reconnect', () => service.logins.length === 2);
  await settle({ client, service });
  expect(service.waiting).toEqual([]);
});

test('leaving is repeated while it fails for the moment; a refusal for good leaves the room as it is', async () => {
  const { service, client } = await inLobby();
  const refused = failureOf(client.leave('lobby'));
  (await service.next('roomLeave')).refuse('unavailable', 10);
  (await service.next('roomLeave')).refuse('internalError');
  expect((await refused).code).toBe('internalError');
  expect(client.position('lobby')).toEqual({ epoch: 'e1', lastMessageId: 5, lastChange: 0 });
  const leaving = client.leave('lobby');
  (await service.next('roomLeave')).refuse('noRoom');
  await leaving;
  expect(client.position('lobby')).toBeUndefined();
});

test('a room left while the connection is away stays left', async () => {
  const { service, client, join } = await inLobby();
  const away = await connectClient(scope, { urls: service.url, userName: 'bob', reconnect });
  const joining = away.join('lobby');
  (await service.next('roomsJoin')).answer([entry(5)]);
  await joining;
  const leaving = client.leave('lobby');
  await service.next('roomLeave');
  away.on('disconnect', () => away.leave('lobby'));
  join.cut();
  service.cut();
  await leaving;
  await away.next('left');
  for (const each of [client, away]) {
    await each.next('reconnect', () => service.logins.length === 4);
    await settle({ client: each, service });
    expect(each.historyEntries('lobby').map(({ kind }) => kind)).toEqual(['joined', 'left']);
  }
  expect(service.waiting).toEqual([]);
});

test('of leaving and joining at once the last counts', async () => {
  const { service, client } = await inLobby();
  const leaving = client.leave('lobby');
  const joining = client.join('lobby');
  (await service.next('roomLeave')).answer(0);
  await leaving;
  const join = await service.next('roomsJoin');
  expect(join.params).toEqual([[{ roomName: 'lobby' }]]);
  const leavingAgain = client.leave('lobby');
  join.answer([entry(9)]);
  expect(await joining).toEqual({ epoch: 'e1', lastMessageId: 9, lastChange: 0 });
  const failing = await service.next('roomLeave');
  // Whether that leave happened is not known: joining again from the position makes sure.
  const joiningAgain = client.join('lobby');
  failing.refuse('unavailable', 10);
  await leavingAgain;
  const sure = await service.next('roomsJoin');
  expect(sure.params).toEqual([[{ roomName: 'lobby', epoch: 'e1', lastMessageId: 9, lastChange: 0 }]]);
  sure.answer([missed(10)]);
  expect(await joiningAgain).toMatchObject({ lastMessageId: 10 });

  const leavingLast = client.leave('lobby');
  (await service.next('roomLeave')).refuse('unavailable', 50);
  await settle({ client, service });
  const joiningLast = client.join('lobby');
  await leavingLast;
  const surer = await service.next('roomsJoin');
  expect(surer.params).toMatchObject([[{ lastMessageId: 10 }]]);
  surer.answer([missed(11)]);
  expect(await joiningLast).toMatchObject({ lastMessageId: 11 });
});

test('a room that is taken away is forgotten; one that is being joined is asked for again', async () => {
  const { service, client, join } = await inLobby();
  join.cut();
  const again = await service.next('roomsJoin');
  again.send([['roomAccessRemoved', 'lobby']], undefined);
  again.answer([missed(6)]);
  const sure = await service.next('roomsJoin');
  expect(sure.params).toEqual(again.params);
  sure.answer([missed(6)]);
  await client.next('recovered');
  expect(idsOf(client)).toEqual([6]);
  await settle({ client, service }, [['roomAccessRemoved', 'lobby']]);
  expect(client.position('lobby')).toBeUndefined();
  expect(client.seen('left')).toHaveLength(1);
  service.cut();
  await client.next('reconnect', () => service.logins.length === 3);
  await settle({ client, service });
  expect(service.waiting).toEqual([]);
});

test('a room that another of the user’s devices left for this one is not joined again; that one’s own leaves are its own', async () => {
  const { service, client } = await inLobby();
  await settle({ client, service }, [['roomLeftEcho', 'lobby', 'another-socket', 1]]);
  expect(client.position('lobby')).toEqual({ epoch: 'e1', lastMessageId: 5, lastChange: 0 });
  await settle({ client, service }, [['roomLeftEcho', 'lobby', client.socketId ?? '', 0]]);
  expect(client.position('lobby')).toBeUndefined();
  expect(client.seen('left')).toHaveLength(1);
  expect(client.seen('roomLeftEcho')).toHaveLength(2);
  service.cut();
  await client.next('reconnect', () => service.logins.length === 2);
  await settle({ client, service });
  expect(service.waiting).toEqual([]);
});

test('a leave by a request of one’s own counts too; closing leaves everything', async () => {
  const { service, client } = await inLobby();
  const leaving = client.request('roomLeave', { roomName: 'lobby' });
  (await service.next('roomLeave')).answer(0);
  expect(await leaving).toBe(0);
  expect(client.position('lobby')).toBeUndefined();
  const joining = client.join('lobby');
  (await service.next('roomsJoin')).answer([entry(5)]);
  await joining;
  const never = failureOf(client.join('other'));
  await service.next('roomsJoin');
  const closing = client.close();
  (await service.next('disconnect')).answer(null);
  await closing;
  expect((await never).code).toBe('unavailable');
  expect(client.historyEntries('lobby').map(({ kind }) => kind)).toEqual(['joined', 'left', 'joined', 'left']);
});

test('a listener that closes the client in the middle of a recovery is the last to hear anything', async () => {
  const { service, client, join } = await inLobby();
  client.on('roomMessage', (_, { id }) => {
    if (id === 7) void client.close();
  });
  join.cut();
  const again = await service.next('roomsJoin');
  again.send([live(9)], [missed(6, 7, 8)]);
  await client.next('close');
  (await service.next('disconnect')).answer(null);
  await client.close();
  expect(idsOf(client)).toEqual([6, 7]);
  expect(client.seen('recovered')).toEqual([]);
});
