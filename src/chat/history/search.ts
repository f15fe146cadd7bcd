/**
 * Searching what was said, in a room or between two users: the store gives what there is, page by page, and here it is looked
 * into, so that no script is long. Messages stay as they are stored; of each only the fields that are asked for are read. One call
 * looks at a bounded number of them and says where to go on.
 */
import { isDeepStrictEqual } from 'node:util';
import type { TopicEvent } from '../../log/event.ts';
import { failBecause, type Failure } from '../../protocol/errors/errors.ts';
import { SEARCHED_MAX, type SearchOptions, type SearchPage } from '../../protocol/history.ts';
import { authorMark, isBy, storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { decodeTrusted, encodeValue } from '../../protocol/wire/msgpack.ts';
import { entryOf, equals } from '../../protocol/wire/pack.ts';
import { StoredResult, type StoredValue } from '../../protocol/wire/stored.ts';
import type { Value } from '../../protocol/params/values.ts';
import type { SearchRange } from '../../store/history/search.ts';
import type { Searched } from '../../store/history/history-store.ts';
import type { Actor } from '../actor.ts';
import { ok, type Ok } from '../outcome.ts';
import type { ChatSettings } from '../services.ts';

/** What was read of a log, and how a message of it is shown. */
export interface ToSearch {
  readonly page: Searched;
  show(event: TopicEvent): StoredValue;
}

const LIMIT = 20;
/** Messages that one script reads. */
const PER_SCRIPT = 200;
/** Replies in bytes of messages that one call looks at: large ones are fewer. */
const REPLIES_LOOKED_AT = 8;
/** What a page takes beside its messages. */
const PAGE_BYTES = 100;

const BAD_CURSOR = 'the cursor is none that a search of this log has given, or the log is another one now: begin again';

/** `read` may refuse with a word of its own. */
export async function search<W extends string>(
  options: SearchOptions,
  { format }: Actor,
  { replyBytes }: Pick<ChatSettings, 'replyBytes'>,
  read: (range: SearchRange) => Promise<ToSearch | W | 'otherLog'>,
): Promise<Ok<SearchPage> | W | Failure<'badArgument'>> {
  const { from = {}, to = {}, direction, limit = LIMIT, cursor } = options;
  const isBad = (): Failure<'badArgument'> => failBecause('badArgument', [1, { ...options } as Value], BAD_CURSOR);
  let at = cursor === undefined ? undefined : readCursor(cursor);
  if (cursor !== undefined && at === undefined) return isBad();
  const forward = direction === 'forward';
  const matches = matcherOf(options);
  const messages: StoredValue[] = [];
  const upTo = (next: string | null): Ok<SearchPage> => ok(new StoredResult<SearchPage>({ messages, cursor: next }));
  let [found, looked, lookedBytes] = [PAGE_BYTES, 0, 0];
  for (;;) {
    const part = await read({ from, to, forward, at, limit: Math.min(PER_SCRIPT, SEARCHED_MAX - looked) });
    if (part === 'otherLog') return isBad();
    if (typeof part === 'string') return part;
    const { first, last, epoch } = part.page;
    for (const event of part.page.messages) {
      const message = matches(event.frame) ? part.show(event) : undefined;
      found += message?.size(format) ?? 0;
      if (message !== undefined && found > replyBytes && messages.length > 0) return upTo(cursorAt(event.id, epoch));
      if (message !== undefined) messages.push(message);
      at = { id: event.id + (forward ? 1 : -1), epoch };
      if (at.id < first || at.id > last) return upTo(null);
      looked++;
      lookedBytes += event.frame.length;
      const isEnough =
        messages.length >= limit || looked >= SEARCHED_MAX || lookedBytes > REPLIES_LOOKED_AT * replyBytes;
      if (isEnough) return upTo(cursorAt(at.id, epoch));
    }
    if (part.page.messages.length === 0) return upTo(null);
  }
}

const cursorAt = (id: number, epoch: string): string => `${id}.${epoch}`;

function readCursor(cursor: string): { id: number; epoch: string } | undefined {
  const [, id, epoch] = /^(\d{1,15})\.([\w-]{16})$/.exec(cursor) ?? [];
  return id === undefined || epoch === undefined ? undefined : { id: Number(id), epoch };
}

const TYPE = encodeValue('type');
const EVENT = encodeValue('event');

/** Whether a stored message is one that is looked for. Of one whose content is gone its author is left. */
function matcherOf({ author, type, event }: SearchOptions): (frame: Uint8Array) => boolean {
  const conditions: ((frame: Uint8Array) => boolean)[] = [];
  if (author !== undefined) {
    const mark = authorMark(author);
    conditions.push((frame) => isBy(frame, mark));
  }
  if (event !== undefined) {
    const wanted = encodeValue(event);
    conditions.push((frame) => {
      const value = entryOf(storedMessageIn(frame).bytes, EVENT);
      return value !== undefined && equals(value, wanted);
    });
  }
  if (type !== undefined && type !== null) {
    const encoded = encodeValue(type);
    // As the service reads values, whoever has made them.
    const wanted = decodeTrusted(encoded);
    conditions.push((frame) => {
      const value = entryOf(storedMessageIn(frame).bytes, TYPE);
      return value !== undefined && (equals(value, encoded) || isDeepStrictEqual(decodeTrusted(value), wanted));
    });
  }
  return (frame) => conditions.every((isMet) => isMet(frame));
}
