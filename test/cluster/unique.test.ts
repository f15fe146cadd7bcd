// Many who make the room of the same people at the same time, on two nodes, have made one room.
import { expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';

const scope = useScope();
const env = { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };
const CREATORS = 50;

async function login(service: Service<RedisServer>, names: readonly string[], sockets = 1): Promise<User[]> {
  const all = Array.from({ length: names.length * sockets }, (_, i) => i);
  return Promise.all(all.map((i) => loginRpc(scope, service.node(i % 2).url, names[Math.floor(i / sockets)] ?? '')));
}

/** All of them at once, each for all. Returns the name of the room, after what all of them were answered was looked at. */
async function create(creators: readonly User[], names: readonly string[]): Promise<string> {
  const made = await Promise.all(
    creators.map((creator) => creator.call('conversationCreate', { unique: true, members: [...names] })),
  );
  expect(new Set(made.map((one) => field(one, 'roomName'))).size).toBe(1);
  expect(new Set(made.map((one) => field(one, 'epoch'))).size).toBe(1);
  expect(made.filter((one) => field(one, 'created') === true)).toHaveLength(1);
  return String(field(made[0], 'roomName'));
}

/** Each of the others is told once, by whoever made it; everybody has it in the list, once, and there is one owner. */
async function expectOneRoom(room: string, creators: readonly User[], names: readonly string[]): Promise<void> {
  const reader = creators[0];
  if (reader === undefined) throw new Error('nobody is there');
  const owner = field(await reader.call('roomGet', room), 'owner') ?? null;
  await eventually(() => {
    for (const { userName, heard } of creators) {
      const invited = heard('roomInvited').map(([one]) => [field(one, 'roomName'), field(one, 'by')]);
      expect([userName, invited]).toEqual([userName, userName === owner ? [] : [[room, owner]]]);
    }
  });
  for (const creator of creators) {
    const rooms: Value | undefined = field(await creator.call('roomList'), 'rooms');
    expect(rooms).toMatchObject([{ roomName: room, role: creator.userName === owner ? 'owner' : 'member' }]);
  }
  expect(await reader.call('roomMembersGet', room, { limit: 100 })).toMatchObject({ count: names.length });
}

test(`${CREATORS} people at once`, async () => {
  const service = await startService(scope, { nodes: 2, env });
  const names = Array.from({ length: CREATORS }, (_, i) => `user-${i}`);
  const creators = await login(service, names);
  const room = await create(creators, names);
  await expectOneRoom(room, creators, names);
  // Now that it is there nobody makes it.
  const [first] = creators;
  expect(await first?.call('conversationCreate', { unique: true, members: names })).toMatchObject({
    roomName: room,
    created: false,
  });
});

test('two people, each from 25 sockets at once', async () => {
  const service = await startService(scope, { nodes: 2, env: { ...env, PARLEY_SOCKETS_PER_USER: '50' } });
  const names = ['ann', 'bob'];
  const creators = await login(service, names, CREATORS / 2);
  const room = await create(creators, names);
  await expectOneRoom(room, creators, names);
});
