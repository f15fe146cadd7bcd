/** What is said to who does not see the page: text that grows is told once it is there, and not word by word. */
import { useEffect, useRef, useState } from 'react';
import type { MessageView } from '../../client/react/index.ts';
import { textOf } from '../format.ts';

const LETTERS_MAX = 1_000;

export function useFinishedWords(messages: readonly MessageView[]): string {
  const unfinished = useRef(new Set<string>());
  const [words, setWords] = useState('');
  useEffect(() => {
    const before = unfinished.current;
    const finished = messages.findLast((view) => before.has(view.key) && !view.isWriting);
    unfinished.current = new Set(messages.filter(({ isWriting }) => isWriting).map(({ key }) => key));
    if (finished !== undefined) setWords(`${finished.author}: ${textOf(finished).slice(0, LETTERS_MAX)}`);
  }, [messages]);
  return words;
}
