/** Sends one batch of a log to the operator's webhook, and says what its answer means for the log and for the endpoint. */
import { EndpointError, isAway, isSuccess, type Endpoint, type EndpointAnswer } from '../../endpoint/endpoint.ts';
import { retryAfterMs } from '../../endpoint/retry-after.ts';
import { signedHeaders } from '../../endpoint/signature.ts';
import type { WebhookType } from '../../protocol/service/webhooks.ts';
import type { Batch, Outbox, PutOff } from '../../store/webhook/webhook-store.ts';
import { bodyOf, type BatchBody } from './batch-body.ts';
import { WAIT_MAX_MS, type Breaker } from './breaker.ts';

export interface WebhookCounters {
  webhookEvents: number;
  webhookGaps: number;
  webhookTaken: number;
  webhookFailed: number;
  webhookDropped: number;
}

export interface BatchSenderDeps {
  readonly endpoint: Pick<Endpoint, 'post'>;
  readonly counters: WebhookCounters;
  /** What batches are signed with. */
  readonly key: Uint8Array;
  readonly types: readonly WebhookType[];
  onFailure(what: string, told: Readonly<Record<string, unknown>>): void;
}

/** A batch that was not taken, and for how long to wait, unless it is a failure of the log's own. */
export interface Stopped extends PutOff {
  readonly waitMs: number;
}

/** Where more are sent than at once, behind what was taken. */
const BUSY_MS = 1000;
const GONE = 410;
const TOO_LARGE = 413;

export class BatchSender {
  readonly #deps: BatchSenderDeps;
  readonly #breaker: Breaker;
  readonly #types: ReadonlySet<WebhookType>;

  constructor(deps: BatchSenderDeps, breaker: Breaker) {
    this.#deps = deps;
    this.#breaker = breaker;
    this.#types = new Set(deps.types);
  }

  /** Undefined where it was taken by its receiver, or nothing of it is wanted. */
  async send(
    outbox: Outbox,
    name: string,
    batch: Batch,
    asked: { isAskedFor: boolean },
    isLate: () => boolean,
  ): Promise<Stopped | undefined> {
    const body = bodyOf(outbox, batch, this.#types, (seq, error) => {
      const told = { ...roomOf(outbox), seq, reason: 'unreadable', message: String(error) };
      this.#deps.onFailure('an event for the webhook cannot be read: a gap is sent in its place', told);
    });
    if (body === undefined) return undefined;
    const leftMs = this.#breaker.leftMs(performance.now());
    const mayTry = asked.isAskedFor && this.#breaker.state !== 'off';
    if (leftMs > 0 && !mayTry) return { waitMs: Math.min(leftMs, WAIT_MAX_MS) };
    asked.isAskedFor = false;
    // Another node may have it by now.
    if (isLate()) return { waitMs: 0 };
    const { counters } = this.#deps;
    const wasOpen = this.#breaker.state === 'open';
    const answer = await this.#post(body);
    // How it begins says all: one that is too long, or breaks off behind that, is an answer all the same.
    if (!isSuccess(answer.status)) return this.#failed(outbox, name, batch, answer, wasOpen);
    this.#breaker.succeeded();
    counters.webhookTaken++;
    counters.webhookEvents += body.count;
    counters.webhookGaps += body.gaps;
    return undefined;
  }

  async #post({ id, text }: BatchBody): Promise<EndpointAnswer | EndpointError> {
    const { endpoint, key } = this.#deps;
    try {
      return await endpoint.post(text, { 'content-type': 'application/json', ...signedHeaders(key, id, text) });
    } catch (error) {
      if (error instanceof EndpointError) return error;
      throw error;
    }
  }

  #failed(
    outbox: Outbox,
    name: string,
    batch: Batch,
    answer: EndpointAnswer | EndpointError,
    wasOpen: boolean,
  ): Stopped {
    const { counters } = this.#deps;
    const isError = answer instanceof EndpointError;
    if (isError && answer.reason === 'aborted') return { waitMs: 0 };
    // Was not sent: nobody has failed.
    if (isError && answer.reason === 'busy') return { waitMs: BUSY_MS };
    counters.webhookFailed++;
    if (answer.status === GONE) {
      this.#breaker.switchOff();
      this.#deps.onFailure('the webhook is gone (HTTP 410): nothing is sent until this node is started again', {});
      return { waitMs: WAIT_MAX_MS };
    }
    const { length } = batch.events;
    if (answer.status === TOO_LARGE && length > 1) {
      this.#deps.onFailure('a batch is too large for the webhook: smaller ones are sent', {
        ...roomOf(outbox),
        events: length,
      });
      this.#breaker.succeeded();
      return { waitMs: 0, most: Math.ceil(length / 2) };
    }
    const reason = isError && answer.status === undefined ? answer.reason : `HTTP ${answer.status}`;
    const told = { failures: batch.failures + 1, reason };
    const more = isError ? { message: answer.message } : {};
    this.#deps.onFailure('a batch was not taken by the webhook', {
      ...roomOf(outbox),
      ...told,
      ...more,
    });
    const now = performance.now();
    const askedMs = retryAfterMs(answer);
    if (isAway(answer.status)) this.#breaker.failed(name, now, wasOpen, askedMs);
    else this.#breaker.succeeded();
    // Nothing is wrong with the log where the endpoint is away.
    if (this.#breaker.state === 'closed') return { waitMs: 0, failure: { waitMs: askedMs } };
    return { waitMs: Math.min(WAIT_MAX_MS, this.#breaker.leftMs(now)) };
  }
}

/** What is told of a log in the service's own. */
const roomOf = (outbox: Outbox): { readonly room?: string } => (outbox === undefined ? {} : { room: outbox.roomName });
