/** Changes of messages of two users, as their requests: what they come to for who asks. How they go is said in direct-changes.ts. */
import type { directChangeRequests } from '../../protocol/change.ts';
import { directContent } from '../../protocol/direct.ts';
import { fail, failBecause, Failure, messageTooLarge } from '../../protocol/errors/errors.ts';
import { utf8Length } from '../../protocol/names/form.ts';
import type { ReactionCounts, ReactionsOptions } from '../../protocol/params/changes.ts';
import { spreadUnits } from '../../protocol/params/cost.ts';
import { StoredResult, StoredValue } from '../../protocol/wire/stored.ts';
import { reactionPlace, type ReactionsRead } from '../../store/change/change-store.ts';
import type { PairChange, PairChanged } from '../../store/pair/pair-changes.ts';
import type { UserActor } from '../actor.ts';
import type { Args } from '../../protocol/catalogue.ts';
import type { HandlersOf } from '../caller.ts';
import { placed } from '../hooks/behind.ts';
import { refusal } from '../direct/conversation.ts';
import { mentioningOf, mentionsIn } from '../message/mentions.ts';
import { ok, UnderWay, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';
import { cursorRefusal, keyRefusal, NOT_ALLOWED } from './refusals.ts';
import { placeIn, REACTIONS_PAGE, reactionsPage } from './reactions.ts';
import { laneOf, type Changing, type DirectChanged } from './direct-changes.ts';

export function directChangeHandlers(services: Services): HandlersOf<typeof directChangeRequests> {
  return {
    directMessageUpdate: (by, args) => new UnderWay(update(services, by, args)),
    directMessageRecall: (by, args) => new UnderWay(recall(services, by, args)),
    directMessageReact: (by, args) => new UnderWay(react(services, by, args)),
    directMessageAppend: (by, args) => new UnderWay(append(services, by, args)),

    async directReactionsGet(by, { userName, id, options }) {
      const refused = refusal(services, by.author, userName);
      if (refused !== undefined) return refused;
      const after = placeIn(options.cursor);
      if (after === false) return cursorRefusal(options);
      const found = await services.pairChanges.reactions(by.author, userName, id);
      if (found === 'noPair') return noPair(services, userName, id);
      if (found === 'noMessage') return fail(found, [id]);
      return ok(reactionsPage(pageOf(found, options, after), by.format, services.settings.replyBytes));
    },
  };
}

async function update(
  services: Services,
  by: UserActor,
  { userName, id, message, options = {} }: Args<'directMessageUpdate'>,
): Promise<Outcome<'directMessageUpdate'>> {
  const { limits } = services.settings;
  const mentions = mentionsIn(options, limits);
  const { content, bytes } = directContent(message, mentioningOf(mentions));
  const isTooLarge = bytes > limits.messageBytes;
  const made = await make(services, by, userName, {
    what: 'update',
    id,
    content: isTooLarge ? NOTHING : content,
    ifVersion: options.ifVersion,
    mentioning: mentions?.names.includes(userName) ?? false,
  });
  if (made === 'messageTooLarge') return messageTooLarge(bytes, limits);
  if (made instanceof Failure) return made;
  const { version, timestamp, conflict } = made;
  return conflict === 'version' ? fail('versionConflict', [version]) : ok({ version, timestamp });
}

async function recall(
  services: Services,
  by: UserActor,
  { userName, id, options = {} }: Args<'directMessageRecall'>,
): Promise<Outcome<'directMessageRecall'>> {
  const made = await make(services, by, userName, { what: 'recall', id, reason: options.reason });
  if (made === 'messageTooLarge') throw new TypeError('nothing is too large to be recalled');
  return made instanceof Failure ? made : ok({ version: made.version, timestamp: made.timestamp });
}

async function react(
  services: Services,
  by: UserActor,
  { userName, id, key, options = {} }: Args<'directMessageReact'>,
): Promise<Outcome<'directMessageReact'>> {
  const refused = keyRefusal(key);
  if (refused !== undefined) return refused;
  const made = await make(services, by, userName, { what: 'react', id, key, remove: options.remove ?? false });
  if (made === 'messageTooLarge') throw new TypeError('a reaction makes no message too large');
  return made instanceof Failure
    ? made
    : ok(new StoredResult<{ counts: ReactionCounts }>({ counts: new StoredValue(made.counts) }));
}

async function append(
  services: Services,
  by: UserActor,
  args: Args<'directMessageAppend'>,
): Promise<Outcome<'directMessageAppend'>> {
  const { userName, id, options: { done = false } = {} } = args;
  const { text, offset } = placed(args);
  const made = await make(services, by, userName, { what: 'append', id, text, offset, done });
  if (made === 'messageTooLarge') {
    const { messageBytes } = services.settings.limits;
    return failBecause(made, [], `with ${utf8Length(args.text)} bytes more there would be more than ${messageBytes}`);
  }
  if (made instanceof Failure) return made;
  const { length, version, conflict } = made;
  return conflict === 'offset' ? fail('wrongOffset', [length]) : ok({ length, version });
}

const NOTHING = new Uint8Array(0);

type Made = Exclude<PairChanged, string>;
type Refused = 'notAllowed' | 'noUser' | 'noMessage';

async function make(
  services: Services,
  by: UserActor,
  userName: string,
  change: PairChange,
): Promise<Made | 'messageTooLarge' | Failure<Refused>> {
  const { audience, changeKinds } = services;
  const { author, rights } = by;
  const refused = refusal(services, author, userName);
  if (refused !== undefined) return refused;
  const made = await begin(services, { author, peer: userName, rights, change });
  if (made === 'messageTooLarge') return made;
  if (made === 'noUser') return fail(made, [userName]);
  if (made === 'noMessage') return fail(made, [change.id]);
  if (typeof made === 'string')
    return made === 'notAllowed' ? fail(made) : failBecause('notAllowed', [], NOT_ALLOWED[made]);
  changeKinds.add(change.what);
  if (made.due !== undefined) {
    const hearers = audience.socketsOf(userName).length + audience.socketsOf(author).length;
    by.spend(spreadUnits(hearers, made.due.told.length));
  }
  return made;
}

/** Text that is appended waits for more of the same message; other changes of that do not overtake it. */
function begin({ directChanges, heldAppends }: Services, changing: Changing): Promise<DirectChanged> {
  const { change } = changing;
  const [target, { id }] = [laneOf(changing), change];
  const send = (): Promise<DirectChanged> => directChanges.change(changing);
  if (change.what === 'append') return heldAppends.hold({ target, id, bytes: utf8Length(change.text), send });
  void heldAppends.flush(target, id);
  return send();
}

async function noPair({ directs }: Services, userName: string, id: number): Promise<Failure<'noUser' | 'noMessage'>> {
  return (await directs.isKnown(userName)) ? fail('noMessage', [id]) : fail('noUser', [userName]);
}

function pageOf(
  found: readonly (readonly [userName: string, key: string])[],
  { key: wanted, limit = REACTIONS_PAGE }: ReactionsOptions,
  after: Uint8Array | undefined,
): ReactionsRead {
  const left = found
    .map(([userName, key]) => ({ userName, key }))
    .filter((one) => wanted === undefined || one.key === wanted)
    .filter((one) => after === undefined || Buffer.compare(reactionPlace(one), after) > 0);
  return { reactions: left.slice(0, limit), hasMore: left.length > limit };
}
