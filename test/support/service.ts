// Starts the built service (`dist/main.js`) as real processes and lets a test watch, freeze and kill them. It knows the
// process contract only: settings in, log lines and ports out. Speaking to a node is the clients' business.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Scope } from './disposal.ts';
import { parseMetrics, type Metrics } from './metrics.ts';
import { startProcess, type Exit } from './owned-process.ts';
import { startRedis, type RedisAddress, type RedisServer } from './redis.ts';

const builtMain = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const startTimeoutMs = 20_000;
const healthTimeoutMs = 5_000;

/** One line of a node's log. What was not JSON (a crash, a warning of Node) has its text as `msg`. */
export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface NodeOptions {
  /** Where the node finds its Redis. */
  redis: RedisAddress;
  /** Key prefix; random when left out, so that the node is alone. */
  prefix?: string;
  /** Further settings; they win over the kit's own. An undefined value takes a setting away. */
  env?: Record<string, string | undefined>;
  /** The program to run; `dist/main.js` when left out. */
  main?: string;
}

export interface ServiceNode {
  /** Address for WebSocket clients. */
  readonly url: string;
  readonly port: number;
  /** The operator port. */
  readonly apiPort: number;
  readonly pid: number;
  /** Instance id, as the node itself reports it. */
  readonly nodeId: string;
  readonly exited: Promise<Exit>;
  /** Everything printed so far. */
  logs(): readonly LogLine[];
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<Exit>;
  /** SIGSTOP */
  freeze(): void;
  /** SIGCONT */
  thaw(): void;
  /** SIGTERM; resolves when the process has ended by itself. */
  terminate(): Promise<Exit>;
  /** GET of a path on the public port; the body is parsed if it is JSON, else text. It tells a status and no details. */
  health(path: string): Promise<{ status: number; body: unknown }>;
  /** The same on the operator port, which tells the details. */
  operator(path: string): Promise<{ status: number; body: unknown }>;
  /** What /metrics on the operator port tells now. */
  metrics(): Promise<Metrics>;
  /** Resident memory of the process now. */
  rssBytes(): number;
}

/** Starts a node and resolves when it listens; rejects with the end of its log when it does not come to that. */
export async function startNode(scope: Scope, options: NodeOptions): Promise<ServiceNode> {
  const main = options.main ?? builtMain;
  if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\``);
  const lines: LogLine[] = [];
  let onListening: (line: LogLine) => void = () => undefined;
  const listening = new Promise<LogLine>((resolve) => {
    onListening = resolve;
  });
  const node = await startProcess(process.execPath, [main], {
    env: nodeEnvironment(options),
    onLine: (text) => {
      const line = parseLogLine(text);
      lines.push(line);
      if (line.msg === 'listening') onListening(line);
    },
  });
  scope.add(async () => {
    await node.kill();
  });
  const late = setTimeout(() => node.signal('SIGKILL'), startTimeoutMs);
  const first = await Promise.race([listening, node.exited]);
  clearTimeout(late);
  if (!('msg' in first)) {
    const tail = lines.slice(-20).map((line) => JSON.stringify(line));
    throw new Error(`the node ended at the start (${JSON.stringify(first)}):\n${tail.join('\n')}`);
  }
  const port = Number(first.port);
  const apiPort = Number(first['apiPort']);
  return {
    url: `ws://127.0.0.1:${port}/ws`,
    port,
    apiPort,
    pid: node.pid,
    nodeId: String(first.node),
    exited: node.exited,
    logs: () => lines,
    kill: () => node.kill(),
    freeze: () => node.signal('SIGSTOP'),
    thaw: () => node.signal('SIGCONT'),
    terminate: () => {
      node.signal('SIGTERM');
      return node.exited;
    },
    health: (path) => getHealth(port, path),
    operator: (path) => getHealth(apiPort, path),
    metrics: async () => {
      const { status, body } = await getHealth(apiPort, '/metrics');
      if (status !== 200 || typeof body !== 'string') throw new Error(`/metrics answered ${status}`);
      return parseMetrics(body);
    },
    rssBytes: () => rssBytesOf(node.pid),
  };
}

export interface ServiceOptions {
  /** How many nodes to start; 2 when left out. */
  nodes?: number;
  env?: NodeOptions['env'];
  main?: string;
}

export interface Service<R extends RedisAddress> {
  readonly redis: R;
  /** The key prefix that all nodes share. */
  readonly prefix: string;
  readonly nodes: readonly ServiceNode[];
  /** The node of this index; throws when there is none. */
  node(index: number): ServiceNode;
  /** Starts one more node, appended to `nodes`. */
  addNode(env?: NodeOptions['env']): Promise<ServiceNode>;
}

/** Starts nodes that share one Redis: the one given, or a new single server. */
export async function startService(scope: Scope, options?: ServiceOptions): Promise<Service<RedisServer>>;
export async function startService<R extends RedisAddress>(
  scope: Scope,
  options: ServiceOptions & { redis: R },
): Promise<Service<R>>;
export async function startService(
  scope: Scope,
  options: ServiceOptions & { redis?: RedisAddress } = {},
): Promise<Service<RedisAddress>> {
  const redis = options.redis ?? (await startRedis(scope));
  const prefix = randomPrefix();
  const program = options.main === undefined ? {} : { main: options.main };
  const start = (env?: NodeOptions['env']): Promise<ServiceNode> =>
    startNode(scope, { redis, prefix, env: { ...options.env, ...env }, ...program });
  const nodes = await Promise.all(Array.from({ length: options.nodes ?? 2 }, () => start()));
  return {
    redis,
    prefix,
    nodes,
    node: (index) => {
      const found = nodes[index];
      if (found === undefined) throw new Error(`the service has no node ${index}`);
      return found;
    },
    addNode: async (env) => {
      const added = await start(env);
      nodes.push(added);
      return added;
    },
  };
}

export function randomPrefix(): string {
  return `t${randomBytes(6).toString('hex')}`;
}

function nodeEnvironment(options: NodeOptions): NodeJS.ProcessEnv {
  // Settings of whoever runs the suite must not leak into the service; neither must those meant for the suite itself.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PARLEY_') && name !== 'NODE_OPTIONS' && name !== 'NODE_ENV',
  );
  return {
    ...Object.fromEntries(inherited),
    PARLEY_HOST: '127.0.0.1',
    PARLEY_PORT: '0',
    PARLEY_API_PORT: '0',
    PARLEY_METRICS_FRESH_MS: '0',
    PARLEY_AUTH: 'open',
    PARLEY_REDIS_URL: options.redis.url,
    PARLEY_REDIS_MODE: options.redis.mode ?? 'single',
    ...(options.redis.master === undefined ? {} : { PARLEY_REDIS_MASTER: options.redis.master }),
    ...options.redis.env,
    PARLEY_REDIS_PREFIX: options.prefix ?? randomPrefix(),
    ...options.env,
  };
}

function parseLogLine(text: string): LogLine {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return { msg: text };
  return { msg: '', ...value };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function getHealth(port: number, path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    // A connection kept alive would be one more thing that a draining node has to wait for.
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(healthTimeoutMs),
  });
  return { status: response.status, body: parseJson(await response.text()) };
}

function rssBytesOf(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kibibytes = existsSync(status)
    ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kibibytes) * 1024;
}
