/** A conversation with one other user. */
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';
import type { User } from '../user/user.ts';

export interface DirectEvents {
  error: [error: unknown];
}

export class Direct extends Emitter<DirectEvents> {
  readonly userName: string;
  readonly user: User;
  unread = 0;

  constructor(core: Core, user: User) {
    super((error) => core.failed(error));
    this.userName = user.userName;
    this.user = user;
    core.plugins.extend(this, 'Direct');
  }
}
