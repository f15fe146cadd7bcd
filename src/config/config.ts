// The configuration of a node: the only reader of the environment. The table of settings, their rules and their
// documentation are in config/; what a value does is said where it is used.
import { Reader, unknownNames, type Environment } from './reader.ts';
import { contradictions, doubts } from './rules.ts';
import { serviceLinks, tellLinks, withoutLinks } from './service-links.ts';
import { settings } from './table.ts';
import { keySources, pemLines } from './signatures.ts';
import type { Config } from './shape.ts';
import { endpointOf } from '../outside/redis-endpoint.ts';
import { bare } from '../outside/text.ts';
import { defaultLimits, type Limits } from '../protocol/params/limits.ts';

export { describeSettingGroups, describeSettings, type SettingGroup, type SettingRow } from './describe.ts';
export type { Environment } from './reader.ts';
export type { Config, LogLevel } from './shape.ts';

export interface ReadOptions {
  /** Called for what works but is hardly meant. */
  readonly warn: (sentence: string) => void;
}

/** Reads and checks the configuration. Reports all mistakes at once; warns only if there are none. */
export function readConfig(
  environment: Environment,
  { warn }: ReadOptions,
): { readonly config: Config } | { readonly mistakes: readonly string[] } {
  const links = serviceLinks(environment);
  const own = withoutLinks(environment, links);
  const production = bare(own['NODE_ENV'] ?? '').toLowerCase() === 'production';
  const reader = new Reader(own, production);
  const config = assemble(reader, production);
  const mistakes = [
    ...unknownNames(own, knownNames()),
    ...reader.mistakes,
    ...contradictions(config, (name) => reader.isGiven(name)).filter((sentence) => !mentions(sentence, reader.failed)),
  ];
  if (mistakes.length > 0) return { mistakes };
  if (links.length > 0) warn(tellLinks(links));
  for (const doubt of doubts(config, (name) => reader.isGiven(name))) warn(doubt);
  return { config };
}

/** Lines `NAME=value` of all settings in force, in the order of the table, secrets masked. */
export function effectiveSettings(config: Config): string[] {
  return Object.values(settings).map(({ name }) => `${name}=${config.effective.get(name) ?? ''}`);
}

/** A rule about a setting that could not be read judges its default, which is not what was meant. */
function mentions(sentence: string, names: ReadonlySet<string>): boolean {
  return (sentence.match(/PARLEY_[A-Z_]+/g) ?? []).some((name) => names.has(name));
}

function knownNames(): string[] {
  return Object.values(settings).flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name]));
}

function assemble(reader: Reader, production: boolean): Config {
  const origins = reader.get(settings.allowedOrigins);
  const [firstOrigin] = origins;
  const rate = { perSecond: reader.get(settings.rateRequestsPerSecond), burst: reader.get(settings.rateBurst) };
  return {
    production,
    evaluation: !reader.configured && !production,
    host: reader.get(settings.host),
    port: reader.get(settings.port),
    apiHost: reader.get(settings.apiHost),
    apiPort: reader.get(settings.apiPort),
    apiKey: reader.get(settings.apiKey),
    redis: readRedis(reader),
    auth: readAuth(reader),
    allowedOrigins:
      origins.length === 1 && (firstOrigin === '*' || firstOrigin === 'same-host') ? firstOrigin : origins,
    trustedProxies: reader.get(settings.trustedProxies),
    forwardedHeaders: reader.get(settings.forwardedHeaders),
    rooms: readRooms(reader),
    direct: {
      messages: reader.get(settings.directMessages),
      listSizeLimit: reader.get(settings.directListSizeLimit),
      historyMaxSize: reader.get(settings.directHistoryMaxSize),
      historyMaxBytes: reader.get(settings.directHistoryMaxBytes),
      historyMaxAgeMs: reader.get(settings.historyMaxAgeMs),
      contactsMax: reader.get(settings.contactsMax),
    },
    hooks: readHooks(reader),
    webhook: readWebhook(reader),
    limits: readLimits(reader, rate.perSecond),
    rate,
    userRate: readUserRate(reader, rate),
    node: readNode(reader),
    quotas: {
      rooms: reader.get(settings.quotaRooms),
      listNames: reader.get(settings.quotaListNames),
      bytes: reader.get(settings.quotaBytes),
    },
    dedupMs: reader.get(settings.dedupMs),
    socketsPerUser: reader.get(settings.socketsPerUser),
    sessionRoomsMax: reader.get(settings.sessionRooms),
    inboxSize: reader.get(settings.inboxSize),
    socketsPerAddress: reader.get(settings.socketsPerAddress),
    guestsPerAddress: reader.get(settings.guestsPerAddress),
    guestsMax: reader.get(settings.guestsMax),
    backpressureBytes: reader.get(settings.backpressureBytes),
    metricsFreshMs: reader.get(settings.metricsFreshMs),
    postsPerCall: reader.get(settings.postsPerCall),
    gapFill: reader.get(settings.switchGapFill),
    logLevel: reader.get(settings.logLevel),
    allowOpen: reader.get(settings.allowOpen),
    allowEmbedded: reader.get(settings.allowEmbedded),
    effective: reader.effective,
  };
}

const readWebhook = (reader: Reader): Config['webhook'] => ({
  url: reader.get(settings.webhookUrl),
  secret: reader.get(settings.webhookSecret),
  types: reader.get(settings.webhookEvents),
  allowPrivate: reader.get(settings.webhookPrivate),
  timeoutMs: reader.get(settings.webhookTimeoutMs),
  batchMax: reader.get(settings.webhookBatch),
  concurrency: reader.get(settings.webhookConcurrency),
});

function readRedis(reader: Reader): Config['redis'] {
  return {
    ...readEndpoint(reader),
    prefix: reader.get(settings.redisPrefix),
    timeoutMs: reader.get(settings.redisTimeoutMs),
    queueMax: reader.get(settings.redisQueueMax),
    queueBytes: reader.get(settings.redisQueueBytes),
  };
}

function readEndpoint(reader: Reader): Pick<Config['redis'], 'mode' | 'endpoint'> {
  // It hides what is secret by itself.
  const urls = reader.get(settings.redisUrl, (shown) => shown);
  const [mode, master] = [reader.get(settings.redisMode), reader.get(settings.redisMaster)];
  const tls = {
    ca: reader.get(settings.redisTlsCa)?.pem,
    cert: reader.get(settings.redisTlsCert)?.pem,
    key: reader.get(settings.redisTlsKey)?.pem,
    serverName: reader.get(settings.redisTlsServerName),
  };
  const ofSentinels = reader.get(settings.redisSentinelTls);
  const sentinel = {
    username: reader.get(settings.redisSentinelUsername),
    password: reader.get(settings.redisSentinelPassword),
    tls: ofSentinels === 'same' ? undefined : ofSentinels === 'on',
  };
  return { mode, endpoint: urls === undefined ? undefined : endpointOf({ mode, master, urls, tls, sentinel }) };
}

function readAuth(reader: Reader): Config['auth'] {
  const jwtSecret = reader.get(settings.jwtSecret);
  const jwksUrl = reader.get(settings.jwksUrl);
  const pem = reader.get(settings.jwtPublicKey);
  const jwtPublicKey = pem === undefined ? undefined : pemLines(pem);
  const [source] = keySources({ jwtSecret, jwtPublicKey, jwksUrl });
  return {
    mode: reader.get(settings.auth),
    jwtSecret,
    jwtPublicKey,
    jwksUrl,
    jwks: {
      cacheMs: reader.get(settings.jwksCacheMs),
      staleMs: reader.get(settings.jwksStaleMs),
      coolDownMs: reader.get(settings.jwksCoolDownMs),
      timeoutMs: reader.get(settings.jwksTimeoutMs),
    },
    algorithms: reader.get({ ...settings.jwtAlgorithms, default: source?.usual ?? [] }),
    audience: reader.get(settings.jwtAudience),
    issuer: reader.get(settings.jwtIssuer),
    userClaim: reader.get(settings.jwtUserClaim),
    leewayMs: reader.get(settings.jwtLeewayMs),
    claims: reader.get(settings.jwtClaims),
    allowAnonymous: reader.get(settings.allowAnonymous),
    resumeTokenMs: reader.get(settings.resumeTokenMs),
    signatureSecret: reader.get(settings.signatureSecret),
    signatures: reader.get(settings.signatures),
  };
}

function readRooms(reader: Reader): Config['rooms'] {
  return {
    management: reader.get(settings.roomsManagement),
    userlistUpdates: reader.get(settings.userlistUpdates),
    accessListsUpdates: reader.get(settings.accessListsUpdates),
    historyMaxSize: reader.get(settings.historyMaxSize),
    historyMaxBytes: reader.get(settings.historyMaxBytes),
    historyMaxAgeMs: reader.get(settings.historyMaxAgeMs),
    largeSize: reader.get(settings.roomLargeSize),
    listSizeLimit: reader.get(settings.roomListSizeLimit),
    roomsPerSocket: reader.get(settings.roomsPerSocket),
    globalRoom: reader.get(settings.globalRoom),
    adminsEdit: reader.get(settings.adminsEdit),
    editWindowMs: reader.get(settings.editWindowMs),
    membersMax: reader.get(settings.roomMembers),
    perUser: reader.get(settings.roomsPerUser),
  };
}

function readHooks(reader: Reader): Config['hooks'] {
  return {
    path: reader.get(settings.hooks),
    timeoutMs: reader.get(settings.hooksTimeoutMs),
    pendingMax: reader.get(settings.hooksPendingMax),
    remote: {
      url: reader.get(settings.hookUrl),
      secret: reader.get(settings.hookSecret),
      names: reader.get(settings.hookEvents),
      timeoutMs: reader.get(settings.hookTimeoutMs),
      concurrency: reader.get(settings.hookConcurrency),
      policy: reader.get(settings.hookOnFailure),
      allowPrivate: reader.get(settings.hookPrivate),
    },
  };
}

/** Whoever lets a socket do more means its user as well. */
function readUserRate(reader: Reader, ofSocket: Config['rate']): Config['userRate'] {
  const scaled = (setting: typeof settings.rateUserBurst, one: number): typeof setting => ({
    ...setting,
    default: Math.max(setting.default, one * SOCKETS_PER_USER_RATE),
  });
  return {
    perSecond: reader.get(scaled(settings.rateUserPerSecond, ofSocket.perSecond)),
    burst: reader.get(scaled(settings.rateUserBurst, ofSocket.burst)),
  };
}

const SOCKETS_PER_USER_RATE = 5;

/** What the protocol tells clients; depth and lengths of names and ids are fixed by the protocol itself. */
function readLimits(reader: Reader, requestsPerSecond: number): Limits {
  return {
    ...defaultLimits,
    frameBytes: reader.get(settings.frameBytes),
    messageBytes: reader.get(settings.messageBytes),
    roomsPerSocket: reader.get(settings.roomsPerSocket),
    requestsInFlight: reader.get(settings.requestsInFlight),
    requestsPerSecond,
    historyMaxGetMessages: reader.get(settings.historyMaxGetMessages),
    userlistPage: reader.get(settings.userlistPage),
    ...(reader.get(settings.names) === 'username' && { names: 'username' }),
  };
}

function readNode(reader: Reader): Config['node'] {
  return {
    leaseMs: reader.get(settings.nodeLeaseMs),
    drainMs: reader.get(settings.drainMs),
    drainGraceMs: reader.get(settings.drainGraceMs),
    presenceGraceMs: reader.get(settings.presenceGraceMs),
    heartbeatMs: reader.get(settings.heartbeatMs),
    loginTimeoutMs: reader.get(settings.loginTimeoutMs),
    positionCheckMs: reader.get(settings.positionCheckMs),
    busyWindowMs: reader.get(settings.busyWindowMs),
  };
}
