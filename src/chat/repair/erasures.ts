/**
 * Erasing users with what they wrote. An erasure is written down before anything of it is done; whichever node takes it up works
 * through it in short steps, notes how far it has come, and leaves it to another one when it dies. Every step may be done again.
 *
 * The user goes first, so that nothing new comes: its name is locked, its sockets are closed, it is deleted. What its last requests
 * had on their way is there a moment later. Then come the rooms, the conversations, and what else holds words of it. Where Redis has
 * failed over meanwhile it begins again: a scan may have passed over something, and what was done may be lost.
 */
import { closeCodes } from '../../protocol/wire/close-codes.ts';
import type { AdminStore } from '../../store/admin/admin-store.ts';
import type { Directory, Page } from '../../store/admin/directory.ts';
import type { AuthoredStore } from '../../store/authored/authored-store.ts';
import { takeOffRoster } from '../member/off-roster.ts';
import { restAfter } from '../resting.ts';
import type { MemberStore } from '../../store/member/member-store.ts';
import type { Erasure, ErasureStore } from '../../store/erasure/erasure-store.ts';
import type { Trace } from '../../redis/keys/key-patterns.ts';
import type { UserDeletions } from '../user/deletions.ts';

export interface ErasuresDeps {
  readonly erasures: ErasureStore;
  readonly authored: AuthoredStore;
  readonly members: Pick<MemberStore, 'erase'>;
  readonly admin: Pick<AdminStore, 'deleteUser' | 'disconnectUser' | 'hasUser'>;
  readonly directory: Pick<Directory, 'names' | 'ended' | 'peers' | 'traces'>;
  /** The ids of the servers that are written to, one of which changes with every failover and restart. */
  primaryIds(): Promise<ReadonlySet<string>>;
  readonly userDeletions: Pick<UserDeletions, 'delete'>;
  /** While this node may act. */
  readonly instance: { readonly held: boolean };
  /** How long what was on its way to Redis may take to get there. */
  readonly settleMs: number;
  onErased(userName: string): void;
  onError(error: unknown): void;
}

/** In their order. */
const parts = ['user', 'rooms', 'ended', 'peers', 'traces'] as const;
type Part = (typeof parts)[number];

/** How far an erasure has come. */
interface Place {
  readonly part: Part;
  /** Of the scan; '' at its beginning. */
  readonly cursor: string;
  /** What it goes through, as it was when that was begun. */
  readonly servers: string;
}

const BEGINNING: Place = { part: 'user', cursor: '', servers: '' };

/** Rooms, conversations or keys of a page. */
const PAGE = 100;
/** A user whose sockets are being closed is looked at again after so long. */
const CLOSING_MS = 500;
/** While a page is worked on it is noted so many times before it would be taken for left. */
const NOTES_PER_HOLD = 3;

export class Erasures {
  readonly #deps: ErasuresDeps;
  #running = false;
  #isOver = false;

  constructor(deps: ErasuresDeps) {
    this.#deps = deps;
  }

  /**
   * Whether a user is erased; if that is neither so nor under way, it is begun. One who does not exist may have left words behind:
   * what has none is soon done.
   */
  async erase(userName: string): Promise<boolean> {
    const { erasures, admin } = this.#deps;
    const isDone = await erasures.begin(userName, await admin.hasUser(userName));
    if (!isDone) void this.run();
    return isDone;
  }

  /** Works on what nobody works on. Called once a second while this node may act; never rejects. */
  async run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#mayAct) {
        const erasure = await this.#deps.erasures.take();
        if (erasure === undefined) return;
        await this.#workOn(erasure);
      }
    } catch (error) {
      this.#deps.onError(error);
    } finally {
      this.#running = false;
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  get #mayAct(): boolean {
    return this.#deps.instance.held && !this.#isOver;
  }

  /** Until it is done, or has to wait, or is in other hands. What fails is taken up again when nobody holds it any more. */
  async #workOn(erasure: Erasure): Promise<void> {
    const { erasures } = this.#deps;
    let place = readPlace(erasure.place) ?? BEGINNING;
    while (this.#mayAct) {
      const began = performance.now();
      await erasures.lockName(erasure.userName);
      const next = await this.#step(erasure.userName, place, this.#keeping(erasure, place));
      if (next === undefined) {
        if (await erasures.end(erasure)) this.#deps.onErased(erasure.userName);
        return;
      }
      const { pauseMs, ...reached } = next;
      const isOurs = await erasures.note(erasure, writePlace(reached), pauseMs);
      if (!isOurs || pauseMs !== undefined) return;
      place = reached;
      await restAfter(began);
    }
  }

  /**
   * Called behind each script of a page: a page may take longer than an erasure is in anybody's hands without a note, and would be begun
   * anew by one node after the other. Should it be in other hands all the same, both do it, and the page's own note ends that.
   */
  #keeping(erasure: Erasure, place: Place): () => Promise<void> {
    const { erasures } = this.#deps;
    let noted = performance.now();
    return async () => {
      const now = performance.now();
      if (now - noted < erasures.holdMs / NOTES_PER_HOLD) return;
      noted = now;
      await erasures.note(erasure, writePlace(place));
    };
  }

  /** What comes next, and what has to be waited for first; undefined at the end. */
  async #step(
    userName: string,
    place: Place,
    keep: () => Promise<void>,
  ): Promise<(Place & { readonly pauseMs?: number }) | undefined> {
    if (place.part === 'user') {
      const servers = await this.#servers();
      if (!(await this.#deleteUser(userName))) return { ...BEGINNING, pauseMs: CLOSING_MS };
      return { part: 'rooms', cursor: '', servers, pauseMs: this.#deps.settleMs };
    }
    const cursor = place.cursor === '' ? undefined : place.cursor;
    const next = await this.#erasePage(userName, { part: place.part, cursor }, keep);
    if (place.servers !== (await this.#servers())) return BEGINNING;
    if (next !== undefined) return { ...place, cursor: next };
    const part = parts[parts.indexOf(place.part) + 1];
    return part === undefined ? undefined : { ...place, part, cursor: '' };
  }

  async #servers(): Promise<string> {
    return [...(await this.#deps.primaryIds())].toSorted().join(' ');
  }

  /** Whether there is no such user any more. */
  async #deleteUser(userName: string): Promise<boolean> {
    const { admin, userDeletions } = this.#deps;
    const open = await admin.disconnectUser(userName, closeCodes.disconnectForced.reason);
    if (open !== 'noUser' && open > 0) return false;
    const deleted = await userDeletions.delete(admin, userName);
    return deleted !== 'userOnline';
  }

  /** Where to go on; undefined at the end. */
  async #erasePage(
    userName: string,
    { part, cursor }: { readonly part: Exclude<Part, 'user'>; readonly cursor: string | undefined },
    keep: () => Promise<void>,
  ): Promise<string | undefined> {
    const { authored, members, directory } = this.#deps;
    switch (part) {
      case 'rooms':
        return this.#each(await directory.names('room', cursor, PAGE), async (name) => {
          await takeOffRoster(members, name, userName);
          await authored.eraseInRoom(name, userName, keep);
        });
      // Behind the rooms, of which some may have been deleted meanwhile.
      case 'ended':
        return this.#each(await directory.ended(cursor, PAGE), (name) => authored.eraseInEnded(name, userName, keep));
      case 'peers':
        return this.#each(await directory.peers(userName, cursor, PAGE), (peer) =>
          authored.eraseInPair(userName, peer, keep),
        );
      case 'traces':
        return this.#each(await directory.traces(userName, cursor, PAGE), async (trace) => {
          await this.#eraseTrace(trace, userName);
          await keep();
        });
    }
  }

  /** One after the other: others want something of Redis as well. */
  async #each<T>(page: Page<T> | undefined, work: (item: T) => Promise<void>): Promise<string | undefined> {
    if (page === undefined) throw new TypeError('the place of an erasure has a cursor that is none');
    for (const item of page.items) await work(item);
    return page.cursor;
  }

  async #eraseTrace({ key, kind }: Trace, userName: string): Promise<void> {
    const { authored } = this.#deps;
    switch (kind) {
      case 'ring':
        return authored.eraseInRing(key, userName);
      case 'repeats':
        return authored.forgetRepeats(key, userName);
      case 'repeatsOfOne':
        return authored.forgetAllRepeats(key);
    }
  }
}

const writePlace = ({ part, cursor, servers }: Place): string => JSON.stringify([part, cursor, servers]);

function readPlace(text: string): Place | undefined {
  if (text === '') return undefined;
  // It was written here.
  const [part, cursor, servers] = JSON.parse(text) as [Part, string, string];
  return { part, cursor, servers };
}
