// A Redis that comes back as it was a while ago: who has left meanwhile, by request, by disconnecting or with its node, is out
// again within seconds, and who is there stays. Judged by what is known of the open sockets against all that Redis knows.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { presenceOf, soundPresence, type OpenSocket } from '../support/presence-checker.ts';
import { startRedis, type RedisAddress } from '../support/redis.ts';
import { startRedisCluster, type RedisCluster } from '../support/redis-cluster.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';

const scope = useScope();
const env = { PARLEY_NODE_LEASE_MS: '3000', PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };
const rooms = ['red', 'green', 'blue', 'white', 'grey', 'pink'];
const MANY = 20;

interface Crowd {
  readonly service: Service<RedisAddress>;
  /** Stay, in all rooms. */
  readonly stayers: readonly User[];
  /** Leave all rooms and stay connected. */
  readonly leavers: readonly User[];
  /** Close their sockets. */
  readonly goers: readonly User[];
  /** On a node that dies. */
  readonly doomed: readonly User[];
  /** What is true once all of that has happened. */
  readonly truth: () => OpenSocket[];
}

async function gather(redis: RedisAddress): Promise<Crowd> {
  const service = await startService(scope, { nodes: 3, redis, env });
  const login = (node: number, name: string): Promise<User> => loginRpc(scope, service.node(node).url, name);
  const group = (name: string, count: number, nodeOf: (i: number) => number): Promise<User[]> =>
    Promise.all(Array.from({ length: count }, (_, i) => login(nodeOf(i), `${name}${i}`)));
  const turns = (i: number): number => i % 2;
  const stayers = await group('stayer', 2, turns);
  for (const roomName of rooms) await stayers[0]?.call('roomCreate', roomName);
  const [leavers, goers, doomed] = await Promise.all([
    group('leaver', MANY, turns),
    group('goer', MANY, turns),
    group('doomed', 5, () => 2),
  ]);
  const all = [...stayers, ...leavers, ...goers, ...doomed];
  // One room has nobody left in the end, so that no node follows it.
  const [last, ...others] = rooms;
  for (const user of all) for (const roomName of others) await user.call('roomJoin', roomName);
  for (const user of [...leavers, ...goers]) await user.call('roomJoin', last ?? '');
  return {
    service,
    stayers,
    leavers,
    goers,
    doomed,
    truth: () => [
      ...stayers.map((user) => ({ userName: user.userName, socketId: socketOf(user), rooms: others })),
      ...leavers.map((user) => ({ userName: user.userName, socketId: socketOf(user), rooms: [] })),
    ],
  };
}

const socketOf = ({ authData }: User): string => authData.id;

/** What is to be forgotten. Resolves when Redis knows all of it. */
async function depart({ service, leavers, goers }: Crowd, isSound: () => Promise<void>): Promise<void> {
  await service.node(2).kill();
  for (const user of goers) user.raw.close();
  await Promise.all(leavers.flatMap((user) => rooms.map((roomName) => user.call('roomLeave', roomName))));
  await eventually(isSound, { timeoutMs: 30_000, what: 'everybody out, the dead node swept' });
}

test('a restart from an older snapshot makes no ghosts', async () => {
  const redis = await startRedis(scope);
  const crowd = await gather(redis);
  const presence = presenceOf(scope, { servers: [redis], prefix: crowd.service.prefix });
  const isSound = async (): Promise<void> => expect(await presence(crowd.truth())).toEqual(soundPresence);
  await redis.client().save();
  await depart(crowd, isSound);
  await redis.kill();
  await redis.restart();
  const old = await presence(crowd.truth());
  expect(old.ghosts.length).toBeGreaterThan(MANY * rooms.length);

  await eventually(isSound, { timeoutMs: 20_000, what: 'no ghosts' });
  // Nobody was closed for it, and who had left hears nothing.
  for (const user of [...crowd.stayers, ...crowd.leavers]) expect(await user.call('ping')).toBeGreaterThan(0);
  await crowd.stayers[0]?.call('roomMessage', 'green', { text: 'hello' });
  await crowd.stayers[1]?.next('roomMessage');
  for (const user of crowd.leavers) expect(user.heard('roomMessage')).toEqual([]);
}, 120_000);

/** Has a primary come back as it was at the snapshot. */
async function comeBackOld(cluster: RedisCluster, place: number): Promise<void> {
  await cluster.node(place).kill();
  await cluster.node(place).restart();
}

test('a primary of a Cluster that comes back as it was makes no ghosts, whichever it is', async () => {
  const redis = await startRedisCluster(scope);
  const crowd = await gather(redis);
  const presence = presenceOf(scope, { servers: redis.nodes, prefix: crowd.service.prefix });
  const isSound = async (): Promise<void> => expect(await presence(crowd.truth())).toEqual(soundPresence);
  for (const node of redis.nodes) await node.client().save();
  await depart(crowd, isSound);
  for (const [place] of redis.nodes.entries()) {
    await comeBackOld(redis, place);
    await eventually(isSound, { timeoutMs: 40_000, what: `no ghosts after primary ${place}` });
  }
  for (const user of [...crowd.stayers, ...crowd.leavers]) expect(await user.call('ping')).toBeGreaterThan(0);
}, 180_000);
