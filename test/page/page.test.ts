// The page at `/` in a real browser, on real nodes: people who talk across nodes, lose one of them, use two tabs, or no mouse.
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openPage, openTab, startBrowser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';
import { addContact, itemsOn, joinRoom, logIn, originOf, say, sees, tabTo, textsOn } from './visitor.ts';

const scope = useScope();
let browser: Browser;
let service: Service<RedisServer>;
beforeAll(async () => {
  [browser, service] = await Promise.all([
    startBrowser(scope),
    startService(scope, {
      env: { PARLEY_ALLOWED_ORIGINS: '*', PARLEY_NODE_LEASE_MS: '8000', PARLEY_PRESENCE_GRACE_MS: '0' },
    }),
  ]);
});

/** What the pages of a test complained of. A node that is gone is in the console of every browser. */
const complaints: (readonly string[])[] = [];
const isLoss = (text: string): boolean => /WebSocket connection to|ERR_CONNECTION_REFUSED/.test(text);
afterEach(() => {
  expect(
    complaints
      .splice(0)
      .flat()
      .filter((text) => !isLoss(text)),
  ).toEqual([]);
});

async function visit(userName: string, index = 0, options: BrowserContextOptions = {}, nodes = ''): Promise<Page> {
  const opened = await openPage(scope, browser, options);
  complaints.push(opened.complaints);
  await logIn(opened.page, service.node(index), userName, nodes);
  return opened.page;
}

test('people on two nodes talk; one node is killed, and both end with the same messages', async () => {
  const doomed = await service.addNode();
  const [ada, bob] = [await openPage(scope, browser), await visit('bob', 1)];
  complaints.push(ada.complaints);
  await logIn(ada.page, doomed, 'ada', `127.0.0.1:${doomed.port} 127.0.0.1:${service.node(0).port}`);
  await joinRoom(ada.page, 'lobby');
  await joinRoom(bob, 'lobby');
  await say(ada.page, 'one');
  await sees(bob, ['one']);
  await say(bob, 'two');
  await sees(ada.page, ['one', 'two']);
  await ada.page.getByText(`On 127.0.0.1:${doomed.port}`).waitFor();
  await doomed.kill();
  await say(bob, 'three');
  await ada.page.getByText('Not connected').waitFor();
  await say(ada.page, 'four');
  await ada.page.getByText(`On 127.0.0.1:${service.node(0).port}`).waitFor();
  await eventually(
    async () => {
      const [one, other] = [await textsOn(ada.page), await textsOn(bob)];
      expect(one).toEqual(other);
      expect(one.toSorted()).toEqual(['four', 'one', 'three', 'two']);
    },
    { timeoutMs: 30_000 },
  );
  await ada.page.getByText('2 people here').waitFor();
});

test('whatever a message says is text', async () => {
  const page = await visit('mallory');
  await joinRoom(page, 'markup');
  const texts = [
    '<script>document.title = "taken"</script>',
    '<img src=x onerror="document.title = 1">',
    '**a** [b](x)',
  ];
  for (const text of texts) await say(page, text);
  await sees(page, texts);
  await page.reload();
  await page.getByRole('heading', { name: '# markup' }).waitFor();
  await sees(page, texts);
  expect(await page.title()).toBe('Parley');
  expect(await page.locator('.message img, .message script, .message a').count()).toBe(0);
});

test('all can be done with the keyboard', async () => {
  const { page, complaints: told } = await openPage(scope, browser);
  complaints.push(told);
  await page.goto(originOf(service.node(0)));
  await page.getByLabel('Your name').waitFor();
  await page.keyboard.type('kay');
  await page.keyboard.press('Enter');
  await page.getByRole('navigation').waitFor();
  await tabTo(page, /^Join or make a room$/);
  await page.keyboard.press('Enter');
  await page.keyboard.type('keys');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '# keys' }).waitFor();
  await tabTo(page, /^Message to keys$/);
  await page.keyboard.type('two');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('lines');
  await page.keyboard.press('Enter');
  await sees(page, ['two\nlines']);
  await tabTo(page, /Frames/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Frames' }).waitFor();
  await page.keyboard.press('Escape');
  expect(await page.getByRole('heading', { name: 'Frames' }).count()).toBe(0);
  await page.keyboard.press('Shift+Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Pause');
});

test('two tabs of one user have the same rooms, and what is read in one is so in the other', async () => {
  const { page: first, context, complaints: told } = await openPage(scope, browser);
  const { page: second, complaints: others } = await openTab(context);
  complaints.push(told, others);
  await logIn(first, service.node(0), 'tina');
  await logIn(second, service.node(1), 'tina');
  await joinRoom(first, 'kitchen');
  await eventually(async () => expect(await itemsOn(second)).toEqual([expect.stringMatching(/kitchen$/)]));
  const tom = await visit('tom', 1);
  await joinRoom(tom, 'kitchen');
  await first.goto(`${originOf(service.node(0))}/#`);
  await first.getByText('Nothing open yet').waitFor();
  await say(tom, 'tea?');
  for (const page of [first, second]) await page.getByText('1 unread').waitFor();
  await second.getByRole('link', { name: /kitchen/ }).click();
  await sees(second, ['tea?']);
  await eventually(async () => expect(await first.getByText('1 unread').count()).toBe(0));
  await second.getByRole('button', { name: 'Leave' }).click();
  for (const page of [first, second]) await eventually(async () => expect(await itemsOn(page)).toEqual([]));
});

test('a conversation has an address: it can be opened by it, and the back button goes back', async () => {
  const page = await visit('adam');
  const owner = await loginRpc(scope, service.node(1).url, 'olive');
  await owner.call('roomCreate', 'by address');
  await page.goto(`${originOf(service.node(0))}/#room/by%20address`);
  await page.getByRole('heading', { name: '# by address' }).waitFor();
  await eventually(async () => expect(await itemsOn(page)).toEqual([expect.stringMatching(/by address$/)]));
  await joinRoom(page, 'second');
  await page.goBack();
  await page.getByRole('heading', { name: '# by address' }).waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Back to the list' }).click();
  await page.getByRole('link', { name: /second/ }).click();
  await page.getByRole('heading', { name: '# second' }).waitFor();
  await page.goBack();
  await page.getByRole('link', { name: /second/ }).waitFor();
});

test('what is being written is kept for each conversation, however long it is, and what is too long is told', async () => {
  const page = await visit('drafter');
  await joinRoom(page, 'drafts');
  const field = page.getByRole('textbox', { name: /^Message to/ });
  const long = 'as long as it takes, '.repeat(1_000);
  await field.fill(long);
  await joinRoom(page, 'elsewhere');
  expect(await field.inputValue()).toBe('');
  await page.goBack();
  await page.getByRole('heading', { name: '# drafts' }).waitFor();
  expect(await field.inputValue()).toBe(long);
  await field.press('Enter');
  await page.getByText('The message is too long.').waitFor();
  expect(await page.locator('.message').count()).toBe(1);
});

test('a tall message is folded until somebody wants all of it', async () => {
  const page = await visit('teller');
  await joinRoom(page, 'tales');
  const lines = Array.from({ length: 300 }, (_, i) => `line ${i}`);
  await say(page, lines.join('\n'));
  await sees(page, [`${lines.slice(0, 40).join('\n')} …`]);
  await page.getByRole('button', { name: 'Show all' }).click();
  await sees(page, [lines.join('\n')]);
});

test('nobody writes to oneself, whatever the address says', async () => {
  const page = await visit('narcissus');
  await page.goto(`${originOf(service.node(0))}/#direct/narcissus`);
  await page.getByRole('heading', { name: 'Nothing open yet' }).waitFor();
});

test('people write to each other: presence, typing, and what has been read', async () => {
  const [dora, emil] = [await visit('dora', 0), await visit('emil', 1)];
  await addContact(dora, 'emil');
  await dora.getByRole('main').getByText('online').waitFor();
  await dora.getByRole('textbox', { name: 'Message to emil' }).pressSequentially('hel');
  await say(dora, 'hello');
  await emil.getByText('1 unread').waitFor();
  await dora.getByText('Delivered').waitFor({ state: 'attached' });
  await emil.getByRole('link', { name: /dora/ }).click();
  await sees(emil, ['hello']);
  await dora.getByText('Read', { exact: true }).waitFor({ state: 'attached' });
  // It is told for a second only: until it is seen there is more to be typed.
  await eventually(async () => {
    await emil.getByRole('textbox', { name: 'Message to dora' }).pressSequentially('on');
    expect(await dora.getByText('emil is typing').count()).toBe(1);
  });
  await say(emil, 'on my way');
  await sees(dora, ['hello', 'on my way']);
  await emil.close();
  await dora
    .getByRole('main')
    .getByText(/last here|away/)
    .waitFor();
});

test('the connection is paused and resumed by hand; what is written meanwhile waits', async () => {
  const page = await visit('paul');
  await joinRoom(page, 'pauses');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused').waitFor();
  await say(page, 'later');
  await page.getByText('Being sent').waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('Sent', { exact: true }).waitFor({ state: 'attached' });
  await page.getByText(`On 127.0.0.1:${service.node(0).port}`).waitFor();
});

test('older messages come when one scrolls to them, and one stays where one reads', async () => {
  const writer = await loginRpc(scope, service.node(1).url, 'walt');
  await writer.call('roomCreate', 'long');
  await writer.call('roomJoin', 'long');
  for (let each = 1; each <= 130; each++) await writer.call('roomMessage', 'long', { textMessage: `line ${each}` });
  const page = await visit('rita');
  await joinRoom(page, 'long');
  await eventually(async () => expect((await textsOn(page)).at(-1)).toBe('line 130'));
  const shown = (await textsOn(page)).length;
  expect(shown).toBeLessThan(130);
  const log = page.getByRole('log');
  await log.evaluate((box) => box.scrollTo(0, 0));
  await eventually(async () => expect((await textsOn(page)).length).toBeGreaterThan(shown));
  // What was at the top is not pushed away by what came in above it.
  expect(await log.evaluate((box) => box.scrollTop)).toBeGreaterThan(0);
  await eventually(async () => {
    await log.evaluate((box) => box.scrollTo(0, 0));
    expect(await textsOn(page)).toHaveLength(130);
  });
  await page.getByRole('button', { name: 'To the newest' }).click();
  await page.getByText('line 130', { exact: true }).waitFor();
});

test('a login that is refused says why, and can be tried again; logging out forgets who it was', async () => {
  const { page, complaints: told } = await openPage(scope, browser);
  complaints.push(told);
  await page.goto(originOf(service.node(0)));
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('Please say who you are').waitFor();
  await page.getByLabel('Your name').fill('a:b');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('This is no name').waitFor();
  await page.getByLabel('Your name').fill('lou');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation').waitFor();
  await page.reload();
  await page.getByRole('navigation').waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Your name').waitFor();
  await page.reload();
  expect(await page.getByLabel('Your name').inputValue()).toBe('');
});

test('the frames tell what travels, without what is secret', async () => {
  const page = await visit('fred');
  await page.getByRole('button', { name: 'Frames' }).click();
  const table = page.getByRole('region', { name: 'Frames, oldest first' });
  await table.getByText('loginConfirmed').waitFor();
  const rows = await table.getByRole('row').allInnerTexts();
  expect(rows.find((row) => row.includes('loginConfirmed'))).toMatch(/in[\s\S]*notification[\s\S]*"resumeToken":"…"/);
  expect(rows.filter((row) => /\brequest \d+/.test(row)).length).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Hold' }).click();
  await page.getByRole('button', { name: 'Clear' }).click();
  await eventually(async () =>
    expect((await table.getByRole('row').allInnerTexts()).join()).not.toContain('loginConfirmed'),
  );
});
