// Frames made once: with the fields of the store put in they are the notification, in both formats.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import { countFrame, decodeNotification, notificationFrame, transcodeToJson } from '../../src/protocol/wire/frame.ts';
import { directEchoFrame, directMessageFrame, storedDirectFrame } from '../../src/protocol/direct.ts';
import { roomMessageFrame } from '../../src/protocol/message.ts';
import { encodeValue } from '../../src/protocol/wire/msgpack.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { anyMap, anyValue, text } from './arbitraries.ts';
import { bytesOf, concat, u64be } from './frames.ts';

const client = createCodec('msgpack', { accept: 'replies' });
const jsonClient = createCodec('json', { accept: 'replies' });

const time = fc.maxSafeNat();

function processed(message: ValueMap, author: string, timestamp: number, id?: number): ValueMap {
  const { timestamp: _t, id: _i, ...rest } = message;
  return { ...rest, author, timestamp, ...(id === undefined ? {} : { id }) };
}

describe('a room message', () => {
  test('with time and id put in it is the notification', () => {
    fc.assert(
      fc.property(text, text, anyMap, time, time, (roomName, author, message, timestamp, id) => {
        const { prefix, middle, bytes } = roomMessageFrame(roomName, author, message, false);
        const frame = concat(prefix, u64be(timestamp), middle, u64be(id));
        const params = [roomName, processed(message, author, timestamp, id)];
        expect(client.decodeFrame(frame)).toEqual({
          messages: [{ type: 2, method: 'roomMessage', params, faultAt: -1 }],
          malformed: undefined,
        });
        expect(decodeNotification(frame)).toEqual({ name: 'roomMessage', params });
        expect(bytes).toBe(encodeValue(message).length);
      }),
    );
  });

  test('transient, it ends with the time', () => {
    fc.assert(
      fc.property(text, text, anyMap, time, (roomName, author, message, timestamp) => {
        const { prefix, middle } = roomMessageFrame(roomName, author, message, true);
        expect(middle).toHaveLength(0);
        const { params } = decodeNotification(concat(prefix, u64be(timestamp)));
        expect(params).toEqual([roomName, processed(message, author, timestamp)]);
      }),
    );
  });

  test.each([0, 1, 12, 13, 14, 15, 16, 17, 65_532, 65_533, 65_535, 65_536])('of %i keys', (count) => {
    const message = Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i & 7]));
    for (const transient of [false, true]) {
      const { prefix, middle } = roomMessageFrame('r', 'a', message, transient);
      const frame = concat(prefix, u64be(5), middle, transient ? new Uint8Array(0) : u64be(9));
      const expected = processed(message, 'a', 5, ...(transient ? [] : [9]));
      expect(decodeNotification(frame).params).toEqual(['r', expected]);
    }
  });

  test("the client's author, timestamp and id are dropped, and count as sent", () => {
    const message = { id: 'x'.repeat(50), a: 1, author: 'mallory', timestamp: { b: 2 }, nested: { id: 3 } };
    const { prefix, middle, bytes } = roomMessageFrame('r', 'alice', message, false);
    const { params } = decodeNotification(concat(prefix, u64be(5), middle, u64be(9)));
    expect(params[1]).toEqual({ a: 1, nested: { id: 3 }, author: 'alice', timestamp: 5, id: 9 });
    expect(bytes).toBe(encodeValue(message).length);
  });

  test('a frame is not changed by what is made after it', () => {
    const first = roomMessageFrame('first', 'alice', { text: 'first' }, false);
    const copy = first.prefix.slice();
    roomMessageFrame('other', 'mallory', { text: 'other' }, false);
    expect(first.prefix).toEqual(copy);
  });
});

describe('a direct message', () => {
  test('with the time put in it is the notification, and whole it is the echo', () => {
    fc.assert(
      fc.property(text, text, anyMap, time, (userName, author, message, timestamp) => {
        const { prefix, bytes } = directMessageFrame(author, message);
        const frame = concat(prefix, u64be(timestamp));
        const expected = processed(message, author, timestamp);
        expect(decodeNotification(frame)).toEqual({ name: 'directMessage', params: [expected] });
        expect(client.decodeFrame(directEchoFrame(userName, frame))).toEqual({
          messages: [{ type: 2, method: 'directMessageEcho', params: [userName, expected], faultAt: -1 }],
          malformed: undefined,
        });
        expect(bytes).toBe(encodeValue(message).length);
      }),
    );
  });
});

test.each([{ a: 1 }, { a: 1, author: 'robot' }, { author: { nested: true }, timestamp: 1, id: 2 }, {}])(
  'what the service itself writes has an author only where the message has one: %j',
  (message) => {
    const { timestamp: _t, id: _i, ...kept } = { timestamp: 0, id: 0, ...message };
    const room = roomMessageFrame('r', undefined, message, false);
    const whole = concat(room.prefix, u64be(5), room.middle, u64be(9));
    expect(decodeNotification(whole).params).toEqual(['r', { ...kept, timestamp: 5, id: 9 }]);
    const passing = roomMessageFrame('r', undefined, message, true);
    expect(decodeNotification(concat(passing.prefix, u64be(5))).params).toEqual(['r', { ...kept, timestamp: 5 }]);
    const direct = directMessageFrame(undefined, message);
    expect(decodeNotification(concat(direct.prefix, u64be(5))).params).toEqual([{ ...kept, timestamp: 5 }]);
    expect(direct.bytes).toBe(encodeValue(message).length);
  },
);

test('whom a message mentions stands in it, and not what the client wrote under these names', () => {
  const own = { text: 'hello', mentions: ['eve'], mentionAll: false };
  const mentioning = { mentions: ['bob', 'carol'], mentionAll: true };
  const both = { text: 'hello', ...mentioning, timestamp: 5 };
  const room = roomMessageFrame('r', 'alice', own, false, mentioning);
  const params = decodeNotification(concat(room.prefix, u64be(5), room.middle, u64be(9))).params;
  expect(params).toEqual(['r', { ...both, author: 'alice', id: 9 }]);
  expect(room.bytes).toBe(encodeValue(own).length);
  const service = directMessageFrame(undefined, own, mentioning);
  expect(decodeNotification(concat(service.prefix, u64be(5))).params).toEqual([both]);
  for (const nobody of [{}, { mentions: [], mentionAll: false }]) {
    const direct = storedDirectFrame('alice', own, nobody);
    const whole = concat(direct.prefix, u64be(5), direct.middle, u64be(9));
    expect(decodeNotification(whole).params).toEqual([{ text: 'hello', author: 'alice', timestamp: 5, id: 9 }]);
  }
});

test('a count put in completes the frame', () => {
  const frame = concat(countFrame('roomJoinedEcho', ['lobby', 'socket']), u64be(3));
  expect(decodeNotification(frame)).toEqual({ name: 'roomJoinedEcho', params: ['lobby', 'socket', 3] });
  const lone = concat(countFrame('goAway', []), u64be(1500));
  expect(decodeNotification(lone)).toEqual({ name: 'goAway', params: [1500] });
});

test('a whole frame says the same in JSON', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 3 }), (params) => {
      const frame = notificationFrame('systemMessage', params);
      const text = transcodeToJson(frame);
      expect(text).not.toContain('\n');
      expect(jsonClient.decodeFrame(bytesOf(text))).toEqual(client.decodeFrame(frame));
      expect(decodeNotification(frame)).toEqual({ name: 'systemMessage', params });
    }),
  );
});

test('what is no notification is a defect', () => {
  expect(() => decodeNotification(encodeValue([0, 1, 'ping', []]))).toThrow(TypeError);
  expect(() => decodeNotification(encodeValue([2, 1, []]))).toThrow(TypeError);
  expect(() => decodeNotification(Uint8Array.of(0x93))).toThrow();
});
