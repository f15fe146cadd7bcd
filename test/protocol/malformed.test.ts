// Every way to be malformed, in both formats, and every value that no param may carry.
import { describe, expect, test } from '@jest/globals';
import { createCodec, type Format } from '../../src/protocol/codec.ts';
import { malformedReasons } from '../../src/protocol/malformed.ts';
import { bytesOf, concat, hex } from './frames.ts';

/** `[0, 1, 'a', [` of one param; the param's bytes follow. */
const REQUEST = '94 00 01 a1 61 91';

const cases: Record<Format, [reason: keyof typeof malformedReasons, what: string, frame: Uint8Array | string][]> = {
  msgpack: [
    ['noMessages', 'no bytes', hex('')],
    ['notDecodable', 'cut in the envelope', hex('94 00 01')],
    ['notDecodable', 'cut in a string', hex(`${REQUEST} a5 61`)],
    ['notDecodable', 'cut in a number', hex(`${REQUEST} cd 01`)],
    ['notDecodable', 'cut in a count', hex(`${REQUEST} dc 00`)],
    ['notDecodable', 'the unused head byte', hex(`${REQUEST} c1`)],
    ['notDecodable', 'a string that is not UTF-8', hex(`${REQUEST} a2 c3 28`)],
    ['notDecodable', 'a key that is not UTF-8', hex(`${REQUEST} 81 a1 ff 01`)],
    ['notDecodable', 'a surrogate in UTF-8', hex(`${REQUEST} a3 ed a0 80`)],
    ['notDecodable', 'an array larger than the frame', hex(`${REQUEST} dd ff ff ff ff 00`)],
    ['notDecodable', 'a map larger than the frame', hex(`${REQUEST} df ff ff ff ff 00`)],
    ['notDecodable', 'bytes larger than the frame', hex(`${REQUEST} c6 ff ff ff ff 00`)],
    ['notArray', 'a map', hex('80')],
    ['notArray', 'nil', hex('c0')],
    ['notArray', 'a string', hex('a1 61')],
    ['badType', 'type 1', hex('94 01 01 c0 c0')],
    ['badType', 'type 3', hex('94 03 01 a1 61 90')],
    ['badType', 'type "0"', hex('94 a1 30 01 a1 61 90')],
    ['badType', 'an empty array', hex('90')],
    ['badLength', 'a request of three', hex('93 00 01 a1 61')],
    ['badLength', 'a request of five', hex('95 00 01 a1 61 90 c0')],
    ['badLength', 'a notification of four', hex('94 02 01 a1 61 90')],
    ['badId', 'a negative id', hex('94 00 ff a1 61 90')],
    ['badId', 'an id of 2^32', hex('94 00 cf 00 00 00 01 00 00 00 00 a1 61 90')],
    ['badId', 'a fraction as id', hex('94 00 cb 3f f8 00 00 00 00 00 00 a1 61 90')],
    ['badId', 'NaN as id', hex('94 00 cb 7f f8 00 00 00 00 00 00 a1 61 90')],
    ['badId', 'a string as id', hex('94 00 a1 31 a1 61 90')],
    ['badId', 'nil as id', hex('94 00 c0 a1 61 90')],
    ['badMethod', 'a number as method', hex('94 00 01 01 90')],
    ['badMethod', 'nil as method of a notification', hex('93 02 c0 90')],
    ['badMethod', 'bytes as method', hex('94 00 01 c4 01 61 90')],
    ['badParams', 'a map as params', hex('94 00 01 a1 61 80')],
    ['badParams', 'nil as params of a notification', hex('93 02 a1 61 c0')],
    ['badParams', 'bytes as params', hex('94 00 01 a1 61 c4 00')],
    ['extension', 'a timestamp (ext -1)', hex(`${REQUEST} d6 ff 00 00 00 00`)],
    ['extension', 'ext 8', hex(`${REQUEST} c7 00 01`)],
    ['badKey', 'an integer key', hex(`${REQUEST} 81 01 01`)],
    ['badKey', 'a nil key', hex(`${REQUEST} 81 c0 01`)],
    ['badKey', 'a bytes key', hex(`${REQUEST} 81 c4 01 61 01`)],
    ['badKey', 'a map as key', hex(`${REQUEST} 81 80 01`)],
    ['protoKey', '__proto__', concat(hex(`${REQUEST} 81 a9`), bytesOf('__proto__'), hex('80'))],
    ['duplicateKey', 'a key twice', hex(`${REQUEST} 82 a1 61 01 a1 61 02`)],
    ['duplicateKey', 'a key twice, the second in another length form', hex(`${REQUEST} 82 a1 61 01 d9 01 61 02`)],
    ['duplicateKey', 'a key twice with a map between', hex(`${REQUEST} 82 a1 61 81 a1 61 01 a1 61 02`)],
    ['tooDeep', '17 arrays', hex(`94 00 01 a1 61 91 ${'91'.repeat(14)} 90`)],
    ['tooDeep', '17 maps and arrays', hex(`94 00 01 a1 61 91 ${'81 a1 61'.repeat(14)} 80`)],
    ['tooManyValues', '4,097 values', hex(`94 00 01 a1 61 91 dc 0f fb ${'c0'.repeat(4091)}`)],
  ],
  json: [
    ['noMessages', 'no bytes', ''],
    ['noMessages', 'a newline', '\n'],
    ['noMessages', 'two newlines', '\n\n'],
    ['notDecodable', 'cut', '[0,1,"a"'],
    ['notDecodable', 'no JSON', 'hello'],
    ['notDecodable', 'an empty line before', '\n[0,1,"a",[]]'],
    ['notDecodable', 'two messages on one line', '[0,1,"a",[]][0,2,"a",[]]'],
    ['notDecodable', 'a message on two lines', '[0,1,\n"a",[]]'],
    ['notDecodable', 'NaN', '[0,1,"a",[NaN]]'],
    ['notDecodable', 'not UTF-8', concat(bytesOf('[0,1,"'), hex('c328'), bytesOf('",[]]'))],
    ['notDecodable', 'a byte order mark', '\ufeff[0,1,"a",[]]'],
    ['notArray', 'a map', '{}'],
    ['notArray', 'null', 'null'],
    ['notArray', 'bytes', '{"$bytes":"AAAA"}'],
    ['badType', 'type 1', '[1,1,null,null]'],
    ['badType', 'type 3', '[3,1,"a",[]]'],
    ['badType', 'type "0"', '["0",1,"a",[]]'],
    ['badType', 'an empty array', '[]'],
    ['badLength', 'a request of three', '[0,1,"a"]'],
    ['badLength', 'a request of five', '[0,1,"a",[],null]'],
    ['badLength', 'a notification of four', '[2,1,"a",[]]'],
    ['badId', 'a negative id', '[0,-1,"a",[]]'],
    ['badId', 'an id of 2^32', '[0,4294967296,"a",[]]'],
    ['badId', 'a fraction as id', '[0,1.5,"a",[]]'],
    ['badId', 'infinity as id', '[0,1e999,"a",[]]'],
    ['badId', 'a string as id', '[0,"1","a",[]]'],
    ['badId', 'null as id', '[0,null,"a",[]]'],
    ['badMethod', 'a number as method', '[0,1,1,[]]'],
    ['badMethod', 'null as method of a notification', '[2,null,[]]'],
    ['badMethod', 'bytes as method', '[0,1,{"$bytes":"YQ=="},[]]'],
    ['badParams', 'a map as params', '[0,1,"a",{}]'],
    ['badParams', 'null as params of a notification', '[2,"a",null]'],
    ['badParams', 'bytes as params', '[0,1,"a",{"$bytes":"YQ=="}]'],
    ['protoKey', '__proto__', '[0,1,"a",[{"__proto__":{}}]]'],
    ['protoKey', '__proto__, escaped', '[0,1,"a",[{"\\u005f_proto__":{}}]]'],
    ['tooDeep', '17 arrays', `[0,1,"a",${'['.repeat(16)}${']'.repeat(16)}]`],
    ['tooDeep', '17 maps and arrays', `[0,1,"a",[${'{"a":'.repeat(14)}{}${'}'.repeat(14)}]]`],
    ['tooManyValues', '4,097 values', `[0,1,"a",[[${Array(4091).fill('null').join()}]]]`],
  ],
};

describe.each(['msgpack', 'json'] as const)('%s: malformed', (format) => {
  const codec = createCodec(format);

  test.each(cases[format])('%s: %s', (reason, _, frame) => {
    expect(codec.decodeFrame(bytesOf(frame))).toEqual({ messages: [], malformed: malformedReasons[reason] });
  });

  test('every reason has a case', () => {
    const impossible = format === 'json' ? ['extension', 'badKey', 'duplicateKey'] : [];
    const shown = new Set(cases[format].map(([reason]) => reason));
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
