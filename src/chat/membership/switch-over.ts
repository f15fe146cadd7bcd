/**
 * From a script's reply to live delivery, without a gap and without a double: the one place where a socket that has
 * joined a topic at a position of its log is put onto the topic's events after that position.
 */
import type { Feed } from '../../bus/feed.ts';
import type { Hold } from '../../bus/hold.ts';
import { positionOf, type Point, type Position, type TopicEvent } from '../../log/event.ts';
import type { Topics } from '../../bus/topics.ts';

/** The socket that is put onto a topic. */
export interface Joiner {
  readonly open: boolean;
}

export interface Completion {
  /** Gives the joiner what came after its position; false where one of these events has taken it out again. */
  deliver(event: TopicEvent): boolean;
  /** There is a hole between the position and live delivery, which begins at the second one. */
  tellHole(at: Position): void;
  /** The joiner, which was put into the log at a point, is to get what comes from now on. */
  attach(since: Point): void;
  /** The joiner's socket has gone meanwhile: what the script did must be undone. */
  closed(): void;
  /** A defect, where the bus was late: the joiner was answered, and would wait for ever. */
  failed(error: unknown): void;
}

export class SwitchOver {
  readonly #topics: Topics;
  readonly #feed: Feed;
  readonly #hold: Hold;
  #at: Position | undefined;
  /** The feed has to come so far before the joiner is put onto it. */
  #until: Point | undefined;
  #isAbandoned = false;

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

  /** What has come up to a later position is the joiner's as well, and may mean something else to it: it is put onto the feed behind that. */
  extend(until: Point): void {
    this.#until = until;
  }

  get #target(): Point | undefined {
    return this.#until ?? this.#at;
  }

  /** Whether the script has found another life of the log than the feed still follows. */
  get isAhead(): boolean {
    const position = this.#feed.position;
    return position !== undefined && position.epoch !== this.#target?.epoch;
  }

  /** The script refused or failed, or nobody wants it any more. */
  abandon(): void {
    this.#isAbandoned = true;
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

  /** Calls back once the feed has caught up with the position, and returns true; false where it need not. */
  #postponed(joiner: Joiner, again: () => void, failed: (error: unknown) => void): boolean {
    const seq = this.#target?.seq ?? 0;
    const behind = this.isAhead || (this.#feed.position?.seq ?? Infinity) < seq;
    if (!behind || this.#hold.broken || !joiner.open) return false;
    void this.#catchUp()
      .then(again)
      .catch((error: unknown) => {
        this.abandon();
        failed(error);
        throw error;
      });
    return true;
  }

  /**
   * Call in the turn in which the response goes out: gives the joiner what came after its position, then attaches
   * it. Where the bus is late, that happens when the feed has caught up; until then the hold keeps everything.
   */
  complete(joiner: Joiner, then: Completion): void {
    const at = this.#at;
    if (at === undefined) throw new Error('completed before it began');
    if (this.#isAbandoned) return;
    const again = (): void => this.complete(joiner, then);
    if (this.#postponed(joiner, again, (error) => then.failed(error))) return;
    this.#feed.release(this.#hold);
    if (!joiner.open) return then.closed();
    // What is kept ends where the hold was broken.
    const kept = this.#hold.events.filter((event) => isAfterJoin(event, at));
    for (const event of kept) if (!then.deliver(event)) return;
    if (this.#hold.broken) {
      const position = this.#feed.position;
      if (position === undefined) {
        // It begins with this join, or behind what was kept for it, so nothing is missed.
        then.attach(at);
        this.#feed.start(positionOf(kept.findLast(({ kind }) => kind !== 'transient') ?? at));
        return;
      }
      // Nobody knows what was missed: the feed finds out who is in what now, and tells all its sockets.
      then.tellHole(position);
      then.attach(at);
      this.#feed.verify();
      return;
    }
    then.attach(at);
  }

  async #catchUp(): Promise<void> {
    // A barrier that times out is no reason to deliver out of order; the feed mends itself, or is reset.
    const { seq = 0, epoch } = this.#target ?? {};
    while (!(await this.#feed.reached(seq, performance.now(), epoch))) this.#feed.mend();
  }
}

const isAfterJoin = (event: TopicEvent, at: Position): boolean => event.epoch === at.epoch && isBehind(event, at);

/** Whether an event came after a point. A transient one is no event of the log, and carries the one it was sent at. */
export const isBehind = (event: TopicEvent, { seq }: Point): boolean =>
  event.kind === 'transient' ? event.seq >= seq : event.seq > seq;
