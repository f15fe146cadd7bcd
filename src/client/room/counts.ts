/** What lists show of a room: how much of it is unread, whether that mentions its user, and the newest message. */
import type { UnreadCount } from '../../protocol/unread.ts';
import { isMap, type ValueMap } from '../../protocol/params/values.ts';
import { versionOf } from '../change/latest.ts';
import type { Counted } from '../message/counted.ts';
import { idOf, type Message } from '../message/message.ts';
import { Unread } from './unread.ts';

export class RoomCounts implements Counted {
  #log = new Unread();
  #lastMessage: Message | undefined;

  /** What is unread; another one where the room was left, or begins anew. */
  get log(): Unread {
    return this.#log;
  }

  get unread(): number {
    return this.log.count;
  }

  get mentioned(): boolean {
    return this.log.mentioned;
  }

  get lastMessage(): Message | undefined {
    return this.#lastMessage;
  }

  /** The log ends there: what was said behind it is no more. */
  endsAt(epoch: string, lastMessageId: number): void {
    this.log.at(epoch, lastMessageId);
    if ((this.#lastMessage?.id ?? 0) > lastMessageId) this.#lastMessage = undefined;
  }

  /** The room was left, and may be its user's all the same. */
  left(): void {
    this.#log = new Unread();
  }

  /** It is none of its user's any more. */
  forget(): void {
    this.left();
    this.#lastMessage = undefined;
  }

  said(message: Message, id: number): void {
    if (id >= (this.#lastMessage?.id ?? 0)) this.#lastMessage = message;
  }

  /** The service has counted; `of` gives the object of a message. Returns the newest one where it is the same and says something else now. */
  told({ unread, mentioned, last }: UnreadCount, of: (heard: ValueMap) => Message): Message | undefined {
    if (!isMap(last)) {
      this.log.told(unread, mentioned, undefined);
      return undefined;
    }
    const id = idOf(last) ?? 0;
    const { timestamp } = last;
    const known = this.#lastMessage;
    // What came later has a smaller number: the room was made anew.
    const isAnew = known?.timestamp !== undefined && id < (known.id ?? 0) && Number(timestamp) > known.timestamp;
    if (isAnew) this.forget();
    this.log.told(unread, mentioned, id === 0 ? undefined : id);
    if (isAnew || id > (known?.id ?? 0)) this.#lastMessage = of(last);
    else if (known !== undefined && id === known.id && isNewer(last, known)) {
      this.#lastMessage = of(last);
      return this.#lastMessage === known ? known : undefined;
    }
    return undefined;
  }
}

const isNewer = (heard: ValueMap, { version, recalled }: Message): boolean =>
  versionOf(heard) > version || (heard['recalled'] === true && !recalled);
