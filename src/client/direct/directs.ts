/** The direct conversations a client has objects of: one for each user. */
import type { Core } from '../core.ts';
import type { Users } from '../user/users.ts';
import { Direct } from './direct.ts';

export class Directs {
  readonly #core: Core;
  readonly #users: Users;
  readonly #objects = new Map<string, Direct>();

  constructor(core: Core, users: Users) {
    this.#core = core;
    this.#users = users;
  }

  get objects(): ReadonlyMap<string, Direct> {
    return this.#objects;
  }

  of(userName: string): Direct {
    const user = this.#users.of(userName);
    const direct = this.#objects.get(user.userName) ?? new Direct(this.#core, user);
    this.#objects.set(user.userName, direct);
    return direct;
  }
}
