// The endpoint that a service would read from its settings, for tests that open connections of their own.
import { readConfig } from '../../src/config/config.ts';
import type { RedisEndpoint } from '../../src/outside/redis-endpoint.ts';
import type { RedisAddress } from './redis.ts';

export function endpointAt({ url, mode = 'single', master, env = {} }: RedisAddress): RedisEndpoint {
  const named = master === undefined ? {} : { PARLEY_REDIS_MASTER: master };
  const settings = { PARLEY_AUTH: 'open', PARLEY_REDIS_URL: url, PARLEY_REDIS_MODE: mode, ...named, ...env };
  const read = readConfig(settings, { warn: () => undefined });
  if ('mistakes' in read) throw new Error(read.mistakes.join('\n'));
  const { endpoint } = read.config.redis;
  if (endpoint === undefined) throw new Error('there is no URL');
  return endpoint;
}
