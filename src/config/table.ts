// Every setting of the service, those of the network, of Redis, of hooks and of limits in files of their own: the one table from which reading, checking,
// `--print-config` and the tables of config/README.md are derived. How settings depend on each other is in rules.ts.
import { AuthData } from '../protocol/connection.ts';
import { choice, flag, integer, list, oneOf, optionalText, text, type Parsed } from './setting.ts';
import { hookSettings } from './hook-settings.ts';
import { limitSettings } from './limit-settings.ts';
import { networkSettings } from './network-settings.ts';
import { redisSettings } from './redis-settings.ts';
import { webhookSettings } from './webhook-settings.ts';
import {
  jwksUrlProblem,
  publicKeyProblem,
  signatureAlgorithms,
  signatureKinds,
  type SignatureAlgorithm,
} from './signatures.ts';

const dayMs = 86_400_000;

/** A claim passed on stands beside the fields of AuthData, and must not look like one of them. */
const claimItem = (value: string): Parsed<string> => {
  if (Object.hasOwn(AuthData.properties, value)) return { problem: `may not contain "${value}", a field of AuthData` };
  if (/^[\w:/.~-]{1,128}$/.test(value) && value !== '__proto__') return { value };
  return { problem: `may only contain names of claims, not "${value}"` };
};

/** By the setting's name in this code; its name in the environment is in the entry. */
export const settings = {
  ...networkSettings,

  ...redisSettings,

  auth: choice('PARLEY_AUTH', 'jwt', ['open', 'jwt'], {
    evaluationDefault: 'open',
    defaultText: 'jwt (open when nothing is configured)',
    doc: 'Who may log in: `jwt` needs a signed token, `open` believes any user name (development only).',
  }),
  jwtSecret: optionalText('PARLEY_JWT_SECRET', {
    secret: true,
    quotable: true,
    doc: 'Shared secret of tokens signed with HS256, HS384 or HS512: at least 32, 48 or 64 bytes.',
  }),
  jwtPublicKey: optionalText(
    'PARLEY_JWT_PUBLIC_KEY',
    // Nothing to hide, but a key of many lines comes best as a file.
    { secret: true, doc: 'Public key of tokens, as PEM: RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519.' },
    publicKeyProblem,
  ),
  jwksUrl: optionalText(
    'PARLEY_JWKS_URL',
    { doc: "Address of the issuer's key set (JWKS): the key that a token's `kid` names checks it." },
    jwksUrlProblem,
  ),
  jwksCacheMs: integer(
    'PARLEY_JWKS_CACHE_MS',
    600_000,
    { min: 1000, max: dayMs },
    { unit: 'ms', doc: 'Age at which the key set is fetched again; an unknown `kid` asks for it at once.' },
  ),
  jwksStaleMs: integer(
    'PARLEY_JWKS_STALE_MS',
    dayMs,
    { min: 1000, max: 30 * dayMs },
    { unit: 'ms', doc: 'Age up to which the key set is used while it cannot be fetched.' },
  ),
  jwksCoolDownMs: integer(
    'PARLEY_JWKS_COOL_DOWN_MS',
    5000,
    { min: 0, max: 600_000 },
    { unit: 'ms', doc: 'Shortest time from one fetch of the key set to the next, whatever is asked for.' },
  ),
  jwksTimeoutMs: integer(
    'PARLEY_JWKS_TIMEOUT_MS',
    3000,
    { min: 50, max: 60_000 },
    { unit: 'ms', doc: 'Longest wait for the key set.' },
  ),
  jwtAlgorithms: list<SignatureAlgorithm>('PARLEY_JWT_ALGORITHMS', [], oneOf(signatureAlgorithms), {
    defaultText: 'by the key: HS256, RS256, ES256, ES384, ES512 or EdDSA; key sets: RS256, ES256, EdDSA',
    doc: 'Accepted signature algorithms; they must go with the key.',
  }),
  jwtAudience: optionalText('PARLEY_JWT_AUDIENCE', { doc: 'Required `aud` of a token; not checked when absent.' }),
  jwtIssuer: optionalText('PARLEY_JWT_ISSUER', { doc: 'Required `iss` of a token; not checked when absent.' }),
  jwtUserClaim: text('PARLEY_JWT_USER_CLAIM', 'sub', { doc: 'Claim of a token that holds the user name.' }),
  jwtLeewayMs: integer(
    'PARLEY_JWT_LEEWAY_MS',
    5000,
    { min: 0, max: 600_000 },
    { unit: 'ms', doc: 'How far the clock of the issuer may differ; a token and its login end that much later.' },
  ),
  jwtClaims: list('PARLEY_JWT_CLAIMS', [], claimItem, {
    defaultText: 'none',
    doc: 'Claims of a token that its user is told in AuthData, 4096 bytes in all; a token with more is refused.',
  }),
  allowAnonymous: flag('PARLEY_ALLOW_ANONYMOUS', false, { doc: 'Whether a login may ask for a random user name.' }),
  signatureSecret: optionalText('PARLEY_SIGNATURE_SECRET', {
    secret: true,
    doc: 'Shared secret of the signatures that your own server makes: at least 32 bytes.',
  }),
  signatures: list('PARLEY_SIGNATURES', [], oneOf(signatureKinds), {
    defaultText: 'none',
    doc: 'What needs a signature: `login` where no token is shown, but for anonymous logins and those that a hook names; `members`, making rooms that people belong to, and adding and removing these; `blacklist`, edits of the blacklists of rooms.',
  }),
  resumeTokenMs: integer(
    'PARLEY_RESUME_TOKEN_MS',
    dayMs,
    { min: 1000, max: 90 * dayMs },
    {
      unit: 'ms',
      doc: 'How long after its issue a resume token logs in again, and how long resumes outlive the token they began with.',
    },
  ),
  names: choice('PARLEY_NAMES', 'visible', ['visible', 'username'], {
    doc: 'Names that may be made, of users, rooms and groups: `visible` refuses what cannot be seen; `username` is the UsernameCaseMapped profile of RFC 8265, letters and digits in lower case.',
  }),
  roomsManagement: flag('PARLEY_ROOMS_MANAGEMENT', true, { doc: 'Whether clients may create and delete rooms.' }),
  globalRoom: optionalText('PARLEY_GLOBAL_ROOM', {
    doc: 'Name of a room that every socket is joined to behind its login. It is made where it is not there, has no owner, and tells nobody who comes and goes. Who leaves it is back at the next login.',
  }),
  userlistUpdates: flag('PARLEY_USERLIST_UPDATES', true, { doc: 'Whether new rooms announce who joins and leaves.' }),
  accessListsUpdates: flag('PARLEY_ACCESS_LISTS_UPDATES', true, {
    doc: 'Whether new rooms announce changes of their access lists.',
  }),
  adminsEdit: flag('PARLEY_ADMINS_EDIT', false, {
    doc: 'Whether the owner and admins of a room may give messages of others another content.',
  }),
  editWindowMs: integer(
    'PARLEY_EDIT_WINDOW_MS',
    0,
    { min: 0, max: 10 * 365 * dayMs },
    {
      unit: 'ms',
      doc: 'How long after it was posted a message may be given another content, or more text; 0: always. Messages are recalled at any time.',
    },
  ),
  historyMaxSize: integer(
    'PARLEY_HISTORY_MAX_SIZE',
    10_000,
    { min: 0, max: 10_000_000 },
    { unit: 'messages', doc: 'Messages that a new room keeps; 0 keeps none.' },
  ),
  historyMaxBytes: integer(
    'PARLEY_HISTORY_MAX_BYTES',
    16_777_216,
    { min: 65_536, max: 1 << 30 },
    { unit: 'bytes', doc: 'Bytes of messages that a room keeps; beyond it the oldest go, however few there are.' },
  ),
  historyMaxAgeMs: integer(
    'PARLEY_HISTORY_MAX_AGE_MS',
    0,
    { min: 0, max: 100 * 365 * dayMs },
    {
      unit: 'ms',
      doc: 'Age up to which messages are given, of rooms and of two users; older ones go from Redis too, by themselves. 0 is for ever. A room may have an age of its own by the server API. A longer one brings nothing back.',
    },
  ),
  historyMaxGetMessages: integer(
    'PARLEY_HISTORY_MAX_GET_MESSAGES',
    100,
    { min: 0, max: 10_000 },
    { unit: 'messages', doc: 'Messages that one reply carries at most, also when catching up; 0 gives none.' },
  ),
  roomListSizeLimit: integer(
    'PARLEY_ROOM_LIST_SIZE_LIMIT',
    10_000,
    { min: 1, max: 1_000_000 },
    { unit: 'names', doc: 'Names that an access list of a room holds at most.' },
  ),
  quotaRooms: integer(
    'PARLEY_QUOTA_ROOMS',
    1000,
    { min: 0, max: 10_000_000 },
    { unit: 'rooms', doc: 'Rooms that one user may own; 0 is no limit. The server API may go beyond each quota.' },
  ),
  quotaListNames: integer(
    'PARLEY_QUOTA_LIST_NAMES',
    100_000,
    { min: 0, max: 1_000_000_000 },
    { unit: 'names', doc: 'Names in the access lists of all rooms that one user owns; 0 is no limit.' },
  ),
  quotaBytes: integer(
    'PARLEY_QUOTA_BYTES',
    1_073_741_824,
    { min: 0, max: Number.MAX_SAFE_INTEGER },
    {
      unit: 'bytes',
      doc: 'History and events of all rooms that one user owns; beyond it the oldest messages go, and no room can be created; an eighth of what Redis may take at most. 0 is no limit.',
    },
  ),
  directListSizeLimit: integer(
    'PARLEY_DIRECT_LIST_SIZE_LIMIT',
    1000,
    { min: 1, max: 1_000_000 },
    { unit: 'names', doc: "Names that a user's own access list holds at most." },
  ),
  directMessages: choice('PARLEY_DIRECT_MESSAGES', 'stored', ['off', 'live', 'stored'], {
    doc: 'Whether users can write to each other, and whether that is kept: for who is away, and as history. With `live` who is away gets nothing, and the sender `noUserOnline`.',
  }),
  directHistoryMaxSize: integer(
    'PARLEY_DIRECT_HISTORY_MAX_SIZE',
    10_000,
    { min: 1, max: 1_000_000 },
    { unit: 'messages', doc: 'Messages that are kept of two users.' },
  ),
  directHistoryMaxBytes: integer(
    'PARLEY_DIRECT_HISTORY_MAX_BYTES',
    4_194_304,
    { min: 65_536, max: 1 << 30 },
    {
      unit: 'bytes',
      doc: 'Bytes of messages that are kept of two users; beyond it the oldest go, however few there are.',
    },
  ),
  presenceGraceMs: integer(
    'PARLEY_PRESENCE_GRACE_MS',
    5000,
    { min: 0, max: 300_000 },
    {
      unit: 'ms',
      doc: "How long after a user's last socket contacts still see it online, so that they do not hear of a reconnect; 0: not at all.",
    },
  ),
  roomLargeSize: integer(
    'PARLEY_ROOM_LARGE_SIZE',
    1000,
    { min: 2, max: 1_000_000 },
    {
      unit: 'users',
      doc: 'Size above which a room counts as large: joins and leaves are announced in batches.',
    },
  ),
  userlistPage: integer(
    'PARLEY_USERLIST_PAGE',
    1000,
    { min: 1, max: 10_000 },
    { unit: 'names', doc: 'Names that one reply carries at most.' },
  ),
  dedupMs: integer(
    'PARLEY_DEDUP_MS',
    300_000,
    { min: 1000, max: dayMs },
    { unit: 'ms', doc: 'How long a repeated clientMessageId is recognised.' },
  ),

  ...hookSettings,

  ...webhookSettings,

  ...limitSettings,

  loginTimeoutMs: integer(
    'PARLEY_LOGIN_TIMEOUT_MS',
    10_000,
    { min: 100, max: 600_000 },
    { unit: 'ms', doc: 'A socket that has not logged in by then is closed.' },
  ),
  heartbeatMs: integer(
    'PARLEY_HEARTBEAT_MS',
    25_000,
    // The native library's own clock ticks every four seconds.
    { min: 4000, max: 400_000 },
    { unit: 'ms', doc: 'Longest silence of the server; a client that hears nothing for twice as long reconnects.' },
  ),

  nodeLeaseMs: integer(
    'PARLEY_NODE_LEASE_MS',
    10_000,
    { min: 2000, max: 600_000 },
    { unit: 'ms', doc: 'A node unheard of for that long is dead, and its peers clean up after it.' },
  ),
  drainMs: integer(
    'PARLEY_DRAIN_MS',
    20_000,
    { min: 0, max: 3_600_000 },
    { unit: 'ms', doc: 'Longest time from SIGTERM to the end; clients are asked to move within the first half of it.' },
  ),
  drainGraceMs: integer(
    'PARLEY_DRAIN_GRACE_MS',
    5000,
    { min: 0, max: 600_000 },
    { unit: 'ms', doc: 'Time that clients of a stopped node have to come back before their leave is announced.' },
  ),
  positionCheckMs: integer(
    'PARLEY_POSITION_CHECK_MS',
    30_000,
    { min: 100, max: 3_600_000 },
    { unit: 'ms', doc: 'Within it, every idle room followed by a node is compared with Redis once.' },
  ),
  busyWindowMs: integer(
    'PARLEY_BUSY_WINDOW_MS',
    10,
    { min: 0, max: 10 },
    {
      unit: 'ms',
      doc: 'Longest wait of a message for others, in a room that is so busy that together they save writes; 0: none waits.',
    },
  ),
  logLevel: choice('PARLEY_LOG_LEVEL', 'info', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    doc: 'Least severe log lines to write.',
  }),
  allowOpen: flag('PARLEY_ALLOW_OPEN', false, { doc: 'Accept PARLEY_AUTH=open in production.' }),
  allowEmbedded: flag('PARLEY_ALLOW_EMBEDDED', false, {
    doc: 'Accept a start without PARLEY_REDIS_URL in production.',
  }),
  metricsFreshMs: integer(
    'PARLEY_METRICS_FRESH_MS',
    1000,
    { min: 0, max: 60_000 },
    {
      unit: 'ms',
      hidden: true,
      doc: 'How long metrics, once made, are given again; 0 lets the test suite see at once what it has caused.',
    },
  ),
  postsPerCall: integer(
    'PARLEY_POSTS_PER_CALL',
    64,
    { min: 1, max: 64 },
    {
      unit: 'messages',
      hidden: true,
      doc: 'How many messages one call to Redis posts at most; 1 lets the test suite see each go by itself.',
    },
  ),
  switchGapFill: flag('PARLEY_SWITCH_GAP_FILL', true, {
    hidden: true,
    doc: 'Must be on; off lets the test suite prove that it notices missing gap filling.',
  }),
} as const;
