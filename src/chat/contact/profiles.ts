/**
 * What a user shows of itself, as one who asks sees it: what Redis knows, what a block hides, what the operator's hook makes
 * of the fields. Many are read at once, for they are on as many slots.
 */
import { Failure } from '../../protocol/errors.ts';
import { OWN_FIELDS } from '../../protocol/contact.ts';
import { decodeTrusted } from '../../protocol/wire/msgpack.ts';
import type { Value, ValueMap } from '../../protocol/values.ts';
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
}

export interface ProfilesDeps {
  readonly contacts: Pick<ContactStore, 'readProfile' | 'readBlocked'>;
  readonly hooks: HookRunner | undefined;
}

/** Profiles that are asked for in one go. */
const WINDOW = 100;

export class Profiles {
  readonly #deps: ProfilesDeps;

  constructor(deps: ProfilesDeps) {
    this.#deps = deps;
  }

  /** As `viewer` sees it; `noUser` where there is none. */
  async one(userName: string, viewer: string): Promise<Seen | 'noUser'> {
    const [seen] = await this.#window([userName], viewer);
    return seen ?? 'noUser';
  }

  /** As `viewer` sees them, in their order, page by page; without those that do not exist. */
  async *pages(names: readonly string[], viewer: string): AsyncGenerator<readonly (Seen | undefined)[]> {
    for await (const window of windowsOf(names, WINDOW)) yield await this.#window(window, viewer);
  }

  /** Those of some users that are online to `viewer`. */
  async online(names: readonly string[], viewer: string): Promise<string[]> {
    const read = await this.#read(names, viewer, false);
    return names.filter((_, i) => read[i]?.stored.online === true && !read[i].isHidden);
  }

  async #window(names: readonly string[], viewer: string): Promise<(Seen | undefined)[]> {
    const read = await this.#read(names, viewer, true);
    return Promise.all(
      names.map(async (userName, i) => {
        const found = read[i];
        if (found === undefined) return undefined;
        const { stored, isHidden } = found;
        const fields = await this.#fields(userName, viewer, stored);
        return { userName, profile: profileOf(userName, stored, isHidden, fields), isDue: stored.isDue };
      }),
    );
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

  async #fields(userName: string, viewer: string, stored: StoredProfile): Promise<ValueMap> {
    const fields = Object.fromEntries([...stored.fields].map(([name, bytes]) => [name, decodeTrusted(bytes)]));
    const { hooks } = this.#deps;
    if (hooks === undefined || userName === viewer || !hooks.has('profileOf')) return fields;
    const said = await hooks.ask('profileOf', (): ProfileAsked => ({ userName, viewer, fields }), readFields);
    // What it fails to decide about is not shown.
    if (said instanceof Failure) return {};
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
