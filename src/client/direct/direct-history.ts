/** What was said in a conversation, in either direction; pages are read as they are needed. */
import type { Input } from '../../protocol/catalogue.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { checkHistoryOptions, type HistoryOptions } from '../message/history-options.ts';
import { idOf } from '../message/message.ts';

export type PageOptions = NonNullable<Input<'directHistoryGet'>['options']>;
/** A page as the wire has it: ascending. */
export type ReadPage = (options: PageOptions) => Promise<readonly ValueMap[]>;

export async function* directHistory(
  read: ReadPage,
  pageMax: number,
  options: HistoryOptions,
): AsyncGenerator<ValueMap, void, void> {
  checkHistoryOptions('directHistoryGet', options);
  const { direction = 'backward', limit = Infinity } = options;
  let { from } = options;
  for (let left = limit; left > 0;) {
    const wanted = Math.max(1, Math.min(pageMax, left));
    const page = await read({ direction, limit: wanted, ...(from === undefined ? {} : { fromId: from }) });
    const ordered = direction === 'forward' ? page : [...page].reverse();
    const next = idOf(ordered.at(-1));
    // Without an id there is nothing behind it.
    if (next === undefined || next === from) return;
    for (const message of ordered.slice(0, wanted)) yield message;
    left -= ordered.length;
    from = next;
    if (direction === 'backward' && next <= 1) return;
  }
}
