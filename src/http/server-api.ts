/**
 * The server API over HTTP: `POST /api/v1/<method>` with the operator's key. Reads the body in bounded memory, and tells
 * the outcome as a status and a body of the same format. What requests do is left to chat/server/.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { API_REQUESTS_MAX, badRequest, type ServerApi } from '../chat/server/server-api.ts';
import { contentTypes, decodeBody, encodeBody, formatOf } from '../protocol/body.ts';
import type { Format } from '../protocol/codec.ts';
import { fail, Failure, toErrorValue, unavailable } from '../protocol/errors.ts';
import { valuesMax, type Limits } from '../protocol/limits.ts';
import { API_PATH, statusOf } from '../protocol/server/http.ts';
import { isMap, type Value, type ValueMap } from '../protocol/values.ts';

export interface ServerApiRoutes {
  readonly key: string;
  readonly api: Pick<ServerApi, 'call'>;
  readonly limits: Pick<Limits, 'frameBytes' | 'depth'>;
  onError(error: unknown): void;
}

/** A body may be as large as that many frames, and hold as many times the values: it carries lists of names. */
const FRAMES_PER_BODY = 16;
/** Maps around the params. */
const DEPTH_AROUND = 2;

/** Without a key there is no API, nor anything that tells so. */
export function addServerApi(app: TemplatedApp, routes: ServerApiRoutes): void {
  const exchanges = new Exchanges(routes);
  app.post(`${API_PATH}/:method`, (res, req) => exchanges.begin(res, req));
  app.any(`${API_PATH}/:method`, (res) => {
    new Answering(res, 'json').refuse('405 Method Not Allowed', badRequest('Only POST is allowed.'), ['allow', 'POST']);
  });
}

class Exchanges {
  readonly #routes: ServerApiRoutes;
  readonly #key: Buffer;
  readonly #bytesMax: number;
  /** Requests that are being read or answered. */
  #open = 0;

  constructor(routes: ServerApiRoutes) {
    this.#routes = routes;
    this.#key = digest(routes.key);
    this.#bytesMax = routes.limits.frameBytes * FRAMES_PER_BODY;
  }

  /** Everything of `req` is read before this returns: it is gone then. */
  begin(res: HttpResponse, req: HttpRequest): void {
    const method = req.getParameter(0) ?? '';
    const contentType = req.getHeader('content-type');
    const format = contentType === '' ? 'json' : formatOf(contentType);
    const answering = new Answering(res, format ?? 'json');
    if (!this.#isKey(req.getHeader('authorization'))) {
      return answering.refuse('401 Unauthorized', NOT_AUTHORIZED, ['www-authenticate', 'Bearer']);
    }
    if (format === undefined) {
      const expected = Object.values(contentTypes).join(' or ');
      return answering.refuse('415 Unsupported Media Type', badRequest(`The content-type must be ${expected}.`));
    }
    if (Number(req.getHeader('content-length')) > this.#bytesMax) return answering.refuse(TOO_LARGE, tooLarge());
    if (this.#open >= API_REQUESTS_MAX) return answering.give(unavailable());
    this.#open++;
    this.#read(res, answering)
      .then((bytes) => (bytes === undefined ? undefined : this.#run(method, format, bytes)))
      .then((outcome) => {
        if (outcome !== undefined) answering.give(outcome);
      })
      .catch((error: unknown) => {
        this.#routes.onError(error);
        answering.refuse('500 Internal Server Error', fail('internalError', ['']));
      })
      .finally(() => this.#open--);
  }

  /** The whole body; undefined where it is refused, or the client gone. */
  #read(res: HttpResponse, answering: Answering): Promise<Buffer | undefined> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    return new Promise((resolve) => {
      answering.onAborted = () => resolve(undefined);
      res.onData((chunk, isLast) => {
        bytes += chunk.byteLength;
        if (bytes > this.#bytesMax) {
          answering.refuse(TOO_LARGE, tooLarge());
          chunks.length = 0;
          return resolve(undefined);
        }
        // The library takes its memory back after this call.
        chunks.push(Buffer.from(new Uint8Array(chunk)));
        if (isLast) resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
      });
    });
  }

  async #run(method: string, format: Format, bytes: Buffer): Promise<Value | Failure> {
    if (bytes.length === 0) return await this.#routes.api.call(method, undefined, undefined);
    const { depth } = this.#routes.limits;
    const body = decodeBody(format, bytes, { depth: depth + DEPTH_AROUND, valuesMax: valuesMax * FRAMES_PER_BODY });
    if (typeof body === 'string') return badRequest(`The body is malformed: ${body}.`);
    if (!isMap(body.value)) return badRequest('The body is no map.');
    const { params, as, ...others } = body.value;
    if (Object.keys(others).length > 0) return badRequest('The body may hold `params` and `as`, and nothing else.');
    return await this.#routes.api.call(method, params, as);
  }

  /** Takes the same time for any wrong key. */
  #isKey(authorization: string): boolean {
    const [, given = ''] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    return timingSafeEqual(digest(given), this.#key);
  }
}

/** One response: given once, and not at all to who is gone. */
class Answering {
  readonly #res: HttpResponse;
  readonly #format: Format;
  #open = true;
  onAborted: (() => void) | undefined = undefined;

  constructor(res: HttpResponse, format: Format) {
    this.#res = res;
    this.#format = format;
    res.onAborted(() => {
      this.#open = false;
      this.onAborted?.();
    });
  }

  give(outcome: Value | Failure): void {
    if (outcome instanceof Failure) this.refuse(statusOf(outcome), outcome);
    else this.#end('200 OK', { result: outcome }, []);
  }

  refuse(status: string, failure: Failure, ...headers: readonly Header[]): void {
    const { retryAfterMs } = failure;
    const wait: Header[] = retryAfterMs === undefined ? [] : [['retry-after', String(Math.ceil(retryAfterMs / 1000))]];
    this.#end(status, { error: toErrorValue(failure) }, [...headers, ...wait]);
  }

  #end(status: string, body: ValueMap, headers: readonly Header[]): void {
    if (!this.#open) return;
    const bytes = encodeBody(this.#format, body);
    this.#open = false;
    this.#res.cork(() => {
      this.#res.writeStatus(status).writeHeader('content-type', contentTypes[this.#format]);
      for (const [name, value] of headers) this.#res.writeHeader(name, value);
      this.#res.writeHeader('cache-control', 'no-store').end(bytes);
    });
  }
}

type Header = readonly [name: string, value: string];

const TOO_LARGE = '413 Payload Too Large';
const tooLarge = (): Failure => badRequest('The body is too large.');
const NOT_AUTHORIZED = new Failure('notAllowed', [], undefined, { message: 'The key is missing or wrong.' });

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
