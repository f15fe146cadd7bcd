/**
 * An HTTP client of one address, which the operator has configured: requests go there and nowhere else. Redirects are answers like
 * any other, a name is looked up for each connection and only an address that may be connected to is, and time, answers, connections
 * and requests that wait for one are bounded. What is sent, and whether it is sent again, is left to who asks.
 */
import { lookup as lookUpName, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Slots } from './slots.ts';
import { isPublicAddress } from '../outside/public-address.ts';

export interface EndpointOptions {
  /** `http:` or `https:`. A user name and password in it are sent as HTTP's basic authentication. */
  readonly url: string;
  /** Connects to private, loopback and other special addresses too. */
  readonly allowPrivate: boolean;
  /** From when a request has its turn to the last byte of its answer. It waits for its turn for half of that at most. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  /** Requests under way, and so connections, at most. 16 times as many may wait. */
  readonly concurrency: number;
}

export interface EndpointAnswer {
  readonly status: number;
  /** By names in small letters; what came several times is joined as HTTP says. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * `forbidden`: all addresses of the host are private. `unreachable`: no connection, or it ended. `timeout`: no whole answer in time.
 * `tooLarge`: the answer is. `busy`: too many wait, or for too long: nothing was sent. `aborted`: by the caller's signal, or `close()`.
 */
export type EndpointReason = 'forbidden' | 'unreachable' | 'timeout' | 'tooLarge' | 'busy' | 'aborted';

/** What an answer begins with. */
type Begun = Pick<EndpointAnswer, 'status' | 'headers'>;

/** Why there is no whole answer. The message is fit for a log: it has nothing of what was sent, or of the URL. */
export class EndpointError extends Error {
  readonly reason: EndpointReason;
  /** Of the answer, where it was begun. */
  readonly status: number | undefined;
  readonly headers: Begun['headers'];

  constructor(reason: EndpointReason, message: string, begun?: Begun) {
    super(message);
    this.name = 'EndpointError';
    this.reason = reason;
    this.status = begun?.status;
    this.headers = begun?.headers ?? {};
  }
}

/** Of an answer, or of the beginning of one. */
export const isSuccess = (status = 0): boolean => status >= 200 && status <= 299;

/** What proxies say for an endpoint that is away, and endpoints that have too much to do. */
const AWAY = [429, 502, 503, 504];
/** Whether there is nobody to be asked; where there is no status, there was no answer. Any other answer shows that somebody is there. */
export const isAway = (status?: number): boolean => status === undefined || AWAY.includes(status);

const WAITING_PER_CONNECTION = 16;
/** Of the time for an answer, which begins behind the wait: else what has waited long is sent just to be broken off. */
const WAITING_SHARE = 0.5;
/** Connections are kept open for this long: what comes now and then shall not pay for TLS each time. */
const IDLE_MS = 15_000;

const BUSY = 'too many requests wait for the endpoint';

export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #url: URL;
  readonly #agent: HttpAgent;
  readonly #slots: Slots;
  /** Ends each of the requests that were not answered yet. */
  readonly #underWay = new Set<() => void>();
  #isClosed = false;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    const { concurrency } = options;
    const kept = { keepAlive: true, maxSockets: concurrency, maxFreeSockets: concurrency, timeout: IDLE_MS };
    this.#agent = this.#isSecure ? new HttpsAgent(kept) : new HttpAgent(kept);
    this.#slots = new Slots(concurrency, concurrency * WAITING_PER_CONNECTION);
  }

  /** One request, whatever the status of its answer. Rejects with an EndpointError; the request may have been taken all the same. */
  async post(
    body: Uint8Array | string,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<EndpointAnswer> {
    const { timeoutMs } = this.#options;
    const ending = new AbortController();
    const abort = (): void => ending.abort(new EndpointError('aborted', 'the request was ended'));
    let timer: NodeJS.Timeout | undefined;
    const limit = (ms: number, reason: EndpointReason, message: string): void => {
      clearTimeout(timer);
      timer = setTimeout(() => ending.abort(new EndpointError(reason, message)), ms);
    };
    this.#underWay.add(abort);
    signal?.addEventListener('abort', abort);
    try {
      if (this.#isClosed || signal?.aborted === true) abort();
      limit(timeoutMs * WAITING_SHARE, 'busy', BUSY);
      return await this.#inTurn(ending.signal, () => {
        limit(timeoutMs, 'timeout', `no answer within ${timeoutMs} ms`);
        return this.#send(Buffer.from(body), headers, ending.signal);
      });
    } catch (error) {
      throw endpointErrorOf(error, ending.signal);
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(abort);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends what is under way, and all connections. */
  close(): void {
    this.#isClosed = true;
    for (const abort of this.#underWay) abort();
    this.#agent.destroy();
  }

  get #isSecure(): boolean {
    return this.#url.protocol === 'https:';
  }

  async #inTurn<T>(ended: AbortSignal, act: () => Promise<T>): Promise<T> {
    ended.throwIfAborted();
    const leave = await this.#slots.enter(ended);
    if (leave === 'full') throw new EndpointError('busy', BUSY);
    try {
      return await act();
    } finally {
      leave();
    }
  }

  async #send(body: Buffer, headers: Readonly<Record<string, string>>, ended: AbortSignal): Promise<EndpointAnswer> {
    const host = this.#url.hostname.replace(/^\[|\]$/g, '');
    // A host that is an address is connected to without a look-up.
    if (isIP(host) !== 0) this.#choose([{ address: host, family: isIP(host) }]);
    try {
      return await this.#exchange(body, headers, ended);
    } catch (error) {
      // The host has closed a kept connection just when it was used again: nothing was read, as a rule, and nothing is wrong.
      if (ended.aborted || !(error instanceof StaleConnection)) throw error;
      // On a connection of its own: the others that are kept may be gone as well.
      return this.#exchange(body, headers, ended, false);
    }
  }

  #exchange(
    body: Buffer,
    headers: Readonly<Record<string, string>>,
    ended: AbortSignal,
    agent: HttpAgent | false = this.#agent,
  ): Promise<EndpointAnswer> {
    return new Promise((resolve, reject) => {
      const sent = (this.#isSecure ? httpsRequest : httpRequest)(this.#url, {
        method: 'POST',
        headers: { 'user-agent': 'Parley', accept: '*/*', ...headers, 'content-length': body.length },
        agent,
        lookup: this.#lookup,
        signal: ended,
      });
      // Of one that has answered the answer tells: whole, it is one, whatever comes behind it.
      let failure: Error | undefined;
      sent.on('error', (error) => {
        failure ??= error;
        if (!isAnswered) reject(isStale(sent, error) ? new StaleConnection() : error);
      });
      // An answer that changes the protocol is none.
      sent.on('upgrade', (_, socket) => {
        socket.destroy();
        reject(new Error('the answer wants another protocol'));
      });
      let isAnswered = false;
      // Whatever else it may end by.
      sent.on('close', () => isAnswered || reject(new Error('the connection was closed without an answer')));
      sent.on('response', (response) => {
        isAnswered = true;
        const begun = beginningOf(response);
        this.#read(response).then(
          (whole) => resolve({ ...begun, body: whole }),
          (error: unknown) => reject(new BrokenAnswer(begun, failure ?? error)),
        );
      });
      sent.end(body);
    });
  }

  async #read(response: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      // Leaving the loop ends the connection.
      if (bytes > this.#options.maxResponseBytes)
        throw new EndpointError('tooLarge', `the answer has more than ${this.#options.maxResponseBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** The addresses that are looked at are those that are connected to: a name that changes in between leads nowhere else. */
  readonly #lookup: LookupFunction = (host, options, callback) => {
    lookUpName(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '');
      try {
        const allowed = this.#choose(found);
        if (options.all === true) callback(null, allowed);
        else callback(null, allowed[0]?.address ?? '', allowed[0]?.family);
      } catch (refusal) {
        callback(refusal as Error, '');
      }
    });
  };

  #choose(found: readonly LookupAddress[]): LookupAddress[] {
    const allowed = found.filter(({ address }) => this.#options.allowPrivate || isPublicAddress(address));
    if (allowed.length === 0)
      throw new EndpointError('forbidden', 'the host has no address that may be connected to, only private ones');
    return allowed;
  }
}

class StaleConnection extends Error {
  override readonly message = 'the connection was closed before an answer';
}

/** The answer was begun, and did not come to its end. */
class BrokenAnswer extends Error {
  readonly begun: Begun;

  constructor(begun: Begun, cause: unknown) {
    super('the answer breaks off', { cause });
    this.begun = begun;
  }
}

function beginningOf({ statusCode: status = 0, headers }: IncomingMessage): Begun {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) given[name] = [value].flat().join(', ');
  return { status, headers: given };
}

function endpointErrorOf(error: unknown, ended: AbortSignal): EndpointError {
  const begun = error instanceof BrokenAnswer ? error.begun : undefined;
  const cause: unknown = error instanceof BrokenAnswer ? error.cause : error;
  const why: unknown = ended.aborted ? ended.reason : cause;
  if (why instanceof EndpointError) return new EndpointError(why.reason, why.message, begun);
  return new EndpointError('unreachable', reasonOf(why), begun);
}

const isStale = (sent: ClientRequest, error: Error): boolean =>
  sent.reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');

/** Addresses are the operator's business, and no secret; of several tries to connect each says its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
