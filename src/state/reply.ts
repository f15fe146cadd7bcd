/** Reads the replies of scripts: the one place where bytes from Redis become values. A surprise here is a defect. */
import { nonceOf, type Position } from '../bus/event.ts';
import type { Reply } from './script.ts';

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

/** A script that refuses replies with one word instead of a list. */
export function refusal<const W extends string>(reply: Reply, words: readonly W[]): W | undefined {
  if (Array.isArray(reply)) return undefined;
  const word = text(reply);
  const known = words.find((candidate) => candidate === word);
  if (known === undefined) throw new TypeError(`unexpected reply of a script: ${word}`);
  return known;
}

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

/** A flat list of names and values as pairs. */
export function pairs(flat: readonly Reply[]): [string, string][] {
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
