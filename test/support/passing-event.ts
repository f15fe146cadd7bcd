// Publishes a transient event of a room as a script does, by the scripts' own libraries. What is in its frame is up to the caller.
import { readFileSync } from 'node:fs';
import type { RoomKeys } from '../../src/redis/keys.ts';
import { newNonce } from '../../src/redis/tokens.ts';
import type { RedisServer } from './redis.ts';

const libraries = ['format', 'bytes', 'log'].map((name) =>
  readFileSync(new URL(`../../src/store/lib/${name}.lua`, import.meta.url), 'utf8'),
);

const script = `
local meta, channel, nonce, except, frame = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
${libraries.join('\n')}
openLog()
publish(except, frame)`;

/** `except` is the socket that is left out, '' for none. */
export async function publishPassing(
  redis: RedisServer,
  { meta, channel }: RoomKeys,
  except: string,
  frame: Uint8Array,
): Promise<void> {
  await redis.client().eval(script, 2, meta, channel, newNonce(), except, Buffer.from(frame));
}
