/** The drawer for developers: what travels on the connection, as it goes. */
import { memo, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import { sizeWords } from '../format.ts';
import { Cross } from '../parts/icons.tsx';
import type { FrameLine, FrameLog } from './frame-log.ts';

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

export function Frames({ frames, close }: { readonly frames: FrameLog; readonly close: () => void }) {
  const live = useSyncExternalStore(frames.subscribe, frames.get);
  const [held, setHeld] = useState<readonly FrameLine[]>();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const clear = (): void => {
    setHeld(undefined);
    frames.clear();
  };
  return (
    <section
      className="frames"
      aria-labelledby="frames-title"
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <header className="frames-head">
        <h2 id="frames-title" ref={heading} tabIndex={-1}>
          Frames
        </h2>
        <span className="hint">the latest {(held ?? live).length}</span>
        <span className="grow" />
        <button
          type="button"
          className="quiet"
          aria-pressed={held !== undefined}
          onClick={() => setHeld(held === undefined ? live : undefined)}
        >
          Hold
        </button>
        <button type="button" className="quiet" onClick={clear}>
          Clear
        </button>
        <button type="button" className="icon" aria-label="Close frames" onClick={close}>
          <Cross />
        </button>
      </header>
      <FrameTable lines={held ?? live} />
    </section>
  );
}

function FrameTable({ lines }: { readonly lines: readonly FrameLine[] }) {
  const list = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    if (follows.current && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [lines]);
  return (
    <div
      className="frames-list"
      ref={list}
      tabIndex={0}
      role="region"
      aria-label="Frames, oldest first"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        follows.current = scrollHeight - scrollTop - clientHeight < 40;
      }}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Way</th>
            <th scope="col">Method</th>
            <th scope="col">Content</th>
            <th scope="col" className="number">
              Size
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <FrameRow key={line.key} line={line} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const FrameRow = memo(function FrameRow({ line }: { readonly line: FrameLine }) {
  const isOut = line.direction === 'out';
  return (
    <tr className={line.isError ? 'is-error' : undefined}>
      <td>{clock.format(line.at)}</td>
      <td>
        <span className={isOut ? 'way way-out' : 'way way-in'}>
          <span aria-hidden="true">{isOut ? '↑' : '↓'}</span> {isOut ? 'out' : 'in'}
        </span>
      </td>
      <td>
        <span className="method">{line.method}</span>
        <span className="hint">
          {line.kind}
          {line.id === undefined ? '' : ` ${line.id}`}
        </span>
      </td>
      <td className="content">{line.text}</td>
      <td className="number">{line.bytes === undefined ? '' : sizeWords(line.bytes)}</td>
    </tr>
  );
});
