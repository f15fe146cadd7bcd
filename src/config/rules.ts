// What must hold between settings, and what production refuses. Each rule gives a sentence that says what to change.
import { isQuoted } from '../outside/text.ts';
import { hookDoubts, hookMistakes } from './hook-rules.ts';
import { idleDoubts } from './idle-rules.ts';
import { redisRules, type Rule } from './redis-rules.ts';
import { isPlainRemote, isPrivateHost } from './remote-address.ts';
import { nameFault } from '../protocol/names/rule.ts';
import { isServiceMade } from '../protocol/names/temporary.ts';
import type { Config } from './shape.ts';
import { keySources } from './signatures.ts';

/** Shortest secret: as long as the hash (RFC 7518, 3.2). */
const secretBytesMin: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/**
 * Shortest key that production takes. As many random letters of the poorest alphabet in use, hexadecimal, are 64 bits: who tries a
 * hundred thousand a second, which no node answers, finds it in some millions of years. Whether letters are random cannot be seen.
 */
const API_KEY_MIN = 16;

/** As long as the hash. */
const SIGNATURE_BYTES_MIN = 32;

const shortKey = ({ apiKey }: Config): string | undefined =>
  apiKey !== undefined && apiKey.length < API_KEY_MIN
    ? `PARLEY_API_KEY is shorter than ${API_KEY_MIN} characters: whoever guesses it can do everything.`
    : undefined;

const mistakeRules: readonly Rule[] = [
  ({ auth }) =>
    auth.mode === 'jwt' && keySources(auth).length === 0 && !auth.signatures.includes('login')
      ? 'PARLEY_AUTH=jwt, the default once anything is configured, needs PARLEY_JWT_SECRET, PARLEY_JWT_PUBLIC_KEY or PARLEY_JWKS_URL, or PARLEY_SIGNATURES=login (for development: PARLEY_AUTH=open).'
      : undefined,
  // A key that may be read in two ways, or two keys for one token, is how signatures get forged.
  ({ auth }) => {
    const names = keySources(auth).map(({ setting }) => setting);
    return names.length > 1 ? `${names.join(' and ')} are set; tokens are checked with one of them.` : undefined;
  },
  ({ auth }) => {
    const [source, second] = keySources(auth);
    if (source === undefined || second !== undefined) return undefined;
    const wrong = auth.algorithms.filter((name) => !source.algorithms.includes(name));
    return wrong.length > 0
      ? `PARLEY_JWT_ALGORITHMS contains ${wrong.join(', ')}; with ${source.setting} it may contain ${source.algorithms.join(', ')}.`
      : undefined;
  },
  ({ auth }) => {
    const bytesMin = Math.max(...auth.algorithms.map((name) => secretBytesMin[name] ?? 0));
    return auth.jwtSecret !== undefined && Buffer.byteLength(auth.jwtSecret) < bytesMin
      ? `PARLEY_JWT_SECRET is shorter than ${bytesMin} bytes.`
      : undefined;
  },
  ({ auth: { signatureSecret, signatures } }) =>
    signatureSecret === undefined && signatures.length > 0
      ? 'PARLEY_SIGNATURES needs PARLEY_SIGNATURE_SECRET.'
      : undefined,
  ({ auth: { signatureSecret } }) =>
    signatureSecret !== undefined && Buffer.byteLength(signatureSecret) < SIGNATURE_BYTES_MIN
      ? `PARLEY_SIGNATURE_SECRET is shorter than ${SIGNATURE_BYTES_MIN} bytes.`
      : undefined,
  ({ webhook: { url, secret } }) =>
    url !== undefined && secret === undefined
      ? "PARLEY_WEBHOOK_URL needs PARLEY_WEBHOOK_SECRET: who receives it could not tell it from anybody else's."
      : undefined,
  ({ webhook: { url, allowPrivate } }) =>
    url !== undefined && !allowPrivate && isPrivateHost(new URL(url))
      ? 'PARLEY_WEBHOOK_URL is a private address, to which nothing is sent without PARLEY_WEBHOOK_PRIVATE=on.'
      : undefined,
  ({ auth: { jwks } }) =>
    jwks.staleMs < jwks.cacheMs || jwks.coolDownMs > jwks.cacheMs
      ? 'PARLEY_JWKS_CACHE_MS must be between PARLEY_JWKS_COOL_DOWN_MS and PARLEY_JWKS_STALE_MS.'
      : undefined,
  ({ auth, production, allowOpen }) =>
    production && auth.mode === 'open' && !allowOpen
      ? 'PARLEY_AUTH=open lets anybody in under any name; production needs PARLEY_ALLOW_OPEN=on for that.'
      : undefined,
  ({ redis, production, allowEmbedded }) =>
    production && redis.endpoint === undefined && !allowEmbedded
      ? 'PARLEY_REDIS_URL is missing; production needs it, or PARLEY_ALLOW_EMBEDDED=on to run without lasting state.'
      : undefined,
  ...redisRules,
  ...hookMistakes,
  // The prefix stands before the hash tag: braces in it would become the tag and put all keys into one slot.
  ({ redis }) =>
    /[{}\s]/.test(redis.prefix) ? 'PARLEY_REDIS_PREFIX may not contain braces or white space.' : undefined,
  ({ rooms: { globalRoom }, limits }) => {
    if (globalRoom === undefined) return undefined;
    const taken = isServiceMade(globalRoom) ? 'it begins like those that the service chooses' : undefined;
    const fault = nameFault(globalRoom, limits) ?? taken;
    return fault === undefined ? undefined : `PARLEY_GLOBAL_ROOM is no name of a room: ${fault}.`;
  },
  ({ allowedOrigins }) =>
    typeof allowedOrigins !== 'string' && allowedOrigins.some((origin) => origin === '*' || origin === 'same-host')
      ? 'PARLEY_ALLOWED_ORIGINS is `*`, `same-host`, or a list of origins; they do not mix.'
      : undefined,
  ({ limits }) =>
    limits.messageBytes >= limits.frameBytes
      ? 'PARLEY_MESSAGE_BYTES must be less than PARLEY_FRAME_BYTES, which carries it.'
      : undefined,
  ({ limits, backpressureBytes }) =>
    backpressureBytes < 4 * limits.frameBytes
      ? 'PARLEY_BACKPRESSURE_BYTES must be at least four times PARLEY_FRAME_BYTES.'
      : undefined,
  // A room is given 16 KiB of it when it is made.
  ({ quotas }) =>
    quotas.bytes > 0 && quotas.bytes < 65_536
      ? 'PARLEY_QUOTA_BYTES is less than 65536: hardly a room could be created; 0 is no limit.'
      : undefined,
  ({ port, apiPort, production }) =>
    production && port === apiPort && port !== 0
      ? 'PARLEY_PORT and PARLEY_API_PORT are the same; each needs one of its own.'
      : undefined,
  (config) => (config.production ? shortKey(config) : undefined),
  ({ gapFill, production }) => (production && !gapFill ? 'PARLEY_SWITCH_GAP_FILL must be on.' : undefined),
];

const warningRules: readonly Rule[] = [
  ...hookDoubts,
  ...idleDoubts,
  ({ port, apiPort }) =>
    port === apiPort && port !== 0
      ? 'PARLEY_PORT and PARLEY_API_PORT are the same: the operator port takes a free one.'
      : undefined,
  ({ gapFill }) => (gapFill ? undefined : 'PARLEY_SWITCH_GAP_FILL is off: messages will be lost.'),
  ({ auth }) => {
    const [source] = keySources(auth);
    return auth.mode === 'open' && source !== undefined
      ? `${source.setting} is set, but PARLEY_AUTH=open believes any user name without a token.`
      : undefined;
  },
  ({ auth }) =>
    auth.jwksUrl !== undefined && isPlainRemote(new URL(auth.jwksUrl))
      ? 'PARLEY_JWKS_URL is not https: whoever can change its answer on the way can log in as anybody.'
      : undefined,
  ({ auth }) =>
    auth.jwksUrl !== undefined && auth.audience === undefined
      ? 'PARLEY_JWT_AUDIENCE is not set: tokens that the same issuer made for other services are good here, too.'
      : undefined,
  ({ webhook: { url } }) =>
    url !== undefined && isPlainRemote(new URL(url))
      ? 'PARLEY_WEBHOOK_URL is not https: whoever is on the way can read what is said.'
      : undefined,
  // Keys are apart there, channels are not.
  ({ redis: { endpoint } }, isGiven) =>
    endpoint !== undefined && endpoint.db !== 0 && !isGiven('PARLEY_REDIS_PREFIX')
      ? 'PARLEY_REDIS_URL names a database, but all databases of a Redis share their channels: another service there needs another PARLEY_REDIS_PREFIX.'
      : undefined,
  shortKey,
  ({ auth: { jwtSecret = '' } }) =>
    isQuoted(jwtSecret)
      ? 'PARLEY_JWT_SECRET is in quotes: they are taken for a part of it, and whoever signs tokens has to do the same.'
      : undefined,
  ({ trustedProxies }) =>
    trustedProxies.some((range) => range.endsWith('/0'))
      ? 'PARLEY_TRUSTED_PROXIES is everybody: any client can choose its own address.'
      : undefined,
  ({ trustedProxies, forwardedHeaders }) =>
    trustedProxies.length === 0 && forwardedHeaders === 'forwarded'
      ? 'PARLEY_FORWARDED_HEADERS is set, but nobody is believed: PARLEY_TRUSTED_PROXIES is empty.'
      : undefined,
  ({ limits, backpressureBytes }) =>
    limits.messageBytes > backpressureBytes / 8
      ? 'A reply holds an eighth of PARLEY_BACKPRESSURE_BYTES, less than PARLEY_MESSAGE_BYTES: who misses so large a message has to read it as history.'
      : undefined,
];

const isSentence = (sentence: string | undefined): sentence is string => sentence !== undefined;

/** Why this configuration must not start. */
export function contradictions(config: Config, isGiven: (name: string) => boolean): string[] {
  return mistakeRules.map((rule) => rule(config, isGiven)).filter(isSentence);
}

/** What works, but is hardly meant. */
export function doubts(config: Config, isGiven: (name: string) => boolean): string[] {
  return warningRules.map((rule) => rule(config, isGiven)).filter(isSentence);
}
