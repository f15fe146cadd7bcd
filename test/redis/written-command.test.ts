// What is written by our own code is what the client would write.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Command } from 'ioredis';
import { WrittenCommand } from '../../src/redis/script/written-command.ts';

const argument = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 300 }),
  fc.integer(),
  fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('', '\r\n', 'ü', '\ud800', Buffer.alloc(0)),
);

test('a command is the bytes that the client makes of it, whatever its arguments are', () => {
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 40 }), (args) => {
      const expected = new Command('evalsha', args as string[]).toWritable({}) as Buffer | string;
      const command = new WrittenCommand('evalsha', args, 0);
      expect(command.toWritable().toString('hex')).toBe(Buffer.from(expected as string).toString('hex'));
    }),
  );
});
