// The configuration of the keys that tokens are checked with: which algorithms go with which key, and what is refused.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { effectiveSettings, type Environment } from '../../src/config/config.ts';
import { signatureAlgorithms } from '../../src/config/signatures.ts';
import { AuthData } from '../../src/protocol/connection.ts';
import { good, mistakesOf } from '../support/configuration.ts';

const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

describe('the keys of tokens', () => {
  const rsa = (bits: number): string => pemOf(generateKeyPairSync('rsa', { modulusLength: bits }).publicKey);
  const curve = (name: string): string => pemOf(generateKeyPairSync('ec', { namedCurve: name }).publicKey);
  const pems = {
    rsa: rsa(2048),
    p256: curve('prime256v1'),
    p384: curve('secp384r1'),
    p521: curve('secp521r1'),
    edwards: pemOf(generateKeyPairSync('ed25519').publicKey),
  };
  const rsaNames = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
  const long = 's'.repeat(64);
  const sources: [string, Environment, string[], string[]][] = [
    ['a secret', { PARLEY_JWT_SECRET: long }, ['HS256'], ['HS256', 'HS384', 'HS512']],
    ['an RSA key', { PARLEY_JWT_PUBLIC_KEY: pems.rsa }, ['RS256'], rsaNames],
    ['a P-256 key', { PARLEY_JWT_PUBLIC_KEY: pems.p256 }, ['ES256'], ['ES256']],
    ['a P-384 key', { PARLEY_JWT_PUBLIC_KEY: pems.p384 }, ['ES384'], ['ES384']],
    ['a P-521 key', { PARLEY_JWT_PUBLIC_KEY: pems.p521 }, ['ES512'], ['ES512']],
    ['an Ed25519 key', { PARLEY_JWT_PUBLIC_KEY: pems.edwards }, ['EdDSA', 'Ed25519'], ['EdDSA', 'Ed25519']],
    [
      'a key set',
      { PARLEY_JWKS_URL: 'https://id.example/keys' },
      ['RS256', 'ES256', 'EdDSA', 'Ed25519'],
      signatureAlgorithms.filter((name) => !name.startsWith('HS')),
    ],
  ];

  test.each(sources)('%s has algorithms of its own, and no others', (_, environment, usual, possible) => {
    const config = good(environment);
    expect(config.auth.algorithms).toEqual(usual);
    expect(effectiveSettings(config)).toContain(`PARLEY_JWT_ALGORITHMS=${usual.join(',')}`);
    for (const name of signatureAlgorithms) {
      const mistakes = mistakesOf({ ...environment, PARLEY_JWT_ALGORITHMS: name });
      const expected = [expect.stringMatching(`^PARLEY_JWT_ALGORITHMS contains ${name}; `)];
      expect([name, mistakes]).toEqual([name, possible.includes(name) ? [] : expected]);
    }
  });

  test('are of one kind', () => {
    const two = { PARLEY_JWT_SECRET: long, PARLEY_JWKS_URL: 'https://id.example/keys' };
    expect(mistakesOf(two)).toEqual([expect.stringMatching(/PARLEY_JWT_SECRET and PARLEY_JWKS_URL are set/)]);
    expect(mistakesOf({ ...two, PARLEY_JWT_PUBLIC_KEY: pems.rsa })).toHaveLength(1);
  });

  test.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS256,HS512', 64],
  ])('a secret for %s has %i bytes', (names, bytes) => {
    const environment = (length: number): Environment => ({
      PARLEY_JWT_SECRET: 's'.repeat(length),
      PARLEY_JWT_ALGORITHMS: names,
    });
    expect(mistakesOf(environment(bytes - 1))).toEqual([expect.stringContaining(`shorter than ${bytes} bytes`)]);
    expect(mistakesOf(environment(bytes))).toEqual([]);
  });

  test('a public key is one that tokens can be checked with, and public', () => {
    const pair = generateKeyPairSync('ed25519');
    const whole = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const pkcs1 = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
      type: 'pkcs1',
      format: 'pem',
    });
    for (const [pem, expected] of [
      ['ssh-rsa AAAA', 'PEM form'],
      [pems.rsa + pems.p256, 'one public key'],
      [whole, 'private key'],
      [pems.rsa + whole, 'private key'],
      [pems.rsa.slice(0, 100) + pems.rsa.slice(150), 'damaged'],
      [rsa(1024), '1024 bits'],
      [curve('secp256k1'), 'P-256'],
      [pemOf(generateKeyPairSync('x25519').publicKey), 'Ed25519'],
      [pemOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey), 'must be an RSA'],
    ] as const) {
      const mistakes = mistakesOf({ PARLEY_JWT_PUBLIC_KEY: pem });
      expect(mistakes).toEqual([expect.stringMatching(/^PARLEY_JWT_PUBLIC_KEY /)]);
      expect(mistakes[0]).toContain(expected);
    }
    expect(mistakesOf({ PARLEY_JWT_PUBLIC_KEY: pkcs1.toString() })).toEqual([]);
    const oneLine = good({ PARLEY_JWT_PUBLIC_KEY: pems.rsa.replaceAll('\n', '\\n') });
    expect(oneLine.auth.jwtPublicKey).toBe(pems.rsa);
  });

  test('a key set has an address, and times that fit together', () => {
    const set = { PARLEY_JWKS_URL: 'https://id.example/keys' };
    for (const url of ['id.example/keys', 'file:///keys', 'data:,{}', 'https://me:hush@id.example/keys']) {
      expect(mistakesOf({ PARLEY_JWKS_URL: url })).toEqual([expect.stringMatching(/^PARLEY_JWKS_URL (?!.*hush)/)]);
    }
    const expected = [expect.stringContaining('PARLEY_JWKS_CACHE_MS must be between')];
    expect(mistakesOf({ ...set, PARLEY_JWKS_STALE_MS: '599999' })).toEqual(expected);
    expect(mistakesOf({ ...set, PARLEY_JWKS_CACHE_MS: '4999' })).toEqual(expected);
    expect(mistakesOf({ ...set, PARLEY_JWKS_STALE_MS: '600000', PARLEY_JWKS_COOL_DOWN_MS: '600000' })).toEqual([]);
  });

  test('no claim that is passed on takes the place of a field of AuthData', () => {
    for (const name of Object.keys(AuthData.properties)) {
      expect(mistakesOf({ PARLEY_JWT_SECRET: long, PARLEY_JWT_CLAIMS: name })).toEqual([
        expect.stringContaining(`"${name}"`),
      ]);
    }
    const { auth } = good({ PARLEY_JWT_SECRET: long, PARLEY_JWT_CLAIMS: 'role, https://example.com/team' });
    expect(auth.claims).toEqual(['role', 'https://example.com/team']);
  });
});
