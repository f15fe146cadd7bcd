/**
 * Connections to Redis, single, Sentinel or Cluster, with the one set of options under which a command either gets its
 * reply, or fails, and is never sent twice behind our back. What the connections are used for is not known here.
 */
import calculateSlot from 'cluster-key-slot';
import { Cluster, Redis } from 'ioredis';
import type { RedisMode } from '../config.ts';

export type Client = Redis | Cluster;

export interface RedisEndpoint {
  /** One URL, or several separated by commas. */
  readonly url: string;
  readonly mode: RedisMode;
  /** Sentinel's name of the primary. */
  readonly master: string | undefined;
}

const shared = {
  // A command whose connection broke may have been executed: it fails, and whoever sent it decides.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  connectTimeout: 3000,
  keepAlive: 5000,
  retryStrategy: (attempt: number) => Math.min(50 * attempt, 500),
  // A primary that has become a replica: reconnect and find the new one.
  reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 1 : false),
} as const;

/** What a connection is for; also its name in CLIENT LIST. */
export type LinkUse = 'commands' | 'lease' | 'subscriber';

/** The nodes of a Cluster are opened and reopened by the cluster client, which has its own ideas of when. */
const { enableOfflineQueue: _queue, retryStrategy: _strategy, ...clusterNode } = shared;

/**
 * Opens a client that is not connected yet. `subscriber` clients are for sharded subscriptions only. A connection that
 * brings no byte for `silentMs`, while something was asked, is dead without a sign, and is replaced.
 */
export function openClient(endpoint: RedisEndpoint, use: LinkUse, silentMs?: number): Client {
  const urls = endpoint.url.split(',').map((url) => url.trim());
  const subscriber = use === 'subscriber';
  const own = { connectionName: `parley-${use}`, ...(silentMs === undefined ? {} : { socketTimeout: silentMs }) };
  const options = {
    ...shared,
    ...own,
    lazyConnect: true,
    enableAutoPipelining: !subscriber,
    // Subscriptions wait for a connection: what was missed meanwhile is found by comparing positions.
    enableOfflineQueue: subscriber,
    maxRetriesPerRequest: subscriber ? null : 0,
  };
  if (endpoint.mode === 'cluster') {
    return new Cluster(urls, {
      lazyConnect: true,
      enableOfflineQueue: subscriber,
      enableAutoPipelining: !subscriber,
      shardedSubscribers: subscriber,
      slotsRefreshInterval: 5000,
      slotsRefreshTimeout: 2000,
      retryDelayOnFailover: 0,
      clusterRetryStrategy: (attempt) => Math.min(50 * attempt, 500),
      redisOptions: {
        ...clusterNode,
        ...own,
        maxRetriesPerRequest: options.maxRetriesPerRequest,
        ...credentials(urls[0] ?? ''),
      },
    });
  }
  if (endpoint.mode === 'sentinel') {
    const sentinels = urls.map((url) => {
      const { hostname, port } = new URL(url);
      return { host: hostname, port: Number(port || 26379) };
    });
    return new Redis({ ...options, ...credentials(urls[0] ?? ''), sentinels, name: endpoint.master ?? 'mymaster' });
  }
  return new Redis(urls[0] ?? '', options);
}

function credentials(url: string): { username?: string; password?: string; tls?: object } {
  const { username, password, protocol } = new URL(url);
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/** The client as one of a Cluster; undefined where it is not. */
export const clusterOf = (client: Client): Cluster | undefined => (client instanceof Cluster ? client : undefined);

/** For each primary a text that, as a hash tag, lands on it. One entry where there is no Cluster. */
export function saltsPerPrimary(client: Client, keyOf: (salt: string) => string): string[] {
  if (!(client instanceof Cluster)) return ['0'];
  const missing = new Set<string>();
  for (const owners of client.slots) if (owners?.[0] !== undefined) missing.add(owners[0]);
  const salts: string[] = [];
  for (let salt = 0; missing.size > 0 && salt < 100_000; salt++) {
    const owner = client.slots[calculateSlot(keyOf(String(salt)))]?.[0];
    if (owner !== undefined && missing.delete(owner)) salts.push(String(salt));
  }
  return salts;
}

/** Tells when the servers behind a client may be others than before: after each connect, and when slots move. */
export function onTopology(client: Client, changed: (reason: string) => void): void {
  if (!(client instanceof Cluster)) {
    client.on('ready', () => changed('connected'));
    return;
  }
  let before = '';
  client.on('refresh', () => {
    let owners = '';
    let last: string | undefined;
    for (const [slot, keys] of client.slots.entries()) {
      const owner = keys?.[0];
      if (owner !== last) owners += `${slot}=${owner};`;
      last = owner;
    }
    if (owners !== before) changed('slots moved');
    before = owners;
  });
  client.on('+node', () => changed('node added'));
  client.on('ready', () => changed('connected'));
}

/** The ids of the servers that are written to, one of which changes with every failover and restart. */
export async function primaryIds(client: Client): Promise<ReadonlySet<string>> {
  const servers = client instanceof Cluster ? client.nodes('master') : [client];
  const infos = await Promise.all(servers.map((server) => server.info('server')));
  return new Set(infos.map((info) => /run_id:(\w+)/.exec(info)?.[1] ?? ''));
}
