/**
 * Tells large rooms who came and went, in batches. What is to be told waits in Redis; this only remembers which rooms
 * to see to. Should this node die before it has, whoever sweeps after it or changes the room next does.
 */
import type { Looked, Waking } from '../../ops/pulse.ts';
import { userlistChangesFrame } from '../../protocol/membership.ts';
import type { MembershipStore } from '../../store/membership/membership-store.ts';
import { DueNames } from '../due-names.ts';

export interface UserlistChangesDeps extends Waking {
  readonly memberships: Pick<MembershipStore, 'flushChanges'>;
  onError(error: unknown): void;
}

/** The shortest time between two notices of a room, by the clock of Redis. */
export const PAUSE_MS = 1000;
const RETRY_MS = 250;
/** Rooms seen to in one run; there may be thousands after a sweep. */
const ROOMS_PER_RUN = 100;

export class UserlistChanges implements Looked {
  readonly #deps: UserlistChangesDeps;
  /** Rooms. */
  readonly #due = new DueNames();
  #running = false;

  constructor(deps: UserlistChangesDeps) {
    this.#deps = deps;
  }

  /** A room has changes to tell, perhaps. */
  note(roomName: string): void {
    this.#due.note(roomName, RETRY_MS);
    this.#deps.wake();
  }

  get hasWork(): boolean {
    return this.#due.size > 0;
  }

  /** Called often while this node may act; never rejects. */
  async run(): Promise<void> {
    if (this.#running || !this.hasWork) return;
    this.#running = true;
    try {
      await Promise.all(this.#due.take(ROOMS_PER_RUN).map((roomName) => this.#flush(roomName)));
    } catch (error) {
      this.#deps.onError(error);
    } finally {
      this.#running = false;
    }
  }

  forget(): void {
    this.#due.clear();
  }

  async #flush(roomName: string): Promise<void> {
    try {
      const left = await this.#deps.memberships.flushChanges(roomName, userlistChangesFrame(roomName), PAUSE_MS);
      if (left !== 0) this.note(roomName);
    } catch (error) {
      this.note(roomName);
      throw error;
    }
  }
}
