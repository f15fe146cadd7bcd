// What an error gives back of what was sent: bounded in both formats for every code and every request, and told in words
// where it is not shown.
import { describe, expect, test } from '@jest/globals';
import { isRequestName, requestDeclaration, requests } from '../../src/protocol/catalogue.ts';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import { echoBytesMax, echoedText } from '../../src/protocol/wire/echo.ts';
import { badArgument, fail, Failure, refuse, toErrorValue } from '../../src/protocol/errors/errors.ts';
import { errorTable, isErrorCode } from '../../src/protocol/errors/table.ts';
import { checkArgs } from '../../src/protocol/params/validate.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { bytesOf } from './frames.ts';

const nested = (depth: number): Value => (depth === 0 ? 'x'.repeat(2000) : { deep: [nested(depth - 1)] });

const hostile: [string, Value][] = [
  ['a long text', 'x'.repeat(60_000)],
  ['emoji', '👍'.repeat(20_000)],
  ['emoji, from the middle of one', `x${'👍'.repeat(20_000)}`],
  ['control characters, which JSON writes in six', '\u0001'.repeat(1000)],
  ['just more than may be', 'é'.repeat(512)],
  ['quotes', '"'.repeat(1000)],
  ['bytes', new Uint8Array(60_000)],
  ['few bytes', Uint8Array.of(1, 2, 3)],
  ['a list of texts', Array.from({ length: 60 }, () => 'x'.repeat(100))],
  ['a list of little', Array.from({ length: 4000 }, () => null)],
  ['a wide map', Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key-${i}`, i]))],
  ['a deep map', nested(5)],
  ['a long key', { ['k'.repeat(5000)]: 1 }],
  ['half an emoji', '\ud83d'],
];

/** What of an error travels, in the larger of both formats. */
function bytesIn(args: readonly Value[]): number {
  const empty = { code: 'c', args: [], message: '', temporary: false };
  return Math.max(
    ...(['msgpack', 'json'] as const).map((format) => {
      const { encodeResponse } = createCodec(format);
      return (
        bytesOf(encodeResponse(1, { ...empty, args: [...args] }, null)).length -
        bytesOf(encodeResponse(1, empty, null)).length
      );
    }),
  );
}

describe('of every code of the table', () => {
  test.each(Object.keys(errorTable).filter(isErrorCode))('%s', (code) => {
    for (const [what, value] of hostile) {
      const args = errorTable[code].args.map(() => value);
      for (const failure of [fail(code, args), refuse(code, args, {})]) {
        const error = toErrorValue(failure);
        expect([what, error.args.length]).toEqual([what, args.length]);
        expect(bytesIn(error.args)).toBeLessThanOrEqual(echoBytesMax);
        expect(error.message.length).toBeLessThan(400);
        expect(error.message.isWellFormed()).toBe(true);
        // A client that is strict reads it.
        for (const format of ['msgpack', 'json'] as const) {
          const frame = bytesOf(createCodec(format).encodeResponse(1, error, null));
          const { messages } = createCodec(format, { accept: 'replies' }).decodeFrame(frame);
          expect(messages).toEqual([{ type: 1, id: 1, error, result: null }]);
        }
      }
    }
  });
});

describe('of every request', () => {
  test.each(Object.keys(requests).filter(isRequestName))('%s', (method) => {
    const { params, example } = requestDeclaration(method);
    for (const index of Object.keys(params).keys()) {
      for (const [, value] of hostile) {
        const given = Object.keys(params).map((_, i) => (i === index ? value : (example.params[i] ?? null)));
        const args = checkArgs(method, given, -1);
        if (args instanceof Failure) expect(bytesIn(toErrorValue(args).args)).toBeLessThanOrEqual(echoBytesMax);
      }
    }
  });
});

test('what is within the bound comes back whole, in any code', () => {
  for (const value of ['x'.repeat(1000), 'lobby', 17, true, ['a', { b: [null] }]]) {
    expect(toErrorValue(badArgument(0, value)).args).toEqual([0, value]);
    expect(toErrorValue(fail('noRoom', [value])).args).toEqual([value]);
  }
  expect(toErrorValue(fail('noRoom', ['x'.repeat(2000)])).args).toEqual([`${'x'.repeat(127)}…`]);
  expect(echoedText('x'.repeat(2000))).toBe(`${'x'.repeat(127)}…`);
  expect(echoedText('lobby')).toBe('lobby');
});

test('what an operator says with a code of its own is not cut', () => {
  const args = ['x'.repeat(2000)];
  expect(toErrorValue(refuse('mine', args, {})).args).toEqual(args);
});

describe('a bad argument is told in words', () => {
  const told = (value: Value): string => toErrorValue(badArgument(1, value)).message;

  test.each<[Value, string]>([
    [null, 'nil'],
    [7, '7'],
    ['text', '"text"'],
    [new Uint8Array(20), 'a binary value of 20 bytes'],
    [Uint8Array.of(1), 'a binary value of 1 byte'],
    [['a', 'b'], 'a structured value, a list of 2 items'],
    [{ a: 1 }, 'a structured value, a map of 1 key'],
    [Array.from({ length: 4000 }, () => 1), 'a structured value, a list of 4,000 items'],
  ])('%j', (value, words) => {
    expect(told(value)).toBe(`Bad argument at index 1: ${words}.`);
  });

  test('a long text by its beginning and its length', () => {
    expect(told('x'.repeat(2000))).toBe(`Bad argument at index 1: "${'x'.repeat(79)}…", a string of 2,000 characters.`);
  });

  test.each<[string, Value, string]>([
    ['systemMessage', Number.NaN, 'it holds a number that is not finite'],
    ['systemMessage', [{ a: -Infinity }], 'it holds a number that is not finite'],
    ['systemMessage', { deep: [2 ** 53] }, 'it holds an integer beyond 53 bits'],
    ['systemMessage', ['\ud83d'], 'it holds text that is cut within a character'],
    ['systemMessage', { '\ud83d': 1 }, 'it holds a key that is cut within a character'],
    ['systemMessage', { a: { $bytes: 1 } }, 'it holds a map with the key $bytes that stands for no bytes'],
  ])('%s: what no param may carry, %j', (_, value, words) => {
    const failure = checkArgs('systemMessage', [value], 0);
    expect(failure).toMatchObject({ code: 'badArgument', args: [0, null] });
    expect(failure instanceof Failure && failure.message).toMatch(new RegExp(`: ${words.replace('$', '\\$')}\\.$`));
  });
});
