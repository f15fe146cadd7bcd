/** The session of a user, as its sockets get to see it: asked for, and restored at login. */
import { utf8Length } from '../../protocol/names/form.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Format } from '../../protocol/wire/codec.ts';
import { fail } from '../../protocol/errors/errors.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { encodeJson } from '../../protocol/wire/json.ts';
import { encodeShared } from '../../protocol/wire/msgpack.ts';
import type { Chat, SessionChats, sessionRequests } from '../../protocol/session.ts';
import { userTopic } from '../../redis/keys.ts';
import type { SessionEntry } from '../../store/session/session-entries.ts';
import type { UserActor } from '../actor.ts';
import type { Caller, HandlersOf } from '../caller.ts';
import { Failed, ok, type Turn } from '../outcome.ts';
import { byGroup, holdNotices, presentOf, turnOf } from './entries.ts';
import { nameSize } from '../access/lists.ts';
import type { Services } from '../services.ts';

export function sessionHandlers(services: Services): HandlersOf<typeof sessionRequests> {
  return {
    async sessionGet(by, _, socket) {
      const { chats, count, turn } = await giveSession(services, by, socket);
      return chats === undefined ? new Failed(fail('listTooLong', [count]), turn) : ok(chats, turn);
    },
  };
}

/** A session as it is given: no chats where they are more than a reply holds. Whatever is answered has the turn. */
export interface GivenSession {
  readonly chats: SessionChats | undefined;
  readonly count: number;
  readonly turn: Turn;
}

/** What it holds back for a socket waits for the turn of the answer. */
export async function giveSession(
  services: Services,
  by: UserActor,
  socket: Caller | undefined,
): Promise<GivenSession> {
  const { sessions, topics, settings } = services;
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
    const [turn, count] = [turnOf(held), chats.length];
    if (chats.reduce((sum, chat) => sum + chatSize(chat, by.format), 0) > settings.replyBytes) {
      return { chats: undefined, count, turn };
    }
    const result = [...byGroup(chats)].map(([group, chats]): [string, Record<string, (typeof chats)[number]>] => [
      group,
      Object.fromEntries(chats.map((chat) => [chat.name, chat])),
    ]);
    return { chats: Object.fromEntries(result), count, turn };
  } catch (error) {
    held?.end();
    throw error;
  }
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
const chatSize = ({ name, group, meta }: Chat, format: Format): number =>
  CHAT_BYTES + 2 * nameSize(name, format) + nameSize(group, format) + valueSize(meta, format);

const valueSize = (value: ValueMap, format: Format): number =>
  format === 'json' ? utf8Length(encodeJson(value)) : encodeShared(value).length;
