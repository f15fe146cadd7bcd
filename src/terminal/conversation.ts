/** A room or a direct conversation as it is shown: first what was said before, then what is said now, each once. */
import type { Direct, Message, Room, ValueMap } from '../client/index.ts';

/** A message, from wherever it comes. */
export interface Said {
  readonly id?: number | undefined;
  readonly author?: string | undefined;
  readonly timestamp?: number | undefined;
  readonly content: ValueMap;
}

/** What is said while the earlier messages are still on their way. Beyond, the oldest are left out, which is told. */
const heldMax = 200;
/** Ids by which it is known what was shown. */
const seenMax = 1_000;

export class Conversation {
  readonly target: Room | Direct;
  readonly name: string;
  readonly isRoom: boolean;
  /** What is said in it is shown. */
  isOpen = false;
  readonly #show: (said: Said) => void;
  readonly #seen = new Set<number>();
  #held: Said[] | undefined;
  #leftOut = 0;

  constructor(target: Room | Direct, show: (said: Said) => void) {
    this.target = target;
    this.isRoom = 'isJoined' in target;
    this.name = 'isJoined' in target ? target.name : target.userName;
    this.#show = show;
  }

  /** For people: a room's name as it is, a user's as what is said to them. */
  get label(): string {
    return this.isRoom ? this.name : `@${this.name}`;
  }

  /** What comes from now on waits for `open`, so that it is not shown before what was said earlier. */
  hold(): void {
    this.#held ??= [];
  }

  /** Shows the latest messages, oldest first, then what came meanwhile. Gives how many of that could not be kept. */
  async open(limit: number): Promise<number> {
    this.hold();
    const earlier: Said[] = [];
    try {
      for await (const message of this.target.history({ direction: 'backward', limit })) earlier.push(message);
    } finally {
      for (const said of [...earlier.toReversed(), ...(this.#held ?? [])]) this.#showOnce(said);
      this.#held = undefined;
    }
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }

  /** It was said just now. */
  take(said: Said): void {
    if (this.#held === undefined) return this.#showOnce(said);
    this.#held.push(said);
    if (this.#held.length <= heldMax) return;
    this.#held.shift();
    this.#leftOut += 1;
  }

  /** Numbers begin anew. */
  reset(): void {
    this.#seen.clear();
  }

  send(text: string): Message {
    return this.target.send({ textMessage: text });
  }

  #showOnce(said: Said): void {
    const { id } = said;
    if (id !== undefined) {
      if (this.#seen.has(id)) return;
      this.#seen.add(id);
      // A set is in the order in which it was filled.
      for (const oldest of this.#seen) if (this.#seen.size > seenMax) this.#seen.delete(oldest);
    }
    this.#show(said);
  }
}

/** What a message says. Undefined where it is not meant for eyes: typing, and the other events of applications. */
export function textOf(content: ValueMap): string | undefined {
  const { textMessage, event } = content;
  if (typeof textMessage === 'string') return textMessage;
  if (content['recalled'] === true) return '(taken back)';
  return typeof event === 'string' ? undefined : JSON.stringify(content);
}

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
