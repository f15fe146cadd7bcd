// Changes of messages on real nodes: what one client changes another one has, live, after a loss and from history; text grows before its readers.
import { expect, test } from '@jest/globals';
import type { Message } from '../../src/client/message/message.ts';
import { connectClient, failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

async function pair() {
  const service = await startService(scope, { nodes: 2 });
  const urls = [service.node(0).url, service.node(1).url];
  const alice = await connectClient(scope, { urls, userName: 'alice' });
  const bob = await connectClient(scope, { urls: urls.toReversed(), userName: 'bob' });
  const [here, there] = [await alice.room('lobby').join({ create: true }), await bob.room('lobby').join()];
  return { alice, bob, here, there };
}

test('what is updated, reacted to, replied to and recalled is the same on another node, and read again', async () => {
  const { here, there } = await pair();
  const heard: Message[] = [];
  there.on('message', (message) => heard.push(message));
  const sent = await here.send({ textMessage: 'hi' }).done;
  await sent.update({ textMessage: 'ho' }, { ifVersion: 1 });
  // By the time it is answered it is told.
  expect(sent).toMatchObject({ version: 2, content: { textMessage: 'ho' } });
  expect((await failureOf(sent.update({}, { ifVersion: 1 }))).code).toBe('versionConflict');
  await eventually(() => expect(heard[0]).toMatchObject({ version: 2, content: { textMessage: 'ho' } }));
  const [theirs] = heard;
  if (theirs === undefined) throw new Error('it was not heard');
  await theirs.react('👍');
  expect([theirs.hasReacted('👍'), [...theirs.reactions]]).toEqual([true, [['👍', 1]]]);
  expect((await failureOf(theirs.update({ textMessage: 'mine' }))).code).toBe('notAllowed');
  await there.send({ textMessage: 'indeed', replyTo: sent.id ?? 0 }).done;
  await eventually(() => expect([sent.repliesCount, sent.reactions.get('👍')]).toEqual([1, 1]));
  for await (const read of there.history({ limit: 1, from: (sent.id ?? 0) + 1 })) expect(read).toBe(theirs);
  await sent.recall({ reason: 'never mind' });
  await eventually(() => expect(theirs).toMatchObject({ recalled: true, content: {}, author: 'alice' }));
  expect((await failureOf(theirs.react('a'))).code).toBe('noMessage');
});

test('what has changed while a client was away is in its objects when it is back', async () => {
  const { bob, here, there } = await pair();
  const sent = await Promise.all([1, 2, 3].map((n) => here.send({ textMessage: `${n}` }).done));
  await eventually(() => expect(there.lastMessage?.id).toBe(sent[2]?.id));
  const known: Message[] = [];
  for await (const message of there.history()) known.push(message);
  const told: unknown[] = [];
  there.on('update', (news) => 'id' in news && !('status' in news) && told.push(news.id));
  bob.pause();
  await sent[0]?.update({ textMessage: 'one' });
  await sent[2]?.recall();
  await sent[1]?.react('a');
  await here.send({ textMessage: '4' }).done;
  bob.resume();
  await eventually(() => expect(told).toHaveLength(3));
  expect(told).toEqual([sent[0]?.id, sent[2]?.id, sent[1]?.id]);
  const [three, two, one] = known;
  expect(one).toMatchObject({ version: 2, content: { textMessage: 'one' } });
  expect([two?.reactions.get('a'), three?.recalled]).toEqual([1, true]);
  await eventually(() => expect(there.lastMessage?.content['textMessage']).toBe('4'));
  expect(there.position).toMatchObject({ lastChange: 3 });
});

test('text grows before its readers while its writer loses its connection, and is whole in the end, once', async () => {
  const { alice, here, there } = await pair();
  const words = Array.from({ length: 60 }, (_, n) => `wörd${n} `);
  let read: Message | undefined;
  const seen: unknown[] = [];
  there.on('message', (message) => {
    read = message;
    message.on('update', () => seen.push(message.content['textMessage']));
  });
  const writer = here.write();
  for (const [index, word] of words.entries()) {
    await writer.write(word);
    if (index === 20) await eventually(() => expect(seen.length).toBeGreaterThan(0));
    if (index === 30) alice.cut();
  }
  const message = await writer.end();
  const whole = words.join('');
  await eventually(() => expect(read).toMatchObject({ isWriting: false, content: { textMessage: whole } }));
  expect(message.content).toEqual({ textMessage: whole, done: true });
  expect(seen.every((text) => typeof text === 'string' && whole.startsWith(text))).toBe(true);
  const aborted = here.write();
  await aborted.write('no, wait');
  await eventually(() => expect(read?.content['textMessage']).toBe('no, wait'));
  await aborted.abort();
  await eventually(() => expect(read?.recalled).toBe(true));
});

test('between two users: live, on another device, after a loss and from history; and text that grows', async () => {
  const service = await startService(scope, { nodes: 2 });
  const urls = [service.node(0).url, service.node(1).url];
  const alice = await connectClient(scope, { urls, userName: 'alice' });
  const phone = await connectClient(scope, { urls: urls.toReversed(), userName: 'alice' });
  const bob = await connectClient(scope, { urls: urls.toReversed(), userName: 'bob' });
  const heard: Message[] = [];
  bob.direct('alice').on('message', (message) => heard.push(message));
  phone.direct('bob').on('echo', (message) => heard.push(message));
  const one = await alice.direct('bob').send({ textMessage: 'one' }).done;
  await eventually(() => expect(heard).toHaveLength(2));
  await one.update({ textMessage: 'ONE' });
  expect(one).toMatchObject({ version: 2, content: { textMessage: 'ONE' } });
  await eventually(() => expect(heard.map(({ version }) => version)).toEqual([2, 2]));
  bob.pause();
  await one.react('a');
  await one.update({ textMessage: 'one!' });
  bob.resume();
  for (const message of heard) {
    await eventually(() => expect(message).toMatchObject({ version: 3, content: { textMessage: 'one!' } }));
    expect([...message.reactions]).toEqual([['a', 1]]);
  }
  for await (const message of bob.direct('alice').history({ limit: 1 })) expect(heard).toContain(message);
  const writer = alice.direct('bob').write();
  for (const word of ['once ', 'upon ', 'a ', 'time']) await writer.write(word);
  const text = await writer.end();
  await eventually(() =>
    expect(bob.direct('alice').lastMessage).toMatchObject({ content: text.content, isWriting: false }),
  );
  expect(text.content['textMessage']).toBe('once upon a time');
  await text.recall();
  await eventually(() => expect(bob.direct('alice').lastMessage?.recalled).toBe(true));
});
