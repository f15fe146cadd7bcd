/**
 * What its user has not read in a room, reckoned from the mark up to which it has and from the newest message. Where the
 * marks come from, and telling the service of them, is left to the room.
 */

export class Unread {
  /** The newest message known, and the last that mentions the user. */
  #lastId = 0;
  #mentionId = 0;
  /** Everything up to this one is read: at least up to `#known`, the rest as the service has counted. */
  #mark = 0;
  #known = 0;
  /** Of which log the ids are, once that is known. */
  #epoch: string | undefined;

  get count(): number {
    return Math.max(0, this.#lastId - this.#mark);
  }

  get mentioned(): boolean {
    return this.#mentionId > this.#mark;
  }

  get lastId(): number {
    return this.#lastId;
  }

  get mark(): number {
    return this.#mark;
  }

  /** The room's log ends here. A mark of another log says nothing; where there was none it begins at the newest message. */
  at(epoch: string, lastMessageId: number): void {
    if (epoch === this.#epoch) {
      this.#lastId = Math.max(this.#lastId, lastMessageId);
      return;
    }
    const isFirst = this.#epoch === undefined && this.#lastId > 0;
    this.#epoch = epoch;
    // The service has told a count before: it is of this log.
    if (isFirst && this.#lastId <= lastMessageId) this.#lastId = lastMessageId;
    else {
      this.#lastId = this.#mark = lastMessageId;
      this.#mentionId = this.#known = 0;
    }
  }

  heard(id: number, how: { readonly isOwn: boolean; readonly isMention: boolean }): void {
    if (id <= this.#lastId) {
      // What was counted before it came.
      if (how.isOwn) this.read(id);
      return;
    }
    this.#lastId = id;
    // Posting moves the mark of who posts, on all its devices.
    if (how.isOwn) this.read(id);
    else if (how.isMention) this.#mentionId = id;
  }

  /**
   * The service has counted, when `lastId` was the newest. What was heard since then comes on top; and it may not know yet
   * what was read here.
   */
  told(unread: number, mentioned: boolean, lastId: number | undefined): void {
    const at = lastId ?? Math.max(this.#lastId, unread);
    this.#lastId = Math.max(this.#lastId, at);
    this.#mark = Math.max(this.#known, at - unread);
    if (mentioned) this.#mentionId = Math.max(this.#mentionId, at);
    else if (this.#mentionId <= at) this.#mentionId = 0;
  }

  /** Returns whether that is farther than before. */
  read(upToId: number): boolean {
    const mark = Math.min(upToId, this.#lastId);
    this.#known = Math.max(this.#known, mark);
    if (mark <= this.#mark) return false;
    this.#mark = mark;
    return true;
  }
}
