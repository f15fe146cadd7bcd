/** Reading what was said. Pages come newest first, as the source system's clients expect; the log is ascending. */
import type { TopicEvent } from '../bus/event.ts';
import { fail } from '../protocol/errors.ts';
import { messageIn } from '../protocol/frame.ts';
import type { ValueMap } from '../protocol/values.ts';
import type { HistoryInfo } from '../protocol/types.ts';
import type { RoomInfo } from '../state/room-state.ts';
import type { Handlers } from './caller.ts';
import type { Services } from './services.ts';

type HistoryHandlers = Pick<Handlers, 'roomRecentHistory' | 'roomHistoryGet' | 'roomHistoryInfo'>;

export function historyHandlers({ rooms, settings }: Services): HistoryHandlers {
  const pageMax = settings.limits.historyMaxGetMessages;
  return {
    async roomRecentHistory(caller, { roomName }) {
      const found = await rooms.readHistory(roomName, caller.authority, undefined, pageMax);
      return typeof found === 'string' ? fail(found, [roomName]) : found.map(processedMessage).reverse();
    },

    async roomHistoryGet(caller, { roomName, id, limit }) {
      const found = await rooms.readHistory(roomName, caller.authority, id, Math.min(limit, pageMax));
      return typeof found === 'string' ? fail(found, [roomName]) : found.map(processedMessage).reverse();
    },

    async roomHistoryInfo(caller, { roomName }) {
      const info = await rooms.readInfo(roomName, caller.authority);
      if (typeof info === 'string') return fail(info, [roomName]);
      return historyInfo(info, pageMax);
    },
  };
}

export const historyInfo = (info: RoomInfo, pageMax: number): HistoryInfo => ({
  historyMaxGetMessages: pageMax,
  historyMaxSize: info.historyMax,
  historySize: info.lastId - info.oldestId + 1,
  lastMessageId: info.lastId,
  oldestMessageId: info.oldestId,
  epoch: info.epoch,
});

/** The message as clients know it, out of the notification that was broadcast for it. */
export const processedMessage = ({ frame }: TopicEvent): ValueMap => messageIn(frame);
