// Changes of messages are checked like messages, by an endpoint that takes its time: nothing comes in by a change that the check has not seen.
import { afterEach, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { User } from '../support/rpc.ts';
import { ANSWERED, useRemoteWorld, type Answer } from './hook-endpoint.ts';

const world = useRemoteWorld();
afterEach(() => world.endpoint.answer());

const refused = { error: { code: 'notToday' } };
/** Refuses what has the word in it, and puts stars for the other one. */
const filter: Answer = ({ data: { message } }) => {
  const { textMessage } = Object(message);
  if (String(textMessage).includes('spam')) return refused;
  return String(textMessage).includes('darn') ? { message: { textMessage: textMessage.replace('darn', '****') } } : {};
};

async function written(textMessage: string): Promise<{ author: User; other: User; room: string }> {
  const author = await world.login();
  const other = await world.login(author.userName);
  const room = world.fresh('room');
  await author.call('roomCreate', room);
  for (const socket of [author, other]) await socket.call('roomJoin', room);
  expect(await author.call('roomMessage', room, { textMessage, done: false })).toBe(1);
  return { author, other, room };
}

const latest = async (reader: User, room: string): Promise<unknown> => {
  const [message] = (await reader.call('roomHistoryGet', room, 0, 1)) as unknown[];
  return message;
};

/** Holds back the answers about messages from now on. */
function hold(): ServerResponse[] {
  const held: ServerResponse[] = [];
  world.endpoint.answer(({ type }, response) => {
    if (type !== 'roomMessageCheck') return undefined;
    held.push(response);
    return ANSWERED;
  });
  return held;
}

test('an update is checked whole, and changed or refused', async () => {
  const { author, room } = await written('fine');
  world.endpoint.answer(filter);
  expect(await author.call('roomMessageUpdate', room, 1, { textMessage: 'darn it' })).toMatchObject({ version: 2 });
  expect((await author.next('roomMessageChanged'))[1]).toMatchObject({
    kind: 'update',
    message: { textMessage: '**** it', author: author.userName },
  });
  const [asked] = world.endpoint.asked('roomMessageCheck').slice(-1);
  expect(asked?.data).toEqual({
    userName: author.userName,
    roomName: room,
    message: { textMessage: 'darn it' },
    options: {},
    change: { kind: 'update', id: 1 },
  });
  expect(await author.refusal('roomMessageUpdate', room, 1, { textMessage: 'spam' })).toMatchObject(refused.error);
  expect(await latest(author, room)).toMatchObject({ textMessage: '**** it', version: 2 });
});

test('the reason of a recall is checked, and may be another one or none; a recall without one asks nobody', async () => {
  const { author, room } = await written('fine');
  const recall = (id: number, reason?: string): [string, string, number, ValueMap] => [
    'roomMessageRecall',
    room,
    id,
    reason === undefined ? {} : { reason },
  ];
  for (let i = 0; i < 4; i++) await author.call('roomMessage', room, { textMessage: 'fine' });
  world.endpoint.answer(filter);
  expect(await author.refusal(...recall(1, 'spam'))).toMatchObject(refused.error);
  expect(await latest(author, room)).toMatchObject({ textMessage: 'fine' });
  await author.call(...recall(1, 'darn'));
  expect(world.endpoint.asked('roomMessageCheck').at(-1)?.data).toEqual({
    userName: author.userName,
    roomName: room,
    message: { textMessage: 'darn' },
    options: { reason: 'darn' },
    change: { kind: 'recall', id: 1, reason: 'darn' },
  });
  world.endpoint.answer(() => ({ message: { textMessage: 'x'.repeat(257) } }));
  expect(await author.refusal(...recall(2, 'off topic'))).toMatchObject({ code: 'internalError' });
  world.endpoint.answer(() => ({ message: {} }));
  await author.call(...recall(2, 'off topic'));
  world.endpoint.answer();
  await author.call(...recall(3, 'off topic'));
  world.endpoint.answer(() => refused);
  for (const [id, reason] of [
    [4, undefined],
    [5, ''],
  ] as const)
    await author.call(...recall(id, reason));
  const reasons = author.heard('roomMessageChanged').map(([, change]) => Object(change).reason);
  expect(reasons).toEqual(['****', undefined, 'off topic', undefined, '']);
});

test('the key of a reaction is checked; taking it back is not', async () => {
  const { other, room } = await written('fine');
  world.endpoint.answer(filter);
  expect(await other.refusal('roomMessageReact', room, 1, 'spam')).toMatchObject(refused.error);
  expect(await other.refusal('roomMessageReact', room, 1, 'darn')).toMatchObject({ code: 'notAllowed' });
  // All that there is may come back as it is.
  world.endpoint.answer(({ data: { message } }) => ({ message: { ...Object(message), seen: true } }));
  expect(await other.call('roomMessageReact', room, 1, '👍')).toEqual({ counts: { '👍': 1 } });
  expect(world.endpoint.asked('roomMessageCheck').at(-1)?.data).toMatchObject({
    message: { textMessage: '👍' },
    options: {},
    change: { kind: 'react', id: 1, key: '👍' },
  });
  world.endpoint.answer(() => refused);
  expect(await other.call('roomMessageReact', room, 1, '👍', { remove: true })).toEqual({ counts: {} });
  const told = other.heard('roomMessageChanged').map(([, change]) => Object(change));
  expect(told).toMatchObject([{ key: '👍' }, { key: '👍', removed: true }]);
  expect(told).toHaveLength(2);
});

test('what is too large is refused as that, whatever the check says of it', async () => {
  const { author, room } = await written('fine');
  world.endpoint.answer(({ data: { message = null } }) => ({ message }));
  const textMessage = 'x'.repeat(50_000);
  for (const [method, ...args] of [
    ['roomMessage', room, { textMessage }],
    ['roomMessageUpdate', room, 1, { textMessage }],
    ['roomMessageAppend', room, 1, textMessage],
  ] as const)
    expect(await author.refusal(method, ...args)).toMatchObject({ code: 'messageTooLarge' });
});

test('an append is checked with what is there, so a word in pieces is one', async () => {
  const { author, room } = await written('ünd d');
  world.endpoint.answer(filter);
  expect(await author.call('roomMessageAppend', room, 1, 'ay', { offset: 6 })).toEqual({ length: 8, version: 2 });
  const [asked] = world.endpoint.asked('roomMessageCheck').slice(-1);
  expect(asked?.data).toMatchObject({
    message: { textMessage: 'ünd day' },
    change: { kind: 'append', id: 1, text: 'ay' },
  });
  await author.call('roomMessageAppend', room, 1, ', sp');
  expect(await author.refusal('roomMessageAppend', room, 1, 'am')).toMatchObject(refused.error);
  // What is there is not changed by what is behind it.
  await author.call('roomMessageAppend', room, 1, ' dar');
  expect(await author.refusal('roomMessageAppend', room, 1, 'n')).toMatchObject({ code: 'notAllowed' });
  await author.call('roomMessageAppend', room, 1, 'e. darn', { done: true });
  expect(await latest(author, room)).toMatchObject({ textMessage: 'ünd day, sp dare. ****', done: true });
});

test('a repeat of an append, or its end alone, is nothing to be checked', async () => {
  const { author, room } = await written('one');
  world.endpoint.answer(filter);
  const appended = await author.call('roomMessageAppend', room, 1, ', two', { offset: 3 });
  const count = world.endpoint.asked('roomMessageCheck').length;
  expect(await author.call('roomMessageAppend', room, 1, ', two', { offset: 3 })).toEqual(appended);
  expect(await author.call('roomMessageAppend', room, 1, 'ne', { offset: 1 })).toEqual(appended);
  expect(await author.refusal('roomMessageAppend', room, 1, 'x', { offset: 2 })).toMatchObject({
    code: 'wrongOffset',
    args: [8],
  });
  expect(await author.refusal('roomMessageAppend', room, 1, 'x', { offset: 9 })).toMatchObject({ code: 'wrongOffset' });
  expect(await author.call('roomMessageAppend', room, 1, '', { done: true })).toEqual({ length: 8, version: 3 });
  expect(world.endpoint.asked('roomMessageCheck')).toHaveLength(count);
  expect(await latest(author, room)).toMatchObject({ textMessage: 'one, two', done: true });
});

test('an append is not made behind another text than the one it was checked with, of the same length or not', async () => {
  for (const text of ['xxspa', 'longer than before, spa']) {
    const { author, other, room } = await written('hello');
    const held = hold();
    const appending = author.refusal('roomMessageAppend', room, 1, 'm');
    await eventually(() => expect(held).toHaveLength(1));
    const updating = other.call('roomMessageUpdate', room, 1, { textMessage: text, done: false });
    await eventually(() => expect(held).toHaveLength(2));
    const [ofAppend, ofUpdate] = held;
    ofUpdate?.writeHead(204).end();
    expect(await updating).toMatchObject({ version: 2 });
    ofAppend?.writeHead(204).end();
    expect(await appending).toMatchObject({ code: 'wrongOffset', args: [text.length] });
    expect(await latest(other, room)).toMatchObject({ textMessage: text });
    world.endpoint.answer();
  }
});

test('an append that belongs nowhere does not wait for the update that it would belong behind', async () => {
  const { author, other, room } = await written('hello');
  world.endpoint.answer(filter);
  // All at once, again and again: whichever comes first, the word is not made.
  for (let round = 0; round < 20; round++) {
    const calls = [
      other.callAll(['roomMessageUpdate', room, 1, { textMessage: 'longer spa', done: false }]),
      author.callAll(['roomMessageAppend', room, 1, 'm', { offset: 10 }]),
      other.callAll(['roomMessageUpdate', room, 1, { textMessage: 'hello', done: false }]),
    ];
    await Promise.all(calls.flat());
    const changes = author.heard('roomMessageChanged').map(([, change]) => JSON.stringify(change));
    expect(changes.filter((change) => change.includes('"append"'))).toEqual([]);
  }
});
