/** What the service itself asks about rooms and nodes. */
import { fail, Failure } from '../protocol/errors/errors.ts';
import { invalidName, isStorableName, isValidName } from '../protocol/names/rule.ts';
import type { serverRoomRequests } from '../protocol/service/rooms.ts';
import { apiPageDefault, type AddRoomOptions } from '../protocol/service/types.ts';
import type { OwnerChanged } from '../store/access/access-store.ts';
import type { RoomFlag } from '../store/admin/admin-store.ts';
import { mapIn } from '../chat/attributes/maps.ts';
import { KINDS } from '../store/conversation/listed-store.ts';
import { SERVICE } from '../store/rights.ts';
import { changeRules } from '../chat/access/rules.ts';
import { candidatesOf } from '../chat/member/candidates.ts';
import { membersPrefix } from '../protocol/member.ts';
import { leftPrefix } from '../protocol/membership.ts';
import { historyInfo } from '../chat/history/history.ts';
import { deleteRoom } from '../chat/room/room.ts';
import { ok, type Ok } from '../chat/outcome.ts';
import type { ServerHandlers, ServerOutcome, ServerServices } from './contract.ts';
import { listsRefusal } from './names.ts';
import { namesPage } from './pages.ts';

type RoomHandlers = Pick<ServerHandlers, keyof typeof serverRoomRequests>;

/** The service asks for nobody. */
const nobody = { author: undefined, exceptSocket: undefined, rights: SERVICE } as const;

export function serverRoomHandlers(parts: ServerServices): RoomHandlers {
  const { services, admin, directory } = parts;
  const { access, settings } = services;
  // Also of rooms made under an earlier rule: whom nobody else can name is left to the service.
  const isName = (name: string): boolean => isStorableName(name, settings.limits);
  const setFlag = async (roomName: string, flag: RoomFlag, on: boolean): Promise<Ok<null> | Failure<'noRoom'>> => {
    const set = isName(roomName) ? await admin.setRoomFlag(roomName, flag, on) : 'noRoom';
    return set === 'ok' ? ok(null) : fail(set, [roomName]);
  };
  return {
    addRoom: ({ roomName, options = {} }) => addRoom(parts, roomName, options),

    async deleteRoom({ roomName }) {
      const deleted = await deleteRoom(services, nobody, roomName);
      // The service has every right.
      return deleted instanceof Failure ? fail('noRoom', [roomName]) : deleted;
    },

    hasRoom: async ({ roomName }) => ok(isName(roomName) && (await admin.hasRoom(roomName))),

    async roomHasInList({ roomName, listName, item }) {
      const found = isName(roomName) ? await admin.roomHasInList(roomName, listName, item) : 'noRoom';
      if (found === 'noList') return fail(found, [listName]);
      return found === 'noRoom' ? fail(found, [roomName]) : ok(found);
    },

    async hasRoomAccess({ roomName, userName }) {
      if (!isName(roomName) || !isName(userName)) return ok(false);
      const found = await access.readAccess(roomName, userName);
      return ok(found !== 'noRoom' && found.admitted);
    },

    changeRoomOwner: ({ roomName, owner }) => changeOwner(parts, roomName, owner),

    async changeRoomHistoryMaxSize({ roomName, historyMaxSize }) {
      const changed = isName(roomName) ? await admin.resizeHistory(roomName, historyMaxSize) : 'noRoom';
      return changed === 'ok' ? ok(null) : fail(changed, [roomName]);
    },

    async changeRoomHistoryMaxAge({ roomName, historyMaxAgeMs }) {
      const changed = isName(roomName) ? await admin.ageHistory(roomName, historyMaxAgeMs ?? undefined) : 'noRoom';
      return changed === 'ok' ? ok(null) : fail(changed, [roomName]);
    },

    changeAccessListsUpdates: ({ roomName, enabled }) => setFlag(roomName, 'accessListsUpdates', enabled),

    changeUserlistUpdates: ({ roomName, enabled }) => setFlag(roomName, 'userlistUpdates', enabled),

    roomGet: ({ roomName }) => readRoom(parts, roomName),

    roomsList: ({ options }) => namesPage(directory, 'room', options),

    async nodesList({ options }) {
      const page = await directory.nodes(options?.cursor, options?.limit ?? apiPageDefault);
      return ok({ nodes: [...page.items], cursor: page.cursor ?? null });
    },
  };
}

async function changeOwner(
  { services, admin }: ServerServices,
  roomName: string,
  owner: string | null,
): Promise<ServerOutcome<'changeRoomOwner'>> {
  const { limits } = services.settings;
  if (!isStorableName(roomName, limits)) return fail('noRoom', [roomName]);
  if (owner !== null && !isValidName(owner, limits)) {
    return (await admin.hasRoom(roomName)) ? invalidName(owner, limits) : fail('noRoom', [roomName]);
  }
  const change = async (): Promise<OwnerChanged | 'noRoom'> => {
    const frames = { addedPrefix: membersPrefix('roomMembersAdded', roomName), leftPrefix: leftPrefix(roomName) };
    const [candidate] = owner === null ? [] : await candidatesOf(services, roomName, [owner]);
    const member = { ...frames, against: candidate?.against };
    const changed = await services.access.changeOwner(roomName, owner ?? '', member);
    if (changed === 'noRoom') return changed;
    await services.quotas.moved(roomName, owner ?? '', changed);
    return changed;
  };
  const changed = await changeRules(services, nobody, roomName, change);
  return changed === 'noRoom' ? fail(changed, [roomName]) : ok(null);
}

async function addRoom(
  { services, admin, roomListSizeLimit }: ServerServices,
  roomName: string,
  options: AddRoomOptions,
): Promise<ServerOutcome<'addRoom'>> {
  const { quotas, settings } = services;
  const { limits } = settings;
  if (!isValidName(roomName, limits)) return invalidName(roomName, limits);
  const { owner, adminlist = [], whitelist = [], blacklist = [] } = options;
  const lists = { adminlist, whitelist, blacklist };
  const refused =
    owner !== undefined && !isValidName(owner, limits)
      ? invalidName(owner, limits)
      : listsRefusal(lists, { ...limits, listSizeLimit: roomListSizeLimit });
  if (refused !== undefined) return (await admin.hasRoom(roomName)) ? fail('roomExists', [roomName]) : refused;
  const room = {
    owner,
    whitelistOnly: options.whitelistOnly ?? false,
    userlistUpdates: options.enableUserlistUpdates ?? settings.userlistUpdates,
    accessListsUpdates: options.enableAccessListsUpdates ?? settings.accessListsUpdates,
    historyMax: options.historyMaxSize ?? settings.historyMaxSize,
    historyMaxAgeMs: options.historyMaxAgeMs,
    lists,
  };
  // Beyond the owner's quota too, so there is nothing but this to refuse.
  const created = await quotas.create(roomName, room, true);
  return created === 'roomExists' ? fail(created, [roomName]) : ok(null);
}

const readRoom = async (
  { services, admin }: ServerServices,
  roomName: string,
): ReturnType<ServerHandlers['roomGet']> => {
  const { rooms, listed, settings } = services;
  if (!isStorableName(roomName, settings.limits)) return fail('noRoom', [roomName]);
  const [info, more, described] = await Promise.all([
    rooms.readInfo(roomName, SERVICE),
    admin.inspectRoom(roomName),
    listed.describe(roomName, SERVICE),
  ]);
  if (typeof info === 'string' || typeof more === 'string' || typeof described === 'string') {
    return fail('noRoom', [roomName]);
  }
  return ok({
    roomName,
    owner: info.owner === '' ? null : info.owner,
    whitelistOnly: info.whitelistOnly,
    enableUserlistUpdates: info.userlistUpdates,
    enableAccessListsUpdates: info.accessListsUpdates,
    sizes: {
      userlist: info.occupantCount,
      members: described.memberCount,
      adminlist: more.adminlistSize,
      whitelist: more.whitelistSize,
      blacklist: more.blacklistSize,
    },
    history: historyInfo(info, settings.limits.historyMaxGetMessages),
    historyMaxAgeMs: info.historyMaxAgeMs ?? null,
    kind: KINDS[described.kind] ?? 'normal',
    attributes: mapIn(described.attributes),
    version: described.version,
    nodes: [...more.nodes],
  });
};
