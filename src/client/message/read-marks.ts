/**
 * Tells the service how far its user has read: of each room or conversation the last mark, all of them together at most
 * once a second. What a mark does to what is unread here is left to the rooms and conversations.
 */
import { repeatDelayMs } from '../connection/backoff.ts';
import type { Link } from '../connection/link.ts';
import type { Core } from '../core.ts';
import { isBeyond, type Outcome, type RequestError } from '../request-error.ts';

interface Mark {
  /** Sends it, once. */
  send(link: Link, settle: (outcome: Outcome<unknown>) => void): void;
  /** False while it had better wait; `advance` is to be called where that changes. Left out: it never had. */
  isReady?(): boolean;
}

interface Waiting extends Mark {
  /** Among all that were put here: of two of a conversation the later is the farther. */
  readonly turn: number;
}

const pauseMs = 1_000;
/** In one go: the service has a rate, and others want to ask as well. */
const togetherMax = 32;
/** What may wait: who reads more conversations than that without a connection loses the oldest marks, and is told. */
const waitingMax = 1_000;

export class ReadMarks {
  readonly #tell: (error: unknown) => void;
  readonly #waiting = new Map<string, Waiting>();
  #lastTurn = 0;
  #link: Link | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  /** `tell`: a mark that the service refuses for good. */
  constructor(tell: (error: unknown) => void) {
    this.#tell = tell;
  }

  follow(core: Pick<Core, 'onLogin' | 'onLoss' | 'onClose'>): void {
    core.onLogin((link) => this.connected(link));
    core.onLoss(() => this.disconnected());
    core.onClose(() => this.closed());
  }

  /** A conversation is read farther than before; `key` names it among all. */
  put(key: string, mark: Mark): void {
    if (this.#ended) return;
    this.#waiting.delete(key);
    this.#waiting.set(key, { ...mark, turn: (this.#lastTurn += 1) });
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > waitingMax && oldest !== undefined) {
      this.#waiting.delete(oldest);
      this.#tell(new Error(`More than ${waitingMax} read marks wait to be sent: that of ${oldest} is dropped.`));
    }
    this.advance();
  }

  /** What waits of a conversation, or the newest of all, goes out now: in a moment it could not any more. */
  hurry(key?: string): void {
    if (this.#link === undefined) return;
    const meant = key === undefined ? this.#ready : this.#ready.filter(([each]) => each === key);
    this.#send(this.#link, meant.slice(-togetherMax));
  }

  connected(link: Link): void {
    this.#link = link;
    this.advance();
  }

  disconnected(): void {
    this.#link = undefined;
  }

  closed(): void {
    this.#ended = true;
    this.#link = undefined;
    this.#waiting.clear();
    clearTimeout(this.#timer);
  }

  /** Sends what can go now. */
  advance(): void {
    const link = this.#link;
    if (link === undefined || this.#timer !== undefined || this.#waiting.size === 0) return;
    const marks = this.#ready.slice(0, togetherMax);
    if (marks.length === 0) return;
    this.#pause(pauseMs);
    this.#send(link, marks);
  }

  get #ready(): [key: string, mark: Waiting][] {
    return [...this.#waiting].filter(([, mark]) => mark.isReady?.() ?? true);
  }

  #send(link: Link, marks: readonly [key: string, mark: Waiting][]): void {
    for (const [key, mark] of marks) {
      this.#waiting.delete(key);
      mark.send(link, (outcome) => this.#settle(key, mark, outcome));
    }
  }

  #settle(key: string, mark: Waiting, outcome: Outcome<unknown>): void {
    if (outcome.ok) this.#failures = 0;
    else if (outcome.error.temporary) this.#again(key, mark, outcome.error);
    else if (!isBeyond(outcome.error)) this.#tell(outcome.error);
  }

  /** Unless there is a newer one. */
  #again(key: string, mark: Waiting, error: RequestError): void {
    if (this.#ended) return;
    if ((this.#waiting.get(key)?.turn ?? 0) < mark.turn) this.#waiting.set(key, mark);
    this.#failures += 1;
    this.#pause(Math.max(pauseMs, repeatDelayMs(error, this.#failures)));
  }

  #pause(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.advance();
    }, delayMs);
  }
}
