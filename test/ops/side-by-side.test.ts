// Work on many things: so many at a time, each begun in its order, with what comes meanwhile, and ended where that is asked.
import { expect, test } from '@jest/globals';
import { sideBySide } from '../../src/ops/side-by-side.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('so many are under way, and one that takes long holds up none but itself', async () => {
  const [begun, ended]: [number[], number[]] = [[], []];
  let [underWay, most] = [0, 0];
  const items = new Set([0, 1, 2, 3, 4, 5]);
  await sideBySide(items, 3, async (item) => {
    begun.push(item);
    most = Math.max(most, ++underWay);
    for (let turns = item === 0 ? 20 : 1; turns > 0; turns--) await turn();
    if (item === 3) items.add(6);
    underWay--;
    ended.push(item);
  });
  expect([begun, most]).toEqual([[0, 1, 2, 3, 4, 5, 6], 3]);
  expect(ended).toEqual([1, 2, 3, 4, 5, 6, 0]);
});

test('nothing is begun any more where it is not to go on', async () => {
  const begun: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    await turn();
  };
  await sideBySide([1, 2, 3, 4, 5], 2, work, () => begun.length < 3);
  expect(begun).toEqual([1, 2, 3]);
});

test('it fails as soon as one does', async () => {
  const fails = (item: number): Promise<void> =>
    item === 2 ? Promise.reject(new Error('two')) : new Promise(() => undefined);
  await expect(sideBySide([1, 2, 3], 3, fails)).rejects.toThrow('two');
});
