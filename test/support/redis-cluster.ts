// A real Redis Cluster for tests, formed by the cluster commands themselves, whose slots can be moved while it is in use.
// The single servers, their ends and their faults are those of `redis.ts`.
import type { Redis } from 'ioredis';
import type { Scope } from './disposal.ts';
import { eventually } from './eventually.ts';
import { startRedis, type RedisAddress, type RedisServer } from './redis.ts';

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
  /** Moves a slot with its keys to another node, the way `redis-cli --cluster reshard` does. */
  migrateSlot(slot: number, toIndex: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts `masters` empty servers (3 by default), shares the slots out evenly, and resolves when all of them serve. */
export async function startRedisCluster(
  scope: Scope,
  options: { masters?: number; args?: string[] } = {},
): Promise<RedisCluster> {
  const { masters = 3, args = [] } = options;
  // A short node timeout, so that a dead master is noticed within a test's patience.
  const memberOptions = { cluster: true, args: ['--cluster-node-timeout', '1500', ...args] };
  const nodes = await Promise.all(Array.from({ length: masters }, () => startRedis(scope, memberOptions)));
  const members = await Promise.all(nodes.map(describeMember));
  await formCluster(members);

  const member = (index: number): Member => {
    const found = members[index];
    if (found === undefined) throw new Error(`the cluster has no node ${index}`);
    return found;
  };
  const ownerOf = async (slot: number): Promise<number> => {
    const owner = await ownerPort(member(0).admin, slot);
    return members.findIndex(({ server }) => server.port === owner);
  };
  return {
    mode: 'cluster',
    url: nodes.map(({ url }) => url).join(','),
    urls: nodes.map(({ url }) => url),
    nodes,
    node: (index) => member(index).server,
    slotOf,
    ownerOf,
    migrateSlot: async (slot, toIndex) => {
      const from = member(await ownerOf(slot));
      const to = member(toIndex);
      if (from === to) return;
      await migrate(slot, from, to, members);
    },
    stop: async () => {
      for (const { server } of members) await server.stop();
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
