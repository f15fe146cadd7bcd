/** Tells what is unread where nobody looks at the moment, once for each message. */
import type { NotificationParams } from '../../client/index.ts';

/** Conversations of which it is known how much was told; beyond, it may be told again. */
const knownMax = 1_000;

export class UnreadNotices {
  readonly #tell: (sentence: string) => void;
  readonly #titleOf: (roomName: string) => string | undefined;
  /** By label, how many are unread of which somebody was told, or has seen them. */
  readonly #known = new Map<string, number>();

  constructor(tell: (sentence: string) => void, titleOf: (roomName: string) => string | undefined = () => undefined) {
    this.#tell = tell;
    this.#titleOf = titleOf;
  }

  /** A direct message was shown as it came. */
  shown(label: string): void {
    this.#know(label, (this.#known.get(label) ?? 0) + 1);
  }

  read(label: string): void {
    this.#known.delete(label);
  }

  /** `isOpen`: whether what is said there is shown anyway. */
  take(counts: NotificationParams<'unreadCounts'>[0], isOpen: (label: string) => boolean): void {
    for (const { roomName, userName, unread } of counts) {
      const label = roomName ?? `@${userName ?? ''}`;
      const before = this.#known.get(label) ?? 0;
      this.#know(label, unread);
      if (unread <= before || isOpen(label)) continue;
      if (roomName === undefined)
        this.#tell(`${unread} unread from ${userName ?? ''}: /msg ${userName ?? ''} shows them.`);
      else this.#tell(`${unread} unread in ${this.#titleOf(roomName) ?? roomName}: /join ${roomName} shows them.`);
    }
  }

  #know(label: string, unread: number): void {
    if (unread === 0) this.#known.delete(label);
    else if (this.#known.has(label) || this.#known.size < knownMax) this.#known.set(label, unread);
  }
}
