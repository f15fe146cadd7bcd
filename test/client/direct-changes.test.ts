// Changes of messages between two users: in the order of the pair, on whichever device they are made, and what is said where some were missed.
import { expect, test } from '@jest/globals';
import type { Direct } from '../../src/client/direct/direct.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { connectSpeaking, from, type Told } from './people.ts';

const scope = useScope();

const change = (number: number, id: number, kind: string, fields: ValueMap = {}): Told => [
  'directMessageChanged',
  'bob',
  { change: number, id, kind, version: number + 1, timestamp: 2000 + number, ...fields },
];

function told(direct: Direct): string[] {
  const all: string[] = [];
  direct.on('message', ({ id, content }) => all.push(`message ${id ?? '-'} ${JSON.stringify(content['textMessage'])}`));
  direct.on('reset', ({ lastMessageId, reason = 'log' }) => all.push(`reset ${reason} ${lastMessageId}`));
  direct.on('update', (news) => {
    if ('status' in news || news.id === undefined) return;
    const text = news.message?.recalled === true ? 'recalled' : news.message?.content['textMessage'];
    all.push(`${news.change?.kind ?? 'now'} ${news.id} ${JSON.stringify(text)}`);
  });
  return all;
}

test('each comes once and in order to the one object of its message, and one that comes again is dropped', async () => {
  const { client, service, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  const sent = bob.send({ textMessage: 'hi' });
  // What is told of it overtakes its answer.
  tell(change(1, 1, 'reactions', { counts: { a: 1 }, by: 'bob', key: 'a', version: 1 }));
  (await service.next('directMessage')).answer(from('alice', 1, 'hi'));
  await sent.done;
  expect([...sent.reactions]).toEqual([['a', 1]]);
  const all = told(bob);
  const own: unknown[] = [];
  sent.on('update', (what) => own.push([what?.kind, sent.status]));
  tell(['directMessage', from('bob', 2, 'yo')]);
  tell(change(1, 1, 'reactions', { counts: {} }));
  tell(change(2, 1, 'update', { message: from('alice', 1, 'ho', { version: 3 }) }));
  tell(change(3, 2, 'append', { offset: 2, text: '!' }), change(4, 2, 'recall', { by: 'bob' }));
  tell(['directMessageStatus', 'bob', { status: 'read', upToId: 1 }]);
  await eventually(() => expect(sent.status).toBe('read'));
  expect(all).toEqual(['message 2 "yo"', 'update 1 "ho"', 'append 2 "yo!"', 'recall 2 "recalled"']);
  expect(own).toEqual([
    ['update', 'sent'],
    [undefined, 'read'],
  ]);
  expect(bob.lastMessage).toMatchObject({ id: 2, recalled: true });
  expect(bob.unread).toBe(1);
  const page = bob.history({ limit: 1 }).next();
  (await service.next('directHistoryGet')).answer([from('bob', 2, 'yo', { recalled: true })]);
  expect((await page).value).toBe(bob.lastMessage);
});

test('they are made by the requests of the pair', async () => {
  const { client, service } = await connectSpeaking(scope);
  const sent = client.direct('bob').send({ textMessage: 'hi' });
  (await service.next('directMessage')).answer(from('alice', 1, 'hi'));
  const changes = [sent.update({ textMessage: 'ho' }), sent.append('!'), sent.react('a'), sent.recall()];
  const asked: unknown[] = [];
  for (const [name, result] of [
    ['directMessageUpdate', { version: 2, timestamp: 1 }],
    ['directMessageAppend', { length: 3, version: 3 }],
    ['directMessageReact', { counts: { a: 1 } }],
    ['directMessageRecall', { version: 4, timestamp: 1 }],
  ] as const) {
    const request = await service.next(name);
    asked.push(request.params);
    request.answer(result);
  }
  await Promise.all(changes);
  const reactors = sent.reactors();
  const request = await service.next('directReactionsGet');
  request.answer({ reactions: [], cursor: null });
  await reactors;
  expect([...asked, request.params]).toEqual([
    ['bob', 1, { textMessage: 'ho' }],
    ['bob', 1, '!', { offset: 2 }],
    ['bob', 1, 'a'],
    ['bob', 1],
    ['bob', 1, {}],
  ]);
});

test('where some may have been missed that is told with the reason, and what is read then counts', async () => {
  const { client, service, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  const all = told(bob);
  tell(['directMessage', from('bob', 1, 'yo', { reactions: { a: 1 } })]);
  tell(change(5, 1, 'replies', { repliesCount: 1, version: 1 }));
  tell(change(7, 1, 'replies', { repliesCount: 3, version: 1 }));
  await eventually(() =>
    expect(all).toEqual(['message 1 "yo"', 'replies 1 "yo"', 'reset changes 1', 'replies 1 "yo"']),
  );
  const page = bob.history({ limit: 1 }).next();
  (await service.next('directHistoryGet')).answer([from('bob', 1, 'yo', { repliesCount: 3 })]);
  expect((await page).value).toBe(bob.lastMessage);
  expect(bob.lastMessage).toMatchObject({ repliesCount: 3 });
  expect([...(bob.lastMessage?.reactions ?? [])]).toEqual([]);
  all.length = 0;
  // It does not fit to what is known.
  tell(change(8, 1, 'append', { offset: 9, text: '!' }));
  await eventually(() => expect(all).toEqual(['reset changes 1']));
});
