// What somebody has begun on the page and not finished: it outlives a look elsewhere and a reload, and the page asks before it is lost.
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';
import { loginRpc } from '../../support/rpc.ts';
import { useScope } from '../../support/scope.ts';
import { doTo, joinRoom, messageOn, say, sees } from '../visitor.ts';
import { useVisits } from '../visits.ts';

const scope = useScope();
const visits = useVisits(scope);
const { visit } = visits;

const field = (page: Page) => page.getByRole('textbox', { name: /^Message to/ });
const editor = (page: Page) => page.getByRole('textbox', { name: 'Your message, changed' });

/** Reloads it as somebody who goes on when asked; resolves with whether they were. */
async function asksOnReload(page: Page): Promise<boolean> {
  const asked: string[] = [];
  const answer = (dialog: { type(): string; accept(): Promise<void> }): void => {
    asked.push(dialog.type());
    void dialog.accept();
  };
  page.on('dialog', answer);
  await page.reload();
  await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
  page.off('dialog', answer);
  return asked.includes('beforeunload');
}

test('a draft and what it answers are there again after another room and after a reload, which is asked about', async () => {
  const page = await visit('ann');
  await joinRoom(page, 'other');
  await joinRoom(page, 'drafts');
  await say(page, 'who brings cake?');
  await page.getByText('Sent', { exact: true }).waitFor({ state: 'attached' });
  expect(await asksOnReload(page)).toBe(false);
  await doTo(page, 'who brings cake?', 'Answer');
  await field(page).fill('I would');
  await page.getByRole('link', { name: 'other' }).click();
  await page.getByRole('heading', { name: '# other' }).waitFor();
  expect(await field(page).inputValue()).toBe('');
  await page.getByRole('link', { name: 'drafts' }).click();
  await page.getByText('Answers you').waitFor();
  expect(await field(page).inputValue()).toBe('I would');
  expect(await asksOnReload(page)).toBe(true);
  await page.getByText('Answers you').waitFor();
  expect(await field(page).inputValue()).toBe('I would');
  await field(page).press('Enter');
  await page.getByText('1 answer', { exact: true }).waitFor();
  await page.getByText('Sent', { exact: true }).nth(1).waitFor({ state: 'attached' });
  expect(await asksOnReload(page)).toBe(false);
  expect(await field(page).inputValue()).toBe('');
});

test('a reload is asked about while something waits to be sent', async () => {
  const page = await visit('ben');
  await joinRoom(page, 'queue');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused').waitFor();
  await say(page, 'later');
  await page.getByText('Being sent').waitFor({ state: 'attached' });
  expect(await asksOnReload(page)).toBe(true);
});

test('a reload is asked about while something was not sent, until it is discarded or its room is left', async () => {
  const page = await visit('bo');
  const tooLong = 'as long as it takes, '.repeat(1_000);
  for (const done of ['Discard', 'Leave']) {
    await joinRoom(page, 'refusals');
    await say(page, tooLong);
    await page.getByText('The message is too long.').waitFor();
    await say(page, 'this one is sent');
    await page.getByText('Sent', { exact: true }).first().waitFor({ state: 'attached' });
    expect(await asksOnReload(page)).toBe(true);
    await say(page, tooLong);
    await page.getByText('The message is too long.').waitFor();
    await page.getByRole('button', { name: done, exact: true }).click();
    await eventually(async () => expect(await page.getByText('The message is too long.').count()).toBe(0));
    expect(await asksOnReload(page)).toBe(false);
  }
});

test('who is taken out of a room is not asked about its draft, and has it again when let in again', async () => {
  const owner = await loginRpc(scope, visits.service.node(1).url, 'owner');
  await owner.call('roomCreate', 'doors');
  const page = await visit('eve');
  await joinRoom(page, 'doors');
  await field(page).fill('what I was about to');
  await owner.call('roomAddToList', 'doors', 'blacklist', ['eve']);
  await eventually(async () => expect(await field(page).count()).toBe(0));
  expect(await asksOnReload(page)).toBe(false);
  await owner.call('roomRemoveFromList', 'doors', 'blacklist', ['eve']);
  await joinRoom(page, 'doors');
  expect(await field(page).inputValue()).toBe('what I was about to');
});

test('who logs out leaves no draft behind', async () => {
  const page = await visit('cat');
  await joinRoom(page, 'secrets');
  await field(page).fill('for nobody');
  await eventually(async () => expect(await page.evaluate(() => JSON.stringify(sessionStorage))).toMatch(/for nobody/));
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Your name').waitFor();
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toMatch(/for nobody/);
});

test('a change that was begun is there again after another one was opened', async () => {
  const page = await visit('dan');
  await joinRoom(page, 'changes');
  await say(page, 'first');
  await say(page, 'second');
  await sees(page, ['first', 'second']);
  await doTo(page, 'first', 'Edit');
  await editor(page).fill('first, longer');
  await doTo(page, 'second', 'Edit');
  await eventually(async () => expect(await editor(page).inputValue()).toBe('second'));
  await messageOn(page, 'first').getByText('change not saved').waitFor();
  await doTo(page, 'first', 'Edit');
  await eventually(async () => expect(await editor(page).inputValue()).toBe('first, longer'));
  await editor(page).press('Enter');
  await sees(page, ['first, longer', 'second']);
  expect(await page.getByText('change not saved').count()).toBe(0);
  expect(await asksOnReload(page)).toBe(false);
});
