// What a client makes of the values that an application passes: kind by kind, the same in both formats, and refused before
// it is sent where the service would end the connection over it.
import vm from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import type { Client } from '../../src/client/client.ts';
import { valuesMax } from '../../src/protocol/params/limits.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { connectClient, createTestClient, failureOf, type TestClient } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { authData, startFake, type FakeService } from './fake-service.ts';

const scope = useScope();
const formats = ['msgpack', 'json'] as const;

async function start(format: (typeof formats)[number]): Promise<{ service: FakeService; client: TestClient }> {
  const service = await startFake(scope);
  return { service, client: await connectClient(scope, { urls: service.url, userName: 'alice', format }) };
}

/** What an application may pass although the types say otherwise. */
function ask(client: Client, name: string, input: unknown): Promise<unknown> {
  // The point of these tests: nothing holds JavaScript to the types.
  return client.request(name as 'systemMessage', input as { data: Value });
}

class Point {
  readonly x = 1;
  readonly hidden = undefined;
  get sum(): number {
    return this.x;
  }
}
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
const circle: unknown[] = [];
circle.push(circle, circle);
const bytes = Uint8Array.of(1, 2, 3);

const carried: readonly (readonly [string, unknown, Value])[] = [
  ['nil', null, null],
  ['undefined', undefined, null],
  ['undefined in a map', { a: undefined, b: 1 }, { b: 1 }],
  ['undefined in an array', [undefined, 1], [null, 1]],
  ['holes of an array', Object.assign([1], { 2: 2 }), [1, null, 2]],
  ['a negative zero', [-0], [0]],
  ['the largest integer', 2 ** 53 - 1, 2 ** 53 - 1],
  ['a BigInt within 53 bits', 12n, 12],
  ['half an emoji', 'a\ud83d', 'a\ufffd'],
  ['half an emoji further in', { a: ['\udc00b'] }, { a: ['\ufffdb'] }],
  ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a Date of another realm', vm.runInNewContext('[new Date(5)]'), ['1970-01-01T00:00:00.005Z']],
  ['a Map', new Map([['a', new Map([['b', 1]])]]), { a: { b: 1 } }],
  ['a Set', new Set(['a', undefined]), ['a', null]],
  ['an instance of a class', new Point(), { x: 1 }],
  ['toJSON', { a: { toJSON: () => ({ b: 1n }) } }, { a: { b: 1 } }],
  [
    'toJSON that gives its object',
    {
      a: new (class {
        b = 1;
        toJSON(): unknown {
          return this;
        }
      })(),
    },
    { a: { b: 1 } },
  ],
  ['a URL', new URL('https://chat.example.com/'), 'https://chat.example.com/'],
  ['boxed values', [new String('a'), new Number(1), new Boolean(false)], ['a', 1, false]],
  ['a map without prototype', Object.assign(Object.create(null), { constructor: 1 }), { constructor: 1 }],
  ['bytes', bytes, bytes],
  ['a Buffer', Buffer.from(bytes), bytes],
  ['an ArrayBuffer', bytes.buffer, bytes],
  ['a part of a buffer', new DataView(bytes.buffer, 1, 1), Uint8Array.of(2)],
  ['wide numbers, as their bytes', new Uint16Array(bytes.buffer.slice(0, 2)), Uint8Array.of(1, 2)],
  ['as deep as it may be', nested(14), nested(14) as Value],
  ['as many values as there may be', Array(valuesMax - 6).fill(1), Array(valuesMax - 6).fill(1)],
];

const refused: readonly (readonly [string, unknown, string])[] = [
  ['NaN', { a: [NaN] }, 'not a finite number, at .a[0]'],
  ['Infinity', -Infinity, 'not a finite number'],
  ['an integer beyond 53 bits', 2 ** 53, 'an integer beyond 53 bits'],
  ['a BigInt beyond', 2n ** 64n, 'an integer beyond 53 bits'],
  ['a function', { a: () => 1 }, 'a function, at .a'],
  ['a symbol', [Symbol('a')], 'a symbol, at [0]'],
  ['a Date that is none', new Date(NaN), 'Invalid time value'],
  ['a Map with other keys', new Map([[1, 1]]), 'a key that is not a string'],
  ['half an emoji in a key', { 'a\ud83d': 1 }, 'half a surrogate pair in a key'],
  ['__proto__', JSON.parse('{"a": {"__proto__": 1}}'), 'the key __proto__, at .a'],
  ['$bytes', { $bytes: 'AQID' }, 'the key $bytes'],
  ['a promise', { a: Promise.resolve(1) }, 'of the kind Promise, at .a'],
  ['an error', new Error('a'), 'of the kind Error'],
  ['a pattern', /a/, 'of the kind RegExp'],
  ['too deep', nested(15), 'more than 16 levels, or a circle, at [0][0]'],
  ['a circle', { circle }, 'a circle'],
  ['too many values', Array(valuesMax - 5).fill(1), `more than ${valuesMax} values`],
  ['an array with more holes than memory', Object.assign([], { length: 2 ** 32 - 1 }), `more than ${valuesMax} values`],
  [
    'a getter that throws',
    {
      get a() {
        throw new Error('not today');
      },
    },
    'not today',
  ],
  ['what lies about its kind', { [Symbol.toStringTag]: 'Map' }, 'not iterable'],
  ['too much for a frame', 'x'.repeat(70_000), 'takes 70'],
];

describe.each(formats)('%s', (format) => {
  test('carries what has a meaning on the other side', async () => {
    const { service, client } = await start(format);
    for (const [kind, input, expected] of carried) {
      const asked = ask(client, 'systemMessage', { data: input });
      const refusal = asked.then(() => undefined as never);
      const request = await Promise.race([service.next('systemMessage'), refusal]);
      expect([kind, request.params]).toEqual([kind, [expected]]);
      request.answer(null);
      await asked;
    }
  });

  test('refuses the rest by itself, as badArgument or messageTooLarge, and nothing is sent', async () => {
    const { service, client } = await start(format);
    for (const [kind, input, reason] of refused) {
      const error = await failureOf(ask(client, 'systemMessage', { data: input }));
      const code = kind === 'too much for a frame' ? 'messageTooLarge' : 'badArgument';
      expect([kind, error.code, error.message, error.temporary]).toEqual([
        kind,
        code,
        expect.stringContaining(reason),
        false,
      ]);
      if (code === 'badArgument') expect(error.args).toEqual([0, null]);
    }
    expect(service.waiting).toEqual([]);
    expect(service.logins).toHaveLength(1);
  });
});

test('names and ids are refused where text would be mended: they would name something else', async () => {
  const { service, client } = await start('json');
  const half = 'a\ud83d';
  const refusals = [
    ask(client, 'roomJoin', { roomName: half }),
    ask(client, 'roomAddToList', { roomName: 'lobby', listName: 'whitelist', userNames: ['bob', half] }),
    ask(client, 'roomMessage', { roomName: 'lobby', message: {}, options: { clientMessageId: half } }),
    client.join(half),
    client.leave(half),
    client.post(half, {}),
    client.post('lobby', {}, { clientMessageId: half }),
    client.post('lobby', {}, { clientMessageId: 'x'.repeat(65) }),
    client.post('lobby', Object.assign({}, { a: NaN })),
  ];
  const errors = await Promise.all(refusals.map(failureOf));
  expect(errors.map(({ code, args }) => [code, args[0]])).toEqual([
    ['badArgument', 0],
    ['badArgument', 2],
    ['badArgument', 2],
    ['badArgument', 0],
    ['badArgument', 0],
    ['badArgument', 0],
    ['badArgument', 2],
    ['badArgument', 2],
    ['badArgument', 1],
  ]);
  expect(service.waiting).toEqual([]);
});

test('a request that there is not, and input that is none, are refused like any other', async () => {
  const { service, client } = await start('msgpack');
  for (const name of ['constructor', 'nothing', '__proto__']) {
    expect([name, (await failureOf(ask(client, name, {}))).code]).toEqual([name, 'noCommand']);
  }
  expect((await failureOf(ask(client, 'systemMessage', undefined))).code).toBe('badArgument');
  expect((await failureOf(ask(client, 'systemMessage', null))).code).toBe('badArgument');
  expect(service.waiting).toEqual([]);
  const nobody = createTestClient(scope, { urls: service.url, credentials: { token: 'jwt\ud83d' } });
  expect((await failureOf(nobody.connect())).code).toBe('badArgument');
  expect([nobody.state, service.logins.length]).toEqual(['idle', 1]);
});

test('limits are those that the service told, and what is too large has the code that its request declares', async () => {
  const service = await startFake(scope);
  service.login = (request) => {
    const limits = { ...(authData() as { limits: Record<string, Value> }).limits, depth: 5, messageBytes: 100 };
    request.answer(authData({ limits: { ...limits, frameBytes: 1_000 } }));
  };
  for (const format of formats) {
    const client = await connectClient(scope, { urls: service.url, userName: 'alice', format });
    const codes = await Promise.all(
      [
        ask(client, 'systemMessage', { data: nested(4) }),
        ask(client, 'systemMessage', { data: 'x'.repeat(1_000) }),
        ask(client, 'roomAddToList', {
          roomName: 'a',
          listName: 'whitelist',
          userNames: Array(50).fill('x'.repeat(30)),
        }),
        // 12 numbers of nine bytes each in MessagePack, of three characters in JSON.
        ask(client, 'roomMessage', { roomName: 'a', message: { a: Array(12).fill(0.5) } }),
        client.post('a', { a: 'x'.repeat(100) }),
      ].map(failureOf),
    );
    expect(codes.map(({ code, args }) => [code, ...args])).toEqual([
      ['badArgument', 0, null],
      ['messageTooLarge'],
      ['badArgument', 2, null],
      ['messageTooLarge'],
      ['messageTooLarge'],
    ]);
  }
  expect(service.waiting).toEqual([]);
});

test('a message that is queued stays as it was when it was posted', async () => {
  const { service, client } = await start('msgpack');
  const message = { key: 'a', bytes: Uint8Array.of(1), list: [1] };
  const first = client.post('lobby', { key: 'first' });
  const second = client.post('lobby', message);
  message.key = 'changed';
  message.bytes[0] = 2;
  message.list.push(2);
  (await service.next('roomMessage')).answer(1);
  const request = await service.next('roomMessage');
  expect(request.params[1]).toEqual({ key: 'a', bytes: Uint8Array.of(1), list: [1] });
  request.answer(2);
  expect(await Promise.all([first, second])).toEqual([1, 2]);
});
