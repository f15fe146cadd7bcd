// Many who make the room of the same people at the same time, on two nodes, have made one room.
import { expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { textOf } from '../chat/device.ts';
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

interface Made {
  readonly room: string;
  /** The socket that has made it. */
  readonly maker: User;
}

/** All of them at once, each for all. */
async function create(creators: readonly User[], names: readonly string[]): Promise<Made> {
  const made = await Promise.all(
    creators.map((creator) => creator.call('conversationCreate', { unique: true, members: [...names] })),
  );
  expect(new Set(made.map((one) => field(one, 'roomName'))).size).toBe(1);
  expect(new Set(made.map((one) => field(one, 'epoch'))).size).toBe(1);
  expect(made.filter((one) => field(one, 'created') === true)).toHaveLength(1);
  const maker = creators[made.findIndex((one) => field(one, 'created') === true)];
  if (maker === undefined) throw new Error('nobody has made it');
  return { room: textOf(field(made[0], 'roomName')), maker };
}

/** All but the socket that has made it are told once; everybody has it in the list, once, and there is one owner. */
async function expectOneRoom(
  { room, maker }: Made,
  creators: readonly User[],
  names: readonly string[],
): Promise<void> {
  const owner = maker.userName;
  await eventually(() => {
    for (const creator of creators) {
      const invited = creator.heard('roomInvited').map(([one]) => [field(one, 'roomName'), field(one, 'by')]);
      expect([creator.userName, invited]).toEqual([creator.userName, creator === maker ? [] : [[room, owner]]]);
    }
  });
  for (const creator of creators) {
    const rooms: Value | undefined = field(await creator.call('roomList'), 'rooms');
    expect(rooms).toMatchObject([{ roomName: room, role: creator.userName === owner ? 'owner' : 'member' }]);
  }
  expect(await maker.call('roomMembersGet', room, { limit: 100 })).toMatchObject({ count: names.length });
}

test(`${CREATORS} people at once`, async () => {
  const service = await startService(scope, { nodes: 2, env });
  const names = Array.from({ length: CREATORS }, (_, i) => `user-${i}`);
  const creators = await login(service, names);
  const made = await create(creators, names);
  await expectOneRoom(made, creators, names);
  // Now that it is there nobody makes it.
  expect(await made.maker.call('conversationCreate', { unique: true, members: names })).toMatchObject({
    roomName: made.room,
    created: false,
  });
});

test('two people, each from 25 sockets at once', async () => {
  const service = await startService(scope, { nodes: 2, env: { ...env, PARLEY_SOCKETS_PER_USER: '50' } });
  const names = ['ann', 'bob'];
  const creators = await login(service, names, CREATORS / 2);
  await expectOneRoom(await create(creators, names), creators, names);
});
