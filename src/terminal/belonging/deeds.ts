/** Carries out what somebody wants of a room that people belong to, and of its own state. What comes of it is told by the service's notices. */
import type { Client, Member, Message, Room, Value } from '../../client/index.ts';
import type { Deed } from '../commands.ts';
import { dateAndTimeOf } from '../layout.ts';
import { authorOf, textOf } from '../talk/said.ts';
import { wordsFor } from '../words.ts';
import { timeWords } from './changes.ts';
import type { Wanted } from './reading.ts';

export interface DeedDeps {
  readonly client: Client;
  readonly tell: (sentence: string) => void;
  readonly complain: (sentence: string) => void;
  /** The room that lines go to; undefined where that is no room. */
  readonly current: () => Room | undefined;
  /** What people call a room. */
  readonly nameOf: (roomName: string) => string;
  /** Goes to a room that is there. */
  readonly goTo: (roomName: string) => Promise<unknown>;
}

/** In the answer to /members, and to /search. */
const shownMax = 50;
const foundMax = 20;
const minuteMs = 60_000;

type RoomDeed = Exclude<Deed, { readonly kind: 'new' | 'status' }>;

export class Deeds {
  readonly #deps: DeedDeps;

  constructor(deps: DeedDeps) {
    this.#deps = deps;
  }

  /** Resolves when it is done, or it is told why not. */
  async carryOut(deed: Deed): Promise<void> {
    const { client, tell, complain, current } = this.#deps;
    const room = current();
    try {
      if (deed.kind === 'new') return await this.#make(deed.title, deed.userNames);
      if (deed.kind === 'status') {
        await client.me?.setState({ status: deed.text ?? null });
        return tell(deed.text === undefined ? 'You have no status any more.' : `You are: ${deed.text}`);
      }
      if (room === undefined) return complain(`/${deed.kind} is about a room: go to one with /join ROOM first.`);
      await this.#doIn(room, deed);
    } catch (error) {
      const about =
        deed.kind === 'new'
          ? (deed.userNames[0] ?? deed.title)
          : room === undefined
            ? 'it'
            : this.#deps.nameOf(room.name);
      complain(wordsFor(error, about));
    }
  }

  async #doIn(room: Room, deed: RoomDeed): Promise<unknown> {
    const { nameOf } = this.#deps;
    switch (deed.kind) {
      case 'add':
        return this.#told(await room.members.add(deed.userNames));
      case 'remove':
        return this.#remove(room, deed.userNames);
      case 'members':
        return this.#tellMembers(room);
      case 'role':
        return room.members.setRole(deed.userName, deed.role);
      case 'silence':
        return room.silence(
          [deed.userName],
          deed.minutes === undefined ? {} : { until: Date.now() + deed.minutes * minuteMs },
        );
      case 'unsilence':
        return room.unsilence(deed.userNames);
      case 'slow':
        return room.slowMode(deed.seconds * 1_000);
      case 'set':
        return this.#set(room, deed.path, deed.value ?? null);
      case 'mute':
        await room.mute();
        return this.#deps.tell(`${nameOf(room.name)}: no push any more. Messages come as ever.`);
      case 'unmute':
        await room.unmute();
        return this.#deps.tell(`${nameOf(room.name)}: push again.`);
      case 'search':
        return this.#search(room, deed.wanted);
    }
  }

  async #make(title: string, userNames: readonly string[]): Promise<void> {
    const room = await this.#deps.client.conversations.create({ members: [...userNames], attributes: { title } });
    await this.#deps.goTo(room.name);
  }

  async #set(room: Room, path: string, value: Value): Promise<void> {
    try {
      await room.set(path, value).save();
    } catch (error) {
      // What was refused is not shown as if it were so.
      await room.fetch().catch(() => undefined);
      throw error;
    }
  }

  /** Oneself is not removed, but leaves. */
  async #remove(room: Room, userNames: readonly string[]): Promise<void> {
    const { userName: own } = this.#deps.client;
    const others = userNames.filter((userName) => userName !== own);
    if (others.length > 0) this.#told(await room.members.remove(others));
    if (others.length < userNames.length) await room.members.quit();
  }

  #told({ failed }: Awaited<ReturnType<Room['members']['add']>>): void {
    for (const { userName, error } of failed) this.#deps.complain(`${userName}: ${wordsFor(error, userName)}`);
  }

  async #tellMembers(room: Room): Promise<void> {
    const { members, count } = await room.members.list({ limit: shownMax });
    if (count === 0)
      return this.#deps.tell(`Nobody belongs to ${this.#deps.nameOf(room.name)}: who is in it is told by /who.`);
    const rest = count - members.length;
    const lines = [
      `${count === 1 ? 'One member' : `${count} members`} of ${this.#deps.nameOf(room.name)}:`,
      ...members.map(memberLine),
    ];
    this.#deps.tell([...lines, ...(rest > 0 ? [`  and ${rest} more`] : [])].join('\n'));
  }

  async #search(room: Room, { author, type, since, until }: Wanted): Promise<void> {
    const found: Message[] = [];
    const options = {
      limit: foundMax,
      ...(author !== undefined && { author }),
      ...(type !== undefined && { type }),
      ...(since !== undefined && { from: { time: since } }),
      ...(until !== undefined && { to: { time: until } }),
    };
    for await (const message of room.search(options)) if (found.push(message) === foundMax) break;
    if (found.length === 0) return this.#deps.tell('Nothing found.');
    const lines = found.toReversed().map(foundLine);
    const most = found.length === foundMax ? `The newest ${foundMax}` : `${found.length} found`;
    this.#deps.tell([`${most}, oldest first:`, ...lines].join('\n'));
  }
}

function memberLine({ userName, role, silencedUntil, online }: Member): string {
  const notes = [
    ...(role === 'member' ? [] : [role]),
    ...(silencedUntil === undefined
      ? []
      : [silencedUntil === null ? 'silenced' : `silenced until ${timeWords(silencedUntil)}`]),
  ];
  return `  ${online === true ? '●' : '○'} ${userName}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

function foundLine(message: Message): string {
  const { id, timestamp } = message;
  const number = id === undefined ? '' : `#${id} `;
  return `  ${number}${dateAndTimeOf(timestamp)} ${authorOf(message)}: ${textOf(message) ?? '(not for eyes)'}`;
}
