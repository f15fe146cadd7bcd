/**
 * Entries of a user's session: what a join by a synced socket adds, which of the rooms in it are still there, and
 * how the session is told. Joining itself is membership's.
 */
import { chatPrefix, leavePrefixes, type Chat } from '../../protocol/session.ts';
import { isValidName } from '../../protocol/names/rule.ts';
import type { NameLimits } from '../../protocol/names/form.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import { userTopic } from '../../redis/keys.ts';
import type { Joined, JoinVerdict } from '../../store/membership/membership-store.ts';
import type { SessionEntry } from '../../store/session/session-entries.ts';
import { DEFAULT_GROUP, type LostEntry } from '../../store/session/session-store.ts';
import type { Actor } from '../actor.ts';
import { mapIn } from '../attributes/maps.ts';
import type { Caller } from '../caller.ts';
import type { Services } from '../services.ts';
import { HeldNotices } from './held-notices.ts';
import { windowsOf } from '../windows.ts';
import { nowOrLater } from '../repair/repairs.ts';

/** Kept for what the service itself may add. */
const RESERVED_GROUP = 'system';
/** Rooms asked at the same time. */
const WINDOW = 8;
/** Attributes of all rooms of a session together: a login is told all of them, and what rooms carry is not its choice. */
const ATTRIBUTES_BYTES = 256 * 1024;

/** Why a room may not be put into a group; nothing where none is named, or the socket takes no part in the session. */
export function judgeGroup(caller: Caller, group: string | undefined, limits: NameLimits): JoinVerdict | undefined {
  if (!caller.synced || group === undefined) return undefined;
  if (group === RESERVED_GROUP) return 'notAllowed';
  return isValidName(group, limits) ? undefined : 'invalidName';
}

/** What a join has to do about the session in the turn of its response. */
export interface EntryAdded {
  /** Resolves once this node has heard of it, or the bus is late. */
  reached(): Promise<unknown>;
  before(): void;
  after(): void;
}

/**
 * Adds a room that a synced socket has joined to the session, and echoes the join. `held` is ended in the turn of the
 * response, or by the caller where this rejects or is `full`: no more rooms may be added.
 */
export async function addEntry(
  services: Services,
  caller: Caller,
  join: { roomName: string; group: string | undefined; joined: Joined; echo: Uint8Array; except: string },
  held: HeldNotices | undefined,
): Promise<EntryAdded | 'full'> {
  const { sessions, topics, repairs } = services;
  const { userName, socketId, nodeId } = caller;
  const { roomName, group, joined, echo, except } = join;
  const added = await sessions.addEntry(userName, {
    socketId,
    nodeId,
    except,
    roomName,
    joinedAt: joined.at,
    life: joined.life,
    fresh: joined.freshEntry,
    whitelistOnly: joined.whitelistOnly,
    group,
    joinPrefix: chatPrefix('$.chat.join', roomName, joined.whitelistOnly, joined.attributes),
    ...leavePrefixes(roomName),
    njoined: joined.njoined,
    echo: joined.changed ? echo : undefined,
  });
  if (added === 'full') return 'full';
  if (added === 'gone') return { reached: () => Promise.resolve(), ...turnOf(held) };
  held?.tookEffect(added.at, { joinedAt: joined.at });
  // What took the room away between the two scripts found no entry: from here on it does.
  const verify = async (): Promise<void> => {
    const read = await sessions.read(userName);
    const mine = read === 'gone' ? [] : read.entries.filter((entry) => entry.roomName === roomName);
    await presentOf(services, userName, '', mine);
  };
  if (added.isNew) await nowOrLater(repairs, verify);
  const { seq, epoch } = added.at;
  return { reached: async () => topics.reached(userTopic(userName), seq, epoch), ...turnOf(held) };
}

/** What is to be done in the turn of the response. */
export const turnOf = (held: HeldNotices | undefined): Pick<EntryAdded, 'before' | 'after'> => ({
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
 * Which rooms of the session are still there for the user, by name. Those that are not, or are another room by that name,
 * are taken out of the session, and its sockets are told, but for `except`. Rejects where nobody waits for it any more.
 */
export async function presentOf(
  { access, sessions }: Pick<Services, 'access' | 'sessions'>,
  userName: string,
  except: string,
  entries: readonly SessionEntry[],
  isWanted: () => boolean = () => true,
): Promise<Chat[]> {
  const chats: Chat[] = [];
  let bytes = 0;
  for await (const window of windowsOf(entries, WINDOW)) {
    if (!isWanted()) throw new StateUnavailable('nobody waits for the session any more');
    const lost: LostEntry[] = [];
    const found = await Promise.all(window.map(({ roomName }) => access.readAccess(roomName, userName, true)));
    for (const [at, entry] of window.entries()) {
      const { roomName: name, life, group } = entry;
      const room = found[at];
      if (room === undefined || room === 'noRoom' || room.life !== life) {
        lost.push({ ...entry, ...leavePrefixes(name), lostAt: undefined });
      } else if (!room.admitted && room.njoined === 0) {
        lost.push({ ...entry, ...leavePrefixes(name), lostAt: room.at });
        // Of a staged eviction that has yet to take the user out, its removal takes out the entry.
      } else {
        bytes += room.attributes?.length ?? 0;
        const meta = bytes > ATTRIBUTES_BYTES ? {} : mapIn(room.attributes);
        chats.push({ name, group, private: room.whitelistOnly, meta });
      }
    }
    if (lost.length > 0) await sessions.removeEntries(userName, except, lost);
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
