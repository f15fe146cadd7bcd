// What was missed of direct conversations: once and in order, before what is live, whichever way it comes.
import { expect, test } from '@jest/globals';
import type { Direct } from '../../src/client/direct/direct.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import type { Received } from './fake-service.ts';
import { connectSpeaking, from, heard, startSpeaking, type Speaking, type Told } from './people.ts';

const scope = useScope();

const inbox = (seq: number): { epoch: string; seq: number } => ({ epoch: 'e', seq });

test('what was missed comes first, in order, however many pages it is, and live messages behind it', async () => {
  const { service, client, before, tell } = await startSpeaking(scope, { offlineMessages: 'push' });
  before.push(['missedMessages', { bob: [from('bob', 1, '1', { status: 'not_sent' })] }, { more: true }]);
  await client.connect();
  const bob = client.direct('bob');
  const told: unknown[] = [];
  bob.on('message', ({ id, content }) => told.push(id, Object.keys(content)));
  expect(bob.lastMessage).toMatchObject({ id: 1 });
  const second = await service.next('missedMessagesGet');
  tell(['directMessage', from('bob', 4, '4')], ['directMessage', from('bob', 3, '3')]);
  await eventually(() => expect(client.seen('directMessage')).toHaveLength(2));
  second.answer({ bob: [from('bob', 2, '2'), from('bob', 3, '3', { status: 'not_sent' })] });
  (await service.next('missedMessagesGet')).answer({});
  await eventually(() => expect(told).toEqual([2, 3, 4].flatMap((id) => [id, ['textMessage']])));
});

test('after an inbox that was reset, conversations are read on from where they were, before what is live', async () => {
  const { service, client, before, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  tell(['directMessage', from('bob', 1, '1')], ['directMessage', from('bob', 2, '2')]);
  tell(['directMessage', from('carol', 1, 'x')]);
  await eventually(() => expect(client.directs.get('carol')?.unread).toBe(1));
  const told = heard(bob);
  const last = from('bob', 7, '7');
  before.push(['inboxReset', inbox(9)], ['unreadCounts', [{ userName: 'bob', unread: 3, mentioned: false, last }]]);
  service.cut();
  // The message that was told last is still there, so it is the same log.
  const there = await service.next('directHistoryGet');
  expect(there.params).toEqual(['bob', { direction: 'forward', fromId: 1, limit: 1 }]);
  there.answer([from('bob', 2, '2')]);
  const page = await service.next('directHistoryGet');
  expect(page.params).toEqual(['bob', expect.objectContaining({ direction: 'forward', fromId: 2 })]);
  tell(['directMessage', from('bob', 8, '8')]);
  await eventually(() => expect(client.seen('directMessage')).toHaveLength(4));
  // 3 and 4 are not kept any more.
  page.answer([from('bob', 5, '5'), from('alice', 6, '6'), from('bob', 7, '7')]);
  const rest = await service.next('directHistoryGet');
  rest.answer([from('bob', 8, '8')]);
  (await service.next('directHistoryGet')).answer([]);
  (await service.next('directHistoryGet')).answer([from('carol', 1, 'x')]);
  (await service.next('directHistoryGet')).answer([]);
  (await service.next('unreadGet')).answer([
    { userName: 'bob', unread: 4, mentioned: false, last: from('bob', 8, '8') },
  ]);
  await eventually(() => expect(client.directs.get('carol')?.unread).toBe(0));
  const shown = told.filter((each) => !each.startsWith('update'));
  expect(shown).toEqual([
    'reset {"lastMessageId":7,"reason":"changes"}',
    'reset {"lastMessageId":4}',
    'message 5 5 none',
    'echo 6 6 sent',
    'message 7 7 none',
    'message 8 8 none',
  ]);
  expect(bob.unread).toBe(4);
});

test('where the answer with what was missed is lost, the rest is read from the history', async () => {
  const { service, client, before, tell } = await startSpeaking(scope, { offlineMessages: 'push' });
  before.push(['missedMessages', { bob: [from('bob', 1, '1'), from('bob', 2, '2')] }, { more: true }]);
  await client.connect();
  const bob = client.direct('bob');
  const told: unknown[] = [];
  bob.on('message', ({ id }) => told.push(id));
  const mine = bob.send({ textMessage: 'mine' });
  (await service.next('directMessage')).answer(from('alice', 5, 'mine'));
  await mine.done;
  before.length = 0;
  // By now 3 and 4 count as sent.
  (await service.next('missedMessagesGet')).cut();
  // The message that was told last is still there, so it is the same log.
  const there = await service.next('directHistoryGet');
  expect(there.params).toEqual(['bob', { direction: 'forward', fromId: 1, limit: 1 }]);
  there.answer([from('bob', 2, '2')]);
  const page = await service.next('directHistoryGet');
  expect(page.params).toEqual(['bob', expect.objectContaining({ direction: 'forward', fromId: 2 })]);
  tell(['directMessage', from('bob', 6, '6')]);
  page.answer([from('bob', 3, '3'), from('bob', 4, '4'), from('alice', 5, 'mine')]);
  (await service.next('missedMessagesGet')).answer({});
  (await service.next('directHistoryGet')).answer([from('bob', 6, '6')]);
  (await service.next('directHistoryGet')).answer([]);
  (await service.next('unreadGet')).answer([]);
  await eventually(() => expect(told).toEqual([3, 4, 6]));
});

/** Told 1 to 3 of bob, and then of an inbox that was reset; gives what the first look at the history asks for. */
async function behindInBob(): Promise<Speaking & { bob: Direct; told: () => string[]; look: Received }> {
  const speaking = await connectSpeaking(scope);
  const { service, client, before, tell } = speaking;
  const bob = client.direct('bob');
  tell(...[1, 2, 3].map((id): Told => ['directMessage', from('bob', id, `${id}`)]));
  await eventually(() => expect(bob.unread).toBe(3));
  const all = heard(bob);
  before.push(['inboxReset', inbox(0)]);
  service.cut();
  const look = await service.next('directHistoryGet');
  expect(look.params).toEqual(['bob', { direction: 'forward', fromId: 2, limit: 1 }]);
  return { ...speaking, bob, look, told: () => all.filter((each) => !each.startsWith('update')) };
}

/** What is said of the three that bob has sent, since changes of them may have been missed. */
const mayHaveChanged = 'reset {"lastMessageId":3,"reason":"changes"}';
const again = (id: number): ValueMap => from('bob', id, `${id} again`, { timestamp: 9_000 + id });

test('a log that was replaced or shortened is known up to its end, and goes on from there', async () => {
  for (const there of [[again(3)], []]) {
    const { service, bob, look, tell, told } = await behindInBob();
    look.answer(there);
    const end = await service.next('directHistoryGet');
    expect(end.params).toEqual(['bob', { direction: 'backward', limit: 1 }]);
    const last = there.length === 0 ? 2 : 5;
    end.answer([again(last)]);
    const rest = await service.next('directHistoryGet');
    expect(rest.params).toEqual(['bob', expect.objectContaining({ direction: 'forward', fromId: last })]);
    rest.answer([]);
    (await service.next('unreadGet')).answer([{ userName: 'bob', unread: last, mentioned: false, last: again(last) }]);
    await eventually(() => expect(bob.unread).toBe(last));
    tell(['directMessage', again(last + 1)]);
    await eventually(() => expect(bob.unread).toBe(last + 1));
    expect(told()).toEqual([
      mayHaveChanged,
      `reset {"lastMessageId":${last}}`,
      `message ${last + 1} again ${last + 1} none`,
    ]);
  }
});

test('a conversation of which nothing is left begins anew, and says so once', async () => {
  const { service, client, bob, look, tell, told } = await behindInBob();
  look.refuse('noUser');
  (await service.next('directHistoryGet')).refuse('noUser');
  (await service.next('unreadGet')).answer([]);
  await eventually(() => expect(bob.unread).toBe(0));
  tell(['directMessage', again(1)]);
  await eventually(() => expect(bob.unread).toBe(1));
  expect(told()).toEqual([mayHaveChanged, 'reset {"lastMessageId":0}', 'message 1 again 1 none']);
  expect(client.seen('error')).toEqual([]);
});

test('a number that is given again without a word is that of another log', async () => {
  const { client, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  const told = heard(bob);
  tell(['directMessage', from('bob', 1, 'one')], ['directMessage', again(1)], ['directMessage', again(1)]);
  await eventually(() => expect(client.seen('directMessage')).toHaveLength(3));
  expect(told.filter((each) => !each.startsWith('update'))).toEqual([
    'message one 1 none',
    'reset {"lastMessageId":0}',
    'message 1 again 1 none',
  ]);
  expect(bob.unread).toBe(1);
});
