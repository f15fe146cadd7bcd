/**
 * How far one's own messages of a conversation have come with the other side: two marks up to an id, which only go forward,
 * and the messages that they move. Whose messages a mark is about is left to the conversation.
 */
import type { Message } from '../message/message.ts';

export interface Marks {
  /** All of one's own messages up to this id have reached a device of the other one; 0 where none is known to. */
  readonly lastDeliveredId: number;
  /** They are read up to here. */
  readonly lastReadId: number;
}

/** Messages that may still move; of more the oldest keep their status. */
const movingMax = 1_000;

export class Receipts {
  #delivered = 0;
  #read = 0;
  readonly #moving = new Map<number, Message>();

  get marks(): Marks {
    return { lastDeliveredId: this.#delivered, lastReadId: this.#read };
  }

  /** The service has a message under an id: it is where the marks are. */
  follow(message: Message, id: number): void {
    this.#move(message, id);
    if (id <= this.#read) return;
    this.#moving.set(id, message);
    if (this.#moving.size > movingMax) this.#moving.delete(Math.min(...this.#moving.keys()));
  }

  /** Returns the messages that have moved by it; undefined where the mark was there. */
  moved(status: 'sent' | 'read', upToId: number): readonly Message[] | undefined {
    if (upToId <= (status === 'read' ? this.#read : this.#delivered)) return undefined;
    this.#delivered = Math.max(this.#delivered, upToId);
    if (status === 'read') this.#read = upToId;
    const moved = [...this.#moving].filter(([id, message]) => this.#move(message, id));
    for (const id of this.#moving.keys()) if (id <= this.#read) this.#moving.delete(id);
    return moved.sort(([a], [b]) => a - b).map(([, message]) => message);
  }

  #move(message: Message, id: number): boolean {
    if (id <= this.#read) return message.moved('read');
    return id <= this.#delivered && message.moved('delivered');
  }
}
