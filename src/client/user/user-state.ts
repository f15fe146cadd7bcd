/**
 * What one user shows of how it is: read where somebody looks, kept by what the service tells, and read again after a loss.
 * Who hears of it is left to the user.
 */
import type { ValueMap } from '../../protocol/params/values.ts';
import { changed } from '../../protocol/params/paths.ts';
import { changesBetween } from '../attributes/changes.ts';
import { Refresh, unlessBeyond } from '../refresh.ts';

export interface UserStateOwner {
  read(): Promise<Readonly<ValueMap>>;
  /** By these changes; without any, it is there for the first time. */
  changed(changes: Readonly<ValueMap> | undefined): void;
  failed(error: unknown): void;
  isConnected(): boolean;
}

export class UserState {
  readonly #owner: UserStateOwner;
  readonly #refresh: Refresh;
  #state: Readonly<ValueMap> = {};
  #isRead = false;
  #isWanted = false;
  /** Nobody has looked since a loss: who does has it read. */
  #isOutdated = true;
  /** Told while a reading is under way, which may not know of it. */
  #told: Readonly<ValueMap>[] | undefined;
  #readings = 0;
  /** Counts what was told. */
  #heard = 0;

  constructor(owner: UserStateOwner) {
    this.#owner = owner;
    this.#refresh = new Refresh(
      () => this.read(),
      unlessBeyond((error) => owner.failed(error)),
    );
  }

  look(): Readonly<ValueMap> {
    this.#isWanted = true;
    if (this.#isOutdated && this.#owner.isConnected()) this.outdated(true);
    return this.#state;
  }

  async read(): Promise<Readonly<ValueMap>> {
    this.#isWanted = true;
    const told = (this.#told ??= []);
    this.#readings += 1;
    try {
      const state = await this.#owner.read();
      // Merged twice they give the same.
      this.learn(told.reduce((all, changes) => changed(all, changes), state));
    } finally {
      this.#readings -= 1;
      if (this.#readings === 0) this.#told = undefined;
    }
    return this.#state;
  }

  /** By a request of one's own. What another device has set may be told before the answer, which does not know of it: then it is read. */
  async set(request: () => Promise<Readonly<ValueMap>>): Promise<void> {
    const before = this.#heard;
    const state = await request();
    if (this.#heard === before) this.learn(state);
    else {
      // It is set, whatever becomes of this.
      this.#isWanted = true;
      this.outdated(true);
    }
  }

  /** As the service has it now. */
  learn(state: Readonly<ValueMap>): void {
    const changes = changesBetween(this.#state, state);
    const isFirst = !this.#isRead;
    this.#isRead = true;
    this.#isOutdated = false;
    if (Object.keys(changes).length > 0) this.#state = state;
    else if (!isFirst) return;
    this.#owner.changed(isFirst ? undefined : changes);
  }

  heard(changes: Readonly<ValueMap>): void {
    this.#heard += 1;
    this.#told?.push(changes);
    this.#state = changed(this.#state, changes);
    this.#owner.changed(changes);
  }

  /** `isHeard`: somebody wants to be told. */
  outdated(isHeard: boolean): void {
    this.#isOutdated = true;
    if (!this.#isWanted || !isHeard) return;
    this.#isOutdated = false;
    this.#refresh.start();
  }

  lost(): void {
    this.#refresh.stop();
    this.#isOutdated = true;
  }
}
