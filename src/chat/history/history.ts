/**
 * Reading what was said. Pages come newest first, as the source system's clients expect; the log is ascending. A page is
 * as long as fits into a reply, and has one message at least.
 */
import type { TopicEvent } from '../../log/event.ts';
import { fail } from '../../protocol/errors/errors.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { StoredResult, type StoredValue } from '../../protocol/wire/stored.ts';
import type { HistoryInfo, historyRequests } from '../../protocol/history.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Unreadable } from '../../store/key-names.ts';
import type { RoomInfo } from '../../store/room/room-store.ts';
import type { Actor } from '../actor.ts';
import type { HandlersOf } from '../caller.ts';
import { lastChangeOf } from '../change/last-change.ts';
import { ok, type Ok } from '../outcome.ts';
import type { Services } from '../services.ts';
import { search } from './search.ts';

export function historyHandlers({ rooms, histories, settings }: Services): HandlersOf<typeof historyRequests> {
  const pageMax = settings.limits.historyMaxGetMessages;
  return {
    async roomRecentHistory(by, { roomName }) {
      const found = await histories.read(roomName, by.rights, undefined, pageMax);
      if (typeof found === 'string') return fail(found, [roomName]);
      return pageOf(fitting(found.toReversed(), by, settings.replyBytes));
    },

    async roomHistoryGet(by, { roomName, id, limit }) {
      const found = await histories.read(roomName, by.rights, id, Math.min(limit, pageMax));
      if (typeof found === 'string') return fail(found, [roomName]);
      return pageOf(fitting(found, by, settings.replyBytes).toReversed());
    },

    async roomHistorySearch(by, { roomName, options }) {
      const found = await search<Unreadable>(options, by, settings, async (range) => {
        const page = await histories.search(roomName, by.rights, range);
        return typeof page === 'string' ? page : { page, show: ({ frame }) => storedMessageIn(frame) };
      });
      return typeof found === 'string' ? fail(found, [roomName]) : found;
    },

    async roomHistoryInfo(by, { roomName }) {
      const info = await rooms.readInfo(roomName, by.rights);
      if (typeof info === 'string') return fail(info, [roomName]);
      return ok(historyInfo(info, pageMax));
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
  ...lastChangeOf(info),
});

const pageOf = (messages: readonly StoredValue[]): Ok<ValueMap[]> => ok(new StoredResult<ValueMap[]>(messages));

/** The first messages, as many as fit; the store has counted their MessagePack, and JSON may be longer. */
function fitting(events: readonly TopicEvent[], { format }: Actor, bytesMax: number): StoredValue[] {
  const messages = events.map(({ frame }) => storedMessageIn(frame));
  let bytes = 0;
  const end = messages.findIndex((message, at) => (bytes += message.size(format)) > bytesMax && at > 0);
  return end < 0 ? messages : messages.slice(0, end);
}
