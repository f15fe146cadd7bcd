/** Who is typing in a conversation, on both sides. What travels is left to `typing.ts`. */
import type { Core } from '../core.ts';
import { sendTyping } from '../send-typing.ts';
import { OwnTyping, Typists, type TypingChange } from '../typing.ts';

export class DirectTyping {
  readonly #core: Core;
  /** The conversation, as plugins know it. */
  readonly #direct: { readonly userName: string };
  readonly #own: OwnTyping;
  readonly #typists: Typists;

  /** `tell` is called when the other one begins or stops. */
  constructor(core: Core, direct: { readonly userName: string }, tell: (change: TypingChange) => void) {
    this.#core = core;
    this.#direct = direct;
    this.#own = new OwnTyping((isTyping) => this.#send(isTyping));
    this.#typists = new Typists(tell);
  }

  get typists(): ReadonlySet<string> {
    return this.#typists.names;
  }

  set(isTyping: boolean): void {
    this.#own.set(isTyping);
  }

  heard(isTyping: boolean): void {
    const { userName } = this.#direct;
    this.#core.plugins.receive(this.#direct, 'typing', { userName, isTyping }, (change) => {
      this.#typists.heard(userName, change.isTyping);
    });
  }

  /** What was typed has come. */
  ended(): void {
    this.#typists.heard(this.#direct.userName, false);
  }

  /** The connection is gone. */
  lost(): void {
    this.#own.lost();
    this.#typists.clear();
  }

  #send(isTyping: boolean): void {
    const { userName } = this.#direct;
    // Who may not write hears that of a message.
    sendTyping(this.#core, this.#direct, isTyping, (link, message) => {
      link.call('directMessage', { userName, message, options: { transient: true } }, () => undefined);
    });
  }
}
