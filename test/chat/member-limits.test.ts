// How many members a room has, and to how many rooms one belongs: what is asked beyond that is refused, of the one or of the other.
import { expect, test } from '@jest/globals';
import { useWorld } from './world.ts';

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
