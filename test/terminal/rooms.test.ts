// Rooms that people belong to, at the terminals of three of them, on two nodes.
import { expect, test } from '@jest/globals';
import { connectClient } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';
import { startPerson } from './person.ts';

const scope = useScope();

test('a room is made, people are added and removed, and each is told in words', async () => {
  const { nodes } = await startService(scope, { nodes: 2 });
  const [first, second] = nodes as [ServiceNode, ServiceNode];
  // Whoever is to belong to a room has been there once.
  await connectClient(scope, { urls: first.url, userName: 'carol' });
  const [ann, bob] = [await startPerson(scope, 'ann', [first]), await startPerson(scope, 'bob', [second])];
  for (const person of [ann, bob]) await person.sees(/^· Connected\./);
  await ann.enter('/new "Tea at five" bob');
  await ann.sees('"Tea at five" ›');
  const told = (await bob.sees(/^· ann added you to "Tea at five" \(/)).join(' ');
  const name = /\(([^)]+)\)/.exec(told)?.[1] ?? '';
  await bob.enter(`/join ${name}`);
  await bob.sees('"Tea at five" ›');
  await bob.enter('gladly');
  await ann.sees('00:00 bob: gladly');

  await ann.enter('/add carol nobody');
  await bob.sees('· "Tea at five": ann added carol.');
  await ann.sees(/^! nobody: Nobody is called nobody\./);
  await ann.enter('/role carol admin');
  await bob.sees('· "Tea at five": ann made carol an admin.');
  await ann.enter('/members');
  await ann.sees(/^ *○ carol \(admin\)$|^ *● carol \(admin\)$/);
  await ann.sees(/^ *● ann \(owner\)$/);
  await ann.enter('/set title Coffee');
  await bob.sees('· "Coffee": ann set title to Coffee.');
  for (const person of [ann, bob]) await person.sees('"Coffee" ›');
  await bob.enter('/set title Rum');
  await bob.sees(/^! You may not do this with/);
  await bob.sees('"Coffee" ›');
  await ann.enter('/remove bob');
  await bob.sees('· ann removed you from "Coffee".');
  await ann.sees('· "Coffee": you removed bob.');
}, 120_000);

test('who is silenced is told until when, slow mode for how long, and what is said is found', async () => {
  const { nodes } = await startService(scope, { nodes: 1 });
  const [ann, bob] = [await startPerson(scope, 'ann', nodes), await startPerson(scope, 'bob', nodes)];
  for (const person of [ann, bob]) await person.sees(/^· Connected\./);
  await ann.enter('/new Tea bob');
  await ann.sees('"Tea" ›');
  const name = /\(([^)]+)\)/.exec((await bob.sees(/^· ann added you/)).join(' '))?.[1] ?? '';
  await bob.enter(`/join ${name}`);
  await bob.sees('"Tea" ›');
  await bob.enter('one');
  await ann.sees('00:00 bob: one');
  await ann.enter('/silence bob 10');
  await bob.sees(/^· "Tea": ann silenced you until /);
  await bob.enter('two');
  await bob.sees(/^! Not sent: "two" You may read in/);
  await ann.enter('/unsilence bob');
  await bob.sees('· "Tea": ann lets you write again.');
  await bob.enter('three');
  await ann.sees('00:00 bob: three');
  await ann.enter('/slow 30');
  await bob.sees(/^· "Tea": ann set slow mode: 30 s/);
  await ann.enter('/search by:bob since:00:00');
  const rows = await ann.sees(/^· 2 found, oldest first:$/);
  expect(rows.filter((row) => / bob: (one|three)$/.test(row) && row.startsWith('  '))).toHaveLength(2);
  await ann.enter('/mute');
  await ann.sees(/no push any more/);
  await ann.enter('/rooms');
  await ann.sees(/› "Tea"/);
  await bob.enter('/status back at two');
  await ann.sees('· bob is: back at two');
  await bob.enter(`/remove bob`);
  await ann.sees('· "Tea": bob left it for good.');
  await bob.enter('/add ann');
  await bob.sees(/^! /);
}, 120_000);
