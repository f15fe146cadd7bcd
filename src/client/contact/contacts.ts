/** The user's contacts, kept up to date. What is known of each is its user object's. */
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';
import type { User } from '../user/user.ts';
import type { Users } from '../user/users.ts';

export interface ContactEvents {
  added: [user: User];
  removed: [user: User];
  /** Came online, or went. */
  status: [user: User];
  error: [error: unknown];
}

export class Contacts extends Emitter<ContactEvents> {
  constructor(core: Core, _users: Users) {
    super((error) => core.failed(error));
  }
}
