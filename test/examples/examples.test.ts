// The examples as a visitor has them: in a browser, on two nodes, with people who write what looks like HTML.
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, expect, test } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { serveExamples } from '../../config/examples/serve.mjs';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const executablePath = '/usr/bin/chromium';
const hostile = '<img src=x onerror="document.title=\'owned\'"><b>bold</b>';
let browser: Browser;
let urls: readonly string[] = [];
let origin = '';
/** What a page did that it should not: errors, broken rules of its policy, dialogs. */
const faults: string[] = [];

beforeAll(async () => {
  const { nodes } = await startService(scope, { nodes: 2, env: { PARLEY_ALLOWED_ORIGINS: '*' } });
  urls = nodes.map(({ url }) => url);
  const server: Server = await serveExamples({ urls: () => urls });
  scope.add(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  scope.add(() => browser.close());
});

/** A page of a browser of its own, whose owner has logged in. */
async function visit(example: string, name: string, button: string, before?: string): Promise<Page> {
  const context = await browser.newContext();
  scope.add(() => context.close());
  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`${name}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
  page.on('dialog', (dialog) => void dialog.dismiss().then(() => faults.push(`${name}: ${dialog.message()}`)));
  if (before !== undefined) await page.addInitScript(before);
  await page.goto(`${origin}/${example}.html`);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: button }).click();
  await page.getByRole('list', { name: 'Messages' }).waitFor();
  return page;
}

const linesOf = (page: Page): Promise<string[]> =>
  page.getByRole('list', { name: 'Messages' }).getByRole('listitem').allTextContents();

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByLabel('Message', { exact: true }).press('Enter');
}

test('a browser is where they look for it', () => {
  expect(existsSync(executablePath)).toBe(true);
});

test('a live stream: what is said is seen by all as text, and the screen is bounded whatever comes', async () => {
  const ann = await visit('live-stream', 'ann', 'Watch');
  // Pictures come seldom here, as on a machine that is busy.
  const slow = await visit('live-stream', 'slow', 'Watch', 'window.requestAnimationFrame = (f) => setTimeout(f, 1500)');
  const bob = await connectClient(scope, { urls: [...urls].reverse(), userName: 'bob' });
  await bob.join('live-stream');
  await say(ann, 'hello');
  await bob.next('roomMessage', (_, { textMessage }) => textMessage === 'hello');
  await bob.post('live-stream', { textMessage: hostile });
  await eventually(async () => expect(await linesOf(ann)).toEqual(['ann: hello', `bob: ${hostile}`]));
  await slow.getByRole('button', { name: 'Send a heart' }).click();
  await eventually(async () => expect(await ann.getByText('♥ 1').count()).toBe(1));
  await Promise.all(
    Array.from({ length: 400 }, (_, index) => bob.post('live-stream', { textMessage: `flood ${index}` })),
  );
  await eventually(async () => expect((await linesOf(ann)).at(-1)).toBe('bob: flood 399'));
  expect(await linesOf(ann)).toHaveLength(200);
  await eventually(async () => expect(await slow.getByText(/\d+ messages not shown/).count()).toBe(1));
  expect((await linesOf(slow)).length).toBeLessThanOrEqual(200);
  expect([await ann.title(), faults]).toEqual(['Live stream chat', []]);
}, 120_000);

test('a support inbox: agents share what customers write, what is unread, who is on it, and what is done', async () => {
  const eve = await visit('support-inbox', 'Eve', 'I help');
  const ann = await visit('support-inbox', 'ann', 'I need help');
  const customers = (page: Page) => page.getByRole('list', { name: 'Customers' }).getByRole('button');
  const shows = (page: Page, ...texts: readonly string[]): Promise<void> =>
    eventually(async () => expect(await customers(page).allTextContents()).toEqual(texts));
  await shows(eve, '● ann');
  const max = await visit('support-inbox', 'Max', 'I help');
  await say(ann, hostile);
  for (const agent of [eve, max]) await shows(agent, '● ann (1)');
  await eventually(async () => expect(await linesOf(ann)).toEqual([`ann: ${hostile} ✓`]));

  await customers(eve).click();
  // Said at once: it stands behind what is still being read.
  await say(eve, 'One moment');
  await eventually(async () =>
    expect(await linesOf(eve)).toEqual([`ann: ${hostile}`, expect.stringMatching(/^Eve: One moment/)]),
  );
  for (const agent of [eve, max]) await shows(agent, '● ann');
  await eventually(async () => expect(await linesOf(ann)).toEqual([`ann: ${hostile} ✓`, 'Eve: One moment']));

  await eve.getByRole('button', { name: 'I am on it' }).click();
  for (const agent of [eve, max]) await shows(agent, '● ann · Eve');
  await customers(max).click();
  await eventually(async () => expect((await linesOf(max)).at(-1)).toMatch(/^Eve: One moment/));
  await max.getByLabel('Which').selectOption('mine');
  await shows(max);
  // Who comes later finds it in the room.
  const zoe = await visit('support-inbox', 'Zoe', 'I help');
  await shows(zoe, '● ann · Eve');
  await eve.getByRole('button', { name: 'Done' }).click();
  for (const agent of [eve, zoe]) await shows(agent);
  await max.getByLabel('Which').selectOption('done');
  await shows(max, '● ann · Eve');
  // The customer has more to say: it is open again, and nobody's.
  await say(ann, 'One more thing');
  for (const agent of [eve, zoe]) await shows(agent, expect.stringMatching(/^● ann( \(1\))?$/) as unknown as string);
  await shows(max);
  await ann.context().close();
  await shows(zoe, expect.stringMatching(/^○ ann/) as unknown as string);
  expect([await eve.title(), faults]).toEqual(['Support inbox', []]);
}, 120_000);

test('two agents who take a customer at the same time: one gets it, and the other is told', async () => {
  const [eve, max] = [await visit('support-inbox', 'Eve', 'I help'), await visit('support-inbox', 'Max', 'I help')];
  await visit('support-inbox', 'tom', 'I need help');
  const tom = (page: Page) => page.getByRole('list', { name: 'Customers' }).getByRole('button', { name: /tom/ });
  for (const agent of [eve, max]) await tom(agent).click();
  const take = (page: Page) => page.getByRole('button', { name: 'I am on it' });
  for (const agent of [eve, max]) await eventually(async () => expect(await take(agent).isEnabled()).toBe(true));
  await Promise.all([eve, max].map((agent) => take(agent).click()));
  await eventually(async () => {
    const [one, other] = [await tom(eve).textContent(), await tom(max).textContent()];
    expect(one).toMatch(/ · (Eve|Max)$/);
    expect(other).toBe(one);
  });
  expect(faults).toEqual([]);
}, 120_000);

test('the server of the examples gives nothing else away', async () => {
  for (const path of [
    '/',
    '/README.md',
    '/serve.mjs',
    '/../../package.json',
    '/client/../main.js',
    '/%2e%2e/%2e%2e/src/main.ts',
    '/client/%2e%2e/main.js',
  ]) {
    expect([path, (await fetch(`${origin}${path}`)).status]).toEqual([path, 404]);
  }
  const page = await fetch(`${origin}/live-stream.html`);
  expect([page.status, page.headers.get('x-content-type-options')]).toEqual([200, 'nosniff']);
});
