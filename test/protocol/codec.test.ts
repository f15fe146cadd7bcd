// The codec in both formats: what goes in comes out, several messages share a frame, and nothing is kept of the input.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCodec, subprotocols, type Format } from '../../src/protocol/wire/codec.ts';
import { anyMap, anyValue, text } from './arbitraries.ts';
import { bytesOf, concat } from './frames.ts';

const formats: Format[] = ['msgpack', 'json'];

test('each subprotocol has its format', () => {
  expect(subprotocols).toEqual({ 'parley.v1.msgpack': 'msgpack', 'parley.v1.json': 'json' });
});

describe.each(formats)('%s', (format) => {
  const server = createCodec(format);
  const client = createCodec(format, { accept: 'replies' });

  test('a request comes out as it went in', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), text, fc.array(anyValue, { maxLength: 4 }), (id, method, params) => {
        const { messages, malformed } = server.decodeFrame(bytesOf(server.encodeRequest(id, method, params)));
        expect(malformed).toBeUndefined();
        expect(messages).toEqual([{ type: 0, id, method, params, faultAt: -1 }]);
      }),
    );
  });

  test('a response and a notification come out as they went in', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.option(anyMap), anyValue, text, (id, error, result, name) => {
        const response = client.decodeFrame(bytesOf(server.encodeResponse(id, error, result)));
        expect(response).toEqual({ messages: [{ type: 1, id, error, result }], malformed: undefined });
        const notification = client.decodeFrame(bytesOf(server.encodeNotification(name, [result])));
        expect(notification.messages).toEqual([{ type: 2, method: name, params: [result], faultAt: -1 }]);
      }),
    );
  });

  test('a frame is read message by message, and what has not been read is a frame of its own', () => {
    const requests = [1, 2, 3].map((id) => bytesOf(server.encodeRequest(id, 'ping', [{ a: [id, 'x'] }])));
    const frame = concat(
      ...requests.flatMap((one) => (format === 'json' ? [one, bytesOf('\n')] : [one])),
      bytesOf('}'),
    );
    const reader = server.readFrame(frame);
    expect(reader.next()).toMatchObject({ id: 1 });
    // The array, its three items, the param's array, its map, key, list and the two in it.
    expect(reader.values).toBe(10);
    const rest = Uint8Array.from(reader.rest());
    expect(reader.next()).toMatchObject({ id: 2 });
    expect(server.decodeFrame(rest)).toEqual({
      messages: [expect.objectContaining({ id: 2 }), expect.objectContaining({ id: 3 })],
      malformed: expect.any(String),
    });
    expect(reader.malformed).toBeUndefined();
    expect(reader.next()).toMatchObject({ id: 3 });
    expect(reader.next()).toBeUndefined();
    expect(reader.malformed).toEqual(expect.any(String));
    expect(reader.next()).toBeUndefined();
  });

  test('several messages in one frame come out in order', () => {
    const separator = format === 'json' ? [10] : [];
    const frame = concat(
      bytesOf(server.encodeRequest(1, 'a', [1])),
      Uint8Array.from(separator),
      bytesOf(server.encodeNotification('b', [])),
      Uint8Array.from(separator),
      bytesOf(server.encodeRequest(0xffffffff, 'c', [{ d: [] }])),
      Uint8Array.from(separator),
    );
    const { messages, malformed } = server.decodeFrame(frame);
    expect(malformed).toBeUndefined();
    expect(messages).toEqual([
      { type: 0, id: 1, method: 'a', params: [1], faultAt: -1 },
      { type: 2, method: 'b', params: [], faultAt: -1 },
      { type: 0, id: 0xffffffff, method: 'c', params: [{ d: [] }], faultAt: -1 },
    ]);
  });

  test('messages before a malformed one are kept, those after it are not', () => {
    const good = server.encodeRequest(1, 'a', []);
    const bad = format === 'json' ? '\n{}\n' : Uint8Array.of(0x80);
    const { messages, malformed } = server.decodeFrame(concat(bytesOf(good), bytesOf(bad), bytesOf(good)));
    expect(messages).toHaveLength(1);
    expect(malformed).toBe('not an array');
  });

  test('nothing refers to the memory of the frame', () => {
    const params = ['text', Uint8Array.of(1, 2, 3), { deep: Uint8Array.of(4) }];
    const frame = Uint8Array.from(bytesOf(server.encodeRequest(1, 'a', params)));
    const { messages } = server.decodeFrame(frame);
    frame.fill(0);
    expect(messages).toMatchObject([{ params }]);
  });

  test('a frame may be a view into a larger buffer, or a Node buffer', () => {
    const frame = bytesOf(server.encodeRequest(7, 'a', [Uint8Array.of(9)]));
    const larger = concat(Uint8Array.of(1, 2, 3), frame, Uint8Array.of(4, 5));
    const expected = [{ type: 0, id: 7, method: 'a', params: [Uint8Array.of(9)], faultAt: -1 }];
    expect(server.decodeFrame(larger.subarray(3, 3 + frame.length)).messages).toEqual(expected);
    expect(server.decodeFrame(Buffer.from(frame)).messages).toEqual(expected);
  });

  test('what is encoded is not changed by what is encoded later', () => {
    const first = server.encodeNotification('first', ['x']);
    const copy = bytesOf(first).slice();
    server.encodeNotification('other', ['y', 'z']);
    expect(bytesOf(first)).toEqual(copy);
  });

  test('a client takes pages that are larger and deeper than any request', () => {
    const page = Array.from({ length: 100 }, () => ({ list: Array.from({ length: 100 }, () => 1) }));
    let deep: (typeof page)[number]['list'] | unknown[] = [1];
    for (let level = 0; level < 20; level++) deep = [deep];
    const { messages, malformed } = client.decodeFrame(bytesOf(server.encodeResponse(1, null, page)));
    expect(malformed).toBeUndefined();
    expect(messages).toEqual([{ type: 1, id: 1, error: null, result: page }]);
    expect(server.decodeFrame(bytesOf(server.encodeRequest(1, 'a', [page]))).malformed).toBe('too many values');
  });
});

test('the same values mean the same in both formats', () => {
  const msgpack = createCodec('msgpack');
  const json = createCodec('json');
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 4 }), (params) => {
      const a = msgpack.decodeFrame(bytesOf(msgpack.encodeRequest(1, 'a', params)));
      const b = json.decodeFrame(bytesOf(json.encodeRequest(1, 'a', params)));
      expect(a).toEqual(b);
    }),
  );
});
