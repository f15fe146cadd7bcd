// Who may open a WebSocket at all: path, origin, subprotocol, sockets per address. What comes after the upgrade is not
// looked at beyond a first response.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { openRaw, type RawOptions } from '../support/raw-client.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startNode, type ServiceNode } from '../support/service.ts';

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
    expect(await node.health('/ws')).toMatchObject({ status: 404 });
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
    for (const subprotocol of [['chat'], ['parley.v2.json', 'constructor'], ['PARLEY.V1.JSON']]) {
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
});
