// Messages to rooms: their objects, what becomes of them, and that the one given by `send` is the one that the room emits.
import { expect, test } from '@jest/globals';
import { Message } from '../../src/client/message/message.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { entry, inRoom, live, message, ownName, settle, type InRoom } from './in-room.ts';

const scope = useScope();

/** What the room tells, in order: messages, and statuses of those that were sent. */
function hear({ room }: InRoom): { messages: Message[]; told: string[] } {
  const messages: Message[] = [];
  const told: string[] = [];
  room.on('message', (heard) => {
    messages.push(heard);
    told.push(`message ${heard.id} ${heard.status}`);
  });
  room.on('update', (change) => {
    if (change instanceof Message) told.push(`update ${change.id} ${change.status}`);
  });
  return { messages, told };
}

const own = (id: number, fields = {}): ReturnType<typeof live> => live(id, { author: ownName, ...fields });

test('a message is there at once, then sent; the room emits the same object, once', async () => {
  const at = await inRoom(scope);
  const { messages, told } = hear(at);
  const sent = at.room.send({ key: 'm6' });
  expect(sent).toMatchObject({
    status: 'sending',
    id: undefined,
    isOwn: true,
    author: ownName,
    content: { key: 'm6' },
  });
  expect(sent.room).toBe(at.room);
  const post = await at.service.next('roomMessage');
  expect(post.params).toEqual(['lobby', { key: 'm6' }, { clientMessageId: sent.clientMessageId }]);
  // The service tells it before it answers.
  post.send([own(6)]);
  post.answer(6);
  expect(await sent.done).toBe(sent);
  expect(sent).toMatchObject({ status: 'sent', id: 6, timestamp: 1006, author: ownName, content: { key: 'm6' } });
  await settle(at, [live(7)]);
  expect(messages[0]).toBe(sent);
  expect(told).toEqual(['update 6 sent', 'message 6 sent', 'message 7 none']);
  expect(at.room.lastMessage).toBe(messages[1]);
});

test('it is the same object where the service is late, and its answer comes first', async () => {
  const at = await inRoom(scope);
  const { messages, told } = hear(at);
  const sent = at.room.send({ key: 'm6' });
  (await at.service.next('roomMessage')).answer(6);
  await sent.done;
  await settle(at, [own(6, { key: 'changed by the operator' })]);
  expect(messages).toEqual([sent]);
  expect(sent.content).toEqual({ key: 'changed by the operator' });
  expect(told).toEqual(['update 6 sent', 'message 6 sent']);
});

test('the same words from another device are another message: the answer tells which is which', async () => {
  const at = await inRoom(scope);
  const { messages } = hear(at);
  const sent = at.room.send({ key: 'ok' });
  const post = await at.service.next('roomMessage');
  post.send([own(6, { key: 'ok' }), live(7), own(8, { key: 'ok' }), live(9)]);
  post.answer(8);
  await sent.done;
  await settle(at);
  expect(messages.map(({ id }) => id)).toEqual([6, 7, 8, 9]);
  expect(messages.indexOf(sent)).toBe(2);
  expect(messages[0]).toMatchObject({ isOwn: true, status: 'sent' });
});

test('an answer that does not come holds up what is said in the room for a moment only', async () => {
  const at = await inRoom(scope);
  const { messages } = hear(at);
  const sent = at.room.send({ key: 'ok' });
  const post = await at.service.next('roomMessage');
  post.send([own(6, { key: 'ok' }), live(7)]);
  await eventually(() => expect(messages.map(({ id }) => id)).toEqual([6, 7]));
  // Nobody can know better by then.
  expect(messages[0]).toBe(sent);
  post.answer(6);
  expect((await sent.done).status).toBe('sent');
  await settle(at, [live(8)]);
  expect(messages.map(({ id }) => id)).toEqual([6, 7, 8]);
});

test('lost in the middle: what was stored all the same is found in what was missed, and repeated under the same id', async () => {
  const at = await inRoom(scope);
  const { messages, told } = hear(at);
  const sent = at.room.send({ key: 'ok' });
  const next = at.room.send({ key: 'then' });
  const first = await at.service.next('roomMessage');
  first.cut();
  const again = await at.service.next('roomsJoin');
  again.answer([entry(7, { messages: [message(6, { author: ownName, key: 'ok' }), message(7)] })]);
  const repeated = await at.service.next('roomMessage');
  expect(repeated.params).toEqual(first.params);
  expect(messages[0]).toBe(sent);
  repeated.answer(6);
  const last = await at.service.next('roomMessage');
  last.send([own(8, { key: 'then' })]);
  last.answer(8);
  await next.done;
  expect(messages.map(({ id }) => id)).toEqual([6, 7, 8]);
  expect(messages[2]).toBe(next);
  expect(told).toEqual(['message 6 sending', 'message 7 none', 'update 6 sent', 'update 8 sent', 'message 8 sent']);
});

test('what waits for an answer when the connection is lost is let through then, once', async () => {
  const at = await inRoom(scope);
  const { messages } = hear(at);
  const sent = at.room.send({ key: 'ok' });
  const post = await at.service.next('roomMessage');
  await settle(at, [own(6, { key: 'ok' }), live(7)]);
  expect(messages).toEqual([]);
  post.cut();
  const again = await at.service.next('roomsJoin');
  expect(again.params).toMatchObject([[{ lastMessageId: 7 }]]);
  again.answer([entry(7)]);
  (await at.service.next('roomMessage')).answer(6);
  await sent.done;
  expect(messages.map(({ id }) => id)).toEqual([6, 7]);
  expect(messages[0]).toBe(sent);
});

test('a message that is refused fails, alone, with the reason; what nobody could send fails at once', async () => {
  const at = await inRoom(scope);
  const { told } = hear(at);
  const refused = at.room.send({ key: 'a' });
  const good = at.room.send({ key: 'b' });
  const bad = at.room.send({ key: Number.NaN });
  expect(bad).toMatchObject({ status: 'failed', error: { code: 'badArgument', args: [1, null] } });
  // Who writes JavaScript may give anything.
  expect(at.room.send('text' as unknown as object).error).toMatchObject({ code: 'badArgument', args: [1, null] });
  expect((await failureOf(bad.done)).code).toBe('badArgument');
  (await at.service.next('roomMessage')).refuse('notAllowed');
  expect((await failureOf(refused.done)).code).toBe('notAllowed');
  expect(refused).toMatchObject({ status: 'failed', error: { code: 'notAllowed' } });
  (await at.service.next('roomMessage')).answer(6);
  await good.done;
  expect(told).toEqual(['update undefined failed', 'update 6 sent']);
});

test('without a connection so many wait as the option says, and go out in order; one more fails at once', async () => {
  const at = await inRoom(scope, { offlineQueue: 2 });
  at.service.login = () => undefined;
  const away = at.client.next('disconnect');
  at.service.cut();
  await away;
  const waiting = [at.room.send({ key: 'a' }), at.room.send({ key: 'b' })];
  const other = at.client.room('other').send({ key: 'c' });
  expect(other).toMatchObject({ status: 'failed', error: { code: 'tooManyRequests', temporary: true } });
  at.service.login = undefined;
  at.service.cut();
  (await at.service.next('roomsJoin')).answer([entry(5)]);
  for (const [index, sent] of waiting.entries()) {
    const post = await at.service.next('roomMessage');
    expect(post.params[1]).toEqual(sent.content);
    post.answer(6 + index);
    await sent.done;
  }
});

test('a transient message is the same object too, without an id; options travel', async () => {
  const at = await inRoom(scope);
  const { messages } = hear(at);
  const sent = at.room.send({ event: 'wave' }, { transient: true });
  const post = await at.service.next('roomMessage');
  expect(post.params[2]).toEqual({ transient: true, clientMessageId: sent.clientMessageId });
  post.send([['roomMessage', 'lobby', { event: 'wave', author: ownName, timestamp: 1 }]]);
  post.answer(null);
  await sent.done;
  await settle(at);
  expect(messages).toEqual([sent]);
  expect(sent).toMatchObject({ status: 'sent', id: undefined });
  expect(at.room.lastMessage).toBeUndefined();

  at.room.send({ key: 'a' }, { mentions: ['bob'], mentionAll: true, clientMessageId: 'mine' });
  expect((await at.service.next('roomMessage')).params[2]).toEqual({
    mentions: ['bob'],
    mentionAll: true,
    clientMessageId: 'mine',
  });
});

test('a will is sent when it is kept, and is none of the messages here; what goes with others travels as it is', async () => {
  const at = await inRoom(scope);
  const { messages } = hear(at);
  const will = at.room.send({ key: 'gone' }, { will: true });
  const kept = await at.service.next('roomMessage');
  expect(kept.params).toEqual(['lobby', { key: 'gone' }, { will: true, clientMessageId: will.clientMessageId }]);
  kept.answer(null);
  expect(await will.done).toMatchObject({ status: 'sent', id: undefined });
  // Of an earlier connection, perhaps, with the same words.
  await settle(at, [own(6, { key: 'gone' })]);
  expect([messages.length, messages[0] === will]).toEqual([1, false]);

  const low = at.room.send({ key: 'low' }, { transient: true, priority: 'low', clientMessageId: 'l' });
  const post = await at.service.next('roomMessage');
  expect(post.params[2]).toEqual({ transient: true, priority: 'low', clientMessageId: 'l' });
  post.answer(null);
  await low.done;
  at.room.send({ key: 'push' }, { pushData: { badge: 1, at: new Date(0) }, clientMessageId: 'p' });
  expect((await at.service.next('roomMessage')).params[2]).toEqual({
    pushData: { badge: 1, at: '1970-01-01T00:00:00.000Z' },
    clientMessageId: 'p',
  });
  const direct = at.client.direct('bob').send({ key: 'push' }, { pushData: { badge: 2 } });
  expect((await at.service.next('directMessage')).params[2]).toEqual({
    pushData: { badge: 2 },
    clientMessageId: direct.clientMessageId,
  });
  const wrong = at.client.direct('bob').send({}, { pushData: { no: () => undefined } });
  expect([wrong.status, wrong.error?.code]).toEqual(['failed', 'badArgument']);
});

test('a middleware that takes its time keeps the place of its message; it may change it, or refuse', async () => {
  const at = await inRoom(scope);
  const thinking: (() => void)[] = [];
  at.room.plugin({
    name: 'slow',
    middleware: {
      send: {
        message: (content, next) => {
          const { key } = content as { key: string };
          if (key === 'a') thinking.push(() => next(undefined, { key: 'A' }));
          else if (key === 'b') next(new Error('no'));
          else next();
        },
      },
    },
  });
  const [first, second, third] = ['a', 'b', 'c'].map((key) => at.room.send({ key }));
  await settle(at);
  expect(at.service.waiting).toEqual([]);
  for (const go of thinking) go();
  const post = await at.service.next('roomMessage');
  expect(post.params[1]).toEqual({ key: 'A' });
  expect(first?.content).toEqual({ key: 'A' });
  expect(second).toMatchObject({ status: 'failed', error: { code: 'notAllowed' } });
  post.answer(6);
  (await at.service.next('roomMessage')).answer(7);
  expect((await third?.done)?.id).toBe(7);
});

test('what is on its way when the client closes fails', async () => {
  const at = await inRoom(scope);
  const sent = [at.room.send({ key: 'a' }), at.room.send({ key: 'b' })];
  await at.service.next('roomMessage');
  const closing = at.client.close();
  (await at.service.next('disconnect')).answer(null);
  await closing;
  expect(sent.map(({ status, error }) => [status, error?.code])).toEqual([
    ['failed', 'unavailable'],
    ['failed', 'unavailable'],
  ]);
  expect(at.room.send({ key: 'c' })).toMatchObject({ status: 'failed', error: { code: 'unavailable' } });
});
