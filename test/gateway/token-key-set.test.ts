// The key set of an issuer as one node keeps it: fetched when it is due or a new key is named, never more often than the
// cool-down allows, within bounds, and used on while the issuer is away. What logins make of it is in token-keys.test.ts.
import type { RequestListener } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { RemoteKeys, type RemoteKeysOptions } from '../../src/chat/auth/remote-keys.ts';
import { eventually } from '../support/eventually.ts';
import { startIssuer, type Issuer } from '../support/issuer.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();
let issuer: Issuer;
beforeAll(async () => {
  issuer = await startIssuer(scope);
  await issuer.addKey('one', 'ES256');
  await issuer.addKey('two', 'ES256', { hidden: true });
});

const hourMs = 3_600_000;
const usual = { cacheMs: hourMs, staleMs: 2 * hourMs, coolDownMs: 0, timeoutMs: 10_000 };

interface Kept {
  readonly keys: RemoteKeys;
  readonly reasons: string[];
  /** Fetches since this was made. */
  readonly fetches: () => number;
}

function keep(options: Partial<RemoteKeysOptions> = {}): Kept {
  const reasons: string[] = [];
  const before = issuer.fetches;
  const onError = (reason: string): void => void reasons.push(reason);
  const keys = new RemoteKeys({ ...usual, url: issuer.url, onError, ...options });
  scope.add(() => {
    keys.stop();
    issuer.answer();
    issuer.withdraw('two');
    issuer.publish('one');
  });
  return { keys, reasons, fetches: () => issuer.fetches - before };
}

const es256 = (kid?: string): { alg: string; kid?: string } => ({
  alg: 'ES256',
  ...(kid === undefined ? {} : { kid }),
});
const aKey = expect.objectContaining({ type: 'public' });
const down: RequestListener = (request) => request.socket.destroy();

describe('a key', () => {
  test('is found by its id, in a set that is fetched once for all who ask', async () => {
    const { keys, reasons, fetches } = keep();
    expect(await Promise.all(Array.from({ length: 50 }, () => keys.find(es256('one'))))).toEqual(
      Array.from({ length: 50 }, () => aKey),
    );
    expect(await keys.find(es256('one'))).toEqual(aKey);
    expect(fetches()).toBe(1);
    expect(reasons).toEqual([]);
  });

  test('needs no id where only one comes into question', async () => {
    const { keys } = keep();
    expect(await keys.find(es256())).toEqual(aKey);
    issuer.publish('two');
    expect(await keys.find(es256('two'))).toEqual(aKey);
    expect(await keys.find(es256())).toBe('unknown');
  });

  test('must fit the algorithm that is named', async () => {
    const { keys } = keep();
    for (const alg of ['ES384', 'RS256', 'EdDSA', 'HS256', 'none', '', 'constructor']) {
      expect([alg, await keys.find({ alg, kid: 'one' })]).toEqual([alg, 'unknown']);
    }
  });

  test('that is new is fetched when a token names it; one that is withdrawn goes with the next fetch', async () => {
    const { keys, fetches } = keep();
    expect(await keys.find(es256('one'))).toEqual(aKey);
    issuer.publish('two');
    expect(await keys.find(es256('two'))).toEqual(aKey);
    expect(await keys.find(es256('one'))).toEqual(aKey);
    expect(fetches()).toBe(2);
    issuer.withdraw('one');
    expect(await keys.find(es256('one'))).toEqual(aKey);
    expect(await keys.find(es256('three'))).toBe('unknown');
    expect(await keys.find(es256('one'))).toBe('unknown');
  });

  test('that is withdrawn is refused once the set is due', async () => {
    const { keys } = keep({ cacheMs: 0 });
    expect(await keys.find(es256('one'))).toEqual(aKey);
    issuer.withdraw('one');
    expect(await keys.find(es256('one'))).toBe('unknown');
  });

  test('that is no public signature key is of no use', async () => {
    const whole = { ...issuer.keySet().keys[0] };
    const bad = [
      { kid: 'enc', use: 'enc' },
      { kid: 'sign', key_ops: ['sign'] },
      { kid: 'alg', alg: 'ES384' },
    ];
    const oct = { kty: 'oct', k: 'c2VjcmV0', kid: 'oct', alg: 'HS256' };
    const set = { keys: [...bad.map((part) => ({ ...whole, ...part })), oct, { kty: 7, kid: 'odd' }, { ...whole }] };
    const { keys } = keep();
    issuer.answer((_, response) => response.end(JSON.stringify(set)));
    for (const kid of ['enc', 'sign', 'alg', 'oct', 'odd']) {
      expect([kid, await keys.find(es256(kid))]).toEqual([kid, 'unknown']);
    }
    expect(await keys.find({ alg: 'HS256', kid: 'oct' })).toBe('unknown');
    expect(await keys.find(es256('one'))).toEqual(aKey);
  });
});

describe('a flood of unknown key ids', () => {
  test('causes one fetch per cool-down, and those who wait for it share it', async () => {
    const { keys, fetches } = keep({ coolDownMs: 4000 });
    expect(await keys.find(es256('one'))).toEqual(aKey);
    const flood = Array.from({ length: 500 }, (_, i) => keys.find(es256(`nobody-${i}`)));
    // Meanwhile, known ones do not wait.
    expect(await keys.find(es256('one'))).toEqual(aKey);
    expect(fetches()).toBe(1);
    // What was published meanwhile is found by that one fetch.
    issuer.publish('two');
    expect(await keys.find(es256('two'))).toEqual(aKey);
    expect(new Set(await Promise.all(flood))).toEqual(new Set(['unknown']));
    expect(fetches()).toBe(2);
  });

  test('is bounded in number: who comes on top is told to come back', async () => {
    const { keys, fetches } = keep({ coolDownMs: hourMs });
    expect(await keys.find(es256('one'))).toEqual(aKey);
    const waiting = Array.from({ length: 1000 }, (_, i) => keys.find(es256(`nobody-${i}`)));
    // They have looked, and wait, when the next one that asked in the same turn has.
    expect(await keys.find(es256('nobody'))).toBe('unavailable');
    expect(await keys.find(es256('one'))).toEqual(aKey);
    expect(fetches()).toBe(1);
    keys.stop();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['unavailable']));
  });
});

describe('an issuer that gives no key set', () => {
  const text =
    (body: string, status = 200): RequestListener =>
    (_, response) =>
      response.writeHead(status).end(body);
  const cases: [string, RequestListener, RegExp][] = [
    ['closes the connection', down, /other side closed|socket hang up|ECONNRESET/],
    ['says nothing', () => undefined, /no answer within 2000 ms/],
    ['stops in the middle', (_, response) => void response.write('{"keys":['), /no answer within 2000 ms/],
    ['answers with an error', text('{"keys":[]}', 503), /HTTP 503/],
    ['answers with a page', text('<html>'), /not JSON/],
    ['answers with something else', text('{"error":"busy"}'), /not a key set/],
    ['answers with null', text('null'), /not a key set/],
    ['has keys that are none', text('{"keys":[7]}'), /malformed/],
    [
      'has too many keys',
      text(JSON.stringify({ keys: Array.from({ length: 101 }, () => ({})) })),
      /more than 100 keys/,
    ],
    ['sends without an end', endless, /more than 262144 bytes/],
    ['sends elsewhere', (_, response) => response.writeHead(302, { location: issuer.url }).end(), /redirect/],
  ];

  test.each(cases)('and %s: nobody knows, and the reason is told', async (_, listener, reason) => {
    const { keys, reasons } = keep({ timeoutMs: listener.length === 0 || /middle/.test(String(_)) ? 2000 : 10_000 });
    issuer.answer(listener);
    expect(await keys.find(es256('one'))).toBe('unavailable');
    expect(reasons).toEqual([expect.stringMatching(reason)]);
    issuer.answer();
    expect(await keys.find(es256('one'))).toEqual(aKey);
  });

  test.each(cases)('and %s: the keys known serve on, new ones are not known', async (_, listener) => {
    const timeoutMs = listener.length === 0 || /middle/.test(_) ? 2000 : 10_000;
    const { keys, reasons } = keep({ cacheMs: 0, timeoutMs });
    expect(await keys.find(es256('one'))).toEqual(aKey);
    issuer.answer(listener);
    expect(await keys.find(es256('one'))).toEqual(aKey);
    expect(await keys.find(es256('two'))).toBe('unavailable');
    expect(reasons.length).toBeGreaterThan(0);
    issuer.answer();
    issuer.publish('two');
    await eventually(async () => expect(await keys.find(es256('two'))).toEqual(aKey), { what: 'the new key' });
  });

  test('and stops in the middle is waited for no longer where garbage is collected meanwhile', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { keys, reasons } = keep({ timeoutMs: 2000 });
    const begun = issuer.fetches;
    issuer.answer((_, response) => void response.write('{"keys":['));
    const found = keys.find(es256('one'));
    await eventually(() => expect(issuer.fetches).toBeGreaterThan(begun));
    await eventually(() => {
      collect();
      expect(reasons).toEqual([expect.stringMatching(/no answer within 2000 ms/)]);
    });
    expect(await found).toBe('unavailable');
  });

  test('that has withdrawn all keys is believed', async () => {
    const { keys } = keep({ cacheMs: 0 });
    expect(await keys.find(es256('one'))).toEqual(aKey);
    issuer.withdraw('one');
    expect(await keys.find(es256('one'))).toBe('unknown');
  });
});

describe('in an outage', () => {
  test('the cool-down goes for failures too, and nobody waits for its end', async () => {
    issuer.answer(down);
    const { keys, fetches } = keep({ coolDownMs: hourMs });
    for (let i = 0; i < 20; i++) expect(await keys.find(es256('one'))).toBe('unavailable');
    expect(fetches()).toBe(1);
  });

  test('an old set serves at once, without waiting for an answer', async () => {
    const { keys, reasons, fetches } = keep({ cacheMs: 0, timeoutMs: 2000 });
    expect(await keys.find(es256('one'))).toEqual(aKey);
    issuer.answer(() => undefined);
    expect(await keys.find(es256('one'))).toEqual(aKey);
    expect(reasons).toEqual([expect.stringContaining('no answer')]);
    const asked = fetches();
    for (let i = 0; i < 20; i++) expect(await keys.find(es256('one'))).toEqual(aKey);
    // All of them within the one fetch that the first began, or a few where the machine is slow.
    expect(fetches() - asked).toBeLessThan(20);
  });

  test('a set that is too old is not used any more', async () => {
    const { keys } = keep({ cacheMs: 0, staleMs: 300 });
    expect(await keys.find(es256('one'))).toEqual(aKey);
    issuer.answer(down);
    await eventually(async () => expect(await keys.find(es256('one'))).toBe('unavailable'), {
      what: 'the set is stale',
    });
    issuer.answer();
    expect(await keys.find(es256('one'))).toEqual(aKey);
  });
});

test('a start fetches ahead; a stop ends what is under way, without a word', async () => {
  const { keys, fetches, reasons } = keep({ timeoutMs: 60_000 });
  issuer.answer(() => undefined);
  keys.start();
  await eventually(() => expect(fetches()).toBe(1), { what: 'the first fetch' });
  const found = keys.find(es256('one'));
  keys.stop();
  expect(await found).toBe('unavailable');
  expect(reasons).toEqual([]);
});

/** As fast as it is read, until the reader goes. */
function endless(_: unknown, response: Parameters<RequestListener>[1]): void {
  const more = (): void => {
    while (!response.destroyed && response.write(' '.repeat(65_536)));
  };
  response.on('drain', more);
  more();
}
