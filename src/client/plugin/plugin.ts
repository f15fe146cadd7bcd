/**
 * What a plugin is, and whether something is one. It knows the objects of a client by their kinds only: a function that
 * takes a certain one fits.
 */

export const kinds = ['Client', 'Room', 'Direct', 'Session', 'User'] as const;
/** The objects that plugins may extend. */
export type ObjectKind = (typeof kinds)[number];

/**
 * Lets an event go on, with another payload where one is given, or refuses it. It counts once, now or later; what is
 * returned or thrown after it is only told.
 */
export type Next = (error?: unknown, payload?: unknown) => void;

/** What a middleware may want to know besides the payload. */
export interface Passing {
  /** The room, conversation … whose event it is. */
  readonly object: object;
  readonly event: string;
}

/** A method's type, so that a function that takes a certain payload fits. */
export type Middleware = { of(payload: unknown, next: Next, passing: Passing): unknown }['of'];

/** By event, or `*` for all of them; within a plugin the event's own comes first. */
export interface MiddlewareTable {
  readonly [event: string]: Middleware;
}

/** Its instance stands under the plugin's name at the object that it is made for. */
export type Extension = new (object: never) => object;
export type OnCreate = (object: never) => unknown;

export interface Plugin {
  /** Under this name objects have what the plugin adds to them. */
  readonly name: string;
  readonly extends?: { readonly [K in ObjectKind]?: Extension };
  readonly middleware?: {
    /** Before something is sent; a refusal is the sender's error. */
    readonly send?: MiddlewareTable;
    /** Before an event is emitted; what is refused is not. */
    readonly receive?: MiddlewareTable;
  };
  /** Called once an object is there, behind `extends`. */
  readonly onClientCreate?: OnCreate;
  readonly onRoomCreate?: OnCreate;
  readonly onDirectCreate?: OnCreate;
  readonly onSessionCreate?: OnCreate;
  readonly onUserCreate?: OnCreate;
}

/** Throws what is wrong with a plugin: a mistake of who wrote it, which would show much later. */
export function checkPlugin(plugin: Plugin): void {
  if (typeof plugin !== 'object' || plugin === null) throw new TypeError('A plugin is an object.');
  const { name, extends: extensions, middleware } = plugin;
  if (typeof name !== 'string' || name === '' || name === '__proto__') throw new TypeError('A plugin needs a name.');
  const refuse = (what: string): never => {
    throw new TypeError(`The plugin ${name}: ${what}`);
  };
  for (const kind of Object.keys(extensions ?? {})) {
    if (!kinds.some((known) => known === kind)) refuse(`${kind} cannot be extended; ${kinds.join(', ')} can.`);
  }
  for (const kind of kinds) {
    const [extension, onCreate] = [extensions?.[kind], plugin[`on${kind}Create`]];
    if (extension !== undefined && typeof extension !== 'function') refuse(`what extends ${kind} is not a class.`);
    if (onCreate !== undefined && typeof onCreate !== 'function') refuse(`on${kind}Create is not a function.`);
  }
  for (const table of [middleware?.send, middleware?.receive]) {
    for (const [event, each] of Object.entries(table ?? {})) {
      if (typeof each !== 'function') refuse(`the middleware of ${event} is not a function.`);
    }
  }
}
