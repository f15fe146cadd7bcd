/**
 * Requests of an application, over whatever link there is: each once, but those that read. Identical ones of these share one
 * answer, and a loss before it is made good on the next link. What one connection does with them is the link's.
 */
import type { Input, RequestName, Result } from '../../protocol/catalogue.ts';
import type { Limits } from '../../protocol/params/limits.ts';
import { createCodec } from '../../protocol/wire/codec.ts';
import { encodeRequest } from '../encoding/encoding.ts';
import { requests } from '../manifest.ts';
import { localError, type Outcome, type RequestError } from '../request-error.ts';
import { timerMs } from './backoff.ts';
import { deferred, type Deferred } from './deferred.ts';
import type { Link } from './link.ts';

interface Read<N extends RequestName = RequestName> {
  readonly name: N;
  readonly input: Input<N>;
  readonly waiter: Deferred<Result<N>>;
  /** By `performance.now()`: later it is given up. */
  readonly dueMs: number;
  /** Lost before the answer: it fails so, unless there is another link in time. */
  lost?: ReturnType<typeof setTimeout>;
}

const codec = createCodec('json');

/** Two requests are the same if they would be the same text. Undefined for what cannot be sent at all: the link says why. */
export function keyOf<N extends RequestName>(name: N, input: Input<N>, limits: Limits): string | undefined {
  const encoded = encodeRequest(codec, 0, name, input, limits);
  return encoded.ok && typeof encoded.value === 'string' ? encoded.value : undefined;
}

export class Requests {
  readonly #timeoutMs: number;
  /** An answer was good; before who asked hears of it. */
  readonly #answered: <N extends RequestName>(name: N, input: Input<N>, result: Result<N>) => void;
  readonly #reads = new Map<string, Read>();
  #link: Link | undefined;
  #links = 0;

  constructor(
    timeoutMs: number,
    answered: <N extends RequestName>(name: N, input: Input<N>, result: Result<N>) => void,
  ) {
    this.#timeoutMs = timeoutMs;
    this.#answered = answered;
  }

  /** Rejects at once with `unavailable` where there is no link. */
  request<N extends RequestName>(name: N, input: Input<N>): Promise<Result<N>> {
    const link = this.#link;
    if (link === undefined) return Promise.reject(localError('unavailable', 'Not connected.'));
    const isRead = Object.hasOwn(requests, name) && requests[name]?.reads === true;
    const text = isRead ? keyOf(name, input, link.limits) : undefined;
    if (text === undefined) return this.#once(link, name, input);
    // What may have been changed meanwhile is asked for again, so that who reads after writing reads what was written.
    const key = `${this.#links} ${link.writes} ${text}`;
    // What has the same key was asked by the same name.
    const known = this.#reads.get(key) as Read<N> | undefined;
    if (known !== undefined) return known.waiter.promise;
    const read: Read<N> = { name, input, waiter: deferred(), dueMs: performance.now() + this.#timeoutMs };
    // The map forgets of which request each is.
    this.#reads.set(key, read as unknown as Read);
    this.#ask(link, key, read);
    return read.waiter.promise;
  }

  connected(link: Link): void {
    this.#link = link;
    this.#links += 1;
    for (const [key, read] of this.#reads) {
      clearTimeout(read.lost);
      this.#ask(link, key, read);
    }
  }

  /** What was asked on the link is settled by it. */
  disconnected(): void {
    this.#link = undefined;
  }

  closed(error: RequestError): void {
    for (const { waiter, lost } of this.#reads.values()) {
      clearTimeout(lost);
      waiter.reject(error);
    }
    this.#reads.clear();
  }

  #once<N extends RequestName>(link: Link, name: N, input: Input<N>): Promise<Result<N>> {
    const { promise, resolve, reject } = deferred<Result<N>>();
    link.call(name, input, (outcome) => {
      if (!outcome.ok) return reject(outcome.error);
      this.#answered(name, input, outcome.value);
      resolve(outcome.value);
    });
    return promise;
  }

  #ask<N extends RequestName>(link: Link, key: string, read: Read<N>): void {
    const settle = (outcome: Outcome<Result<N>>): void => {
      if (!this.#reads.has(key)) return;
      if (!outcome.ok && link.hasEnded) return this.#lost(key, read, outcome.error);
      this.#reads.delete(key);
      if (!outcome.ok) return read.waiter.reject(outcome.error);
      this.#answered(read.name, read.input, outcome.value);
      read.waiter.resolve(outcome.value);
    };
    link.call(read.name, read.input, settle, Math.max(1, read.dueMs - performance.now()));
  }

  #lost<N extends RequestName>(key: string, read: Read<N>, error: RequestError): void {
    const late = (): void => {
      this.#reads.delete(key);
      read.waiter.reject(error);
    };
    read.lost = setTimeout(late, timerMs(read.dueMs - performance.now()));
  }
}
