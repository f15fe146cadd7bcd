/**
 * What a client tells its user, and who listens. Every notification of the catalogue is an event of the same name with
 * the same params; the others are the client's own. When an event is due is left to its parts.
 */
import { isNotificationName, type NotificationName, type NotificationParams } from '../protocol/catalogue.ts';
import type { AuthData } from '../protocol/connection.ts';
import type { Value } from '../protocol/params/values.ts';
import type { RequestError } from './request-error.ts';

export interface LocalEvents {
  /** Logged in, for the first time or again. Rooms are joined again after it. */
  connected: [authData: AuthData];
  /** A connection was lost; the next attempt comes after `delayMs`. */
  disconnected: [loss: { readonly code: number; readonly reason: string; readonly delayMs: number }];
  /** The end: `close()` was called, or the service said not to come back. */
  closed: [end: { readonly code: number; readonly reason: string }];
  /** A room was joined without a position: its messages after `lastMessageId` follow. */
  joined: [room: { readonly roomName: string; readonly epoch: string; readonly lastMessageId: number }];
  /** A room was joined again, and all its messages up to `lastMessageId` have been emitted. */
  recovered: [room: { readonly roomName: string; readonly epoch: string; readonly lastMessageId: number }];
  /** A room that was joined is so no more: left, lost, or the client has closed. */
  left: [room: { readonly roomName: string }];
  /** A room was refused when it was to be joined again. `left` follows. */
  roomLost: [loss: { readonly roomName: string; readonly error: RequestError }];
  /** Something went wrong that no request tells: a listener threw, the service broke its contract. */
  error: [error: unknown];
}

export type Events = LocalEvents & { [N in NotificationName]: NotificationParams<N> };
export type EventName = keyof Events;
/** A promise that it returns may reject: that is told like a throw. */
export type Listener<N extends EventName> = (...args: Events[N]) => unknown;

/** Calls listeners in the order in which they were added. One that throws is told as `error` and hurts nobody else. */
export class Emitter {
  readonly #listeners: { [N in EventName]?: Set<Listener<N>> } = {};

  on<N extends EventName>(name: N, listener: Listener<N>): void {
    const known: Set<Listener<N>> | undefined = this.#listeners[name];
    if (known !== undefined) known.add(listener);
    else Object.assign(this.#listeners, { [name]: new Set([listener]) });
  }

  off<N extends EventName>(name: N, listener: Listener<N>): void {
    const known: Set<Listener<N>> | undefined = this.#listeners[name];
    known?.delete(listener);
  }

  emit<N extends EventName>(name: N, ...args: Events[N]): void {
    const listeners: Set<Listener<N>> | undefined = this.#listeners[name];
    if (listeners === undefined) return;
    // A copy: who is added during the call hears only what comes later.
    for (const listener of Array.from(listeners)) {
      try {
        const returned = listener(...args);
        if (returned instanceof Promise) returned.catch((error: unknown) => this.#tell(name, error));
      } catch (error) {
        this.#tell(name, error);
      }
    }
  }

  /** Emits a notification as it was received. One that this version of the catalogue lacks has no listeners. */
  emitReceived(name: string, params: readonly Value[]): void {
    if (!isNotificationName(name)) return;
    // Bytes become values here: what the service sends under a name is what the catalogue says.
    this.emit(name, ...(params as NotificationParams<typeof name>));
  }

  /** A listener of `error` that fails itself has nobody left to be told to. */
  #tell(name: EventName, error: unknown): void {
    if (name !== 'error') this.emit('error', error);
  }
}
