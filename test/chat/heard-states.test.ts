// Which sockets have heard a user's latest state: it comes by several ways, and each hears it by one.
import { expect, test } from '@jest/globals';
import { HeardStates, type Hearer } from '../../src/chat/state/heard-states.ts';
import type { Point } from '../../src/log/event.ts';

const at = (seq: number, epoch = 'e1'): Point => ({ epoch, seq });
const socket = (userName: string, rooms: Record<string, Point> = {}): Hearer => ({
  userName,
  rooms: { live: new Map(Object.entries(rooms)) },
});
const stamp = (number: number, userName = 'ann') => ({ userName, number });

/** Whom of these a way tells. */
const told = (heard: ReturnType<HeardStates['inRoom']>, ...sockets: Hearer[]): string[] =>
  sockets.filter((one) => heard !== 'all' && !heard(one)).map(({ userName }) => userName);

test('who was told in one room is not told in another, nor as a contact, and the other way round', () => {
  const states = new HeardStates();
  const [bob, carol, dave] = [
    socket('bob', { one: at(1), two: at(1) }),
    socket('carol', { two: at(1) }),
    socket('dave'),
  ];
  const own = socket('ann', { one: at(1) });
  expect(told(states.inRoom(stamp(1), 'one', at(5)), bob, own)).toEqual(['bob']);
  expect(told(states.inRoom(stamp(1), 'two', at(5)), bob, carol)).toEqual(['carol']);
  expect(told(states.toUser(stamp(1), 'bob'), bob)).toEqual([]);
  expect(told(states.toUser(stamp(1), 'dave'), dave)).toEqual(['dave']);
  expect(told(states.inRoom(stamp(1), 'three', at(5)), dave, socket('eve'))).toEqual(['eve']);
  // Again by the same way: all have it.
  expect(told(states.toUser(stamp(1), 'dave'), dave)).toEqual([]);
  expect(told(states.inRoom(stamp(1), 'two', at(6)), bob, carol)).toEqual([]);
  // What its own sockets hear is not for anybody else.
  expect(told(states.toUser(stamp(1), 'ann'), own)).toEqual(['ann']);
});

test('who joined a room after it came there has not heard it, and of another life of the room neither', () => {
  const states = new HeardStates();
  states.inRoom(stamp(1), 'one', at(5));
  const late = socket('late', { one: at(6), two: at(1) });
  const other = socket('other', { one: at(3, 'e2'), two: at(1) });
  const early = socket('early', { one: at(5), two: at(1) });
  expect(told(states.inRoom(stamp(1), 'two', at(2)), late, other, early)).toEqual(['late', 'other']);
});

test('nothing older is told behind a later one, and each user counts for itself', () => {
  const states = new HeardStates();
  const bob = socket('bob', { one: at(1) });
  expect(told(states.inRoom(stamp(2), 'one', at(5)), bob)).toEqual(['bob']);
  expect(states.inRoom(stamp(1), 'one', at(6))).toBe('all');
  expect(states.toUser(stamp(1), 'bob')).toBe('all');
  expect(told(states.inRoom(stamp(1, 'carol'), 'one', at(6)), bob)).toEqual(['bob']);
  expect(told(states.inRoom(stamp(3), 'one', at(7)), bob)).toEqual(['bob']);
});
