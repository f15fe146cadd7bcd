/**
 * Echoes: what a user's other sockets hear of what one of them does. Most users have one socket, and nothing is asked of Redis
 * for them: its node hears of every login and knows that it is the only one, as long as it hears the user's topic. What it
 * did not tell is kept for as long as such news may be on its way, and told when a socket turns out to have been there.
 */
import type { Topics } from '../../bus/topics.ts';
import { userTopic } from '../../redis/keys.ts';
import type { Echo, UserStore } from '../../store/user/user-store.ts';
import { nowOrLater, type Repairs } from '../repair/repairs.ts';

export interface EchoesDeps {
  readonly users: Pick<UserStore, 'echo'>;
  readonly topics: Pick<Topics, 'isCurrent'>;
  readonly repairs: Pick<Repairs, 'retry'>;
}

/** Of a socket that is gone, or of another node, nobody here knows whether it was the only one. */
export interface Echoing {
  readonly userName: string;
  readonly isAlone?: boolean;
}

interface Untold {
  readonly userName: string;
  readonly at: number;
  readonly echo: Echo;
}

/** Longer than a login takes to be heard of where the bus is healthy. */
const KEPT_MS = 10_000;
const KEPT_MAX = 50_000;

export class Echoes {
  readonly #deps: EchoesDeps;
  /** In the order of time. */
  readonly #untold = new Set<Untold>();
  readonly #byUser = new Map<string, Untold[]>();

  constructor(deps: EchoesDeps) {
    this.#deps = deps;
  }

  /** Tells the other sockets, if there may be any, of what was done at a time by Redis's clock. */
  async send({ userName, isAlone = false }: Echoing, at: number, echo: Echo): Promise<void> {
    this.#forgetBefore(at - KEPT_MS);
    // A socket that others ask for hears its own echo.
    const isKnown = isAlone && echo.except !== '' && this.#deps.topics.isCurrent(userTopic(userName));
    if (!isKnown || this.#untold.size >= KEPT_MAX) return this.#deps.users.echo(userName, echo);
    const untold = { userName, at, echo };
    this.#untold.add(untold);
    const others = this.#byUser.get(userName);
    if (others === undefined) this.#byUser.set(userName, [untold]);
    else others.push(untold);
  }

  /** Another socket of a user has been there since a time by Redis's clock. */
  arrived(userName: string, since: number): void {
    for (const untold of this.#byUser.get(userName) ?? []) {
      this.#forget(untold);
      if (untold.at < since) continue;
      const tell = (): Promise<void> => this.#deps.users.echo(userName, untold.echo);
      void nowOrLater(this.#deps.repairs, tell);
    }
  }

  #forgetBefore(at: number): void {
    for (const untold of this.#untold) {
      if (untold.at >= at) return;
      this.#forget(untold);
    }
  }

  #forget(untold: Untold): void {
    this.#untold.delete(untold);
    const left = this.#byUser.get(untold.userName)?.filter((other) => other !== untold) ?? [];
    if (left.length === 0) this.#byUser.delete(untold.userName);
    else this.#byUser.set(untold.userName, left);
  }
}
