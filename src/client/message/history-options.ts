/** How a history is asked for, of a room or a conversation. Reading it is left to these. */
import { badArgument } from '../encoding/encoding.ts';

export interface HistoryOptions {
  /** `backward`, when left out: the newest first. */
  readonly direction?: 'backward' | 'forward';
  /** Messages in all; as many as there are when left out. */
  readonly limit?: number;
  /** Begins before, or behind, the message of this id; at the newest, or the oldest, when left out. */
  readonly from?: number;
}

/** Throws `badArgument`, worded as of the request by which it is read. */
export function checkHistoryOptions(
  name: 'roomHistoryGet' | 'directHistoryGet',
  { direction, limit, from }: HistoryOptions,
): void {
  const bad = (what: string): Error => badArgument(name, 1, what);
  if (direction !== undefined && direction !== 'backward' && direction !== 'forward') {
    throw bad('a direction that is neither backward nor forward');
  }
  if (limit !== undefined && limit !== Infinity && !isCount(limit)) throw bad('a limit that is no number of messages');
  if (from !== undefined && !isCount(from)) throw bad('no id to begin from');
}

const isCount = (number: number): boolean => Number.isSafeInteger(number) && number >= 0;
