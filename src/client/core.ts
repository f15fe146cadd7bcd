/**
 * What the objects of a client (rooms, directs, contacts, users, the session) are given of it, and all they know of it:
 * so they need not know each other, nor the client that puts them together.
 */
import type { Input, NotificationName, NotificationParams, RequestName, Result } from '../protocol/catalogue.ts';
import type { AuthData } from '../protocol/connection.ts';
import type { Limits } from '../protocol/params/limits.ts';
import type { Link } from './connection/link.ts';
import type { ClientState } from './connection/life-cycle.ts';
import type { Emitter } from './emitter.ts';
import type { ClientEvents } from './events.ts';
import type { CompleteOptions } from './options.ts';
import type { MessageClasses } from './plugin/message-classes.ts';
import type { Plugins } from './plugin/plugins.ts';
import type { RequestError } from './request-error.ts';

export interface Core {
  readonly state: ClientState;
  /** Of the last login; undefined before the first. */
  readonly userName: string | undefined;
  readonly socketId: string | undefined;
  /** The service's, or what it usually has. */
  readonly limits: Limits;
  readonly options: CompleteOptions;
  /** The link that is logged in now, for what must not be repeated or has its own order. */
  readonly link: Link | undefined;
  /** A name of a room or a user as the service writes it, as far as its rule is known. Throws for what is no string. */
  nameOf(name: string): string;
  /** Events of the client itself. */
  readonly emitter: Emitter<ClientEvents>;
  readonly plugins: Plugins;
  readonly classes: MessageClasses;
  /** Identical reads under way share one answer, and are repeated after a loss; everything else is sent once. */
  request<N extends RequestName>(name: N, input: Input<N>): Promise<Result<N>>;
  /** Something that an object cannot tell its own listeners: goes to `error` of the client, or to the console. */
  failed(error: unknown): void;
  /** Called in the order of registration, before the client emits it. */
  onNotification<N extends NotificationName>(name: N, handler: (...params: NotificationParams<N>) => void): void;
  /** As above, by the one part that emits it on the client itself, when it is its turn (`emitter.emit(name, …)`). */
  claim<N extends NotificationName>(name: N, handler: (...params: NotificationParams<N>) => void): void;
  /** A request of that name was answered well, before who made it by `request` hears of it. */
  onAnswer<N extends RequestName>(name: N, handler: (input: Input<N>, result: Result<N>) => void): void;
  /** By which rule the service makes names shows at the login: what goes by name goes by `nameOf` again. Before `onLogin`. */
  onRename(handler: () => void): void;
  /**
   * A link is logged in, and still is. It comes before `connect` and `reconnect`; where a promise is returned, `reconnect`
   * waits for it.
   */
  onLogin(handler: (link: Link, authData: AuthData) => void | Promise<void>): void;
  /** `connect` or `reconnect` was told, and the link is there. */
  onReady(handler: () => void): void;
  /** The link that was logged in is gone. The last registered is called first, here and at the end. */
  onLoss(handler: () => void): void;
  /**
   * The client has ended: with this error everything that waits is to fail. Where it has ended before, it comes right after
   * this call. Returns how to hear nothing of it.
   */
  onClose(handler: (error: RequestError) => void): () => unknown;
}
