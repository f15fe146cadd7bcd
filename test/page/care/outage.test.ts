// What the page says of what somebody wants while there is no connection: nothing is shown as done, and what waits is said to.
import { expect, test } from '@jest/globals';
import { useScope } from '../../support/scope.ts';
import { startConversation } from '../visitor.ts';
import { useVisits } from '../visits.ts';

const scope = useScope();
const { visit } = useVisits(scope);

test('a title that could not be saved is not shown, and can be tried again; a room that is to be joined is, later', async () => {
  const [una] = [await visit('una'), await visit('vic', 1)];
  await startConversation(una, 'vic', 'Before');
  await una.getByRole('button', { name: 'About this room' }).click();
  await una.getByRole('button', { name: 'Pause' }).click();
  await una.getByText('Paused').waitFor();
  await una.getByLabel('Title').fill('After');
  await una.getByRole('button', { name: 'Rename' }).click();
  await una.getByText('The service cannot be reached.').waitFor();
  expect(await una.getByRole('heading', { level: 1 }).innerText()).toBe('Before');
  await una.getByRole('button', { name: 'Join or make a room' }).click();
  await una.getByLabel('Name of the room').fill('later');
  await una.keyboard.press('Enter');
  await una.getByText('This is done as soon as there is a connection.').waitFor();
  await una.getByRole('button', { name: 'Resume' }).click();
  await una.getByRole('heading', { name: '# later' }).waitFor();
  await una.goBack();
  await una.getByRole('heading', { name: 'Before' }).waitFor();
  await una.getByRole('button', { name: 'About this room' }).click();
  await una.getByLabel('Title').fill('After');
  await una.getByRole('button', { name: 'Rename' }).click();
  await una.getByRole('heading', { name: 'After' }).waitFor();
});
