// What must and what must not compile: rooms that people belong to, and the list of them. Never run.
import type { Client, Member, Room, RoomEntry, User, Value } from '../../src/client/index.ts';

declare const client: Client;
declare const room: Room;
declare const user: User;

export async function list(): Promise<void> {
  const { conversations } = client;
  const page: readonly RoomEntry[] = await conversations.load({ limit: 10, kind: 'normal', members: ['bob'] });
  // @ts-expect-error: one of three kinds.
  await conversations.load({ kind: 'open' });
  // @ts-expect-error: the next page is read by `more`.
  await conversations.load({ cursor: 'c' });
  const made: Room = await conversations.create({ members: ['bob'], unique: true, name: 'den', invites: 'admins' });
  // @ts-expect-error: it is called `name` here.
  await conversations.create({ roomName: 'den' });
  // @ts-expect-error: what is listed is told, not put.
  conversations.list.push(page[0]);
  // @ts-expect-error: an entry is a value.
  page[0].unread = 0;
  conversations.on('invited', ({ room: to, by }) => [to.name, by?.length]).on('change', (all) => all.length);
  // @ts-expect-error: the service has no name.
  conversations.on('kicked', ({ by }) => by.length);
  return void made;
}

export async function attributes(): Promise<void> {
  const value: Value | undefined = room.get('order.state');
  room.set('order.state', 'open').set('at', new Date());
  const version: number | undefined = await room.save({ ifVersion: 1 });
  // @ts-expect-error: by `set`, so that it can be saved.
  room.attributes['title'] = 'Tea';
  // @ts-expect-error: a path is a text.
  room.get(1);
  room.on('attributes', ({ changes, version: now, by }) => [changes['title'], now + 1, by]);
  await room.join({ create: true, whitelistOnly: true, attributes: { title: 'Tea' } });
  return void [value, version];
}

export async function members(): Promise<void> {
  const { cursor, count } = await room.members.list({ limit: 10 });
  const known: Member | undefined = room.members.get('bob');
  // @ts-expect-error: members are added by asking.
  room.members.set('bob', known);
  await room.members.add('bob');
  const { failed } = await room.members.remove(['bob', 'carol']);
  await room.members.setRole('bob', 'admin');
  // @ts-expect-error: nobody is made owner.
  await room.members.setRole('bob', 'owner');
  room.on('members.added', ({ userNames, by }) => [userNames.length, by]);
  // @ts-expect-error: no such thing happens to members.
  room.on('members.changed', () => undefined);
  return void [cursor, count + 1, failed[0]?.error.message];
}

export async function conduct(): Promise<void> {
  await room.silence('bob', { until: new Date() });
  await room.silence(['bob'], { until: 7 });
  // @ts-expect-error: a time, or a date.
  await room.silence('bob', { until: 'tomorrow' });
  const until: number | null | undefined = room.silencedUntil;
  // @ts-expect-error: it is told, and ends by itself.
  room.silencedUntil = undefined;
  await room.mute();
  const isMuted: boolean = room.muted;
  await room.slowMode(500);
  const { writers } = await room.info();
  room.send({ bye: true }, { will: true });
  // @ts-expect-error: a will is of rooms.
  client.direct('bob').send({ bye: true }, { will: true });
  room.send({ wave: true }, { transient: true, priority: 'low', pushData: { badge: 1 } });
  // @ts-expect-error: one of three words.
  room.send({}, { priority: 'urgent' });
  for await (const { id } of room.search({ from: { time: 1 }, author: 'bob', limit: 5 })) void id;
  for await (const { id } of client.direct('bob').search({ type: 'place' })) void id;
  // @ts-expect-error: a bound is a time or an id, by name.
  room.search({ from: 1 });
  return void [until, isMuted, writers];
}

export async function state(): Promise<void> {
  await client.me?.setState({ mood: 'tea' });
  user.on('state', (changes) => changes['mood']);
  // @ts-expect-error: it is set by `setState`, by its own user.
  user.state = {};
  const mood: Value | undefined = user.state['mood'];
  return void mood;
}
