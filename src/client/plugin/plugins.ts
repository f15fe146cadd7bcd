/**
 * What applications add to the objects of a client: instances of their own under a name, and middleware on what is sent and
 * received. What the objects do is left to them.
 */
import type { Outcome } from '../request-error.ts';

/** The objects that can be extended. */
export type ObjectKind = 'Client' | 'Room' | 'Direct' | 'Session' | 'User';

export type Next = (error?: unknown, payload?: unknown) => void;
export type Middleware = (payload: never, next: Next) => unknown;

export interface Plugin {
  /** What it extends objects with stands under this. */
  readonly name: string;
  readonly extends?: { readonly [K in ObjectKind]?: new (object: never) => object };
  /** By the name of an event, or `*`. */
  readonly middleware?: {
    readonly send?: { readonly [event: string]: Middleware };
    readonly receive?: { readonly [event: string]: Middleware };
  };
}

/** Registered plugins, in order. Without any of them everything passes in the same turn. */
export class Plugins {
  readonly #plugins: Plugin[] = [];

  register(plugin: Plugin): void {
    this.#plugins.push(plugin);
  }

  /** To be called once for each object, when it is made. */
  extend(_object: object, _kind: ObjectKind): void {
    return;
  }

  /** What is about to be sent by an object passes the middleware: `settle` gets what comes of it, or why it is refused. */
  send<T>(_object: object, _event: string, payload: T, settle: (outcome: Outcome<T>) => void): void {
    settle({ ok: true, value: payload });
  }

  /** What an object has received: `deliver` gets what comes of it, in the order of the calls for each object; nothing if it is dropped. */
  receive<T>(_object: object, _event: string, payload: T, deliver: (payload: T) => void): void {
    deliver(payload);
  }
}
