/**
 * Tells what users show of how they are: their own sockets (in the step that decides to), their contacts, and the rooms that they are in,
 * at most once a second of each user on all nodes together. What is to be told is in Redis; this only remembers whom to see to. Of
 * one user one node tells at a time, all of one notice before the next: so the last thing that anybody hears is what is so. Should it die
 * before it has told everybody, whoever sweeps after it tells that once more, and what was heard already is known by its stamp
 * (heard-states.ts).
 */
import type { Looked, Waking } from '../../ops/pulse.ts';
import type { Instance } from '../../bus/instance.ts';
import type { Topics } from '../../bus/topics.ts';
import { spreadUnits } from '../../protocol/params/cost.ts';
import { concat } from '../../protocol/wire/pack.ts';
import { framePrefix } from '../../protocol/wire/frame.ts';
import { userTopic } from '../../redis/keys.ts';
import type { StateStore } from '../../store/state/state-store.ts';
import type { Actor } from '../actor.ts';
import type { Audience } from '../caller.ts';
import { socketPages, type SocketListDeps } from '../user/socket-list.ts';
import { windowsOf } from '../windows.ts';

export interface StateTellingDeps extends SocketListDeps, Waking {
  readonly states: Pick<StateStore, 'read' | 'take' | 'readContacts' | 'tellContact' | 'tellRoom' | 'endTelling'>;
  readonly topics: Pick<Topics, 'follow' | 'unfollow'>;
  readonly audience: Pick<Audience, 'hearers'>;
  readonly instance: Pick<Instance, 'nodeId' | 'owns'>;
  onError(error: unknown): void;
}

interface Due {
  /** In whose manifest the user is for it. */
  readonly nodeId: string;
  /** On the monotonic clock. */
  at: number;
  isBusy: boolean;
  /** It was noted while it was being told. */
  isNoted: boolean;
  deadId: string | undefined;
  /** In a row. */
  failures: number;
  /** Who has set something since it was told last, and pays for it. */
  by: Pick<Actor, 'spend'> | undefined;
}

const USERS_AT_ONCE = 16;
const TOLD_AT_ONCE = 50;
/** Rooms of a user that are told; a user with many sockets may be in thousands. */
const ROOMS_MAX = 500;
/** What telling a contact costs, in units of an ordinary request. */
const UNITS_PER_CONTACT = 0.1;
const AGAIN_MS = 1000;
/** Then what is left is left: its next state is told to everybody. */
const FAILURES_MAX = 5;
/** Whoever leaves it to another node looks again, for that one may never come to its end. */
const BUSY_MS = 30_000;

export class StateTelling implements Looked {
  readonly #deps: StateTellingDeps;
  readonly #due = new Map<string, Due>();
  #underWay = 0;

  constructor(deps: StateTellingDeps) {
    this.#deps = deps;
  }

  /**
   * Does what leaves something to tell. The user is in this node's manifest before that, and until it is told: should the node die,
   * whoever sweeps after it goes on.
   */
  async behind<T>(userName: string, by: Pick<Actor, 'spend'>, work: () => Promise<T>): Promise<T> {
    const { topics, instance } = this.#deps;
    const { nodeId } = instance;
    await topics.follow(userTopic(userName), nodeId);
    try {
      return await work();
    } finally {
      // It may have happened, whatever became of the answer.
      this.#note(userName, nodeId, { by });
    }
  }

  /** Goes on where a node has died, if that has left anything. Rejects where Redis cannot be asked. */
  async adopt(userName: string, deadId: string): Promise<void> {
    const { states, topics, instance } = this.#deps;
    const { nodeId } = instance;
    const left = await states.read(userName, undefined);
    if (left === 'noUser' || (left.due === undefined && !left.isTelling)) return;
    await topics.follow(userTopic(userName), nodeId);
    this.#note(userName, nodeId, { deadId });
  }

  /** Takes over that the user is followed. */
  #note(userName: string, nodeId: string, { by, deadId }: Partial<Pick<Due, 'by' | 'deadId'>>): void {
    this.#deps.wake();
    const known = this.#due.get(userName);
    if (known?.nodeId !== nodeId) {
      this.#due.set(userName, { nodeId, at: 0, isBusy: false, isNoted: false, deadId, failures: 0, by });
      return;
    }
    this.#deps.topics.unfollow(userTopic(userName), nodeId);
    known.isNoted = true;
    known.by = by ?? known.by;
    known.deadId = deadId ?? known.deadId;
    if (deadId !== undefined) known.at = 0;
  }

  /** This node's lease was lost: its users are the sweepers'. */
  forget(): void {
    this.#due.clear();
  }

  get hasWork(): boolean {
    return this.#due.size > 0;
  }

  /** Begins what is due. Called often while this node may act; what it begins does not reject. */
  run(): void {
    const now = performance.now();
    for (const [userName, due] of this.#due) {
      if (this.#underWay >= USERS_AT_ONCE) return;
      if (!due.isBusy && due.at <= now) void this.#see(userName, due);
    }
  }

  async #see(userName: string, due: Due): Promise<void> {
    due.isBusy = true;
    due.isNoted = false;
    this.#underWay++;
    let waitMs: number | undefined;
    try {
      waitMs = await this.#tell(userName, due);
      due.failures = 0;
    } catch (error) {
      this.#deps.onError(error);
      due.failures++;
      waitMs = AGAIN_MS;
    } finally {
      this.#underWay--;
      due.isBusy = false;
      // Told of what was noted meanwhile, which may have come too late for what was taken.
      if (waitMs === undefined && due.isNoted) waitMs = 0;
      if (waitMs !== undefined) due.at = performance.now() + waitMs;
      else if (this.#due.get(userName) === due) {
        this.#due.delete(userName);
        this.#deps.topics.unfollow(userTopic(userName), due.nodeId);
      }
    }
  }

  /** Gives after how long to look again; undefined where nothing is left for this node. Rejects where not everybody could be told. */
  async #tell(userName: string, due: Due): Promise<number | undefined> {
    const { states, instance } = this.#deps;
    const { nodeId } = due;
    if (!instance.owns(nodeId)) return undefined;
    const prefix = framePrefix('userStateChanged', [userName]);
    const taken = await states.take(userName, { nodeId, deadId: due.deadId, prefix });
    if (taken === 'busy') return BUSY_MS;
    if (typeof taken === 'string') return undefined;
    if ('waitMs' in taken) return taken.waitMs;
    const { by } = due;
    due.by = undefined;
    const frame = concat([prefix, taken.changes]);
    const tellContact = (contact: string): Promise<unknown> => states.tellContact(contact, taken.stamp, frame);
    const tellRoom = (roomName: string): Promise<unknown> => states.tellRoom(roomName, taken.stamp, frame);
    const failures: unknown[] = [];
    for (let after: string | undefined = ''; after !== undefined;) {
      if (!instance.owns(nodeId)) return undefined;
      const page = await states.readContacts(userName, nodeId, after);
      if (page === 'lost') return BUSY_MS;
      by?.spend(page.names.length * UNITS_PER_CONTACT);
      failures.push(...(await eachOf(page.names, tellContact)));
      after = page.next;
    }
    const rooms = await this.#roomsOf(userName);
    by?.spend(rooms.reduce((sum, room) => sum + spreadUnits(this.#deps.audience.hearers(room), frame.length), 0));
    failures.push(...(await eachOf(rooms, tellRoom)));
    if (failures.length > 0 && due.failures < FAILURES_MAX) {
      throw new Error(`${failures.length} contacts and rooms could not be told a state`, { cause: failures[0] });
    }
    return (await states.endTelling(userName, nodeId)) ? 0 : undefined;
  }

  /** Those that its sockets have joined, on whatever node. */
  async #roomsOf(userName: string): Promise<string[]> {
    const rooms = new Set<string>();
    for await (const page of socketPages(this.#deps, userName)) {
      for (const socket of page) for (const roomName of socket.rooms) rooms.add(roomName);
      if (rooms.size >= ROOMS_MAX) break;
    }
    return [...rooms].slice(0, ROOMS_MAX);
  }
}

/** Some at a time; gives what failed. */
async function eachOf(names: readonly string[], work: (name: string) => Promise<unknown>): Promise<unknown[]> {
  const failures: unknown[] = [];
  for await (const window of windowsOf(names, TOLD_AT_ONCE)) {
    const done = await Promise.allSettled(window.map(work));
    for (const one of done) if (one.status === 'rejected') failures.push(one.reason);
  }
  return failures;
}
