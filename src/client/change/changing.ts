/**
 * Changes of messages on their way to the service, as parcels of the outbox: those of one message in the order of the calls, each
 * repeated after a loss until it is answered. What becomes of the message is told by the service, before its answer.
 */
import type { Input, Result } from '../../protocol/catalogue.ts';
import type { ReactionsOptions, ReactionsPage } from '../../protocol/change.ts';
import { isSame } from '../../protocol/params/paths.ts';
import { isMap, type Value } from '../../protocol/params/values.ts';
import type { Link } from '../connection/link.ts';
import type { Core } from '../core.ts';
import { toParam } from '../encoding/encoding.ts';
import { contentOf } from '../message/content.ts';
import type { Message, MessageActions } from '../message/message.ts';
import type { Outbox } from '../message/outbox.ts';
import { localError, RequestError, type Outcome } from '../request-error.ts';
import { textLengthOf } from './latest.ts';
import type { AppendOptions, ChangeOptions, ReactOptions, RecallOptions, UpdateOptions } from './options.ts';

type Settle<T> = (outcome: Outcome<T>) => void;
type Update = Omit<Input<'roomMessageUpdate'>, 'roomName'>;
type Recall = Omit<Input<'roomMessageRecall'>, 'roomName'>;
type React = Omit<Input<'roomMessageReact'>, 'roomName'>;
type Append = Omit<Input<'roomMessageAppend'>, 'roomName'>;

/** A room or a conversation, as far as it is known here. */
export interface ChangingPlace {
  /** As plugins know it. */
  readonly object: object;
  readonly kind: 'room' | 'direct';
  readonly name: string;
  /** Whether a change can go now; `advance` of the outbox follows where that changes. */
  isReady(): boolean;
  update(link: Link, input: Update, settle: Settle<Result<'roomMessageUpdate'>>): void;
  recall(link: Link, input: Recall, settle: Settle<Result<'roomMessageRecall'>>): void;
  react(link: Link, input: React, settle: Settle<Result<'roomMessageReact'>>): void;
  append(link: Link, input: Append, settle: Settle<Result<'roomMessageAppend'>>): void;
  reactors(id: number, options: ReactionsOptions): Promise<ReactionsPage>;
  /** The service has refused one for good. */
  refused(error: RequestError): void;
  /** The message is another one by an answer: in large rooms reactions are told later. */
  reacted(message: Message): void;
}

/** One attempt; `isAgain`: one before may have been taken. */
type Attempt<T> = (link: Link, id: number, isAgain: boolean, settle: Settle<T>) => void;

export class Changing implements MessageActions {
  readonly #core: Core;
  readonly #outbox: Outbox;
  readonly #place: ChangingPlace;
  /** What the service has answered last of texts: they may have become longer than was told. */
  readonly #appended = new WeakMap<Message, Result<'roomMessageAppend'>>();

  constructor(core: Core, outbox: Outbox, place: ChangingPlace) {
    this.#core = core;
    this.#outbox = outbox;
    this.#place = place;
  }

  async update(
    message: Message,
    content: object,
    { ifVersion, mentions, giveUpAfterMs }: UpdateOptions,
  ): Promise<void> {
    const { depth } = this.#core.limits;
    const name = this.#place.kind === 'room' ? 'roomMessageUpdate' : 'directMessageUpdate';
    const checked = okOf(toParam(name, 3, { ifVersion, mentions }, depth));
    const options = isMap(checked) ? checked : {};
    const copied = okOf(contentOf(name, content, depth));
    let before: number | undefined;
    await this.#send(message, 'update', copied, { giveUpAfterMs }, (passed) => {
      const next = okOf(contentOf(name, passed, depth));
      return (link, id, isAgain, settle) => {
        before ??= message.version;
        const isDone = (): boolean => isAgain && message.version > Number(before) && isSame(message.content, next);
        const done = { version: message.version, timestamp: message.updatedAt ?? 0 };
        // What was missed is told by now: its own answer was lost.
        if (isDone()) return settle({ ok: true, value: done });
        this.#place.update(link, { id, message: next, ...given(options) }, settle);
      };
    });
  }

  async recall(message: Message, { reason, giveUpAfterMs }: RecallOptions): Promise<void> {
    const told = reason === undefined ? {} : { reason };
    await this.#send(message, 'recall', told, { giveUpAfterMs }, (options) => (link, id, isAgain, settle) => {
      this.#place.recall(link, { id, ...given(options) }, (outcome) => {
        const isGone = !outcome.ok && outcome.error.code === 'noMessage' && (isAgain || message.recalled);
        settle(isGone ? { ok: true, value: { version: message.version, timestamp: 0 } } : outcome);
      });
    });
  }

  async react(message: Message, key: string, { remove, giveUpAfterMs }: ReactOptions): Promise<void> {
    const removed = remove === true;
    let before: Value = null;
    const asked = { key, ...(removed && { remove: true }) };
    const { counts } = await this.#send<typeof asked, Result<'roomMessageReact'>>(
      message,
      'react',
      asked,
      { giveUpAfterMs },
      (passed) => {
        const options = passed.remove === true ? { remove: true } : {};
        return (link, id, _isAgain, settle) => {
          before = Object.fromEntries(message.reactions);
          this.#place.react(link, { id, key: passed.key, ...given(options) }, settle);
        };
      },
    );
    message.reacted(key, removed);
    // What was told meanwhile may be newer.
    if (isSame(before, Object.fromEntries(message.reactions)) && message.counted({ reactions: counts }))
      this.#place.reacted(message);
  }

  async append(message: Message, text: string, offset: number | undefined, options: AppendOptions): Promise<number> {
    const { done, giveUpAfterMs } = options;
    const { length } = await this.#send<string, Result<'roomMessageAppend'>>(
      message,
      'append',
      text.toWellFormed(),
      { giveUpAfterMs },
      (passed) => {
        let at = offset;
        return (link, id, _isAgain, settle) => {
          // The same for all attempts, so that one that is repeated is known.
          at ??= this.#lengthOf(message);
          const where = { offset: at, ...(done === true && { done }) };
          this.#place.append(link, { id, text: passed, options: where }, (outcome) => {
            if (outcome.ok) this.#appended.set(message, outcome.value);
            settle(outcome);
          });
        };
      },
    );
    return length;
  }

  async reactors(message: Message, options: ReactionsOptions): Promise<ReactionsPage> {
    return this.#place.reactors(await idOfSent(message), options);
  }

  failed(error: unknown): void {
    this.#core.failed(error);
  }

  /** Bytes of its text, as far as that is known. */
  #lengthOf(message: Message): number {
    const appended = this.#appended.get(message);
    if (appended !== undefined && appended.version >= message.version) return appended.length;
    return textLengthOf(message.content);
  }

  /** `attempt` is made of what the plugins have let through. */
  async #send<P, T>(
    message: Message,
    event: string,
    payload: P,
    options: ChangeOptions,
    attempt: (passed: P) => Attempt<T>,
  ): Promise<T> {
    const id = await idOfSent(message);
    const { object, kind, name } = this.#place;
    return new Promise<T>((resolve, reject) => {
      const settled = (outcome: Outcome<T>): void => {
        if (outcome.ok) return resolve(outcome.value);
        this.#place.refused(outcome.error);
        reject(outcome.error);
      };
      this.#core.plugins.send(object, event, payload, (outcome) => {
        if (!outcome.ok) return reject(outcome.error);
        let made: Attempt<T>;
        try {
          made = attempt(outcome.value);
        } catch (error) {
          return reject(error as RequestError); // of what a plugin has put in place
        }
        let attempts = 0;
        const put = this.#outbox.put<T>(
          {
            lane: `change:${kind}:${id}:${name}`,
            isReady: () => this.#place.isReady(),
            send: (link, _clientMessageId, settle) => made(link, id, (attempts += 1) > 1, settle),
          },
          { settled },
          options,
        );
        if (!put.ok) reject(put.error);
      });
    });
  }
}

/** Of one that is being sent, once it is stored. */
async function idOfSent(message: Message): Promise<number> {
  const { id = (await message.done).id } = message;
  if (id === undefined) throw localError('noMessage', 'The message is not stored.', [null]);
  return id;
}

/** Options that say nothing are left out. */
function given<O extends object>(options: O): { readonly options?: O } {
  return Object.keys(options).length === 0 ? {} : { options };
}

function okOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}
