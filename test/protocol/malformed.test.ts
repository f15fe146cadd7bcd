// Every way to be malformed, in both formats, and every value that no param may carry.
import { describe, expect, test } from '@jest/globals';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import { malformedReasons } from '../../src/protocol/wire/malformed.ts';
import { bytesOf, hex } from './frames.ts';
import { malformedFrames } from './malformed-frames.ts';

describe.each(['msgpack', 'json'] as const)('%s: malformed', (format) => {
  const codec = createCodec(format);

  test.each(malformedFrames[format])('%s: %s', (reason, _, frame) => {
    expect(codec.decodeFrame(bytesOf(frame))).toEqual({ messages: [], malformed: malformedReasons[reason] });
  });

  test('every reason has a case', () => {
    const impossible = format === 'json' ? ['extension', 'badKey', 'duplicateKey'] : [];
    const shown = new Set(malformedFrames[format].map(([reason]) => reason));
    expect([...shown, ...impossible].toSorted()).toEqual(Object.keys(malformedReasons).toSorted());
  });

  test('the largest that is allowed passes', () => {
    const deep =
      format === 'json' ? `[0,1,"a",${'['.repeat(15)}${']'.repeat(15)}]` : hex(`94 00 01 a1 61 ${'91'.repeat(14)} 90`);
    expect(codec.decodeFrame(bytesOf(deep)).malformed).toBeUndefined();
    const many =
      format === 'json'
        ? `[0,1,"a",[[${Array(4090).fill('null').join()}]]]`
        : hex(`94 00 01 a1 61 91 dc 0f fa ${'c0'.repeat(4090)}`);
    expect(codec.decodeFrame(bytesOf(many)).malformed).toBeUndefined();
  });

  test('a client accepts responses and notifications, no requests', () => {
    const client = createCodec(format, { accept: 'replies' });
    expect(client.decodeFrame(bytesOf(codec.encodeRequest(1, 'a', []))).malformed).toBe(malformedReasons.badType);
    expect(client.decodeFrame(bytesOf(codec.encodeResponse(1, null, 1))).malformed).toBeUndefined();
    expect(client.decodeFrame(bytesOf(codec.encodeNotification('a', []))).malformed).toBeUndefined();
  });
});

describe('values that no param may carry are told by their place', () => {
  const { decodeFrame } = createCodec('msgpack');
  const json = createCodec('json');
  const faultAt = (decoded: ReturnType<typeof decodeFrame>): number | undefined => {
    const [message] = decoded.messages;
    return message?.type === 0 ? message.faultAt : undefined;
  };

  test.each([
    ['NaN', 'cb 7f f8 00 00 00 00 00 00'],
    ['infinity', 'cb 7f f0 00 00 00 00 00 00'],
    ['minus infinity, short', 'ca ff 80 00 00'],
    ['2^53', 'cf 00 20 00 00 00 00 00 00'],
    ['2^64 - 1', 'cf ff ff ff ff ff ff ff ff'],
    ['-2^53', 'd3 ff e0 00 00 00 00 00 00'],
    ['-2^63', 'd3 80 00 00 00 00 00 00 00'],
    ['2^53 as a float', 'cb 43 40 00 00 00 00 00 00'],
    ['$bytes', '81 a6 24 62 79 74 65 73 a0'],
    ['$bytes among others, deep', '91 82 a1 61 01 a6 24 62 79 74 65 73 a0'],
  ])('msgpack: %s', (_, value) => {
    expect(faultAt(decodeFrame(hex(`94 00 01 a1 61 93 01 ${value} ${value}`)))).toBe(1);
    expect(faultAt(decodeFrame(hex(`94 00 01 a1 61 92 01 81 a1 61 ${value}`)))).toBe(1);
  });

  test.each([
    ['2^53 - 1', 'cf 00 1f ff ff ff ff ff ff', 2 ** 53 - 1],
    ['-(2^53 - 1)', 'd3 ff e0 00 00 00 00 00 01', -(2 ** 53 - 1)],
    ['-1 in eight bytes', 'd3 ff ff ff ff ff ff ff ff', -1],
    ['a large fraction', 'cb 43 2f ff ff ff ff ff ff', 4503599627370495.5],
  ])('msgpack: %s is carried', (_, value, expected) => {
    const decoded = decodeFrame(hex(`94 00 01 a1 61 91 ${value}`));
    expect(decoded.messages).toEqual([{ type: 0, id: 1, method: 'a', params: [expected], faultAt: -1 }]);
  });

  test.each([
    ['infinity', '1e999'],
    ['2^53', '9007199254740992'],
    ['-2^53', '-9007199254740992'],
    ['a lone surrogate', '"\\ud800"'],
    ['a lone surrogate in a key', '{"\\udc00":1}'],
    ['$bytes among others', '{"$bytes":"AAAA","b":1}'],
    ['$bytes that is no string', '{"$bytes":1}'],
    ['$bytes that is not base64', '{"$bytes":"A*=="}'],
    ['$bytes without padding', '{"$bytes":"AA"}'],
  ])('json: %s', (_, value) => {
    expect(faultAt(json.decodeFrame(bytesOf(`[0,1,"a",[1,${value},${value}]]`)))).toBe(1);
    expect(faultAt(json.decodeFrame(bytesOf(`[0,1,"a",[1,{"a":[${value}]}]]`)))).toBe(1);
  });

  test('a fault is told per message of a frame', () => {
    const frame = bytesOf('[0,1,"a",[1e999]]\n[0,2,"a",[1]]\n[2,"a",[1,1e999]]');
    expect(json.decodeFrame(frame).messages).toMatchObject([{ faultAt: 0 }, { faultAt: -1 }, { faultAt: 1 }]);
  });
});
