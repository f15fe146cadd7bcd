// What is read of what a user has missed: whose names it may be, when it says that there may be more, where a part cannot be asked,
// and where what was given cannot be marked.
import { expect, test } from '@jest/globals';
import { missedAtLogin, readMissed, type MissedDeps } from '../../src/chat/direct/missed.ts';
import { Receipts } from '../../src/chat/direct/receipts.ts';
import { storedDirectFrame } from '../../src/protocol/direct.ts';
import { decodeTrusted } from '../../src/protocol/wire/msgpack.ts';
import { StateUnavailable } from '../../src/redis/unavailable.ts';
import type { Unsent } from '../../src/store/pair/pair-store.ts';

function messageOf(author: string, id: number): Unsent['messages'][number] {
  const { prefix, middle } = storedDirectFrame(author, { text: 'hello' });
  const [time, last] = [Buffer.alloc(8), Buffer.alloc(8)];
  last.writeBigUInt64BE(BigInt(id));
  return { id, number: id, timestamp: 0, frame: Buffer.concat([prefix, time, middle, last]) };
}

/** By partner the ids of what is unsent, and the number of the newest. */
type Kept = Record<string, { ids: readonly number[]; newest: number } | 'away'>;

function stage(kept: Kept, handedOn: Record<string, number> = {}): { deps: MissedDeps; settled: string[] } {
  const settled: string[] = [];
  const deps: MissedDeps = {
    directs: {
      async *missedPeers() {
        await Promise.resolve();
        for (const peer of Object.keys(kept))
          yield { peer, handedOn: handedOn[peer] ?? 0, isUnderWay: peer in handedOn };
      },
      settle: (_, { peer, number, newest }) => {
        settled.push(`${peer} ${number}/${newest}`);
        return Promise.resolve();
      },
    },
    pairs: {
      readUnsent: (_, author) => {
        const found = kept[author];
        if (found === undefined || found === 'away') return Promise.reject(new StateUnavailable('away'));
        const messages = found.ids.map((id) => messageOf(author, id));
        return Promise.resolve({ life: 'life', newest: found.newest, asOf: 0, messages });
      },
    },
    repairs: { retry: () => undefined },
    settings: { directMessages: 'stored', replyBytes: 1 << 20 },
  };
  return { deps, settled };
}

const idsOf = async (kept: Kept): Promise<[Record<string, number>, boolean]> => {
  const { messages, more } = await readMissed(stage(kept).deps, 'bob', { format: 'json' });
  return [Object.fromEntries(Object.entries(messages).map(([name, own]) => [name, own.length])), more];
};

test('is given of every name', async () => {
  const one = { ids: [1], newest: 1 };
  expect(await idsOf({ toString: one, valueOf: one, ann: one })).toEqual([{ toString: 1, valueOf: 1, ann: 1 }, false]);
});

test('says that there is more where the newest is not among it', async () => {
  expect(await idsOf({ ann: { ids: [1, 2], newest: 2 } })).toEqual([{ ann: 2 }, false]);
  expect(await idsOf({ ann: { ids: [1, 2], newest: 3 } })).toEqual([{ ann: 2 }, true]);
});

test('a push looks at so many partners, settles of whom there is nothing, and says that there may be more', async () => {
  const nobody = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`user${i}`, { ids: [], newest: 7 }]));
  const { deps, settled } = stage({ ...nobody, ann: { ids: [1], newest: 1 } });
  const pushed = await missedAtLogin(deps, 'bob');
  expect([settled.length, settled[0], pushed?.heard]).toEqual([200, 'user0 7/7', []]);
  expect(decodeTrusted(pushed?.frame ?? Buffer.alloc(0))).toEqual([2, 'missedMessages', [{}, { more: true }]]);
  // What is asked for is looked for to the end: an empty answer says that there is nothing.
  expect(await readMissed(deps, 'bob', { format: 'json' })).toMatchObject({
    heard: [{ author: 'ann', first: 1, last: 1 }],
  });
});

test('where the inbox is told, only what a send has left behind is pushed, and only of whom a send has not ended', async () => {
  const { deps, settled } = stage(
    { ann: { ids: [1, 2, 3], newest: 3 }, bea: { ids: [1, 2], newest: 2 }, eve: { ids: [1], newest: 1 } },
    { ann: 2, eve: 1 },
  );
  const pushed = await missedAtLogin(deps, 'bob', true);
  expect([pushed?.heard, settled]).toEqual([[{ author: 'ann', first: 3, last: 3 }], []]);
  expect((await missedAtLogin(deps, 'bob'))?.heard).toHaveLength(3);
});

test('a login does not fail where a pair cannot be asked, and is told that there may be something', async () => {
  const { deps } = stage({ ann: { ids: [1], newest: 1 }, eve: 'away' });
  const pushed = await missedAtLogin(deps, 'bob');
  expect(pushed?.heard).toEqual([]);
  expect(decodeTrusted(pushed?.frame ?? Buffer.alloc(0))).toEqual([2, 'missedMessages', [{}, { more: true }]]);
  await expect(readMissed(deps, 'bob', { format: 'json' })).rejects.toThrow(StateUnavailable);
});

test('what was given stays given where it cannot be marked: that is done later', async () => {
  const [told, later]: [string[], (() => Promise<void>)[]] = [[], []];
  let isAway = true;
  const receipts = new Receipts({
    pairs: {
      markSent: (_, __, { last }) =>
        isAway
          ? Promise.reject(new StateUnavailable('away'))
          : Promise.resolve({ upToId: last, sentId: last, sentNumber: last, newest: 9 }),
    },
    users: { notifyOthers: (userName) => Promise.resolve(void told.push(userName)) },
    directs: {
      settle: (userName, { peer, number, newest }) =>
        Promise.resolve(void told.push(`${userName} ${peer} ${number}/${newest}`)),
    },
    repairs: { retry: (work) => later.push(work) },
  });
  const by = { author: 'bob', exceptSocket: undefined };
  expect(await receipts.given(by, 'ann', { first: 1, last: 2 })).toBeUndefined();
  expect(await receipts.have(by, 'ann', [{ id: 3, subject: 'ann' }], 2)).toBe(2);
  isAway = false;
  expect(told).toEqual([]);
  for (const work of later) await work();
  expect(told).toEqual(['ann', 'bob ann 2/9', 'ann', 'bob ann 3/9']);
  expect(await receipts.have(by, 'ann', [{ id: 4, subject: 'ann' }], 3)).toBe(4);
});
