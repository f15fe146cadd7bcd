// Where the page is, and which nodes it connects to: what somebody types, and a proxy that has put it below a path.
import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { openPage, startBrowser } from '../support/browser.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';
import { joinRoom, logIn, say, sees } from './visitor.ts';

const scope = useScope();
let browser: Browser;
let service: Service<RedisServer>;
beforeAll(async () => {
  [browser, service] = await Promise.all([
    startBrowser(scope),
    startService(scope, { env: { PARLEY_ALLOWED_ORIGINS: '*' } }),
  ]);
});

/** A proxy that takes `/chat` off the path of what it passes on. Gives its port. */
async function startProxy(target: number): Promise<number> {
  const proxy = createServer((from) => {
    const to = connect(target, '127.0.0.1');
    from.on('data', (data) => {
      const text = data.toString('latin1');
      // What is not below its path is not the service's.
      if (/^GET \/(?!chat\/)/.test(text)) from.destroy();
      else to.write(text.replace(/^GET \/chat\//, 'GET /'), 'latin1');
    });
    to.pipe(from);
    for (const [one, other] of [[from, to] as const, [to, from] as const]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    scope.add(() => void from.destroy());
  }).listen(0, '127.0.0.1');
  scope.add(() => void proxy.close());
  await once(proxy, 'listening');
  return (proxy.address() as AddressInfo).port; // it listens on TCP
}

test('a proxy may have put it below a path', async () => {
  const port = await startProxy(service.node(0).port);
  const { page, complaints } = await openPage(scope, browser);
  await page.goto(`http://127.0.0.1:${port}/chat/`);
  await page.getByLabel('Your name').fill('pat');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText(`On 127.0.0.1:${port}`).waitFor();
  await joinRoom(page, 'below');
  await say(page, 'here');
  await sees(page, ['here']);
  expect(complaints).toEqual([]);
});

test('a node may be named by the address of its page', async () => {
  const { page } = await openPage(scope, browser);
  const { port } = service.node(1);
  await logIn(page, service.node(0), 'nan', `http://127.0.0.1:${port}/`);
  await page.getByText(`On 127.0.0.1:${port}`).waitFor();
});
