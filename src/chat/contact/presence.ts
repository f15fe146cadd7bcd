/**
 * Tells contacts who has come and gone. What they have yet to be told is on the user's slot, and one node at a time tells it
 * (store/contact/settle-presence.lua): this one remembers when it is due, and follows the user's topic until it is done. So the user
 * is in its manifest, and where it dies first its sweepers go on. There is no timer for each: a look every moment finds what is due. A contact that
 * cannot be told keeps nobody waiting: the others are told, and that one later, and later again.
 */
import type { Looked, Waking } from '../../ops/pulse.ts';
import type { Instance } from '../../bus/instance.ts';
import type { Topics } from '../../bus/topics.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { userTopic } from '../../redis/keys.ts';
import type { PresenceStore } from '../../store/contact/presence-store.ts';
import type { Repairs } from '../repair/repairs.ts';
import { windowsOf } from '../windows.ts';

export interface PresenceDeps extends Waking {
  readonly presences: Pick<PresenceStore, 'settle' | 'readTold' | 'tell'>;
  readonly topics: Pick<Topics, 'unfollow'> & { follow(...of: Parameters<Topics['follow']>): Promise<unknown> };
  readonly repairs: Pick<Repairs, 'retry'>;
  readonly instance: Pick<Instance, 'nodeId' | 'owns'>;
  onError(error: unknown): void;
}

/** Contacts whom something could not be told, and what. */
interface Left {
  readonly online: boolean;
  readonly lastOnline: number | undefined;
  readonly names: ReadonlySet<string>;
}

interface Due {
  /** On the monotonic clock. */
  at: number;
  /** Something failed: not before this, whatever is noted. */
  notBefore: number;
  readonly nodeId: string;
  /** Resolves when the user is in this node's manifest for it. */
  readonly followed: Promise<unknown>;
  /** It is being told, is about to be, or is not followed yet. */
  isBusy: boolean;
  /** A node that had it before, and is dead. */
  deadId: string | undefined;
  /** In a row. */
  failures: number;
  left: Left | undefined;
}

/** Some contacts could not be told. */
class Untold extends Error {
  constructor(count: number, cause: unknown) {
    super(`${count} contacts could not be told who is online`, { cause });
  }
}

const USERS_AT_ONCE = 16;
const CONTACTS_AT_ONCE = 100;
/** So many who could not be told are known by name; of more all are told again. */
const LEFT_MAX = 1000;
/** A user may come and go while its contacts are told: they are told again, and after so often a little later. */
const ROUNDS = 5;
const AGAIN_MS = 1000;
/** What fails again and again waits twice as long each time, and never longer. */
const AGAIN_MAX_MS = 30_000;
/** Whoever leaves it to another node looks again, for that one may never come to its end. */
const BUSY_MS = 30_000;

export class Presence implements Looked {
  readonly #deps: PresenceDeps;
  readonly #due = new Map<string, Due>();
  /** Of these it is time, and they wait for their turn. */
  readonly #ready = new Map<string, Due>();
  /** Users of whom something is asked or told now, by whichever way it came here. */
  readonly #telling = new Map<string, Promise<unknown>>();
  #underWay = 0;

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
  }

  /**
   * Contacts of a user may have to be told something, in so many ms. Resolves when the user is in this node's manifest for it.
   * Never rejects: where that fails it is tried again.
   */
  async note(userName: string, inMs: number): Promise<void> {
    const { repairs, instance } = this.#deps;
    const { nodeId } = instance;
    try {
      await this.#note(userName, inMs);
    } catch (error) {
      if (instance.owns(nodeId)) repairs.retry(() => this.note(userName, 0), error);
    }
  }

  /**
   * Goes on where a node has died, or an answer of Redis was lost. It only looks whether there is anything to tell: that is told
   * in its turn. Rejects where Redis cannot be asked.
   */
  async adopt(userName: string, deadId?: string): Promise<void> {
    const { presences, instance } = this.#deps;
    const { nodeId } = instance;
    // What is known here is looked at anyway, and by one alone (`isAnew`).
    let waitMs: number | undefined = 0;
    if (this.#due.get(userName)?.nodeId !== nodeId) {
      const found = await this.#alone(userName, () => presences.settle(userName, { nodeId, deadId }));
      waitMs = found === 'busy' ? BUSY_MS : typeof found === 'string' ? undefined : found.waitMs;
    }
    if (waitMs !== undefined) await this.#note(userName, waitMs, deadId);
  }

  /** This node's lease was lost: its users are the sweepers'. */
  forget(): void {
    this.#due.clear();
    this.#ready.clear();
  }

  get hasWork(): boolean {
    return this.#due.size > 0;
  }

  /** Begins what is due. Called every moment while this node may act; what it begins does not reject. */
  run(): void {
    const now = performance.now();
    for (const [userName, due] of this.#due) {
      if (due.isBusy || due.at > now) continue;
      due.isBusy = true;
      this.#ready.set(userName, due);
    }
    this.#begin();
  }

  /** Rejects where it cannot be followed, and then has not noted it. */
  async #note(userName: string, inMs: number, deadId?: string): Promise<void> {
    const { topics, instance } = this.#deps;
    const { nodeId } = instance;
    const at = performance.now() + inMs;
    const known = this.#due.get(userName);
    if (known?.nodeId === nodeId) {
      known.at = Math.min(known.at, Math.max(at, known.notBefore));
      known.deadId = deadId ?? known.deadId;
      await known.followed;
      return;
    }
    const followed = topics.follow(userTopic(userName), nodeId);
    const due: Due = { at, notBefore: 0, nodeId, followed, isBusy: true, deadId, failures: 0, left: undefined };
    this.#due.set(userName, due);
    this.#deps.wake();
    try {
      await followed;
      due.isBusy = false;
    } catch (error) {
      if (this.#due.get(userName) === due) this.#due.delete(userName);
      throw error;
    }
  }

  /** As many at a time as may be, in the order in which they came to be ready: whoever is done makes room for the next one. */
  #begin(): void {
    for (const [userName, due] of this.#ready) {
      if (this.#underWay >= USERS_AT_ONCE) return;
      this.#ready.delete(userName);
      if (this.#due.get(userName) === due) void this.#tell(userName, due);
    }
  }

  async #tell(userName: string, due: Due): Promise<void> {
    due.at = Infinity;
    this.#underWay++;
    let waitMs: number | undefined;
    try {
      waitMs = await this.#alone(userName, () => this.#tellDue(userName, due));
      due.failures = 0;
    } catch (error) {
      this.#deps.onError(error);
      waitMs = Math.min(AGAIN_MS * 2 ** due.failures++, AGAIN_MAX_MS);
      // News goes out before that, for it is not the news that fails, but not all the time either.
      due.notBefore = performance.now() + AGAIN_MS;
    } finally {
      this.#underWay--;
      due.isBusy = false;
      if (waitMs !== undefined) due.at = Math.min(due.at, performance.now() + waitMs);
      due.at = Math.max(due.at, due.notBefore);
      // What was noted meanwhile stays.
      if (due.at === Infinity && this.#due.get(userName) === due) {
        this.#due.delete(userName);
        this.#deps.topics.unfollow(userTopic(userName), due.nodeId);
      }
      this.#begin();
    }
  }

  /** One after the other for each user, so that what is told last is what is so. */
  async #alone<T>(userName: string, work: () => Promise<T>): Promise<T> {
    for (let before = this.#telling.get(userName); before !== undefined; before = this.#telling.get(userName)) {
      await before;
    }
    const working = work();
    this.#telling.set(
      userName,
      working.catch(() => undefined),
    );
    try {
      return await working;
    } finally {
      this.#telling.delete(userName);
    }
  }

  /**
   * Tells all that is due now; gives after how long to look again, or undefined where nothing is left for this node. Rejects where
   * something could not be told: what, `due.left` says.
   */
  async #tellDue(userName: string, due: Due): Promise<number | undefined> {
    const { presences, instance } = this.#deps;
    const { nodeId } = due;
    let toldOnline: boolean | undefined;
    for (let round = 0; round < ROUNDS; round++) {
      if (!instance.owns(nodeId)) return undefined;
      const found = await presences.settle(userName, { nodeId, deadId: due.deadId, toldOnline });
      if (found === 'busy') return BUSY_MS;
      if (typeof found === 'string') return undefined;
      if (found.waitMs > 0) return found.waitMs;
      const { online, lastOnline, isAnew } = found;
      // Nobody else has told anything since, and it is the same: whoever was told it knows it.
      const isSame = !isAnew && due.left?.online === online && due.left.lastOnline === lastOnline;
      const only = isSame ? due.left?.names : undefined;
      due.left = undefined;
      const status = online ? 'online' : 'offline';
      const change = { userName, status, lastOnline: lastOnline ?? null };
      const told = await this.#tellAll(userName, nodeId, notificationFrame('contactStatusChanged', [change]), only);
      if (told === 'lost') return BUSY_MS;
      if (told.failed.size > 0) {
        if (told.failed.size <= LEFT_MAX) due.left = { online, lastOnline, names: told.failed };
        throw new Untold(told.failed.size, told.cause);
      }
      toldOnline = online;
    }
    return AGAIN_MS;
  }

  /** Page by page, all or `only` some; gives whom it could not tell, `lost` where another node does it. */
  async #tellAll(
    userName: string,
    nodeId: string,
    frame: Uint8Array,
    only: ReadonlySet<string> | undefined,
  ): Promise<{ failed: ReadonlySet<string>; cause: unknown } | 'lost'> {
    const { presences } = this.#deps;
    const failed = new Set<string>();
    let cause: unknown;
    for (let after: string | undefined = ''; after !== undefined;) {
      const page = await presences.readTold(userName, nodeId, after);
      if (page === 'lost') return page;
      const names = only === undefined ? page.names : page.names.filter((name) => only.has(name));
      for await (const window of windowsOf(names, CONTACTS_AT_ONCE)) {
        const told = await Promise.allSettled(window.map((contact) => presences.tell(contact, userName, frame)));
        for (const [i, outcome] of told.entries()) {
          if (outcome.status === 'fulfilled') continue;
          // One more than are known by name says that there are more.
          if (failed.size <= LEFT_MAX) failed.add(window[i] ?? '');
          cause = outcome.reason;
        }
      }
      after = page.next;
    }
    return { failed, cause };
  }
}
