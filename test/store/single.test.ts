// The stores on a single Redis server.
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { declaredScripts } from '../../src/redis/script.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { unseen } from './replies-seen.ts';
import { openStore } from './store.ts';
import { storeSuites } from './suites.ts';

const scope = useScope();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(scope);
});

storeSuites((owner, options) => openStore(owner, redis, options));

test('every word and every field that a script declares was seen above', () => {
  const files = readdirSync(new URL('../../src/store/', import.meta.url), { recursive: true, encoding: 'utf8' });
  const scripts = files
    .filter((path) => path.endsWith('.lua') && !path.startsWith('lib/'))
    .map((path) => basename(path, '.lua'));
  // Each once, for the client knows them by their names.
  expect([...declaredScripts].map(({ name }) => name).toSorted()).toEqual(scripts.toSorted());
  expect(unseen()).toEqual([]);
});
