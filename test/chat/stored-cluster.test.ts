// Messages from user to user where the service keeps them, on a Redis Cluster: both users and their log are in slots of their own.
import { startRedisCluster } from '../support/redis-cluster.ts';
import { storedSuites } from './stored-suites.ts';

storedSuites({ format: 'msgpack', redis: startRedisCluster });
