/** One message as its application sees it: the same object from `send` until all is known of it. */
import type { ValueMap } from '../../protocol/params/values.ts';
import { deferred } from '../connection/deferred.ts';
import type { RequestError } from '../request-error.ts';

/** `none`: of somebody else. Forward only. */
export type MessageStatus = 'none' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

export class Message {
  readonly #done = deferred<Message>();
  /** The application's own fields, as sent. */
  readonly content: ValueMap;
  readonly isOwn: boolean;
  status: MessageStatus;
  id: number | undefined;
  timestamp: number | undefined;
  author: string | undefined;
  error: RequestError | undefined;
  clientMessageId: string | undefined;

  constructor(content: ValueMap, isOwn: boolean) {
    this.content = content;
    this.isOwn = isOwn;
    this.status = isOwn ? 'sending' : 'none';
    // Who does not look at it has the status.
    this.#done.promise.catch(() => undefined);
    if (!isOwn) this.#done.resolve(this);
  }

  /** Resolves when the service has it; rejects when it is refused for good or given up. */
  get done(): Promise<Message> {
    return this.#done.promise;
  }

  sent(id: number | undefined): void {
    this.status = 'sent';
    this.id = id;
    this.#done.resolve(this);
  }

  failed(error: RequestError): void {
    this.status = 'failed';
    this.error = error;
    this.#done.reject(error);
  }
}
