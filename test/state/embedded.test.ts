// The state layer on the embedded store, so that scripts keep to what it supports.
import { beforeAll, describe, expect } from '@jest/globals';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/ops/log.ts';
import { resolveRedis } from '../../src/state/local-redis.ts';
import type { RedisAddress } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { logSuite } from './log-suite.ts';
import { messageSuite } from './message-suite.ts';
import { nodeSuite } from './node-suite.ts';
import { roomSuite } from './room-suite.ts';
import { openStore, type OpenStore } from './store.ts';
import { userSuite } from './user-suite.ts';

const scope = useScope();
let redis: RedisAddress;
beforeAll(async () => {
  const path = process.env['PATH'];
  // Without a server on it, the embedded store is what is left.
  process.env['PATH'] = '';
  const read = readConfig({}, { warn: () => undefined });
  if ('mistakes' in read) throw new Error(read.mistakes.join(' '));
  const resolved = await resolveRedis(read.config, createLog({ level: 'silent' }));
  process.env['PATH'] = path;
  scope.add(() => resolved.stop());
  expect(resolved.kind).toBe('embedded');
  redis = { url: resolved.url };
});

const open: OpenStore = (owner, options) => openStore(owner, redis, options);
describe('rooms', () => roomSuite(open));
describe('messages', () => messageSuite(open));
describe('users', () => userSuite(open));
describe('logs', () => logSuite(open));
describe('nodes', () => nodeSuite(open));
