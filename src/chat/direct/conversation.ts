/**
 * What two users have said, read again, and how far it has come: `sent` once a socket of the receiver has had it, `read` once the
 * receiver has said so. The pair's log has the marks and is the truth; both sides are told behind it.
 */
import type { TopicEvent } from '../../log/event.ts';
import { withStatus, type directRequests, type DirectStatus } from '../../protocol/direct.ts';
import { fail, failBecause, Failure } from '../../protocol/errors/errors.ts';
import { isValidName } from '../../protocol/names/rule.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { StoredResult, type StoredValue } from '../../protocol/wire/stored.ts';
import type { PairRead } from '../../store/pair/pair-store.ts';
import type { UserActor } from '../actor.ts';
import type { Args } from '../../protocol/catalogue.ts';
import type { HandlersOf } from '../caller.ts';
import { search } from '../history/search.ts';
import { ok, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';

type ConversationHandlers = Pick<
  HandlersOf<typeof directRequests>,
  'directHistoryGet' | 'directHistorySearch' | 'directMessageRead'
>;

export function conversationHandlers(services: Services): ConversationHandlers {
  const { receipts } = services;
  return {
    directHistoryGet: (by, args) => readHistory(services, by, args),
    directHistorySearch: (by, args) => searchHistory(services, by, args),

    async directMessageRead(by, { userName, upToId }) {
      const refused = refusal(services, by.author, userName);
      if (refused !== undefined) return refused;
      const marked = await services.pairs.markRead(by.author, userName, upToId);
      if (marked === 'noPair')
        return (await services.directs.isKnown(userName)) ? ok(null) : fail('noUser', [userName]);
      const { upToId: reached, sentNumber: number, newest, readNumber } = marked;
      const receipt = { by, author: userName, number, newest, readNumber };
      if (reached > 0) await receipts.tell(receipt, { status: 'read', upToId: reached });
      return ok(null);
    },
  };
}

/** What is true of all that concerns a conversation: whether there are any, and whether the other side may be one. */
export function refusal(
  { settings }: Pick<Services, 'settings'>,
  author: string,
  userName: string,
): Failure<'notAllowed' | 'noUser'> | undefined {
  if (settings.directMessages !== 'stored') return failBecause('notAllowed', [], 'no direct messages are kept');
  if (!isValidName(userName, settings.limits)) return fail('noUser', [userName]);
  return userName === author ? failBecause('notAllowed', [], 'nobody has a conversation with itself') : undefined;
}

async function readHistory(
  services: Services,
  by: UserActor,
  { userName, options = {} }: Args<'directHistoryGet'>,
): Promise<Outcome<'directHistoryGet'>> {
  const { directs, pairs, receipts, settings } = services;
  const refused = refusal(services, by.author, userName);
  if (refused !== undefined) return refused;
  const { fromId, fromTime, direction, limit = Infinity } = options;
  const forward =
    (direction ?? (fromId === undefined && fromTime !== undefined ? 'forward' : 'backward')) === 'forward';
  const limited = Math.min(limit, settings.limits.historyMaxGetMessages);
  const page = await pairs.read(by.author, userName, { fromId, fromTime, forward, limit: limited });
  if (page === 'noPair') return (await directs.isKnown(userName)) ? ok([]) : fail('noUser', [userName]);
  // As it will be: what is read has come.
  const statuses = { ...page, sentPeer: Infinity };
  const shown = fitting(page.messages, forward, settings.replyBytes, (event) =>
    withStatus(storedMessageIn(event.frame), statusOf(event, by.author, statuses)).size(by.format),
  );
  const sentPeer = await receipts.have(by, userName, shown, page.sentPeer);
  const messages = shown.map((event): StoredValue =>
    withStatus(storedMessageIn(event.frame), statusOf(event, by.author, { ...page, sentPeer })),
  );
  return ok(new StoredResult<ValueMap[]>(messages));
}

/** What is found by chance is not what was handed on up to there: it makes nothing `sent`. */
async function searchHistory(
  services: Services,
  by: UserActor,
  { userName, options }: Args<'directHistorySearch'>,
): Promise<Outcome<'directHistorySearch'>> {
  const { directs, pairs, settings } = services;
  const refused = refusal(services, by.author, userName);
  if (refused !== undefined) return refused;
  const found = await search<'noPair'>(options, by, settings, async (range) => {
    const page = await pairs.search(by.author, userName, range);
    if (typeof page === 'string') return page;
    return { page, show: (event) => withStatus(storedMessageIn(event.frame), statusOf(event, by.author, page)) };
  });
  if (found !== 'noPair') return found;
  return (await directs.isKnown(userName)) ? ok({ messages: [], cursor: null }) : fail('noUser', [userName]);
}

function statusOf(
  { id, subject }: TopicEvent,
  reader: string,
  marks: Pick<PairRead, 'sentOwn' | 'readOwn' | 'sentPeer' | 'readPeer'>,
): DirectStatus {
  const [sent, read] = subject === reader ? [marks.sentOwn, marks.readOwn] : [marks.sentPeer, marks.readPeer];
  if (id <= read) return 'read';
  return id <= sent ? 'sent' : 'not_sent';
}

/** As many as fit from the end where the page begins; the store has counted their MessagePack, and JSON may be longer. */
function fitting(
  events: readonly TopicEvent[],
  forward: boolean,
  bytesMax: number,
  sizeOf: (event: TopicEvent) => number,
): readonly TopicEvent[] {
  const inOrder = forward ? events : events.toReversed();
  let bytes = 0;
  const end = inOrder.findIndex((event, at) => (bytes += sizeOf(event)) > bytesMax && at > 0);
  const shown = end < 0 ? inOrder : inOrder.slice(0, end);
  return forward ? shown : shown.toReversed();
}
