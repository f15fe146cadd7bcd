// What deletions may leave for the webhook, as time goes by, and where several are made at once.
import { expect, test } from '@jest/globals';
import { UnsentAllowance } from '../../src/store/webhook/unsent-allowance.ts';

let now = 0;
const leaving = (bytes: number | undefined) => (): Promise<{ unsentBytes: number | undefined }> =>
  Promise.resolve({ unsentBytes: bytes });

test('what deletions may leave comes back within an hour', async () => {
  const allowance = new UnsentAllowance(
    () => undefined,
    1000,
    () => now,
  );
  expect(allowance.left).toBe(1000);
  await allowance.within(leaving(800));
  expect(allowance.left).toBe(200);
  now += 1_800_000;
  expect(allowance.left).toBe(700);
  await allowance.within(leaving(900));
  expect(allowance.left).toBe(0);
  now += 5_400_000;
  expect(allowance.left).toBe(1000);
});

test('each deletion knows what those before it have left, and one that failed holds up nobody', async () => {
  let dropped = 0;
  const allowance = new UnsentAllowance(
    () => dropped++,
    100,
    () => now,
  );
  const given: number[] = [];
  const leave =
    (bytes: number | undefined) =>
    (unsentMax: number): ReturnType<ReturnType<typeof leaving>> => {
      given.push(unsentMax);
      return leaving(bytes)();
    };
  const all = [
    allowance.within(leave(30)),
    allowance.within(() => Promise.reject(new Error('Redis is away'))),
    allowance.within(() => Promise.resolve('noRoom')),
    allowance.within(leave(50)),
    allowance.within(leave(undefined)),
  ];
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  expect([given, dropped]).toEqual([[100, 70, 20], 1]);
});
