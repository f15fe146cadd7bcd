/**
 * What there is, page by page: rooms, users, conversations, nodes. All but nodes are found by scanning the keys of every primary, as
 * there is no list of them; what exists all the while is found at least once. What each is, is left to others.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace, TopicKind } from '../../redis/keys.ts';
import {
  endedPattern,
  outboxPattern,
  pairPattern,
  peerIn,
  roomInOutbox,
  traceIn,
  tracePattern,
  type Trace,
} from '../../redis/keys/key-patterns.ts';
import { list, pairs, text } from '../../redis/reply.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** For the next page; undefined at the end. */
  readonly cursor: string | undefined;
}

export interface NodeInfo {
  readonly nodeId: string;
  /** Ms since the epoch, by Redis's clock. */
  readonly leaseExpiresAt: number;
  /** Whether it was given up for dead, and is being cleaned up after. */
  readonly claimed: boolean;
  /** Rooms and users with sockets on it, about. */
  readonly topics: number;
}

/** Keys that one scan looks at, at least; Redis stays responsive. */
const SCAN_MIN = 500;
/** Scans made for one page: where hardly any keys match, it is short or empty. */
const SCANS_PER_PAGE = 10;

export class Directory {
  readonly #commands: Commands;
  readonly #keys: Keyspace;

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /**
   * Names of rooms or users, about `limit` of them: perhaps less, also none though there are more, or somewhat more.
   * Undefined where the cursor is none of ours.
   */
  async names(kind: TopicKind, cursor: string | undefined, limit: number): Promise<Page<string> | undefined> {
    return this.#found(this.#keys.metaPattern(kind), (key) => this.#keys.nameIn(key, kind), cursor, limit);
  }

  /** Likewise with whom a user has stored conversations. */
  async peers(userName: string, cursor: string | undefined, limit: number): Promise<Page<string> | undefined> {
    const { prefix } = this.#keys;
    return this.#found(pairPattern(prefix, userName), (key) => peerIn(key, prefix, userName), cursor, limit);
  }

  /** Likewise where something that a user wrote may be besides logs of messages. */
  async traces(userName: string, cursor: string | undefined, limit: number): Promise<Page<Trace> | undefined> {
    const { prefix } = this.#keys;
    return this.#found(tracePattern(prefix), (key) => traceIn(key, prefix, userName), cursor, limit);
  }

  /** Likewise rooms that there are, or that are deleted and of which something may be left for the webhook. */
  async outboxes(cursor: string | undefined, limit: number): Promise<Page<string> | undefined> {
    const { prefix } = this.#keys;
    return this.#found(outboxPattern(prefix), (key) => roomInOutbox(key, prefix), cursor, limit);
  }

  /** Likewise names of deleted rooms of which something is left for the webhook. */
  async ended(cursor: string | undefined, limit: number): Promise<Page<string> | undefined> {
    const { prefix } = this.#keys;
    return this.#found(endedPattern(prefix), (key) => roomInOutbox(key, prefix), cursor, limit);
  }

  /** What is read out of the keys that match; those of which nothing is are left out. */
  async #found<T>(
    pattern: string,
    read: (key: string) => T | undefined,
    cursor: string | undefined,
    limit: number,
  ): Promise<Page<T> | undefined> {
    const from = cursor === undefined ? { primary: '', at: '0' } : readCursor(cursor);
    if (from === undefined) return undefined;
    // One that is no primary any more is passed over: its keys are on another one, perhaps seen already.
    const primaries = this.#commands.primaries().filter((primary) => primary >= from.primary);
    let at = primaries[0] === from.primary ? from.at : '0';
    const found = new Set<T>();
    let scans = 0;
    for (const primary of primaries) {
      do {
        if (found.size >= limit || scans++ >= SCANS_PER_PAGE) {
          return { items: [...found], cursor: writeCursor(primary, at) };
        }
        const [next, keys] = list(await this.#commands.scan(primary, at, pattern, Math.max(limit, SCAN_MIN)));
        for (const key of list(keys)) {
          const one = read(text(key));
          if (one !== undefined) found.add(one);
        }
        at = text(next);
      } while (at !== '0');
    }
    return { items: [...found], cursor: undefined };
  }

  /** Nodes with a lease, or not cleaned up after yet, in the order of their ids. The cursor is the last one's id. */
  async nodes(cursor: string | undefined, limit: number): Promise<Page<NodeInfo>> {
    const known = list(await this.#commands.plain('zrangebyscore', this.#keys.nodes, '-inf', '+inf')).map(text);
    const ids = known.filter((id) => id > (cursor ?? '')).toSorted();
    const page = ids.slice(0, limit);
    const items = (await Promise.all(page.map((id) => this.#node(id)))).flatMap((node) => node ?? []);
    return { items, cursor: ids.length > limit ? page.at(-1) : undefined };
  }

  async #node(nodeId: string): Promise<NodeInfo | undefined> {
    const { lease, manifest } = this.#keys.node(nodeId);
    const [record, topics] = await Promise.all([
      this.#commands.plain('hgetall', lease),
      this.#commands.plain('zcard', manifest),
    ]);
    const fields = new Map(pairs(list(record)));
    const expires = fields.get('expires');
    if (expires === undefined) return undefined;
    return {
      nodeId,
      leaseExpiresAt: Number(expires),
      claimed: fields.get('claimed') === '1',
      topics: Number(topics),
    };
  }
}

const writeCursor = (primary: string, at: string): string => Buffer.from(`${at} ${primary}`).toString('base64url');

function readCursor(cursor: string): { primary: string; at: string } | undefined {
  const read = /^(\d{1,20}) (.{0,300})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  return read === null ? undefined : { at: read[1] ?? '0', primary: read[2] ?? '' };
}
