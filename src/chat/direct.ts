/** Messages from user to user. */
import { unavailable } from '../protocol/errors.ts';
import type { Handlers } from './caller.ts';
import type { Services } from './services.ts';

type DirectHandlers = Pick<
  Handlers,
  | 'directMessage'
  | 'directAddToList'
  | 'directRemoveFromList'
  | 'directGetAccessList'
  | 'directSetWhitelistMode'
  | 'directGetWhitelistMode'
>;

export function directHandlers(_services: Services): DirectHandlers {
  return {
    directMessage: () => unavailable(),
    directAddToList: () => unavailable(),
    directRemoveFromList: () => unavailable(),
    directGetAccessList: () => unavailable(),
    directSetWhitelistMode: () => unavailable(),
    directGetWhitelistMode: () => unavailable(),
  };
}
