// A pool of the generator's connections: opening them, and handing what arrives to whichever run is under way. How the
// sockets post is in runs.ts.
import type { PoolPlan } from './commands.ts';
import { requestIds } from './frames.ts';
import { Link, type LinkListener } from './link.ts';
import { wires, type Wire } from './wire.ts';

/** What a run wants to know. */
export interface RunListener {
  response(index: number): void;
  /** A room message, its last byte before `end`. */
  message(index: number, bytes: Buffer, end: number): void;
}

/** Connections from one loopback address, so that its ports suffice. */
const PER_ADDRESS = 20_000;

/** Counts the pools of this process: ports that were chosen with an address stay taken for a minute after a pool has closed. */
let pools = 0;

export class Pool implements LinkListener {
  readonly plan: PoolPlan;
  readonly wire: Wire;
  readonly links: Link[] = [];
  readonly #number = pools++ % 250;
  #run: RunListener | undefined;
  /** Rejects what is under way. */
  #fail: (error: Error) => void = () => undefined;
  #ready = 0;
  #onReady: () => void = () => undefined;

  constructor(plan: PoolPlan) {
    this.plan = plan;
    this.wire = wires[plan.wire];
  }

  roomOf(index: number): string {
    return `${this.plan.roomPrefix}${Math.floor(index / this.plan.roomSize)}`;
  }

  userOf(index: number): string {
    return `${this.plan.userPrefix}${index}`;
  }

  /** Opens all sockets, so many at a time. */
  open(): Promise<void> {
    const { sockets, concurrency } = this.plan;
    return this.guard((resolve) => {
      this.#onReady = () => {
        this.#ready++;
        if (this.#ready === sockets) resolve();
        else this.#openNext();
      };
      for (let i = 0; i < Math.min(concurrency, sockets); i++) this.#openNext();
    });
  }

  /** Runs something that ends by resolving, or fails with the first error or lost connection. */
  guard<T>(body: (resolve: (value: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#fail = reject;
      body(resolve);
    });
  }

  abort(why: string): void {
    this.#fail(new Error(why));
  }

  listen(run: RunListener | undefined): void {
    this.#run = run;
  }

  async close(): Promise<number> {
    await Promise.all(this.links.map((link) => link.end()));
    return this.links.length;
  }

  upgraded(link: Link): void {
    link.send(this.wire.login(this.userOf(link.index)));
  }

  response(link: Link, id: number, ok: boolean): void {
    if (!ok) return this.#fail(new Error(`socket ${link.index}: request ${id} was refused`));
    if (this.#run !== undefined) return this.#run.response(link.index);
    if (id === requestIds.login && this.plan.join) link.send(this.wire.join(this.roomOf(link.index)));
    else this.#onReady();
  }

  message(link: Link, bytes: Buffer, end: number): void {
    this.#run?.message(link.index, bytes, end);
  }

  lost(link: Link, why: string): void {
    this.#fail(new Error(`socket ${link.index} of ${this.plan.pool} was lost: ${why}`));
  }

  #openNext(): void {
    const index = this.links.length;
    const { ports, sockets } = this.plan;
    if (index >= sockets) return;
    const from = Math.floor(index / PER_ADDRESS);
    // The first ones leave the choice to the system, which then gives one port to connections to different servers.
    const place = from === 0 ? {} : { localAddress: `127.${this.#number}.${from}.2` };
    this.links.push(new Link(index, ports[index % ports.length] ?? 0, this, { wire: this.wire, ...place }));
  }
}
