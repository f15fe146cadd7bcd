// How messages scroll on the page: a history longer than what is kept at once, and what comes or grows while somebody reads.
import { expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { joinRoom, messageOn, say, textsOn } from './visitor.ts';
import { useVisits } from './visits.ts';

const scope = useScope();
const visits = useVisits(scope);

interface Seen {
  readonly text: string;
  readonly top: number;
}

const lineOf = (text: string | undefined): number => Number(text?.replace('line ', ''));
const logOn = (page: Page): Locator => page.getByRole('log');
const newest = (page: Page): Locator => page.getByRole('button', { name: 'To the newest' });

/** Scrolls there, where a place is given, and tells what is in view at once, before anything can come in. */
const view = (page: Page, to?: number): Promise<Seen[]> =>
  logOn(page).evaluate((box, place) => {
    if (place !== undefined) box.scrollTop = place;
    const { top, bottom } = box.getBoundingClientRect();
    const rows = Array.from(box.querySelectorAll('.message .text'), (text) => ({
      text,
      rect: text.getBoundingClientRect(),
    }));
    return rows
      .filter(({ rect }) => rect.top >= top && rect.bottom <= bottom)
      .map(({ text, rect }) => ({ text: text.textContent, top: Math.round(rect.top) }));
  }, to);

/** It is in view where it was. */
async function stays(page: Page, seen: Seen | undefined): Promise<void> {
  const now = (await view(page)).find(({ text }) => text === seen?.text);
  expect(now?.text).toBe(seen?.text);
  expect(Math.abs((now?.top ?? 0) - (seen?.top ?? 0))).toBeLessThanOrEqual(2);
}

async function writeLines(userName: string, roomName: string, count: number): Promise<User> {
  const writer = await loginRpc(scope, visits.service.node(1).url, userName);
  await writer.call('roomCreate', roomName);
  await writer.call('roomJoin', roomName);
  await writeOn(writer, roomName, 1, count);
  return writer;
}

async function writeOn(writer: User, roomName: string, from: number, to: number): Promise<void> {
  for (let each = from; each <= to; each++) await writer.call('roomMessage', roomName, { textMessage: `line ${each}` });
}

/** Scrolls to the beginning of what is there until the line is there, or so many. */
async function loadUpTo(page: Page, line: number): Promise<void> {
  await eventually(async () => {
    await view(page, 0);
    expect(lineOf((await textsOn(page))[0])).toBeLessThanOrEqual(line);
  });
}

test('a history longer than what is kept is read to its beginning and back, and nothing jumps', async () => {
  await writeLines('wanda', 'annals', 420);
  const page = await visits.visit('rhea');
  await joinRoom(page, 'annals');
  await eventually(async () => expect((await textsOn(page)).at(-1)).toBe('line 420'));
  for (let first = 420; first > 1;) {
    const [seen] = await view(page, 0);
    first = lineOf(seen?.text);
    await eventually(async () => {
      if (first > 1) expect(lineOf((await textsOn(page))[0])).toBeLessThan(first);
      await stays(page, seen);
    });
  }
  expect((await textsOn(page)).length).toBeLessThanOrEqual(200);
  for (let last = 0; last < 420;) {
    const seen = (await view(page, 1e6)).at(-1);
    last = lineOf(seen?.text);
    await eventually(async () => {
      if (last < 420) expect(lineOf((await textsOn(page)).at(-1))).toBeGreaterThan(last);
      await stays(page, seen);
    });
  }
  await newest(page).waitFor({ state: 'detached' });
});

test('what is said, and what changes above, does not move what one reads', async () => {
  const writer = await writeLines('will', 'steady', 200);
  const page = await visits.visit('ruth');
  await joinRoom(page, 'steady');
  await eventually(async () => expect((await textsOn(page)).at(-1)).toBe('line 200'));
  await loadUpTo(page, 1);
  const seen = (await view(page, 2_000))[2];
  await writeOn(writer, 'steady', 201, 206);
  await eventually(async () => expect((await textsOn(page)).at(-1)).toBe('line 206'));
  expect((await textsOn(page))[0]).toBe('line 7');
  await stays(page, seen);
  await writer.call('roomMessageReact', 'steady', 10, '🎉');
  await messageOn(page, /^line 10$/)
    .locator('.reaction')
    .waitFor({ state: 'attached' });
  await stays(page, seen);
  await newest(page).click();
  await eventually(async () => expect((await view(page)).at(-1)?.text).toBe('line 206'));
});

test('a quote far back is come to, and the newest again', async () => {
  const writer = await writeLines('wim', 'quoted', 330);
  await writer.call('roomMessage', 'quoted', { textMessage: 'as was said', replyTo: 40 });
  const page = await visits.visit('rob');
  await joinRoom(page, 'quoted');
  await messageOn(page, 'as was said')
    .getByRole('button', { name: /line 40/ })
    .click();
  await eventually(async () =>
    expect(await page.evaluate(() => document.activeElement?.querySelector('.text')?.textContent)).toBe('line 40'),
  );
  await eventually(async () => expect((await view(page)).map(({ text }) => text)).toContain('line 40'));
  await newest(page).click();
  await eventually(async () => expect((await view(page)).at(-1)?.text).toBe('as was said'));
  await newest(page).waitFor({ state: 'detached' });
});

test('what waits to be sent is looked at once, and keeps nobody from reading', async () => {
  await writeLines('wes', 'waiting', 70);
  const page = await visits.visit('ria');
  await joinRoom(page, 'waiting');
  await eventually(async () => expect((await textsOn(page)).at(-1)).toBe('line 70'));
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused').waitFor();
  await view(page, 300);
  await say(page, 'first');
  await eventually(async () => expect((await view(page)).at(-1)?.text).toBe('first'));
  const [seen] = await view(page, 0);
  // What is older is asked for, which changes the list.
  await page.getByText('Loading …').waitFor();
  await stays(page, seen);
});

test('a message that is opened stays in view, with the focus, and the next one does not push it away', async () => {
  const writer = await writeLines('wolf', 'unfolding', 30);
  const long = Array.from({ length: 200 }, (_, each) => `row ${each}`).join('\n');
  await writer.call('roomMessage', 'unfolding', { textMessage: long });
  const page = await visits.visit('roy');
  await joinRoom(page, 'unfolding');
  const button = page.getByRole('button', { name: 'Show all' });
  await button.waitFor();
  const before = await logOn(page).evaluate((box) => box.scrollTop);
  expect(await newest(page).count()).toBe(0);
  await button.click();
  await newest(page).waitFor();
  expect(await page.evaluate(() => document.activeElement?.classList.contains('message'))).toBe(true);
  await writer.call('roomMessage', 'unfolding', { textMessage: 'next' });
  await messageOn(page, /^next$/).waitFor({ state: 'attached' });
  expect(await logOn(page).evaluate((box) => box.scrollTop)).toBe(before);
});
