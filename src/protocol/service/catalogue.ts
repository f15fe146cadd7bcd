/**
 * The requests that only the server API knows, with the types that derive from them. Every request of the clients can be
 * made through it as well; those are in `../catalogue.ts`.
 */
import type { Static } from 'typebox';
import { isRequestName, requestDeclaration, subjectOf, type ArgsOf, type RequestName } from '../catalogue.ts';
import type { RequestDeclaration, Subject } from '../declare.ts';
import { isMap, type Value } from '../params/values.ts';
import { serverUserDataRequests } from './user-data.ts';
import { serverImportRequests } from './imports.ts';
import { serverRoomRequests } from './rooms.ts';
import { serverUserRequests } from './users.ts';
import { serverWebhookRequests } from './webhooks.ts';

export const serverRequests = {
  ...serverUserRequests,
  ...serverUserDataRequests,
  ...serverRoomRequests,
  ...serverImportRequests,
  ...serverWebhookRequests,
};

type ServerRequests = typeof serverRequests;
export type ServerRequestName = keyof ServerRequests;
export type ServerArgs<N extends ServerRequestName> = ArgsOf<ServerRequests[N]['params']>;
export type ServerResult<N extends ServerRequestName> = Static<ServerRequests[N]['result']>;
export type ServerErrors<N extends ServerRequestName> = ServerRequests[N]['errors'][number];

export function isServerRequestName(name: string): name is ServerRequestName {
  return Object.hasOwn(serverRequests, name);
}

/** What the server API can be asked for: of the service, or for a user. */
export type ApiRequestName = RequestName | ServerRequestName;

export const apiDeclaration = (name: ApiRequestName): RequestDeclaration =>
  isServerRequestName(name) ? serverRequests[name] : requestDeclaration(name);

export const isApiRequestName = (name: string): name is ApiRequestName =>
  isServerRequestName(name) || isRequestName(name);

/** Params as a caller gives them, by name or in order, in the order of the wire. A name not declared is ignored. */
export function positional({ params }: RequestDeclaration, given: Value | undefined): Value[] | undefined {
  if (given === undefined || given === null) return [];
  if (Array.isArray(given)) return given;
  if (!isMap(given)) return undefined;
  const values = Object.keys(params).map((name) => given[name] ?? null);
  // What is left out at the end counts as left out, and is told as too few params.
  while (
    values.length > 0 &&
    values.at(-1) === null &&
    !Object.hasOwn(given, Object.keys(params)[values.length - 1] ?? '')
  ) {
    values.pop();
  }
  return values;
}

/** What whoever asks has to name: requests of the service's own are made by the service. */
export const subjectOfApi = (name: ApiRequestName): Subject =>
  isServerRequestName(name) ? 'anything' : subjectOf(name);
