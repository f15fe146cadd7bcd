/**
 * What a client needs to know of its user, in one reply: the parts are those of their nouns, asked for with a share of the bytes each.
 * What does not fit is left to their own requests.
 */
import type { OwnDetails } from '../../protocol/user.ts';
import { UNREAD_MAX } from '../../protocol/unread.ts';
import { utf8Length } from '../../protocol/names/form.ts';
import type { Format } from '../../protocol/wire/codec.ts';
import type { Value } from '../../protocol/params/values.ts';
import { StoredResult, type Spliced } from '../../protocol/wire/stored.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { UserActor } from '../actor.ts';
import type { Caller } from '../caller.ts';
import { contactPage } from '../contact/contact.ts';
import { readMissed, type Missed } from '../direct/missed.ts';
import { ok, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';
import { DEFAULT_GROUP } from '../../store/session/session-store.ts';
import { giveSession } from '../session/session.ts';
import { readUnread } from '../unread/counts.ts';
import { UNITS_PER_SOURCE } from '../unread/unread.ts';

/** Contacts, what was missed, what is unread, the session: each has one of the bytes of a reply. */
const SHARES = 4;

/** The name of a part, and what is said of it where it is left out. */
const PART_BYTES = 64;

const NOTHING: Missed = { messages: {}, heard: [], more: false };

export async function userDetails(
  services: Services,
  by: UserActor,
  socket: Caller | undefined,
): Promise<Outcome<'userDetails'>> {
  const { profiles, receipts, settings } = services;
  const { author, format } = by;
  const part = { ...services, settings: { ...settings, replyBytes: settings.replyBytes / SHARES } };
  const looked = (sources: number): void => by.spend(sources * UNITS_PER_SOURCE);
  const [own, { contacts, cursor }, missed, unread] = await Promise.all([
    profiles.one(author, author),
    contactPage(part, by, {}),
    settings.directMessages === 'stored' ? readMissed(part, author, { format }) : NOTHING,
    readUnread(part, author, { limit: UNREAD_MAX, format, looked }),
  ]);
  if (own === 'noUser') throw new StateUnavailable('the user is gone');
  // Last of what may fail: what it holds back waits for the answer.
  const { chats, turn } = await giveSession(part, by, socket);
  const room = new Room(settings.replyBytes, format);
  room.take(own.profile);
  const session = chats && room.take(chats);
  const known = room.take(contacts);
  const counts = room.take(unread);
  const messages = room.take(missed.messages);
  if (messages !== undefined) {
    await Promise.all(missed.heard.map(({ author: peer, first, last }) => receipts.given(by, peer, { first, last })));
  }
  const next = known === undefined ? '' : cursor;
  const more = {
    ...(next === null ? {} : { contacts: next }),
    ...(messages === undefined || missed.more ? { missed: true } : {}),
    ...(counts === undefined ? { unread: true } : {}),
    ...(session === undefined ? { session: true } : {}),
  };
  const parts: Spliced = {
    user: own.profile,
    contacts: known ?? [],
    missed: messages ?? {},
    unread: counts ?? [],
    session: session ?? { [DEFAULT_GROUP]: {} },
    more,
  };
  return ok(new StoredResult<OwnDetails>(parts), turn);
}

/** What of a reply is left. A part may be one message that is larger than its share: what does not fit is left out. */
class Room {
  #left: number;
  readonly #format: Format;

  constructor(bytes: number, format: Format) {
    this.#left = bytes;
    this.#format = format;
  }

  take<T extends Spliced>(part: T): T | undefined {
    const whole = new StoredResult<Value>(part);
    const size =
      this.#format === 'json' ? utf8Length(whole.text()) : whole.packed().reduce((sum, { length }) => sum + length, 0);
    if (size + PART_BYTES > this.#left) return undefined;
    this.#left -= size + PART_BYTES;
    return part;
  }
}
