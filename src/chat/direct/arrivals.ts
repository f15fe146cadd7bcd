/**
 * Which messages the sockets of this node have had. A socket that was told some is asked by a WebSocket ping behind them, and its
 * pong says that it has read up to there: then they are marked as sent. One ping of a socket is under way at a time, for some
 * libraries give up on many; what it is told meanwhile goes with the next one. A ping that is not answered within a heartbeat
 * is followed by another when there is news. A socket without any has nothing here.
 */
import type { Receipts } from './receipts.ts';
import { nowOrLater, type Repairs } from '../repair/repairs.ts';

/** A socket that can be asked. */
export interface Hearer {
  readonly socketId: string;
  readonly userName: string;
  readonly open: boolean;
  /** To be answered by a pong of the same turn once all that was sent before it is read. */
  ping(turn: number): void;
}

/** Messages of one author, from one id to another. */
export interface Heard {
  readonly author: string;
  readonly first: number;
  readonly last: number;
}

export interface ArrivalsDeps {
  readonly receipts: Pick<Receipts, 'come'>;
  readonly repairs: Pick<Repairs, 'retry'>;
  readonly heartbeatMs: number;
  /** A user's sockets on this node. */
  socketsOf(userName: string): readonly Hearer[];
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** By author, ascending. No two of an author touch: what is between them may have come to nobody. */
type Ranges = Map<string, readonly Range[]>;

interface Asking {
  readonly turn: number;
  readonly since: number;
  /** Before the ping, and behind it. */
  readonly asked: Ranges;
  readonly next: Ranges;
}

/** Of an author. Beyond that what is told is not noted: it is found as missed, or as history. */
const RANGES_MAX = 64;

export class Arrivals {
  readonly #deps: ArrivalsDeps;
  readonly #asking = new WeakMap<Hearer, Asking>();
  #turns = 0;

  constructor(deps: ArrivalsDeps) {
    this.#deps = deps;
  }

  /** A socket was sent messages of an author just now. */
  told(socket: Hearer, { author, first, last }: Heard): void {
    const asking = this.#asking.get(socket);
    const news = asking?.next ?? new Map<string, readonly Range[]>();
    add(news, author, { first, last });
    if (asking === undefined) return this.#ask(socket, news);
    if (performance.now() - asking.since < this.#deps.heartbeatMs) return;
    // The ping, or its answer, is lost.
    for (const [name, ranges] of asking.asked) for (const range of ranges) add(news, name, range);
    this.#ask(socket, news);
  }

  #ask(socket: Hearer, asked: Ranges): void {
    if (!socket.open) return;
    const turn = ++this.#turns;
    this.#asking.set(socket, { turn, since: performance.now(), asked, next: new Map() });
    socket.ping(turn);
  }

  /** A socket has answered the ping of a turn; another one than it was asked by last says nothing. */
  answered(socket: Hearer, turn: number): void {
    const asking = this.#asking.get(socket);
    if (asking?.turn !== turn) return;
    this.#asking.delete(socket);
    for (const [author, ranges] of asking.asked) this.#had(socket, author, ranges);
    if (asking.next.size > 0) this.#ask(socket, asking.next);
  }

  #had(socket: Hearer, author: string, ranges: readonly Range[]): void {
    const { receipts, repairs } = this.#deps;
    // The user's others here need not say the same.
    for (const other of this.#deps.socketsOf(socket.userName)) {
      const asking = this.#asking.get(other);
      if (asking === undefined || other === socket) continue;
      for (const told of [asking.asked, asking.next]) takeOut(told, author, ranges);
    }
    const by = { author: socket.userName, exceptSocket: socket.socketId };
    const mark = async (): Promise<void> => {
      // One after the other: a mark goes on only from where the one before it ends.
      for (const range of ranges) await receipts.come(by, author, range);
    };
    void nowOrLater(repairs, mark);
  }
}

/** Joins what touches. */
function add(told: Ranges, author: string, range: Range): void {
  let { first, last } = range;
  const apart: Range[] = [];
  for (const known of told.get(author) ?? []) {
    if (known.last < first - 1 || known.first > last + 1) apart.push(known);
    else [first, last] = [Math.min(first, known.first), Math.max(last, known.last)];
  }
  if (apart.length < RANGES_MAX)
    told.set(
      author,
      [...apart, { first, last }].toSorted((a, b) => a.first - b.first),
    );
}

/** Takes out what lies within other ranges. */
function takeOut(told: Ranges, author: string, had: readonly Range[]): void {
  const known = told.get(author);
  if (known === undefined) return;
  const left = known.filter(({ first, last }) => !had.some((range) => range.first <= first && last <= range.last));
  if (left.length > 0) told.set(author, left);
  else told.delete(author);
}
