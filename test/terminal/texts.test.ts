// What other people write, as a terminal shows it: harmless, wrapped, with its time.
import { describe, expect, test } from '@jest/globals';
import stringWidth from 'string-width';
import { harmless, harmlessLine, harmlessName } from '../../src/terminal/harmless.ts';
import { clockOf, dateAndTimeOf, dayOf, layOut, painter, rowsOf } from '../../src/terminal/layout.ts';
import { wordsFor, wordsForClose, wordsForStart } from '../../src/terminal/words.ts';
import { RequestError } from '../../src/client/request-error.ts';

/** Whatever a terminal would obey instead of showing it. */
const obeyed = /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff]/u;

describe('text of other people', () => {
  test('reaches the terminal without controls, whatever it is made of', () => {
    const obeying = Array.from({ length: 0x10000 }, (_, code) => code).filter((code) => {
      const shown = harmless(`a${String.fromCharCode(code)}b`);
      return obeyed.test(shown) || !shown.isWellFormed();
    });
    expect(obeying).toEqual([]);
    expect(harmless('\u001b[2J\u001b]0;owned\u0007\u009b31m')).toBe('␛[2J␛]0;owned␇‹U+009B›31m');
    expect(harmless('user\u202egnp.exe')).toBe('user‹U+202E›gnp.exe');
  });

  test('keeps its lines, or is on one', () => {
    expect(harmless('one\r\ntwo\rthree\u2028four\tfive')).toBe('one\ntwo\nthree\nfour    five');
    expect(harmlessLine(' one\ntwo\n')).toBe('one ↵ two');
  });

  test('is bounded in length, in the marks on a letter, and as a name', () => {
    expect(harmless('x'.repeat(5_000))).toBe(`${'x'.repeat(4_000)} … (1000 more characters)`);
    expect(harmless(`a${'\u0301'.repeat(500)}b`)).toBe(`a${'\u0301'.repeat(8)}b`);
    expect([...harmlessName('n'.repeat(500))]).toHaveLength(65);
  });

  test('keeps what people write with: emoji of several parts, joiners, other scripts', () => {
    for (const text of ['👩‍👩‍👧 ok', '🇩🇪', 'क्‍ष', 'שלום', '你好', 'é']) expect(harmless(text)).toBe(text);
  });
});

describe('layout', () => {
  test('no row is wider than the terminal, in letters of any width, and nothing is lost', () => {
    for (const text of [
      'word '.repeat(60).trim(),
      '宽'.repeat(100),
      'x'.repeat(300),
      '👩‍👩‍👧'.repeat(60),
      `a\n\n  b ${'c'.repeat(90)}`,
    ]) {
      for (const columns of [20, 40, 80]) {
        const rows = layOut('13:05 ann: ', text, columns).split('\n');
        expect(Math.max(...rows.map((row) => stringWidth(row)))).toBeLessThanOrEqual(columns);
        expect(rows.join('').replaceAll(/\s/g, '')).toBe(`13:05ann:${text.replaceAll(/\s/g, '')}`);
        expect(rows.slice(1).every((row) => row.trim() === '' || row.startsWith(' '))).toBe(true);
      }
    }
  });

  test('a head that takes most of the width leaves the rest to the text', () => {
    const rows = layOut(`13:05 ${'n'.repeat(64)}: `, 'word '.repeat(30).trim(), 80).split('\n');
    expect(Math.max(...rows.map((row) => stringWidth(row)))).toBeLessThanOrEqual(80);
    expect(rows[1]).toMatch(/^ {2}word/);
  });

  test('a text of very many lines is cut, which is said', () => {
    const rows = layOut('> ', 'line\n'.repeat(500), 80).split('\n');
    expect(rows).toHaveLength(40);
    expect(rows.at(-1)).toContain('more lines');
  });

  test('rows of a typed line are those of a terminal, a full row included', () => {
    expect(
      ['', 'x'.repeat(79), 'x'.repeat(80), 'x'.repeat(81), '宽'.repeat(40)].map((text) => rowsOf(text, 80)),
    ).toEqual([1, 1, 2, 2, 2]);
    // A wide letter that does not fit begins the next row.
    expect(rowsOf(`x${'宽'.repeat(40)}`, 80)).toBe(2);
    expect(rowsOf(`x${'宽'.repeat(79)}`, 80)).toBe(3);
  });

  test('times that are none are taken for now', () => {
    const at = new Date(2026, 10, 29, 13, 5, 9).getTime();
    expect([clockOf(at), dayOf(at), dateAndTimeOf(at)]).toEqual([
      '13:05',
      expect.stringMatching(/^Sunday,? 29 November 2026$/),
      '2026-11-29 13:05:09',
    ]);
    for (const none of [undefined, Number.NaN, Infinity, 1e300]) expect(clockOf(none)).toMatch(/^\d\d:\d\d$/);
  });

  test('colours only where they are wanted', () => {
    expect(painter(false)('red', 'x')).toBe('x');
    expect(painter(true)('red', 'x')).toBe('\u001b[31mx\u001b[39m');
  });
});

describe('errors', () => {
  test('are told in words with what to do, and what they quote is harmless', () => {
    expect(wordsFor(new RequestError('notJoined', 'x', {}), 'lobby')).toContain('/join lobby');
    expect(wordsFor(new RequestError('tooManyRequests', 'x', { retryAfterMs: 4_000 }))).toContain('in 4 s');
    expect(wordsFor(new RequestError('noRoom', 'x', {}), 'a\u001b[2J')).toContain('a␛[2J');
    expect(wordsFor(new RequestError('toString', 'Of a hook \u001b[2J', {}))).toBe('The service says: Of a hook ␛[2J');
    expect(wordsFor(new Error('\u001b[2J'))).toContain('␛[2J');
    expect(wordsForClose({ code: 4503, reason: '' })).toContain('another device');
    expect(wordsForClose({ code: 1006, reason: '\u001b[2J' })).toBe('␛[2J');
    expect(wordsForClose({ code: 1006, reason: '' })).toBe('code 1006');
    expect(wordsForStart(new RequestError('unavailable', '', {}), ['ws://x'])).toContain('npm start');
    expect(wordsForStart(new RequestError('badToken', '', {}), ['ws://x'])).toContain('--token');
  });
});
