// The state layer on a single Redis server.
import { beforeAll, describe } from '@jest/globals';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { logSuite } from './log-suite.ts';
import { messageSuite } from './message-suite.ts';
import { nodeSuite } from './node-suite.ts';
import { roomSuite } from './room-suite.ts';
import { openStore, type OpenStore } from './store.ts';
import { userSuite } from './user-suite.ts';

const scope = useScope();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(scope);
});

const open: OpenStore = (owner, options) => openStore(owner, redis, options);
describe('rooms', () => roomSuite(open));
describe('messages', () => messageSuite(open));
describe('users', () => userSuite(open));
describe('logs', () => logSuite(open));
describe('nodes', () => nodeSuite(open));
