/** The session of a user. */
import { unavailable } from '../protocol/errors.ts';
import type { Handlers } from './caller.ts';
import type { Services } from './services.ts';

export function sessionHandlers(_services: Services): Pick<Handlers, 'sessionGet'> {
  return { sessionGet: () => unavailable() };
}
