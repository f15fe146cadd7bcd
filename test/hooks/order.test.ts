// Hooks come before a message has its place in the room: one that takes long must not let a later one overtake.
import { expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { field } from '../chat/world.ts';
import type { Call } from '../support/rpc.ts';
import { useHookedWorld } from './hooked-service.ts';

const world = useHookedWorld({
  env: { PARLEY_HOOKS: fileURLToPath(new URL('unsteady.mjs', import.meta.url)), PARLEY_HOOKS_TIMEOUT_MS: '5000' },
});

test('messages of one socket keep their order, however long the hooks take with each', async () => {
  const poster = await world.login(world.fresh('poster'));
  const room = world.fresh('room');
  await poster.call('roomCreate', room);
  await poster.call('roomJoin', room);
  const posts = Array.from({ length: 20 }, (_, n): Call => ['roomMessage', room, { n }]);
  const outcomes = await Promise.all(poster.callAll(...posts, ['roomLeave', room], ['roomMessage', room, { n: 20 }]));
  const ids = posts.map((_, n) => ({ result: n + 1 }));
  expect(outcomes).toMatchObject([...ids, { result: 0 }, { error: { code: 'notJoined' } }]);
  const heard = poster.heard('roomMessage').map(([, message]) => [field(message, 'n'), field(message, 'id')]);
  expect(heard).toEqual(posts.map((_, n) => [n, n + 1]));
});
