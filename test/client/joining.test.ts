// Whether a room is being joined, as its object says; and where it is filed, whatever comes between.
import { expect, test } from '@jest/globals';
import { connectClient, failureOf } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { authData, startFake } from './fake-service.ts';
import { entry, inRoom, ownName, settle } from './in-room.ts';

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

test('a joined room that is to be filed elsewhere is, across a loss and what is refused for the moment; once it is left it is not', async () => {
  const at = await inRoom(scope, { enableSync: true });
  const { service, room } = at;
  // As it was filed.
  const chat = { name: 'lobby', group: 'custom', private: false, meta: {} };
  service.login = (request) => {
    request.send([['$.chat.join', { chat }]]);
    request.answer(authData());
  };
  const moving = room.join({ group: 'work' });
  (await service.next('roomJoin')).cut();
  (await service.next('roomsJoin')).answer([entry(5)]);
  (await service.next('roomJoin')).refuse('unavailable', 1);
  const again = await service.next('roomJoin');
  expect(again.params).toEqual(['lobby', { group: 'work' }]);
  again.answer(1);
  await moving;
  expect(room.group).toBe('work');
  const refused = failureOf(room.join({ group: 'system' }));
  (await service.next('roomJoin')).refuse('notAllowed');
  expect((await refused).code).toBe('notAllowed');
  const given = failureOf(room.join({ group: 'play' }));
  (await service.next('roomJoin')).refuse('unavailable', 3_600_000);
  await settle(at);
  const leaving = room.leave();
  expect((await given).code).toBe('unavailable');
  (await service.next('roomLeave')).answer(0);
  await leaving;
  expect(service.waiting).toEqual([]);
});
