// Messages that change, as people at terminals and programs in pipes see them, and what they type to change them.
import { expect, test } from '@jest/globals';
import { help, readLine } from '../../src/terminal/commands.ts';
import { connectClient } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';
import { startPerson } from './person.ts';

const scope = useScope();

test('a line says which message is meant, and what is to become of it', () => {
  expect(readLine('/edit #41 tea at five')).toEqual({ kind: 'edit', id: 41, text: 'tea at five' });
  expect(readLine('/edit #41st street')).toEqual({ kind: 'edit', id: undefined, text: '#41st street' });
  expect(readLine('/reply yes')).toEqual({ kind: 'reply', id: undefined, text: 'yes' });
  expect(readLine('/recall')).toEqual({ kind: 'recall', id: undefined, reason: undefined });
  expect(readLine('/recall #7 off topic')).toEqual({ kind: 'recall', id: 7, reason: 'off topic' });
  expect(readLine('/react 👍')).toEqual({ kind: 'react', id: undefined, key: '👍', isRemoved: false });
  expect(readLine('/react #7 -👍')).toEqual({ kind: 'react', id: 7, key: '👍', isRemoved: true });
  expect(readLine('/last 3')).toEqual({ kind: 'last', count: 3 });
  for (const line of ['/edit', '/edit #41', '/reply', '/react', '/react #7', '/last 0', '/last x'])
    expect(readLine(line)).toEqual({ kind: 'mistake', sentence: expect.stringContaining('is given so: ') });
  for (const name of ['edit', 'recall', 'reply', 'react', 'last']) expect(help).toContain(`/${name} `);
});

test('people edit, recall, react and answer: each sees what has become of a message', async () => {
  const { nodes } = await startService(scope, { nodes: 2 });
  const [first, second] = nodes as [ServiceNode, ServiceNode];
  const ann = await startPerson(scope, 'ann', [first], '--room', 'lobby');
  await ann.sees('lobby ›');
  const bob = await startPerson(scope, 'bob', [second], '--room', 'lobby');
  await bob.sees('lobby ›');
  await ann.enter('/edit nothing');
  await ann.sees('! There is no message here to edit.');
  await ann.enter('tee?');
  await bob.sees('00:00 ann: tee?');
  await ann.enter('/edit tea?');
  for (const person of [ann, bob]) await person.sees('00:00 ann (edited): tea?');
  await bob.enter('/reply yes');
  for (const person of [ann, bob]) await person.sees('00:00 bob (to ann "tea?"): yes');
  await ann.enter('/react 👍');
  await ann.sees('· lobby: you reacted with 👍 to "yes".');
  await bob.sees('· lobby: ann reacted with 👍 to "yes".');
  await ann.enter('/react -👍');
  await bob.sees('· lobby: ann took 👍 back from "yes".');
  await bob.enter('/react #1 🍵');
  await ann.sees('· lobby: bob reacted with 🍵 to "tea?".');
  await bob.enter('/last');
  await bob.sees(/^· #1 .* ann \(edited, 1 answer, 🍵 1\): tea\?$/);
  await bob.enter('/edit #1 mine');
  await bob.sees('! That message is not yours to change, or not any more.');
  await bob.enter('/recall #2 never mind');
  for (const person of [ann, bob]) await person.sees(/^00:00 bob \(#2, never mind\): \(taken back\)$/);
  await bob.enter('/recall #2');
  await bob.sees('! The message #2 was taken back.');
  for (const id of [0, 99]) {
    await bob.enter(`/react #${id} 🍵`);
    await bob.sees(`! There is no message #${id} here: /last tells the numbers.`);
  }

  await ann.enter('/msg bob psst');
  await bob.sees('00:00 [@ann] ann: psst');
  await ann.enter('/msg bob');
  await ann.sees('@bob ›');
  await bob.enter('/msg ann');
  await bob.sees('@ann ›');
  await ann.enter('/edit hush');
  await bob.sees('00:00 ann (edited): hush');
}, 120_000);

test('what is being written is a line once it is there, and what nobody finishes as well', async () => {
  const { nodes } = await startService(scope, { nodes: 1 });
  const ann = await startPerson(scope, 'ann', nodes, '--room', 'lobby');
  await ann.sees('lobby ›');
  const bob = await connectClient(scope, { urls: nodes[0]?.url ?? '', userName: 'bob' });
  await bob.join('lobby');
  const id = await bob.post('lobby', { textMessage: 'One', done: false });
  await bob.post('lobby', { textMessage: 'meanwhile' });
  await ann.sees('00:00 bob: meanwhile');
  const append = (text: string, options: object) =>
    bob.request('roomMessageAppend', { roomName: 'lobby', id, text, options });
  await append(' two', {});
  await append(' three', { done: true });
  const rows = await ann.sees('00:00 bob: One two three');
  expect(rows.filter((row) => row.includes('One'))).toEqual(['00:00 bob: One two three']);
  await bob.post('lobby', { textMessage: 'I was inter', done: false });
  await ann.sees('00:00 bob (not finished): I was inter');
}, 120_000);
