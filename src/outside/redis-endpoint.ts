/**
 * Where Redis is, and how one is let in there: the one reading of PARLEY_REDIS_URL, by which it is checked, used and shown. Secrets
 * are in no sentence and in no text for people.
 */
import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { hostInUrl } from './address.ts';

export type RedisMode = 'single' | 'sentinel' | 'cluster';

export interface RedisServerAddress {
  readonly host: string;
  readonly port: number;
}

/** A server of this machine. */
export interface RedisSocket {
  readonly path: string;
}

/** What a server is told by whom it is, and over what. */
export interface RedisAccess {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Undefined: a connection without. */
  readonly tls: RedisTls | undefined;
}

/** PEM texts; what is undefined is as the platform has it. */
export interface RedisTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** The name that every server's certificate is for, in place of the address that it is connected to by. */
  readonly serverName: string | undefined;
}

export interface RedisEndpoint {
  readonly mode: RedisMode;
  /** The one server, the sentinels, or nodes of the cluster. */
  readonly servers: readonly (RedisServerAddress | RedisSocket)[];
  /** Sentinel's name of the primary. */
  readonly master: string | undefined;
  /** To the servers that hold the data. */
  readonly access: RedisAccess;
  /** 0 in a Cluster. */
  readonly db: number;
  /** To the sentinels. */
  readonly sentinelAccess: RedisAccess;
}

/** A list of URLs that agree in everything but the server. */
export interface RedisUrls {
  readonly servers: readonly (RedisSocket | { readonly host: string; readonly port: number | undefined })[];
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
}

const FORM = 'must be redis://HOST:PORT or rediss://HOST:PORT, several separated by commas, or unix:///PATH';
const SCHEMES: Readonly<Record<string, { readonly tls: boolean; readonly socket: boolean }>> = {
  redis: { tls: false, socket: false },
  rediss: { tls: true, socket: false },
  unix: { tls: false, socket: true },
  'redis+unix': { tls: false, socket: true },
};
const DB_MAX = 1_000_000;

/** A reading, or why there is none (completes the sentence "NAME …", and repeats nothing of the text). */
type Reading<T> = { readonly value: T } | { readonly problem: string };

/** Reads one URL or several, separated by commas. */
export function readRedisUrls(text: string): Reading<RedisUrls> {
  const servers: RedisUrls['servers'][number][] = [];
  let first: RedisUrls | undefined;
  for (const part of text.split(',')) {
    const read = readOne(part.trim());
    if ('problem' in read) return read;
    first ??= read.value;
    const apart = (['tls', 'username', 'password', 'db'] as const).find((name) => first?.[name] !== read.value[name]);
    if (apart !== undefined)
      return { problem: `names servers that differ in ${PARTS[apart]}: it must be the same in all` };
    servers.push(...read.value.servers);
  }
  if (first === undefined) return { problem: FORM };
  const isSocket = servers.some((server) => 'path' in server);
  if (isSocket && servers.length > 1)
    return { problem: 'names a Unix socket and something else; a socket stands alone' };
  return { value: { ...first, servers } };
}

const PARTS = { tls: 'the scheme', username: 'the user name', password: 'the password', db: 'the database number' };

/** The same list for people: who comes in, and by what, is hidden. */
export function showRedisUrls({ servers, tls, username, password, db }: RedisUrls): string {
  const user = username === undefined && password === undefined ? '' : '***@';
  const shown = servers.map((server) => {
    if ('path' in server) return `unix://${user}${server.path}${db === 0 ? '' : `?db=${db}`}`;
    const host = hostInUrl(server.host);
    const port = server.port === undefined ? '' : `:${server.port}`;
    return `${tls ? 'rediss' : 'redis'}://${user}${host}${port}${db === 0 ? '' : `/${db}`}`;
  });
  return shown.join(',');
}

function readOne(text: string): Reading<RedisUrls> {
  const [, scheme = '', rest = ''] = /^([a-z+]+):\/\/(.*)$/is.exec(text) ?? [];
  const kind = Object.hasOwn(SCHEMES, scheme.toLowerCase()) ? SCHEMES[scheme.toLowerCase()] : undefined;
  if (kind === undefined) return { problem: FORM };
  // To the last `@`: nothing that hides behind it may be shown.
  const at = kind.socket ? (rest.startsWith('/') ? -1 : rest.lastIndexOf('@/')) : rest.lastIndexOf('@');
  const user = readUser(at < 0 ? undefined : rest.slice(0, at));
  if ('problem' in user) return user;
  const [, place = '', query] = /^([^?#]*)(?:\?([^#]*))?$/s.exec(rest.slice(at + 1)) ?? [];
  const server = kind.socket ? readSocket(place) : readServer(place);
  if ('problem' in server) return server;
  const db = readDb(server.value.dbPath, query);
  if ('problem' in db) return db;
  return { value: { servers: [server.value.server], tls: kind.tls, ...user.value, db: db.value } };
}

const USER_PROBLEM =
  'has a user name or password with one of / ? # , or % in it: there they are written %2F, %3F, %23, %2C and %25';

function readUser(text: string | undefined): Reading<Pick<RedisUrls, 'username' | 'password'>> {
  if (text === undefined) return { value: { username: undefined, password: undefined } };
  if (/[/?#]/.test(text)) return { problem: USER_PROBLEM };
  const colon = text.indexOf(':');
  const username = decoded(colon < 0 ? text : text.slice(0, colon));
  const password = decoded(colon < 0 ? '' : text.slice(colon + 1));
  if (username === undefined || password === undefined) return { problem: USER_PROBLEM };
  // A user without a password is still told to the server.
  const given = password === '' && username === '' ? undefined : password;
  return { value: { username: username === '' ? undefined : username, password: given } };
}

/** Undefined where a `%` is no part of an encoding. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

interface Place {
  readonly server: RedisUrls['servers'][number];
  /** What stands where a database number may. */
  readonly dbPath: string;
}

function readSocket(place: string): Reading<Place> {
  const path = decoded(place);
  if (path === undefined || !/^\/.*[^/]$/s.test(path) || path.includes('\0')) return { problem: FORM };
  return { value: { server: { path }, dbPath: '' } };
}

function readServer(place: string): Reading<Place> {
  const [, name = '', digits, dbPath = ''] = /^(\[[^\]]*\]|[^:/]*)(?::(\d{0,5}))?(?:\/(.*))?$/s.exec(place) ?? [];
  const host = readHost(name);
  if (host === undefined) return { problem: FORM };
  const port = digits === undefined || digits === '' ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) return { problem: 'names a port that is not from 1 to 65535' };
  return { value: { server: { host, port }, dbPath } };
}

function readHost(text: string): string | undefined {
  if (text.startsWith('[')) {
    const [address = '', zone] = text.slice(1, -1).split(/%25|%/);
    if (!isIPv6(address)) return undefined;
    return zone === undefined ? address : `${address}%${zone}`;
  }
  const host = decoded(text) ?? '';
  // Names with an underscore are none of DNS, but of containers.
  if (/^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?$/i.test(host)) return host.toLowerCase();
  return /[^\0-\x7f]/.test(host) ? domainToASCII(host) || undefined : undefined;
}

function readDb(path: string, query: string | undefined): Reading<number> {
  const fields = (query ?? '') === '' ? [] : (query ?? '').split('&');
  const [given, ...more] = fields.map((field) => /^db=(.*)$/s.exec(field)?.[1]);
  if (more.length > 0 || (fields.length > 0 && given === undefined))
    return {
      problem:
        'may have nothing behind a `?` but db=NUMBER: user name and password stand before an `@`, and TLS has settings of its own',
    };
  if (given !== undefined && path !== '') return { problem: 'names a database twice' };
  const digits = given ?? path;
  if (digits === '') return { value: 0 };
  if (!/^\d{1,7}$/.test(digits) || Number(digits) > DB_MAX)
    return { problem: 'may have nothing behind HOST:PORT/ but the number of a database' };
  return { value: Number(digits) };
}

export interface EndpointParts {
  readonly mode: RedisMode;
  readonly master: string | undefined;
  readonly urls: RedisUrls;
  /** Of every connection over TLS. */
  readonly tls: RedisTls;
  readonly sentinel: {
    readonly username: string | undefined;
    readonly password: string | undefined;
    /** Undefined: as to the servers that hold the data. */
    readonly tls: boolean | undefined;
  };
}

const PORT = 6379;
const SENTINEL_PORT = 26_379;

export function endpointOf({ mode, master, urls, tls, sentinel }: EndpointParts): RedisEndpoint {
  const { username, password, db } = urls;
  const usualPort = mode === 'sentinel' ? SENTINEL_PORT : PORT;
  return {
    mode,
    master,
    db,
    servers: urls.servers.map((server) => ('path' in server ? server : { ...server, port: server.port ?? usualPort })),
    access: { username, password, tls: urls.tls ? tls : undefined },
    sentinelAccess: {
      username: sentinel.username,
      password: sentinel.password,
      tls: (sentinel.tls ?? urls.tls) ? tls : undefined,
    },
  };
}
