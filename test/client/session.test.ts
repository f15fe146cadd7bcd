// The session: what is filed, in which order it is told, and what a loss of the connection does to it.
import { expect, test } from '@jest/globals';
import type { Room } from '../../src/client/room/room.ts';
import type { Session } from '../../src/client/session/session.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { failureOf, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { authData } from './fake-service.ts';
import { connectSpeaking, startSpeaking, type Speaking, type Told } from './people.ts';

const scope = useScope();
const enableSync = true;

const chat = (name: string, group = 'custom', meta = {}): { chat: { [key: string]: string | boolean | object } } => ({
  chat: { name, group, private: false, meta },
});
const join = (name: string, group?: string): Told => ['$.chat.join', chat(name, group) as never];
const leave = (name: string, group?: string): Told => ['$.chat.leave', chat(name, group) as never];
const restored = (group = 'custom'): Told => ['$.group.restored', { group }];

function sessionOf({ session }: TestClient): Session {
  if (session === false) throw new Error('no session');
  return session;
}

/** What is told, in order, with the life cycle in between. */
function heard(client: TestClient): string[] {
  const told: string[] = [];
  for (const event of ['connect', 'disconnect', 'reconnect'] as const) client.on(event, () => told.push(event));
  const session = sessionOf(client);
  session.onAny((event, what) => {
    const { chat: room, group } = what as { chat?: Room; group?: string };
    if (room !== undefined) {
      // The state is in place.
      const isIn = Object.values(session.chats).some((rooms) => rooms[room.name] === room);
      expect([room, isIn]).toEqual([client.room(room.name), event === '$.chat.join']);
    }
    told.push(`${event.slice(2)} ${room?.name ?? group}`);
  });
  return told;
}

const filed = (client: TestClient): unknown =>
  Object.fromEntries(Object.entries(sessionOf(client).chats).map(([group, rooms]) => [group, Object.keys(rooms)]));

/** Answers joins and leaves, whatever rooms. */
function obliging({ service }: Speaking): string[] {
  const asked: string[] = [];
  service.handle = (request) => {
    const {
      method,
      params: [first],
    } = request;
    if (method === 'roomsJoin') {
      const rooms = first as { roomName: string }[];
      asked.push(...rooms.map(({ roomName }) => `join ${roomName}`));
      const entry = { njoined: 1, epoch: 'e', lastMessageId: 0, lastChange: 0, recovered: true, messages: [] };
      request.answer(rooms.map(({ roomName }) => ({ roomName, ...entry })));
    } else {
      asked.push(`${method} ${typeof first === 'string' ? first : ''}`);
      request.answer(method === 'roomLeave' ? 0 : null);
    }
  };
  return asked;
}

test('without enableSync there is none', async () => {
  const { client } = await startSpeaking(scope);
  expect(client.session).toBe(false);
});

test('what is restored comes after connect, and its rooms are those of the client', async () => {
  const { client, before } = await startSpeaking(scope, { enableSync });
  const told = heard(client);
  before.push(join('lobby'), ['$.chat.join', chat('den', 'custom', { colour: 'red' }) as never], restored());
  before.push(join('work', 'jobs'), restored('jobs'));
  expect(filed(client)).toEqual({ custom: [] });
  await client.connect();
  await eventually(() => expect(told).toHaveLength(6));
  expect(told).toEqual([
    'connect',
    'chat.join lobby',
    'chat.join den',
    'group.restored custom',
    'chat.join work',
    'group.restored jobs',
  ]);
  expect(filed(client)).toEqual({ custom: ['lobby', 'den'], jobs: ['work'] });
  expect(client.room('den')).toMatchObject({ meta: { colour: 'red' }, group: 'custom', isJoined: false });
});

test('live notices change it, once each, and a room that moves leaves its group first', async () => {
  const { client, tell } = await connectSpeaking(scope, { enableSync });
  const told = heard(client);
  tell(join('lobby'), join('lobby'), leave('unknown'), leave('lobby'), join('lobby', 'jobs'), leave('lobby', 'custom'));
  await eventually(() => expect(client.seen('$.chat.leave')).toHaveLength(3));
  expect(told).toEqual(['chat.join lobby', 'chat.leave lobby', 'chat.join lobby']);
  expect(filed(client)).toEqual({ custom: [], jobs: ['lobby'] });
});

test('what this device files or takes out itself is there without an event', async () => {
  const speaking = await connectSpeaking(scope, { enableSync });
  const { client, tell } = speaking;
  obliging(speaking);
  const told = heard(client);
  await client.room('lobby').join();
  await client.room('work').join({ group: 'jobs' });
  tell(join('den', 'jobs'));
  await eventually(() => expect(filed(client)).toEqual({ custom: ['lobby'], jobs: ['work', 'den'] }));
  // Filed already, and not moved.
  await client.room('den').join();
  await client.room('work').leave();
  expect(filed(client)).toEqual({ custom: ['lobby'], jobs: ['den'] });
  expect(told).toEqual(['chat.join den']);
});

test('after a loss it is compared: joins, leaves, then what is restored, after reconnect and for empty groups, too', async () => {
  const speaking = await startSpeaking(scope, { enableSync });
  const { client, before, service } = speaking;
  before.push(join('north'), join('south'), restored(), join('east', 'places'), restored('places'));
  await client.connect();
  await eventually(() => expect(filed(client)).toEqual({ custom: ['north', 'south'], places: ['east'] }));
  const asked = obliging(speaking);
  for (const name of ['north', 'south', 'east']) await client.room(name).join();
  const told = heard(client);
  const removed: string[] = [];
  client.room('east').on('removed', () => removed.push('east'));
  client.room('north').on('removed', () => removed.push('north'));
  asked.length = 0;
  const inbox = (seq: number): Told => ['inboxPosition', { epoch: 'e', seq }];
  // What was missed, step by step, and then the whole.
  before.length = 0;
  before.push(join('gone again'), inbox(1), leave('gone again'), inbox(2), leave('east', 'places'), inbox(3));
  before.push(join('south', 'moved'), restored('moved'), join('west'), join('north'), restored());
  service.cut();
  await eventually(() => expect(told.at(-1)).toBe('group.restored places'));
  expect(told).toEqual([
    'disconnect',
    'reconnect',
    'chat.leave south',
    'chat.join south',
    'chat.join west',
    'chat.leave east',
    'group.restored moved',
    'group.restored custom',
    'group.restored places',
  ]);
  expect(filed(client)).toEqual({ custom: ['north', 'west'], places: [], moved: ['south'] });
  // What was left elsewhere is not joined again, which would bring it back.
  expect(asked.sort()).toEqual(['join north', 'join south']);
  expect(removed).toEqual(['east']);
  expect(client.room('east').isJoined).toBe(false);
});

test('a room that was left without a connection is taken out when there is one, unless it is wanted again', async () => {
  const speaking = await startSpeaking(scope, { enableSync });
  const { client, before, service } = speaking;
  before.push(join('north'), join('south'), restored());
  await client.connect();
  const asked = obliging(speaking);
  for (const name of ['north', 'south']) await client.room(name).join();
  client.pause();
  const told = heard(client);
  for (const name of ['north', 'south']) await client.room(name).leave();
  const again = client.room('south').join();
  asked.length = 0;
  client.resume();
  await again;
  await eventually(() => expect(asked.sort()).toEqual(['join south', 'roomLeave north']));
  await eventually(() => expect(told).toEqual(['reconnect', 'group.restored custom']));
  expect(filed(client)).toEqual({ custom: ['south'] });
  expect(service.logins.map((login) => login['enableSync'])).toEqual([true, true]);
});

test('the channel of the user reaches its other devices, as far as plugins let it', async () => {
  const made: unknown[] = [];
  const { client, service, tell } = await connectSpeaking(scope, {
    enableSync,
    plugins: [{ name: 'watching', onSessionCreate: (session: Session) => made.push(session) }],
  });
  const session = sessionOf(client);
  expect(made).toEqual([session]);
  const heardIt: unknown[] = [];
  session.sync.on('message', (data) => heardIt.push(data));
  session.plugin({
    name: 'quiet',
    middleware: { receive: { sync: (data, next) => next(data === 'noise' || undefined) } },
  });
  tell(['systemMessage', 'noise'], ['systemMessage', { theme: 'dark' }]);
  await eventually(() => expect(heardIt).toEqual([{ theme: 'dark' }]));
  const sent = session.sync.send({ theme: 'light' });
  const request = await service.next('systemMessage');
  expect(request.params).toEqual([{ theme: 'light' }]);
  request.answer(null);
  await sent;
  const refused = failureOf(session.sync.send('too much'));
  (await service.next('systemMessage')).refuse('messageTooLarge');
  expect(await refused).toMatchObject({ code: 'messageTooLarge' });
});

test("a first login that ends before connect is told: what it restored is nobody's, and the next one says what is filed", async () => {
  const { service, client, before } = await startSpeaking(scope, { enableSync });
  const told = heard(client);
  service.login = (request) => {
    const { limits } = authData() as { limits: ValueMap };
    request.send(before);
    request.answer(authData({ limits: { ...limits, messageBytes: 10 } }));
  };
  before.push(join('lobby'), join('den'), restored());
  // What is too long for this service fails as soon as there is a connection.
  client.room('hall').once('update', () => client.pause());
  const failed = failureOf(client.room('hall').send({ textMessage: 'much too long' }).done);
  await client.connect({ persistent: true });
  expect([(await failed).code, told, filed(client)]).toEqual([
    'messageTooLarge',
    ['connect', 'disconnect'],
    { custom: [] },
  ]);
  // Another device takes one of them out meanwhile.
  before.splice(0, 3, ['loginConfirmed', 'alice', authData()], join('lobby'), restored());
  client.resume();
  await eventually(() => expect(told.slice(2)).toEqual(['reconnect', 'chat.join lobby', 'group.restored custom']));
  expect(filed(client)).toEqual({ custom: ['lobby'] });
});
