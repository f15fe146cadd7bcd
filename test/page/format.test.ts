// What the page says of errors, whose codes an operator may choose.
import { expect, test } from '@jest/globals';
import { RequestError } from '../../src/client/request-error.ts';
import { errorWords } from '../../src/page/format.ts';

test('an error is told in the page’s words where it has some, else in those of the service', () => {
  expect(errorWords(new RequestError('noRoom', 'There is no room "x".', {}))).toBe('There is no such room.');
  for (const code of ['muted', 'constructor', 'toString']) {
    expect(errorWords(new RequestError(code, 'Not today.', {}))).toBe('Not today.');
  }
  expect(errorWords(new RequestError('muted', '', {}))).toBe('Something went wrong.');
  expect(errorWords('no error')).toBe('Something went wrong.');
});
