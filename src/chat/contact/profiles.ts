/**
 * What a user shows of itself, as one who asks sees it: what Redis knows, what a block hides, what the operator's hook makes
 * of the fields. Many are read at once, for they are on as many slots.
 */
import { Failure, hasCode } from '../../protocol/errors/errors.ts';
import { OWN_FIELDS } from '../../protocol/contact.ts';
import { decodeTrusted } from '../../protocol/wire/msgpack.ts';
import type { Value, ValueMap } from '../../protocol/params/values.ts';
import type { ProfileAsked } from '../../hooks/contract.ts';
import type { HookRunner } from '../../hooks/runner.ts';
import { readFields } from '../../hooks/verdict.ts';
import type { ContactStore, StoredProfile } from '../../store/contact/contact-store.ts';
import { windowsOf } from '../windows.ts';

/** It is a map of the wire. */
export type Profile = ValueMap & { userName: string; status: 'online' | 'offline'; lastOnline: number | null };

export interface Seen {
  readonly userName: string;
  readonly profile: Profile;
  /** A contact with who asks is under way, and it is this user's side that decides. */
  readonly isDue: boolean;
  /** Who asks is among this user's contacts. */
  readonly isContact: boolean;
  /** Whatever a block hides. */
  readonly isOnline: boolean;
}

export interface ProfilesDeps {
  readonly contacts: Pick<ContactStore, 'readProfile' | 'readBlocked'>;
  readonly hooks: HookRunner | undefined;
}

/** Profiles that are asked for in one go. */
const WINDOW = 100;
/** The hook is asked for so many of a list at a time: it has everybody's requests to answer. */
const ASKED_AT_ONCE = 10;

/** One who looks at profiles: once the hook is late it is not asked for the rest of them. */
interface Looking {
  isLate: boolean;
}

export class Profiles {
  readonly #deps: ProfilesDeps;

  constructor(deps: ProfilesDeps) {
    this.#deps = deps;
  }

  /** As `viewer` sees it; `noUser` where there is none. */
  async one(userName: string, viewer: string): Promise<Seen | 'noUser'> {
    const [seen] = await this.#window([userName], viewer, { isLate: false });
    return seen ?? 'noUser';
  }

  /** As `viewer` sees them, in their order, page by page; without those that do not exist. */
  async *pages(names: readonly string[], viewer: string): AsyncGenerator<readonly (Seen | undefined)[]> {
    const looking = { isLate: false };
    for await (const window of windowsOf(names, WINDOW)) yield await this.#window(window, viewer, looking);
  }

  /** Those of some users that are online to `viewer`. */
  async online(names: readonly string[], viewer: string): Promise<string[]> {
    const read = await this.#read(names, viewer, false);
    return names.filter((_, i) => read[i]?.stored.online === true && !read[i].isHidden);
  }

  async #window(names: readonly string[], viewer: string, looking: Looking): Promise<(Seen | undefined)[]> {
    const read = await this.#read(names, viewer, true);
    const one = async (userName: string, found: (typeof read)[number]): Promise<Seen | undefined> => {
      if (found === undefined) return undefined;
      const { stored, isHidden } = found;
      const profile = profileOf(userName, stored, isHidden, await this.#fields(userName, viewer, stored, looking));
      return { userName, profile, isDue: stored.isDue, isContact: stored.isContact, isOnline: stored.online };
    };
    const seen: (Seen | undefined)[] = [];
    const size = this.#deps.hooks?.has('profileOf') === true ? ASKED_AT_ONCE : WINDOW;
    for (let at = 0; at < names.length; at += size) {
      seen.push(...(await Promise.all(names.slice(at, at + size).map((name, i) => one(name, read[at + i])))));
    }
    return seen;
  }

  /** In the order of the names, and with whether a block hides who is online; in one go. */
  async #read(
    names: readonly string[],
    viewer: string,
    whole: boolean,
  ): Promise<({ readonly stored: StoredProfile; readonly isHidden: boolean } | undefined)[]> {
    const { contacts } = this.#deps;
    const others = names.filter((name) => name !== viewer);
    const [blocked, ...read] = await Promise.all([
      others.length === 0 ? new Set<string>() : contacts.readBlocked(viewer, others),
      ...names.map((name) => contacts.readProfile(name, viewer, whole)),
    ]);
    return names.map((userName, i) => {
      const stored = read[i];
      if (stored === undefined || stored === 'noUser') return undefined;
      return { stored, isHidden: userName !== viewer && (stored.blocks || blocked.has(userName)) };
    });
  }

  async #fields(userName: string, viewer: string, stored: StoredProfile, looking: Looking): Promise<ValueMap> {
    const fields = Object.fromEntries([...stored.fields].map(([name, bytes]) => [name, decodeTrusted(bytes)]));
    const { hooks } = this.#deps;
    if (hooks === undefined || userName === viewer || !hooks.has('profileOf')) return fields;
    if (looking.isLate) return {};
    const said = await hooks.ask('profileOf', (): ProfileAsked => ({ userName, viewer, fields }), readFields);
    // What it fails to decide about is not shown.
    if (said instanceof Failure) {
      looking.isLate ||= hasCode(said, 'timeout');
      return {};
    }
    return said ?? fields;
  }
}

function profileOf(
  userName: string,
  { online, lastOnline }: StoredProfile,
  isHidden: boolean,
  fields: ValueMap,
): Profile {
  const shown = Object.entries(fields).filter(([name]) => !OWN_FIELDS.has(name));
  return {
    userName,
    status: online && !isHidden ? 'online' : 'offline',
    lastOnline: isHidden ? null : (lastOnline ?? null),
    ...(Object.fromEntries(shown) as Record<string, Value>),
  };
}
