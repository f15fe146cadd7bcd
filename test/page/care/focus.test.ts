// Where somebody with the keyboard is after what they were at has gone, and how text stands that runs the other way.
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';
import { useScope } from '../../support/scope.ts';
import { joinRoom, messageOn, say, sees, startConversation, tabTo } from '../visitor.ts';
import { useVisits } from '../visits.ts';

const scope = useScope();
const { visit } = useVisits(scope);

const isAt = (page: Page, what: string | RegExp): Promise<void> =>
  eventually(async () => {
    const at = await page.evaluate(() => {
      const { ariaLabel, className, labels } = (document.activeElement ?? document.body) as HTMLSelectElement;
      return [ariaLabel, className, labels?.[0]?.textContent].join(' ');
    });
    expect(at).toMatch(what);
  });

test('who closes the field for a name is at the button that opened it', async () => {
  const page = await visit('eva');
  for (const [name, label] of [
    ['Join or make a room', 'Name of the room'],
    ['Add a contact', 'Name of the contact'],
  ] as const) {
    await page.getByRole('button', { name }).click();
    await page.getByLabel(label).press('Escape');
    await isAt(page, name);
  }
  await joinRoom(page, 'here');
  await page.getByRole('button', { name: 'Join or make a room' }).click();
  await page.getByLabel('Name of the room').fill('here');
  await page.keyboard.press('Enter');
  await isAt(page, 'Join or make a room');
});

test('who keeps or recalls a message is at it, and its tools stay', async () => {
  const page = await visit('fay');
  await joinRoom(page, 'rows');
  await say(page, 'hello');
  await sees(page, ['hello']);
  const row = messageOn(page, 'hello');
  await row.focus();
  await tabTo(page, /^Recall$/);
  await page.keyboard.press('Enter');
  await tabTo(page, /^Keep$/);
  await page.keyboard.press('Enter');
  await isAt(page, /message is-own/);
  await tabTo(page, /^Recall$/);
  await page.keyboard.press('Enter');
  await page.getByText('Take it away for everybody?').waitFor();
  await page.keyboard.press('Enter');
  await sees(page, ['Message recalled']);
  await isAt(page, /message is-own/);
});

test('who sets how fast one writes, or silences somebody, stays there', async () => {
  const [gus] = [await visit('gus'), await visit('hob', 1)];
  await startConversation(gus, 'hob', 'Rules');
  await gus.getByRole('button', { name: 'What to do about hob' }).click();
  await gus.getByRole('button', { name: 'Silence for good' }).press('Enter');
  await gus.getByText('silenced for good').waitFor();
  await isAt(gus, 'About hob');
  await gus.getByRole('button', { name: 'About this room' }).click();
  const pace = gus.getByLabel(/^Slow mode/);
  await pace.focus();
  await pace.selectOption({ label: 'a minute' });
  await eventually(async () => expect(await pace.getAttribute('aria-disabled')).toBe('false'));
  await isAt(gus, 'Slow mode');
});

test('text from right to left begins at the right', async () => {
  const page = await visit('ivo');
  await joinRoom(page, 'ways');
  await say(page, 'a line that is long enough to make it wide\nabc\nשלום!');
  await page.locator('.text').waitFor();
  const gaps = await page.locator('.text').evaluate((text) => {
    const bubble = text.closest('.bubble')?.getBoundingClientRect() ?? new DOMRect();
    const rects = [...text.getClientRects()].filter(({ width }) => width > 0);
    return rects.map(({ left, right }) => (left - bubble.left < bubble.right - right ? 'left' : 'right'));
  });
  expect(gaps.slice(-2)).toEqual(['left', 'right']);
});
