/**
 * Tells contacts who has come and gone. What they have yet to be told is on the user's slot, and one node at a time tells it
 * (store/contact/settle-presence.lua): this one remembers when it is due, and follows the user's topic until it is done. So the user
 * is in its manifest, and where it dies first its sweepers go on. There is no timer for each: a look every moment finds what is due.
 */
import type { Instance } from '../../bus/instance.ts';
import type { Topics } from '../../bus/topics.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { userTopic } from '../../redis/keys.ts';
import type { PresenceStore } from '../../store/contact/presence-store.ts';
import type { Repairs } from '../repair/repairs.ts';
import { windowsOf } from '../windows.ts';

export interface PresenceDeps {
  readonly presences: PresenceStore;
  readonly topics: Pick<Topics, 'follow' | 'unfollow'>;
  readonly repairs: Pick<Repairs, 'retry'>;
  readonly instance: Pick<Instance, 'nodeId' | 'owns'>;
  onError(error: unknown): void;
}

interface Due {
  /** On the monotonic clock. */
  at: number;
  readonly nodeId: string;
  /** It is being told, or not followed yet. */
  isBusy: boolean;
}

const USERS_AT_ONCE = 16;
const CONTACTS_AT_ONCE = 100;
/** A user may come and go while its contacts are told: they are told again, and after so often a little later. */
const ROUNDS = 5;
const AGAIN_MS = 1000;
/** Whoever leaves it to another node looks again, for that one may never come to its end. */
const BUSY_MS = 30_000;

export class Presence {
  readonly #deps: PresenceDeps;
  readonly #due = new Map<string, Due>();
  /** Users of whom something is being told now, by whichever way it came here. */
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
    const { topics, repairs, instance } = this.#deps;
    const { nodeId } = instance;
    const at = performance.now() + inMs;
    const known = this.#due.get(userName);
    if (known?.nodeId === nodeId) {
      known.at = Math.min(known.at, at);
      return;
    }
    const due = { at, nodeId, isBusy: true };
    this.#due.set(userName, due);
    try {
      await topics.follow(userTopic(userName), nodeId);
      due.isBusy = false;
    } catch (error) {
      if (this.#due.get(userName) === due) this.#due.delete(userName);
      if (instance.owns(nodeId)) repairs.retry(() => this.note(userName, 0), error);
    }
  }

  /** Goes on where a node has died, or an answer of Redis was lost. Rejects where Redis cannot be asked. */
  async adopt(userName: string, deadId?: string): Promise<void> {
    const waitMs = await this.#settle(userName, this.#deps.instance.nodeId, deadId);
    if (waitMs !== undefined) await this.note(userName, waitMs);
  }

  /** This node's lease was lost: its users are the sweepers'. */
  forget(): void {
    this.#due.clear();
  }

  /** Begins what is due. Called every moment while this node may act; what it begins does not reject. */
  run(): void {
    const now = performance.now();
    for (const [userName, due] of this.#due) {
      if (this.#underWay >= USERS_AT_ONCE) return;
      if (!due.isBusy && due.at <= now) void this.#tell(userName, due);
    }
  }

  async #tell(userName: string, due: Due): Promise<void> {
    due.isBusy = true;
    due.at = Infinity;
    this.#underWay++;
    let waitMs: number | undefined = AGAIN_MS;
    try {
      waitMs = await this.#settle(userName, due.nodeId);
    } catch (error) {
      this.#deps.onError(error);
    } finally {
      this.#underWay--;
      due.isBusy = false;
      if (waitMs !== undefined) due.at = Math.min(due.at, performance.now() + waitMs);
      // What was noted meanwhile stays.
      if (due.at === Infinity && this.#due.get(userName) === due) {
        this.#due.delete(userName);
        this.#deps.topics.unfollow(userTopic(userName), due.nodeId);
      }
    }
  }

  /** One after the other for each user, so that what is told last is what is so. */
  async #settle(userName: string, nodeId: string, deadId?: string): Promise<number | undefined> {
    for (let before = this.#telling.get(userName); before !== undefined; before = this.#telling.get(userName)) {
      await before;
    }
    const telling = this.#tellDue(userName, nodeId, deadId);
    this.#telling.set(
      userName,
      telling.catch(() => undefined),
    );
    try {
      return await telling;
    } finally {
      this.#telling.delete(userName);
    }
  }

  /** Tells all that is due now; gives after how long to look again, or undefined where nothing is left for this node. */
  async #tellDue(userName: string, nodeId: string, deadId?: string): Promise<number | undefined> {
    const { presences, instance } = this.#deps;
    let toldOnline: boolean | undefined;
    for (let round = 0; round < ROUNDS; round++) {
      if (!instance.owns(nodeId)) return undefined;
      const found = await presences.settle(userName, { nodeId, deadId, toldOnline });
      if (found === 'busy') return BUSY_MS;
      if (typeof found === 'string') return undefined;
      if (found.waitMs > 0) return found.waitMs;
      const status = found.online ? 'online' : 'offline';
      const lastOnline = found.lastOnline ?? null;
      const frame = notificationFrame('contactStatusChanged', [{ userName, status, lastOnline }]);
      if (!(await this.#tellAll(userName, nodeId, frame))) return undefined;
      toldOnline = found.online;
    }
    return AGAIN_MS;
  }

  /** Page by page; false where another node does it. */
  async #tellAll(userName: string, nodeId: string, frame: Uint8Array): Promise<boolean> {
    const { presences } = this.#deps;
    for (let after: string | undefined = ''; after !== undefined;) {
      const page = await presences.readTold(userName, nodeId, after);
      if (page === 'lost') return false;
      for await (const window of windowsOf(page.names, CONTACTS_AT_ONCE)) {
        await Promise.all(window.map((contact) => presences.tell(contact, userName, frame)));
      }
      after = page.next;
    }
    return true;
  }
}
