/**
 * The rooms that its user belongs to, newest activity first: read page by page, kept by what the rooms are told, and read
 * again where something may have been missed. What is known of each room is the room's own.
 */
import type { Input, Result } from '../../protocol/catalogue.ts';
import type { RoomListed, RoomListOptions, RoomListPage } from '../../protocol/conversation.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { endOf } from '../../protocol/names/temporary.ts';
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';
import { Ends } from '../ends.ts';
import type { Doer } from '../member/member.ts';
import { Refresh } from '../refresh.ts';
import type { Room } from '../room/room.ts';
import type { Rooms } from '../room/rooms.ts';
import { Affairs } from './affairs.ts';
import { byActivity, entryOf, isFiltered, isOneOf, isSameEntry, type RoomEntry } from './room-entry.ts';
import { Strangers } from './strangers.ts';

export interface ConversationsEvents {
  /** The user was made a member of a room, by somebody or by itself on another device. */
  invited: [news: { readonly room: Room; readonly by: Doer; readonly attributes: Readonly<ValueMap> }];
  /** It is no member of it any more. */
  kicked: [news: { readonly room: Room; readonly by: Doer }];
  /** A room of the list, as it is now. */
  update: [entry: RoomEntry];
  /** The list is another one. */
  change: [list: readonly RoomEntry[]];
  error: [error: unknown];
}

/** Which rooms are listed, and how many in a page. */
export type ConversationsOptions = Omit<RoomListOptions, 'cursor'>;

export interface CreateRoomOptions extends Omit<NonNullable<Input<'conversationCreate'>['options']>, 'roomName'> {
  /** The service chooses one where it is left out. */
  readonly name?: string;
}

/** Rooms in a page, as the service has it where nothing is said, and at most. */
const [pageUsual, pageMax] = [20, 100];
/** Rooms in the list at most. */
const listMax = 10_000;
/** Between looks at the list. */
const lookMs = 1_000;

export class Conversations extends Emitter<ConversationsEvents> {
  readonly #core: Core;
  readonly #rooms: Rooms;
  /** All that was loaded. */
  readonly #refresh: Refresh;
  /** The beginning of the list: a room that is not in it may be there now. */
  readonly #look: Refresh;
  /** Of temporary rooms, which nobody tells of. */
  readonly #ends: Ends;
  readonly #entries = new Map<string, RoomEntry>();
  readonly #strangers = new Strangers();
  /** Made when it is asked for. */
  #list: readonly RoomEntry[] | undefined;
  /** Undefined: it was never loaded. */
  #options: ConversationsOptions | undefined;
  #cursor: string | undefined;
  /** Counts loads: pages of an older one are of no interest. */
  #round = 0;
  /** Counts readings of all once more, of which the newest one goes on. */
  #rereads = 0;
  /** Counts what has changed of the list. */
  #edits = 0;
  /** Rooms of which something has changed while a page is taken in, which is told once. */
  #due: Set<Room> | undefined;

  constructor(core: Core, rooms: Rooms) {
    super((error) => core.failed(error));
    this.#core = core;
    this.#rooms = rooms;
    const failed = (error: unknown): void => core.failed(error);
    const isConnected = (): boolean => core.link !== undefined;
    this.#refresh = new Refresh(() => this.#again(), failed, isConnected);
    this.#look = new Refresh(() => this.#lookNow(), failed);
    this.#ends = new Ends(
      () => rooms.now(),
      (names) => names.forEach((name) => this.#closed(rooms.of(name))),
    );
    rooms.onChange((room) => this.#changed(room));
    core.onLogin(() => {
      this.#strangers.clear();
      if (this.#options !== undefined) this.#refresh.start();
    });
    core.onLoss(() => this.#stop());
    core.onClose(() => {
      this.#stop();
      this.#ends.stop();
    });
    core.onNotification('roomInvited', ({ roomName, by, attributes }) => this.#invited(roomName, by, attributes));
    core.onNotification('roomKicked', ({ roomName, by }) => this.#kicked(roomName, by));
    core.onNotification('roomMembersAdded', (_, userNames) => this.#peopled(userNames));
    core.onNotification('roomMembersRemoved', (_, userNames) => this.#peopled(userNames));
    core.onNotification('roomAccessRemoved', (roomName) => this.#closed(rooms.of(roomName)));
    core.onAnswer('roomMemberJoin', ({ roomName }) => this.#added(rooms.of(roomName)));
    core.onAnswer('roomMemberQuit', ({ roomName }) => this.#left(rooms.of(roomName)));
    core.onAnswer('conversationCreate', ({ options }, result) => this.#created(options, result));
  }

  /** The rooms loaded so far: another list whenever something of it changes. */
  get list(): readonly RoomEntry[] {
    this.#list ??= [...this.#entries.values()].sort(byActivity);
    return this.#list;
  }

  /** There are more on the service, as far as is known. */
  get hasMore(): boolean {
    return this.#cursor !== undefined;
  }

  /** The first page of the rooms that one belongs to, all of them or those that the options name; the list begins anew. */
  async load(options: ConversationsOptions = {}): Promise<readonly RoomEntry[]> {
    this.#round += 1;
    this.#options = options;
    this.#strangers.clear();
    return this.#refresh.now(() => this.#page(undefined, (names) => this.#keepOnly(new Set(names))));
  }

  /** The next page, which is in the list from then on; empty at the end. */
  async more(): Promise<readonly RoomEntry[]> {
    if (this.#options === undefined) return this.load();
    return this.#cursor === undefined ? [] : this.#page(this.#cursor);
  }

  /** Makes a room that people belong to, the user its owner; it is joined by `join` of what this gives. */
  async create({ name, ...options }: CreateRoomOptions = {}): Promise<Room> {
    const given = name === undefined ? options : { ...options, roomName: name };
    const { roomName } = await this.#core.request('conversationCreate', { options: given });
    return this.#rooms.of(roomName);
  }

  /** Reads a page, and tells when all of it is in place. */
  async #page(
    cursor: string | undefined,
    take: (names: readonly string[]) => void = () => undefined,
  ): Promise<readonly RoomEntry[]> {
    const [round, since] = [this.#round, Affairs.turn];
    const options = { ...this.#options, ...(cursor !== undefined && { cursor }) };
    const page = await this.#core.request('roomList', { options });
    // Another load has begun since: what it gives is the list.
    if (round !== this.#round) return page.rooms.map((listed) => this.#entryOf(listed, since));
    this.#cursor = page.cursor ?? undefined;
    return this.#together(() => {
      const entries = page.rooms.map((listed) => this.#listed(listed, since));
      take(entries.map(({ room }) => room.name));
      return entries;
    });
  }

  /** All that was loaded, once more: who came and went meanwhile was not told. */
  async #again(): Promise<void> {
    const { limit = pageUsual, ...which } = this.#options ?? {};
    const [round, reread, wanted] = [this.#round, (this.#rereads += 1), Math.max(limit, this.#entries.size)];
    const [names, before] = [new Set<string>(), [...this.#entries.keys()]];
    const missing = (): string[] => before.filter((name) => !names.has(name));
    let [cursor, pages]: [string | undefined, number] = [undefined, 0];
    do {
      const left = Math.min(pageMax, wanted - names.size);
      const options = { ...which, limit: left, ...(cursor !== undefined && { cursor }) };
      const page = await this.#reread(round, options, names);
      if (page === undefined || reread !== this.#rereads) return;
      cursor = page.cursor ?? undefined;
      pages += 1;
    } while (cursor !== undefined && names.size < wanted);
    // One that is not there may have come to the front behind the reading.
    const isDoubtful = pages > 1 && missing().length > 0;
    if (isDoubtful && !(await this.#reread(round, { ...which, limit: Math.min(pageMax, wanted) }, names))) return;
    this.#cursor = cursor;
    // What came meanwhile was told.
    this.#together(() => {
      for (const name of missing()) this.#drop(name);
      // Also where it is as it was: it is known to be so.
      this.#edited();
    });
  }

  /** A page of what is read again, whose names are added to those; undefined where another load has begun since. */
  async #reread(round: number, options: RoomListOptions, names: Set<string>): Promise<RoomListPage | undefined> {
    const since = Affairs.turn;
    const page = await this.#core.request('roomList', { options });
    if (round !== this.#round) return undefined;
    this.#together(() => page.rooms.forEach((listed) => names.add(this.#listed(listed, since).room.name)));
    return page;
  }

  #lookSoon(): void {
    if (this.#options !== undefined && this.#core.link !== undefined) this.#look.soon(lookMs);
  }

  /** Others belong to a joined room, or do not any more: of a list that asks for them it may be one, or none, by that. */
  #peopled(userNames: readonly string[]): void {
    const isAskedFor = this.#options?.members?.some((userName) => userNames.includes(userName)) === true;
    if (isAskedFor && this.#core.link !== undefined) this.#refresh.soon(lookMs);
  }

  async #lookNow(): Promise<void> {
    const [looked, names] = [this.#strangers.look(), new Set<string>()];
    const page = await this.#reread(this.#round, { ...this.#options }, names);
    if (page === undefined) return;
    if (page.cursor === null) this.#cursor = undefined;
    looked(page, names);
  }

  #stop(): void {
    this.#refresh.stop();
    this.#look.stop();
  }

  /** Takes in what a reading says of a room. */
  #entryOf(listed: RoomListed, since: number): RoomEntry {
    const { roomName, unread, mentioned, lastMessage: last, lastActivity } = listed;
    const room = this.#rooms.of(roomName);
    const state = this.#rooms.stateOf(room);
    if (!state.affairs.isLostSince(since)) {
      state.affairs.listed(listed, since);
      state.told({ roomName, unread, mentioned, last });
    }
    return entryOf(room, state, lastActivity);
  }

  #listed(listed: RoomListed, since: number): RoomEntry {
    const entry = this.#entryOf(listed, since);
    if (!this.#rooms.stateOf(entry.room).affairs.isLostSince(since)) this.#put(entry);
    return entry;
  }

  /** Something of a room is another now; perhaps it has come into the list by it, or has gone. */
  #changed(room: Room): void {
    if (this.#options === undefined) return;
    if (this.#due !== undefined) return void this.#due.add(room);
    const known = this.#entries.get(room.name);
    if (known === undefined) return this.#stirred(room);
    const state = this.#rooms.stateOf(room);
    // What was known of it is gone: who has lost it says so, or the list is read again.
    if (state.affairs.known.role === undefined) return;
    const entry = entryOf(room, state, known.lastActivity);
    if (this.#isWanted(entry)) this.#put(entry);
    else this.#drop(room.name);
  }

  /** A room that is not in the list: it may be behind what was loaded, and so at the beginning now; or match what was asked for now. */
  #stirred(room: Room): void {
    if (this.#cursor !== undefined) return this.#strangers.stirs(room) ? this.#lookSoon() : undefined;
    const state = this.#rooms.stateOf(room);
    if (!isFiltered(this.#options) || !state.affairs.known.role) return;
    const entry = entryOf(room, state, room.lastMessage?.timestamp ?? 0);
    if (this.#isWanted(entry)) this.#put(entry);
  }

  #isWanted(entry: RoomEntry): boolean {
    return (endOf(entry.room.name) ?? Infinity) > this.#rooms.now() && isOneOf(this.#options, entry);
  }

  #invited(roomName: string, by: Doer, attributes: Readonly<ValueMap>): void {
    const room = this.#rooms.of(roomName);
    const { affairs } = this.#rooms.stateOf(room);
    affairs.offer(attributes);
    affairs.become('member');
    this.#added(room);
    this.emit('invited', { room, by, attributes });
    affairs.tell('invited', { by, attributes });
  }

  #kicked(roomName: string, by: Doer): void {
    const room = this.#rooms.of(roomName);
    this.#left(room);
    this.emit('kicked', { room, by });
    this.#rooms.stateOf(room).affairs.tell('kicked', { by });
  }

  #closed(room: Room): void {
    this.#drop(room.name);
    this.#rooms.stateOf(room).quit('gone');
  }

  #left(room: Room): void {
    this.#drop(room.name);
    this.#strangers.add(room.name);
    this.#rooms.stateOf(room).quit();
  }

  #created(given: Input<'conversationCreate'>['options'], { roomName, created }: Result<'conversationCreate'>): void {
    const room = this.#rooms.of(roomName);
    const { affairs } = this.#rooms.stateOf(room);
    if (created && given?.kind === 'transient') return;
    if (created && given?.attributes !== undefined) affairs.offer(given.attributes);
    if (created) affairs.become('owner');
    this.#added(room);
  }

  /** It is there at once as far as it is known; the list itself says the rest. */
  #added(room: Room): void {
    if (this.#options === undefined) return;
    this.#strangers.delete(room.name);
    const { members } = this.#options;
    const [newest] = this.list;
    const activity = Math.max(newest?.lastActivity ?? 0, this.#rooms.now());
    const entry = this.#entries.get(room.name) ?? entryOf(room, this.#rooms.stateOf(room), activity);
    if (members === undefined && this.#isWanted(entry)) this.#put(entry);
    this.#lookSoon();
  }

  #put(entry: RoomEntry): void {
    const { name } = entry.room;
    const known = this.#entries.get(name);
    if (known === undefined ? this.#entries.size >= listMax : isSameEntry(known, entry)) return;
    this.#entries.set(name, entry);
    if (known === undefined) this.#ends.set(name, endOf(name));
    this.#edited();
    if (known !== undefined) this.emit('update', entry);
    this.#tell();
  }

  #drop(name: string): void {
    if (!this.#entries.delete(name)) return;
    this.#ends.set(name, undefined);
    this.#edited();
    this.#tell();
  }

  #keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#entries.keys()) if (!names.has(name)) this.#drop(name);
  }

  #edited(): void {
    this.#edits += 1;
    this.#list = undefined;
  }

  /** That the list is another one is told of all that is done in it once, when it is done. */
  #together<T>(work: () => T): T {
    const edits = this.#edits;
    const due = (this.#due ??= new Set());
    try {
      return work();
    } finally {
      this.#due = undefined;
      if (this.#edits !== edits) this.#tell();
      for (const room of due) this.#changed(room);
    }
  }

  #tell(): void {
    if (this.#due === undefined && this.hears('change')) this.emit('change', this.list);
  }
}
