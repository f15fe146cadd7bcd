/** All rows of one conversation: of several the last one that is given holds, and what only earlier ones say is over. */
import type { Report } from './report.ts';
import type { Conversation } from './source.ts';

/** Admins of one conversation. */
const ADMINS_MAX = 1000;

/** Names are those of the source. */
export interface Given {
  readonly conversation: Conversation;
  readonly admins: readonly string[];
  /** Who was an admin. */
  readonly formerAdmins: readonly string[];
  /** Whom a row names who does not belong to it by the last one. */
  readonly former: readonly string[];
  readonly formerMuted: readonly string[];
  /** Attributes that the last row does not have. */
  readonly formerAttributes: readonly string[];
  /** By any row. */
  readonly wasUnique: boolean;
  /** It was a conversation of these two users by a row before. */
  readonly wasPair: readonly [string, string] | undefined;
}

const peopleOf = ({ owner, members }: Conversation): string[] => [...(owner === undefined ? [] : [owner]), ...members];

/** Anybody may enter: that who belongs to it has left keeps nothing from them. */
export const isOpenToAll = ({ isOfService, kind, whitelistOnly }: Conversation): boolean =>
  isOfService || kind === 'transient' || !whitelistOnly;

export class GivenRows {
  readonly #id: string;
  readonly #report: Report;
  #last: Conversation | undefined;
  readonly #people = new Set<string>();
  readonly #muted = new Set<string>();
  readonly #admins = new Set<string>();
  readonly #attributes = new Set<string>();
  /** Whether a user is an admin, by the last row of it. */
  readonly #roles = new Map<string, boolean>();
  #wasUnique = false;
  #wasPair: readonly [string, string] | undefined;

  constructor(id: string, report: Report) {
    this.#id = id;
    this.#report = report;
  }

  get conversation(): Conversation | undefined {
    return this.#last;
  }

  take(conversation: Conversation): void {
    this.#wasPair = this.#last?.direct ?? this.#wasPair;
    this.#last = conversation;
    this.#wasUnique ||= conversation.unique;
    for (const name of [...peopleOf(conversation), ...conversation.left]) this.#people.add(name);
    for (const name of conversation.muted) this.#muted.add(name);
    for (const name of conversation.admins) this.#admins.add(name);
    for (const key of Object.keys(conversation.attributes)) this.#attributes.add(key);
  }

  takeRole(userName: string, isAdmin: boolean): void {
    if (this.#roles.size < ADMINS_MAX || this.#roles.has(userName)) this.#roles.set(userName, isAdmin);
    else if (isAdmin) {
      this.#report.skip('admin', `a conversation has more than ${ADMINS_MAX}`, `${userName} of ${this.#id}`);
    }
  }

  /** Undefined where there is no row of the conversation itself. */
  whole(): Given | undefined {
    const conversation = this.#last;
    if (conversation === undefined) return undefined;
    const people = new Set(peopleOf(conversation));
    // Who has left is admitted by no role.
    const mayBeAdmin = (name: string): boolean => people.has(name) || isOpenToAll(conversation);
    const byRole = [...this.#roles].filter(([name, isAdmin]) => isAdmin && mayBeAdmin(name)).map(([name]) => name);
    const admins = new Set([...conversation.admins, ...byRole]);
    const without = (all: Iterable<string>, some: ReadonlySet<string>): string[] =>
      [...all].filter((one) => !some.has(one));
    return {
      conversation,
      admins: [...admins],
      formerAdmins: without([...this.#admins, ...this.#roles.keys()], admins),
      former: without(this.#people, people),
      formerMuted: without(this.#muted, new Set(conversation.muted)),
      formerAttributes: without(this.#attributes, new Set(Object.keys(conversation.attributes))),
      wasUnique: this.#wasUnique,
      wasPair: this.#wasPair,
    };
  }
}
