// What deletions may leave for the webhook, as time goes by.
import { expect, test } from '@jest/globals';
import { UnsentAllowance } from '../../src/store/webhook/unsent-allowance.ts';

test('what deletions may leave comes back within an hour', () => {
  const allowance = new UnsentAllowance(() => undefined, 1000);
  expect(allowance.left(0)).toBe(1000);
  allowance.leave(800);
  expect(allowance.left(0)).toBe(200);
  expect(allowance.left(1_800_000)).toBe(700);
  allowance.leave(900);
  expect(allowance.left(1_800_000)).toBe(0);
  expect(allowance.left(7_200_000)).toBe(1000);
});
