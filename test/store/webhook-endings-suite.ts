// Rooms that are deleted, and what of them is kept for the webhook until it was sent. On any Redis.
import { expect, test } from '@jest/globals';
import { SERVICE } from '../../src/store/rights.ts';
import { UnsentAllowance } from '../../src/store/webhook/unsent-allowance.ts';
import type { Outbox } from '../../src/store/webhook/webhook-store.ts';
import { useScope } from '../support/scope.ts';
import { write } from './authored-suite.ts';
import { messageIn } from './change-actions.ts';
import { keysWith, MARKER } from './erase-actions.ts';
import { join, post, room } from './room-actions.ts';
import { frame, roomOptions, type OpenStore } from './store.ts';
import { lobby, seqsOf, startRoom, take, takeOf, type Opened } from './webhook-actions.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function webhookEndingsSuite(open: OpenStore): void {
  endings(open);
  replayed(open);
  unsent(open);
  trimmed(open);
  erased(open);
  allowed(open);
}

function endings(open: OpenStore): void {
  test('a deleted room is given to its end, before another one of its name, and leaves nothing then', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    const first = await take(outboxes, 'n1');
    await post(store, 'ann');
    expect(await store.rooms.delete(room, SERVICE, 'n1', frame('deleted'))).toMatchObject({ owner: 'owner' });
    expect(await store.rooms.create(room, roomOptions('eve'))).toBe('ok');
    expect(await outboxes.withSomeLeft([room])).toEqual([room]);
    expect(await outboxes.take(lobby, 'n1', first.token)).toBe('ended');
    const [life = ''] = await outboxes.endedLives(room);
    const ended: Outbox = { roomName: room, life };
    const last = await takeOf(ended, outboxes, 'n1', first.token);
    expect(last.events.map(({ seq, kind }) => [seq, kind])).toEqual([
      [2, 'message'],
      [3, 'deleted'],
    ]);
    expect(await outboxes.take(ended, 'n1', last.token)).toBe('idle');
    await outboxes.endLife(room, life);
    expect((await take(outboxes, 'n1')).made?.owner).toBe('eve');
    const left = Object.keys(await store.ttls()).filter((key) => key.includes('ended:'));
    expect(left).toEqual([]);
  });

  test('of a room that was deleted without a word, by a node without webhooks, it is told how far it was sent', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    const first = await take(outboxes, 'n1');
    expect(await outboxes.take(lobby, 'n1', first.token)).toBe('idle');
    const { meta, history, events } = store.keys.room(room);
    await store.client.unlink(meta, history, events);
    expect(await outboxes.withSomeLeft([room])).toEqual([room]);
    const gone = await take(outboxes, 'n1');
    expect([gone.former, gone.life, gone.events]).toEqual([1, first.life, []]);
    expect(await outboxes.take(lobby, 'n1', gone.token)).toBe('gone');
    expect(await outboxes.take(lobby, 'n1')).toBe('gone');
    expect(await store.rooms.create(room, roomOptions('owner'))).toBe('ok');
    expect(seqsOf(await take(outboxes, 'n1'))).toEqual([]);
    await store.client.hset(store.keys.room(room).webhook, 'life', 'an earlier one', 'seq', 7);
    for (let count = 0; count < 2; count++) {
      const { token, ...begun } = await take(outboxes, 'n1');
      expect(begun).toMatchObject({ former: 7, seq: 0, made: { owner: 'owner' } });
      await outboxes.putOff(lobby, token);
    }
  });
}

function replayed(open: OpenStore): void {
  test('what is still to be told of a beginning, or of an earlier end, is told also behind a replay', async () => {
    const { outboxes, ...store } = await startRoom(scope, open);
    await join(store, 'ann');
    // Nobody has looked yet.
    await outboxes.replay(lobby, { by: 'seq', from: 2 });
    const begun = await take(outboxes, 'n1');
    expect(begun).toMatchObject({ seq: 1, replays: 1, former: undefined, made: { owner: 'owner' } });
    await outboxes.replay(lobby, { by: 'seq', from: 1 });
    expect(await take(outboxes, 'n1')).toMatchObject({ seq: 0, toSeq: 1, replays: 2, made: { owner: 'owner' } });
    const { webhook } = store.keys.room(room);
    await store.client.hset(webhook, 'life', 'an earlier one', 'seq', 7);
    for (let count = 3; count < 5; count++) {
      await outboxes.replay(lobby, { by: 'seq', from: 1 });
      const { token, ...again } = await take(outboxes, 'n1');
      expect(again).toMatchObject({ former: 7, seq: 0, replays: count, made: { owner: 'owner' } });
      await outboxes.putOff(lobby, token);
    }
    await take(outboxes, 'n1', (await take(outboxes, 'n1')).token).catch(() => undefined);
    await outboxes.replay(lobby, { by: 'seq', from: 1 });
    expect(await take(outboxes, 'n1')).toMatchObject({ former: undefined, made: undefined, seq: 0 });
  });
}

/** Deletes the room; gives its log as it is kept. */
async function endedLog({ outboxes, ...store }: Opened): Promise<Outbox> {
  expect(await store.rooms.delete(room, SERVICE, 'n1', frame('deleted'))).toMatchObject({ owner: 'owner' });
  const [life = ''] = await outboxes.endedLives(room);
  return { roomName: room, life };
}

function unsent(open: OpenStore): void {
  test('a room that was made and deleted before anybody looked is told, also where its log is not kept so long', async () => {
    const store = await startRoom(scope, open);
    await join(store, 'ann');
    const whole = await endedLog(store);
    const first = await takeOf(whole, store.outboxes, 'n1');
    expect([first.made?.owner, first.former, seqsOf(first)]).toEqual(['owner', undefined, [1, 2]]);
    await store.outboxes.putOff(whole, first.token);
    const { meta, history, events } = store.keys.endedRoom(room, whole?.life ?? '');
    await store.client.unlink(meta, history, events);
    const gone = await takeOf(whole, store.outboxes, 'n1');
    expect([gone.former, gone.events]).toEqual([0, []]);
    expect(await store.outboxes.take(whole, 'n1', gone.token)).toBe('gone');
  });
}

function trimmed(open: OpenStore): void {
  test('of a deleted room only what was not sent is kept, whatever it was before, and nothing that was imported', async () => {
    const allowance = new UnsentAllowance(() => undefined);
    const store = await startRoom(scope, open, 1000, allowance);
    await join(store, 'ann');
    for (let i = 0; i < 3; i++) await post(store, 'ann', { prefix: 'x'.repeat(20_000) });
    const batch = await take(store.outboxes, 'n1');
    await post(store, 'ann', { prefix: 'last' });
    const before = allowance.left;
    await store.outboxes.take(lobby, 'n1', batch.token);
    const log = await endedLog(store);
    expect(before - allowance.left).toBeLessThan(20_000);
    const { history, meta } = store.keys.endedRoom(room, log?.life ?? '');
    expect(await store.client.xlen(history)).toBe(1);
    expect(await store.client.exists(meta)).toBe(1);
    const last = await takeOf(log, store.outboxes, 'n1');
    // The one under way is the same again.
    expect([last.former, last.gaps, seqsOf(last)]).toEqual([undefined, [], [5]]);
    expect(seqsOf(await takeOf(log, store.outboxes, 'n1', last.token))).toEqual([6]);
  });

  test('a batch that was taken before its room was deleted is not told as lost', async () => {
    const store = await startRoom(scope, open, 1000, new UnsentAllowance(() => undefined, 5000));
    await join(store, 'ann');
    for (let i = 0; i < 3; i++) await post(store, 'ann', { prefix: 'x'.repeat(1000) });
    const batch = await take(store.outboxes, 'n1');
    const log = await endedLog(store);
    expect(await store.outboxes.take(lobby, 'n1', batch.token)).toBe('ended');
    expect((await takeOf(log, store.outboxes, 'n1', batch.token)).former).toBe(4);
  });
}

function erased(open: OpenStore): void {
  test('who is erased is not in the log of a deleted room either, which goes as soon as before', async () => {
    const store = await startRoom(scope, open);
    await join(store, 'ann');
    await join(store, 'bob');
    await write(store, 'ann', { text: MARKER });
    await write(store, 'bob', { text: 'of bob' });
    const log = await endedLog(store);
    const said = async (): Promise<unknown[]> => {
      const { events, token } = await takeOf(log, store.outboxes, 'n1');
      await store.outboxes.putOff(log, token);
      return events.filter(({ kind }) => kind === 'message').map((event) => messageIn(event));
    };
    expect(await said()).toMatchObject([{ id: 1, text: MARKER }, { id: 2 }]);
    await store.authored.eraseInEnded(room, 'ann');
    expect(await keysWith(store.client, store.keys.prefix, MARKER)).toEqual([]);
    expect(await said()).toMatchObject([
      { id: 1, author: 'ann', recalled: true },
      { id: 2, text: 'of bob' },
    ]);
    // Where no stream is left to go with, too.
    await store.client.unlink(store.keys.endedRoom(room, log?.life ?? '').history);
    await store.authored.eraseInEnded(room, 'bob');
    const ttls = Object.entries(await store.ttls()).filter(([key]) => key.includes(':ended:'));
    expect(ttls.length).toBeGreaterThan(2);
    for (const [key, ttl] of ttls) expect([key, ttl > 0 && ttl <= 604_800_000]).toEqual([key, true]);
  });
}

function allowed(open: OpenStore): void {
  test('deletions leave what was not sent, as far as that is allowed, then how far it was sent, then nothing', async () => {
    const allowance = new UnsentAllowance(() => dropped++, 100_000);
    let dropped = 0;
    const store = await startRoom(scope, open, 1000, allowance);
    const { outboxes } = store;
    const middle = 'x'.repeat(3000);
    const fill = async (): Promise<void> => {
      await join(store, 'ann');
      for (let i = 0; i < 20; i++) await post(store, 'ann', { prefix: middle });
    };
    const again = async (): Promise<void> => {
      expect(await store.rooms.create(room, roomOptions('owner'))).toBe('ok');
    };
    const isKept = async (outbox: Outbox): Promise<number> =>
      store.client.exists(store.keys.endedRoom(room, outbox?.life ?? '').history);
    await fill();
    // All of it was sent: nothing of it counts.
    let sent = '';
    for (let taken = await outboxes.take(lobby, 'n1'); typeof taken === 'object';) {
      sent = taken.token;
      taken = await outboxes.take(lobby, 'n1', sent);
    }
    const one = await endedLog(store);
    expect(await isKept(one)).toBe(1);
    expect(allowance.left).toBeGreaterThan(85_000);
    await outboxes.endLife(room, one?.life ?? '');
    await again();
    await fill();
    const two = await endedLog(store);
    expect(await isKept(two)).toBe(1);
    const left = allowance.left;
    expect(left).toBeGreaterThan(10_000);
    expect(left).toBeLessThan(40_000);
    await outboxes.endLife(room, two?.life ?? '');
    await again();
    await fill();
    const three = await endedLog(store);
    expect(await isKept(three)).toBe(0);
    expect((await takeOf(three, outboxes, 'n1')).former).toBe(0);
    await outboxes.endLife(room, three?.life ?? '');
    for (let count = 0; dropped === 0 && count < 20; count++) {
      await again();
      await endedLog(store);
    }
    expect(dropped).toBe(1);
    expect(allowance.left).toBeLessThan(4096);
  });
}
