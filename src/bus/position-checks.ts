/**
 * Compares how far feeds are with how far their logs are, many in one call: each in its turn, all of them soon after an
 * interruption. What was published and never came, with nothing behind it, is not found in any other way.
 */
import type { Position } from '../log/event.ts';
import { inPages } from '../redis/pages.ts';
import type { Topic } from './bus.ts';
import type { Feed, FeedDeps } from './feed.ts';

/** A feed that is compared. */
export interface Checked {
  readonly feed: Feed;
  /** A check saw the log there: if the feed has not come that far after a while, it mends. */
  suspicion: Suspicion | undefined;
}

interface Suspicion {
  /** In none when the log was gone. */
  readonly epoch: string | undefined;
  readonly seq: number;
  readonly since: number;
}

const SUSPECT_MS = 1000;
const URGENT_PER_TICK = 1000;
/** Topics whose positions one call asks for. */
const CHECKS_PER_CALL = 100;

export class PositionChecks {
  readonly #deps: Pick<FeedDeps, 'reader' | 'onError'>;
  readonly #ticksPerRound: number;
  #round: Iterator<Checked> | undefined;
  #urgent: Checked[] = [];
  /** Checks that are due; a fraction is carried over to the next tick. */
  #share = 0;

  /** All are compared once in `ticksPerRound` calls of `tick`. */
  constructor(deps: Pick<FeedDeps, 'reader' | 'onError'>, ticksPerRound: number) {
    this.#deps = deps;
    this.#ticksPerRound = ticksPerRound;
  }

  /** Compares all of them soon, a bounded number at a time. */
  all(checked: ReadonlyMap<Topic, Checked>): void {
    this.#urgent = [...checked.values()];
  }

  clear(): void {
    this.#urgent = [];
  }

  tick(checked: ReadonlyMap<Topic, Checked>): void {
    this.#check([...this.#urgent.splice(0, URGENT_PER_TICK), ...this.#due(checked)]);
  }

  /** Each in its turn, so that all have had theirs once in a round. */
  #due(checked: ReadonlyMap<Topic, Checked>): Checked[] {
    const due: Checked[] = [];
    this.#share += checked.size / this.#ticksPerRound;
    for (; this.#share >= 1; this.#share--) {
      this.#round ??= checked.values();
      const next = this.#round.next();
      if (next.done === true) {
        this.#round = undefined;
        break;
      }
      due.push(next.value);
    }
    return due;
  }

  #check(checked: readonly Checked[]): void {
    const due = checked.flatMap((one) => {
      const { live, position: before } = one.feed;
      return live && before !== undefined ? [{ one, before }] : [];
    });
    for (const page of inPages(due, CHECKS_PER_CALL)) {
      const topics = page.map(({ one }) => one.feed.topic);
      this.#deps.reader.readPositions(topics).then(
        (found) => {
          for (const { one, before } of page) {
            const at = found.get(one.feed.topic);
            if (at !== undefined) compare(one, before, at);
          }
        },
        (error: unknown) => this.#deps.onError(topics[0] ?? '', error),
      );
    }
  }
}

/** What a feed, which stood at a place before its log was asked, makes of where that stands. */
function compare(checked: Checked, before: Position, at: Position | 'gone'): void {
  const { epoch, seq, nonce } = at === 'gone' ? { epoch: undefined, seq: 0, nonce: 0 } : at;
  const isOther = seq < before.seq || (seq === before.seq && nonce !== before.nonce);
  if (epoch === before.epoch && isOther) checked.feed.mend();
  // What has happened meanwhile is on its way. Not set again by later checks, or checks that come often would put the mending
  // off for ever.
  else if (isBehind(checked.feed, { epoch, seq })) checked.suspicion ??= { epoch, seq, since: performance.now() };
}

/** Mends a feed that was behind a while ago, and is still. */
export function settle(checked: Checked, now: number): void {
  const { feed, suspicion } = checked;
  if (suspicion === undefined || now - suspicion.since <= SUSPECT_MS) return;
  if (isBehind(feed, suspicion)) feed.mend();
  checked.suspicion = undefined;
}

/** Whether a feed that has begun has yet to hear of what is there in its log, or that the log has ended. */
export const isBehind = ({ position }: Feed, { epoch, seq }: Pick<Suspicion, 'epoch' | 'seq'>): boolean =>
  position !== undefined && (position.epoch !== epoch || position.seq < seq);
