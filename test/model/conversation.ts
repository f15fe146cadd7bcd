// A room that people belong to, as plain objects: who it is of, who belongs to it and who is in it, what was said and who has read it,
// who may do what. Who is told what, and how requests are judged, is in conversations.ts.

export const listNames = ['adminlist', 'whitelist', 'blacklist'] as const;
export type ListName = (typeof listNames)[number];
export type Kind = 'normal' | 'transient' | 'temporary';
export type Writers = 'all' | 'admins' | 'owner';
export type Invites = 'members' | 'admins';
export type Role = 'owner' | 'admin' | 'member';

/** Values by name, a level deep at most below the first. */
export interface Attributes {
  [name: string]: number | Attributes;
}

export interface Making {
  readonly kind: Kind;
  readonly whitelistOnly: boolean;
  readonly writers: Writers;
  readonly invites: Invites;
  readonly attributes?: Attributes;
}

export class Conversation {
  owner: string;
  readonly kind: Kind;
  readonly writers: Writers;
  readonly invites: Invites;
  whitelistOnly: boolean;
  readonly lists: Readonly<Record<ListName, Set<string>>> = {
    adminlist: new Set(),
    whitelist: new Set(),
    blacklist: new Set(),
  };
  /** Who belongs to it. */
  readonly roster = new Set<string>();
  readonly muted = new Set<string>();
  /** User → until when it may not post; null for good. */
  readonly silenced = new Map<string, number | null>();
  slowMs = 0;
  /** Who had to wait and has posted since slow mode is on: its time is longer than any life. */
  readonly paced = new Set<string>();
  readonly attributes: Attributes;
  version: number;
  /** User → its sockets that are in the room. */
  readonly occupants = new Map<string, Set<string>>();
  /** User → up to where it has read. */
  readonly marks = new Map<string, number>();
  /** What was said; the id of a message is its place, counted from 1. */
  readonly posted: { readonly author: string; readonly text: string }[] = [];

  constructor(owner: string, { kind, whitelistOnly, writers, invites, attributes }: Making) {
    this.owner = owner;
    this.kind = kind;
    this.whitelistOnly = whitelistOnly;
    this.writers = writers;
    this.invites = invites;
    this.attributes = attributes ?? {};
    this.version = attributes === undefined ? 0 : 1;
  }

  isTop(user: string): boolean {
    return this.owner === user || this.lists.adminlist.has(user);
  }

  roleOf(user: string): Role | null {
    if (this.owner === user) return 'owner';
    if (this.lists.adminlist.has(user)) return 'admin';
    return this.roster.has(user) ? 'member' : null;
  }

  isBanned(user: string): boolean {
    return !this.isTop(user) && this.lists.blacklist.has(user);
  }

  admits(user: string): boolean {
    if (this.isTop(user)) return true;
    if (this.lists.blacklist.has(user)) return false;
    return !this.whitelistOnly || this.lists.whitelist.has(user) || this.roster.has(user);
  }

  mayRead(user: string): boolean {
    return this.occupants.has(user) || this.isTop(user) || (this.roster.has(user) && this.admits(user));
  }

  mayEdit(user: string, list: ListName, names: readonly string[]): boolean {
    if (this.owner === user) return true;
    return list !== 'adminlist' && this.lists.adminlist.has(user) && !names.includes(this.owner);
  }

  mayInvite(user: string): boolean {
    return this.isTop(user) || (this.invites === 'members' && this.roster.has(user) && this.admits(user));
  }

  /** The code of what refuses a message of an occupant. */
  refusesPostOf(user: string): string | undefined {
    if (this.writers === 'owner' && this.owner !== user) return 'notAllowed';
    if (this.writers === 'admins' && !this.isTop(user)) return 'notAllowed';
    if (this.owner !== user && this.silenced.has(user)) return 'silenced';
    return this.slowMs > 0 && !this.isTop(user) && this.paced.has(user) ? 'tooManyRequests' : undefined;
  }

  post(author: string, text: string): number {
    this.posted.push({ author, text });
    if (this.slowMs > 0 && !this.isTop(author)) this.paced.add(author);
    this.#read(author, this.posted.length);
    return this.posted.length;
  }

  /** Moves a mark, where there is one. */
  read(user: string, upToId: number): boolean {
    return this.#read(user, Math.min(upToId, this.posted.length));
  }

  #read(user: string, upToId: number): boolean {
    const mark = this.marks.get(user);
    if (mark === undefined || mark >= upToId) return false;
    this.marks.set(user, upToId);
    return true;
  }

  unreadOf(user: string): number {
    return this.posted.length - (this.marks.get(user) ?? this.posted.length);
  }

  addMember(user: string): void {
    this.roster.add(user);
    this.#begin(user);
  }

  dropMember(user: string): void {
    this.roster.delete(user);
    this.muted.delete(user);
    this.#settle(user);
  }

  /** Gives how many of the user's sockets are in the room. */
  enter(user: string, socket: string): number {
    const joined = this.occupants.get(user) ?? new Set();
    this.occupants.set(user, joined.add(socket));
    this.#begin(user);
    return joined.size;
  }

  /** Gives how many of the user's sockets stay, and whether it was the last one that went. */
  leave(user: string, socket: string): { readonly left: number; readonly isLast: boolean } {
    const joined = this.occupants.get(user);
    const wasIn = joined?.delete(socket) ?? false;
    const left = joined?.size ?? 0;
    if (wasIn && left === 0) this.takeOut(user);
    return { left, isLast: wasIn && left === 0 };
  }

  takeOut(user: string): void {
    this.occupants.delete(user);
    this.#settle(user);
  }

  /** A mark begins at the newest message. */
  #begin(user: string): void {
    if (!this.marks.has(user)) this.marks.set(user, this.posted.length);
  }

  #settle(user: string): void {
    if (!this.roster.has(user) && !this.occupants.has(user)) this.marks.delete(user);
  }

  setSlow(ms: number): void {
    this.slowMs = ms;
    if (ms === 0) this.paced.clear();
  }

  /** Values by dotted path; null removes. */
  change(changes: Readonly<Record<string, number | null>>): number {
    for (const [path, value] of Object.entries(changes)) {
      const parts = path.split('.');
      const last = parts.pop() ?? '';
      let at = this.attributes;
      for (const part of parts) {
        const next = at[part];
        at = at[part] = typeof next === 'object' ? next : {};
      }
      if (value === null) delete at[last];
      else at[last] = value;
    }
    return (this.version += 1);
  }
}
