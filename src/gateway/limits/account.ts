/**
 * What one party may take of a node: a user with all its sockets, or an address with all its guests. Requests cost units
 * (protocol/params/cost.ts); an account has a store of them that fills by time, and bounds what runs for its party at
 * once. It outlives the sockets until its store is full again: reconnecting gains nothing.
 */

import { Bucket, type Rate } from './rate.ts';

/** Units that run for one party at the same time: some milliseconds of a node, and of Redis. */
const RUNNING_UNITS_MAX = 128;

/** Of the heaviest requests one runs at a time, among small ones: it need not wait until nothing runs. */
const WEIGHT_MAX = 96;
const weightOf = (units: number): number => Math.ceil(Math.min(units, WEIGHT_MAX));

/**
 * From that weight on work is heavy: its party rests after it in proportion to the time it took, so that what is cheaper
 * in units than in truth, or dear because the machine is busy, leaves the node to others for two thirds of the time. It
 * also rests until it has paid for what was known only afterwards: what waits was let in for less.
 */
const HEAVY_UNITS = 32;
const REST_PER_TIME = 2;
/** Redis may have been slow, or an operator's hook: that is not for its user to bear for long. */
const REST_MS_MAX = 500;
/** Who has more than that share of its store left has asked for little lately, and need not rest. */
const RESTLESS_SHARE = 0.5;

/** A busy user owes a little all the time, by what is known only afterwards: that keeps none of its devices out. */
const LOGIN_DEBT_MS_MAX = 3000;

/** What waits for its account: an intake. */
export interface Waiter {
  /** Begins what may begin now, and waits again for the rest. */
  pump(): void;
}

/**
 * Refusing costs something, too: so much may be refused to one party, in units, before its sockets are closed for it. A
 * fifth of what it may ask for, but not less than this.
 */
const PATIENCE_MIN: Rate = { perSecond: 200, burst: 500 };
const PATIENCE_SHARE = 0.2;

export class Account {
  readonly #rate: Rate;
  readonly #store: Bucket;
  /** Made when it is needed, which is seldom. */
  #patience: Bucket | undefined;
  #running = 0;
  /** In the order in which they are served; none most of the time. */
  #waiting: Set<Waiter> | undefined;
  /** Who is being woken, and what has come of it. */
  #served: Waiter | undefined;
  #begun = false;
  #blocked = false;
  /** Until then nothing heavy begins. */
  #restsUntil = 0;
  #restTimer: NodeJS.Timeout | undefined;
  /** Sockets that share it. */
  holders = 0;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#store = new Bucket(rate, now);
  }

  /** 0 when taken, else the milliseconds until it may be. `now` in milliseconds, monotonic. */
  take(units: number, now: number): number {
    return this.#store.take(units, now);
  }

  waitMs(units: number, now: number): number {
    return this.#store.waitMs(units, now);
  }

  /** Takes what has been used up already: later requests wait for it. */
  spend(units: number): void {
    this.#store.spend(units);
  }

  /** Whether a refusal of so much is still borne. */
  bears(units: number, now: number): boolean {
    const { perSecond, burst } = this.#rate;
    this.#patience ??= new Bucket(
      {
        perSecond: Math.max(PATIENCE_MIN.perSecond, perSecond * PATIENCE_SHARE),
        burst: Math.max(PATIENCE_MIN.burst, burst * PATIENCE_SHARE),
      },
      now,
    );
    return this.#patience.take(units, now) === 0;
  }

  /** Whether so much may begin now; where not, `waiter` is woken when it may. `end` is owed for what has begun. */
  begin(units: number, waiter: Waiter): boolean {
    const weight = weightOf(units);
    const running = this.#running + weight;
    const isResting = this.#restTimer !== undefined;
    const isHeavy = weight >= HEAVY_UNITS;
    const isFree = (this.#running === 0 || running <= RUNNING_UNITS_MAX) && !(isResting && isHeavy);
    // Nobody overtakes who waits, but for small requests while heavy ones may not begin anyway.
    if (isFree && (this.#waiting === undefined || this.#served === waiter || isResting)) {
      this.#running = running;
      this.#begun = true;
      return true;
    }
    this.#waiting ??= new Set();
    this.#waiting.add(waiter);
    this.#blocked = true;
    return false;
  }

  /** `tookMs`: from its begin on. */
  end(units: number, tookMs: number, now: number): void {
    const weight = weightOf(units);
    this.#running -= weight;
    if (weight >= HEAVY_UNITS) this.#rest(tookMs, now);
    this.#serve();
  }

  #rest(tookMs: number, now: number): void {
    if (this.#store.waitMs(this.#rate.burst * RESTLESS_SHARE, now) === 0) return;
    const restMs = Math.max(tookMs * REST_PER_TIME, this.#store.waitMs(0, now));
    const until = now + Math.min(restMs, REST_MS_MAX);
    if (until <= Math.max(now, this.#restsUntil)) return;
    this.#restsUntil = until;
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(() => {
      this.#restTimer = undefined;
      this.#serve();
    }, until - now);
    this.#restTimer.unref();
  }

  /** A waiter is gone. */
  forget(waiter: Waiter): void {
    if (this.#waiting?.delete(waiter) === true) this.#serve();
  }

  /** Lets those who wait go on in turn, until one has to wait again. */
  #serve(): void {
    // A waiter that is woken may end, and be forgotten: the round under way goes on behind it.
    if (this.#served !== undefined) return;
    for (const waiter of this.#waiting ?? []) {
      this.#served = waiter;
      this.#begun = this.#blocked = false;
      try {
        waiter.pump();
      } finally {
        this.#served = undefined;
      }
      // Who could begin nothing stays the first, and while heavy work rests the others get their turn all the same; who could begin something waits behind the others for the rest.
      if (this.#blocked && !this.#begun) {
        if (this.#restTimer === undefined) break;
        continue;
      }
      const isGone = this.#waiting?.delete(waiter) !== true;
      if (isGone || !this.#blocked) continue;
      this.#waiting?.add(waiter);
      break;
    }
    if (this.#waiting?.size === 0) this.#waiting = undefined;
  }

  isFull(now: number): boolean {
    return (
      this.#running <= 0 &&
      this.#restTimer === undefined &&
      this.#store.isFull(now) &&
      this.#patience?.isFull(now) !== false
    );
  }
}

/** The accounts of one kind of party, by name. */
export class Accounts {
  readonly #rate: Rate;
  readonly #accounts = new Map<string, Account>();
  /** Those that no socket holds: dropped as soon as they are full. */
  readonly #left = new Set<string>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  get size(): number {
    return this.#accounts.size;
  }

  /** For one more socket. */
  open(name: string, now: number): Account {
    const account = this.#of(name, now);
    account.holders++;
    this.#left.delete(name);
    return account;
  }

  close(name: string): void {
    const account = this.#accounts.get(name);
    if (account === undefined || --account.holders > 0) return;
    this.#left.add(name);
  }

  /** Takes units of a party that may have no socket yet; 0, or the milliseconds to wait. */
  take(name: string, units: number, now: number): number {
    const account = this.#of(name, now);
    if (account.holders === 0) this.#left.add(name);
    return account.take(units, now);
  }

  /** How long a party that has overdrawn its account by much has to wait before it comes again; 0 for all others. */
  debtMs(name: string, now: number): number {
    const debtMs = this.#accounts.get(name)?.waitMs(0, now) ?? 0;
    return debtMs > LOGIN_DEBT_MS_MAX ? debtMs - LOGIN_DEBT_MS_MAX : 0;
  }

  /** Forgets the parties that are gone and owe nothing. */
  tidy(now: number): void {
    for (const name of this.#left) {
      if (this.#accounts.get(name)?.isFull(now) === false) continue;
      this.#left.delete(name);
      this.#accounts.delete(name);
    }
  }

  #of(name: string, now: number): Account {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    const account = new Account(this.#rate, now);
    this.#accounts.set(name, account);
    return account;
  }
}
