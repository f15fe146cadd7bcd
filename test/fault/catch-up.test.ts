// Who was away for long: with the settings as they are by default it gets what it missed, as much at a time as a reply
// holds, and is never taken for a slow reader.
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { loginRpc, type Call, type Rpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';

const scope = useScope();
const textMessage = 'x'.repeat(15_000);
const perRoom = 6;
/** An eighth of PARLEY_BACKPRESSURE_BYTES. */
const replyBytes = 524_288;
const busy = {
  PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
  PARLEY_RATE_BURST: '10000',
  PARLEY_RATE_USER_PER_SECOND: '1000000',
  PARLEY_RATE_USER_BURST: '1000000',
};

let service: Service<RedisServer>;
let poster: Rpc;
beforeAll(async () => {
  service = await startService(scope, { nodes: 1 });
  await service.addNode(busy);
});
let posters = 0;
beforeEach(async () => {
  poster = await loginRpc(scope, service.node(1).url, `poster-${++posters}`);
});

/** In frames of a few. */
async function callAll(calls: readonly Call[]): Promise<void> {
  for (let at = 0; at < calls.length; at += 4) {
    const outcomes = await Promise.all(poster.callAll(...calls.slice(at, at + 4)));
    expect(outcomes.filter((outcome) => 'error' in outcome)).toEqual([]);
  }
}

async function newRooms(prefix: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
  await callAll(
    names.flatMap((name): Call[] => [
      ['roomCreate', name],
      ['roomJoin', name],
    ]),
  );
  return names;
}

const fill = (names: readonly string[]): Promise<void> =>
  callAll(names.flatMap((name) => Array.from({ length: perRoom }, (): Call => ['roomMessage', name, { textMessage }])));

/** As a good client asks: again, where it is told to wait. */
const ask = (user: Rpc, ...call: Call): Promise<Value> =>
  eventually(async () => {
    const [outcome] = await Promise.all(user.callAll(call));
    if (outcome === undefined || 'error' in outcome) throw new Error(JSON.stringify(outcome));
    return outcome.result;
  });

const asMap = (value: Value | undefined): ValueMap => value as ValueMap; // what the catalogue says of it
const asList = (value: Value | undefined): Value[] => value as Value[];
const idsOf = (messages: Value | undefined): Value[] => asList(messages).map((message) => asMap(message)['id'] ?? null);

test('11.5 MB missed over many rooms come in order, what does not fit as history, and nobody is closed', async () => {
  const names = await newRooms('far', 128);
  const before = await loginRpc(scope, service.node(0).url, 'reader');
  const joined = asList(
    await ask(
      before,
      'roomsJoin',
      names.map((roomName) => ({ roomName })),
    ),
  );
  const positions = joined.map((entry) => {
    const { roomName = null, epoch = null, lastMessageId = null } = asMap(entry);
    return { roomName, epoch, lastMessageId };
  });
  before.raw.close();
  await before.raw.closed;
  await fill(names);

  const reader = await loginRpc(scope, service.node(0).url, 'reader');
  const entries = asList(await ask(reader, 'roomsJoin', positions)).map(asMap);
  expect(entries.map((entry) => entry['roomName'])).toEqual(names);
  const ids = Array.from({ length: perRoom }, (_, i) => i + 1);
  const recovered = entries.filter((entry) => entry['recovered'] === true);
  expect(recovered).toEqual(entries.slice(0, recovered.length));
  // As many as fit: one more would not.
  const bytes = recovered.length * perRoom * textMessage.length;
  expect(bytes).toBeLessThan(replyBytes);
  expect(bytes).toBeGreaterThan(replyBytes - 2 * perRoom * textMessage.length);
  for (const entry of recovered) expect(idsOf(entry['messages'])).toEqual(ids);
  for (const { roomName, ...entry } of entries.slice(recovered.length)) {
    expect(entry).toMatchObject({ recovered: false, messages: [], lastMessageId: perRoom });
    const read: Value[] = [];
    while (read.length < perRoom) {
      const page = idsOf(await ask(reader, 'roomHistoryGet', roomName ?? null, Number(read.at(-1) ?? 0), 100));
      expect(page.length).toBeGreaterThan(0);
      read.push(...page.toReversed());
    }
    expect(read).toEqual(ids);
  }
  expect((await service.node(0).metrics()).sum('parley_closes_total', { code: '4001' }) || 0).toBe(0);
});

test('the client library gets everything of many full rooms, a reply at a time', async () => {
  const names = await newRooms('near', 24);
  const link = await startLink(scope, service.node(0).port);
  const reconnect = { minDelayMs: 5, maxDelayMs: 50 };
  const reader = await connectClient(scope, { urls: `ws://127.0.0.1:${link.port}/ws`, userName: 'patient', reconnect });
  await Promise.all(names.map((name) => reader.join(name)));
  link.refuse(true);
  link.cut();
  await fill(names);
  link.refuse(false);
  await eventually(() => expect(reader.seen('recovered')).toHaveLength(names.length), { timeoutMs: 30_000 });
  expect(reader.seen('roomReset')).toEqual([]);
  for (const name of names) {
    const ids = reader.seen('roomMessage').flatMap(([roomName, { id }]) => (roomName === name ? [id] : []));
    expect(ids).toEqual(Array.from({ length: perRoom }, (_, i) => i + 1));
  }
});
