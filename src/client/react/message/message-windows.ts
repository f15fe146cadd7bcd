/**
 * The windows on one conversation: one for each limit that components ask for, there for as long as one of them looks, and a
 * moment longer. So a component that asks for another limit keeps the window that it had.
 */
import type { Message } from '../../message/message.ts';
import { isUnsent, MessageWindow } from './message-window.ts';
import type { Source, TalkSource } from '../sources.ts';

interface Open {
  readonly window: MessageWindow;
  limit: number;
  /** Components that look at it. */
  lookers: number;
  readonly release: () => void;
}

export class MessageWindows {
  readonly #talk: TalkSource<Message>;
  readonly #client: Source;
  readonly #byLimit = new Map<number, Open>();
  /** What each component has looked at last. */
  readonly #last = new WeakMap<object, Open>();
  /** Sent before anybody looked, or of windows that are gone: nowhere else is it told of. It is as many as the user sends. */
  #unsent: readonly Message[] = [];

  constructor(talk: TalkSource<Message>, client: Source) {
    this.#talk = talk;
    this.#client = client;
  }

  /** What a component is to show that asks for this limit; undefined before anybody has looked. */
  at(limit: number, component: object): MessageWindow | undefined {
    return this.#byLimit.get(limit)?.window ?? this.of(component);
  }

  /** What a component looks at. */
  of(component: object): MessageWindow | undefined {
    const last = this.#last.get(component);
    return last !== undefined && this.#isThere(last) ? last.window : undefined;
  }

  look(limit: number, component: object, onChange: () => void): () => void {
    const open = this.#byLimit.get(limit) ?? this.#resized(limit, component) ?? this.#fresh(limit, component);
    open.lookers += 1;
    this.#last.set(component, open);
    const stop = open.window.snapshots.subscribe(onChange);
    return () => {
      stop();
      open.lookers -= 1;
      // In a moment: it may be looked at again in the same step, with another limit.
      if (open.lookers === 0) void Promise.resolve().then(() => this.#free(open));
    };
  }

  /** It is shown at once, wherever the conversation is. */
  send(content: Readonly<Record<string, unknown>>, options?: object): Message {
    const message = this.#talk.send(content, options);
    // Who looks next has not seen it being sent.
    if (this.#byLimit.size === 0) this.#unsent = [...this.#unsent.filter(isUnsent), message];
    for (const { window } of this.#byLimit.values()) window.show(message);
    return message;
  }

  /** Takes one that was not sent out of what is shown. */
  discard(message: Message): void {
    if (message.id !== undefined || message.status !== 'failed') return;
    this.#unsent = this.#unsent.filter((other) => other !== message);
    for (const { window } of this.#byLimit.values()) window.discard(message);
  }

  #isThere(open: Open): boolean {
    return this.#byLimit.get(open.limit) === open;
  }

  /** The one that the component had, where nobody else looks at that. */
  #resized(limit: number, component: object): Open | undefined {
    const last = this.#last.get(component);
    if (last === undefined || last.lookers > 0 || !this.#isThere(last)) return undefined;
    this.#byLimit.delete(last.limit);
    last.limit = limit;
    this.#byLimit.set(limit, last);
    last.window.resize(limit);
    return last;
  }

  #fresh(limit: number, component: object): Open {
    const window = new MessageWindow(this.#talk, this.#client, limit, this.#allUnsent());
    const last = this.of(component);
    if (last !== undefined) window.begin(last);
    const release = window.snapshots.subscribe(() => undefined);
    const open: Open = { window, limit, lookers: 0, release };
    this.#byLimit.set(limit, open);
    return open;
  }

  #free(open: Open): void {
    if (open.lookers > 0 || !this.#isThere(open)) return;
    this.#unsent = this.#allUnsent();
    this.#byLimit.delete(open.limit);
    open.release();
  }

  #allUnsent(): readonly Message[] {
    const shown = Array.from(this.#byLimit.values(), ({ window }) => window.unsent);
    return [...new Set([...this.#unsent, ...shown.flat()])].filter(isUnsent);
  }
}
