/**
 * Which messages the sockets of this node have had. A socket that was told some is asked by a WebSocket ping behind them, and its
 * pong says that it has read up to there: then they are marked as sent. One ping of a socket is under way at a time, for some
 * libraries give up on many; what it is told meanwhile goes with the next one. A socket without news has nothing here.
 */
import type { Receipts } from './receipts.ts';
import type { Repairs } from '../repair/repairs.ts';

/** A socket that can be asked. */
export interface Hearer {
  readonly socketId: string;
  readonly userName: string;
  readonly open: boolean;
  /** To be answered by a pong once all that was sent before it is read. */
  ping(): void;
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
  /** A user's sockets on this node. */
  socketsOf(userName: string): readonly Hearer[];
}

type Range = { first: number; last: number };

interface Asking {
  /** By author: before the ping, and behind it. */
  asked: ReadonlyMap<string, Range>;
  next: Map<string, Range>;
}

export class Arrivals {
  readonly #deps: ArrivalsDeps;
  readonly #asking = new WeakMap<Hearer, Asking>();

  constructor(deps: ArrivalsDeps) {
    this.#deps = deps;
  }

  /** A socket was sent messages of an author, in this turn. */
  told(socket: Hearer, { author, first, last }: Heard): void {
    const asking = this.#asking.get(socket);
    if (asking === undefined) return this.#ask(socket, new Map([[author, { first, last }]]));
    const known = asking.next.get(author);
    if (known === undefined) asking.next.set(author, { first, last });
    else known.last = Math.max(known.last, last);
  }

  #ask(socket: Hearer, asked: ReadonlyMap<string, Range>): void {
    if (!socket.open) return;
    this.#asking.set(socket, { asked, next: new Map() });
    socket.ping();
  }

  /** A socket has answered. */
  answered(socket: Hearer): void {
    const asking = this.#asking.get(socket);
    if (asking === undefined) return;
    this.#asking.delete(socket);
    for (const [author, range] of asking.asked) this.#had(socket, author, range);
    if (asking.next.size > 0) this.#ask(socket, asking.next);
  }

  #had(socket: Hearer, author: string, { first, last }: Range): void {
    const { receipts, repairs } = this.#deps;
    // The user's others here need not say the same.
    for (const other of this.#deps.socketsOf(socket.userName)) {
      const asking = this.#asking.get(other);
      if (asking === undefined || other === socket) continue;
      if ((asking.asked.get(author)?.last ?? Infinity) <= last) asking.asked = without(asking.asked, author);
      if ((asking.next.get(author)?.last ?? Infinity) <= last) asking.next.delete(author);
    }
    const by = { author: socket.userName, exceptSocket: socket.socketId };
    const mark = async (): Promise<void> => {
      await receipts.come(by, author, { first, last });
    };
    mark().catch((error: unknown) => repairs.retry(mark, error));
  }
}

const without = (ranges: ReadonlyMap<string, Range>, author: string): ReadonlyMap<string, Range> =>
  new Map([...ranges].filter(([name]) => name !== author));
