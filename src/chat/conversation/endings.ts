/**
 * Ends temporary rooms when their time is over, on whatever node looks first: by the ordinary deletion, with the service's rights, which
 * tells everybody concerned once, whoever dies in the middle or does it at the same time. What is deleted is taken off the list of
 * ends last.
 */
import type { Instance } from '../../bus/instance.ts';
import { endOf } from '../../protocol/names/temporary.ts';
import type { EndingStore } from '../../store/conversation/endings.ts';
import { DueLooks } from '../due-looks.ts';

export interface EndingsDeps {
  readonly endingStore: EndingStore;
  readonly instance: Pick<Instance, 'held' | 'redisNow'>;
  onError(error: unknown): void;
}

/** Deletes a room; false where there is none. */
export type EndRoom = (roomName: string) => Promise<boolean>;

/** Looked for at least so often: of a room that ends sooner its own node knows. */
const REST_MS = 5000;

export class Endings {
  readonly #deps: EndingsDeps;
  readonly #looks: DueLooks<string>;
  #endRoom: EndRoom | undefined;

  constructor(deps: EndingsDeps) {
    this.#deps = deps;
    const { endingStore, instance } = deps;
    this.#looks = new DueLooks({
      read: (limit) => endingStore.read(limit),
      see: (roomName) => this.#end(roomName),
      // Its server may be away: the others come before it the next time.
      putOff: (roomName) => endingStore.putOff(roomName, REST_MS),
      instance,
      restMs: REST_MS,
      onError: (error) => deps.onError(error),
    });
  }

  start(endRoom: EndRoom): void {
    this.#endRoom = endRoom;
  }

  /** Call before a room is made; it is not to be made where this rejects. */
  async note(roomName: string, endsAt: number): Promise<void> {
    await this.#deps.endingStore.note(roomName, endsAt);
    this.#looks.lookBy(endsAt);
  }

  /** It was deleted before its end, or is not made. Where that cannot be noted the note goes at that time. Never rejects. */
  async forget(roomName: string): Promise<void> {
    const endsAt = endOf(roomName);
    if (endsAt === undefined || endsAt <= this.#deps.instance.redisNow()) return;
    await this.#deps.endingStore.settle(roomName, endsAt, true).catch((error: unknown) => this.#deps.onError(error));
  }

  /** Called once a second while this node may act; never rejects. */
  async run(): Promise<void> {
    await this.#looks.run();
  }

  async #end(roomName: string): Promise<void> {
    const endsAt = endOf(roomName);
    if (this.#endRoom === undefined || endsAt === undefined) return;
    const wasThere = await this.#endRoom(roomName);
    await this.#deps.endingStore.settle(roomName, endsAt, wasThere);
  }
}
