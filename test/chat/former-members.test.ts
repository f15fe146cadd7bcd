// Working off what an earlier user of a name is a member of: by whoever comes upon it, at the same time as others.
import { expect, test } from '@jest/globals';
import { FormerMembers } from '../../src/chat/member/former.ts';
import { StateUnavailable } from '../../src/redis/unavailable.ts';

/** A hundred memberships; rooms that are `away` cannot be asked. */
function scene(away: ReadonlySet<string> = new Set()): {
  former: FormerMembers;
  noted: Map<string, string>;
  asked: string[];
} {
  const noted = new Map(Array.from({ length: 100 }, (_, n) => [`room ${n}`, `life ${n}`]));
  const asked: string[] = [];
  const former = new FormerMembers({
    belongs: {
      readFormer: () => Promise.resolve(new Map(noted)),
      forgetFormer: (_, ended) => {
        for (const [roomName] of ended) noted.delete(roomName);
        return Promise.resolve();
      },
    },
    members: {
      erase: (roomName) => {
        asked.push(roomName);
        return away.has(roomName) ? Promise.reject(new StateUnavailable('away')) : Promise.resolve();
      },
    },
  });
  return { former, noted, asked };
}

test('several who come at the same time ask each room once', async () => {
  const { former, noted, asked } = scene();
  await Promise.all([former.finish('ann'), former.finish('ann'), former.finish('ann')]);
  expect([noted.size, asked.length]).toEqual([0, 100]);
});

test('where a room is away nobody waits for all the others, and what ended stays so', async () => {
  const { former, noted, asked } = scene(new Set(['room 3']));
  const made = former.making('ann', () => Promise.resolve('former' as const));
  const outcomes = await Promise.allSettled([former.finish('ann'), former.finish('ann'), made]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(asked.length).toBeLessThan(100);
  expect(noted.size).toBe(100 - asked.length + 1);
  expect(noted.has('room 3')).toBe(true);
});
