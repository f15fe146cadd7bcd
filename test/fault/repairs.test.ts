// What an outage leaves behind is repaired side by side: not one topic after the other.
import { expect, test } from '@jest/globals';
import { useScope } from '../support/scope.ts';
import { repairedAfter } from './outage-crowd.ts';

const scope = useScope();

test('hundreds of users and rooms are repaired in a fraction of what they would take one by one', async () => {
  const outage = { users: 400, rooms: 100, delayMs: 40 };
  // At least two answers for each: what Redis knows, and that it is taken out.
  const oneByOneMs = 2 * (outage.users + outage.rooms) * outage.delayMs;
  expect(await repairedAfter(scope, outage)).toBeLessThan(oneByOneMs / 3);
}, 120_000);
