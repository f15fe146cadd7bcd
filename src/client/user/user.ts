/** One user as a client knows it. Where that comes from is left to the users. */
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';

export interface UserEvents {
  /** Something of it has changed. */
  update: [];
  error: [error: unknown];
}

export class User extends Emitter<UserEvents> {
  readonly userName: string;

  constructor(core: Core, userName: string) {
    super((error) => core.failed(error));
    this.userName = userName;
    core.plugins.extend(this, 'User');
  }
}
