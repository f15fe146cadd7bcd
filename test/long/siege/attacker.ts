// The attacker's process: many sockets of one user that keep as much under way as they are let. It takes one order at a time
// and ends with its parent. Nothing is decoded but whether an answer is an error.
import { constants, setPriority } from 'node:os';
import { loginFrame, requestFrame, requestIds } from '../../bench/generator/frames.ts';
import { Link, type LinkListener } from '../../bench/generator/link.ts';
import { scene, type AnswerOf, type Kind, type Order, type OrderName, type OrderOf, type Outcomes } from './orders.ts';

const IN_FLIGHT = 4;
/** A refused request is sent again after that; who is closed for it comes back. */
const PAUSE_MS = 1000;
const FIRST_ID = 10;

const text = 'x'.repeat(scene.messageBytes);
const names = (salt: number): string[] => Array.from({ length: 500 }, (_, i) => `${salt}-${i}-`.padEnd(120, 'n'));

const requestsOf: Record<Kind, (id: number, round: number) => Buffer> = {
  roomsJoin: (id) =>
    requestFrame(id, 'roomsJoin', [
      scene.joinedRooms.map((roomName) => ({ roomName, epoch: epochs.get(roomName) ?? '', lastMessageId: 0 })),
    ]),
  history: (id, round) => requestFrame(id, 'roomHistoryGet', [scene.joinedRooms[round % scene.fullRooms], 0, 100]),
  posts: (id) => requestFrame(id, 'roomMessage', [scene.joinedRooms[100], { text }]),
  values: (id) => requestFrame(id, 'roomMessage', [scene.joinedRooms[101], { a: Array<number>(4000).fill(0) }]),
  lists: (id, round) => requestFrame(id, 'roomAddToList', [scene.joinedRooms[round % 128], 'whitelist', names(round)]),
  sessionGet: (id) => requestFrame(id, 'sessionGet', []),
  reconnect: (id) => requestFrame(id, 'roomRecentHistory', [scene.joinedRooms[0]]),
};

/** Epochs are told with the order to open. */
const epochs = new Map<string, string>();

class Attacker implements LinkListener {
  #links: Link[] = [];
  #port = 0;
  #userName = '';
  #opened: () => void = () => undefined;
  #kind: Kind | undefined;
  #round = 0;
  #tally = { ok: 0, refused: 0, lost: 0, bytes: 0 };

  open({ port, userName, sockets }: OrderOf<'open'>): Promise<null> {
    this.#port = port;
    this.#userName = userName;
    return new Promise((resolve) => {
      const next = (): void => {
        if (this.#links.length >= sockets) return resolve(null);
        this.#opened = next;
        this.#links.push(new Link(this.#links.length, port, this));
      };
      next();
    });
  }

  attack({ kind, forMs }: OrderOf<'attack'>): Promise<Outcomes> {
    this.#tally = { ok: 0, refused: 0, lost: 0, bytes: 0 };
    this.#kind = kind;
    for (const link of this.#links) for (let i = 0; i < IN_FLIGHT; i++) this.#send(link, FIRST_ID + i);
    return new Promise((resolve) => {
      setTimeout(() => {
        this.#kind = undefined;
        resolve(this.#tally);
      }, forMs);
    });
  }

  #send(link: Link, id: number): void {
    if (this.#kind === undefined || this.#links[link.index] !== link) return;
    if (this.#kind === 'reconnect' && this.#round % 50 === 49) {
      void link.end();
      this.#links[link.index] = new Link(link.index, this.#port, this);
    }
    const bytes = requestsOf[this.#kind](id, this.#round++);
    this.#tally.bytes += bytes.length;
    this.#links[link.index]?.send(bytes);
  }

  upgraded(link: Link): void {
    link.send(loginFrame(this.#userName));
  }

  response(link: Link, id: number, ok: boolean): void {
    if (id === requestIds.login) return this.#opened();
    this.#tally[ok ? 'ok' : 'refused']++;
    if (ok) this.#send(link, id);
    else setTimeout(() => this.#send(link, id), PAUSE_MS);
  }

  message(): void {}

  lost(link: Link): void {
    this.#tally.lost++;
    setTimeout(() => {
      this.#links[link.index] = new Link(link.index, this.#port, this);
      this.#opened = () => undefined;
    }, PAUSE_MS);
  }
}

// The service and the witness are not to wait for the processor because of this.
setPriority(constants.priority.PRIORITY_LOW);
const attacker = new Attacker();

function execute(order: Order): Promise<AnswerOf<OrderName>> {
  if (order.name === 'open') {
    for (const [roomName, epoch] of order.order.epochs) epochs.set(roomName, epoch);
    return attacker.open(order.order);
  }
  return attacker.attack(order.order);
}

process.on('disconnect', () => process.exit(0));
// The parent sends nothing but orders.
process.on('message', (order: Order) => {
  execute(order).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.send?.({ answer: null });
