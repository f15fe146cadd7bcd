/**
 * Rooms that people belong to, in Redis: making them, with their members, in one script on the room's slot. What the members are told on
 * theirs follows from what it returns. Rejects with `StateUnavailable`.
 */
import type { Invites, RoomKind, Writers } from '../../protocol/conversation.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { listOf, nothing, optional, text, yes } from '../../redis/reply.ts';
import { flag, scriptsBeside, type OutcomeOf } from '../../redis/script.ts';
import { newEpoch } from '../../redis/tokens.ts';
import type { AccessStoreOptions } from '../access/access-store.ts';
import { CHANGED, EVICTING } from '../access/changed.ts';
import { LEFT_BEHIND } from '../key-names.ts';
import { duesIn } from '../member/due.ts';
import type { Candidate } from '../member/member-store.ts';
import { packGrant } from '../quota/grant.ts';
import type { RoomOptions } from '../room/room-store.ts';

export interface PersonOfRoom {
  readonly userName: string;
  /** By what its own slot says; `unjudged` where that was not asked. */
  readonly against: Candidate['against'] | 'unjudged';
}

export interface ConversationToMake extends Pick<
  RoomOptions,
  'whitelistOnly' | 'userlistUpdates' | 'accessListsUpdates' | 'historyMax'
> {
  readonly owner: string;
  /** Who belongs to it, and what speaks against it: asked where somebody is put back, and judged before a room is made. */
  readonly people: readonly PersonOfRoom[];
  readonly kind: RoomKind;
  /** Of a temporary room, in ms since the epoch. */
  readonly endsAt: number | undefined;
  readonly invites: Invites;
  readonly writers: Writers;
  /** MessagePack. */
  readonly attributes: Uint8Array | undefined;
  /** Which room of that name is theirs: any, or one with exactly these members. */
  readonly unique: 'pair' | 'set' | undefined;
  /** The socket that has asked, and hears by its answer. */
  readonly exceptSocket: string | undefined;
  /** `membersPrefix`. */
  readonly prefix: Uint8Array;
  readonly leftPrefix: Uint8Array;
}

const script = scriptsBeside(import.meta.url);

const createConversation = script('create-conversation', {
  keys: [...EVICTING, ...LEFT_BEHIND, 'membersDue'],
  args: [
    'large',
    'teller',
    'user',
    'except',
    'create',
    'unique',
    'epoch',
    'granted',
    'whitelistOnly',
    'userlistUpdates',
    'accessListsUpdates',
    'historyMax',
    'attributes',
    'kind',
    'invites',
    'writers',
    'endsAt',
    'prefix',
    'leftPrefix',
    'limit',
  ],
  rest: true,
  writes: true,
  refuses: ['noRoom', 'roomExists', 'othersRoom', 'roomExpired', 'listLimitExceeded'],
  gives: { ...CHANGED, due: duesIn, created: yes, added: listOf(text), refused: optional(text) },
});

const notePassed = script('note-passed', { keys: ['meta'], args: ['number'], gives: nothing });

export type ConversationMade = OutcomeOf<typeof createConversation>;

const writerCodes = { all: 0, admins: 1, owner: 2 } as const satisfies Record<Writers, number>;

export interface ConversationStoreOptions extends Pick<AccessStoreOptions, 'largeSize' | 'instance'> {
  /** Members of one room. */
  readonly membersMax: number;
}

export class ConversationStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: ConversationStoreOptions;

  constructor(commands: Commands, keys: Keyspace, options: ConversationStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /**
   * Makes it, with what was reserved for it; only finds it where nothing was. `refused`: the room is there, and nothing was done,
   * for this one would have to be put back into it.
   */
  async create(
    roomName: string,
    room: ConversationToMake,
    reserved: RoomOptions['reserved'],
  ): Promise<ConversationMade> {
    const args = {
      large: this.#options.largeSize,
      teller: this.#options.instance.nodeId,
      user: room.owner,
      except: room.exceptSocket ?? '',
      create: flag(reserved !== undefined),
      unique: room.unique ?? '',
      epoch: reserved?.life ?? newEpoch(),
      granted: reserved === undefined ? '' : packGrant(reserved.grant),
      whitelistOnly: flag(room.whitelistOnly),
      userlistUpdates: flag(room.userlistUpdates),
      accessListsUpdates: flag(room.accessListsUpdates),
      historyMax: room.historyMax,
      attributes: room.attributes ?? '',
      kind: room.kind === 'normal' ? '' : room.kind,
      invites: room.invites === 'members' ? '' : room.invites,
      writers: writerCodes[room.writers],
      endsAt: room.endsAt ?? '',
      prefix: room.prefix,
      leftPrefix: room.leftPrefix,
      limit: this.#options.membersMax,
    };
    const people = room.people.flatMap(({ userName, against = '' }) => [userName, against]);
    return this.#commands.run(createConversation, this.#keys.room(roomName), args, { args: people });
  }

  /** Up to which number others have come to the rooms of some people, as the first of these has it; 0 where nothing is noted. */
  async readPassed(roomName: string): Promise<number> {
    return Number((await this.#commands.plain('hget', this.#keys.room(roomName).meta, 'passed')) ?? 0);
  }

  /** Others have come to the one of that number too. Where the first one is gone nothing is noted. */
  async notePassed(roomName: string, number: number): Promise<void> {
    await this.#commands.run(notePassed, this.#keys.room(roomName), { number });
  }
}
