// What a stored message replies to, and the priority of one that passes: both are told to the step that posts it.
import { describe, expect, test } from '@jest/globals';
import { priorityOf } from '../../src/log/event.ts';
import { roomTopic } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { say, update } from './change-actions.ts';
import { join, post, room, starter } from './room-actions.ts';
import type { OpenStore } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function replySuite(open: OpenStore): void {
  const start = starter(open, scope);
  describe('a reply in a room', () => {
    test('names a message that is there; a repeat gets the first answer, and what was refused is not noted', async () => {
      const store = await start();
      await join(store, 'alice');
      for (const replyTo of [0, -1, 1, 2]) expect(await post(store, 'alice', { replyTo })).toBe('noMessage');
      await post(store, 'alice');
      expect(await post(store, 'alice', { replyTo: 2 })).toBe('noMessage');
      const answer = { clientMessageId: 'c', replyTo: 2 };
      expect(await post(store, 'alice', answer)).toBe('noMessage');
      expect(await post(store, 'alice', { ...answer, replyTo: 1 })).toMatchObject({ id: 2, repeated: false });
      expect(await post(store, 'alice', { ...answer, replyTo: 9 })).toMatchObject({ id: 2, repeated: true });
      // Of the same batch, and with what else a post notes.
      const mentions = { names: ['alice'], all: false };
      const both = await Promise.all([
        post(store, 'alice', { replyTo: 2 }),
        post(store, 'alice', { replyTo: 3, mentions }),
        post(store, 'alice', { replyTo: 5 }),
      ]);
      expect(both).toMatchObject([{ id: 3 }, { id: 4, mentioned: ['alice'] }, 'noMessage']);
      expect(await post(store, 'alice', { replyTo: 99, transient: true })).toMatchObject({ id: undefined });
      expect(await post(store, 'owner', { replyTo: 1 })).toBe('notJoined');
    });

    test('names one that can still be read: by its age, by the number that is kept', async () => {
      const store = await start({}, { historyMax: 2 });
      await join(store, 'alice');
      for (let i = 0; i < 3; i++) await post(store, 'alice');
      // Trimming is approximate: it is in the stream still.
      expect(await post(store, 'alice', { replyTo: 1 })).toBe('noMessage');
      expect(await post(store, 'alice', { replyTo: 2 })).toMatchObject({ id: 4 });
      await store.client.hset(store.keys.room(room).meta, 'maxAge', '1');
      const agedAt = Date.now();
      await eventually(() => expect(Date.now()).toBeGreaterThan(agedAt + 5));
      expect(await post(store, 'alice', { replyTo: 4 })).toBe('noMessage');
    });

    test('does not name what is left of a message that was erased', async () => {
      const store = await start();
      await join(store, 'alice');
      for (const text of ['one', 'two']) await say(store, 'alice', { text });
      await store.authored.eraseInRoom(room, 'alice');
      expect(await post(store, 'alice', { replyTo: 1 })).toBe('noMessage');
      await say(store, 'alice', { text: 'three' });
      await update(store, 'alice', 3, { text: 'four' });
      expect(await post(store, 'alice', { replyTo: 3 })).toMatchObject({ id: 4 });
    });
  });

  others(open);
}

function others(open: OpenStore): void {
  const start = starter(open, scope);
  test('the priority of a message that passes goes with its event', async () => {
    const store = await start();
    await join(store, 'alice');
    const events = await store.listen(roomTopic(room));
    await post(store, 'alice', { transient: true });
    for (const priority of ['low', 'normal', 'high'] as const)
      await post(store, 'alice', { transient: true, priority });
    await post(store, 'alice', { priority: 'low' });
    await eventually(() => expect(events).toHaveLength(5));
    expect(events.map(priorityOf)).toEqual(['normal', 'low', 'normal', 'high', undefined]);
    expect(events.map(({ subject }) => subject.length)).toEqual([0, 1, 0, 1, 0]);
  });
}
