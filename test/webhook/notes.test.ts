// What goes to the webhook and is of no room: noted in Redis a little at a time, also while a node ends.
import { beforeEach, expect, test } from '@jest/globals';
import { Webhooks } from '../../src/chat/webhook/webhooks.ts';
import { decodeTrusted } from '../../src/protocol/wire/msgpack.ts';

let noted: unknown[];
/** What Redis is asked to note, until it answers. */
let asked: { frames: readonly Uint8Array[]; answer(error?: Error): void }[];
let errors: unknown[];
let webhooks: Webhooks;

beforeEach(() => {
  [noted, asked, errors] = [[], [], []];
  webhooks = new Webhooks({
    relay: { note: () => undefined, run: () => undefined, size: 0, close: () => Promise.resolve() } as never,
    scan: { run: () => Promise.resolve() },
    outboxes: {
      since: () => Promise.resolve(0),
      note: (frames) =>
        new Promise((resolve, reject) => {
          const answer = (error?: Error): void => {
            if (error !== undefined) return reject(error);
            noted.push(...frames.map((frame) => Object(decodeTrusted(frame))[2]));
            resolve();
          };
          asked.push({ frames, answer });
        }),
    },
    types: ['presence'],
    counters: { webhookEvents: 0, webhookGaps: 0, webhookTaken: 0, webhookFailed: 0, webhookDropped: 0 },
    wake: () => undefined,
    onError: (error) => void errors.push(error),
  });
});

/** The answer of Redis to what it was asked last, and what follows from it. */
async function answer(error?: Error): Promise<void> {
  asked.pop()?.answer(error);
  await new Promise(setImmediate);
}

test('a node that ends while it notes goes on until all is noted, also where that fails once', async () => {
  const told = Array.from({ length: 250 }, (_, i) => i);
  for (const one of told) webhooks.tell('presence', 'userOnline', one);
  webhooks.run();
  expect(asked).toHaveLength(1);
  let isClosed = false;
  const closed = webhooks.close(1000).then(() => (isClosed = true));
  await answer();
  const away = new Error('Redis is away');
  await answer(away);
  expect([errors, isClosed]).toEqual([[away], false]);
  // As a node does until it has ended.
  webhooks.run();
  await answer();
  expect(isClosed).toBe(false);
  await answer();
  await closed;
  expect(noted).toEqual(told);
});
