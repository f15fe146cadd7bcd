/** What is said and not known to be sent yet: what is refused is told, and what is lost at the end. */
import type { Client, Message } from '../../client/index.ts';
import { wordsFor } from '../words.ts';
import type { Conversation } from './conversation.ts';
import { quoted, textOf } from './said.ts';

/** Messages that are lost at the end, told one by one. */
const lostMax = 20;

export interface SendingDeps {
  readonly client: Client;
  readonly tell: (sentence: string) => void;
  readonly complain: (sentence: string) => void;
}

export class Sending {
  readonly #deps: SendingDeps;
  readonly #unsent = new Set<Message>();
  #stopped = false;

  constructor(deps: SendingDeps) {
    this.#deps = deps;
  }

  get unsent(): readonly Message[] {
    return [...this.#unsent];
  }

  /** Resolves when it is sent, or it is told why not. */
  async say(text: string, to: Conversation, replyTo?: number): Promise<void> {
    const { client, tell, complain } = this.#deps;
    const message = to.send(text, replyTo);
    this.#unsent.add(message);
    if (client.state !== 'connected') tell(`Kept until the connection is back: ${quoted(text)}`);
    try {
      await message.done;
      // What was said in a room comes back from there; to a user, only the user's other devices hear it.
      if (!to.isRoom) to.take(message);
    } catch (error) {
      if (!this.#stopped) complain(`Not sent: ${quoted(text)} ${wordsFor(error, to.name)}`);
    } finally {
      this.#unsent.delete(message);
    }
  }

  /** What is lost now is told, and nothing else any more. Gives how many messages that is. */
  stop(): number {
    const { complain } = this.#deps;
    this.#stopped = true;
    const lost = this.unsent.map((message) => quoted(textOf(message) ?? ''));
    for (const text of lost.slice(0, lostMax)) complain(`Not sent, for lack of a connection: ${text}`);
    if (lost.length > lostMax) complain(`Nor were ${lost.length - lostMax} others.`);
    return lost.length;
  }
}
