/**
 * What SCAN is asked for, and what the keys are that it has found, where there is no list of them: conversations, what users were told, and
 * what repeats are known by. Which keys there are is in keys.ts.
 */
import { foundKey, globOf, type Key } from '../keys.ts';

/** What the `meta` keys of a user's conversations match, and of users whose names have that text in them. */
export const pairPattern = (prefix: string, userName: string): string =>
  `${globOf(prefix)}:{pair:*${globOf(userName)}*}:meta`;

/** The other one of the two users in such a key; undefined where it is no conversation of this one. */
export function peerIn(key: string, prefix: string, userName: string): string | undefined {
  const names = key.slice(prefix.length + ':{pair:'.length, -'}:meta'.length).split(':');
  const [one, other] = names;
  if (one === userName) return other;
  return other === userName ? one : undefined;
}

/** Where something that a user wrote may be besides logs of messages. */
export interface Trace {
  readonly key: Key;
  /** What a user was told, its ring of events or its inbox; what repeats are known by in a topic, by author; or that of one author. */
  readonly kind: 'ring' | 'repeats' | 'repeatsOfOne';
}

/** What those keys match, of all topics, and a few others. */
export const tracePattern = (prefix: string): string => `${globOf(prefix)}:{*}:[deh]*`;

/** What such a key is to that user; undefined where it is nothing. */
export function traceIn(key: string, prefix: string, userName: string): Trace | undefined {
  const [, kind, part = ''] = /^:\{(room|user|pair):[^}]*\}:(.*)$/s.exec(key.slice(prefix.length)) ?? [];
  if (kind === 'user' && (part === 'events' || part === 'history')) return { key: foundKey(key), kind: 'ring' };
  if (!part.startsWith('dedup:')) return undefined;
  if (kind !== 'pair') return { key: foundKey(key), kind: 'repeats' };
  return part.endsWith(`:${userName}`) ? { key: foundKey(key), kind: 'repeatsOfOne' } : undefined;
}

/** Rooms that there are, or of which something may be left for the webhook: what `meta`, `webhook` and `webhooks` of rooms match. */
export const outboxPattern = (prefix: string): string => `${globOf(prefix)}:{room:*}:[mw]e[tb]*`;

/** The name of the room in such a key; undefined where it is another one. */
export const roomInOutbox = (key: string, prefix: string): string | undefined =>
  /^:\{room:([^}]*)\}:(?:meta|webhooks?)$/s.exec(key.slice(prefix.length))?.[1];

/** Of what is left of deleted rooms of a name. */
export const endedPattern = (prefix: string): string => `${globOf(prefix)}:{room:*}:webhooks`;

/** The same of `meta` alone: who writes to a room's log names it. */
export const roomInMeta = (key: string, prefix: string): string | undefined =>
  key.endsWith('}:meta') ? roomInOutbox(key, prefix) : undefined;
