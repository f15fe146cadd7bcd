/**
 * Connections to Redis, single, Sentinel or Cluster, with the one set of options under which a command either gets its
 * reply, or fails, and is never sent twice behind our back. What the connections are used for is not known here.
 */
import { Cluster, Redis } from 'ioredis';
import type { ConnectionOptions } from 'node:tls';
import type { RedisAccess, RedisEndpoint, RedisTls } from '../outside/redis-endpoint.ts';
import { sentinelConnector } from './sentinel-connector.ts';
import { Sentinels, type SentinelsParts, type ServerAddress } from './sentinels.ts';

export type Client = Redis | Cluster;

const shared = {
  // A command whose connection broke may have been executed: it fails, and whoever sent it decides.
  autoResendUnfulfilledCommands: false,
  // Who subscribes knows to what.
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  connectTimeout: 3000,
  // A connection that is left is left at once: its other side may be frozen.
  disconnectTimeout: 50,
  keepAlive: 5000,
  retryStrategy: (attempt: number) => Math.min(50 * attempt, 500),
  // A primary that has become a replica: reconnect and find the new one.
  reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 1 : false),
} as const;

/** What a connection is for; also its name in CLIENT LIST. */
export type LinkUse = 'commands' | 'lease' | 'subscriber';

export interface LinkOptions {
  readonly use: LinkUse;
  /** A connection that brings no byte for so long, while something was asked, is dead without a sign, and is replaced. */
  readonly silentMs?: number | undefined;
  /** Where the mode is `sentinel`. */
  readonly sentinels?: Sentinels | undefined;
}

/** The nodes of a Cluster are opened and reopened by the cluster client, which has its own ideas of when. */
const { enableOfflineQueue: _queue, retryStrategy: _strategy, ...clusterNode } = shared;

/** Opens a client that is not connected yet. */
export function openClient(endpoint: RedisEndpoint, { use, silentMs, sentinels }: LinkOptions): Client {
  if (endpoint.mode === 'cluster') {
    const own = { connectionName: `parley-${use}`, ...(silentMs === undefined ? {} : { socketTimeout: silentMs }) };
    return new Cluster(hostsOf(endpoint), {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      slotsRefreshInterval: 5000,
      slotsRefreshTimeout: 1000,
      retryDelayOnFailover: 0,
      clusterRetryStrategy: (attempt) => Math.min(50 * attempt, 500),
      // By the names that are given: those are what certificates are for.
      dnsLookup: (host, callback) => callback(null, host),
      redisOptions: { ...clusterNode, ...own, ...accessOptions(endpoint.access) },
    });
  }
  return openServer(endpoint, { use, silentMs, sentinels });
}

export interface ServerLinkOptions extends LinkOptions {
  /** Another server than the endpoint names: one of a Cluster. */
  readonly server?: ServerAddress | undefined;
}

/** A client of one server that is not connected yet. */
export function openServer(endpoint: RedisEndpoint, { use, silentMs, sentinels, server }: ServerLinkOptions): Redis {
  const access = accessOptions(endpoint.access);
  const options = {
    ...shared,
    ...access,
    ...(endpoint.db === 0 ? {} : { db: endpoint.db }),
    connectionName: `parley-${use}`,
    ...(silentMs === undefined ? {} : { socketTimeout: silentMs }),
    lazyConnect: true,
    enableAutoPipelining: use !== 'subscriber',
  };
  if (sentinels !== undefined) return new Redis({ ...options, Connector: sentinelConnector(sentinels, access.tls) });
  return new Redis({ ...options, ...(server ?? endpoint.servers[0]) });
}

/** Who tells which server is the primary; undefined where nobody does. */
export function openSentinels(
  endpoint: RedisEndpoint,
  parts: Pick<SentinelsParts, 'onLeave' | 'onError'>,
): Sentinels | undefined {
  if (endpoint.mode !== 'sentinel') return undefined;
  const options = accessOptions(endpoint.sentinelAccess);
  return new Sentinels({ ...parts, sentinels: hostsOf(endpoint), name: endpoint.master ?? 'mymaster', options });
}

const hostsOf = ({ servers }: RedisEndpoint): ServerAddress[] => servers.filter((server) => 'host' in server);

/** The same as the client wants it; only what is given. */
function accessOptions({ username, password, tls }: RedisAccess): AccessOptions {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls) }),
  };
}

interface AccessOptions {
  username?: string;
  password?: string;
  tls?: ConnectionOptions;
}

function tlsOptions({ ca, cert, key, serverName }: RedisTls): ConnectionOptions {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

/** The client as one of a Cluster; undefined where it is not. */
export const clusterOf = (client: Client): Cluster | undefined => (client instanceof Cluster ? client : undefined);

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
