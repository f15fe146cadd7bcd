/** What is logged of a login that was refused. Never anything that came with it: that may be a secret. */
import { shown } from '../../outside/text.ts';
import { toErrorValue, type Failure } from '../../protocol/errors/errors.ts';
import type { Connection } from '../connection.ts';

export interface RefusedLogin {
  readonly code: string;
  readonly address: string;
  readonly socket: string;
  /** The sentence that the client is told, where it does not repeat what the client has sent. */
  readonly reason: string | undefined;
}

/** Their sentences repeat an argument, which may be the credentials. */
const REPEATING: ReadonlySet<string> = new Set(['badArgument', 'wrongArgumentsCount']);
/** The service's own troubles, which have lines of their own. */
const OWN: ReadonlySet<string> = new Set(['unavailable', 'internalError']);

/** Undefined where it was not the client's doing. */
export function refusedLogin({ address, socketId }: Connection, failure: Failure): RefusedLogin | undefined {
  const code = shown(failure.code);
  if (OWN.has(code)) return undefined;
  const reason = REPEATING.has(code) ? undefined : shown(toErrorValue(failure).message);
  return { code, address, socket: socketId, reason };
}
