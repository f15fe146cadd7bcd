// The stores on a Redis Cluster of three masters.
import { beforeAll } from '@jest/globals';
import { startRedisCluster, type RedisCluster } from '../support/redis-cluster.ts';
import { useScope } from '../support/scope.ts';
import { openStore } from './store.ts';
import { storeSuites } from './suites.ts';

const scope = useScope();
let redis: RedisCluster;
beforeAll(async () => {
  redis = await startRedisCluster(scope);
});

storeSuites((owner, options) => openStore(owner, redis, options));
