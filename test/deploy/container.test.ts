// What the container files promise, held against what they are for: the Dockerfile, docker-compose.yml with what it mounts, and
// the two small programs of the image. No container engine is needed, hence none of it is run as a container here.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readConfig, type Config } from '../../src/config/config.ts';
import { root } from '../ground/source-files.ts';
import { eventually } from '../support/eventually.ts';
import { startProcess } from '../support/owned-process.ts';
import { freePort } from '../support/ports.ts';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startNode, startService } from '../support/service.ts';

const scope = useScope();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface ComposeService {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly command?: readonly string[];
  readonly secrets?: readonly string[];
  readonly mem_limit?: string;
  readonly profiles?: readonly string[];
  readonly networks: readonly string[];
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean; readonly ipam?: unknown }>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

// Variables stand for their defaults. The shape is what the tests below look at.
const compose = parse(read('docker-compose.yml').replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const nodes = services.filter(([, { image }]) => image.startsWith('parley'));
const seconds = (period: string | undefined): number => Number(/^(\d+)s$/.exec(period ?? '')?.[1]);

/** What a node makes of its environment there; the secret's file is one of ours. */
function configOf({ environment = {} }: ComposeService): Config {
  const folder = mkdtempSync(join(tmpdir(), 'parley-compose-'));
  scope.add(() => rmSync(folder, { recursive: true }));
  const secret = join(folder, 'jwt_secret');
  writeFileSync(secret, `${'s'.repeat(64)}\n`);
  const given = { ...environment, PARLEY_JWT_SECRET_FILE: secret, NODE_ENV: 'production' };
  const doubts: string[] = [];
  const outcome = readConfig(given, { warn: (sentence) => doubts.push(sentence) });
  if ('mistakes' in outcome) throw new Error(outcome.mistakes.join('\n'));
  expect(doubts).toEqual([]);
  return outcome.config;
}

describe('docker-compose.yml', () => {
  test('runs three nodes that differ in nothing, with settings that production accepts', () => {
    expect(nodes.map(([name]) => name)).toEqual(['parley-1', 'parley-2', 'parley-3']);
    for (const [, node] of nodes) {
      expect(node).toEqual(nodes[0]?.[1]);
      const config = configOf(node);
      expect(config.auth.mode).toBe('jwt');
      expect(config.redis.endpoint?.servers).toEqual([{ host: 'redis', port: 6379 }]);
      expect(config.node.drainMs).toBeLessThan(seconds(node.stop_grace_period) * 1000);
      expect(config.trustedProxies).toEqual(['172.30.83.0/24']);
      // Open to the containers of its networks, one of which scrapes it, and to nobody else.
      expect(config.apiHost).toBe('0.0.0.0');
      expect(node.networks).toEqual(['service', 'store']);
      expect(node.healthcheck?.test).toEqual(['CMD', 'node', 'health.mjs', '/readyz']);
      expect(node.ports).toBeUndefined();
    }
    expect(compose.networks['service']?.ipam).toEqual({ config: [{ subnet: '172.30.83.0/24' }] });
  });

  test('holds no secret, and every secret that is used has to be made first', () => {
    const used = new Set(services.flatMap(([, service]) => service.secrets ?? []));
    expect([...used]).toEqual(Object.keys(compose.secrets));
    for (const { file } of Object.values(compose.secrets)) expect(file).toMatch(/^\.\/secrets\//);
    for (const [, { environment = {} }] of nodes) {
      expect(environment['PARLEY_JWT_SECRET_FILE']).toBe('/run/secrets/jwt_secret');
      expect(environment['PARLEY_JWT_SECRET']).toBeUndefined();
    }
    expect(read('.gitignore').split('\n')).toContain('secrets/');
  });

  test('pins versions, drops rights, and mounts what exists', () => {
    for (const [name, { image, read_only, cap_drop, volumes = [] }] of services) {
      expect([name, image]).toEqual([name, expect.stringMatching(/:(?:v?\d+\.\d+[\w.-]*|local)$/)]);
      expect([name, read_only, cap_drop]).toEqual([name, true, ['ALL']]);
      const files = volumes.map((volume) => volume.split(':')[0] ?? '').filter((source) => source.startsWith('.'));
      expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    }
    const open = services.filter(([, { ports = [] }]) => ports.some((port) => !port.startsWith('127.0.0.1:')));
    expect(open.map(([name]) => name)).toEqual(['load-balancer']);
  });

  test('starts a Redis that keeps what it has and does not cut subscribers, where only nodes can reach it', async () => {
    const { command = [], networks, volumes } = compose.services['redis'] ?? { networks: [], image: '' };
    expect([networks, volumes]).toEqual([['store'], ['redis-data:/data']]);
    expect(compose.networks['store']).toEqual({ internal: true });
    const inStore = services.filter(([, service]) => service.networks.includes('store')).map(([name]) => name);
    expect(inStore).toEqual([...nodes.map(([name]) => name), 'redis']);
    expect(command[0]).toBe('redis-server');
    const redis = (await startRedis(scope, { args: command.slice(1) })).client();
    const wanted = { appendonly: 'yes', appendfsync: 'everysec', 'maxmemory-policy': 'noeviction', save: '' };
    for (const [name, value] of Object.entries(wanted)) expect(await redis.config('GET', name)).toEqual([name, value]);
    const limits = JSON.stringify(await redis.config('GET', 'client-output-buffer-limit'));
    expect(limits).toContain(`pubsub ${256 << 20} ${128 << 20} 60`);
  });

  test('bounds the memory of everything, of Redis by what it may keep, of which one user may take a part', async () => {
    for (const [name, { mem_limit: most = '' }] of services)
      expect([name, most]).toEqual([name, expect.stringMatching(/^\d+[mg]$/)]);
    const { command = [], mem_limit: most = '' } = compose.services['redis'] ?? { networks: [], image: '' };
    const redis = (await startRedis(scope, { args: command.slice(1) })).client();
    const maxmemory = Number((await redis.config('GET', 'maxmemory'))[1]);
    expect(maxmemory).toBe(2 ** 30);
    // A rewrite of its file may need as much again.
    expect(Number.parseInt(most, 10) * 2 ** 30).toBe(2 * maxmemory);
    for (const [, node] of nodes) expect(configOf(node).quotas.bytes).toBe(maxmemory / 8);
  });

  test('has a load balancer and a Prometheus that know all nodes by name', () => {
    const haproxy = read('config/haproxy.cfg');
    const places = [...haproxy.matchAll(/presetenv NODE_\d (\S+)/g)].map(([, place]) => place);
    expect(places).toEqual(nodes.map(([name, node]) => `${name}:${configOf(node).port}`));
    const hardStop = seconds(/hard-stop-after (\S+)/.exec(haproxy)?.[1]);
    expect(hardStop).toBeLessThan(seconds(compose.services['load-balancer']?.stop_grace_period));
    const prometheus = parse(read('config/prometheus/prometheus.yml')) as {
      rule_files: string[];
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    expect(prometheus.scrape_configs.flatMap((job) => job.static_configs.flatMap(({ targets }) => targets))).toEqual(
      nodes.map(([name, node]) => `${name}:${configOf(node).apiPort}`),
    );
    for (const file of prometheus.rule_files) expect(existsSync(join(root, 'config/prometheus', file))).toBe(true);
    for (const name of ['prometheus', 'grafana']) expect(compose.services[name]?.profiles).toEqual(['monitoring']);
  });
});

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').replaceAll('\\\n', ' ').split('\n');
  const instructions = lines.filter((line) => /^[A-Z]+ /.test(line)).map((line) => line.trim());
  const final = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
  const one = (name: string): string => final.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? '';

  test('runs as a user that is not root, and gets signals itself', () => {
    const bases = instructions.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    expect(new Set(bases)).toEqual(new Set(['node:24-trixie-slim']));
    expect(one('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(one('STOPSIGNAL')).toBe('SIGTERM');
    expect(one('ENV')).toBe('NODE_ENV=production');
    expect(JSON.parse(one('ENTRYPOINT'))).toEqual(['node', 'dist/main.js']);
    expect(JSON.parse(one('HEALTHCHECK').replace(/^.* CMD /, ''))).toEqual(['node', 'health.mjs', '/healthz']);
    const exposed = one('EXPOSE').split(' ').map(Number);
    const config = configOf(nodes[0]?.[1] ?? { image: '', networks: [] });
    expect(exposed).toEqual([config.port, config.apiPort]);
  });

  test('holds production dependencies only', () => {
    const installs = instructions.filter((line) => line.includes('npm ci'));
    expect(installs).toEqual(['RUN npm ci --ignore-scripts', 'RUN npm ci --omit=dev --ignore-scripts']);
    expect(final.filter((line) => line.includes('node_modules'))).toEqual([
      'COPY --from=dependencies /app/node_modules node_modules',
    ]);
  });

  test('copies only what is there and .dockerignore lets through', () => {
    const [all, ...through] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(all).toBe('*');
    const open = through.map((line) => line.replace(/^!/, ''));
    const copied = instructions
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect(copied.length).toBeGreaterThan(3);
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(copied.filter((path) => !open.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)))).toEqual(
      [],
    );
  });
});

test('prune.mjs leaves the binary of this platform, and refuses to leave none', () => {
  const modules = mkdtempSync(join(tmpdir(), 'parley-prune-'));
  scope.add(() => rmSync(modules, { recursive: true }));
  const library = join(modules, 'uWebSockets.js');
  const own = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  mkdirSync(join(library, 'docs'), { recursive: true });
  for (const name of ['uws.js', 'LICENSE', 'package.json', 'uws_win32_x64_1.node'])
    writeFileSync(join(library, name), '');
  const prune = (): number | null =>
    spawnSync(process.execPath, [join(root, 'config/container/prune.mjs'), modules]).status;
  expect(prune()).toBe(1);
  expect(readdirSync(library)).toContain('uws_win32_x64_1.node');
  writeFileSync(join(library, own), '');
  expect(prune()).toBe(0);
  expect(readdirSync(library).toSorted()).toEqual(['LICENSE', 'package.json', 'uws.js', own].toSorted());
});

describe('health.mjs', () => {
  const checkBy = async (env: Record<string, string>, path: string): Promise<number | null> => {
    const script = join(root, 'config/container/health.mjs');
    return (await (await startProcess(process.execPath, [script, path], { env })).exited).code;
  };

  test('says what the node says', async () => {
    const node = (await startService(scope, { nodes: 1 })).node(0);
    const check = (port: number | string, path: string, host?: string): Promise<number | null> =>
      checkBy({ PARLEY_API_PORT: String(port), ...(host === undefined ? {} : { PARLEY_API_HOST: host }) }, path);
    expect(await check(` ${node.apiPort}\n`, '/healthz', '[127.0.0.1]')).toBe(0);
    // What a Service of Kubernetes puts there is no port of this node, and nothing listens on the default one.
    expect(await check(`tcp://127.0.0.1:${node.apiPort}`, '/healthz', '127.0.0.77')).toBe(1);
    for (const host of ['0.0.0.0', '::', '[0:0:0:0:0:0:0:0]', ''])
      expect([host, await check(node.apiPort, '/healthz', host)]).toEqual([host, 0]);
    expect(await check(node.apiPort, '/readyz')).toBe(0);
    expect(await check(node.apiPort, '/nowhere')).toBe(1);
    // Which port is the operator's is not known then: the public one is.
    const free = { PARLEY_API_PORT: '0', PARLEY_PORT: String(node.port) };
    expect(await checkBy(free, '/healthz')).toBe(0);
    await node.kill();
    expect([await check(node.apiPort, '/healthz'), await checkBy(free, '/healthz')]).toEqual([1, 1]);
  });

  test('finds a node alive that waits for Redis, as the image and the pods of the guide ask it, and not ready', async () => {
    const redis = await startRedis(scope);
    // Not ones that the system hands out: a node of another test could get them.
    const env = { PARLEY_API_PORT: String(await freePort()), PARLEY_PORT: String(await freePort()) };
    redis.pause();
    const starting = startNode(scope, { redis, env });
    await eventually(async () => expect(await checkBy(env, '/healthz')).toBe(0));
    expect(await checkBy(env, '/readyz')).toBe(1);
    redis.resume();
    await starting;
    await eventually(async () => expect(await checkBy(env, '/readyz')).toBe(0));
  });
});
