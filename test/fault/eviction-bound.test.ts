// The bound of evictions: no message with an id above the room's newest at the change reaches the evicted, on any node.
// In small rooms the change takes them out itself; in large ones each node takes out its own.
import { expect, test } from '@jest/globals';
import { fenceRoom, field, until } from '../chat/world.ts';
import { seeded } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { startStage, storyOf, fenceLog, fenceSockets, rightsIn } from './evictions.ts';
import { playStorm } from './eviction-storm.ts';

const scope = useScope();
const sizes = { small: 1000, large: 4 } as const;

test.each(['small', 'large'] as const)(
  'holds in a %s room where one node’s bus is late, whatever else happens',
  (size) =>
    seeded(async (rng) => {
      await playStorm(rng, await startStage(scope, { late: 'bus', largeSize: sizes[size] }), { changes: 10, users: 4 });
    })(),
);

test('ends hearing and posting at once, and tells what had come before, also where the bus is late', async () => {
  for (const largeSize of [sizes.small, sizes.large]) {
    const stage = await startStage(scope, { late: 'bus', largeSize });
    const owner = await stage.login('prompt');
    const room = stage.fresh('room');
    await owner.call('roomCreate', room);
    await owner.call('roomJoin', room);
    const victims = await Promise.all(
      (['prompt', 'late', 'late', 'prompt', 'late', 'prompt'] as const).map((where) => stage.login(where)),
    );
    const poster = await stage.login('late');
    await owner.call('roomAddToList', room, 'whitelist', [poster.userName]);
    await Promise.all([poster, ...victims].map((socket) => socket.call('roomJoin', room)));
    await fenceRoom(owner, room, owner, poster, ...victims);

    for (let i = 0; i < 20; i++) await owner.call('roomMessage', room, { i });
    await owner.call('roomSetWhitelistMode', room, true);
    for (const victim of victims) {
      expect(await victim.refusal('roomMessage', room, {})).toMatchObject({ code: 'notJoined' });
      expect(await victim.refusal('roomRecentHistory', room)).toMatchObject({ code: 'notJoined' });
    }
    for (let i = 0; i < 20; i++) await owner.call('roomMessage', room, { i });
    await fenceLog(poster, room, [owner, poster], victims);
    for (const victim of victims) await victim.next('roomAccessRemoved');
    for (const victim of victims) {
      expect(storyOf(victim, room, new Map())).toEqual([...Array.from({ length: 20 }, (_, i) => i + 1), 'lost']);
    }
    expect(rightsIn(owner, room, []).lastId).toBe(41);
  }
});

test('holds for who is let in again at once: told of the removal, then in, and nothing twice', async () => {
  for (const largeSize of [sizes.small, sizes.large]) {
    const stage = await startStage(scope, { late: 'bus', largeSize });
    const [owner, bob] = [await stage.login('prompt'), await stage.login('late')];
    const occupants = await Promise.all(Array.from({ length: 5 }, () => stage.login('late')));
    const room = stage.fresh('room');
    await owner.call('roomCreate', room);
    await Promise.all([owner, bob, ...occupants].map((socket) => socket.call('roomJoin', room)));
    await owner.call(
      'roomAddToList',
      room,
      'whitelist',
      occupants.map(({ userName }) => userName),
    );
    await fenceRoom(owner, room, owner, bob, ...occupants);
    await owner.call('roomMessage', room, { text: 'before' });
    await owner.call('roomSetWhitelistMode', room, true);
    await owner.call('roomMessage', room, { text: 'not for bob' });
    await owner.call('roomAddToList', room, 'whitelist', [bob.userName]);
    const outcomes = new Map([[await bob.callAll(['roomJoin', room])[0], room]]);
    const ids: (string | number)[] = [];
    for (let i = 0; i < 10; i++) ids.push(Number(await owner.call('roomMessage', room, { i })));
    await until(bob, 'roomMessage', ([, message]) => field(message, 'id') === ids.at(-1));
    await fenceSockets([bob]);
    const known = new Map(
      [...outcomes].flatMap(([outcome, name]) => (outcome === undefined ? [] : [[outcome, name] as const])),
    );
    expect(storyOf(bob, room, known)).toEqual([1, 'lost', 'roomJoin', ...ids]);
  }
});
