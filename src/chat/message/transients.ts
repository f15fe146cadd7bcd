/**
 * Transient messages that say what their sender is doing (`event`: typing …), coalesced: the first goes at once; of those that the
 * same socket sends to the same room or user with the same `event` within a window behind it, the latest goes when the window
 * ends, which begins the next one. What waits is sent at once before any other message of that socket to that target, and when the
 * socket closes: it says how things stand (`stopped`), so it is neither overtaken nor lost while this node lives. One timer for all,
 * only while something waits; what has ended without that is cleared away by whoever comes next.
 */
import type { TransientCounters } from '../../ops/counters.ts';
import { Failure } from '../../protocol/errors/errors.ts';
import type { MessageOptions } from '../../protocol/message.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Caller } from '../caller.ts';
import { toldBy, type AnyOutcome } from '../outcome.ts';

/** A transient message on its way. */
export interface Passing<T extends AnyOutcome> {
  /** The topic of the room or user. */
  readonly target: string;
  readonly event: string;
  readonly bytes: number;
  send(): Promise<T>;
}

export interface TransientsOptions {
  readonly windowMs: number;
  /** Of all sockets together: beyond, messages are not coalesced. */
  readonly windowsMax: number;
  /** Of what waits. */
  readonly bytesMax: number;
}

interface Window {
  readonly socketId: string;
  readonly target: string;
  readonly event: string;
  endsAt: number;
  waiting: Passing<AnyOutcome> | undefined;
  /** Whether what went last was accepted, once it is known. */
  sending: Promise<boolean> | undefined;
}

const OPTIONS: TransientsOptions = { windowMs: 100, windowsMax: 10_000, bytesMax: 4 << 20 };
/** Longer ones are no names of anything. */
const EVENT_MAX = 128;

/**
 * What is coalesced by, of a message that may be: repeats of one with an id are known by what became of the first, and one that mentions
 * somebody is judged by itself.
 */
export function eventOf(
  message: ValueMap,
  options: Pick<MessageOptions, 'transient' | 'clientMessageId' | 'mentions' | 'mentionAll'> | undefined,
): string | undefined {
  const { event } = message;
  if (options?.transient !== true || (options.clientMessageId ?? '') !== '') return undefined;
  if (options.mentionAll === true || (options.mentions ?? []).length > 0) return undefined;
  return typeof event === 'string' && event.length <= EVENT_MAX ? event : undefined;
}

export class Transients {
  readonly #counters: TransientCounters;
  readonly #options: TransientsOptions;
  readonly #bySocket = new Map<string, Window[]>();
  /** By when they end: each lasts as long. */
  readonly #windows = new Set<Window>();
  #waitingCount = 0;
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(counters: TransientCounters, options: Partial<TransientsOptions> = {}) {
    this.#counters = counters;
    this.#options = { ...OPTIONS, ...options };
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waitingCount;
  }

  /** Sends a message now, or keeps it until its window ends: then there is nothing to tell, and undefined is the outcome. */
  pass<T extends AnyOutcome>(socket: Pick<Caller, 'socketId' | 'open'>, passing: Passing<T>): Promise<T | undefined> {
    const now = performance.now();
    this.#turn(now);
    const { target, event, bytes } = passing;
    const own = this.#bySocket.get(socket.socketId);
    // It is not overtaken by what says something else: that somebody has stopped comes behind that it writes.
    for (const other of own ?? []) if (other.target === target && other.event !== event) this.#send(other, now);
    const window = own?.find((one) => one.event === event && one.target === target);
    if (window === undefined) {
      // Who is gone sends no more, and what it sent last is not kept for it.
      const isOpened = socket.open && this.#windows.size < this.#options.windowsMax;
      return isOpened ? this.#open(socket.socketId, own, passing, now) : passing.send();
    }
    this.#drop(window);
    if (this.#waitingBytes + bytes > this.#options.bytesMax) return passing.send();
    window.waiting = passing;
    this.#waitingCount++;
    this.#waitingBytes += bytes;
    this.#arm(now);
    return this.#answer(window, passing);
  }

  /** What waits for a target goes now. Resolves when that, and what was under way, is there; undefined where nothing was. */
  flush(socketId: string, target: string): Promise<unknown> | undefined {
    const own = this.#bySocket.get(socketId);
    if (own === undefined) return undefined;
    return this.#flushAll(own.filter((window) => window.target === target));
  }

  /** The same of all that a socket has sent, and nothing of it is kept. */
  closed(socketId: string): Promise<unknown> | undefined {
    const own = this.#bySocket.get(socketId);
    if (own === undefined) return undefined;
    const flushed = this.#flushAll(own);
    for (const window of own.slice()) this.#close(window);
    return flushed;
  }

  #flushAll(windows: readonly Window[]): Promise<unknown> | undefined {
    const now = performance.now();
    for (const window of windows) if (window.waiting !== undefined) this.#send(window, now);
    const sending = windows.flatMap((window) => window.sending ?? []);
    return sending.length === 0 ? undefined : Promise.all(sending);
  }

  #open<T extends AnyOutcome>(
    socketId: string,
    own: Window[] | undefined,
    passing: Passing<T>,
    now: number,
  ): Promise<T> {
    const { target, event } = passing;
    const endsAt = now + this.#options.windowMs;
    const window: Window = { socketId, target, event, endsAt, waiting: undefined, sending: undefined };
    if (own === undefined) this.#bySocket.set(socketId, [window]);
    else own.push(window);
    this.#windows.add(window);
    const sent = passing.send();
    this.#await(window, sent);
    return sent;
  }

  /** The window of a message that was refused is over: those behind it are judged by themselves. */
  #await(window: Window, sent: Promise<AnyOutcome>): void {
    const sending = sent
      .then(
        (outcome) => !(toldBy(outcome) instanceof Failure),
        () => false,
      )
      .then((isAccepted) => {
        if (window.sending === sending) window.sending = undefined;
        if (!isAccepted) {
          this.#forget(window);
          this.#close(window);
        }
        return isAccepted;
      });
    window.sending = sending;
  }

  async #answer<T extends AnyOutcome>(window: Window, passing: Passing<T>): Promise<T | undefined> {
    if (window.sending === undefined || (await window.sending)) return undefined;
    return passing.send();
  }

  #send(window: Window, now: number): void {
    const { waiting } = window;
    if (waiting === undefined) return;
    this.#forget(window);
    window.endsAt = now + this.#options.windowMs;
    // The last of all now.
    if (this.#windows.delete(window)) this.#windows.add(window);
    const sent = waiting.send();
    this.#await(window, sent);
    void window.sending?.then((isAccepted) => {
      if (!isAccepted) this.#counters.transientsRefused++;
    });
  }

  /** A later one is there. */
  #drop(window: Window): void {
    if (window.waiting === undefined) return;
    this.#forget(window);
    this.#counters.transientsCoalesced++;
  }

  #forget(window: Window): void {
    if (window.waiting === undefined) return;
    this.#waitingCount--;
    this.#waitingBytes -= window.waiting.bytes;
    window.waiting = undefined;
    if (this.#waitingCount > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #close(window: Window): void {
    this.#windows.delete(window);
    const own = this.#bySocket.get(window.socketId) ?? [];
    const left = own.filter((one) => one !== window);
    if (left.length === 0) this.#bySocket.delete(window.socketId);
    else if (left.length < own.length) this.#bySocket.set(window.socketId, left);
  }

  /** Ends the windows whose time is over. */
  #turn(now: number): void {
    for (const window of this.#windows) {
      if (window.endsAt > now) return;
      if (window.waiting === undefined && window.sending === undefined) this.#close(window);
      else if (window.sending === undefined) this.#send(window, now);
      else {
        // One at a time: where Redis is slow, the latest waits for longer.
        this.#windows.delete(window);
        window.endsAt = now + this.#options.windowMs;
        this.#windows.add(window);
      }
    }
  }

  #arm(now: number): void {
    const [next] = this.#windows;
    if (this.#timer !== undefined || this.#waitingCount === 0 || next === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        const at = performance.now();
        this.#turn(at);
        this.#arm(at);
      },
      Math.max(1, Math.ceil(next.endsAt - now)),
    );
  }
}
