/** The life of a client's connection as its application sees it: states, events, ends. What moves it is left to the connector. */
import type { AuthData } from '../../protocol/connection.ts';
import { closeCodes } from '../manifest.ts';

export type ClientState =
  /** Nothing was asked for yet, or the first connect failed. */
  | 'idle'
  /** An attempt is under way: address, login, rooms. */
  | 'connecting'
  | 'connected'
  /** The next attempt is scheduled. */
  | 'disconnected'
  /** Paused. */
  | 'offline'
  /** For good. */
  | 'closed';

/** Why a connection ended, by the codes of WebSockets and of the protocol. */
export interface End {
  readonly code: number;
  readonly reason: string;
}

export interface LifeCycleEvents {
  /** Logged in for the first time. */
  connect: [authData: AuthData];
  /** A connection was lost, or ended by `pause`. One for each outage. */
  disconnect: [end: End];
  /** The next attempt, counted from 0 in each outage, comes after `delayMs`. */
  schedule: [attempt: number, delayMs: number];
  /** An attempt begins. */
  retry: [attempt: number];
  /** Logged in again, and rooms are joined again. */
  reconnect: [authData: AuthData];
  /** `pause`: no attempts. */
  offline: [];
  /** `resume`. */
  online: [];
  /** Another device took the tag, or has it; `close` follows. */
  conflict: [conflict: { readonly reason: string }];
  /** Nothing comes any more: `close()` was called, or the service said not to come back. */
  close: [end: End];
}

export interface ConnectOptions {
  /** Goes on until there is a login or a refusal for good, with `schedule` and `retry`. */
  readonly persistent?: boolean;
}

/** What a browser reports for a connection that ended without a close frame. */
export const abnormal = 1006;

/** Whether a connection closed with this code is worth another. Codes of others than the service count as accidents. */
export function comesBack(code: number): boolean {
  const entry = Object.values(closeCodes).find((each) => each.code === code);
  return entry?.comeBack ?? (code < 4500 || code > 4999);
}
