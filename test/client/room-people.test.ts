// Who is in a room: read when somebody wants to know, kept by what is told, and right again after a loss.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import type { Received } from './fake-service.ts';
import { entry, inRoom, settle, type InRoom } from './in-room.ts';

const scope = useScope();

function hear({ room }: InRoom): string[] {
  const told: string[] = [];
  room.on('join', ({ user }) => told.push(`+${user.userName}`));
  room.on('leave', ({ user }) => told.push(`-${user.userName}`));
  return told;
}

const namesOf = ({ room }: InRoom): string[] => [...room.users.keys()].sort();
const page = (names: string[], cursor: string | null = null, count = names.length): object => ({
  names,
  cursor,
  count,
});
// The fake sends what it is given, as the catalogue has it.
const give = (request: Received, ...args: Parameters<typeof page>): void => request.answer(page(...args) as never);

test('nobody is asked for until somebody looks; then all pages are read, and what is told meanwhile counts', async () => {
  const at = await inRoom(scope);
  await settle(at, [['roomUserJoined', 'lobby', 'zoe']]);
  expect(at.service.waiting).toEqual([]);
  expect(at.room.users.size).toBe(0);
  const told = hear(at);
  const filled = new Promise((resolve) => at.room.on('update', resolve));
  const first = await at.service.next('roomUserlistGet');
  expect(first.params).toEqual(['lobby']);
  give(first, ['alice', 'bob', 'carol'], 'c1', 5);
  const second = await at.service.next('roomUserlistGet');
  expect(second.params).toEqual(['lobby', { cursor: 'c1' }]);
  second.send([
    ['roomUserLeft', 'lobby', 'bob'],
    ['roomUserJoined', 'lobby', 'erin'],
  ]);
  give(second, ['dave', 'zoe'], null, 5);
  expect(await filled).toEqual({ changed: ['users'] });
  expect(namesOf(at)).toEqual(['alice', 'carol', 'dave', 'erin', 'zoe']);
  expect(told).toEqual(['-bob', '+erin']);
  expect(at.room.users.get('dave')).toBe(at.client.user('dave'));

  await settle(at, [
    ['roomUserJoined', 'lobby', 'erin'],
    ['roomUserLeft', 'lobby', 'nobody'],
    ['roomUserlistChanged', 'lobby', { joined: ['frank'], left: ['carol'], count: 5 }],
  ]);
  expect(namesOf(at)).toEqual(['alice', 'dave', 'erin', 'frank', 'zoe']);
  expect(told.slice(2)).toEqual(['-carol', '+frank']);
  expect(at.room.userCount).toBe(5);
});

test('after a loss it is read again, and who came and went meanwhile is told', async () => {
  const at = await inRoom(scope);
  const told = hear(at);
  give(await at.service.next('roomUserlistGet'), ['alice', 'bob', 'carol']);
  await eventually(() => expect(namesOf(at)).toHaveLength(3));
  at.join.cut();
  const again = await at.service.next('roomsJoin');
  expect(namesOf(at)).toEqual(['alice', 'bob', 'carol']);
  again.answer([entry(5)]);
  // Lost while it is read, and refused for the moment: the last reading counts.
  (await at.service.next('roomUserlistGet')).cut();
  (await at.service.next('roomsJoin')).answer([entry(5)]);
  (await at.service.next('roomUserlistGet')).refuse('unavailable', 1);
  (await at.service.next('roomUserlistGet')).refuse('notJoined');
  give(await at.service.next('roomUserlistGet'), ['alice', 'carol', 'dave']);
  await eventually(() => expect(told).toEqual(['-bob', '+dave']));
  expect(namesOf(at)).toEqual(['alice', 'carol', 'dave']);

  const leaving = at.room.leave();
  (await at.service.next('roomLeave')).answer(0);
  await leaving;
  expect(namesOf(at)).toEqual([]);
  expect(told).toHaveLength(2);
});

test('few lists are read at once', async () => {
  const at = await inRoom(scope);
  const names = ['a', 'b', 'c'];
  const joining = Promise.all(names.map((name) => at.client.room(name).join()));
  for (let joined = 0; joined < names.length;) {
    const request = await at.service.next('roomsJoin');
    // The client's codec and catalogue made it an array of positions.
    const rooms = request.params[0] as { roomName: string }[];
    joined += rooms.length;
    request.answer(rooms.map(({ roomName }) => entry(0, { roomName })));
  }
  for (const room of await joining) expect(room.users.size).toBe(0);
  const pair = [await at.service.next('roomUserlistGet'), await at.service.next('roomUserlistGet')];
  await settle(at);
  expect(at.service.waiting).toEqual([]);
  for (const request of pair) give(request, ['alice']);
  give(await at.service.next('roomUserlistGet'), ['alice']);
  await eventually(() => expect(names.map((name) => at.client.room(name).users.size)).toEqual([1, 1, 1]));
});

test('a list ends at 10,000 users; how many there are is known all the same', async () => {
  const at = await inRoom(scope);
  const told = hear(at);
  const names = Array.from({ length: 10_001 }, (_, n) => `user-${n}`);
  give(await at.service.next('roomUserlistGet'), names, 'more', 12_000);
  await eventually(() => expect(at.room.users.size).toBe(10_000));
  await settle(at, [['roomUserJoined', 'lobby', 'zoe']]);
  expect([at.room.users.size, at.room.userCount]).toEqual([10_000, 12_001]);
  // Who is not listed comes and goes like anybody else.
  await settle(at, [['roomUserLeft', 'lobby', 'zoe']]);
  expect(told).toEqual(['+zoe', '-zoe']);
  expect(at.service.waiting).toEqual([]);
});
