// The client and the service together: clients on two nodes talk, one node is killed, and its client goes on at the other
// with everything it missed.
import { expect, test } from '@jest/globals';
import { connectClient } from '../support/client.ts';
import { checkHistory } from '../support/history-checker.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

test('a client whose node is killed comes back at another one and has everything', async () => {
  const service = await startService(scope, { nodes: 2 });
  const [doomed, other] = [service.node(0), service.node(1)];
  const alice = await connectClient(scope, { urls: [doomed.url, other.url], userName: 'alice' });
  const bob = await connectClient(scope, { urls: other.url, userName: 'bob', format: 'json' });
  await alice.request('roomCreate', { roomName: 'lobby' });
  await Promise.all([alice.join('lobby'), bob.join('lobby')]);
  await bob.next('roomUserJoined', (_, userName) => userName === 'bob');
  expect(await alice.say('lobby', 'hello')).toBe(1);
  expect(await bob.say('lobby', 'hello yourself')).toBe(2);
  await alice.next('roomMessage', (_, { id }) => id === 2);
  await bob.next('roomMessage', (_, { id }) => id === 2);

  // Posts are on their way on both sides while the node dies.
  const said = ['a', 'b', 'c', 'd'].flatMap((key) => [
    alice.say('lobby', `alice ${key}`),
    bob.say('lobby', `bob ${key}`),
  ]);
  await doomed.kill();
  await alice.next('recovered');
  expect((await Promise.all(said)).toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  expect(await bob.say('lobby', 'welcome back')).toBe(11);
  await alice.next('roomMessage', (_, { id }) => id === 11);
  await bob.next('roomMessage', (_, { id }) => id === 11);
  expect(alice.seen('reconnect')).toHaveLength(1);

  const log = await bob.request('roomHistoryGet', { roomName: 'lobby', id: 0, limit: 100 });
  const { epoch } = await bob.request('roomHistoryInfo', { roomName: 'lobby' });
  const verdict = checkHistory({
    acknowledged: [...alice.acknowledged, ...bob.acknowledged],
    unacknowledged: [...alice.unacknowledged, ...bob.unacknowledged],
    transcripts: [...alice.historyTranscripts('alice'), ...bob.historyTranscripts('bob')],
    logs: [
      {
        roomName: 'lobby',
        epoch,
        messages: log.toReversed().map(({ id, key }) => ({ id: Number(id), key: typeof key === 'string' ? key : '' })),
      },
    ],
  });
  expect(verdict.violations).toEqual([]);
  expect(verdict.counts).toMatchObject({ acknowledged: 11, observers: 2, logged: 11, observed: 22, resets: 0 });
  expect([alice, bob].map(({ counters }) => counters.gaps)).toEqual([0, 0]);
});
