// A user who joins while a change of the room's rules takes the right to away: whichever comes first, the user is out when
// both have been answered, and knows it.
import { expect } from '@jest/globals';
import { about, field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import type { Rng } from '../support/rng.ts';
import type { Outcome, User } from '../support/rpc.ts';
import { ask, dawdle, fenceLog, fenceSockets, isIn, namesIn, storyOf, type Stage } from './evictions.ts';

/** Those who play one round after another. */
interface Cast {
  readonly owner: User;
  /** One on each node. */
  readonly witnesses: readonly User[];
  readonly victim: readonly User[];
}

const changes = ['blacklist', 'mode', 'whitelist', 'adminlist', 'member'] as const;

async function startCast(stage: Stage): Promise<Cast> {
  const victim = await stage.login('prompt');
  return {
    owner: await stage.login('prompt'),
    witnesses: [await stage.login('prompt'), await stage.login('late')],
    victim: [victim, await stage.login('late', victim.userName), await stage.login('late', victim.userName)],
  };
}

/** Plays `rounds` in all, as many at the same time as there are casts. */
export async function playRaces(rng: Rng, stage: Stage, rounds: number, casts: number): Promise<void> {
  let left = rounds;
  await Promise.all(
    Array.from({ length: casts }, async () => {
      const cast = await startCast(stage);
      while (left-- > 0) await playRace(rng, stage, cast);
    }),
  );
}

async function playRace(rng: Rng, stage: Stage, { owner, witnesses, victim }: Cast): Promise<void> {
  const room = stage.fresh('race');
  const change = rng.pick(changes);
  const [name, others] = [victim[0]?.userName ?? '', witnesses.map(({ userName }) => userName)];
  await owner.call('roomCreate', room, ['whitelist', 'adminlist', 'member'].includes(change));
  await owner.call('roomAddToList', room, 'whitelist', change === 'whitelist' ? [...others, name] : others);
  if (change === 'adminlist') await owner.call('roomAddToList', room, 'adminlist', [name]);
  if (change === 'member') await owner.call('roomMembersAdd', room, [name]);
  // The late node may be too late for Redis as well.
  for (const witness of witnesses) await eventually(() => witness.call('roomJoin', room), { timeoutMs: 60_000 });

  const outcomes = new Map<Outcome, string>();
  const join = async (socket: User): Promise<void> => {
    await dawdle(rng, socket, 4);
    for (let times = rng.integer(1, 3); times > 0; times--) outcomes.set(await ask(socket, 'roomJoin', room), room);
  };
  if (rng.chance(0.3)) await join(rng.pick(victim));
  const exclude = async (): Promise<void> => {
    await dawdle(rng, owner, 8);
    if (change === 'blacklist') await owner.call('roomAddToList', room, change, [name]);
    else if (change === 'mode') await owner.call('roomSetWhitelistMode', room, true);
    else if (change === 'member') await owner.call('roomMembersRemove', room, [name]);
    else await owner.call('roomRemoveFromList', room, change, [name]);
  };
  await Promise.all([exclude(), ...victim.filter(() => rng.chance(0.7)).map(join)]);

  const expectOut = async (): Promise<void> =>
    expect(namesIn(await owner.call('roomGetAccessList', room, 'userlist'))).not.toContain(name);
  // In a large room each node takes out its own when it hears of the change.
  const isLarge = stage.largeSize < witnesses.length + 1;
  await (isLarge ? eventually(expectOut) : expectOut());
  await fenceLog(witnesses[0] ?? owner, room, witnesses, victim);
  await fenceSockets(victim);
  const stories = victim.map((socket) => storyOf(socket, room, outcomes));
  const lefts = witnesses.map(
    (witness) => about(witness, room).filter(([notice, , who]) => notice === 'roomUserLeft' && who === name).length,
  );
  const seen = JSON.stringify({ change, stories, lefts });
  const kicks = victim.map((socket) => socket.heard('roomKicked').filter(([kick]) => field(kick, 'roomName') === room));
  for (const told of kicks) {
    const expected = change === 'member' ? [[{ roomName: room, by: owner.userName }]] : [];
    expect([seen, told]).toEqual([seen, expected]);
  }
  for (const story of stories) {
    // Nothing was posted before the change, and what was posted after it is not for the victim.
    expect([seen, story.filter((one) => typeof one === 'number')]).toEqual([seen, []]);
    expect([seen, isIn(story)]).toEqual([seen, false]);
    // Each of them is told of each removal once. Large rooms tell of removals in batches, perhaps of none.
    if (isLarge) continue;
    for (const left of lefts) {
      expect([seen, story.filter((one) => one === 'lost')]).toEqual([seen, Array(left).fill('lost')]);
    }
  }
  await owner.call('roomDelete', room);
}
