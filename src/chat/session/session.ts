/** The session of a user, as its sockets get to see it: asked for, and restored at login. */
import type { Format } from '../../protocol/wire/codec.ts';
import { fail } from '../../protocol/errors.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import type { Chat, sessionRequests } from '../../protocol/session.ts';
import { userTopic } from '../../redis/keys.ts';
import type { SessionEntry } from '../../store/session/session-entries.ts';
import type { HandlersOf } from '../caller.ts';
import { Failed, ok } from '../outcome.ts';
import { byGroup, holdNotices, presentOf, turnOf } from './entries.ts';
import { nameSize } from '../access/lists.ts';
import type { Services } from '../services.ts';

export function sessionHandlers(services: Services): HandlersOf<typeof sessionRequests> {
  const { sessions, topics, settings } = services;
  return {
    async sessionGet(by, _, socket) {
      const held = holdNotices(services, by, socket);
      try {
        const read = await sessions.read(by.author);
        const entries = read === 'gone' ? [] : read.entries;
        by.spend(entries.length * UNITS_PER_ROOM);
        const chats = await presentOf(
          services,
          by.author,
          // Others ask, and it hears of what is found out.
          socket === undefined ? '' : (by.exceptSocket ?? ''),
          entries,
          () => socket?.open !== false,
        );
        if (read !== 'gone') {
          held?.tookEffect(read.at);
          await topics.reached(userTopic(by.author), read.at.seq, read.at.epoch);
        }
        if (chats.reduce((sum, chat) => sum + chatSize(chat, by.format), 0) > settings.replyBytes) {
          return new Failed(fail('listTooLong', [chats.length]), turnOf(held));
        }
        const result = [...byGroup(chats)].map(([group, chats]): [string, Record<string, (typeof chats)[number]>] => [
          group,
          Object.fromEntries(chats.map((chat) => [chat.name, chat])),
        ]);
        return ok(Object.fromEntries(result), turnOf(held));
      } catch (error) {
        held?.end();
        throw error;
      }
    },
  };
}

/** Each room of a session is asked for on its own. */
export const UNITS_PER_ROOM = 0.5;

/** What a synced socket is told of the session at its login, before anything newer. */
export async function restore(
  services: Pick<Services, 'access' | 'sessions'>,
  socket: { readonly userName: string; readonly socketId: string },
  entries: readonly SessionEntry[],
  isWanted: () => boolean,
): Promise<Uint8Array[]> {
  const chats = await presentOf(services, socket.userName, socket.socketId, entries, isWanted);
  return [...byGroup(chats)].flatMap(([group, ofGroup]) => [
    ...ofGroup.map((chat) => notificationFrame('$.chat.join', [{ chat }])),
    notificationFrame('$.group.restored', [{ group }]),
  ]);
}

/** Of a chat without its names. */
const CHAT_BYTES = 60;

/** Bytes that a chat takes in a reply: its name is there twice. */
const chatSize = ({ name, group }: Chat, format: Format): number =>
  CHAT_BYTES + 2 * nameSize(name, format) + nameSize(group, format);
