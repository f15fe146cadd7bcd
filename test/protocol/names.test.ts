// The rule for names, and the small text tools under it: UTF-8 and base64.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromBase64, toBase64 } from '../../src/protocol/wire/base64.ts';
import { invalidName, isStorableName, isValidName, nameFault } from '../../src/protocol/names/rule.ts';
import { normaliseName, utf8Length } from '../../src/protocol/names/form.ts';
import { isUtf8 } from '../../src/protocol/wire/utf8.ts';
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
    '❤️ lovers',
    '1️⃣',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    '👍🏽',
    'a\u0301\u0323\u0302'.normalize('NFC'),
    '\ue000 for private use',
    'नमस्ते',
    'שלום',
    'علی\u200cرضا',
    'क्\u200dष',
    'two  spaces\u00a0within',
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
    ['a space before', ' a'],
    ['a space behind', 'a '],
    ['a no-break space behind', 'a\u00a0'],
    ['an ideographic space before', '\u3000a'],
    ['nothing but a space', ' '],
    ['a zero-width space', 'a\u200bb'],
    ['a joiner of nothing', 'a\u200db'],
    ['a joiner behind emoji', '👍\u200d'],
    ['a joiner between emoji that do not join', '👍\u200d👍'],
    ['a non-joiner', 'a\u200cb'],
    ['a non-joiner behind a letter that does not join', 'ا\u200cب'],
    ['a joiner of Arabic', 'ب\u200dب'],
    ['a soft hyphen', 'a\u00adb'],
    ['a byte order mark', '\ufeffa'],
    ['a word joiner', 'a\u2060'],
    ['a change of direction', 'a\u202eb'],
    ['an isolate', 'a\u2066b'],
    ['a line separator', 'a\u2028b'],
    ['a paragraph separator', 'a\u2029b'],
    ['a selector of a variant of a letter', 'a\ufe0f'],
    ['a selector that changes nothing', '👍\ufe0f'],
    ['a tag', 'a\u{e0061}'],
    ['a Hangul filler', 'a\u3164'],
    ['a halfwidth Hangul filler', '\uffa0'],
    ['a grapheme joiner', 'a\u034f'],
    ['the blank of Braille', '\u2800'],
    ['a noncharacter', 'a\uffff'],
    ['a noncharacter of another plane', 'a\u{1fffe}'],
    ['what is not assigned', 'a\u0378'],
    ['prototype', 'prototype'],
    ['what stands for bytes as a key', '$bytes'],
  ])('%s is not valid', (_, name) => {
    expect(isValidName(name)).toBe(false);
  });

  test('what is wrong is said with the refusal, and is not with what is valid', () => {
    expect(nameFault('lobby')).toBeUndefined();
    const limits = { nameBytes: 128 };
    expect(invalidName('a\u200bb', limits)).toMatchObject({
      code: 'invalidName',
      args: ['a\u200bb'],
      message: 'The name "a\u200bb" is not valid: it holds characters that cannot be seen.',
    });
    for (const name of ['', ' a', 'a:b', 'a\n', 'constructor', '\ud800', 'x'.repeat(129)]) {
      expect(invalidName(name, limits).message).toMatch(/ is not valid: .+\.$/);
    }
  });

  test('what an earlier rule let pass can still be named by the service', () => {
    for (const name of [' a', 'a\u200bb', 'a\uffff', 'a']) expect(isStorableName(name)).toBe(true);
    for (const name of ['', 'a:b', 'a\n', 'e\u0301', 'x'.repeat(129)]) expect(isStorableName(name)).toBe(false);
  });

  describe('are not worked on where they cannot be within the limit', () => {
    const bytesMax = 128;

    /** Every text that has the same normal form as a character is made of what it decomposes to, or of what stands for that. */
    test('composing makes no more of four units one, nor leaves less than a byte of a mark', () => {
      const longest = new Map<string, number>();
      // All that decomposes is in the first three planes.
      const points = Array.from({ length: 0x30000 }, (_, code) => code).filter(
        (code) => code < 0xd800 || code > 0xdfff,
      );
      for (const code of points) {
        const point = String.fromCodePoint(code);
        const parts = point.normalize('NFD');
        if ([...parts].length === 1) longest.set(parts, Math.max(longest.get(parts) ?? 0, point.length));
      }
      let [most, marks] = [0, 0];
      for (const code of points) {
        const point = String.fromCodePoint(code);
        if (point.normalize('NFC') !== point) continue;
        const parts = [...point.normalize('NFD')];
        const units = parts.reduce((sum, part) => sum + (longest.get(part) ?? 0), 0);
        most = Math.max(most, units / point.length);
        marks = Math.max(marks, parts.filter((part) => /\p{M}/u.test(part)).length / utf8Length(point));
      }
      expect(most).toBe(4);
      expect(marks).toBeLessThanOrEqual(1);
    });

    test('the longest spelling of a name of the longest is still a name', () => {
      const name = 'ᾂ'.repeat(42);
      const spelling = name.normalize('NFD');
      expect([utf8Length(name), spelling.length]).toEqual([126, 168]);
      expect(normaliseName(spelling)).toBe(name);
      expect(isValidName(normaliseName(spelling))).toBe(true);
      const loaded = `${'ᾂ'.normalize('NFD').repeat(42)}\u0323`;
      expect(isValidName(normaliseName(loaded))).toBe(true);
    });

    test.each([
      ['too many units', 'x'.repeat(4 * bytesMax + 1)],
      ['too many marks', `a${'\u0301\u0316'.repeat(65)}`],
      ['too many marks, between letters', 'a\u0316'.repeat(129)],
    ])('%s', (_, name) => {
      expect(normaliseName(name)).toBe(name);
      expect(isValidName(name)).toBe(false);
    });

    test('by the profile, nothing is composed further', () => {
      const profile = { nameBytes: bytesMax, names: 'username' } as const;
      fc.assert(fc.property(text, (name) => normaliseName(name, profile).length * 4 >= name.length));
    });
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
