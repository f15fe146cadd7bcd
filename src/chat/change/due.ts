/**
 * What changes of messages leave to do in rooms: telling reactions in large ones, and that somebody has replied; and writing a history anew
 * out of which something was recalled. All of it is noted in Redis; this only remembers which rooms to see to. Should this node die before
 * it has, whoever sweeps after it or changes a message of the room next does.
 */
import type { Looked, Waking } from '../../ops/pulse.ts';
import type { AuthoredStore } from '../../store/authored/authored-store.ts';
import type { ChangeStore } from '../../store/change/change-store.ts';

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
  /** Room → when to see to it. */
  readonly #due = new Map<string, number>();
  readonly #rewriting = new Set<string>();
  #running = false;

  constructor(deps: ChangesDueDeps) {
    this.#deps = deps;
  }

  /** There is something to do in a room, perhaps, after a while. */
  note(roomName: string, inMs = 0): void {
    const at = performance.now() + inMs;
    if (at < (this.#due.get(roomName) ?? Infinity)) this.#due.set(roomName, at);
    this.#deps.wake();
  }

  /** The same as a change of the room has it; `dueMs` is negative where there is nothing to tell. */
  after(roomName: string, { isDirty = false, dueMs = -1 }: LeftToDo): void {
    if (dueMs >= 0) this.note(roomName, dueMs);
    if (isDirty) void this.#rewrite(roomName);
  }

  /** Tells at once that somebody has replied. Never rejects. */
  async tellNow(roomName: string): Promise<void> {
    try {
      const told = await this.#deps.changes.tell(roomName);
      if (told !== 'noRoom') this.after(roomName, told);
    } catch (error) {
      this.note(roomName, RETRY_MS);
      this.#deps.onError(error);
    }
  }

  get hasWork(): boolean {
    return this.#due.size > 0;
  }

  /** Called often while this node may act; never rejects. */
  async run(): Promise<void> {
    if (this.#running || !this.hasWork) return;
    this.#running = true;
    const now = performance.now();
    const due = [...this.#due].flatMap(([roomName, at]) => (at <= now ? [roomName] : [])).slice(0, ROOMS_PER_RUN);
    // Taken off first: what is noted meanwhile may come after what the script sees.
    for (const roomName of due) this.#due.delete(roomName);
    await Promise.all(due.map((roomName) => this.tellNow(roomName)));
    this.#running = false;
  }

  forget(): void {
    this.#due.clear();
  }

  /** One at a time of a room. What was recalled while it was written makes it begin again. */
  async #rewrite(roomName: string): Promise<void> {
    if (this.#rewriting.has(roomName)) return;
    this.#rewriting.add(roomName);
    try {
      await this.#deps.authored.rewriteRoom(roomName);
    } catch (error) {
      // Looking again finds that it is still to be written.
      this.note(roomName, RETRY_MS);
      this.#deps.onError(error);
    } finally {
      this.#rewriting.delete(roomName);
    }
  }
}

/** What a change has left to do. */
export interface LeftToDo {
  readonly isDirty?: boolean | undefined;
  readonly dueMs?: number | undefined;
}
