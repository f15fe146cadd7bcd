/**
 * What is on its way to the service in order: one parcel at a time per lane (a room, a conversation) and a bounded number
 * in all, each repeated under the same `clientMessageId` until the service has answered for good. What a parcel holds, how
 * it is sent, and whether it can go at the moment, is left to who puts it here.
 *
 * One at a time, although the service starts posts of a socket in order: it may refuse one for the moment and take the
 * next, which came a little later, and then they could not be put in order any more.
 */
import { defaultLimits } from '../../protocol/params/limits.ts';
import { repeatDelayMs, timerMs } from '../connection/backoff.ts';
import { badArgument } from '../encoding/encoding.ts';
import type { Link } from '../connection/link.ts';
import type { Core } from '../core.ts';
import { randomText } from '../random-text.ts';
import { localError, type Outcome, type RequestError } from '../request-error.ts';

/** Something to be sent, behind all that was put into the same lane before. */
export interface Parcel<T> {
  readonly lane: string;
  /** False while it, and so what is behind it, had better wait; `advance` is to be called where that changes. */
  isReady(): boolean;
  /** One attempt. `settle` is called once, with what became of it. */
  send(link: Link, clientMessageId: string, settle: (outcome: Outcome<T>) => void): void;
}

export interface ParcelOptions {
  /** A random one when left out. */
  readonly clientMessageId?: string | undefined;
  /** After this time without an answer it fails with `timeout`; it may have been stored. */
  readonly giveUpAfterMs?: number | undefined;
}

/** What becomes of a parcel. */
export interface ParcelOwner<T> {
  /** It is under way, once more perhaps. */
  attempted?(): void;
  /** An attempt has come to an end, and another one may follow: it was refused for the moment, or the link is lost. */
  interrupted?(): void;
  /** The end, told once. */
  settled(outcome: Outcome<T>): void;
}

/** A parcel that was put into the outbox. */
export interface Ticket {
  readonly clientMessageId: string;
  /** Takes it out, if it is still in: it ends with this error. */
  cancel(error: RequestError): void;
}

interface Entry {
  /** That of the parcel, under the name that it has now. */
  lane: string;
  readonly parcel: Parcel<unknown>;
  readonly owner: ParcelOwner<unknown>;
  readonly clientMessageId: string;
  /** The place among all that was ever put here. */
  readonly turn: number;
  /** Ends it at `giveUpAfterMs`. */
  deadline: ReturnType<typeof setTimeout> | undefined;
  /** Set while a temporary error is waited out. */
  retry: ReturnType<typeof setTimeout> | undefined;
  sending: boolean;
  ended: boolean;
  /** Temporary errors in a row. */
  failures: number;
  /** When it may have been stored for the first time, by the clock that never goes back and by the one that goes on in sleep. */
  sent: { readonly ms: number; readonly at: number } | undefined;
}

/** Parcels of different lanes under way at once, at most. */
const windowMax = 16;
/** How long all lanes wait where one parcel came too soon: it may be that lane alone (slow mode), or the user. */
const pauseMaxMs = 1_000;
/** The service knows a repeat for 5 minutes; later it would store the message twice. The rest is a margin. */
const repeatWithinMs = 270_000;
/** What may wait while connected, where less may wait without a connection. */
const queueMax = 10_000;

export class Outbox {
  readonly #offlineMax: number;
  readonly #lanes = new Map<string, Entry[]>();
  readonly #idPrefix = randomText();
  #lastTurn = 0;
  #size = 0;
  #link: Link | undefined;
  #idLengthMax = defaultLimits.clientMessageIdLength;
  #windowMax = windowMax;
  #window = windowMax;
  #sending = 0;
  #advancing = false;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #ended: RequestError | undefined;

  /** `offlineMax`: how many may wait in all lanes while there is no connection. */
  constructor(offlineMax = 1_000) {
    this.#offlineMax = offlineMax;
  }

  /** Sends what waits whenever somebody is logged in: after those who decide whether a parcel is ready. */
  follow(core: Pick<Core, 'onLogin' | 'onLoss' | 'onClose'>): void {
    core.onLogin((link) => this.connected(link));
    core.onLoss(() => this.disconnected());
    core.onClose((error) => this.closed(error));
  }

  /** Refused: what could never be sent, what is more than may wait, anything once the client is closed. */
  put<T>(parcel: Parcel<T>, owner: ParcelOwner<T>, options: ParcelOptions = {}): Outcome<Ticket> {
    const { clientMessageId, giveUpAfterMs } = options;
    const error = this.#ended ?? this.#badId(clientMessageId) ?? this.#full();
    if (error !== undefined) return { ok: false, error };
    const turn = (this.#lastTurn += 1);
    const entry: Entry = {
      lane: parcel.lane,
      // What `parcel` settles with is what its own `owner` takes: nobody else looks at it.
      parcel: parcel as Parcel<unknown>,
      owner: owner as ParcelOwner<unknown>,
      clientMessageId: clientMessageId ?? `${this.#idPrefix}-${turn}`,
      turn,
      deadline: undefined,
      retry: undefined,
      sending: false,
      ended: false,
      failures: 0,
      sent: undefined,
    };
    if (giveUpAfterMs !== undefined) {
      const gaveUp = (): void => this.#finish(entry, { ok: false, error: tooLate() });
      entry.deadline = setTimeout(gaveUp, timerMs(giveUpAfterMs));
    }
    this.#size += 1;
    const lane = this.#lanes.get(parcel.lane);
    if (lane === undefined) this.#lanes.set(parcel.lane, [entry]);
    else lane.push(entry);
    this.advance();
    const cancel = (reason: RequestError): void => this.#finish(entry, { ok: false, error: reason });
    return { ok: true, value: { clientMessageId: entry.clientMessageId, cancel } };
  }

  connected(link: Link): void {
    this.#link = link;
    this.#idLengthMax = link.limits.clientMessageIdLength;
    // Half of what the service does at once is left for everything else.
    this.#windowMax = Math.max(1, Math.min(windowMax, Math.floor(link.limits.requestsInFlight / 2)));
    this.#window = Math.min(this.#window, this.#windowMax);
    this.advance();
  }

  /** Waits go on: what the service asked for may outlive the connection. */
  disconnected(): void {
    this.#link = undefined;
    this.#sending = 0;
    for (const [entry] of this.#lanes.values()) {
      if (entry?.sending !== true) continue;
      entry.sending = false;
      entry.owner.interrupted?.();
    }
  }

  closed(error: RequestError): void {
    this.#ended = error;
    this.#link = undefined;
    clearTimeout(this.#pause);
    for (const entry of this.#all()) this.#finish(entry, { ok: false, error });
  }

  /**
   * A lane has another name, perhaps that of one that is there: what waits keeps the order in which it was put here. To be
   * called while nothing is under way.
   */
  rename(from: string, to: string): void {
    const moved = this.#lanes.get(from);
    if (moved === undefined || from === to) return;
    this.#lanes.delete(from);
    for (const entry of moved) entry.lane = to;
    const all = [...(this.#lanes.get(to) ?? []), ...moved];
    this.#lanes.set(
      to,
      all.sort((a, b) => a.turn - b.turn),
    );
  }

  /** Sends the first parcels of lanes, as many as can go now. To be called when one can go that could not before. */
  advance(): void {
    // What is refused before it is sent comes back here at once; the loop goes on to what follows it by itself.
    if (this.#advancing) return;
    this.#advancing = true;
    for (const [entry] of this.#lanes.values()) {
      if (this.#link === undefined || this.#pause !== undefined || this.#sending >= this.#window) break;
      if (entry === undefined || entry.sending || entry.retry !== undefined) continue;
      if (entry.parcel.isReady()) this.#send(this.#link, entry);
    }
    this.#advancing = false;
  }

  #all(): Entry[] {
    return [...this.#lanes.values()].flat().sort((a, b) => a.turn - b.turn);
  }

  #badId(clientMessageId: unknown): RequestError | undefined {
    if (clientMessageId === undefined) return undefined;
    const bad = (what: string): RequestError => badArgument('roomMessage', 2, `a clientMessageId ${what}`);
    if (typeof clientMessageId !== 'string' || !clientMessageId.isWellFormed()) {
      return bad('that is not a well-formed string');
    }
    if (clientMessageId.length <= this.#idLengthMax) return undefined;
    return bad(`of more than ${this.#idLengthMax} characters`);
  }

  #full(): RequestError | undefined {
    const max = this.#link === undefined ? this.#offlineMax : Math.max(this.#offlineMax, queueMax);
    if (this.#size < max) return undefined;
    return localError('tooManyRequests', `${this.#size} messages wait to be sent already.`);
  }

  #send(link: Link, entry: Entry): void {
    const { parcel, owner, clientMessageId } = entry;
    entry.sent ??= { ms: performance.now(), at: Date.now() };
    if (this.#repeatableMs(entry) < 0) return this.#finish(entry, { ok: false, error: tooLate() });
    entry.sending = true;
    this.#sending += 1;
    owner.attempted?.();
    parcel.send(link, clientMessageId, (outcome) => {
      if (this.#link !== link) return;
      this.#sending -= 1;
      // Given up meanwhile.
      if (entry.sending) this.#answered(entry, outcome);
      this.advance();
    });
  }

  /** For how long the service knows it again. */
  #repeatableMs({ sent }: Entry): number {
    if (sent === undefined) return repeatWithinMs;
    return repeatWithinMs - Math.max(performance.now() - sent.ms, Date.now() - sent.at);
  }

  #answered(entry: Entry, outcome: Outcome<unknown>): void {
    entry.sending = false;
    if (outcome.ok) this.#window = Math.min(this.#windowMax, this.#window + 1);
    if (outcome.ok || !outcome.error.temporary) return this.#finish(entry, outcome);
    const delayMs = repeatDelayMs(outcome.error, entry.failures);
    const isSlowed = outcome.error.code === 'tooManyRequests';
    // It was not stored, and by then it could not be repeated safely: whoever sends hears for how long the room is closed to it.
    if (isSlowed && delayMs > this.#repeatableMs(entry)) return this.#finish(entry, outcome);
    entry.failures += 1;
    entry.retry = setTimeout(() => {
      entry.retry = undefined;
      this.advance();
    }, delayMs);
    if (isSlowed) this.#slowDown(Math.min(delayMs, pauseMaxMs));
    entry.owner.interrupted?.();
  }

  /** Begins again with one parcel at a time, after a wait. */
  #slowDown(delayMs: number): void {
    this.#window = 1;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.advance();
    }, delayMs);
  }

  #finish(entry: Entry, outcome: Outcome<unknown>): void {
    if (entry.ended) return;
    entry.ended = true;
    clearTimeout(entry.deadline);
    clearTimeout(entry.retry);
    entry.sending = false;
    this.#size -= 1;
    const rest = (this.#lanes.get(entry.lane) ?? []).filter((other) => other !== entry);
    // Its turn comes after the other lanes'.
    this.#lanes.delete(entry.lane);
    if (rest.length > 0) this.#lanes.set(entry.lane, rest);
    entry.owner.settled(outcome);
    this.advance();
  }
}

function tooLate(): RequestError {
  return localError('timeout', 'The message was not acknowledged in time; it may have been stored.');
}
