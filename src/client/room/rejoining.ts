/** Rooms that were joined before the last loss and of which nothing was heard since: `reconnect` waits for them. */
import { deferred } from '../connection/deferred.ts';
import type { Membership } from './membership.ts';

export class Rejoining {
  #rooms: readonly Membership[] = [];
  #done = deferred<void>();

  begin(rooms: Iterable<Membership>): Promise<void> {
    this.#rooms = [...rooms].filter(({ position }) => position !== undefined);
    this.#done = deferred();
    return this.#done.promise;
  }

  /** Whatever came of it: a room that is refused for the moment is joined later. */
  check(): void {
    const isOpen = ({ status, paused, forgotten }: Membership): boolean =>
      !forgotten && !paused && (status === 'joining' || status === 'out');
    this.#rooms = this.#rooms.filter(isOpen);
    if (this.#rooms.length === 0) this.#done.resolve();
  }
}
