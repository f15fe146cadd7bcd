// The hook that decides what one user sees of another.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { told, toldOf, useHookedWorld } from './hooked-service.ts';

const world = useHookedWorld();

test('is asked for the profiles of others, and says which fields they have, but not who they are', async () => {
  const viewer = await world.login();
  const shown = async (word: string): Promise<object> => {
    const user = await world.login();
    await user.call('profileSet', { word });
    expect(await user.call('profileGet')).toMatchObject({ word });
    const { userName, status, ...fields } = Object(await viewer.call('profileGet', user.userName));
    expect({ userName, status }).toEqual({ userName: user.userName, status: 'online' });
    const asked = { userName: user.userName, viewer: viewer.userName, fields: { word } };
    expect(await toldOf(world.service.node(0), 'profileOf', user.userName)).toEqual(asked);
    return fields;
  };
  // Who is only asked whether it is online has no profile to show.
  const unseen = await world.login();
  expect(await viewer.call('usersOnline', [unseen.userName])).toEqual([unseen.userName]);
  expect(told(world.service.node(0), 'profileOf')).toEqual([]);
  const none = { lastOnline: null };
  expect(await shown('open')).toEqual({ ...none, word: 'open' });
  expect(await shown('masked')).toEqual({ ...none, nick: `for ${viewer.userName}` });
  // What it refuses, or fails to say, is not shown.
  for (const word of ['refuse', 'throw', 'reject', 'hang', 'nonsense', 'typo', 'huge', 'wrong']) {
    expect([word, await shown(word)]).toEqual([word, none]);
  }
});

test('no list fails for one of its profiles, and nobody is asked about oneself', async () => {
  const viewer = await world.login();
  const contacts = await Promise.all(
    ['masked', 'throw'].map(async (word) => {
      const contact = await world.login();
      await contact.call('profileSet', { word });
      expect(await viewer.call('contactAdd', contact.userName)).toMatchObject({ userName: contact.userName });
      return contact;
    }),
  );
  const shown = (i: number): object => ({ userName: contacts[i]?.userName, status: 'online', lastOnline: null });
  const list = await viewer.call('contactList');
  expect(list).toHaveLength(2);
  expect(list).toEqual(expect.arrayContaining([{ ...shown(0), nick: `for ${viewer.userName}` }, shown(1)]));
  await viewer.call('profileSet', { word: 'throw' });
  expect(await viewer.call('profileGet', viewer.userName)).toMatchObject({ word: 'throw' });
});

test('once it is late for a list it is not asked for the rest of it, which has no fields', async () => {
  const viewer = await world.login();
  const asked = (): number =>
    told(world.service.node(0), 'profileOf').filter((one) => Object(one)['viewer'] === viewer.userName).length;
  for (let i = 0; i < 12; i++) {
    const contact = await world.login();
    await viewer.call('contactAdd', contact.userName);
    await contact.call('profileSet', { word: 'hang' });
  }
  await eventually(() => expect(asked()).toBe(12));
  const list = await viewer.call('contactList');
  expect(list).toHaveLength(12);
  expect(JSON.stringify(list)).not.toContain('hang');
  await eventually(() => expect(asked()).toBe(22));
});
