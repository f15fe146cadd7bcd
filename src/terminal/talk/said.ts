/** A message that was said, as the terminal client reads it. */
import type { ValueMap } from '../../client/index.ts';

/** A message, from wherever it comes. */
export interface Said {
  readonly id?: number | undefined;
  readonly author?: string | undefined;
  /** Where it is not by the user itself and has no author, it is by the service. */
  readonly isOwn?: boolean;
  readonly timestamp?: number | undefined;
  readonly content: ValueMap;
  readonly recalled?: boolean;
  readonly version?: number;
}

/** What a message says. Undefined where it is not meant for eyes: typing, and the other events of applications. */
export function textOf({ content, recalled }: Said): string | undefined {
  if (recalled === true || content['recalled'] === true) return '(taken back)';
  const { textMessage, event } = content;
  if (typeof textMessage === 'string') return textMessage;
  return typeof event === 'string' ? undefined : JSON.stringify(content);
}

export const authorOf = ({ author, isOwn = false }: Pick<Said, 'author' | 'isOwn'>): string =>
  author ?? (isOwn ? 'you' : 'the service');

/** A message of the wire. */
export function saidOf(message: ValueMap): Said {
  const { id, author, timestamp } = message;
  return {
    id: typeof id === 'number' ? id : undefined,
    author: typeof author === 'string' ? author : undefined,
    timestamp: typeof timestamp === 'number' ? timestamp : undefined,
    content: message,
  };
}

/** What was said or typed, by its beginning. */
export const quoted = (text: string): string =>
  text.length <= quotedMax ? `"${text}"` : `"${text.slice(0, quotedMax)}…"`;

const quotedMax = 40;
