// Somebody who uses the page: what they click, type and see, by what it is called. What should come of it is up to the tests.
import { expect } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import type { ServiceNode } from '../support/service.ts';

export const originOf = ({ port }: ServiceNode): string => `http://127.0.0.1:${port}`;

/** On the page of a node; `nodes` as somebody would type them. */
export async function logIn(page: Page, node: ServiceNode, userName: string, nodes = ''): Promise<void> {
  await page.goto(originOf(node));
  if (nodes !== '') {
    await page.getByText('Token and nodes').click();
    await page.getByLabel('Nodes to connect to').fill(nodes);
  }
  await page.getByLabel('Your name').fill(userName);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
}

export async function joinRoom(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Join or make a room' }).click();
  await page.getByLabel('Name of the room').fill(name);
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await page.getByRole('heading', { name: `# ${name}` }).waitFor();
}

/** With people whose names are apart by commas; without a title the one that there is is opened. */
export async function startConversation(page: Page, people: string, title = ''): Promise<void> {
  await page.getByRole('button', { name: 'New conversation' }).click();
  await page.getByRole('textbox', { name: 'People' }).fill(people);
  await page.getByLabel('Title').fill(title);
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('heading', title === '' ? { level: 1 } : { name: title }).waitFor();
}

export async function addContact(page: Page, userName: string): Promise<void> {
  await page.getByRole('button', { name: 'Add a contact' }).click();
  await page.getByLabel('Name of the contact').fill(userName);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { name: userName }).waitFor();
}

export async function say(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: /^Message to/ });
  await field.fill(text);
  await field.press('Enter');
}

/** What is read in the conversation that is open, oldest first. */
export const textsOn = (page: Page): Promise<string[]> => page.locator('.message .text').allTextContents();

export async function sees(page: Page, texts: readonly string[], timeoutMs = 45_000): Promise<void> {
  await eventually(async () => expect(await textsOn(page)).toEqual(texts), { timeoutMs });
}

/** A message by what it says, or a part of it. */
export const messageOn = (page: Page, text: string | RegExp): Locator =>
  page.locator('.message').filter({ has: page.locator('.text', { hasText: text }) });

/** Does to a message what its tools have under that name. */
export async function doTo(page: Page, text: string | RegExp, name: string): Promise<void> {
  const message = messageOn(page, text);
  await message.hover();
  await message.getByRole('button', { name, exact: true }).click();
}

/** Each reaction with its count, as it is read out, and `+` behind what is one's own. */
export const reactionsOn = (page: Page, text: string | RegExp): Promise<string[]> =>
  messageOn(page, text)
    .locator('.reaction')
    .evaluateAll((all) =>
      all.map((each) => `${each.getAttribute('aria-label')}${each.getAttribute('aria-pressed') === 'true' ? '+' : ''}`),
    );

/** What the list of conversations has, with what is unread of it. */
export const itemsOn = (page: Page): Promise<string[]> =>
  page.getByRole('navigation').getByRole('link').allInnerTexts();

/** Tabs on to what is called so, as somebody without a mouse does. */
export async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press('Tab');
    const reached = await page.evaluate(() => {
      const at = document.activeElement === document.body ? null : document.activeElement;
      const label = at instanceof HTMLTextAreaElement || at instanceof HTMLInputElement ? at.labels?.[0] : undefined;
      return at?.getAttribute('aria-label') ?? (label ?? at)?.textContent ?? '';
    });
    if (name.test(reached)) return;
    passed.push(reached);
  }
  throw new Error(`no ${name} among ${passed.join(' | ')}`);
}
