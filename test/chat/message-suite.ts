// Posting to a room: who may, what becomes of a message on its way to every joined socket, and what repeats do.
import { describe, expect, test } from '@jest/globals';
import { encodeValue } from '../../src/protocol/wire/msgpack.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { about, fenceRoom, field, idsHeard, limits, type World } from './world.ts';

export function messageSuite(world: World): void {
  describe('a message', () => {
    delivery(world);
    contents(world);
    bytesCarried(world);
  });
  describe('a message with a clientMessageId', () => {
    repeats(world);
    repeatsApart(world);
  });
  transients(world);
}

function delivery(world: World): void {
  test('reaches every joined socket on every node, the sender included, with author, id and time', async () => {
    const [alice, bob, stranger] = [await world.login(0), await world.login(1), await world.login(1)];
    const name = await world.room(alice, alice, bob);
    expect(await alice.call('roomMessage', name, { textMessage: 'one' })).toBe(1);
    expect(await bob.call('roomMessage', name, { textMessage: 'two', nested: { list: [1, null, [true]] } })).toBe(2);
    expect(await alice.call('roomMessage', name, {})).toBe(3);
    await fenceRoom(alice, name, alice, bob);
    const [first, second, third] = alice.heard('roomMessage');
    expect(first).toEqual([name, { textMessage: 'one', author: alice.userName, id: 1, timestamp: expect.any(Number) }]);
    expect(second?.[1]).toMatchObject({ textMessage: 'two', nested: { list: [1, null, [true]] }, id: 2 });
    expect(third?.[1]).toEqual({ author: alice.userName, id: 3, timestamp: expect.any(Number) });
    expect(bob.heard('roomMessage')).toEqual(alice.heard('roomMessage'));
    const times = [first, second, third].map((params) => Number(field(params?.[1], 'timestamp')));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    await stranger.call('ping');
    expect(about(stranger, name)).toEqual([]);
  });

  test('comes to its sender before the response, unless the bus is late', async () => {
    const alice = await world.login(0);
    const name = await world.room(alice, alice);
    await eventually(async () => {
      const id = await alice.call('roomMessage', name, {});
      expect(alice.received.slice(-2)).toEqual([
        { name: 'roomMessage', params: [name, expect.objectContaining({ id })] },
        { method: 'roomMessage', outcome: { result: id } },
      ]);
    });
  });

  test('needs a joined socket of the user, be it another one, which alone receives; owners are no exception', async () => {
    const [owner, bob] = [await world.login(0), await world.login(1)];
    const bobToo = await world.login(0, bob.userName);
    const name = await world.room(owner);
    expect(await owner.refusal('roomMessage', name, {})).toMatchObject({ code: 'notJoined', args: [name] });
    expect(await owner.refusal('roomMessage', 'nowhere', {})).toMatchObject({ code: 'noRoom', args: ['nowhere'] });
    await bob.call('roomJoin', name);
    expect(await bobToo.call('roomMessage', name, { from: 'elsewhere' })).toBe(1);
    expect(await bob.next('roomMessage')).toMatchObject([name, { from: 'elsewhere', author: bob.userName }]);
    await bob.call('roomLeave', name);
    expect(await bobToo.refusal('roomMessage', name, {})).toMatchObject({ code: 'notJoined' });
    expect(bobToo.heard('roomMessage')).toEqual([]);
    expect(await owner.call('roomHistoryInfo', name)).toMatchObject({ lastMessageId: 1 });
  });
}

function contents(world: World): void {
  test('is any map, in which the fields of the server are overwritten, at the top only', async () => {
    const alice = await world.login(0);
    const name = await world.room(alice, alice);
    const inner = { author: 'eve', timestamp: 1, id: 99 };
    await alice.call('roomMessage', name, { ...inner, inner, event: 'x', '': 0, length: -1.5, toString: null });
    const [, message] = await alice.next('roomMessage');
    expect(message).toEqual({
      inner,
      event: 'x',
      '': 0,
      length: -1.5,
      toString: null,
      author: alice.userName,
      id: 1,
      timestamp: expect.any(Number),
    });
    expect(field(message, 'timestamp')).not.toBe(1);
    expect(await alice.call('roomRecentHistory', name)).toEqual([message]);
    for (const bad of ['text', 1, null, [7], true]) {
      const refusal = await alice.refusal('roomMessage', name, bad);
      expect(refusal).toMatchObject({ code: 'badArgument', args: [1, bad] });
    }
    expect(await alice.refusal('roomMessage', name)).toMatchObject({ code: 'wrongArgumentsCount', args: [2, 1] });
  });

  test('may be as large as the limit says, which comes after rights', async () => {
    const [alice, stranger] = [await world.login(0), await world.login(1)];
    const name = await world.room(alice, alice);
    const largest = mapOf(limits.messageBytes);
    expect(await alice.call('roomMessage', name, largest)).toBe(1);
    expect((await alice.next('roomMessage'))[1]).toMatchObject(largest);
    const tooLarge = mapOf(limits.messageBytes + 1);
    expect(await alice.refusal('roomMessage', name, tooLarge)).toMatchObject({ code: 'messageTooLarge', args: [] });
    const transient = await alice.refusal('roomMessage', name, tooLarge, { transient: true });
    expect(transient).toMatchObject({ code: 'messageTooLarge' });
    expect(await stranger.refusal('roomMessage', name, tooLarge)).toMatchObject({ code: 'notJoined' });
    expect(await alice.refusal('roomMessage', 'nowhere', tooLarge)).toMatchObject({ code: 'noRoom' });
    expect(await alice.call('roomHistoryInfo', name)).toMatchObject({ lastMessageId: 1 });
  });
}

function bytesCarried(world: World): void {
  test('carries bytes to either format and out of the history', async () => {
    const speakers = [await world.login(0, undefined, 'msgpack'), await world.login(1, undefined, 'json')];
    const name = await world.room(await world.login(0), ...speakers);
    const bytes = Uint8Array.from([0, 1, 0x7f, 0x80, 0xff]);
    const sent = { bytes, empty: new Uint8Array(0), inner: [{ bytes }] };
    for (const speaker of speakers) await speaker.call('roomMessage', name, sent);
    for (const reader of speakers) {
      await fenceRoom(reader, name, reader);
      const live = reader.heard('roomMessage').map(([, message]) => message);
      const stored = await reader.call('roomRecentHistory', name);
      expect(stored).toEqual([live[1], live[0]]);
      for (const message of live.slice(0, 2)) {
        expect(message).toMatchObject({ inner: [{ bytes }] });
        expect(field(message, 'bytes')).toBeInstanceOf(Uint8Array);
        expect(Array.from(Object(field(message, 'bytes')))).toEqual([...bytes]);
        expect(field(message, 'empty')).toHaveLength(0);
      }
    }
  });
}

function repeats(world: World): void {
  test('is posted once, whatever a repeat carries and wherever it comes in', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const elsewhere = await world.login(1, alice.userName);
    const name = await world.room(alice, alice, bob);
    const options = { clientMessageId: 'm-1' };
    expect(await alice.call('roomMessage', name, { text: 'first' }, options)).toBe(1);
    expect(await alice.call('roomMessage', name, { text: 'first' }, options)).toBe(1);
    expect(await elsewhere.call('roomMessage', name, { text: 'other' }, options)).toBe(1);
    expect(await elsewhere.call('roomMessage', name, {}, { ...options, transient: true })).toBe(1);
    expect(await alice.call('roomMessage', name, mapOf(limits.messageBytes + 1), options)).toBe(1);
    const byBob = { clientMessageId: 'b-1' };
    expect(await bob.call('roomMessage', name, { text: 'second' }, byBob)).toBe(2);
    expect(await bob.call('roomMessage', name, {}, { ...byBob, mentionAll: true })).toBe(2);
    const toAll = { clientMessageId: 'b-2', mentionAll: true };
    for (const message of [{}, mapOf(limits.messageBytes + 1)]) {
      expect(await bob.refusal('roomMessage', name, message, toAll)).toMatchObject({ code: 'notAllowed' });
    }
    await fenceRoom(alice, name, alice, bob);
    expect(idsHeard(bob, name)).toEqual([1, 2]);
    expect(idsHeard(alice, name)).toEqual([1, 2]);
    expect(await alice.call('roomRecentHistory', name)).toMatchObject([{ text: 'second' }, { text: 'first' }]);
  });

  test('is another one of another author or in another room, and a refused one was none', async () => {
    const [alice, bob] = [await world.login(0), await world.login(0)];
    const [one, two] = [await world.room(alice, alice), await world.room(alice, alice)];
    const options = { clientMessageId: 'm-1' };
    expect(await bob.refusal('roomMessage', one, {}, options)).toMatchObject({ code: 'notJoined' });
    await bob.call('roomJoin', one);
    expect(await alice.refusal('roomMessage', one, mapOf(limits.messageBytes + 1), options)).toMatchObject({
      code: 'messageTooLarge',
    });
    expect(await alice.call('roomMessage', one, {}, options)).toBe(1);
    expect(await bob.call('roomMessage', one, {}, options)).toBe(2);
    expect(await alice.call('roomMessage', two, {}, options)).toBe(1);
    // The right to post comes before the repeat.
    await bob.call('roomLeave', one);
    expect(await bob.refusal('roomMessage', one, {}, options)).toMatchObject({ code: 'notJoined' });
  });

  test('is posted once when repeats overtake each other', async () => {
    const alice = await world.login(0);
    const elsewhere = await world.login(1, alice.userName);
    const name = await world.room(alice, alice);
    const repeats = [alice, elsewhere, alice, elsewhere].flatMap((socket) =>
      socket.callAll(['roomMessage', name, { text: 'x' }, { clientMessageId: 'same' }]),
    );
    expect(await Promise.all(repeats)).toEqual(repeats.map(() => ({ result: 1 })));
    await fenceRoom(alice, name, alice);
    expect(idsHeard(alice, name)).toEqual([1]);
  });
}

function repeatsApart(world: World): void {
  test('has one of at most 64 characters', async () => {
    const alice = await world.login(0);
    const name = await world.room(alice, alice);
    expect(await alice.call('roomMessage', name, {}, { clientMessageId: 'x'.repeat(64) })).toBe(1);
    for (const options of [{ clientMessageId: 'x'.repeat(65) }, { clientMessageId: 1 }, { transient: 'yes' }, 'm-1']) {
      const refusal = await alice.refusal('roomMessage', name, {}, options);
      expect(refusal).toMatchObject({ code: 'badArgument', args: [2, options] });
    }
    expect(await alice.call('roomMessage', name, {}, { clientMessageId: null, unknown: 1 })).toBe(2);
  });
}

function transients(world: World): void {
  test('a transient message is delivered like any other but has no id and leaves no trace', async () => {
    const [alice, bob, stranger] = [await world.login(0), await world.login(1), await world.login(1)];
    const name = await world.room(alice, alice, bob);
    const typing: ValueMap = { event: 'typing', id: 5 };
    expect(await alice.call('roomMessage', name, {}, {})).toBe(1);
    expect(await alice.call('roomMessage', name, typing, { transient: true })).toBeNull();
    const delivered = { event: 'typing', author: alice.userName, timestamp: expect.any(Number) };
    await eventually(() => expect(alice.heard('roomMessage').at(-1)).toEqual([name, delivered]));
    expect(await alice.call('roomMessage', name, {}, { transient: false })).toBe(2);
    await fenceRoom(alice, name, bob);
    const live = bob.heard('roomMessage').map(([, message]) => message);
    expect(live.slice(0, 3)).toEqual([
      expect.objectContaining({ id: 1 }),
      delivered,
      expect.objectContaining({ id: 2 }),
    ]);
    expect(await bob.call('roomRecentHistory', name)).toEqual([live[2], live[0]]);
    expect(await bob.call('roomHistoryInfo', name)).toMatchObject({ lastMessageId: 2, historySize: 2 });
    const refusal = await stranger.refusal('roomMessage', name, typing, { transient: true });
    expect(refusal).toMatchObject({ code: 'notJoined' });
    // Repeated, it is known as well.
    const options = { transient: true, clientMessageId: 'typing-1' };
    for (let i = 0; i < 2; i++) expect(await alice.call('roomMessage', name, { n: i }, options)).toBeNull();
    await fenceRoom(alice, name, bob);
    const numbered = bob.heard('roomMessage').filter(([, message]) => field(message, 'n') !== undefined);
    expect(numbered).toMatchObject([[name, { n: 0 }]]);
  });
}

/** A map of exactly as many bytes in MessagePack. */
function mapOf(bytes: number): { [key: string]: Value } {
  const overhead = encodeValue({ text: 'x'.repeat(300) }).length - 300;
  return { text: 'x'.repeat(bytes - overhead) };
}
