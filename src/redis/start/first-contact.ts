/**
 * A connection to one server that is made once and not again, to find out whether there can be one: what fails for good is told
 * from what may pass by itself, each in a sentence that names the server. Used at the start, before anything is built on Redis.
 */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Redis } from 'ioredis';
import { hostInUrl } from '../../outside/address.ts';
import type { RedisSocket } from '../../outside/redis-endpoint.ts';
import type { ServerAddress } from '../sentinels.ts';
import { inTime, StateUnavailable } from '../unavailable.ts';

/** Redis can be reached and is no good: not a matter of waiting. */
export class RedisUnfit extends Error {
  override readonly name = 'RedisUnfit';
}

export type Place = ServerAddress | RedisSocket;

export const placeName = (place: Place): string => {
  if ('path' in place) return place.path;
  return `${hostInUrl(place.host)}:${place.port}`;
};

const CONTACT_MS = 4000;
const LOOK_MS = 1000;

const REFUSALS: readonly (readonly [said: RegExp, means: string])[] = [
  [/^(WRONGPASS|ERR invalid password|ERR AUTH\b)/, 'refuses the user name or password'],
  [/^NOAUTH/, 'wants a password'],
  [/^NOPERM/, 'does not allow this user what is needed'],
  [/^ERR (DB index|invalid DB)/i, 'does not have that database'],
  [/^ERR SELECT/, 'has no databases'],
];
const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO|INVALID_|HOSTNAME_)/;

/** What went wrong with a server, as `RedisUnfit` where waiting cannot help. */
export function judged(what: string, error: unknown): Error {
  if (!(error instanceof Error)) return new StateUnavailable(`${what}: ${String(error)}`);
  if (error instanceof RedisUnfit || error instanceof StateUnavailable) return error;
  const refusal = REFUSALS.find(([said]) => said.test(error.message));
  if (refusal !== undefined) return new RedisUnfit(`${what} ${refusal[1]}: ${error.message}`);
  const code = 'code' in error ? String(error.code) : '';
  if (TLS_CODES.test(code))
    return new RedisUnfit(`${what}: there is no connection over TLS: ${error.message} (${code})`);
  if (error.name === 'ParserError' || /^Unknown RESP type|^Protocol error/.test(error.message))
    return new RedisUnfit(`${what} is not Redis: what it answers is something else`);
  return new StateUnavailable(`${what}: ${error.message}`);
}

/** Connects; the caller disconnects. Rejects as `judged`. */
export async function contact(client: Redis, what: string, place: Place): Promise<void> {
  let cause: Error | undefined;
  client.on('error', (error: Error) => {
    cause ??= error;
  });
  try {
    await inTime(client.connect(), CONTACT_MS);
    // The client goes on where the database is refused, in another one.
    if (cause !== undefined) throw cause;
  } catch (error) {
    client.disconnect();
    const failure = judged(what, cause ?? error);
    if (failure instanceof RedisUnfit || 'path' in place) throw failure;
    const isTls = client.options.tls !== undefined;
    if (isTls && (await speaksPlainly(place)))
      throw new RedisUnfit(`${what} does not speak TLS, which rediss:// asks for`);
    if (!isTls && (await speaksTls(place)))
      throw new RedisUnfit(`${what} speaks TLS only: PARLEY_REDIS_URL has to begin with rediss://`);
    throw cause === undefined ? new StateUnavailable(`${what} closes the connection, or does not answer`) : failure;
  }
}

/** Nothing secret is said. */
async function speaksPlainly({ host, port }: ServerAddress): Promise<boolean> {
  const socket = connectPlain({ host, port });
  return look(socket, (done) => {
    socket.write('PING\r\n');
    socket.once('data', (bytes) => done(/^(\+PONG|-NOAUTH|-DENIED|-LOADING)/.test(bytes.toString('latin1'))));
  });
}

async function speaksTls({ host, port }: ServerAddress): Promise<boolean> {
  // Whose certificate it is does not matter: nothing is said.
  const socket = connectTls({ host, port, rejectUnauthorized: false });
  return look(socket, (done) => {
    socket.once('secureConnect', () => done(true));
  });
}

async function look(socket: Socket, begin: (done: (found: boolean) => void) => void): Promise<boolean> {
  try {
    return await inTime(
      new Promise<boolean>((resolve) => {
        socket.once('error', () => resolve(false));
        socket.once('close', () => resolve(false));
        begin(resolve);
      }),
      LOOK_MS,
    );
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
