// How the page looks at a desk's and a phone's width, dark and light: axe finds nothing against it, and nothing sticks out.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openPage, startBrowser } from '../support/browser.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';
import { addContact, doTo, joinRoom, logIn, messageOn, originOf, say, sees, startConversation } from './visitor.ts';

interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
}
declare const axe: Axe;

const scope = useScope();
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser: Browser;
let service: Service<RedisServer>;
beforeAll(async () => {
  [browser, service] = await Promise.all([startBrowser(scope), startService(scope, { nodes: 1 })]);
});

/** Of what becomes of messages in the room that is open. */
async function lookAtMessages(page: Page, roomName: string, look: (what: string) => Promise<void>): Promise<void> {
  await say(page, 'mine');
  await doTo(page, 'mine', 'React with 👍');
  await page.getByRole('button', { name: '👍 1' }).waitFor();
  await look('a reaction, and the tools of a message');
  await doTo(page, 'mine', 'Answer');
  await look('an answer before it is written');
  await say(page, 'an answer');
  await doTo(page, 'an answer', 'Edit');
  await look('a message that is edited');
  await page.keyboard.type(', edited');
  await page.keyboard.press('Enter');
  await page.getByText('edited', { exact: true }).waitFor();
  await look('an answer that was edited');
  await doTo(page, 'mine', 'Recall');
  await look('whether it is to be recalled');
  await page.getByRole('button', { name: 'Recall', exact: true }).click();
  await messageOn(page, 'an answer, edited').getByText('Message recalled').waitFor();
  const writer = await loginRpc(scope, service.node(0).url, `writer-${roomName}`);
  await writer.call('roomJoin', roomName);
  await writer.call('roomMessage', roomName, { textMessage: 'It goes on', done: false });
  await messageOn(page, 'It goes on').waitFor();
  await look('a message that was recalled, and text that grows');
}

/** Of all that a conversation has, from the list and back to it. */
async function lookAtConversation(page: Page, width: number, look: (what: string) => Promise<void>): Promise<void> {
  const bea = await loginRpc(scope, service.node(0).url, 'bea');
  await page.getByRole('button', { name: 'New conversation' }).click();
  await look('the dialog');
  await page.keyboard.press('Escape');
  await startConversation(
    page,
    'bea',
    'A title that is much longer than the place that there is for it, on whatever screen',
  );
  const membersButton = page.getByRole('button', { name: /^Members/ });
  if (width < 500) await membersButton.click();
  await page.getByRole('button', { name: 'What to do about bea' }).click();
  await page.getByRole('button', { name: 'Silence for good' }).click();
  await page.getByText('silenced for good').waitFor();
  await look('members and what is done about one');
  await page.getByRole('button', { name: 'Close members' }).click();
  await page.getByRole('button', { name: 'About this room' }).click();
  await page.getByRole('button', { name: /^Delete for everybody/ }).click();
  await look('the settings');
  await page.getByRole('button', { name: 'Close settings' }).click();
  await say(page, 'to be found');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.getByLabel('Written by').press('Enter');
  await page.getByText('1 found').waitFor();
  await look('the search');
  await page.getByRole('button', { name: 'Close search' }).click();
  const made = await bea.call('conversationCreate', {
    members: [(await page.locator('.panel-words strong').first().textContent()) ?? ''],
    attributes: { title: 'News' },
  });
  await page.getByText('bea has added you to News.').waitFor();
  await look('a piece of news');
  await page.getByRole('button', { name: 'Dismiss' }).click();
  const { roomName } = made as { roomName: string };
  await bea.call('roomJoin', roomName);
  await bea.call('roomMessage', roomName, { textMessage: 'look' }, { mentionAll: true });
  if (width < 500) await page.getByRole('button', { name: 'Back to the list' }).click();
  await page.getByRole('link', { name: /News/ }).getByText('unread').waitFor();
  await look('a list with a mention');
}

async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => (await axe.run()).violations);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 200)}`),
  );
}

const overhang = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

describe.each([
  ['1280 px', 1280, 800],
  ['390 px', 390, 844],
])('at %s', (_, width, height) => {
  test.each(['light', 'dark'] as const)('%s', async (colorScheme) => {
    const { page, complaints } = await openPage(scope, browser, { viewport: { width, height }, colorScheme });
    const seen: Record<string, [string[], number]> = {};
    const look = async (what: string): Promise<void> => {
      seen[what] = [await faults(page), await overhang(page)];
    };
    await page.goto(originOf(service.node(0)));
    await page.getByText('Token and nodes').click();
    await look('the login');
    await logIn(page, service.node(0), `ada-${width}-${colorScheme}`);
    await look('an empty list');
    const roomName = `lobby-${width}-${colorScheme}`;
    await joinRoom(page, roomName);
    await say(page, 'A longer message, with awordthatistoolongforanyscreenthatthereis'.repeat(3));
    await page.locator('.message').first().waitFor();
    await look('a room');
    await lookAtMessages(page, roomName, look);
    await page.getByRole('button', { name: /^Members/ }).click();
    await look('a room, its members the other way');
    // Over the conversation it goes as soon as one presses beside it.
    if (width < 500) await page.mouse.click(20, 400);
    if (width < 500) await page.getByRole('button', { name: 'Close members' }).waitFor({ state: 'detached' });
    if (width < 500) await page.getByRole('button', { name: 'Back to the list' }).click();
    await lookAtConversation(page, width, look);
    await page.getByRole('button', { name: 'Frames' }).click();
    await look('the frames');
    await page.getByRole('button', { name: 'Close frames' }).click();
    await page.getByRole('button', { name: 'Pause' }).click();
    await look('a list while paused');
    const fine = Object.fromEntries(Object.keys(seen).map((what) => [what, [[], 0]]));
    expect(seen).toEqual(fine);
    expect(complaints).toEqual([]);
  });
});

test('what is there is named for who does not see it', async () => {
  const { page } = await openPage(scope, browser);
  await logIn(page, service.node(0), 'ada');
  await joinRoom(page, 'names');
  await say(page, 'hello');
  await sees(page, ['hello']);
  expect(await page.getByRole('log').getAttribute('aria-label')).toBe('Messages in names');
  expect(await page.getByRole('main').getAttribute('aria-label')).toBe('Room names');
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  const { page: other } = await openPage(scope, browser);
  await logIn(other, service.node(0), 'ben');
  await addContact(other, 'ada');
  expect(await other.getByRole('main').getAttribute('aria-label')).toBe('Conversation with ada');
});

test('what somebody calls themselves or says stays in its own place', async () => {
  const { page } = await openPage(scope, browser, { viewport: { width: 390, height: 844 } });
  await logIn(page, service.node(0), 'ada');
  await joinRoom(page, 'r'.repeat(128));
  const loud = await loginRpc(scope, service.node(0).url, 'w'.repeat(128));
  const tell = async (textMessage: string): Promise<unknown> =>
    loud.call('roomMessage', 'r'.repeat(128), { textMessage });
  await loud.call('roomJoin', 'r'.repeat(128));
  await tell('hello');
  await sees(page, ['hello']);
  const text = `z${'\u0301'.repeat(200)}`;
  await tell(text);
  await sees(page, ['hello', text]);
  const first = page.locator('.message-line').first();
  const shown = await first.screenshot();
  await page
    .locator('.text')
    .last()
    .evaluate((said: HTMLElement) => (said.style.visibility = 'hidden'));
  expect((await first.screenshot()).equals(shown)).toBe(true);
  const sticksOut = await page
    .locator('.bubble')
    .evaluateAll((bubbles) => bubbles.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth));
  expect(sticksOut).toEqual([0, 0]);
  expect(await overhang(page)).toBe(0);
});
