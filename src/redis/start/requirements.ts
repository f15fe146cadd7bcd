/**
 * What this service needs of Redis, found out at the start: refuses what cannot work, waits for what may pass, says what is missed
 * where something is not allowed that is only of use, and warns of what will hurt later.
 */
import type { Redis } from 'ioredis';
import type { Log } from '../../ops/log.ts';
import type { RedisEndpoint, RedisMode } from '../../outside/redis-endpoint.ts';
import { openOnce } from '../connect.ts';
import { contact, judged, placeName, RedisUnfit, type Place } from './first-contact.ts';
import { globOf, type Keyspace } from '../keys.ts';
import { fieldsOf } from '../reply.ts';
import { checkPermissions } from './start-scripts.ts';
import type { ServerAddress } from '../sentinels.ts';
import { inTime, StateUnavailable } from '../unavailable.ts';

export { RedisUnfit } from './first-contact.ts';

/** Sharded pub/sub came with it. */
const MAJOR_MIN = 7;
const ASK_MS = 4000;
const PUBSUB_BYTES_MIN = 64 * 1024 * 1024;

/** Rejects with `RedisUnfit` for what waiting does not mend, else with `StateUnavailable`. */
export async function checkRedis(endpoint: RedisEndpoint, keys: Keyspace, log: Log): Promise<void> {
  if (endpoint.mode === 'sentinel') return checkServer(endpoint, await primaryOf(endpoint), keys, log);
  if (endpoint.mode === 'single') return checkServer(endpoint, endpoint.servers[0], keys, log);
  const { first, primaries } = await clusterOf(endpoint);
  const others = primaries.filter((place) => placeName(place) !== placeName(first));
  await checkServer(endpoint, first, keys, log);
  for (const place of others) {
    // One that is away is the cluster's own matter.
    await checkServer(endpoint, place, keys, log).catch((error: unknown) => {
      if (error instanceof RedisUnfit) throw error;
    });
  }
}

async function withServer<T>(
  endpoint: RedisEndpoint,
  place: Place,
  of: 'data' | 'sentinels',
  ask: (client: Redis, what: string) => Promise<T>,
): Promise<T> {
  const what = `${of === 'data' ? 'Redis' : 'the sentinel'} at ${placeName(place)}`;
  const client = openOnce(endpoint, place, of);
  try {
    await contact(client, what, place);
    return await inTime(ask(client, what), ASK_MS);
  } catch (error) {
    throw judged(what, error);
  } finally {
    client.disconnect();
  }
}

async function checkServer(endpoint: RedisEndpoint, place: Place | undefined, keys: Keyspace, log: Log): Promise<void> {
  if (place === undefined) throw new RedisUnfit('no server is named');
  await withServer(endpoint, place, 'data', async (client, what) => {
    await checkKind(client, what, endpoint.mode);
    await checkWishes(client, what, log);
    // Last, for who has subscribed may ask for nothing else.
    await checkAllowed(client, what, endpoint, keys);
  });
}

/** The version, and what it is. */
async function checkKind(client: Redis, what: string, mode: RedisMode): Promise<void> {
  const hello = await helloOf(client, what);
  if (hello['mode'] === 'sentinel')
    throw new RedisUnfit(`${what} is a sentinel: say so with PARLEY_REDIS_MODE=sentinel`);
  if (hello['mode'] === 'cluster' && mode !== 'cluster')
    throw new RedisUnfit(`${what} is a node of a cluster: say so with PARLEY_REDIS_MODE=cluster`);
  if (hello['mode'] === 'standalone' && mode === 'cluster')
    throw new RedisUnfit(`${what} is a single server, and PARLEY_REDIS_MODE is cluster`);
  const version = hello['version'] ?? /redis_version:(\S+)/.exec(await client.info('server'))?.[1];
  if (version !== undefined && Number.parseInt(version, 10) < MAJOR_MIN)
    throw new RedisUnfit(`${what}: Redis ${MAJOR_MIN} or newer is needed, not ${version}`);
  // While it reads its data, or has lost its primary, it answers nothing else.
  await client.ping();
  if (hello['role'] === 'replica' && mode !== 'cluster')
    throw new StateUnavailable(`${what} is a replica: a primary is waited for`);
}

/** Nothing where the server does not know the command: an old one, or the embedded store. */
async function helloOf(client: Redis, what: string): Promise<Readonly<Record<string, string>>> {
  try {
    return fieldsOf(await client.call('HELLO'));
  } catch (error) {
    if (saidOf(error).startsWith('NOPERM'))
      throw new RedisUnfit(`${what}: the user may not use hello; ${grant(['+hello'])}`);
    if (!/unknown command/i.test(saidOf(error))) throw error;
    return {};
  }
}

/** Tries what is needed, and names all of it that is refused. */
async function checkAllowed(client: Redis, what: string, endpoint: RedisEndpoint, keys: Keyspace): Promise<void> {
  const { key, channel } = keys.check(`${process.pid}.${Math.random()}`);
  const refused: string[] = [];
  const attempt = async (name: string, call: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await call();
    } catch (error) {
      const said = saidOf(error);
      if (said.startsWith('NOPERM'))
        refused.push(/channel/.test(said) ? 'channels' : /\bkeys?\b/.test(said) ? 'keys' : name);
      else if (/^(LOADING|MASTERDOWN|CLUSTERDOWN|BUSY)/.test(said) || !isReply(error)) throw error;
      return undefined; // refused for another reason: it may be used
    }
  };
  await attempt('evalsha', () => client.call('EVALSHA', '0'.repeat(40), '0'));
  // Elsewhere, in a cluster, is as good as here; a cluster that is down is not.
  await attempt('exists', () => client.call('EXISTS', key));
  await attempt('scan', () => client.call('SCAN', '0', 'COUNT', '1'));
  if (endpoint.mode === 'cluster') await attempt('cluster|slots', () => client.call('CLUSTER', 'SLOTS'));
  const inScripts = await attempt('eval', () => client.call('EVAL', checkPermissions.lua, '0', key, channel));
  refused.push(...(Array.isArray(inScripts) ? inScripts.map(String) : []));
  await attempt('ssubscribe', () => client.call('SSUBSCRIBE', channel));
  await attempt('sunsubscribe', () => client.call('SUNSUBSCRIBE', channel));
  if (refused.length === 0) return;
  const prefix = `${globOf(keys.prefix)}:*`;
  const rules = { keys: `~${prefix}`, channels: `&${prefix}` };
  const names = [...new Set(refused.map((name) => name.toLowerCase()))];
  const given = names.map((name) => (name === 'keys' || name === 'channels' ? rules[name] : `+${name}`));
  const user = endpoint.access.username ?? 'default';
  throw new RedisUnfit(`${what}: the user may not use ${names.join(', ')}; ${grant(given, user)}`);
}

const grant = (rules: readonly string[], user = 'NAME'): string => `it needs ACL SETUSER ${user} ${rules.join(' ')}`;

const COSTLIER = 'functions (script/server-functions.ts): a message costs it about a tenth more';

/** By command: what is lost without. */
const WISHES: readonly (readonly [command: readonly [string, ...string[]], name: string, lost: string])[] = [
  [
    ['INFO', 'server'],
    'info',
    'how full its memory is; that it failed over is taken for granted at each reconnect, and not seen by rooms that nobody follows',
  ],
  [['CONFIG', 'GET', 'maxmemory-policy'], 'config|get', 'whether its settings are fit for this'],
  [['CLIENT', 'SETNAME', 'parley-start'], 'client|setname', 'names in its CLIENT LIST'],
  // Each in vain: there is no such function, library or code.
  [['FCALL', 'parley_', '0'], 'fcall', COSTLIER],
  [['FUNCTION', 'LOAD', ''], 'function|load', COSTLIER],
  [['FUNCTION', 'LIST', 'LIBRARYNAME', 'parley_'], 'function|list', COSTLIER],
  [['FUNCTION', 'DELETE', 'parley_'], 'function|delete', COSTLIER],
];

async function checkWishes(client: Redis, what: string, log: Log): Promise<void> {
  const missing: string[] = [];
  const lost: string[] = [];
  for (const [command, name, loss] of WISHES) {
    const [verb, ...args] = command;
    try {
      await client.call(verb, ...args);
    } catch (error) {
      if (!saidOf(error).startsWith('NOPERM')) continue;
      missing.push(name);
      lost.push(loss);
    }
  }
  if (missing.length > 0) log.warn({ server: what, missing, lost }, 'Redis does not allow all that is of use');
  await warnOfSettings(client, log);
}

async function warnOfSettings(client: Redis, log: Log): Promise<void> {
  const policy = await settingOf(client, 'maxmemory-policy');
  if (policy !== undefined && policy !== 'noeviction') {
    log.warn({ policy }, 'Redis may evict keys: set maxmemory-policy noeviction, or state will be lost in silence');
  }
  const limit = /pubsub (\d+)/.exec((await settingOf(client, 'client-output-buffer-limit')) ?? '')?.[1];
  if (limit !== undefined && limit !== '0' && Number(limit) < PUBSUB_BYTES_MIN) {
    log.warn({ limitBytes: Number(limit) }, 'a busy node may be cut off: raise client-output-buffer-limit pubsub');
  }
}

/** Undefined where the server does not tell: hosted ones often forbid it. */
async function settingOf(client: Redis, name: string): Promise<string | undefined> {
  const reply: unknown = await client.config('GET', name).catch(() => undefined);
  return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
}

/** By what the sentinels say. All of them are asked, for some may be away. */
async function primaryOf(endpoint: RedisEndpoint): Promise<ServerAddress> {
  const name = endpoint.master ?? '';
  const asked = await Promise.allSettled(
    endpoint.servers.map((place) => withServer(endpoint, place, 'sentinels', (client) => askSentinel(client, name))),
  );
  const failures: unknown[] = [];
  for (const answer of asked) {
    if (answer.status === 'rejected') failures.push(answer.reason);
    else if (answer.value !== undefined) return answer.value;
  }
  if (failures.length === 0)
    throw new RedisUnfit(`no sentinel knows a primary by the name of PARLEY_REDIS_MASTER, ${name}`);
  throw failures.find((error) => error instanceof RedisUnfit) ?? failures[0];
}

/** Undefined where it does not know the name. */
async function askSentinel(client: Redis, name: string): Promise<ServerAddress | undefined> {
  try {
    const address: unknown = await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
    if (!Array.isArray(address)) return undefined;
    await client.call('SENTINEL', 'MASTER', name);
    await client.call('SENTINEL', 'SENTINELS', name);
    await client.subscribe('+switch-master');
    return { host: String(address[0]), port: Number(address[1]) };
  } catch (error) {
    if (/unknown command/i.test(saidOf(error))) throw new RedisUnfit(`it is no sentinel: ${saidOf(error)}`);
    throw error;
  }
}

/** The first node that answers, and where the primaries are by it. */
async function clusterOf(endpoint: RedisEndpoint): Promise<{ first: Place; primaries: readonly Place[] }> {
  let failure: unknown;
  for (const place of endpoint.servers) {
    try {
      const primaries = await withServer(endpoint, place, 'data', async (client, what) => {
        await checkKind(client, what, 'cluster');
        return primariesIn(await client.call('CLUSTER', 'SLOTS'), place);
      });
      return { first: place, primaries };
    } catch (error) {
      if (failure === undefined || error instanceof RedisUnfit) failure = error;
    }
  }
  throw failure;
}

/** A node without a name is the one that was asked. */
function primariesIn(slots: unknown, asked: Place): Place[] {
  const places = new Map<string, Place>();
  for (const range of Array.isArray(slots) ? (slots as unknown[]) : []) {
    const node: unknown = Array.isArray(range) ? range[2] : undefined;
    if (!Array.isArray(node) || typeof node[0] !== 'string' || 'path' in asked) continue;
    const place = { host: node[0] === '' ? asked.host : node[0], port: Number(node[1]) };
    places.set(placeName(place), place);
  }
  return [...places.values()];
}

const saidOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isReply = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError';
