// Many sockets of one user go at once: they leave their rooms together, and what others hear is as if each had left alone.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { about } from './world.ts';

const scope = useScope();
const SOCKETS = 30;
const rooms = Array.from({ length: 8 }, (_, i) => `room-${i}`);

test('sockets that close at once leave with few commands; the last ones tell the room, all are echoed', async () => {
  const service = await startService(scope, { redis: await startRedis(scope), nodes: 2 });
  const [here, there] = [service.node(0), service.node(1)];
  const login = (userName: string, at = here): Promise<User> => loginRpc(scope, at.url, userName);
  const leaves = async (): Promise<number> =>
    (await here.metrics()).sum('parley_redis_command_duration_seconds_count', { command: 'leave-room' });
  const [owner, watcher] = [await login('owner'), await login('ann', there)];
  for (const room of rooms) {
    await owner.call('roomCreate', room);
    await owner.call('roomJoin', room);
  }
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => login('ann')));
  for (const room of rooms) await Promise.all(sockets.map((socket) => socket.call('roomJoin', room)));

  for (const { raw } of sockets) raw.terminate();
  await eventually(() => expect(watcher.heard('socketDisconnectEcho')).toHaveLength(SOCKETS));
  await owner.call('ping');

  const ids = sockets.map(({ authData }) => authData.id);
  for (const room of rooms) {
    const echoes = watcher.heard('roomLeftEcho').filter(([name]) => name === room);
    expect(new Set(echoes.map(([, id]) => id))).toEqual(new Set(ids));
    expect(echoes).toHaveLength(SOCKETS);
    expect(echoes.map(([, , njoined]) => njoined)).toEqual(ids.map((_, i) => SOCKETS - 1 - i));
    await eventually(() => expect(about(owner, room).filter(([name]) => name === 'roomUserLeft')).toHaveLength(1));
    expect(await owner.call('roomUserSeen', room, 'ann')).toMatchObject({ joined: false });
  }
  for (const id of ids) {
    const named = watcher.received.flatMap((entry) =>
      'name' in entry && entry.params.includes(id) ? [entry.name] : [],
    );
    expect(named.lastIndexOf('roomLeftEcho')).toBeLessThan(named.indexOf('socketDisconnectEcho'));
  }
  // One for each room of each batch, and not of each socket.
  expect(await leaves()).toBeLessThan((SOCKETS * rooms.length) / 2);
  expect(Object.keys((await watcher.call('listOwnSockets')) ?? {})).toEqual([watcher.authData.id]);
});
