/** The users a client has objects of: one for each name. What is told of them comes in here. */
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Core } from '../core.ts';
import type { Gate } from '../gate.ts';
import { Kept } from './kept.ts';
import { User, type Presence, type UserNews } from './user.ts';

/** Kept whether anybody holds them or not. */
const keptMax = 10_000;

export class Users {
  readonly #core: Core;
  readonly #gate: Gate;
  readonly #users = new Kept<User>(keptMax, (user) => user.isHeard);

  /** `gate`: what is read of many users at once waits at it, as after a loss. */
  constructor(core: Core, gate: Gate) {
    this.#core = core;
    this.#gate = gate;
    core.onRename(() => {
      this.#users.rename(
        (name) => core.nameOf(name),
        (user, name) => user.rename(name),
      );
    });
    core.onLogin(() => {
      for (const user of this.#users.all) user.outdated();
    });
    core.onLoss(() => {
      for (const user of this.#users.all) user.lost();
    });
    core.onNotification('userStateChanged', (userName, changes) => this.known(userName)?.stateChanged(changes));
    core.onAnswer('userDetails', (_, { user, contacts }) => {
      for (const profile of [user, ...contacts]) this.learn(profile);
    });
    core.onAnswer('profileGet', (_, profile) => void this.learn(profile));
  }

  of(userName: string): User {
    const name = this.#core.nameOf(userName);
    const known = this.#users.get(name);
    if (known !== undefined) return known;
    const user: User = new User(this.#core, name, this.#gate, () => void this.#users.get(user.userName));
    this.#users.set(name, user);
    this.#core.plugins.extend(user, 'User');
    return user;
  }

  /** The object of that name, if there is one. */
  known(userName: string): User | undefined {
    return this.#users.get(this.#core.nameOf(userName));
  }

  /** Takes a profile of the wire: its fields, and, unless something newer is known, whether the user is there. */
  learn(profile: ValueMap, isPresenceNew = true): { user: User; isPresenceChanged: boolean } {
    const { userName: _, status, lastOnline, ...fields } = profile;
    const user = this.of(userNameIn(profile));
    const news: UserNews = { profile: fields, ...(isPresenceNew ? presenceOf(status, lastOnline) : {}) };
    return { user, isPresenceChanged: user.learn(news) };
  }
}

/** Whose profile it is. */
export function userNameIn({ userName }: ValueMap): string {
  return typeof userName === 'string' ? userName : '';
}

function presenceOf(status: unknown, lastOnline: unknown): { status: Presence; lastOnline: number | null } {
  return {
    status: status === 'online' ? 'online' : 'offline',
    lastOnline: typeof lastOnline === 'number' ? lastOnline : null,
  };
}
