// A reader that lags more and more misses low priority first, then what is ordinary, high last; who keeps up hears all of it.
import { expect, test } from '@jest/globals';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { openRaw } from '../support/raw-client.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const text = 'x'.repeat(14_000);
const MIB = 1 << 20;
/** Of what may be unread: low ones are missed from a 32nd on, ordinary ones from a 16th, high ones from a quarter; half is slow. */
const BACKPRESSURE = 64 * MIB;
const LOOK_MS = 1100;
const priorities = ['low', 'normal', 'high'] as const;

interface Read {
  readonly method?: string;
  readonly id?: number;
  readonly params?: Value[];
}

test('what matters less is dropped first', async () => {
  const service = await startService(scope, {
    nodes: 2,
    env: {
      PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
      PARLEY_RATE_BURST: '10000',
      PARLEY_RATE_USER_PER_SECOND: '1000000',
      PARLEY_RATE_USER_BURST: '1000000',
      PARLEY_BACKPRESSURE_BYTES: String(BACKPRESSURE),
    },
  });
  const [here, there] = [service.node(0), service.node(1)];
  const [alice, bob] = [await loginRpc(scope, there.url, 'alice'), await loginRpc(scope, here.url, 'bob')];
  await alice.call('roomCreate', 'lobby');
  for (const user of [alice, bob]) await user.call('roomJoin', 'lobby');
  const codec = createCodec('msgpack');
  const reader = await openRaw(scope, here.url, { subprotocol: 'parley.v1.msgpack' });
  reader.send(codec.encodeRequest(1, 'login', [{ userName: 'reader' }]));
  reader.send(codec.encodeRequest(2, 'roomJoin', ['lobby']));
  const replies = createCodec('msgpack', { accept: 'replies' });
  const heardBy = (): readonly Read[] =>
    reader.frames.flatMap((frame) => replies.decodeFrame(Buffer.from(frame)).messages as readonly Read[]);
  await eventually(() => expect(heardBy().some(({ id }) => id === 2)).toBe(true));
  const queued = async (): Promise<number> => (await here.metrics()).sum('parley_queue_bytes');

  reader.pauseReading();
  let round = 0;
  while ((await queued()) < BACKPRESSURE / 4 + 2 * MIB) {
    for (let batch = 0; batch < 7; batch++) {
      await Promise.all(Array.from({ length: 12 }, () => alice.call('roomMessage', 'lobby', { text })));
    }
    // The node looks once a second how much is unread.
    const postedAt = performance.now();
    await eventually(() => expect(performance.now() - postedAt).toBeGreaterThan(LOOK_MS));
    round++;
    for (const priority of priorities) {
      await alice.call('roomMessage', 'lobby', { round, priority }, { transient: true, priority });
    }
  }
  const last = await alice.call('roomMessage', 'lobby', { text: 'last' });
  reader.resumeReading();
  const said = (): Value[] =>
    heardBy().flatMap(({ method, params = [] }) => (method === 'roomMessage' ? [params.at(-1) ?? null] : []));
  await eventually(() => expect(field(said().at(-1), 'id')).toBe(last), { timeoutMs: 60_000 });

  const roundsOf = (messages: readonly Value[], priority: string): Value[] =>
    messages.flatMap((message) => (field(message, 'priority') === priority ? [field(message, 'round') ?? null] : []));
  const [low = [], normal = [], high = []] = priorities.map((priority) => roundsOf(said(), priority));
  expect(low.length).toBeGreaterThan(0);
  expect(normal.length).toBeGreaterThan(low.length);
  expect(high.length).toBeGreaterThan(normal.length);
  expect(high.length).toBeLessThan(round);
  // All of each until it was too far behind, and none from there on.
  for (const heard of [low, normal, high]) expect(heard).toEqual(Array.from({ length: heard.length }, (_, i) => i + 1));
  const ids = said().flatMap((message) => field(message, 'id') ?? []);
  expect(ids).toEqual(Array.from({ length: Number(last) }, (_, i) => i + 1));
  const toBob = bob.heard('roomMessage').map(([, message]) => message ?? null);
  for (const priority of priorities) expect(roundsOf(toBob, priority)).toHaveLength(round);
}, 120_000);
