// Two users with several devices on two nodes: what one of them misses comes to it once and in order, and all devices
// end with the same.
import { expect, test } from '@jest/globals';
import type { Direct } from '../../src/client/direct/direct.ts';
import type { Message } from '../../src/client/message/message.ts';
import type { Session } from '../../src/client/session/session.ts';
import type { Room } from '../../src/client/room/room.ts';
import { connectClient, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';

const scope = useScope();

interface Nodes {
  node(index: number): ServiceNode;
}

async function login(service: Nodes, node: number, userName: string, more: object = {}): Promise<TestClient> {
  return connectClient(scope, { urls: service.node(node).url, userName, ...more });
}

const textOf = ({ content: { textMessage } }: Message): string => (typeof textMessage === 'string' ? textMessage : '');

/** What a conversation tells, in order: what came, and what this user wrote elsewhere. */
function talk(direct: Direct): string[] {
  const told: string[] = [];
  direct.on('message', (message) => told.push(`${message.id} ${textOf(message)}`));
  direct.on('echo', (message) => told.push(`${message.id} own ${textOf(message)}`));
  return told;
}

test('a device that was away has the whole conversation, with what others read and wrote meanwhile', async () => {
  const service = await startService(scope, { nodes: 2 });
  const [phone, laptop] = [await login(service, 0, 'bob'), await login(service, 1, 'bob', { format: 'json' })];
  const alice = await login(service, 1, 'alice');
  const [toBob, onPhone, onLaptop] = [alice.direct('bob'), phone.direct('alice'), laptop.direct('alice')];
  const [phoneTold, laptopTold] = [talk(onPhone), talk(onLaptop)];
  const first = toBob.send({ textMessage: 'one' });
  await eventually(() => expect([first.status, first.id]).toEqual(['delivered', 1]));
  await eventually(() => expect([phoneTold, laptopTold]).toEqual([['1 one'], ['1 one']]));
  phone.pause();
  const sent = ['two', 'three', 'four'].map((textMessage) => toBob.send({ textMessage }));
  await eventually(() => expect(onLaptop.unread).toBe(4));
  onLaptop.read();
  await eventually(() => expect(sent.map(({ status }) => status)).toEqual(['read', 'read', 'read']));
  expect(toBob).toMatchObject({ lastReadId: 4, lastDeliveredId: 4 });
  await onLaptop.send({ textMessage: 'five' }).done;
  await toBob.send({ textMessage: 'six' }).done;
  const gone = onPhone.send({ textMessage: 'seven' });
  expect(gone.status).toBe('sending');
  phone.resume();
  await gone.done;
  expect(phoneTold).toEqual(['1 one', '2 two', '3 three', '4 four', '5 own five', '6 six']);
  expect(gone.id).toBe(7);
  await eventually(() => expect(laptopTold.slice(4)).toEqual(['6 six', '7 own seven']));
  await eventually(() => expect([onPhone.unread, onLaptop.unread, toBob.unread]).toEqual([1, 1, 2]));
  const history: (number | undefined)[] = [];
  for await (const { id } of onPhone.history({ limit: 5 })) history.push(id);
  expect(history).toEqual([7, 6, 5, 4, 3]);
  onPhone.read();
  await eventually(() => expect([onPhone.unread, onLaptop.unread]).toEqual([0, 0]));
});

test('who logs in after a long time is pushed all that was missed, in order', async () => {
  const service = await startService(scope, { nodes: 2 });
  await (await login(service, 0, 'bob')).close();
  const [alice, carol] = [await login(service, 0, 'alice'), await login(service, 1, 'carol')];
  const texts = Array.from({ length: 130 }, (_, i) => `${i + 1}`);
  const sent = texts.map((textMessage) => alice.direct('bob').send({ textMessage }).done);
  await carol.direct('bob').send({ textMessage: 'hello' }).done;
  await Promise.all(sent);
  const bob = await login(service, 1, 'bob', { offlineMessages: 'push' });
  // They may come as soon as the login is answered.
  const missed = bob.direct('alice').lastMessage?.id ?? 0;
  const told = talk(bob.direct('alice'));
  await eventually(() => expect(missed + told.length).toBe(130));
  expect(told).toEqual(texts.slice(missed).map((text) => `${text} ${text}`));
  await eventually(() => expect(bob.directs.get('carol')?.unread).toBe(1));
});

test('a device that missed more than its inbox keeps reads the conversation on from where it was', async () => {
  const service = await startService(scope, {
    nodes: 2,
    env: { PARLEY_INBOX_SIZE: '10', PARLEY_HISTORY_MAX_GET_MESSAGES: '20' },
  });
  const [phone, alice] = [await login(service, 0, 'bob'), await login(service, 1, 'alice')];
  const [toBob, onPhone] = [alice.direct('bob'), phone.direct('alice')];
  const told = talk(onPhone);
  await toBob.send({ textMessage: '1' }).done;
  await eventually(() => expect(told).toEqual(['1 1']));
  phone.pause();
  const texts = Array.from({ length: 50 }, (_, i) => `${i + 2}`);
  await Promise.all(texts.map((textMessage) => toBob.send({ textMessage }).done));
  phone.resume();
  // What is live comes behind it.
  await phone.next('inboxReset');
  const live = toBob.send({ textMessage: '52' });
  await live.done;
  await eventually(() => expect(told).toHaveLength(52));
  expect(told).toEqual(['1', ...texts, '52'].map((text) => `${text} ${text}`));
  await eventually(() => expect(onPhone.unread).toBe(52));
  onPhone.read();
  await eventually(() => expect(live.status).toBe('read'));
});

test("what is sent while connections break comes once and in order, and is nobody else's echo", async () => {
  const service = await startService(scope, { nodes: 2 });
  const reconnect = { minDelayMs: 1, maxDelayMs: 20 };
  const [alice, bob] = [await login(service, 0, 'alice', { reconnect }), await login(service, 1, 'bob', { reconnect })];
  const [toBob, toAlice] = [alice.direct('bob'), bob.direct('alice')];
  const told = [talk(toAlice), talk(toBob)];
  const texts = Array.from({ length: 120 }, (_, i) => `${i + 1}`);
  const sent = texts.map((textMessage) => toBob.send({ textMessage }));
  for (const [at, client] of [alice, bob, alice, alice, bob, alice].entries()) {
    await eventually(() => expect(sent.filter(({ id }) => id !== undefined).length).toBeGreaterThanOrEqual(at * 15));
    client.cut();
  }
  await Promise.all(sent.map(({ done }) => done));
  await eventually(() => expect(told[0]).toHaveLength(120));
  expect(told).toEqual([texts.map((text) => `${text} ${text}`), []]);
  expect(sent.map(({ id }) => id)).toEqual(texts.map(Number));
  toAlice.read();
  await eventually(() => expect(new Set(sent.map(({ status }) => status))).toEqual(new Set(['read'])));
});

test('contacts see each other come and go, on all devices', async () => {
  const service = await startService(scope, { nodes: 2, env: { PARLEY_PRESENCE_GRACE_MS: '100' } });
  const [phone, laptop] = [await login(service, 0, 'bob'), await login(service, 1, 'bob')];
  const alice = await login(service, 1, 'alice');
  await alice.request('profileSet', { changes: { fullName: 'Alice A.' } });
  for (const device of [phone, laptop]) await device.contacts.load();
  const bob = await alice.contacts.add('bob');
  expect(bob.status).toBe('online');
  await eventually(() => {
    for (const device of [phone, laptop]) {
      expect(device.contacts.get('alice')).toMatchObject({ status: 'online', profile: { fullName: 'Alice A.' } });
    }
  });
  phone.pause();
  await alice.close();
  await eventually(() => expect(laptop.contacts.get('alice')?.status).toBe('offline'));
  phone.resume();
  await eventually(() => expect(phone.contacts.get('alice')?.status).toBe('offline'));
  expect(typeof phone.user('alice').lastOnline).toBe('number');
  await phone.contacts.remove('alice');
  await eventually(() => expect([phone.contacts.size, laptop.contacts.size]).toEqual([0, 0]));
});

/** What a session tells, in order. */
function heard(client: TestClient): string[] {
  const told: string[] = [];
  const session = sessionOf(client);
  session.onAny((event, what) => {
    const { chat, group } = what as { chat?: Room; group?: string };
    told.push(`${event} ${chat?.name ?? group}`);
  });
  return told;
}

function sessionOf({ session }: TestClient): Session {
  if (session === false) throw new Error('no session');
  return session;
}

const filed = (client: TestClient): unknown =>
  Object.fromEntries(
    Object.entries(sessionOf(client).chats).map(([group, rooms]) => [group, Object.keys(rooms).sort()]),
  );

test('devices share a session, and one that was away leaves what was left, and does not bring it back', async () => {
  const service = await startService(scope, { nodes: 2 });
  const synced = { enableSync: true };
  const [phone, laptop] = [await login(service, 0, 'bob', synced), await login(service, 1, 'bob', synced)];
  expect((await login(service, 1, 'alice')).session).toBe(false);
  const told = heard(phone);
  for (const name of ['north', 'south', 'east']) await laptop.room(name).join({ create: true, group: 'places' });
  await eventually(() => expect(filed(phone)).toEqual({ custom: [], places: ['east', 'north', 'south'] }));
  expect(told.filter((each) => !each.startsWith('$.group'))).toEqual(
    ['north', 'south', 'east'].map((name) => `$.chat.join ${name}`),
  );
  for (const name of ['north', 'south']) await phone.room(name).join();
  phone.pause();
  told.length = 0;
  await laptop.room('north').leave();
  await laptop.room('west').join({ create: true });
  const removed: string[] = [];
  phone.room('north').on('removed', () => removed.push('north'));
  // Left without a connection, which is made good when there is one.
  await phone.room('south').leave();
  phone.on('reconnect', () => told.push('reconnect'));
  phone.resume();
  await eventually(() => expect(told).toContain('$.group.restored places'));
  expect(told).toEqual([
    'reconnect',
    '$.chat.join west',
    '$.chat.leave north',
    '$.group.restored custom',
    '$.group.restored places',
  ]);
  expect(removed).toEqual(['north']);
  expect(phone.room('north').isJoined).toBe(false);
  const left = { custom: ['west'], places: ['east'] };
  await eventually(() => expect([filed(phone), filed(laptop)]).toEqual([left, left]));
  const session = await laptop.request('sessionGet', {});
  expect(Object.keys(session['places'] ?? {})).toEqual(['east']);
  const heardIt: unknown[] = [];
  sessionOf(laptop).sync.on('message', (data) => heardIt.push(data));
  await sessionOf(phone).sync.send({ theme: 'dark' });
  await eventually(() => expect(heardIt).toEqual([{ theme: 'dark' }]));
});
