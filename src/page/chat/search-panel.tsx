/** Finds what was said in a conversation: by whom, of which kind, and when. */
import { useEffect, useId, useRef, useState, type FormEvent } from 'react';
import type { Message } from '../../client/index.ts';
import type { Talk } from '../../client/react/index.ts';
import { errorWords, exactTimeOf, shortTimeOf, textOf } from '../format.ts';
import { MoreButton } from '../parts/more-button.tsx';
import { SidePanel } from '../parts/side-panel.tsx';

/** Shown at first, and again with each `More`. */
const PAGE = 20;

interface Wish {
  readonly author: string;
  readonly type: string;
  /** Days as the browser's fields have them: `2026-11-29`. */
  readonly since: string;
  readonly until: string;
}

interface Found {
  readonly messages: readonly Message[];
  readonly hasMore: boolean;
  readonly isBusy: boolean;
  readonly problem: string | undefined;
}

const NOTHING: Found = { messages: [], hasMore: false, isBusy: false, problem: undefined };
const DAY_MS = 86_400_000;

export function SearchPanel({ talk, close }: { readonly talk: Talk; readonly close: () => void }) {
  const [wish, setWish] = useState<Wish>({ author: '', type: '', since: '', until: '' });
  const { found, search, more } = useSearch(talk);
  const change = (changes: Partial<Wish>): void => setWish({ ...wish, ...changes });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (found?.isBusy !== true) search(wish);
  };
  return (
    <SidePanel title="Search" what="search" close={close} isAsked>
      <form className="panel-form" onSubmit={submit} noValidate>
        <Field label="Written by" value={wish.author} change={(author) => change({ author })} />
        <Field label="Type of message" value={wish.type} change={(type) => change({ type })} />
        <Field label="From" kind="date" value={wish.since} change={(since) => change({ since })} />
        <Field label="To" kind="date" value={wish.until} change={(until) => change({ until })} />
        <button type="submit" className="primary" aria-disabled={found?.isBusy}>
          Search
        </button>
      </form>
      {found === undefined ? undefined : <Results found={found} more={more} />}
    </SidePanel>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly kind?: 'text' | 'date';
}

function Field({ label, value, change, kind = 'text' }: FieldProps) {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={kind}
        dir="auto"
        value={value}
        onChange={(event) => change(event.target.value)}
        maxLength={128}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
      />
    </>
  );
}

function Results({ found, more }: { readonly found: Found; readonly more: () => void }) {
  const { messages, hasMore, isBusy, problem } = found;
  const words = isBusy
    ? 'Searching …'
    : messages.length === 0
      ? 'Nothing found.'
      : `${messages.length}${hasMore ? ' or more' : ''} found, the newest first.`;
  return (
    <>
      <p className="hint" role="status">
        {problem ?? words}
      </p>
      <ol className="found" aria-label="Found messages" tabIndex={-1}>
        {messages.map((message) => (
          <li key={`${message.author} ${message.id}`} className="found-message">
            <span className="author">{message.author}</span>
            {message.timestamp === undefined ? undefined : (
              <time
                className="hint"
                dateTime={new Date(message.timestamp).toISOString()}
                title={exactTimeOf(message.timestamp)}
              >
                {shortTimeOf(message.timestamp)}
              </time>
            )}
            <span className="found-text">{textOf(message)}</span>
          </li>
        ))}
      </ol>
      {hasMore ? <MoreButton words="More" className="quiet" isBusy={isBusy} more={more} /> : undefined}
    </>
  );
}

/** One search at a time: what a former one still finds is not wanted. */
function useSearch(talk: Talk) {
  const [found, setFound] = useState<Found>();
  const running = useRef<AsyncGenerator<Message, void, void>>(undefined);
  useEffect(() => () => void running.current?.return(), [talk]);

  const read = (source: AsyncGenerator<Message, void, void>, before: readonly Message[]): void => {
    setFound({ ...NOTHING, messages: before, hasMore: before.length > 0, isBusy: true });
    pageOf(source).then(
      ({ messages, hasMore }) => {
        if (running.current === source) setFound({ ...NOTHING, messages: [...before, ...messages], hasMore });
      },
      (error: unknown) => {
        if (running.current === source) setFound({ ...NOTHING, messages: before, problem: errorWords(error) });
      },
    );
  };
  const search = (wish: Wish): void => {
    void running.current?.return();
    running.current = talk.search(optionsOf(wish));
    read(running.current, []);
  };
  const more = (): void => {
    if (running.current !== undefined) read(running.current, found?.messages ?? []);
  };
  return { found, search, more };
}

async function pageOf(source: AsyncGenerator<Message, void, void>): Promise<Pick<Found, 'messages' | 'hasMore'>> {
  const messages: Message[] = [];
  while (messages.length < PAGE) {
    const next = await source.next();
    if (next.done === true) return { messages, hasMore: false };
    messages.push(next.value);
  }
  return { messages, hasMore: true };
}

function optionsOf({ author, type, since, until }: Wish) {
  const time = (day: string, afterMs: number) => ({ time: new Date(`${day}T00:00`).getTime() + afterMs });
  return {
    ...(author.trim() === '' ? {} : { author: author.trim() }),
    ...(type.trim() === '' ? {} : { type: typeOf(type.trim()) }),
    ...(since === '' ? {} : { from: time(since, 0) }),
    // The whole day.
    ...(until === '' ? {} : { to: time(until, DAY_MS - 1) }),
  };
}

/** Types are numbers or words, as applications like. */
const typeOf = (type: string): number | string => (/^-?\d{1,9}$/.test(type) ? Number(type) : type);
