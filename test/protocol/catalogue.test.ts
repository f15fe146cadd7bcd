// Conformance of the catalogue: every entry is complete, its example is valid, and what derives from it agrees.
import { describe, expect, test } from '@jest/globals';
import { Compile } from 'typebox/compile';
import {
  generalErrors,
  isNotificationName,
  isRequestName,
  notificationDeclaration,
  notifications,
  orderKeys,
  requestDeclaration,
  requests,
  toParams,
} from '../../src/protocol/catalogue.ts';
import type { Input } from '../../src/protocol/catalogue.ts';
import { closeCodes, type CloseEntry } from '../../src/protocol/wire/close-codes.ts';
import { errorTable, type ErrorEntry } from '../../src/protocol/errors/table.ts';
import { fail, Failure, refuse, toErrorValue } from '../../src/protocol/errors/errors.ts';
import { checkArgs } from '../../src/protocol/params/validate.ts';

const requestNames = Object.keys(requests).filter(isRequestName);
const notificationNames = Object.keys(notifications).filter(isNotificationName);

describe.each(requestNames)('request %s', (name) => {
  const declaration = requestDeclaration(name);

  test('its example is valid, and so is its result', () => {
    const args = checkArgs(name, declaration.example.params, -1);
    expect(args).not.toBeInstanceOf(Failure);
    expect(Object.keys(args)).toEqual(Object.keys(declaration.params));
    expect(Compile(declaration.result).Errors(declaration.example.result)).toEqual([]);
  });

  test('it is documented, its errors exist, and none is declared in vain', () => {
    expect(declaration.doc).toMatch(/\.$/);
    const general: readonly string[] = generalErrors;
    for (const code of declaration.errors) {
      expect(Object.keys(errorTable)).toContain(code);
      expect(general).not.toContain(code);
    }
    expect(new Set(declaration.errors).size).toBe(declaration.errors.length);
  });

  test('required params come before optional ones, so that a count can be expected', () => {
    const optional = Object.values(declaration.params).map((param) => param.optional);
    expect(optional).toEqual(optional.toSorted((a, b) => Number(a) - Number(b)));
  });

  test('a request that names a room is ordered by it', () => {
    const named = Object.keys(declaration.params).includes('roomName');
    if (named) expect(declaration.order).toEqual({ room: 'roomName' });
    else expect(declaration.order).not.toEqual({ room: 'roomName' });
  });

  test('a request whose param has to be the name of a room can refuse the name', () => {
    const refusals = { existing: 'noRoom', creating: 'invalidName' };
    for (const { room } of Object.values(declaration.params)) {
      if (room !== undefined) expect(declaration.errors).toContain(refusals[room]);
    }
    if (declaration.usersMay !== undefined) expect(declaration.errors).toContain('notAllowed');
  });

  test('its example, as arguments by name, becomes the params again', () => {
    const given = declaration.example.params;
    const input = Object.fromEntries(Object.keys(declaration.params).map((param, i) => [param, given[i]]));
    // The example is known only as values here; that it has the right types is what the first test shows.
    expect(toParams(name, input as Input<typeof name>)).toEqual(given);
  });
});

describe.each(notificationNames)('notification %s', (name) => {
  test('its example is valid, and it is documented', () => {
    const { doc, audience, params, example } = notificationDeclaration(name);
    expect(doc).toMatch(/\.$/);
    expect(audience).toMatch(/\.$/);
    expect(example).toHaveLength(params.length);
    for (const [index, param] of params.entries()) expect(Compile(param.schema).Errors(example[index])).toEqual([]);
  });
});

describe('names', () => {
  test('only declared ones are known', () => {
    expect(isRequestName('roomJoin')).toBe(true);
    expect(isNotificationName('goAway')).toBe(true);
    for (const name of ['', 'roomjoin', 'constructor', '__proto__', 'toString']) {
      expect(isRequestName(name)).toBe(false);
      expect(isNotificationName(name)).toBe(false);
    }
  });
});

describe('order', () => {
  test('by the rooms and users named, each once, or by the own user', () => {
    expect(orderKeys('roomMessage', { roomName: 'lobby', message: {}, options: undefined })).toEqual(['room:lobby']);
    const rooms = [{ roomName: 'a' }, { roomName: 'b' }, { roomName: 'a' }];
    expect(orderKeys('roomsJoin', { rooms })).toEqual(['room:a', 'room:b']);
    expect(orderKeys('conversationCreate', { options: { roomName: 'a', members: ['b'] } })).toEqual(['room:a']);
    expect(orderKeys('conversationCreate', { options: { members: ['b'], unique: true } })).toEqual([]);
    expect(orderKeys('systemMessage', { data: 1 })).toEqual(['self']);
    const userNames = ['b', 'c', 'b'];
    expect(orderKeys('directAddToList', { listName: 'blacklist', userNames })).toEqual(['self', 'user:b', 'user:c']);
    expect(orderKeys('ping', {})).toEqual([]);
  });
});

describe('params from arguments by name', () => {
  test('in the order of the wire, absent ones at the end left out', () => {
    expect(toParams('roomCreate', { roomName: 'a' })).toEqual(['a']);
    expect(toParams('roomCreate', { roomName: 'a', options: {} })).toEqual(['a', null, {}]);
    expect(toParams('systemMessage', { data: null })).toEqual([null]);
    expect(toParams('ping', {})).toEqual([]);
  });
});

describe('errors', () => {
  const entries: [string, ErrorEntry][] = Object.entries(errorTable);

  test.each(entries)('%s has a sentence that uses its args only', (_, entry) => {
    expect(entry.doc).toMatch(/\.$/);
    expect(entry.nextMove).toMatch(/\.$/);
    const used = [...entry.message.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name));
    expect([...entry.args].toSorted()).toEqual(used.toSorted());
  });

  test('as a value an error has its code, args, sentence and whether it is temporary', () => {
    expect(toErrorValue(fail('noRoom', ['lobby']))).toEqual({
      code: 'noRoom',
      args: ['lobby'],
      message: 'There is no room "lobby".',
      temporary: false,
    });
    expect(toErrorValue(fail('tooManyRequests', [], 250))).toEqual({
      code: 'tooManyRequests',
      args: [],
      message: 'Too many requests.',
      temporary: true,
      retryAfterMs: 250,
    });
  });

  test('a hook may choose any code, and words in place of those of the table', () => {
    expect(toErrorValue(refuse('mine', [1], {}))).toEqual({
      code: 'mine',
      args: [1],
      message: 'Refused: mine.',
      temporary: false,
    });
    expect(toErrorValue(refuse('noRoom', ['lobby'], { message: 'Closed.', temporary: true }, 5))).toEqual({
      code: 'noRoom',
      args: ['lobby'],
      message: 'Closed.',
      temporary: true,
      retryAfterMs: 5,
    });
    expect(toErrorValue(refuse('timeout', [], {}))).toEqual(toErrorValue(fail('timeout')));
    expect(toErrorValue(refuse('constructor', [], {}))).toMatchObject({ message: 'Refused: constructor.' });
  });

  test('a sentence stays short and well-formed, whatever the args', () => {
    const { message } = toErrorValue(fail('noRoom', ['👍'.repeat(1000)]));
    expect(String(message).length).toBeLessThan(200);
    expect(String(message).isWellFormed()).toBe(true);
    expect(toErrorValue(fail('badArgument', [0, null]))['message']).toBe('Bad argument at index 0: nil.');
    expect(toErrorValue(fail('badArgument', [1, { a: 1 }]))['message']).toContain('a structured value');
  });

  test('temporary are those that time alone can cure', () => {
    const temporary = entries.filter(([, entry]) => entry.temporary).map(([code]) => code);
    expect(temporary.toSorted()).toEqual(['timeout', 'tooManyRequests', 'tooManySockets', 'unavailable']);
  });
});

describe('close codes', () => {
  const entries: [string, CloseEntry][] = Object.entries(closeCodes);

  test.each(entries)('%s: its range says whether to come back', (name, { code, reason, comeBack }) => {
    expect(reason).toBe(name);
    expect(comeBack).toBe(code >= 4000 && code < 4500);
  });

  test('no code is there twice', () => {
    expect(new Set(entries.map(([, { code }]) => code)).size).toBe(entries.length);
  });
});
