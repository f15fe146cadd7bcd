/** The users a client has objects of: one for each name. */
import { normaliseName } from '../../protocol/names/form.ts';
import type { Core } from '../core.ts';
import { User } from './user.ts';

export class Users {
  readonly #core: Core;
  readonly #users = new Map<string, User>();

  constructor(core: Core) {
    this.#core = core;
  }

  of(userName: string): User {
    const name = normaliseName(userName, this.#core.limits);
    const user = this.#users.get(name) ?? new User(this.#core, name);
    this.#users.set(name, user);
    return user;
  }
}
