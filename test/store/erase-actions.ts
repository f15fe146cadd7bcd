// What the tests of erasures look at: what messages say, and where in Redis a text is.
import { expect } from '@jest/globals';
import { Cluster } from 'ioredis';
import type { TopicEvent } from '../../src/log/event.ts';
import { storedMessageIn } from '../../src/protocol/wire/message-frame.ts';
import type { Client } from '../../src/redis/connect.ts';

export const MARKER = 'c0n+3n+-#7f2a9b41';

/** What a message says: its text, or that it was erased; with its id. */
function said({ frame, id }: TopicEvent): string {
  const message = Object(storedMessageIn(frame).value);
  expect(message['id']).toBe(id);
  if (message['recalled'] !== true) return `${id} ${String(message['text'])}`;
  expect(Object.keys(message).toSorted()).toEqual(['author', 'id', 'recalled', 'timestamp']);
  return `${id} erased`;
}

export const saidIn = (events: readonly TopicEvent[] | string): string[] => {
  if (typeof events === 'string') throw new Error(events);
  return events.map((event) => said(event));
};

/** The keys in whose bytes a text is, or one of several, as Redis would save them. */
export async function keysWith(client: Client, prefix: string, text: string | readonly string[]): Promise<string[]> {
  const servers = client instanceof Cluster ? client.nodes('master') : [client];
  const texts = typeof text === 'string' ? [text] : text;
  const found: string[] = [];
  for (const server of servers) {
    // Not every store has such settings, nor saves anything.
    await server.config('SET', 'rdbcompression', 'no').catch(() => undefined);
    for (const key of await server.keys(`${prefix}:*`)) {
      // One that goes by itself may have gone since.
      const bytes = await server.dumpBuffer(key).then(
        (dumped: Buffer | null) => dumped ?? undefined,
        () => undefined,
      );
      if (bytes !== undefined && texts.some((one) => bytes.includes(one))) found.push(key.slice(prefix.length + 1));
    }
  }
  return found.toSorted();
}
