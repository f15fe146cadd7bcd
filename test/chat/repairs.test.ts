// The queue of what failures leave behind: what is added while a topic is looked at is not lost, and nothing grows without bounds.
import { expect, test } from '@jest/globals';
import { Repairs } from '../../src/chat/repair/repairs.ts';
import { roomTopic, userTopic } from '../../src/redis/keys.ts';

const lobby = roomTopic('lobby');
const alice = userTopic('alice');
const cause = new Error('Redis does not answer');

function open(): { repairs: Repairs; told: string[] } {
  const told: string[] = [];
  const repairs = new Repairs({
    instance: { owns: (nodeId) => nodeId === 'present' },
    onError: (what) => told.push(what),
  });
  return { repairs, told };
}

test('a topic is checked once for all that asked for it, and gives back every follow that was passed on', () => {
  const { repairs, told } = open();
  repairs.check(lobby, 'present', cause);
  repairs.check(alice, 'present', cause, 0);
  repairs.check(lobby, 'present', cause);
  repairs.checkAll([lobby]);
  expect(told).toHaveLength(3);
  expect(repairs.topics()).toEqual([lobby, alice]);
  expect(repairs.take(lobby)).toEqual({ follows: 2, peers: true });
  expect(repairs.take(alice)).toEqual({ follows: 0, peers: false });
  expect(repairs.take(alice)).toBeUndefined();
});

test('what an instance without a lease left behind is not checked', () => {
  const { repairs } = open();
  repairs.check(lobby, 'former', cause);
  expect([repairs.size, repairs.topics()]).toEqual([0, []]);
});

test('a topic counts until it is done; what was added meanwhile, or put back, is checked again', () => {
  const { repairs } = open();
  repairs.checkAll([lobby, alice]);
  const check = repairs.take(lobby);
  expect([repairs.size, repairs.topics()]).toEqual([2, [alice]]);
  repairs.check(lobby, 'present', cause);
  if (check !== undefined) repairs.putBack(lobby, check);
  repairs.done();
  expect([repairs.size, repairs.topics()]).toEqual([2, [alice, lobby]]);
  expect(repairs.take(lobby)).toEqual({ follows: 1, peers: true });
});

test('with the sockets of a node its topics are forgotten, and work that is decided is not', () => {
  const { repairs } = open();
  const work = (): Promise<void> => Promise.resolve();
  repairs.checkAll([lobby]);
  repairs.retry(work, cause);
  repairs.forget();
  expect(repairs.topics()).toEqual([]);
  expect(repairs.takeWork()).toEqual([work]);
  expect(repairs.takeWork()).toEqual([]);
});

test('beyond 1000 pieces of work the newest is given up, but none that was accepted before', () => {
  const { repairs, told } = open();
  const works = Array.from({ length: 1001 }, () => () => Promise.resolve());
  for (const work of works) repairs.retry(work, cause);
  expect(told.filter((what) => what.includes('given up'))).toHaveLength(1);
  const [first, ...others] = repairs.takeWork();
  expect(others).toHaveLength(999);
  for (const work of others) repairs.retry(work, cause);
  repairs.retry(() => Promise.resolve(), cause);
  if (first !== undefined) repairs.putBackWork(first);
  expect(repairs.takeWork()).toHaveLength(1001);
});
