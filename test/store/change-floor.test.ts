// More changes in one room than are known by message: the floor rises through the store itself, and who comes back is told plainly when what it
// missed is not known any more, or is too much to be looked at.
import { expect, test } from '@jest/globals';
import { roomMessageFrame } from '../../src/protocol/message.ts';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { react } from './change-actions.ts';
import { join, room, starter } from './room-actions.ts';
import { frame, nonce, openStore } from './store.ts';

const scope = useScope();

/** As `changed.lua` and `join-room.lua` have them. */
const KNOWN = 10_000;
const LOOKED_AT = 1000;
const MESSAGES = KNOWN + 500;

test('of more changed messages than are known the oldest changes are given to nobody, the newest whole', async () => {
  const redis = await startRedis(scope);
  const start = starter((owner, options) => openStore(owner, redis, options), scope);
  const store = await start({ pageMax: LOOKED_AT }, { historyMax: MESSAGES });
  const { epoch } = (await join(store, 'alice')).at;
  const content = roomMessageFrame(room, 'alice', { textMessage: 'x' }, false);
  const post = (): ReturnType<typeof store.messages.post> =>
    store.messages.post(room, rightsOf('alice'), {
      author: 'alice',
      ...content,
      nonce: nonce(),
      clientMessageId: undefined,
      transient: false,
    });
  await Promise.all(Array.from({ length: MESSAGES }, post));
  // Each message once, so each change has the number of its message.
  const changed = await Promise.all(Array.from({ length: MESSAGES }, (_, i) => react(store, 'alice', i + 1)));
  expect(changed.filter((one) => typeof one === 'string')).toEqual([]);

  const { changed: numbers, meta } = store.keys.room(room);
  expect(await store.client.zcard(numbers)).toBe(KNOWN);
  expect(await store.client.zrange(numbers, '0', '0', 'WITHSCORES')).toEqual([
    String(MESSAGES - KNOWN + 1),
    String(MESSAGES - KNOWN + 1),
  ]);
  const line = await store.client.hgetBuffer(meta, 'change');
  expect([line?.readDoubleBE(0), line?.readDoubleBE(8)]).toEqual([MESSAGES, MESSAGES - KNOWN]);

  const since = async (change: number): Promise<unknown> => {
    const who = { roomName: room, userName: 'carol', socketId: 'carol-1', nodeId: 'n1' };
    const place = { epoch, id: MESSAGES, timestamp: undefined, change };
    const joined = await store.memberships.join(who, frame('joined carol'), { since: place });
    if (typeof joined === 'string') throw new Error(joined);
    expect(joined.lastChange).toBe(MESSAGES);
    return joined.changesRecovered === true ? joined.changes?.map(({ id }) => id) : joined.changes;
  };
  expect(await since(MESSAGES)).toEqual([]);
  const newest = Array.from({ length: LOOKED_AT }, (_, i) => MESSAGES - LOOKED_AT + 1 + i);
  expect(await since(MESSAGES - LOOKED_AT)).toEqual(newest);
  expect(await since(MESSAGES - 1)).toEqual([MESSAGES]);
  for (const change of [0, 1, MESSAGES - KNOWN - 1, MESSAGES - KNOWN, MESSAGES - LOOKED_AT - 1, MESSAGES + 1]) {
    expect([change, await since(change)]).toEqual([change, []]);
  }
});
