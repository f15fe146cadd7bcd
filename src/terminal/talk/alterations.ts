/** Carries out what somebody wants of a message that was said: other words, none, a reaction, an answer. What comes of it is told by the service's notices. */
import { RequestError, type Message } from '../../client/index.ts';
import { dateAndTimeOf } from '../layout.ts';
import { wordsFor } from '../words.ts';
import type { Alteration } from './alteration-reading.ts';
import type { Conversation } from './conversation.ts';
import { authorOf, textOf } from './said.ts';

export interface AlterationDeps {
  readonly tell: (sentence: string) => void;
  readonly complain: (sentence: string) => void;
  readonly say: (text: string, to: Conversation, replyTo: number) => Promise<void>;
}

/** In the answer to /last. */
const lastMax = 20;

export class Alterations {
  readonly #deps: AlterationDeps;

  constructor(deps: AlterationDeps) {
    this.#deps = deps;
  }

  /** Resolves when it is done, or it is told why not. */
  async carryOut(wanted: Alteration, where: Conversation): Promise<void> {
    if (wanted.kind === 'last') return this.#tellLast(where, wanted.count ?? lastMax);
    try {
      const message = await (wanted.id === undefined ? latest(wanted, where) : where.find(wanted.id));
      if (message?.id === undefined) return this.#deps.complain(noneWords(wanted));
      if (message.recalled) return this.#deps.complain(`The message #${message.id} was taken back.`);
      await this.#alter(message, message.id, wanted, where);
    } catch (error) {
      this.#deps.complain(
        isForbidden(error) ? 'That message is not yours to change, or not any more.' : wordsFor(error),
      );
    }
  }

  async #alter(message: Message, id: number, wanted: Exclude<Alteration, { kind: 'last' }>, where: Conversation) {
    switch (wanted.kind) {
      case 'edit': {
        const { done: _, ...content } = message.content;
        return message.update({ ...content, textMessage: wanted.text }, { ifVersion: message.version });
      }
      case 'recall':
        return message.recall(wanted.reason === undefined ? {} : { reason: wanted.reason });
      case 'react':
        return message.react(wanted.key, { remove: wanted.isRemoved });
      case 'reply':
        return this.#deps.say(wanted.text, where, id);
    }
  }

  #tellLast(where: Conversation, count: number): void {
    const lines = where.recent.slice(-count).flatMap((message) => {
      const text = textOf(message);
      return text === undefined ? [] : [lineOf(message, text)];
    });
    this.#deps.tell(lines.length === 0 ? 'Nothing has been said here yet.' : lines.join('\n'));
  }
}

/** One's own for what only its author may do, else of somebody else, where there is one. */
function latest({ kind }: Alteration, { recent }: Conversation): Message | undefined {
  const eligible = recent.filter((message) => !message.recalled && textOf(message) !== undefined);
  if (kind === 'edit' || kind === 'recall') return eligible.findLast(({ isOwn }) => isOwn);
  return eligible.findLast(({ isOwn }) => !isOwn) ?? eligible.at(-1);
}

const isForbidden = (error: unknown): boolean => error instanceof RequestError && error.code === 'notAllowed';

const noneWords = (wanted: Exclude<Alteration, { kind: 'last' }>): string =>
  wanted.id === undefined
    ? `There is no message here to ${wanted.kind}.`
    : `There is no message #${wanted.id} here: /last tells the numbers.`;

function lineOf(message: Message, text: string): string {
  const { id = 0, timestamp, version, reactions, repliesCount, recalled, content } = message;
  const notes = [
    ...(version > 1 && !recalled && content['done'] === undefined ? ['edited'] : []),
    ...(repliesCount === 0 ? [] : [repliesCount === 1 ? '1 answer' : `${repliesCount} answers`]),
    ...countWords(reactions),
  ];
  const behind = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
  return `#${id} ${dateAndTimeOf(timestamp)} ${authorOf(message)}${behind}: ${text}`;
}

/** `👍 2` of each key. */
export const countWords = (counts: Iterable<readonly [key: string, count: number]>): string[] =>
  Array.from(counts, ([key, count]) => `${key} ${count}`);
