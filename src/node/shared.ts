/** What every part of a node may need, and what several of them read from the configuration in the same way. */
import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { Accounts } from '../gateway/limits/account.ts';
import { closeLabels } from '../gateway/close-label.ts';
import type { Uws } from '../gateway/native.ts';
import { upgradeRefusalReasons } from '../gateway/upgrade.ts';
import type { LoadedHooks } from '../hooks/load.ts';
import { newCounters, newMeasurements, type Counters, type Measurements } from '../ops/counters.ts';
import { sampled, type Log, type SampledLog } from '../ops/log.ts';
import type { BuildInfo } from '../ops/process.ts';
import { Pulse } from '../ops/pulse.ts';
import type { RedisEndpoint } from '../outside/redis-endpoint.ts';
import { Keyspace } from '../redis/keys.ts';

/** What a node is built on, and does not make itself. */
export interface Outside {
  readonly redis: RedisEndpoint;
  /** Another way to the same servers, for subscriptions only. */
  readonly subscriber?: RedisEndpoint | undefined;
  readonly uws: Uws;
  readonly build: BuildInfo;
  readonly log: Log;
  readonly hooks?: LoadedHooks | undefined;
}

export interface Shared {
  readonly config: Config;
  readonly log: Log;
  /** For what comes by the thousand while Redis is away. */
  readonly errors: SampledLog;
  readonly counters: Counters;
  readonly measured: Measurements;
  readonly keys: Keyspace;
  /** Has what is to be done in a moment looked after. */
  readonly pulse: Pulse;
  /** What users have asked of this node. */
  readonly accounts: Accounts;
}

const SAMPLE_MS = 10_000;

export function buildShared(config: Config, { log, hooks }: Outside): Shared {
  return {
    config,
    log,
    errors: sampled(log, SAMPLE_MS),
    counters: newCounters(),
    measured: newMeasurements(closeLabels, hookNames(config, hooks), upgradeRefusalReasons),
    keys: new Keyspace(config.redis.prefix),
    pulse: new Pulse(),
    accounts: new Accounts(config.userRate),
  };
}

function hookNames({ hooks: { remote } }: Config, loaded: LoadedHooks | undefined): string[] {
  return [...new Set([...(loaded?.functions.keys() ?? []), ...(remote.url === undefined ? [] : remote.names)])];
}

/** What a busy room's window holds: an eighth of what a reader may leave unread, and no more than a MiB. */
export const windowBytesOf = ({ backpressureBytes }: Config): number => Math.min(1 << 20, backpressureBytes / 8);

/** What a socket may leave unread before it counts as slow. */
export const softMarkBytesOf = ({ backpressureBytes }: Config): number => backpressureBytes / 2;

/** What it may leave unread before it is sent no ordinary transient messages: a sixteenth of all. */
export const behindMarkBytesOf = (config: Config): number => softMarkBytesOf(config) / 8;

/** The largest reply: who has not read a few of them yet is not slow. */
export const replyBytesOf = (config: Config): number => softMarkBytesOf(config) / 4;

/** By which who is told of a failure, and the log, mean the same one. */
export const newReference = (): string => randomBytes(6).toString('hex');

/** Writes down what a request has thrown; gives the reference that its caller is told. */
export function defectLog({ counters, errors }: Shared): (error: unknown, method: string, socketId: string) => string {
  return (error, method, socket) => {
    counters.defects++;
    const reference = newReference();
    errors.error(`defect ${method}`, { err: error, method, socket, reference }, 'a request failed');
    return reference;
  };
}

export function taken(host: string, port: number): never {
  throw new Error(`cannot listen on ${host}:${port}`);
}
