/** Whether a temporary room has ended, as far as its name says: it is so whatever is left of it, and for ever. */
import type { Instance } from '../../bus/instance.ts';
import { endOf } from '../../protocol/names/temporary.ts';

export function hasEnded({ instance }: { readonly instance: Pick<Instance, 'redisNow'> }, roomName: string): boolean {
  const endsAt = endOf(roomName);
  return endsAt !== undefined && endsAt <= instance.redisNow();
}
