// A failover that lost joins of which the lost part of the log told: whoever is not an occupant any more does not go on
// hearing the room, however far the old log had grown.
import { expect, test } from '@jest/globals';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedis, startReplica } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

test('a join lost with later events comes back as a join, not as a listener who is no occupant', async () => {
  const primary = await startRedis(scope);
  const link = await startLink(scope, primary.port);
  const service = await startService(scope, { nodes: 1, redis: link });
  const { url } = service.node(0);
  const ann = await connectClient(scope, { urls: url, userName: 'ann' });
  const bob = await connectClient(scope, { urls: url, userName: 'bob' });
  await ann.request('roomCreate', { roomName: 'lobby' });
  await ann.join('lobby');
  const replica = await startReplica(scope, primary);
  await ann.say('lobby', 'one');
  const promoted = replica.client();
  await eventually(async () => {
    expect(await promoted.xlen(`${service.prefix}:{room:lobby}:history`)).toBe(1);
  });
  await promoted.replicaof('NO', 'ONE');

  for (const key of ['two', 'three', 'four']) await ann.say('lobby', key);
  await bob.join('lobby');
  link.setTarget(replica.port);
  link.cut();
  await primary.kill();

  await bob.next('disconnect', ({ code }) => code === 4002);
  await eventually(async () => {
    expect(await ann.request('roomUserSeen', { roomName: 'lobby', userName: 'bob' })).toMatchObject({ joined: true });
  });
  await bob.say('lobby', 'five');
  await ann.next('roomMessage', (_, { key }) => key === 'five');
});
