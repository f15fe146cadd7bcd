// Telling what is unread when it changes: merged, as it is then, in frames of bounded size, and again where Redis did not answer.
import { expect, jest, test } from '@jest/globals';
import { UnreadNews, type Reader, type UnreadNewsDeps } from '../../src/chat/unread/news.ts';
import { storedDirectFrame } from '../../src/protocol/direct.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { decodeNotification, notificationFrame } from '../../src/protocol/wire/frame.ts';
import { StateUnavailable } from '../../src/redis/unavailable.ts';
import type { PairCounted } from '../../src/store/unread/unread-store.ts';
import { eventually } from '../support/eventually.ts';

function messageOf(author: string, text: string): Uint8Array {
  const { prefix, middle } = storedDirectFrame(author, { text });
  return Buffer.concat([prefix, Buffer.alloc(8), middle, Buffer.alloc(8)]);
}

interface Stage {
  readonly news: UnreadNews;
  /** By peer; what is not there fails. */
  readonly counts: Map<string, Partial<PairCounted>>;
  readonly deps: { instance: { held: boolean } };
  readonly failures: unknown[];
  readonly open: () => Reader & { readonly sent: Value[][] };
}

function stage(text = 'hello'): Stage {
  const counts = new Map<string, Partial<PairCounted>>();
  const failures: unknown[] = [];
  const counted = { unread: 0, mentioned: false, at: 0, readId: 0, newest: 0 };
  const deps: UnreadNewsDeps & { instance: { held: boolean } } = {
    unreads: {
      ofRoom: () => Promise.resolve('noMark'),
      ofPair: (_, peer) => {
        const found = counts.get(peer);
        if (found === undefined) return Promise.reject(new StateUnavailable('away'));
        return Promise.resolve({ ...counted, last: messageOf(peer, text), ...found });
      },
      peers: () => Promise.resolve([...counts.keys()]),
    },
    directs: { settle: () => Promise.resolve() },
    sessions: {
      read: () => (counts.size === 0 ? Promise.reject(new StateUnavailable('away')) : Promise.resolve('gone')),
    },
    belongs: { read: () => Promise.resolve(new Map()) },
    users: { readSockets: () => Promise.resolve(new Map()) },
    socketRooms: { roomsOf: () => Promise.resolve(undefined) },
    repairs: { retry: () => undefined },
    settings: { directMessages: 'stored', replyBytes: 1000 },
    instance: { held: true },
    wake: () => undefined,
    onError: (error) => failures.push(error),
  };
  const open = (): Reader & { sent: Value[][] } => {
    const sent: Value[][] = [];
    const send = (frame: Uint8Array): void => {
      const [list = null] = decodeNotification(frame).params;
      sent.push((Array.isArray(list) ? list : []).map((one) => [Object(one).userName, Object(one).unread]));
    };
    return { userName: 'bob', open: true, countsUnread: true, send, sent };
  };
  return { news: new UnreadNews(deps), counts, deps, failures, open };
}

const read = (peer: string, upToId: number): Uint8Array =>
  notificationFrame('directMessageStatus', [peer, { status: 'read', upToId }]);
const NONE = new Uint8Array(0);

test('each socket is told of what it has heard of, as it is then, and then left alone for a while', async () => {
  const { news, counts, open } = stage();
  const [one, other] = [open(), open()];
  for (const peer of ['ann', 'carol']) counts.set(peer, { unread: 3 });
  for (let i = 0; i < 3; i++) news.heard(one, NONE, 'ann');
  news.heard(other, NONE, 'ann');
  news.heard(other, NONE, 'carol');
  counts.set('carol', { unread: 0 });
  // No time passes, however long this process is stopped.
  const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now());
  await news.run();
  expect(one.sent).toEqual([[['ann', 3]]]);
  expect(other.sent).toEqual([
    [
      ['ann', 3],
      ['carol', 0],
    ],
  ]);
  news.heard(one, NONE, 'carol');
  await news.run();
  expect(one.sent).toHaveLength(1);
  clock.mockRestore();
  await eventually(async () => {
    await news.run();
    expect(one.sent.at(-1)).toEqual([['carol', 0]]);
  });
});

test('that the other side has read is no news', async () => {
  const { news, counts, open } = stage();
  const reader = open();
  counts.set('ann', { unread: 2, readId: 4 });
  news.heard(reader, read('ann', 7), undefined);
  news.heard(reader, notificationFrame('directMessageStatus', ['ann', { status: 'sent', upToId: 4 }]), undefined);
  news.heard(reader, notificationFrame('systemMessage', [1]), undefined);
  await news.run();
  expect(reader.sent).toEqual([]);
  const again = stage();
  again.counts.set('ann', { unread: 2, readId: 4 });
  for (const upToId of [3, 4, 7]) again.news.heard(reader, read('ann', upToId), undefined);
  await again.news.run();
  expect(reader.sent).toEqual([[['ann', 2]]]);
});

test('what could not be counted, or did not fit, is told later', async () => {
  const { news, counts, failures, open } = stage('x'.repeat(600));
  const reader = open();
  for (const peer of ['ann', 'carol']) news.heard(reader, NONE, peer);
  counts.set('ann', { unread: 1 });
  await news.run();
  expect([reader.sent, failures]).toEqual([[], [expect.any(StateUnavailable)]]);
  counts.set('carol', { unread: 2 });
  await eventually(async () => {
    await news.run();
    expect(reader.sent.map((list) => list.length)).toEqual([1, 1]);
  });
  expect(Object.fromEntries(reader.sent.flat() as [string, number][])).toEqual({ ann: 1, carol: 2 });
});

test('a login that cannot look everywhere is told later, unless it has closed', async () => {
  const { news, counts, open } = stage();
  expect(await news.atLogin('bob', false)).toEqual({ frame: undefined, isLate: true });
  const [reader, closed] = [open(), { ...open(), open: false }];
  for (const one of [reader, closed]) news.later(one);
  await news.run();
  counts.set('ann', { unread: 2 });
  await news.run();
  await news.run();
  expect([reader.sent, closed.sent]).toEqual([[[['ann', 2]]], []]);
});

test('a node that may not act any more tells nothing', async () => {
  const { news, counts, deps, open } = stage();
  const reader = open();
  counts.set('ann', { unread: 2 });
  news.heard(reader, NONE, 'ann');
  deps.instance.held = false;
  await news.run();
  expect(reader.sent).toEqual([]);
});
