// What a device finds out by itself of a conversation, and what it must put up with: each fault is one that a service could have.
import { describe, expect, test } from '@jest/globals';
import { PairView, toldByAll } from '../support/pair-view.ts';

const message = (id: number, author: string, rest: object = {}): Record<string, unknown> => ({
  id,
  author,
  timestamp: id,
  textMessage: 'x',
  ...rest,
});
const append = (change: number, id: number, version: number, offset: number): Record<string, unknown> => ({
  change,
  id,
  kind: 'append',
  version,
  timestamp: 9,
  offset,
  text: '+',
});
const react = (change: number, id: number, count: number): Record<string, unknown> => ({
  change,
  id,
  kind: 'reactions',
  version: 1,
  timestamp: 9,
  counts: { a: count },
});
const recall = (change: number, id: number): Record<string, unknown> => ({
  change,
  id,
  kind: 'recall',
  version: 2,
  timestamp: 9,
  by: 'ann',
});

describe('a device', () => {
  test('holds what was said and changed, also where a change comes before its message', () => {
    const view = new PairView('ann');
    view.changed(append(1, 2, 2, 1));
    view.message(message(2, 'bob', { textMessage: 'x+', version: 2, done: false, updatedAt: 9, status: 'sent' }));
    view.changed(react(2, 1, 1));
    view.changed(append(3, 1, 2, 1));
    view.posted(message(1, 'ann'));
    expect(view.faults).toEqual([]);
    const changed = { textMessage: 'x+', version: 2, done: false, updatedAt: 9 };
    expect([...view.messages.values()]).toEqual([
      message(2, 'bob', changed),
      message(1, 'ann', { ...changed, reactions: { a: 1 } }),
    ]);
    // What was told already is no news by an answer.
    view.posted(message(1, 'ann'));
    expect(view.messages.get(1)).toMatchObject(changed);
  });

  test('finds what is missing, what comes twice and what comes too late', () => {
    const view = new PairView('ann');
    view.message(message(2, 'bob'));
    view.message(message(2, 'bob'));
    view.message(message(1, 'bob'));
    view.changed(recall(1, 2));
    view.changed(react(1, 1, 1));
    view.changed(react(3, 1, 1));
    expect(view.faults).toEqual([
      'message 2 came twice',
      'message 2 behind 2',
      'message 1 behind 2',
      'change 1 behind 1',
      'change 3 behind 1',
    ]);
    view.message(message(2, 'bob'));
    expect(view.faults.slice(-2)).toEqual(['version 1 of 2 behind 2', '2 came back, being recalled']);
  });

  test('is told what the others are, but for what was recalled before it heard of it', () => {
    const [one, other] = [new PairView('ann'), new PairView('bob')];
    for (const change of [append(1, 1, 2, 1), react(2, 2, 1), recall(3, 1)]) one.changed(change);
    for (const change of [recall(1, 1), react(2, 2, 2), recall(3, 1)]) other.changed(change);
    for (const views of [
      [one, other],
      [other, one],
    ]) {
      const { all, faults } = toldByAll(views);
      expect(faults).toEqual([expect.stringMatching(/^change 2 is /)]);
      expect([...all].map(([number, { change }]) => [number, change['kind']])).toEqual([
        [1, 'append'],
        [2, 'reactions'],
        [3, 'recall'],
      ]);
    }
  });
});
