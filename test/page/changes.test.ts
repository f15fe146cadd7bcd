// Messages that change on the page: people on two nodes who edit, recall, react and answer, and text that is seen while it is written.
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { addContact, doTo, joinRoom, messageOn, reactionsOn, say, sees, tabTo, textsOn } from './visitor.ts';
import { useVisits } from './visits.ts';

const scope = useScope();
const visits = useVisits(scope);
const { visit } = visits;

async function together(one: string, other: string, roomName: string): Promise<[Page, Page]> {
  const pages: [Page, Page] = [await visit(one, 0), await visit(other, 1)];
  for (const page of pages) await joinRoom(page, roomName);
  return pages;
}

const edited = (page: Page): Promise<number> => page.getByText('edited', { exact: true }).count();
const activeLabel = (page: Page): Promise<string | null | undefined> =>
  page.evaluate(() => {
    const at = document.activeElement;
    return at instanceof HTMLTextAreaElement ? (at.labels[0]?.textContent ?? at.ariaLabel) : at?.className;
  });

test('a message is edited in its place, and recalled; both see the same, also who comes later', async () => {
  const [ada, bob] = await together('ada', 'bob', 'edits');
  await say(ada, 'tee at five');
  await say(ada, 'nobody should read this');
  await sees(bob, ['tee at five', 'nobody should read this']);
  await doTo(ada, 'tee at five', 'Edit');
  const field = ada.getByRole('textbox', { name: 'Your message, changed' });
  await field.fill('thrown away');
  await field.press('Escape');
  await sees(ada, ['tee at five', 'nobody should read this']);
  expect(await edited(ada)).toBe(0);
  await doTo(ada, 'tee at five', 'Edit');
  await field.fill('tea at five');
  await field.press('Enter');
  for (const page of [ada, bob]) {
    await sees(page, ['tea at five', 'nobody should read this']);
    await eventually(async () => expect(await edited(page)).toBe(1));
  }
  await doTo(ada, 'nobody should', 'Recall');
  await ada.getByRole('button', { name: 'Keep' }).click();
  await doTo(ada, 'nobody should', 'Recall');
  await ada.getByRole('button', { name: 'Recall', exact: true }).click();
  for (const page of [ada, bob]) await sees(page, ['tea at five', 'Message recalled']);
  // Neither is bob's to change, nor is what was recalled anybody's.
  await messageOn(bob, 'tea at five').hover();
  await bob.getByRole('button', { name: 'Answer' }).waitFor();
  for (const name of ['Edit', 'Recall']) expect(await bob.getByRole('button', { name, exact: true }).count()).toBe(0);
  await messageOn(ada, 'Message recalled').hover();
  await eventually(async () => expect(await ada.locator('.tools').count()).toBe(0));
  await bob.reload();
  await sees(bob, ['tea at five', 'Message recalled']);
  expect(await edited(bob)).toBe(1);
});

test("reactions are counted, one's own are marked, also after a reload, and taken back by the same press", async () => {
  const [cid, dan] = await together('cid', 'dan', 'reactions');
  await say(cid, 'done!');
  await sees(dan, ['done!']);
  await doTo(dan, 'done!', 'React with 🎉');
  await eventually(async () => expect(await reactionsOn(dan, 'done!')).toEqual(['🎉 1+']));
  await eventually(async () => expect(await reactionsOn(cid, 'done!')).toEqual(['🎉 1']));
  await cid.getByRole('button', { name: '🎉 1' }).click();
  for (const page of [cid, dan])
    await eventually(async () => expect(await reactionsOn(page, 'done!')).toEqual(['🎉 2+']));
  await dan.reload();
  await messageOn(dan, 'done!').hover();
  await eventually(async () => expect(await reactionsOn(dan, 'done!')).toEqual(['🎉 2+']));
  const pill = dan.getByRole('button', { name: '🎉 2' });
  expect(await pill.getAttribute('title')).toBe('cid, dan');
  await pill.click();
  await eventually(async () => expect(await reactionsOn(dan, 'done!')).toEqual(['🎉 1']));
  await eventually(async () => expect(await reactionsOn(cid, 'done!')).toEqual(['🎉 1+']));
});

test('an answer quotes what it answers and leads to it, however far back; answers are counted', async () => {
  const [eve, fin] = await together('eve', 'fin', 'answers');
  await say(eve, 'who brings cake?');
  await sees(fin, ['who brings cake?']);
  await doTo(fin, 'who brings cake?', 'Answer');
  await fin.getByText('Answers eve').waitFor();
  await say(fin, 'I do');
  await sees(eve, ['who brings cake?', 'I do']);
  await eve.getByText('1 answer', { exact: true }).waitFor();
  expect(await fin.getByRole('button', { name: 'Answer nothing' }).count()).toBe(0);
  const loud = await loginRpc(scope, visits.service.node(1).url, 'loud');
  await loud.call('roomJoin', 'answers');
  for (let each = 1; each <= 70; each++) await loud.call('roomMessage', 'answers', { textMessage: `line ${each}` });
  await doTo(fin, 'I do', 'Answer');
  await fin.getByRole('button', { name: 'Answer nothing' }).click();
  await loud.call('roomMessage', 'answers', { textMessage: 'also me', replyTo: 1 });
  await eve.reload();
  const quote = messageOn(eve, 'also me').getByRole('button', { name: /Answers You ?: who brings cake\?/ });
  await quote.waitFor();
  expect(await textsOn(eve)).not.toContain('who brings cake?');
  await quote.click();
  await eventually(async () => expect(await textsOn(eve)).toContain('who brings cake?'));
  await eve.getByText('2 answers', { exact: true }).waitFor();
  await eventually(async () => expect(await activeLabel(eve)).toMatch(/is-sought/));
  // What was quoted goes from quotes as well.
  await doTo(eve, 'who brings cake?', 'Recall');
  await eve.getByRole('button', { name: 'Recall', exact: true }).click();
  await fin.getByRole('button', { name: 'To the newest' }).click();
  await messageOn(fin, 'also me').getByText('Message recalled').waitFor();
});

test('text is seen while it is written, and told once it is there to who does not see it', async () => {
  const page = await visit('gil');
  await joinRoom(page, 'streams');
  const writer = await connectClient(scope, { urls: visits.service.node(1).url, userName: 'writer' });
  await writer.join('streams');
  const id = await writer.post('streams', { textMessage: 'One', done: false });
  const message = page.locator('.message');
  await sees(page, ['One']);
  expect(await message.getAttribute('aria-busy')).toBe('true');
  expect(await message.locator('.is-growing').count()).toBe(1);
  const append = (text: string, done?: boolean) =>
    writer.request('roomMessageAppend', { roomName: 'streams', id, text, options: done === undefined ? {} : { done } });
  await append(' two');
  await sees(page, ['One two']);
  expect(await page.getByRole('status').getByText('One two').count()).toBe(0);
  await append(' three.', true);
  await sees(page, ['One two three.']);
  await page.getByRole('status').getByText('writer: One two three.').waitFor({ state: 'attached' });
  expect(await message.locator('.is-growing').count()).toBe(0);
  expect(await edited(page)).toBe(0);
});

test('text to which nothing was added for a while is not finished; what is added is seen to grow by any clock', async () => {
  const page = await visit('kim');
  await joinRoom(page, 'silences');
  // To this machine all of it is two minutes old.
  await page.evaluate(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 120_000;
  });
  const writer = await connectClient(scope, { urls: visits.service.node(1).url, userName: 'writer' });
  await writer.join('silences');
  const id = await writer.post('silences', { textMessage: 'One', done: false });
  const message = page.locator('.message');
  await message.getByText('not finished').waitFor();
  expect(await message.locator('.is-growing').count()).toBe(0);
  await writer.request('roomMessageAppend', { roomName: 'silences', id, text: ' two' });
  await sees(page, ['One two']);
  // Whoever judged it by times would have done so by the time that others hear what came behind it.
  await writer.post('silences', { textMessage: 'Three' });
  await sees(page, ['One two', 'Three']);
  expect(await message.locator('.is-growing').count()).toBe(1);
  expect(await message.getByText('not finished').count()).toBe(0);
});

test("a bot answers from one's own tab, to everybody, and stops where its question is recalled", async () => {
  const [hal, ida] = await together('hal', 'ida', 'bots');
  await hal.getByRole('button', { name: 'Let a bot answer here' }).click();
  for (const page of [hal, ida])
    await eventually(async () => expect((await textsOn(page))[0]).toMatch(/watch me think\.$/));
  await say(ida, '@bot count to 5');
  for (const page of [hal, ida])
    await eventually(async () => expect((await textsOn(page)).at(-1)).toBe('1, 2, 3, 4, 5. Done!'));
  await messageOn(hal, 'Done!')
    .getByRole('button', { name: /Answers ida ?: @bot count to 5/ })
    .waitFor();
  await say(hal, '/bot');
  await hal.getByText('bot is here already').waitFor();
  await say(ida, '/ask for a tale');
  await eventually(async () => expect((await textsOn(hal)).at(-1)).toMatch(/^Once/));
  await doTo(ida, '/ask', 'Recall');
  await ida.getByRole('button', { name: 'Recall', exact: true }).click();
  for (const page of [hal, ida]) {
    await eventually(async () => expect((await textsOn(page)).at(-1)).toBe('Message recalled'));
    expect((await textsOn(page)).join()).not.toContain('it is there still');
  }
});

test('two people edit, recall and react between themselves', async () => {
  const [jan, kai] = [await visit('jan', 0), await visit('kai', 1)];
  await addContact(jan, 'kai');
  await addContact(kai, 'jan');
  await say(jan, 'lunsh?');
  await sees(kai, ['lunsh?']);
  await doTo(kai, 'lunsh?', 'React with 👍');
  await eventually(async () => expect(await reactionsOn(jan, 'lunsh?')).toEqual(['👍 1']));
  await jan.getByRole('textbox', { name: 'Message to kai' }).press('ArrowUp');
  await jan.getByRole('textbox', { name: 'Your message, changed' }).fill('lunch?');
  await jan.keyboard.press('Enter');
  await sees(kai, ['lunch?']);
  await eventually(async () => expect(await reactionsOn(kai, 'lunch?')).toEqual(['👍 1+']));
  await doTo(kai, 'lunch?', 'Answer');
  await say(kai, 'at one');
  await messageOn(jan, 'at one')
    .getByRole('button', { name: /Answers You ?: lunch\?/ })
    .waitFor();
  await doTo(kai, 'at one', 'Recall');
  await kai.getByRole('button', { name: 'Recall', exact: true }).click();
  await sees(jan, ['lunch?', 'Message recalled']);
});

test('all of it can be done with the keyboard', async () => {
  const [liv, max] = await together('liv', 'max', 'keys');
  for (const text of ['one', 'two', 'three']) await say(liv, text);
  await sees(max, ['one', 'two', 'three']);
  await liv.keyboard.press('Shift+Tab');
  expect(await activeLabel(liv)).toBe('messages');
  for (const key of ['ArrowUp', 'ArrowUp', 'Tab', 'Enter']) await liv.keyboard.press(key);
  await eventually(async () => expect(await reactionsOn(max, 'two')).toEqual(['👍 1']));
  await tabTo(liv, /^Edit$/);
  await liv.keyboard.press('Enter');
  expect(await activeLabel(liv)).toBe('Your message, changed');
  await liv.keyboard.type(' and a half');
  await liv.keyboard.press('Enter');
  await sees(max, ['one', 'two and a half', 'three']);
  // From where one was: on to the next one, and back to where one writes.
  await eventually(async () => expect(await activeLabel(liv)).toMatch(/^message /));
  await liv.keyboard.press('ArrowDown');
  await tabTo(liv, /^Recall$/);
  await liv.keyboard.press('Enter');
  await liv.keyboard.press('Enter');
  await sees(max, ['one', 'two and a half', 'Message recalled']);
  await tabTo(liv, /^Message to keys$/);
  await liv.keyboard.press('Shift+Tab');
  for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp']) await liv.keyboard.press(key);
  await tabTo(liv, /^Answer$/);
  await liv.keyboard.press('Enter');
  expect(await activeLabel(liv)).toBe('Message to keys');
  await liv.keyboard.type('four');
  await liv.keyboard.press('Enter');
  await messageOn(max, 'four')
    .getByRole('button', { name: /Answers liv ?: one/ })
    .waitFor();
});
