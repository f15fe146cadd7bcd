// What a page says of rooms that one is out of, where news stand, and that names can be read on a phone.
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';
import { loginRpc } from '../../support/rpc.ts';
import { useScope } from '../../support/scope.ts';
import { joinRoom, say, sees } from '../visitor.ts';
import { useVisits } from '../visits.ts';

const scope = useScope();
const visits = useVisits(scope);
const { visit } = visits;

test('of a room that was deleted the page says so, and nothing else', async () => {
  const owner = await loginRpc(scope, visits.service.node(1).url, 'olga');
  const roomName = 'doomed';
  await owner.call('roomCreate', roomName);
  await owner.call('roomJoin', roomName);
  const page = await visit('jan');
  await joinRoom(page, roomName);
  await say(page, 'hello');
  await sees(page, ['hello']);
  await owner.call('roomDelete', roomName);
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
  await eventually(async () => expect(await page.getByRole('textbox', { name: /^Message to/ }).count()).toBe(0));
  const main = page.getByRole('main');
  for (const words of ['joining …', 'Loading …']) expect(await main.getByText(words).count()).toBe(0);
  // Neither of these is a wish that it be made.
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('There is no such room.').waitFor();
  await page.reload();
  await page.getByText('There is no such room.').waitFor();
  await expect(owner.call('roomInfo', roomName)).rejects.toThrow('noRoom');
  await page.getByRole('button', { name: 'Make it' }).click();
  await say(page, 'again');
  // The first message of another life of the room, which had one under that id before.
  await sees(page, ['again']);
});

test('of a room that was left in another tab the page says so as well', async () => {
  const [here, there] = [await visit('ned'), await visit('ned', 1)];
  for (const page of [here, there]) await joinRoom(page, 'left');
  await say(here, 'hello');
  await sees(there, ['hello']);
  await there.getByRole('button', { name: 'Leave', exact: true }).click();
  await here.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
  const main = here.getByRole('main');
  for (const words of ['joining …', 'Loading …']) expect(await main.getByText(words).count()).toBe(0);
  expect(await here.getByRole('textbox', { name: /^Message to/ }).count()).toBe(0);
});

test('news stand over the page and not on it, and go with the room that they are of', async () => {
  const page = await visit('kai');
  const owner = await loginRpc(scope, visits.service.node(1).url, 'lea');
  const made = await owner.call('conversationCreate', { members: ['kai'], attributes: { title: 'Club' } });
  const news = page.getByText('lea has added you to Club.');
  await news.waitFor();
  const [box, sidebar] = await Promise.all([
    page.locator('.news-piece').boundingBox(),
    page.locator('.sidebar').boundingBox(),
  ]);
  expect(sidebar?.y).toBe((box?.y ?? 0) + (box?.height ?? 0));
  const { roomName } = made as { roomName: string };
  await owner.call('roomMembersRemove', roomName, ['kai']);
  await page.getByText('lea has removed you from Club.').waitFor();
  await eventually(async () => expect(await news.count()).toBe(0));
  expect(await page.getByRole('link', { name: 'Open' }).count()).toBe(0);
});

const isCut = (page: Page): Promise<boolean> =>
  page.locator('.talk-title h1').evaluate((title) => title.scrollWidth > title.clientWidth);

test('on a phone the name of a room can be read, and one leaves it from its settings', async () => {
  const page = await visit('mo', 0, { viewport: { width: 390, height: 844 } });
  await joinRoom(page, 'General');
  await page.getByRole('button', { name: 'About this room' }).waitFor();
  expect(await isCut(page)).toBe(false);
  expect(await page.getByRole('button', { name: 'Leave', exact: true }).count()).toBe(0);
  await page.getByRole('button', { name: 'About this room' }).click();
  await page.getByRole('button', { name: 'Leave', exact: true }).click();
  await page.getByRole('heading', { name: 'Parley' }).waitFor();
  await eventually(async () => expect(await page.getByRole('link', { name: 'General' }).count()).toBe(0));
});

test('Enter that ends a word which is put together sends nothing', async () => {
  const page = await visit('nao');
  await joinRoom(page, 'words');
  const field = page.getByRole('textbox', { name: /^Message to/ });
  await field.fill('にほん');
  await field.evaluate((place) =>
    place.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true })),
  );
  expect(await field.inputValue()).toBe('にほん');
  await field.press('Enter');
  await sees(page, ['にほん']);
});
