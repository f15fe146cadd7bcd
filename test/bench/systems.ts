// The systems that are compared: the built service, the bare relay, bare uWebSockets.js and Socket.IO, each with its processes
// placed on cores alike. What they are asked to do is up to the scenarios.
import { fileURLToPath } from 'node:url';
import type { Scope } from '../support/disposal.ts';
import { startProcess } from '../support/owned-process.ts';
import { startRedis, type RedisAddress } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { randomPrefix, startNode } from '../support/service.ts';
import { pin } from './cpu.ts';
import type { WireName } from './generator/wire.ts';

/** The second of Socket.IO's keeps its messages in Redis, as the service and the relay do. */
export type SystemName = 'parley' | 'relay' | 'bare' | 'socket.io' | 'socket.io storing';

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
}

export interface System {
  readonly name: SystemName;
  readonly wire: WireName;
  readonly nodes: readonly ServerProcess[];
  /** Absent where the system has none. */
  readonly redis: RedisAddress | undefined;
  readonly redisPids: readonly number[];
  /** Key prefix; of the service only. */
  readonly prefix: string;
  /** All processes whose work is the system's. */
  readonly pids: readonly number[];
}

/** How all of them let users in: by the name they give. */
export const authentication = 'open';

interface Program {
  readonly path: string;
  readonly wire: WireName;
  readonly env?: Readonly<Record<string, string>>;
}

const program = (path: string, wire: WireName, env = {}): Program => ({
  path: fileURLToPath(new URL(path, import.meta.url)),
  wire,
  env,
});

const programs = {
  relay: program('./floors/relay.ts', 'rpc'),
  bare: program('./floors/bare.ts', 'rpc'),
  'socket.io': program('./peers/socketio.ts', 'socketIo'),
  'socket.io storing': program('./peers/socketio.ts', 'socketIo', { BENCH_STORING: '1' }),
} as const;

const serviceSettings = {
  PARLEY_AUTH: authentication,
  PARLEY_LOG_LEVEL: 'info',
  // The rates of the bench are not those of one chatting person; the check itself stays.
  PARLEY_RATE_REQUESTS_PER_SECOND: '1000000',
  PARLEY_RATE_BURST: '1000000',
};

/** One server, or a cluster of three masters. */
export type Topology = 'single' | 'cluster';

/** Socket.IO is compared where its documentation has it: on one server. */
export const runsOn = (name: SystemName, topology: Topology): boolean =>
  topology === 'single' || name === 'parley' || name === 'relay' || name === 'bare';

export interface SystemPlan {
  readonly topology: Topology;
  readonly nodes: number;
}

export async function startSystem(scope: Scope, name: SystemName, plan: SystemPlan): Promise<System> {
  const { redis, redisPids } = name === 'bare' ? noRedis : await startRedisOf(scope, plan.topology);
  for (const pid of redisPids) pin(pid, 'others');
  const prefix = randomPrefix();
  const nodes: ServerProcess[] = [];
  for (let i = 0; i < plan.nodes; i++) {
    const node = await startServer(scope, name, redis, prefix);
    pin(node.pid, 'gateway');
    nodes.push(node);
  }
  const pids = [...nodes.map((node) => node.pid), ...redisPids];
  return { name, wire: name === 'parley' ? 'rpc' : programs[name].wire, nodes, redis, redisPids, prefix, pids };
}

const noRedis: Pick<System, 'redis' | 'redisPids'> = { redis: undefined, redisPids: [] };

async function startRedisOf(scope: Scope, topology: Topology): Promise<Pick<System, 'redis' | 'redisPids'>> {
  if (topology === 'single') {
    const redis = await startRedis(scope);
    return { redis, redisPids: [redis.pid] };
  }
  const redis = await startRedisCluster(scope);
  return { redis, redisPids: redis.nodes.map(({ pid }) => pid) };
}

async function startServer(
  scope: Scope,
  name: SystemName,
  redis: RedisAddress | undefined,
  prefix: string,
): Promise<ServerProcess> {
  if (name !== 'parley') return startProgram(scope, programs[name], redis);
  if (redis === undefined) throw new Error('the service needs a Redis');
  return startNode(scope, { redis, prefix, env: serviceSettings });
}

async function startProgram(
  scope: Scope,
  { path, env }: Program,
  redis: RedisAddress | undefined,
): Promise<ServerProcess> {
  let onPort: (port: number) => void = () => undefined;
  const listening = new Promise<number>((resolve) => {
    onPort = resolve;
  });
  const printed: string[] = [];
  const server = await startProcess(process.execPath, ['--import', 'tsx', path], {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      ...env,
      BENCH_REDIS_URL: redis?.url ?? '',
      BENCH_REDIS_MODE: redis?.mode ?? '',
    },
    onLine: (line) => {
      printed.push(line);
      const port = /"port":(\d+)/.exec(line)?.[1];
      if (port !== undefined) onPort(Number(port));
    },
  });
  scope.add(async () => {
    await server.kill();
  });
  const first = await Promise.race([listening, server.exited]);
  if (typeof first !== 'number') throw new Error(`${path} ended at the start:\n${printed.join('\n')}`);
  return { pid: server.pid, port: first };
}
