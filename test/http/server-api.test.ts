// What the server API does, in both formats, on a single Redis and on a cluster. How it is asked is in
// server-api-transport.test.ts, what it does for sockets in server-api-sockets.test.ts.
import { describe } from '@jest/globals';
import type { Format } from '../../src/protocol/wire/codec.ts';
import type { Scope } from '../support/disposal.ts';
import { startRedis, type RedisAddress } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { useScope } from '../support/scope.ts';
import { apiActingSuite } from './api-acting-suite.ts';
import { apiRoomSuite } from './api-room-suite.ts';
import { apiUserSuite } from './api-user-suite.ts';
import { useApiWorld } from './api-world.ts';

const scope = useScope();

describe.each<[Format, string, (scope: Scope) => Promise<RedisAddress>]>([
  ['json', 'a single Redis', startRedis],
  ['msgpack', 'a cluster', startRedisCluster],
])('in %s, on %s', (format, _, redis) => {
  const world = useApiWorld(scope, format, redis);
  describe('users', () => apiUserSuite(world));
  describe('rooms', () => apiRoomSuite(world));
  describe('requests of clients', () => apiActingSuite(world));
});
