// Settings that are given and have no effect, for what they belong to is off: whoever gives them is told, and the start goes on.
import { describe, expect, test } from '@jest/globals';
import type { Environment } from '../../src/config/config.ts';
import { outcome } from '../support/configuration.ts';

const secret = 'a-secret-of-at-least-32-bytes-in-length';
const open: Environment = { PARLEY_AUTH: 'open' };
const jwt: Environment = { PARLEY_JWT_SECRET: secret };
const warningsOf = (given: Environment): string[] => {
  const { mistakes, warnings } = outcome(given);
  expect(mistakes).toEqual([]);
  return warnings;
};

const webhook = { PARLEY_WEBHOOK_URL: 'https://example.com/', PARLEY_WEBHOOK_SECRET: secret };
const jwks = { PARLEY_JWKS_URL: 'https://id.example/keys', PARLEY_JWT_AUDIENCE: 'chat' };

/** A setting, something to give it, and what makes it count. */
const cases: [name: string, value: string, needs: string, counts: Environment][] = [
  ['PARLEY_HOOKS_TIMEOUT_MS', '500', 'PARLEY_HOOKS', { ...open, PARLEY_HOOKS: './hooks.mjs' }],
  ['PARLEY_HOOKS_PENDING_MAX', '5', 'PARLEY_HOOKS', { ...open, PARLEY_HOOKS: './hooks.mjs' }],
  ['PARLEY_WEBHOOK_SECRET', secret, 'PARLEY_WEBHOOK_URL', { ...open, ...webhook }],
  ['PARLEY_WEBHOOK_EVENTS', 'presence', 'PARLEY_WEBHOOK_URL', { ...open, ...webhook }],
  ['PARLEY_WEBHOOK_PRIVATE', 'on', 'PARLEY_WEBHOOK_URL', { ...open, ...webhook }],
  ['PARLEY_WEBHOOK_TIMEOUT_MS', '500', 'PARLEY_WEBHOOK_URL', { ...open, ...webhook }],
  ['PARLEY_WEBHOOK_BATCH', '5', 'PARLEY_WEBHOOK_URL', { ...open, ...webhook }],
  ['PARLEY_WEBHOOK_CONCURRENCY', '5', 'PARLEY_WEBHOOK_URL', { ...open, ...webhook }],
  ['PARLEY_JWKS_CACHE_MS', '60000', 'PARLEY_JWKS_URL', jwks],
  ['PARLEY_JWKS_STALE_MS', '6000000', 'PARLEY_JWKS_URL', jwks],
  ['PARLEY_JWKS_COOL_DOWN_MS', '60', 'PARLEY_JWKS_URL', jwks],
  ['PARLEY_JWKS_TIMEOUT_MS', '60', 'PARLEY_JWKS_URL', jwks],
  ['PARLEY_JWT_ALGORITHMS', 'HS256', 'PARLEY_JWT_SECRET', jwt],
  ['PARLEY_JWT_AUDIENCE', 'chat', 'PARLEY_JWT_SECRET', jwt],
  ['PARLEY_JWT_ISSUER', 'id', 'PARLEY_JWT_SECRET', jwt],
  ['PARLEY_JWT_USER_CLAIM', 'name', 'PARLEY_JWT_SECRET', jwt],
  ['PARLEY_JWT_CLAIMS', 'role', 'PARLEY_JWT_SECRET', jwt],
  ['PARLEY_SIGNATURE_SECRET', secret, 'PARLEY_SIGNATURES', { ...open, PARLEY_SIGNATURES: 'members' }],
  ['PARLEY_DIRECT_HISTORY_MAX_SIZE', '5', 'PARLEY_DIRECT_MESSAGES=stored', open],
  ['PARLEY_DIRECT_HISTORY_MAX_BYTES', '65536', 'PARLEY_DIRECT_MESSAGES=stored', open],
];

describe('a setting that does nothing by itself', () => {
  test.each(cases)('%s=%s is told of without %s, and not with it', (name, value, needs, counts) => {
    const idle = needs === 'PARLEY_DIRECT_MESSAGES=stored' ? { ...open, PARLEY_DIRECT_MESSAGES: 'live' } : open;
    expect(warningsOf({ ...idle, [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name} is set, but does nothing without ${needs}\\b`)),
    ]);
    expect(warningsOf({ ...counts, [name]: value })).toEqual([]);
  });

  test('is told of with the others, and with what may be meant', () => {
    const given = { ...open, PARLEY_HOOKS_TIMEOUT_MS: '5', PARLEY_HOOKS_PENDING_MAX: '5' };
    expect(warningsOf(given)).toEqual([
      'PARLEY_HOOKS_TIMEOUT_MS and PARLEY_HOOKS_PENDING_MAX are set, but do nothing without PARLEY_HOOKS; those of hooks over HTTP: PARLEY_HOOK_TIMEOUT_MS, PARLEY_HOOK_CONCURRENCY.',
    ]);
  });

  test('is told of where it comes from a file, too, and where it is set to nothing not at all', () => {
    expect(warningsOf({ ...open, PARLEY_WEBHOOK_SECRET_FILE: '' })).toEqual([]);
    expect(warningsOf({ ...open, PARLEY_SIGNATURE_SECRET_FILE: import.meta.filename })).toEqual([
      expect.stringContaining('PARLEY_SIGNATURE_SECRET is set, but does nothing'),
    ]);
  });
});

test('a database of a Redis keeps keys apart and channels not: without a prefix of its own that is told of', () => {
  const given = { ...open, PARLEY_REDIS_URL: 'redis://redis:6379/3' };
  expect(warningsOf(given)).toEqual([expect.stringContaining('another PARLEY_REDIS_PREFIX')]);
  expect(warningsOf({ ...given, PARLEY_REDIS_PREFIX: 'staging' })).toEqual([]);
  expect(warningsOf({ ...open, PARLEY_REDIS_URL: 'redis://redis:6379/0' })).toEqual([]);
});
