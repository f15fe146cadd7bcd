// What must and what must not compile: events, of the client and of its objects, and emitters of one's own. Never run.
import { Client, Emitter, Event, RequestError, type Room, type Session } from '../../src/client/index.ts';

declare const client: Client;
declare const room: Room;
declare const session: Session;

export function lifeCycle(): void {
  client.on('connect', ({ userName, limits }) => [userName.length, limits.frameBytes * 2]);
  client.on('disconnect', ({ code, reason }) => [code.toFixed(), reason.length]);
  client.on('schedule', (attempt, delayMs) => attempt + delayMs);
  client.on(Event.schedule, (attempt) => attempt + 1);
  client.on('offline', () => undefined);
  client.once('close', async ({ code }) => Promise.resolve(code));
  // @ts-expect-error: there is no such event.
  client.on('connected', () => undefined);
  // @ts-expect-error: it comes without anything.
  client.on('offline', (reason: string) => reason);
  // @ts-expect-error: a delay is a number.
  client.on('schedule', (attempt: number, delayMs: string) => [attempt, delayMs]);
  // @ts-expect-error: a close has no error.
  client.on('close', ({ error }) => error);
  // @ts-expect-error: that is no listener.
  client.on('connect', 'listen');
  // @ts-expect-error: no event of that name in the table.
  client.on(Event.connected, () => undefined);
  // @ts-expect-error: what went wrong may be anything; it has to be looked at.
  client.on('error', (error) => error.code);
  client.on('error', (error) => (error instanceof RequestError ? error.code : String(error)));
}

export function notifications(): void {
  client.on('roomMessage', (roomName, message) => [roomName.length, message['textMessage']]);
  client.on('unreadCounts', (counts) => counts.map(({ unread, mentioned }) => unread + Number(mentioned)));
  client.on('$.chat.join', ({ chat }) => chat.name.length);
  // @ts-expect-error: the first is the name of the room.
  client.on('roomMessage', (message: { id: number }) => message.id);
  // @ts-expect-error: there is a third place only in others.
  client.on('roomUserJoined', (roomName, userName, count) => [roomName, userName, count]);
  // @ts-expect-error: a request is no event.
  client.on('roomCreate', () => undefined);
}

export function wildcards(): void {
  client.on('*', (...args) => args.length);
  client.on('$.*', () => undefined);
  client
    .on('$.**', () => undefined)
    .once('**', () => undefined)
    .off('$.*');
  client.onAny((event, ...args) => [event.length, args.length]);
  session.on('$.chat.*', () => undefined);
  // Of a pattern it is not known what its events carry: whoever listens says what it expects.
  client.on('$.chat.*', ({ chat }: { readonly chat: Room }) => chat);
  // @ts-expect-error: that is no listener.
  client.on('$.*', {});
  // @ts-expect-error: the name of an event is a text.
  client.onAny((event: number) => event);
  // @ts-expect-error: neither an event nor a pattern.
  session.on('$.chat', () => undefined);
}

export function chains(): void {
  const same: Client = client
    .on('connect', () => undefined)
    .once('close', () => undefined)
    .off('connect');
  const others: Room = room.on('error', () => undefined).off('error');
  // @ts-expect-error: what `on` gives is the object itself.
  const wrong: Room = client.on('connect', () => undefined);
  const heard: boolean = client.emit('offline');
  // @ts-expect-error: emitted with less than its listeners want.
  client.emit('schedule', 1);
  return void [same, others, wrong, heard];
}

interface OwnEvents {
  opened: [door: string];
  'door.closed': [door: string, loudly: boolean];
}

export function ownEmitters(): void {
  const doors = new Emitter<OwnEvents>();
  doors.on('door.closed', (door, loudly) => [door.length, loudly]);
  doors.emit('opened', 'front');
  // @ts-expect-error: no such event of these.
  doors.on('locked', () => undefined);
  // @ts-expect-error: a door has a name.
  doors.emit('opened', 1);
  // @ts-expect-error: events carry lists.
  return void [doors, new Emitter<{ opened: string }>()];
}
