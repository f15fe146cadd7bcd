/**
 * Rooms that people belong to, in Redis: making them, with their members, in one script on the room's slot. What the members are told on
 * theirs follows from what it returns. Rejects with `StateUnavailable`.
 */
import type { Instance } from '../../bus/instance.ts';
import type { Invites, RoomKind, Writers } from '../../protocol/conversation.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { listOf, position, text, yes } from '../../redis/reply.ts';
import { flag, scriptsBeside, type OutcomeOf } from '../../redis/script.ts';
import { newEpoch } from '../../redis/tokens.ts';
import { LEFT_BEHIND, LOG, OCCUPANTS, ROOM_LISTS } from '../key-names.ts';
import { duesIn } from '../member/due.ts';
import { packGrant } from '../quota/grant.ts';
import type { RoomOptions } from '../room/room-store.ts';

export interface ConversationToMake extends Pick<
  RoomOptions,
  'whitelistOnly' | 'userlistUpdates' | 'accessListsUpdates' | 'historyMax'
> {
  readonly owner: string;
  /** Who belongs to it. */
  readonly people: readonly string[];
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
}

const script = scriptsBeside(import.meta.url);

const createConversation = script('create-conversation', {
  keys: [...LOG, ...OCCUPANTS, ...ROOM_LISTS, ...LEFT_BEHIND, 'entries', 'membersDue'],
  args: [
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
  ],
  rest: true,
  writes: true,
  refuses: ['noRoom', 'roomExists', 'othersRoom', 'roomExpired'],
  gives: { at: position, created: yes, due: duesIn, added: listOf(text) },
});

export type ConversationMade = OutcomeOf<typeof createConversation>;

const writerCodes = { all: 0, admins: 1, owner: 2 } as const satisfies Record<Writers, number>;

export class ConversationStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #instance: Pick<Instance, 'nodeId'>;

  constructor(commands: Commands, keys: Keyspace, instance: Pick<Instance, 'nodeId'>) {
    this.#commands = commands;
    this.#keys = keys;
    this.#instance = instance;
  }

  /** Makes it, with what was reserved for it; only finds it where nothing was. */
  async create(
    roomName: string,
    room: ConversationToMake,
    reserved: RoomOptions['reserved'],
  ): Promise<ConversationMade> {
    const args = {
      teller: this.#instance.nodeId,
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
    };
    return this.#commands.run(createConversation, this.#keys.room(roomName), args, { args: room.people });
  }
}
