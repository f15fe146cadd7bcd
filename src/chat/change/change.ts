/**
 * Changes of messages in rooms. What may be changed, and by whom, is judged in the step that does it; it is told by that step to all
 * nodes, and here only waited for, so that who has changed something has heard of it before the answer.
 */
import type { Args } from '../../protocol/catalogue.ts';
import { roomChangeRequests, REACTION_KEY_BYTES } from '../../protocol/change.ts';
import { fail, failBecause, hasCode, messageTooLarge, silenced, type Failure } from '../../protocol/errors/errors.ts';
import type { ErrorCode } from '../../protocol/errors/table.ts';
import { utf8Length } from '../../protocol/names/form.ts';
import { spreadUnits } from '../../protocol/params/cost.ts';
import { messageContent } from '../../protocol/wire/message-frame.ts';
import { roomTopic } from '../../redis/keys.ts';
import type { Changed, ChangeOutcome, Changing } from '../../store/change/change-store.ts';
import type { Actor, UserActor } from '../actor.ts';
import type { HandlersOf } from '../caller.ts';
import { placed } from '../hooks/behind.ts';
import { mentioningOf, mentionsIn, signalMentions } from '../message/mentions.ts';
import { ok, UnderWay, type Outcome } from '../outcome.ts';
import { placeIn, REACTIONS_PAGE, reactionsPage } from './reactions.ts';
import { changeIn, isDone } from './change-in.ts';
import { cursorRefusal, keyRefusal, NOT_ALLOWED } from './refusals.ts';
import type { Services } from '../services.ts';

type Kind = 'update' | 'recall' | 'react' | 'append';

/** A change that was asked for, and what telling it takes of each who hears it. */
interface Asked {
  readonly kind: Kind;
  readonly roomName: string;
  readonly id: number;
  readonly bytes: number;
}

/** What a notice takes beside what it tells. */
const NOTICE_BYTES = 128;

export function roomChangeHandlers(services: Services): HandlersOf<typeof roomChangeRequests> {
  return {
    // They have their places among the room's changes as soon as they are called.
    roomMessageUpdate: (by, args) => new UnderWay(update(services, by, args)),
    roomMessageRecall: (by, args) => new UnderWay(recall(services, by, args)),
    roomMessageReact: (by, args) => new UnderWay(react(services, by, args)),
    roomMessageAppend: (by, args) => new UnderWay(append(services, by, args)),
    roomReactionsGet: (by, args) => readReactions(services, by, args),
  };
}

const changing = ({ rights, author: by }: Actor, id: number): Changing => ({ rights, by, id });

async function update(
  services: Services,
  by: Actor,
  { roomName, id, message, options }: Args<'roomMessageUpdate'>,
): Promise<Outcome<'roomMessageUpdate'>> {
  const { changes, heldAppends, settings } = services;
  const mentions = mentionsIn(options, settings.limits);
  const { content, bytes } = messageContent(message, { mentioning: mentioningOf(mentions) });
  const given = bytes > settings.limits.messageBytes ? undefined : content;
  void heldAppends.flush(roomTopic(roomName), id);
  const more = { ifVersion: options?.ifVersion, mentions: mentions?.names };
  const changed = await changeIn(services, roomName, () => changes.update(roomName, changing(by, id), given, more));
  const asked: Asked = { kind: 'update', roomName, id, bytes };
  if (!isDone(changed)) return declared(refusal(changed, asked, services), roomChangeRequests.roomMessageUpdate.errors);
  signalMentions(services, { roomName, author: by.author, by }, changed.mentioned);
  await told(services, by, asked, changed);
  return ok({ version: changed.version, timestamp: changed.timestamp });
}

async function recall(
  services: Services,
  by: Actor,
  { roomName, id, options }: Args<'roomMessageRecall'>,
): Promise<Outcome<'roomMessageRecall'>> {
  void services.heldAppends.flush(roomTopic(roomName), id);
  const changed = await changeIn(services, roomName, () =>
    services.changes.recall(roomName, changing(by, id), options?.reason),
  );
  const asked: Asked = { kind: 'recall', roomName, id, bytes: NOTICE_BYTES };
  if (!isDone(changed)) return declared(refusal(changed, asked, services), roomChangeRequests.roomMessageRecall.errors);
  await told(services, by, asked, changed);
  return ok({ version: changed.version, timestamp: changed.timestamp });
}

async function react(
  services: Services,
  by: UserActor,
  { roomName, id, key, options }: Args<'roomMessageReact'>,
): Promise<Outcome<'roomMessageReact'>> {
  const refused = keyRefusal(key);
  if (refused !== undefined) return refused;
  const changed = await changeIn(services, roomName, () =>
    services.changes.react(roomName, changing(by, id), key, options?.remove ?? false),
  );
  const asked: Asked = { kind: 'react', roomName, id, bytes: NOTICE_BYTES };
  if (!isDone(changed)) return declared(refusal(changed, asked, services), roomChangeRequests.roomMessageReact.errors);
  await told(services, by, asked, changed);
  return ok({ counts: Object.fromEntries(changed.counts.map(([name, count]) => [name, Number(count)])) });
}

async function append(
  services: Services,
  by: Actor,
  args: Args<'roomMessageAppend'>,
): Promise<Outcome<'roomMessageAppend'>> {
  const { changes, heldAppends } = services;
  const { roomName, id, options } = args;
  const { text, offset } = placed(args);
  const changed = await heldAppends.hold({
    target: roomTopic(roomName),
    id,
    bytes: utf8Length(text),
    send: () =>
      changeIn(services, roomName, () => changes.append(roomName, changing(by, id), text, { ...options, offset })),
  });
  const asked: Asked = { kind: 'append', roomName, id, bytes: utf8Length(args.text) };
  if (!isDone(changed)) return declared(refusal(changed, asked, services), roomChangeRequests.roomMessageAppend.errors);
  await told(services, by, asked, changed);
  return ok({ length: changed.length, version: changed.version });
}

async function readReactions(
  { changes, settings }: Services,
  by: Actor,
  { roomName, id, options }: Args<'roomReactionsGet'>,
): Promise<Outcome<'roomReactionsGet'>> {
  const { key, limit = REACTIONS_PAGE, cursor } = options;
  const after = placeIn(cursor);
  if (after === false) return cursorRefusal(options);
  // No reaction has a longer one.
  if (key !== undefined && utf8Length(key) > REACTION_KEY_BYTES) return ok({ reactions: [], cursor: null });
  const page = await changes.readReactions(roomName, by.rights, id, { key, after, limit });
  if (page === 'noMessage') return fail(page, [id]);
  if (typeof page === 'string') return fail(page, [roomName]);
  return ok(reactionsPage(page, by.format, settings.replyBytes));
}

/** What comes of a change besides the answer. Resolves when this node has told it. */
async function told(
  { topics, audience, quotas, changeKinds }: Services,
  by: Actor,
  { kind, roomName, bytes }: Asked,
  changed: Changed,
): Promise<void> {
  changeKinds.add(kind);
  if (changed.wish !== undefined) void quotas.grow(roomName, changed.wish);
  const hearers = audience.hearers(roomName);
  if (hearers > 1) by.spend(spreadUnits(hearers, bytes));
  const reached = topics.reached(roomTopic(roomName), changed.seq);
  if (reached !== true) await reached;
}

const reasons: Readonly<Record<string, string>> = {
  onlyAdmins: 'the owner and admins post here',
  onlyOwner: 'the owner posts here',
  ...NOT_ALLOWED,
};

/** Why a message is not changed. */
function refusal(
  refused: Exclude<ChangeOutcome, Changed>,
  { roomName, id, bytes }: Asked,
  { settings }: Services,
): Failure<ErrorCode> {
  if (typeof refused === 'object') {
    if (refused.reason === 'silenced') return silenced(refused.value);
    return fail(refused.reason, [refused.value ?? null]);
  }
  if (refused === 'messageTooLarge') {
    return bytes > settings.limits.messageBytes ? messageTooLarge(bytes, settings.limits) : fail(refused);
  }
  if (refused === 'noMessage') return fail(refused, [id]);
  if (refused === 'noRoom' || refused === 'notJoined' || refused === 'roomExpired') return fail(refused, [roomName]);
  return failBecause('notAllowed', [], reasons[refused]);
}

/** A failure is one that the request declares: the script has no other for its kind. */
function declared<C extends ErrorCode>(failure: Failure<ErrorCode>, codes: readonly C[]): Failure<C> {
  if (hasCode(failure, ...codes)) return failure;
  throw new TypeError(`a change was refused by ${failure.code}`);
}
