// A text made once for many: while it is made, while it is fresh, and where it cannot be made.
import { expect, test } from '@jest/globals';
import { SharedText } from '../../src/http/shared-text.ts';

test('who asks while it is made gets the same; where nothing stays fresh the next who asks gets another', async () => {
  let made = 0;
  const text = new SharedText(async () => {
    await Promise.resolve();
    return `${++made}`;
  }, 0);
  const [one, two] = await Promise.all([text.bytes(), text.bytes()]);
  expect([String(one), one === two]).toEqual(['1', true]);
  expect(String(await text.bytes())).toBe('2');
});

test('while it is fresh it is given again', async () => {
  let made = 0;
  const text = new SharedText(() => Promise.resolve(`${++made}`), 3_600_000);
  const first = await text.bytes();
  expect([String(first), (await text.bytes()) === first]).toEqual(['1', true]);
});

test('where it cannot be made all who asked are told, and the next has it tried again', async () => {
  let made = 0;
  const text = new SharedText(async () => {
    await Promise.resolve();
    if (++made === 1) throw new Error('not now');
    return `${made}`;
  }, 3_600_000);
  const asked = [text.bytes(), text.bytes()];
  for (const each of await Promise.allSettled(asked)) expect(each.status).toBe('rejected');
  expect(String(await text.bytes())).toBe('2');
});
