/** Users, and who of them belongs to a room, in which role: each change may be made again, and what is refused is told. */
import { isJsonMap } from './lines.ts';
import type { Report } from './report.ts';
import { inNameOf, Refusal, type Service } from './service.ts';

export const TOO_MANY_ROOMS =
  'the user belongs to as many rooms as PARLEY_ROOMS_PER_USER lets it: raise that on all nodes, and run this again';
const NAMES_AT_ONCE = 100;
/** Users that are remembered to be there. */
const KNOWN_MAX = 200_000;
const AT_ONCE = 16;

export interface Roles {
  readonly id: string;
  readonly admins: readonly string[];
  readonly formerAdmins: readonly string[];
  readonly muted: readonly string[];
  readonly formerMuted: readonly string[];
}

export class Belonging {
  readonly #service: Service;
  readonly #report: Report;

  constructor(service: Service, report: Report) {
    this.#service = service;
    this.#report = report;
  }

  async membersOf(room: string): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    for (let cursor: unknown; cursor !== null;) {
      const page = await this.#service.call('roomMembersGet', [room, cursor === undefined ? {} : { cursor }]);
      const { members, cursor: next = null } = isJsonMap(page) ? page : {};
      for (const member of Array.isArray(members) ? members : []) {
        if (isJsonMap(member)) names.add(String(member['userName']));
      }
      cursor = next;
    }
    return names;
  }

  add(room: string, id: string, names: readonly string[]): Promise<void> {
    return this.#change('roomMembersAdd', room, id, names);
  }

  async remove(room: string, id: string, names: readonly string[]): Promise<void> {
    await this.#change('roomMembersRemove', room, id, names);
    this.#report.count('membersRemoved', names.length);
  }

  async setRoles(room: string, { id, admins, formerAdmins, muted, formerMuted }: Roles): Promise<void> {
    for (const name of admins) await this.#tried(id, 'admin', 'roomAddToList', [room, 'adminlist', [name]]);
    for (const name of formerAdmins) await this.#tried(id, 'admin', 'roomRemoveFromList', [room, 'adminlist', [name]]);
    for (const name of muted) await this.#tried(id, 'mute', 'roomMute', [room], name);
    for (const name of formerMuted) await this.#tried(id, 'mute', 'roomUnmute', [room], name);
  }

  async #change(
    method: 'roomMembersAdd' | 'roomMembersRemove',
    room: string,
    id: string,
    names: readonly string[],
  ): Promise<void> {
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      const answer = await this.#service.call(method, [room, names.slice(at, at + NAMES_AT_ONCE)]);
      const failed = isJsonMap(answer) && Array.isArray(answer['failed']) ? answer['failed'] : [];
      for (const one of failed) {
        if (!isJsonMap(one) || !isJsonMap(one['error'])) continue;
        const { code, message } = one['error'];
        const why = code === 'tooManyRooms' ? TOO_MANY_ROOMS : String(message);
        this.#report.skip('member', why, `${String(one['userName'])} of ${id}`);
      }
    }
  }

  /** What is not worth the conversation. */
  async #tried(
    id: string,
    what: string,
    method: 'roomAddToList' | 'roomRemoveFromList' | 'roomMute' | 'roomUnmute',
    params: readonly unknown[],
    userName?: string,
  ): Promise<void> {
    try {
      await this.#service.call(method, params, ...(userName === undefined ? [] : [inNameOf(userName)]));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#report.skip(what, error.message, id);
    }
  }
}

/** Each of them is made once. */
export class Users {
  readonly #service: Service;
  readonly #known = new Set<string>();

  constructor(service: Service) {
    this.#service = service;
  }

  async add(names: readonly string[]): Promise<void> {
    const missing = [...new Set(names)].filter((name) => !this.#known.has(name));
    for (let at = 0; at < missing.length; at += AT_ONCE) {
      await Promise.all(missing.slice(at, at + AT_ONCE).map((name) => this.#addOne(name)));
    }
  }

  async #addOne(userName: string): Promise<void> {
    try {
      await this.#service.call('addUser', [userName]);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'userExists') throw error;
    }
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.add(userName);
  }
}
