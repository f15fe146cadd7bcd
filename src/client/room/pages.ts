/**
 * Reads what rooms have missed from their histories, page by page, where it did not fit into the answer to a join. The
 * order of what is emitted is the delivery's; joining, the rooms'.
 */
import type { Result } from '../../protocol/catalogue.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { repeatDelayMs } from '../connection/backoff.ts';
import type { Delivery } from './delivery.ts';
import type { Link } from '../connection/link.ts';
import type { Outcome, RequestError } from '../request-error.ts';
import type { Missing, Position, Membership } from './membership.ts';

/** Rooms that are read at once: the others' live messages wait meanwhile, and the service has others to serve. */
const roomsAtOnce = 2;

type Page = Outcome<Result<'roomHistoryGet'>>;
type Info = Outcome<Result<'roomHistoryInfo'>>;

export class Pages {
  readonly #delivery: Delivery;
  /** The log is another one than that of the answer to the join: the room is to be joined again. */
  readonly #outdated: (room: Membership) => void;
  readonly #waiting = new Set<Membership>();
  /** Rooms being read, each with the timer of its next attempt if it has failed for the moment. */
  readonly #active = new Map<Membership, ReturnType<typeof setTimeout> | undefined>();
  #link: Link | undefined;
  #failures = 0;

  constructor(delivery: Delivery, outdated: (room: Membership) => void) {
    this.#delivery = delivery;
    this.#outdated = outdated;
  }

  connected(link: Link): void {
    this.#link = link;
  }

  disconnected(): void {
    this.#link = undefined;
    for (const timer of this.#active.values()) clearTimeout(timer);
    this.#active.clear();
    this.#waiting.clear();
  }

  /** A room has something missing, on the link of now. */
  read(room: Membership): void {
    this.#waiting.add(room);
    this.#pump();
  }

  #pump(): void {
    for (const room of this.#waiting) {
      if (this.#active.size >= roomsAtOnce) return;
      if (this.#active.has(room)) continue;
      this.#waiting.delete(room);
      if (room.missing === undefined) continue;
      this.#active.set(room, undefined);
      this.#ask(room, room.missing);
    }
  }

  /**
   * The next page, and after it the epoch: a page does not say of which log it is, and that may be replaced at any time.
   * The service executes requests about one room in order; its answers may come in any.
   */
  #ask(room: Membership, missing: Missing): void {
    const { position, roomName } = room;
    const link = this.#link;
    if (link === undefined || position === undefined || room.missing !== missing) return this.#done(room);
    const limit = link.limits.historyMaxGetMessages;
    if (limit < 1) return this.#lost(room);
    let page: Page | undefined;
    let info: Info | undefined;
    const answered = (): void => {
      if (this.#link !== link || page === undefined || info === undefined) return;
      if (room.missing !== missing) return this.#done(room);
      if (!page.ok) return this.#failed(room, missing, page.error);
      if (!info.ok) return this.#failed(room, missing, info.error);
      this.#failures = 0;
      this.#take(room, missing, { position, messages: page.value.toReversed(), epoch: info.value.epoch });
    };
    const id = position.lastMessageId - (anchorOf(position, missing) === undefined ? 0 : 1);
    link.call('roomHistoryGet', { roomName, id, limit }, (outcome) => {
      page = outcome;
      answered();
    });
    link.call('roomHistoryInfo', { roomName }, (outcome) => {
      info = outcome;
      answered();
    });
  }

  #take(room: Membership, missing: Missing, { position, messages, epoch }: Read): void {
    if (epoch !== missing.epoch) {
      room.missing = undefined;
      this.#done(room);
      return this.#outdated(room);
    }
    const anchor = anchorOf(position, missing);
    const verified = anchor !== undefined && messages[0]?.['id'] === position.lastMessageId;
    if (verified && messages[0]?.['timestamp'] !== anchor) return this.#lost(room);
    missing.verified = true;
    const news = verified ? messages.slice(1) : messages;
    const firstId = Number(news[0]?.['id'] ?? 0);
    if (firstId > position.lastMessageId + 1) this.#delivery.trimmed(room, firstId - 1);
    const brought = this.#delivery.page(room, news);
    if (room.missing !== missing || room.position === undefined) return this.#done(room);
    if (room.position.lastMessageId >= missing.upTo) {
      this.#delivery.caughtUp(room);
      return this.#done(room);
    }
    // The log has no more of it, although it should.
    if (!brought && !verified) return this.#lost(room);
    this.#ask(room, missing);
  }

  #failed(room: Membership, missing: Missing, error: RequestError): void {
    if (error.temporary) {
      const again = (): void => this.#ask(room, missing);
      this.#active.set(room, setTimeout(again, repeatDelayMs(error, (this.#failures += 1))));
    } else if (room.status === 'leaving') this.#done(room);
    else this.#lost(room);
  }

  #done(room: Membership): void {
    this.#active.delete(room);
    this.#pump();
  }

  #lost(room: Membership): void {
    this.#delivery.lost(room);
    this.#done(room);
  }
}

/** What the answers to one question give, ascending; `position` is the room's as it was asked. */
interface Read {
  readonly position: Position;
  readonly messages: readonly ValueMap[];
  readonly epoch: string;
}

/** The time of the last message known, while the log has to be seen to have that very one. */
function anchorOf({ lastMessageId, lastTimestamp }: Position, { verified }: Missing): number | undefined {
  return verified || lastMessageId < 1 ? undefined : lastTimestamp;
}
