// Whether a room is being joined, as its object says.
import { expect, test } from '@jest/globals';
import { connectClient, failureOf } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { startFake } from './fake-service.ts';
import { entry, ownName } from './in-room.ts';

const scope = useScope();

test('a room is being joined until that is answered, or the room is left', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: ownName });
  const room = client.room('lobby');
  expect(room.isJoining).toBe(false);
  const refused = failureOf(room.join());
  expect(room.isJoining).toBe(true);
  (await service.next('roomsJoin')).answer([
    { roomName: 'lobby', error: { code: 'notAllowed', args: [], message: '', temporary: false } },
  ]);
  await refused;
  expect(room.isJoining).toBe(false);
  const left = room.join();
  const asked = await service.next('roomsJoin');
  void room.leave();
  expect(room.isJoining).toBe(false);
  const joined = room.join();
  expect(room.isJoining).toBe(true);
  asked.answer([entry(0)]);
  await Promise.all([left, joined]);
  expect([room.isJoining, room.isJoined]).toEqual([false, true]);
});
