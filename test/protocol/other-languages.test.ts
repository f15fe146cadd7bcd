// What encoders of other languages write because they cannot say it otherwise: taken for what is meant, where that is
// declared, and in both formats alike.
import { describe, expect, test } from '@jest/globals';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import { decodeBody } from '../../src/protocol/wire/body.ts';
import { Failure } from '../../src/protocol/errors/errors.ts';
import { checkDeclared, checkArgs } from '../../src/protocol/params/validate.ts';
import { serverRoomRequests } from '../../src/protocol/service/rooms.ts';
import { bytesOf, concat, hex } from './frames.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('one kind of empty table (PHP, Lua)', () => {
  test('an empty list is an empty map where a map is declared', () => {
    expect(checkArgs('roomMessage', ['a', [], []], -1)).toEqual({ roomName: 'a', message: {}, options: {} });
    expect(checkArgs('login', [[]], -1)).toEqual({ credentials: {} });
    expect(checkArgs('roomCreate', ['a', false, []], -1)).toMatchObject({ options: {} });
    expect(checkArgs('roomMessage', ['a', [1]], -1)).toMatchObject({ code: 'badArgument', args: [1, [1]] });
  });

  test('an empty map is an empty list where a list is declared, also within options', () => {
    expect(checkArgs('roomAddToList', ['a', 'whitelist', {}], -1)).toMatchObject({ userNames: [] });
    expect(checkArgs('roomsJoin', [{}], -1)).toEqual({ rooms: [] });
    expect(checkDeclared(serverRoomRequests.addRoom, ['a', { whitelist: {} }], -1)).toEqual({
      roomName: 'a',
      options: { whitelist: [] },
    });
    expect(checkArgs('roomAddToList', ['a', 'whitelist', { '0': 'b' }], -1)).toMatchObject({ code: 'badArgument' });
  });

  test('what may be any value stays what it is', () => {
    expect(checkArgs('systemMessage', [[]], -1)).toEqual({ data: [] });
    expect(checkArgs('roomMessage', ['a', { list: [], map: {} }], -1)).toMatchObject({
      message: { list: [], map: {} },
    });
  });

  test('the list of params itself is a list', () => {
    expect(createCodec('json').decodeFrame(bytesOf('[0,1,"ping",{}]')).malformed).toBe('params not an array');
  });
});

describe('one kind of number (Lua, Perl, JavaScript)', () => {
  test('a whole float is an integer, as type, id, and where an integer is declared', () => {
    const expected = [{ type: 0, id: 1, method: 'roomHistoryGet', params: ['a', 0, 100], faultAt: -1 }];
    const method = concat(hex('ae'), utf8('roomHistoryGet'));
    const frames = [
      concat(
        hex('94 cb 00 00 00 00 00 00 00 00 cb 3f f0 00 00 00 00 00 00'),
        method,
        hex('93 a1 61 ca 00 00 00 00'),
        hex('cb 40 59 00 00 00 00 00 00'),
      ),
      concat(hex('94 d3 00 00 00 00 00 00 00 00 cf 00 00 00 00 00 00 00 01'), method, hex('93 a1 61 d0 00 cd 00 64')),
    ];
    for (const frame of frames) expect(createCodec('msgpack').decodeFrame(frame).messages).toEqual(expected);
    const text = '[0.0,1.0,"roomHistoryGet",["a",0e5,1e2]]';
    expect(createCodec('json').decodeFrame(bytesOf(text)).messages).toEqual(expected);
    expect(checkArgs('roomHistoryGet', ['a', 0, 100], -1)).toEqual({ roomName: 'a', id: 0, limit: 100 });
  });

  test('zero has no sign that counts', () => {
    const [message] = createCodec('json').decodeFrame(bytesOf('[-0,-0.0,"ping",[]]')).messages;
    expect(message).toMatchObject({ method: 'ping' });
    expect(checkArgs('roomHistoryGet', ['a', -0, 1], -1)).not.toBeInstanceOf(Failure);
  });
});

describe('one kind of string (Erlang, older MessagePack)', () => {
  test('bytes that are UTF-8 are text where text is declared', () => {
    expect(checkArgs('roomJoin', [utf8('e\u0301'), { group: utf8('g') }], -1)).toEqual({
      roomName: '\u00e9',
      options: { group: 'g' },
    });
    expect(checkArgs('roomAddToList', [utf8('a'), utf8('whitelist'), [utf8('b')]], -1)).toEqual({
      roomName: 'a',
      listName: 'whitelist',
      userNames: ['b'],
    });
    expect(checkArgs('roomMessage', ['a', { data: utf8('b') }, { clientMessageId: utf8('c') }], -1)).toEqual({
      roomName: 'a',
      message: { data: utf8('b') },
      options: { clientMessageId: 'c' },
    });
    expect(checkDeclared(serverRoomRequests.changeRoomOwner, ['a', utf8('bob')], -1)).toEqual({
      roomName: 'a',
      owner: 'bob',
    });
  });

  test('others are not', () => {
    for (const bytes of [Uint8Array.of(0xff), hex('ed a0 80'), hex('c3')]) {
      expect(checkArgs('roomJoin', [bytes], -1)).toMatchObject({ code: 'badArgument', args: [0, null] });
    }
  });
});

describe('text files (Windows, shells)', () => {
  const { decodeFrame, readFrame } = createCodec('json');
  const ids = (text: string): unknown => {
    const { messages, malformed } = decodeFrame(bytesOf(text));
    return malformed ?? messages.map((message) => (message.type === 2 ? undefined : message.id));
  };

  test.each([
    ['a byte order mark', '\ufeff[0,1,"a",[]]', [1]],
    ['CR LF', '[0,1,"a",[]]\r\n[0,2,"a",[]]\r\n', [1, 2]],
    ['blank lines before, between and behind', '\n\r\n[0,1,"a",[]]\n \t\n\n[0,2,"a",[]]\n\n', [1, 2]],
    ['white space around', '  [ 0 , 1 , "a" , [ ] ]  ', [1]],
  ])('%s', (_, text, expected) => {
    expect(ids(text)).toEqual(expected);
  });

  test('a message on several lines, or behind what is none, is still malformed', () => {
    expect(ids('[0,1,\r\n"a",[]]')).toBe('not decodable');
    expect(ids('[0,1,"a",[]]\n\ufeff[0,2,"a",[]]')).toBe('not decodable');
    expect(ids(' \r\n')).toBe('no messages in the frame');
  });

  test('what is left of a frame is a frame or nothing', () => {
    const reader = readFrame(bytesOf('\ufeff\r\n[0,1,"a",[]]\r\n\r\n[0,2,"a",[]]\r\n \r\n'));
    expect(reader.next()).toMatchObject({ id: 1 });
    expect(Buffer.from(reader.rest()).toString()).toBe('[0,2,"a",[]]\r\n \r\n');
    expect(reader.next()).toMatchObject({ id: 2 });
    expect(reader.rest()).toHaveLength(0);
    expect([reader.next(), reader.malformed]).toEqual([undefined, undefined]);
  });

  test('the body of a request of the server API may begin with a mark, too', () => {
    const limits = { depth: 16, valuesMax: 100 };
    expect(decodeBody('json', bytesOf('\ufeff{"params":[]}\r\n'), limits)).toMatchObject({ value: { params: [] } });
    expect(decodeBody('json', bytesOf('\ufeff'), limits)).toBe('not decodable');
  });
});

test('nil is absent, as a param, an option, and a field of credentials', () => {
  expect(checkArgs('login', [{ userName: 'a', token: null, deviceId: null, enableSync: null }], -1)).toEqual({
    credentials: { userName: 'a' },
  });
  expect(checkArgs('roomsJoin', [[{ roomName: 'a', epoch: null, lastMessageId: null }]], -1)).toEqual({
    rooms: [{ roomName: 'a' }],
  });
});
