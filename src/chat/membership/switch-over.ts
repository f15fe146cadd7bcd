/**
 * From a script's reply to live delivery, without a gap and without a double: the one place where a socket that has
 * joined a topic at a position of its log is put onto the topic's events after that position.
 */
import type { Feed, Hold } from '../../bus/feed.ts';
import { hearersOf, type Point, type Position, type TopicEvent } from '../../log/event.ts';
import type { Topics } from '../../bus/topics.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import type { Caller } from '../caller.ts';

export interface Completion {
  /** The caller, which was put into the log at a point, is to get what comes from now on. */
  attach(since: Point): void;
  /** Whether the caller does not want it any more; what the script did is undone already. */
  isOver?(): boolean;
  /** Whether an event after the position has taken the caller out again; what is told of it is the callee's. */
  isOut?(event: TopicEvent): boolean;
  /** It is so: nothing begins. */
  over?(): void;
  /** The caller's socket has gone meanwhile: what the script did must be undone. */
  closed(): void;
  /** The frame that tells of a hole between the position and live delivery. */
  reset?(at: Position): Uint8Array;
}

export class SwitchOver {
  readonly #topics: Topics;
  readonly #feed: Feed;
  readonly #hold: Hold;
  #at: Position | undefined;

  /** Call before the script is sent: what the feed delivers from here on is kept for the joiner. */
  constructor(topics: Topics, feed: Feed) {
    this.#topics = topics;
    this.#feed = feed;
    this.#hold = feed.hold();
  }

  /** Call in the turn of the script's reply. */
  begin(at: Position): void {
    this.#at = at;
    this.#feed.start(at);
    if (!this.#hold.broken && this.isAhead) this.#feed.mend();
  }

  /** Whether the script has found another life of the log than the feed still follows. */
  get isAhead(): boolean {
    const position = this.#feed.position;
    return position !== undefined && position.epoch !== this.#at?.epoch;
  }

  /** The script refused or failed. */
  abandon(): void {
    this.#feed.release(this.#hold);
  }

  /** Resolves when the feed has passed the position, false when the bus is late. */
  reached(): Promise<boolean> | true {
    return this.#topics.reached(this.#feed.topic, this.#at?.seq ?? 0, this.#at?.epoch);
  }

  /** What the feed has delivered since this began. */
  get delivered(): readonly TopicEvent[] {
    return this.#hold.events;
  }

  /** What the feed has delivered since this began, up to the position: the script saw it, the caller was not told. */
  get before(): readonly TopicEvent[] {
    const at = this.#at;
    return at === undefined ? [] : this.#hold.events.filter((event) => event.epoch === at.epoch && event.seq <= at.seq);
  }

  /** Calls back once the feed has caught up with the position, and returns true; false where it need not. */
  postponed(caller: Caller, again: () => void): boolean {
    const seq = this.#at?.seq ?? 0;
    const behind = this.isAhead || (this.#feed.position?.seq ?? Infinity) < seq;
    if (!behind || this.#hold.broken || !caller.open) return false;
    void this.#catchUp()
      .then(again)
      .catch((error: unknown) => {
        // It was answered long ago, and would wait for ever for what it was told that it hears.
        this.abandon();
        caller.startAfresh();
        throw error;
      });
    return true;
  }

  /**
   * Call in the turn in which the response goes out: gives the caller what came after its position, then attaches
   * it. Where the bus is late, that happens when the feed has caught up; until then the hold keeps everything.
   */
  complete(caller: Caller, then: Completion): void {
    const at = this.#at;
    if (at === undefined) throw new Error('completed before it began');
    if (this.postponed(caller, () => this.complete(caller, then))) return;
    this.#feed.release(this.#hold);
    if (!caller.open) return then.closed();
    if (then.isOver?.() === true) return then.over?.();
    if (this.#hold.broken) {
      // The log was changed under the join: the feed finds out what is true now, and tells all its sockets.
      this.#feed.start(at);
      if (then.reset !== undefined) caller.send(then.reset(this.#feed.position ?? at));
      // At its login: what its session was told meanwhile is not known. The next one restores it.
      else if (caller.synced) caller.startAfresh();
      then.attach(at);
      if (this.isAhead) this.#feed.verify();
      else this.#feed.mend();
      return;
    }
    for (const event of this.#hold.events) {
      if (event.seq > at.seq && then.isOut?.(event) === true) return then.over?.();
      if (!concerns(event, at, caller)) continue;
      // A socket may ask for something before its login is complete, where the bus is late.
      if (!isOfUser(event) || !caller.moves.keep(event)) caller.send(event.frame);
    }
    then.attach(at);
  }

  async #catchUp(): Promise<void> {
    // A barrier that times out is no reason to deliver out of order; the feed mends itself, or is reset.
    const { seq = 0, epoch } = this.#at ?? {};
    while (!(await this.#feed.reached(seq, performance.now(), epoch))) this.#feed.mend();
  }
}

/** For a caller that is in the topic; of a room's notices those with its own name in them have taken it out. */
function concerns(event: TopicEvent, at: Position, caller: Caller): boolean {
  const after = event.kind === 'transient' ? event.seq >= at.seq : event.seq > at.seq;
  if (!after || event.frame.length === 0) return false;
  if (isOfUser(event)) return hearersOf(event.subject, caller.nodeId)(caller);
  return !event.subject.split(' ').includes(caller.socketId);
}

/** Whether a subject is one that only notices to users have. Of those to nodes a socket that arrives has heard nothing. */
const isOfUser = ({ subject }: TopicEvent): boolean => subject.startsWith('+') || subject.startsWith('\n');

/** The notification that tells a client to read a room again. */
export function resetFrame(roomName: string, at: Position): Uint8Array {
  return notificationFrame('roomReset', [roomName, at.epoch, at.id]);
}
