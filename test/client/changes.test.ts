// Changes of messages of a room: what its objects are by them, in which order that is told, and what of it is made good after a loss.
import { expect, test } from '@jest/globals';
import type { Message } from '../../src/client/message/message.ts';
import type { Room } from '../../src/client/room/room.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { change, entry, inRoom, live, message, ownName, settle } from './in-room.ts';

const scope = useScope();

const textOf = ({ content, recalled }: Message): unknown => (recalled ? 'recalled' : content['textMessage']);

/** What a room tells of its messages from now on, in words: state is looked at as it is then. */
function told(room: Room): string[] {
  const all: string[] = [];
  room.on('message', (each) => all.push(`message ${each.id ?? '-'} ${String(textOf(each))}`));
  room.on('reset', ({ lastMessageId, reason = 'log' }) => all.push(`reset ${reason} ${lastMessageId}`));
  room.on('update', (news) => {
    if ('id' in news && !('status' in news)) {
      const { id = 0, message: about, change: what } = news;
      all.push(`${what?.kind ?? 'now'} ${id} ${about === undefined ? '?' : String(textOf(about))}`);
    }
  });
  return all;
}

test('each kind of change is in its object before it is told, by the room and by the message itself', async () => {
  const at = await inRoom(scope);
  const { room } = at;
  const heard: Message[] = [];
  room.on('message', (each) => heard.push(each));
  await settle(at, [live(6, { textMessage: 'hi', done: false }), live(7, { textMessage: 'yo' })]);
  const [six, seven] = heard;
  if (six === undefined || seven === undefined) throw new Error('two messages');
  const { reactions } = six;
  expect(six).toMatchObject({ version: 1, updatedAt: undefined, recalled: false, repliesCount: 0, isWriting: true });
  const all = told(room);
  const own: [kind: unknown, text: unknown][] = [];
  six.on('update', (what) => own.push([what?.kind, textOf(six)]));
  await settle(at, [
    change(1, 6, 'append', { offset: 2, text: ' thé' }),
    change(2, 6, 'append', { offset: 4, text: 'hére', done: true, version: 4 }),
    change(3, 6, 'reactions', { counts: { '👍': 2 }, by: ownName, key: '👍', version: 4 }),
    change(4, 6, 'replies', { repliesCount: 1, version: 4 }),
    change(5, 7, 'update', { message: message(7, { textMessage: 'YO', version: 6, updatedAt: 2005 }), by: 'carol' }),
    change(6, 7, 'recall', { by: null, reason: 'rude' }),
    change(7, 3, 'reactions', { counts: { a: 1 } }),
  ]);
  expect(all).toEqual([
    'append 6 hi thé',
    'append 6 hi thére',
    'reactions 6 hi thére',
    'replies 6 hi thére',
    'update 7 YO',
    'recall 7 recalled',
    'reactions 3 ?',
  ]);
  expect(own.map(([kind]) => kind)).toEqual(['append', 'append', 'reactions', 'replies']);
  expect(six).toMatchObject({ version: 4, updatedAt: 2002, isWriting: false, repliesCount: 1 });
  expect([six.reactions, [...reactions], six.hasReacted('👍')]).toEqual([reactions, [['👍', 2]], true]);
  expect(six.content).toEqual({ key: 'm6', textMessage: 'hi thére', done: true });
  expect(seven).toMatchObject({ recalled: true, content: {}, author: 'bob', timestamp: 1007, updatedAt: 2006 });
  expect(room.lastMessage).toBe(seven);
  expect(room).toMatchObject({ unread: 2, position: { lastMessageId: 7, lastChange: 7 } });
  expect(at.client.seen('roomMessageChanged').map(([name, { change: number }]) => [name, number])).toEqual(
    [1, 2, 3, 4, 5, 6, 7].map((number) => ['lobby', number]),
  );
});

test('a message is one object, live, in history and as the last one, and its class reads it again', async () => {
  const at = await inRoom(scope);
  const { room, service } = at;
  await settle(at, [live(6, { textMessage: 'hi' })]);
  const { lastMessage } = room;
  const before = lastMessage?.body;
  const reading = room.history({ limit: 2 });
  const first = reading.next();
  (await service.next('roomRecentHistory')).answer([message(6, { textMessage: 'hi' }), message(5)]);
  expect((await first).value).toBe(lastMessage);
  const old = (await reading.next()).value;
  await settle(at, [change(1, 6, 'update', { message: message(6, { textMessage: 'ho', version: 2 }) })]);
  expect(lastMessage?.body).toMatchObject({ content: { textMessage: 'ho' } });
  expect(lastMessage?.body).not.toBe(before);
  await settle(at, [change(2, 5, 'recall', { by: 'bob' })]);
  expect(old).toMatchObject({ id: 5, recalled: true });
});

test('a page that is older than what was told meanwhile is read again, and takes nothing back', async () => {
  const at = await inRoom(scope);
  const { room, service } = at;
  const page = room.history({ limit: 2 }).next();
  const asked = await service.next('roomRecentHistory');
  await settle(at, [
    change(1, 5, 'reactions', { counts: { a: 3 }, version: 1 }),
    change(2, 5, 'update', {
      message: message(5, { textMessage: 'new', version: 2, reactions: { a: 3 } }),
      version: 2,
    }),
  ]);
  asked.answer([message(5, { textMessage: 'old' }), message(4)]);
  (await service.next('roomRecentHistory')).answer([message(5, { textMessage: 'new', version: 2 }), message(4)]);
  const { value } = await page;
  // That the reading is older than the reactions shows by the version of the content only; they were told, and count.
  expect(value).toMatchObject({ version: 2, content: { textMessage: 'new' } });
  expect([...(value as Message).reactions]).toEqual([['a', 3]]);
});

test('what has changed meanwhile comes with the join, before what was missed and what is live', async () => {
  const at = await inRoom(scope);
  const { room, service, client } = at;
  await settle(at, [live(6, { textMessage: 'six' }), change(1, 6, 'reactions', { counts: { a: 1 }, version: 1 })]);
  const { lastMessage } = room;
  const all = told(room);
  service.cut();
  const again = await service.next('roomsJoin');
  expect(again.params).toEqual([
    [
      {
        roomName: 'lobby',
        epoch: 'e1',
        lastMessageId: 6,
        lastTimestamp: 1006,
        lastChange: 1,
        lastChangeTimestamp: 2001,
      },
    ],
  ]);
  const changes = [message(2, { recalled: true, version: 2 }), message(6, { textMessage: 'six', reactions: { b: 1 } })];
  const messages = [message(7, { textMessage: 'seven' })];
  // A change that overtakes the answer is in it.
  again.send([change(5, 6, 'replies', { repliesCount: 9, version: 1 })]);
  again.send(
    [live(8, { textMessage: 'eight' }), change(6, 7, 'append', { offset: 5, text: '!' })],
    [entry(7, { messages, changes, changesRecovered: true, lastChange: 5 })],
  );
  await eventually(() => expect(all).toHaveLength(5));
  expect(all).toEqual(['now 2 recalled', 'now 6 six', 'message 7 seven', 'message 8 eight', 'append 7 seven!']);
  expect([...(lastMessage?.reactions ?? [])]).toEqual([['b', 1]]);
  await settle({ client, service });
  expect(room.position).toMatchObject({ lastMessageId: 8, lastChange: 6 });
});

test('where it cannot be had, that is told with the reason, and what is read then counts', async () => {
  const at = await inRoom(scope);
  const { room, service } = at;
  await settle(at, [live(6, { textMessage: 'six', reactions: { a: 1 } })]);
  const { lastMessage } = room;
  const all = told(room);
  service.cut();
  (await service.next('roomsJoin')).answer([entry(6, { changes: [], changesRecovered: false, lastChange: 3 })]);
  await eventually(() => expect(all).toEqual(['reset changes 6']));
  expect(room).toMatchObject({ unread: 1, position: { lastMessageId: 6, lastChange: 3 } });
  const page = room.history({ limit: 1 }).next();
  // The same version, with other reactions.
  (await service.next('roomRecentHistory')).answer([message(6, { textMessage: 'six' })]);
  expect((await page).value).toBe(lastMessage);
  expect([...(lastMessage?.reactions ?? [])]).toEqual([]);
  // The same number, which another change has by now.
  service.cut();
  const again = { changes: [], changesRecovered: false, lastChange: 3, lastChangeTimestamp: 2009 };
  (await service.next('roomsJoin')).answer([entry(6, again)]);
  await eventually(() => expect(all).toEqual(['reset changes 6', 'reset changes 6']));
  expect(room.position).toMatchObject({ lastChange: 3, lastChangeTimestamp: 2009 });
});

test.each([
  ['whose number leaves one out', change(3, 6, 'append', { offset: 3, text: '!' })],
  ['that does not fit to what is known of its message', change(1, 6, 'append', { offset: 30, text: '!' })],
])('a change %s is read with all that is missing, by a join from there, while the rest waits', async (_, notice) => {
  const at = await inRoom(scope);
  const { room, service, client } = at;
  await settle(at, [live(6, { textMessage: 'six' })]);
  const all = told(room);
  await settle({ client, service }, [notice, live(7, { textMessage: 'seven' })]);
  expect(all).toEqual([]);
  const again = await service.next('roomsJoin');
  expect(again.params).toMatchObject([[{ lastMessageId: 6, lastChange: 0 }]]);
  const changes = [message(6, { textMessage: 'six, all of it!', version: 4 })];
  again.answer([
    entry(7, { changes, changesRecovered: true, lastChange: 3, messages: [message(7, { textMessage: 'seven' })] }),
  ]);
  await eventually(() => expect(all).toEqual(['now 6 six, all of it!', 'message 7 seven']));
  await settle({ client, service }, [change(4, 7, 'recall', { by: 'bob' })]);
  expect(all.at(-1)).toBe('recall 7 recalled');
  expect(client.counters).toEqual({ duplicates: 1, gaps: 1 });
});

test('behind a reset the last change is asked for, and changes of the new log count from there', async () => {
  const at = await inRoom(scope);
  const { room, service, client } = at;
  await settle(at, [live(6), change(1, 6, 'recall', { by: 'bob' })]);
  const { lastMessage } = room;
  await settle({ client, service }, [['roomReset', 'lobby', 'e2', 6]]);
  const info = await service.next('roomHistoryInfo');
  expect(room.position).toEqual({ epoch: 'e2', lastMessageId: 6 });
  const example = { historyMaxGetMessages: 100, historyMaxSize: 500, historySize: 6, oldestMessageId: 1 };
  info.answer({ ...example, lastMessageId: 6, epoch: 'e2', lastChange: 9 });
  await eventually(() => expect(room.position).toEqual({ epoch: 'e2', lastMessageId: 6, lastChange: 9 }));
  const all = told(room);
  await settle({ client, service }, [
    change(9, 6, 'reactions', { counts: { a: 1 } }),
    change(10, 6, 'update', { message: message(6, { textMessage: 'another', version: 2 }), version: 2 }),
  ]);
  // What was known under the id was a message of another log.
  expect(all).toEqual(['update 6 another']);
  expect(lastMessage).toMatchObject({ recalled: true });
});

test('more changes than are kept while history is read are asked for behind it', async () => {
  const at = await inRoom(scope);
  const { room, service, client } = at;
  await settle(at, [live(6, { textMessage: 'six' })]);
  const all = told(room);
  service.cut();
  (await service.next('roomsJoin')).answer([entry(7, { recovered: false, changes: [], changesRecovered: true })]);
  const page = await service.next('roomHistoryGet');
  const info = await service.next('roomHistoryInfo');
  const many = Array.from({ length: 101 }, (_, n) => change(n + 1, 6, 'replies', { repliesCount: n + 1, version: 1 }));
  await settle({ client, service }, many);
  page.answer([message(7, { textMessage: 'seven' }), message(6, { textMessage: 'six' })]);
  const example: ValueMap = { historyMaxGetMessages: 100, historyMaxSize: 500, historySize: 7, oldestMessageId: 1 };
  info.answer({ ...example, lastMessageId: 7, epoch: 'e1', lastChange: 101 });
  const again = await service.next('roomsJoin');
  expect(again.params).toMatchObject([[{ lastMessageId: 7, lastChange: 0 }]]);
  const changes = [message(6, { textMessage: 'six', repliesCount: 101 })];
  again.answer([entry(7, { changes, changesRecovered: true, lastChange: 101 })]);
  await eventually(() => expect(all).toEqual(['message 7 seven', 'now 6 six']));
  expect(client.counters).toEqual({ duplicates: 0, gaps: 0 });
});

test('a plugin sees what is told of messages, may keep it from who listens, and not from the objects', async () => {
  const at = await inRoom(scope);
  const { room } = at;
  const seen: unknown[] = [];
  room.plugin({
    name: 'quiet',
    middleware: {
      receive: {
        update: ({ id, change: what }: { id: number; change: { kind: string } }, next) => {
          seen.push([id, what.kind]);
          next(what.kind === 'recall' ? 'not here' : undefined);
        },
      },
    },
  });
  await settle(at, [live(6, { textMessage: 'six' })]);
  const all = told(room);
  await settle(at, [change(1, 6, 'append', { offset: 3, text: '!' }), change(2, 6, 'recall', { by: 'bob' })]);
  expect(seen).toEqual([
    [6, 'append'],
    [6, 'recall'],
  ]);
  expect(all).toEqual(['append 6 six!']);
  expect(room.lastMessage).toMatchObject({ recalled: true });
});
