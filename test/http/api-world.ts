// The service that the suites about the server API run against: two nodes with small limits, and users on them.
import { beforeAll } from '@jest/globals';
import type { Format } from '../../src/protocol/wire/codec.ts';
import type { Scope } from '../support/disposal.ts';
import type { RedisAddress } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { apiEnv, serverApi, type ServerApiClient } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';

export interface ApiWorld {
  readonly scope: Scope;
  /** Asks the first node. */
  readonly api: () => ServerApiClient;
  readonly service: () => Service<RedisAddress>;
  /** A name that nobody else has. */
  readonly fresh: (what: string) => string;
  /** A user logs in on one of the two nodes; a new one when no name is given. */
  readonly login: (node: 0 | 1, userName?: string) => Promise<User>;
}

/** Settings of its nodes. */
export const worldEnv = {
  ...apiEnv,
  PARLEY_DIRECT_MESSAGES: 'live',
  PARLEY_ROOM_LIST_SIZE_LIMIT: '3',
  PARLEY_DIRECT_LIST_SIZE_LIMIT: '2',
  PARLEY_HISTORY_MAX_GET_MESSAGES: '5',
  PARLEY_ROOMS_PER_SOCKET: '3',
};

/** Names that nobody can have. */
export const badNames = ['', 'a:b', 'a{b', 'a}b', 'line\nbreak', 'constructor', 'x'.repeat(129)];

/** Call at the top of a `describe`: the service starts before its first test. */
export function useApiWorld(scope: Scope, format: Format, redis: (scope: Scope) => Promise<RedisAddress>): ApiWorld {
  let service: Service<RedisAddress> | undefined;
  beforeAll(async () => {
    service = await startService(scope, { redis: await redis(scope), nodes: 2, env: worldEnv });
  });
  const started = (): Service<RedisAddress> => {
    if (service === undefined) throw new Error('the service starts before the first test, not earlier');
    return service;
  };
  let count = 0;
  const fresh = (what: string): string => `${what}-${++count}`;
  return {
    scope,
    api: () => serverApi(started().node(0), format),
    service: started,
    fresh,
    login: (node, userName = fresh('user')) => loginRpc(scope, started().node(node).url, userName),
  };
}
