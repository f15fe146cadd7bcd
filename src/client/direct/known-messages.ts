/**
 * What is known of a conversation's messages by their ids, which are 1, 2, 3 … for both sides together: whose each is,
 * and which were told already. Of the latest only: nobody asks for those of long ago.
 */

const knownMax = 1_000;

export class KnownMessages {
  readonly #authors = new Map<number, 'own' | 'theirs'>();
  /** With their times: in a log that has begun anew an id is that of another message. */
  readonly #told = new Map<number, number | undefined>();
  #newest = 0;
  #newestOfTheirs = 0;

  /** The highest id that was seen anywhere. */
  get newest(): number {
    return this.#newest;
  }

  /** Up to where the conversation was shown: what this user wrote itself says little of what it has missed before it. */
  get shownUpTo(): number {
    return this.#newestOfTheirs === 0 ? this.#newest : this.#newestOfTheirs;
  }

  note(id: number, isOwn: boolean): void {
    this.#newest = Math.max(this.#newest, id);
    if (!isOwn) this.#newestOfTheirs = Math.max(this.#newestOfTheirs, id);
    this.#authors.delete(id);
    this.#authors.set(id, isOwn ? 'own' : 'theirs');
    trim(this.#authors);
  }

  /** It is about to be told. False: it was already, by another way. */
  tell(id: number, isOwn: boolean, timestamp: number | undefined): boolean {
    this.note(id, isOwn);
    if (this.#told.has(id)) return false;
    this.#told.set(id, timestamp);
    trim(this.#told);
    return true;
  }

  /** Whether another message than this one was told under its id. */
  isOther(id: number, timestamp: number | undefined): boolean {
    const told = this.#told.get(id);
    return told !== undefined && timestamp !== undefined && told !== timestamp;
  }

  authorOf(id: number): 'own' | 'theirs' | undefined {
    return this.#authors.get(id);
  }

  /** How many of the ids above one, up to another one, may be the other side's. */
  theirsBetween(above: number, upTo: number): number {
    let count = Math.max(0, upTo - above);
    for (const [id, author] of this.#authors) if (author === 'own' && id > above && id <= upTo) count -= 1;
    return count;
  }
}

function trim(known: Map<number, unknown>): void {
  const [oldest] = known.keys();
  if (known.size > knownMax && oldest !== undefined) known.delete(oldest);
}
