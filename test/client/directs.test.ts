// Direct conversations: what is sent, echoed, counted and followed, each once and in order.
import { expect, test } from '@jest/globals';
import type { Direct } from '../../src/client/direct/direct.ts';
import type { Message } from '../../src/client/message/message.ts';
import type { Next, Plugin } from '../../src/client/plugin/plugin.ts';
import { typing, unread, type TypingIndicator, type UnreadMessages } from '../../src/client/plugin/shipped.ts';
import { failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { authData, type Received } from './fake-service.ts';
import { connectSpeaking, from, heard, startSpeaking } from './people.ts';

const scope = useScope();

const circle = { self: {} };
circle.self = circle;

const changed = (...fields: string[]): string => `update {"changed":${JSON.stringify(fields)}}`;

test('a message is told once, with the state in place, and what the service itself says has no conversation', async () => {
  const { client, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  expect(client.direct('bob')).toBe(bob);
  expect(bob).toMatchObject({ userName: 'bob', user: client.user('bob'), unread: 0, lastMessage: undefined });
  const told = heard(bob);
  bob.on('message', (message) => {
    expect(bob.lastMessage).toBe(message);
    expect(bob.unread).toBe(message.id);
    expect(message).toMatchObject({ isOwn: false, author: 'bob', status: 'none', direct: bob });
  });
  tell(['directMessage', from('bob', 1, 'hi')], ['directMessage', from('bob', 1, 'hi')]);
  tell(['directMessage', from('bob', 2, 'there', { mentions: ['alice'] })], ['directMessage', { timestamp: 5 }]);
  await eventually(() => expect(client.seen('directMessage')).toHaveLength(4));
  expect(told).toEqual([
    changed('unread', 'lastMessage'),
    'message hi 1 none',
    changed('unread', 'mentioned', 'lastMessage'),
    'message there 2 none',
  ]);
  expect(client.seen('unread').map(([of]) => of)).toEqual([bob, bob]);
  expect([...client.directs.keys()]).toEqual(['bob']);
  expect(bob).toMatchObject({ unread: 2, mentioned: true });
});

test('what is sent is one object, which moves with the marks of the other side, that never go back', async () => {
  const { service, client, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  const told = heard(bob);
  const message = bob.send({ textMessage: 'hi' });
  expect(message).toMatchObject({ status: 'sending', id: undefined, author: 'alice', isOwn: true, direct: bob });
  expect(bob.lastMessage).toBe(message);
  const sent = await service.next('directMessage');
  expect(sent.params).toEqual(['bob', { textMessage: 'hi' }, { clientMessageId: message.clientMessageId }]);
  // The mark overtakes the answer.
  sent.send([['directMessageStatus', 'bob', { status: 'sent', upToId: 4 }]]);
  sent.answer(from('alice', 4, 'hi'));
  expect(await message.done).toBe(message);
  await eventually(() => expect(bob.lastDeliveredId).toBe(4));
  tell(['directMessageStatus', 'bob', { status: 'read', upToId: 4 }]);
  tell(['directMessageStatus', 'bob', { status: 'sent', upToId: 4 }]);
  await eventually(() => expect(message.status).toBe('read'));
  expect(told).toEqual([
    changed('lastMessage'),
    'update hi 4 sent',
    'status {"lastDeliveredId":4,"lastReadId":0}',
    'update hi 4 delivered',
    'status {"lastDeliveredId":4,"lastReadId":4}',
    'update hi 4 read',
  ]);
  expect(bob).toMatchObject({ lastReadId: 4, lastMessage: message, unread: 0 });
  expect(service.waiting).toEqual([]);
});

test('odd options are the service’s to refuse, or fail at once: nothing throws, or is taken for something else', async () => {
  const { service, client } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  for (const mentions of [null, 5, 'bob'] as never[]) {
    const message = bob.send({ textMessage: 'hi' }, { mentions });
    const asked = await service.next('directMessage');
    expect(asked.params[2]).toEqual({ mentions, clientMessageId: message.clientMessageId });
    asked.refuse('badArgument');
    expect((await failureOf(message.done)).code).toBe('badArgument');
  }
  for (const options of [{ mentions: circle }, { mentions: [() => 'bob'] }, { pushData: circle }] as never[]) {
    const message = bob.send({ textMessage: 'hi' }, options);
    expect([message.status, message.error?.code]).toEqual(['failed', 'badArgument']);
  }
  expect([bob.lastMessage, service.waiting]).toEqual([undefined, []]);
});

test('messages go in the order of the calls, repeated under one id, and a refused one fails alone', async () => {
  const { service, client } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  const [one, two, three] = ['one', 'two', 'three'].map((textMessage) => bob.send({ textMessage }));
  const first = await service.next('directMessage');
  first.cut();
  const again = await service.next('directMessage');
  expect(again.params).toEqual(first.params);
  again.answer(from('alice', 1, 'one'));
  (await service.next('directMessage')).refuse('notAllowed');
  (await service.next('directMessage')).answer(from('alice', 2, 'three'));
  expect(await three?.done).toMatchObject({ id: 2 });
  expect(await failureOf(two?.done ?? Promise.resolve())).toMatchObject({ code: 'notAllowed' });
  expect([one, two, three].map((each) => each?.status)).toEqual(['sent', 'failed', 'sent']);
  expect(two?.error).toMatchObject({ code: 'notAllowed' });
  expect(bob.lastMessage).toBe(three);
  const bad = bob.send({ when: Symbol('now') });
  expect(await failureOf(bad.done)).toMatchObject({ code: 'badArgument' });
  const none = bob.send(null as unknown as object);
  expect(await failureOf(none.done)).toMatchObject({ code: 'badArgument' });
  expect(bob.lastMessage).toBe(three);
});

test('an echo of a message whose answer was lost is that message; one of another device is told', async () => {
  const { service, client, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  const told = heard(bob);
  const mine = bob.send({ textMessage: 'mine' });
  (await service.next('directMessage')).cut();
  const again = await service.next('directMessage');
  tell(['directMessageEcho', 'bob', from('alice', 1, 'mine')], ['directMessageEcho', 'bob', from('alice', 2, 'other')]);
  tell(['directMessageEcho', 'bob', from('alice', 3, 'mine')]);
  await eventually(() => expect(client.seen('directMessageEcho')).toHaveLength(3));
  expect(told).toEqual([changed('lastMessage'), 'echo other 2 sent']);
  again.answer(from('alice', 1, 'mine'));
  await mine.done;
  // The same words, by another device after all.
  expect(told.slice(2)).toEqual([
    changed('lastMessage'),
    'update mine 1 sent',
    changed('lastMessage'),
    'echo mine 3 sent',
  ]);
  expect(bob.lastMessage).toMatchObject({ id: 3, isOwn: true });
  expect(bob.unread).toBe(0);
});

test('reading clears what is unread, here and by other devices, and is told once a second for all', async () => {
  const { service, client, tell } = await connectSpeaking(scope);
  const [bob, carol] = [client.direct('bob'), client.direct('carol')];
  tell(...[1, 2, 3].map((id): [string, ReturnType<typeof from>] => ['directMessage', from('bob', id, `${id}`)]));
  tell(['directMessage', from('carol', 1, 'x')], ['directMessage', from('carol', 2, 'y')]);
  await eventually(() => expect([bob.unread, carol.unread]).toEqual([3, 2]));
  bob.read(1);
  expect(bob.unread).toBe(2);
  expect((await service.next('directMessageRead')).params).toEqual(['bob', 1]);
  bob.read(2);
  bob.read();
  bob.read(1);
  carol.read();
  expect([bob.unread, carol.unread]).toEqual([0, 0]);
  const reads = [await service.next('directMessageRead'), await service.next('directMessageRead')];
  expect(reads.map(({ params }) => params)).toEqual([
    ['bob', 3],
    ['carol', 2],
  ]);
  for (const read of reads) read.answer(null);
  tell(['directMessage', from('bob', 4, 'four')], ['directMessageStatus', 'bob', { status: 'read', upToId: 4 }]);
  await eventually(() => expect(client.seen('directMessageStatus')).toHaveLength(1));
  expect(bob).toMatchObject({ unread: 0, lastReadId: 0 });
  expect(() => bob.read(-1)).toThrow('directMessageRead');
  expect(service.waiting).toEqual([]);
});

test('who has read farther than there is has not read what is to come', async () => {
  const { service, client, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  tell(['directMessage', from('bob', 1, 'a')]);
  await eventually(() => expect(bob.unread).toBe(1));
  bob.read(Number.MAX_SAFE_INTEGER);
  expect(bob.unread).toBe(0);
  (await service.next('directMessageRead')).answer(null);
  tell(['directMessage', from('bob', 2, 'b')]);
  await eventually(() => expect(bob.unread).toBe(1));
  bob.read();
  expect(bob.unread).toBe(0);
  expect((await service.next('directMessageRead')).params).toEqual(['bob', 2]);
});

test('what the service counts stands for what was counted here, and what came since is on top', async () => {
  const { client, tell, before } = await startSpeaking(scope);
  const last = from('bob', 10, 'ten');
  before.push(['unreadCounts', [{ userName: 'bob', unread: 7, mentioned: true, last }]]);
  await client.connect();
  const bob = client.direct('bob');
  expect(bob).toMatchObject({ unread: 7, mentioned: true, lastMessage: { id: 10 } });
  tell(['directMessage', last], ['directMessage', from('bob', 11, 'eleven')]);
  await eventually(() => expect(bob.unread).toBe(8));
  tell(['unreadCounts', [{ userName: 'bob', unread: 2, mentioned: false, last }]]);
  await eventually(() => expect(bob).toMatchObject({ unread: 3, mentioned: false, lastMessage: { id: 11 } }));
  bob.read();
  // Counted before it was told of that.
  tell(['unreadCounts', [{ userName: 'bob', unread: 2, mentioned: true, last }]]);
  tell(['unreadCounts', [{ userName: 'carol', unread: 1, mentioned: false, last: null }]]);
  await eventually(() => expect(client.directs.get('carol')?.unread).toBe(1));
  expect(bob).toMatchObject({ unread: 0, mentioned: false });
});

test('a mark about a message that is not known is looked up, once', async () => {
  const { service, client, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  tell(['directMessageStatus', 'bob', { status: 'read', upToId: 5 }]);
  tell(['directMessageStatus', 'bob', { status: 'sent', upToId: 6 }]);
  tell(['directMessageStatus', 'nobody we know', { status: 'sent', upToId: 6 }]);
  const look = await service.next('directHistoryGet');
  expect(look.params).toEqual(['bob', { fromId: 6, limit: 1 }]);
  look.answer([from('alice', 5, 'five', { status: 'read' })]);
  const next = await service.next('directHistoryGet');
  expect(next.params).toEqual(['bob', { fromId: 7, limit: 1 }]);
  next.answer([from('bob', 6, 'six', { status: 'sent' })]);
  await eventually(() => expect(bob).toMatchObject({ lastReadId: 5, lastDeliveredId: 5 }));
  // Of who is nobody any more there is nothing to find, which is no mishap. The next look comes behind it.
  tell(['directMessageStatus', 'bob', { status: 'sent', upToId: 8 }]);
  (await service.next('directHistoryGet')).refuse('noUser');
  tell(['directMessageStatus', 'bob', { status: 'sent', upToId: 9 }]);
  (await service.next('directHistoryGet')).answer([]);
  expect(client.seen('error')).toEqual([]);
  expect(service.waiting).toEqual([]);
});

test('typing is told and heard, ends with a message, and is no message itself', async () => {
  const { service, client, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  const told = heard(bob);
  bob.typing();
  bob.typing();
  const typing = await service.next('directMessage');
  expect(typing.params).toEqual(['bob', { event: '$typing', isTyping: true }, { transient: true }]);
  bob.send({ textMessage: 'hi' });
  expect((await service.next('directMessage')).params[1]).toEqual({ event: '$typing', isTyping: false });
  expect((await service.next('directMessage')).params[1]).toEqual({ textMessage: 'hi' });
  const event = { event: '$typing', isTyping: true, author: 'bob', timestamp: 1 };
  tell(['directMessage', event], ['directMessageEcho', 'bob', event], ['directMessage', from('bob', 1, 'hi')]);
  await eventually(() => expect(told.length).toBeGreaterThanOrEqual(5));
  expect(told.slice(1, 5)).toEqual([
    'typing {"userName":"bob","isTyping":true}',
    'typing {"userName":"bob","isTyping":false}',
    changed('unread'),
    'message hi 1 none',
  ]);
  expect(bob.typists.size).toBe(0);
});

test('history goes both ways page by page, gives known objects again, and moves the marks', async () => {
  const { service, client } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  const log = Array.from({ length: 5 }, (_, i) =>
    from(i % 2 === 0 ? 'alice' : 'bob', i + 1, `${i + 1}`, { status: i < 3 ? 'read' : 'sent' }),
  );
  service.handle = (request) => {
    const [, options] = request.params;
    const { fromId, direction } = options as { fromId?: number; direction: string };
    const isIn = ({ id }: { id?: unknown }): boolean =>
      fromId === undefined || (direction === 'forward' ? Number(id) > fromId : Number(id) < fromId);
    const found = log.filter(isIn);
    request.answer(direction === 'forward' ? found.slice(0, 2) : found.slice(-2));
  };
  const ids = async (options?: Parameters<Direct['history']>[0]): Promise<unknown[]> => {
    const found: unknown[] = [];
    for await (const message of bob.history(options)) found.push(message.id);
    return found;
  };
  expect(await ids()).toEqual([5, 4, 3, 2, 1]);
  expect(bob).toMatchObject({ lastDeliveredId: 5, lastReadId: 3 });
  expect(await ids({ direction: 'forward', from: 1, limit: 3 })).toEqual([2, 3, 4]);
  expect(await ids({ limit: 0 })).toEqual([]);
  const [newest] = [await bob.history().next(), await bob.history().next()].map(({ value }) => value as Message);
  expect(newest).toMatchObject({ id: 5, isOwn: true, status: 'delivered', content: { textMessage: '5' } });
  await expect(bob.history({ from: -1 }).next()).rejects.toMatchObject({ code: 'badArgument' });
});

test('plugins may refuse a message on its way out and in', async () => {
  const { service, client, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  bob.plugin({
    name: 'polite',
    middleware: {
      send: { message: (content, next) => next(undefined, { ...(content as object), polite: true }) },
      receive: {
        message: (message: Message, next) => next(message.content['textMessage'] === 'damn' ? 'no' : undefined),
      },
    },
  });
  bob.send({ textMessage: 'hi' });
  const sent = await service.next('directMessage');
  expect(sent.params[1]).toEqual({ textMessage: 'hi', polite: true });
  const told: unknown[] = [];
  bob.on('message', ({ id }) => told.push(id));
  tell(['directMessage', from('bob', 1, 'damn')], ['directMessage', from('bob', 2, 'sorry')]);
  await eventually(() => expect(told).toEqual([2]));
  expect(bob.unread).toBe(1);
});

test('a message is what it was when it was sent, however long a plugin takes', async () => {
  let go: Next = () => undefined;
  const slow: Plugin = { name: 'slow', middleware: { send: { message: (_, next) => (go = next) } } };
  const { service, client } = await connectSpeaking(scope, { plugins: [slow] });
  const content = { textMessage: 'one', list: [1] };
  const message = client.direct('bob').send(content);
  content.textMessage = 'two';
  content.list.push(2);
  go();
  const request = await service.next('directMessage');
  expect(request.params[1]).toEqual({ textMessage: 'one', list: [1] });
  request.answer(from('alice', 1, 'one', { list: [1] }));
  expect((await message.done).content).toEqual({ textMessage: 'one', list: [1] });
  expect(client.direct('bob').send(circle).error).toMatchObject({ code: 'badArgument' });
});

test('the plugins of the library say who is typing, and read what comes while its user looks', async () => {
  const { service, client, tell } = await connectSpeaking(scope, { plugins: [typing, unread] });
  type Extended = Direct & { typingIndicator: TypingIndicator; unreadMessages: UnreadMessages };
  const bob = client.direct('bob') as Extended;
  bob.typingIndicator.startTyping();
  expect((await service.next('directMessage')).params[1]).toEqual({ event: '$typing', isTyping: true });
  bob.typingIndicator.stopTyping();
  expect((await service.next('directMessage')).params[1]).toEqual({ event: '$typing', isTyping: false });
  expect(bob.typingIndicator.typists).toBe(bob.typists);
  tell(['directMessage', from('bob', 1, '1')]);
  await eventually(() => expect(bob.unreadMessages.count).toBe(1));
  bob.unreadMessages.active();
  bob.unreadMessages.active();
  expect((await service.next('directMessageRead')).params).toEqual(['bob', 1]);
  tell(['directMessage', from('bob', 2, '2')]);
  expect((await service.next('directMessageRead')).params).toEqual(['bob', 2]);
  expect(bob.unreadMessages).toMatchObject({ count: 0, isActive: true });
  bob.unreadMessages.inactive();
  tell(['directMessage', from('bob', 3, '3')]);
  await eventually(() => expect(bob.unreadMessages.count).toBe(1));
});

test('what the details of the user say is known, and what was missed is told', async () => {
  const { service, client } = await connectSpeaking(scope);
  const told: unknown[] = [];
  client.direct('bob').on('message', ({ id }) => told.push(id));
  const asked = client.request('userDetails', {});
  const profile = (userName: string): { [key: string]: string | null } => ({
    userName,
    status: 'online',
    lastOnline: null,
  });
  (await service.next('userDetails')).answer({
    user: { ...profile('alice'), fullName: 'Alice A.' },
    contacts: [profile('carol')],
    missed: { bob: [from('bob', 1, '1', { status: 'not_sent' }), from('bob', 2, '2')] },
    unread: [{ userName: 'bob', unread: 5, mentioned: false, last: from('bob', 7, '7') }],
    session: { custom: {} },
    more: {},
  });
  await asked;
  expect(told).toEqual([1, 2]);
  expect(client.direct('bob').unread).toBe(5);
  expect(client.user('alice').profile).toEqual({ fullName: 'Alice A.' });
  expect(client.user('carol').status).toBe('online');
});

test('names go by the rule of the service once it is known, and objects stay', async () => {
  const { service, client } = await startSpeaking(scope);
  const [bob, user] = [client.direct('Bob'), client.user('Bob')];
  expect([bob.userName, client.direct('bob') === bob]).toEqual(['Bob', false]);
  const carol = client.direct('CAROL');
  let login: Received | undefined;
  service.login = (request) => {
    login = request;
    const { limits } = authData() as { limits: object };
    request.answer(authData({ limits: { ...limits, names: 'username' } }));
  };
  await client.connect();
  expect([carol.userName, client.direct('Carol') === carol]).toEqual(['carol', true]);
  expect([user.userName, client.user('BOB')]).toEqual(['bob', user]);
  login?.send([['directMessage', from('carol', 1, 'hi')]]);
  await eventually(() => expect(carol.unread).toBe(1));
  expect(() => client.user(5 as unknown as string)).toThrow(TypeError);
});

test('a plugin may ask for the object that it is called for', async () => {
  const made: unknown[] = [];
  const { client } = await startSpeaking(scope, {
    plugins: [
      { name: 'asking', onDirectCreate: (direct: Direct) => made.push(direct, client.direct(direct.userName)) },
    ],
  });
  const bob = client.direct('bob');
  expect(made).toEqual([bob, bob]);
});
