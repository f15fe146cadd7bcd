// The systems that are compared: the built service, the bare relay and bare uWebSockets.js, each with its processes placed
// on cores alike. What they are asked to do is up to the scenarios.
import { fileURLToPath } from 'node:url';
import type { Scope } from '../support/disposal.ts';
import { startProcess } from '../support/owned-process.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { randomPrefix, startNode } from '../support/service.ts';
import { pin } from './cpu.ts';

export type SystemName = 'parley' | 'relay' | 'bare';

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
}

export interface System {
  readonly name: SystemName;
  readonly nodes: readonly ServerProcess[];
  /** Absent where the system has none. */
  readonly redis: RedisServer | undefined;
  /** Key prefix; of the service only. */
  readonly prefix: string;
  /** All processes whose work is the system's. */
  readonly pids: readonly number[];
}

/** How all of them let users in: by the name they give. */
export const authentication = 'open';

const floors = {
  relay: fileURLToPath(new URL('./floors/relay.ts', import.meta.url)),
  bare: fileURLToPath(new URL('./floors/bare.ts', import.meta.url)),
};

const serviceSettings = {
  PARLEY_AUTH: authentication,
  PARLEY_LOG_LEVEL: 'info',
  // The rates of the bench are not those of one chatting person; the check itself stays.
  PARLEY_RATE_REQUESTS_PER_SECOND: '1000000',
  PARLEY_RATE_BURST: '1000000',
};

export async function startSystem(scope: Scope, name: SystemName, nodeCount = 1): Promise<System> {
  const redis = name === 'bare' ? undefined : await startRedis(scope);
  if (redis !== undefined) pin(redis.pid, 'others');
  const prefix = randomPrefix();
  const nodes: ServerProcess[] = [];
  for (let i = 0; i < nodeCount; i++) {
    const node = await startServer(scope, name, redis, prefix);
    pin(node.pid, 'gateway');
    nodes.push(node);
  }
  const pids = [...nodes.map((node) => node.pid), ...(redis === undefined ? [] : [redis.pid])];
  return { name, nodes, redis, prefix, pids };
}

async function startServer(
  scope: Scope,
  name: SystemName,
  redis: RedisServer | undefined,
  prefix: string,
): Promise<ServerProcess> {
  if (name !== 'parley') return startFloor(scope, floors[name], redis?.url ?? '');
  if (redis === undefined) throw new Error('the service needs a Redis');
  return startNode(scope, { redis, prefix, env: serviceSettings });
}

async function startFloor(scope: Scope, program: string, redisUrl: string): Promise<ServerProcess> {
  let onPort: (port: number) => void = () => undefined;
  const listening = new Promise<number>((resolve) => {
    onPort = resolve;
  });
  const printed: string[] = [];
  const floor = await startProcess(process.execPath, ['--import', 'tsx', program], {
    env: { ...process.env, RELAY_REDIS_URL: redisUrl },
    onLine: (line) => {
      printed.push(line);
      const port = /"port":(\d+)/.exec(line)?.[1];
      if (port !== undefined) onPort(Number(port));
    },
  });
  scope.add(async () => {
    await floor.kill();
  });
  const first = await Promise.race([listening, floor.exited]);
  if (typeof first !== 'number') throw new Error(`${program} ended at the start:\n${printed.join('\n')}`);
  return { pid: floor.pid, port: first };
}
