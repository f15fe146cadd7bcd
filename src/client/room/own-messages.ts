/**
 * Tells which of a room's messages are those that `send` gave: the wire has no mark of it, only the author, the content,
 * and the id in the answer. Sending itself is left to the outbox.
 */
import type { ValueMap } from '../../protocol/params/values.ts';
import { isSame } from '../../protocol/params/paths.ts';
import type { Message } from '../message/message.ts';

interface Sending {
  readonly message: Message;
  readonly isTransient: boolean;
  wasSent: boolean;
  /** It may have been stored, and no answer to that attempt tells under which id. */
  isUncertain: boolean;
  /** It was heard in the room. */
  isHeard: boolean;
}

/** Acknowledged, and not heard yet: the service is late for once. */
const awaitedMax = 100;

export class OwnMessages {
  readonly #sendings = new Map<Message, Sending>();
  readonly #awaited = new Map<number, Message>();
  /** The one whose answer is due on this connection, if it is stored. */
  #underWay: Message | undefined;

  /**
   * Whether a message of one's own had better wait for an answer that is due: it tells the id. It could be another
   * device's, with the same words perhaps.
   */
  get isAnswerDue(): boolean {
    return this.#underWay !== undefined;
  }

  begin(message: Message, isTransient: boolean): void {
    this.#sendings.set(message, { message, isTransient, wasSent: false, isUncertain: false, isHeard: false });
  }

  attempted(message: Message): void {
    const sending = this.#sendings.get(message);
    if (sending === undefined) return;
    sending.wasSent = true;
    if (!sending.isTransient) this.#underWay = message;
  }

  interrupted(message: Message): void {
    if (this.#underWay !== message) return;
    this.#underWay = undefined;
    const sending = this.#sendings.get(message);
    if (sending !== undefined) sending.isUncertain = true;
  }

  /** The answer that is due has not come in time. */
  late(): void {
    if (this.#underWay !== undefined) this.interrupted(this.#underWay);
  }

  /** Two rooms have turned out to be one: what is on its way in the other is on its way here. */
  takeOver(other: OwnMessages): void {
    for (const [message, sending] of other.#sendings) this.#sendings.set(message, sending);
  }

  /** It was heard, although no answer has come. */
  isHeard(message: Message): boolean {
    return this.#sendings.get(message)?.isHeard === true;
  }

  /** The end of a message. `isToCome`: it is in the room's log under this id, and will be heard. */
  ended(message: Message, id: number | undefined, isToCome: boolean): void {
    const isHeard = this.isHeard(message);
    this.interrupted(message);
    this.#sendings.delete(message);
    if (id === undefined || isHeard || !isToCome) return;
    this.#awaited.set(id, message);
    const [oldest] = this.#awaited.keys();
    if (this.#awaited.size > awaitedMax && oldest !== undefined) this.#awaited.delete(oldest);
  }

  /** Nothing of what was acknowledged up to this id will be heard any more; without one, nothing at all. */
  passed(id = Infinity): void {
    for (const each of this.#awaited.keys()) if (each <= id) this.#awaited.delete(each);
  }

  /**
   * The object for a message of one's own that was heard: by its id, and where no answer tells it, the first that was sent
   * with the same words.
   */
  claim(heard: ValueMap, content: ValueMap): Message | undefined {
    const { id } = heard;
    const awaited = typeof id === 'number' ? this.#awaited.get(id) : undefined;
    if (awaited !== undefined) {
      this.#awaited.delete(Number(id));
      return awaited;
    }
    for (const sending of this.#sendings.values()) {
      const { message, isTransient, wasSent, isUncertain, isHeard } = sending;
      const mayBe = isTransient ? wasSent : isUncertain;
      if (!mayBe || isHeard || isTransient !== (id === undefined)) continue;
      if (!isSame(message.content, content)) continue;
      sending.isHeard = true;
      return message;
    }
    return undefined;
  }
}
