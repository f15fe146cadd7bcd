// The page's files as they are served: outside production only, with a policy that lets nothing else in, and so that browsers
// need not fetch them again. What the page does is in test/page.
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { exchangeHttp } from '../support/raw-http.ts';
import { useScope } from '../support/scope.ts';
import { startNode, type ServiceNode } from '../support/service.ts';

const scope = useScope();
let redis: RedisServer;
let node: ServiceNode;
beforeAll(async () => {
  redis = await startRedis(scope);
  node = await startNode(scope, { redis });
});

const ask = (path: string, init: RequestInit = {}, of: ServiceNode = node): Promise<Response> =>
  fetch(`http://127.0.0.1:${of.port}${path}`, { ...init, headers: { connection: 'close', ...init.headers } });

/** What the document names: its script, style and icon. */
async function assets(): Promise<string[]> {
  const html = await (await ask('/')).text();
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, path = '']) => new URL(path, 'http://localhost/').pathname,
  );
}

test('the log says where the page is', () => {
  const line = node.logs().find(({ msg }) => msg === 'listening');
  expect(line?.['page']).toBe(`http://127.0.0.1:${node.port}/`);
});

describe('the page', () => {
  test('is a document without inline code, and files with their content in their names', async () => {
    const html = await (await ask('/')).text();
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    const paths = await assets();
    expect(paths.map((path) => path.replace(/-[A-Z0-9]{8}\./, '-HASH.')).toSorted()).toEqual([
      '/page/icon-HASH.svg',
      '/page/page-HASH.css',
      '/page/page-HASH.js',
    ]);
    const types = await Promise.all(paths.map(async (path) => (await ask(path)).headers.get('content-type')));
    expect(types.map(String).toSorted()).toEqual([
      'image/svg+xml',
      'text/css; charset=utf-8',
      'text/javascript; charset=utf-8',
    ]);
  });

  test('lets in nothing from elsewhere', async () => {
    for (const path of ['/', ...(await assets())]) {
      const { headers } = await ask(path);
      const policy = headers.get('content-security-policy')?.split('; ') ?? [];
      expect([path, policy]).toEqual([
        path,
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self' ws: wss:",
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ]),
      ]);
      expect(policy.join()).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  test('is fetched once: files for ever, the document as long as it is the same', async () => {
    for (const path of ['/', ...(await assets())]) {
      const { headers } = await ask(path);
      expect(headers.get('cache-control')).toBe(path === '/' ? 'no-cache' : 'public, max-age=31536000, immutable');
      const again = await ask(path, { headers: { 'if-none-match': headers.get('etag') ?? '' } });
      expect([path, again.status, await again.text()]).toEqual([path, 304, '']);
    }
  });

  test('is small: zipped where that is taken, and the same where it is not', async () => {
    let bytes = 0;
    for (const path of ['/', ...(await assets())]) {
      const text = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
      const plain = await exchangeHttp(node.port, `${text}Accept-Encoding: gzip;q=0, br\r\n\r\n`);
      expect([path, plain.headers.get('content-encoding')]).toEqual([path, undefined]);
      const zipped = await exchangeHttp(node.port, `${text}Accept-Encoding: br, gzip\r\n\r\n`);
      expect([path, zipped.headers.get('content-encoding')]).toEqual([path, 'gzip']);
      expect(gunzipSync(Buffer.from(zipped.body, 'latin1')).toString('latin1')).toBe(plain.body);
      const head = await exchangeHttp(node.port, `${text.replace('GET', 'HEAD')}Accept-Encoding: gzip\r\n\r\n`);
      expect([path, head.body, head.headers.get('content-length')]).toEqual([path, '', `${zipped.body.length}`]);
      bytes += zipped.body.length;
    }
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(165_000);
  });

  test('answers GET and HEAD, and knows no other files', async () => {
    for (const path of ['/', ...(await assets())]) {
      const { status, headers } = await ask(path, { method: 'POST' });
      expect([path, status, headers.get('allow')]).toEqual([path, 405, 'GET, HEAD']);
    }
    for (const path of ['/page/', '/page/index.html', '/page/..%2f..%2fpackage.json', '/index.html', '/page/page.js']) {
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    }
  });
});

test('in production there is none', async () => {
  const paths = ['/', ...(await assets())];
  const production = await startNode(scope, { redis, env: { NODE_ENV: 'production', PARLEY_ALLOW_OPEN: 'on' } });
  for (const path of paths) expect([path, (await ask(path, {}, production)).status]).toEqual([path, 404]);
  expect(production.logs().find(({ msg }) => msg === 'listening')).not.toHaveProperty('page');
});
