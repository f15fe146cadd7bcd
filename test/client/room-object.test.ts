// A room as its application sees it: making and joining it, losing it, what is unread, who types, what was said.
import { expect, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { defaultLimits } from '../../src/protocol/params/limits.ts';
import { connectClient, createTestClient, failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { authData, startFake, type FakeService } from './fake-service.ts';
import { entry, inRoom, live, message, ownName, settle, type InRoom } from './in-room.ts';

const scope = useScope();

const noRoom: ValueMap = {
  roomName: 'lobby',
  error: { code: 'noRoom', args: ['lobby'], message: '', temporary: false },
};

test('a room that is not there is made as it is wanted, and joined; coming back nothing of that is asked for again', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: ownName });
  const room = client.room('lobby');
  const attributes = { title: 'Tea', since: new Date(0) };
  const joining = room.join({ create: true, group: 'work', whitelistOnly: true, attributes });
  const first = await service.next('roomsJoin');
  expect(first.params).toEqual([[{ roomName: 'lobby', group: 'work' }]]);
  first.answer([noRoom]);
  const made = { create: true, group: 'work', whitelistOnly: true };
  const making = await service.next('roomJoin');
  expect(making.params).toEqual([
    'lobby',
    { ...made, attributes: { title: 'Tea', since: '1970-01-01T00:00:00.000Z' } },
  ]);
  making.refuse('unavailable', 1);
  (await service.next('roomsJoin')).answer([noRoom]);
  (await service.next('roomJoin')).answer(1);
  (await service.next('roomsJoin')).answer([entry(0)]);
  expect(await joining).toBe(room);
  expect(room).toMatchObject({ isJoined: true, position: { epoch: 'e1', lastMessageId: 0, lastChange: 0 } });
  // The user may have moved it to another group since.
  service.cut();
  const again = await service.next('roomsJoin');
  expect(again.params).toEqual([[{ roomName: 'lobby', epoch: 'e1', lastMessageId: 0, lastChange: 0 }]]);
});

test('it is not made without being asked for, nor where that is refused, nor once it is left', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: ownName });
  const room = client.room('lobby');
  const plain = failureOf(room.join());
  (await service.next('roomsJoin')).answer([noRoom]);
  expect((await plain).code).toBe('noRoom');
  const refused = failureOf(room.join({ create: true }));
  (await service.next('roomsJoin')).answer([noRoom]);
  (await service.next('roomJoin')).refuse('notAllowed');
  expect((await refused).code).toBe('notAllowed');
  const left = failureOf(room.join({ create: true }));
  (await service.next('roomsJoin')).answer([noRoom]);
  const making = await service.next('roomJoin');
  await room.leave();
  making.answer(1);
  expect((await left).code).toBe('unavailable');
  // By the making this connection has come into it.
  (await service.next('roomLeave')).answer(0);
  await settle({ client, service });
  expect(service.waiting).toEqual([]);
});

test('who asks twice for a room that is not there gets it twice', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: ownName });
  const room = client.room('lobby');
  const joins = [room.join({ create: true }), room.join({ create: true })];
  (await service.next('roomsJoin')).answer([noRoom]);
  (await service.next('roomJoin')).answer(1);
  (await service.next('roomJoin')).answer(1);
  (await service.next('roomsJoin')).answer([entry(0)]);
  expect(await Promise.all(joins)).toEqual([room, room]);
});

test('two objects that turn out to be of one room, by the rule of the service, are both right from then on', async () => {
  const service = await startFake(scope);
  service.login = (request) => request.answer(authData({ limits: { ...defaultLimits, names: 'username' } }));
  const client = createTestClient(scope, { urls: service.url, userName: ownName });
  const rooms = ['Lobby', 'lobby'].map((name) => client.room(name));
  const joining = Promise.all(rooms.map((room) => room.join()));
  const sent = [0, 1, 0].map((index, n) => rooms[index]?.send({ n }));
  const heard = rooms.map((room) => {
    const messages: unknown[] = [];
    room.on('message', (each) => messages.push(each));
    return messages;
  });
  await client.connect();
  const join = await service.next('roomsJoin');
  expect(join.params).toEqual([[{ roomName: 'lobby' }]]);
  join.answer([entry(5)]);
  await joining;
  for (const [n, each] of sent.entries()) {
    const post = await service.next('roomMessage');
    expect(post.params.slice(0, 2)).toEqual(['lobby', { n }]);
    post.send([['roomMessage', 'lobby', { n, author: ownName, timestamp: 1, id: 6 + n }]]);
    post.answer(6 + n);
    await each?.done;
  }
  await settle({ client, service }, [live(9)]);
  for (const messages of heard) {
    expect(messages).toHaveLength(4);
    for (const [n, each] of [...sent, rooms[0]?.lastMessage].entries()) expect(messages[n]).toBe(each);
  }
  expect(rooms.map(({ name, isJoined, unread }) => [name, isJoined, unread])).toEqual([
    ['lobby', true, 1],
    ['lobby', true, 1],
  ]);
  expect(client.rooms.size).toBe(1);
});

test('a joined room is filed under another group by joining it with that, once', async () => {
  const at = await inRoom(scope, { enableSync: true });
  const { room, service } = at;
  expect(room.group).toBe('custom');
  const moving = room.join({ group: 'work' });
  const request = await service.next('roomJoin');
  expect(request.params).toEqual(['lobby', { group: 'work' }]);
  request.answer(1);
  await moving;
  expect(room.group).toBe('work');
  const { session } = at.client;
  expect(session !== false && session.chats['work']?.['lobby']).toBe(room);
  await room.join({ group: 'work' });
  await room.join();
  await settle(at);
  expect(service.waiting).toEqual([]);
});

test('a room that is being joined under one group, and is wanted under another, goes there', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: ownName, enableSync: true });
  const room = client.room('lobby');
  const first = room.join({ group: 'a' });
  const request = await service.next('roomsJoin');
  const second = room.join({ group: 'b' });
  request.answer([entry(5)]);
  await first;
  expect(room.group).toBe('a');
  const move = await service.next('roomJoin');
  expect(move.params).toEqual(['lobby', { group: 'b' }]);
  move.answer(1);
  await second;
  expect(room.group).toBe('b');
});

test('a room that is taken away is told with the reason, one that is left is not', async () => {
  const cases: [(at: InRoom) => Promise<void>, unknown][] = [
    [(at) => settle(at, [['roomAccessRemoved', 'lobby']]), [{ reason: expect.any(String) }]],
    [(at) => settle(at, [['roomLeftEcho', 'lobby', String(at.client.socketId), 0]]), [{ reason: expect.any(String) }]],
    [(at) => settle(at, [['roomLeftEcho', 'lobby', 'another', 1]]), []],
    [
      async (at) => {
        at.join.cut();
        (await at.service.next('roomsJoin')).answer([noRoom]);
        await at.client.next('left');
      },
      [{ code: 'noRoom', reason: '' }],
    ],
    [
      async ({ room, service }) => {
        const leaving = room.leave();
        (await service.next('roomLeave')).answer(0);
        await leaving;
      },
      [],
    ],
  ];
  for (const [happen, expected] of cases) {
    const at = await inRoom(scope);
    const removed: unknown[] = [];
    at.room.on('removed', (loss) => removed.push({ ...loss, ...(at.room.isJoined && { isJoined: true }) }));
    await happen(at);
    expect(removed).toEqual(expected);
  }
});

test('unread: what others say counts, mentions are seen, reading and posting on any device ends it', async () => {
  const at = await inRoom(scope);
  const { room, client } = at;
  const told: unknown[] = [];
  client.on('unread', (changed) => told.push(changed === room ? [room.unread, room.mentioned] : changed));
  room.on('message', ({ id }) => told.push(id));
  await settle(at, [live(6), live(7, { mentions: ['bob', ownName] }), live(8)]);
  expect(told).toEqual([[1, false], 6, [2, true], 7, [3, true], 8]);
  expect(room.lastMessage).toMatchObject({ id: 8, author: 'bob', content: { key: 'm8' } });
  await settle(at, [['roomReadEcho', 'lobby', 7]]);
  expect([room.unread, room.mentioned]).toEqual([1, false]);
  await settle(at, [live(9, { mentionAll: true })]);
  expect([room.unread, room.mentioned]).toEqual([2, true]);
  await settle(at, [live(10, { author: ownName })]);
  expect([room.unread, room.mentioned]).toEqual([0, false]);
  // The service counts what is on its way here, too.
  await settle(at, [['unreadCounts', [{ roomName: 'lobby', unread: 3, mentioned: true, last: message(13) }]]]);
  expect([room.unread, room.mentioned]).toEqual([3, true]);
  await settle(at, [live(11), live(12), live(13), live(14)]);
  expect([room.unread, room.mentioned]).toEqual([4, true]);
  // What was missed is counted once, whether the service has told its number before or not.
  at.service.cut();
  const again = await at.service.next('roomsJoin');
  again.send([['unreadCounts', [{ roomName: 'lobby', unread: 6, mentioned: true, last: message(16) }]]]);
  again.answer([entry(16, { messages: [message(15), message(16)] })]);
  await client.next('recovered');
  expect(room.unread).toBe(6);
  expect(room.lastMessage?.id).toBe(16);
  // A count that was made before it knew what is read here.
  room.read();
  await settle(at, [['unreadCounts', [{ roomName: 'lobby', unread: 1, mentioned: true, last: message(16) }]]]);
  expect([room.unread, room.mentioned]).toEqual([0, false]);
});

test('counts of rooms that nobody has asked for make their objects', async () => {
  const at = await inRoom(scope);
  await settle(at, [['unreadCounts', [{ roomName: 'other', unread: 2, mentioned: false, last: message(4) }]]]);
  expect([...at.client.rooms.keys()]).toEqual(['lobby', 'other']);
  expect(at.client.room('other')).toMatchObject({ unread: 2, isJoined: false, lastMessage: { id: 4 } });
});

test('where notices were lost all that is unread is counted again, and the rest is read', async () => {
  const at = await inRoom(scope);
  await settle(at, [
    live(6),
    ['unreadCounts', [{ roomName: 'other', unread: 2, mentioned: false, last: message(4) }]],
    ['inboxReset', { epoch: 'i2', seq: 7 }],
  ]);
  const other = at.client.room('other');
  expect([at.room.unread, other.unread]).toEqual([1, 2]);
  const counting = at.client.request('unreadGet', {});
  (await at.service.next('unreadGet')).answer([{ roomName: 'other', unread: 1, mentioned: true, last: message(4) }]);
  await counting;
  expect([at.room.unread, other.unread, other.mentioned]).toEqual([0, 1, true]);
  await settle(at, [live(7)]);
  expect(at.room.unread).toBe(1);
});

test('what is read is told once a second for all rooms, the last of each, also after a loss', async () => {
  const at = await inRoom(scope);
  const other = at.client.room('other');
  const reads = async (): Promise<unknown> => (await at.service.next('roomMessageRead')).params;
  await settle(at, [
    live(6),
    live(7),
    live(8),
    ['unreadCounts', [{ roomName: 'other', unread: 9, mentioned: false, last: message(9) }]],
  ]);
  at.room.read(6);
  expect(await reads()).toEqual(['lobby', 6]);
  expect(at.room.unread).toBe(2);
  at.room.read(7);
  at.room.read();
  other.read(5);
  expect([at.room.unread, other.unread]).toEqual([0, 4]);
  const second = await at.service.next('roomMessageRead');
  expect([second.params, await reads()]).toEqual([
    ['lobby', 8],
    ['other', 5],
  ]);
  // What is read already, or farther, is not told again.
  at.room.read(3);
  second.cut();
  (await at.service.next('roomsJoin')).answer([entry(8)]);
  // Those without an answer come again, the last of each.
  const repeated = [await reads(), await reads()];
  expect(repeated).toEqual(
    expect.arrayContaining([
      ['lobby', 8],
      ['other', 5],
    ]),
  );
  expect(() => at.room.read(-1)).toThrow('roomMessageRead');
});

test('typing is told at once, once a second, and at the end; sending ends it', async () => {
  const at = await inRoom(scope);
  const next = async (): Promise<unknown> => (await at.service.next('roomMessage')).params;
  const notice = (isTyping: boolean): unknown => ['lobby', { event: '$typing', isTyping }, { transient: true }];
  for (let n = 0; n < 5; n++) at.room.typing();
  expect(await next()).toEqual(notice(true));
  // By itself, a second after the last call.
  expect(await next()).toEqual(notice(false));
  at.room.typing();
  expect(await next()).toEqual(notice(true));
  at.room.send({ key: 'a' });
  expect(await next()).toEqual(notice(false));
  expect(await next()).toMatchObject(['lobby', { key: 'a' }, {}]);
});

test('who types is known until it stops, says something, leaves, or is not heard of any more', async () => {
  const at = await inRoom(scope);
  const told: string[] = [];
  at.room.on('typing', ({ userName, isTyping }) => told.push(`${userName} ${isTyping}`));
  at.room.on('message', ({ author }) => told.push(`${author} spoke`));
  const typing = (author: string, isTyping: boolean): Parameters<typeof settle>[1] => [
    ['roomMessage', 'lobby', { event: '$typing', isTyping, author, timestamp: 1 }],
  ];
  for (const author of ['bob', 'carol', 'dave', 'erin', ownName]) await settle(at, typing(author, true));
  await settle(at, typing('bob', true));
  expect([...at.room.typists]).toEqual(['bob', 'carol', 'dave', 'erin']);
  await settle(at, [...(typing('bob', false) ?? []), live(6, { author: 'carol' }), ['roomUserLeft', 'lobby', 'dave']]);
  expect([...at.room.typists]).toEqual(['erin']);
  await eventually(() => expect(at.room.typists.size).toBe(0));
  expect(told).toEqual([
    'bob true',
    'carol true',
    'dave true',
    'erin true',
    'bob false',
    'carol false',
    'carol spoke',
    'dave false',
    'erin false',
  ]);
});

/** A log of 1 to `last`, of which a page holds so many, and of which so many of the oldest are gone. */
function serveLog(service: FakeService, last: number, { pageMax = 4, trimmed = 0 } = {}): string[] {
  const asked: string[] = [];
  const log = Array.from({ length: last - trimmed }, (_, index) => message(trimmed + index + 1));
  service.handle = (request) => {
    const [, id, limit] = request.params;
    asked.push(request.method);
    if (request.method === 'roomRecentHistory') return request.answer(log.slice(-pageMax).toReversed());
    const begin = Math.max(Number(id), trimmed);
    const page = log.filter((each) => Number(each['id']) > begin).slice(0, Math.min(Number(limit), pageMax));
    request.answer(page.toReversed());
  };
  return asked;
}

async function idsOf(messages: AsyncIterable<{ id: number | undefined }>): Promise<unknown[]> {
  const ids: unknown[] = [];
  for await (const { id } of messages) ids.push(id);
  return ids;
}

test('history goes both ways, page by page, however short pages are', async () => {
  const at = await inRoom(scope);
  const asked = serveLog(at.service, 11);
  const { room } = at;
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);
  expect(await idsOf(room.history())).toEqual(range(1, 11).toReversed());
  expect(await idsOf(room.history({ direction: 'forward' }))).toEqual(range(1, 11));
  expect(await idsOf(room.history({ from: 9, limit: 6 }))).toEqual([8, 7, 6, 5, 4, 3]);
  expect(await idsOf(room.history({ direction: 'forward', from: 3, limit: 5 }))).toEqual([4, 5, 6, 7, 8]);
  expect(await idsOf(room.history({ limit: 2 }))).toEqual([11, 10]);
  expect(await idsOf(room.history({ from: 1 }))).toEqual([]);
  asked.length = 0;
  const some = room.history();
  await some.next();
  await some.return();
  // What nobody looks at is not read.
  expect(asked).toEqual(['roomRecentHistory']);
});

test('history ends where the log begins; the last message is the object that is known', async () => {
  const at = await inRoom(scope);
  await settle(at, [live(6)]);
  serveLog(at.service, 6, { trimmed: 3, pageMax: 2 });
  expect(await idsOf(at.room.history())).toEqual([6, 5, 4]);
  expect(await idsOf(at.room.history({ direction: 'forward' }))).toEqual([4, 5, 6]);
  for await (const each of at.room.history({ limit: 1 })) expect(each).toBe(at.room.lastMessage);
  serveLog(at.service, 0);
  expect(await idsOf(at.room.history())).toEqual([]);
  expect((await failureOf(at.room.history({ limit: 1.5 }).next())).code).toBe('badArgument');
  expect((await failureOf(at.room.history({ from: -1 }).next())).code).toBe('badArgument');
});

test('history that is being read goes on after a loss, once the room is joined again', async () => {
  const at = await inRoom(scope);
  const reading = at.room.history({ direction: 'forward' });
  const next = reading.next();
  (await at.service.next('roomHistoryGet')).cut();
  (await at.service.next('roomsJoin')).answer([entry(5)]);
  const again = await at.service.next('roomHistoryGet');
  expect(again.params).toEqual(['lobby', 0, 100]);
  again.answer([message(1)]);
  expect((await next).value).toMatchObject({ id: 1 });
  const refused = failureOf(reading.next());
  (await at.service.next('roomHistoryGet')).refuse('noRoom');
  expect((await refused).code).toBe('noRoom');
});

test('a log that is replaced while it is read is told', async () => {
  const at = await inRoom(scope);
  const reading = at.room.history({ direction: 'forward' });
  const next = reading.next();
  const page = await at.service.next('roomHistoryGet');
  page.answer([message(1)]);
  expect((await next).value).toMatchObject({ id: 1 });
  const more = failureOf(reading.next());
  const second = await at.service.next('roomHistoryGet');
  second.send([['roomReset', 'lobby', 'e2', 2]]);
  second.answer([message(2)]);
  expect((await more).code).toBe('unavailable');
});
