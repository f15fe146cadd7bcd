// Text that is still being written: what of it is posted and appended when, what a loss costs, how it ends, and who has to wait.
import { expect, test } from '@jest/globals';
import type { TextWriter } from '../../src/client/change/text-writer.ts';
import { failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import type { FakeService, Received } from './fake-service.ts';
import { change, entry, inRoom, live, ownName, settle } from './in-room.ts';
import { connectSpeaking, from } from './people.ts';

const scope = useScope();

/** Answers the post of the first piece, which it gives. */
async function posted(service: FakeService, id = 6): Promise<unknown> {
  const post = await service.next('roomMessage');
  const [, content] = post.params;
  post.send([live(id, { ...Object(content), key: undefined, author: ownName })], id);
  return content;
}

const appendOf = ({ params: [, id, text, options] }: Received): unknown[] => [id, text, options];

test('the first piece is posted, what comes while one is under way goes together, and the end says so', async () => {
  const at = await inRoom(scope);
  const { room, service } = at;
  const writer = room.write({ content: { replyTo: 3 }, mentions: ['bob'] });
  expect(writer.message).toBeUndefined();
  await writer.write('one');
  for (const piece of [' two', ' thrée']) await writer.write(piece);
  const post = await service.next('roomMessage');
  expect(post.params.slice(0, 2)).toEqual(['lobby', { replyTo: 3, textMessage: 'one', done: false }]);
  expect(post.params[2]).toMatchObject({ mentions: ['bob'] });
  await settle(at);
  expect(service.waiting).toEqual([]);
  post.send([live(6, { textMessage: 'one', done: false, author: ownName })], 6);
  const append = await service.next('roomMessageAppend');
  expect(appendOf(append)).toEqual([6, ' two thrée', { offset: 3 }]);
  const ending = writer.end();
  await failureOf(writer.write('late'));
  await settle(at);
  expect(service.waiting).toEqual([]);
  append.answer({ length: 14, version: 2 });
  const last = await service.next('roomMessageAppend');
  expect(appendOf(last)).toEqual([6, '', { offset: 14, done: true }]);
  last.send([change(1, 6, 'append', { offset: 3, text: ' two thrée', done: true, version: 3 })]);
  last.answer({ length: 14, version: 3 });
  expect(await ending).toBe(writer.message);
  expect(await writer.done).toMatchObject({ content: { textMessage: 'one two thrée' }, isWriting: false });
  expect(room.lastMessage).toBe(writer.message);
});

test('a text that is over before it is posted is posted whole, and one without any is empty', async () => {
  const { room, service } = await inRoom(scope);
  const whole = room.write();
  const first = room.write();
  void whole.write('a');
  void whole.write('b');
  void whole.end();
  void first.end();
  expect(await posted(service, 6)).toEqual({ textMessage: 'a', done: false });
  const append = await service.next('roomMessageAppend');
  expect(appendOf(append)).toEqual([6, 'b', { offset: 1, done: true }]);
  append.answer({ length: 2, version: 2 });
  expect(await posted(service, 7)).toEqual({ textMessage: '', done: true });
  expect([(await whole.done).id, (await first.done).id]).toEqual([6, 7]);
  expect(service.waiting).toEqual([]);
});

test('after a loss the same piece goes again from the same offset, and what the service has lost goes once more', async () => {
  const { room, service } = await inRoom(scope);
  const writer = room.write();
  await writer.write('äb');
  await posted(service);
  await writer.write('cd');
  const append = await service.next('roomMessageAppend');
  expect(appendOf(append)).toEqual([6, 'cd', { offset: 3 }]);
  append.cut();
  const joined = { changes: [], changesRecovered: true };
  (await service.next('roomsJoin')).answer([entry(6, joined)]);
  await writer.write('ef');
  const again = await service.next('roomMessageAppend');
  expect(appendOf(again)).toEqual(appendOf(append));
  again.answer({ length: 5, version: 2 });
  const next = await service.next('roomMessageAppend');
  expect(appendOf(next)).toEqual([6, 'ef', { offset: 5 }]);
  // A failover has lost what was acknowledged.
  next.refuse('wrongOffset', undefined, { args: [2] });
  const whole = await service.next('roomMessageAppend');
  expect(appendOf(whole)).toEqual([6, 'bcdef', { offset: 2 }]);
  whole.answer({ length: 7, version: 2 });
  const ending = writer.end();
  (await service.next('roomMessageAppend')).answer({ length: 7, version: 3 });
  await ending;
});

test('what is refused for good ends it, with the reason; nobody is left to wait for more of it', async () => {
  const { room, service } = await inRoom(scope);
  const writer = room.write();
  await writer.write('a');
  await posted(service);
  void writer.write('b');
  // There is more than it has written.
  (await service.next('roomMessageAppend')).refuse('wrongOffset', undefined, { args: [9] });
  expect(await failureOf(writer.done)).toMatchObject({ code: 'wrongOffset', args: [9] });
  const last = await service.next('roomMessageAppend');
  expect(appendOf(last)).toEqual([6, '', { offset: 0, done: true }]);
  last.answer({ length: 9, version: 3 });
  expect((await failureOf(writer.write('c'))).code).toBe('wrongOffset');
  const refused = room.write();
  void refused.write('d');
  (await service.next('roomMessage')).refuse('silenced');
  expect((await failureOf(refused.end())).code).toBe('silenced');
  expect(service.waiting).toEqual([]);
});

test('aborted, it is recalled, with the reason; before it is posted there is nothing to recall', async () => {
  const { room, service } = await inRoom(scope);
  const writer = room.write();
  await writer.abort();
  expect((await failureOf(writer.done)).code).toBe('unavailable');
  const other = room.write();
  await other.write('a');
  const aborting = other.abort('never mind');
  await posted(service);
  const recall = await service.next('roomMessageRecall');
  expect(recall.params).toEqual(['lobby', 6, { reason: 'never mind' }]);
  recall.answer({ version: 2, timestamp: 1 });
  await aborting;
  await failureOf(other.write('b'));
  await failureOf(other.done);
  await other.abort();
  expect(service.waiting).toEqual([]);
});

test('it takes as much as a message may have; who writes faster than it goes has to wait, and what waits is bounded', async () => {
  const { room, service, client } = await inRoom(scope);
  const max = client.authData?.limits.messageBytes ?? 0;
  const writer = room.write();
  await writer.write('a');
  const resolved: string[] = [];
  const wait = (name: string, text: string): Promise<void> => writer.write(text).then(() => void resolved.push(name));
  const few = wait('few', 'b'.repeat(4_095));
  const many = wait('many', 'c');
  await few;
  expect((await failureOf(writer.write('d'.repeat(max - 4_096)))).code).toBe('messageTooLarge');
  expect(resolved).toEqual(['few']);
  await posted(service);
  const append = await service.next('roomMessageAppend');
  expect(append.params[2]).toBe(`${'b'.repeat(4_095)}c`);
  append.answer({ length: 4_097, version: 2 });
  await many;
  // Nothing of what was refused was taken.
  const ending = writer.end();
  (await service.next('roomMessageAppend')).answer({ length: 4_097, version: 3 });
  await ending;
});

test('half a character waits for the other half, and is replaced at the end', async () => {
  const { room, service } = await inRoom(scope);
  const [high = '', low = ''] = '👍'.split('');
  const writer = room.write();
  void writer.write(`a${high}`);
  void writer.write(`${low}${high}`);
  expect(await posted(service)).toEqual({ textMessage: 'a', done: false });
  const append = await service.next('roomMessageAppend');
  expect(append.params[2]).toBe('👍');
  append.answer({ length: 5, version: 2 });
  const ending = writer.end();
  const last = await service.next('roomMessageAppend');
  expect(appendOf(last)).toEqual([6, '\ufffd', { offset: 5, done: true }]);
  last.answer({ length: 8, version: 3 });
  await ending;
});

async function* pieces(...all: unknown[]): AsyncGenerator<string> {
  for (const each of all) {
    if (each instanceof Error) throw each;
    yield await Promise.resolve(each as string);
  }
}

test.each([
  ['what gives it piece by piece', (): AsyncIterable<string> => pieces('a', 'b')],
  ['a stream', () => ReadableStream.from(pieces('a', 'b'))],
  [
    'a stream that cannot be iterated',
    () => {
      const stream = ReadableStream.from(pieces('a', 'b'));
      return { getReader: () => stream.getReader() };
    },
  ],
])('%s is written as it comes, and ended with it', async (_, source) => {
  const { room, service } = await inRoom(scope);
  const writer: TextWriter = room.write(source(), { content: { type: 'answer' } });
  expect(await posted(service)).toEqual({ type: 'answer', textMessage: 'a', done: false });
  const append = await service.next('roomMessageAppend');
  expect(appendOf(append)).toEqual([6, 'b', { offset: 1, done: true }]);
  append.answer({ length: 2, version: 2 });
  expect((await writer.done).id).toBe(6);
});

test('of a source that fails what has come stays, and its error is told; one that is not wanted any more is cancelled', async () => {
  const { room, service } = await inRoom(scope);
  const broken = new Error('no more tokens');
  const writer = room.write(pieces('a', broken));
  expect(await posted(service)).toEqual({ textMessage: 'a', done: false });
  const append = await service.next('roomMessageAppend');
  expect(appendOf(append)).toEqual([6, '', { offset: 1, done: true }]);
  append.answer({ length: 1, version: 2 });
  await expect(writer.done).rejects.toBe(broken);
  const nothing = room.write(pieces(broken));
  await expect(nothing.done).rejects.toBe(broken);
  let isCancelled = false;
  const stream = new ReadableStream<string>({ cancel: () => void (isCancelled = true) });
  await room.write(stream).abort();
  await eventually(() => expect(isCancelled).toBe(true));
  expect(service.waiting).toEqual([]);
});

test('to another user it is written the same way', async () => {
  const { service, client } = await connectSpeaking(scope);
  const writer = client.direct('bob').write(pieces('a', 'b'), { content: { mood: 'tea' } });
  const post = await service.next('directMessage');
  expect(post.params.slice(0, 2)).toEqual(['bob', { mood: 'tea', textMessage: 'a', done: false }]);
  post.answer(from('alice', 1, 'a', { mood: 'tea', done: false }));
  const append = await service.next('directMessageAppend');
  expect(append.params).toEqual(['bob', 1, 'b', { offset: 1, done: true }]);
  append.answer({ length: 2, version: 2 });
  expect((await writer.done).direct).toBe(client.direct('bob'));
});

test('the client is closed: who waits for more of a text hears of it, also where its source gives nothing', async () => {
  const at = await inRoom(scope);
  const { client, room, service } = at;
  let cancelled = 0;
  const source = {
    getReader: () => ({
      read: () => new Promise<never>(() => undefined),
      cancel: () => Promise.resolve((cancelled += 1)),
    }),
  };
  // The application's own functions end nothing but themselves.
  const broken = ['throws', undefined].map((ends) => ({
    getReader: () => ({
      ...source.getReader(),
      cancel: (): Promise<unknown> => {
        if (ends === undefined) return undefined as never;
        throw new Error(ends);
      },
    }),
  }));
  const idle = room.write();
  await idle.write('one');
  await posted(service);
  const over = room.write();
  const whole = over.end();
  await posted(service, 7);
  await whole;
  const open = [idle, ...[source, ...broken].map((each) => room.write(each)), client.direct('bob').write(source)];
  const failures = open.map((writer) => failureOf(writer.done));
  const closing = client.close();
  expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(open.map(() => 'unavailable'));
  expect((await failureOf(idle.write('two'))).code).toBe('unavailable');
  expect([cancelled, await over.done]).toEqual([2, over.message]);
  (await service.next('disconnect')).answer(null);
  await closing;
  // It was closed before.
  expect((await failureOf(room.write(source).done)).code).toBe('unavailable');
  expect(cancelled).toBe(3);
});
