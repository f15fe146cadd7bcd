// The stores on the embedded Redis, so that scripts keep to what it supports.
import { beforeAll, expect } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/ops/log.ts';
import { resolveRedis } from '../../src/redis/local-redis.ts';
import type { RedisAddress } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { openStore } from './store.ts';
import { storeSuites } from './suites.ts';

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

storeSuites((owner, options) => openStore(owner, redis, options));
