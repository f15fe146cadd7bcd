/** What the client library exports; everything else in this folder is its own business. */
export type { Input, NotificationName, NotificationParams, RequestName, Result } from '../protocol/catalogue.ts';
export { closeCodes } from '../protocol/wire/close-codes.ts';
export type { AuthData, Credentials } from '../protocol/connection.ts';
export type { Value, ValueMap } from '../protocol/params/values.ts';
export type { Backoff } from './backoff.ts';
export { Client, createClient } from './client.ts';
export type { ClientState } from './connector.ts';
export type { EventName, Events, Listener, LocalEvents } from './events.ts';
export type { ClientOptions, FrameListener } from './options.ts';
export type { PostOptions } from './outbox.ts';
export { RequestError } from './request-error.ts';
export type { Position } from './room.ts';
export type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';
