/** A box to tick, or one of several to choose, with what it means below its name. */
import { useId } from 'react';

interface ChoiceProps {
  readonly kind: 'radio' | 'checkbox';
  /** Of which one is chosen. */
  readonly group?: string;
  readonly name: string;
  readonly hint: string;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

export function Choice({ kind, group, name, hint, isChosen, choose }: ChoiceProps) {
  const id = useId();
  return (
    <div className="choice">
      <input id={id} type={kind} name={group} checked={isChosen} onChange={choose} aria-describedby={`${id}-hint`} />
      <span>
        <label htmlFor={id}>{name}</label>
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      </span>
    </div>
  );
}
