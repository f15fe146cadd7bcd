// What no map of the wire may have as a key is no key of a reaction: it would be one of the counts that all others read.
import { expect, test } from '@jest/globals';
import { keyRefusal } from '../../src/chat/change/refusals.ts';
import { defaultLimits, valuesMax } from '../../src/protocol/params/limits.ts';
import { decodeBody } from '../../src/protocol/wire/body.ts';
import { findFault } from '../../src/protocol/wire/fault.ts';
import { concat } from '../../src/protocol/wire/pack.ts';
import { encodeValue } from '../../src/protocol/wire/msgpack.ts';

/** Whether a map with that key comes in, in either format. */
function comesIn(key: string): boolean {
  const json = Buffer.from(`{${JSON.stringify(key)}:1}`);
  const msgpack = concat([Uint8Array.of(0x81), encodeValue(key), encodeValue(1)]);
  return (['json', 'msgpack'] as const).every((format) => {
    const body = decodeBody(format, format === 'json' ? json : msgpack, { depth: defaultLimits.depth, valuesMax });
    return typeof body === 'object' && findFault([body.value]) < 0;
  });
}

const ofObjects = Object.getOwnPropertyNames(Object.prototype);
const keys = [...ofObjects, '$bytes', '$', 'prototype', '👍', '\ud83d', '\0', '', '0', 'é', 'a.b', 'a:b', '{', '"'];

test.each(keys)('%j is a key of a reaction if it may be one of a map that comes in', (key) => {
  expect(keyRefusal(key) === undefined).toBe(comesIn(key));
});

test('some of them are refused and some are not', () => {
  expect(keys.filter((key) => !comesIn(key))).toEqual(['__proto__', '$bytes', '\ud83d']);
});
