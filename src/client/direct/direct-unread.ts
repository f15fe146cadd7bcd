/**
 * What its user has not read of a conversation: what the service counted, up to some message, and what came since. Telling
 * the service of what is read is left to the conversation.
 */
import type { KnownMessages } from './known-messages.ts';

/** What came since the service counted; more than that is added up. */
const heardMax = 1_000;

export class DirectUnread {
  readonly #known: KnownMessages;
  /** As the service counted it, of messages up to `#countedUpTo`. */
  #counted = 0;
  #countedUpTo = 0;
  #isMentioned = false;
  /** Ids of later ones, and whether each mentions the user. */
  readonly #heard = new Map<number, boolean>();
  /** Everything up to this one is read. */
  #mark = 0;

  constructor(known: KnownMessages) {
    this.#known = known;
  }

  get count(): number {
    return this.#counted + this.#heard.size;
  }

  get mentioned(): boolean {
    return this.#isMentioned || [...this.#heard.values()].includes(true);
  }

  /** A message of the other side has come. */
  heard(id: number, isMention: boolean): void {
    if (id <= this.#mark || id <= this.#countedUpTo) return;
    this.#heard.set(id, isMention);
    if (this.#heard.size > heardMax) this.told(this.count, this.mentioned, Math.max(...this.#heard.keys()));
  }

  /** The service has counted, when `lastId` was the newest message; 0 where that is not known. */
  told(unread: number, mentioned: boolean, lastId: number): void {
    // It may have counted before it was told of a mark.
    const most = lastId > 0 ? this.#known.theirsBetween(this.#mark, lastId) : unread;
    this.#counted = Math.min(unread, most);
    this.#isMentioned = mentioned && this.#counted > 0;
    this.#countedUpTo = lastId;
    this.#drop(lastId);
  }

  /** Returns whether that is farther than before. What is left of what the service counted is a bound, until it counts again. */
  read(upToId: number): boolean {
    if (upToId <= this.#mark) return false;
    this.#mark = upToId;
    this.#drop(upToId);
    this.#counted = Math.min(this.#counted, this.#known.theirsBetween(upToId, this.#countedUpTo));
    if (this.#counted === 0) this.#isMentioned = false;
    return true;
  }

  #drop(upToId: number): void {
    for (const id of this.#heard.keys()) if (id <= upToId) this.#heard.delete(id);
  }
}
