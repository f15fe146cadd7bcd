/**
 * What SCAN is asked for, and what the keys are that it has found, where there is no list of them: conversations. Which keys there are is
 * in keys.ts.
 */
import { globOf } from './keys.ts';

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
