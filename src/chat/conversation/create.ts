/**
 * Making a room that people belong to. Its quota is reserved on the owner's slot, a temporary one's end noted on its own, then one script
 * makes it with its members, and these are told on theirs: each step leaves what is not done to whoever sweeps after this node.
 */
import { askerOf } from '../asker.ts';
import type { ConversationOptions } from '../../protocol/conversation.ts';
import { membersPrefix } from '../../protocol/member.ts';
import { leftPrefix } from '../../protocol/membership.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { fail, failBecause, Failure, unavailable } from '../../protocol/errors/errors.ts';
import { temporaryName } from '../../protocol/names/temporary.ts';
import { newNameDigits } from '../../redis/tokens.ts';
import type { ConversationMade, PersonOfRoom } from '../../store/conversation/conversation-store.ts';
import type { Candidate } from '../../store/member/member-store.ts';
import { changeRules } from '../access/rules.ts';
import { onceSigned, signatureOf } from '../access/signed-edits.ts';
import type { UserActor } from '../actor.ts';
import type { Caller } from '../caller.ts';
import { candidatesOf } from '../member/candidates.ts';
import { MEMBERS } from '../member/edits.ts';
import { ok, type Outcome } from '../outcome.ts';
import type { Reserved } from '../quota/quotas.ts';
import type { Services } from '../services.ts';
import { uniqueRooms } from './unique.ts';
import { wishOf, type ConversationWish } from './wish.ts';

/** What a member costs who makes the room. */
const UNITS_PER_MEMBER = 0.3;

type Created = Outcome<'conversationCreate'>;
/** What a script has made or found. */
type Found = Exclude<ConversationMade, string>;

export async function createConversation(
  services: Services,
  by: UserActor,
  options: ConversationOptions,
  socket: Caller | undefined,
): Promise<Created> {
  const wish = wishOf(options, by, services.settings);
  if (wish instanceof Failure) return wish;
  by.spend(UNITS_PER_MEMBER * wish.people.length);
  const asked = { services, by, wish };
  const toSign = { verb: 'create', roomName: '', userNames: options.members ?? [], options } as const;
  const made = await onceSigned<Made>(
    services,
    by.author,
    signatureOf(services, socket, toSign),
    () => (wish.room.unique === undefined ? makeOne(asked) : findOrMake(asked)),
    (outcome) => outcome instanceof Failure,
  );
  if (made instanceof Failure) return made;
  const { roomName, found } = made;
  const { at, created, added } = found;
  const result = { roomName, created, epoch: at.epoch };
  if (added.length === 0) return ok(result);
  const frame = notificationFrame('roomMembersAdded', [roomName, added, by.author]);
  return ok(result, askerOf(roomName, socket)(frame));
}

interface Asked {
  readonly services: Services;
  readonly by: UserActor;
  readonly wish: ConversationWish;
}

type Unfit = Failure<'noUser' | 'tooManyRooms'>;
type Refusal = Unfit | Failure<'quotaExceeded' | 'roomExists' | 'listLimitExceeded' | 'unavailable'>;
type Made = { readonly roomName: string; readonly found: Found } | Refusal;

async function makeOne(asked: Asked): Promise<Made> {
  const { services, wish } = asked;
  const isTemporary = wish.room.kind === 'temporary';
  const endsAt = isTemporary ? Math.floor(services.instance.redisNow()) + wish.ttlMs : undefined;
  const random = newNameDigits();
  const name = endsAt === undefined ? (wish.roomName ?? random) : temporaryName(endsAt, random);
  const people = await candidatesOf(services, name, wish.people);
  const refused = firstUnfit(people);
  if (refused !== undefined) return refused;
  // Before the room: should this node die behind it, whoever looks at that time finds no room, or ends it.
  if (endsAt !== undefined) await services.endings.note(name, endsAt);
  const made = await make(asked, name, people, endsAt);
  if (typeof made === 'object' && !(made instanceof Failure)) return { roomName: name, found: made };
  if (endsAt !== undefined) await services.endings.forget(name);
  if (made instanceof Failure) return made;
  return made === 'roomExists' ? fail('roomExists', [name]) : unavailable();
}

/** The room of these people is found most of the time: nothing is asked or reserved before it is known not to be there. */
async function findOrMake(asked: Asked): Promise<Made> {
  let last = '';
  for await (const name of uniqueRooms(asked.services.conversations, asked.wish.people)) {
    last = name;
    const found = await findOrMakeAt(asked, name);
    if (found instanceof Failure) return found;
    if (typeof found === 'object') return { roomName: name, found };
    if (found === 'listLimitExceeded') return fail(found, [MEMBERS]);
    // Others have come to that one, or some have gone.
    if (found !== 'othersRoom') return unavailable();
  }
  return fail('roomExists', [last]);
}

/** Users' own slots are asked only where somebody becomes a member. */
async function findOrMakeAt(asked: Asked, name: string): Promise<ConversationMade | Refusal> {
  const { services, wish } = asked;
  const unjudged = wish.people.map((userName): PersonOfRoom => ({ userName, against: 'unjudged' }));
  const found = await run(asked, name, unjudged, undefined, undefined);
  const isOver = typeof found === 'string' ? found !== 'noRoom' : found.refused === undefined;
  if (isOver) return found;
  const people = await candidatesOf(services, name, wish.people);
  const refused = found === 'noRoom' ? firstUnfit(people) : undefined;
  if (refused !== undefined) return refused;
  const made = await (found === 'noRoom'
    ? make(asked, name, people, undefined)
    : run(asked, name, people, undefined, undefined));
  if (typeof made === 'string' || made instanceof Failure || made.refused === undefined) return made;
  return firstUnfit(people.filter(({ userName }) => userName === made.refused)) ?? unavailable();
}

/** With what is reserved of the owner's quota. */
async function make(
  asked: Asked,
  roomName: string,
  people: readonly PersonOfRoom[],
  endsAt: number | undefined,
): Promise<ConversationMade | Failure<'quotaExceeded'>> {
  const { services, by } = asked;
  const names = people.length;
  return services.quotas.making(
    { owner: by.author, roomName, names, forced: by.rights.as === 'service' },
    (reserved) => run(asked, roomName, people, endsAt, reserved),
    (made) => typeof made === 'object' && made.created,
  );
}

/** Runs the script, and tells the members, and whoever was still to be taken out of a room that is found. */
function run(
  { services, by, wish }: Asked,
  roomName: string,
  people: readonly PersonOfRoom[],
  endsAt: number | undefined,
  reserved: Reserved | undefined,
): Promise<ConversationMade> {
  const prefixes = { prefix: membersPrefix('roomMembersAdded', roomName), leftPrefix: leftPrefix(roomName) };
  const room = { ...wish.room, ...prefixes, people, endsAt };
  return changeRules(services, by, roomName, () => services.conversations.create(roomName, room, reserved));
}

/** What speaks against the first of these users who cannot belong to one more room. */
function firstUnfit(people: readonly Candidate[]): Unfit | undefined {
  for (const { userName, against } of people) {
    if (against === 'noUser') return fail(against, [userName]);
    if (against === 'tooManyRooms') return failBecause(against, [], `${userName} belongs to as many as one may`);
  }
  return undefined;
}
