// A real primary with replicas, watched by real sentinels, for tests: which of the servers is the primary changes. The single
// servers, their ends and their faults are those of `redis.ts`.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Certificates } from './certificates.ts';
import type { Scope } from './disposal.ts';
import { eventually } from './eventually.ts';
import { startLink } from './faulty-link.ts';
import { startProcess } from './owned-process.ts';
import { freePort } from './ports.ts';
import {
  serverProgram,
  startRedis,
  startReplica,
  type RedisAddress,
  type RedisServer,
  type RedisUser,
} from './redis.ts';

const name = 'parley-primary';

export interface SentinelServer {
  readonly port: number;
  /** SIGSTOP: its connections stay open, nothing is answered. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
}

export interface Watched extends RedisAddress {
  readonly mode: 'sentinel';
  readonly master: string;
  readonly sentinels: readonly SentinelServer[];
  readonly servers: readonly RedisServer[];
  /** The server that most sentinels call the primary now. */
  primary(): Promise<RedisServer>;
  /** The other one, or the first of the others. */
  replica(): Promise<RedisServer>;
  /** Orders a failover, as an operator does; resolves when every sentinel that answers names another primary. */
  failover(): Promise<RedisServer>;
  /** The primary is gone, with what the replica has not received, where it is behind; resolves when every sentinel that answers names another. */
  fall(): Promise<RedisServer>;
  /** Resolves when a server knows that it is a primary no more. */
  demoted(former: RedisServer): Promise<void>;
  /** Resolves when every sentinel that answers names a primary other than this. */
  promoted(former: RedisServer): Promise<RedisServer>;
}

export interface WatchedOptions {
  /** After how long of silence the sentinels call a primary down. */
  downAfterMs?: number;
  /** Further arguments of the servers. */
  args?: string[];
  persist?: boolean;
  /** By how much the replica is behind; 0 when left out. */
  lagMs?: number;
  /** Of the servers, as in `redis.ts`; TLS is the sentinels' too. */
  tls?: Certificates;
  user?: RedisUser;
  /** The sentinels' own, for their default user. */
  sentinelPassword?: string;
}

/** Starts a primary, a replica and three sentinels, and resolves when all of them know of each other. */
export async function startWatched(scope: Scope, options: WatchedOptions = {}): Promise<Watched> {
  const { downAfterMs = 1000, args = [], lagMs = 0 } = options;
  const serverOptions = { ...options, args: ['--repl-ping-replica-period', '1', ...args] };
  const first = await startRedis(scope, serverOptions);
  const link = await startLink(scope, first.port);
  const servers = [first, await startReplica(scope, lagMs > 0 ? link : first, serverOptions)];
  const sentinels = await Promise.all(
    [0, 1, 2].map(() => startSentinel(scope, first.port, { ...options, downAfterMs })),
  );
  const admins = sentinels.map(({ admin }) => admin);
  await acquainted(admins);
  link.delay(lagMs);
  const asked = askSentinels(admins, servers);
  return {
    mode: 'sentinel',
    master: name,
    url: sentinels.map(({ server }) => first.url.replace(/\d+$/, String(server.port))).join(','),
    env: envOf(options),
    sentinels: sentinels.map(({ server }) => server),
    servers,
    ...asked,
    fall: async () => {
      const former = await asked.primary();
      link.cut();
      await former.kill();
      return asked.promoted(former);
    },
    demoted,
  };
}

/** What the sentinels say, and do. */
function askSentinels(
  admins: readonly Redis[],
  servers: readonly RedisServer[],
): Pick<Watched, 'primary' | 'replica' | 'failover' | 'promoted'> {
  const serverAt = (port: number): RedisServer => {
    const found = servers.find((server) => server.port === port);
    if (found === undefined) throw new Error(`no server listens on ${port}`);
    return found;
  };
  const named = async (): Promise<number[]> => {
    const asked = await Promise.all(admins.map((admin) => addressOf(admin).catch(() => undefined)));
    return asked.filter((port) => port !== undefined);
  };
  const primary = async (): Promise<RedisServer> => {
    const ports = await named();
    const votes = (port: number): number => ports.filter((other) => other === port).length;
    return serverAt(ports.toSorted((a, b) => votes(b) - votes(a))[0] ?? 0);
  };
  const promoted = (former: RedisServer): Promise<RedisServer> =>
    eventually(
      async () => {
        const ports = await named();
        if (ports.length === 0 || ports.includes(former.port)) throw new Error(`primaries: ${ports.join()}`);
        return serverAt(ports[0] ?? 0);
      },
      { what: 'another primary', timeoutMs: 60_000 },
    );
  return {
    primary,
    replica: async () => {
      const current = await primary();
      return servers.find((server) => server !== current) ?? current;
    },
    failover: async () => {
      const former = await primary();
      // A sentinel that has just seen one refuses another for a while; the next has not led one.
      await eventually(() => Promise.any(admins.map((admin) => admin.call('SENTINEL', 'FAILOVER', name))), {
        timeoutMs: 60_000,
      });
      return promoted(former);
    },
    promoted,
  };
}

async function demoted(former: RedisServer): Promise<void> {
  const client = former.client();
  const told = async (): Promise<void> => {
    const status = await client.info('replication');
    if (!status.includes('role:slave')) throw new Error(status);
  };
  await eventually(told, { what: 'a former primary that knows it', timeoutMs: 60_000 }).finally(() =>
    client.disconnect(),
  );
}

/** Resolves when every sentinel knows of the replica and of the others. */
async function acquainted(admins: readonly Redis[]): Promise<void> {
  const all = async (): Promise<void> => {
    for (const admin of admins) {
      const known = await fieldsOf(admin);
      const isAll = known['num-slaves'] === '1' && known['num-other-sentinels'] === String(admins.length - 1);
      if (!isAll) throw new Error(JSON.stringify(known));
    }
  };
  await eventually(all, { what: 'the sentinels in company', timeoutMs: 30_000 });
}

async function startSentinel(
  scope: Scope,
  primaryPort: number,
  { downAfterMs, tls, sentinelPassword }: WatchedOptions,
): Promise<{ server: SentinelServer; admin: Redis }> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-test-sentinel-'));
  scope.add(() => rm(dir, { recursive: true, force: true }));
  const port = await freePort();
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor ${name} 127.0.0.1 ${primaryPort} 2`,
    `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
    `sentinel failover-timeout ${name} 10000`,
  ];
  if (tls !== undefined) settings.push('port 0', `tls-port ${port}`, ...configLines(tls.serverArgs));
  if (sentinelPassword !== undefined)
    settings.push(`requirepass "${sentinelPassword}"`, `sentinel sentinel-pass "${sentinelPassword}"`);
  const path = join(dir, 'sentinel.conf');
  await writeFile(path, `${settings.join('\n')}\n`);
  const child = await startProcess(serverProgram(), [path, '--sentinel'], { cwd: dir });
  const admin = new Redis(port, '127.0.0.1', {
    commandTimeout: 1000,
    maxRetriesPerRequest: 1,
    enableReadyCheck: false,
    ...(tls === undefined ? {} : { tls: tls.options }),
    ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
  });
  admin.on('error', () => undefined);
  scope.add(async () => {
    admin.disconnect();
    await child.kill();
  });
  await eventually(() => admin.ping(), { what: `the sentinel on ${port}` });
  const server = {
    port,
    pause: () => child.signal('SIGSTOP'),
    resume: () => child.signal('SIGCONT'),
    kill: async () => void (await child.kill()),
  };
  return { server, admin };
}

/** What a service has to be told. */
function envOf({ tls, sentinelPassword }: WatchedOptions): Readonly<Record<string, string>> {
  return {
    ...tls?.env,
    ...(sentinelPassword === undefined ? {} : { PARLEY_REDIS_SENTINEL_PASSWORD: sentinelPassword }),
  };
}

/** Arguments of the command line as lines of a file. */
function configLines(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => (arg.startsWith('--') ? [`${arg.slice(2)} ${args[i + 1] ?? ''}`] : []));
}

async function addressOf(admin: Redis): Promise<number> {
  const address = (await admin.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)) as [string, string]; // host and port
  return Number(address[1]);
}

async function fieldsOf(admin: Redis): Promise<Readonly<Record<string, string>>> {
  const flat = (await admin.call('SENTINEL', 'MASTER', name)) as string[]; // names and values in turn
  return Object.fromEntries(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1] ?? '']] : [])));
}
