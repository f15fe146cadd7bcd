// How topics are entered in the manifest and subscribed: those of a turn together, and behind what is being taken out, in whichever order
// Redis does what it was asked at the same time.
import { expect, jest, test } from '@jest/globals';
import { LEFT_KEPT_MS } from '../../src/bus/left-topics.ts';
import { Topics } from '../../src/bus/topics.ts';
import { eventually } from '../support/eventually.ts';

function open() {
  const inManifest = new Set<string>();
  const removals: (() => void)[] = [];
  const entered: string[][] = [];
  const subscribed: string[][] = [];
  const manifest = {
    nodeId: 'n1',
    add: (topics: readonly string[]) => {
      entered.push([...topics]);
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
  const transport = {
    healthy: true,
    subscribe: (topics: readonly string[]) => {
      subscribed.push([...topics]);
      return Promise.resolve();
    },
    unsubscribe: () => Promise.resolve(),
  };
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
  return { topics, inManifest, removals, entered, subscribed };
}

test('what sockets follow in one turn is entered and subscribed at once, however many steps each of them takes to it', async () => {
  const { topics, entered, subscribed } = open();
  const steps = async (topic: string, count: number): Promise<void> => {
    for (let step = 0; step < count; step++) await Promise.resolve();
    await topics.follow(topic, 'n1');
  };
  await Promise.all([steps('room:one', 0), steps('room:two', 3), steps('user:three', 30), steps('room:one', 40)]);
  expect([entered, subscribed]).toEqual([
    [['room:one', 'room:two', 'user:three']],
    [['room:one', 'room:two', 'user:three']],
  ]);
  await topics.follow('room:four', 'n1');
  expect(subscribed).toHaveLength(2);
});

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
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  expect(isFollowed).toBe(false);
  removals[0]?.();
  await followed;
  expect([...inManifest]).toEqual(['room:lobby']);
  // The next one waits for nothing.
  await topics.follow('room:hall', 'n1');
  await eventually(() => expect([...inManifest]).toEqual(['room:lobby', 'room:hall']));
});
