// The rule for names, and the small text tools under it: UTF-8 and base64.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromBase64, toBase64 } from '../../src/protocol/base64.ts';
import { isValidName, normaliseName, utf8Length } from '../../src/protocol/names.ts';
import { isUtf8 } from '../../src/protocol/utf8.ts';
import { text } from './arbitraries.ts';
import { hex } from './frames.ts';

describe('names', () => {
  test.each([
    'a',
    'lobby',
    'with space',
    '#general/dev',
    'Ünïcödé',
    '部屋',
    '👩‍👩‍👧',
    'toString',
    'x'.repeat(128),
    'é'.repeat(64),
    '部'.repeat(42),
  ])('%s is valid', (name) => {
    expect(isValidName(name)).toBe(true);
  });

  test.each([
    ['empty', ''],
    ['129 bytes', 'x'.repeat(129)],
    ['130 bytes of two-byte characters', 'é'.repeat(65)],
    ['129 bytes of three-byte characters', '部'.repeat(43)],
    ['132 bytes of four-byte characters', '👍'.repeat(33)],
    ['a colon', 'a:b'],
    ['an opening brace', 'a{b'],
    ['a closing brace', 'a}b'],
    ['U+0000', 'a\u0000'],
    ['U+001F', 'a\u001f'],
    ['a newline', 'a\nb'],
    ['U+007F', 'a\u007f'],
    ['U+0085', 'a\u0085'],
    ['U+009F', '\u009f'],
    ['a lone surrogate', 'a\ud800'],
    ['not NFC', 'e\u0301'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['prototype', 'prototype'],
  ])('%s is not valid', (_, name) => {
    expect(isValidName(name)).toBe(false);
  });

  test('normalising brings two spellings of a name together, once and for all', () => {
    expect(normaliseName('e\u0301')).toBe('\u00e9');
    fc.assert(fc.property(text, (name) => normaliseName(normaliseName(name)) === normaliseName(name)));
  });

  test('what has a length in UTF-8 has that of its encoding', () => {
    fc.assert(fc.property(text, (name) => utf8Length(name) === Buffer.byteLength(name)));
  });
});

describe('UTF-8', () => {
  const strict = new TextDecoder('utf-8', { fatal: true });
  const decodes = (bytes: Uint8Array): boolean => {
    try {
      strict.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };

  test('it agrees with the platform on anything', () => {
    const byte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0x61, 0x80, 0xbf, 0xc2, 0xe0, 0xed, 0xa0, 0x9f, 0xf0, 0xf4, 0x90),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 6 }), (list) => {
        const bytes = Uint8Array.from(list);
        expect(isUtf8(bytes, 0, bytes.length)).toBe(decodes(bytes));
      }),
      { numRuns: 20_000 },
    );
  });

  test('every sequence of two bytes, and all leads of longer ones', () => {
    const different: string[] = [];
    const compare = (bytes: Uint8Array): void => {
      if (isUtf8(bytes, 0, bytes.length) !== decodes(bytes)) different.push(Buffer.from(bytes).toString('hex'));
    };
    for (let lead = 0; lead < 256; lead++) {
      for (let second = 0; second < 256; second++) {
        compare(Uint8Array.of(lead, second));
        compare(Uint8Array.of(lead, second, 0x80));
        compare(Uint8Array.of(lead, second, 0xbf, 0x80));
      }
    }
    expect(different).toEqual([]);
  });

  test('only the range counts', () => {
    expect(isUtf8(hex('ff c3 a9 ff'), 1, 3)).toBe(true);
    expect(isUtf8(hex('c3 a9'), 0, 1)).toBe(false);
  });
});

describe('base64', () => {
  test('it is what the platform makes of the bytes, and comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const encoded = toBase64(bytes);
        expect(encoded).toBe(Buffer.from(bytes).toString('base64'));
        expect(fromBase64(encoded)).toEqual(Uint8Array.from(bytes));
      }),
    );
  });

  test.each([
    'A',
    'AA',
    'AAA',
    'A===',
    '====',
    'AA=A',
    'A*==',
    'AB==',
    'AAB=',
    'AA==AA==',
    ' AAA',
    'AA-_',
    'é===',
    'AAAA\n',
  ])('%j is refused', (encoded) => {
    expect(fromBase64(encoded)).toBeUndefined();
  });
});
