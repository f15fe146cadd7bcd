// The bound of evictions for a socket that is still being joined: its answer is held back by a hook while its user loses
// the room and others go on posting.
import { expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { field } from '../chat/world.ts';
import type { Call } from '../support/rpc.ts';
import { useHookedWorld } from './hooked-service.ts';

const world = useHookedWorld({
  env: {
    PARLEY_HOOKS: fileURLToPath(new URL('patient.mjs', import.meta.url)),
    PARLEY_ROOM_LARGE_SIZE: '2',
    PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
    PARLEY_RATE_BURST: '10000',
  },
});

test('who loses a large room while it is being joined hears nothing that was posted after', async () => {
  const owner = await world.login();
  const [patient, ...posters] = await Promise.all([world.login(world.fresh('patient')), world.login(), world.login()]);
  const room = world.fresh('room');
  await owner.call('roomCreate', room);
  const names = posters.map(({ userName }) => userName);
  await owner.call('roomAddToList', room, 'whitelist', names);
  for (const occupant of [owner, ...posters]) await occupant.call('roomJoin', room);
  let isAnswered = false;
  const joining = patient.call('roomJoin', room).finally(() => {
    isAnswered = true;
  });
  const posting = posters.map(async (poster) => {
    const posts = Array.from({ length: 10 }, (): Call => ['roomMessage', room, { text: 'on and on' }]);
    while (!isAnswered) await Promise.all(poster.callAll(...posts));
  });
  for (;;) {
    const listed = await owner.call('roomGetAccessList', room, 'userlist');
    if (Array.isArray(listed) && listed.includes(patient.userName)) break;
  }
  await owner.next('roomMessage');
  await owner.call('roomSetWhitelistMode', room, true);
  expect(await joining).toBe(1);
  await Promise.all(posting);
  expect(await patient.next('roomAccessRemoved')).toEqual([room]);

  const told = owner.received.findIndex((entry) => 'name' in entry && entry.name === 'roomModeChanged');
  const before = owner.received
    .slice(0, told)
    .flatMap((entry) =>
      'name' in entry && entry.name === 'roomMessage' ? [Number(field(entry.params[1], 'id'))] : [],
    );
  const bound = Math.max(...before);
  const heard = patient.heard('roomMessage').map(([, message]) => Number(field(message, 'id')));
  expect(Math.max(...heard)).toBeLessThanOrEqual(bound);
  expect(Number(await owner.call('roomMessage', room, {}))).toBeGreaterThan(bound + 1);
  expect(patient.heard('roomAccessRemoved')).toHaveLength(1);
});
