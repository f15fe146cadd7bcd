/** Redis's own commands, as far as they are in use; everything that is one step of the service is a script. */
import type { Reply } from './reply.ts';

export type PlainCommand =
  | 'exists'
  | 'hdel'
  | 'hget'
  | 'hgetall'
  | 'pttl'
  | 'hscan'
  | 'srem'
  | 'sscan'
  | 'smembers'
  | 'zcard'
  | 'zscore'
  | 'zrem'
  | 'zrangebyscore'
  | 'zscan'
  | 'spublish'
  | 'unlink';

/** The client makes an object of a hash, unlike of what scripts give. */
export function asList(reply: Reply): Reply {
  if (typeof reply !== 'object' || reply === null || Array.isArray(reply) || Buffer.isBuffer(reply)) return reply;
  return Object.entries<Reply>(reply).flatMap(([name, value]) => [Buffer.from(name), value]);
}
