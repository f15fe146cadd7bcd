/** What a request for a new room asks for, and what in that does not go together: judged before Redis is asked. */
import {
  MEMBERS_AT_CREATION,
  TEMPORARY_MEMBERS,
  TEMPORARY_MS_DEFAULT,
  type ConversationOptions,
} from '../../protocol/conversation.ts';
import { badArgument, fail, Failure } from '../../protocol/errors/errors.ts';
import { invalidName, isValidName } from '../../protocol/names/rule.ts';
import { isServiceMade } from '../../protocol/names/temporary.ts';
import type { ConversationToMake } from '../../store/conversation/conversation-store.ts';
import type { UserActor } from '../actor.ts';
import { attributeBytes, reservedName, roomDefaults } from '../room/making.ts';
import type { ChatSettings } from '../services.ts';

export type WishFailure = Failure<'badArgument' | 'invalidName' | 'noUser' | 'tooLarge'>;

export interface ConversationWish {
  readonly room: Omit<ConversationToMake, 'prefix' | 'leftPrefix' | 'endsAt' | 'people'>;
  /** Who belongs to it. */
  readonly people: readonly string[];
  /** Undefined where the service chooses one. */
  readonly roomName: string | undefined;
  readonly ttlMs: number;
}

export function wishOf(
  options: ConversationOptions,
  by: UserActor,
  settings: ChatSettings,
): ConversationWish | WishFailure {
  const { kind = 'normal', members = [], roomName } = options;
  const people = [...new Set([by.author, ...members])];
  const refused = contradiction(options, people, settings) ?? nameRefused(by, { roomName, people }, settings);
  if (refused !== undefined) return refused;
  const attributes = attributeBytes(options.attributes);
  if (attributes instanceof Failure) return attributes;
  const isTransient = kind === 'transient';
  const room = {
    ...roomDefaults(settings),
    // Nobody is told who is there, or which rules change: it may be a crowd of strangers.
    ...(isTransient ? { userlistUpdates: false, accessListsUpdates: false } : {}),
    owner: by.author,
    kind,
    invites: options.invites ?? 'members',
    writers: options.writers ?? 'all',
    attributes,
    unique: options.unique === true ? uniqueness(people) : undefined,
    exceptSocket: by.exceptSocket,
    whitelistOnly: options.whitelistOnly ?? !isTransient,
  };
  return { room, people: isTransient ? [] : people, roomName, ttlMs: options.ttlMs ?? TEMPORARY_MS_DEFAULT };
}

/** Two people have one room for good; so has one by itself. */
const uniqueness = ({ length }: readonly string[]): 'pair' | 'set' => (length <= 2 ? 'pair' : 'set');

/** What cannot be asked for together. */
function contradiction(
  options: ConversationOptions,
  people: readonly string[],
  { membersMax }: ChatSettings,
): WishFailure | undefined {
  const { kind = 'normal', unique = false, roomName, ttlMs, members = [] } = options;
  const bad = (because: string): WishFailure => badArgument(0, { ...options }, because);
  if (unique && kind !== 'normal') return bad('only a room of kind `normal` can be `unique`');
  if (unique && roomName !== undefined) return bad('the service chooses the name of a `unique` room');
  if (ttlMs !== undefined && kind !== 'temporary') return bad('only a `temporary` room has a `ttlMs`');
  if (kind === 'transient' && members.length > 0) return bad('nobody belongs to a `transient` room');
  const most = Math.min(MEMBERS_AT_CREATION, membersMax);
  if (people.length > most) return bad(`it begins with at most ${most} members`);
  if (kind !== 'temporary') return undefined;
  const given = (['roomName', 'attributes', 'writers', 'invites'] as const).find((name) => options[name] !== undefined);
  if (given !== undefined) return bad(`a \`temporary\` room has no \`${given}\` of its own`);
  return people.length > TEMPORARY_MEMBERS
    ? bad(`a \`temporary\` room has at most ${TEMPORARY_MEMBERS} members, who makes it among them`)
    : undefined;
}

function nameRefused(
  { rights }: UserActor,
  { roomName, people }: { readonly roomName: string | undefined; readonly people: readonly string[] },
  { limits }: ChatSettings,
): WishFailure | undefined {
  if (roomName !== undefined && !isValidName(roomName, limits)) return invalidName(roomName, limits);
  if (roomName !== undefined && rights.as === 'user' && isServiceMade(roomName)) return reservedName(roomName);
  const nobody = people.slice(1).find((name) => !isValidName(name, limits));
  return nobody === undefined ? undefined : fail('noUser', [nobody]);
}
