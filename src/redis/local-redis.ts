// Finds the Redis to use: the configured one, else a redis-server or valkey-server started here for as long as this
// process lives, else the embedded store. Connecting to it is left to connect.ts.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Config } from '../config/config.ts';
import type { Log } from '../ops/log.ts';
import type { RedisEndpoint } from '../outside/redis-endpoint.ts';

export interface ResolvedRedis {
  readonly endpoint: RedisEndpoint;
  /** For people: nobody's name or password is in it. */
  readonly url: string;
  /** `server`: started here. `embedded`: the embedded store. Both forget everything at their end. */
  readonly kind: 'configured' | 'server' | 'embedded';
  /** Ends what was started here; does nothing to a configured Redis. */
  stop(): Promise<void>;
}

const loopback = '127.0.0.1';
const serverNames = ['redis-server', 'valkey-server'];
const startTimeoutMs = 10_000;
/** After that a server that is to end is killed. */
const endTimeoutMs = 3000;

/**
 * Resolves in the order: configured, server on PATH, embedded store. That production has a configured one, or says
 * that it may do without, was checked with the configuration.
 */
export async function resolveRedis(config: Pick<Config, 'redis'>, log: Log): Promise<ResolvedRedis> {
  const { endpoint } = config.redis;
  if (endpoint !== undefined) return { endpoint, url: urlOf(endpoint), kind: 'configured', stop: async () => {} };
  for (const name of serverNames) {
    const path = findOnPath(name, process.env['PATH'] ?? '');
    if (path === undefined) continue;
    const started = await startServer(path);
    if ('problem' in started) {
      log.warn({ path, problem: started.problem }, 'the Redis server found on PATH does not start');
      continue;
    }
    log.warn(
      { path, url: started.url },
      'no PARLEY_REDIS_URL: started a Redis of its own, state ends with this process',
    );
    return started;
  }
  const embedded = await startEmbedded();
  log.warn(
    { url: embedded.url },
    'EVALUATION ONLY: no Redis configured or found, using the embedded store: in memory, single node, slow',
  );
  return embedded;
}

/** The first executable of that name in a PATH. Not on Windows, where servers are started differently. */
export function findOnPath(name: string, path: string): string | undefined {
  if (process.platform === 'win32') return undefined;
  return path
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * The server's guard: a shell that ends the server and removes its directory when this process's end of the pipe on
 * its standard input closes, which happens at any end of this process, `kill -9` included.
 */
const guardScript = `
directory=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & server=$!
(read -r _ <&3; kill "$server") >/dev/null 2>&1 & watcher=$!
exec 3<&-
wait "$server"; code=$?
kill "$watcher" 2>/dev/null
rm -rf -- "$directory"
exit "$code"
`;

function ownServer(port: number): Pick<ResolvedRedis, 'endpoint' | 'url'> {
  const access = { username: undefined, password: undefined, tls: undefined };
  const servers = [{ host: loopback, port }];
  const endpoint = { mode: 'single', servers, master: undefined, access, sentinelAccess: access, db: 0 } as const;
  return { endpoint, url: urlOf(endpoint) };
}

function urlOf({ servers }: RedisEndpoint): string {
  return servers.map((server) => ('path' in server ? server.path : `redis://${server.host}:${server.port}`)).join();
}

async function startServer(path: string): Promise<ResolvedRedis | { readonly problem: string }> {
  let problem = '';
  // A port that was free a moment ago may be taken by now; the server then says so and ends.
  for (let attempt = 0; attempt < 5; attempt++) {
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), 'parley-redis-'));
    const child = spawn('/bin/sh', ['-c', guardScript, 'sh', directory, path, ...serverArguments(port, directory)], {
      stdio: ['pipe', 'pipe', 'ignore'],
      // Its own process group: Ctrl-C is for the node, which still needs the server while it drains.
      detached: true,
    });
    const failure = await readiness(child);
    if (failure === undefined) {
      letGo(child);
      return { ...ownServer(port), kind: 'server', stop: () => endGuard(child, directory) };
    }
    await endGuard(child, directory);
    problem = failure;
  }
  return { problem };
}

function serverArguments(port: number, directory: string): string[] {
  const options: readonly (readonly [string, string])[] = [
    ['--bind', loopback],
    ['--port', String(port)],
    ['--dir', directory],
    ['--save', ''],
    ['--appendonly', 'no'],
    ['--maxmemory-policy', 'noeviction'],
    ['--client-output-buffer-limit', 'pubsub 256mb 128mb 60'],
  ];
  return options.flat();
}

/** Waits for the server's own word, as anything may answer on a port. Undefined, or why it will not come. */
async function readiness(child: ChildProcess): Promise<string | undefined> {
  let last = 'no output';
  const ready = new Promise<string | undefined>((resolve) => {
    const late = setTimeout(() => resolve('it took too long to start'), startTimeoutMs);
    const settle = (failure: string | undefined): void => {
      clearTimeout(late);
      resolve(failure);
    };
    child.once('error', (error) => settle(error.message));
    child.once('exit', (code) => settle(`it ended with code ${code}: ${last}`));
    if (child.stdout === null) return;
    // Read on for ever: a full pipe would stop the server.
    createInterface({ input: child.stdout }).on('line', (line) => {
      last = line.trim() || last;
      if (/ready to accept connections/i.test(line)) settle(undefined);
    });
  });
  return ready;
}

/** This process may end without waiting for the server. */
function letGo(child: ChildProcess): void {
  child.unref();
  for (const pipe of [child.stdin, child.stdout]) {
    // Pipes to a child are sockets, which their types do not tell.
    if (pipe instanceof Socket) pipe.unref();
  }
}

async function endGuard(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) await exitOf(child, child.pid);
  // A guard that was killed has left it.
  rmSync(directory, { recursive: true, force: true });
}

async function exitOf(child: ChildProcess, pid: number): Promise<void> {
  child.ref();
  const exited = once(child, 'exit');
  child.stdin?.end();
  // It leads its group.
  const late = setTimeout(() => process.kill(-pid, 'SIGKILL'), endTimeoutMs);
  await exited;
  clearTimeout(late);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, loopback);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address with a port');
  return address.port;
}

async function startEmbedded(): Promise<ResolvedRedis> {
  const worker = import.meta.url.endsWith('.ts') ? workerFromSource() : workerFromBuild();
  // `once` rejects if the worker fails instead.
  const ready: unknown = (await once(worker, 'message'))[0];
  worker.unref();
  if (typeof ready !== 'object' || ready === null || !('port' in ready)) {
    throw new Error('the embedded store did not tell its port');
  }
  return {
    ...ownServer(Number(ready.port)),
    kind: 'embedded',
    // Closing it in order would wait for its clients.
    stop: async () => void (await worker.terminate()),
  };
}

function workerFromBuild(): Worker {
  return new Worker(new URL('./embedded-store.js', import.meta.url), { execArgv: [] });
}

/** A worker does not take over the TypeScript loader of its process (on Node 20), so it loads one itself. */
function workerFromSource(): Worker {
  const loader = createRequire(import.meta.url).resolve('tsx/cjs/api');
  const file = fileURLToPath(new URL('./embedded-store.ts', import.meta.url));
  const [loaderText, fileText] = [JSON.stringify(loader), JSON.stringify(file)];
  return new Worker(`require(${loaderText}).require(${fileText}, ${fileText})`, { eval: true, execArgv: [] });
}
