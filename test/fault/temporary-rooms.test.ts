// Many temporary rooms that end while a node dies: each ends once for each of its members, wherever they are, and nothing of it is left.
import { expect, test } from '@jest/globals';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { seeded, type Rng } from '../support/rng.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const ROOMS = 60;
const USERS = 6;
/** The first ends soon, the last when the node that died has been swept. */
const TTL_MS = { first: 5000, last: 18_000 };
const env = { PARLEY_NODE_LEASE_MS: '4000', PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };

interface Ending {
  readonly room: string;
  readonly members: readonly string[];
  /** Users who are in it by a socket that lives, and by one of the node that dies only. */
  readonly inside: ReadonlySet<string>;
  readonly insideOnDoomed: ReadonlySet<string>;
}

test(
  'temporary rooms end for everybody once, also when nodes die, and leave nothing',
  seeded(async (rng) => {
    const redis = await startRedis(scope);
    const service = await startService(scope, { nodes: 2, redis, env });
    const doomed = await service.addNode();
    const names = Array.from({ length: USERS }, (_, i) => `user-${i}`);
    const login = (url: string): Promise<User[]> => Promise.all(names.map((name) => loginRpc(scope, url, name)));
    const living = await login(service.node(rng.integer(0, 1)).url);
    const dying = await login(doomed.url);
    const endings: Ending[] = [];
    for (let i = 0; i < ROOMS; i++) endings.push(await open(rng, living, dying, i));

    const first = endings[0]?.room ?? '';
    const asker = living[0];
    if (asker === undefined) throw new Error('nobody is there');
    await eventually(async () =>
      expect(await asker.refusal('roomInfo', first)).toMatchObject({ code: 'roomExpired', args: [first] }),
    );
    await doomed.kill();
    for (const { room } of endings) {
      await eventually(
        async () => {
          for (const user of living)
            expect(await user.refusal('roomInfo', room)).toMatchObject({ code: 'roomExpired' });
        },
        { timeoutMs: 30_000 },
      );
    }
    // Of one whose node died behind the deletion the note of its end goes a minute later.
    await eventually(() => expectNothingLeft(redis.client(), service.prefix), { timeoutMs: 120_000 });
    await eventually(() => {
      for (const user of living) expectToldOnce(user, endings);
    });
  }),
  240_000,
);

/** Some members are in the room, some on the node that dies, some nowhere; something is said there. */
async function open(rng: Rng, living: readonly User[], dying: readonly User[], number: number): Promise<Ending> {
  const members = rng.shuffle(living).slice(0, rng.integer(2, 4));
  const [owner] = members;
  if (owner === undefined) throw new Error('nobody is there');
  const ttlMs = TTL_MS.first + Math.floor(((TTL_MS.last - TTL_MS.first) * number) / ROOMS);
  const by = rng.chance(0.5) ? owner : dying.find(({ userName }) => userName === owner.userName);
  const made = await (by ?? owner).call('conversationCreate', {
    kind: 'temporary',
    ttlMs,
    members: members.map(({ userName }) => userName),
  });
  const room = textOf(field(made, 'roomName'));
  const inside = new Set<string>();
  const insideOnDoomed = new Set<string>();
  for (const member of members) {
    const twin = dying.find(({ userName }) => userName === member.userName);
    const where = rng.pick(['living', 'living', 'dying', 'nowhere', 'nowhere']);
    if (where === 'living') {
      await member.call('roomJoin', room);
      inside.add(member.userName);
    } else if (twin !== undefined && where === 'dying') {
      await twin.call('roomJoin', room);
      insideOnDoomed.add(member.userName);
    }
  }
  for (const member of members) if (inside.has(member.userName)) await member.call('roomMessage', room, { number });
  return { room, members: members.map(({ userName }) => userName), inside, insideOnDoomed };
}

/** Its members are told that they are none any more, and those who were in it that they have lost it: each once. */
function expectToldOnce(user: User, endings: readonly Ending[]): void {
  const lost = user.heard('roomAccessRemoved').map(([room]) => textOf(room));
  const kicks = user.heard('roomKicked').map(([kick]) => ({ ...Object(kick) }));
  for (const { room, members, inside, insideOnDoomed } of endings) {
    const [losses, told] = [lost.filter((one) => one === room), kicks.filter(({ roomName }) => roomName === room)];
    expect(told).toEqual(members.includes(user.userName) ? [{ roomName: room, by: null }] : []);
    if (inside.has(user.userName)) expect(losses).toEqual([room]);
    // It may have ended before the node that died was swept, or after.
    else if (insideOnDoomed.has(user.userName)) expect(losses.length).toBeLessThanOrEqual(1);
    else expect(losses).toEqual([]);
  }
}

/** Neither rooms nor when they end, and nobody's list has one. */
async function expectNothingLeft(
  client: { keys(pattern: string): Promise<string[]>; hkeys(key: string): Promise<string[]> },
  prefix: string,
): Promise<void> {
  const keys = await client.keys(`${prefix}:*`);
  // What repeated messages are known by expires, as do the tombstones of nodes.
  const left = keys.filter((key) => key.includes('{room:') && !/:(tomb|dedup):/.test(key));
  expect(left).toEqual([]);
  for (const key of keys.filter((one) => one.endsWith(':belongs'))) expect(await client.hkeys(key)).toEqual([]);
  expect(keys.filter((key) => /endings|:ends/.test(key))).toEqual([]);
}
