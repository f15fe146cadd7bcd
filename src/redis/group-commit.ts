/**
 * Group commit: of the work of one lane (a room's posts) at most one call is under way. What comes meanwhile goes together
 * in the next one, in order, and lanes that are ready in the same turn share a call where one server has them. Where
 * nothing is under way nothing waits. What the work is, and what comes of it, is not known here.
 */
import { OVERLOADED, StateUnavailable } from './unavailable.ts';
import type { Budget } from './budget.ts';

/** What goes of one lane in one call, in order. */
export interface Share<Item> {
  readonly lane: string;
  readonly items: readonly Item[];
}

export interface GroupCommitDeps<Item, Outcome> {
  /** Counts what waits here. */
  readonly budget: Pick<Budget, 'take' | 'give'>;
  /** Of one call. */
  readonly itemsMax: number;
  /** What has waited longer than a call may take is not sent any more. */
  readonly timeoutMs: number;
  /** Lanes of one number may share a call; where this is left out each has its own. */
  slotOf?(lane: string): number;
  /** What an item weighs, in bytes of arguments. */
  bytesOf(item: Item): number;
  /** One call. Gives the outcomes in the order of the items, lane after lane; an error is that of one item. */
  run(shares: readonly Share<Item>[]): Promise<readonly (Outcome | Error)[]>;
}

/** Of one call. An item that is larger goes alone. */
const BYTES_MAX = 256 * 1024;

interface Waiting<Item, Outcome> {
  readonly item: Item;
  readonly bytes: number;
  readonly since: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

interface Lane<Item, Outcome> {
  readonly name: string;
  waiting: Waiting<Item, Outcome>[];
  /** A call with some of it is on its way. */
  isUnderWay: boolean;
}

/** A call that is being put together. */
interface Call<Item, Outcome> {
  readonly shares: { readonly lane: Lane<Item, Outcome>; readonly taken: readonly Waiting<Item, Outcome>[] }[];
  count: number;
  bytes: number;
}

export class GroupCommit<Item, Outcome> {
  readonly #deps: GroupCommitDeps<Item, Outcome>;
  readonly #lanes = new Map<string, Lane<Item, Outcome>>();
  /** Lanes with something to send, and nothing under way, in the order in which they came to that. */
  #ready: Lane<Item, Outcome>[] = [];

  constructor(deps: GroupCommitDeps<Item, Outcome>) {
    this.#deps = deps;
  }

  /** Takes its place in the lane before it returns. Rejects with what its call fails with. */
  add(laneName: string, item: Item): Promise<Outcome> {
    const bytes = this.#deps.bytesOf(item);
    if (!this.#deps.budget.take(bytes)) return Promise.reject(new StateUnavailable(OVERLOADED));
    let lane = this.#lanes.get(laneName);
    if (lane === undefined) {
      lane = { name: laneName, waiting: [], isUnderWay: false };
      this.#lanes.set(laneName, lane);
    }
    const { waiting, isUnderWay } = lane;
    if (waiting.length === 0 && !isUnderWay) this.#makeReady(lane);
    return new Promise((resolve, reject) => waiting.push({ item, bytes, since: performance.now(), resolve, reject }));
  }

  #makeReady(lane: Lane<Item, Outcome>): void {
    // At the end of the turn, in which all that the sockets have brought is read.
    if (this.#ready.length === 0) setImmediate(() => this.#flush());
    this.#ready.push(lane);
  }

  #flush(): void {
    const ready = this.#ready;
    this.#ready = [];
    const open = new Map<number | string, Call<Item, Outcome>>();
    for (const lane of ready) {
      this.#expire(lane);
      if (lane.waiting.length === 0) {
        this.#lanes.delete(lane.name);
        continue;
      }
      const slot = this.#deps.slotOf?.(lane.name) ?? lane.name;
      const taken = take(lane, this.#deps.itemsMax);
      const [count, bytes] = [taken.length, bytesOf(taken)];
      let call = open.get(slot);
      if (call === undefined || call.count + count > this.#deps.itemsMax || call.bytes + bytes > BYTES_MAX) {
        if (call !== undefined) void this.#run(call);
        call = { shares: [], count: 0, bytes: 0 };
        open.set(slot, call);
      }
      call.shares.push({ lane, taken });
      call.count += count;
      call.bytes += bytes;
    }
    for (const call of open.values()) void this.#run(call);
  }

  #expire(lane: Lane<Item, Outcome>): void {
    const late = performance.now() - this.#deps.timeoutMs;
    let count = 0;
    while (count < lane.waiting.length && (lane.waiting[count]?.since ?? 0) < late) count++;
    // Looked at before each call: an error takes its stack, which is slow.
    if (count === 0) return;
    this.#refuse(lane.waiting.splice(0, count), new StateUnavailable('waited too long for Redis'));
  }

  #refuse(waiting: readonly Waiting<Item, Outcome>[], error: Error): void {
    for (const { bytes, reject } of waiting) {
      this.#deps.budget.give(bytes);
      reject(error);
    }
  }

  /** Never rejects. */
  async #run({ shares }: Call<Item, Outcome>): Promise<void> {
    for (const { taken } of shares) for (const { bytes } of taken) this.#deps.budget.give(bytes);
    try {
      const asked = shares.map(({ lane, taken }) => ({ lane: lane.name, items: taken.map(({ item }) => item) }));
      const outcomes = await this.#deps.run(asked);
      this.#settle(shares, outcomes);
    } catch (error) {
      this.#fail(shares, error instanceof Error ? error : new Error(String(error)));
    }
    for (const { lane } of shares) {
      lane.isUnderWay = false;
      if (lane.waiting.length > 0) this.#makeReady(lane);
      else this.#lanes.delete(lane.name);
    }
  }

  #settle(shares: Call<Item, Outcome>['shares'], outcomes: readonly (Outcome | Error)[]): void {
    const taken = shares.flatMap((share) => share.taken);
    if (outcomes.length !== taken.length) throw new Error(`${outcomes.length} outcomes for ${taken.length} items`);
    for (const [i, { resolve, reject }] of taken.entries()) {
      const outcome = outcomes[i];
      if (outcome instanceof Error) reject(outcome);
      // As many as there are items, see above.
      else resolve(outcome as Outcome);
    }
  }

  #fail(shares: Call<Item, Outcome>['shares'], error: Error): void {
    for (const { lane, taken } of shares) {
      for (const { reject } of taken) reject(error);
      // What waits behind a call that was not answered has waited for as long, and would as long again.
      if (error instanceof StateUnavailable) this.#refuse(lane.waiting.splice(0), error);
    }
  }
}

/** As much of a lane as goes in one call: one item at least. */
function take<Item, Outcome>(lane: Lane<Item, Outcome>, itemsMax: number): Waiting<Item, Outcome>[] {
  const { waiting } = lane;
  lane.isUnderWay = true;
  let [count, bytes] = [0, 0];
  for (const next of waiting) {
    if (count === itemsMax || (count > 0 && bytes + next.bytes > BYTES_MAX)) break;
    count++;
    bytes += next.bytes;
  }
  if (count === waiting.length) lane.waiting = [];
  else lane.waiting = waiting.slice(count);
  return count === waiting.length ? waiting : waiting.slice(0, count);
}

const bytesOf = (taken: readonly { readonly bytes: number }[]): number =>
  taken.reduce((sum, { bytes }) => sum + bytes, 0);
