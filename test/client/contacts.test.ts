// Contacts and users: a live map, read when it is first used, kept by what is told, and read again after each login.
import { expect, test } from '@jest/globals';
import type { User } from '../../src/client/user/user.ts';
import { Kept } from '../../src/client/user/kept.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { connectClient, createTestClient, failureOf, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { authData, startFake, type FakeService, type Received } from './fake-service.ts';

const scope = useScope();
const reconnect = { minDelayMs: 1, maxDelayMs: 5 };

interface Started {
  readonly service: FakeService;
  readonly client: TestClient;
  /** Sends notifications over the newest connection. */
  readonly tell: (...notifications: [string, ...(ValueMap | string)[]][]) => void;
}

async function start(): Promise<Started> {
  const service = await startFake(scope);
  let login: Received | undefined;
  service.login = (request) => {
    login = request;
    request.answer(authData());
  };
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect });
  return { service, client, tell: (...notifications) => login?.send(notifications) };
}

const profile = (userName: string, status = 'offline', fields: ValueMap = {}): ValueMap => ({
  userName,
  status,
  lastOnline: null,
  ...fields,
});

const page = (contacts: ValueMap[], cursor: string | null = null): ValueMap => ({ contacts, cursor, count: 9 });

/** What it is told from now on, in order: event and name. */
function heard(client: TestClient): string[] {
  const told: string[] = [];
  client.contacts.onAny((event, user) => told.push(`${event} ${(user as User).userName}`));
  return told;
}

test('the list is read when it is first used, page by page, and its users are those of the client', async () => {
  const { service, client } = await start();
  expect(service.waiting).toEqual([]);
  expect(client.contacts.size).toBe(0);
  const first = await service.next('contactList');
  first.answer(page([profile('bob', 'online', { fullName: 'Bob B.' })], 'next'));
  const second = await service.next('contactList');
  expect(second.params[0]).toMatchObject({ cursor: 'next' });
  second.answer(page([profile('carol')]));
  await eventually(() => expect([...client.contacts.keys()]).toEqual(['bob', 'carol']));
  const bob = client.contacts.get('bob');
  expect(bob).toBe(client.user('bob'));
  expect(bob).toMatchObject({ status: 'online', lastOnline: null, profile: { fullName: 'Bob B.' } });
  expect([...client.contacts]).toEqual([...client.contacts.entries()]);
  client.contacts.forEach((user, userName, map) => expect([user.userName, map]).toEqual([userName, client.contacts]));
  expect(service.waiting).toEqual([]);
});

test('what is told is in place before its event, in order, and what is told while the list is read is newer', async () => {
  const { service, client, tell } = await start();
  const told = heard(client);
  const list = await service.next('contactList');
  tell(
    ['contactAdded', profile('dave')],
    ['contactRemoved', 'carol'],
    ['contactStatusChanged', { userName: 'bob', status: 'online', lastOnline: 5 }],
  );
  client.contacts.once('added', (user) => expect(client.contacts.get(user.userName)).toBe(user));
  await client.next('contactStatusChanged');
  list.answer(page(['bob', 'carol', 'erin'].map((name) => profile(name))));
  await eventually(() => expect(told).toEqual(['added dave', 'added bob', 'added erin']));
  expect(client.contacts.get('bob')).toMatchObject({ status: 'online', lastOnline: 5 });
  tell(['contactRemovedEcho', 'erin'], ['contactAddedEcho', profile('erin')], ['contactAddedEcho', profile('erin')]);
  tell(['contactStatusChanged', { userName: 'erin', status: 'online', lastOnline: 7 }]);
  tell(['contactStatusChanged', { userName: 'stranger', status: 'online', lastOnline: 7 }]);
  client.contacts.once('status', (user) => expect(user).toMatchObject({ status: 'online', lastOnline: 7 }));
  await eventually(() => expect(told.slice(3)).toEqual(['removed erin', 'added erin', 'status erin']));
});

test('after each login it is read again, and differences are told', async () => {
  const { service, client } = await start();
  const told = heard(client);
  (await service.next('contactList')).answer(page(['bob', 'carol'].map((name) => profile(name))));
  await eventually(() => expect(told).toHaveLength(2));
  service.cut();
  const cut = await service.next('contactList');
  // A second loss, in the middle of it.
  cut.cut();
  const list = await service.next('contactList');
  list.refuse('tooManyRequests', 5);
  (await service.next('contactList')).answer(page([profile('carol', 'online'), profile('dave')]));
  await eventually(() => expect(told.slice(2)).toEqual(['status carol', 'added dave', 'removed bob']));
  expect(service.waiting).toEqual([]);
});

test('adding and removing gives the user, and is heard once', async () => {
  const { service, client, tell } = await start();
  const told = heard(client);
  (await service.next('contactList')).answer(page([]));
  const added = client.contacts.add('bob');
  (await service.next('contactAdd')).answer(profile('bob', 'online'));
  expect(await added).toBe(client.contacts.get('bob'));
  tell(['contactAddedEcho', profile('bob', 'online')]);
  const removed = client.contacts.remove('bob');
  (await service.next('contactRemove')).answer(null);
  await removed;
  expect(told).toEqual(['added bob', 'removed bob']);
  const refused = failureOf(client.contacts.add('mallory'));
  (await service.next('contactAdd')).refuse('notAllowed');
  expect(await refused).toMatchObject({ code: 'notAllowed' });
  expect(client.contacts.size).toBe(0);
});

test('before the first login it waits for that, but for load', async () => {
  const service = await startFake(scope);
  const client = createTestClient(scope, { urls: service.url, userName: 'alice' });
  expect(client.contacts.has('bob')).toBe(false);
  expect(await failureOf(client.contacts.load())).toMatchObject({ code: 'unavailable' });
  await client.connect();
  (await service.next('contactList')).answer(page([profile('bob')]));
  await eventually(() => expect(client.contacts.has('bob')).toBe(true));
  const loaded = client.contacts.load();
  (await service.next('contactList')).refuse('listTooLong');
  expect(await failureOf(loaded)).toMatchObject({ code: 'listTooLong' });
});

test('a load that fails for the moment says so, and is made good by itself', async () => {
  const { service, client } = await start();
  let reads = 0;
  client.contacts.onRead(() => (reads += 1));
  const [one, other] = [failureOf(client.contacts.load()), failureOf(client.contacts.load())];
  (await service.next('contactList')).refuse('unavailable', 1);
  expect([(await one).code, (await other).code]).toEqual(['unavailable', 'unavailable']);
  (await service.next('contactList')).refuse('unavailable', 1);
  (await service.next('contactList')).answer(page([profile('bob')]));
  await eventually(() => expect([client.contacts.has('bob'), reads]).toEqual([true, 1]));
  const refused = failureOf(client.contacts.load());
  (await service.next('contactList')).refuse('internalError');
  expect((await refused).code).toBe('internalError');
  expect(service.waiting).toEqual([]);
});

test('load waits for the reading that is whole, across a loss', async () => {
  const { service, client } = await start();
  const loaded = client.contacts.load();
  (await service.next('contactList')).answer(page([profile('bob')], 'next'));
  (await service.next('contactList')).cut();
  // The lost page, and the list from its beginning.
  const again = [await service.next('contactList'), await service.next('contactList')];
  const isRest = ({ params: [options] }: Received): boolean => (options as ValueMap)['cursor'] === 'next';
  again.find(isRest)?.answer(page([]));
  again.find((request) => !isRest(request))?.answer(page([profile('bob'), profile('carol')]));
  expect([...(await loaded).keys()]).toEqual(['bob', 'carol']);
});

test('a user has one object, which learns what is told of it', async () => {
  const { service, client, tell } = await start();
  const bob = client.user('bob');
  expect(client.user('bob')).toBe(bob);
  expect(bob).toMatchObject({ status: undefined, lastOnline: undefined, profile: {} });
  let updates = 0;
  bob.on('update', (user) => {
    updates += 1;
    expect(user).toBe(bob);
  });
  const loaded = bob.load();
  (await service.next('profileGet')).answer(profile('bob', 'online', { title: 'Dr' }));
  expect(await loaded).toMatchObject({ status: 'online', profile: { title: 'Dr' } });
  tell(['contactStatusChanged', { userName: 'bob', status: 'offline', lastOnline: 9 }]);
  await eventually(() => expect(bob).toMatchObject({ status: 'offline', lastOnline: 9, profile: { title: 'Dr' } }));
  tell(['contactStatusChanged', { userName: 'bob', status: 'offline', lastOnline: 9 }]);
  await client.next('contactStatusChanged');
  await client.next('contactStatusChanged');
  expect(updates).toBe(2);
  const unknown = failureOf(client.user('nobody').load());
  (await service.next('profileGet')).refuse('noUser');
  expect(await unknown).toMatchObject({ code: 'noUser' });
});

test('more objects than are kept go, but not those that are heard, and one that is held is found again', () => {
  const heardOnes = new Set(['0']);
  const kept = new Kept<{ name: string }>(3, ({ name }) => heardOnes.has(name));
  const held = { name: '1' };
  for (let i = 0; i < 50; i++) {
    kept.set(`${i}`, i === 1 ? held : { name: `${i}` });
    expect(kept.objects.size).toBeLessThanOrEqual(3);
  }
  expect(kept.objects.has('0')).toBe(true);
  expect(kept.objects.has('1')).toBe(false);
  expect(kept.get('1')).toBe(held);
  expect(kept.objects.has('1')).toBe(true);
});

test('names that are made by another rule: each object is renamed once, and one that was let go takes its name back', () => {
  let isHeld = false;
  const kept = new Kept<{ name: string }>(1, () => isHeld);
  const all = ['b', 'x', 'B', 'D'].map((name) => ({ name }));
  for (const object of all) {
    kept.set(object.name, object);
    // The first one is let go, the others are more than are kept.
    isHeld = object.name === 'x' || isHeld;
  }
  isHeld = false;
  const renamed: string[] = [];
  kept.rename(
    (name) => name.toLowerCase(),
    ({ name: was }, name) => {
      renamed.push(`${was} ${name}`);
      // As the rooms do: two of one name are one then.
      kept.get(name);
    },
  );
  expect(renamed).toEqual(['B b', 'D d']);
  const [b, x, , d] = all;
  expect(['b', 'x', 'd'].map((name) => kept.get(name))).toEqual([b, x, d]);
});

test('a platform without registries of what is collected, or without weak references, finds what is held all the same', () => {
  const platform = globalThis as { FinalizationRegistry?: unknown; WeakRef?: unknown };
  const { FinalizationRegistry, WeakRef } = platform;
  try {
    for (const lacks of ['FinalizationRegistry', 'WeakRef'] as const) {
      delete platform[lacks];
      const kept = new Kept<{ name: string }>(1, () => false);
      const held = ['a', 'b', 'c'].map((name) => ({ name }));
      for (const object of held) kept.set(object.name, object);
      expect(['a', 'b', 'c'].map((name) => kept.get(name))).toEqual(held);
    }
  } finally {
    Object.assign(platform, { FinalizationRegistry, WeakRef });
  }
});
