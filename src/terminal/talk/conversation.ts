/** A room or a direct conversation as it is shown: first what was said before, then what is said now, each once. */
import { Message, type Direct, type Room } from '../../client/index.ts';
import { authorOf, quoted, textOf, type Said } from './said.ts';
import { Unfinished } from './unfinished.ts';

/** What is said while the earlier messages are still on their way. Beyond, the oldest are left out, which is told. */
const heldMax = 200;
/** Ids by which it is known what was shown. */
const seenMax = 1_000;
/** Messages that can be changed without being read again. */
const recentMax = 200;

/** What becomes of a message as it is shown. `note`: what has become of it, behind its author. */
export type Show = (said: Said, note?: string) => void;

export class Conversation {
  readonly target: Room | Direct;
  readonly name: string;
  readonly isRoom: boolean;
  /** What is said in it is shown. */
  isOpen = false;
  readonly #show: Show;
  /** By id, the version that was shown last. */
  readonly #seen = new Map<number, number>();
  readonly #recent = new Map<number, Message>();
  readonly #unfinished: Unfinished;
  #held: Said[] | undefined;
  #leftOut = 0;

  constructor(target: Room | Direct, show: Show) {
    this.target = target;
    this.isRoom = 'isJoined' in target;
    this.name = 'isJoined' in target ? target.name : target.userName;
    this.#show = (said, note) => {
      const notes = [this.#answers(said), note].filter((part) => part !== undefined);
      show(said, notes.length === 0 ? undefined : notes.join(', '));
    };
    this.#unfinished = new Unfinished((said) => this.#show(said, 'not finished'));
  }

  /** For people: a room's name as it is, a user's as what is said to them. */
  get label(): string {
    return this.isRoom ? this.name : `@${this.name}`;
  }

  /** What was said last, and can be changed or answered, oldest first. */
  get recent(): readonly Message[] {
    return [...this.#recent.values()].toSorted((one, other) => (one.id ?? 0) - (other.id ?? 0));
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

  /** A message says something else now; `note` is what has become of it. Of what was not shown nothing is. */
  change(said: Said, note: string | undefined): void {
    const { id, version = 1 } = said;
    const shown = id === undefined ? undefined : this.#seen.get(id);
    if (id === undefined || shown === undefined || version <= shown || this.#held !== undefined) return;
    this.#seen.set(id, version);
    this.#unfinished.end(id);
    if (!this.#unfinished.take(said)) this.#show(said, note);
  }

  /** The message of that id; undefined where there is none any more. */
  async find(id: number): Promise<Message | undefined> {
    const known = this.#recent.get(id);
    if (known !== undefined) return known;
    // They begin with 1.
    if (id < 1) return undefined;
    for await (const message of this.target.history({ direction: 'forward', from: id - 1, limit: 1 })) {
      if (message.id === id) return message;
    }
    return undefined;
  }

  /** Numbers begin anew. */
  reset(): void {
    this.#seen.clear();
    this.#recent.clear();
    this.#unfinished.stop();
  }

  stop(): void {
    this.#unfinished.stop();
  }

  send(text: string, replyTo?: number): Message {
    return this.target.send({ textMessage: text, ...(replyTo === undefined ? {} : { replyTo }) });
  }

  #showOnce(said: Said): void {
    const { id } = said;
    if (id !== undefined) {
      if (this.#seen.has(id)) return;
      this.#seen.set(id, said.version ?? 1);
      // A map is in the order in which it was filled.
      for (const oldest of this.#seen.keys()) if (this.#seen.size > seenMax) this.#seen.delete(oldest);
      if (said instanceof Message) this.#recent.set(id, said);
      for (const oldest of this.#recent.keys()) if (this.#recent.size > recentMax) this.#recent.delete(oldest);
    }
    if (!this.#unfinished.take(said)) this.#show(said);
  }

  /** Whom a message answers, where that is known. */
  #answers({ content: { replyTo } }: Said): string | undefined {
    if (typeof replyTo !== 'number') return undefined;
    const parent = this.#recent.get(replyTo);
    const text = parent === undefined ? undefined : textOf(parent);
    if (parent === undefined || text === undefined) return `to #${replyTo}`;
    return `to ${authorOf(parent)} ${quoted(text)}`;
  }
}
