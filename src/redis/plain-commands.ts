/** Redis's own commands, as far as they are in use; everything that is one step of the service is a script. */
import type { Reply } from './reply.ts';

/** Each as the client's method that gives bytes where the reply has any. */
export const plainCommands = {
  exists: 'exists',
  hdel: 'hdel',
  hget: 'hgetBuffer',
  hgetall: 'hgetallBuffer',
  pttl: 'pttl',
  hscan: 'hscanBuffer',
  srem: 'srem',
  sscan: 'sscanBuffer',
  smembers: 'smembersBuffer',
  zcard: 'zcard',
  zscore: 'zscoreBuffer',
  zrem: 'zrem',
  zrangebyscore: 'zrangebyscoreBuffer',
  zscan: 'zscanBuffer',
  spublish: 'spublish',
  unlink: 'unlink',
} as const;
export type PlainCommand = keyof typeof plainCommands;

/** The client makes an object of a hash, unlike of what scripts give. */
export function asList(reply: Reply): Reply {
  if (typeof reply !== 'object' || reply === null || Array.isArray(reply) || Buffer.isBuffer(reply)) return reply;
  return Object.entries<Reply>(reply).flatMap(([name, value]) => [Buffer.from(name), value]);
}
