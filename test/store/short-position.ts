// Puts a topic's position back into the form that it had before bytes and repeats were counted.
import type { Client } from '../../src/redis/connect.ts';

/** Of the two forms (`lib/format.lua`): where what was added stands, and the life behind it. */
const ADDED_AT = 74;
const LIFE = { from: 94, to: 110 } as const;

export async function shortenPosition(client: Client, meta: string): Promise<void> {
  const packed = await client.hgetBuffer(meta, 'log');
  if (packed?.length !== 126) throw new Error(`${meta} has no position of 126 bytes`);
  const short = Buffer.concat([packed.subarray(0, ADDED_AT), packed.subarray(LIFE.from, LIFE.to)]);
  await client.hset(meta, 'log', short);
  await client.hdel(meta, 'marks', 'ringMarks', 'granted');
}
