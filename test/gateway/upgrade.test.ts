// Who may open a WebSocket at all: path, origin, subprotocol, sockets per address. What comes after the upgrade is not
// looked at beyond a first response.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { exchangeHttp } from '../support/raw-http.ts';
import { openRaw, type RawOptions } from '../support/raw-client.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startNode, type LogLine, type ServiceNode } from '../support/service.ts';

const scope = useScope();
let redis: RedisServer;
let node: ServiceNode;
beforeAll(async () => {
  redis = await startRedis(scope);
  node = await startNode(scope, { redis });
});

/** The status that refuses the upgrade, undefined where it is accepted. */
async function refusal(url: string, options: RawOptions = {}): Promise<number | undefined> {
  return (await openRaw(scope, url, options)).upgradeError;
}

const withOrigin = (origin: string): RawOptions => ({ headers: { origin } });

describe('the path', () => {
  test('is /ws; everything else is not found', async () => {
    expect(await refusal(node.url)).toBeUndefined();
    expect(await refusal(`${node.url}?a=b`)).toBeUndefined();
    for (const path of ['/', '/other', '/ws/more']) {
      expect(await refusal(`ws://127.0.0.1:${node.port}${path}`)).toBe(404);
    }
    // Without the header that a proxy may have swallowed, the answer says what is missing.
    expect(await node.health('/ws')).toEqual({ status: 426, body: expect.stringContaining('Upgrade header') });
  });
});

describe('the origin', () => {
  test('may be the same host or none, and nothing else', async () => {
    expect(await refusal(node.url)).toBeUndefined();
    expect(await refusal(node.url, withOrigin(`http://127.0.0.1:${node.port}`))).toBeUndefined();
    expect(await refusal(node.url, withOrigin(`https://127.0.0.1:${node.port}`))).toBeUndefined();
    const foreign = [
      'https://example.org',
      'http://127.0.0.1',
      `http://localhost:${node.port}`,
      `http://127.0.0.1:${node.port}.example.org`,
      `http://127.0.0.1:${node.port}@example.org`,
      'null',
      'nonsense',
    ];
    for (const origin of foreign) expect([origin, await refusal(node.url, withOrigin(origin))]).toEqual([origin, 403]);
  });

  test('may be any where the service says *', async () => {
    const { url } = await startNode(scope, { redis, env: { PARLEY_ALLOWED_ORIGINS: '*' } });
    expect(await refusal(url, withOrigin('https://example.org'))).toBeUndefined();
    expect(await refusal(url)).toBeUndefined();
  });

  test('may be one of a list, exactly', async () => {
    const list = 'https://example.org,https://chat.example.org:8443';
    const { url, port } = await startNode(scope, { redis, env: { PARLEY_ALLOWED_ORIGINS: list } });
    for (const origin of list.split(',')) expect(await refusal(url, withOrigin(origin))).toBeUndefined();
    for (const origin of ['HTTPS://Example.org:443', 'https://chat.example.org.:8443']) {
      expect([origin, await refusal(url, withOrigin(origin))]).toEqual([origin, undefined]);
    }
    expect(await refusal(url)).toBeUndefined();
    const foreign = [
      'http://example.org',
      'https://example.org:8443',
      'https://a.example.org',
      `http://127.0.0.1:${port}`,
    ];
    for (const origin of foreign) expect([origin, await refusal(url, withOrigin(origin))]).toEqual([origin, 403]);
  });
});

describe('the same host', () => {
  const from = (host: string, origin: string, more: Record<string, string> = {}): RawOptions => ({
    headers: { host, origin, ...more },
  });

  test.each([
    ['chat.example.com', 'https://chat.example.com'],
    ['chat.example.com:443', 'https://chat.example.com'],
    ['chat.example.com:80', 'http://chat.example.com'],
    // Behind a proxy that ends TLS the host may carry either default port.
    ['chat.example.com:80', 'https://chat.example.com'],
    ['chat.example.com', 'https://chat.example.com:443'],
    ['CHAT.Example.com', 'https://chat.example.COM'],
    ['chat.example.com.', 'https://chat.example.com'],
    ['chat.example.com', 'https://chat.example.com.'],
    ['chat.example.com:8443', 'https://chat.example.com:8443'],
    ['xn--bcher-kva.example', 'https://xn--bcher-kva.example'],
    ['b\u00fccher.example', 'https://xn--bcher-kva.example'],
    ['[2001:DB8:0::1]:443', 'https://[2001:db8::1]'],
  ])('of %s may be %s', async (host, origin) => {
    // Headers are bytes, and these are the bytes of UTF-8.
    const bytes = Buffer.from(host).toString('latin1');
    expect(await refusal(node.url, from(bytes, origin))).toBeUndefined();
  });

  test.each([
    ['chat.example.com', 'https://chat.example.com:8443'],
    ['chat.example.com:8443', 'https://chat.example.com'],
    ['chat.example.com', 'https://example.com'],
    ['chat.example.com', 'https://chat.example.com.evil.example'],
    ['chat.example.com', 'https://chat.example.com@evil.example'],
    ['chat.example.com@evil.example', 'https://evil.example'],
    ['localhost', 'capacitor://localhost'],
    ['null', 'null'],
  ])('of %s may not be %s', async (host, origin) => {
    expect(await refusal(node.url, from(host, origin))).toBe(403);
  });

  test('is the one that the client asked a trusted proxy for, by the headers that the operator chose', async () => {
    const origin = 'https://chat.example.com';
    const inner = `127.0.0.1:${node.port}`;
    const x = { 'x-forwarded-host': 'Chat.Example.com:443' };
    const seven = { forwarded: 'for=192.0.2.1;proto=https;host="chat.example.com:443"' };
    // Nobody is trusted here.
    for (const more of [x, seven]) expect(await refusal(node.url, from(inner, origin, more))).toBe(403);
    const trusted = { PARLEY_TRUSTED_PROXIES: '127.0.0.1' };
    const byX = await startNode(scope, { redis, env: trusted });
    expect(await refusal(byX.url, from(inner, origin, x))).toBeUndefined();
    expect(await refusal(byX.url, from(inner, origin, seven))).toBe(403);
    expect(await refusal(byX.url, from(inner, origin, { 'x-forwarded-host': 'evil.example' }))).toBe(403);
    // `proxy_set_header Host $host` of nginx loses the port.
    const port = { 'x-forwarded-port': '8443' };
    expect(await refusal(byX.url, from('chat.example.com', `${origin}:8443`))).toBe(403);
    expect(await refusal(byX.url, from('chat.example.com', `${origin}:8443`, port))).toBeUndefined();
    const bySeven = await startNode(scope, { redis, env: { ...trusted, PARLEY_FORWARDED_HEADERS: 'forwarded' } });
    expect(await refusal(bySeven.url, from(inner, origin, seven))).toBeUndefined();
    expect(await refusal(bySeven.url, from(inner, origin, x))).toBe(403);
  });
});

describe('the subprotocol', () => {
  test('is MessagePack where none is offered, the first known where several are, and must be known', async () => {
    const none = await openRaw(scope, node.url);
    expect(none).toMatchObject({ upgradeError: undefined, subprotocol: '' });
    none.send(Uint8Array.of(0x94, 0, 1, 0xa4, 0x70, 0x69, 0x6e, 0x67, 0x90));
    // [1, 1, {code: 'noLogin', …}, nil] in MessagePack.
    expect([...Buffer.from(await none.nextFrame()).subarray(0, 3)]).toEqual([0x94, 1, 1]);

    for (const [offered, chosen] of [
      [['parley.v1.json'], 'parley.v1.json'],
      [['parley.v1.msgpack'], 'parley.v1.msgpack'],
      [['chat', 'parley.v1.json', 'parley.v1.msgpack'], 'parley.v1.json'],
      [['parley.v1.msgpack', 'parley.v1.json'], 'parley.v1.msgpack'],
    ] as const) {
      const opened = await openRaw(scope, node.url, { subprotocol: [...offered] });
      expect(opened).toMatchObject({ upgradeError: undefined, subprotocol: chosen });
    }
    // In other letters it is named as it was offered: the client looks for its own spelling.
    const loud = await openRaw(scope, node.url, { subprotocol: ['chat', 'PARLEY.V1.Json'] });
    expect(loud).toMatchObject({ upgradeError: undefined, subprotocol: 'PARLEY.V1.Json' });
    loud.send('[0,1,"ping",[]]');
    expect(await loud.nextFrame()).toMatch(/^\[1,1,/);
    for (const subprotocol of [['chat'], ['parley.v2.json', 'constructor'], ['parley.v1']]) {
      expect(await refusal(node.url, { subprotocol })).toBe(400);
    }
  });
});

describe('sockets per address', () => {
  const forwarded = (by: string): RawOptions => ({ headers: { 'x-forwarded-for': by } });

  test('are limited, whatever a client says about its address, until one closes', async () => {
    const { url } = await startNode(scope, { redis, env: { PARLEY_SOCKETS_PER_ADDRESS: '2' } });
    const first = await openRaw(scope, url);
    expect(await refusal(url, forwarded('192.0.2.1'))).toBeUndefined();
    expect(await refusal(url, forwarded('192.0.2.2'))).toBe(429);
    expect(await refusal(url)).toBe(429);
    first.close();
    await first.closed;
    await eventually(async () => expect(await refusal(url)).toBeUndefined());
  });

  test('are counted by the address that trusted proxies forward', async () => {
    const env = { PARLEY_SOCKETS_PER_ADDRESS: '1', PARLEY_TRUSTED_PROXIES: '127.0.0.0/8,10.1.2.3' };
    const { url } = await startNode(scope, { redis, env });
    expect(await refusal(url, forwarded('192.0.2.1'))).toBeUndefined();
    expect(await refusal(url, forwarded('192.0.2.1'))).toBe(429);
    expect(await refusal(url, forwarded('192.0.2.2'))).toBeUndefined();
    // The nearest hop that is no proxy counts; what stands before it may be made up.
    expect(await refusal(url, forwarded('198.51.100.7, 192.0.2.2, 10.1.2.3'))).toBe(429);
    expect(await refusal(url, forwarded('::ffff:192.0.2.2'))).toBe(429);
    expect(await refusal(url, forwarded('2001:db8::1'))).toBeUndefined();
    expect(await refusal(url, forwarded('2001:db8::1'))).toBe(429);
    // No address at all is still something to count by.
    expect(await refusal(url, forwarded('somebody, unknown'))).toBeUndefined();
    expect(await refusal(url, forwarded('unknown'))).toBe(429);
    expect(await refusal(url)).toBeUndefined();
    expect(await refusal(url)).toBe(429);
  });

  test('are counted by one address, in whatever form a proxy writes it', async () => {
    const env = { PARLEY_SOCKETS_PER_ADDRESS: '1', PARLEY_TRUSTED_PROXIES: '::ffff:127.0.0.1' };
    const { url } = await startNode(scope, { redis, env });
    expect(await refusal(url, forwarded('192.0.2.1:4711'))).toBeUndefined();
    expect(await refusal(url, forwarded('192.0.2.1'))).toBe(429);
    expect(await refusal(url, forwarded('[::ffff:c000:0201]:80'))).toBe(429);
    expect(await refusal(url, forwarded('[2001:DB8::1]:443'))).toBeUndefined();
    expect(await refusal(url, forwarded('2001:0db8:0:0:0:0:0:1'))).toBe(429);
    // A proxy that adds a line of its own behind the client's, instead of extending it.
    const twice = `GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n`;
    expect((await exchangeHttp(Number(new URL(url).port), twice)).status).toBe(429);
  });

  test('are counted by the address that the Forwarded header tells, where that is what proxies write', async () => {
    const env = {
      PARLEY_SOCKETS_PER_ADDRESS: '1',
      PARLEY_TRUSTED_PROXIES: '127.0.0.1',
      PARLEY_FORWARDED_HEADERS: 'Forwarded',
    };
    const { url } = await startNode(scope, { redis, env });
    const by = (value: string): RawOptions => ({ headers: { forwarded: value, 'x-forwarded-for': '6.6.6.6' } });
    expect(await refusal(url, by('for=198.51.100.7, For="[2001:db8::1]:4711";proto=https'))).toBeUndefined();
    expect(await refusal(url, by('for="[2001:DB8:0::1]"'))).toBe(429);
    expect(await refusal(url, by('for=192.0.2.1'))).toBeUndefined();
  });
});

const linesOf = (of: ServiceNode, text: string): LogLine[] => of.logs().filter(({ msg }) => msg === text);

describe('who is refused', () => {
  test('is counted by reason, and the log says what was compared with what', async () => {
    const env = {
      PARLEY_TRUSTED_PROXIES: '127.0.0.1',
      PARLEY_SOCKETS_PER_ADDRESS: '1',
      PARLEY_ALLOWED_ORIGINS: 'https://a.example',
    };
    const watched = await startNode(scope, { redis, env });
    const proxied = { 'x-forwarded-for': '192.0.2.1:4711', 'x-forwarded-host': 'Chat.example.com' };
    const wrong = { ...proxied, origin: 'https://B.example' };
    for (let n = 0; n < 3; n++) expect(await refusal(watched.url, { headers: wrong })).toBe(403);
    expect(await refusal(watched.url, { headers: proxied, subprotocol: 'chat' })).toBe(400);
    await watched.health('/ws');
    await openRaw(scope, watched.url, { headers: proxied });
    expect(await refusal(watched.url, { headers: proxied })).toBe(429);
    const metrics = await watched.metrics();
    const refused = (reason: string): number => metrics.sum('parley_upgrades_refused_total', { reason });
    expect(['origin', 'subprotocol', 'noUpgrade', 'tooManySockets', 'draining'].map(refused)).toEqual([3, 1, 1, 1, 0]);
    const lines = await eventually(() => {
      const told = linesOf(watched, 'a WebSocket is refused');
      expect(told).toHaveLength(4);
      return told;
    });
    const hosts = [`127.0.0.1:${watched.port}`, 'chat.example.com'];
    expect(lines).toEqual([
      // One line of each kind, however often it happens.
      expect.objectContaining({ reason: 'origin', origin: 'https://B.example', hosts, allowed: ['https://a.example'] }),
      expect.objectContaining({ reason: 'subprotocol', offered: 'chat', address: '192.0.2.1' }),
      expect.objectContaining({ reason: 'noUpgrade', address: '127.0.0.1' }),
      expect.objectContaining({ reason: 'tooManySockets', address: '192.0.2.1' }),
    ]);
  });

  test('by a login is logged with the address and the reason, and never with what was sent', async () => {
    const key = 'a-secret-of-at-least-32-bytes-in-length';
    const env = { PARLEY_AUTH: 'jwt', PARLEY_JWT_SECRET: key, PARLEY_TRUSTED_PROXIES: '127.0.0.1' };
    const watched = await startNode(scope, { redis, env });
    const headers = { 'x-forwarded-for': '192.0.2.1' };
    const secret = 'eyJhbGciOiJIUzI1NiJ9.e30.c2VjcmV0';
    for (const params of [[{ token: secret }], [secret], [{ token: secret, more: 1 }], [{}]]) {
      const guest = await openRaw(scope, watched.url, { headers, subprotocol: 'parley.v1.json' });
      guest.send(JSON.stringify([0, 1, 'login', params]));
      await guest.closed;
    }
    const bearer = await openRaw(scope, watched.url, { headers: { ...headers, authorization: `bearer  "${secret}"` } });
    expect(await bearer.closed).toMatchObject({ code: 4501 });
    const lines = await eventually(() => {
      const told = linesOf(watched, 'a login is refused');
      expect(told.map(({ code }) => code)).toEqual(['badToken', 'badArgument', 'noLogin']);
      return told;
    });
    for (const line of lines)
      expect(line).toMatchObject({ level: 30, address: '192.0.2.1', socket: expect.any(String) });
    expect(lines[0]?.['reason']).toMatch(/token/i);
    expect(JSON.stringify(watched.logs())).not.toContain(secret);
  });

  test('shows line by line where the log is at debug level', async () => {
    const watched = await startNode(scope, { redis, env: { PARLEY_LOG_LEVEL: 'debug' } });
    for (let n = 0; n < 3; n++) expect(await refusal(watched.url, withOrigin('https://a.example'))).toBe(403);
    const levels = (): unknown[] => linesOf(watched, 'a WebSocket is refused').map(({ level }) => level);
    await eventually(() => expect(levels()).toEqual([20, 20, 20]));
  });
});
