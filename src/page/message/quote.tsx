/** The message that another one answers, in short: a press goes there. */
import type { MessageView } from '../../client/react/index.ts';
import { firstLineOf } from '../format.ts';
import type { Deeds } from './deeds.ts';
import { useParent } from './parents.ts';

interface QuoteProps {
  readonly id: number;
  /** Where it is among those that are shown. */
  readonly parent: MessageView | undefined;
  readonly deeds: Deeds;
  readonly isNear: boolean;
}

export function Quote({ id, parent, deeds, isNear }: QuoteProps) {
  const found = useParent(deeds.talk, id, parent);
  const author = found?.isOwn === true ? 'You' : (found?.author ?? '');
  const words = found === undefined ? 'An earlier message' : firstLineOf(found);
  return (
    <button type="button" className="quote" tabIndex={isNear ? 0 : -1} onClick={() => deeds.jump(id)}>
      <span className="quote-author">
        <span className="unseen">Answers </span>
        {author}
        <span className="unseen">: </span>
      </span>
      <span className="quote-text">{words}</span>
    </button>
  );
}
