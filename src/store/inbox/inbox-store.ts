/**
 * The inbox of a user: the notices of its log that are kept for devices which come back. The scripts that make a notice write it
 * (lib/inbox/record.lua); here is how it is read. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Position, TopicEvent } from '../../log/event.ts';
import type { InboxPosition } from '../../protocol/inbox.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { events } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';

const script = scriptsBeside(import.meta.url);

const readInbox = script('read-inbox', {
  keys: ['meta', 'history', 'latest'],
  args: ['epoch', 'after', 'afterAt', 'upTo', 'limit', 'bytesMax', 'maxAgeMs'],
  refuses: ['lost'],
  gives: events,
});

/** Where an inbox stands with a notice of that id and time; 0 and 0 before the first one. */
export const inboxPositionOf = ({
  epoch,
  id,
  timestamp,
}: Pick<Position, 'epoch' | 'id' | 'timestamp'>): InboxPosition =>
  timestamp === 0 ? { epoch, seq: id } : { epoch, seq: id, timestamp };

/** Of two positions of one number: whether it is one notice, as far as is known, or a failover has lost one and another has its number. */
const isSame = ({ seq, timestamp: one }: InboxPosition, { timestamp: other }: InboxPosition): boolean =>
  seq === 0 || one === undefined || other === undefined || one === other;

/** Notices, and about so many bytes of them, in one call. */
const PAGE = { limit: 200, bytesMax: 1 << 18 };

export interface InboxOptions {
  /** What is older is given to nobody, message or not; 0: for ever. */
  readonly historyMaxAgeMs: number;
}

export class InboxStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #maxAgeMs: number;

  constructor(commands: Commands, keys: Keyspace, { historyMaxAgeMs }: InboxOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#maxAgeMs = historyMaxAgeMs;
  }

  /**
   * What came behind a position, up to another one of the user's log, ascending and whole. `lost` where it cannot be had so: it is not
   * kept any more, of another life, behind a notice that a failover has lost, or more than `bytesMax`.
   */
  async readBehind(
    userName: string,
    position: InboxPosition,
    head: InboxPosition,
    bytesMax: number,
  ): Promise<TopicEvent[] | 'lost'> {
    const { meta, history, latest } = this.#keys.user(userName);
    if (position.epoch !== head.epoch || position.seq > head.seq) return 'lost';
    const found: TopicEvent[] = [];
    let last = position;
    let bytes = 0;
    while (last.seq < head.seq) {
      const { seq: after, timestamp: afterAt = 0 } = last;
      const args = { epoch: head.epoch, after, afterAt, upTo: head.seq, ...PAGE, maxAgeMs: this.#maxAgeMs };
      const page = await this.#commands.run(readInbox, { meta, history, latest }, args);
      if (page === 'lost' || page.length === 0) return 'lost';
      for (const event of page) {
        // Past a hole, or into another life, a client must not be led.
        const isNext = event.id === last.seq + 1 && event.epoch === head.epoch;
        if (!isNext) return 'lost';
        bytes += event.frame.length;
        found.push(event);
        last = inboxPositionOf(event);
      }
      if (bytes > bytesMax) return 'lost';
    }
    return isSame(last, head) ? found : 'lost';
  }
}
