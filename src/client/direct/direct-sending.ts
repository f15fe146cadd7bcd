/**
 * Messages on their way to a user: parcels of the outbox, and which of the echoes that come are theirs. What becomes of
 * them is told by the conversation.
 */
import { isMap, type ValueMap } from '../../protocol/params/values.ts';
import type { Core } from '../core.ts';
import { toParam } from '../encoding/encoding.ts';
import { contentOf } from '../message/content.ts';
import { isSame } from '../../protocol/params/paths.ts';
import type { Message } from '../message/message.ts';
import type { Outbox, ParcelOptions } from '../message/outbox.ts';
import { classOptionsOf } from '../plugin/message-classes.ts';
import type { Outcome, RequestError } from '../request-error.ts';

export interface DirectSendOptions extends ParcelOptions {
  /** Not stored and without an id: for what is of interest now only. */
  readonly transient?: boolean | undefined;
  /** Names that the message mentions. */
  readonly mentions?: readonly string[] | undefined;
  /** For the operator's push to who is away; nobody else gets it. */
  readonly pushData?: Readonly<Record<string, unknown>> | undefined;
}

export interface DirectWriteOptions extends Omit<DirectSendOptions, 'transient'> {
  /** What the message has besides its text. */
  readonly content?: Readonly<Record<string, unknown>>;
}

export interface SendingOwner {
  /** As the service has it; nil of a transient one. */
  sent(message: Message, heard: ValueMap | null): void;
  failed(message: Message, error: RequestError): void;
  /** It was another device's after all. */
  echoed(message: Message): void;
}

interface Checked {
  readonly content: ValueMap;
  /** Those of the request. */
  readonly options: ValueMap;
}

type Sent = Omit<Checked, 'content'> & { readonly content: object };

interface Echo {
  readonly message: Message;
  readonly heard: ValueMap;
}

export class DirectSending {
  readonly #core: Core;
  readonly #outbox: Outbox;
  readonly #owner: SendingOwner;
  /** May have been stored, and have no answer yet. */
  readonly #attempted = new Set<Message>();
  /**
   * Echoes by their ids that have the words of one of those: the answer was lost with its connection, and the service told
   * this device like any other. Or another device has said the same.
   */
  readonly #doubtful = new Map<number, Echo>();

  constructor(core: Core, outbox: Outbox, owner: SendingOwner) {
    this.#core = core;
    this.#outbox = outbox;
    this.#owner = owner;
  }

  /** An id may come by an answer at any moment. */
  get isAnswerDue(): boolean {
    return this.#attempted.size > 0;
  }

  /** What will travel, a copy: what is refused is refused now. */
  check(given: object, options: DirectSendOptions): Outcome<Checked> {
    const { depth } = this.#core.limits;
    const content = contentOf('directMessage', given, depth);
    if (!content.ok) return content;
    const { transient, mentions, pushData } = { ...classOptionsOf(given), ...options };
    const own = toParam('directMessage', 2, { transient, mentions, pushData }, depth);
    if (!own.ok) return own;
    return { ok: true, value: { content: content.value, options: isMap(own.value) ? own.value : {} } };
  }

  /** What plugins have made of the content is checked once more. */
  send(message: Message, userName: string, { content, options }: Sent, parcelOptions: ParcelOptions): void {
    const checked = contentOf('directMessage', content, this.#core.limits.depth);
    if (!checked.ok) return this.#owner.failed(message, checked.error);
    message.changed(checked.value);
    const put = this.#outbox.put<ValueMap | null>(
      {
        lane: `direct:${userName}`,
        isReady: () => true,
        send: (link, clientMessageId, settle) => {
          const input = { userName, message: checked.value, options: { ...options, clientMessageId } };
          link.call('directMessage', input, settle);
        },
      },
      {
        attempted: () => void (options['transient'] === true || this.#attempted.add(message)),
        settled: (outcome) => this.#settled(message, outcome),
      },
      parcelOptions,
    );
    if (put.ok) message.clientMessageId = put.value.clientMessageId;
    else this.#owner.failed(message, put.error);
  }

  /** Whether an echo is to be told only when more is known of it. */
  holds(message: Message, heard: ValueMap): boolean {
    const { id } = message;
    if (id === undefined || !this.#hasWordsOf(message)) return false;
    this.#doubtful.set(id, { message, heard });
    return true;
  }

  #settled(message: Message, outcome: Outcome<ValueMap | null>): void {
    this.#attempted.delete(message);
    if (outcome.ok) {
      const id = outcome.value?.['id'];
      if (typeof id === 'number') this.#doubtful.delete(id);
      this.#owner.sent(message, outcome.value);
    } else {
      this.#failed(message, outcome.error);
    }
    for (const [id, echo] of this.#doubtful) {
      if (this.#hasWordsOf(echo.message)) continue;
      this.#doubtful.delete(id);
      this.#owner.echoed(echo.message);
    }
  }

  /** It may have been stored all the same: then it was heard. */
  #failed(message: Message, error: RequestError): void {
    const [own] = [...this.#doubtful].filter(([, echo]) => isSame(echo.message.content, message.content));
    if (own === undefined) return this.#owner.failed(message, error);
    const [id, { heard }] = own;
    this.#doubtful.delete(id);
    this.#owner.sent(message, heard);
  }

  #hasWordsOf({ content }: Message): boolean {
    return [...this.#attempted].some((attempted) => isSame(attempted.content, content));
  }
}
