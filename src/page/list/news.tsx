/** What happens to the user, told wherever one is on the page: that somebody has added it to a conversation, or removed it from one. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useClient } from '../../client/react/index.ts';
import { titleIn } from '../format.ts';
import { Cross } from '../parts/icons.tsx';
import { go, hashOf, type Place } from '../places.ts';

/** Older ones are in the list, or not there any more. */
const SHOWN_MAX = 3;

interface Piece {
  readonly key: number;
  readonly words: ReactNode;
  /** Where it leads. */
  readonly place: Place;
}

let pieces = 0;

export function News({ place }: { readonly place: Place }) {
  const { news, forget } = useNews(place);
  // Who is there already knows.
  const shown = news.filter((piece) => piece.place === undefined || !isSame(piece.place, place));
  return (
    <div className="news" role="status" aria-label="News">
      {shown.map(({ key, words, place: to }) => (
        // Who dismisses one is at the next.
        <div key={key} className="news-piece" tabIndex={-1}>
          <span>{words}</span>
          {to === undefined ? undefined : (
            <a
              className="link"
              href={hashOf(to)}
              onClick={(event) => {
                event.preventDefault();
                forget(key);
                go(to);
              }}
            >
              Open
            </a>
          )}
          <button type="button" className="icon" aria-label="Dismiss" onClick={() => forget(key)}>
            <Cross />
          </button>
        </div>
      ))}
    </div>
  );
}

const isSame = (one: Place, other: Place): boolean => one?.kind === other?.kind && one?.name === other?.name;

const wordsOf = (by: string | null | undefined, done: string, title: string): ReactNode => (
  <>
    <bdi>{by ?? 'The service'}</bdi> {done} <bdi>{title}</bdi>.
  </>
);

function useNews(place: Place) {
  const client = useClient();
  const [news, setNews] = useState<readonly Piece[]>([]);
  const at = useRef(place);
  useEffect(() => {
    at.current = place;
  }, [place]);
  const forget = (key: number): void => setNews((all) => all.filter((piece) => piece.key !== key));
  useEffect(() => {
    const { conversations } = client;
    const tell = (words: ReactNode, to: Place): void =>
      setNews((all) => [...all, { key: ++pieces, words, place: to }].slice(-SHOWN_MAX));
    const invited: Parameters<typeof conversations.on<'invited'>>[1] = ({ room, by, attributes }) => {
      if (by === client.userName) return;
      const title = titleIn(attributes) ?? 'a conversation';
      tell(wordsOf(by, 'has added you to', title), { kind: 'room', name: room.name });
    };
    // Of a room that was taken away nothing is known any more.
    const titles = new WeakMap<object, string>();
    const remember = (): void => {
      for (const { room, attributes } of conversations.list) titles.set(room, titleIn(attributes) ?? room.name);
    };
    remember();
    const kicked: Parameters<typeof conversations.on<'kicked'>>[1] = ({ room, by }) => {
      // There is nothing to be done there any more.
      const gone: Place = { kind: 'room', name: room.name };
      setNews((all) => all.filter((piece) => piece.place === undefined || !isSame(piece.place, gone)));
      if (by === client.userName) return;
      if (isSame(at.current, gone)) go(undefined);
      tell(wordsOf(by, 'has removed you from', titles.get(room) ?? room.name), undefined);
    };
    conversations.on('invited', invited).on('kicked', kicked).on('change', remember);
    return () => {
      conversations.off('invited', invited).off('kicked', kicked).off('change', remember);
    };
  }, [client]);
  return { news, forget };
}
