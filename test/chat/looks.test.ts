// What nodes look for because it is noted in Redis: what cannot be seen to keeps nothing else waiting, and what is much work is done one
// after the other.
import { expect, test } from '@jest/globals';
import { ChangesDue } from '../../src/chat/change/due.ts';
import { Endings } from '../../src/chat/conversation/endings.ts';
import { temporaryName } from '../../src/protocol/names/temporary.ts';
import { eventually } from '../support/eventually.ts';

test('rooms that cannot be ended keep no others from ending', async () => {
  const nameOf = (number: number): string => temporaryName(1, String(number).padStart(16, '0'));
  const there = nameOf(100);
  let due = Array.from({ length: 101 }, (_, number) => nameOf(number));
  const endings = new Endings({
    endingStore: {
      read: (limit: number) => Promise.resolve({ due: due.slice(0, limit), next: undefined, time: 0 }),
      settle: (name: string) => Promise.resolve(void (due = due.filter((each) => each !== name))),
      putOff: (name: string) => Promise.resolve(void (due = [...due.filter((each) => each !== name), name])),
    } as never,
    instance: { held: true, redisNow: () => 2 },
    onError: () => undefined,
  });
  const ended: string[] = [];
  endings.start((name) => {
    if (name !== there) return Promise.reject(new Error('its server is away'));
    ended.push(name);
    return Promise.resolve(true);
  });
  for (let turn = 0; turn < 2; turn++) await endings.run();
  expect([ended, due.length]).toEqual([[there], 100]);
});

/** Rooms that are written anew as far as the test lets them. */
function open() {
  const steps: { readonly roomName: string; go(error?: Error): void }[] = [];
  const errors: unknown[] = [];
  const changes = new ChangesDue({
    changes: { tell: () => Promise.resolve({ dueMs: -1 }) } as never,
    authored: {
      rewriteRoom: (roomName: string) =>
        new Promise<void>((resolve, reject) => {
          steps.push({ roomName, go: (error) => (error === undefined ? resolve() : reject(error)) });
        }),
    },
    wake: () => undefined,
    onError: (error: unknown) => void errors.push(error),
  });
  return { changes, steps, errors };
}

test('histories are written anew one after the other, each once however often something is recalled meanwhile', async () => {
  const { changes, steps, errors } = open();
  const dirty = (...names: readonly string[]): void => names.forEach((name) => changes.after(name, { isDirty: true }));
  const begun = (): string[] => steps.map(({ roomName }) => roomName);
  dirty('one', 'two', 'one', 'three', 'two');
  await eventually(() => expect(begun()).toEqual(['one']));
  steps[0]?.go(new Error('Redis is away'));
  await eventually(() => expect(begun()).toEqual(['one', 'two']));
  expect(errors).toHaveLength(1);
  dirty('two', 'one');
  steps[1]?.go();
  await eventually(() => expect(begun()).toEqual(['one', 'two', 'three']));
  steps[2]?.go();
  await eventually(() => expect(begun()).toEqual(['one', 'two', 'three', 'one']));
  let isDone = false;
  changes.whenDone('one', () => (isDone = true));
  expect(isDone).toBe(false);
  steps[3]?.go();
  // Of its first try it is to be looked for once more.
  await eventually(async () => {
    await changes.run();
    expect(isDone).toBe(true);
  });
});

test('who waits for a room and fails at it keeps nobody else waiting, nor the rooms that come later', async () => {
  const { changes, errors } = open();
  const done: string[] = [];
  changes.note('one');
  changes.whenDone('one', () => {
    throw new Error('a defect');
  });
  changes.whenDone('one', () => done.push('one'));
  await changes.run();
  expect([done, errors.length]).toEqual([['one'], 1]);
  changes.note('two');
  changes.whenDone('two', () => done.push('two'));
  await changes.run();
  expect(done).toEqual(['one', 'two']);
});
