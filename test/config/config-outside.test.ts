// The configuration as it really arrives: variables that nobody set, quotes and white space that nobody meant, keys whose line ends
// were changed on the way. What is one thing in several forms is read as one; what can never match is refused.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Environment } from '../../src/config/config.ts';
import { good, mistakesOf, outcome } from '../support/configuration.ts';

const secret = 'a-secret-of-at-least-32-bytes-in-length';
const jwt: Environment = { PARLEY_JWT_SECRET: secret };

interface ServicePort {
  readonly port: number;
  readonly name?: string;
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
}

/** What the kubelet puts into every pod for a Service: `FromServices` and `makeLinkVariables` of its package `envvars`. */
function kubelet(service: string, address: string, ports: readonly ServicePort[]): Record<string, string> {
  const variable = (name: string): string => name.toUpperCase().replaceAll('-', '_');
  const prefix = variable(service);
  const hostPort = (port: number): string => `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const all: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: address,
    [`${prefix}_SERVICE_PORT`]: String(ports[0]?.port),
  };
  for (const [i, { port, name, protocol = 'TCP' }] of ports.entries()) {
    if (name !== undefined) all[`${prefix}_SERVICE_PORT_${variable(name)}`] = String(port);
    const url = `${protocol.toLowerCase()}://${hostPort(port)}`;
    if (i === 0) all[`${prefix}_PORT`] = url;
    const link = `${prefix}_PORT_${port}_${protocol}`;
    Object.assign(all, { [link]: url, [`${link}_PROTO`]: protocol.toLowerCase() });
    Object.assign(all, { [`${link}_PORT`]: String(port), [`${link}_ADDR`]: address });
  }
  return all;
}

describe('a Service of Kubernetes', () => {
  test.each<[string, string, ServicePort[]]>([
    ['parley', '10.0.0.1', [{ port: 8080 }]],
    [
      'parley',
      '10.0.0.1',
      [
        { port: 80, name: 'ws' },
        { port: 8081, name: 'http-metrics' },
      ],
    ],
    ['parley', 'fd00:10:96::1', [{ port: 443, name: 'https' }]],
    [
      'parley',
      '10.0.0.1',
      [
        { port: 53, name: 'dns-udp', protocol: 'UDP' },
        { port: 9, name: 's', protocol: 'SCTP' },
      ],
    ],
    ['parley-api', '10.0.0.2', [{ port: 8081, name: 'metrics' }]],
    ['parley-redis', '10.0.0.3', [{ port: 6379 }]],
    ['parley-redis-headless-2', '10.0.0.3', [{ port: 6379 }, { port: 26_379, name: 'sentinel' }]],
    ['parley-port', '10.0.0.4', [{ port: 1 }]],
    ['parley-service', '10.0.0.4', [{ port: 1, name: 'port' }]],
    ['parley-api-service', '10.0.0.4', [{ port: 1 }]],
  ])('called %s at %s is no configuration: one warning, and nothing else changes', (name, address, ports) => {
    const links = kubelet(name, address, ports);
    expect(Object.keys(links).length).toBeGreaterThan(6);
    const { config, mistakes, warnings } = outcome({ ...jwt, ...links });
    expect(mistakes).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('enableServiceLinks')]);
    const plain = good(jwt);
    expect(config).toEqual(plain);
    // Also for who has configured nothing at all.
    expect(good(links)).toMatchObject({ evaluation: true, host: '127.0.0.1', port: 8080 });
  });

  test('leaves a port that was set, and mistakes that were made, as they are', () => {
    const links = kubelet('parley', '10.0.0.1', [{ port: 8080, name: 'ws' }]);
    const set = { ...jwt, ...links, PARLEY_PORT: '9000' };
    expect(good(set).port).toBe(9000);
    for (const wrong of [
      { PARLEY_PROT: '1' },
      { PARLEY_PORT: 'http://10.0.0.1:8080' },
      { PARLEY_PORT: 'tcp://10.0.0.1' },
      { PARLEY_API_PORT: '10.0.0.1:8081' },
      { PARLEY_SERVICE_HOST: 'chat.example.com' },
      { PARLEY_SERVICE_PORT: 'ws' },
      { PARLEY_PORT_8080_TCP_PROTO: 'http' },
      { PARLEY_NAME: '/web/parley', PARLEY_PORT: '8080' },
      { PARLEY_ENV_PATH: '/bin', PARLEY_PORT: '8080' },
    ]) {
      expect([wrong, mistakesOf({ ...set, ...wrong })]).toEqual([
        wrong,
        [expect.stringMatching(/PARLEY_\w+ (?:is not|must)/)],
      ]);
    }
  });

  test("is told of in the form of Docker's links, too, with what those add", () => {
    const link = kubelet('parley', '172.17.0.2', [{ port: 8080 }]);
    const { PARLEY_SERVICE_HOST: _, PARLEY_SERVICE_PORT: __, ...ofDocker } = link;
    const linked = { ...ofDocker, PARLEY_NAME: '/web/parley', PARLEY_ENV_PARLEY_AUTH: 'open', PARLEY_ENV_PATH: '/bin' };
    expect(good({ ...jwt, ...linked })).toEqual(good(jwt));
  });
});

describe('a value in another form', () => {
  test('is the same without the white space and the byte order mark around it', () => {
    const spaced = Object.fromEntries(
      Object.entries({
        ...jwt,
        PARLEY_PORT: '9000',
        PARLEY_API_KEY: 'the-key-of-the-operator',
        PARLEY_AUTH: 'jwt',
      }).map(([name, value]) => [name, `\uFEFF ${value}\t\r\n`]),
    );
    const config = good(spaced);
    expect(config).toMatchObject({ port: 9000, apiKey: 'the-key-of-the-operator', auth: { jwtSecret: secret } });
  });

  test('is the same in other letters where it is one of a few words', () => {
    const words = { PARLEY_AUTH: 'JWT', PARLEY_LOG_LEVEL: 'Debug', PARLEY_JWT_ALGORITHMS: 'hs256' };
    expect(good({ ...jwt, ...words })).toMatchObject({
      logLevel: 'debug',
      auth: { mode: 'jwt', algorithms: ['HS256'] },
    });
    expect(good({ ...jwt, PARLEY_ALLOWED_ORIGINS: 'Same-Host' }).allowedOrigins).toBe('same-host');
    // What makes the difference between safe and unsafe most of all.
    for (const word of ['production', 'Production', ' PRODUCTION ']) {
      expect([word, mistakesOf({ NODE_ENV: word, PARLEY_AUTH: 'open' })]).toEqual([
        word,
        expect.arrayContaining([expect.any(String)]),
      ]);
    }
  });

  test('but in quotes is refused in one sentence, except where they may be meant', () => {
    for (const [name, value] of Object.entries({
      PARLEY_PORT: '"9000"',
      PARLEY_API_KEY: "'the-key-of-the-operator'",
      PARLEY_JWT_ISSUER: '"https://id.example.com"',
      PARLEY_REDIS_URL: '"redis://redis:6379"',
    })) {
      expect([name, mistakesOf({ ...jwt, [name]: value })]).toEqual([
        name,
        [expect.stringMatching(`^${name} is in quotes`)],
      ]);
    }
    expect(good({ PARLEY_JWT_SECRET: `"${secret}"` }).auth.jwtSecret).toBe(`"${secret}"`);
  });

  test('is the same Redis, with TLS where that was meant, and no password shown', () => {
    const url = 'REDISS://user:pa@ss@ONE:6379, Rediss://user:pa@ss@two';
    const config = good({ ...jwt, PARLEY_REDIS_URL: url, PARLEY_REDIS_MODE: 'CLUSTER' });
    expect(config.redis).toMatchObject({
      mode: 'cluster',
      endpoint: {
        servers: [
          { host: 'one', port: 6379 },
          { host: 'two', port: 6379 },
        ],
        access: { username: 'user', password: 'pa@ss', tls: {} },
      },
    });
    expect(config.effective.get('PARLEY_REDIS_URL')).toBe('rediss://***@one:6379,rediss://***@two');
  });

  test('is the same place to listen on', () => {
    expect(good({ ...jwt, PARLEY_HOST: '[::]', PARLEY_API_HOST: 'localhost' })).toMatchObject({
      host: '::',
      apiHost: 'localhost',
    });
    for (const value of ['http://0.0.0.0', '0.0.0.0:8080', '[::]:8080', '*', 'a b', '[localhost]']) {
      expect([value, mistakesOf({ ...jwt, PARLEY_API_HOST: value })]).toEqual([
        value,
        [expect.stringContaining('without scheme or port')],
      ]);
    }
  });

  test('is the same origin, and the same range', () => {
    const config = good({
      ...jwt,
      PARLEY_ALLOWED_ORIGINS: 'HTTPS://Chat.Example.com.:443/, https://bücher.example, capacitor://localhost',
      PARLEY_TRUSTED_PROXIES: '[fd00::]/8,10.0.0.0/255.0.0.0,::ffff:192.0.2.1',
    });
    const origins = ['https://chat.example.com', 'https://xn--bcher-kva.example', 'capacitor://localhost'];
    expect(config).toMatchObject({ allowedOrigins: origins, trustedProxies: ['fd00::/8', '10.0.0.0/8', '192.0.2.1'] });
  });

  test.each([
    ['PARLEY_ALLOWED_ORIGINS', 'https://a.example/chat', 'no origin'],
    ['PARLEY_ALLOWED_ORIGINS', 'wss://a.example', 'https://'],
    ['PARLEY_ALLOWED_ORIGINS', 'https://*.a.example', 'whole'],
    ['PARLEY_ALLOWED_ORIGINS', 'file:///', 'no origin'],
    ['PARLEY_TRUSTED_PROXIES', '0.0.0.0', 'nothing can come'],
    ['PARLEY_TRUSTED_PROXIES', '10.0.0.1:80', 'no IP address'],
  ])('%s=%s can never match, and is refused', (name, value, expected) => {
    expect(mistakesOf({ ...jwt, [name]: value })).toEqual([expect.stringContaining(expected)]);
  });
});

describe('a file with a secret', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'parley-secrets-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };

  test('is the same whichever editor wrote it', () => {
    for (const content of [secret, `${secret}\n`, `${secret}\r\n\r\n`, `\uFEFF${secret}\r\n`, ` ${secret} \n`]) {
      expect(good({ PARLEY_JWT_SECRET_FILE: file('secret', content) }).auth.jwtSecret).toBe(secret);
    }
  });

  test('is text, or it would be another secret than was written', () => {
    for (const bytes of [
      Buffer.from(`\uFEFF${secret}`, 'utf16le'),
      Buffer.from([...Buffer.from(secret), 0xc3, 0x28]),
    ]) {
      expect(mistakesOf({ PARLEY_JWT_SECRET_FILE: file('binary', bytes) })).toEqual([
        expect.stringContaining('no text in UTF-8'),
      ]);
    }
  });

  test('with a public key is the same key in whatever lines', () => {
    const pem = generateKeyPairSync('rsa', { modulusLength: 2048 })
      .publicKey.export({ type: 'spki', format: 'pem' })
      .toString();
    const forms = {
      'as made': pem,
      'of Windows': pem.replaceAll('\n', '\r\n'),
      'with \\n': pem.replaceAll('\n', '\\n'),
      'with \\r\\n': pem.replaceAll('\n', '\\r\\n'),
      'on one line': pem.replaceAll('\n', ' '),
      'on one line without spaces in it': pem.split('\n').slice(1, -2).join(''),
      indented: pem.replaceAll('\n', '\n    '),
      'with words around it': `Bag Attributes\n${pem}\n`,
    };
    for (const [form, text] of Object.entries(forms)) {
      const whole = text.includes('BEGIN') ? text : `-----BEGIN PUBLIC KEY-----${text}-----END PUBLIC KEY-----`;
      expect([form, good({ PARLEY_JWT_PUBLIC_KEY: whole }).auth.jwtPublicKey]).toEqual([form, pem]);
      expect([form, good({ PARLEY_JWT_PUBLIC_KEY_FILE: file('key', whole) }).auth.jwtPublicKey]).toEqual([form, pem]);
    }
  });
});
