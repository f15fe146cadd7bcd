// What must and what must not compile: rooms, direct conversations, messages, contacts and the session. Never run.
import type { Client, Contacts, Direct, Message, Room, Session, User } from '../../src/client/index.ts';

declare const client: Client;
declare const room: Room;
declare const direct: Direct;
declare const contacts: Contacts;
declare const session: Session;

export async function rooms(): Promise<void> {
  const same: Room = await client.room('lobby').join({ create: true, group: 'work' });
  await client.room('lobby').join();
  // @ts-expect-error: a room has a name.
  client.room();
  // @ts-expect-error: no option of that name.
  await room.join({ make: true });
  room.typing();
  room.typing(false);
  room.read();
  room.read(7);
  // @ts-expect-error: a message has a number.
  room.read('7');
  // @ts-expect-error: what is unread is reckoned; it is read.
  room.unread = 0;
  // @ts-expect-error: who is there is told by the service, and looked at here.
  room.users.set('ann', client.user('ann'));
  const user: User | undefined = room.users.get('ann');
  for await (const message of room.history({ direction: 'forward', limit: 10, from: 3 })) void message.content;
  // @ts-expect-error: one of two words.
  room.history({ direction: 'up' });
  return void [same, user];
}

export async function messages(): Promise<void> {
  const message: Message = room.send({ textMessage: 'hello' });
  const sent: Message = await message.done;
  room.send({ at: new Date() }, { transient: true });
  // @ts-expect-error: a message is a map, not a text.
  room.send('hello');
  // @ts-expect-error: no option of that name.
  room.send({}, { silent: true });
  // @ts-expect-error: it has none until it is stored.
  const id: number = message.id;
  // @ts-expect-error: the library moves it on.
  message.status = 'read';
  // @ts-expect-error: no such status.
  const seen = message.status === 'seen';
  return void [sent, id, seen];
}

export function roomEvents(): void {
  room.on('message', ({ author, content, status }) => [author?.length, content['textMessage'], status]);
  room.on('typing', ({ userName, isTyping }) => [userName.length, isTyping]);
  room.on('join', ({ user }) => user.userName.length);
  room.on('reset', ({ epoch, lastMessageId }) => [epoch.length, lastMessageId + 1]);
  // @ts-expect-error: a message is an object, with its text in its content.
  room.on('message', (message: string) => message);
  // @ts-expect-error: that is told by direct conversations.
  room.on('echo', () => undefined);
}

export function directs(): void {
  direct.on('message', (message) => message.content).on('echo', (message) => message.id);
  direct.on('status', ({ lastDeliveredId, lastReadId }) => lastDeliveredId + lastReadId);
  const mark: number = direct.lastReadId;
  // @ts-expect-error: a mark moves by what the other side reads.
  direct.lastReadId = 7;
  // @ts-expect-error: nobody joins a conversation of two.
  direct.on('join', () => undefined);
  // @ts-expect-error: with a user's name.
  client.direct(7);
  return void mark;
}

export async function people(): Promise<void> {
  await contacts.add('bob');
  contacts.on('added', (user) => user.userName).on('status', (user) => [user.status, user.lastOnline]);
  const bob: User | undefined = contacts.get('bob');
  // @ts-expect-error: it may be nobody's name.
  void bob.userName;
  // @ts-expect-error: contacts are added by asking.
  contacts.set('bob', client.user('bob'));
  const is: 'online' | 'offline' | undefined = client.user('bob').status;
  return void is;
}

export function sessions(): void {
  if (client.session !== false) client.session.on('$.chat.join', ({ chat }) => chat.isJoined);
  // @ts-expect-error: without `enableSync` there is none.
  client.session.on('$.chat.join', () => undefined);
  session.on('$.group.restored', ({ group }) => group.length);
  const filed: Room | undefined = session.chats['custom']?.['lobby'];
  // @ts-expect-error: a group of that name may not be there.
  const sure: Room = session.chats['custom']['lobby'];
  session.sync.on('message', (data) => data);
  return void [filed, sure];
}
