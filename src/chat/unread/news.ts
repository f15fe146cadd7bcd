/**
 * Tells sockets of mode `unread` what has changed: whatever a socket is told of a message or a mark is noted here, and counted anew
 * when its user was left alone for a second. So many notices are one, and what is told is as it is then, not as it was at each of
 * them. A node remembers of its own sockets only; nothing of it is in Redis, for the next look finds what is not told.
 */
import type { Looked, Waking } from '../../ops/pulse.ts';
import type { Instance } from '../../bus/instance.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import { unreadCountsFrame } from '../../protocol/unread.ts';
import { mentionIn, readIn } from './read-in.ts';
import { countEach, fitting, keyOf, readUnread, type CountsDeps, type Source, type SourceCount } from './counts.ts';

/** A socket that is told. */
export interface Reader {
  readonly userName: string;
  readonly open: boolean;
  /** It is told what is unread. */
  readonly countsUnread: boolean;
  send(frame: Uint8Array): void;
}

export interface UnreadNewsDeps extends CountsDeps, Waking {
  readonly instance: Pick<Instance, 'held'>;
  onError(error: unknown): void;
}

/** The newest that a login is told of. */
const AT_LOGIN = 50;
/** A user is left alone for so long after it was told something. */
const PAUSE_MS = 1000;
/** Of a user: noted at most, and counted in one run. What is beyond is found when the user asks. */
const NOTED_MAX = 1000;
const COUNTED_MAX = 50;
/** Users in one run, and at once. */
const USERS_PER_RUN = 100;

interface Change {
  readonly source: Source;
  /** Sockets that have heard of it. */
  readonly readers: Set<Reader>;
  /** It was written there. */
  isNew: boolean;
  /** Marks of which it was told that somebody has read up to there: the user, or the other one what the user wrote. */
  readonly marks: Set<number>;
}

interface News {
  /** When something may be told, by the monotonic clock. */
  at: number;
  readonly changes: Map<string, Change>;
}

export class UnreadNews implements Looked {
  readonly #deps: UnreadNewsDeps;
  readonly #news = new Map<string, News>();
  /** Logged in when not all could be asked. */
  readonly #late = new Set<Reader>();
  #running = false;

  constructor(deps: UnreadNewsDeps) {
    this.#deps = deps;
  }

  /** What a socket is told at its login; `isLate`: it has to be told later, by `later`. */
  async atLogin(userName: string, hasOthers: boolean): Promise<{ frame: Uint8Array | undefined; isLate: boolean }> {
    try {
      // As JSON, which is the longer one: its socket may speak either.
      const counts = await readUnread(this.#deps, userName, { limit: AT_LOGIN, format: 'json', hasOthers });
      return { frame: counts.length === 0 ? undefined : unreadCountsFrame(counts), isLate: false };
    } catch (error) {
      // No login fails for it.
      if (error instanceof StateUnavailable) return { frame: undefined, isLate: true };
      throw error;
    }
  }

  later(reader: Reader): void {
    this.#late.add(reader);
    this.#deps.wake();
  }

  /** A socket was told a notice. `author` is of the direct message that it is, if it is one. */
  heard(reader: Reader, frame: Uint8Array, author: string | undefined): void {
    if (author !== undefined) return this.#note(reader, { userName: author }, { isNew: true });
    const by = mentionIn(frame, reader.userName);
    if (by !== undefined) return this.#note(reader, { userName: by }, { isNew: true });
    const read = readIn(frame);
    if (read === undefined) return;
    if ('roomName' in read) this.#note(reader, { roomName: read.roomName }, { isNew: true });
    else this.#note(reader, { userName: read.userName }, { isNew: false, mark: read.upToId });
  }

  /** Something in a room mentions the user of a socket. */
  mentioned(reader: Reader, roomName: string): void {
    this.#note(reader, { roomName }, { isNew: true });
  }

  #note(reader: Reader, source: Source, { isNew, mark }: { isNew: boolean; mark?: number }): void {
    this.#deps.wake();
    let news = this.#news.get(reader.userName);
    if (news === undefined) this.#news.set(reader.userName, (news = { at: 0, changes: new Map() }));
    const key = keyOf(source);
    let change = news.changes.get(key);
    if (change === undefined) {
      if (news.changes.size >= NOTED_MAX) return;
      news.changes.set(key, (change = { source, readers: new Set(), isNew: false, marks: new Set() }));
    }
    change.readers.add(reader);
    change.isNew ||= isNew;
    if (mark !== undefined) change.marks.add(mark);
  }

  get hasWork(): boolean {
    return this.#news.size > 0 || this.#late.size > 0;
  }

  /** Called often while this node may act; never rejects. */
  async run(): Promise<void> {
    if (this.#running || !this.hasWork) return;
    this.#running = true;
    try {
      const now = performance.now();
      const due: string[] = [];
      for (const [userName, { at, changes }] of this.#news) {
        if (at > now) continue;
        if (changes.size === 0) this.#news.delete(userName);
        else if (due.length < USERS_PER_RUN) due.push(userName);
      }
      const done = await Promise.allSettled([
        ...due.map((userName) => this.#tell(userName)),
        ...[...this.#late].slice(0, USERS_PER_RUN).map((reader) => this.#tellLate(reader)),
      ]);
      for (const one of done) if (one.status === 'rejected') this.#deps.onError(one.reason);
    } finally {
      this.#running = false;
    }
  }

  forget(): void {
    this.#news.clear();
    this.#late.clear();
  }

  async #tellLate(reader: Reader): Promise<void> {
    this.#late.delete(reader);
    if (!reader.open) return;
    const { frame, isLate } = await this.atLogin(reader.userName, true);
    if (isLate || !this.#deps.instance.held) this.later(reader);
    else if (frame !== undefined) reader.send(frame);
  }

  async #tell(userName: string): Promise<void> {
    const news = this.#news.get(userName);
    if (news === undefined) return;
    const taken = [...news.changes.values()].slice(0, COUNTED_MAX);
    // Taken off first: what is noted meanwhile may come after what is counted.
    for (const { source } of taken) news.changes.delete(keyOf(source));
    const changes = taken.filter(({ readers }) => [...readers].some(({ open }) => open));
    try {
      const sources = changes.map(({ source }) => source);
      const counts = await countEach(this.#deps, userName, sources, true);
      if (this.#deps.instance.held) this.#send(news, changes, counts);
    } catch (error) {
      if (error instanceof StateUnavailable) for (const change of changes) this.#putBack(news, change);
      throw error;
    } finally {
      news.at = performance.now() + PAUSE_MS;
    }
  }

  #send(news: News, changes: readonly Change[], counts: readonly SourceCount[]): void {
    const changed = new Map(changes.map((change) => [keyOf(change.source), change]));
    const readers = new Set(changes.flatMap((change) => [...change.readers]));
    for (const reader of readers) {
      const own = counts.filter((count) => {
        const change = changed.get(keyOf(count.source));
        return change?.readers.has(reader) === true && isNews(change, count);
      });
      const told = own.map((count) => count.told);
      const fits = fitting(told, 'json', this.#deps.settings.replyBytes);
      if (fits.length > 0) reader.send(unreadCountsFrame(fits));
      for (const { source } of own.slice(fits.length)) {
        const change = changed.get(keyOf(source));
        if (change !== undefined) this.#putBack(news, { ...change, readers: new Set([reader]) });
      }
    }
  }

  #putBack(news: News, { source, readers, isNew, marks }: Change): void {
    const known = news.changes.get(keyOf(source));
    if (known === undefined) {
      news.changes.set(keyOf(source), { source, readers, isNew, marks });
      return;
    }
    for (const reader of readers) known.readers.add(reader);
    for (const mark of marks) known.marks.add(mark);
    known.isNew ||= isNew;
  }
}

/** That somebody has read up to a message was told of both sides alike: it is the user's own mark that stands there, or the other's. */
const isNews = ({ isNew, marks }: Change, { readId }: SourceCount): boolean =>
  isNew || (readId !== undefined && marks.has(readId));
