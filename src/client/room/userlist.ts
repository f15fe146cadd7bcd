/**
 * Who is in a room, as far as somebody wants to know: read page by page once it is joined, kept by the service's notices,
 * and read again after each loss. Who hears of it is left to the room.
 */
import type { UserlistPage } from '../../protocol/params/types.ts';
import { repeatDelayMs } from '../connection/backoff.ts';
import { RequestError } from '../request-error.ts';
import type { User } from '../user/user.ts';

export interface UserlistOwner {
  page(cursor: string | undefined): Promise<UserlistPage>;
  user(userName: string): User;
  /** In a list that is being read again these are who came and went meanwhile. */
  joined(user: User): void;
  left(user: User): void;
  /** The list is whole, for the first time. */
  filled(): void;
  failed(error: unknown): void;
}

/** Users in a list at most: one of more is cut, and its `count` tells. */
const usersMax = 10_000;

/** One reading; what is told meanwhile counts more than what its pages say. */
interface Reading {
  readonly names: Set<string>;
  readonly told: Map<string, boolean>;
}

export class Userlist {
  readonly #owner: UserlistOwner;
  readonly #users = new Map<string, User>();
  #isWanted = false;
  #isJoined = false;
  #isFilled = false;
  #count: number | undefined;
  #reading: Reading | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(owner: UserlistOwner) {
    this.#owner = owner;
  }

  get users(): ReadonlyMap<string, User> {
    return this.#users;
  }

  /** Users in the room, also where that is more than are listed; undefined until it is known. */
  get count(): number | undefined {
    return this.#isFilled || this.#count !== undefined ? Math.max(this.#count ?? 0, this.#users.size) : undefined;
  }

  /** Somebody looks at it: it is read from now on. */
  want(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#read();
  }

  /** On a new connection, perhaps: what changed meanwhile nobody has told. */
  joined(): void {
    this.#isJoined = true;
    this.#read();
  }

  /** Nothing is told for the moment; the list stays as it was. */
  lost(): void {
    this.#isJoined = false;
    this.#stop();
  }

  left(): void {
    this.lost();
    this.#users.clear();
    this.#isFilled = false;
    this.#count = undefined;
  }

  changed(joined: readonly string[], left: readonly string[], count?: number): void {
    if (count !== undefined) this.#count = count;
    for (const name of left) this.#remove(name);
    for (const name of joined) this.#add(name);
    if (count === undefined && this.#count !== undefined) this.#count += joined.length - left.length;
  }

  #add(name: string): void {
    this.#reading?.told.set(name, true);
    const user = this.#owner.user(name);
    if (this.#users.has(name)) return;
    if (this.#isWanted && this.#users.size < usersMax) this.#users.set(name, user);
    this.#owner.joined(user);
  }

  #remove(name: string): void {
    this.#reading?.told.set(name, false);
    const wasThere = this.#users.delete(name);
    // Of whom a list that is whole knows nothing nobody has heard that it came.
    if (wasThere || !this.#isFilled || this.#users.size >= usersMax) this.#owner.left(this.#owner.user(name));
  }

  #stop(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#reading = undefined;
  }

  #read(): void {
    if (!this.#isWanted || !this.#isJoined) return;
    this.#stop();
    const reading: Reading = { names: new Set(), told: new Map() };
    this.#reading = reading;
    this.#pages(reading).then(
      (isWhole) => {
        if (isWhole && this.#reading === reading) this.#take(reading);
      },
      (error: unknown) => {
        if (this.#reading === reading) this.#failed(error);
      },
    );
  }

  /** False where nobody waits for it any more. */
  async #pages(reading: Reading): Promise<boolean> {
    let cursor: string | undefined;
    do {
      const page = await this.#owner.page(cursor);
      if (this.#reading !== reading) return false;
      this.#count = page.count;
      for (const name of page.names) reading.names.add(name);
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined && reading.names.size < usersMax);
    return true;
  }

  #take({ names, told }: Reading): void {
    this.#reading = undefined;
    this.#failures = 0;
    for (const [name, isThere] of told) {
      if (isThere) names.add(name);
      else names.delete(name);
    }
    const isFirst = !this.#isFilled;
    this.#isFilled = true;
    const gone = [...this.#users].filter(([name]) => !names.has(name));
    const come: User[] = [];
    for (const name of names) {
      if (this.#users.has(name) || this.#users.size >= usersMax) continue;
      const user = this.#owner.user(name);
      this.#users.set(name, user);
      come.push(user);
    }
    for (const [name] of gone) this.#users.delete(name);
    if (isFirst) return this.#owner.filled();
    for (const [, user] of gone) this.#owner.left(user);
    for (const user of come) this.#owner.joined(user);
  }

  #failed(error: unknown): void {
    this.#reading = undefined;
    // It may have been asked before the room was joined again on this connection.
    const isEarly = error instanceof RequestError && error.code === 'notJoined';
    if (!(error instanceof RequestError) || !(error.temporary || isEarly)) return this.#owner.failed(error);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#read(), repeatDelayMs(error, this.#failures));
  }
}
