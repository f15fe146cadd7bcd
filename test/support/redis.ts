// Real Redis (or Valkey) servers for tests: each on its own loopback port and in its own folder, gone with the scope.
// They can be killed, frozen, restarted and replicated. Clusters of them are made in `redis-cluster.ts`.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Redis, type RedisOptions } from 'ioredis';
import type { Certificates } from './certificates.ts';
import type { Scope } from './disposal.ts';
import { eventually } from './eventually.ts';
import { startProcess, type OwnedProcess } from './owned-process.ts';
import { freePort } from './ports.ts';

/** What a service needs to find its Redis. */
export interface RedisAddress {
  /** `redis://…`; several, comma-separated, in a cluster, or of sentinels. */
  readonly url: string;
  /** Further settings of a service there. */
  readonly env?: Readonly<Record<string, string>>;
  /** `single` when left out. */
  readonly mode?: 'single' | 'sentinel' | 'cluster';
  /** The name that sentinels watch a primary by. */
  readonly master?: string;
}

const portAttempts = 10;

/** The shape of replies stays the library's own. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

export interface RedisServerOptions {
  /** Further command line arguments; they win over the kit's own. */
  args?: string[];
  /** Writes every command to disk before it is answered, so that data survives `kill` and `restart`. */
  persist?: boolean;
  /** Over TLS only, and for clients with a certificate of the same authority only. */
  tls?: Certificates;
  /** A user beside the default one, which is the kit's own: the service is to come in by it. */
  user?: RedisUser;
  /** Of its process, besides the test's own. */
  env?: Readonly<Record<string, string>>;
  /** Starts an empty member of a cluster that is yet to be formed. */
  cluster?: boolean;
}

export interface RedisUser {
  readonly name: string;
  readonly password: string;
  /** In the words of ACL SETUSER. */
  readonly rules: readonly string[];
}

export interface RedisServer extends RedisAddress {
  readonly port: number;
  /** Changes with `restart`. */
  readonly pid: number;
  readonly dir: string;
  /** SIGKILL; resolves when the process is gone. `restart` brings it back. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  pause(): void;
  /** SIGCONT */
  resume(): void;
  /** When it has become a primary, in ms since the epoch, each time. */
  promotions(): number[];
  /** Kills the server if it runs and starts it on the same port and folder; without `persist` it comes back empty. */
  restart(): Promise<void>;
  /** Ends the server and its clients and removes its folder. The scope does it too. */
  stop(): Promise<void>;
  /** A client that ends with the server. Its connection errors are ignored: they are what such tests provoke. */
  client(options?: ClientOptions): Redis;
  /** Closes all connections that are subscribed to something and returns how many there were. */
  killSubscribers(): Promise<number>;
}

/** Starts a server and resolves when it accepts connections. */
export async function startRedis(scope: Scope, options: RedisServerOptions = {}): Promise<RedisServer> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-test-redis-'));
  const removeDir = (): Promise<void> => rm(dir, { recursive: true, force: true });
  scope.add(removeDir);
  const promotions: number[] = [];
  const launched = await launchOnFreePort(dir, options, promotions);
  const { port, args } = launched;
  let { server } = launched;
  const clients = new Set<Redis>();
  const client = (clientOptions: ClientOptions = {}): Redis => {
    const made = new Redis(port, '127.0.0.1', {
      ...(options.tls === undefined ? {} : { tls: options.tls.options }),
      ...clientOptions,
    });
    made.on('error', () => undefined);
    made.once('end', () => clients.delete(made));
    clients.add(made);
    return made;
  };
  const stop = async (): Promise<void> => {
    for (const open of clients) open.disconnect();
    await server.kill();
    await removeDir();
  };
  scope.add(stop);
  return {
    port,
    dir,
    url: addressOf(port, options),
    ...(options.tls === undefined ? {} : { env: options.tls.env }),
    mode: 'single',
    get pid() {
      return server.pid;
    },
    kill: async () => {
      await server.kill();
    },
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    promotions: () => [...promotions],
    restart: async () => {
      await server.kill();
      server = await launch(dir, args, options.env, promotions);
    },
    stop,
    client,
    killSubscribers: async () => {
      const admin = client();
      const killed = await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      admin.disconnect();
      return Number(killed);
    },
  };
}

/**
 * Starts a replica of whatever answers on `of.port` (a server, or a faulty link before it) and resolves when it has caught
 * up with it. `REPLICAOF NO ONE` on it promotes it.
 */
export async function startReplica(
  scope: Scope,
  of: { readonly port: number },
  options: RedisServerOptions = {},
): Promise<RedisServer> {
  const args = ['--replicaof', '127.0.0.1', String(of.port), ...(options.args ?? [])];
  const replica = await startRedis(scope, { ...options, args });
  const client = replica.client();
  await eventually(
    async () => {
      const status = await client.info('replication');
      if (!status.includes('master_link_status:up')) throw new Error(status);
    },
    { what: `the replica of port ${of.port} in step` },
  );
  client.disconnect();
  return replica;
}

/** Tries ports until the server starts on one; the arguments that worked are those of every restart. */
async function launchOnFreePort(
  dir: string,
  options: RedisServerOptions,
  promotions: number[],
): Promise<{ port: number; args: string[]; server: OwnedProcess }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const args = serverArguments(dir, port, options.persist ?? false);
    if (options.tls !== undefined) args.push('--port', '0', '--tls-port', String(port), ...options.tls.serverArgs);
    if (options.user !== undefined)
      args.push('--user', options.user.name, 'on', `>${options.user.password}`, ...options.user.rules);
    if (options.cluster) args.push('--cluster-enabled', 'yes', '--cluster-port', String(await freePort()));
    args.push(...(options.args ?? []));
    try {
      return { port, args, server: await launch(dir, args, options.env, promotions) };
    } catch (failure) {
      // Somebody may have taken the port first; anything else would fail again.
      if (attempt === portAttempts || !/already in use/i.test(String(failure))) throw failure;
    }
  }
}

/** Starts the program and waits until it says that it is ready; rejects with what it printed when it ends before. */
async function launch(
  dir: string,
  args: string[],
  env?: RedisServerOptions['env'],
  promotions: number[] = [],
): Promise<OwnedProcess> {
  const printed: string[] = [];
  let announceReady: () => void = () => undefined;
  const ready = new Promise<true>((resolve) => {
    announceReady = () => resolve(true);
  });
  const server = await startProcess(serverProgram(), args, {
    cwd: dir,
    ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
    onLine: (line) => {
      printed.push(line);
      if (line.includes('Ready to accept connections')) announceReady();
      // `PID:ROLE DAY MONTH YEAR TIME * TEXT`, in local time.
      if (line.includes('MASTER MODE enabled')) promotions.push(Date.parse(line.split(' ').slice(1, 5).join(' ')));
    },
  });
  if ((await Promise.race([ready, server.exited])) === true) return server;
  throw new Error(`Redis ended at the start:\n${printed.slice(-5).join('\n')}`);
}

function serverArguments(dir: string, port: number, persist: boolean): string[] {
  const settings = {
    port: [String(port)],
    bind: ['127.0.0.1'],
    dir: [dir],
    save: [''],
    appendonly: [persist ? 'yes' : 'no'],
    appendfsync: ['always'],
    // What a deployment would raise too: bursts of messages must not cost a node its subscription.
    'client-output-buffer-limit': ['pubsub', '256mb', '64mb', '60'],
    // Replicas start at once instead of waiting five seconds for company.
    'repl-diskless-sync-delay': ['0'],
    'enable-debug-command': ['local'],
  };
  return Object.entries(settings).flatMap(([name, values]) => [`--${name}`, ...values]);
}

function addressOf(port: number, { tls, user }: RedisServerOptions): string {
  const who = user === undefined ? '' : `${encodeURIComponent(user.name)}:${encodeURIComponent(user.password)}@`;
  return tls === undefined ? `redis://${who}127.0.0.1:${port}` : `rediss://${who}localhost:${port}`;
}

/** The server on PATH; `npm test` has seen to it that there is one. */
export function serverProgram(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  for (const name of ['redis-server', 'valkey-server']) {
    if (folders.some((folder) => folder !== '' && existsSync(join(folder, name)))) return name;
  }
  throw new Error('redis-server or valkey-server is needed on PATH');
}
