/**
 * What changes of messages leave to do in rooms: telling reactions in large ones, and that somebody has replied; and writing a history anew
 * out of which something was recalled. All of it is noted in Redis; this only remembers which rooms to see to. Should this node die before
 * it has, whoever sweeps after it or changes a message of the room next does.
 */
import type { Looked, Waking } from '../../ops/pulse.ts';
import type { AuthoredStore } from '../../store/authored/authored-store.ts';
import type { ChangeStore } from '../../store/change/change-store.ts';
import { restAfter } from '../resting.ts';
import { DueNames } from '../due-names.ts';

export interface ChangesDueDeps extends Waking {
  readonly changes: Pick<ChangeStore, 'tell'>;
  readonly authored: Pick<AuthoredStore, 'rewriteRoom'>;
  onError(error: unknown): void;
}

const RETRY_MS = 1000;
/** Rooms seen to in one run; there may be thousands after a sweep. */
const ROOMS_PER_RUN = 100;

export class ChangesDue implements Looked {
  readonly #deps: ChangesDueDeps;
  /** Rooms. */
  readonly #due = new DueNames();
  /** Rooms that are being written anew, or wait for that. */
  readonly #rewriting = new Set<string>();
  #lastRewrite: Promise<void> = Promise.resolve();
  /** Room → how much is being done there. */
  readonly #underWay = new Map<string, number>();
  /** Room → whom to tell that nothing is left to do. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #running = false;

  constructor(deps: ChangesDueDeps) {
    this.#deps = deps;
  }

  /** There is something to do in a room, perhaps, after a while. */
  note(roomName: string, inMs = 0): void {
    this.#due.note(roomName, inMs);
    this.#deps.wake();
  }

  /** The same as a change of the room has it; `dueMs` is negative where there is nothing to tell. */
  after(roomName: string, { isDirty = false, dueMs = -1 }: LeftToDo): void {
    if (dueMs >= 0) this.note(roomName, dueMs);
    if (isDirty) this.#rewrite(roomName);
  }

  /** Calls back once nothing is left to do in a room, as far as this node knows; at once where that is so. */
  whenDone(roomName: string, done: () => void): void {
    this.#waiting.set(roomName, [...(this.#waiting.get(roomName) ?? []), done]);
    this.#release(roomName);
  }

  /** Tells at once that somebody has replied. Never rejects. */
  tellNow(roomName: string): Promise<void> {
    return this.#at(roomName, async () => {
      const told = await this.#deps.changes.tell(roomName);
      if (told !== 'noRoom') this.after(roomName, told);
    });
  }

  get hasWork(): boolean {
    return this.#due.size > 0;
  }

  /** Called often while this node may act; never rejects. */
  async run(): Promise<void> {
    if (this.#running || !this.hasWork) return;
    this.#running = true;
    try {
      await Promise.all(this.#due.take(ROOMS_PER_RUN).map((roomName) => this.tellNow(roomName)));
    } finally {
      this.#running = false;
    }
  }

  forget(): void {
    this.#due.clear();
    for (const roomName of this.#waiting.keys()) this.#release(roomName);
  }

  /** One room after the other, for it is of all that a room keeps. What was recalled while it was written makes it begin again. */
  #rewrite(roomName: string): void {
    if (this.#rewriting.has(roomName)) return;
    this.#rewriting.add(roomName);
    const before = this.#lastRewrite;
    this.#lastRewrite = this.#at(roomName, async () => {
      await before;
      try {
        await this.#deps.authored.rewriteRoom(roomName, resting());
      } finally {
        // What is recalled from here on was not seen.
        this.#rewriting.delete(roomName);
      }
    });
  }

  /** Never rejects: what fails is looked for again, and found. */
  async #at(roomName: string, work: () => Promise<void>): Promise<void> {
    this.#underWay.set(roomName, (this.#underWay.get(roomName) ?? 0) + 1);
    try {
      await work();
    } catch (error) {
      this.note(roomName, RETRY_MS);
      this.#deps.onError(error);
    }
    const left = (this.#underWay.get(roomName) ?? 0) - 1;
    if (left > 0) this.#underWay.set(roomName, left);
    else this.#underWay.delete(roomName);
    this.#release(roomName);
  }

  #release(roomName: string): void {
    if (this.#due.has(roomName) || this.#underWay.has(roomName)) return;
    const waiting = this.#waiting.get(roomName) ?? [];
    this.#waiting.delete(roomName);
    for (const done of waiting) {
      try {
        done();
      } catch (error) {
        this.#deps.onError(error);
      }
    }
  }
}

function resting(): () => Promise<void> {
  let began = performance.now();
  return async () => {
    await restAfter(began);
    began = performance.now();
  };
}

/** What a change has left to do. */
export interface LeftToDo {
  readonly isDirty?: boolean | undefined;
  readonly dueMs?: number | undefined;
}
