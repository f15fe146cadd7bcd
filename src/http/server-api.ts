/**
 * The server API over HTTP: `POST /api/v1/<method>` with the operator's key. Reads the body in bounded memory, and tells
 * the outcome as a status and a body of the same format. What requests do is left to service/.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { API_REQUESTS_MAX, badRequest, type ServerApi } from '../service/server-api.ts';
import { bearerOf } from '../outside/text.ts';
import { contentTypes, decodeBody, encodeBody, formatOf } from '../protocol/wire/body.ts';
import type { Format } from '../protocol/wire/codec.ts';
import { fail, Failure, toErrorValue, unavailable } from '../protocol/errors/errors.ts';
import { valuesMax, type Limits } from '../protocol/params/limits.ts';
import { isApiRequestName } from '../protocol/service/catalogue.ts';
import { statusCode } from '../protocol/service/http.ts';
import { asMap, isMap, type Value, type ValueMap } from '../protocol/params/values.ts';
import type { Exchange } from './exchange.ts';

export interface ServerApiDeps {
  readonly key: string;
  readonly api: Pick<ServerApi, 'call'>;
  readonly limits: Pick<Limits, 'frameBytes' | 'depth'>;
  /** Gives a reference for the caller. */
  onDefect(error: unknown, method: string): string;
  /** Somebody came without the key. */
  onKeyRefused(address: string, reason: 'missing' | 'wrong'): void;
}

/** A body may be as large as that many frames, and hold as many times the values: it carries lists of names. */
const FRAMES_PER_BODY = 16;
/** Maps around the params. */
const DEPTH_AROUND = 2;

/** Without a key there is no API, nor anything that tells so. */
export class ServerApiRoute {
  readonly #deps: ServerApiDeps;
  readonly #key: Buffer;
  readonly #bytesMax: number;
  /** Requests that are being read or answered. */
  #open = 0;
  #isLeaving = false;
  readonly #whenAnswered: (() => void)[] = [];

  constructor(deps: ServerApiDeps) {
    this.#deps = deps;
    this.#key = digest(deps.key);
    this.#bytesMax = deps.limits.frameBytes * FRAMES_PER_BODY;
  }

  /** Nothing of a body is read before the key is seen. */
  take(exchange: Exchange, method: string): void {
    const contentType = exchange.header('content-type');
    const format = contentType === '' ? 'json' : formatOf(contentType);
    const answering = new Answering(exchange, format ?? 'json');
    if (exchange.method !== 'POST') {
      return answering.refuse(405, badRequest('Only POST is allowed.'), { allow: 'POST' });
    }
    const key = bearerOf(exchange.header('authorization'));
    if (!this.#isKey(key)) {
      this.#deps.onKeyRefused(exchange.peer, key === undefined ? 'missing' : 'wrong');
      return answering.refuse(401, NOT_AUTHORIZED, { 'www-authenticate': 'Bearer' });
    }
    if (format === undefined) {
      const expected = Object.values(contentTypes).join(' or ');
      return answering.refuse(415, badRequest(`The content-type must be ${expected}.`));
    }
    if (this.#isLeaving || this.#open >= API_REQUESTS_MAX) return answering.give(unavailable());
    this.#open++;
    this.#outcome(exchange, method, format, answering)
      .catch((error: unknown) => {
        const reference = this.#deps.onDefect(error, isApiRequestName(method) ? method : 'unknown');
        answering.refuse(500, fail('internalError', [reference]));
      })
      .finally(() => {
        this.#open--;
        if (this.#open > 0) return;
        for (const answered of this.#whenAnswered.splice(0)) answered();
      });
  }

  /** Takes no more, and resolves when none is under way. */
  answered(): Promise<void> {
    this.#isLeaving = true;
    if (this.#open === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenAnswered.push(resolve));
  }

  async #outcome(exchange: Exchange, method: string, format: Format, answering: Answering): Promise<void> {
    const bytes = await exchange.body(this.#bytesMax);
    if (bytes === undefined) return;
    if (bytes === 'tooLarge') return answering.refuse(413, badRequest('The body is too large.'));
    answering.give(await this.#run(method, format, bytes));
  }

  async #run(method: string, format: Format, bytes: Buffer): Promise<Value | Failure> {
    if (bytes.length === 0) return await this.#deps.api.call(method, undefined, undefined);
    const { depth } = this.#deps.limits;
    const body = decodeBody(format, bytes, { depth: depth + DEPTH_AROUND, valuesMax: valuesMax * FRAMES_PER_BODY });
    if (typeof body === 'string') return badRequest(`The body is malformed: ${body}.`);
    const given = asMap(body.value);
    if (!isMap(given)) return badRequest('The body is no map.');
    const { params, as, ...others } = given;
    if (Object.keys(others).length > 0) return badRequest('The body may hold `params` and `as`, and nothing else.');
    return await this.#deps.api.call(method, params, as);
  }

  /** Takes the same time for any wrong key. */
  #isKey(given: string | undefined): boolean {
    return timingSafeEqual(digest(given ?? ''), this.#key);
  }
}

/** The outcome of one request in its format. */
class Answering {
  readonly #exchange: Exchange;
  readonly #format: Format;

  constructor(exchange: Exchange, format: Format) {
    this.#exchange = exchange;
    this.#format = format;
  }

  give(outcome: Value | Failure): void {
    if (outcome instanceof Failure) this.refuse(statusCode(outcome.code, outcome.own?.temporary), outcome);
    else this.#end(200, { result: outcome }, {});
  }

  refuse(status: number, failure: Failure, headers: OutgoingHttpHeaders = {}): void {
    const { retryAfterMs } = failure;
    const wait = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
    this.#end(status, { error: toErrorValue(failure) }, { ...headers, ...wait });
  }

  #end(status: number, body: ValueMap, headers: OutgoingHttpHeaders): void {
    const own = { 'content-type': contentTypes[this.#format], 'cache-control': 'no-store' };
    this.#exchange.answer(status, { ...own, ...headers }, encodeBody(this.#format, body));
  }
}

const NOT_AUTHORIZED = new Failure('notAllowed', [], undefined, { message: 'The key is missing or wrong.' });

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
