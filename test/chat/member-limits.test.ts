// How many members a room has, and to how many rooms one belongs: what is asked beyond that is refused, of the one or of the other.
import { expect, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import type { User } from '../support/rpc.ts';
import { textOf } from './device.ts';
import { field, useWorld } from './world.ts';

const world = useWorld({ format: 'msgpack', env: { PARLEY_ROOM_MEMBERS: '4', PARLEY_ROOMS_PER_USER: '3' } });

test('a room has no more members than the service allows, the owner counted', async () => {
  const owner = await world.login(0);
  const room = await world.room(owner);
  const users = await Promise.all(Array.from({ length: 4 }, () => world.login(1)));
  const names = users.map(({ userName }) => userName);
  const refused = { code: 'listLimitExceeded', args: ['members'] };
  expect(await owner.refusal('roomMembersAdd', room, names)).toMatchObject(refused);
  await owner.call('roomMembersAdd', room, names.slice(1));
  // Who is a member already takes no place.
  await owner.call('roomMembersAdd', room, names.slice(1));
  expect(await users[0]?.refusal('roomMemberJoin', room)).toMatchObject(refused);
});

test('a user belongs to no more rooms than the service allows', async () => {
  const [owner, other, ann] = [await world.login(0), await world.login(0), await world.login(1)];
  const rooms = [await world.room(owner), await world.room(owner), await world.room(owner)];
  const last = await world.room(other);
  for (const room of rooms) expect(await ann.call('roomMemberJoin', room)).toBeNull();
  expect(await ann.refusal('roomMemberJoin', last)).toMatchObject({ code: 'tooManyRooms' });
  expect(await other.call('roomMembersAdd', last, [ann.userName])).toMatchObject({
    done: [],
    failed: [{ userName: ann.userName, error: { code: 'tooManyRooms' } }],
  });
  expect(await ann.call('roomMemberQuit', rooms[0] ?? '')).toBeNull();
  expect(await ann.call('roomMemberJoin', last)).toBeNull();
});

const pairOf = (user: User): ValueMap => ({ members: [user.userName], unique: true });

test('who is put back into the room of two is judged as any other', async () => {
  const [ann, bob] = [await world.login(0), await world.login(1)];
  const pair = textOf(field(await ann.call('conversationCreate', pairOf(bob)), 'roomName'));
  await bob.call('roomMemberQuit', pair);
  const rooms = [await world.room(ann), await world.room(ann), await world.room(ann)];
  for (const room of rooms) await bob.call('roomMemberJoin', room);
  expect(await bob.refusal('conversationCreate', pairOf(ann))).toMatchObject({ code: 'tooManyRooms' });
  expect(await ann.refusal('conversationCreate', pairOf(bob))).toMatchObject({ code: 'tooManyRooms' });
  await bob.call('roomMemberQuit', rooms[0] ?? '');
  const others = await Promise.all(Array.from({ length: 3 }, async () => (await world.login(0)).userName));
  await ann.call('roomMembersAdd', pair, others);
  const full = { code: 'listLimitExceeded', args: ['members'] };
  expect(await ann.refusal('conversationCreate', pairOf(bob))).toMatchObject(full);
  await ann.call('roomMembersRemove', pair, others.slice(1));
  expect(await ann.call('conversationCreate', pairOf(bob))).toMatchObject({ roomName: pair, created: false });
  expect(await bob.call('roomMembersGet', pair)).toMatchObject({ count: 3 });
});

test('an owner becomes a member with the first one as far as it may belong to one more room', async () => {
  const [owner, other, ann] = [await world.login(0), await world.login(0), await world.login(1)];
  const eve = await world.login(1);
  const full = [await world.room(other), await world.room(other), await world.room(other)];
  for (const room of full) await owner.call('roomMemberJoin', room);
  const room = await world.room(owner, ann);
  const membersOf = async (): Promise<unknown> => field(await owner.call('roomMembersGet', room), 'count');
  expect(await owner.call('roomMembersAdd', room, [ann.userName])).toMatchObject({ done: [ann.userName], failed: [] });
  expect(await membersOf()).toBe(1);
  await owner.call('roomMemberQuit', full[0] ?? '');
  await owner.call('roomMembersAdd', room, [eve.userName]);
  expect(await membersOf()).toBe(3);
});
