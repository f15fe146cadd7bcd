// Logs as outboxes of the webhook: what is given to which node, how far a log was sent, and what of it is lost. On any Redis.
import { expect, test } from '@jest/globals';
import { bodyOf } from '../../src/chat/webhook/batch-body.ts';
import { SERVICE } from '../../src/store/rights.ts';
import type { Batch, WebhookStore } from '../../src/store/webhook/webhook-store.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { recall, say, update } from './change-actions.ts';
import { join, leave, post, room } from './room-actions.ts';
import { frame, frameText, roomOptions, type OpenStore, type Store } from './store.ts';
import { lobby, outboxesOf, seqsOf, startRoom, take, takeOf } from './webhook-actions.ts';

const scope = useScope();
/** Has all of it sent; gives what was. */
async function drain(outboxes: WebhookStore): Promise<{ seqs: number[]; gaps: unknown[] }> {
  const all: { seqs: number[]; gaps: unknown[] } = { seqs: [], gaps: [] };
  for (let sent = ''; ;) {
    const taken = await outboxes.take(lobby, 'n1', sent);
    if (typeof taken !== 'object') return all;
    all.seqs.push(...seqsOf(taken));
    all.gaps.push(...taken.gaps);
    sent = taken.token;
  }
}

/** By which its receiver knows it, whatever its events say: those of these tests are no notifications. */
const nameOf = (batch: Batch): string | undefined =>
  bodyOf(lobby, { ...batch, events: [], gaps: [[1, 1]] }, new Set(), () => undefined)?.id;

/** Another millisecond of Redis's clock has begun. */
async function later({ client }: Store): Promise<void> {
  const now = async (): Promise<number> => {
    const [seconds = 0, micros = 0] = await client.time();
    return seconds * 1000 + Math.floor(micros / 1000);
  };
  const before = await now();
  await eventually(async () => expect(await now()).toBeGreaterThan(before));
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function webhookSuite(open: OpenStore): void {
  giving(open);
  retries(open);
  tooLarge(open);
  forked(open);
  bounded(open);
  beginnings(open);
  again(open);
}

function giving(open: OpenStore): void {
  test('a room is given from its making on, in order, and moves on where a batch was taken only', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    expect(await outboxes.take({ roomName: 'nowhere' }, 'n1')).toBe('gone');
    await join(store, 'ann');
    await post(store, 'ann', { prefix: 'one' });
    await join(store, 'bob');
    await post(store, 'ann', { prefix: 'two' });
    const first = await take(outboxes, 'n1');
    expect(first).toMatchObject({ seq: 0, toSeq: 4, gaps: [], failures: 0, replays: 0, former: undefined });
    expect(first.made).toEqual({ createdAt: expect.any(Number), owner: 'owner' });
    expect(first.events.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'notice'],
      [2, 'message'],
      [3, 'notice'],
      [4, 'message'],
    ]);
    expect(frameText(first.events[1])).toMatch(/^one/);
    expect(await outboxes.read(lobby)).toMatchObject({ seq: 0, lastSeq: 4, node: 'n1' });
    await post(store, 'ann', { prefix: 'three' });
    const second = await take(outboxes, 'n1', first.token);
    expect([seqsOf(second), second.made]).toEqual([[5], undefined]);
    expect(await outboxes.take(lobby, 'n1', second.token)).toBe('idle');
    expect(await outboxes.take(lobby, 'n2')).toBe('idle');
    expect(await outboxes.read(lobby)).toMatchObject({ seq: 5, lastSeq: 5, waitMs: 0, failures: 0, node: '' });
    expect(await outboxes.read({ roomName: 'nowhere' })).toBe('noRoom');
  });

  test('one node sends; another one waits until it has given it back, or its lease is over', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    const first = await take(outboxes, 'n1');
    expect(await outboxes.take(lobby, 'n2')).toBe('busy');
    expect(await outboxes.putOff(lobby, 'another')).toBe('lost');
    expect(await outboxes.putOff(lobby, first.token)).toBe(0);
    const brief = outboxesOf(store, { leaseMs: 30 });
    const second = await take(brief, 'n2');
    expect(seqsOf(second)).toEqual([1]);
    await eventually(async () => expect(await outboxes.take(lobby, 'n1')).toMatchObject({ seq: 0, toSeq: 1 }));
    // Too late: another node has it.
    expect(await brief.take(lobby, 'n2', second.token)).toBe('busy');
    expect(await outboxes.putOff(lobby, second.token)).toBe('lost');
  });
}

function retries(open: OpenStore): void {
  test('a batch that was not taken is the same when it is given again, whatever came since, to whichever node', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    await post(store, 'ann');
    const first = await take(outboxes, 'n1');
    expect(await outboxes.putOff(lobby, first.token, { failure: { waitMs: 0 } })).toBe(1000);
    await post(store, 'ann');
    const { webhook } = store.keys.room(room);
    expect(await outboxes.take(lobby, 'n2')).toBeGreaterThan(0);
    expect(await outboxes.read(lobby)).toMatchObject({ failures: 1, waitMs: expect.any(Number) });
    await store.client.hdel(webhook, 'retryAt');
    const again = await take(outboxes, 'n2');
    expect([again.seq, again.toSeq, seqsOf(again), again.failures]).toEqual([0, 2, [1, 2], 1]);
    expect([again.made, again.life]).toEqual([first.made, first.life]);
    const third = await take(outboxes, 'n2', again.token);
    expect([seqsOf(third), third.failures]).toEqual([[3], 0]);
  });

  test('it is the same where its messages have grown since, whatever came behind it, and whatever the limits are by then', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    for (let count = 0; count < 24; count++) await say(store, 'ann', { textMessage: 'x' });
    const first = await take(outboxes, 'n1');
    await outboxes.putOff(lobby, first.token);
    for (const id of [1, 2, 3]) await update(store, 'ann', id, { textMessage: 'y'.repeat(3000) });
    for (let count = 0; count < 30; count++) await say(store, 'ann', { textMessage: 'z'.repeat(500) });
    const again = await take(outboxesOf(store, { batchBytes: 12_000, batchMax: 2 }), 'n2');
    expect([again.seq, seqsOf(again), again.gaps]).toEqual([0, seqsOf(first), []]);
    expect([again.toSeq, nameOf(again)]).toEqual([first.toSeq, nameOf(first)]);
    // Also of what is deleted then.
    await outboxes.putOff(lobby, again.token);
    expect(await store.rooms.delete(room, SERVICE, 'n1', frame('deleted'))).toMatchObject({ owner: 'owner' });
    const [life = ''] = await outboxes.endedLives(room);
    const last = await takeOf({ roomName: room, life }, outboxesOf(store, { batchMax: 2 }), 'n1');
    expect([seqsOf(last), nameOf(last)]).toEqual([seqsOf(first), nameOf(first)]);
    expect(seqsOf(await takeOf({ roomName: room, life }, outboxes, 'n1', last.token))[0]).toBe(first.toSeq + 1);
  });

  test('one that has grown beyond twice of what a batch may have is cut anew, and nothing is skipped', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    const small = outboxesOf(store, { batchBytes: 4000 });
    await join(store, 'ann');
    for (let count = 0; count < 8; count++) await say(store, 'ann', { textMessage: 'x' });
    const first = await take(small, 'n1');
    await outboxes.putOff(lobby, first.token);
    for (const id of [1, 2, 3, 4, 5]) await update(store, 'ann', id, { textMessage: 'y'.repeat(3000) });
    const seqs: number[] = [];
    const names = new Set([nameOf(first)]);
    for (let token = ''; seqs.length < 8;) {
      const batch = await take(small, 'n2', token);
      const bytes = batch.events.reduce((sum, { frame: bytesOf }) => sum + bytesOf.length, 0);
      expect([batch.seq, bytes < 8000, names.has(nameOf(batch))]).toEqual([seqs.at(-1) ?? 0, true, false]);
      seqs.push(...seqsOf(batch));
      names.add(nameOf(batch));
      ({ token } = batch);
    }
    expect(seqs.slice(0, seqsOf(first).length)).toEqual(seqsOf(first));
  });
}

function tooLarge(open: OpenStore): void {
  test('one that its receiver finds too large is cut anew, and what follows is as small until nothing is left', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    for (let count = 0; count < 5; count++) await post(store, 'ann');
    const whole = await take(outboxes, 'n1');
    expect(seqsOf(whole)).toHaveLength(6);
    expect(await outboxes.putOff(lobby, whole.token, { most: 3 })).toBe(0);
    const first = await take(outboxes, 'n2');
    expect([first.made, seqsOf(first), first.failures]).toEqual([whole.made, [1, 2, 3], 0]);
    // A repeat has the same end.
    await outboxes.putOff(lobby, first.token);
    const again = await take(outboxes, 'n1');
    expect([again.toSeq, seqsOf(again)]).toEqual([3, [1, 2, 3]]);
    await post(store, 'ann');
    const second = await take(outboxes, 'n1', again.token);
    expect(seqsOf(second)).toEqual([4, 5, 6]);
    const third = await take(outboxes, 'n1', second.token);
    expect(seqsOf(third)).toEqual([7]);
    expect(await outboxes.take(lobby, 'n1', third.token)).toBe('idle');
    for (let count = 0; count < 5; count++) await post(store, 'ann');
    expect(seqsOf(await take(outboxes, 'n2'))).toHaveLength(5);
  });
}

function forked(open: OpenStore): void {
  test('numbers that come again, for Redis has lost what had them, are another batch', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    const { meta, history, webhook } = store.keys.room(room);
    const before = await store.client.hgetBuffer(meta, 'log');
    const place = await store.client.hgetallBuffer(webhook);
    await say(store, 'ann', { textMessage: 'x' });
    const lost = await take(outboxes, 'n1');
    expect(await outboxes.take(lobby, 'n1', lost.token)).toBe('idle');
    // As a replica that takes over without them has it.
    await store.client.del(history, webhook);
    await store.client.hset(meta, 'log', before ?? '');
    if (Object.keys(place).length > 0) await store.client.hset(webhook, place);
    await say(store, 'ann', { textMessage: 'x' });
    const kept = await take(outboxes, 'n1');
    expect([kept.seq, kept.toSeq, kept.life]).toEqual([lost.seq, lost.toSeq, lost.life]);
    expect(nameOf(kept)).not.toBe(nameOf(lost));
    await outboxes.putOff(lobby, kept.token);
    await recall(store, 'ann', 1);
    expect(nameOf(await take(outboxes, 'n1'))).toBe(nameOf(kept));
  });
}

function bounded(open: OpenStore): void {
  test('failures wait twice as long each time, up to an hour, and as long as was asked for', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    const { webhook } = store.keys.room(room);
    const waits: unknown[] = [];
    for (const waitMs of [0, 0, 10_000, 0, 1e9]) {
      const { token } = await take(outboxes, 'n1');
      waits.push(await outboxes.putOff(lobby, token, { failure: { waitMs } }));
      await store.client.hdel(webhook, 'retryAt');
    }
    expect(waits).toEqual([1000, 2000, 10_000, 8000, 3_600_000]);
  });

  test('batches are bounded in number and bytes, and nothing is between them', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    for (let count = 0; count < 6; count++) await post(store, 'ann', { prefix: 'x'.repeat(1000) });
    const few = outboxesOf(store, { batchMax: 2 });
    const first = await take(few, 'n1');
    expect(seqsOf(first)).toEqual([1, 2]);
    const small = outboxesOf(store, { batchBytes: 2500 });
    const second = await take(small, 'n1', first.token);
    expect(seqsOf(second)).toEqual([3, 4]);
    const tiny = outboxesOf(store, { batchBytes: 10 });
    const third = await take(tiny, 'n1', second.token);
    expect([seqsOf(third), third.gaps]).toEqual([[5], []]);
    expect(seqsOf(await take(outboxes, 'n1', third.token))).toEqual([6, 7]);
  });

  test('what is not kept any more is told by its numbers, at the beginning, in between, and at the end', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    await post(store, 'ann');
    await join(store, 'bob');
    await post(store, 'ann');
    await leave(store, 'bob');
    const { history, events } = store.keys.room(room);
    await store.client.xdel(history, '1-2');
    await store.client.xdel(events, '1-0', '5-0');
    const { gaps, ...taken } = await take(outboxes, 'n1');
    expect([seqsOf({ gaps, ...taken }), gaps, taken.toSeq]).toEqual([
      [3, 4],
      [
        [1, 2],
        [5, 5],
      ],
      5,
    ]);
    expect(await outboxes.take(lobby, 'n1', taken.token)).toBe('idle');
  });

  test('of a room that keeps no messages they are gaps', async () => {
    const { outboxes, ...store } = await startRoom(scope, open, 0);
    await join(store, 'ann');
    await post(store, 'ann');
    await join(store, 'bob');
    expect(await drain(outboxes)).toEqual({ seqs: [1, 3], gaps: [[2, 2]] });
  });
}

function beginnings(open: OpenStore): void {
  test('what was imported into a room is not sent, however much it is: only what is said in it', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    const posts = Array.from({ length: 150 }, (_, i) => ({
      author: 'ann',
      timestamp: 1e12 + i,
      prefix: frame(`old ${i}`),
    }));
    const batch = {
      at: 0,
      posts,
      ending: true,
      mentioned: new Map<string, number>(),
      middle: frame('/'),
      resetPrefix: frame(''),
    };
    expect(await store.imports.importRoom(room, batch)).toMatchObject({ imported: 150 });
    await join(store, 'bob');
    await post(store, 'bob', { prefix: 'new' });
    const first = await take(outboxes, 'n1');
    const said = first.events.flatMap((event) => (event.kind === 'message' ? [frameText(event)] : []));
    expect([said.map((text) => text.slice(0, 3)), first.gaps]).toEqual([['new'], []]);
    // Again from a time at which nothing but that was said.
    await outboxes.replay(lobby, { by: 'time', from: 1e12 });
    const again = await take(outboxes, 'n1');
    expect([seqsOf(again), again.gaps]).toEqual([seqsOf(first), []]);
  });

  test('a room that was there before is given from what was said since there have been webhooks', async () => {
    const store = await open(scope, {});
    expect(await store.rooms.create(room, roomOptions('owner'))).toBe('ok');
    await join(store, 'ann');
    await post(store, 'ann');
    const outboxes = outboxesOf(store);
    await later(store);
    await outboxes.since();
    expect(await outboxes.take(lobby, 'n1')).toBe('idle');
    expect(await outboxes.withSomeLeft([room])).toEqual([]);
    await post(store, 'ann');
    await join(store, 'bob');
    expect(await outboxes.withSomeLeft(['nowhere', room])).toEqual([room]);
    const taken = await take(outboxes, 'n1');
    expect([seqsOf(taken), taken.gaps, taken.made]).toEqual([[3, 4], [], undefined]);
    expect(await outboxes.withSomeLeft([room])).toEqual([room]);
    expect(await outboxes.take(lobby, 'n1', taken.token)).toBe('idle');
    expect(await outboxes.withSomeLeft([room])).toEqual([]);
  });
}

function again(open: OpenStore): void {
  test('a log is sent again from an event, a message or a time on, as far as it is kept, and what was under way counts no more', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    await post(store, 'ann');
    await post(store, 'ann');
    await join(store, 'bob');
    await post(store, 'ann');
    const under = await take(outboxes, 'n1');
    const seqs = async (): Promise<number[]> => (await drain(outboxes)).seqs;
    expect(await outboxes.replay(lobby, { by: 'seq', from: 4 })).toEqual({
      seq: 4,
      lastSeq: 5,
      epoch: under.events[0]?.epoch,
    });
    expect(await outboxes.take(lobby, 'n1', under.token)).toMatchObject({ seq: 3, toSeq: 5, replays: 1 });
    expect(await seqs()).toEqual([4, 5]);
    expect(await outboxes.replay(lobby, { by: 'id', from: 2 })).toMatchObject({ seq: 3 });
    expect(await seqs()).toEqual([3, 4, 5]);
    expect(await outboxes.replay(lobby, { by: 'time', from: 0 })).toMatchObject({ seq: 1 });
    expect(await seqs()).toEqual([1, 2, 3, 4, 5]);
    for (const by of ['seq', 'id', 'time'] as const) {
      expect(await outboxes.replay(lobby, { by, from: 9e15 })).toMatchObject({ seq: 6 });
      expect(await seqs()).toEqual([]);
    }
    const { history, events } = store.keys.room(room);
    await store.client.xtrim(history, 'MINID', '2');
    await store.client.xtrim(events, 'MINID', '4');
    expect(await outboxes.replay(lobby, { by: 'seq', from: 0 })).toMatchObject({ seq: 3 });
    expect(await seqs()).toEqual([3, 4, 5]);
    expect(await outboxes.replay({ roomName: 'nowhere' }, { by: 'seq', from: 0 })).toBe('noRoom');
  });

  test('what is of no room is given in the order in which it was noted; one node at a time looks at rooms', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    const { events } = store.keys.webhooks;
    expect(await outboxes.take(undefined, 'n1')).toBe('gone');
    await outboxes.note([frame('one'), frame('two')]);
    await outboxes.note([frame('three')]);
    const taken = await takeOf(undefined, outboxes, 'n1');
    expect(taken.events.map((event) => frameText(event))).toEqual(['<one>', '<two>', '<three>']);
    expect(await store.client.xlen(events)).toBe(3);
    expect(await outboxes.take(undefined, 'n1', taken.token)).toBe('idle');
    // Words of messages are among it.
    expect(await store.client.xlen(events)).toBe(0);
    expect(await outboxes.claimScan('n1', 30)).toBe(true);
    expect(await outboxes.claimScan('n1', 60_000)).toBe(true);
    expect(await outboxes.claimScan('n2', 60_000)).toBe(false);
    expect(await outboxes.claimScan('n2', 100)).toBe(true);
  });
}
