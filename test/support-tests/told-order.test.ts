// The checker of one order of messages and notices notices what it is for.
import { expect, test } from '@jest/globals';
import { orderFaults, textOfTold } from '../support/told-order.ts';

const log = ['a', 'b', 'a', 'c', 'd', 'a', 'e'];

test('what was told without a break is a piece of the log, each behind the one before', () => {
  expect(orderFaults(log, [])).toEqual([]);
  expect(orderFaults(log, [[], log, []])).toEqual([]);
  expect(orderFaults(log, [['a', 'b'], ['a'], ['d', 'a']])).toEqual([]);
  // The earliest place leaves room for what follows.
  expect(orderFaults(log, [['a'], ['a'], ['a', 'e']])).toEqual([]);
});

test('and what is missing, twice, turned round or of another log is found', () => {
  expect(orderFaults(log, [['b', 'c']])).toEqual(['after b came c, and not a']);
  expect(orderFaults(log, [['a', 'b', 'b']])).toEqual(['after b came b, and not a']);
  expect(orderFaults(log, [['d', 'c']])).toEqual(['after d came c, and not a']);
  expect(orderFaults(log, [['f']])).toEqual(['f is not in the log']);
  expect(orderFaults(log, [['e', 'f']])).toEqual(['after e came f, and not the end']);
  expect(orderFaults(log, [['d'], ['c']])).toEqual([
    expect.stringContaining('c … was told again, or is older than what came before'),
  ]);
});

test('comings and goings, and what one user alone is told, are of no order that is held', () => {
  expect(textOfTold('roomMessage', ['lobby', { id: 1 }])).toBe('roomMessage ["lobby",{"id":1}]');
  for (const name of ['roomUserJoined', 'roomUserLeft', 'roomInvited'])
    expect(textOfTold(name, ['lobby'])).toBeUndefined();
});
