/**
 * The events of a client. Every notification of the catalogue is one of the same name with the same params, after the
 * objects have taken it; the others are the client's own. When an event is due is left to its parts.
 */
import type { NotificationName, NotificationParams } from '../protocol/catalogue.ts';
import type { LifeCycleEvents } from './connection/life-cycle.ts';
import type { RequestError } from './request-error.ts';

/** Where in a room's order something happened. */
export interface RoomPlace {
  readonly roomName: string;
  readonly epoch: string;
  readonly lastMessageId: number;
}

/** What has unread messages: a `Room` or a `Direct`. */
export interface Conversation {
  readonly unread: number;
}

export interface LocalEvents extends LifeCycleEvents {
  /** A room was joined without a position: its messages after `lastMessageId` follow. */
  joined: [room: RoomPlace];
  /** A room was joined again, and all its messages up to `lastMessageId` have been emitted. */
  recovered: [room: RoomPlace];
  /** A room that was joined is so no more: left, lost, or the client has closed. */
  left: [room: { readonly roomName: string }];
  /** A room was refused when it was to be joined again. `left` follows. */
  roomLost: [loss: { readonly roomName: string; readonly error: RequestError }];
  /** What is unread in a room or a direct conversation has changed, or its last message. */
  unread: [conversation: Conversation];
  /** Something went wrong that no request tells: a listener threw, the service broke its contract. */
  error: [error: unknown];
}

export type ClientEvents = LocalEvents & { [N in NotificationName]: NotificationParams<N> };
export type EventName = keyof ClientEvents;

/** The names of the life cycle. */
export const Event = {
  connect: 'connect',
  disconnect: 'disconnect',
  schedule: 'schedule',
  retry: 'retry',
  reconnect: 'reconnect',
  offline: 'offline',
  online: 'online',
  conflict: 'conflict',
  close: 'close',
  error: 'error',
} as const satisfies { readonly [N in EventName]?: N };
