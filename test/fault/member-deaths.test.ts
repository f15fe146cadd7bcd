// Nodes die while they make users members of a room and take them out again: the room's log is the truth, and each user is told exactly
// of what happened to it there, each change once and in order, whoever is left to tell it.
import { expect, test } from '@jest/globals';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { createRng, seeded, type Rng } from '../support/rng.ts';
import { loginRpc, type Call, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';
import { namesIn } from './evictions.ts';

const scope = useScope();
const ROOM = 'lobby';
const DOOMED = 4;
const CHANGES = 60;
const members = Array.from({ length: 8 }, (_, i) => `member-${i}`);
const env = { PARLEY_NODE_LEASE_MS: '4000', PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };

test(
  'who was made a member and who was taken out is told so once, also where the node that did it dies',
  seeded(async (rng) => {
    const service = await startService(scope, { nodes: 1, env });
    const [{ url }, doomed] = [
      service.node(0),
      await Promise.all(Array.from({ length: DOOMED }, () => service.addNode())),
    ];
    const owner = await loginRpc(scope, url, 'owner');
    const users = await Promise.all(members.map((name) => loginRpc(scope, url, name)));
    await owner.call('conversationCreate', { roomName: ROOM, members: [] });
    await owner.call('roomJoin', ROOM);
    await Promise.all(
      doomed.map((node, i) => changeUntilKilled(createRng(rng.integer(0, 2 ** 32 - 1)), owner, node, `admin-${i}`)),
    );
    await eventually(() => expectTold(owner, users), { timeoutMs: 40_000 });
    // What is told once more would be by now, or behind this.
    for (const user of users) await user.call('ping');
    await expectTold(owner, users);
  }),
  120_000,
);

/** Asks for one change after the other without waiting, and kills the node after so many answers. */
async function changeUntilKilled(rng: Rng, owner: User, node: ServiceNode, name: string): Promise<void> {
  const admin = await loginRpc(scope, node.url, name);
  await owner.call('roomAddToList', ROOM, 'adminlist', [name]);
  const calls = Array.from({ length: CHANGES }, (): Call => {
    const some = members.filter(() => rng.chance(0.4));
    return [rng.chance(0.5) ? 'roomMembersAdd' : 'roomMembersRemove', ROOM, some];
  });
  const answers = calls.map((call) => admin.callAll(call)[0]);
  await answers[rng.integer(0, CHANGES - 1)];
  await node.kill();
}

/** What each user was told is what the room was told of it, and what is so. */
async function expectTold(owner: User, users: readonly User[]): Promise<void> {
  const inRoom = new Map<string, string[]>(users.map(({ userName }) => [userName, []]));
  for (const entry of owner.received) {
    if (!('name' in entry) || !/^roomMembers(Added|Removed)$/.test(entry.name)) continue;
    const told = entry.name === 'roomMembersAdded' ? 'roomInvited' : 'roomKicked';
    const by = entry.params[2] ?? null;
    for (const name of namesIn(entry.params[1])) inRoom.get(name)?.push(JSON.stringify([told, by]));
  }
  const changes = [...inRoom.values()].flat();
  expect(changes.length).toBeGreaterThan(DOOMED);
  for (const user of users) {
    const { userName, received } = user;
    const told = received.flatMap((entry) =>
      'name' in entry && (entry.name === 'roomInvited' || entry.name === 'roomKicked')
        ? [JSON.stringify([entry.name, field(entry.params[0], 'by') ?? null])]
        : [],
    );
    expect([userName, told]).toEqual([userName, inRoom.get(userName)]);
    const listed = field(await user.call('roomList'), 'rooms');
    const isMember = inRoom.get(userName)?.at(-1)?.includes('roomInvited') ?? false;
    expect([userName, Array.isArray(listed) ? listed.length : 0]).toEqual([userName, isMember ? 1 : 0]);
  }
}
