// A reader that never reads: it is ended as slow, gets what was queued before that without a hole, the node's memory stays
// bounded, and the others do not notice.
import { expect, test } from '@jest/globals';
import { connectClient, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import { openRaw, type RawClient } from '../support/raw-client.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const codec = createCodec('msgpack');
const replies = createCodec('msgpack', { accept: 'replies' });

const text = 'x'.repeat(14_000);
const messagesPerRound = 600;
const rounds = 4;

/** Logs in, joins, and from then on reads nothing. */
async function openSilent(url: string, userName: string, roomName: string): Promise<RawClient> {
  const silent = await openRaw(scope, url);
  silent.send(codec.encodeRequest(1, 'login', [{ userName }]) as Uint8Array); // msgpack frames are bytes
  silent.send(codec.encodeRequest(2, 'roomJoin', [roomName]) as Uint8Array);
  for (let answered = false; !answered;) {
    const frame = await silent.nextFrame();
    const { messages } = replies.decodeFrame(frame as Uint8Array);
    answered = messages.some((message) => message.type === 1 && message.id === 2);
  }
  silent.pauseReading();
  return silent;
}

/** The 99th percentile of the time from posting to receiving, over all observers. */
async function p99OfRound(poster: TestClient, observers: readonly TestClient[], round: string): Promise<number> {
  const sentAt = new Map<unknown, number>();
  const latencies: number[] = [];
  const note = (_: string, message: { readonly [key: string]: unknown }): void => {
    const sent = sentAt.get(message['key']);
    if (sent !== undefined) latencies.push(performance.now() - sent);
  };
  for (const observer of observers) observer.on('roomMessage', note);
  for (let n = 0; n < messagesPerRound; n++) {
    const key = `${round}-${n}`;
    sentAt.set(key, performance.now());
    await poster.post('lobby', { key, text });
  }
  const expected = messagesPerRound * observers.length;
  await eventually(() => expect(latencies).toHaveLength(expected));
  for (const observer of observers) observer.off('roomMessage', note);
  return latencies.toSorted((a, b) => a - b)[Math.floor(expected * 0.99)] ?? Number.NaN;
}

async function gotAllBefore4001(silent: RawClient): Promise<void> {
  expect(await silent.closed).toMatchObject({ code: 4001 });
  const ids = silent.frames
    .flatMap((frame) => replies.decodeFrame(frame as Uint8Array).messages)
    .flatMap((message) => (message.type === 2 && message.method === 'roomMessage' ? [message.params[1]] : []))
    .map((message) => Number((message as { id: number }).id)); // the catalogue's own shape
  expect(ids.length).toBeGreaterThan(0);
  expect(ids.length).toBeLessThan(messagesPerRound);
  expect(ids).toEqual(ids.map((_, i) => (ids[0] ?? 0) + i));
}

test('is ended with 4001, and costs neither memory nor the others their time', async () => {
  const service = await startService(scope, {
    nodes: 1,
    env: {
      PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
      PARLEY_RATE_BURST: '10000',
      PARLEY_BACKPRESSURE_BYTES: '1048576',
    },
  });
  const node = service.node(0);
  const poster = await connectClient(scope, { urls: node.url, userName: 'poster' });
  await poster.request('roomCreate', { roomName: 'lobby' });
  await poster.join('lobby');
  const observers = await Promise.all(
    ['ann', 'ben', 'cat'].map(async (userName) => {
      const observer = await connectClient(scope, { urls: node.url, userName });
      await observer.join('lobby');
      return observer;
    }),
  );
  await p99OfRound(poster, observers, 'warm-up');
  const rssBefore = node.rssBytes();

  const without: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < rounds; round++) {
    without.push(await p99OfRound(poster, observers, `without-${round}`));
    const silent = await openSilent(node.url, `silent-${round}`, 'lobby');
    beside.push(await p99OfRound(poster, observers, `beside-${round}`));
    silent.resumeReading();
    // Not after the rounds: the transport waits for a reader that was ended, but not for ever.
    await gotAllBefore4001(silent);
  }
  expect(node.rssBytes() - rssBefore).toBeLessThan(64 * 1024 * 1024);
  // The quietest of the rounds: whatever else the machine does only adds to it.
  expect(Math.min(...beside) / Math.min(...without)).toBeLessThan(2);
});
