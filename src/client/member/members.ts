/**
 * The members of one room, as far as they were looked at: a map that is kept by what the service tells who is in the room, and
 * read again, as far as it was, after each loss. Who hears of it is left to the room.
 */
import type { MemberInfo, MembersPage, Role } from '../../protocol/member.ts';
import type { Until } from '../ends.ts';
import { badArgument } from '../encoding/encoding.ts';
import { byCodePoints } from '../encoding/order.ts';
import { Refresh, unlessBeyond } from '../refresh.ts';
import { toRequestError } from '../request-error.ts';
import type { Member, MembersDone } from './member.ts';

/** What is asked of the service for a room, under the name that it has. */
export interface MembersOwner {
  page(options: { readonly cursor?: string; readonly limit?: number }): Promise<MembersPage>;
  change(name: 'roomMembersAdd' | 'roomMembersRemove', userNames: readonly string[]): Promise<Done>;
  oneself(name: 'roomMemberJoin' | 'roomMemberQuit'): Promise<null>;
  setRole(userName: string, role: Role): Promise<null>;
  silencedUntil(userName: string): Until;
  /** A reading says so. */
  silenced(userName: string, until: Until): void;
  isOnline(userName: string): boolean | undefined;
  isConnected(): boolean;
  /** A name as the service writes it. */
  nameOf(name: string): string;
  /** What the map holds, or `count`, has changed. */
  changed(): void;
  /** Found by reading again: nobody has told of it. */
  found(added: readonly string[], removed: readonly string[]): void;
  failed(error: unknown): void;
}

type Done = { readonly done: readonly string[]; readonly failed: readonly { userName: string; error: object }[] };

export interface MembersListOptions {
  /** Members in this page at most. */
  readonly limit?: number;
  /** That of the page before. */
  readonly cursor?: string;
}

export interface MemberList {
  readonly members: readonly Member[];
  /** Of the next page; undefined at the end. */
  readonly cursor: string | undefined;
  /** Members of the room in all. */
  readonly count: number;
}

/** Members that are kept; more than these are given by `list` only. */
const membersMax = 10_000;

export class Members implements ReadonlyMap<string, Member> {
  readonly #owner: MembersOwner;
  readonly #members = new Map<string, Member>();
  readonly #refresh: Refresh;
  #isUsed = false;
  /** Somebody wants all of them. */
  #isAllWanted = false;
  /** All of them are in the map. */
  #isWhole = false;
  /** Up to where they were read in a row, from the beginning on; undefined: not at all. */
  #readUpTo: string | undefined;
  #count: number | undefined;
  /** Of whom something was told while a reading is under way: that is newer than what it says. */
  #told: Map<string, 'here' | 'gone'> | undefined;
  #readings = 0;

  constructor(owner: MembersOwner) {
    this.#owner = owner;
    this.#refresh = new Refresh(
      () => this.#again(),
      unlessBeyond((error) => owner.failed(error)),
      () => owner.isConnected(),
    );
  }

  /** One page of members in the order of their names; they are in the map as well from then on. */
  async list(options: MembersListOptions = {}): Promise<MemberList> {
    const { cursor } = options;
    this.#isUsed = true;
    const page = await this.#page(options);
    if (cursor === undefined || cursor === this.#readUpTo) {
      this.#readUpTo = page.cursor ?? undefined;
      this.#isWhole = page.cursor === null && this.#members.size >= page.count;
    }
    const members = page.members.map((info) => this.#members.get(info.userName) ?? this.#memberOf(info));
    return { members, cursor: page.cursor ?? undefined, count: page.count };
  }

  /** All of them as they are now, 10,000 at most. What fails for the moment is read again. */
  async load(): Promise<this> {
    this.#isUsed = this.#isAllWanted = true;
    await this.#refresh.now(() => this.#again());
    return this;
  }

  /** For the owner and admins, and for every member where the room has it so. In part: each name is judged by itself. */
  add(userNames: string | readonly string[]): Promise<MembersDone> {
    return this.#change('roomMembersAdd', userNames);
  }

  /** For the owner and admins. */
  remove(userNames: string | readonly string[]): Promise<MembersDone> {
    return this.#change('roomMembersRemove', userNames);
  }

  /** Makes its user a member of a room that it may join. */
  async join(): Promise<void> {
    await this.#owner.oneself('roomMemberJoin');
  }

  /** Its user belongs to the room no more. The owner cannot. */
  async quit(): Promise<void> {
    await this.#owner.oneself('roomMemberQuit');
  }

  /** For the owner; nobody is made owner by it. */
  async setRole(userName: string, role: 'admin' | 'member'): Promise<void> {
    await this.#owner.setRole(userName, role);
  }

  /** In all, also where fewer are in the map; undefined until it is known. */
  get count(): number | undefined {
    return this.#count;
  }

  /** Every member is in the map. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  get size(): number {
    return this.#members.size;
  }

  get(userName: string): Member | undefined {
    return this.#members.get(this.#owner.nameOf(userName));
  }

  has(userName: string): boolean {
    return this.#members.has(this.#owner.nameOf(userName));
  }

  keys(): MapIterator<string> {
    return this.#members.keys();
  }

  values(): MapIterator<Member> {
    return this.#members.values();
  }

  entries(): MapIterator<[string, Member]> {
    return this.#members.entries();
  }

  [Symbol.iterator](): MapIterator<[string, Member]> {
    return this.entries();
  }

  forEach(
    call: (member: Member, userName: string, members: ReadonlyMap<string, Member>) => void,
    self?: unknown,
  ): void {
    this.#members.forEach((member, userName) => call.call(self, member, userName, this));
  }

  /** @internal A reading of the room says how many there are. Returns whether that is news. */
  counted(count: number): boolean {
    const isNew = count !== this.#count;
    this.#count = count;
    return isNew;
  }

  /** @internal They may have changed unheard: they are read again, as far as they were. */
  outdated(): void {
    if (this.#isUsed) this.#refresh.start();
  }

  /** @internal The connection is gone; the map stays as it was. */
  lost(): void {
    this.#refresh.stop();
  }

  /** @internal The room is gone, for its user. */
  forget(): void {
    this.lost();
    this.#isUsed = this.#isAllWanted = this.#isWhole = false;
    this.#readUpTo = this.#count = undefined;
    this.#members.clear();
  }

  /** @internal */
  added(userNames: readonly string[]): void {
    for (const userName of userNames) {
      this.#told?.set(userName, 'here');
      if (!this.#isUsed || this.#members.has(userName)) continue;
      this.#put(this.#memberOf({ userName, role: 'member', online: this.#owner.isOnline(userName) }));
    }
    if (this.#count !== undefined) this.#count += userNames.length;
    this.#owner.changed();
  }

  /** @internal */
  removed(userNames: readonly string[]): void {
    for (const userName of userNames) {
      this.#told?.set(userName, 'gone');
      this.#members.delete(userName);
    }
    if (this.#count !== undefined) this.#count = Math.max(0, this.#count - userNames.length);
    this.#owner.changed();
  }

  /** @internal Something of these, who may be members, is another now. */
  update(userNames: readonly string[], news: Partial<Pick<Member, 'role' | 'online'>> = {}): void {
    let isOne = false;
    for (const userName of userNames) {
      const known = this.#members.get(userName);
      if (known === undefined) continue;
      this.#told?.set(userName, 'here');
      this.#members.set(userName, this.#memberOf({ ...known, ...news }));
      isOne = true;
    }
    if (isOne) this.#owner.changed();
  }

  async #change(name: 'roomMembersAdd' | 'roomMembersRemove', given: string | readonly string[]): Promise<MembersDone> {
    const userNames = typeof given === 'string' ? [given] : given;
    if (!Array.isArray(userNames)) throw badArgument(name, 1, 'no list of names');
    const { done, failed } = await this.#owner.change(name, userNames);
    return { done, failed: failed.map(({ userName, error }) => ({ userName, error: toRequestError({ ...error }) })) };
  }

  /** What is told while it is under way counts more. */
  async #page(options: MembersListOptions): Promise<MembersPage> {
    const told = this.#begin();
    try {
      const page = await this.#owner.page(options);
      this.#count = page.count;
      for (const info of page.members) {
        if (told.has(info.userName)) continue;
        this.#owner.silenced(info.userName, info.silencedUntil);
        this.#put(this.#memberOf(info));
      }
      this.#owner.changed();
      return page;
    } finally {
      this.#end();
    }
  }

  /** As many as were read, or all; who is not among them is gone, as far as they reach. */
  async #again(): Promise<void> {
    const [before, wasWhole] = [new Set(this.#members.keys()), this.#isWhole];
    const wanted = wasWhole || this.#isAllWanted ? membersMax : Math.max(1, before.size);
    const found = new Set<string>();
    const told = this.#begin();
    try {
      let cursor: string | null | undefined;
      let last = '';
      while (cursor !== null && found.size < wanted) {
        const page: MembersPage = await this.#page(cursor === undefined ? {} : { cursor });
        for (const { userName } of page.members) found.add((last = userName));
        ({ cursor } = page);
      }
      this.#readUpTo = cursor ?? undefined;
      const isWhole = (this.#isWhole = cursor === null);
      const isRead = (userName: string): boolean => isWhole || byCodePoints(userName, last) <= 0;
      const removed = [...before].filter((name) => !found.has(name) && !told.has(name) && isRead(name));
      // Of others it is not known whether they were members all along.
      const added = [...found].filter((name) => wasWhole && !before.has(name) && !told.has(name));
      for (const userName of removed) this.#members.delete(userName);
      if (removed.length > 0) this.#owner.changed();
      if (isWhole && this.#members.size < membersMax) this.#recount();
      this.#owner.found(added, removed);
    } finally {
      this.#end();
    }
  }

  /** What was told while they were read may be in what the pages said, or not. */
  #recount(): void {
    if (this.counted(this.#members.size)) this.#owner.changed();
  }

  /** A reading begins: of whom something is told from now on. */
  #begin(): Map<string, 'here' | 'gone'> {
    this.#readings += 1;
    return (this.#told ??= new Map<string, 'here' | 'gone'>());
  }

  #end(): void {
    this.#readings -= 1;
    if (this.#readings === 0) this.#told = undefined;
  }

  #put(member: Member): void {
    if (this.#members.has(member.userName) || this.#members.size < membersMax)
      this.#members.set(member.userName, member);
  }

  #memberOf({ userName, role, online }: Omit<MemberInfo, 'online'> & { online: boolean | undefined }): Member {
    const silencedUntil = this.#owner.silencedUntil(userName);
    return { userName, role, online, ...(silencedUntil !== undefined && { silencedUntil }) };
  }
}
