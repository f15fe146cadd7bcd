/**
 * Ends temporary rooms when their time is over, on whatever node looks first: by the ordinary deletion, with the service's rights, which
 * tells everybody concerned once, whoever dies in the middle or does it at the same time. What is deleted is taken off the list of
 * ends last. Redis is asked when something is due, and seldom otherwise: others make rooms, too, and die.
 */
import type { Instance } from '../../bus/instance.ts';
import { endOf } from '../../protocol/names/temporary.ts';
import type { EndingStore } from '../../store/conversation/endings.ts';

export interface EndingsDeps {
  readonly endingStore: EndingStore;
  readonly instance: Pick<Instance, 'held' | 'redisNow'>;
  onError(error: unknown): void;
}

/** Deletes a room; false where there is none. */
export type EndRoom = (roomName: string) => Promise<boolean>;

/** Rooms of one look, and of those that are deleted at the same time. */
const PAGE = 64;
const CONCURRENCY = 8;
/** Looked for at least so often: of a room that ends sooner its own node knows. */
const REST_MS = 5000;

export class Endings {
  readonly #deps: EndingsDeps;
  #endRoom: EndRoom | undefined;
  /** By Redis's clock. */
  #lookAt = 0;
  #running = false;

  constructor(deps: EndingsDeps) {
    this.#deps = deps;
  }

  start(endRoom: EndRoom): void {
    this.#endRoom = endRoom;
  }

  /** Call before a room is made; it is not to be made where this rejects. */
  async note(roomName: string, endsAt: number): Promise<void> {
    await this.#deps.endingStore.note(roomName, endsAt);
    this.#lookAt = Math.min(this.#lookAt, endsAt);
  }

  /** It was deleted before its end, or is not made. Where that cannot be noted the note goes at that time. Never rejects. */
  async forget(roomName: string): Promise<void> {
    const endsAt = endOf(roomName);
    if (endsAt === undefined || endsAt <= this.#deps.instance.redisNow()) return;
    await this.#deps.endingStore.settle(roomName, endsAt, true).catch((error: unknown) => this.#deps.onError(error));
  }

  /** Called once a second while this node may act; never rejects. */
  async run(): Promise<void> {
    if (this.#running || this.#deps.instance.redisNow() < this.#lookAt) return;
    this.#running = true;
    try {
      await this.#look();
    } catch (error) {
      this.#lookAt = 0;
      this.#deps.onError(error);
    } finally {
      this.#running = false;
    }
  }

  async #look(): Promise<void> {
    // What is noted meanwhile is not passed over.
    this.#lookAt = Infinity;
    const { due, next = Infinity, time } = await this.#deps.endingStore.read(PAGE);
    const isWhole = due.length < PAGE;
    this.#lookAt = isWhole ? Math.min(this.#lookAt, next, time + REST_MS) : 0;
    const rooms = due.values();
    const failures: unknown[] = [];
    const work = async (): Promise<void> => {
      for (const roomName of rooms) {
        // One of them may be on a server that does not answer.
        if (this.#deps.instance.held) await this.#end(roomName).catch((error: unknown) => failures.push(error));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    if (failures.length > 0) throw failures[0];
  }

  async #end(roomName: string): Promise<void> {
    const endsAt = endOf(roomName);
    if (this.#endRoom === undefined || endsAt === undefined) return;
    const wasThere = await this.#endRoom(roomName);
    await this.#deps.endingStore.settle(roomName, endsAt, wasThere);
  }
}
