/** What was said in a conversation, in either direction; pages are read as they are needed. */
import type { Input } from '../../protocol/catalogue.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { badArgument } from '../encoding/encoding.ts';

export interface DirectHistoryOptions {
  /** `backward`, when left out: the newest first. */
  readonly direction?: 'backward' | 'forward';
  /** Messages in all; as many as there are when left out. */
  readonly limit?: number;
  /** Begins before, or behind, the message of this id; at the newest, or the oldest, when left out. */
  readonly from?: number;
}

export type PageOptions = NonNullable<Input<'directHistoryGet'>['options']>;
/** A page as the wire has it: ascending. */
export type ReadPage = (options: PageOptions) => Promise<readonly ValueMap[]>;

export async function* directHistory(
  read: ReadPage,
  pageMax: number,
  options: DirectHistoryOptions,
): AsyncGenerator<ValueMap, void, void> {
  check(options);
  const { direction = 'backward', limit = Infinity } = options;
  let { from } = options;
  for (let left = limit; left > 0;) {
    const wanted = Math.max(1, Math.min(pageMax, left));
    const page = await read({ direction, limit: wanted, ...(from === undefined ? {} : { fromId: from }) });
    const ordered = direction === 'forward' ? page : [...page].reverse();
    const next = ordered.at(-1)?.['id'];
    // Without an id there is nothing behind it.
    if (typeof next !== 'number' || next === from) return;
    for (const message of ordered.slice(0, wanted)) yield message;
    left -= ordered.length;
    from = next;
    if (direction === 'backward' && next <= 1) return;
  }
}

function check({ direction, limit, from }: DirectHistoryOptions): void {
  const bad = (what: string): Error => badArgument('directHistoryGet', 1, what);
  if (direction !== undefined && direction !== 'backward' && direction !== 'forward') {
    throw bad('a direction that is neither backward nor forward');
  }
  if (limit !== undefined && !(limit >= 0)) throw bad('a limit that is no number of messages');
  if (from !== undefined && !(Number.isSafeInteger(from) && from >= 0)) throw bad('no id to begin from');
}
