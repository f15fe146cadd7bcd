// Which Redis is used when: the configured one, one started here from PATH, the embedded store. What is started here
// listens on loopback only, can do what the service needs, and ends with its owner.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { readConfig, type Config, type Environment } from '../../src/config/config.ts';
import { createLog } from '../../src/ops/log.ts';
import { findOnPath, resolveRedis, type ResolvedRedis } from '../../src/redis/local-redis.ts';
import { eventually } from '../support/eventually.ts';

const realPath = process.env['PATH'] ?? '';
let directory = '';
const lines: string[] = [];
const log = createLog({ level: 'info', destination: { write: (line) => void lines.push(line) } });

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'parley-path-'));
});
afterEach(() => {
  process.env['PATH'] = realPath;
  lines.length = 0;
});
afterAll(() => rmSync(directory, { recursive: true }));

function configuration(environment: Environment): Config {
  const read = readConfig(environment, { warn: () => undefined });
  if ('mistakes' in read) throw new Error(read.mistakes.join(' '));
  return read.config;
}

/** A folder for PATH with one executable in it. */
function pathWith(name: string, script: string): string {
  const folder = join(directory, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), script);
  chmodSync(join(folder, name), 0o755);
  return folder;
}

/** Addresses that a port listens on, in the notation of /proc; `0100007F` is 127.0.0.1. */
function listeningAddresses(port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((path) => readFileSync(path, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(`:${hexPort}`) && state === '0A')
    .map(([, local = '']) => local.split(':')[0] ?? '');
}

async function refuses(port: number): Promise<void> {
  const socket = createConnection(port, '127.0.0.1');
  const outcome = await Promise.race([
    once(socket, 'connect').then(() => 'open'),
    once(socket, 'error').then(() => 'refused'),
  ]).catch(() => 'refused');
  socket.destroy();
  expect(outcome).toBe('refused');
}

const portOf = (resolved: ResolvedRedis): number => Number(new URL(resolved.url).port);

describe('order', () => {
  test('the configured one, untouched', async () => {
    const environment = {
      PARLEY_AUTH: 'open',
      PARLEY_REDIS_URL: 'redis://one:1,redis://two:2',
      PARLEY_REDIS_MODE: 'cluster',
    };
    const resolved = await resolveRedis(configuration(environment), log);
    expect(resolved).toMatchObject({
      kind: 'configured',
      url: 'redis://one:1,redis://two:2',
      endpoint: { mode: 'cluster' },
    });
    await resolved.stop();
    expect(lines).toEqual([]);
  });

  test('a server that does not start is passed over, with its own words', async () => {
    process.env['PATH'] = `${pathWith('redis-server', '#!/bin/sh\necho no licence\nexit 3\n')}:/bin:/usr/bin/none`;
    expect(findOnPath('redis-server', process.env['PATH'])).toContain(directory);
    const resolved = await resolveRedis(configuration({}), log);
    try {
      expect(resolved.kind).not.toBe('configured');
      expect(lines[0]).toContain('no licence');
    } finally {
      await resolved.stop();
    }
  });

  test('a file that cannot be run is not a server', () => {
    const folder = pathWith('valkey-server', '');
    chmodSync(join(folder, 'valkey-server'), 0o644);
    expect(findOnPath('valkey-server', `:${folder}`)).toBeUndefined();
  });
});

describe('the server from PATH', () => {
  test('listens on loopback, saves nothing, never evicts, and ends with stop', async () => {
    const resolved = await resolveRedis(configuration({}), log);
    expect(resolved).toMatchObject({ kind: 'server', endpoint: { mode: 'single' } });
    const client = new Redis(resolved.url);
    try {
      expect(listeningAddresses(portOf(resolved))).toEqual(['0100007F']);
      expect(await client.config('GET', 'save')).toEqual(['save', '']);
      expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'no']);
      expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    } finally {
      client.disconnect();
      await resolved.stop();
    }
    await refuses(portOf(resolved));
    // A second stop finds nothing to do.
    await resolved.stop();
  });

  test('ends when its owner is killed', async () => {
    const script = `
      import { resolveRedis } from './src/redis/local-redis.ts';
      import { createLog } from './src/ops/log.ts';
      const resolved = await resolveRedis({ redis: { mode: 'single' } }, createLog({ level: 'silent' }));
      console.log(resolved.kind, resolved.url);
      setInterval(() => undefined, 1000);`;
    const root = new URL('../..', import.meta.url);
    const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line]: unknown[] = await once(createInterface({ input: owner.stdout }), 'line');
    const [kind, url = ''] = String(line).split(' ');
    expect(kind).toBe('server');
    owner.kill('SIGKILL');
    await eventually(() => refuses(Number(new URL(url).port)), { what: 'the server ends' });
  });
});

describe('the embedded store', () => {
  let store: ResolvedRedis;
  let client: Redis;
  beforeAll(async () => {
    process.env['PATH'] = directory;
    store = await resolveRedis(configuration({}), log);
    expect(lines.join()).toContain('EVALUATION ONLY');
    client = new Redis(store.url);
  });
  afterAll(async () => {
    client.disconnect();
    await store.stop();
    await refuses(portOf(store));
  });

  test('is what is left without a server, and listens on loopback only', () => {
    expect(store).toMatchObject({ kind: 'embedded', endpoint: { mode: 'single' } });
    expect(listeningAddresses(portOf(store))).toEqual(['0100007F']);
  });

  test('runs what the scripts of the service use', async () => {
    const script = `
      local id = redis.call('HINCRBY', KEYS[1], 'id', 1)
      redis.call('XADD', KEYS[2], 'MAXLEN', '~', 100, id .. '-7', 'd', ARGV[1])
      local at = tonumber(ARGV[2])
      -- Two halves: the store's struct has no integers beyond 32 bits.
      local header = struct.pack('>I4I4I4I4', 0, id, math.floor(at / 4294967296), at % 4294967296)
      redis.call('SPUBLISH', KEYS[3], header .. ARGV[1])
      local page = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 10)
      return {id, header, page[1][2][2], tonumber(redis.call('TIME')[1]) > 0 and 1 or 0}`;
    const subscriber = new Redis(store.url);
    try {
      await subscriber.ssubscribe('{room:a}:channel');
      const heard = once(subscriber, 'smessageBuffer');
      const opaque = Buffer.from([0, 255, 10, 13, 128]);
      const keys = ['{room:a}:meta', '{room:a}:history', '{room:a}:channel'];
      const reply = await client.callBuffer('EVAL', script, String(keys.length), ...keys, opaque, '1750000000123');
      const header = Buffer.alloc(16);
      header.writeBigUInt64BE(1n, 0);
      header.writeBigUInt64BE(1_750_000_000_123n, 8);
      expect(reply).toEqual([1, header, opaque, 1]);
      expect((await heard)[1]).toEqual(Buffer.concat([header, opaque]));
    } finally {
      subscriber.disconnect();
    }
  });
});
