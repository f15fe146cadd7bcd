// What must hold between settings, and what production refuses. Each rule gives a sentence that says what to change.
import type { Config } from './shape.ts';

/** Shortest secret that HS256 may use (RFC 7518, 3.2: as long as the hash). */
const jwtSecretBytesMin = 32;

type Rule = (config: Config) => string | undefined;

const mistakeRules: readonly Rule[] = [
  ({ auth }) =>
    auth.mode === 'jwt' && auth.jwtSecret === undefined
      ? 'PARLEY_AUTH=jwt, the default once anything is configured, needs PARLEY_JWT_SECRET (for development: PARLEY_AUTH=open).'
      : undefined,
  ({ auth }) =>
    auth.jwtSecret !== undefined && Buffer.byteLength(auth.jwtSecret) < jwtSecretBytesMin
      ? `PARLEY_JWT_SECRET is shorter than ${jwtSecretBytesMin} bytes.`
      : undefined,
  ({ auth, production, allowOpen }) =>
    production && auth.mode === 'open' && !allowOpen
      ? 'PARLEY_AUTH=open lets anybody in under any name; production needs PARLEY_ALLOW_OPEN=on for that.'
      : undefined,
  ({ redis, production, allowEmbedded }) =>
    production && redis.url === undefined && !allowEmbedded
      ? 'PARLEY_REDIS_URL is missing; production needs it, or PARLEY_ALLOW_EMBEDDED=on to run without lasting state.'
      : undefined,
  ({ redis }) =>
    redis.url === undefined && redis.mode !== 'single'
      ? `PARLEY_REDIS_MODE=${redis.mode} needs PARLEY_REDIS_URL.`
      : undefined,
  ({ redis }) =>
    redis.mode === 'single' && redis.url !== undefined && redis.url.includes(',')
      ? 'PARLEY_REDIS_URL names several servers; say which kind with PARLEY_REDIS_MODE=sentinel or cluster.'
      : undefined,
  ({ redis }) =>
    redis.mode === 'sentinel' && redis.master === undefined
      ? 'PARLEY_REDIS_MODE=sentinel needs PARLEY_REDIS_MASTER.'
      : undefined,
  // The prefix stands before the hash tag: braces in it would become the tag and put all keys into one slot.
  ({ redis }) =>
    /[{}\s]/.test(redis.prefix) ? 'PARLEY_REDIS_PREFIX may not contain braces or white space.' : undefined,
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
  ({ gapFill, production }) => (production && !gapFill ? 'PARLEY_SWITCH_GAP_FILL must be on.' : undefined),
];

const warningRules: readonly Rule[] = [
  // Becomes a mistake with the operator port; until then it would only stand in the way.
  ({ port, apiPort }) =>
    port === apiPort && port !== 0
      ? 'PARLEY_PORT and PARLEY_API_PORT are the same; the operator port will need one of its own.'
      : undefined,
  ({ gapFill }) => (gapFill ? undefined : 'PARLEY_SWITCH_GAP_FILL is off: messages will be lost.'),
  ({ auth }) =>
    auth.mode === 'open' && auth.jwtSecret !== undefined
      ? 'PARLEY_JWT_SECRET is not used with PARLEY_AUTH=open.'
      : undefined,
  ({ redis }) =>
    redis.mode !== 'sentinel' && redis.master !== undefined
      ? 'PARLEY_REDIS_MASTER is only used with PARLEY_REDIS_MODE=sentinel.'
      : undefined,
  ({ limits, backpressureBytes }) =>
    limits.historyMaxGetMessages * limits.messageBytes > backpressureBytes / 2
      ? 'A full page of the largest messages exceeds half of PARLEY_BACKPRESSURE_BYTES and would end its reader.'
      : undefined,
];

const broken = (rules: readonly Rule[], config: Config): string[] =>
  rules.map((rule) => rule(config)).filter((sentence) => sentence !== undefined);

/** Why this configuration must not start. */
export function contradictions(config: Config): string[] {
  return broken(mistakeRules, config);
}

/** What works, but is hardly meant. */
export function doubts(config: Config): string[] {
  return broken(warningRules, config);
}
