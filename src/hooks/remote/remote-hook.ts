/**
 * One hook that an operator's endpoint answers over HTTP: a signed request of JSON, an answer of JSON. Each hook has connections and a
 * breaker of its own, so that one that hangs does not use up what the others need. What an answer means is read by who asks.
 */
import type { RemoteHookName } from '../../config/hook-settings.ts';
import {
  Endpoint,
  EndpointError,
  isAway,
  isSuccess,
  type EndpointAnswer,
  type EndpointOptions,
} from '../../endpoint/endpoint.ts';
import { freshMessageId, signedHeaders } from '../../endpoint/signature.ts';
import { replyDepth, valuesMax } from '../../protocol/params/limits.ts';
import type { Value } from '../../protocol/params/values.ts';
import { encodeJson, readJsonText } from '../../protocol/wire/json.ts';
import { Nonsense } from '../verdict.ts';
import { Breaker, type Went } from './breaker.ts';

/** There is no answer to be had now; the message completes "the hook NAME …". */
export class NoAnswer extends Error {
  readonly code: 'timeout' | 'unavailable';

  constructor(code: 'timeout' | 'unavailable', message: string) {
    super(message);
    this.code = code;
  }
}

/** Blank: no more than white space of JSON. */
const BLANK = /^[ \t\r\n]*$/;
/** Whatever of it is too much for what it is to become is told when it is read as that. */
const ANSWER = { depth: replyDepth, valuesMax: 2 * valuesMax };

export class RemoteHook {
  readonly #name: RemoteHookName;
  readonly #key: Uint8Array;
  readonly #endpoint: Endpoint;
  readonly #breaker = new Breaker();

  constructor(name: RemoteHookName, key: Uint8Array, options: EndpointOptions) {
    this.#name = name;
    this.#key = key;
    this.#endpoint = new Endpoint(options);
  }

  /** The endpoint has given no answer for a while, and is only tried now and then. */
  get isAway(): boolean {
    return this.#breaker.isOpen;
  }

  /** What the endpoint has said; undefined where that is nothing. Throws `NoAnswer`, or `Nonsense`. */
  async ask(argument: unknown): Promise<unknown> {
    // What hooks are told is made of values of the protocol; fields that are undefined are left out.
    const body = encodeJson({ type: this.#name, data: argument as Value });
    const { status, body: said } = await this.#exchange(body);
    if (!isSuccess(status)) throw noAnswerBy(status);
    return valueOf(said);
  }

  close(): void {
    this.#endpoint.close();
  }

  async #exchange(body: string): Promise<EndpointAnswer> {
    const end = this.#breaker.enter();
    if (end === undefined) throw new NoAnswer('unavailable', 'is not asked: there was no answer the last few times');
    let went: Went = 'answered';
    try {
      const headers = { 'content-type': 'application/json', ...signedHeaders(this.#key, freshMessageId(), body) };
      const answer = await this.#endpoint.post(body, headers);
      went = wentWith(answer.status);
      return answer;
    } catch (error) {
      if (!(error instanceof EndpointError)) {
        went = 'untold';
        throw error;
      }
      went = wentBy(error);
      throw thrownFor(error);
    } finally {
      end(went);
    }
  }
}

const wentWith = (status: number): Went => (isAway(status) ? 'failed' : 'answered');

const noAnswerBy = (status: number): NoAnswer => new NoAnswer('unavailable', `has no answer: it was HTTP ${status}`);

function wentBy({ reason, status = 0 }: EndpointError): Went {
  // That it is asked too often here, or not any more, is not its fault.
  if (reason === 'busy' || reason === 'aborted') return 'untold';
  return reason === 'tooLarge' ? wentWith(status) : 'failed';
}

function thrownFor({ reason, status = 0, message }: EndpointError): Error {
  if (reason === 'timeout') return new NoAnswer('timeout', 'took too long');
  if (reason === 'busy') return new NoAnswer('unavailable', `is not asked: ${message}`);
  // The page of a proxy, say, which is as long as it likes.
  if (reason === 'tooLarge' && !isSuccess(status)) return noAnswerBy(status);
  if (reason === 'tooLarge') return new Nonsense(`was answered with too much: ${message}`);
  return new NoAnswer('unavailable', `has no answer: ${message}`);
}

function valueOf(body: Buffer): unknown {
  if (BLANK.test(body.toString('latin1'))) return undefined;
  const read = readJsonText(body, ANSWER);
  if (typeof read === 'string') throw new Nonsense(`was answered with what is no JSON of the protocol: ${read}`);
  return read.value;
}
