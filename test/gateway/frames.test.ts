// What a connection makes of frames: malformed ones, requests that are wrong, notifications from clients, many messages
// in one frame. How large frames may be is in limits.test.ts.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Check } from 'typebox/value';
import { isRequestName, requestDeclaration, requests, requiredCount } from '../../src/protocol/catalogue.ts';
import { createCodec, type Format, type Message } from '../../src/protocol/wire/codec.ts';
import { frameFaults, malformedReasons } from '../../src/protocol/wire/malformed.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { malformedFrames } from '../protocol/malformed-frames.ts';
import { eventually } from '../support/eventually.ts';
import { openRaw, type Frame, type RawClient } from '../support/raw-client.ts';
import type { RedisServer } from '../support/redis.ts';
import { connectRpc, joinFrame, loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';

const scope = useScope();
let service: Service<RedisServer>;
let url: string;
beforeAll(async () => {
  // Every request is asked many times.
  const rates = { PARLEY_RATE_REQUESTS_PER_SECOND: '100000', PARLEY_RATE_BURST: '100000' };
  const users = { PARLEY_RATE_USER_PER_SECOND: '100000', PARLEY_RATE_USER_BURST: '100000' };
  service = await startService(scope, { nodes: 1, env: { PARLEY_LOG_LEVEL: 'debug', ...rates, ...users } });
  ({ url } = service.node(0));
});

const protocolError = (because: string): { code: number; reason: string } => ({
  code: 4500,
  reason: `protocolError: ${because}`,
});

const open = (format: Format): Promise<RawClient> => openRaw(scope, url, { subprotocol: `parley.v1.${format}` });

/** Everything that came, decoded. */
function replies(format: Format, raw: RawClient): Message[] {
  const codec = createCodec(format, { accept: 'replies' });
  return raw.frames.flatMap((frame) => codec.decodeFrame(Buffer.from(frame)).messages);
}

/** A frame whose first messages log in and create a room, by request and by notification, and whose last is `bad`. */
function frameBefore(format: Format, bad: Frame, roomName: string): Frame {
  const codec = createCodec(format);
  return joinFrame(format, [
    codec.encodeRequest(1, 'login', [{ userName: 'mallory' }]),
    codec.encodeRequest(2, 'roomCreate', [roomName]),
    codec.encodeNotification('roomJoin', [roomName]),
    bad,
  ]);
}

describe.each(['msgpack', 'json'] as const)('malformed over %s', (format) => {
  let watcher: User;
  beforeAll(async () => {
    watcher = await loginRpc(scope, url, 'mallory', { format });
  });

  // The transport itself cuts text that is no UTF-8; a frame without messages has none before the malformed one.
  const throughCodec = malformedFrames[format].filter(
    ([reason, what]) => reason !== 'noMessages' && !(format === 'json' && what === 'not UTF-8'),
  );
  test.each(throughCodec)('%s: %s, and the close frame says so', async (reason, what, bad) => {
    const roomName = `${reason} ${what} ${format}`.replaceAll(/[:{}]/g, '');
    const raw = await open(format);
    raw.send(frameBefore(format, bad, roomName));
    expect(await raw.closed).toEqual(protocolError(malformedReasons[reason]));
    expect(replies(format, raw).filter(({ type }) => type === 1)).toEqual([
      { type: 1, id: 1, error: null, result: expect.objectContaining({ userName: 'mallory' }) },
      { type: 1, id: 2, error: null, result: null },
    ]);
    expect(await watcher.next('roomJoinedEcho')).toEqual([roomName, expect.any(String), 1]);
  });

  test.each(malformedFrames[format].filter(([reason]) => reason === 'noMessages'))('%s: %s', async (_, _what, bad) => {
    const raw = await open(format);
    raw.send(bad);
    expect(await raw.closed).toEqual(protocolError(malformedReasons.noMessages));
    expect(raw.frames).toEqual([]);
  });

  test('what stands behind it is not executed, in the same frame or the next', async () => {
    const codec = createCodec(format);
    const raw = await open(format);
    const bad = format === 'json' ? '[3,1,"a",[]]' : Uint8Array.of(0x94, 3, 1, 0xa1, 0x61, 0x90);
    const after = codec.encodeRequest(3, 'roomCreate', [`after-${format}`]);
    raw.send(frameBefore(format, joinFrame(format, [bad, after]), `before-${format}`));
    raw.send(after);
    expect(await raw.closed).toEqual(protocolError(malformedReasons.badType));
    expect(replies(format, raw)).not.toContainEqual(expect.objectContaining({ id: 3 }));
    expect(await watcher.refusal('roomCreate', `before-${format}`)).toMatchObject({ code: 'roomExists' });
    expect(await watcher.call('roomCreate', `after-${format}`)).toBeNull();
  });

  test('a frame of the other kind', async () => {
    const raw = await open(format);
    raw.send(format === 'json' ? Buffer.from('[0,1,"ping",[]]') : '[0,1,"ping",[]]');
    expect(await raw.closed).toEqual(protocolError(format === 'json' ? frameFaults.binary : frameFaults.text));
    expect(raw.frames).toEqual([]);
  });

  test('what the close frame says is in the log', async () => {
    const raw = await open(format);
    raw.send(format === 'json' ? 'hello' : Uint8Array.of(0xc1));
    await raw.closed;
    const reason = `protocolError: ${malformedReasons.notDecodable}`;
    await eventually(() =>
      expect(service.node(0).logs()).toContainEqual(expect.objectContaining({ msg: 'closed', code: 4500, reason })),
    );
  });
});

test('text that is no UTF-8 is cut', async () => {
  const raw = await open('json');
  raw.sendText(Buffer.from([...Buffer.from('[0,1,"'), 0xc3, 0x28, ...Buffer.from('",[]]')]));
  expect([1006, 1007]).toContain((await raw.closed).code);
  expect(raw.frames).toEqual([]);
});

test('a malformed frame does not wait for an answer that takes too long', async () => {
  const slow = await startService(scope, { nodes: 1, env: { PARLEY_REDIS_TIMEOUT_MS: '60000' } });
  const alice = await loginRpc(scope, slow.node(0).url, 'alice');
  slow.redis.pause();
  const [created] = alice.callAll(['roomCreate', 'r']);
  alice.raw.send(Uint8Array.of(0xc1));
  expect(await alice.raw.closed).toEqual(protocolError(malformedReasons.notDecodable));
  await expect(created).rejects.toThrow('closed with 4500');
  slow.redis.resume();
});

describe.each(['msgpack', 'json'] as const)('a wrong request over %s', (format) => {
  let alice: User;
  beforeAll(async () => {
    alice = await loginRpc(scope, url, 'alice', { format });
  });

  // A second login is refused before anybody looks at its params.
  const methods = Object.keys(requests).filter(isRequestName);
  test.each(methods.filter((method) => method !== 'login'))('%s: count and types of params', async (method) => {
    const { params, example } = requestDeclaration(method);
    const required = requiredCount(params);
    const given = [...example.params];
    for (let count = 0; count < required; count++) {
      expect(await alice.refusal(method, ...given.slice(0, count))).toMatchObject({
        code: 'wrongArgumentsCount',
        args: [required, count],
        temporary: false,
      });
    }
    const candidates: Value[] = [7, 'text', true, [], [7], {}, -1, 0.5];
    for (const [index, { schema, optional }] of Object.values(params).entries()) {
      const others = Object.keys(params).map((_, i) => given[i] ?? null);
      // An empty list may be an empty map, and the other way round: languages with one kind of table cannot tell.
      const isEmpty = (value: Value): boolean => typeof value === 'object' && Object.keys(value ?? {}).length === 0;
      const takesEmpty = Check(schema, []) || Check(schema, {});
      const wrong: Value[] = candidates.filter((value) => !Check(schema, value) && !(isEmpty(value) && takesEmpty));
      // nil stands for absent, which only an optional param may be.
      if (!optional && !Check(schema, null)) wrong.push(null);
      for (const value of wrong) {
        const refused = await alice.refusal(method, ...others.with(index, value));
        expect(refused).toMatchObject({ code: 'badArgument', args: [index, value], temporary: false });
      }
    }
    expect(await alice.call('ping')).toEqual(expect.any(Number));
  });

  test('a value in a refusal is nil where it is binary or large', async () => {
    const large = 'x'.repeat(1025);
    for (const value of [Uint8Array.of(1, 2, 0xff), [large]]) {
      expect(await alice.refusal('roomJoin', value)).toMatchObject({ code: 'badArgument', args: [0, null] });
    }
    expect(await alice.refusal('roomJoin', [large.slice(50)])).toMatchObject({ args: [0, [large.slice(50)]] });
  });

  test('a number or map that no param may carry, wherever it stands', async () => {
    for (const value of [2 ** 53, -(2 ** 53), 1e300]) {
      expect(await alice.refusal('systemMessage', value)).toMatchObject({ code: 'badArgument', args: [0, null] });
      expect(await alice.refusal('roomMessage', 'r', { deep: [value] })).toMatchObject({ args: [1, null] });
    }
    const bytesKey = format === 'json' ? { $bytes: 'AAAA', more: 1 } : { $bytes: 'AAAA' };
    expect(await alice.refusal('systemMessage', bytesKey)).toMatchObject({ code: 'badArgument', args: [0, null] });
    expect(await alice.call('systemMessage', { most: 2 ** 53 - 1, least: -(2 ** 53 - 1) })).toBeNull();
  });

  test('an unknown method, told as far as it is short', async () => {
    for (const method of ['nonsense', '', 'roomjoin', 'constructor', '__proto__', 'toString', 'roomMessage ']) {
      expect(await alice.refusal(method)).toMatchObject({ code: 'noCommand', args: [method], temporary: false });
    }
    const [shown] = (await alice.refusal('x'.repeat(10_000))).args;
    expect(shown).toMatch(/^x{128}$/);
  });

  test('is not one for what it has too much: params, option keys, nil for what is optional', async () => {
    const roomName = `lenient-${format}`;
    expect(await alice.call('roomCreate', roomName, null, { unknown: 1 }, 'more', 7)).toBeNull();
    expect(await alice.call('roomJoin', roomName, null)).toBe(1);
    expect(await alice.call('roomMessage', roomName, {}, { unknown: [true], transient: false }, null)).toBe(1);
    expect(await alice.call('ping', 1, 2, 3)).toEqual(expect.any(Number));
  });
});

describe.each(['msgpack', 'json'] as const)('messages over %s', (format) => {
  test('come many in a frame, and are answered each', async () => {
    const alice = await loginRpc(scope, url, 'alice', { format });
    const outcomes = alice.callAll(
      ['roomCreate', `many-${format}`],
      ['nonsense'],
      ['roomJoin', `many-${format}`],
      ['roomJoin'],
      ['roomMessage', `many-${format}`, { text: 'line\nfeed' }],
      ['roomRecentHistory', `many-${format}`],
    );
    expect(await Promise.all(outcomes)).toMatchObject([
      { result: null },
      { error: { code: 'noCommand' } },
      { result: 1 },
      { error: { code: 'wrongArgumentsCount' } },
      { result: 1 },
      { result: [{ text: 'line\nfeed', author: 'alice', id: 1 }] },
    ]);
  });

  test('that are notifications are executed, and never answered, right or wrong', async () => {
    const alice = await loginRpc(scope, url, `notifier-${format}`, { format });
    const roomName = `quiet-${format}`;
    const own = alice.received.length;
    alice.notify(
      ['roomCreate', roomName],
      ['roomCreate', roomName],
      ['roomJoin', roomName],
      ['nonsense'],
      ['roomMessage', roomName],
      ['roomMessage', roomName, 7],
      ['roomMessage', roomName, { text: 'hello' }],
      ['login', { userName: 'bob' }],
    );
    expect(await alice.call('roomRecentHistory', roomName)).toMatchObject([{ text: 'hello', id: 1 }]);
    expect(alice.received.slice(own).map((entry) => ('name' in entry ? entry.name : entry.method))).toEqual([
      'roomUserJoined',
      'roomMessage',
      'roomRecentHistory',
    ]);
  });

  test('may use any id, one of them twice', async () => {
    const raw = await open(format);
    const codec = createCodec(format);
    const highest = 2 ** 32 - 1;
    const pings = [0, highest, 7, 7].map((id) => codec.encodeRequest(id, 'ping', []));
    raw.send(joinFrame(format, [codec.encodeRequest(0, 'login', [{ userName: 'alice' }]), ...pings]));
    while (replies(format, raw).filter(({ type }) => type === 1).length < 5) await raw.nextFrame();
    const ids = replies(format, raw).flatMap((message) => (message.type === 1 ? [message.id] : []));
    expect(ids).toEqual([0, 0, highest, 7, 7]);
  });
});

test('a defect in a request fails that request, tells nothing of its cause, and touches nobody else', async () => {
  const [alice, bob] = await Promise.all(['alice', 'bob'].map((name) => loginRpc(scope, url, name)));
  // Something that the service never writes: the request finds it, and the script fails.
  await service.redis.client().set(`${service.prefix}:{room:broken}:meta`, 'not a room');
  const refused = await alice?.refusal('roomGetOwner', 'broken');
  expect(refused).toMatchObject({ code: 'internalError', args: [expect.stringMatching(/^\w+$/)], temporary: false });
  expect(JSON.stringify(refused)).not.toMatch(/redis|script|WRONGTYPE|meta|stack/i);
  for (const user of [alice, bob]) expect(await user?.call('ping')).toEqual(expect.any(Number));
  const reference = refused?.args[0];
  const logged = expect.objectContaining({ reference, method: 'roomGetOwner', socket: alice?.authData.id });
  await eventually(() => expect(service.node(0).logs()).toContainEqual(logged));
  const late = await connectRpc(scope, url);
  expect(await late.login({ userName: 'carol' })).toMatchObject({ userName: 'carol' });
});
