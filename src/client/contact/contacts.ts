/**
 * The user's contacts: a live map, read when it is first used and again after each login, kept by what the service tells.
 * What is known of each is its user object's.
 */
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';
import { Refresh } from '../refresh.ts';
import type { User } from '../user/user.ts';
import { userNameIn, type Users } from '../user/users.ts';

export interface ContactEvents {
  /** It is in the map now; by the first reading as well. */
  added: [user: User];
  removed: [user: User];
  /** Came online, or went. */
  status: [user: User];
  error: [error: unknown];
}

/** Contacts in one page of the list. */
const pageSize = 200;

/** One reading of the list, page by page. What is told meanwhile of these users is newer than it. */
interface Reading {
  readonly told: Map<string, 'here' | 'gone'>;
  readonly done: Promise<void>;
}

export class Contacts extends Emitter<ContactEvents> implements ReadonlyMap<string, User> {
  readonly #core: Core;
  readonly #users: Users;
  readonly #refresh: Refresh;
  readonly #contacts = new Map<string, User>();
  #isUsed = false;
  #reading: Reading | undefined;
  readonly #readHandlers: (() => void)[] = [];

  constructor(core: Core, users: Users) {
    super((error) => core.failed(error));
    this.#core = core;
    this.#users = users;
    this.#refresh = new Refresh(
      () => this.#read(),
      (error) => core.failed(error),
      () => core.link !== undefined,
    );
    core.onLogin(() => {
      // What came and went meanwhile was not told.
      if (this.#isUsed) this.#readInBackground();
    });
    core.onLoss(() => this.#refresh.stop());
    core.onNotification('contactAdded', (profile) => this.#added(profile));
    core.onNotification('contactAddedEcho', (profile) => this.#added(profile));
    core.onAnswer('contactAdd', (_, profile) => this.#added(profile));
    core.onNotification('contactRemoved', (userName) => this.#removed(userName));
    core.onNotification('contactRemovedEcho', (userName) => this.#removed(userName));
    core.onAnswer('contactRemove', ({ userName }) => this.#removed(userName));
    core.onNotification('contactStatusChanged', ({ userName, status, lastOnline }) => {
      const reading = this.#reading;
      reading?.told.set(userName, 'here');
      // Perhaps a contact that the reading has still to find.
      const user = reading === undefined ? users.known(userName) : users.of(userName);
      const isChanged = user?.learn({ status, lastOnline }) === true;
      if (user !== undefined && isChanged && this.#contacts.has(userName)) this.emit('status', user);
    });
  }

  /**
   * Reads the list now; rejects where that fails, and what fails for the moment is read again. It is not needed: using the map
   * does so in the background.
   */
  async load(): Promise<this> {
    this.#isUsed = true;
    await this.#refresh.now(() => this.#read());
    // A login since then has begun another reading.
    while (this.#reading !== undefined) await this.#reading.done;
    return this;
  }

  /** Both become contacts of each other. */
  async add(userName: string): Promise<User> {
    this.#use();
    const profile = await this.#core.request('contactAdd', { userName });
    return this.#users.of(userNameIn(profile));
  }

  /** Ends it on both sides; no error where there was none. */
  async remove(userName: string): Promise<void> {
    this.#use();
    await this.#core.request('contactRemove', { userName });
  }

  /** @internal Called whenever all of the list was read, also where nothing of it has changed. */
  onRead(handler: () => void): void {
    this.#readHandlers.push(handler);
  }

  get size(): number {
    return this.#used.size;
  }

  get(userName: string): User | undefined {
    return this.#used.get(this.#core.nameOf(userName));
  }

  has(userName: string): boolean {
    return this.#used.has(this.#core.nameOf(userName));
  }

  keys(): MapIterator<string> {
    return this.#used.keys();
  }

  values(): MapIterator<User> {
    return this.#used.values();
  }

  entries(): MapIterator<[string, User]> {
    return this.#used.entries();
  }

  [Symbol.iterator](): MapIterator<[string, User]> {
    return this.entries();
  }

  forEach(call: (user: User, userName: string, contacts: ReadonlyMap<string, User>) => void, self?: unknown): void {
    this.#used.forEach((user, userName) => call.call(self, user, userName, this));
  }

  protected override listened(): void {
    this.#use();
  }

  get #used(): Map<string, User> {
    this.#use();
    return this.#contacts;
  }

  #use(): void {
    if (this.#isUsed) return;
    this.#isUsed = true;
    if (this.#core.link !== undefined) this.#readInBackground();
  }

  #readInBackground(): void {
    // A reading under way began before the login.
    this.#reading = undefined;
    this.#refresh.start();
  }

  #read(): Promise<void> {
    if (this.#reading !== undefined) return this.#reading.done;
    const told: Reading['told'] = new Map();
    const done = this.#pages(told).finally(() => {
      if (this.#reading?.told === told) this.#reading = undefined;
    });
    this.#reading = { told, done };
    return done;
  }

  async #pages(told: Reading['told']): Promise<void> {
    const found = new Set<string>();
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const options = cursor === undefined ? { limit: pageSize } : { limit: pageSize, cursor };
      const page = await this.#core.request('contactList', { options });
      // Another reading has begun since, and will end later.
      if (this.#reading?.told !== told) return;
      for (const profile of contactsOf(page)) found.add(this.#listed(profile, told));
      cursor = 'cursor' in page ? page.cursor : null;
    }
    const gone = [...this.#contacts.keys()].filter((userName) => !found.has(userName) && !told.has(userName));
    for (const userName of gone) this.#removed(userName);
    for (const handler of this.#readHandlers) handler();
  }

  #listed(profile: ValueMap, told: Reading['told']): string {
    const userName = userNameIn(profile);
    const known = this.#contacts.get(userName);
    if (told.get(userName) === 'gone') return userName;
    const { user, isPresenceChanged } = this.#users.learn(profile, !told.has(userName));
    this.#contacts.set(userName, user);
    if (known === undefined) this.emit('added', user);
    else if (isPresenceChanged) this.emit('status', user);
    return userName;
  }

  #added(profile: ValueMap): void {
    const { user } = this.#users.learn(profile);
    const isNew = !this.#contacts.has(user.userName);
    this.#reading?.told.set(user.userName, 'here');
    if (!this.#isUsed || !isNew) return;
    this.#contacts.set(user.userName, user);
    this.emit('added', user);
  }

  #removed(userName: string): void {
    const name = this.#core.nameOf(userName);
    const user = this.#contacts.get(name);
    this.#reading?.told.set(name, 'gone');
    if (user === undefined) return;
    this.#contacts.delete(name);
    this.emit('removed', user);
  }
}

function contactsOf(page: readonly ValueMap[] | { readonly contacts: readonly ValueMap[] }): readonly ValueMap[] {
  return 'contacts' in page ? page.contacts : page;
}
