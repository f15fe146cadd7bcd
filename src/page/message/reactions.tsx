/** How many have reacted to a message, and with what; one's own are marked, and a press adds or takes back. */
import type { MessageView } from '../../client/react/index.ts';
import type { Reactors } from './reactors.ts';

interface ReactionsProps {
  readonly reactions: MessageView['reactions'];
  readonly reactors: Reactors | undefined;
  readonly mayReact: boolean;
  /** Only of the message that one is at the keyboard stops at each. */
  readonly isNear: boolean;
  readonly toggle: (key: string) => void;
}

export function Reactions({ reactions, reactors, mayReact, isNear, toggle }: ReactionsProps) {
  if (reactions.length === 0) return undefined;
  return (
    <ul className="reactions" aria-label="Reactions" aria-live="off">
      {reactions.map(({ key, count, isOwn }) => (
        <li key={key}>
          <button
            type="button"
            className="reaction"
            aria-pressed={reactors?.isRead === true ? reactors.own.has(key) : isOwn}
            aria-label={`${key} ${count}`}
            title={namesWords(reactors?.names.get(key) ?? [], count)}
            tabIndex={isNear ? 0 : -1}
            disabled={!mayReact}
            onClick={() => toggle(key)}
          >
            <span className="reaction-key" aria-hidden="true">
              {key}
            </span>
            <span aria-hidden="true">{count}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

const NAMES_MAX = 10;

function namesWords(names: readonly string[], count: number): string | undefined {
  if (names.length === 0) return undefined;
  const shown = names.slice(0, NAMES_MAX);
  const rest = count - shown.length;
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
