// What middleware makes of messages that were received: another content, another message, or nothing that can go on.
import { expect, test } from '@jest/globals';
import { Message } from '../../src/client/message/message.ts';
import type { Next, Plugin } from '../../src/client/plugin/plugin.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { entry, inRoom, live, settle } from './in-room.ts';
import { connectSpeaking, from } from './people.ts';

const scope = useScope();

/** What is asked for each message that is received: it gives what goes on in its place. */
const makes = (of: (message: Message) => unknown): Plugin => {
  const middleware = (message: Message, next: Next): void => next(undefined, of(message));
  return { name: 'maker', middleware: { receive: { message: middleware, echo: middleware } } };
};

/** Messages wait in it until they are let go, in order. */
function holding(): { plugin: Plugin; held: Next[] } {
  const held: Next[] = [];
  const hold = (_message: Message, next: Next): void => void held.push(next);
  return { plugin: { name: 'holding', middleware: { receive: { message: hold } } }, held };
}

const errorsOf = (client: { seen(name: 'error'): unknown[][] }): unknown[] => client.seen('error').flat();
const failed = expect.objectContaining({ code: 'internalError' });

test('a map is the new content of a message of a room: the same object, with its id, its author and another body', async () => {
  const at = await inRoom(scope);
  const asked: Message[] = [];
  const bodies: object[] = [];
  at.room.plugin(
    makes((message) => {
      asked.push(message);
      bodies.push(message.body);
      // What the service says of a message is none of its content.
      return { ...message.content, plain: true, id: 99, author: 'mallory' };
    }),
  );
  const heard: Message[] = [];
  at.room.on('message', (message) => heard.push(message));
  await settle(at, [live(6), live(7)]);
  expect(heard).toEqual(asked);
  expect(heard.map(({ id, author, content }) => [id, author, content])).toEqual([
    [6, 'bob', { key: 'm6', plain: true }],
    [7, 'bob', { key: 'm7', plain: true }],
  ]);
  expect(heard[0]?.body).not.toBe(bodies[0]);
  expect(at.room.lastMessage).toBe(asked[1]);
  expect(at.room.unread).toBe(2);
});

test('so it is in a conversation, for messages and for what was written on another device', async () => {
  const { client, tell } = await connectSpeaking(scope);
  const bob = client.direct('bob');
  const asked: Message[] = [];
  bob.plugin(
    makes((message) => {
      asked.push(message);
      return { textMessage: `changed ${message.id}`, id: 99 };
    }),
  );
  const heard: [string, Message][] = [];
  bob.on('message', (message) => heard.push(['message', message]));
  bob.on('echo', (message) => heard.push(['echo', message]));
  tell(['directMessage', from('bob', 1, 'hi')], ['directMessageEcho', 'bob', from('alice', 2, 'hello')]);
  await eventually(() => expect(heard).toHaveLength(2));
  expect(heard.map(([event, { id, author, content }]) => [event, id, author, content])).toEqual([
    ['message', 1, 'bob', { textMessage: 'changed 1' }],
    ['echo', 2, 'alice', { textMessage: 'changed 2' }],
  ]);
  expect(heard.map(([, message]) => message)).toEqual(asked);
  expect(bob.lastMessage).toBe(asked[1]);
  expect(bob.unread).toBe(1);
});

test('another message is taken for it', async () => {
  const at = await inRoom(scope);
  const all: Message[] = [];
  at.room.plugin(makes((message) => all[all.push(message) - 2] ?? message));
  const heard: Message[] = [];
  at.room.on('message', (message) => heard.push(message));
  await settle(at, [live(6), live(7)]);
  expect(heard).toEqual([all[0], all[0]]);

  const { client, tell } = await connectSpeaking(scope);
  const direct = client.direct('bob');
  const told: Message[] = [];
  direct.plugin(makes((message) => told[told.push(message) - 2] ?? message));
  const given: Message[] = [];
  direct.on('message', (message) => given.push(message));
  tell(['directMessage', from('bob', 1, 'one')], ['directMessage', from('bob', 2, 'two')]);
  await eventually(() => expect(given).toHaveLength(2));
  expect(given).toEqual([told[0], told[0]]);
});

test.each([null, 5, 'text', [1]])('of a room %p is told as an error, and what comes behind it goes on', async (bad) => {
  const at = await inRoom(scope, { failOnViolations: false });
  at.room.plugin(makes(({ id }) => (id === 6 ? bad : undefined)));
  const heard: unknown[] = [];
  at.room.on('message', ({ id }) => heard.push(id));
  at.client.room('den').on('message', ({ id }) => heard.push(`den ${id}`));
  // In one frame: the answer, another room and the room itself come behind it.
  const asked = at.client.request('ping', {});
  const elsewhere = { key: 'x', author: 'bob', timestamp: 1, id: 1 };
  (await at.service.next('ping')).send([live(6), live(7), ['roomMessage', 'den', elsewhere]], 1);
  expect(await asked).toBe(1);
  await eventually(() => expect(heard).toEqual([7, 'den 1']));
  expect(errorsOf(at.client)).toEqual([failed]);
  expect(at.room.lastMessage?.id).toBe(7);
});

test.each([null, 5, 'text', [1]])('of a conversation %p is told as an error, and no more is lost', async (bad) => {
  const { client, tell } = await connectSpeaking(scope, { failOnViolations: false });
  const bob = client.direct('bob');
  bob.plugin(makes(({ id }) => (id === 1 || id === 3 ? bad : undefined)));
  const heard: unknown[] = [];
  bob.onAny((event, what) => what instanceof Message && heard.push(`${event} ${what.id}`));
  client.direct('carol').on('message', ({ id }) => heard.push(`carol ${id}`));
  const echo = (id: number): [string, ...never[]] => [
    'directMessageEcho',
    ...(['bob', from('alice', id, 'x')] as never[]),
  ];
  tell(['directMessage', from('bob', 1, 'one')], ['directMessage', from('bob', 2, 'two')], echo(3), echo(4), [
    'directMessage',
    from('carol', 1, 'hi'),
  ]);
  await eventually(() => expect(heard).toEqual(['message 2', 'echo 4', 'carol 1']));
  expect(errorsOf(client)).toEqual([failed, failed]);
  expect(bob.unread).toBe(1);
});

test('it is no other where the answer comes later: those that wait behind it go on', async () => {
  const { client, tell } = await connectSpeaking(scope, { failOnViolations: false });
  const bob = client.direct('bob');
  const { plugin, held } = holding();
  bob.plugin(plugin);
  const heard: unknown[] = [];
  bob.on('message', ({ id }) => heard.push(id));
  tell(...[1, 2, 3].map((id): [string, ReturnType<typeof from>] => ['directMessage', from('bob', id, 'x')]));
  await eventually(() => expect(held).toHaveLength(1));
  held[0]?.(undefined, null);
  expect(held).toHaveLength(2);
  held[1]?.();
  held[2]?.();
  expect(heard).toEqual([2, 3]);
  expect(errorsOf(client)).toEqual([failed]);
});

test('a message that is held while its room is left is neither told nor counted, joined again or not', async () => {
  const at = await inRoom(scope);
  const { room, service } = at;
  const { plugin, held } = holding();
  room.plugin(plugin);
  const heard: unknown[] = [];
  room.on('message', ({ id }) => heard.push(id));
  const left = async (): Promise<void> => {
    const leaving = room.leave();
    (await service.next('roomLeave')).answer(0);
    await leaving;
  };
  await settle(at, [live(6)]);
  await left();
  held[0]?.();
  expect([room.unread, heard]).toEqual([0, []]);

  const join = async (upTo: number): Promise<void> => {
    const joining = room.join();
    (await service.next('roomsJoin')).answer([entry(upTo)]);
    await joining;
  };
  await join(6);
  await settle(at, [live(7)]);
  await left();
  await join(7);
  held[1]?.();
  expect([room.unread, heard, room.lastMessage]).toEqual([0, [], undefined]);
  // What comes now is of the room as it is.
  await settle(at, [live(8)]);
  held[2]?.();
  expect([room.unread, heard]).toEqual([1, [8]]);
});
