// Pages of an erasure that take longer than it is in anybody's hands: it stays in the hands of who works on it.
import { expect, test } from '@jest/globals';
import { Erasures, type ErasuresDeps } from '../../src/chat/repair/erasures.ts';
import { ErasureStore } from '../../src/store/erasure/erasure-store.ts';
import { write } from '../store/authored-suite.ts';
import { MARKER, keysWith } from '../store/erase-actions.ts';
import { openStore, roomOptions, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();
const ROOMS = 10;
/** A busy machine may stop this process for a second. */
const HOLD_MS = 2500;
/** What each room takes. */
const ROOM_MS = 600;

/** As on a node of its own; `started` counts the rooms. */
function worker(store: Store, started: string[]): Erasures {
  const { commands, keys, admin, directory, authored } = store;
  const slow: Pick<typeof authored, 'eraseInRoom'> = {
    async eraseInRoom(roomName, userName, onStep) {
      started.push(roomName);
      const until = performance.now() + ROOM_MS;
      await eventually(() => expect(performance.now()).toBeGreaterThan(until));
      await authored.eraseInRoom(roomName, userName, onStep);
    },
  };
  return new Erasures({
    erasures: new ErasureStore(commands, keys, { holdMs: HOLD_MS }),
    authored: Object.assign(Object.create(authored) as ErasuresDeps['authored'], slow),
    admin,
    members: store.members,
    directory,
    primaryIds: () => Promise.resolve(new Set(['one'])),
    userDeletions: { delete: (_, userName) => admin.deleteUser(userName) },
    instance: { held: true },
    settleMs: 0,
    onErased: () => undefined,
    onError: (error) => expect(error).toBeUndefined(),
  });
}

test('a page that takes long is not begun anew by one node after the other', async () => {
  const store = await openStore(scope, await startRedis(scope));
  for (let i = 0; i < ROOMS; i++) {
    await store.rooms.create(`room${i}`, roomOptions('owner'));
    await write(store, 'ann', { text: MARKER }, { roomName: `room${i}` });
  }
  const started: string[] = [];
  const workers = [worker(store, started), worker(store, started)];
  scope.add(() => workers.forEach((one) => one.stop()));
  expect(await workers[0]?.erase('ann')).toBe(false);
  await eventually(
    async () => {
      for (const one of workers) void one.run();
      expect(await store.erasures.begin('ann', false)).toBe(true);
    },
    { timeoutMs: 60_000 },
  );
  expect(started).toHaveLength(ROOMS);
  expect(await keysWith(store.client, store.keys.prefix, MARKER)).toEqual([]);
});
