/** What the client library exports; everything else in this folder is its own business. */
export type { Input, NotificationName, NotificationParams, RequestName, Result } from '../protocol/catalogue.ts';
export type { AuthData, Credentials } from '../protocol/connection.ts';
export type { Value, ValueMap } from '../protocol/params/values.ts';
export type { MessageChange, ReactionsOptions, ReactionsPage } from '../protocol/change.ts';
export type { BackoffOptions } from './connection/backoff.ts';
export type { AppendOptions, ChangeOptions, ReactOptions, RecallOptions, UpdateOptions } from './change/options.ts';
export type { TextSource, TextStream } from './change/text-source.ts';
export { TextWriter } from './change/text-writer.ts';
export { Client, createClient } from './client.ts';
export type { ClientState, ConnectOptions, End, LifeCycleEvents } from './connection/life-cycle.ts';
export type { FrameListener } from './connection/link.ts';
export type { Signature, SignatureFactories } from './connection/signatures.ts';
export type { WebSocketConstructor, WebSocketLike } from './connection/web-socket.ts';
export type { Until as SilencedUntil } from './ends.ts';
export { Contacts, type ContactEvents } from './contact/contacts.ts';
export {
  Conversations,
  type ConversationsEvents,
  type ConversationsOptions,
  type CreateRoomOptions,
} from './conversation/conversations.ts';
export type { RoomEntry } from './conversation/room-entry.ts';
export { Direct } from './direct/direct.ts';
export type { DirectEvents, DirectField } from './direct/direct-events.ts';
export type { DirectSendOptions, DirectWriteOptions } from './direct/direct-sending.ts';
export type { Marks } from './direct/receipts.ts';
export { Emitter, type AnyListener, type EventMap, type Listener, type Pattern } from './emitter.ts';
export { Event, type ClientEvents, type Conversation, type EventName } from './events.ts';
export { closeCodes } from './manifest.ts';
export type { Doer, Member, MembersDone } from './member/member.ts';
export { Members, type MemberList, type MembersListOptions } from './member/members.ts';
export type { HistoryOptions } from './message/history-options.ts';
export { Message, type MessageEvents, type MessageStatus, type Updated } from './message/message.ts';
export type { SearchOptions } from './message/search.ts';
export type { ClientOptions, LoginOptions } from './options.ts';
export { GenericMessage, type ClassOptions, type MessageClass, type Payload } from './plugin/message-classes.ts';
export { TextMessage, TypedMessage } from './plugin/typed-message.ts';
export type { Middleware, Next, ObjectKind, Passing, Plugin } from './plugin/plugin.ts';
export { typing, TypingIndicator, unread, UnreadMessages } from './plugin/shipped.ts';
export { RequestError } from './request-error.ts';
export type { Position } from './room/membership.ts';
export type { AffairsEvents, RoomEvents, RoomField } from './room/events.ts';
export type { RoomLoss } from './room/owner.ts';
export { Room, type JoinRoomOptions, type RoomWriteOptions } from './room/room.ts';
export type { SendOptions } from './room/sending.ts';
export type { TypingChange } from './typing.ts';
export { Session, type SessionEvents } from './session/session.ts';
export { Sync, type SyncEvents } from './session/sync.ts';
export { User, type UserEvents } from './user/user.ts';
