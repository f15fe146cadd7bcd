// Searching what was said, and replying to it, in rooms and in conversations.
import { describe, expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { Rpc } from '../support/rpc.ts';
import { field, limits, type World } from './world.ts';

/** Where a search is made, and how. */
interface Place {
  readonly find: (by: Rpc, options?: ValueMap) => Promise<Value>;
  readonly say: (by: Rpc, message: ValueMap) => Promise<Value>;
}

const idsOf = (page: Value): Value[] => {
  const messages = field(page, 'messages');
  return Array.isArray(messages) ? messages.map((message) => field(message, 'id') ?? null) : [];
};

/** In rooms. */
export function searchSuite(world: World): void {
  const open = async (one: Rpc, other: Rpc): Promise<Place> => {
    const name = await world.room(one, one, other);
    return {
      find: (by, options) => by.call('roomHistorySearch', name, ...(options === undefined ? [] : [options])),
      say: (by, message) => by.call('roomMessage', name, message),
    };
  };
  describe('a search of a room', () => {
    finds(world, open);
    test('is for who may read it', async () => {
      const [alice, bob] = [await world.login(0), await world.login(1)];
      const name = await world.room(alice, alice);
      expect(await bob.refusal('roomHistorySearch', name)).toMatchObject({ code: 'notJoined', args: [name] });
      expect(await bob.refusal('roomHistorySearch', 'nowhere')).toMatchObject({ code: 'noRoom', args: ['nowhere'] });
    });

    test('looks at what is kept, and goes on where it was, past the page limit too', async () => {
      const [alice, bob] = [await world.login(0), await world.login(1)];
      const { find, say } = await open(alice, bob);
      for (let n = 0; n < limits.historyMaxSize + 3; n++) await say(alice, { n });
      expect(idsOf(await find(bob))).toEqual([11, 10, 9, 8, 7, 6, 5, 4]);
      const first = await find(bob, { limit: 3, direction: 'forward' });
      const cursor = field(first, 'cursor') ?? null;
      const second = await find(bob, { limit: 5, direction: 'forward', cursor });
      expect([idsOf(first), idsOf(second), field(second, 'cursor')]).toEqual([[4, 5, 6], [7, 8, 9, 10, 11], null]);
      // What comes meanwhile is not in the way of who goes back.
      const newest = await find(bob, { limit: 2 });
      await say(alice, { n: 11 });
      const older = await find(bob, { limit: 2, cursor: field(newest, 'cursor') ?? null });
      expect([idsOf(newest), idsOf(older)]).toEqual([
        [11, 10],
        [9, 8],
      ]);
      for (const bad of ['', '7', `7.${'x'.repeat(16)}`, 'x'.repeat(65)]) {
        await expect(find(bob, { cursor: bad })).rejects.toThrow('"code":"badArgument"');
      }
    });
  });
  describe('a reply in a room', () => {
    replies(world, open, ({ id }) => id);
  });
}

/** Between users, where the service keeps what they say. */
export function conversationSearchSuite(world: World): void {
  const open = (one: Rpc & { userName: string }, other: Rpc & { userName: string }): Promise<Place> => {
    const peer = (by: Rpc): string => (by === one ? other.userName : one.userName);
    return Promise.resolve({
      find: (by, options) => by.call('directHistorySearch', peer(by), ...(options === undefined ? [] : [options])),
      say: (by, message) => by.call('directMessage', peer(by), message),
    });
  };
  describe('a search of a conversation', () => {
    finds(world, open);
    test('tells how far each message has come, and changes nothing of that', async () => {
      const [alice, bob] = [await world.login(0), await world.login(1)];
      const { find, say } = await open(alice, bob);
      expect(await find(alice)).toEqual({ messages: [], cursor: null });
      for (const n of [1, 2]) await say(alice, { n });
      await bob.next('directMessage');
      await bob.call('directMessageRead', alice.userName, 1);
      await eventually(async () =>
        expect(await find(alice)).toMatchObject({
          messages: [
            { id: 2, status: 'sent' },
            { id: 1, status: 'read' },
          ],
        }),
      );
      expect(await alice.refusal('directHistorySearch', 'nobody-at-all')).toMatchObject({ code: 'noUser' });
      expect(await alice.refusal('directHistorySearch', alice.userName)).toMatchObject({ code: 'notAllowed' });
    });
  });
  describe('a reply to a user', () => {
    replies(world, open, (told) => told);
  });
}

type Open = (one: User, other: User) => Promise<Place>;
type User = Awaited<ReturnType<World['login']>>;

function finds(world: World, open: Open): void {
  test('finds by author, type and event, newest first or oldest first', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const { find, say } = await open(alice, bob);
    await say(alice, { type: 'text', text: 'one' });
    await say(bob, { type: { kind: 'poll', of: [1, 2], deep: { a: 1, b: null } } });
    await say(alice, { event: 'move', type: 7, author: 'bob' });
    await say(bob, { text: 'type', nested: { type: 'text', event: 'move' }, event: 'moved' });
    await say(alice, { type: 'text', event: 'move' });
    const ids = async (options: ValueMap): Promise<Value[]> => idsOf(await find(bob, options));
    expect(await ids({})).toEqual([5, 4, 3, 2, 1]);
    expect(await ids({ direction: 'forward' })).toEqual([1, 2, 3, 4, 5]);
    expect(await ids({ author: alice.userName })).toEqual([5, 3, 1]);
    expect(await ids({ author: 'bob' })).toEqual([]);
    expect(await ids({ type: 'text' })).toEqual([5, 1]);
    expect(await ids({ type: 7 })).toEqual([3]);
    expect(await ids({ type: { deep: { b: null, a: 1 }, of: [1, 2], kind: 'poll' } })).toEqual([2]);
    expect(await ids({ type: { kind: 'poll', of: [2, 1] } })).toEqual([]);
    expect(await ids({ event: 'move' })).toEqual([5, 3]);
    expect(await ids({ event: 'move', type: 'text', author: alice.userName })).toEqual([5]);
    expect(await ids({ event: 'move', author: bob.userName })).toEqual([]);
    expect(await ids({ from: { id: 2 }, to: { id: 4 }, author: bob.userName })).toEqual([4, 2]);
  });

  test('finds by time, both ends counted', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const { find, say } = await open(alice, bob);
    for (let n = 1; n <= 3; n++) {
      await say(alice, { n });
      const saidAt = Date.now();
      await eventually(() => expect(Date.now()).toBeGreaterThan(saidAt + 2));
    }
    const all = field(await find(alice), 'messages');
    const time = field(Array.isArray(all) ? all[1] : undefined, 'timestamp') ?? null;
    expect(idsOf(await find(alice, { from: { time } }))).toEqual([3, 2]);
    expect(idsOf(await find(alice, { to: { time }, direction: 'forward' }))).toEqual([1, 2]);
    expect(idsOf(await find(alice, { from: { time }, to: { time } }))).toEqual([2]);
  });
}

/** `told` makes what a message is answered with out of the message. */
function replies(world: World, open: Open, told: (message: { id: number; replyTo: number }) => unknown): void {
  test('names a message that is there; what is no whole number is the application’s own', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const { say, find } = await open(alice, bob);
    await expect(say(bob, { replyTo: 1 })).rejects.toThrow('"code":"noMessage","args":[1]');
    await say(alice, { text: 'one' });
    for (const replyTo of [0, -1, 2]) {
      await expect(say(bob, { replyTo })).rejects.toThrow(`"code":"noMessage","args":[${replyTo}]`);
    }
    const answered = await say(bob, { replyTo: 1 });
    const expected = told({ id: 2, replyTo: 1 });
    if (typeof expected === 'number') expect(answered).toBe(expected);
    else expect(answered).toMatchObject({ ...Object(expected) });
    for (const replyTo of ['9', 1.5, null, { id: 9 }, [9]]) await say(bob, { replyTo });
    expect(idsOf(await find(bob))).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });
}
