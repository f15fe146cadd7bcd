// The settings of where Redis is and how it is spoken to. A part of the table in table.ts.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readRedisUrls, showRedisUrls, type RedisUrls } from '../outside/redis-endpoint.ts';
import { bare } from '../outside/text.ts';
import {
  choice,
  custom,
  integer,
  optionalText,
  text,
  type Parsed,
  type Setting,
  type SettingOptions,
} from './setting.ts';

/** A file with a PEM text, read once, at the start. */
export interface PemFile {
  readonly path: string;
  readonly pem: string;
}

/** `check` throws where the text is not of its kind. */
function pemFile(
  name: string,
  kind: string,
  check: (pem: string) => unknown,
  options: SettingOptions<PemFile | undefined>,
): Setting<PemFile | undefined> {
  const parse = (path: string): Parsed<PemFile | undefined> => {
    let pem: string;
    try {
      pem = bare(readFileSync(path, 'utf8'));
    } catch (error) {
      const code = error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : String(error);
      return { problem: `cannot be read: ${path} (${code})` };
    }
    try {
      check(pem);
    } catch {
      return { problem: `names a file that holds no ${kind}: ${path}` };
    }
    return { value: { path, pem } };
  };
  return custom({ name, type: 'path', default: undefined, parse, show: (file) => file?.path ?? '' }, options);
}

/** By the setting's name in this code. */
export const redisSettings = {
  redisUrl: custom<RedisUrls | undefined>(
    {
      name: 'PARLEY_REDIS_URL',
      type: 'text',
      default: undefined,
      parse: readRedisUrls,
      show: (urls) => (urls === undefined ? '' : showRedisUrls(urls)),
    },
    {
      secret: true,
      defaultText: 'none: a server found on PATH, else the embedded store',
      doc: 'Redis 7 or Valkey to keep all state in, as redis://USER:PASSWORD@HOST:PORT/DATABASE, rediss:// for TLS, or unix:///PATH; several for sentinel and cluster.',
    },
  ),
  redisMode: choice('PARLEY_REDIS_MODE', 'single', ['single', 'sentinel', 'cluster'], {
    doc: 'What PARLEY_REDIS_URL names: one server, the sentinels of one, or nodes of a cluster.',
  }),
  redisMaster: optionalText('PARLEY_REDIS_MASTER', { doc: 'Name of the master that the sentinels watch.' }),
  redisSentinelUsername: optionalText('PARLEY_REDIS_SENTINEL_USERNAME', {
    doc: 'User name at the sentinels; that in PARLEY_REDIS_URL is for the servers that they watch.',
  }),
  redisSentinelPassword: optionalText('PARLEY_REDIS_SENTINEL_PASSWORD', {
    secret: true,
    quotable: true,
    doc: 'Password at the sentinels.',
  }),
  redisSentinelTls: choice('PARLEY_REDIS_SENTINEL_TLS', 'same', ['same', 'on', 'off'], {
    doc: 'Whether the sentinels are spoken to over TLS; `same`: if the servers that they watch are.',
  }),
  redisTlsCa: pemFile('PARLEY_REDIS_TLS_CA', 'certificate in PEM', (pem) => new X509Certificate(pem), {
    defaultText: 'none: those that Node knows',
    doc: 'File of the certificates that those of Redis and its sentinels are signed by.',
  }),
  redisTlsCert: pemFile('PARLEY_REDIS_TLS_CERT', 'certificate in PEM', (pem) => new X509Certificate(pem), {
    doc: 'File of the certificate that this node shows to them.',
  }),
  redisTlsKey: pemFile('PARLEY_REDIS_TLS_KEY', 'private key in PEM without a passphrase', createPrivateKey, {
    doc: 'File of its private key.',
  }),
  redisTlsServerName: optionalText(
    'PARLEY_REDIS_TLS_SERVER_NAME',
    {
      defaultText: 'none: the host connected to',
      doc: 'Name that the certificates of all servers are for, where they are connected to by other names or by addresses.',
    },
    (value) => (/^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i.test(value) ? undefined : 'must be the name of a host'),
  ),
  redisPrefix: text('PARLEY_REDIS_PREFIX', 'parley', {
    doc: 'Start of every key and channel; keeps deployments on one Redis apart.',
  }),
  redisTimeoutMs: integer(
    'PARLEY_REDIS_TIMEOUT_MS',
    2000,
    { min: 50, max: 60_000 },
    {
      unit: 'ms',
      doc: 'Longest wait for the reply to one command before the request fails as temporarily unavailable.',
    },
  ),
  redisQueueMax: integer(
    'PARLEY_REDIS_QUEUE_MAX',
    20_000,
    { min: 100, max: 1_000_000 },
    { unit: 'commands', doc: 'Commands outstanding at most; further ones fail at once as temporarily unavailable.' },
  ),
  redisQueueBytes: integer(
    'PARLEY_REDIS_QUEUE_BYTES',
    67_108_864,
    { min: 1 << 20, max: 4_294_967_296 },
    { unit: 'bytes', doc: 'The same for the bytes that they carry.' },
  ),
} as const;
