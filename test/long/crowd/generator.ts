// A generator's process: thousands of raw sockets that count what they hear. It takes one order at a time and ends with its
// parent. Nothing is decoded but the id at the end of a room message.
import { joinFrame, loginFrame, requestIds } from '../../bench/generator/frames.ts';
import { Link, type LinkListener } from '../../bench/generator/link.ts';
import type { AnswerOf, Heard, Order, OrderName, OrderOf } from './orders.ts';

const AT_ONCE = 50;
const JOIN_TICK_MS = 5;
/** The head bytes of the notifications' names: MessagePack strings of up to 31 bytes. */
const names = { userlist: 0xb3, joined: 0xae, left: 0xac, removed: 0xb1 };

type Tally = { -readonly [K in keyof Heard]: Heard[K] };

class Crowd implements LinkListener {
  readonly #links = new Map<number, Link>();
  readonly #tallies = new Map<number, Tally>();
  #userPrefix = '';
  #answered: (user: number) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  open({ port, userPrefix, from, to }: OrderOf<'open'>): Promise<null> {
    this.#userPrefix = userPrefix;
    let next = from;
    const openNext = (): void => {
      if (next >= to) return;
      const user = next++;
      this.#tallies.set(user, emptyTally(user));
      this.#links.set(user, new Link(user, port, this));
    };
    return this.#until(to - from, openNext, () => {
      for (let i = 0; i < AT_ONCE; i++) openNext();
    });
  }

  join({ roomName, from, to, withinMs }: OrderOf<'join'>): Promise<null> {
    const frame = joinFrame(roomName);
    let sent = from;
    return this.#until(to - from, undefined, () => {
      const startedAt = performance.now();
      const timer = setInterval(() => {
        const due = from + Math.ceil(((performance.now() - startedAt) / withinMs) * (to - from));
        for (; sent < Math.min(due, to); sent++) this.#links.get(sent)?.send(frame);
        if (sent >= to) clearInterval(timer);
      }, JOIN_TICK_MS);
    });
  }

  forget(): null {
    for (const user of this.#tallies.keys()) this.#tallies.set(user, emptyTally(user));
    return null;
  }

  heard(): Heard[] {
    return [...this.#tallies.values()];
  }

  upgraded(link: Link): void {
    link.send(loginFrame(`${this.#userPrefix}${link.index}`));
  }

  response(link: Link, id: number, ok: boolean): void {
    if (!ok) this.#fail(new Error(`user ${link.index}: ${id === requestIds.login ? 'login' : 'join'} was refused`));
    else this.#answered(link.index);
  }

  message(link: Link, bytes: Buffer, end: number): void {
    const tally = this.#tallies.get(link.index);
    if (tally !== undefined) tally.lastId = Math.max(tally.lastId, Number(bytes.readBigUInt64BE(end - 8)));
  }

  notice(link: Link, nameHead: number): void {
    const tally = this.#tallies.get(link.index);
    if (tally === undefined) return;
    if (nameHead === names.userlist) tally.userlists++;
    else if (nameHead === names.joined || nameHead === names.left) tally.singles++;
    else if (nameHead === names.removed) tally.removals++;
  }

  lost(link: Link, why: string): void {
    this.#fail(new Error(`user ${link.index} was lost: ${why}`));
  }

  #until(count: number, each: (() => void) | undefined, begin: () => void): Promise<null> {
    return new Promise((resolve, reject) => {
      let answered = 0;
      this.#fail = reject;
      this.#answered = () => {
        if (++answered === count) resolve(null);
        else each?.();
      };
      begin();
    });
  }
}

const emptyTally = (user: number): Tally => ({ user, userlists: 0, singles: 0, removals: 0, lastId: 0 });

const crowd = new Crowd();

function execute(order: Order): Promise<AnswerOf<OrderName>> | AnswerOf<OrderName> {
  switch (order.name) {
    case 'open':
      return crowd.open(order.order);
    case 'join':
      return crowd.join(order.order);
    case 'forget':
      return crowd.forget();
    case 'heard':
      return crowd.heard();
  }
}

process.on('disconnect', () => process.exit(0));
// The parent sends nothing but orders.
process.on('message', (order: Order) => {
  Promise.resolve()
    .then(() => execute(order))
    .then(
      (answer) => process.send?.({ answer }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
});
process.send?.({ answer: null });
