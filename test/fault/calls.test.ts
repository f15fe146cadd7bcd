// Calls from node to node, over links that fail: answered once, in bounded time and number, and heard again by the link
// that replaces a silent one.
import { expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { NodeCalls } from '../../src/bus/node-calls.ts';
import { RedisBus } from '../../src/bus/redis-bus.ts';
import { newCounters } from '../../src/ops/counters.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { Commands } from '../../src/redis/commands.ts';
import { openServer, type LinkUse } from '../../src/redis/connect.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { Shards } from '../../src/redis/shards.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { endpointAt } from '../support/redis-endpoint.ts';

const scope = useScope();

interface Peer {
  readonly calls: NodeCalls;
  readonly bus: RedisBus;
  readonly asked: readonly Value[];
  /** Ends its instance and begins another one. */
  rename(nodeId: string): Promise<void>;
}

interface PeerOptions {
  /** Where the connections for subscriptions go, one after the other; the last one stays. */
  readonly subscriberUrls?: readonly string[];
  readonly timeoutMs?: number;
  answer?(question: Value): Promise<Value>;
}

async function startPeer(redis: RedisServer, nodeId: string, options: PeerOptions = {}): Promise<Peer> {
  const urls = [...(options.subscriberUrls ?? [redis.url])];
  const open = (url: string, use: LinkUse): Redis => {
    const client = openServer(endpointAt({ url }), { use });
    client.on('error', () => undefined);
    scope.add(() => client.disconnect());
    return client;
  };
  const client = open(redis.url, 'commands');
  await client.connect();
  const keys = new Keyspace('calls');
  const commands = new Commands(client, {
    timeoutMs: 10_000,
    queueMax: 5000,
    queueBytesMax: 1 << 26,
    mayAct: () => true,
    onError: () => undefined,
  });
  scope.add(() => commands.close());
  const bus = new RedisBus({
    shards: new Shards({
      commands: client,
      open: () => open((urls.length > 1 ? urls.shift() : urls[0]) ?? redis.url, 'subscriber'),
    }),
    commands,
    keys,
    nodeId,
    timeoutMs: 1000,
    counters: newCounters(),
    onError: () => undefined,
  });
  scope.add(() => bus.stop());
  await bus.start({ received: () => undefined, interrupted: () => undefined });
  const asked: Value[] = [];
  const instance = { nodeId };
  const calls = new NodeCalls({
    keys,
    instance,
    bus,
    commands,
    timeoutMs: options.timeoutMs ?? 3000,
    onError: () => undefined,
  });
  calls.start(async (question) => {
    asked.push(question);
    return options.answer === undefined ? { echo: question } : options.answer(question);
  });
  await calls.follow();
  scope.add(() => calls.stop());
  return {
    calls,
    bus,
    asked,
    rename: (next) => {
      instance.nodeId = next;
      return calls.follow();
    },
  };
}

/** Subscribed as a node is, but frozen, or gone without a sign. */
async function hearAndDoNothing(redis: RedisServer, nodeId: string): Promise<{ readonly heard: number }> {
  const client = redis.client();
  let heard = 0;
  client.on('smessageBuffer', () => heard++);
  await client.ssubscribe(new Keyspace('calls').calls(nodeId));
  return {
    get heard() {
      return heard;
    },
  };
}

test('a question is answered by the node that is asked, and by no other', async () => {
  const redis = await startRedis(scope);
  const [a, b, c] = [await startPeer(redis, 'a'), await startPeer(redis, 'b'), await startPeer(redis, 'c')];
  const question = { deep: [1, null, 'x', Uint8Array.of(1, 2)] };
  expect(await a.calls.ask('b', question)).toEqual({ value: { echo: question } });
  expect(await b.calls.ask('a', 7)).toEqual({ value: { echo: 7 } });
  expect(await a.calls.ask('a', 'itself')).toEqual({ value: { echo: 'itself' } });
  const many = Array.from({ length: 500 }, (_, i) => i);
  expect(await Promise.all(many.map((i) => a.calls.ask('b', i)))).toEqual(many.map((i) => ({ value: { echo: i } })));
  expect([a.asked.length, b.asked.length, c.asked.length]).toEqual([2, 501, 0]);
});

test('nobody there, an answer that fails, or too many questions: each has its outcome', async () => {
  const redis = await startRedis(scope);
  const fails = (): Promise<Value> => Promise.reject(new Error('a defect'));
  const [a, b] = [await startPeer(redis, 'a'), await startPeer(redis, 'b', { answer: fails })];
  expect(await a.calls.ask('nobody', 1)).toBe('absent');
  expect(await a.calls.ask('b', 1)).toBe('busy');
  expect(b.asked).toEqual([1]);
  const deaf = await hearAndDoNothing(redis, 'deaf');
  const asked = Array.from({ length: 1001 }, () => a.calls.ask('deaf', 1));
  expect(await asked.at(-1)).toBe('busy');
  expect(new Set(await Promise.all(asked.slice(0, -1)))).toEqual(new Set(['timeout']));
  expect(await a.calls.ask('a', 1)).toEqual({ value: { echo: 1 } });
  const stopped = a.calls.ask('deaf', 1);
  await eventually(() => expect(deaf.heard).toBe(1001));
  a.calls.stop();
  expect(await stopped).toBe('timeout');
});

test('a new instance hears its own channel, and the old one’s no more', async () => {
  const redis = await startRedis(scope);
  const [a, b] = [await startPeer(redis, 'a'), await startPeer(redis, 'b')];
  await b.rename('b2');
  expect(await a.calls.ask('b2', 1)).toEqual({ value: { echo: 1 } });
  expect(await a.calls.ask('b', 1)).toBe('absent');
  expect(b.asked).toEqual([1]);
});

test('a node that has not heard the question in a second is not waited for as long as one that works on it', async () => {
  const redis = await startRedis(scope);
  let finish: () => void = () => undefined;
  const asLongAsItTakes = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const answer = (question: Value): Promise<Value> => asLongAsItTakes.then(() => question);
  const a = await startPeer(redis, 'a', { timeoutMs: 60_000 });
  await startPeer(redis, 'slow', { answer });
  await hearAndDoNothing(redis, 'deaf');
  const slow = a.calls.ask('slow', 1);
  expect(await a.calls.ask('deaf', 1)).toBe('timeout');
  finish();
  expect(await slow).toEqual({ value: 1 });
});

test('the link that replaces a silent one hears questions and answers', async () => {
  const redis = await startRedis(scope);
  const link = await startLink(scope, redis.port);
  const [a, b] = [await startPeer(redis, 'a'), await startPeer(redis, 'b', { subscriberUrls: [link.url, redis.url] })];
  expect(await a.calls.ask('b', 1)).toEqual({ value: { echo: 1 } });
  // Only the connection that there is goes silent: the next one goes past the link.
  link.pause();
  expect(await a.calls.ask('b', 2)).toBe('timeout');
  expect(await b.calls.ask('a', 2)).toBe('timeout');
  await eventually(async () => expect(await a.calls.ask('b', 3)).toEqual({ value: { echo: 3 } }), {
    timeoutMs: 30_000,
  });
  await eventually(async () => expect(await b.calls.ask('a', 3)).toEqual({ value: { echo: 3 } }));
});
