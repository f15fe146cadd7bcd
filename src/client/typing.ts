/**
 * Who is typing, in a room or a direct conversation: what of it is sent, and what is believed of others. It travels as a
 * transient message with the event `$typing`, which is no message to the application.
 */
import type { ValueMap } from '../protocol/params/values.ts';

const typingEvent = '$typing';
/** Without another call who types has stopped. */
const stopAfterMs = 1_000;
/** Who goes on says so that often. */
const repeatMs = 1_000;
/** Somebody who says nothing more has gone, or two of its notices were dropped. */
const expiryMs = 3_500;
/** Of who types at once in one place; more than that nobody can read. */
const typistsMax = 100;

export interface TypingChange {
  readonly userName: string;
  readonly isTyping: boolean;
}

export function typingContent(isTyping: boolean): ValueMap {
  return { event: typingEvent, isTyping };
}

/** Undefined for what is an ordinary message. */
export function typingIn({ event, isTyping, id }: ValueMap): boolean | undefined {
  return event === typingEvent && id === undefined ? isTyping === true : undefined;
}

/** One's own typing in one place: a notice at the beginning, once a second while it goes on, and at the end. */
export class OwnTyping {
  readonly #send: (isTyping: boolean) => void;
  /** The user is typing, as far as the application has said. */
  #isTyping = false;
  /** The others have been told so. */
  #isTold = false;
  #toldMs = -Infinity;
  #stop: ReturnType<typeof setTimeout> | undefined;
  #next: ReturnType<typeof setTimeout> | undefined;

  /** `send` sends a notice now, or not at all: later it would not be true any more. */
  constructor(send: (isTyping: boolean) => void) {
    this.#send = send;
  }

  set(isTyping: boolean): void {
    clearTimeout(this.#stop);
    this.#isTyping = isTyping;
    if (!isTyping) return this.#ended();
    this.#stop = setTimeout(() => this.set(false), stopAfterMs);
    this.#tell();
  }

  /** What was told is not known any more to anybody: the connection is gone. */
  lost(): void {
    clearTimeout(this.#stop);
    clearTimeout(this.#next);
    this.#next = undefined;
    this.#isTyping = this.#isTold = false;
  }

  /** Who goes on says so with its next call; who begins again has to wait until the last notice is old enough. */
  #tell(): void {
    const waitMs = this.#toldMs + repeatMs - performance.now();
    if (waitMs <= 0) return this.#started();
    if (this.#isTold || this.#next !== undefined) return;
    this.#next = setTimeout(() => {
      this.#next = undefined;
      if (this.#isTyping) this.#started();
    }, waitMs);
  }

  #started(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
    this.#isTold = true;
    this.#toldMs = performance.now();
    this.#send(true);
  }

  #ended(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#send(false);
  }
}

/** Others who are typing in one place. Who vanishes does not type for ever. */
export class Typists {
  readonly #tell: (change: TypingChange) => void;
  /** When each is no longer believed, the next first. */
  readonly #until = new Map<string, number>();
  readonly #names = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `tell` is called when the names have changed. */
  constructor(tell: (change: TypingChange) => void) {
    this.#tell = tell;
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  heard(userName: string, isTyping: boolean): void {
    if (!isTyping) return this.#end(userName);
    const isNew = !this.#until.has(userName);
    if (isNew && this.#until.size >= typistsMax) return;
    this.#until.delete(userName);
    this.#until.set(userName, performance.now() + expiryMs);
    this.#names.add(userName);
    this.#watch();
    if (isNew) this.#tell({ userName, isTyping: true });
  }

  /** Nothing is known of anybody any more. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const userName of this.#names) this.#end(userName);
  }

  #end(userName: string): void {
    if (!this.#until.delete(userName)) return;
    this.#names.delete(userName);
    this.#tell({ userName, isTyping: false });
  }

  #watch(): void {
    const [first] = this.#until.values();
    if (this.#timer !== undefined || first === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        const nowMs = performance.now();
        for (const [userName, untilMs] of this.#until) if (untilMs <= nowMs) this.#end(userName);
        this.#watch();
      },
      Math.max(0, first - performance.now()),
    );
  }
}
