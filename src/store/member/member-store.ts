/**
 * Who belongs to a room, in Redis. Every method is one script on the room's slot, but for what is said of users, who have theirs. What
 * the users concerned are told follows from what it returns. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Role } from '../../protocol/member.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { bytes, number } from '../../redis/reply.ts';
import { flag } from '../../redis/script.ts';
import type { AccessStoreOptions } from '../access/access-store.ts';
import type { Changed, NamesWanted } from '../access/changed.ts';
import type { PageWish } from '../access/list-page.ts';
import { rightsArgs, type Rights } from '../rights.ts';
import { onceArgs, type Signing } from '../signed.ts';
import * as scripts from './member-scripts.ts';

/** A change of members by somebody. */
export interface MemberEdit {
  /** It is about the user itself, who asks for it. */
  readonly itself: boolean;
  /** Who is told to have done it; undefined for the service. */
  readonly by: string | undefined;
  /** The socket that asks, and has its answer. */
  readonly exceptSocket: string | undefined;
  /** See `ListEdit`. */
  readonly signed?: Signing;
  /** Tells the room: a notice that ends before the names. */
  readonly prefix: Uint8Array;
  readonly leftPrefix: Uint8Array;
}

/** Who is to be added, and what speaks against it by what its own slot says. */
export interface Candidate {
  readonly userName: string;
  readonly against: 'noUser' | 'tooManyRooms' | undefined;
  /** It knows that it is one, or was one of a room of that name. */
  readonly isTold?: boolean;
}

/** An owner who has to be judged first, as it becomes a member with the first one. Nothing was done. */
export interface OwnerUnjudged {
  readonly unjudged: string;
}

/** A change that was made; `words` say what has become of each name, in their order: `done`, or why not. */
export interface MembersEdited extends Changed {
  readonly words: readonly string[];
}

/** A role that was given; `isNews`: it was another one before. */
export interface RoleSet extends Changed {
  readonly isNews: boolean;
}

export interface Member {
  readonly userName: string;
  readonly role: Role;
  /** Until when it may not post: a time, `null` for good; undefined where it may. */
  readonly silencedUntil: number | null | undefined;
}

export interface ErasedMember {
  /** It is no member as an owner either: nobody ever has its name. */
  readonly owners?: 'owners too';
  readonly membership?: string;
}

export interface MemberPage {
  readonly count: number;
  readonly members: readonly Member[];
  readonly next: string | undefined;
}

export interface MemberStoreOptions extends AccessStoreOptions {
  /** Members of one room. */
  readonly membersMax: number;
}

type EditRefusal = 'noRoom' | 'notAllowed' | 'badSignature';

export class MemberStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: MemberStoreOptions;

  constructor(commands: Commands, keys: Keyspace, options: MemberStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /** Makes users members, and the owner with the first of them, as far as nothing speaks against that. */
  async add(
    roomName: string,
    rights: Rights,
    edit: MemberEdit,
    candidates: readonly Candidate[],
    owner?: Candidate,
  ): Promise<MembersEdited | NamesWanted | OwnerUnjudged | EditRefusal | 'listLimitExceeded'> {
    const judged = { judgedOwner: owner?.userName ?? '', ownerAgainst: owner?.against ?? '' };
    const args = { ...this.#editArgs(rights, edit), limit: this.#options.membersMax, ...judged };
    const rest = candidates.flatMap(({ userName, against = '', isTold }) => [userName, isTold ? '=' : against]);
    const keys = this.#keys.room(roomName);
    const done = await this.#commands.run(scripts.addMembers, keys, args, { args: rest });
    if (typeof done === 'string') return done;
    const { at, wanted, unjudged, ...edited } = done;
    if (unjudged !== undefined) return { unjudged };
    return wanted ?? { ...edited, at: made(at) };
  }

  /** `listPrefix` tells the room of those who were on the adminlist: a notice that ends before the names. */
  remove(
    roomName: string,
    rights: Rights,
    edit: MemberEdit & { readonly listPrefix: Uint8Array },
    names: readonly string[],
  ): Promise<MembersEdited | EditRefusal> {
    const args = { ...this.#editArgs(rights, edit), listPrefix: edit.listPrefix };
    return this.#commands.run(scripts.removeMembers, this.#keys.room(roomName), args, { args: names });
  }

  /** For the owner and the service. The frames tell the room of the role and, where it tells of lists, of the adminlist. */
  async setRole(
    roomName: string,
    rights: Rights,
    { userName, role }: { readonly userName: string; readonly role: Role },
    frames: { readonly frame: Uint8Array; readonly listFrame: Uint8Array; readonly leftPrefix: Uint8Array },
  ): Promise<RoleSet | NamesWanted | 'noRoom' | 'notAllowed' | 'noMember' | 'listLimitExceeded'> {
    const { largeSize: large, listSizeLimit: limit, instance } = this.#options;
    const args = { large, teller: instance.nodeId, ...rightsArgs(rights), subject: userName, role, limit, ...frames };
    const done = await this.#commands.run(scripts.setRole, this.#keys.room(roomName), args);
    if (typeof done === 'string') return done;
    const { at, wanted, ...changed } = done;
    return wanted ?? { ...changed, at: made(at) };
  }

  /** A page of members, in byte order of their names, and exactly `limit` where there are more. */
  async readPage(
    roomName: string,
    rights: Rights,
    { cursor, limit }: PageWish,
  ): Promise<MemberPage | 'noRoom' | 'notJoined'> {
    const args = { ...rightsArgs(rights), cursor, limit };
    const read = await this.#commands.run(scripts.readMembers, this.#keys.room(roomName), args);
    if (typeof read === 'string') return read;
    const { count, names, next, roles, silences } = read;
    const members = names.map((userName, i) => {
      const silence = silences[i] ?? '';
      const silencedUntil = silence === '' ? undefined : silence === '0' ? null : Number(silence);
      return { userName, role: roleIn(roles[i]), silencedUntil };
    });
    return { count, members, next };
  }

  /**
   * A user who is gone belongs to the room no more, and is not silenced there. `frame` tells the room that it is no member. Where the
   * `membership` is named (`BelongsStore.readFormer`) that is ended, once, and no later one.
   */
  async erase(roomName: string, userName: string, frame: Uint8Array, which: ErasedMember = {}): Promise<void> {
    const { owners, membership = '' } = which;
    const args = { user: userName, frame, owners: flag(owners !== undefined), membership };
    await this.#commands.run(scripts.eraseMember, this.#keys.room(roomName), args);
  }

  /** What a room is about, in MessagePack; undefined where nothing is said of it. */
  async readAttributes(roomName: string): Promise<Buffer | undefined> {
    const stored = await this.#commands.plain('hget', this.#keys.room(roomName).meta, 'attributes');
    return stored === null ? undefined : bytes(stored);
  }

  /** Which of these users have a socket, in whatever room. */
  async online(names: readonly string[]): Promise<ReadonlySet<string>> {
    const counts = await Promise.all(
      names.map(async (name) => number(await this.#commands.plain('exists', this.#keys.user(name).sockets))),
    );
    return new Set(names.filter((_, i) => counts[i] === 1));
  }

  #editArgs(
    rights: Rights,
    { itself, by, exceptSocket, signed, prefix, leftPrefix }: MemberEdit,
  ): Record<Exclude<EditArg, 'limit' | 'judgedOwner' | 'ownerAgainst'>, string | number | Uint8Array> {
    return {
      large: this.#options.largeSize,
      teller: this.#options.instance.nodeId,
      except: exceptSocket ?? '',
      by: by ?? '',
      ...rightsArgs(rights),
      itself: flag(itself),
      ...onceArgs(signed),
      prefix,
      leftPrefix,
    };
  }
}

type EditArg = (typeof scripts.addMembers)['args'][number];

/** What was made has a position. */
function made<T>(at: T | undefined): T {
  if (at === undefined) throw new TypeError('an edit that was made has a position');
  return at;
}

function roleIn(role: string | undefined): Role {
  if (role === 'owner' || role === 'admin' || role === 'member') return role;
  throw new TypeError(`a role was expected from Redis, not ${String(role)}`);
}
