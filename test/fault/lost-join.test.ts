// A failover that lost a login and a join: no room's log tells of them, but the user's log does. All sockets of that user
// start afresh, since what was lost of it may have closed any of them; nobody else does.
import { expect, test } from '@jest/globals';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedis, startReplica } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

test('a user whose second login and join were lost comes back with both sockets, and both are occupants again', async () => {
  const primary = await startRedis(scope);
  const link = await startLink(scope, primary.port);
  // No notices, so that the room's log is the same with and without the lost join.
  const service = await startService(scope, { nodes: 1, redis: link, env: { PARLEY_USERLIST_UPDATES: 'off' } });
  const { url } = service.node(0);
  const first = await connectClient(scope, { urls: url, userName: 'ann' });
  await first.request('roomCreate', { roomName: 'lobby' });
  await first.join('lobby');
  const other = await connectClient(scope, { urls: url, userName: 'bob' });
  await other.join('lobby');
  await first.say('lobby', 'one');
  const replica = await startReplica(scope, primary);
  await first.say('lobby', 'two');
  const promoted = replica.client();
  await eventually(async () => {
    expect(await promoted.xlen(`${service.prefix}:{room:lobby}:history`)).toBe(2);
  });
  await promoted.replicaof('NO', 'ONE');

  const second = await connectClient(scope, { urls: url, userName: 'ann' });
  await second.join('lobby');
  link.setTarget(replica.port);
  link.cut();
  await primary.kill();

  for (const client of [first, second]) {
    await client.next('disconnect', ({ code }) => code === 4002);
    await client.next('recovered');
  }
  const sockets = await first.request('listOwnSockets', {});
  expect(sockets).toEqual({ [first.socketId ?? '']: ['lobby'], [second.socketId ?? '']: ['lobby'] });
  await second.say('lobby', 'three');
  await first.next('roomMessage', (_, { key }) => key === 'three');
  await other.next('roomMessage', (_, { key }) => key === 'three');
  expect(other.seen('disconnect')).toEqual([]);
});
