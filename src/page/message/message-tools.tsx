/** What one may do about a message, at its edge while one is at it: react, answer, change it, take it away. */
import { useState, type ReactNode } from 'react';
import type { MessageView } from '../../client/react/index.ts';
import { Answer, Bin, Pen } from '../parts/icons.tsx';
import { KEYS, type Deeds } from './deeds.ts';

interface MessageToolsProps {
  readonly view: MessageView;
  readonly deeds: Deeds;
  readonly toggle: (key: string) => void;
  readonly recall: () => void;
}

export function MessageTools({ view, deeds, toggle, recall }: MessageToolsProps) {
  const { isOwn, author = '', content } = view;
  const [isAsking, setIsAsking] = useState(false);
  const { mayWrite, mayRecallAll, answer, edit } = deeds;
  const hasText = typeof content['textMessage'] === 'string';
  const label = `About the message of ${isOwn ? 'yours' : author}`;
  return (
    <div className="tools-rail">
      <div className="tools" role="group" aria-label={label} aria-live="off">
        {isAsking ? (
          <>
            <span className="tools-words">Take it away for everybody?</span>
            <button type="button" className="quiet danger" autoFocus onClick={recall}>
              Recall
            </button>
            <button type="button" className="quiet" onClick={() => setIsAsking(false)}>
              Keep
            </button>
          </>
        ) : (
          <>
            {mayWrite ? KEYS.map((key) => <Key key={key} name={key} toggle={toggle} />) : undefined}
            {mayWrite ? <Tool name="Answer" drawing={<Answer />} act={() => answer(view)} /> : undefined}
            {mayWrite && isOwn && hasText ? <Tool name="Edit" drawing={<Pen />} act={() => edit(view)} /> : undefined}
            {isOwn || mayRecallAll ? <Tool name="Recall" drawing={<Bin />} act={() => setIsAsking(true)} /> : undefined}
          </>
        )}
      </div>
    </div>
  );
}

function Key({ name, toggle }: { readonly name: string; readonly toggle: (key: string) => void }) {
  return (
    <button type="button" className="tool" aria-label={`React with ${name}`} onClick={() => toggle(name)}>
      <span aria-hidden="true">{name}</span>
    </button>
  );
}

interface ToolProps {
  readonly name: string;
  readonly drawing: ReactNode;
  readonly act: () => void;
}

function Tool({ name, drawing, act }: ToolProps) {
  return (
    <button type="button" className="tool" aria-label={name} title={name} onClick={act}>
      {drawing}
    </button>
  );
}
