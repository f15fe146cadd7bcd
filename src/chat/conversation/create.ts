/**
 * Making a room that people belong to. Its quota is reserved on the owner's slot, a temporary one's end noted on its own, then one script
 * makes it with its members, and these are told on theirs: each step leaves what is not done to whoever sweeps after this node.
 */
import { askerOf } from '../asker.ts';
import type { ConversationOptions } from '../../protocol/conversation.ts';
import { membersPrefix } from '../../protocol/member.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { fail, failBecause, Failure, unavailable } from '../../protocol/errors/errors.ts';
import { temporaryName } from '../../protocol/names/temporary.ts';
import { roomTopic } from '../../redis/keys.ts';
import { newNameDigits } from '../../redis/tokens.ts';
import type { ConversationMade } from '../../store/conversation/conversation-store.ts';
import { onceSigned, signatureOf } from '../access/signed-edits.ts';
import type { UserActor } from '../actor.ts';
import type { Caller } from '../caller.ts';
import { ok, type Outcome } from '../outcome.ts';
import type { Reserved } from '../quota/quotas.ts';
import type { Services } from '../services.ts';
import { windowsOf } from '../windows.ts';
import { uniqueNames, wishOf, type ConversationWish } from './wish.ts';
import { nowOrLater } from '../repair/repairs.ts';

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
  by.spend(UNITS_PER_MEMBER * wish.room.people.length);
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

type MakeRefusal = Failure<'quotaExceeded' | 'noUser' | 'tooManyRooms'>;
type Refusal = MakeRefusal | Failure<'roomExists' | 'unavailable'>;
type Made = { readonly roomName: string; readonly found: Found } | Refusal;

async function makeOne(asked: Asked): Promise<Made> {
  const { services, wish } = asked;
  const isTemporary = wish.room.kind === 'temporary';
  const endsAt = isTemporary ? Math.floor(services.instance.redisNow()) + wish.ttlMs : undefined;
  const random = newNameDigits();
  const name = endsAt === undefined ? (wish.roomName ?? random) : temporaryName(endsAt, random);
  const refused = await refusedAmong(services, wish.room.people);
  if (refused !== undefined) return refused;
  // Before the room: should this node die behind it, whoever looks at that time finds no room, or ends it.
  if (endsAt !== undefined) await services.endings.note(name, endsAt);
  const made = await make(asked, name, endsAt);
  if (typeof made === 'object' && !(made instanceof Failure)) return { roomName: name, found: made };
  if (endsAt !== undefined) await services.endings.forget(name);
  if (made instanceof Failure) return made;
  return made === 'roomExists' ? fail('roomExists', [name]) : unavailable();
}

/** The room of these people is found most of the time: nothing is reserved before it is known not to be there. */
async function findOrMake(asked: Asked): Promise<Made> {
  let last = '';
  for (const name of uniqueNames(asked.wish.room.people)) {
    last = name;
    let found: ConversationMade | MakeRefusal = await run(asked, name, undefined, undefined);
    if (found === 'noRoom') {
      found = (await refusedAmong(asked.services, asked.wish.room.people)) ?? (await make(asked, name, undefined));
    }
    if (found instanceof Failure) return found;
    if (typeof found === 'object') return { roomName: name, found };
    // Others have come to that one, or some have gone.
    if (found !== 'othersRoom') return unavailable();
  }
  return fail('roomExists', [last]);
}

/** With what is reserved of the owner's quota. */
async function make(
  asked: Asked,
  roomName: string,
  endsAt: number | undefined,
): Promise<ConversationMade | Failure<'quotaExceeded'>> {
  const { services, by, wish } = asked;
  const names = wish.room.people.length;
  return services.quotas.making(
    { owner: by.author, roomName, names, forced: by.rights.as === 'service' },
    (reserved) => run(asked, roomName, endsAt, reserved),
    (made) => typeof made === 'object' && made.created,
  );
}

/**
 * Runs the script, and tells the members. The room is in this node's manifest before the deed and until everybody is told: should it
 * die, whoever sweeps after it goes on with what the script has noted.
 */
async function run(
  { services, wish }: Asked,
  roomName: string,
  endsAt: number | undefined,
  reserved: Reserved | undefined,
): Promise<ConversationMade> {
  const { conversations, topics, repairs, memberTelling } = services;
  const topic = roomTopic(roomName);
  const { nodeId } = services.instance;
  await topics.follow(topic, nodeId);
  const release = (): void => topics.unfollow(topic, nodeId);
  const room = { ...wish.room, endsAt, prefix: membersPrefix('roomMembersAdded', roomName) };
  const made = await conversations.create(roomName, room, reserved).catch((error: unknown) => {
    // It may have happened all the same.
    repairs.retry(async () => {
      await memberTelling.tellDue(roomName, nodeId);
      release();
    }, error);
    throw error;
  });
  if (typeof made === 'string') {
    release();
    return made;
  }
  const telling = memberTelling.telling(roomName, made.due);
  const tell = async (): Promise<void> => {
    await telling();
    release();
  };
  // The room is there whatever happens now.
  await nowOrLater(repairs, tell);
  if (made.added.length > 0) await topics.reached(topic, made.at.seq);
  return made;
}

/** Users asked for at the same time. */
const WINDOW = 64;

/** What speaks against the first of these users who cannot belong to one more room. */
async function refusedAmong(
  { belongs }: Pick<Services, 'belongs'>,
  names: readonly string[],
): Promise<Failure<'noUser' | 'tooManyRooms'> | undefined> {
  for await (const window of windowsOf(names, WINDOW)) {
    const judged = await Promise.all(window.map((name) => belongs.judge(name)));
    const at = judged.findIndex((word) => word !== 'ok');
    const name = window[at] ?? '';
    if (judged[at] === 'noUser') return fail('noUser', [name]);
    if (at >= 0) return failBecause('tooManyRooms', [], `${name} belongs to as many as one may`);
  }
  return undefined;
}
