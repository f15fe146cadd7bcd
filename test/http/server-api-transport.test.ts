// The server API as HTTP: who may ask, what bodies it takes, how it answers. What requests do is in server-api.test.ts.
import { request } from 'node:http';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { encodeBody } from '../../src/protocol/wire/body.ts';
import type { Format } from '../../src/protocol/wire/codec.ts';
import { eventually } from '../support/eventually.ts';
import { exchangeHttp } from '../support/raw-http.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, apiKey, postApi, readAnswer, serverApi } from '../support/server-api.ts';
import { startNode, type LogLine, type ServiceNode } from '../support/service.ts';

const scope = useScope();
let redis: RedisServer;
let node: ServiceNode;
beforeAll(async () => {
  redis = await startRedis(scope);
  node = await startNode(scope, {
    redis,
    env: { ...apiEnv, PARLEY_FRAME_BYTES: '2048', PARLEY_MESSAGE_BYTES: '1024' },
  });
});

/** The most that a body may be, with these settings. */
const bodyBytesMax = 2048 * 16;

describe('the key', () => {
  test('opens the API; without one, with another one, or by another scheme nobody comes in', async () => {
    expect((await postApi(node, 'ping', undefined)).status).toBe(200);
    for (const authorization of [
      `Bearer ${apiKey}`,
      `bearer ${apiKey}`,
      `BEARER   ${apiKey} `,
      `Bearer\t${apiKey}`,
      `Bearer "${apiKey}"`,
    ]) {
      const { status } = await postApi(node, 'ping', undefined, { authorization });
      expect([authorization, status]).toEqual([authorization, 200]);
    }
    const wrong = [
      '',
      apiKey,
      'Bearer',
      'Bearer ',
      `Bearer ${apiKey}x`,
      `Bearer ${apiKey.slice(1)}`,
      `Basic ${apiKey}`,
    ];
    for (const authorization of wrong) {
      const response = await postApi(node, 'ping', undefined, { authorization });
      expect([authorization, response.status]).toEqual([authorization, 401]);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect((await readAnswer(response, 'json')).body).toMatchObject({ error: { code: 'notAllowed' } });
    }
    // Who has no key does not even learn which requests there are.
    expect((await postApi(node, 'nonsense', '{', { authorization: '' })).status).toBe(401);
  });

  test('is what the API needs: on a node without one it is not there, and it is never on the public port', async () => {
    const closed = await startNode(scope, { redis });
    expect((await postApi(closed, 'ping', undefined)).status).toBe(404);
    expect((await postApi({ apiPort: node.port }, 'ping', undefined)).status).toBe(404);
    expect((await postApi(node, 'ping/more', undefined)).status).toBe(404);
  });
});

describe('who has not the key', () => {
  test('is counted and logged with the address, one line for many, and never with what was given', async () => {
    const watched = await startNode(scope, { redis, env: apiEnv });
    for (const authorization of ['Bearer a-guess-of-the-key', 'Bearer another-guess', 'Basic a-guess-of-the-key', '']) {
      expect((await postApi(watched, 'ping', undefined, { authorization })).status).toBe(401);
    }
    expect((await watched.metrics()).sum('parley_api_keys_refused_total')).toBe(4);
    const lines = (): LogLine[] => watched.logs().filter(({ msg }) => msg.includes('has not the key'));
    await eventually(() => expect(lines()).toHaveLength(1));
    expect(lines()).toEqual([expect.objectContaining({ level: 30, address: '127.0.0.1', reason: 'wrong' })]);
    expect(JSON.stringify(watched.logs())).not.toMatch(/guess/);
  });

  test('is answered before a body is read, which is cut off where it does not end', async () => {
    const head = 'POST /api/v1/ping HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n';
    // No byte of the body is there, and a gigabyte is promised.
    const promised = await exchangeHttp(node.apiPort, `${head}Content-Length: 1000000000\r\n\r\n`, { until: /\}$/ });
    expect(promised.status).toBe(401);
    const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n${`10000\r\n${'x'.repeat(0x10000)}\r\n`.repeat(40)}`;
    const cut = await exchangeHttp(node.apiPort, chunked);
    expect([cut.status, cut.text.match(/HTTP/g)]).toEqual([401, ['HTTP']]);
    // Who asks first is not asked for it.
    const asks = await exchangeHttp(node.apiPort, `${head}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n`);
    expect([asks.status, asks.headers.get('connection')]).toEqual([401, 'close']);
    const right = head.replace('wrong', apiKey);
    const goesOn = await exchangeHttp(
      node.apiPort,
      `${right}Connection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`,
    );
    expect(goesOn.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });
});

test('only POST is answered', async () => {
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    const response = await postApi(node, 'ping', undefined, {}, { method });
    expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, 'POST']);
  }
});

describe.each<Format>(['json', 'msgpack'])('a body in %s', (format) => {
  test('gives params in order or by name, and is answered in the same format', async () => {
    const api = serverApi(node, format);
    expect(await api.call('addRoom', [`in order ${format}`, { whitelistOnly: true }])).toBeNull();
    expect(await api.call('addRoom', { options: { owner: 'ada' }, roomName: `by name ${format}` })).toBeNull();
    expect(await api.call('roomGet', { roomName: `by name ${format}` })).toMatchObject({ owner: 'ada' });
    expect(await api.call('roomGet', [`in order ${format}`])).toMatchObject({ owner: null, whitelistOnly: true });
    expect(await api.refusal('addRoom', [])).toMatchObject({ code: 'wrongArgumentsCount', args: [1, 0] });
    expect(await api.refusal('addRoom', {})).toMatchObject({ code: 'wrongArgumentsCount', args: [1, 0] });
    expect(await api.refusal('roomHasInList', { item: 'a' })).toMatchObject({ code: 'badArgument', args: [0, null] });
    expect(await api.refusal('addRoom', [7])).toMatchObject({ code: 'badArgument', args: [0, 7] });
    expect(await api.refusal('nonsense')).toMatchObject({ code: 'noCommand', args: ['nonsense'] });
    // Names come in any form of Unicode, and go back in one.
    await api.call('addUser', [`e\u0301 ${format}`]);
    expect(await api.call('userGet', [`e\u0301 ${format}`])).toMatchObject({ userName: `\u00e9 ${format}` });
    await api.call('changeRoomOwner', [`in order ${format}`, 'e\u0301']);
    expect(await api.call('roomGet', [`in order ${format}`])).toMatchObject({ owner: '\u00e9' });
  });

  test('may be written by what has one kind of empty table: nothing, and on behalf of nobody', async () => {
    const type = format === 'json' ? 'application/json' : 'application/msgpack';
    for (const body of [[], { params: [], as: [] }, { params: {}, as: {} }]) {
      const bytes = encodeBody(format, body);
      const answer = await readAnswer(await postApi(node, 'roomsList', bytes, { 'content-type': type }), format);
      expect([body, answer.status]).toEqual([body, 200]);
    }
  });

  test('carries bytes both ways', async () => {
    const api = serverApi(node, format);
    const roomName = `bytes ${format}`;
    await api.call('addRoom', [roomName]);
    const data = Uint8Array.of(0, 255, 128);
    expect(await api.call('roomMessage', [roomName, { data }])).toBe(1);
    expect(await api.call('roomRecentHistory', [roomName])).toMatchObject([{ data, id: 1 }]);
  });

  test('that is not as it should be is refused, whatever is wrong with it', async () => {
    const encode = (value: Parameters<typeof encodeBody>[1]): Uint8Array | string => encodeBody(format, value);
    const deep = Array.from({ length: 40 }).reduce<Parameters<typeof encodeBody>[1]>((inner) => [inner], null);
    const bodies = {
      'no map': encode([1]),
      'more than params and as': encode({ parms: [] }),
      'params that are text': encode({ params: 'lobby' }),
      'as that is text': encode({ as: 'alice' }),
      'a misspelt field in as': encode({ as: { username: 'alice' } }),
      'a field of as of another type': encode({ as: { userName: 7 } }),
      'a user who is nil': encode({ as: { userName: null } }),
      'a socket without its user': encode({ as: { socketId: 'x' } }),
      'the service without rights': encode({ as: { bypassPermissions: false } }),
      'too deep': encode({ params: [deep] }),
      'cut off': format === 'json' ? '{"params":[' : Uint8Array.of(0x82, 0xa6),
      'more behind it': format === 'json' ? '{}{}' : Uint8Array.of(0x80, 0x80),
      'the key of prototypes':
        format === 'json' ? '{"__proto__":{}}' : Uint8Array.of(0x81, 0xa9, ...Buffer.from('__proto__'), 0x80),
    };
    for (const [what, body] of Object.entries(bodies)) {
      const type = format === 'json' ? 'application/json' : 'application/msgpack';
      const answer = await readAnswer(await postApi(node, 'ping', body, { 'content-type': type }), format);
      expect([what, answer.status, answer.body]).toMatchObject([
        what,
        400,
        { error: { code: 'badArgument', args: [-1, null] } },
      ]);
    }
    // A number that no request carries is found where it is.
    const beyond = format === 'json' ? '{"params":["a",{"n":1e400}]}' : encode({ params: ['a', { n: Infinity }] });
    const type = format === 'json' ? 'application/json' : 'application/msgpack';
    const answer = await readAnswer(await postApi(node, 'roomMessage', beyond, { 'content-type': type }), format);
    expect(answer.body).toMatchObject({ error: { code: 'badArgument', args: [1, null] } });
  });
});

test('the content type says the format: JSON where there is none, nothing else but the two', async () => {
  for (const type of ['application/json', 'Application/JSON; charset=utf-8']) {
    expect((await postApi(node, 'ping', '{}', { 'content-type': type })).status).toBe(200);
  }
  const bytes = Uint8Array.of(0x80);
  for (const type of ['application/msgpack', 'application/x-msgpack', 'application/vnd.msgpack']) {
    const answer = await readAnswer(await postApi(node, 'ping', bytes, { 'content-type': type }), 'msgpack');
    expect([type, answer.status]).toEqual([type, 200]);
  }
  for (const type of ['application/x-www-form-urlencoded', 'text/plain']) {
    expect([type, (await postApi(node, 'ping', '{}', { 'content-type': type })).status]).toEqual([type, 415]);
  }
  // Fetch gives a body of bytes no type.
  expect((await postApi(node, 'ping', new TextEncoder().encode('{}'))).status).toBe(200);
});

test('a body over the limit is refused, whether its length is told or not, and the node goes on', async () => {
  const fits = JSON.stringify({ params: ['x'.repeat(bodyBytesMax - 20)] });
  expect((await postApi(node, 'hasRoom', fits, { 'content-type': 'application/json' })).status).toBe(200);
  const large = JSON.stringify({ params: ['x'.repeat(bodyBytesMax)] });
  expect(await exchange({ 'content-length': String(large.length) }, [large])).toBe(413);
  expect(await exchange({ 'transfer-encoding': 'chunked' }, [large.slice(0, 20_000), large.slice(20_000)])).toBe(413);
  expect(await exchange({ 'transfer-encoding': 'chunked' }, ['{"par', 'ams":["x"]}'])).toBe(200);
  expect((await postApi(node, 'ping', undefined)).status).toBe(200);
});

/** The status of an answer to a body in pieces. */
function exchange(headers: Record<string, string>, pieces: readonly string[]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: node.apiPort,
        path: '/api/v1/hasRoom',
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
        agent: false,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    asked.on('error', reject);
    for (const piece of pieces) asked.write(piece);
    asked.end();
  });
}

test('who leaves before the answer does no harm; what was asked is done', async () => {
  const gone = Array.from({ length: 50 }, (_, i) => {
    const controller = new AbortController();
    const body = JSON.stringify({ params: [`left ${i}`] });
    const headers = { 'content-type': 'application/json' };
    const asked = postApi(node, 'addRoom', body, headers, { signal: controller.signal });
    setImmediate(() => controller.abort());
    return asked.then(
      () => 'answered',
      () => 'gone',
    );
  });
  expect(await Promise.all(gone)).toContain('gone');
  const api = serverApi(node);
  expect(await api.call('addRoom', ['after the aborted'])).toBeNull();
  // The places of those who left are free again.
  expect(await Promise.all(Array.from({ length: 200 }, () => api.call('ping')))).toHaveLength(200);
});

test('more requests at once than the node takes are told to wait, and the others are answered', async () => {
  const away = await startRedis(scope);
  const busy = await startNode(scope, { redis: away, env: { ...apiEnv, PARLEY_REDIS_TIMEOUT_MS: '30000' } });
  const api = serverApi(busy);
  away.pause();
  const asked = Array.from({ length: 300 }, (_, i) =>
    postApi(busy, 'hasRoom', `{"params":["r${i}"]}`, {
      'content-type': 'application/json',
    }),
  );
  const first = await Promise.race(asked);
  expect([first.status, first.headers.get('retry-after')]).toEqual([503, '1']);
  // Connections arrive one after the other: all of them, before the first is done.
  let refused = 0;
  for (const each of asked) void each.then(({ status }) => (refused += Number(status === 503)));
  await eventually(() => expect(refused).toBe(300 - 256));
  away.resume();
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 503)).toHaveLength(300 - 256);
  expect(statuses.filter((status) => status === 200)).toHaveLength(256);
  expect(await api.call('hasRoom', ['r'])).toBe(false);
});

test('while Redis is away requests fail as temporary, and no socket is needed to ask', async () => {
  const away = await startRedis(scope);
  const alone = await startNode(scope, { redis: away, env: apiEnv });
  const api = serverApi(alone);
  expect(await api.call('addRoom', ['lobby'])).toBeNull();
  away.pause();
  const answer = await api.ask('roomGet', { params: ['lobby'] });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect(answer.body).toMatchObject({ error: { code: 'unavailable', temporary: true } });
  away.resume();
  await eventually(async () => expect(await api.call('hasRoom', ['lobby'])).toBe(true));
});

test('requests count by method and outcome, apart from those of sockets', async () => {
  const watched = await startNode(scope, { redis, env: apiEnv });
  const api = serverApi(watched);
  await loginRpc(scope, watched.url, 'ada');
  await api.call('ping');
  await api.call('addRoom', ['counted']);
  await api.refusal('addRoom', ['counted']);
  await api.refusal('roomGetOwner', ['counted'], { userName: 'ada' });
  await api.refusal('a"b');
  const metrics = await watched.metrics();
  const counted = (method: string, outcome: string): number =>
    metrics.sum('parley_api_request_duration_seconds_count', { method, outcome });
  expect([counted('addRoom', 'ok'), counted('addRoom', 'roomExists'), counted('ping', 'ok')]).toEqual([1, 1, 1]);
  expect([counted('roomGetOwner', 'notJoined'), counted('unknown', 'noCommand')]).toEqual([1, 1]);
  expect(metrics.text).not.toContain('a\\"b');
  expect(metrics.text).not.toContain('parley_request_duration_seconds_count{method="addRoom"');
});
