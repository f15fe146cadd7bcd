// PARLEY_REDIS_URL as an operator writes it: every part is read, or there is one sentence that repeats nothing of it; and what is
// shown hides who comes in.
import { describe, expect, test } from '@jest/globals';
import { endpointOf, readRedisUrls, showRedisUrls, type RedisUrls } from '../../src/outside/redis-endpoint.ts';

function read(text: string): RedisUrls {
  const reading = readRedisUrls(text);
  if ('problem' in reading) throw new Error(reading.problem);
  return reading.value;
}

const problemOf = (text: string): string | undefined => {
  const reading = readRedisUrls(text);
  return 'problem' in reading ? reading.problem : undefined;
};

test.each([
  ['redis://one', { host: 'one', port: undefined }, 'redis://one'],
  ['REDIS://One.Example.:7000/', { host: 'one.example.', port: 7000 }, 'redis://one.example.:7000'],
  ['redis://a_b:1', { host: 'a_b', port: 1 }, 'redis://a_b:1'],
  ['redis://bücher.example', { host: 'xn--bcher-kva.example', port: undefined }, 'redis://xn--bcher-kva.example'],
  ['redis://10.0.0.1:6379', { host: '10.0.0.1', port: 6379 }, 'redis://10.0.0.1:6379'],
  ['redis://[::1]:6380', { host: '::1', port: 6380 }, 'redis://[::1]:6380'],
  ['redis://[fe80::1%25eth0]', { host: 'fe80::1%eth0', port: undefined }, 'redis://[fe80::1%eth0]'],
  ['unix:///run/redis/a.sock', { path: '/run/redis/a.sock' }, 'unix:///run/redis/a.sock'],
  ['redis+unix:///run/a%20b@c/x.sock', { path: '/run/a b@c/x.sock' }, 'unix:///run/a b@c/x.sock'],
])('%s is a server', (text, server, shown) => {
  const urls = read(text);
  expect(urls).toEqual({ servers: [server], tls: false, username: undefined, password: undefined, db: 0 });
  expect(showRedisUrls(urls)).toBe(shown);
});

describe('user name and password', () => {
  const awkward = 'p%@:/#?, ü\u{1F511}"\'&=+;[]';

  test('come through whatever they are made of, and are never shown', () => {
    for (const place of ['redis://%@one:1/3', 'unix://%@/run/a.sock?db=3']) {
      const urls = read(
        place.replace('%', () => `${encodeURIComponent(`u${awkward}`)}:${encodeURIComponent(awkward)}`),
      );
      expect(urls).toMatchObject({ username: `u${awkward}`, password: awkward, db: 3 });
      expect(showRedisUrls(urls)).toBe(place.replace('%', '***'));
    }
  });

  test.each([
    ['redis://u:p@ss@one', 'u', 'p@ss'],
    ['redis://u:p:q@one', 'u', 'p:q'],
    ['redis://:p q@one', undefined, 'p q'],
    ['redis://u@one', 'u', ''],
    ['redis://u:@one', 'u', ''],
    ['redis://:@one', undefined, undefined],
    ['redis://ü:é@one', 'ü', 'é'],
    ['redis://:a+b@one', undefined, 'a+b'],
  ])('%s needs no encoding', (text, username, password) => {
    const urls = read(text);
    expect(urls).toMatchObject({ username, password });
    expect(showRedisUrls(urls)).toMatch(/^redis:\/\/(\*\*\*@)?one$/);
  });

  test.each([
    'redis://:hush%@one',
    'redis://:hush%zz@one',
    'redis://:hush%ff@one',
    'redis://hush%:p@one',
    'redis://:hu/sh@one',
    'redis://:hu?sh@one',
    'redis://:hu#sh@one',
    'redis://:hu,sh@one',
    'redis://u:hush@one:1,u:hush@two:2',
    'redis://one?password=hush',
    'redis://one?hush',
    'redis://one/0?password=hu@sh',
    'redis://one?db=hush',
    'redis://one?db=1&password=hush',
    'redis://one/hush',
    'redis://one/1?db=hush',
    'redis://one#hush',
    'redis://:hush@',
    'redis://:hush@one:70000',
    'redis://:hush@one:port',
    'reds://:hush@one',
    'hush',
    '//:hush@one',
    'constructor://hush',
    'rediss+unix://:hush@/run/a.sock',
    'unix://hush',
    'unix:///run/a.sock?password=hush',
    'redis://:hush@one,redis://two',
    'redis://:hush@one,redis://:hushed@two',
    'redis://hush@one,redis://hushed@two',
    'redis://one,rediss://two',
    'redis://one/1,redis://one/2',
    'unix:///run/a.sock,unix:///run/b.sock',
    'redis://-hush',
    'redis://[hush]',
    'redis://',
    '',
  ])('%s is refused in a sentence that repeats nothing', (text) => {
    const problem = problemOf(text);
    expect(problem).toMatch(/^(must|may|has|names)\b/);
    expect(problem).not.toMatch(/hu.?sh/);
  });
});

test('a list that agrees is one endpoint, with the usual port of its mode', () => {
  const urls = read('rediss://u:p@one, rediss://u:p@two:7');
  const parts = { urls, master: 'm', tls: { ca: 'CA', cert: undefined, key: undefined, serverName: 'n' } };
  const sentinel = { username: 'su', password: 'sp', tls: undefined };
  expect(endpointOf({ ...parts, mode: 'sentinel', sentinel })).toEqual({
    mode: 'sentinel',
    master: 'm',
    db: 0,
    servers: [
      { host: 'one', port: 26_379 },
      { host: 'two', port: 7 },
    ],
    access: { username: 'u', password: 'p', tls: parts.tls },
    sentinelAccess: { username: 'su', password: 'sp', tls: parts.tls },
  });
  const plain = endpointOf({ ...parts, mode: 'sentinel', sentinel: { ...sentinel, tls: false } });
  expect(plain).toMatchObject({ access: { tls: parts.tls }, sentinelAccess: { tls: undefined } });
  const cluster = endpointOf({ ...parts, mode: 'cluster', sentinel });
  expect(cluster.servers).toEqual([
    { host: 'one', port: 6379 },
    { host: 'two', port: 7 },
  ]);
});
