// A pool of the generator's connections: opening them, and handing what arrives to whichever run is under way. How the
// sockets post is in runs.ts.
import type { PoolPlan } from './commands.ts';
import { joinFrame, loginFrame, requestIds } from './frames.ts';
import { Link, type LinkListener } from './link.ts';

/** What a run wants to know. */
export interface RunListener {
  response(index: number): void;
  message(): void;
}

export class Pool implements LinkListener {
  readonly plan: PoolPlan;
  readonly links: Link[] = [];
  #run: RunListener | undefined;
  /** Rejects what is under way. */
  #fail: (error: Error) => void = () => undefined;
  #ready = 0;
  #onReady: () => void = () => undefined;

  constructor(plan: PoolPlan) {
    this.plan = plan;
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
    link.send(loginFrame(this.userOf(link.index)));
  }

  response(link: Link, id: number, ok: boolean): void {
    if (!ok) return this.#fail(new Error(`socket ${link.index}: request ${id} was refused`));
    if (this.#run !== undefined) return this.#run.response(link.index);
    if (id === requestIds.login && this.plan.join) link.send(joinFrame(this.roomOf(link.index)));
    else this.#onReady();
  }

  message(): void {
    this.#run?.message();
  }

  lost(link: Link, why: string): void {
    this.#fail(new Error(`socket ${link.index} of ${this.plan.pool} was lost: ${why}`));
  }

  #openNext(): void {
    const index = this.links.length;
    const { ports, sockets } = this.plan;
    if (index >= sockets) return;
    this.links.push(new Link(index, ports[index % ports.length] ?? 0, this));
  }
}
