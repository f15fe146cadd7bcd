/**
 * Filing rooms in a user's session: what a join by a synced socket adds, which of the filed rooms are still there, and
 * how the session is told. Joining itself is membership's.
 */
import { chatPrefix, leavePrefixes, type Chat } from '../../protocol/session.ts';
import { isValidName } from '../../protocol/names/rule.ts';
import type { NameLimits } from '../../protocol/names/form.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import { userTopic } from '../../redis/keys.ts';
import type { Joined, JoinVerdict } from '../../store/membership/membership-store.ts';
import type { Filing } from '../../store/session/filed-rooms.ts';
import { DEFAULT_GROUP, type LostFiling } from '../../store/session/session-store.ts';
import type { Actor } from '../actor.ts';
import type { Caller } from '../caller.ts';
import type { Services } from '../services.ts';
import { HeldNotices } from './held-notices.ts';
import { windowsOf } from '../windows.ts';

/** Kept for what the service itself may file. */
const RESERVED_GROUP = 'system';
/** Rooms asked at the same time. */
const WINDOW = 8;

/** Why a room may not be filed under a group; nothing where none is named, or the socket takes no part in the session. */
export function judgeGroup(caller: Caller, group: string | undefined, limits: NameLimits): JoinVerdict | undefined {
  if (!caller.synced || group === undefined) return undefined;
  if (group === RESERVED_GROUP) return 'notAllowed';
  return isValidName(group, limits) ? undefined : 'invalidName';
}

/** What a join has to do about the session in the turn of its response. */
export interface Filed {
  /** Resolves once this node has heard of it, or the bus is late. */
  reached(): Promise<unknown>;
  before(): void;
  after(): void;
}

/**
 * Files a room that a synced socket has joined, and echoes the join. `held` is ended in the turn of the response, or by the
 * caller where this rejects or is `full`: no more rooms may be filed.
 */
export async function fileRoom(
  services: Services,
  caller: Caller,
  join: { roomName: string; group: string | undefined; joined: Joined; echo: Uint8Array; except: string },
  held: HeldNotices | undefined,
): Promise<Filed | 'full'> {
  const { sessions, topics, repairs } = services;
  const { userName, socketId, nodeId } = caller;
  const { roomName, group, joined, echo, except } = join;
  const filed = await sessions.file(userName, {
    socketId,
    nodeId,
    except,
    roomName,
    joinedAt: joined.at,
    life: joined.life,
    fresh: joined.freshlyFiled,
    whitelistOnly: joined.whitelistOnly,
    group,
    joinPrefix: chatPrefix('$.chat.join', roomName, joined.whitelistOnly),
    ...leavePrefixes(roomName),
    njoined: joined.njoined,
    echo: joined.changed ? echo : undefined,
  });
  if (filed === 'full') return 'full';
  if (filed === 'gone') return { reached: () => Promise.resolve(), ...turnOf(held) };
  held?.tookEffect(filed.at, { joinedAt: joined.at });
  // What took the room away between the two scripts found nothing filed: from here on it does.
  const verify = async (): Promise<void> => {
    const read = await sessions.read(userName);
    const mine = read === 'gone' ? [] : read.filed.filter((filing) => filing.roomName === roomName);
    await presentOf(services, userName, '', mine);
  };
  if (filed.isNew) await verify().catch((error: unknown) => repairs.retry(verify, error));
  const { seq, epoch } = filed.at;
  return { reached: async () => topics.reached(userTopic(userName), seq, epoch), ...turnOf(held) };
}

/** What is to be done in the turn of the response. */
export const turnOf = (held: HeldNotices | undefined): Pick<Filed, 'before' | 'after'> => ({
  before: () => held?.before(),
  after: () => held?.end(),
});

/** Where the service asks for a socket, no answer of the socket's own is waited for. */
export const holdNotices = (
  { audience }: Pick<Services, 'audience'>,
  by: Actor,
  socket: Caller | undefined,
  roomName?: string,
): HeldNotices | undefined =>
  socket === undefined || by.exceptSocket === undefined ? undefined : new HeldNotices(socket, audience, roomName);

/**
 * Which of the filed rooms are still there for the user, by name. Those that are not, or are another room by that name,
 * are taken out of the session, and its sockets are told, but for `except`. Rejects where nobody waits for it any more.
 */
export async function presentOf(
  { access, sessions }: Pick<Services, 'access' | 'sessions'>,
  userName: string,
  except: string,
  filed: readonly Filing[],
  isWanted: () => boolean = () => true,
): Promise<Chat[]> {
  const chats: Chat[] = [];
  for await (const window of windowsOf(filed, WINDOW)) {
    if (!isWanted()) throw new StateUnavailable('nobody waits for the session any more');
    const lost: LostFiling[] = [];
    const found = await Promise.all(window.map(({ roomName }) => access.readAccess(roomName, userName)));
    for (const [at, filing] of window.entries()) {
      const { roomName: name, life, group } = filing;
      const room = found[at];
      if (room === undefined || room === 'noRoom' || room.life !== life) {
        lost.push({ ...filing, ...leavePrefixes(name), lostAt: undefined });
      } else if (!room.admitted && room.njoined === 0) {
        lost.push({ ...filing, ...leavePrefixes(name), lostAt: room.at });
        // Of a staged eviction that has yet to take the user out, its loss un-files the room.
      } else chats.push({ name, group, private: room.whitelistOnly, meta: {} });
    }
    if (lost.length > 0) await sessions.unfile(userName, except, lost);
  }
  return chats.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Rooms by group, `custom` first and always there, the others by name. */
export function byGroup(chats: readonly Chat[]): Map<string, Chat[]> {
  const groups = new Map<string, Chat[]>([[DEFAULT_GROUP, []]]);
  for (const group of chats.map((chat) => chat.group).toSorted()) if (!groups.has(group)) groups.set(group, []);
  for (const chat of chats) groups.get(chat.group)?.push(chat);
  return groups;
}
