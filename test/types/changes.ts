// What must and what must not compile: changes of messages, what is told of them, and text that is still being written. Never run.
import type { Direct, Message, MessageChange, Room, TextWriter } from '../../src/client/index.ts';

declare const room: Room;
declare const direct: Direct;
declare const message: Message;
declare const stream: ReadableStream<string>;
declare const numbers: AsyncIterable<number>;

export async function changes(): Promise<void> {
  const same: Message = await message.update({ textMessage: 'ho' }, { ifVersion: 2, mentions: ['bob'] });
  await message.recall({ reason: 'wrong room' });
  await message.react('👍', { remove: true });
  await message.append(' more', { done: true });
  const { reactions, cursor } = await message.reactors({ key: '👍', limit: 10 });
  // @ts-expect-error: a content is a map, not a text.
  await message.update('ho');
  // @ts-expect-error: a version is a number.
  await message.update({}, { ifVersion: '2' });
  // @ts-expect-error: it is told why, and nothing else.
  await message.recall({ why: 'wrong room' });
  // @ts-expect-error: with a key.
  await message.react();
  // @ts-expect-error: where it belongs the library knows.
  await message.append(' more', { offset: 3 });
  return void [same, reactions, cursor];
}

export function fields(): void {
  const count: number | undefined = message.reactions.get('👍');
  const numbersOfIt: number[] = [message.version, message.repliesCount];
  const is: boolean = message.recalled || message.isWriting || message.hasReacted('👍');
  // @ts-expect-error: who reacts does so by `react`.
  message.reactions.set('👍', 1);
  // @ts-expect-error: one that is as it was posted has none.
  const at: number = message.updatedAt;
  // @ts-expect-error: it is recalled by `recall`.
  message.recalled = true;
  return void [count, numbersOfIt, is, at];
}

export function events(): void {
  message.on('update', (change) => change?.kind === 'append' && change.text.length);
  // @ts-expect-error: its status changes without a change.
  message.on('update', (change: MessageChange) => change.kind);
  // @ts-expect-error: that is told by its room.
  message.on('message', () => undefined);
  room.on('update', (news) => {
    if ('status' in news) return news.status;
    const about: Message | undefined = news.message;
    return [news.changed.includes('message'), about?.version, news.change?.kind === 'recall' && news.change.reason];
  });
  room.on('reset', ({ reason }) => reason === 'changes');
  direct.on('reset', ({ reason, lastMessageId }) => [reason, lastMessageId]);
  // @ts-expect-error: there is one reason that is told.
  direct.on('reset', ({ reason }) => reason === 'log');
}

export async function writing(): Promise<void> {
  const writer: TextWriter = room.write({ content: { replyTo: 7 }, mentions: ['bob'] });
  await writer.write('one');
  const written: Message = await writer.end();
  await writer.abort('never mind');
  const others: TextWriter[] = [direct.write(stream), room.write(stream, { mentionAll: true }), direct.write()];
  // @ts-expect-error: text is written.
  await writer.write(7);
  // @ts-expect-error: a stream of text, or what gives it.
  room.write(numbers);
  // @ts-expect-error: what is still being written is stored.
  room.write({ transient: true });
  // @ts-expect-error: two talk, and name each other.
  direct.write({ mentionAll: true });
  return void [written, others];
}
