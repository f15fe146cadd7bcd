// Where somebody with the keyboard is after what they were at has gone, and how text stands that runs the other way.
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';
import { loginRpc } from '../../support/rpc.ts';
import { useScope } from '../../support/scope.ts';
import { joinRoom, messageOn, say, sees, startConversation, tabTo } from '../visitor.ts';
import { useVisits } from '../visits.ts';

const scope = useScope();
const visits = useVisits(scope);
const { visit } = visits;

const isAt = (page: Page, what: string | RegExp): Promise<void> =>
  eventually(async () => {
    const at = await page.evaluate(() => {
      const { ariaLabel, className, labels, textContent } = (document.activeElement ??
        document.body) as HTMLSelectElement;
      // Nowhere is where all of it is.
      return [ariaLabel, className, labels?.[0]?.textContent, ...(textContent.length < 80 ? [textContent] : [])].join(
        ' ',
      );
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

/** Presses it as somebody without a mouse does. */
const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('button', { name, exact: true }).first().press('Enter');

test('who changes what a room is called, or keeps it, goes on there', async () => {
  const [jo] = [await visit('jo'), await visit('kit', 1)];
  await startConversation(jo, 'kit', 'Before');
  await press(jo, 'About this room');
  await jo.getByLabel('Title').fill('After');
  await press(jo, 'Rename');
  await jo.getByRole('heading', { name: 'After' }).waitFor();
  await isAt(jo, /Rename$/);
  await press(jo, /^Delete for everybody/);
  await isAt(jo, /Delete$/);
  await press(jo, 'Keep');
  await isAt(jo, /Delete for everybody …$/);
  await press(jo, /^Delete for everybody/);
  await press(jo, 'Delete');
  await jo.getByText('Nothing open yet').waitFor();
  await isAt(jo, 'New conversation');
});

test('who removes a member is at the next one, or at the one before', async () => {
  const [lu] = [await visit('lu'), await visit('max', 1), await visit('nia'), await visit('oto')];
  await startConversation(lu, 'max, nia, oto', 'Crew');
  for (const [name, next] of [
    ['nia', /Ooto$/],
    ['oto', 'What to do about max'],
  ] as const) {
    await press(lu, `What to do about ${name}`);
    await press(lu, 'Remove');
    await eventually(async () => expect(await lu.getByRole('button', { name: `about ${name}` }).count()).toBe(0));
    await isAt(lu, next);
  }
  await press(lu, 'Add people');
  await lu.keyboard.press('Escape');
  await isAt(lu, 'Add people');
});

test('who dismisses news is at the next piece, and then where one was before', async () => {
  const page = await visit('pam');
  await joinRoom(page, 'quiet');
  await page.getByRole('textbox', { name: 'Message to quiet' }).focus();
  const owner = await loginRpc(scope, visits.service.node(1).url, 'quin');
  for (const title of ['One', 'Two'])
    await owner.call('conversationCreate', { members: ['pam'], attributes: { title } });
  await page.getByText('quin has added you to Two.').waitFor();
  await press(page, 'Dismiss');
  await isAt(page, 'news-piece');
  await tabTo(page, /^Dismiss$/);
  await page.keyboard.press('Enter');
  await isAt(page, 'Message to quiet');
  // What one is at stays so wherever it is moved.
  const one = page.getByRole('link', { name: /^One/ });
  await one.focus();
  const [, roomName = ''] = /#room\/(.+)$/.exec((await one.getAttribute('href')) ?? '') ?? [];
  await owner.call('roomJoin', roomName);
  await owner.call('roomMessage', roomName, { textMessage: 'up' });
  await page.getByRole('link', { name: /^One.*quin: up/ }).waitFor();
  await isAt(page, /^ item.*One/);
});

test('who is at a message that goes is at the list of messages, which stays where it is', async () => {
  const page = await visit('sam');
  await joinRoom(page, 'long');
  const other = await loginRpc(scope, visits.service.node(1).url, 'tom');
  await other.call('roomJoin', 'long');
  for (let n = 1; n <= 40; n++) await other.call('roomMessage', 'long', { textMessage: `line ${n}` });
  await page.getByText('line 40', { exact: true }).waitFor();
  const found = await page.getByRole('log').evaluate(async (log) => {
    const last = log.querySelector('li:last-of-type');
    if (!(last instanceof HTMLElement)) return 'no message';
    log.scrollTop = 50;
    last.focus({ preventScroll: true });
    const before = log.scrollTop;
    last.remove();
    await new Promise(requestAnimationFrame);
    return { isAtList: document.activeElement === log, moved: log.scrollTop - before };
  });
  expect(found).toEqual({ isAtList: true, moved: 0 });
});

test('on a phone who goes back to the list is at the conversation that was open', async () => {
  const page = await visit('ria', 0, { viewport: { width: 390, height: 844 } });
  for (const name of ['near', 'far']) {
    await joinRoom(page, name);
    await press(page, 'Back to the list');
  }
  await page.getByRole('link', { name: 'far' }).press('Enter');
  await page.getByRole('heading', { name: '# far' }).waitFor();
  await press(page, 'Back to the list');
  await isAt(page, /^ item.*far/);
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
