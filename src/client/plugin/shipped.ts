/** The plugins that the library has itself, thin over what rooms and conversations do anyway. */
import type { Plugin } from './plugin.ts';

/** What they need of a room or a conversation. */
interface Place {
  readonly unread: number;
  readonly typists: ReadonlySet<string>;
  typing(isTyping?: boolean): void;
  read(): void;
  on(event: 'message', listener: () => void): unknown;
  off(event: 'message', listener: () => void): unknown;
}

/** As the `typing` plugin gives it: `room.typingIndicator`. */
export class TypingIndicator {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Others who are typing. */
  get typists(): ReadonlySet<string> {
    return this.#place.typists;
  }

  /** To be called with each key: it ends by itself a second after the last call, and with a message. */
  startTyping(): void {
    this.#place.typing(true);
  }

  stopTyping(): void {
    this.#place.typing(false);
  }
}

/** As the `unread` plugin gives it: `room.unreadMessages`. */
export class UnreadMessages {
  readonly #place: Place;
  readonly #read = (): void => this.#place.read();
  #isActive = false;

  constructor(place: Place) {
    this.#place = place;
  }

  get count(): number {
    return this.#place.unread;
  }

  /** Its user is looking: what is there is read, and what comes, too. */
  get isActive(): boolean {
    return this.#isActive;
  }

  active(): void {
    if (this.#isActive) return;
    this.#isActive = true;
    this.#place.on('message', this.#read);
    this.#read();
  }

  inactive(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#place.off('message', this.#read);
  }
}

export const typing = {
  name: 'typingIndicator',
  extends: { Room: TypingIndicator, Direct: TypingIndicator },
} as const satisfies Plugin;

export const unread = {
  name: 'unreadMessages',
  extends: { Room: UnreadMessages, Direct: UnreadMessages },
} as const satisfies Plugin;
