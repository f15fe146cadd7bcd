// A node dies between a change of a room's rules and telling those who lost the room by it: their sockets that had not joined,
// on nodes that have nobody in the room, hear of it all the same. The test changes the rules itself, as a node that is
// registered, and lets that node's lease end.
import { expect, test } from '@jest/globals';
import { leftPrefix } from '../../src/protocol/membership.ts';
import { notificationFrame } from '../../src/protocol/wire/frame.ts';
import { Keyspace, roomTopic } from '../../src/redis/keys.ts';
import { SERVICE } from '../../src/store/rights.ts';
import { Lease } from '../../src/store/node/lease.ts';
import type { Changed } from '../../src/store/access/changed.ts';
import { until } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { openStore, type Store } from '../store/store.ts';

const scope = useScope();
const unheard = (): void => undefined;

/** Each takes bob out of a room, as it is, by another step. */
const changes: Readonly<Record<string, (store: Store, room: string) => Promise<Changed | string | object>>> = {
  'the blacklist': ({ access }, room) =>
    access.addToList(room, SERVICE, {
      listName: 'blacklist',
      names: ['bob'],
      badName: undefined,
      frame: notificationFrame('roomAccessListAdded', [room, 'blacklist', ['bob']]),
      leftPrefix: leftPrefix(room),
    }),
  'the mode': ({ access }, room) =>
    access.setMode(room, SERVICE, {
      whitelistOnly: true,
      frame: notificationFrame('roomModeChanged', [room, true]),
      leftPrefix: leftPrefix(room),
    }),
  'another owner': async ({ access }, room) => {
    await access.setMode(room, SERVICE, {
      whitelistOnly: true,
      frame: notificationFrame('roomModeChanged', [room, true]),
      leftPrefix: leftPrefix(room),
    });
    return access.changeOwner(room, '', { addedPrefix: Buffer.alloc(0), leftPrefix: leftPrefix(room) });
  },
};

test('who was taken out of a room is told by the sweeper of the node that had to', async () => {
  const redis = await startRedis(scope);
  const env = { PARLEY_NODE_LEASE_MS: '4000' };
  const service = await startService(scope, { nodes: 2, redis, env });
  const [near, far] = [service.node(0).url, service.node(1).url];
  const lease = new Lease(new Keyspace(service.prefix), 60_000);
  const store = await openStore(scope, redis, { prefix: service.prefix, instance: lease });
  const events = { suspended: unheard, resumed: unheard, lost: unheard, onError: unheard };
  lease.start({ own: store.commands, commands: store.commands }, events);
  await lease.register();

  const bob = await loginRpc(scope, near, 'bob');
  // On the far node nobody is in any of the rooms.
  const elsewhere = await loginRpc(scope, far, 'bob');
  const synced = await loginRpc(scope, far, 'bob', { credentials: { userName: 'bob', enableSync: true } });
  const alice = await loginRpc(scope, near, 'alice');
  const rooms: string[] = [];
  for (const [what, change] of Object.entries(changes)) {
    const room = `room of ${what}`;
    rooms.push(room);
    const owner = what === 'another owner' ? bob : alice;
    await owner.call('roomCreate', room);
    await bob.call('roomJoin', room);
    await lease.add([roomTopic(room)]);
    const changed = await change(store, room);
    expect([what, changed]).toMatchObject([
      what,
      { evicted: [{ userName: 'bob', nodeIds: [service.node(0).nodeId] }] },
    ]);
    await until(bob, 'roomAccessRemoved', ([name]) => name === room);
  }
  for (const socket of [elsewhere, synced]) {
    await socket.call('ping');
    expect(socket.heard('roomAccessRemoved')).toEqual([]);
  }
  await lease.release(0);
  await eventually(() => {
    for (const socket of [elsewhere, synced]) {
      const heard = socket.heard('roomAccessRemoved').map(([room]) => room);
      expect(heard).toHaveLength(rooms.length);
      expect(new Set(heard)).toEqual(new Set(rooms));
    }
  });
  // Whom the room's own event has told is not told twice, and nothing is left to be told.
  await bob.call('ping');
  expect(bob.heard('roomAccessRemoved')).toHaveLength(rooms.length);
  await eventually(async () => {
    expect(Object.keys(await store.ttls()).filter((key) => key.endsWith(':evicted'))).toEqual([]);
  });
});
