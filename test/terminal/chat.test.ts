// Two people at terminals of their own, on two nodes: what each types, and what each sees.
import { expect, test } from '@jest/globals';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';
import { startPerson } from './person.ts';

const scope = useScope();

test('people talk in a room: history, who is there, typing, comings and goings', async () => {
  const { nodes } = await startService(scope, { nodes: 2 });
  const [first, second] = nodes as [ServiceNode, ServiceNode];
  const carol = await connectClient(scope, { urls: first.url, userName: 'carol' });
  await carol.request('roomCreate', { roomName: 'lobby' });
  await carol.join('lobby');
  for (const textMessage of ['one', 'two\nlines', '\u001b[2Jthree']) await carol.post('lobby', { textMessage });

  const ann = await startPerson(scope, 'ann', [first], '--room', 'lobby');
  await ann.sees('· In lobby: ann and carol.');
  await ann.sees('lobby ›');
  const rows = await ann.sees('00:00 carol: ␛[2Jthree');
  const from = rows.indexOf('00:00 carol: one');
  expect(rows.slice(from, from + 4)).toEqual([
    '00:00 carol: one',
    '00:00 carol: two',
    '             lines',
    '00:00 carol: ␛[2Jthree',
  ]);

  const bob = await startPerson(scope, 'bob', [second], '--room', 'lobby');
  await bob.sees(/^· In lobby: ann, bob and carol\.$/);
  await ann.sees('· lobby: bob came in.');
  await bob.terminal.type('hel');
  // It is told for a second only: until it is seen there is more to be typed.
  await eventually(async () => {
    await bob.terminal.type('l');
    await bob.terminal.press('BSpace');
    expect(await ann.terminal.rows()).toContain('lobby (bob is typing) ›');
  });
  await ann.terminal.type('unfinished');
  await bob.terminal.type('lo');
  await bob.terminal.press('Enter');
  await ann.sees('00:00 bob: hello');
  await ann.sees('lobby › unfinished');
  await ann.terminal.press('Enter');
  for (const person of [ann, bob]) {
    const seen = (await person.sees('00:00 ann: unfinished')).filter((row) => row.includes('unfinished'));
    expect(seen).toHaveLength(1);
  }
  await bob.terminal.press('C-c');
  await bob.ends();
  await ann.sees('· lobby: bob left.');
}, 120_000);

test('there are several rooms with a current one, direct messages, and mistakes are told', async () => {
  const { nodes } = await startService(scope, { nodes: 1 });
  const ann = await startPerson(scope, 'ann', nodes, '--room', 'lobby', '--room', 'kitchen');
  const bob = await startPerson(scope, 'bob', nodes, '--room', 'kitchen');
  await ann.sees('lobby ›');
  await bob.sees('kitchen ›');
  await bob.enter('tea?');
  await ann.sees('00:00 [kitchen] bob: tea?');
  await ann.enter('/join kitchen');
  await ann.sees('kitchen ›');
  await ann.enter('yes');
  await bob.sees('00:00 ann: yes');

  await ann.enter('/msg bob psst');
  await bob.sees('00:00 [@ann] ann: psst');
  await ann.sees('00:00 [@bob] ann: psst');
  await bob.enter('/msg ann');
  await bob.sees('@ann ›');
  await bob.enter('what?');
  await ann.sees('00:00 [@bob] bob: what?');
  await bob.enter('/read');
  await bob.sees('· @ann: all read.');
  // What was seen as it came is not told as unread.
  expect((await ann.sees('00:00 [@bob] bob: what?')).join('\n')).not.toContain('unread');
  await bob.enter('/rooms');
  await bob.sees(/^ *› @ann$/);

  await ann.enter('/jion lobby');
  await ann.sees(/^! There is no command \/jion\. Did you mean \/join\?/);
  await ann.enter('/msg nobody hello');
  await ann.sees(/^! Not sent: "hello" Nobody is called nobody\./);
  await ann.enter('/leave');
  await ann.sees('· You have left kitchen.');
  await ann.sees('lobby ›');
  await ann.enter('/who');
  await ann.sees('· In lobby: ann.');
  await ann.enter('/help');
  await ann.sees(/\/quit +end/);
  await ann.enter('/quit');
  await ann.ends();
  // What was not read, and what came while one was away, is told at the next login, and shown where it is asked for.
  for (const text of ['one', 'two']) await bob.enter(text);
  await bob.sees('00:00 bob: two');
  const again = await startPerson(scope, 'ann', nodes);
  await again.sees('· 3 unread from bob: /msg bob shows them.');
  await again.enter('/msg bob');
  await again.sees('@bob ›');
  await again.sees('00:00 bob: two');
}, 120_000);

test('a lost connection is told, and what was missed is there when it is back', async () => {
  const { nodes } = await startService(scope, { nodes: 2 });
  const [first, second] = nodes as [ServiceNode, ServiceNode];
  const bob = await connectClient(scope, { urls: second.url, userName: 'bob' });
  await bob.request('roomCreate', { roomName: 'lobby' });
  await bob.join('lobby');
  const ann = await startPerson(scope, 'ann', [first, second], '--room', 'lobby');
  await ann.sees('lobby ›');
  await ann.sees(/^· In lobby/);
  await ann.terminal.type('half a line');
  await first.kill();
  await bob.post('lobby', { textMessage: 'while you were away' });
  await ann.sees(/^! Connection lost/);
  await ann.sees('· Connected again.');
  await ann.sees('00:00 bob: while you were away');
  await ann.sees('lobby › half a line');
  await ann.terminal.press('Enter');
  await bob.next('roomMessage', (_, { textMessage }) => textMessage === 'half a line');
}, 120_000);

test('who loses a room is told, and goes on in another one', async () => {
  const { nodes } = await startService(scope, { nodes: 1 });
  const bob = await connectClient(scope, { urls: nodes[0]?.url ?? '', userName: 'bob' });
  await bob.request('roomCreate', { roomName: 'lobby' });
  await bob.join('lobby');
  const ann = await startPerson(scope, 'ann', nodes, '--room', 'lobby', '--room', 'kitchen');
  await ann.sees('lobby ›');
  await ann.sees('· In lobby: ann and bob.');
  await bob.request('roomAddToList', { roomName: 'lobby', listName: 'blacklist', userNames: ['ann'] });
  await ann.sees(/^! You are no longer in lobby: /);
  await ann.sees('kitchen ›');
  await ann.enter('/join lobby');
  await ann.sees(/^! You may not do this with lobby\./);
  await ann.sees('kitchen ›');
  await ann.enter('/retry');
  await ann.sees('· You are connected.');
}, 120_000);
