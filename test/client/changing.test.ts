// Changes that an application makes of messages, on their way: in which order, what is repeated after a loss, and what comes of it.
import { expect, test } from '@jest/globals';
import type { Message } from '../../src/client/message/message.ts';
import { failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { change, entry, inRoom, live, message, ownName, settle, type InRoom } from './in-room.ts';

const scope = useScope();

/** A message of the user's own in the lobby, which it has just heard. */
async function withOwn(at: InRoom, id = 6): Promise<Message> {
  await settle(at, [live(id, { author: ownName, textMessage: 'hi' })]);
  const { lastMessage } = at.room;
  if (lastMessage?.id !== id) throw new Error('it was not heard');
  return lastMessage;
}

test('what is changed travels as it was when it was called, and resolves with the message', async () => {
  const at = await inRoom(scope);
  const { service } = at;
  const six = await withOwn(at);
  const content = { textMessage: 'ho', at: new Date(0) };
  const updating = six.update(content, { ifVersion: 1, mentions: ['bob'] });
  content.textMessage = 'changed later';
  const update = await service.next('roomMessageUpdate');
  const sent = { textMessage: 'ho', at: '1970-01-01T00:00:00.000Z' };
  expect(update.params).toEqual(['lobby', 6, sent, { ifVersion: 1, mentions: ['bob'] }]);
  update.send([change(1, 6, 'update', { message: message(6, { ...sent, author: ownName, version: 2 }) })]);
  update.answer({ version: 2, timestamp: 2001 });
  expect(await updating).toBe(six);
  expect(six).toMatchObject({ version: 2, content: sent });
  const reacting = six.react('👍');
  const react = await service.next('roomMessageReact');
  expect(react.params).toEqual(['lobby', 6, '👍']);
  react.answer({ counts: { '👍': 1 } });
  await reacting;
  const removing = six.react('👍', { remove: true });
  const remove = await service.next('roomMessageReact');
  expect([remove.params, six.hasReacted('👍')]).toEqual([['lobby', 6, '👍', { remove: true }], true]);
  remove.answer({ counts: {} });
  await removing;
  expect([six.hasReacted('👍'), [...six.reactions]]).toEqual([false, []]);
  const recalling = six.recall({ reason: 'wrong room' });
  const recall = await service.next('roomMessageRecall');
  expect(recall.params).toEqual(['lobby', 6, { reason: 'wrong room' }]);
  recall.send([change(2, 6, 'recall', { by: ownName })]);
  recall.answer({ version: 3, timestamp: 2002 });
  expect((await recalling).recalled).toBe(true);
  const asking = six.reactors({ key: '👍' });
  const asked = await service.next('roomReactionsGet');
  expect(asked.params).toEqual(['lobby', 6, { key: '👍' }]);
  asked.answer({ reactions: [{ userName: 'bob', key: '👍' }], cursor: null });
  expect((await asking).reactions).toEqual([{ userName: 'bob', key: '👍' }]);
});

test('in a large room the answer counts until something is told, and is told to who listens', async () => {
  const at = await inRoom(scope);
  const { room, service } = at;
  const six = await withOwn(at);
  const told: unknown[] = [];
  six.on('update', (what) => told.push([what?.kind, Object.fromEntries(six.reactions)]));
  room.on('update', (news) => 'id' in news && told.push(news.id));
  const first = six.react('a');
  (await service.next('roomMessageReact')).answer({ counts: { a: 7 } });
  await first;
  expect(told).toEqual([[undefined, { a: 7 }], 6]);
  const second = six.react('b');
  const request = await service.next('roomMessageReact');
  // It was counted before this was, and is answered behind it.
  request.send([change(1, 6, 'reactions', { counts: { a: 9, b: 1 }, version: 1 })], { counts: { a: 8, b: 1 } });
  request.send([change(1, 6, 'reactions', { counts: { a: 9, b: 1 }, version: 1 })]);
  await second;
  await settle(at);
  expect([...six.reactions]).toEqual([
    ['a', 9],
    ['b', 1],
  ]);
});

test('changes of one message go one after the other, those of others beside them; of one being sent, once it is stored', async () => {
  const at = await inRoom(scope);
  const { room, service } = at;
  const six = await withOwn(at);
  const sent = room.send({ textMessage: 'seven' });
  const changes = [six.update({ n: 1 }), six.update({ n: 2 }), sent.update({ n: 3 })];
  const first = await service.next('roomMessageUpdate');
  const post = await service.next('roomMessage');
  await settle(at);
  expect([first.params[2], service.waiting]).toEqual([{ n: 1 }, []]);
  post.send([live(7, { author: ownName, textMessage: 'seven' })], 7);
  const third = await service.next('roomMessageUpdate');
  expect(third.params.slice(1, 3)).toEqual([7, { n: 3 }]);
  for (const each of [first, third]) each.answer({ version: 2, timestamp: 2001 });
  const second = await service.next('roomMessageUpdate');
  expect(second.params.slice(1, 3)).toEqual([6, { n: 2 }]);
  second.answer({ version: 3, timestamp: 2002 });
  await Promise.all(changes);
});

test('without a connection they wait, and are repeated after a loss, unless the join shows that they were made', async () => {
  const at = await inRoom(scope);
  const { service } = at;
  const six = await withOwn(at);
  const joined = { changes: [], changesRecovered: true };
  const updating = six.update({ key: 'm6', textMessage: 'ho' }, { ifVersion: 1 });
  (await service.next('roomMessageUpdate')).cut();
  const join = await service.next('roomsJoin');
  // The join comes first: what it says is known by then.
  expect(service.waiting).toEqual([]);
  join.answer([entry(6, joined)]);
  (await service.next('roomMessageUpdate')).cut();
  const changes = [message(6, { author: ownName, textMessage: 'ho', version: 2 })];
  (await service.next('roomsJoin')).answer([entry(6, { changes, changesRecovered: true, lastChange: 1 })]);
  expect(await updating).toBe(six);
  const recalling = six.recall();
  (await service.next('roomMessageRecall')).cut();
  (await service.next('roomsJoin')).answer([entry(6, { ...joined, lastChange: 1 })]);
  // It was recalled by the first attempt.
  (await service.next('roomMessageRecall')).refuse('noMessage');
  await recalling;
  expect(service.waiting).toEqual([]);
});

test('what is refused for good rejects alone, with the reason; and what nobody could change, at once', async () => {
  const at = await inRoom(scope);
  const { room, service } = at;
  const six = await withOwn(at);
  const refused = failureOf(six.update({ n: 1 }, { ifVersion: 1 }));
  const next = six.react('a');
  (await service.next('roomMessageUpdate')).refuse('versionConflict', undefined, { args: [4] });
  expect(await refused).toMatchObject({ code: 'versionConflict', args: [4] });
  (await service.next('roomMessageReact')).refuse('unavailable', 1);
  (await service.next('roomMessageReact')).answer({ counts: { a: 1 } });
  await next;
  const silenced = failureOf(six.append('!'));
  (await service.next('roomMessageAppend')).refuse('silenced', undefined, { args: [null] });
  expect((await silenced).code).toBe('silenced');
  expect(room.silencedUntil).toBeNull();
  expect((await failureOf(six.update({ f: () => 1 }))).code).toBe('badArgument');
  // A mistake of who writes JavaScript.
  expect((await failureOf(six.update('text' as unknown as object))).args[0]).toBe(2);
  const transient = room.send({ n: 1 }, { transient: true });
  (await service.next('roomMessage')).answer(null);
  expect((await failureOf(transient.recall())).code).toBe('noMessage');
  const failed = room.send({ n: 2 });
  (await service.next('roomMessage')).refuse('notAllowed');
  expect((await failureOf(failed.recall())).code).toBe('notAllowed');
});

test('a short text is appended where it ends, as far as the answers have told, by the same offset in each attempt', async () => {
  const at = await inRoom(scope);
  const { service } = at;
  const six = await withOwn(at);
  const appends = [six.append(' thére'), six.append('', { done: true })];
  const first = await service.next('roomMessageAppend');
  expect(first.params).toEqual(['lobby', 6, ' thére', { offset: 2 }]);
  first.refuse('unavailable', 1);
  const again = await service.next('roomMessageAppend');
  expect(again.params).toEqual(first.params);
  // What is held for a moment is told behind the answer.
  again.answer({ length: 9, version: 2 });
  const last = await service.next('roomMessageAppend');
  expect(last.params).toEqual(['lobby', 6, '', { offset: 9, done: true }]);
  last.send([change(1, 6, 'append', { offset: 2, text: ' thére', done: true, version: 3 })], { length: 9, version: 3 });
  await Promise.all(appends);
  await eventually(() => expect(six).toMatchObject({ isWriting: false, version: 3 }));
  expect(six.content['textMessage']).toBe('hi thére');
});

test('a plugin sees changes under their names, may change them, and refuse', async () => {
  const at = await inRoom(scope);
  const { room, service } = at;
  const six = await withOwn(at);
  room.plugin({
    name: 'shout',
    middleware: {
      send: {
        update: (content: object, next) => next(undefined, { ...content, loud: true }),
        append: (text: string, next) => next(undefined, text.toUpperCase()),
        recall: (_options, next) => next('it stays'),
        react: ({ key }: { key: string }, next) => next(undefined, { key: `${key}${key}` }),
      },
    },
  });
  const changes = [six.update({ n: 1 }), six.append('!a'), six.react('x')];
  const recall = failureOf(six.recall());
  const update = await service.next('roomMessageUpdate');
  expect(update.params[2]).toEqual({ n: 1, loud: true });
  update.answer({ version: 2, timestamp: 1 });
  const append = await service.next('roomMessageAppend');
  expect(append.params[2]).toBe('!A');
  append.answer({ length: 4, version: 3 });
  const react = await service.next('roomMessageReact');
  expect(react.params[2]).toBe('xx');
  react.answer({ counts: { xx: 1 } });
  await Promise.all(changes);
  expect((await recall).code).toBe('notAllowed');
});
