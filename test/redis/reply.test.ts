// That a reply passes only for what its script declares: what it does not name would be read by nobody, a refusal perhaps.
import { expect, test } from '@jest/globals';
import { number, optional, text, type Reply } from '../../src/redis/reply.ts';
import { readReply } from '../../src/redis/script.ts';

test('a reply of more values than are declared is a defect', () => {
  const script = { name: 'x', refuses: ['full'], gives: { at: number, by: text, last: optional(text) } } as const;
  const word = (said: string): Buffer => Buffer.from(said);
  expect(readReply(script, [3, word('a'), word('b')])).toEqual({ at: 3, by: 'a', last: 'b' });
  // Lua ends a list where the first nil is.
  expect(readReply(script, [3, word('a')])).toEqual({ at: 3, by: 'a', last: undefined });
  const more: Reply[] = [
    [3, word('a'), word('b'), 1],
    [3, word('a'), null, null],
  ];
  for (const reply of more) expect(() => readReply(script, reply)).toThrow('x has replied what is not declared');
});
