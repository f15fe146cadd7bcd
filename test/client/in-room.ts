// A client in a room of the fake service, and what that service says of the room.
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import type { Room } from '../../src/client/room/room.ts';
import { connectClient, type TestClient, type TestClientOptions } from '../support/client.ts';
import type { Scope } from '../support/disposal.ts';
import { startFake, type FakeService, type Received } from './fake-service.ts';

export type Notification = [string, ...Value[]];

/** The name that the fake service gives to who logs in. */
export const ownName = 'alice';

export const message = (id: number, fields: ValueMap = {}): ValueMap => ({
  key: `m${id}`,
  author: 'bob',
  timestamp: 1000 + id,
  id,
  ...fields,
});

export const live = (id: number, fields: ValueMap = {}): Notification => ['roomMessage', 'lobby', message(id, fields)];

/** A change of a message, by its number; its version and time are told by that, too. */
export const change = (number: number, id: number, kind: string, fields: ValueMap = {}): Notification => [
  'roomMessageChanged',
  'lobby',
  { change: number, id, kind, version: number + 1, timestamp: 2000 + number, ...fields },
];

export const entry = (lastMessageId: number, fields: ValueMap = {}): ValueMap => ({
  roomName: 'lobby',
  njoined: 1,
  epoch: 'e1',
  lastMessageId,
  recovered: true,
  messages: [],
  lastChange: 0,
  ...fields,
});

export interface InRoom {
  readonly service: FakeService;
  readonly client: TestClient;
  readonly room: Room;
  /** The request that was answered last, to send behind it. */
  readonly join: Received;
}

/** In the lobby, whose newest message was 5. */
export async function inRoom(scope: Scope, options: Partial<TestClientOptions> = {}): Promise<InRoom> {
  const service = await startFake(scope);
  const reconnect = { minDelayMs: 1, maxDelayMs: 5 };
  const client = await connectClient(scope, { urls: service.url, userName: ownName, reconnect, ...options });
  const room = client.room('lobby');
  const joining = room.join();
  const join = await service.next('roomsJoin');
  join.answer([entry(5)]);
  await joining;
  return { service, client, room, join };
}

/** A request that the fake answers behind these notifications. */
export async function settle(
  { client, service }: Pick<InRoom, 'client' | 'service'>,
  notifications: Notification[] = [],
): Promise<void> {
  const asked = client.request('ping', {});
  const request = await service.next('ping');
  request.send(notifications);
  request.answer(1);
  await asked;
}
