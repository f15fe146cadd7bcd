/** One user as a client knows it. Where that comes from is left to the users. */
import { isMap, type ValueMap } from '../../protocol/params/values.ts';
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';
import type { Gate } from '../gate.ts';
import { toParam } from '../encoding/encoding.ts';
import type { Plugin } from '../plugin/plugin.ts';
import { localError } from '../request-error.ts';
import { UserState } from './user-state.ts';

export interface UserEvents {
  /** Something of it has changed. */
  update: [user: User];
  /** What it shows of how it is has changed: values by dotted path, null where one was removed. */
  state: [changes: Readonly<ValueMap>];
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
  readonly #state: UserState;
  readonly #kept: () => void;

  /** `kept`: its object is to be among those that are kept. */
  constructor(core: Core, userName: string, gate: Gate, kept: () => void) {
    super((error) => core.failed(error));
    this.#kept = kept;
    this.#core = core;
    this.#userName = userName;
    this.#state = new UserState({
      read: async () => (await gate.request('userStateGet', { userName: this.userName })).state,
      // Its first reading is no change of it.
      changed: (changes) => {
        this.emit('update', this);
        if (changes !== undefined) this.emit('state', changes);
      },
      failed: (error) => core.failed(error),
      isConnected: () => core.link !== undefined,
    });
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

  /**
   * What it shows of how it is just now: read from the first look on, or the first listener of `state`, and kept for contacts
   * and whom one shares a room with; `update` tells when it is there. The same object until something of it changes.
   */
  get state(): Readonly<ValueMap> {
    return this.#state.look();
  }

  /** Reads the state now; `noUser` where there is no such user. */
  async loadState(): Promise<Readonly<ValueMap>> {
    return this.#state.read();
  }

  /** Merges values into the state of the client's own user, by dotted path; null removes. */
  async setState(changes: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.userName !== this.#core.userName) throw localError('notAllowed', 'That is the state of another user.');
    const given = toParam('userStateSet', 0, changes, this.#core.limits.depth);
    if (!given.ok) throw given.error;
    const param = { changes: isMap(given.value) ? given.value : {} };
    await this.#state.set(async () => (await this.#core.request('userStateSet', param)).state);
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

  /** @internal The service tells of its state. */
  stateChanged(changes: Readonly<ValueMap>): void {
    this.#state.heard(changes);
  }

  /** @internal A connection is there, perhaps another one: what changed meanwhile was not told. */
  outdated(): void {
    this.#state.outdated(this.hears('state') || this.hears('update'));
  }

  /** @internal The connection is gone. */
  lost(): void {
    this.#state.lost();
  }

  protected override listened(): void {
    this.#kept();
    if (this.hears('state')) this.#state.look();
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
