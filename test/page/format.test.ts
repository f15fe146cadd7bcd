// What the page says of errors, whose codes an operator may choose, and what it takes for a text without words.
import { expect, test } from '@jest/globals';
import { RequestError } from '../../src/client/request-error.ts';
import { errorWords, isBlank } from '../../src/page/format.ts';

test('an error is told in the page’s words where it has some, else in those of the service', () => {
  expect(errorWords(new RequestError('noRoom', 'There is no room "x".', {}))).toBe('There is no such room.');
  for (const code of ['muted', 'constructor', 'toString']) {
    expect(errorWords(new RequestError(code, 'Not today.', {}))).toBe('Not today.');
  }
  expect(errorWords(new RequestError('muted', '', {}))).toBe('Something went wrong.');
  expect(errorWords('no error')).toBe('Something went wrong.');
});

test('a text is blank where nothing of it can be seen', () => {
  for (const text of ['', ' \n\t', '\u00A0', '\u200B', '\u2060\uFEFF', '\u00AD', '\u2800', '\u{E0020}']) {
    expect([text, isBlank(text)]).toEqual([text, true]);
  }
  for (const text of ['a', ' . ', '0', '\u200Bx', '👍', 'ا']) expect([text, isBlank(text)]).toEqual([text, false]);
});
