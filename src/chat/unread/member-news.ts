/**
 * Tells people who belong to a room, are online, and have not joined it, that something was said there: at most once a second of a room on
 * all nodes together. What they know is in Redis; this only remembers where something was said. Should this node die before it has
 * told them, what is said next does, or their next look. What comes of it is unreadCounts, where the user wants that (news.ts).
 */
import type { Looked, Waking } from '../../ops/pulse.ts';
import type { UnreadStore } from '../../store/unread/unread-store.ts';
import type { Actor } from '../actor.ts';
import { windowsOf } from '../windows.ts';

export interface MemberNewsDeps extends Waking {
  readonly unreads: Pick<UnreadStore, 'takeAbsent' | 'signalMention'>;
  onError(error: unknown): void;
}

interface Said {
  /** On the monotonic clock: not before. */
  at: number;
  /** Since it was told. */
  isNew: boolean;
  /** Who has said it first, and pays for it. */
  by: Pick<Actor, 'spend'> | undefined;
}

const PAUSE_MS = 1000;
/** Rooms of which something is remembered: of more, what is said next is told. */
const NOTED_MAX = 20_000;
/** Rooms in one run, and signals at once of each. */
const ROOMS_PER_RUN = 20;
const SIGNALS_AT_ONCE = 25;
/** What telling one user costs, in units of an ordinary request. */
const UNITS_PER_MEMBER = 0.1;

export class MemberNews implements Looked {
  readonly #deps: MemberNewsDeps;
  /** By room; the one that was noted first is the first. */
  readonly #said = new Map<string, Said>();
  #running = false;

  constructor(deps: MemberNewsDeps) {
    this.#deps = deps;
  }

  /** Something was said in a room to which people belong. */
  note(roomName: string, by: Pick<Actor, 'spend'> | undefined): void {
    this.#deps.wake();
    const known = this.#said.get(roomName);
    if (known !== undefined) {
      known.isNew = true;
      known.by ??= by;
    } else if (this.#said.size < NOTED_MAX) this.#said.set(roomName, { at: 0, isNew: true, by });
  }

  /** This node's lease was lost: others tell what comes from here on. */
  forget(): void {
    this.#said.clear();
  }

  get hasWork(): boolean {
    return this.#said.size > 0;
  }

  /** Called often while this node may act; never rejects. */
  async run(): Promise<void> {
    if (this.#running || !this.hasWork) return;
    this.#running = true;
    try {
      const now = performance.now();
      const due: [string, Said][] = [];
      for (const [roomName, said] of this.#said) {
        if (said.at > now) continue;
        if (!said.isNew) this.#said.delete(roomName);
        else if (due.length < ROOMS_PER_RUN) due.push([roomName, said]);
      }
      await Promise.all(due.map(([roomName, said]) => this.#tell(roomName, said)));
    } finally {
      this.#running = false;
    }
  }

  async #tell(roomName: string, said: Said): Promise<void> {
    // Taken off first: what is noted meanwhile may come after what the script sees.
    said.isNew = false;
    // Behind those that wait.
    this.#said.delete(roomName);
    this.#said.set(roomName, said);
    let waitMs = PAUSE_MS;
    try {
      const taken = await this.#deps.unreads.takeAbsent(roomName, PAUSE_MS);
      if (typeof taken === 'string') return;
      const { by } = said;
      if (taken.waitMs > 0) {
        waitMs = taken.waitMs;
        said.isNew = true;
        return;
      }
      said.by = undefined;
      by?.spend(taken.names.length * UNITS_PER_MEMBER);
      const signal = (name: string): Promise<void> => this.#deps.unreads.signalMention(name, roomName);
      // Whoever cannot be told now is by what is said next, as of a mention.
      for await (const window of windowsOf(taken.names, SIGNALS_AT_ONCE)) await Promise.allSettled(window.map(signal));
    } catch (error) {
      said.isNew = true;
      this.#deps.onError(error);
    } finally {
      said.at = performance.now() + waitMs;
    }
  }
}
