/**
 * One message as its application sees it: the same object from `send` until all is known of it. When that comes to be is
 * left to the room or the conversation that it is of.
 */
import { isSame } from '../../protocol/params/paths.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { deferred } from '../connection/deferred.ts';
import type { RequestError } from '../request-error.ts';

/** `none`: of somebody else. Forward only; `delivered` and `read` are for who has receipts, direct messages. */
export type MessageStatus = 'none' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

/** What the service adds to a message, and so is not the application's own. */
const serviceFields = new Set(['id', 'author', 'timestamp', 'mentions', 'mentionAll']);

/** Where a message is, one of the two, and what makes more of its content. */
export interface MessagePlace {
  readonly room?: { readonly name: string };
  readonly direct?: { readonly userName: string };
  readonly classes: { parse(content: ValueMap): object };
}

const order: readonly MessageStatus[] = ['none', 'sending', 'sent', 'delivered', 'read'];

export class Message {
  readonly #done = deferred<Message>();
  /** The room that it is of, as its object. */
  readonly room: MessagePlace['room'];
  /** The conversation that it is of, as its object. */
  readonly direct: MessagePlace['direct'];
  readonly isOwn: boolean;
  readonly #classes: MessagePlace['classes'];
  #content: ValueMap;
  #body: object | undefined;
  #heard: ValueMap | undefined;
  #id: number | undefined;
  #status: MessageStatus;
  #error: RequestError | undefined;
  #author: string | undefined;
  clientMessageId: string | undefined;

  private constructor(content: ValueMap, isOwn: boolean, place: MessagePlace) {
    this.#content = content;
    this.isOwn = isOwn;
    this.#status = isOwn ? 'sending' : 'none';
    this.room = place.room;
    this.direct = place.direct;
    this.#classes = place.classes;
    // Who does not look at it has the status.
    this.#done.promise.catch(() => undefined);
  }

  /** One that is about to be sent; `author` is who is logged in, if that is known. */
  static own(content: ValueMap, author: string | undefined, place: MessagePlace): Message {
    const message = new Message(ownFields(content), true, place);
    message.#author = author;
    return message;
  }

  /** One that was received, as it travelled. */
  static received(heard: ValueMap, isOwn: boolean, place: MessagePlace): Message {
    const message = new Message(ownFields(heard), isOwn, place);
    message.heard(heard);
    if (isOwn) message.moved('sent');
    message.#done.resolve(message);
    return message;
  }

  /** The application's own fields, as sent, or as the service's operator has changed them on the way. */
  get content(): ValueMap {
    return this.#content;
  }

  /** What the newest message class that fits makes of the content. */
  get body(): object {
    this.#body ??= this.#classes.parse(this.#content);
    return this.#body;
  }

  /** Undefined until it is stored, and for what is never. */
  get id(): number | undefined {
    return this.#id;
  }

  /** The service's; undefined until it is known. */
  get timestamp(): number | undefined {
    const timestamp = this.#heard?.['timestamp'];
    return typeof timestamp === 'number' ? timestamp : undefined;
  }

  get author(): string | undefined {
    const author = this.#heard?.['author'];
    return typeof author === 'string' ? author : this.#author;
  }

  /** Who is mentioned in it by name. */
  get mentions(): readonly string[] {
    const names = this.#heard?.['mentions'];
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  }

  /** Whether all who are there are mentioned. */
  get mentionAll(): boolean {
    return this.#heard?.['mentionAll'] === true;
  }

  get status(): MessageStatus {
    return this.#status;
  }

  /** Why it is `failed`. */
  get error(): RequestError | undefined {
    return this.#error;
  }

  /** Resolves when the service has it; rejects when it is refused for good or given up. */
  get done(): Promise<Message> {
    return this.#done.promise;
  }

  /** @internal What the service makes of it. */
  heard(heard: ValueMap): void {
    this.#heard = heard;
    this.changed(ownFields(heard));
    this.#id = idOf(heard) ?? this.#id;
  }

  /** @internal Something on the way has put another content in its place. */
  changed(content: ValueMap): void {
    if (isSame(content, this.#content)) return;
    this.#content = content;
    this.#body = undefined;
  }

  /** @internal The service has it, under this id if it is stored. The first id stays. */
  sent(id: number | undefined): boolean {
    this.#id ??= id;
    const isNew = this.moved('sent');
    this.#done.resolve(this);
    return isNew;
  }

  /** @internal False where it was there, or farther, already. */
  moved(status: MessageStatus): boolean {
    if (this.#status === 'failed' || order.indexOf(status) <= order.indexOf(this.#status)) return false;
    this.#status = status;
    return true;
  }

  /** @internal */
  failed(error: RequestError): void {
    this.#status = 'failed';
    this.#error = error;
    this.#done.reject(error);
  }
}

/** Of a message as it travelled; undefined of one that is not stored, and of none. */
export const idOf = (message: ValueMap | undefined): number | undefined =>
  typeof message?.['id'] === 'number' ? message['id'] : undefined;

/** What of a message that travelled is the application's own. */
export function ownFields(message: ValueMap): ValueMap {
  return Object.fromEntries(Object.entries(message).filter(([key]) => !serviceFields.has(key)));
}
