// Conversations on the page: people on two nodes who make them, look after them, and are told what becomes of them.
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { addContact, itemsOn, joinRoom, originOf, say, sees, startConversation, tabTo } from './visitor.ts';
import { useVisits } from './visits.ts';

const scope = useScope();
const visits = useVisits(scope);
const { visit } = visits;

const members = (page: Page): Promise<string[]> =>
  page
    .getByRole('list', { name: /^Members/ })
    .getByRole('listitem')
    .allInnerTexts();

const about = (page: Page, userName: string, what: string): Promise<void> =>
  page
    .getByRole('group', { name: `About ${userName}` })
    .getByRole('button', { name: what, exact: true })
    .click();

test('a conversation is made with people, who are told, and see what is unread without being in it', async () => {
  const [ada, bob] = [await visit('ada', 0), await visit('bob', 1)];
  await startConversation(ada, 'bob', 'Tea at five');
  await bob.getByText('ada has added you to Tea at five.').waitFor();
  await say(ada, 'who is in?');
  await say(ada, 'me!');
  await eventually(async () =>
    expect(await itemsOn(bob)).toEqual([expect.stringMatching(/^Tea at five\s+ada: me!\s+2\s+unread/)]),
  );
  await bob.getByRole('link', { name: 'Open' }).click();
  await sees(bob, ['who is in?', 'me!']);
  await eventually(async () => expect((await itemsOn(bob)).join()).not.toContain('unread'));
  await say(bob, 'and me');
  await sees(ada, ['who is in?', 'me!', 'and me']);
  await ada.getByText('2 members, 2 here').waitFor();
  // The one where something was said last is the first.
  await startConversation(ada, 'bob', 'Cake');
  await eventually(async () =>
    expect((await itemsOn(ada)).map((item) => item.split('\n')[0])).toEqual(['Cake', 'Tea at five']),
  );
  await say(bob, 'still here?');
  await eventually(async () =>
    expect((await itemsOn(ada)).map((item) => item.split('\n')[0])).toEqual(['Tea at five', 'Cake']),
  );
  await bob.reload();
  await bob.getByRole('link', { name: /^Cake/ }).waitFor();
});

test('with the same people and no title one comes back to the same conversation, called by who is in it', async () => {
  const [fay] = [await visit('fay'), await visit('gus', 1)];
  await startConversation(fay, 'gus');
  await say(fay, 'hello');
  await fay.goto(`${originOf(visits.service.node(0))}/#`);
  await startConversation(fay, 'gus');
  await sees(fay, ['hello']);
  await eventually(async () => expect(await itemsOn(fay)).toEqual([expect.stringMatching(/^gus\s+You: hello/)]));
  await fay.getByRole('button', { name: 'New conversation' }).click();
  await fay.getByRole('textbox', { name: 'People' }).fill('nobody at all');
  await fay.getByRole('button', { name: 'Start' }).click();
  await fay.getByText('There is nobody called nobody at all.').waitFor();
  await fay.keyboard.press('Escape');
  expect(await fay.getByRole('dialog').count()).toBe(0);
  expect(await fay.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('New conversation');
});

test('an owner makes admins, silences, adds and removes; each sees what it means for it', async () => {
  const [ida, jon, kim] = [await visit('ida'), await visit('jon', 1), await visit('kim')];
  await startConversation(ida, 'jon', 'Rules');
  await jon.getByRole('link', { name: 'Open' }).click();
  await ida.getByRole('button', { name: 'Add people' }).click();
  await ida.getByLabel('Names, with commas between').fill('kim, who is this');
  await ida.getByRole('button', { name: 'Add', exact: true }).click();
  await ida.getByText('who is this: There is nobody called who is this.').waitFor();
  await ida.keyboard.press('Escape');
  await kim.getByText('ida has added you to Rules.').waitFor();
  await kim.getByRole('link', { name: 'Open' }).click();
  await eventually(async () =>
    expect(await members(ida)).toEqual([
      expect.stringMatching(/ida\s+you, owner/),
      expect.stringMatching(/jon/),
      expect.stringMatching(/kim/),
    ]),
  );

  await ida.getByRole('button', { name: 'What to do about jon' }).click();
  await about(ida, 'jon', 'Make admin');
  await eventually(async () => expect((await members(jon))[1]).toMatch(/jon\s+you, admin/));
  await about(ida, 'jon', 'Silence 10 min');
  await jon.getByText(/^You may read here, but not write: you are silenced until/).waitFor();
  expect(await jon.getByRole('textbox', { name: 'Message to Rules' }).getAttribute('readonly')).not.toBeNull();
  await eventually(async () => expect((await members(ida))[1]).toMatch(/silenced until/));
  await about(ida, 'jon', 'Let write again');
  await eventually(async () => expect(await jon.getByText(/^You may read here/).count()).toBe(0));
  await say(jon, 'thanks');
  await sees(ida, ['thanks']);

  await ida.getByRole('button', { name: 'What to do about kim' }).click();
  await about(ida, 'kim', 'Remove');
  await kim.getByText('ida has removed you from Rules.').waitFor();
  await kim.getByText('Nothing open yet').waitFor();
  await eventually(async () => expect(await itemsOn(kim)).toEqual([]));
  await eventually(async () => expect(await members(ida)).toHaveLength(2));
});

test('what a conversation is called, how fast one writes and whether it calls is set beside it; a member leaves it for good', async () => {
  const [leo, mia] = [await visit('leo'), await visit('mia', 1)];
  await startConversation(leo, 'mia', 'Old name');
  await mia.getByRole('link', { name: 'Open' }).click();
  await leo.getByRole('button', { name: 'About this room' }).click();
  await leo.getByLabel('Title').fill('<b>New</b> name');
  await leo.getByRole('button', { name: 'Rename' }).click();
  await mia.getByRole('heading', { name: '<b>New</b> name' }).waitFor();
  await leo.getByLabel(/^Slow mode/).selectOption({ label: 'a minute' });
  await mia.getByText('Slow mode: 60 seconds from one message of yours to the next.').waitFor();
  await mia.getByRole('button', { name: 'About this room' }).click();
  expect(await mia.getByLabel('Title').count()).toBe(0);
  await mia.getByLabel('Mute').click();
  await eventually(async () =>
    expect(await itemsOn(mia)).toEqual([expect.stringMatching(/New<\/b> name[\s\S]*muted/)]),
  );
  await mia.getByRole('button', { name: 'Leave for good' }).click();
  await mia.getByText('Nothing open yet').waitFor();
  await eventually(async () => expect(await itemsOn(mia)).toEqual([]));
  await leo.getByText('1 member, 1 here').waitFor();
  await leo.getByRole('button', { name: /^Delete for everybody/ }).click();
  await leo.getByRole('button', { name: 'Delete', exact: true }).click();
  await leo.getByText('Nothing open yet').waitFor();
  await eventually(async () => expect(await itemsOn(leo)).toEqual([]));
});

test('what was said is found by its author, type and day', async () => {
  const other = await loginRpc(scope, visits.service.node(1).url, 'otto');
  const nina = await visit('nina');
  await startConversation(nina, 'otto', 'Finds');
  const [, name = ''] = /#room\/(.+)$/.exec(nina.url()) ?? [];
  await other.call('roomJoin', name);
  for (let each = 1; each <= 25; each++) await other.call('roomMessage', name, { textMessage: `line ${each}` });
  await other.call('roomMessage', name, { textMessage: 'an image', type: -2 });
  await say(nina, 'mine');
  await nina.getByRole('button', { name: 'Search', exact: true }).first().click();
  await nina.getByLabel('Written by').fill('otto');
  await nina.getByLabel('Written by').press('Enter');
  const found = nina.getByRole('list', { name: 'Found messages' }).getByRole('listitem');
  await eventually(async () => expect(await found.count()).toBe(20));
  await nina.getByRole('button', { name: 'More' }).click();
  await eventually(async () => expect(await found.count()).toBe(26));
  await nina.getByLabel('Type of message').fill('-2');
  await nina.getByLabel('Written by').press('Enter');
  await eventually(async () => expect(await found.allInnerTexts()).toEqual([expect.stringMatching(/an image/)]));
  await nina.getByLabel('To', { exact: true }).fill('2020-01-01');
  await nina.getByLabel('Written by').press('Enter');
  await nina.getByText('Nothing found.').waitFor();
});

test('how somebody is is written once, and seen by contacts and beside names', async () => {
  const [pia, quin] = [await visit('pia'), await visit('quin', 1)];
  await addContact(pia, 'quin');
  await quin.getByRole('button', { name: 'Set a status' }).click();
  await quin.getByLabel('Your status').fill('back at two');
  await quin.keyboard.press('Enter');
  await quin.getByRole('button', { name: 'Your status: back at two. Change it' }).waitFor();
  await eventually(async () => expect(await itemsOn(pia)).toEqual([expect.stringMatching(/quin\s+back at two/)]));
  await pia.getByRole('main').getByText('online · back at two').waitFor();
  await pia.reload();
  await eventually(async () => expect(await itemsOn(pia)).toEqual([expect.stringMatching(/quin\s+back at two/)]));
});

test('a conversation is made and looked after with the keyboard alone', async () => {
  const [ron] = [await visit('ron'), await visit('sue', 1)];
  await tabTo(ron, /^New conversation$/);
  await ron.keyboard.press('Enter');
  await ron.getByRole('dialog').waitFor();
  await ron.keyboard.type('sue');
  await tabTo(ron, /^Title$/);
  await ron.keyboard.type('Keys');
  await ron.keyboard.press('Enter');
  await ron.getByRole('heading', { name: 'Keys' }).waitFor();
  await tabTo(ron, /^What to do about sue$/);
  await ron.keyboard.press('Enter');
  await tabTo(ron, /^Silence for good$/);
  await ron.keyboard.press('Enter');
  await eventually(async () => expect((await members(ron))[1]).toMatch(/silenced for good/));
  await tabTo(ron, /^Search$/);
  await ron.keyboard.press('Enter');
  await ron.getByRole('heading', { name: 'Search' }).waitFor();
  await ron.keyboard.press('Escape');
  expect(await ron.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Search');
});

test('a conversation for a while says when it ends; a live one counts who is there', async () => {
  const [tess, udo] = [await visit('tess'), await visit('udo', 1)];
  await tess.getByRole('button', { name: 'New conversation' }).click();
  await tess.getByRole('radio', { name: 'For a while' }).check();
  await tess.getByRole('textbox', { name: 'People' }).fill('udo');
  await tess.getByRole('button', { name: 'Start' }).click();
  await tess.getByRole('button', { name: 'About this room' }).click();
  await tess.getByText(/^It ends /).waitFor();
  await udo.getByRole('link', { name: 'Open' }).click();
  await say(udo, 'hello');
  await sees(tess, ['hello']);
  await tess.getByRole('button', { name: 'New conversation' }).click();
  await tess.getByRole('radio', { name: 'Live' }).check();
  await tess.getByLabel('Title').fill('Stream');
  await tess.getByRole('button', { name: 'Start' }).click();
  await tess.getByRole('heading', { name: 'Stream' }).waitFor();
  await udo.goto(tess.url().replace(originOf(visits.service.node(0)), originOf(visits.service.node(1))));
  await udo.getByText('2 people here').waitFor();
  await tess.getByText('2 people here').waitFor();
});

test('rooms stay in the groups in which another device has filed them; new ones go into one of the page', async () => {
  const { url } = visits.service.node(1);
  const synced = await loginRpc(scope, url, 'max', { credentials: { userName: 'max', enableSync: true } });
  for (const [room, group] of [
    ['filed', 'work'],
    ['filed-too', 'home'],
  ] as const) {
    await synced.call('roomCreate', room);
    await synced.call('roomJoin', room, { group });
  }
  const page = await visit('max');
  await page.getByRole('link', { name: /^filed-too/ }).click();
  await say(page, 'seen');
  await page.getByRole('link', { name: /^filed\b(?!-)/ }).click();
  await say(page, 'seen, too');
  await joinRoom(page, 'fresh');
  await say(page, 'hello');
  await page.reload();
  await page.getByRole('link', { name: /^fresh/ }).waitFor();
  expect(await synced.call('sessionGet')).toMatchObject({
    work: { filed: { group: 'work' } },
    home: { 'filed-too': { group: 'home' } },
    custom: { fresh: { group: 'custom' } },
  });
});
