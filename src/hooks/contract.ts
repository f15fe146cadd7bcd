/**
 * The contract between the service and an operator's hooks: what a module named in PARLEY_HOOKS may export, what each
 * hook is given and what it may answer. Types only; loading and running hooks have files of their own.
 *
 * A hook is a function, async or not. It gets one object, a copy of its own, and answers with one of the shapes below,
 * or with nothing. One that throws costs whoever asked an `internalError`, one that is late a `timeout`, one whose
 * answer has none of the shapes an `internalError`; a policy may let such requests go on instead. It runs in the
 * service's own thread: a loop without an `await` stops the whole node, and no time limit helps against that.
 */
import type { Args, RequestName } from '../protocol/catalogue.ts';
import type { Value, ValueMap } from '../protocol/params/values.ts';

export type MaybePromise<T> = T | Promise<T>;
type Nothing = void | undefined | null;

/** Refuses what was asked; the caller gets it as an ordinary error of the protocol. */
export interface Refusal {
  readonly error: {
    /** A code of the protocol, or one of the operator's own: letters, digits and `_`, 64 at most. */
    readonly code: string;
    readonly args?: readonly Value[];
    /** A sentence for people; without it, a code of the protocol has its own. */
    readonly message?: string;
    /** The same request may succeed later. Left out: as the protocol says of its code, else false. */
    readonly temporary?: boolean;
    readonly retryAfterMs?: number;
  };
}

/** Refused, changed by the fields of `T`, or (nothing) as it is. */
export type Verdict<T = unknown> = Nothing | Refusal | T;

/** The service as its own program sees it: any request, by position or by name, for a user or for the service itself. */
export interface ServiceApi {
  /** Rejects where the request is refused; the error has the `code` and the `args` of the protocol. */
  call(method: string, params?: readonly Value[] | ValueMap, as?: ActingAs): Promise<Value>;
}

export interface ActingAs {
  readonly userName?: string;
  readonly socketId?: string;
  readonly bypassPermissions?: boolean;
  readonly bypassHooks?: boolean;
}

export interface Connecting {
  readonly socketId: string;
  /** `refresh`: a socket that is logged in shows a newer token. `resume`: the user name is that of the first login. */
  readonly reason: 'login' | 'resume' | 'refresh';
  /** As the credentials name it, and, of a token, vouched for; undefined where they name nobody. */
  readonly userName: string | undefined;
  /** What the client has sent, its token included: nothing to be logged. */
  readonly credentials: ValueMap;
  /** The claims of the token that are passed on (PARLEY_JWT_CLAIMS). */
  readonly claims: ValueMap;
}

export interface Connected {
  /** Logs in as this user instead. Anything may be named: whom to believe is up to the hook. */
  readonly userName?: string;
  /** Fields beside those of AuthData, of which none is replaced; 4096 bytes at most. */
  readonly authData?: ValueMap;
}

export interface Disconnected {
  readonly socketId: string;
  readonly userName: string;
  /** Sockets of the user that are left, on all nodes. */
  readonly nconnected: number;
  /** The rooms that it was in; none where its node died, which alone knew. */
  readonly rooms: readonly string[];
}

export interface Joining {
  readonly socketId: string;
  readonly userName: string;
  readonly roomName: string;
  /** Sockets of the user in the room, this one counted. */
  readonly njoined: number;
}

/** `leave`: asked for. `disconnect`: the socket is gone. `swept`: its node is gone. `lost`: evicted, or the room deleted. */
export type LeaveCause = 'leave' | 'disconnect' | 'swept' | 'lost';

export interface Left {
  readonly socketId: string;
  readonly userName: string;
  readonly roomName: string;
  /** Sockets of the user that are left in the room. */
  readonly njoined: number;
  readonly cause: LeaveCause;
}

export interface Absent {
  /** The room of the message; or else, of a direct message, its receiver. */
  readonly roomName?: string;
  readonly userName?: string;
  /** As it is stored, with `id`, `timestamp` and, unless the service itself wrote it, `author`. */
  readonly message: ValueMap;
  /** Members of the room who may read it and have no socket, its author aside; of its first 500 members by name. */
  readonly absent: readonly string[];
  /** Those of them who have muted the room. */
  readonly muted: readonly string[];
  /** Those of them whom the message mentions. */
  readonly mentions: readonly string[];
  /** What its sender gave for this; undefined where that is nothing. */
  readonly pushData: ValueMap | undefined;
}

/** What is done to a message that is there. Left out where one is posted. */
export type MessageCheckedChange =
  | { readonly kind: 'update'; readonly id: number }
  /** `text` is what is new of the `textMessage` that the message would have. */
  | { readonly kind: 'append'; readonly id: number; readonly text: string }
  /** The `textMessage` is why: another one of an answer goes in its place, and without one it is recalled without a reason. */
  | { readonly kind: 'recall'; readonly id: number; readonly reason: string }
  /** The `textMessage` is the key: it is let pass or refused. */
  | { readonly kind: 'react'; readonly id: number; readonly key: string };

export interface RoomMessageCheck {
  readonly userName: string;
  readonly roomName: string;
  readonly message: ValueMap;
  readonly options: ValueMap;
  readonly change?: MessageCheckedChange;
}

export interface DirectMessageCheck {
  readonly userName: string;
  readonly toUser: string;
  readonly message: ValueMap;
  readonly options: ValueMap;
  readonly change?: MessageCheckedChange;
}

export interface ProfileAsked {
  /** Whose profile it is. */
  readonly userName: string;
  /** Who is to see it, also where the service itself asks for that user. Never the user itself. */
  readonly viewer: string;
  /** The fields that the user has set. */
  readonly fields: ValueMap;
}

/** `login` has `onConnect` instead. */
export type HookedRequest = Exclude<RequestName, 'login'>;

export interface RequestCall<N extends HookedRequest = HookedRequest> {
  readonly method: N;
  /** Empty where the service itself acts. */
  readonly userName: string;
  /** Empty where no socket asks. */
  readonly socketId: string;
  /** By name, checked, defaults filled in. */
  readonly args: Args<N>;
  /** For the hooks' own use: the same object before and after one request. */
  readonly data: Record<string, unknown>;
}

/** How a request went, before its `after` hooks. */
export type RequestOutcome = { readonly result: Value } | { readonly error: { code: string; args: Value[] } };

/** `args`: those named are replaced, and checked as a client's would be. `result`: the answer, the request is not run. */
export type Before = { readonly args: { readonly [name: string]: Value | undefined } } | { readonly result: Value };

export interface HookPolicy {
  /** In place of PARLEY_HOOKS_TIMEOUT_MS. */
  readonly timeoutMs?: number;
  /** What follows when a hook that decides fails: `refuse` (if not given) or `allow`, as if it had said nothing. */
  readonly onFailure?: 'refuse' | 'allow';
}

/** What the module exports: as `hooks`, as its default, or each by its name. All of it is optional. */
export interface Hooks {
  /** Before connections are accepted. If it fails or takes more than 10 s, the node does not start. */
  onStart?(start: { readonly service: ServiceApi }): MaybePromise<void>;
  /** When the sockets are gone and the node is about to end. */
  onClose?(close: Record<string, never>): MaybePromise<void>;
  /** A socket logs in; a token that is not good is refused before it is asked. May choose the user, or refuse. */
  onConnect?(connecting: Connecting): MaybePromise<Verdict<Connected>>;
  /** A socket is gone, and everybody can know it. */
  onDisconnect?(disconnected: Disconnected): MaybePromise<void>;
  /** A socket is about to join a room that admits it. May refuse. */
  onJoin?(joining: Joining): MaybePromise<Verdict<Record<string, never>>>;
  /** A socket is out of a room. */
  onLeave?(left: Left): MaybePromise<void>;
  /**
   * A message was stored, and somebody whom it is for has no socket: for sending pushes. After the answer, a few at a time; where too
   * many wait some are left out (`parley_absent_dropped_total`).
   */
  onAbsent?(absent: Absent): MaybePromise<void>;
  /** May change a message to a room, or refuse it; also what it is changed to, and words that others read with a change. */
  roomMessageCheck?(check: RoomMessageCheck): MaybePromise<Verdict<{ readonly message: ValueMap }>>;
  /** May change a message to a user, or refuse it; also what it is changed to, and words that others read with a change. */
  directMessageCheck?(check: DirectMessageCheck): MaybePromise<Verdict<{ readonly message: ValueMap }>>;
  /**
   * What one user sees of another: the fields that it answers with, 8192 bytes at most, in place of those that were set. Who a user
   * is, and whether it is online, is not its to say. Asked for each profile of a list, ten at a time, so it should know the answer at
   * once. Where it refuses or fails the profile has no fields; where it is late, neither have the rest of that list.
   */
  profileOf?(asked: ProfileAsked): MaybePromise<Verdict<{ readonly fields: ValueMap }>>;
  /** Before a request, by its name; `*` before each, and first. */
  before?: { readonly [N in HookedRequest]?: (call: RequestCall<N>) => MaybePromise<Verdict<Before>> } & {
    readonly '*'?: (call: RequestCall) => MaybePromise<Verdict<Before>>;
  };
  /** After a request, also a refused one; `*` after each, and last. Not after a `before` that has answered. */
  after?: {
    readonly [N in HookedRequest]?: (
      call: RequestCall<N> & RequestOutcome,
    ) => MaybePromise<Verdict<{ readonly result: Value }>>;
  } & {
    readonly '*'?: (call: RequestCall & RequestOutcome) => MaybePromise<Verdict<{ readonly result: Value }>>;
  };
  /** By the name of a hook: `onJoin`; `before` for all of them, `before.roomJoin` and `before.*` for one. */
  policies?: { readonly [hook: string]: HookPolicy };
}
