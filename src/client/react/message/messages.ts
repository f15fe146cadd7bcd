/** The messages of a room or a direct conversation, a bounded window of them. */
import { useMemo, useState, useSyncExternalStore } from 'react';
import type { Message } from '../../message/message.ts';
import { NO_MESSAGES, type WindowState } from './message-window.ts';
import { MessageWindows } from './message-windows.ts';
import { useClient } from '../provider.ts';
import { perObject } from '../snapshot.ts';
import type { ClientSource, Talk } from '../sources.ts';

export interface UseMessagesOptions {
  /**
   * How many messages are kept at most; 200 when left out. Beyond it the end goes that one has scrolled away from. It may
   * change: what is there is not read again.
   */
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

const windowsOf = perObject((client: ClientSource) => perObject((talk: Talk) => new MessageWindows(talk, client)));

/**
 * What was said, oldest first, each message with its state; it follows what is live. Components with the same `limit` share
 * one window. A message that has not changed is the same value as before, so that a row made with `memo` renders once.
 */
export function useMessages(talk: Talk, { limit = LIMIT }: UseMessagesOptions = {}): MessagesState {
  const windows = windowsOf(useClient())(talk);
  const most = Math.max(1, Math.floor(limit));
  // The component, for those who have to know it again.
  const [self] = useState(() => ({}));
  const { subscribe, get } = useMemo(
    () => ({
      subscribe: (onChange: () => void) => windows.look(most, self, onChange),
      get: () => windows.at(most, self)?.snapshots.get() ?? NO_MESSAGES,
    }),
    [windows, most, self],
  );
  const state = useSyncExternalStore(subscribe, get, () => NO_MESSAGES);
  const actions = useMemo(
    () => ({
      loadOlder: () => windows.of(self)?.loadOlder(),
      loadNewer: () => windows.of(self)?.loadNewer(),
      loadLatest: () => windows.of(self)?.loadLatest(),
      send: (content: Readonly<Record<string, unknown>>, options?: object) => windows.send(content, options),
      discard: (message: Message) => windows.discard(message),
    }),
    [windows, self],
  );
  return useMemo(() => ({ ...state, ...actions }), [state, actions]);
}
