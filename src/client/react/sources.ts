/**
 * What the stores of the hooks look at: the least that they need of a client's objects, so that they depend on no class. `Client`,
 * `Room`, `Direct`, `User` and `Contacts` of the library are all of these, and what a test scripts may be too.
 */
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Direct } from '../direct/direct.ts';
import type { Room } from '../room/room.ts';

/** What has messages. */
export type Talk = Room | Direct;

export interface Source {
  on(event: string, listener: (...args: never[]) => unknown): unknown;
  off(event: string, listener: (...args: never[]) => unknown): unknown;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export type MessageStatus = 'none' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

/** A message as the library keeps it: one object for good, whose fields change. */
export interface MessageSource {
  readonly id: number | undefined;
  readonly timestamp: number | undefined;
  readonly author: string | undefined;
  readonly content: Readonly<Record<string, unknown>>;
  readonly status: MessageStatus;
  readonly error?: Failure | undefined;
  readonly isOwn: boolean;
  readonly version: number;
  readonly updatedAt?: number | undefined;
  readonly recalled: boolean;
  readonly isWriting: boolean;
  readonly reactions: ReadonlyMap<string, number>;
  readonly repliesCount: number;
  hasReacted(key: string): boolean;
}

export interface HistoryOptions {
  readonly direction?: 'backward' | 'forward';
  readonly limit?: number;
  readonly from?: number;
}

/** What a room and a direct conversation have in common. */
export interface TalkSource<M extends MessageSource = MessageSource> extends Source {
  readonly unread: number;
  readonly typists: ReadonlySet<string>;
  send(content: Readonly<Record<string, unknown>>, options?: object): M;
  typing(isTyping?: boolean): unknown;
  read(upToId?: number): unknown;
  history(options?: HistoryOptions): AsyncIterable<M>;
}

export interface UserSource extends Source {
  readonly userName: string;
  readonly status: string | undefined;
  readonly lastOnline: number | null | undefined;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly state: Readonly<ValueMap>;
}

/** What people belong to. */
export interface BelongingSource<M = unknown> extends Source {
  readonly attributes: Readonly<ValueMap>;
  readonly members: MembersSource<M>;
}

export interface MembersSource<M = unknown> {
  readonly count: number | undefined;
  values(): Iterable<M>;
  load(): Promise<unknown>;
}

export interface ConversationsSource<E = unknown> extends Source {
  readonly list: readonly E[];
  readonly hasMore: boolean;
  load(options?: object): Promise<unknown>;
  more(): Promise<unknown>;
}

export interface RoomSource<M extends MessageSource = MessageSource> extends TalkSource<M>, BelongingSource {
  readonly name: string;
  readonly isJoined: boolean;
  /** A join was asked for that is not answered yet, and nobody has left the room since. */
  readonly isJoining: boolean;
  readonly mentioned: boolean;
  readonly users: ReadonlyMap<string, UserSource>;
  join(options?: { readonly group?: string; readonly create?: boolean }): Promise<unknown>;
  leave(): Promise<unknown>;
}

export interface DirectSource<M extends MessageSource = MessageSource> extends TalkSource<M> {
  readonly userName: string;
  readonly user: UserSource;
  readonly lastDeliveredId: number | undefined;
  readonly lastReadId: number | undefined;
}

export interface ContactsSource<U extends UserSource = UserSource> extends Source, ReadonlyMap<string, U> {
  load(): Promise<unknown>;
  /** Called whenever the list was read. */
  onRead(handler: () => void): void;
  add(userName: string): Promise<unknown>;
  remove(userName: string): Promise<unknown>;
}

/** What happens on the first login or a loss is told by events; what stands is read. */
export interface ClientSource extends Source {
  readonly state: string;
  readonly userName: string | undefined;
  readonly url: string | undefined;
  readonly rooms: ReadonlyMap<string, RoomSource>;
  readonly directs: ReadonlyMap<string, DirectSource>;
  readonly contacts: ContactsSource;
  readonly conversations: ConversationsSource;
  room(name: string): RoomSource;
  direct(userName: string): DirectSource;
  user(userName: string): UserSource;
  connect(options?: { readonly persistent?: boolean }): Promise<unknown>;
  close(): Promise<unknown>;
  pause(): unknown;
  /** Called whenever `state` is another one. */
  onMove?(handler: () => void): void;
  resume(): unknown;
  retry(): unknown;
}
