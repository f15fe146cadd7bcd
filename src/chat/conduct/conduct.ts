/** Who may post, and how often. */
import type { conductRequests } from '../../protocol/conduct.ts';
import { unavailable } from '../../protocol/errors.ts';
import type { HandlersOf } from '../caller.ts';
import type { Services } from '../services.ts';

export function conductHandlers(_: Services): HandlersOf<typeof conductRequests> {
  return {
    roomSilence: () => unavailable(),
    roomUnsilence: () => unavailable(),
    roomSilencedGet: () => unavailable(),
    roomSlowModeSet: () => unavailable(),
  };
}
