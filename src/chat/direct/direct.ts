/**
 * Messages from user to user while both are here, and each user's own lists of who may write to it. A message is two
 * scripts: the receiver's is the truth, then the sender's other sockets are told. Where the first did not happen nothing
 * has; where the node dies between them, the message was sent and its echo is missing.
 */
import { spreadUnits } from '../../protocol/params/cost.ts';
import { fail, failBecause, Failure, messageTooLarge } from '../../protocol/errors.ts';
import { directEchoFrame, directMessageFrame, type directRequests } from '../../protocol/direct.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { invalidName, isValidName } from '../../protocol/names/rule.ts';
import type { NameLimits } from '../../protocol/names/form.ts';
import { StoredResult } from '../../protocol/wire/stored.ts';
import type { ValueMap } from '../../protocol/values.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { PageWish } from '../../store/access/list-page.ts';
import { DIRECT_LISTS, type DirectListName } from '../../store/direct/direct-store.ts';
import type { Actor } from '../actor.ts';
import type { Handlers, HandlersOf } from '../caller.ts';
import { ok, type Outcome } from '../outcome.ts';
import { isScanCursor, NO_CURSOR, pageOfList, wholeList } from '../access/lists.ts';
import type { Services } from '../services.ts';

const NOTHING = new Uint8Array(0);
/** How long a sender waits where a user is sent more than is remembered. */
const CROWDED_MS = 10_000;

export function directHandlers(services: Services): HandlersOf<typeof directRequests> {
  const { directs, settings } = services;
  return {
    directMessage: (by, args) => sendMessage(services, by, args),

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

async function sendMessage(
  services: Services,
  by: Actor,
  { userName, message, options }: Parameters<Handlers['directMessage']>[1],
): Promise<Outcome<'directMessage'>> {
  const { audience, directs, settings } = services;
  if (settings.directMessages === 'off') return failBecause('notAllowed', [], 'direct messages are switched off');
  if (!isValidName(userName, settings.limits)) return fail('noUser', [userName]);
  const transient = options?.transient ?? false;
  const { prefix, bytes } = directMessageFrame(by.author, message);
  const sent = await directs.send(userName, {
    author: by.author,
    rights: by.rights,
    prefix: bytes > settings.limits.messageBytes ? NOTHING : prefix,
    clientMessageId: options?.clientMessageId,
    transient,
  });
  if (sent === 'noUser' || sent === 'noUserOnline') return fail(sent, [userName]);
  if (sent === 'tooMany') return fail('tooManyRequests', [], CROWDED_MS);
  if (sent === 'messageTooLarge') return messageTooLarge(bytes, settings.limits);
  if (typeof sent === 'string') return fail(sent);
  const { frame, repeated } = sent;
  if (frame === undefined) return ok(null);
  if (repeated) return ok(new StoredResult<ValueMap>(storedMessageIn(frame)));
  const own = by.author === undefined ? 0 : audience.socketsOf(by.author).length;
  const hearers = audience.socketsOf(userName).length + own;
  by.spend(spreadUnits(hearers, frame.length));
  await echo(services, by, directEchoFrame(userName, frame));
  return ok(transient ? null : new StoredResult<ValueMap>(storedMessageIn(frame)));
}

/**
 * Tells the sender's other sockets. What was sent stays sent whatever happens here: where Redis does not answer, they are
 * told later, or twice if only the answer was lost. A repeat of the request tells nobody again.
 */
async function echo({ users, repairs }: Services, { author, exceptSocket }: Actor, frame: Uint8Array): Promise<void> {
  if (author === undefined) return;
  const tell = (): Promise<void> => users.notifyOthers(author, exceptSocket, frame);
  await tell().catch((error: unknown) => repairs.retry(tell, error));
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
