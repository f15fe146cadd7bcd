// RFC 8265's profile for user names: its own examples, its steps, and the rules of RFC 8264 and RFC 5893 that it is made of.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isValidName, nameFault } from '../../src/protocol/names/rule.ts';
import { normaliseName } from '../../src/protocol/names/form.ts';
import { text } from './arbitraries.ts';

const limits = { nameBytes: 128, names: 'username' } as const;

/** What a name comes back as; undefined where it is refused. */
function enforced(name: string): string | undefined {
  const form = normaliseName(name, limits);
  return isValidName(form, limits) ? form : undefined;
}

describe('the examples of RFC 8265, section 3.5', () => {
  test.each([
    ['juliet@example.com', 'juliet@example.com'],
    ['fussball', 'fussball'],
    ['fu\u00dfball', 'fu\u00dfball'],
    ['\u03c0', '\u03c0'],
    ['\u03a3', '\u03c3'],
    ['\u03c3', '\u03c3'],
    ['\u03c2', '\u03c2'],
  ])('legal: %s is %s', (name, form) => {
    expect(enforced(name)).toBe(form);
  });

  test.each([
    ['foo bar', 'a space'],
    ['', 'nothing'],
    ['henry\u2163', 'a Roman numeral, which is another form of letters'],
    ['\u265a', 'a symbol'],
  ])('not legal: %j, %s', (name) => {
    expect(enforced(name)).toBeUndefined();
  });
});

describe('a name is brought to one form', () => {
  test.each([
    ['case', 'AliceBOB', 'alicebob'],
    ['fullwidth forms', 'Ａｌｉｃｅ１', 'alice1'],
    ['halfwidth forms, composed', 'ｶﾞ', 'ガ'],
    ['decomposed letters', 'Zoe\u0301', 'zo\u00e9'],
    ['a sign that is a letter', '\u212a', 'k'],
    ['a title-case digraph is no letter of its own', '\u01c5', undefined],
    ['a capital I with a dot', '\u0130', 'i\u0307'],
    ['final sigma', 'ΟΔΟΣ', 'οδος'],
  ])('%s', (_, name, form) => {
    expect(enforced(name)).toBe(form);
  });

  test('once and for all', () => {
    fc.assert(
      fc.property(text, (name) => {
        const form = normaliseName(name, limits);
        expect(normaliseName(form, limits)).toBe(form);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('it is made of letters and digits', () => {
  test.each([
    'a-b_c.d',
    "o'neil",
    'алиса',
    '部屋',
    'परीक्षा',
    'l\u00b7l',
    '\u3007',
    'کاربر۱۲۳',
    'משתמש',
    'カ・ナ',
    'क्\u200dष',
    'क्\u200cष',
    'علی\u200cرضا',
  ])('%s', (name) => {
    expect(nameFault(normaliseName(name, limits), limits)).toBeUndefined();
  });

  test.each([
    ['a space', 'a b'],
    ['emoji', '👍'],
    ['a dot of the middle that is between no l', 'a\u00b7b'],
    ['Greek punctuation before no Greek', '\u0375a'],
    ['Hebrew punctuation behind no Hebrew', 'a\u05f3'],
    ['a Katakana dot without Katakana', 'a\u30fbb'],
    ['digits of two Arabics', 'ب\u0661\u06f1'],
    ['a joiner behind no virama', 'a\u200db'],
    ['a stretched Arabic letter', 'ب\u0640ب'],
    ['old Hangul', '\u1100\u1161\u11a8\u11a8'],
    ['a ligature', '\ufb01n'],
    ['a superscript', 'x\u00b2'],
    ['an enclosing mark', 'a\u20dd'],
    ['private use', '\ue000'],
    ['what delimits keys', 'a:b'],
    ['what is reserved', 'Constructor'],
  ])('not %s', (_, name) => {
    expect(enforced(name)).toBeUndefined();
  });
});

describe('it runs in one direction', () => {
  test.each(['אבג1', 'אב-ג', 'ابج', 'ا\u0661', 'א\u05b0', 'abc1'])('%s', (name) => {
    expect(enforced(name)).toBe(name);
  });

  test.each(['aא', 'אa', '1א', 'א-', 'א-\u05b0', 'ا1\u0661', 'a\u0661'])('not %j', (name) => {
    expect(enforced(name)).toBeUndefined();
  });
});
