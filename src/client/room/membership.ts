/** One room that a client wants to be in, or is about to leave. What moves it on is left to the rooms. */
import type { MessageChange } from '../../protocol/change.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Deferred } from '../connection/deferred.ts';
import type { RequestError } from '../request-error.ts';

/** How far a room has been seen. */
export interface Position {
  readonly epoch: string;
  readonly lastMessageId: number;
  /** Of the last message seen; absent after a join or a reset until the next message. */
  readonly lastTimestamp?: number;
  /** Number of the last change of a message that is known; absent where that is to be asked, or the service does not count. */
  readonly lastChange?: number;
  /** When that was; absent before the first one, or where the service does not say. */
  readonly lastChangeTimestamp?: number;
}

type Changed = Pick<Position, 'lastChange' | 'lastChangeTimestamp'>;

/** Of a position, or of what a service says that may not count changes. */
export function lastChangeOf(place: Changed | undefined): Changed {
  const { lastChange, lastChangeTimestamp: at } = place ?? {};
  if (lastChange === undefined) return {};
  return at === undefined ? { lastChange } : { lastChange, lastChangeTimestamp: at };
}

/** What a room's messages, their changes, and resets are while they wait. */
export type RoomEvent =
  | { readonly kind: 'message'; readonly message: ValueMap }
  | { readonly kind: 'change'; readonly change: MessageChange }
  | { readonly kind: 'reset'; readonly epoch: string; readonly lastMessageId: number };

/**
 * What was missed and did not fit into the answer to the join: it is being read from the history, page by page, while
 * live messages wait.
 */
export interface Missing {
  readonly epoch: string;
  /** To be read up to this id; it grows where more live messages came than are kept. */
  upTo: number;
  /** The log was seen to hold the last message known before; there may be another in its place in a log that lost some. */
  verified: boolean;
  /** Of more changes than are kept, which are not in the history. */
  lacksChanges: boolean;
}

export class Membership {
  #answer: ReturnType<typeof setTimeout> | undefined;
  /** As the service writes it, once its rule for names is known. */
  roomName: string;
  /** What the user wants: in or out. */
  wanted = true;
  /** What this link's socket is. `joining` and `leaving`: a request is in flight. */
  status: 'out' | 'joining' | 'in' | 'leaving' = 'out';
  /** Kept across links, so that the next one can go on from here. */
  position: Position | undefined = undefined;
  /** No longer one of the client's rooms; what is still underway for it is of no interest. */
  forgotten = false;
  /** The room was taken away while a join was in flight. */
  askAgain = false;
  /** A temporary error is waited out. */
  paused = false;
  /** Undefined: the room is seen up to what is live. */
  missing: Missing | undefined = undefined;
  /** Refused together with others, and to be asked for alone: it may have been any of them. */
  alone = false;
  /** What came before what is missed (the answer to the join, or pages of history), to be delivered after it. */
  readonly held: RoomEvent[] = [];
  /** Group of the session to file it under, when it is joined for the first time. */
  group: string | undefined = undefined;
  /** The group that the join under way, or the last one, has named. */
  namedGroup: string | undefined = undefined;
  readonly joins: Deferred<Position>[] = [];
  readonly leaves: Deferred<void>[] = [];

  constructor(roomName: string) {
    this.roomName = roomName;
  }

  /** A join is in flight. The group is named once: the user may have moved the room to another one since. */
  joining(): void {
    this.status = 'joining';
    this.namedGroup = this.position === undefined ? this.group : undefined;
  }

  /** Out, with nothing in flight: the link is gone, or the room was left. A wait goes on: limits outlive a link. */
  reset(): void {
    this.missing = undefined;
    this.status = 'out';
    this.askAgain = false;
    this.awaitNothing();
    this.held.length = 0;
  }

  /** A message of one's own waits, and all behind it: the answer to what is being sent tells which it is. */
  get awaitsAnswer(): boolean {
    return this.#answer !== undefined;
  }

  /** The answer is waited for, for so long at most. */
  awaitAnswer(maxMs: number, late: () => void): void {
    this.#answer = setTimeout(late, maxMs);
  }

  awaitNothing(): void {
    clearTimeout(this.#answer);
    this.#answer = undefined;
  }

  /** Two names have turned out to be one room's: who waits for the other one waits for this one. */
  takeOver(other: Membership): void {
    this.wanted ||= other.wanted;
    this.group ??= other.group;
    this.joins.push(...other.joins.splice(0));
    this.leaves.push(...other.leaves.splice(0));
    other.forgotten = true;
  }

  settleJoins(error?: RequestError): void {
    for (const { resolve, reject } of this.joins.splice(0)) {
      if (error === undefined && this.position !== undefined) resolve(this.position);
      else reject(error);
    }
  }

  settleLeaves(error?: RequestError): void {
    for (const { resolve, reject } of this.leaves.splice(0)) {
      if (error === undefined) resolve();
      else reject(error);
    }
  }
}

/** Whether something may be a room's name. */
export function isText(roomName: unknown): roomName is string {
  return typeof roomName === 'string' && roomName.isWellFormed();
}
