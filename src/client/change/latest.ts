/** What becomes of a message, as it travelled, by a change of it. Whose object shows that is left to the messages. */
import type { MessageChange } from '../../protocol/change.ts';
import { utf8Length } from '../../protocol/names/form.ts';
import type { ValueMap } from '../../protocol/params/values.ts';

type Appended = Extract<MessageChange, { readonly kind: 'append' }>;

/** Of a message as it travelled: how many contents it has had. */
export function versionOf(heard: ValueMap): number {
  const { version } = heard;
  return typeof version === 'number' ? version : 1;
}

/**
 * The message behind the change. `known`: it says nothing new of it; `misfit`: it is about a text of which something was
 * missed.
 */
export function behind(heard: ValueMap, change: MessageChange): ValueMap | 'known' | 'misfit' {
  if (heard['recalled'] === true) return 'known';
  const { id, version, timestamp: updatedAt } = change;
  if (change.kind === 'reactions') return { ...heard, reactions: change.counts };
  if (change.kind === 'replies') return { ...heard, repliesCount: change.repliesCount };
  if (version <= versionOf(heard)) return 'known';
  if (change.kind === 'update') return { updatedAt, ...change.message, id, version };
  if (change.kind === 'append') return appended(heard, change);
  const { author = null, timestamp = null } = heard;
  return { id, author, timestamp, recalled: true, version, updatedAt };
}

/** What of the text is there already is not taken twice. */
function appended(heard: ValueMap, { offset, text, done, version, timestamp }: Appended): ValueMap | 'misfit' {
  const { textMessage } = heard;
  if (typeof textMessage !== 'string') return 'misfit';
  const known = utf8Length(textMessage) - offset;
  const from = known < 0 ? undefined : indexOfByte(text, Math.min(known, utf8Length(text)));
  if (from === undefined) return 'misfit';
  return {
    ...heard,
    textMessage: `${textMessage}${text.slice(from)}`,
    done: done === true,
    version,
    updatedAt: timestamp,
  };
}

/** Bytes of the text of a message; none where it has no text. */
export function textLengthOf({ textMessage }: ValueMap): number {
  return typeof textMessage === 'string' ? utf8Length(textMessage) : 0;
}

/** Where in a well-formed string so many bytes of its UTF-8 end; undefined within a character, and beyond the end. */
export function indexOfByte(text: string, bytes: number): number | undefined {
  let at = 0;
  for (let left = bytes; left > 0;) {
    const point = text.codePointAt(at);
    if (point === undefined) return undefined;
    left -= point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (left < 0) return undefined;
    at += point < 0x10000 ? 1 : 2;
  }
  return at;
}
