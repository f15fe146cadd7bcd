/**
 * A message whose text is still being written: the first piece is posted, what follows is appended as it comes, until the end. Sending is
 * left to the room or the conversation.
 */
import { utf8Length } from '../../protocol/names/form.ts';
import { deferred, type Deferred } from '../connection/deferred.ts';
import type { Message } from '../message/message.ts';
import { localError, RequestError } from '../request-error.ts';
import { indexOfByte, textLengthOf } from './latest.ts';
import { isSource, openText, type OpenText, type TextSource } from './text-source.ts';

/** What posts and appends, repeating both until they are answered. */
export interface WritingPlace {
  /** Bytes that a message may have. */
  textMax(): number;
  post(content: { readonly textMessage: string; readonly done: boolean }): Message;
  /** Nothing can be written any more. Returns how to hear nothing of it. */
  onClose(handler: (error: RequestError) => void): () => unknown;
  /** Gives how many bytes the text has then. */
  append(message: Message, text: string, offset: number, done: boolean): Promise<number>;
}

/** The service tells what comes within this time as one. */
const pieceMs = 50;
/** UTF-16 units that may wait before who writes had better wait. */
const waitingMax = 4_096;
/** Times that the service may have less of the text than it had acknowledged. */
const rewindsMax = 3;

export class TextWriter {
  readonly #place: WritingPlace;
  readonly #done = deferred<Message>();
  readonly #waiters: Deferred<void>[] = [];
  /** All of it, for the service may lose the end of what it had. It is no more than a message may have. */
  #text = '';
  #bytes = 0;
  /** Half a character, which waits for its other half. */
  #half = '';
  /** How much of it the service has; in bytes with what plugins have made of it. */
  #sent = 0;
  #sentBytes = 0;
  #rewinds = 0;
  #message: Message | undefined;
  #source: OpenText | undefined;
  #isRunning = false;
  /** What is there is all: of a source that has failed, with its error. */
  #ended: { readonly error?: unknown } | undefined;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;
  readonly #unfollow: () => unknown;

  /** @internal */
  constructor(place: WritingPlace, source?: TextSource) {
    this.#place = place;
    // Its source may give nothing that would fail by itself.
    this.#unfollow = place.onClose((error) => this.#fail(error));
    // Who does not wait for it hears it from `write`.
    this.#done.promise.catch(() => undefined);
    if (source !== undefined) void this.#feed(source);
  }

  /** Undefined until something is written. */
  get message(): Message | undefined {
    return this.#message;
  }

  /** Resolves when all of the text is there; rejects when it was aborted or refused for good, or when its source has failed. */
  get done(): Promise<Message> {
    return this.#done.promise;
  }

  /**
   * Resolves when there is room for more, which is when little waits to be sent. Rejects with `messageTooLarge`, and changes nothing, where the text would
   * be more than a message may have; and when the text has ended, with the reason.
   */
  write(text: string): Promise<void> {
    const writing = this.#write(text);
    // Who does not wait for it hears it from `done`.
    writing.catch(() => undefined);
    return writing;
  }

  /** That was all. Resolves when it is there, and the message is not being written any more. */
  end(): Promise<Message> {
    this.#end({});
    return this.done;
  }

  /** Takes back what was written: the message is recalled, where there is one, and `done` rejects. What is to stay ends with `end`. */
  async abort(reason?: string): Promise<void> {
    const message = this.#message;
    if (this.#isOver || this.#failure !== undefined) return;
    this.#fail(localError('unavailable', 'The text was aborted.'));
    try {
      await message?.recall(reason === undefined ? {} : { reason });
    } catch (error) {
      // One that was never stored need not be taken back.
      if (message?.status !== 'failed') throw error;
    }
  }

  get #waiting(): number {
    return this.#text.length - this.#sent;
  }

  async #write(text: string): Promise<void> {
    if (typeof text !== 'string') throw new TypeError('What is written is text.');
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#ended !== undefined) throw localError('unavailable', 'The text has ended.');
    const given = this.#half + text;
    const half = isHalf(given) ? given.slice(-1) : '';
    const whole = given.slice(0, given.length - half.length).toWellFormed();
    const [bytes, max] = [this.#bytes + utf8Length(whole), this.#place.textMax()];
    if (bytes > max) throw localError('messageTooLarge', `The text takes ${bytes} bytes, more than ${max}.`);
    [this.#text, this.#half, this.#bytes] = [this.#text + whole, half, bytes];
    void this.#run();
    if (this.#waiting <= waitingMax) return;
    const waiter = deferred<void>();
    this.#waiters.push(waiter);
    await waiter.promise;
  }

  #end(ended: { readonly error?: unknown }): void {
    this.#ended ??= ended;
    this.#text += this.#half.toWellFormed();
    this.#half = '';
    // There is nothing to be shown of it.
    if (this.#text === '' && 'error' in ended) return this.#fail(ended.error);
    this.#wake();
    void this.#run();
  }

  async #feed(source: TextSource): Promise<void> {
    try {
      this.#source = openText(source);
      for (let piece = await this.#source.next(); piece !== undefined; piece = await this.#source.next()) {
        await this.write(piece);
      }
      this.#end({});
    } catch (error) {
      this.#cancel();
      this.#end({ error });
    }
  }

  #cancel(): void {
    this.#source?.cancel().catch(() => undefined);
    this.#source = undefined;
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#failure === undefined && !this.#isOver && (this.#waiting > 0 || this.#ended !== undefined)) {
        await this.#step();
      }
    } catch (error) {
      this.#fail(error);
      // It will not be written on: nobody is to wait for more. From its beginning nothing fits everywhere.
      if (this.#message?.id !== undefined) this.#place.append(this.#message, '', 0, true).catch(() => undefined);
    }
    this.#isRunning = false;
  }

  /** All that waits goes together. */
  async #step(): Promise<void> {
    const isLast = this.#ended !== undefined;
    const piece = this.#text.slice(this.#sent);
    if (!(await this.#isSent(piece, isLast))) return;
    this.#sent += piece.length;
    if (this.#waiting <= waitingMax) for (const { resolve } of this.#waiters.splice(0)) resolve();
    if (isLast) this.#finish();
    else await this.#pause();
  }

  /** False: the service has lost some of what it had, which goes again. */
  async #isSent(piece: string, isLast: boolean): Promise<boolean> {
    if (this.#message === undefined) {
      this.#message = this.#place.post({ textMessage: piece, done: isLast });
      const { content } = await this.#message.done;
      this.#sentBytes = textLengthOf(content);
      return true;
    }
    try {
      this.#sentBytes = await this.#place.append(this.#message, piece, this.#sentBytes, isLast);
      return true;
    } catch (error) {
      const at = this.#failure === undefined ? this.#rewound(error) : undefined;
      if (at === undefined) throw error;
      this.#rewinds += 1;
      [this.#sent, this.#sentBytes] = at;
      return false;
    }
  }

  /** Up to where the service has the text, where it has less than it had acknowledged. */
  #rewound(error: unknown): [sent: number, bytes: number] | undefined {
    if (!(error instanceof RequestError) || error.code !== 'wrongOffset' || this.#rewinds === rewindsMax)
      return undefined;
    const [length] = error.args;
    const isOurs = utf8Length(this.#text.slice(0, this.#sent)) === this.#sentBytes;
    if (!isOurs || typeof length !== 'number' || length >= this.#sentBytes) return undefined;
    const at = indexOfByte(this.#text, length);
    return at === undefined ? undefined : [at, length];
  }

  #finish(): void {
    this.#isOver = true;
    this.#unfollow();
    const { error } = this.#ended ?? {};
    if (error !== undefined) this.#done.reject(error);
    else if (this.#message !== undefined) this.#done.resolve(this.#message);
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined || this.#isOver) return;
    this.#failure = { error };
    this.#unfollow();
    this.#cancel();
    for (const { reject } of this.#waiters.splice(0)) reject(error);
    this.#done.reject(error);
    this.#wake();
  }

  /** Until the next piece is worth a request; the end waits for nothing. */
  async #pause(): Promise<void> {
    if (this.#ended !== undefined || this.#failure !== undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pieceMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** What `write` of a room and of a conversation is given: a source first, or not, then options. */
export function startWriting<O extends object>(
  given: TextSource | O | undefined,
  options: O | undefined,
  placeOf: (options: O | undefined) => WritingPlace,
): TextWriter {
  const source = given !== undefined && isSource(given) ? given : undefined;
  return new TextWriter(placeOf(source === undefined ? (given as O | undefined) : options), source);
}

/** Whether the other half of the last character is still to come. */
function isHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00;
}
