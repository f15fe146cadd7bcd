/** Who may be in a room: its lists and its mode, and what follows for members who lose it by a change of them. */
import { fail, type Failure } from '../protocol/errors.ts';
import { frameHead, notificationFrame } from '../protocol/frame.ts';
import { isValidName } from '../protocol/names.ts';
import type { Changed, EditRefusal, ListEdit } from '../state/access-state.ts';
import { roomTopic, userTopic } from '../state/keys.ts';
import type { Caller, Handlers } from './caller.ts';
import type { Services } from './services.ts';

type AccessHandlers = Pick<
  Handlers,
  'roomAddToList' | 'roomRemoveFromList' | 'roomGetAccessList' | 'roomSetWhitelistMode' | 'roomGetWhitelistMode'
>;

interface Edit {
  readonly roomName: string;
  readonly listName: string;
  readonly userNames: readonly string[];
}

export function accessHandlers(services: Services): AccessHandlers {
  const { access, rooms, settings } = services;
  const isRoomName = (name: string): boolean => isValidName(name, settings.limits.nameBytes);
  return {
    async roomAddToList(caller, edit) {
      if (!isRoomName(edit.roomName)) return fail('noRoom', [edit.roomName]);
      const change = changeOf(edit, 'roomAccessListAdded', settings.limits.nameBytes);
      const changed = await access.addToList(edit.roomName, caller.authority, change);
      if (changed === 'listLimitExceeded') return fail(changed, [edit.listName]);
      return finishEdit(services, caller, edit, change, changed);
    },

    async roomRemoveFromList(caller, edit) {
      if (!isRoomName(edit.roomName)) return fail('noRoom', [edit.roomName]);
      const change = changeOf(edit, 'roomAccessListRemoved', settings.limits.nameBytes);
      const changed = await access.removeFromList(edit.roomName, caller.authority, change);
      return finishEdit(services, caller, edit, change, changed);
    },

    async roomGetAccessList(caller, { roomName, listName }) {
      if (!isRoomName(roomName)) return fail('noRoom', [roomName]);
      const found = await access.readList(roomName, caller.authority, listName, settings.limits.userlistPage);
      if (found === 'noList') return fail('noList', [listName]);
      if (typeof found === 'string') return fail(found, [roomName]);
      return found.names ?? fail('listTooLong', [found.count]);
    },

    async roomSetWhitelistMode(caller, { roomName, mode }) {
      if (!isRoomName(roomName)) return fail('noRoom', [roomName]);
      const frame = notificationFrame('roomModeChanged', [roomName, mode]);
      const changed = await access.setMode(roomName, caller.authority, {
        whitelistOnly: mode,
        frame,
        leftHead: leftHead(roomName),
      });
      if (changed === 'noRoom') return fail('noRoom', [roomName]);
      if (changed === 'notAllowed') return fail('notAllowed');
      await followThrough(services, caller, roomName, changed);
      return null;
    },

    async roomGetWhitelistMode(caller, { roomName }) {
      const info = await rooms.readInfo(roomName, caller.authority);
      return typeof info === 'string' ? fail(info, [roomName]) : info.whitelistOnly;
    },
  };
}

function changeOf(
  { roomName, listName, userNames }: Edit,
  notice: 'roomAccessListAdded' | 'roomAccessListRemoved',
  nameBytes: number,
): ListEdit {
  return {
    listName,
    names: userNames,
    badName: userNames.find((name) => !isValidName(name, nameBytes)),
    frame: notificationFrame(notice, [roomName, listName, [...userNames]]),
    leftHead: leftHead(roomName),
  };
}

async function finishEdit(
  services: Services,
  caller: Caller,
  { roomName, listName }: Edit,
  { badName = '' }: ListEdit,
  changed: Changed | EditRefusal,
): Promise<null | Failure<EditRefusal>> {
  if (changed === 'noRoom') return fail('noRoom', [roomName]);
  if (changed === 'notAllowed') return fail('notAllowed');
  if (changed === 'noList') return fail('noList', [listName]);
  if (changed === 'invalidName') return fail('invalidName', [badName]);
  await followThrough(services, caller, roomName, changed);
  return null;
}

/** A `roomUserLeft` up to the name, which only the script knows. */
export const leftHead = (roomName: string): Uint8Array => frameHead('roomUserLeft', [roomName]);

/**
 * What follows from a change of a room's rules: who lost the room is told, and hears nothing more of it from this node.
 * The change stands whatever happens here.
 */
export async function followThrough(
  { topics, audience, losses, reconciler, userlistChanges }: Services,
  caller: Pick<Caller, 'userName'>,
  roomName: string,
  { at, evicted, changesPending, life }: Changed,
): Promise<void> {
  if (changesPending) userlistChanges.note(roomName);
  let ownSeq = 0;
  const tell = (): Promise<void> =>
    losses.tell(roomName, life, evicted, (userName, { seq }) => {
      if (userName === caller.userName) ownSeq = seq;
    });
  await Promise.all([
    tell().catch((error: unknown) => reconciler.finishLater(tell, error)),
    topics.reached(roomTopic(roomName), at.seq),
  ]);
  if (ownSeq > 0) await topics.reached(userTopic(caller.userName), ownSeq);
  // Also where the bus is late: after the response nobody who is out hears anything here.
  for (const { socketIds } of evicted) for (const id of socketIds) audience.detachRoom(roomName, id, at);
}
