/**
 * Compares how far feeds are with how far their logs are, many in one call: each in its turn, all of them soon after an
 * interruption. What was published and never came, with nothing behind it, is not found in any other way.
 */
import type { Position } from '../log/event.ts';
import { SELDOM_MS } from '../ops/pulse.ts';
import { inPages } from '../redis/pages.ts';
import type { Topic } from './bus.ts';
import type { Feed } from './feed.ts';
import type { TopicsDeps } from './feed-deps.ts';

/** What holds a feed that is compared. */
interface Checked {
  readonly feed: Feed;
}

/** A check saw the log there: if the feed has not come that far after a while, it mends. */
interface Suspicion {
  /** In none when the log was gone. */
  readonly epoch: string | undefined;
  readonly seq: number;
  readonly since: number;
}

const SUSPECT_MS = 1000;
const PER_TICK = 1000;
/** Topics whose positions one call asks for. */
const CHECKS_PER_CALL = 100;
/** Those that are due wait for others so long at most, and for a tenth of a round. */
const CALL_MS = 900;

type PositionChecksDeps = Pick<TopicsDeps, 'reader' | 'onError' | 'wake'>;

export class PositionChecks {
  readonly #deps: PositionChecksDeps;
  readonly #roundMs: number;
  readonly #callMs: number;
  #round: Iterator<Checked> | undefined;
  #tickedAt: number | undefined;
  #calledAt = 0;
  #urgent: Feed[] = [];
  readonly #suspected = new Map<Feed, Suspicion>();
  /** Checks that are due; a fraction is carried over to the next tick. */
  #share = 0;

  /** All are compared once in `roundMs`. */
  constructor(deps: PositionChecksDeps, roundMs: number) {
    this.#deps = deps;
    this.#roundMs = roundMs;
    this.#callMs = Math.min(CALL_MS, roundMs / 10);
  }

  /** `tick` is to come often. */
  get hasWork(): boolean {
    const isOften = this.#roundMs < 10 * SELDOM_MS;
    return isOften || this.#urgent.length > 0 || this.#suspected.size > 0 || this.#share >= CHECKS_PER_CALL;
  }

  /** Compares all of them soon, a bounded number at a time. */
  all(checked: ReadonlyMap<Topic, Checked>): void {
    this.#urgent = [...checked.values()].map(({ feed }) => feed);
    this.#deps.wake();
  }

  clear(): void {
    this.#urgent = [];
    this.#suspected.clear();
  }

  /** `now` in ms, by a clock that only goes on. */
  tick(checked: ReadonlyMap<Topic, Checked>, now: number): void {
    // What was missed while the process stood still is not made up for all at once.
    const elapsedMs = Math.min(2 * SELDOM_MS, now - (this.#tickedAt ?? now));
    this.#tickedAt = now;
    this.#share = Math.min(checked.size, this.#share + (checked.size * elapsedMs) / this.#roundMs);
    const feeds = this.#urgent.splice(0, PER_TICK);
    // A call of many costs little more than a call of one.
    if (this.#share >= CHECKS_PER_CALL || now - this.#calledAt >= this.#callMs) {
      this.#calledAt = now;
      feeds.push(...this.#due(checked, PER_TICK - feeds.length));
    }
    this.#check(feeds);
    this.#settle(now);
  }

  /** Each in its turn, so that all have had theirs once in a round. */
  #due(checked: ReadonlyMap<Topic, Checked>, max: number): Feed[] {
    const due: Feed[] = [];
    for (; this.#share >= 1 && due.length < max; this.#share--) {
      this.#round ??= checked.values();
      const next = this.#round.next();
      if (next.done === true) {
        this.#round = undefined;
        break;
      }
      due.push(next.value.feed);
    }
    return due;
  }

  #check(feeds: readonly Feed[]): void {
    const due = feeds.flatMap((feed) => {
      const { live, position: before } = feed;
      return live && before !== undefined ? [{ feed, before }] : [];
    });
    for (const page of inPages(due, CHECKS_PER_CALL)) {
      const topics = page.map(({ feed }) => feed.topic);
      this.#deps.reader.readPositions(topics).then(
        (found) => {
          for (const { feed, before } of page) {
            const at = found.get(feed.topic);
            if (at !== undefined) this.#compare(feed, before, at);
          }
        },
        (error: unknown) => this.#deps.onError(topics[0] ?? '', error),
      );
    }
  }

  /** What a feed, which stood at a place before its log was asked, makes of where that stands. */
  #compare(feed: Feed, before: Position, at: Position | 'gone'): void {
    const { epoch, seq, nonce } = at === 'gone' ? { epoch: undefined, seq: 0, nonce: 0 } : at;
    const isOther = seq < before.seq || (seq === before.seq && nonce !== before.nonce);
    if (epoch === before.epoch && isOther) feed.mend();
    // What has happened meanwhile is on its way. Not set again by later checks, or checks that come often would put the
    // mending off for ever.
    else if (isBehind(feed, { epoch, seq }) && !this.#suspected.has(feed)) {
      this.#suspected.set(feed, { epoch, seq, since: performance.now() });
      this.#deps.wake();
    }
  }

  /** Mends those that were behind a while ago, and are still. */
  #settle(now: number): void {
    for (const [feed, suspicion] of this.#suspected) {
      if (now - suspicion.since <= SUSPECT_MS) continue;
      this.#suspected.delete(feed);
      if (isBehind(feed, suspicion)) feed.mend();
    }
  }
}

/** Whether a feed that has begun has yet to hear of what is there in its log, or that the log has ended. */
export const isBehind = ({ position }: Feed, { epoch, seq }: Pick<Suspicion, 'epoch' | 'seq'>): boolean =>
  position !== undefined && (position.epoch !== epoch || position.seq < seq);
