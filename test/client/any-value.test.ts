// Any JavaScript value whatsoever, on the real service: it is refused by the client or answered by the service, in both
// formats alike, the other side has the same, and no connection is lost over it.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RequestError } from '../../src/client/request-error.ts';
import { generalErrors, requests } from '../../src/protocol/catalogue.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { connectClient, failureOf, type TestClient } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const formats = ['msgpack', 'json'] as const;

const halves = fc.constantFrom('\ud83d', '\udc00', 'a\ud83db', '\udc00\ud83d');
const text = fc.oneof(fc.string({ unit: 'binary' }), halves);
const leaf = fc.oneof(
  fc.anything({ maxDepth: 0, withBigInt: true, withDate: true, withTypedArray: true, withBoxedValues: true }),
  text,
  fc.double(),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom<unknown>(
    -0,
    2 ** 53,
    2 ** 53 - 1,
    1n,
    2n ** 70n,
    () => 1,
    Symbol('a'),
    Promise.resolve(1),
    /a/,
    new Error('a'),
    new WeakMap(),
    Buffer.from('ab'),
    new ArrayBuffer(3),
    new DataView(new ArrayBuffer(2)),
    new URL('https://example.com'),
    new Proxy({}, { ownKeys: () => ['a'], get: () => 1 }),
    new Proxy([], {
      get: () => {
        throw new Error('never');
      },
    }),
    { toJSON: () => ({ a: new Date(0) }) },
    { toJSON: () => undefined },
    { [Symbol.toStringTag]: 'Set' },
    Array(5_000).fill(0),
    'x'.repeat(20_000),
  ),
);
const key = fc.oneof(
  { weight: 8, arbitrary: text },
  fc.constantFrom('__proto__', '$bytes', 'constructor', 'toJSON', ''),
);
/** Maps whose keys are their own, `__proto__` included. */
const mapOf = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.array(fc.tuple(key, item), { maxLength: 4 }).map((entries) => {
    const map = {};
    for (const [name, value] of entries) {
      Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return map;
  });
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, depthIdentifier: 'value' },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    mapOf(tie('tree')),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie('tree'), { maxLength: 3 }).map((items) => new Set(items)),
  ),
}));
const whatever = fc.oneof(
  { weight: 6, arbitrary: tree },
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  }),
  tree.map((value) => {
    const circle: unknown[] = [value];
    circle.push(circle);
    return circle;
  }),
  fc.nat(20).map((levels) => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 1)),
);

interface Sent {
  readonly outcome: unknown;
  readonly heard: readonly unknown[];
}

/** Sends it as data of a system message, which its user's other socket hears. */
async function tell(client: TestClient, other: TestClient, data: unknown, mark: number): Promise<Sent> {
  const declared: readonly string[] = [...requests.systemMessage.errors, ...generalErrors];
  const before = other.seen('systemMessage').length;
  const outcome = await settled(client, () => client.request('systemMessage', { data: data as Value }));
  if (outcome instanceof Error && !declared.includes((outcome as RequestError).code)) throw outcome;
  await client.request('systemMessage', { data: { mark } });
  await other.next('systemMessage', (each) => JSON.stringify(each) === JSON.stringify({ mark }));
  return { outcome: codeOf(outcome), heard: other.seen('systemMessage').slice(before, -1) };
}

const codeOf = (outcome: unknown): unknown => (outcome instanceof Error ? (outcome as RequestError).code : outcome);

async function settled(client: TestClient, request: () => Promise<unknown>): Promise<unknown> {
  const asked = request();
  const outcome = await asked.catch(() => failureOf(asked));
  expect(client.state).toBe('connected');
  return outcome;
}

test('whatever is passed, the connection stays, and both formats have the same outcome and the same value', async () => {
  const unbounded = { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '100000' };
  const service = await startService(scope, { nodes: 1, env: unbounded });
  const { url } = service.node(0);
  const pairs = await Promise.all(
    formats.map(async (format) => {
      const connect = (): Promise<TestClient> => connectClient(scope, { urls: url, userName: format, format });
      return [await connect(), await connect()] as const;
    }),
  );
  const [first] = pairs[0] ?? [];
  await first?.request('roomCreate', { roomName: 'lobby' });
  await Promise.all(pairs.map(([client]) => client.join('lobby')));
  let mark = 0;
  const counts = { carried: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(whatever, async (value) => {
      mark += 1;
      const [packed, json] = await Promise.all(pairs.map(([client, other]) => tell(client, other, value, mark)));
      expect(packed).toEqual(json);
      expect(packed?.heard.length).toBe(packed?.outcome === null ? 1 : 0);
      counts[packed?.outcome === null ? 'carried' : 'refused'] += 1;
      // As a name, an id, a message, an option and a whole input as well: only that it is refused or answered is said.
      for (const [client] of pairs) {
        const anything = value as never;
        await settled(client, () => client.request('roomUserSeen', { roomName: anything, userName: anything }));
        await settled(client, () => client.request('roomsJoin', { rooms: [anything] }));
        await settled(client, () =>
          client.request('roomMessage', { roomName: 'lobby', message: anything, options: anything }),
        );
        await settled(client, () => client.request('roomHistoryGet', anything));
        await settled(client, () => client.post('lobby', anything, { giveUpAfterMs: 5_000 }));
      }
    }),
    { numRuns: 150, ...(process.env['PARLEY_TEST_SEED'] && { seed: Number(process.env['PARLEY_TEST_SEED']) }) },
  );
  for (const [client, other] of pairs) {
    expect([client, other].map((each) => each.seen('reconnect').length)).toEqual([0, 0]);
  }
  expect(Math.min(counts.carried, counts.refused)).toBeGreaterThan(20);
});
