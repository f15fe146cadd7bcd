// A topic that is entered again while it is being taken out of the manifest is in it afterwards, in whichever order Redis does what it
// was asked at the same time.
import { expect, jest, test } from '@jest/globals';
import { LEFT_KEPT_MS } from '../../src/bus/left-topics.ts';
import { Topics } from '../../src/bus/topics.ts';
import { eventually } from '../support/eventually.ts';

function open() {
  const inManifest = new Set<string>();
  const removals: (() => void)[] = [];
  const manifest = {
    nodeId: 'n1',
    add: (topics: readonly string[]) => {
      for (const topic of topics) inManifest.add(topic);
      return Promise.resolve();
    },
    // Done, and answered, when the test says.
    remove: (topics: readonly string[]) =>
      new Promise<void>((resolve) => {
        removals.push(() => {
          for (const topic of topics) inManifest.delete(topic);
          resolve();
        });
      }),
  };
  const transport = { healthy: true, subscribe: () => Promise.resolve(), unsubscribe: () => Promise.resolve() };
  const deps = {
    reader: { readPositions: () => Promise.resolve(new Map()) },
    listener: {},
    counters: {},
    mayDeliver: () => true,
    gapFill: true,
    wake: () => undefined,
    onError: (_: string, error: unknown) => {
      throw error;
    },
  };
  const topics = new Topics(deps as never, transport, manifest, { positionCheckMs: 30_000 } as never);
  return { topics, inManifest, removals };
}

test('entries are written behind those that are being taken out', async () => {
  const { topics, inManifest, removals } = open();
  const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
  try {
    await topics.follow('room:lobby', 'n1');
    topics.unfollow('room:lobby', 'n1');
    // It is left, and a good while later forgotten.
    for (const ms of [5000, 10_000, 10_000 + LEFT_KEPT_MS, 20_000 + LEFT_KEPT_MS]) {
      clock.mockReturnValue(ms);
      topics.tick();
    }
  } finally {
    clock.mockRestore();
  }
  expect([[...inManifest], removals.length]).toEqual([['room:lobby'], 1]);
  const followed = topics.follow('room:lobby', 'n1');
  let isFollowed = false;
  void followed.then(() => (isFollowed = true));
  await new Promise(setImmediate);
  expect(isFollowed).toBe(false);
  removals[0]?.();
  await followed;
  expect([...inManifest]).toEqual(['room:lobby']);
  // The next one waits for nothing.
  await topics.follow('room:hall', 'n1');
  await eventually(() => expect([...inManifest]).toEqual(['room:lobby', 'room:hall']));
});
