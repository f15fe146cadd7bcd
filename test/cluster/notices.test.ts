// One order of messages and of what is told of a room's people, its attributes and its conduct, for all observers on all nodes, while
// links are killed, slots move and scripts are flushed; and each change in it once.
import { expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { field, until } from '../chat/world.ts';
import { namesIn } from '../fault/evictions.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedis } from '../support/redis.ts';
import { createRng, seeded, type Rng } from '../support/rng.ts';
import { loginRpc, type Call, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { textOfTold } from '../support/told-order.ts';

const scope = useScope();
const ROOM = 'lobby';
const ADMINS = 6;
const CHANGES = 60;
const pool = Array.from({ length: 8 }, (_, i) => `member-${i}`);
const env = {
  PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
  PARLEY_RATE_BURST: '10000',
  PARLEY_POSITION_CHECK_MS: '3000',
};

/** What a change is known by in the notice that tells it: a value that no other change has. */
interface Change {
  readonly call: Call;
  readonly told?: { readonly name: string; readonly mark: Value };
}

interface Hall {
  readonly owner: User;
  /** Two on each node; the owner is none of them. */
  readonly admins: readonly User[];
  /** Of the changes that were acknowledged. */
  readonly done: NonNullable<Change['told']>[];
}

const kinds = {
  'a single Redis': async () => {
    const redis = await startRedis(scope);
    const disturb = async (): Promise<number> => {
      await redis.client().script('FLUSH');
      return redis.killSubscribers();
    };
    return { redis, disturb };
  },
  'a Cluster of three': async () => {
    const redis = await startRedisCluster(scope);
    let round = 0;
    const disturb = async (prefix: string): Promise<number> => {
      const slot = redis.slotOf(`${prefix}:{room:${ROOM}}:meta`);
      await redis.migrateSlot(slot, ((await redis.ownerOf(slot)) + 1) % 3);
      return redis.node(round++ % 3).killSubscribers();
    };
    return { redis, disturb };
  },
};

test.each(['a single Redis', 'a Cluster of three'] as const)(
  'messages, members, roles, silences and attributes come in one order and once, on %s',
  (kind) =>
    seeded(async (rng) => {
      const { redis, disturb } = await kinds[kind]();
      const service = await startService(scope, { nodes: 3, redis, env });
      const hall = await openHall(service.nodes.map(({ url }) => url));
      // Each has numbers of its own, whoever is quicker.
      const changing = hall.admins.map((admin) => change(createRng(rng.integer(0, 2 ** 32 - 1)), hall, admin));
      let [isOver, killed] = [false, 0];
      const over = Promise.all(changing).finally(() => (isOver = true));
      while (!isOver) {
        killed += await disturb(service.prefix);
        for (let left = rng.integer(5, 20); left > 0; left--) await hall.owner.call('ping');
      }
      await over;
      expect(killed).toBeGreaterThan(0);
      await expectOneOrder(hall);
    })(),
  120_000,
);

async function openHall(urls: readonly string[]): Promise<Hall> {
  const owner = await loginRpc(scope, urls[0] ?? '', 'owner');
  for (const name of pool) await loginRpc(scope, urls[1] ?? '', name);
  const admins = await Promise.all(
    Array.from({ length: ADMINS }, (_, i) => loginRpc(scope, urls[i % urls.length] ?? '', `admin-${i}`)),
  );
  const members = admins.map(({ userName }) => userName);
  await owner.call('conversationCreate', { roomName: ROOM, members });
  for (const user of [owner, ...admins]) await user.call('roomJoin', ROOM);
  for (const name of members) await owner.call('roomRoleSet', ROOM, name, 'admin');
  return { owner, admins, done: [] };
}

function drawChange(rng: Rng, mark: number): Change {
  const some = pool.filter(() => rng.chance(0.3));
  const until = 4_000_000_000_000 + mark;
  const guest = `guest-${mark}`;
  return rng.pick<Change>([
    { call: ['roomMessage', ROOM, { mark: until }], told: { name: 'roomMessage', mark: until } },
    { call: ['roomSilence', ROOM, [rng.pick(pool)], { until }], told: { name: 'roomSilenced', mark: until } },
    { call: ['roomAttributesSet', ROOM, { 'a.b': until }], told: { name: 'roomAttributesChanged', mark: until } },
    { call: ['roomAddToList', ROOM, 'whitelist', [guest]], told: { name: 'roomAccessListAdded', mark: guest } },
    { call: ['roomSlowModeSet', ROOM, mark], told: { name: 'roomSlowModeChanged', mark } },
    { call: ['roomMembersAdd', ROOM, some] },
    { call: ['roomMembersRemove', ROOM, some] },
    { call: ['roomUnsilence', ROOM, some] },
  ]);
}

let marks = 0;

async function change(rng: Rng, { done }: Hall, admin: User): Promise<void> {
  for (let left = CHANGES; left > 0; left--) {
    const { call, told } = drawChange(rng, ++marks);
    const [outcome] = await Promise.all(admin.callAll(call));
    if (outcome === undefined) throw new Error(`${call[0]} was not answered`);
    // What fails for the moment may have happened; then it is told all the same, at one place.
    if ('error' in outcome) expect([call[0], outcome.error]).toMatchObject([call[0], { temporary: true }]);
    else if (told !== undefined) done.push(told);
  }
}

async function expectOneOrder({ owner, admins, done }: Hall): Promise<void> {
  const last = await owner.call('roomMessage', ROOM, { mark: 'the end' });
  const observers = [owner, ...admins];
  for (const one of observers) await until(one, 'roomMessage', ([, message]) => field(message, 'id') === last);
  const [whole = [], ...others] = observers.map(({ received }) =>
    received.flatMap((entry) => ('name' in entry ? (textOfTold(entry.name, entry.params) ?? []) : [])),
  );
  for (const told of others) expect(told).toEqual(whole);
  for (const one of observers) expect(one.heard('roomReset')).toEqual([]);
  for (const { name, mark } of done) {
    const times = owner.heard(name).filter((params) => valuesIn(params).includes(mark)).length;
    expect([name, mark, times]).toEqual([name, mark, 1]);
  }
  await expectTold(owner);
}

/** All that is no list and no map, however deep. */
function valuesIn(value: Value | undefined): unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  return Object.values(value).flatMap((one: Value) => valuesIn(one));
}

/** Each change of a member was one, versions have no hole, and in the end what was told is what is so. */
async function expectTold(owner: User): Promise<void> {
  const now = await roster(owner);
  const members = new Set(now.filter((name) => !pool.includes(name)));
  for (const entry of owner.received) {
    if (!('name' in entry) || !/^roomMembers(Added|Removed)$/.test(entry.name)) continue;
    const isAdded = entry.name === 'roomMembersAdded';
    for (const name of namesIn(entry.params[1])) {
      expect([name, members.has(name)]).toEqual([name, !isAdded]);
      if (isAdded) members.add(name);
      else members.delete(name);
    }
  }
  expect([...members].toSorted()).toEqual(now);
  const versions = owner.heard('roomAttributesChanged').map(([, , version]) => version);
  expect(versions).toEqual(versions.map((_, i) => i + 1));
  expect(await owner.call('roomAttributesGet', ROOM)).toMatchObject({ version: versions.length });
}

async function roster(owner: User): Promise<string[]> {
  const listed = field(await owner.call('roomMembersGet', ROOM, { limit: 100 }), 'members');
  return namesIn((Array.isArray(listed) ? listed : []).map((one) => field(one, 'userName') ?? '')).toSorted();
}
