/** One user as a client knows it. Where that comes from is left to the users. */
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';
import type { Plugin } from '../plugin/plugin.ts';

export interface UserEvents {
  /** Something of it has changed. */
  update: [user: User];
  error: [error: unknown];
}

export type Presence = 'online' | 'offline';

/** What the service says of a user: all of its profile, or only whether it is there. */
export interface UserNews {
  readonly profile?: ValueMap;
  readonly status?: Presence;
  readonly lastOnline?: number | null;
}

export class User extends Emitter<UserEvents> {
  #userName: string;
  readonly #core: Core;
  #profile: Readonly<ValueMap> = {};
  #status: Presence | undefined;
  #lastOnline: number | null | undefined;

  constructor(core: Core, userName: string) {
    super((error) => core.failed(error));
    this.#core = core;
    this.#userName = userName;
  }

  /** As the service writes it, once its rule for names is known. */
  get userName(): string {
    return this.#userName;
  }

  /** The fields that it shows of itself; empty until they are known (`load`, or as a contact). */
  get profile(): Readonly<ValueMap> {
    return this.#profile;
  }

  /** Kept up to date for contacts; of others as it was told last, undefined where it never was. */
  get status(): Presence | undefined {
    return this.#status;
  }

  /** When its last connection ended, milliseconds; null if there never was one, undefined if it is not known. */
  get lastOnline(): number | null | undefined {
    return this.#lastOnline;
  }

  /** Reads the profile; `noUser` where there is no such user. */
  async load(): Promise<this> {
    await this.#core.request('profileGet', { userName: this.userName });
    return this;
  }

  plugin(plugin: Plugin): this {
    this.#core.plugins.add(this, 'User', plugin);
    return this;
  }

  /** @internal By which rule names are made shows at the login. */
  rename(userName: string): void {
    this.#userName = userName;
  }

  /** @internal Takes what the service says. Returns whether that it is there or not has changed. */
  learn({ profile, status = this.#status, lastOnline = this.#lastOnline }: UserNews): boolean {
    const isOther = status !== this.#status || lastOnline !== this.#lastOnline;
    const isNew = profile !== undefined && JSON.stringify(profile) !== JSON.stringify(this.#profile);
    this.#status = status;
    this.#lastOnline = lastOnline;
    if (isNew) this.#profile = profile;
    if (isOther || isNew) this.emit('update', this);
    return isOther;
  }
}
