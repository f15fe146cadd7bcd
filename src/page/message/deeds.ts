/** What can be done about the messages of a conversation, by all of its rows alike: one value for as long as one may do the same. */
import type { Message } from '../../client/index.ts';
import type { MessageView, Talk } from '../../client/react/index.ts';

export interface Deeds {
  readonly talk: Talk;
  /** One may write, and so change what one has written, answer and react. */
  readonly mayWrite: boolean;
  /** One may take away what others have written. */
  readonly mayRecallAll: boolean;
  /** What is written next answers this. */
  readonly answer: (view: MessageView) => void;
  /** Opens it where it stands; without one nothing is open any more. */
  readonly edit: (view: MessageView | undefined) => void;
  /** Shows it, wherever it is. */
  readonly jump: (id: number) => void;
  /** Goes where one writes. */
  readonly leave: () => void;
  readonly sendAgain: (view: MessageView) => void;
  readonly discard: (message: Message) => void;
}

/** What a room and a conversation tell alike. */
export interface Telling {
  on(event: 'reset' | 'update', listener: (about: object) => void): unknown;
  off(event: 'reset' | 'update', listener: (about: object) => void): unknown;
}

/** At hand for everybody; others are shown where somebody has them. */
export const KEYS = ['👍', '❤️', '😂', '🎉'] as const;

/** A message is what it answers by its id in that field. */
export function answeredIn(content: Readonly<Record<string, unknown>>): number | undefined {
  const id = content['replyTo'];
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : undefined;
}
