// The order of one socket's requests, by what they are about.
import { expect, test } from '@jest/globals';
import { Turns, type Turn } from '../../src/gateway/turns.ts';
import type { Pipeline } from '../../src/protocol/declare.ts';

function start(): { enter: (name: string, keys: string[], kind?: Pipeline) => Turn; come: string[]; turns: Turns } {
  const [turns, come]: [Turns, string[]] = [new Turns(), []];
  const enter = (name: string, keys: string[], kind?: Pipeline): Turn => {
    const turn = turns.enter(keys, kind);
    if (turn.coming === undefined) come.push(name);
    else void turn.coming.then(() => come.push(name));
    return turn;
  };
  return { enter, come, turns };
}
const settle = (): Promise<void> => new Promise(setImmediate);

test('requests that share a key go one after the other, others side by side', async () => {
  const { enter, come, turns } = start();
  const [a, b, c] = [enter('a', ['x']), enter('b', ['y']), enter('c', ['x', 'y'])];
  const [d, e] = [enter('d', ['y']), enter('e', ['z'])];
  expect(come).toEqual(['a', 'b', 'e']);
  a.end();
  await settle();
  expect(come).toEqual(['a', 'b', 'e']);
  b.end();
  await settle();
  expect(come).toEqual(['a', 'b', 'e', 'c']);
  e.end();
  c.end();
  await settle();
  expect(come).toEqual(['a', 'b', 'e', 'c', 'd']);
  d.end();
  expect(turns.isEmpty).toBe(true);
});

test('those that have begun beside others are waited for until they have ended', async () => {
  const { enter, turns } = start();
  expect(turns.underWay).toBeUndefined();
  const posts = ['p', 'q'].map((name) => enter(name, ['x'], 'posts'));
  enter('other', ['y']);
  expect(turns.underWay).toBeUndefined();
  for (const post of posts) post.begun();
  const ended: string[] = [];
  void turns.underWay?.then(() => ended.push('all'));
  posts[0]?.end();
  await settle();
  expect(ended).toEqual([]);
  posts[1]?.end();
  await settle();
  expect([ended, turns.underWay]).toEqual([['all'], undefined]);
});

test('those that may go beside their kind begin in their order, and all else waits for the end of all of them', async () => {
  const { enter, come, turns } = start();
  const posts = ['p', 'q', 'r'].map((name) => enter(name, ['x'], 'posts'));
  const [leave, after] = [enter('leave', ['x']), enter('after', ['x'], 'posts')];
  expect(come).toEqual(['p']);
  posts[0]?.begun();
  await settle();
  expect(come).toEqual(['p', 'q']);
  // One that ends without having begun lets the next one begin.
  posts[1]?.end();
  await settle();
  expect(come).toEqual(['p', 'q', 'r']);
  posts[2]?.begun();
  posts[2]?.end();
  await settle();
  expect(come).toEqual(['p', 'q', 'r']);
  posts[0]?.end();
  await settle();
  expect(come).toEqual(['p', 'q', 'r', 'leave']);
  leave.begun();
  await settle();
  expect(come).toEqual(['p', 'q', 'r', 'leave']);
  leave.end();
  await settle();
  expect(come).toEqual(['p', 'q', 'r', 'leave', 'after']);
  after.end();
  expect(turns.isEmpty).toBe(true);
});

test('those of another kind are waited for, begun or not', async () => {
  const { enter, come, turns } = start();
  const [change, post] = [enter('change', ['x'], 'changes'), enter('post', ['x'], 'posts')];
  const [next, last] = [enter('next', ['x'], 'posts'), enter('last', ['x'], 'changes')];
  change.begun();
  await settle();
  expect(come).toEqual(['change']);
  change.end();
  await settle();
  expect(come).toEqual(['change', 'post']);
  post.begun();
  next.begun();
  post.end();
  await settle();
  expect(come).toEqual(['change', 'post', 'next']);
  next.end();
  await settle();
  expect(come).toEqual(['change', 'post', 'next', 'last']);
  last.end();
  expect(turns.isEmpty).toBe(true);
});
