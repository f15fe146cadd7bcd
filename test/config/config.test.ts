// The configuration: defaults, every kind of mistake and how it is told, secrets, and the rules between settings.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeSettings, effectiveSettings, type Environment } from '../../src/config/config.ts';
import { settings } from '../../src/config/table.ts';
import { good, mistakesOf, outcome } from '../support/configuration.ts';
import { useScope } from '../support/scope.ts';
import { startNode } from '../support/service.ts';

const secret = 'a-secret-of-at-least-32-bytes-in-length';
/** The least that starts when something is configured. */
const jwt: Environment = { PARLEY_JWT_SECRET: secret };

const scope = useScope();
let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'parley-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('defaults', () => {
  test('with nothing configured, an open service on loopback', () => {
    const config = good({ HOME: '/', PATH: '/bin' });
    expect(config).toMatchObject({ evaluation: true, host: '127.0.0.1', port: 8080, apiKey: undefined });
    expect(config).toMatchObject({ apiHost: '127.0.0.1', apiPort: 8081, metricsFreshMs: 1000 });
    expect(config.auth.mode).toBe('open');
  });

  test('with anything configured, tokens and all interfaces', () => {
    const config = good(jwt);
    // The operator port stays where it is: opening it is a decision of its own.
    expect(config).toMatchObject({ evaluation: false, host: '0.0.0.0', apiHost: '127.0.0.1' });
    expect(config.auth).toMatchObject({ mode: 'jwt', jwtSecret: secret, algorithms: ['HS256'], userClaim: 'sub' });
    expect(mistakesOf({ PARLEY_PORT: '0' })).toEqual([expect.stringContaining('PARLEY_JWT_SECRET')]);
  });

  test('set to nothing is not set', () => {
    expect(good({ PARLEY_PORT: '', PARLEY_RATE_BURST: '' })).toMatchObject({ evaluation: true, port: 8080 });
  });

  test('the figures of the design', () => {
    const config = good({});
    expect(config.redis).toEqual({
      endpoint: undefined,
      mode: 'single',
      prefix: 'parley',
      timeoutMs: 2000,
      queueMax: 20_000,
      queueBytes: 67_108_864,
    });
    expect(config.node).toEqual({
      busyWindowMs: 10,
      leaseMs: 10_000,
      drainMs: 20_000,
      drainGraceMs: 5000,
      presenceGraceMs: 5000,
      heartbeatMs: 25_000,
      loginTimeoutMs: 10_000,
      positionCheckMs: 30_000,
    });
    expect(config.limits).toEqual({
      frameBytes: 65_536,
      messageBytes: 16_384,
      depth: 16,
      nameBytes: 128,
      roomsPerSocket: 128,
      requestsInFlight: 32,
      requestsPerSecond: 200,
      historyMaxGetMessages: 100,
      userlistPage: 1000,
      clientMessageIdLength: 64,
    });
    const none = good({ ...jwt, PARLEY_HISTORY_MAX_SIZE: '0', PARLEY_HISTORY_MAX_GET_MESSAGES: '0' });
    expect([none.rooms.historyMaxSize, none.limits.historyMaxGetMessages]).toEqual([0, 0]);
    const { rooms, direct } = good({ ...jwt, PARLEY_HISTORY_MAX_AGE_MS: '86400000' });
    expect([none.rooms, rooms, direct].map((one) => one.historyMaxAgeMs)).toEqual([0, 86_400_000, 86_400_000]);
    expect(good({ ...jwt, PARLEY_NAMES: 'username' }).limits).toEqual({ ...config.limits, names: 'username' });
    expect(config.rooms).toMatchObject({ management: true, userlistUpdates: true, historyMaxSize: 10_000 });
    expect(config.rooms.historyMaxBytes).toBe(16 * 1024 * 1024);
    expect(config.quotas).toEqual({ rooms: 1000, listNames: 100_000, bytes: 1024 ** 3 });
    expect(config).toMatchObject({
      allowedOrigins: 'same-host',
      trustedProxies: [],
      rate: { perSecond: 200, burst: 500 },
      dedupMs: 300_000,
      socketsPerUser: 50,
      userRate: { perSecond: 1000, burst: 2500 },
      socketsPerAddress: { max: 1000, publicOnly: true },
      guestsPerAddress: { max: 100, publicOnly: true },
      guestsMax: 1000,
      backpressureBytes: 4_194_304,
      postsPerCall: 64,
      gapFill: true,
      logLevel: 'info',
    });
  });
});

describe('reading', () => {
  test.each(['on', 'true', '1', 'ON'])('%s is on', (text) => {
    expect(good({ ...jwt, PARLEY_ALLOW_ANONYMOUS: text }).auth.allowAnonymous).toBe(true);
  });

  test.each(['off', 'false', '0', 'False'])('%s is off', (text) => {
    expect(good({ ...jwt, PARLEY_ROOMS_MANAGEMENT: text }).rooms.management).toBe(false);
  });

  test.each([
    ['PARLEY_ROOMS_MANAGEMENT', 'yes', 'on, off, true, false, 1 or 0'],
    ['PARLEY_PORT', '65536', '0 to 65535'],
    ['PARLEY_PORT', '-1', '0 to 65535'],
    ['PARLEY_PORT', '80.5', 'whole number'],
    ['PARLEY_PORT', '0x50', 'whole number'],
    ['PARLEY_NODE_LEASE_MS', '10s', 'whole number'],
    ['PARLEY_LOG_LEVEL', 'loud', 'fatal, error, warn'],
    ['PARLEY_AUTH', 'none', 'open, jwt'],
    ['PARLEY_NAMES', 'any', 'visible, username'],
    ['PARLEY_REDIS_MODE', 'replica', 'single, sentinel, cluster'],
    ['PARLEY_API_KEY', 'a key of some words', 'visible ASCII'],
    ['PARLEY_API_KEY', 'schlüssel-der-betreiber', 'visible ASCII'],
    ['PARLEY_REDIS_URL', 'http://redis:6379', 'redis://'],
    ['PARLEY_REDIS_URL', 'redis://a:1,b:2', 'redis://'],
    ['PARLEY_JWT_ALGORITHMS', 'HS256,none', 'HS256'],
    ['PARLEY_JWT_ALGORITHMS', 'HS256,', 'HS256'],
    ['PARLEY_JWT_CLAIMS', 'role,userName', 'AuthData'],
    ['PARLEY_JWT_CLAIMS', 'role,,x', 'names of claims'],
    ['PARLEY_JWT_CLAIMS', '__proto__', 'names of claims'],
    ['PARLEY_JWT_LEEWAY_MS', '600001', '0 to 600000'],
    ['PARLEY_TRUSTED_PROXIES', '10.0.0.0/33', 'prefix'],
    ['PARLEY_TRUSTED_PROXIES', 'proxy.internal', 'no IP address or range'],
    ['PARLEY_ALLOWED_ORIGINS', 'https://a.example/path', 'no origin'],
    ['PARLEY_ALLOWED_ORIGINS', 'a.example', 'no origin'],
    ['PARLEY_ALLOWED_ORIGINS', 'null', 'no origin'],
  ])('%s=%s is refused, with what is expected', (name, text, expected) => {
    const mistakes = mistakesOf({ ...jwt, [name]: text });
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain(name);
    expect(mistakes[0]).toContain(expected);
  });

  test('lists, addresses and origins in their normal form', () => {
    const config = good({
      ...jwt,
      PARLEY_TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1,fd00::/8',
      PARLEY_ALLOWED_ORIGINS: 'https://A.example:443/,http://localhost:3000',
    });
    expect(config.trustedProxies).toEqual(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']);
    expect(mistakesOf({ ...jwt, PARLEY_ALLOWED_ORIGINS: 'https://a.example/x' })).toHaveLength(1);
    expect(config.allowedOrigins).toEqual(['https://a.example', 'http://localhost:3000']);
    expect(good({ ...jwt, PARLEY_ALLOWED_ORIGINS: '*' }).allowedOrigins).toBe('*');
  });

  test('limits of addresses, with and without private ones', () => {
    const { socketsPerAddress, guestsPerAddress } = good({
      ...jwt,
      PARLEY_SOCKETS_PER_ADDRESS: '7',
      PARLEY_GUESTS_PER_ADDRESS: '5 Public',
    });
    expect([socketsPerAddress, guestsPerAddress]).toEqual([
      { max: 7, publicOnly: false },
      { max: 5, publicOnly: true },
    ]);
    expect(mistakesOf({ ...jwt, PARLEY_SOCKETS_PER_ADDRESS: 'public' })).toHaveLength(1);
  });

  test('what a user may ask for follows what a socket may, unless it is set', () => {
    const { userRate } = good({ ...jwt, PARLEY_RATE_REQUESTS_PER_SECOND: '300', PARLEY_RATE_BURST: '100' });
    expect(userRate).toEqual({ perSecond: 1500, burst: 2500 });
    expect(good({ ...jwt, PARLEY_RATE_BURST: '9000', PARLEY_RATE_USER_BURST: '20' }).userRate.burst).toBe(20);
  });

  test('an unknown name is refused, with the nearest one where there is one', () => {
    expect(mistakesOf({ ...jwt, PARLEY_REDIS_ULR: 'redis://x', PARLEY_COLOUR_OF_THE_SKY: 'blue' })).toEqual([
      'PARLEY_REDIS_ULR is not a setting; did you mean PARLEY_REDIS_URL?',
      'PARLEY_COLOUR_OF_THE_SKY is not a setting.',
    ]);
    expect(mistakesOf({ ...jwt, PARLEY_PORT_FILE: '/x' })[0]).toContain('PARLEY_PORT');
  });

  test('all mistakes at once: names, values and rules', () => {
    const mistakes = mistakesOf({
      NODE_ENV: 'production',
      PARLEY_PROT: '1',
      PARLEY_RATE_BURST: 'x',
      PARLEY_REDIS_PREFIX: '{a}',
    });
    expect(mistakes.map((mistake) => /PARLEY_\w+/.exec(mistake)?.[0])).toEqual([
      'PARLEY_PROT',
      'PARLEY_RATE_BURST',
      'PARLEY_AUTH',
      'PARLEY_REDIS_URL',
      'PARLEY_REDIS_PREFIX',
    ]);
  });

  test('a value that could not be read is not judged by its default as well', () => {
    expect(mistakesOf({ PARLEY_AUTH: 'opne' })).toEqual(['PARLEY_AUTH must be one of open, jwt, not "opne".']);
  });
});

describe('secrets', () => {
  test('come from a file as well, without its last newline', () => {
    const path = join(directory, 'secret');
    writeFileSync(path, `${secret}\n`);
    expect(good({ PARLEY_JWT_SECRET_FILE: path }).auth.jwtSecret).toBe(secret);
    writeFileSync(join(directory, 'url'), 'redis://user:hush@redis:6379\r\n');
    expect(good({ ...jwt, PARLEY_REDIS_URL_FILE: join(directory, 'url') }).redis.endpoint).toMatchObject({
      servers: [{ host: 'redis', port: 6379 }],
      access: { username: 'user', password: 'hush' },
    });
  });

  test('a file that is missing, empty or given twice is a mistake', () => {
    const empty = join(directory, 'empty');
    writeFileSync(empty, '\n');
    expect(mistakesOf({ PARLEY_JWT_SECRET_FILE: join(directory, 'none') })).toEqual([
      expect.stringMatching(/^PARLEY_JWT_SECRET_FILE cannot be read: .*ENOENT/),
    ]);
    expect(mistakesOf({ PARLEY_JWT_SECRET_FILE: empty })).toEqual([expect.stringContaining('empty file')]);
    expect(mistakesOf({ ...jwt, PARLEY_JWT_SECRET_FILE: empty })).toEqual([expect.stringContaining('both set')]);
  });

  test('are never shown', () => {
    const url = 'redis://user:hush@one:1,redis://user:hush@two:2';
    const config = good({
      PARLEY_JWT_SECRET: secret,
      PARLEY_API_KEY: 'the-key-of-the-operator',
      PARLEY_REDIS_URL: url,
      PARLEY_REDIS_MODE: 'cluster',
    });
    const shown = effectiveSettings(config);
    expect(shown).toContain('PARLEY_JWT_SECRET=***');
    expect(shown).toContain('PARLEY_API_KEY=***');
    expect(shown).toContain('PARLEY_REDIS_URL=redis://***@one:1,redis://***@two:2');
    expect(shown.join('\n')).not.toMatch(/hush|operator|a-secret/);
    // A mistake repeats what was given, except where that may be a secret.
    expect(mistakesOf({ ...jwt, PARLEY_REDIS_URL: 'reds://:hush@one:1' }).join()).not.toContain('hush');
  });
});

describe('rules between settings', () => {
  const production: Environment = { ...jwt, NODE_ENV: 'production', PARLEY_REDIS_URL: 'redis://redis:6379' };

  test.each<[string, Environment, Environment, string]>([
    ['tokens need a secret', { PARLEY_AUTH: 'jwt' }, jwt, 'PARLEY_JWT_SECRET'],
    ['of 32 bytes', { PARLEY_JWT_SECRET: 'é'.repeat(15) }, { PARLEY_JWT_SECRET: 'é'.repeat(16) }, '32 bytes'],
    ['production has a Redis', { ...production, PARLEY_REDIS_URL: undefined }, production, 'PARLEY_REDIS_URL'],
    [
      'or says that it does without',
      { ...production, PARLEY_REDIS_URL: undefined, PARLEY_ALLOW_EMBEDDED: 'off' },
      { ...production, PARLEY_REDIS_URL: undefined, PARLEY_ALLOW_EMBEDDED: 'on' },
      'PARLEY_ALLOW_EMBEDDED',
    ],
    [
      'production is not open unless it says so',
      { ...production, PARLEY_AUTH: 'open' },
      { ...production, PARLEY_AUTH: 'open', PARLEY_ALLOW_OPEN: 'on' },
      'PARLEY_ALLOW_OPEN',
    ],
    [
      'several servers need a mode',
      { ...jwt, PARLEY_REDIS_URL: 'redis://a:1,redis://b:2' },
      { ...jwt, PARLEY_REDIS_URL: 'redis://a:1,redis://b:2', PARLEY_REDIS_MODE: 'cluster' },
      'PARLEY_REDIS_MODE',
    ],
    [
      'a mode needs servers',
      { ...jwt, PARLEY_REDIS_MODE: 'cluster' },
      { ...jwt, PARLEY_REDIS_MODE: 'cluster', PARLEY_REDIS_URL: 'redis://a:1' },
      'needs PARLEY_REDIS_URL',
    ],
    [
      'sentinels need the name of a master',
      { ...jwt, PARLEY_REDIS_URL: 'redis://a:1', PARLEY_REDIS_MODE: 'sentinel' },
      { ...jwt, PARLEY_REDIS_URL: 'redis://a:1', PARLEY_REDIS_MODE: 'sentinel', PARLEY_REDIS_MASTER: 'm' },
      'PARLEY_REDIS_MASTER',
    ],
    [
      'a prefix has no hash tag',
      { ...jwt, PARLEY_REDIS_PREFIX: '{a}' },
      { ...jwt, PARLEY_REDIS_PREFIX: 'a:b' },
      'braces',
    ],
    [
      'words for origins stand alone',
      { ...jwt, PARLEY_ALLOWED_ORIGINS: '*,https://a.example' },
      { ...jwt, PARLEY_ALLOWED_ORIGINS: 'same-host' },
      'do not mix',
    ],
    [
      'a message fits its frame',
      { ...jwt, PARLEY_MESSAGE_BYTES: '65536' },
      { ...jwt, PARLEY_MESSAGE_BYTES: '65535' },
      'PARLEY_FRAME_BYTES',
    ],
    [
      'frames fit the queue of a reader',
      { ...jwt, PARLEY_BACKPRESSURE_BYTES: '262143' },
      { ...jwt, PARLEY_BACKPRESSURE_BYTES: '262144' },
      'four times',
    ],
    [
      'a quota lets a room be created',
      { ...jwt, PARLEY_QUOTA_BYTES: '65535' },
      { ...jwt, PARLEY_QUOTA_BYTES: '0' },
      'PARLEY_QUOTA_BYTES',
    ],
    [
      'the ports differ in production',
      { ...production, PARLEY_PORT: '8081' },
      { ...production, PARLEY_PORT: '8081', PARLEY_API_PORT: '8082' },
      'PARLEY_API_PORT',
    ],
    [
      'the key of the operator is no short one in production',
      { ...production, PARLEY_API_KEY: 'x'.repeat(15) },
      { ...production, PARLEY_API_KEY: 'x'.repeat(16) },
      'shorter than 16 characters',
    ],
    [
      'what is to be signed is checked with a secret',
      { ...jwt, PARLEY_SIGNATURES: 'members' },
      { ...jwt, PARLEY_SIGNATURE_SECRET: secret, PARLEY_SIGNATURES: 'login,members,blacklist' },
      'PARLEY_SIGNATURES needs',
    ],
    [
      'gap filling is on in production',
      { ...production, PARLEY_SWITCH_GAP_FILL: 'off' },
      { ...jwt, PARLEY_SWITCH_GAP_FILL: 'off' },
      'must be on',
    ],
  ])('%s', (_, wrong, right, expected) => {
    expect(mistakesOf(wrong)).toEqual([expect.stringContaining(expected)]);
    expect(mistakesOf(right)).toEqual([]);
  });

  test('production alone is not an evaluation', () => {
    expect(mistakesOf({ NODE_ENV: 'production' })).toHaveLength(2);
  });

  test('a node whose settings contradict each other does not start, and says all that is wrong', async () => {
    const env = {
      NODE_ENV: 'production',
      PARLEY_AUTH: 'open',
      PARLEY_REDIS_URL: undefined,
      PARLEY_REDIS_MODE: undefined,
    };
    const started = startNode(scope, { redis: { url: '' }, env });
    await expect(started).rejects.toThrow(/"code":2.*PARLEY_ALLOW_OPEN.*PARLEY_ALLOW_EMBEDDED/s);
  });

  test.each<[string, Environment]>([
    ['PARLEY_JWKS_URL', { PARLEY_JWKS_URL: 'http://id.example/keys', PARLEY_JWT_AUDIENCE: 'chat' }],
    ['PARLEY_JWT_AUDIENCE', { PARLEY_JWKS_URL: 'http://127.0.0.1:1/keys' }],
    ['PARLEY_JWKS_URL', { PARLEY_AUTH: 'open', PARLEY_JWKS_URL: 'https://id.example', PARLEY_JWT_AUDIENCE: 'chat' }],
    ['PARLEY_SWITCH_GAP_FILL', { ...jwt, PARLEY_SWITCH_GAP_FILL: 'off' }],
    ['PARLEY_JWT_SECRET', { ...jwt, PARLEY_AUTH: 'open' }],
    ['PARLEY_API_PORT', { ...jwt, PARLEY_PORT: '8081' }],
    ['PARLEY_API_KEY', { ...jwt, PARLEY_API_KEY: 'guess-me' }],
    ['PARLEY_JWT_SECRET', { PARLEY_JWT_SECRET: `"${secret}"` }],
    ['PARLEY_TRUSTED_PROXIES', { ...jwt, PARLEY_TRUSTED_PROXIES: '0.0.0.0/0' }],
    ['PARLEY_FORWARDED_HEADERS', { ...jwt, PARLEY_FORWARDED_HEADERS: 'forwarded' }],
    ['PARLEY_BACKPRESSURE_BYTES', { ...jwt, PARLEY_BACKPRESSURE_BYTES: '262144', PARLEY_MESSAGE_BYTES: '32769' }],
  ])('a doubt about %s is told, and does not refuse', (name, environment) => {
    const { mistakes, warnings } = outcome(environment);
    expect(mistakes).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(name)]);
    expect(outcome(jwt).warnings).toEqual([]);
  });
});

describe('the table', () => {
  test('every setting is named once, is read, and has a sentence', () => {
    const all = Object.values(settings);
    const names = all.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect([...good({}).effective.keys()].toSorted()).toEqual([...names].toSorted());
    for (const { name, doc } of all)
      expect([name, doc]).toEqual([expect.stringMatching(/^PARLEY_[A-Z_]+$/), expect.stringMatching(/^[A-Z].*\.$/)]);
  });

  test('every number has a unit, except ports', () => {
    const without = describeSettings().filter(({ type, unit }) => type.startsWith('integer') && unit === undefined);
    expect(without.map(({ name }) => name)).toEqual(['PARLEY_PORT', 'PARLEY_API_PORT']);
  });

  test('what is shown reads back as the same configuration', () => {
    const environment = {
      ...jwt,
      PARLEY_HISTORY_MAX_SIZE: '7',
      PARLEY_ALLOWED_ORIGINS: 'https://a.example',
      PARLEY_ALLOW_OPEN: '1',
    };
    const shown = effectiveSettings(good(environment)).map((line) => line.split('=', 2));
    const again = good({ ...Object.fromEntries(shown), PARLEY_JWT_SECRET: secret });
    expect({ ...again, effective: [] }).toEqual({ ...good(environment), effective: [] });
  });
});
