/** Contacts, what users show of themselves, and who is online. How contacts are made and told is in the files beside it. */
import { badArgument, fail, failBecause } from '../../protocol/errors/errors.ts';
import { OWN_FIELDS, type ContactPage, type contactRequests } from '../../protocol/contact.ts';
import { isValidName } from '../../protocol/names/rule.ts';
import { utf8Length } from '../../protocol/names/form.ts';
import type { PageOptions } from '../../protocol/params/types.ts';
import { encodeJson } from '../../protocol/wire/json.ts';
import { encodeShared, encodeValue } from '../../protocol/wire/msgpack.ts';
import type { Format } from '../../protocol/wire/codec.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import { isAnonymous } from '../../store/user/anonymous.ts';
import type { UserActor } from '../actor.ts';
import type { HandlersOf } from '../caller.ts';
import { nameSize, namesSize } from '../access/lists.ts';
import { ok, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';
import { windowsOf } from '../windows.ts';
import type { Profile, Seen } from './profiles.ts';

/** Contacts that one script reads. */
const PAGE = 500;
/** Contacts that are completed side by side. */
const COMPLETED_AT_ONCE = 10;
/** A page without its profiles and its cursor, about. */
const PAGE_BYTES = 64;
/** What a profile costs, in units of an ordinary request. */
const UNITS_PER_PROFILE = 0.2;

export function contactHandlers(services: Services): HandlersOf<typeof contactRequests> {
  const { contacts, contactPairs, profiles, settings } = services;
  const asking = (by: UserActor, other: string): Parameters<typeof contactPairs.add>[0] => ({
    caller: by.author,
    other,
    trusted: by.rights.as === 'service',
    except: by.exceptSocket ?? '',
  });
  return {
    async contactAdd(by, { userName }) {
      if (!isValidName(userName, settings.limits)) return fail('noUser', [userName]);
      if (userName === by.author) return failBecause('notAllowed', [], 'nobody is a contact of its own');
      // Nobody comes back to such a name: its contacts would keep it for nothing.
      if (isAnonymous(by.author) || isAnonymous(userName))
        return failBecause('notAllowed', [], 'anonymous users have no contacts');
      const added = await contactPairs.add(asking(by, userName));
      if (added === 'noUser') return fail(added, [userName]);
      if (added === 'notAllowed') return fail(added);
      return added === 'listLimitExceeded' ? fail(added, ['contacts']) : ok(added);
    },

    async contactRemove(by, { userName }) {
      if (isValidName(userName, settings.limits) && userName !== by.author) {
        await contactPairs.remove(asking(by, userName));
      }
      return ok(null);
    },

    contactList: (by, { options }) =>
      options === undefined ? wholeList(services, by) : contactPage(services, by, options).then((page) => ok(page)),

    async usersOnline({ author, format }, { userNames }) {
      const known = [...new Set(userNames)].filter((name) => isValidName(name, settings.limits));
      const online = await profiles.online(known, author);
      const isLong = namesSize(online, format) > settings.replyBytes;
      return isLong ? fail('listTooLong', [online.length]) : ok(online);
    },

    async profileSet({ author }, { changes }) {
      const own = Object.keys(changes).find((name) => OWN_FIELDS.has(name));
      if (own !== undefined) return badArgument(0, changes, `\`${own}\` is the service's`);
      const encoded = new Map(
        Object.entries(changes).map(([name, value]) => [name, value === null ? undefined : encodeValue(value)]),
      );
      if (encoded.size === 0) return ok(null);
      const set = await contacts.setProfile(author, encoded);
      if (set === 'gone') throw new StateUnavailable('the user is gone');
      return set === 'ok' ? ok(null) : fail(set, ['profile']);
    },

    async profileGet({ author }, { userName = author }) {
      const seen = isValidName(userName, settings.limits) ? await profiles.one(userName, author) : 'noUser';
      return seen === 'noUser' ? fail(seen, [userName]) : ok(seen.profile);
    },
  };
}

async function wholeList(services: Services, by: UserActor): Promise<Outcome<'contactList'>> {
  const found: Profile[] = [];
  let bytes = 0;
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page = await readPage(services, by.author, cursor, PAGE);
    by.spend(page.names.length * UNITS_PER_PROFILE);
    for await (const seen of seenOf(services, by.author, page.names)) {
      found.push(...seen);
      bytes += seen.reduce((sum, profile) => sum + profileSize(profile, by.format), 0);
      if (bytes > services.settings.replyBytes) return fail('listTooLong', [page.count]);
    }
    cursor = page.next;
  }
  return ok(found);
}

/** As many as were asked for and fit into a reply: of these the last one's name is where the next page begins. */
export async function contactPage(
  services: Services,
  by: UserActor,
  { cursor = '', limit = Infinity }: PageOptions,
): Promise<ContactPage> {
  const { limits, replyBytes } = services.settings;
  const page = await readPage(services, by.author, cursor, Math.min(limit, limits.userlistPage, PAGE));
  by.spend(page.names.length * UNITS_PER_PROFILE);
  const found: Profile[] = [];
  // With what surrounds them.
  let bytes = PAGE_BYTES + 2 * nameSize(page.names.at(-1) ?? '', 'json');
  for await (const seen of seenOf(services, by.author, page.names)) {
    for (const profile of seen) {
      bytes += profileSize(profile, by.format);
      const last = found.at(-1);
      if (bytes > replyBytes && last !== undefined) {
        return { contacts: found, cursor: last.userName, count: page.count };
      }
      found.push(profile);
    }
  }
  return { contacts: found, cursor: page.next ?? null, count: page.count };
}

/** A page of names, once what is under way of this user's contacts, as far as its side decides, is over. */
async function readPage(
  { contacts, contactPairs }: Services,
  author: string,
  cursor: string,
  limit: number,
): Promise<{ names: readonly string[]; next: string | undefined; count: number }> {
  const read = async (): Promise<Exclude<Awaited<ReturnType<typeof contacts.readPage>>, 'gone'>> => {
    const page = await contacts.readPage(author, { cursor, limit });
    if (page === 'gone') throw new StateUnavailable('the user is gone');
    return page;
  };
  const page = await read();
  if (page.due.length === 0) return page;
  for await (const window of windowsOf(page.due, COMPLETED_AT_ONCE)) {
    await Promise.all(window.map((other) => ifPossible(contactPairs.complete(author, other))));
  }
  return read();
}

/**
 * The profiles of contacts, window by window. What the other side has not ended is ended now, and what it has lost it gets again; who
 * is gone is no contact.
 */
async function* seenOf(
  services: Services,
  author: string,
  names: readonly string[],
): AsyncGenerator<readonly Profile[]> {
  const { profiles, contacts, contactPairs } = services;
  let at = 0;
  for await (const page of profiles.pages(names, author)) {
    const asked = names.slice(at, at + page.length);
    at += page.length;
    const gone = asked.filter((_, i) => page[i] === undefined);
    await Promise.all(gone.map((name) => ifPossible(contactPairs.forget(author, name))));
    const due = page.filter((seen): seen is Seen => seen !== undefined && (seen.isDue || !seen.isContact));
    const ended = new Set<string>();
    for await (const window of windowsOf(due, COMPLETED_AT_ONCE)) {
      await Promise.all(
        window.map(async ({ userName: other, isContact }) => {
          await ifPossible(
            isContact ? contactPairs.complete(author, other) : contactPairs.agree({ userName: author, other }),
          );
          if (!(await contacts.has(author, other))) ended.add(other);
        }),
      );
    }
    yield page.flatMap((seen) => (seen === undefined || ended.has(seen.userName) ? [] : [seen.profile]));
  }
}

/** What somebody else has begun and Redis does not let be finished now is finished later: no list fails for it. */
async function ifPossible(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof StateUnavailable)) throw error;
  }
}

/** Bytes that it takes in a reply. */
const profileSize = (profile: Profile, format: Format): number =>
  format === 'json' ? utf8Length(encodeJson(profile)) + 1 : encodeShared(profile).length;
