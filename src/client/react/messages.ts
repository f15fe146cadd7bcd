/** The messages of a room or a direct conversation, a bounded window of them. */
import { useMemo } from 'react';
import type { Message } from '../message/message.ts';
import { MessageWindow, NO_MESSAGES, type WindowState } from './message-window.ts';
import { perObject, useSnapshot } from './snapshot.ts';
import type { Talk } from './sources.ts';

export interface UseMessagesOptions {
  /** How many messages are kept at most; 200 when left out. Beyond it the end goes that one has scrolled away from. */
  readonly limit?: number;
}

export interface MessagesState extends WindowState {
  /** Reads a page before the oldest; nothing happens while one is being read, or where there is none. */
  readonly loadOlder: () => void;
  /** The same behind the newest, where the window was moved back. */
  readonly loadNewer: () => void;
  /** Back to what is live. */
  readonly loadLatest: () => void;
  /** Sends, and shows it at once. */
  readonly send: (content: Readonly<Record<string, unknown>>, options?: object) => Message;
  /** Takes a message that has failed out of what is shown. */
  readonly discard: (message: Message) => void;
}

const LIMIT = 200;

const windowsOf = perObject((_talk: Talk) => new Map<number, MessageWindow>());

function windowOf(talk: Talk, limit: number): MessageWindow {
  const windows = windowsOf(talk);
  const known = windows.get(limit);
  if (known !== undefined) return known;
  const fresh = new MessageWindow(talk, limit);
  windows.set(limit, fresh);
  return fresh;
}

/**
 * What was said, oldest first, each message with its state; it follows what is live. Components with the same `limit` share
 * one window. A message that has not changed is the same value as before, so that a row made with `memo` renders once.
 */
export function useMessages(talk: Talk, { limit = LIMIT }: UseMessagesOptions = {}): MessagesState {
  const shown = windowOf(talk, Math.max(1, Math.floor(limit)));
  const state = useSnapshot(shown.snapshots, NO_MESSAGES);
  return useMemo(() => {
    const { loadOlder, loadNewer, loadLatest, send, discard } = shown;
    return { ...state, loadOlder, loadNewer, loadLatest, send, discard };
  }, [state, shown]);
}
