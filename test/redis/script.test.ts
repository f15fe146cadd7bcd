// What a script's reply is read as, and that a reply that is not declared is a defect and no answer.
import { describe, expect, test } from '@jest/globals';
import {
  done,
  listOf,
  nothing,
  number,
  optional,
  position,
  stored,
  text,
  yes,
  type Reply,
} from '../../src/redis/reply.ts';
import { readReply, type Gives, type Given } from '../../src/redis/script.ts';

const read = <G extends Gives>(gives: G, reply: Reply): 'gone' | 'full' | Given<G> =>
  readReply({ name: 'x', refuses: ['gone', 'full'], gives }, reply);
const word = (said: string): Buffer => Buffer.from(said);
const UNDECLARED = 'x has replied what is not declared';

describe('a reply', () => {
  test('is a word of refusal, values by name, or one value', () => {
    const gives = { count: number, names: listOf(text), isNew: yes, owner: optional(text), last: optional(number) };
    expect(read(gives, word('gone'))).toBe('gone');
    expect(read(gives, word('full'))).toBe('full');
    const given = { count: 2, names: ['a', 'b'], isNew: true, owner: 'c', last: 7 };
    expect(read(gives, [2, [word('a'), word('b')], 1, word('c'), word('7')])).toEqual(given);
    // Nil in the middle of a list, and a list that ends early.
    const less = { count: 0, names: [], isNew: false, owner: undefined, last: undefined };
    expect(read(gives, [0, [], 0, null])).toEqual(less);
    expect([read(yes, 1), read(number, 5), read(listOf(number), [1, 2])]).toEqual([true, 5, [1, 2]]);
    const at = { epoch: 'e', seq: 1, id: 2, timestamp: 3 };
    expect(read(position, [word('e'), 1, 2, 3, word('8 bytes.')])).toMatchObject(at);
    expect([null, word('0'), word('1')].map((reply) => read(stored, reply))).toEqual([false, false, true]);
  });

  test('where there is nothing to tell is none; a word besides those declared is no success', () => {
    expect([read(nothing, null), read(done, null)]).toEqual([undefined, 'ok']);
    expect([read(nothing, word('gone')), read(done, word('gone'))]).toEqual(['gone', 'gone']);
    for (const gives of [nothing, done]) {
      for (const reply of [word('lost'), word('ok'), 0, []]) expect(() => read(gives, reply)).toThrow(UNDECLARED);
    }
  });

  test('of another kind than is declared is a defect', () => {
    const gives = { count: number, isNew: yes };
    const others: Reply[] = [
      word('lost'),
      null,
      1,
      [],
      [1],
      [1, 2],
      [1, word('1')],
      [word('one'), 1],
      [null, 1],
      [[], 1],
    ];
    for (const reply of others) expect(() => read(gives, reply)).toThrow(UNDECLARED);
    for (const reply of [word('lost'), null, 2]) expect(() => read(yes, reply)).toThrow(UNDECLARED);
  });
});
