/**
 * Changes of who belongs to a room: of several, each judged by itself, or of oneself. The room's step decides, but for what only users' slots know,
 * which is asked before it.
 */
import { askerOf } from '../asker.ts';
import type { MemberOptions, MembersChanged } from '../../protocol/member.ts';
import { membersPrefix } from '../../protocol/member.ts';
import { leftPrefix } from '../../protocol/membership.ts';
import { fail, failBecause, Failure, toErrorValue } from '../../protocol/errors/errors.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import { isValidName } from '../../protocol/names/rule.ts';
import { spreadUnits } from '../../protocol/params/cost.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { opening } from '../../protocol/wire/opening.ts';
import { encodeValue } from '../../protocol/wire/msgpack.ts';
import { concat } from '../../protocol/wire/pack.ts';
import type {
  Candidate,
  MemberEdit,
  MembersEdited,
  MemberStore,
  OwnerUnjudged,
} from '../../store/member/member-store.ts';
import type { NameLimits } from '../../protocol/names/form.ts';
import { nameSize } from '../access/lists.ts';
import { changeRules } from '../access/rules.ts';
import { badSignature, signatureOf } from '../access/signed-edits.ts';
import type { Actor } from '../actor.ts';
import type { Caller } from '../caller.ts';
import { ok, type Ok, type Turn } from '../outcome.ts';
import type { ChatSettings, Services } from '../services.ts';
import { candidatesOf } from './candidates.ts';

/** What is asked for. */
export interface MembersAsked {
  readonly roomName: string;
  readonly userNames: readonly string[];
  readonly options?: MemberOptions | undefined;
  /** It is about oneself, and by no right but one's own. */
  readonly itself: boolean;
}

/** What became of each name, and what the asking socket is told in the turn of its answer. */
interface Done {
  readonly words: ReadonlyMap<string, string>;
  readonly turn: Turn | undefined;
}

type Refusals = 'noRoom' | 'notAllowed' | 'badSignature';
type MembersAdded = Exclude<Awaited<ReturnType<MemberStore['add']>>, OwnerUnjudged>;
type AddRefusals = Refusals | 'listLimitExceeded' | 'quotaExceeded' | 'unavailable';

const TOO_MANY = 'the user belongs to as many as one may';
/** Which list `listLimitExceeded` names. */
export const MEMBERS = 'members';
/** It may change hands while the one before is judged. */
const OWNERS_TRIED = 4;

export async function addMembers(
  services: Services,
  by: Actor,
  asked: MembersAsked,
  socket: Caller | undefined,
): Promise<Done | Failure<AddRefusals>> {
  const { members, quotas, settings } = services;
  const { roomName } = asked;
  const told = telling(services, by, roomName, 'roomMembersAdded', socket);
  const candidates = await candidatesOf(services, roomName, namesIn(asked, settings.limits), asked.itself);
  const signed = signatureOf(services, socket, { verb: 'invite', ...asked });
  const edit = { ...editOf(by, asked, 'roomMembersAdded'), signed };
  let owner: Candidate | undefined;
  const add = async (): Promise<MembersAdded> => {
    for (let tries = 0; tries < OWNERS_TRIED; tries++) {
      const added = await members.add(roomName, by.rights, edit, candidates, owner);
      if (typeof added === 'string' || !('unjudged' in added)) return added;
      [owner] = await candidatesOf(services, roomName, [added.unjudged]);
    }
    // It has had another owner each time.
    throw new StateUnavailable('the room has another owner each time');
  };
  const added = await changeRules(services, by, roomName, () => quotas.withNames(roomName, add));
  if (added instanceof Failure) return added;
  if (added === 'listLimitExceeded') return fail(added, [MEMBERS]);
  if (typeof added === 'string') return refused(added, roomName);
  return told(
    candidates.map(({ userName }) => userName),
    added,
  );
}

export async function removeMembers(
  services: Services,
  by: Actor,
  asked: MembersAsked,
  socket: Caller | undefined,
): Promise<Done | Failure<Refusals>> {
  const { members, settings } = services;
  const { roomName } = asked;
  const told = telling(services, by, roomName, 'roomMembersRemoved', socket);
  const names = namesIn(asked, settings.limits);
  const signed = signatureOf(services, socket, { verb: 'kick', ...asked });
  const edit = { ...editOf(by, asked, 'roomMembersRemoved'), signed, listPrefix: adminsPrefix(roomName) };
  const removed = await changeRules(services, by, roomName, () => members.remove(roomName, by.rights, edit, names));
  if (typeof removed === 'string') return refused(removed, roomName);
  return told(names, removed);
}

/** What one that is not done takes in a reply, besides its name: that is there by itself, in the args of the error, and in its sentence. */
const FAILED_BYTES = 300;
const NAMED_MAX = 3;

/** Whether the answer to a change of several fits, whatever becomes of them: what is done cannot be refused any more. */
export function judgeLength(
  { userNames }: Pick<MembersAsked, 'userNames'>,
  { replyBytes }: ChatSettings,
): Failure<'listTooLong'> | undefined {
  const bytes = userNames.reduce((sum, name) => sum + NAMED_MAX * nameSize(name, 'json') + FAILED_BYTES, 0);
  return bytes > replyBytes ? fail('listTooLong', [userNames.length]) : undefined;
}

/** The answer to a change of several. */
export function manyChanged(
  { userNames }: Pick<MembersAsked, 'userNames'>,
  { words, turn }: Done,
  limits: NameLimits,
): Ok<MembersChanged> {
  const done: string[] = [];
  const failed: MembersChanged['failed'] = [];
  for (const userName of new Set(userNames)) {
    const failure = failureOf(userName, words.get(userName), limits);
    if (failure === undefined) done.push(userName);
    else failed.push({ userName, error: toErrorValue(failure) });
  }
  return ok({ done, failed }, turn);
}

/** The answer to who makes itself a member. */
export function joined(userName: string, { words, turn }: Done): Ok<null> | Failure<'notAllowed' | 'tooManyRooms'> {
  const word = words.get(userName);
  if (word === 'done') return ok(null, turn);
  return word === 'tooManyRooms' ? failBecause(word, [], TOO_MANY) : fail('notAllowed');
}

/** Each once. What is no name is nobody's: it is not asked for. */
const namesIn = ({ userNames }: MembersAsked, limits: NameLimits): string[] =>
  [...new Set(userNames)].filter((name) => isValidName(name, limits));

function failureOf(userName: string, word: string | undefined, limits: NameLimits): Failure | undefined {
  // Nobody has what is no name.
  if (!isValidName(userName, limits)) return fail('noUser', [userName]);
  if (word === 'done') return undefined;
  if (word === 'noUser') return fail(word, [userName]);
  return word === 'tooManyRooms' ? failBecause(word, [], TOO_MANY) : fail('notAllowed');
}

function refused(word: Refusals, roomName: string): Failure<Refusals> {
  if (word === 'noRoom') return fail(word, [roomName]);
  return word === 'badSignature' ? badSignature() : fail(word);
}

function editOf(
  by: Actor,
  { roomName, itself }: MembersAsked,
  notice: 'roomMembersAdded' | 'roomMembersRemoved',
): MemberEdit {
  return {
    itself,
    by: by.author,
    exceptSocket: by.exceptSocket,
    prefix: membersPrefix(notice, roomName),
    leftPrefix: leftPrefix(roomName),
  };
}

/** `prefix ++ names` tells that these are admins no more. */
const adminsPrefix = (roomName: string): Uint8Array =>
  concat([opening('roomAccessListRemoved', 3), encodeValue(roomName), encodeValue('adminlist')]);

/** What follows a change: what it has cost, and the notice to a socket that asks and did not hear it in the room. */
function telling(
  { audience }: Services,
  by: Actor,
  roomName: string,
  notice: 'roomMembersAdded' | 'roomMembersRemoved',
  socket: Caller | undefined,
): (names: readonly string[], edited: MembersEdited) => Done {
  const tellAsker = askerOf(roomName, socket);
  return (names, { words, due = [] }) => {
    const changed = due.map(({ userName }) => userName);
    const frame = notificationFrame(notice, [roomName, changed, by.author ?? null]);
    const isNews = changed.length > 0;
    if (isNews) by.spend(spreadUnits(audience.hearers(roomName), frame.length));
    return {
      words: new Map(names.map((name, i) => [name, words[i] ?? ''])),
      turn: isNews ? tellAsker(frame) : undefined,
    };
  };
}
