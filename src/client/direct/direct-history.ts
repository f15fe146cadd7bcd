/** What was said in a conversation, in either direction; pages are read as they are needed. */
import type { Input } from '../../protocol/catalogue.ts';
import type { SearchPage } from '../../protocol/history.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Core } from '../core.ts';
import { checkHistoryOptions, type HistoryOptions } from '../message/history-options.ts';
import { idOf } from '../message/message.ts';
import { search, type SearchOptions } from '../message/search.ts';
import type { DirectLog } from './direct-log.ts';

export type PageOptions = NonNullable<Input<'directHistoryGet'>['options']>;
/** A page as the wire has it: ascending. */
export type ReadPage = (options: PageOptions) => Promise<readonly ValueMap[]>;

async function* directHistory(
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

/** Reads what was said, as new as what was told of it by then. */
export class DirectHistory {
  readonly #core: Core;
  readonly #direct: { readonly userName: string };
  readonly #log: () => DirectLog;

  constructor(core: Core, direct: { readonly userName: string }, log: () => DirectLog) {
    this.#core = core;
    this.#direct = direct;
    this.#log = log;
  }

  page(options: PageOptions): Promise<readonly ValueMap[]> {
    const { userName } = this.#direct;
    const ask = (): Promise<readonly ValueMap[]> => this.#core.request('directHistoryGet', { userName, options });
    return this.#log().messages.read(ask, (page) => page);
  }

  all(options: HistoryOptions): AsyncGenerator<ValueMap, void, void> {
    return directHistory((page) => this.page(page), this.#core.limits.historyMaxGetMessages, options);
  }

  search(options: SearchOptions): AsyncGenerator<ValueMap, void, void> {
    const { userName } = this.#direct;
    const found = ({ messages }: SearchPage): readonly ValueMap[] => messages;
    const ask = (page: SearchOptions): Promise<SearchPage> =>
      this.#core.request('directHistorySearch', { userName, options: page });
    return search((page) => this.#log().messages.read(() => ask(page), found), options);
  }
}

/** Of a message that is read again the service says how far it has come; it is none of the application's fields. */
export function withoutStatus(heard: ValueMap): ValueMap {
  return Object.fromEntries(Object.entries(heard).filter(([key]) => key !== 'status'));
}
