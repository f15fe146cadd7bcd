// A node that is away from the bus for longer than the ring of a room's events reaches back: what was told meanwhile is not made up of what
// is left of it. Who is there is told to read again, once, and all that follows is told; who names its position gets what has changed.
import { expect, test } from '@jest/globals';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import type { Rpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { say, update } from '../store/change-actions.ts';
import { openStore } from '../store/store.ts';
import { startSplitNode, whileCut } from './split-node.ts';

const scope = useScope();
const room = 'lobby';

/** What was heard of the room's changes and resets, in order. */
const told = (by: Rpc): (number | string)[] =>
  by.received.flatMap((entry): (number | string)[] => {
    if (!('name' in entry)) return [];
    if (entry.name === 'roomMessageChanged') return [Number(Object(entry.params[1]).change)];
    return entry.name === 'roomReset' ? [`reset at ${Number(entry.params[2])}`] : [];
  });

// By number, and by bytes: 1000 events are kept, and a MiB of them.
test.each([
  ['number', 1100, 1],
  ['bytes', 120, 12_000],
])('changes that pass the ring by their %s are told by a reset, and go on behind it', async (_, count, length) => {
  const node = await startSplitNode(scope);
  const [alice, bob] = [await node.login('alice'), await node.login('bob')];
  await alice.call('roomCreate', room);
  for (const user of [alice, bob]) await user.call('roomJoin', room);
  for (const textMessage of ['a', 'b', 'c']) await alice.call('roomMessage', room, { textMessage });
  const client = await connectClient(scope, { urls: node.url, userName: 'clara' });
  await client.join(room);
  await alice.call('roomMessageReact', room, 1, '+');
  await bob.next('roomMessageChanged');
  await client.next('roomMessageChanged');
  const { epoch } = client.position(room) ?? {};

  const store = await openStore(scope, node.redis, { prefix: node.prefix });
  await whileCut(node, async () => {
    const texts = Array.from({ length: count }, (__, i) => `${i}${'x'.repeat(length)}`);
    const made = await Promise.all(texts.map((textMessage, i) => update(store, 'alice', 1 + (i % 2), { textMessage })));
    expect(made.filter((one) => typeof one === 'string')).toEqual([]);
  });

  await eventually(() => expect(told(bob)).toContain('reset at 3'));
  const next = count + 2;
  await alice.call('roomMessageReact', room, 3, '+');
  await eventually(() => expect(told(bob)).toContain(next));
  // Before the reset what there was, without a hole; behind it what came then.
  const heard = told(bob);
  const before = heard.slice(0, heard.indexOf('reset at 3'));
  expect(before).toEqual(before.map((__, i) => i + 1));
  expect(before.length).toBeLessThan(count);
  expect(heard.slice(before.length)).toEqual(['reset at 3', next]);

  // The library is told as well; its number is that of the last one, and what it reads then is the latest.
  await client.next('roomReset');
  await eventually(() => expect(client.position(room)).toMatchObject({ epoch, lastMessageId: 3, lastChange: next }));
  expect(client.seen('roomMessageChanged').map(([, { change }]) => change)).toEqual(heard.filter(Number));
  expect(client.counters).toEqual({ duplicates: 0, gaps: 0 });
  const versions: number[] = [];
  for await (const { version } of client.room(room).history({ direction: 'forward' })) versions.push(version);
  expect(versions).toEqual([count / 2 + 1, count / 2 + 1, 1]);

  // Who comes back from before gets the messages as they are now.
  const carol = await node.login('carol');
  const position = { roomName: room, epoch: epoch ?? '', lastMessageId: 3, lastChange: 1 };
  const [entry] = (await carol.call('roomsJoin', [position])) as [Record<string, unknown>];
  expect(entry).toMatchObject({ recovered: true, messages: [], changesRecovered: true, lastChange: next });
  expect(entry['changes']).toMatchObject([
    { id: 1, version: count / 2 + 1 },
    { id: 2, version: count / 2 + 1 },
    { id: 3, reactions: { '+': 1 } },
  ]);
});

test('what is left behind a hole is not given as if it were all', async () => {
  const node = await startSplitNode(scope);
  const [alice, bob] = [await node.login('alice'), await node.login('bob')];
  await alice.call('roomCreate', room);
  for (const user of [alice, bob]) await user.call('roomJoin', room);
  for (const textMessage of ['a', 'b']) await alice.call('roomMessage', room, { textMessage });
  await bob.next('roomMessage');
  const store = await openStore(scope, node.redis, { prefix: node.prefix });
  await whileCut(node, async () => {
    await update(store, 'alice', 1, { textMessage: 'lost with the ring' });
    // Messages are in the history, whatever becomes of the ring.
    await say(store, 'alice', { textMessage: 'c' });
    await store.client.del(store.keys.room(room).events);
    await update(store, 'alice', 2, { textMessage: 'in the new ring' });
  });
  await eventually(() => expect(told(bob)).toEqual(['reset at 3']));
  await alice.call('roomMessageReact', room, 3, '+');
  await eventually(() => expect(told(bob)).toEqual(['reset at 3', 3]));
  expect(bob.heard('roomMessage').map(([, message]) => Object(message).id)).toEqual([1, 2]);
});
