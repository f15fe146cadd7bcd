// From params to arguments: the order of checks, what a bad argument tells, defaults, options and names.
import { describe, expect, test } from '@jest/globals';
import { fail } from '../../src/protocol/errors/errors.ts';
import { defaultLimits } from '../../src/protocol/params/limits.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { checkArgs } from '../../src/protocol/params/validate.ts';

describe('the count comes first', () => {
  test('too few params, whatever they are', () => {
    expect(checkArgs('roomMessage', [], -1)).toEqual(fail('wrongArgumentsCount', [2, 0]));
    expect(checkArgs('roomMessage', [1], -1)).toEqual(fail('wrongArgumentsCount', [2, 1]));
    expect(checkArgs('roomHistoryGet', ['a', 1], 0)).toEqual(fail('wrongArgumentsCount', [3, 2]));
    expect(checkArgs('systemMessage', [], -1)).toEqual(fail('wrongArgumentsCount', [1, 0]));
  });

  test('nil counts as a param, and is bad where one is required', () => {
    expect(checkArgs('roomJoin', [null], -1)).toEqual(fail('badArgument', [0, null]));
    expect(checkArgs('systemMessage', [null], -1)).toEqual({ data: null });
  });

  test('params beyond the declared ones are ignored', () => {
    expect(checkArgs('ping', [1, 2, 3], -1)).toEqual({});
    expect(checkArgs('ping', [Number.NaN], 0)).toEqual({});
    expect(checkArgs('roomGetOwner', ['lobby', 'more'], -1)).toEqual({ roomName: 'lobby' });
  });
});

describe('the first bad param wins', () => {
  test('from left to right', () => {
    expect(checkArgs('roomMessage', [1, 2], -1)).toEqual(fail('badArgument', [0, 1]));
    expect(checkArgs('roomMessage', ['a', 2, 3], -1)).toEqual(fail('badArgument', [1, 2]));
    expect(checkArgs('roomMessage', ['a', {}, 3], -1)).toEqual(fail('badArgument', [2, 3]));
    expect(checkArgs('roomMessage', ['a', {}, {}], -1)).toEqual({ roomName: 'a', message: {}, options: {} });
  });

  test('a value that no param may carry is bad at its place, and not shown', () => {
    expect(checkArgs('roomMessage', ['a', { n: Infinity }], 1)).toEqual(fail('badArgument', [1, null]));
    expect(checkArgs('roomMessage', [1, { n: Infinity }], 1)).toEqual(fail('badArgument', [0, 1]));
    expect(checkArgs('systemMessage', [Number.NaN], 0)).toEqual(fail('badArgument', [0, null]));
  });

  test('a value is shown up to 1 KiB, and never if binary', () => {
    const small = 'x'.repeat(1021); // 3 bytes of head make 1,024
    expect(checkArgs('roomMessage', ['a', small], -1)).toEqual(fail('badArgument', [1, small]));
    expect(checkArgs('roomMessage', ['a', `${small}x`], -1)).toEqual(fail('badArgument', [1, null]));
    expect(checkArgs('roomMessage', ['a', Uint8Array.of(1)], -1)).toEqual(fail('badArgument', [1, null]));
    expect(checkArgs('roomJoin', [{ deep: [1] }], -1)).toEqual(fail('badArgument', [0, { deep: [1] }]));
  });
});

describe('types and ranges', () => {
  test.each<[string, Value]>([
    ['a string', 'x'],
    ['an array', [1]],
    ['bytes', Uint8Array.of()],
    ['a number', 1],
    ['nil', null],
  ])('a message is a map, not %s', (_, value) => {
    expect(checkArgs('roomMessage', ['a', value], -1)).toMatchObject({ code: 'badArgument' });
  });

  test.each<[string, Value]>([
    ['a string', 'x'],
    ['an array', [1]],
    ['bytes', Uint8Array.of()],
    ['a boolean', true],
  ])('options are a map, not %s', (_, value) => {
    expect(checkArgs('roomJoin', ['a', value], -1)).toMatchObject({ code: 'badArgument' });
    expect(checkArgs('roomCreate', ['a', true, value], -1)).toMatchObject({ code: 'badArgument' });
    expect(checkArgs('login', [value], -1)).toMatchObject({ code: 'badArgument' });
  });

  test('history is read by integers: id from 0, limit from 1', () => {
    expect(checkArgs('roomHistoryGet', ['a', 0, 1], -1)).toEqual({ roomName: 'a', id: 0, limit: 1 });
    expect(checkArgs('roomHistoryGet', ['a', -1, 1], -1)).toEqual(fail('badArgument', [1, -1]));
    expect(checkArgs('roomHistoryGet', ['a', 0.5, 1], -1)).toEqual(fail('badArgument', [1, 0.5]));
    expect(checkArgs('roomHistoryGet', ['a', 0, 0], -1)).toEqual(fail('badArgument', [2, 0]));
    expect(checkArgs('roomHistoryGet', ['a', 0, 1.5], -1)).toEqual(fail('badArgument', [2, 1.5]));
  });

  test('a clientMessageId and a deviceId have at most their length', () => {
    const message = (id: Value): Value[] => ['a', {}, { clientMessageId: id }];
    const id = 'x'.repeat(defaultLimits.clientMessageIdLength);
    expect(checkArgs('roomMessage', message(id), -1)).toMatchObject({ options: { clientMessageId: id } });
    expect(checkArgs('roomMessage', message(`${id}x`), -1)).toMatchObject({ code: 'badArgument' });
    expect(checkArgs('roomMessage', message(7), -1)).toMatchObject({ code: 'badArgument' });
    const deviceId = 'd'.repeat(128);
    expect(checkArgs('login', [{ deviceId }], -1)).toEqual({ credentials: { deviceId } });
    expect(checkArgs('login', [{ deviceId: `${deviceId}d` }], -1)).toMatchObject({ code: 'badArgument' });
  });

  test('roomsJoin takes as many rooms as a socket may join', () => {
    const rooms = Array.from({ length: 3 }, (_, i) => ({ roomName: `r${i}` }));
    const limits = { ...defaultLimits, roomsPerSocket: 3 };
    expect(checkArgs('roomsJoin', [rooms], -1, limits)).toEqual({ rooms });
    const more = [...rooms, { roomName: 'r3' }];
    expect(checkArgs('roomsJoin', [more], -1, limits)).toEqual(fail('badArgument', [0, more]));
    expect(checkArgs('roomsJoin', [more], -1)).toEqual({ rooms: more });
  });
});

describe('absent values', () => {
  test('an optional param left out or nil is undefined, or its default', () => {
    expect(checkArgs('roomCreate', ['a'], -1)).toEqual({ roomName: 'a', whitelistOnly: false, options: undefined });
    expect(checkArgs('roomCreate', ['a', null, null], -1)).toEqual(checkArgs('roomCreate', ['a'], -1));
    expect(checkArgs('roomCreate', ['a', true], -1)).toMatchObject({ whitelistOnly: true });
  });

  test('a nil option is absent, an unknown one is ignored', () => {
    const options = { clientMessageId: null, transient: true, unknown: 1, constructor: 2 };
    expect(checkArgs('roomMessage', ['a', {}, options], -1)).toEqual({
      roomName: 'a',
      message: {},
      options: { transient: true },
    });
    expect(checkArgs('roomsJoin', [[{ roomName: 'a', epoch: null, other: [] }]], -1)).toEqual({
      rooms: [{ roomName: 'a' }],
    });
    expect(checkArgs('roomsJoin', [[{ epoch: 'e' }]], -1)).toMatchObject({ code: 'badArgument' });
    expect(checkArgs('roomsJoin', [['a']], -1)).toMatchObject({ code: 'badArgument' });
  });

  test('a message is passed on whole', () => {
    const message = { a: null, list: [1, { b: Uint8Array.of(1) }], author: 'x' };
    expect(checkArgs('roomMessage', ['a', message], -1)).toMatchObject({ message });
  });
});

describe('names', () => {
  test('they are brought to NFC, also inside lists and options, and not judged', () => {
    expect(checkArgs('roomJoin', ['e\u0301', { group: 'e\u0301' }], -1)).toEqual({
      roomName: '\u00e9',
      options: { group: '\u00e9' },
    });
    expect(checkArgs('roomsJoin', [[{ roomName: 'e\u0301' }]], -1)).toEqual({ rooms: [{ roomName: '\u00e9' }] });
    expect(checkArgs('login', [{ userName: 'e\u0301' }], -1)).toEqual({ credentials: { userName: '\u00e9' } });
    expect(checkArgs('roomUserSeen', ['e\u0301', 'e\u0301'], -1)).toEqual({ roomName: '\u00e9', userName: '\u00e9' });
    expect(checkArgs('roomJoin', ['a:{}'], -1)).toMatchObject({ roomName: 'a:{}' });
    expect(checkArgs('roomJoin', [''], -1)).toMatchObject({ roomName: '' });
  });

  test('a bad argument shows the value as it was sent', () => {
    expect(checkArgs('roomsJoin', [[{ roomName: 1, x: 'e\u0301' }]], -1)).toEqual(
      fail('badArgument', [0, [{ roomName: 1, x: 'e\u0301' }]]),
    );
  });
});
