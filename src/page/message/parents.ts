/** Messages that are answered and not among those that are shown: read one by one, once each. */
import { useEffect, useState } from 'react';
import type { Message } from '../../client/index.ts';
import type { MessageView, Talk } from '../../client/react/index.ts';
import type { Telling } from './deeds.ts';

/** What a quote shows of a message, which may be a view or the object. */
export type Quoted = Pick<MessageView, 'author' | 'content' | 'isOwn' | 'recalled'>;

const MESSAGES_MAX = 200;

type Reading = Promise<Message | undefined>;
const readings = new WeakMap<Talk, Map<number, Reading>>();

function readingsOf(talk: Talk): Map<number, Reading> {
  const known = readings.get(talk);
  if (known !== undefined) return known;
  const made = new Map<number, Reading>();
  readings.set(talk, made);
  // What is known by its id may be another message then.
  const telling: Telling = talk;
  telling.on('reset', () => made.clear());
  return made;
}

function read(talk: Talk, id: number): Reading {
  const all = readingsOf(talk);
  const known = all.get(id);
  if (known !== undefined) return known;
  const reading = one(talk, id);
  all.set(id, reading);
  reading.catch(() => all.delete(id));
  for (const oldest of all.keys()) if (all.size > MESSAGES_MAX) all.delete(oldest);
  return reading;
}

async function one(talk: Talk, id: number): Reading {
  for await (const message of talk.history({ direction: 'forward', from: id - 1, limit: 1 })) {
    // Another one where it is not kept any more.
    if (message.id === id) return message;
  }
  return undefined;
}

export function useParent(talk: Talk, id: number, shown: MessageView | undefined): Quoted | undefined {
  const [found, setFound] = useState<{ readonly quoted: Quoted }>();
  const isShown = shown !== undefined;
  useEffect(() => {
    if (isShown) return;
    let isWanted = true;
    const show = (message: Message | undefined): void => {
      if (isWanted && message !== undefined) setFound({ quoted: message });
    };
    const look = (): void => void read(talk, id).then(show, () => undefined);
    look();
    // The object is the same, and says something else now.
    const changed = (about: object): void => {
      if ('id' in about && about.id === id) look();
    };
    const telling: Telling = talk;
    telling.on('update', changed);
    return () => {
      isWanted = false;
      telling.off('update', changed);
    };
  }, [talk, id, isShown]);
  return shown ?? found?.quoted;
}
