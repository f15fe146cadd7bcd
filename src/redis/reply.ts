/** Reads the replies of scripts: the one place where bytes from Redis become values. A surprise here is a defect. */
import { nonceOf, readEvent, type Position, type TopicEvent } from '../log/event.ts';

/** What a script returns: integers, byte strings, nil, and lists of those. */
export type Reply = number | Buffer | null | Reply[];

/** Makes a value of a reply, or of a part of one; throws where that is not what it should be. */
export type Reader<T> = (reply: Reply | undefined) => T;

export function list(reply: Reply | undefined): Reply[] {
  if (Array.isArray(reply)) return reply;
  throw new TypeError(`a list was expected from Redis, not ${String(reply)}`);
}

export function text(reply: Reply | undefined): string {
  if (Buffer.isBuffer(reply)) return reply.toString('utf8');
  if (typeof reply === 'number' || typeof reply === 'string') return String(reply);
  throw new TypeError(`text was expected from Redis, not ${String(reply)}`);
}

export function bytes(reply: Reply | undefined): Buffer {
  if (Buffer.isBuffer(reply)) return reply;
  throw new TypeError(`bytes were expected from Redis, not ${String(reply)}`);
}

export function number(reply: Reply | undefined): number {
  const value = typeof reply === 'number' ? reply : Number(text(reply));
  if (Number.isNaN(value)) throw new TypeError(`a number was expected from Redis, not ${String(reply)}`);
  return value;
}

/** 1, or 0 for no. */
export function yes(reply: Reply | undefined): boolean {
  if (reply === 1 || reply === 0) return reply === 1;
  throw new TypeError(`1 or 0 was expected from Redis, not ${String(reply)}`);
}

/** `1` or `0` as it is stored; where it never was, no. */
export function stored(reply: Reply | undefined): boolean {
  return reply !== null && reply !== undefined && text(reply) === '1';
}

/** The script has ended without a reply. A word that is not declared is none of these: it may be a refusal. */
export function nothing(reply: Reply | undefined): undefined {
  if (reply !== null) throw new TypeError(`nothing was expected from Redis, not ${String(reply)}`);
}

/** The same, of a script that may refuse: it has not. */
export function done(reply: Reply | undefined): 'ok' {
  nothing(reply);
  return 'ok';
}

/** Undefined where there is none: nil, or the end of the list. */
export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return function orAbsent(reply) {
    return reply === null || reply === undefined ? undefined : reader(reply);
  };
}

export const listOf =
  <T>(reader: Reader<T>): Reader<T[]> =>
  (reply) =>
    list(reply).map(reader);

/** epoch, seq, id, timestamp, nonce. */
export function position(reply: Reply | undefined): Position {
  const [epoch, seq, id, timestamp, nonce] = list(reply);
  return {
    epoch: text(epoch),
    seq: number(seq),
    id: number(id),
    timestamp: number(timestamp),
    nonce: nonceOf(bytes(nonce), 0),
  };
}

/** The position as it is stored: the beginning of the field that lib/format.lua describes. */
export function packedPosition(packed: Buffer): Position {
  return {
    epoch: packed.toString('latin1', 0, 16),
    nonce: nonceOf(packed, 16),
    seq: packed.readDoubleBE(24),
    id: packed.readDoubleBE(32),
    timestamp: packed.readDoubleBE(40),
  };
}

/** Events of a log as they are stored; kinds that this version does not know are left out. */
export const events = (reply: Reply | undefined): TopicEvent[] =>
  list(reply).flatMap((entry) => readEvent(bytes(entry)) ?? []);

/** A flat list of names and values as pairs. */
export function pairs(reply: Reply | undefined): [string, string][] {
  const flat = list(reply);
  const found: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [name, value] = [flat[i], flat[i + 1]];
    if (Buffer.isBuffer(name) && Buffer.isBuffer(value)) found.push([name.toString('utf8'), value.toString('utf8')]);
  }
  return found;
}

/** What a command, not one of our scripts, has answered as names and values in turn; none of another reply. */
export function fieldsOf(reply: unknown): Readonly<Record<string, string>> {
  const flat = Array.isArray(reply) ? reply.map(String) : [];
  return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : [])));
}
