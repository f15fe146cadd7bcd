// The state layer on a single Redis server.
import { beforeAll } from '@jest/globals';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { openStore } from './store.ts';
import { stateSuites } from './suites.ts';

const scope = useScope();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(scope);
});

stateSuites((owner, options) => openStore(owner, redis, options));
