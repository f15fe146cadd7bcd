// What the rest of the service sees of its configuration: plain typed values. How they are read and checked is left to
// ../config.ts.
import type { WebhookType } from '../protocol/service/webhooks.ts';
import type { ForwardedHeaders } from '../outside/forwarded.ts';
import type { RedisEndpoint, RedisMode } from '../outside/redis-endpoint.ts';
import type { Limits } from '../protocol/params/limits.ts';
import type { RemoteHookName } from './hook-settings.ts';
import type { AddressLimit } from './setting.ts';
import type { SignatureAlgorithm, SignatureKind } from './signatures.ts';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** Times in milliseconds, sizes in bytes. Checked: every rule of config/rules.ts holds. */
export interface Config {
  readonly production: boolean;
  /** Nothing at all was configured: the start of a newcomer, on loopback and open. */
  readonly evaluation: boolean;
  readonly host: string;
  readonly port: number;
  readonly apiHost: string;
  readonly apiPort: number;
  readonly apiKey: string | undefined;
  readonly redis: {
    /** Undefined: see redis/local-redis.ts. May hold a password. */
    readonly endpoint: RedisEndpoint | undefined;
    readonly mode: RedisMode;
    readonly prefix: string;
    readonly timeoutMs: number;
    readonly queueMax: number;
    readonly queueBytes: number;
  };
  readonly auth: {
    readonly mode: 'open' | 'jwt';
    readonly jwtSecret: string | undefined;
    /** PEM of a key that has been checked. */
    readonly jwtPublicKey: string | undefined;
    readonly jwksUrl: string | undefined;
    readonly jwks: {
      readonly cacheMs: number;
      readonly staleMs: number;
      readonly coolDownMs: number;
      readonly timeoutMs: number;
    };
    /** All of them go with the key. */
    readonly algorithms: readonly SignatureAlgorithm[];
    readonly audience: string | undefined;
    readonly issuer: string | undefined;
    readonly userClaim: string;
    readonly leewayMs: number;
    /** None is a field of AuthData. */
    readonly claims: readonly string[];
    readonly allowAnonymous: boolean;
    readonly resumeTokenMs: number;
    readonly signatureSecret: string | undefined;
    /** None without the secret. */
    readonly signatures: readonly SignatureKind[];
  };
  /** Each in its one spelling (outside/origin.ts). */
  readonly allowedOrigins: 'same-host' | '*' | readonly string[];
  /** IP addresses and ranges in CIDR notation, each in its one spelling (outside/address.ts). */
  readonly trustedProxies: readonly string[];
  readonly forwardedHeaders: ForwardedHeaders;
  readonly rooms: {
    readonly management: boolean;
    readonly userlistUpdates: boolean;
    readonly accessListsUpdates: boolean;
    readonly historyMaxSize: number;
    readonly historyMaxBytes: number;
    /** 0: for ever. */
    readonly historyMaxAgeMs: number;
    readonly largeSize: number;
    readonly listSizeLimit: number;
    readonly roomsPerSocket: number;
    /** A valid name. */
    readonly globalRoom: string | undefined;
    /** Owner and admins may update messages of others. */
    readonly adminsEdit: boolean;
    /** How long after its posting a message may be updated; 0: always. */
    readonly editWindowMs: number;
    /** Who belong to one. */
    readonly membersMax: number;
    /** To which one user belongs. */
    readonly perUser: number;
  };
  readonly direct: {
    readonly messages: 'off' | 'live' | 'stored';
    readonly listSizeLimit: number;
    /** Of two users. */
    readonly historyMaxSize: number;
    readonly historyMaxBytes: number;
    /** That of rooms. */
    readonly historyMaxAgeMs: number;
    readonly contactsMax: number;
  };
  readonly hooks: {
    /** A path, or a file URL. */
    readonly path: string | undefined;
    readonly timeoutMs: number;
    /** Calls of one hook under way. */
    readonly pendingMax: number;
    /** Asked over HTTP, where there is a URL; then there are a secret and names, too. */
    readonly remote: {
      readonly url: string | undefined;
      readonly secret: string | undefined;
      readonly names: readonly RemoteHookName[];
      readonly timeoutMs: number;
      /** Requests of one hook under way. */
      readonly concurrency: number;
      readonly policy: 'refuse' | 'allow';
      readonly allowPrivate: boolean;
    };
  };
  readonly webhook: {
    readonly url: string | undefined;
    /** There where the URL is. */
    readonly secret: string | undefined;
    readonly types: readonly WebhookType[];
    readonly allowPrivate: boolean;
    readonly timeoutMs: number;
    /** Events of one request. */
    readonly batchMax: number;
    readonly concurrency: number;
  };
  readonly limits: Limits;
  /** Of one socket, in requests. */
  readonly rate: { readonly perSecond: number; readonly burst: number };
  /** Of a user, in units of an ordinary request (protocol/params/cost.ts). */
  readonly userRate: { readonly perSecond: number; readonly burst: number };
  readonly node: {
    readonly leaseMs: number;
    readonly drainMs: number;
    readonly drainGraceMs: number;
    readonly presenceGraceMs: number;
    readonly heartbeatMs: number;
    readonly loginTimeoutMs: number;
    readonly positionCheckMs: number;
    readonly busyWindowMs: number;
  };
  /** Of one user; 0: no limit. */
  readonly quotas: { readonly rooms: number; readonly listNames: number; readonly bytes: number };
  readonly dedupMs: number;
  readonly socketsPerUser: number;
  readonly sessionRoomsMax: number;
  /** Notices of one user. */
  readonly inboxSize: number;
  readonly socketsPerAddress: AddressLimit;
  readonly guestsPerAddress: AddressLimit;
  readonly guestsMax: number;
  readonly backpressureBytes: number;
  /** 0 only in the suite. */
  readonly metricsFreshMs: number;
  /** Less than 64 only in the suite. */
  readonly postsPerCall: number;
  /** Off only in the suite, which must notice it. */
  readonly gapFill: boolean;
  readonly logLevel: LogLevel;
  readonly allowOpen: boolean;
  readonly allowEmbedded: boolean;
  /** Every setting as text, by its name in the environment, secrets masked. */
  readonly effective: ReadonlyMap<string, string>;
}
