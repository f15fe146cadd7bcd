// Results with parts as they are stored: on the wire they are what their values are, in both formats, and cheaper to make.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCodec, type Format } from '../../src/protocol/wire/codec.ts';
import { directMessageFrame } from '../../src/protocol/direct.ts';
import { roomMessageFrame } from '../../src/protocol/message.ts';
import { storedMessageIn } from '../../src/protocol/wire/message-frame.ts';
import { notificationFrame } from '../../src/protocol/wire/frame.ts';
import { encodeValue } from '../../src/protocol/wire/msgpack.ts';
import { stringSize } from '../../src/protocol/wire/pack.ts';
import { storedNotification, StoredResult, StoredValue, type Spliced } from '../../src/protocol/wire/stored.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { leastCpuMsOf } from '../support/cpu-time.ts';
import { anyMap, anyValue, text } from './arbitraries.ts';
import { bytesOf, concat, u64be } from './frames.ts';

const formats: readonly Format[] = ['msgpack', 'json'];

/** What a client reads of a result. */
function received(format: Format, result: Value | StoredResult<Value>): Value {
  const frame = bytesOf(createCodec(format).encodeResponse(7, null, result));
  const { messages, malformed } = createCodec(format, { accept: 'replies' }).decodeFrame(frame);
  expect(malformed).toBeUndefined();
  const [message] = messages;
  if (message?.type !== 1 || message.id !== 7 || message.error !== null) throw new Error('no response');
  return message.result;
}

const stored = (value: Value): StoredValue => new StoredValue(encodeValue(value));

/** A stored message, its frame as the store has completed it. */
const frameOf = (roomName: string, message: ValueMap): Uint8Array => {
  const { prefix, middle } = roomMessageFrame(roomName, 'bob', message, false);
  return concat(prefix, u64be(1_767_225_600_500), middle, u64be(42));
};

describe('a result with stored parts', () => {
  const spliced: fc.Arbitrary<{ spliced: Spliced; value: Value }> = fc.letrec<{
    any: { spliced: Spliced; value: Value };
  }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      anyValue.map((value) => ({ spliced: value, value })),
      anyMap.map((value) => ({ spliced: stored(value), value })),
      fc.array(tie('any'), { maxLength: 20 }).map((items) => ({
        spliced: items.map((item) => item.spliced),
        value: items.map((item) => item.value),
      })),
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'cc', 'message'), tie('any'))).map((entries) => ({
        spliced: Object.fromEntries(entries.map(([key, item]) => [key, item.spliced])),
        value: Object.fromEntries(entries.map(([key, item]) => [key, item.value])),
      })),
    ),
  })).any;

  test.each(formats)('is what its value is, on the wire (%s) and where somebody looks at it', (format) => {
    fc.assert(
      fc.property(spliced, ({ spliced: result, value }) => {
        expect(received(format, new StoredResult<Value>(result))).toEqual(received(format, value));
        expect(new StoredResult<Value>(result).value).toEqual(value);
      }),
    );
  });

  test.each(formats)('may be the last param of a notification, and be sent in an answer as well (%s)', (format) => {
    const codec = createCodec(format, { accept: 'replies' });
    fc.assert(
      fc.property(spliced, anyValue, ({ spliced: result, value }, leading) => {
        const last = new StoredResult<Value>(result);
        const frame = bytesOf(storedNotification(format, 'loginConfirmed', [leading], last));
        const told = codec.decodeFrame(bytesOf(codec.encodeNotification('loginConfirmed', [leading, value])));
        expect(codec.decodeFrame(frame)).toEqual(told);
        expect(received(format, last)).toEqual(received(format, value));
      }),
    );
  });

  test.each([0, 15, 16, 255, 70_000])('may have %d parts', (count) => {
    const parts = Array.from({ length: count }, (_, n) => stored(n));
    for (const format of formats) expect(received(format, new StoredResult(parts))).toHaveLength(count);
  });

  test('is measured by what its parts take in the format', () => {
    const value = { text: '\u0001é"', bytes: new Uint8Array(5) };
    expect(stored(value).size('msgpack')).toBe(encodeValue(value).length);
    expect(stored(value).size('json')).toBe(Buffer.byteLength('{"text":"\\u0001é\\"","bytes":{"$bytes":"AAAAAAA="}}'));
  });

  test('is looked at in proportion to what there is of it, however deep its parts stand', () => {
    /** How often something looks into a level, where each holds the next one, the last a stored value or a plain one. */
    const visits = (depth: number, last: Spliced, make: (result: StoredResult<Value>) => unknown): number => {
      let seen = 0;
      let nested = last;
      for (let i = 0; i < depth; i++) {
        const inner = nested;
        const level = { beside: i, list: [i] };
        nested = Object.defineProperty(level, 'next', { enumerable: true, get: () => (seen++, inner) });
      }
      make(new StoredResult<Value>(nested));
      return seen;
    };
    const makers = [
      (result: StoredResult<Value>) => result.packed(),
      (result: StoredResult<Value>) => result.text(),
      (result: StoredResult<Value>) => result.value,
    ];
    for (const make of makers) {
      for (const last of [stored({ a: 1 }), 1]) {
        const [few, many] = [visits(30, last, make), visits(60, last, make)];
        expect(few).toBeGreaterThanOrEqual(30);
        expect(many).toBe(2 * few);
      }
    }
  });

  test('leaves what is no such result as it is', () => {
    for (const value of [null, 1, 'a', [1], { a: 1 }]) expect(new StoredResult<Value>(value).value).toBe(value);
  });
});

describe('the message in a stored frame', () => {
  test('is there as it was sent, whatever the name of its room', () => {
    fc.assert(
      fc.property(text, anyMap, (roomName, message) => {
        const { id: _i, timestamp: _t, author: _a, ...rest } = message;
        expect(storedMessageIn(frameOf(roomName, message)).value).toEqual({
          ...rest,
          author: 'bob',
          timestamp: 1_767_225_600_500,
          id: 42,
        });
        const direct = concat(directMessageFrame('bob', message).prefix, u64be(5));
        expect(storedMessageIn(direct).value).toEqual({ ...rest, author: 'bob', timestamp: 5 });
      }),
    );
    for (const length of [31, 32, 255, 256, 65_535, 65_536]) {
      const name = 'x'.repeat(length);
      expect(stringSize(encodeValue(name), 0)).toBe(encodeValue(name).length);
      expect(storedMessageIn(frameOf(name, { a: 1 })).value).toMatchObject({ a: 1, id: 42 });
    }
  });

  test('is looked for in messages only', () => {
    for (const frame of [
      notificationFrame('roomUserLeft', ['lobby', 'bob']),
      new Uint8Array(0),
      notificationFrame('roomMessage', [1, {}]),
    ]) {
      expect(() => storedMessageIn(frame)).toThrow('Not the frame of a message');
    }
  });
});

test('a page of large messages is made in a fraction of the time that decoding and encoding takes', () => {
  const frames = Array.from({ length: 100 }, (_, n) => frameOf('lobby', { n, text: 'x'.repeat(5000) }));
  const { encodeResponse } = createCodec('msgpack');
  const spliced = (): unknown => encodeResponse(1, null, new StoredResult<Value>(frames.map(storedMessageIn)));
  const decoded = (): unknown =>
    encodeResponse(
      1,
      null,
      frames.map((frame) => storedMessageIn(frame).value),
    );
  const quickest = (make: () => unknown): number => leastCpuMsOf(30, make);
  quickest(spliced);
  expect(quickest(decoded) / quickest(spliced)).toBeGreaterThan(2);
});
