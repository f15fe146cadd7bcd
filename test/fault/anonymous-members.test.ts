// Anonymous users who belong to rooms are taken off their rosters when nobody can come back as them, by whatever node is left, and not before.
import { expect, test } from '@jest/globals';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { openStore } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';

const scope = useScope();
const env = {
  PARLEY_NODE_LEASE_MS: '4000',
  PARLEY_ALLOW_ANONYMOUS: 'on',
  PARLEY_RESUME_TOKEN_MS: '1000',
  PARLEY_DEDUP_MS: '1000',
};
const patience = { timeoutMs: 40_000 };

interface Visitor {
  readonly user: User;
  readonly userName: string;
}

async function visit(node: ServiceNode): Promise<Visitor> {
  const user = await loginRpc(scope, node.url, '', { credentials: { anonymous: true } });
  return { user, userName: user.authData.userName };
}

const membersOf = async (user: User, roomName: string): Promise<string[]> => {
  const members = field(await user.call('roomMembersGet', roomName), 'members');
  return (Array.isArray(members) ? members : []).map((member) => textOf(field(member, 'userName'))).toSorted();
};

test('an anonymous member or owner goes from its rooms when it is forgotten, also where its node is gone', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { redis, nodes: 2, env });
  const agent = await loginRpc(scope, service.node(1).url, 'agent');
  const [stays, goes, dies] = [
    await visit(service.node(1)),
    await visit(service.node(1)),
    await visit(service.node(0)),
  ];
  const names = [stays.userName, goes.userName, dies.userName];
  await agent.call('conversationCreate', { roomName: 'desk', members: names.slice(0, 2) });
  await agent.call('roomMembersAdd', 'desk', names.slice(2));
  const own = textOf(field(await dies.user.call('conversationCreate', { members: ['agent'] }), 'roomName'));
  await agent.call('roomJoin', 'desk');
  await service.node(0).kill();
  goes.user.raw.close();
  await eventually(
    async () => expect(await membersOf(agent, 'desk')).toEqual(['agent', stays.userName].toSorted()),
    patience,
  );
  await eventually(async () => expect(await membersOf(agent, own)).toEqual(['agent']), patience);
  const gone = await eventually(() => {
    const told = agent.heard('roomMembersRemoved').filter(([roomName]) => roomName === 'desk');
    expect(told).toHaveLength(2);
    return told;
  });
  expect(gone).toEqual(expect.arrayContaining(names.slice(1).map((name) => ['desk', [name], null])));
  const store = await openStore(scope, service.redis, { prefix: service.prefix });
  const noted = (): Promise<string[]> => store.client.zrange(store.keys.anonymousMembers.endings, '0', '-1');
  await eventually(async () => expect(await noted()).toEqual([`desk:${stays.userName}`]), patience);
  // Nor who was not added.
  expect(await stays.user.refusal('roomMemberJoin', 'nowhere')).toMatchObject({ code: 'noRoom' });
  expect(await stays.user.refusal('roomMembersAdd', 'nowhere', [stays.userName])).toMatchObject({ code: 'noRoom' });
  const nobody = { members: [stays.userName, 'nobody-there'] };
  expect(await stays.user.refusal('conversationCreate', nobody)).toMatchObject({ code: 'noUser' });
  expect(await noted()).toEqual([`desk:${stays.userName}`]);
  // Who quits is looked for no more.
  expect(await stays.user.call('roomMemberQuit', 'desk')).toBeNull();
  await eventually(async () => expect(await noted()).toEqual([]), patience);
});
