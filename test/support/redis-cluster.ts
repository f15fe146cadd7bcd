// A real Redis Cluster for tests, formed by the cluster commands themselves, whose slots can be moved while it is in use.
// The single servers, their ends and their faults are those of `redis.ts`.
import type { Redis } from 'ioredis';
import type { Scope } from './disposal.ts';
import { eventually } from './eventually.ts';
import { startRedis, type RedisAddress, type RedisServer, type RedisServerOptions } from './redis.ts';

const slotCount = 16_384;
/** Keys moved per MIGRATE: enough to be quick, few enough not to block the servers for long. */
const migrateBatch = 100;

export interface RedisCluster extends RedisAddress {
  readonly mode: 'cluster';
  readonly urls: readonly string[];
  readonly nodes: readonly RedisServer[];
  /** The node of this index; throws when there is none. */
  node(index: number): RedisServer;
  /** The slot of a key or channel, by its hash tag if it has one. */
  slotOf(key: string): number;
  /** The index of the node that serves a slot now. */
  ownerOf(slot: number): Promise<number>;
  /** The replica of the node of this index; throws where there is none. */
  replicaOf(index: number): RedisServer;
  /** Makes the replica of a node take its place, as an operator does; resolves when all others know. */
  failover(index: number): Promise<void>;
  /** Resolves when every member that answers knows the replica of this node as its successor. */
  promoted(index: number): Promise<void>;
  /** Moves a slot with its keys to another node, the way `redis-cli --cluster reshard` does. */
  migrateSlot(slot: number, toIndex: number): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisClusterOptions extends Pick<RedisServerOptions, 'tls' | 'user'> {
  /** 3 when left out. */
  masters?: number;
  /** Gives each of them a replica. */
  replicas?: boolean;
  args?: string[];
}

/** Starts empty servers, shares the slots out evenly, and resolves when all of them serve. */
export async function startRedisCluster(scope: Scope, options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { masters = 3, replicas = false, args = [], ...access } = options;
  // A short node timeout, so that a dead master is noticed within a test's patience.
  const memberOptions = { ...access, cluster: true, args: ['--cluster-node-timeout', '1500', ...args] };
  const nodes = await Promise.all(Array.from({ length: masters }, () => startRedis(scope, memberOptions)));
  const members = await Promise.all(nodes.map(describeMember));
  await formCluster(members);
  const followers = replicas ? await addReplicas(scope, members, memberOptions) : [];

  const member = (index: number): Member => {
    const found = members[index];
    if (found === undefined) throw new Error(`the cluster has no node ${index}`);
    return found;
  };
  const follower = (index: number): Member => {
    const found = followers[index];
    if (found === undefined) throw new Error(`node ${index} has no replica`);
    return found;
  };
  const promoted = (index: number, ask?: () => Promise<void>): Promise<void> =>
    promotedEverywhere(follower(index), [...members, ...followers], ask);
  const ownerOf = async (slot: number): Promise<number> => {
    const owner = await ownerPort(member(0).admin, slot);
    return members.findIndex(({ server }) => server.port === owner);
  };
  return {
    mode: 'cluster',
    url: nodes.map(({ url }) => url).join(','),
    urls: nodes.map(({ url }) => url),
    ...(access.tls === undefined ? {} : { env: access.tls.env }),
    nodes,
    node: (index) => member(index).server,
    slotOf,
    ownerOf,
    replicaOf: (index) => follower(index).server,
    failover: async (index) => {
      let askedMs = -Infinity;
      await promoted(index, async () => {
        if (performance.now() - askedMs < failoverMs) return;
        askedMs = performance.now();
        // It may have taken over meanwhile.
        await follower(index)
          .admin.call('CLUSTER', 'FAILOVER')
          .catch(() => undefined);
      });
    },
    promoted,
    migrateSlot: async (slot, toIndex) => {
      const from = member(await ownerOf(slot));
      const to = member(toIndex);
      if (from === to) return;
      await migrate(slot, from, to, members);
    },
    stop: async () => {
      for (const { server } of [...members, ...followers]) await server.stop();
    },
  };
}

interface Member {
  readonly server: RedisServer;
  readonly busPort: number;
  readonly id: string;
  readonly admin: Redis;
}

async function describeMember(server: RedisServer): Promise<Member> {
  const admin = server.client();
  const id = String(await admin.call('CLUSTER', 'MYID'));
  const self = String(await admin.call('CLUSTER', 'NODES'));
  const busPort = Number(/@(\d+)/.exec(self)?.[1]);
  return { server, admin, id, busPort };
}

async function formCluster(members: readonly Member[]): Promise<void> {
  const [first] = members;
  if (first === undefined) throw new Error('a cluster needs a node');
  for (const [index, { admin }] of members.entries()) {
    // Different from the start, or the nodes would first have to settle whose epoch counts.
    await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    const start = Math.ceil((index * slotCount) / members.length);
    const end = Math.ceil(((index + 1) * slotCount) / members.length) - 1;
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', start, end);
  }
  for (const { admin } of members.slice(1)) {
    await admin.call('CLUSTER', 'MEET', '127.0.0.1', first.server.port, first.busPort);
  }
  const wanted = ['cluster_state:ok', `cluster_slots_ok:${slotCount}`, `cluster_known_nodes:${members.length}`];
  for (const { admin, server } of members) {
    await eventually(
      async () => {
        const info = String(await admin.call('CLUSTER', 'INFO'));
        if (!wanted.every((line) => info.includes(line))) throw new Error(info);
      },
      { what: `the cluster as seen by port ${server.port}` },
    );
  }
}

/** One for each member, in its order; resolves when they are in step. */
async function addReplicas(
  scope: Scope,
  members: readonly Member[],
  options: RedisServerOptions,
): Promise<readonly Member[]> {
  const servers = await Promise.all(members.map(() => startRedis(scope, options)));
  const replicas = await Promise.all(servers.map(describeMember));
  for (const [i, { admin, server }] of replicas.entries()) {
    const primary = members[i];
    if (primary === undefined) continue;
    await admin.call('CLUSTER', 'MEET', '127.0.0.1', primary.server.port, primary.busPort);
    await eventually(() => admin.call('CLUSTER', 'REPLICATE', primary.id), {
      what: `${server.port} knows its primary`,
    });
    await eventually(
      async () => {
        const status = await admin.info('replication');
        if (!status.includes('master_link_status:up')) throw new Error(status);
      },
      { what: `the replica on ${server.port} in step` },
    );
  }
  await eventually(
    async () => {
      for (const { admin } of members) {
        const nodes = String(await admin.call('CLUSTER', 'NODES'));
        if (nodes.split('\n').filter((line) => line.includes('slave')).length < replicas.length) throw new Error(nodes);
      }
    },
    { what: 'all replicas known to all', timeoutMs: 30_000 },
  );
  return replicas;
}

/** Servers give up a failover that was asked for after five seconds, and it has to be asked for again. */
const failoverMs = 6000;

function promotedEverywhere(replica: Member, all: readonly Member[], ask?: () => Promise<void>): Promise<void> {
  const known = async ({ admin }: Member): Promise<boolean> => {
    const nodes = String(await admin.call('CLUSTER', 'NODES'));
    return nodes.split('\n').some((line) => line.startsWith(replica.id) && line.includes('master'));
  };
  const late = (): Promise<boolean> => new Promise((resolve) => void setTimeout(resolve, 1000, true));
  return eventually(
    async () => {
      await ask?.();
      // Who is frozen or gone has nothing to say.
      const answers = await Promise.all(all.map((one) => Promise.race([known(one).catch(() => true), late()])));
      if (!answers.every(Boolean) || !(await known(replica))) throw new Error('not everybody knows');
    },
    { what: "a replica in its primary's place", timeoutMs: 60_000 },
  );
}

async function migrate(slot: number, from: Member, to: Member, members: readonly Member[]): Promise<void> {
  await to.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
  await from.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
  for (;;) {
    const keys = await from.admin.call('CLUSTER', 'GETKEYSINSLOT', slot, migrateBatch);
    if (!Array.isArray(keys) || keys.length === 0) break;
    await from.admin.call('MIGRATE', '127.0.0.1', to.server.port, '', 0, 5000, 'KEYS', ...keys.map(String));
  }
  // The new owner first: it must know before the old one sends clients there.
  const others = members.filter((member) => member !== from && member !== to);
  for (const { admin } of [to, from, ...others]) await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
}

/** CLUSTER SLOTS: rows of first slot, last slot, then the serving node as address and port. */
async function ownerPort(admin: Redis, slot: number): Promise<number> {
  const rows = await admin.call('CLUSTER', 'SLOTS');
  for (const row of Array.isArray(rows) ? rows : []) {
    if (!Array.isArray(row)) continue;
    const [start, end, owner] = row as unknown[];
    if (slot >= Number(start) && slot <= Number(end) && Array.isArray(owner)) return Number(owner[1]);
  }
  throw new Error(`slot ${slot} has no owner`);
}

/** CRC16 (XMODEM) of the hash tag or whole key, modulo the number of slots, as the Redis Cluster specification says. */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc % slotCount;
}
