// A node whose commands reach Redis while its subscriptions are stuck: joins and leaves happen that its feeds do not know
// of yet. When the bus is back, each socket hears the rooms that it is in, and no others.
import { expect, test } from '@jest/globals';
import { notificationFrame } from '../../src/protocol/wire/frame.ts';
import { about, fenceRoom, idsHeard } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import type { User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startSplitNode, whileLate, type Split } from './split-node.ts';

const scope = useScope();

/** Two users, one of whom has made a room and is in it. */
async function startLobby(): Promise<{ node: Split; alice: User; bob: User }> {
  const node = await startSplitNode(scope);
  const [alice, bob] = [await node.login('alice'), await node.login('bob')];
  await alice.call('roomCreate', 'lobby');
  await alice.call('roomJoin', 'lobby');
  return { node, alice, bob };
}

test('who joins and leaves before the bus has brought either does not hear the room', async () => {
  const { node, alice, bob } = await startLobby();
  await whileLate(node, async () => {
    await bob.call('roomJoin', 'lobby');
    await bob.call('roomLeave', 'lobby');
  });
  await alice.call('roomMessage', 'lobby', { text: 'bob is not here' });
  await fenceRoom(alice, 'lobby', alice);
  await bob.call('ping');
  expect(about(bob, 'lobby').filter(([name]) => name === 'roomMessage')).toEqual([]);
  // Coming back, bob hears it again.
  await bob.call('roomJoin', 'lobby');
  await fenceRoom(alice, 'lobby', alice, bob);
});

test('what leaves out a socket that has joined before the bus has brought that, leaves it out all the same', async () => {
  const { node, alice, bob } = await startLobby();
  await whileLate(node, async () => {
    await bob.call('roomJoin', 'lobby');
    for (const [socket, name] of [
      [bob, 'but bob'],
      [alice, 'but alice'],
    ] as const) {
      await node.publish('lobby', socket, notificationFrame('roomUserJoined', ['lobby', name]));
    }
  });
  await fenceRoom(alice, 'lobby', alice, bob);
  const heard = (user: User): unknown[] => user.heard('roomUserJoined').map(([, name]) => name);
  expect(heard(bob)).toEqual(['bob', 'but alice']);
  expect(heard(alice)).toEqual(['alice', 'bob', 'but bob']);
});

test('who joins a room made again before the bus has told of the end of the old one is in the new one', async () => {
  const { node, alice, bob } = await startLobby();
  for (let i = 0; i < 5; i++) await alice.call('roomMessage', 'lobby', { i });
  const owner = await node.login('alice');
  await whileLate(node, async () => {
    await owner.call('roomDelete', 'lobby');
    await owner.call('roomCreate', 'lobby');
    await bob.call('roomJoin', 'lobby');
  });
  await bob.call('roomMessage', 'lobby', { text: 'the first one here' });
  await fenceRoom(bob, 'lobby', bob);
  // Or it is told to read again up to that: the node may have found the new room by reading, behind the message.
  const resetsAt = about(bob, 'lobby').flatMap(([name, , , id]) => (name === 'roomReset' ? [id] : []));
  expect([...idsHeard(bob, 'lobby'), ...resetsAt]).toContain(1);
  expect(idsHeard(alice, 'lobby')).toEqual([1, 2, 3, 4, 5]);
});

test('who has logged in before the bus has brought it is closed with the user’s other sockets', async () => {
  const node = await startSplitNode(scope);
  const sockets = [await node.login('alice')];
  await whileLate(node, async () => {
    sockets.push(await node.login('alice'));
    expect(await node.admin.disconnectUser('alice', 'enough')).toBe(2);
  });
  for (const { raw } of sockets) expect(await raw.closed).toEqual({ code: 4502, reason: 'enough' });
  // The next one is another socket than those that were meant.
  expect(await (await node.login('alice')).call('ping')).toBeGreaterThan(0);
});

test('who was taken out before the bus has told so is told, not closed, when the node compares its sockets', async () => {
  const node = await startSplitNode(scope);
  const [alice, bob] = [await node.login('alice'), await node.login('bob')];
  const rooms = ['barred', 'deleted', 'kept'];
  for (const room of rooms) {
    await alice.call('roomCreate', room);
    await bob.call('roomJoin', room);
  }
  await whileLate(node, async () => {
    await alice.call('roomAddToList', 'barred', 'blacklist', ['bob']);
    await alice.call('roomDelete', 'deleted');
    await node.compare(rooms);
  });
  await node.compare(rooms);
  await eventually(() => expect(bob.heard('roomAccessRemoved')).toHaveLength(2));
  await alice.call('roomJoin', 'kept');
  await fenceRoom(alice, 'kept', alice, bob);
});
