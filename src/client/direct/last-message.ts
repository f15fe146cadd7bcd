/** Which message of a conversation is the last: what is being sent, else the newest that the service has. */
import type { Message } from '../message/message.ts';

export class LastMessage {
  #stored: Message | undefined;
  #sending: Message | undefined;

  get message(): Message | undefined {
    return this.#sending ?? this.#stored;
  }

  begin(message: Message): void {
    this.#sending = message;
  }

  /** It is not being sent any more. */
  ended(message: Message): void {
    if (this.#sending === message) this.#sending = undefined;
    if (message.status !== 'failed') this.stored(message);
  }

  /** Of a log that is no more. */
  forget(): void {
    this.#stored = undefined;
  }

  stored(message: Message): void {
    const { id } = message;
    if (id !== undefined && id > (this.#stored?.id ?? 0)) this.#stored = message;
  }
}
