// What a node leaves behind, and what is repeated, after a fault: however many sockets it had, whatever life the log is in.
import { beforeAll, expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { join, leave, post, room, starter, userlist } from '../store/room-actions.ts';
import { frame, openStore, type OpenStore } from '../store/store.ts';

const scope = useScope();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(scope);
});
const open: OpenStore = (owner, options) => openStore(owner, redis, options);
const start = starter(open, scope);

test('a sweep ends when the node has no socket left in the room, however many there were', async () => {
  const store = await start({}, { userlistUpdates: false });
  const sockets = Array.from({ length: 14_000 }, (_, i) => ({
    userName: `user-${i}`,
    socketId: `s-${i}`,
    frame: frame('left'),
  }));
  await Promise.all(sockets.map(({ userName, socketId }) => join(store, userName, socketId, 'dead')));
  let swept = 0;
  for (;;) {
    const page = await store.memberships.beginSweep(room, 'dead');
    if (page.length === 0) break;
    swept += page.length;
    for (let at = 0; at < page.length; at += 500) {
      const part = page.slice(at, at + 500).map((one) => ({ ...one, nodeId: 'dead', frame: frame('left') }));
      await store.memberships.leave(room, part, { closed: 'dead' });
    }
  }
  expect(swept).toBe(14_000);
  expect(await userlist(store, 'owner')).toEqual({ count: 0, names: [] });
});

test('a message repeated after its log was given a new life is still the same message', async () => {
  const store = await start();
  await join(store, 'alice');
  const first = await post(store, 'alice', { clientMessageId: 'c-1' });
  const log = store.logOf('n1');
  const at = await log.readPosition(roomTopic(room));
  if (at === 'gone') throw new Error(at);
  await log.rotateEpoch(roomTopic(room), at.epoch);
  expect(await post(store, 'alice', { clientMessageId: 'c-1' })).toMatchObject({
    ...Object(first),
    seq: 3,
    repeated: true,
  });
  // A room made again is another one.
  await leave(store, 'alice');
  expect(await store.rooms.delete(room, rightsOf('owner'), 'n1', frame('deleted'))).toMatchObject({ at: { id: 1 } });
});
