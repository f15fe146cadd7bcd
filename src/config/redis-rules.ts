// What must hold between the settings of Redis: what is given has an effect in the mode that is given, or refuses the start. A part
// of the rules in rules.ts.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { RedisEndpoint } from '../outside/redis-endpoint.ts';
import type { Config } from './shape.ts';

/** `isGiven` tells whether a setting, by its name, is more than a default. */
export type Rule = (config: Config, isGiven: (name: string) => boolean) => string | undefined;

const ofSentinels = [
  'PARLEY_REDIS_MASTER',
  'PARLEY_REDIS_SENTINEL_USERNAME',
  'PARLEY_REDIS_SENTINEL_PASSWORD',
  'PARLEY_REDIS_SENTINEL_TLS',
];
const ofTls = ['PARLEY_REDIS_TLS_CA', 'PARLEY_REDIS_TLS_CERT', 'PARLEY_REDIS_TLS_KEY', 'PARLEY_REDIS_TLS_SERVER_NAME'];

const isOverTls = (endpoint: RedisEndpoint | undefined): boolean =>
  endpoint?.access.tls !== undefined || (endpoint?.mode === 'sentinel' && endpoint.sentinelAccess.tls !== undefined);

export const redisRules: readonly Rule[] = [
  ({ redis: { endpoint, mode } }) =>
    endpoint === undefined && mode !== 'single' ? `PARLEY_REDIS_MODE=${mode} needs PARLEY_REDIS_URL.` : undefined,
  ({ redis: { endpoint, mode } }) =>
    endpoint !== undefined && endpoint.servers.length > 1 && mode === 'single'
      ? 'PARLEY_REDIS_URL names several servers; say which kind with PARLEY_REDIS_MODE=sentinel or cluster.'
      : undefined,
  ({ redis: { endpoint, mode } }) =>
    endpoint?.servers.some((server) => 'path' in server) === true && mode !== 'single'
      ? `PARLEY_REDIS_URL names a Unix socket, which is one server; with PARLEY_REDIS_MODE=${mode} it needs hosts.`
      : undefined,
  ({ redis: { endpoint, mode } }) =>
    endpoint !== undefined && endpoint.db !== 0 && mode === 'cluster'
      ? 'PARLEY_REDIS_URL names a database, which PARLEY_REDIS_MODE=cluster does not have.'
      : undefined,
  ({ redis: { endpoint, mode } }) =>
    mode === 'sentinel' && endpoint !== undefined && endpoint.master === undefined
      ? 'PARLEY_REDIS_MODE=sentinel needs PARLEY_REDIS_MASTER.'
      : undefined,
  ({ redis: { mode }, effective }, isGiven) => {
    // What is given as its default says nothing.
    const given = ofSentinels.filter((name) => isGiven(name) && effective.get(name) !== 'same');
    return mode !== 'sentinel' && given.length > 0
      ? `${given.join(' and ')} only mean something with PARLEY_REDIS_MODE=sentinel.`
      : undefined;
  },
  (_, isGiven) =>
    isGiven('PARLEY_REDIS_SENTINEL_USERNAME') && !isGiven('PARLEY_REDIS_SENTINEL_PASSWORD')
      ? 'PARLEY_REDIS_SENTINEL_USERNAME needs PARLEY_REDIS_SENTINEL_PASSWORD.'
      : undefined,
  ({ redis: { endpoint } }, isGiven) => {
    const given = ofTls.filter(isGiven);
    return given.length > 0 && !isOverTls(endpoint)
      ? `${given.join(' and ')} only mean something over TLS: PARLEY_REDIS_URL has to begin with rediss://.`
      : undefined;
  },
  (_, isGiven) =>
    isGiven('PARLEY_REDIS_TLS_CERT') !== isGiven('PARLEY_REDIS_TLS_KEY')
      ? 'PARLEY_REDIS_TLS_CERT and PARLEY_REDIS_TLS_KEY need each other.'
      : undefined,
  ({ redis: { endpoint } }) => {
    const { cert, key } = endpoint?.access.tls ?? endpoint?.sentinelAccess.tls ?? {};
    if (cert === undefined || key === undefined) return undefined;
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
      ? undefined
      : 'PARLEY_REDIS_TLS_KEY is not the key of PARLEY_REDIS_TLS_CERT.';
  },
];
