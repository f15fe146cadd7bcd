/** What this service needs of Redis, checked at start: refuses what cannot work, warns of what will hurt later. */
import { Cluster } from 'ioredis';
import type { Log } from '../ops/log.ts';
import type { Client } from './connect.ts';

/** Redis can be reached and is no good: not a matter of waiting. */
export class RedisUnfit extends Error {
  override readonly name = 'RedisUnfit';
}

const MAJOR_MIN = 7;

/** Rejects with `RedisUnfit` for a server that is too old. Sharded pub/sub came with Redis 7. */
export async function checkRedis(client: Client, log: Log): Promise<void> {
  const servers = client instanceof Cluster ? client.nodes('master') : [client];
  for (const server of servers) {
    const version = /redis_version:(\d+)[^\r\n]*/.exec(await server.info('server'));
    if (version !== null && Number(version[1]) < MAJOR_MIN) {
      throw new RedisUnfit(`Redis ${MAJOR_MIN} or newer is needed, not ${version[0]}`);
    }
    const policy = await setting(server, 'maxmemory-policy');
    if (policy !== undefined && policy !== 'noeviction') {
      log.warn({ policy }, 'Redis may evict keys: set maxmemory-policy noeviction, or state will be lost in silence');
    }
    const limit = /pubsub (\d+)/.exec((await setting(server, 'client-output-buffer-limit')) ?? '')?.[1];
    if (limit !== undefined && limit !== '0' && Number(limit) < PUBSUB_BYTES_MIN) {
      log.warn({ limitBytes: Number(limit) }, 'a busy node may be cut off: raise client-output-buffer-limit pubsub');
    }
  }
}

const PUBSUB_BYTES_MIN = 64 * 1024 * 1024;

/** Undefined where the server does not tell: hosted ones often forbid it. */
async function setting(
  server: { config(command: 'GET', name: string): Promise<unknown> },
  name: string,
): Promise<string | undefined> {
  try {
    const reply = await server.config('GET', name);
    return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
  } catch {
    return undefined;
  }
}
