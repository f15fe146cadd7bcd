// Making what a stream holds older than it is: so a test need not wait for an age.
import type { Store } from './store.ts';

/** Where the timestamp stands in an event (lib/format.lua), and that of the last message in a log's position. */
const TIME_AT = 17;
const MESSAGE_TIME_AT = 48;

export interface Aging {
  readonly meta: string;
  readonly stream: string;
  /** The entries up to this number become older; all when left out. */
  readonly upTo?: number;
  readonly byMs: number;
}

/** The next writer looks at them, as it would when that time had passed. */
export async function makeOlder({ client }: Store, { meta, stream, upTo = Infinity, byMs }: Aging): Promise<void> {
  const entries = await client.xrangeBuffer(stream, '-', '+');
  await client.del(stream);
  for (const [id, [, event = Buffer.alloc(0)]] of entries) {
    const number = Number.parseInt(id.toString('latin1'), 10);
    if (number <= upTo) event.writeDoubleBE(event.readDoubleBE(TIME_AT) - byMs, TIME_AT);
    await client.xadd(stream, id.toString('latin1'), 'e', event);
  }
  await client.hdel(meta, 'aged', 'ringAged');
  const packed = await client.hgetBuffer(meta, 'log');
  packed?.writeDoubleBE(0, MESSAGE_TIME_AT);
  await client.hset(meta, 'log', packed ?? '');
}
