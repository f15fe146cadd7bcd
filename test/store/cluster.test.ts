// The state layer on a Redis Cluster of three masters.
import { beforeAll } from '@jest/globals';
import { startRedisCluster, type RedisCluster } from '../support/redis-cluster.ts';
import { useScope } from '../support/scope.ts';
import { openStore } from './store.ts';
import { stateSuites } from './suites.ts';

const scope = useScope();
let redis: RedisCluster;
beforeAll(async () => {
  redis = await startRedisCluster(scope);
});

stateSuites((owner, options) => openStore(owner, redis, options));
