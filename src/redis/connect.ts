/**
 * Connections to Redis, single, Sentinel or Cluster, with the one set of options under which a command either gets its
 * reply, or fails, and is never sent twice behind our back. What the connections are used for is not known here.
 */
import calculateSlot from 'cluster-key-slot';
import { Cluster, Redis } from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import type { RedisAccess, RedisEndpoint, RedisSocket, RedisTls } from '../outside/redis-endpoint.ts';
import { sentinelConnector } from './sentinel-connector.ts';
import { Sentinels, type SentinelsDeps, type ServerAddress } from './sentinels.ts';

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
  // Its check asks for INFO, which a user may be without. Who has to know whether a server answers asks it.
  enableReadyCheck: false,
  disableClientInfo: true,
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

/** The servers that have a share of the keys, by address; one, '' by name, where there is no Cluster. */
export function primariesOf(client: Client): ReadonlyMap<string, Redis> {
  if (!(client instanceof Cluster)) return new Map([['', client]]);
  return new Map(client.nodes('master').map((node) => [`${node.options.host}:${node.options.port}`, node]));
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
      enableReadyCheck: false,
      enableAutoPipelining: true,
      slotsRefreshInterval: 5000,
      slotsRefreshTimeout: 1000,
      retryDelayOnFailover: 0,
      // Who sends it again asks before whether it may, and does.
      retryDelayOnClusterDown: 0,
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
  const client = new Redis({ ...options, ...(server ?? endpoint.servers[0]) });
  // Where the database is refused the client would go on in another one.
  client.on('error', (error: Error & { command?: { name?: string } }) => {
    if (error.command?.name === 'select') client.disconnect(true);
  });
  return client;
}

/** A client of the server named, for a single connection that is not made again, nor made yet. */
export function openOnce(
  endpoint: RedisEndpoint,
  server: ServerAddress | RedisSocket,
  of: 'data' | 'sentinels',
): Redis {
  const isData = of === 'data';
  return new Redis({
    ...shared,
    ...accessOptions(isData ? endpoint.access : endpoint.sentinelAccess),
    ...(isData && endpoint.db !== 0 ? { db: endpoint.db } : {}),
    ...server,
    lazyConnect: true,
    retryStrategy: () => null,
    // Also of a replica something can be asked.
    reconnectOnError: null,
  });
}

/** Who tells which server is the primary; undefined where nobody does. */
export function openSentinels(
  endpoint: RedisEndpoint,
  deps: Pick<SentinelsDeps, 'onLeave' | 'onError'>,
): Sentinels | undefined {
  if (endpoint.mode !== 'sentinel') return undefined;
  const options = accessOptions(endpoint.sentinelAccess);
  return new Sentinels({ ...deps, sentinels: hostsOf(endpoint), name: endpoint.master ?? 'mymaster', options });
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

/** Below 16,384: keys and channels of one number are served by the same server. Always 0 where there is one. */
export const slotOf = (client: Client, key: string): number => (client instanceof Cluster ? calculateSlot(key) : 0);

/** Tells of every connection that ends: what answers next may be another server, or one that has lost its data. */
export function onBreak(clients: readonly Client[], broken: () => void): void {
  for (const client of clients) {
    client.on('close', broken);
    if (client instanceof Cluster) client.on('-node', broken);
  }
}

/** Tells why one node of a Cluster is not connected to; the client's other errors tell that none is. */
export function onNodeError(client: Client, failed: (server: string, error: unknown) => void): void {
  if (client instanceof Cluster) client.on('node error', (error: unknown, server: string) => failed(server, error));
}

/** Tells when the servers behind a client may be others than before: after each connect, and when slots move. */
export function onTopology(client: Client, changed: (reason: string) => void): void {
  if (!(client instanceof Cluster)) {
    client.on('ready', () => void whenServing(client).then((serves) => serves && changed('connected')));
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

/**
 * The ids of the servers that are written to, one of which changes with every failover and restart; '' for one that this user may
 * not ask.
 */
export async function primaryIds(client: Client): Promise<ReadonlySet<string>> {
  const servers = [...primariesOf(client).values()];
  return new Set(await Promise.all(servers.map(runIdOf)));
}

/** A server that reads its data, or has lost its primary, takes connections and does nothing; false where this one ends. */
async function whenServing(client: Redis): Promise<boolean> {
  while (client.status === 'ready') {
    try {
      await client.ping();
      return true;
    } catch (error) {
      // Anything else is told to who asks for something.
      if (!(error instanceof Error) || !/^(LOADING|MASTERDOWN|BUSY)/.test(error.message)) return true;
      await pause(SERVING_MS);
    }
  }
  return false;
}

const SERVING_MS = 100;

async function runIdOf(server: Redis): Promise<string> {
  try {
    return /run_id:(\w+)/.exec(await server.info('server'))?.[1] ?? '';
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('NOPERM')) return '';
    throw error;
  }
}
