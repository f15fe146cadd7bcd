// A reader that is behind, and not yet so much that it is closed: it misses what is transient, nothing of what is stored, and hears
// everything again once it has caught up.
import { expect, test } from '@jest/globals';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { openRaw, type RawClient } from '../support/raw-client.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const text = 'x'.repeat(14_000);

/** Logs in and joins. */
async function openReader(url: string, format: 'msgpack' | 'json', userName: string): Promise<RawClient> {
  const codec = createCodec(format);
  const reader = await openRaw(scope, url, { subprotocol: `parley.v1.${format}` });
  reader.send(codec.encodeRequest(1, 'login', [{ userName }]));
  reader.send(codec.encodeRequest(2, 'roomJoin', ['lobby']));
  await eventually(() => expect(messagesOf(reader, format).some(({ type, id }) => type === 1 && id === 2)).toBe(true));
  return reader;
}

interface Read {
  readonly type: number;
  readonly id?: number;
  readonly method?: string;
  readonly params?: Value[];
}

const messagesOf = (reader: RawClient, format: 'msgpack' | 'json'): readonly Read[] => {
  const codec = createCodec(format, { accept: 'replies' });
  return reader.frames.flatMap((frame) => codec.decodeFrame(Buffer.from(frame)).messages as readonly Read[]);
};

const saidTo = (reader: RawClient, format: 'msgpack' | 'json', name = 'roomMessage'): (Value | undefined)[] =>
  messagesOf(reader, format).flatMap(({ method, params = [] }) => (method === name ? [params.at(-1)] : []));

test.each(['msgpack', 'json'] as const)('it misses what is transient and nothing else, as %s', async (format) => {
  const service = await startService(scope, {
    nodes: 2,
    env: {
      PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
      PARLEY_RATE_BURST: '10000',
      PARLEY_RATE_USER_PER_SECOND: '1000000',
      PARLEY_RATE_USER_BURST: '1000000',
      // Far from being slow, and soon behind.
      PARLEY_BACKPRESSURE_BYTES: '16777216',
    },
  });
  const [here, there] = [service.node(0), service.node(1)];
  const [alice, bob] = [await loginRpc(scope, there.url, 'alice'), await loginRpc(scope, here.url, 'bob')];
  await alice.call('roomCreate', 'lobby');
  for (const user of [alice, bob]) await user.call('roomJoin', 'lobby');
  const reader = await openReader(here.url, format, 'reader');
  const leftOut = async (): Promise<number> =>
    (await here.metrics()).sum('parley_transients_dropped_total', { reason: 'behind' });
  const type = (n: number): Promise<Value> =>
    alice.call('roomMessage', 'lobby', { event: `typing ${n}`, n }, { transient: true });

  reader.pauseReading();
  let typed = 0;
  await eventually(
    async () => {
      // Until so much is unread that the kernel holds no more of it.
      if ((await here.metrics()).sum('parley_queue_bytes') < 2 << 20) {
        await Promise.all(Array.from({ length: 12 }, () => alice.call('roomMessage', 'lobby', { text })));
      }
      await type(typed++);
      expect(await leftOut()).toBeGreaterThan(0);
    },
    { timeoutMs: 60_000 },
  );
  const missedFrom = typed;
  for (let n = 0; n < 5; n++) await type(typed++);
  for (let n = 0; n < 5; n++) await alice.call('roomMessage', 'lobby', { text });
  await alice.call('directMessage', 'reader', { event: 'typing' }, { transient: true });
  await alice.call('directMessage', 'reader', { text: 'kept' });
  await eventually(async () => expect(await leftOut()).toBeGreaterThanOrEqual(7));
  // Who keeps up hears it all.
  const numbers = (heard: readonly (Value | undefined)[]): Value[] =>
    heard.flatMap((message) => field(message, 'n') ?? []);
  await eventually(() =>
    expect(numbers(bob.heard('roomMessage').map(([, message]) => message))).toEqual(
      Array.from({ length: typed }, (_, n) => n),
    ),
  );

  reader.resumeReading();
  const again = typed;
  await eventually(async () => {
    await type(typed++);
    expect(numbers(saidTo(reader, format)).some((n) => Number(n) >= again)).toBe(true);
  });
  const last = await alice.call('roomMessage', 'lobby', { text: 'last' });
  await eventually(() => expect(field(saidTo(reader, format).at(-1), 'text')).toBe('last'));
  const ids = saidTo(reader, format).flatMap((message) => field(message, 'id') ?? []);
  expect(ids).toEqual(Array.from({ length: Number(last) }, (_, i) => i + 1));
  const heard = numbers(saidTo(reader, format)).map(Number);
  expect(heard.filter((n) => n >= missedFrom && n < again)).toEqual([]);
  expect(heard).toEqual(heard.toSorted((a, b) => a - b));
  expect(saidTo(reader, format, 'directMessage')).toMatchObject([{ text: 'kept' }]);
});
