/** Messages from user to user, kept (stored.ts) or not (live.ts), and each user's own lists of who may write to it. */
import { fail, failBecause, Failure } from '../../protocol/errors/errors.ts';
import { directMessageFrame, type directRequests } from '../../protocol/direct.ts';
import { invalidName, isValidName } from '../../protocol/names/rule.ts';
import type { NameLimits } from '../../protocol/names/form.ts';
import { userTopic } from '../../redis/keys.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { PageWish } from '../../store/access/list-page.ts';
import { DIRECT_LISTS, type DirectListName } from '../../store/direct/direct-store.ts';
import { asAuthor, type Actor } from '../actor.ts';
import type { Args } from '../../protocol/catalogue.ts';
import type { Caller, HandlersOf } from '../caller.ts';
import { ok, UnderWay, type Outcome } from '../outcome.ts';
import { isScanCursor, NO_CURSOR, pageOfList, wholeList } from '../access/lists.ts';
import type { Services } from '../services.ts';
import { pushDataIn } from '../message/push-data.ts';
import { eventOf } from '../message/transients.ts';
import { mayCarry } from './content.ts';
import { conversationHandlers } from './conversation.ts';
import { missedHandlers } from './missed.ts';
import { sendLive } from './live.ts';
import { sendStored } from './stored.ts';

export function directHandlers(services: Services): HandlersOf<typeof directRequests> {
  const { directs, settings } = services;
  return {
    directMessage: (by, args, socket) => sendMessage(services, by, args, socket),
    ...conversationHandlers(services),
    ...missedHandlers(services),

    async directAddToList({ author }, edit) {
      const listName = editable(author, edit, settings.limits);
      if (typeof listName !== 'string') return listName;
      if (edit.userNames.length === 0) return ok(null);
      const added = known(await directs.addToList(author, listName, edit.userNames));
      return added === 'ok' ? ok(null) : fail(added, [listName]);
    },

    async directRemoveFromList({ author }, edit) {
      const listName = editable(author, edit, settings.limits);
      if (typeof listName !== 'string') return listName;
      if (edit.userNames.length > 0) known(await directs.removeFromList(author, listName, edit.userNames));
      return ok(null);
    },

    async directGetAccessList(by, { listName, options }) {
      if (!isScanCursor(options?.cursor)) return failBecause('badArgument', [1, { ...options }], NO_CURSOR);
      const found = listOf(listName);
      if (found === undefined) return fail('noList', [listName]);
      const read = (wish: PageWish): ReturnType<typeof directs.readList> => directs.readList(by.author, found, wish);
      const names = known(
        options === undefined
          ? await wholeList(read, 'gone', by, { settings, namesMax: Infinity })
          : await pageOfList(read, options, settings),
      );
      return names instanceof Failure ? names : ok(names);
    },

    async directSetWhitelistMode({ author }, { mode }) {
      known(await directs.setWhitelistMode(author, mode));
      return ok(null);
    },

    directGetWhitelistMode: async ({ author }) => ok(known(await directs.readWhitelistMode(author))),
  };
}

type Begun = Outcome<'directMessage'> | UnderWay<Outcome<'directMessage'>>;

/** What is kept has its place in its conversation as soon as this has begun it: at once, where nothing waits that is to go before. */
function sendMessage(
  services: Services,
  by: Actor,
  sending: Args<'directMessage'>,
  socket: Caller | undefined,
): Begun | Promise<Begun> {
  const { settings, transients } = services;
  const pushData = pushDataIn(sending.options);
  if (pushData instanceof Failure) return pushData;
  if (settings.directMessages === 'off') return failBecause('notAllowed', [], 'direct messages are switched off');
  if (!isValidName(sending.userName, settings.limits)) return fail('noUser', [sending.userName]);
  const { author } = by;
  const { userName, message, options } = sending;
  const { clientMessageId = '', transient = false } = options ?? {};
  // What the service sends in nobody's name is in no conversation, and what passes needs no log, but for what repeats are known by.
  const isPassing = transient && clientMessageId === '';
  const send = async (): Promise<Outcome<'directMessage'>> => {
    // Behind what the author has stored before it.
    if (author !== undefined) await services.storedSends.underWay({ userName, author, rights: by.rights });
    return sendLive(services, by, sending);
  };
  const begin = (): Begun | Promise<Begun> =>
    settings.directMessages === 'live' || author === undefined || isPassing
      ? send()
      : new UnderWay(sendStored(services, asAuthor(by, author), sending, pushData));
  if (socket === undefined) return begin();
  const [target, event] = [userTopic(userName), eventOf(message, options)];
  const bytes = event === undefined ? 0 : directMessageFrame(author, message).bytes;
  if (event !== undefined && mayCarry(options, bytes, settings.limits)) {
    return transients.pass(socket, { target, event, bytes, send }).then((outcome) => outcome ?? ok(null));
  }
  // What was said before it is there before its steps begin.
  const flushed = transients.flush(socket.socketId, target);
  return flushed === undefined ? begin() : flushed.then<Begun>(begin);
}

const listOf = (listName: string): DirectListName | undefined => DIRECT_LISTS.find((known) => known === listName);

/** The list to edit, unless the request is refused whatever is in it. */
function editable(
  author: string,
  { listName, userNames }: { readonly listName: string; readonly userNames: readonly string[] },
  limits: NameLimits,
): DirectListName | Failure<'noList' | 'notAllowed' | 'invalidName'> {
  const found = listOf(listName);
  if (found === undefined) return fail('noList', [listName]);
  if (userNames.includes(author)) return failBecause('notAllowed', [], 'nobody is in a list of its own');
  const badName = userNames.find((name) => !isValidName(name, limits));
  return badName === undefined ? found : invalidName(badName, limits);
}

/** A caller's own user is there, unless the service has just deleted it: then nothing that it asks for means anything. */
function known<T>(outcome: T | 'gone'): T {
  if (outcome === 'gone') throw new StateUnavailable('the user is gone');
  return outcome;
}
