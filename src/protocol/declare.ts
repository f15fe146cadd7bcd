/**
 * How a request or a notification is declared: data only. Checks, types, order and documentation derive from it;
 * what a request does is left to its handler.
 */
import type { Static, TSchema } from 'typebox';
import type { ErrorCode } from './errors/table.ts';
import type { CountLimit } from './params/limits.ts';
import type { Value } from './params/values.ts';

/** One positional param of a request. */
export interface Param {
  readonly schema: TSchema;
  /** May be left out at the end, or nil. */
  readonly optional: boolean;
  /** Stands in for an absent optional param. */
  readonly default?: Value;
  /** The limit that bounds the length of an array param. */
  readonly itemsMax?: CountLimit;
  /** It names a room that is to be there, or one that is to be made. Requests of one socket about one room take effect in order. */
  readonly room?: 'existing' | 'creating';
}

/** Params by name, in the order of the wire. */
export type Params = { readonly [name: string]: Param };

export function required<S extends TSchema>(schema: S): { readonly schema: S; readonly optional: false } {
  return { schema, optional: false };
}

export function optional<S extends TSchema>(schema: S): { readonly schema: S; readonly optional: true } {
  return { schema, optional: true };
}

/** The name of a room that is to be there: with one that nobody may give a room the request ends in `noRoom`, before anything is asked. */
export function existing<S extends TSchema>(
  schema: S,
): { readonly schema: S; readonly optional: false; readonly room: 'existing' } {
  return { schema, optional: false, room: 'existing' };
}

/** The name of a room that is to be made: with one that nobody may give it the request ends in `invalidName`. */
export function creating<S extends TSchema>(
  schema: S,
): { readonly schema: S; readonly optional: false; readonly room: 'creating' } {
  return { schema, optional: false, room: 'creating' };
}

/** Optional, and `value` when absent: handlers always see a value. */
export function defaulted<S extends TSchema, const V extends Static<S> & Value>(
  schema: S,
  value: V,
): { readonly schema: S; readonly optional: true; readonly default: V } {
  return { schema, optional: true, default: value };
}

/** A required array of at most as many items as the limit says. */
export function bounded<S extends TSchema>(
  schema: S,
  itemsMax: CountLimit,
): { readonly schema: S; readonly optional: false; readonly itemsMax: CountLimit } {
  return { schema, optional: false, itemsMax };
}

/** What a handler sees for a param, after defaults. */
export type Arg<P extends Param> = P extends { readonly optional: false } | { readonly default: unknown }
  ? Static<P['schema']>
  : Static<P['schema']> | undefined;

/**
 * The topic whose requests of one socket take effect in order: the room or user that a param names, the room that a map of options
 * may name, the rooms of a list of positions, the caller's own user, or that and the users of a list.
 */
export type Order<N = string> =
  | { readonly room: N }
  | { readonly user: N }
  | { readonly roomIn: N }
  | { readonly rooms: N }
  | { readonly selfAnd: N }
  | 'self';

/** What goes through one queue of its topic: of another kind, even what is sent later may be there earlier. */
export type Pipeline = 'posts' | 'changes';

/**
 * What a request is about, and so what whoever makes it through the server API has to name: the connection that it comes by
 * (nobody can make it for that), a socket of a user, a user, or neither, for the service itself may ask.
 */
export type Subject = 'connection' | 'socket' | 'user' | 'anything';

/**
 * What a request takes of a node beyond an ordinary one, in units of an ordinary request: about a tenth of a millisecond.
 * What depends on what is found (the size of the reply, how many are told) is counted when it is known.
 */
export interface Cost<N = string> {
  readonly units?: number;
  /** For each item of a list param. */
  readonly each?: { readonly param: N; readonly units: number };
  /** The reply may be as large as replies get. */
  readonly page?: true;
  /** It is told to all sockets in the room, or of the user, that a param names. */
  readonly spread?: { readonly room: N } | { readonly user: N };
}

export interface RequestDeclaration<
  P extends Params = Params,
  R extends TSchema = TSchema,
  E extends ErrorCode = ErrorCode,
  O extends Subject = Subject,
> {
  readonly doc: string;
  readonly params: P;
  readonly result: R;
  /** Codes it can fail with besides the general ones. */
  readonly errors: readonly E[];
  /** `guest`: also before login; `service`: by the server API only. */
  readonly access: 'guest' | 'user' | 'service';
  /** Made twice it gives the same and changes nothing more: clients share its answers, and repeat it after losses. */
  readonly reads?: true;
  /** `anything` where it is left out. */
  readonly on?: O;
  /** Where it is left out, the room that a param names by `existing` or `creating`. */
  readonly order?: Order;
  /**
   * Those of one socket on one topic, and of one kind, begin in their order, and do not wait for one another's end: what decides
   * about them takes them in that order. Its handler gives an `UnderWay` (chat/outcome.ts).
   */
  readonly pipelined?: Pipeline;
  readonly cost?: Cost;
  /** Users may make it where this setting says so; the service always may. */
  readonly usersMay?: 'roomsManagement';
  /** The hook of the operator's that looks at the message, or the words, that it carries, before any other hook. */
  readonly check?: 'roomMessageCheck' | 'directMessageCheck';
  readonly example: { readonly params: readonly Value[]; readonly result: Value };
}

export function request<
  P extends Params,
  R extends TSchema,
  const E extends ErrorCode = never,
  const O extends Subject = 'anything',
>(
  // An order and a cost can only name params that are declared.
  declaration: RequestDeclaration<P, R, E, O> & {
    readonly order?: Order<keyof P & string>;
    readonly cost?: Cost<keyof P & string>;
  },
): RequestDeclaration<P, R, E, O> {
  const room = Object.keys(declaration.params).find((name) => declaration.params[name]?.room !== undefined);
  if (room === undefined) return declaration;
  const ordered = { order: { room }, ...declaration };
  // Whatever room is not there may have been a temporary one. It is told before a handler is asked, which has no part in
  // it but where it declares the same.
  const isGiven = declaration.params[room]?.room === 'existing';
  return isGiven
    ? { ...ordered, errors: [...new Set([...declaration.errors, 'roomExpired' as ErrorCode as E])] }
    : ordered;
}

/** One positional param of a notification. */
export interface NotificationParam {
  readonly name: string;
  readonly schema: TSchema;
  /** May be left out at the end. */
  readonly optional?: true;
}

export function carries<const N extends string, S extends TSchema>(
  name: N,
  schema: S,
): { readonly name: N; readonly schema: S } {
  return { name, schema };
}

/** A param at the end that is left out where it says nothing, as it was before it was thought of. */
export function mayCarry<const N extends string, S extends TSchema>(
  name: N,
  schema: S,
): { readonly name: N; readonly schema: S; readonly optional: true } {
  return { name, schema, optional: true };
}

/** Audiences that several nouns have. */
export const JOINED = 'All sockets joined to the room.';
export const JOINED_AND_ASKER = `${JOINED} And the socket that has asked.`;
export const OTHERS = "The user's other sockets, on any node.";

export interface NotificationDeclaration<P extends readonly NotificationParam[] = readonly NotificationParam[]> {
  readonly doc: string;
  readonly params: P;
  /** Which sockets get it, in words. */
  readonly audience: string;
  readonly example: readonly Value[];
}

export function notification<const P extends readonly NotificationParam[]>(
  declaration: NotificationDeclaration<P>,
): NotificationDeclaration<P> {
  return declaration;
}
