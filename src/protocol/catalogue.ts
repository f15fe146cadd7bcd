/**
 * The catalogue: every request and notification there is, with the types that derive from it. Checking arguments is
 * left to `validate.ts`, bytes to the codec.
 */
import type { Static } from 'typebox';
import type {
  Arg,
  NotificationDeclaration,
  NotificationParam,
  Order,
  Params,
  Pipeline,
  RequestDeclaration,
  Subject,
} from './declare.ts';
import type { HookCode } from './errors/errors.ts';
import { accessNotifications, accessRequests } from './access.ts';
import { attributesNotifications, attributesRequests } from './attributes.ts';
import { changeNotifications, changeRequests } from './change.ts';
import { conductNotifications, conductRequests } from './conduct.ts';
import { connectionNotifications, connectionRequests } from './connection.ts';
import { contactNotifications, contactRequests } from './contact.ts';
import { directNotifications, directRequests } from './direct.ts';
import { conversationNotifications, conversationRequests } from './conversation.ts';
import { inboxNotifications } from './inbox.ts';
import { historyNotifications, historyRequests } from './history.ts';
import { memberNotifications, memberRequests } from './member.ts';
import { membershipNotifications, membershipRequests } from './membership.ts';
import { messageNotifications, messageRequests } from './message.ts';
import { roomNotifications, roomRequests } from './room.ts';
import { sessionNotifications, sessionRequests } from './session.ts';
import { stateNotifications, stateRequests } from './state.ts';
import { unreadNotifications, unreadRequests } from './unread.ts';
import { userNotifications, userRequests } from './user.ts';
import type { Value } from './params/values.ts';

// In the order in which the documents tell them: a room's life is told as it goes, across its nouns. What a noun gets
// later follows the last of its own.
const { roomCreate, roomDelete, ...roomReads } = roomRequests;
const { roomJoin, roomsJoin, roomLeave, roomUserlistGet, ...memberReads } = membershipRequests;

export const requests = {
  ...connectionRequests,
  roomCreate,
  roomDelete,
  roomJoin,
  roomsJoin,
  roomLeave,
  ...messageRequests,
  roomUserlistGet,
  ...roomReads,
  ...memberReads,
  ...accessRequests,
  ...historyRequests,
  ...directRequests,
  ...sessionRequests,
  ...userRequests,
  ...contactRequests,
  ...unreadRequests,
  ...conversationRequests,
  ...memberRequests,
  ...attributesRequests,
  ...conductRequests,
  ...stateRequests,
  ...changeRequests,
};

const { goAway, ...logins } = connectionNotifications;
const { roomUserlistChanged, ...comingsAndGoings } = membershipNotifications;

export const notifications = {
  ...logins,
  ...messageNotifications,
  ...comingsAndGoings,
  ...roomNotifications,
  roomUserlistChanged,
  ...accessNotifications,
  ...historyNotifications,
  ...directNotifications,
  ...sessionNotifications,
  ...userNotifications,
  ...contactNotifications,
  ...inboxNotifications,
  ...unreadNotifications,
  ...memberNotifications,
  ...conversationNotifications,
  ...attributesNotifications,
  ...conductNotifications,
  ...stateNotifications,
  ...changeNotifications,
  goAway,
};

type Requests = typeof requests;
type Notifications = typeof notifications;

export type RequestName = keyof Requests;
export type NotificationName = keyof Notifications;

/** The requests that are about that: see `on` of a declaration. */
export type RequestOn<O extends Subject> = {
  [N in RequestName]: Requests[N] extends { readonly on?: infer S } ? (O extends S ? N : never) : never;
}[RequestName];

export type ArgsOf<P extends Params> = { readonly [K in keyof P]: Arg<P[K]> };

/** What a handler gets: one property per param, after defaults and normalisation. */
export type Args<N extends RequestName> = ArgsOf<Requests[N]['params']>;

/** What a caller gives: as `Args`, with the optional ones left out at will. */
export type Input<N extends RequestName> = InputOf<Requests[N]['params']>;
type InputOf<P extends Params> = {
  readonly [K in keyof P as P[K]['optional'] extends false ? K : never]: Static<P[K]['schema']>;
} & {
  readonly [K in keyof P as P[K]['optional'] extends false ? never : K]?: Static<P[K]['schema']> | undefined;
};

export type Result<N extends RequestName> = Static<Requests[N]['result']>;

/** The codes that any request can fail with, besides those that an operator's hooks choose. */
export const generalErrors = [
  'badArgument',
  'wrongArgumentsCount',
  'noLogin',
  'unavailable',
  'tooManyRequests',
  'timeout',
  'internalError',
] as const;
export type GeneralErrors = (typeof generalErrors)[number] | HookCode;

/** The codes that a request declares; every request can fail with `GeneralErrors` as well. */
export type DeclaredErrors<N extends RequestName> = Requests[N]['errors'][number];

type TupleOf<P extends readonly NotificationParam[]> = {
  [I in keyof P]: Static<P[I]['schema']> | (P[I] extends { readonly optional: true } ? undefined : never);
};

/** The positional params of a notification. */
export type NotificationParams<N extends NotificationName> = Notifications[N]['params'] extends infer P extends
  readonly NotificationParam[]
  ? { -readonly [I in keyof TupleOf<P>]: TupleOf<P>[I] }
  : never;

export function isRequestName(name: string): name is RequestName {
  return Object.hasOwn(requests, name);
}

/** What a request is about. */
export const subjectOf = (name: RequestName): Subject => requestDeclaration(name).on ?? 'anything';

export const isRequestOn = <O extends Subject>(name: string, subject: O): name is RequestOn<O> =>
  isRequestName(name) && subjectOf(name) === subject;

export function isNotificationName(name: string): name is NotificationName {
  return Object.hasOwn(notifications, name);
}

/** A declaration without its particular types, for what treats all alike. */
export function requestDeclaration(name: RequestName): RequestDeclaration {
  return requests[name];
}

export function notificationDeclaration(name: NotificationName): NotificationDeclaration {
  return notifications[name];
}

/** The params of a request as they travel: positional, absent ones at the end left out. */
export function toParams<N extends RequestName>(name: N, input: Input<N>): Value[] {
  const given: { readonly [name: string]: Value | undefined } = input;
  const params = Object.keys(requests[name].params).map((param) => given[param] ?? null);
  const needed = requiredCount(requests[name].params);
  while (params.length > needed && params.at(-1) === null) params.pop();
  return params;
}

/** How many params a caller must send at least. */
export function requiredCount(params: Params): number {
  return Object.values(params).filter((param) => !param.optional).length;
}

/** Beside earlier ones of what kind a request may go on: see `pipelined` of a declaration. */
export const pipelineOf = (name: RequestName): Pipeline | undefined => requestDeclaration(name).pipelined;

/**
 * The topics a request is ordered by: `room:NAME`, `user:NAME`, or `self` for the caller's own user. Requests of one
 * socket that share a key must take effect in the order in which they came.
 */
export function orderKeys(method: RequestName, args: { readonly [name: string]: unknown }): string[] {
  const order: Order | undefined = requestDeclaration(method).order;
  if (order === undefined) return [];
  if (order === 'self') return ['self'];
  if ('room' in order) return [`room:${String(args[order.room])}`];
  if ('user' in order) return [`user:${String(args[order.user])}`];
  if ('selfAnd' in order) return ['self', ...keysOf(args[order.selfAnd], (name) => `user:${String(name)}`)];
  const roomOf = (map: unknown): string => `room:${(map as { readonly roomName: string }).roomName}`;
  if ('rooms' in order) return keysOf(args[order.rooms], roomOf);
  const options = args[order.roomIn] as { readonly roomName?: string } | undefined;
  return options?.roomName === undefined ? [] : [roomOf(options)];
}

const keysOf = (items: unknown, keyOf: (item: unknown) => string): string[] =>
  Array.isArray(items) ? [...new Set(items.map(keyOf))] : [];
