// HTTP as old checks, load balancers and scrapers speak it, byte by byte: versions, methods, hosts, targets, and connections that are
// kept or not. What the answers mean is in the tests of each path.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { exchangeHttp, type RawExchange } from '../support/raw-http.ts';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, apiKey } from '../support/server-api.ts';
import { startNode, type ServiceNode } from '../support/service.ts';

const scope = useScope();
let node: ServiceNode;
beforeAll(async () => {
  node = await startNode(scope, { redis: await startRedis(scope), env: apiEnv });
});

const operatorPaths = ['/healthz', '/readyz', '/metrics'];
const publicPaths = ['/healthz', '/readyz'];
const ports = (): [string, number, string[]][] => [
  ['the operator port', node.apiPort, operatorPaths],
  ['the public port', node.port, publicPaths],
];
const close = 'Host: x\r\nConnection: close\r\n\r\n';

describe('HTTP/1.0 on the operator port', () => {
  const ask = (text: string): Promise<RawExchange> => exchangeHttp(node.apiPort, text);

  test('is answered without a host, and the connection ends behind the answer', async () => {
    for (const path of operatorPaths) {
      for (const head of [
        `GET ${path} HTTP/1.0\r\n\r\n`,
        `GET ${path} HTTP/1.0\r\nUser-Agent: ELB-HealthChecker/1.0\r\n\r\n`,
      ]) {
        const answer = await ask(head);
        expect([path, answer.status, answer.headers.get('connection')]).toEqual([path, 200, 'close']);
        expect(answer.body).toHaveLength(Number(answer.headers.get('content-length')));
        expect(answer.body).toMatch(path === '/metrics' ? /^# HELP [\s\S]*\n$/ : /^\{"status":"ok",.*\}$/);
      }
    }
    // What HAProxy asks with a bare `option httpchk`: it wants a status that is none of 4xx or 5xx, hence a path.
    expect((await ask('OPTIONS / HTTP/1.0\r\n\r\n')).status).toBe(404);
    expect((await ask('GET /readyz HTTP/1.0\r\nHost: parley\r\n\r\n')).status).toBe(200);
  });

  test('keeps the connection for who asks to, with the length of each answer', async () => {
    const kept = 'GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
    const { text, headers } = await ask(`${kept}${kept}GET /readyz HTTP/1.0\r\n\r\n`);
    expect(headers.get('connection')).toBe('keep-alive');
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  });

  test('takes requests of the server API', async () => {
    const head = `POST /api/v1/hasRoom HTTP/1.0\r\nAuthorization: Bearer ${apiKey}\r\nContent-Length: 18\r\n\r\n`;
    const answer = await ask(`${head}{"params":["roo"]}`);
    expect([answer.status, answer.body]).toEqual([200, '{"result":false}']);
  });

  test('is refused on the public port, in so many words and at once: its library speaks HTTP/1.1 only', async () => {
    for (const path of publicPaths) {
      const answer = await exchangeHttp(node.port, `GET ${path} HTTP/1.0\r\nHost: x\r\n\r\n`);
      expect([answer.status, answer.body]).toEqual([505, expect.stringContaining('HTTP/1.0')]);
    }
  });
});

test('the operator port takes HTTP/1.1 without a host, and targets that name one', async () => {
  for (const head of [
    'GET /readyz HTTP/1.1\r\nConnection: close\r\n\r\n',
    `GET http://parley-1:8081/readyz HTTP/1.1\r\n${close}`,
    `GET /readyz?from=check#x HTTP/1.1\r\n${close}`,
  ]) {
    expect([head, (await exchangeHttp(node.apiPort, head)).status]).toEqual([head, 200]);
  }
  for (const target of [
    '*',
    '/',
    '//readyz',
    '/readyz/',
    '/api/v1/',
    'http://x',
    '/%72eadyz',
    '/__proto__',
    '/toString',
  ]) {
    const { status } = await exchangeHttp(node.apiPort, `GET ${target} HTTP/1.1\r\n${close}`);
    expect([target, status]).toEqual([target, 404]);
  }
  expect((await exchangeHttp(node.apiPort, 'nonsense\r\n\r\n')).status).toBe(400);
  expect((await exchangeHttp(node.apiPort, `GET /readyz HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).status).toBe(
    431,
  );
});

test('HEAD is answered as GET is, without the body', async () => {
  for (const [name, port, paths] of ports()) {
    for (const path of paths) {
      const [head, get] = [
        await exchangeHttp(port, `HEAD ${path} HTTP/1.1\r\n${close}`),
        await exchangeHttp(port, `GET ${path} HTTP/1.1\r\n${close}`),
      ];
      expect([name, path, head.status, head.body]).toEqual([name, path, get.status, '']);
      const known = ({ headers }: RawExchange): (string | undefined)[] =>
        ['content-type', 'cache-control'].map((header) => headers.get(header));
      expect(known(head)).toEqual(known(get));
      // Metrics grow by digits between the two.
      expect(Math.abs(Number(head.headers.get('content-length')) - get.body.length)).toBeLessThan(
        path === '/metrics' ? 500 : 1,
      );
    }
    const nowhere = await exchangeHttp(port, `HEAD /nowhere HTTP/1.1\r\n${close}`);
    expect([name, nowhere.status, nowhere.body]).toEqual([name, 404, '']);
  }
});

test('a connection on which HEAD was asked answers what comes next', async () => {
  for (const [name, port] of ports()) {
    const asked = `HEAD /readyz HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\n${close}`;
    const { text } = await exchangeHttp(port, asked, { until: /\{.*\}/ });
    expect([name, text.match(/HTTP\/1\.1 \d+/g)]).toEqual([name, ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']]);
  }
});

test('other methods are told which there are', async () => {
  for (const [name, port, paths] of ports()) {
    for (const path of paths) {
      for (const method of ['OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE']) {
        const { status, headers, body } = await exchangeHttp(port, `${method} ${path} HTTP/1.1\r\n${close}`);
        expect([name, path, method, status, headers.get('allow'), body]).toEqual([
          name,
          path,
          method,
          405,
          'GET, HEAD',
          '',
        ]);
      }
    }
  }
  for (const method of ['OPTIONS', 'HEAD', 'GET']) {
    const { status, headers, body } = await exchangeHttp(node.apiPort, `${method} /api/v1/ping HTTP/1.1\r\n${close}`);
    expect([method, status, headers.get('allow')]).toEqual([method, 405, 'POST']);
    expect(body === '').toBe(method === 'HEAD');
  }
  const socket = await exchangeHttp(node.port, `POST /ws HTTP/1.1\r\nContent-Length: 0\r\n${close}`);
  expect([socket.status, socket.headers.get('allow')]).toEqual([405, 'GET']);
});

test('who closes its own direction behind a request still gets the answer', async () => {
  for (const path of operatorPaths) {
    const { status } = await exchangeHttp(node.apiPort, `GET ${path} HTTP/1.0\r\n\r\n`, { halfClose: true });
    expect([path, status]).toEqual([path, 200]);
  }
});
