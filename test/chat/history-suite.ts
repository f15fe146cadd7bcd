// Reading what was said: pages, their order and bounds, and what is left of a history that was trimmed.
import { describe, expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import type { Rpc } from '../support/rpc.ts';
import { fenceRoom, field, limits, type World } from './world.ts';

export function historySuite(world: World): void {
  describe('pages', () => {
    pages(world);
  });
  bounds(world);
}

function pages(world: World): void {
  test('come newest first: the newest ones, or those after an id, within the page limit', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const name = await world.room(alice, alice, bob);
    await post(alice, name, 7);
    const get = async (id: number, limit: number): Promise<unknown> =>
      idsOf(await bob.call('roomHistoryGet', name, id, limit));
    expect(idsOf(await bob.call('roomRecentHistory', name))).toEqual([7, 6, 5, 4, 3]);
    expect(await get(0, 3)).toEqual([3, 2, 1]);
    expect(await get(2, 2)).toEqual([4, 3]);
    expect(await get(0, 100)).toEqual([5, 4, 3, 2, 1]);
    expect(await get(5, 100)).toEqual([7, 6]);
    expect(await get(6, 1)).toEqual([7]);
    expect(await get(7, 1)).toEqual([]);
    expect(await get(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)).toEqual([]);
    // What was stored is what was delivered.
    await fenceRoom(alice, name, bob);
    expect(await bob.call('roomHistoryGet', name, 0, 2)).toEqual(
      bob
        .heard('roomMessage')
        .slice(0, 2)
        .map(([, message]) => message)
        .reverse(),
    );
  });

  test('are asked for with whole numbers: an id from 0, a limit from 1', async () => {
    const alice = await world.login(0);
    const name = await world.room(alice, alice);
    const bad: [Value, Value, number][] = [
      [-1, 1, 1],
      [0.5, 1, 1],
      ['0', 1, 1],
      [null, 1, 1],
      [0, 0, 2],
      [0, -1, 2],
      [0, 1.5, 2],
      [0, '1', 2],
    ];
    for (const [id, limit, index] of bad) {
      const refusal = await alice.refusal('roomHistoryGet', name, id, limit);
      expect(refusal).toMatchObject({ code: 'badArgument', args: [index, index === 1 ? id : limit] });
    }
    expect(await alice.refusal('roomHistoryGet', name, 0)).toMatchObject({
      code: 'wrongArgumentsCount',
      args: [3, 2],
    });
  });
}

function bounds(world: World): void {
  test('an empty history has no messages and ends before its first', async () => {
    const alice = await world.login(0);
    const name = await world.room(alice, alice);
    expect(await alice.call('roomRecentHistory', name)).toEqual([]);
    expect(await alice.call('roomHistoryGet', name, 0, 10)).toEqual([]);
    expect(await alice.call('roomHistoryGet', name, 7, 10)).toEqual([]);
    expect(await alice.call('roomHistoryInfo', name)).toEqual({
      historyMaxGetMessages: limits.pageMax,
      historyMaxSize: limits.historyMaxSize,
      historySize: 0,
      lastMessageId: 0,
      oldestMessageId: 1,
      epoch: expect.any(String),
      lastChange: 0,
    });
  });

  test('a trimmed history begins with the oldest message kept, and a client catching up gets all that is left', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const name = await world.room(alice, alice, bob);
    const kept = limits.historyMaxSize;
    // The store trims whole blocks at a time: far enough that it does, and that it has kept too much besides.
    for (const last of [kept + 4, 130]) {
      const { lastMessageId } = Object(await alice.call('roomHistoryInfo', name));
      await post(alice, name, last - lastMessageId);
      const oldest = last - kept + 1;
      expect(await bob.call('roomHistoryInfo', name)).toMatchObject({
        historySize: kept,
        lastMessageId: last,
        oldestMessageId: oldest,
      });
      expect(idsOf(await bob.call('roomRecentHistory', name))).toEqual([4, 3, 2, 1, 0].map((n) => last - 4 + n));
      expect(idsOf(await bob.call('roomHistoryGet', name, 0, 3))).toEqual([oldest + 2, oldest + 1, oldest]);
      expect(idsOf(await bob.call('roomHistoryGet', name, oldest - 2, 1))).toEqual([oldest]);
      expect(idsOf(await bob.call('roomHistoryGet', name, oldest, 2))).toEqual([oldest + 2, oldest + 1]);
      const caughtUp: number[] = [];
      for (let page = [0]; page.length > 0;) {
        page = idsOf(await bob.call('roomHistoryGet', name, caughtUp.at(-1) ?? 1, 3));
        caughtUp.push(...page.toReversed());
      }
      expect(caughtUp).toEqual(Array.from({ length: kept }, (_, i) => oldest + i));
    }
  });
}

/** Posts so many messages, a bounded number at a time. */
async function post(poster: Rpc, roomName: string, count: number): Promise<void> {
  for (let posted = 0; posted < count; posted += 25) {
    const batch = Array.from({ length: Math.min(25, count - posted) }, () => ['roomMessage', roomName, {}] as const);
    await Promise.all(poster.callAll(...batch));
  }
}

function idsOf(messages: Value): number[] {
  return Array.isArray(messages) ? messages.map((message) => Number(field(message, 'id'))) : [];
}
