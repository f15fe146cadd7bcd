// What one search costs at most: how many messages it looks at, of how many bytes, and how much it gives.
import { expect, test } from '@jest/globals';
import { search } from '../../src/chat/history/search.ts';
import type { Actor } from '../../src/chat/actor.ts';
import type { TopicEvent } from '../../src/log/event.ts';
import type { SearchOptions, SearchPage } from '../../src/protocol/history.ts';
import { roomMessageFrame } from '../../src/protocol/message.ts';
import { storedMessageIn } from '../../src/protocol/wire/message-frame.ts';
import { StoredResult } from '../../src/protocol/wire/stored.ts';
import type { SearchRange } from '../../src/store/history/search.ts';

const EPOCH = 'e'.repeat(16);
const bytes8 = new Uint8Array(8);

/** A room of so many messages, `text` in each, and what was read of it. */
function roomOf(
  count: number,
  text: string,
): { looked: () => number; find: (options: SearchOptions) => Promise<SearchPage> } {
  let looked = 0;
  const event = (id: number): TopicEvent => {
    const { prefix, middle } = roomMessageFrame('lobby', id % 1500 === 1 ? 'bob' : 'alice', { text }, false);
    const frame = Buffer.concat([prefix, bytes8, middle, bytes8]);
    return { kind: 'message', epoch: EPOCH, seq: id, id, timestamp: id, nonce: 0, prev: 0, subject: '', frame };
  };
  const read = ({ forward, at, limit }: SearchRange): Promise<never> => {
    const first = forward ? (at?.id ?? 1) : 1;
    const last = forward ? count : (at?.id ?? count);
    const ids = Array.from({ length: Math.min(limit, 70, last - first + 1) }, (_, i) =>
      forward ? first + i : last - i,
    );
    looked += ids.length;
    const page = { first, last, epoch: EPOCH, messages: ids.map(event) };
    return Promise.resolve({ page, show: ({ frame }: TopicEvent) => storedMessageIn(frame) } as never);
  };
  return {
    looked: () => looked,
    find: async (options) => {
      looked = 0;
      const found = await search<'none'>(options, { format: 'msgpack' } as Actor, { replyBytes: 10_000 }, read);
      if (typeof found === 'string' || !('value' in found)) throw new Error('refused');
      return found.value instanceof StoredResult ? found.value.value : found.value;
    },
  };
}

test('it looks at a thousand messages, and says where to go on, with or without having found any', async () => {
  const { find, looked } = roomOf(2400, 'x');
  const first = await find({ author: 'bob' });
  expect([first.messages.length, first.cursor, looked()]).toEqual([1, `1400.${EPOCH}`, 1000]);
  const second = await find({ author: 'bob', cursor: first.cursor ?? '' });
  expect([second.messages.length, second.cursor, looked()]).toEqual([0, `400.${EPOCH}`, 1000]);
  const third = await find({ author: 'bob', cursor: second.cursor ?? '' });
  expect([third.messages.length, third.cursor, looked()]).toEqual([1, null, 400]);
  const none = await find({ author: 'nobody', direction: 'forward' });
  expect([none.messages.length, none.cursor]).toEqual([0, `1001.${EPOCH}`]);
});

test('it gives what fits into a reply, one at least, and looks at several replies’ worth at most', async () => {
  const small = roomOf(100, 'x'.repeat(900));
  const page = await small.find({ limit: 100 });
  expect([page.messages.length, page.cursor]).toEqual([10, `90.${EPOCH}`]);
  expect(await small.find({ limit: 100, cursor: page.cursor ?? '' })).toMatchObject({ cursor: `80.${EPOCH}` });
  const large = roomOf(10, 'x'.repeat(20_000));
  expect((await large.find({})).messages).toHaveLength(1);
  expect(await large.find({ author: 'nobody' })).toEqual({ messages: [], cursor: `6.${EPOCH}` });
});
