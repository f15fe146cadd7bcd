/** Rooms as things: creating, deleting, and what a reader may know of them. Joining and posting have their own files. */
import { fail, type Failure } from '../../protocol/errors/errors.ts';
import { isStorableName, isValidName } from '../../protocol/names/rule.ts';
import type { roomRequests } from '../../protocol/room.ts';
import { roomTopic, userTopic } from '../../redis/keys.ts';
import type { Actor } from '../actor.ts';
import type { HandlersOf } from '../caller.ts';
import { ok, type Ok } from '../outcome.ts';
import { roomDefaults } from './making.ts';
import { removalFrame } from './removals.ts';
import type { Services } from '../services.ts';
import { nowOrLater } from '../repair/repairs.ts';

export function roomHandlers(services: Services): HandlersOf<typeof roomRequests> {
  const { rooms, quotas, settings } = services;
  return {
    async roomCreate(by, { roomName, whitelistOnly }) {
      const options = { owner: by.author, whitelistOnly, ...roomDefaults(settings) };
      const created = await quotas.create(roomName, options, by.rights.as === 'service');
      if (created === 'roomExists') return fail(created, [roomName]);
      return created === 'ok' ? ok(null) : created;
    },

    roomDelete: (by, { roomName }) => deleteRoom(services, by, roomName),

    async roomGetOwner(by, { roomName }) {
      const info = await rooms.readInfo(roomName, by.rights);
      if (typeof info === 'string') return fail(info, [roomName]);
      return ok(info.owner === '' ? null : info.owner);
    },

    async roomNotificationsInfo(by, { roomName }) {
      const info = await rooms.readInfo(roomName, by.rights);
      if (typeof info === 'string') return fail(info, [roomName]);
      return ok({ enableUserlistUpdates: info.userlistUpdates, enableAccessListsUpdates: info.accessListsUpdates });
    },
  };
}

/** Deletes a room for its owner or the service, and tells everybody concerned. */
export async function deleteRoom(
  services: Services,
  by: Pick<Actor, 'rights' | 'author' | 'exceptSocket'>,
  roomName: string,
): Promise<Ok<null> | Failure<'notAllowed' | 'noRoom'>> {
  const { rooms, settings, repairs, topics, removals, deletions, endings } = services;
  // The service can delete what was made under an earlier rule for names.
  const isName = by.rights.as === 'service' ? isStorableName : isValidName;
  if (!isName(roomName, settings.limits)) return fail('noRoom', [roomName]);
  const topic = roomTopic(roomName);
  const { nodeId } = services.instance;
  // In the manifest before the deed, until everybody is told: should this node die, whoever sweeps after it goes on.
  await topics.follow(topic, nodeId);
  const release = (): void => topics.unfollow(topic, nodeId);
  const frame = removalFrame(roomName);
  const deleted = await rooms.delete(roomName, by.rights, nodeId, frame, by.author).catch((error: unknown) => {
    // It may have happened all the same.
    const tell = async (): Promise<void> => {
      for (const deletion of await deletions.unfinished(roomName, nodeId)) {
        await removals.tellDeleted(roomName, deletion);
      }
      release();
    };
    repairs.retry(tell, error);
    throw error;
  });
  if (typeof deleted === 'string') {
    release();
    return deleted === 'noRoom' ? fail(deleted, [roomName]) : fail(deleted);
  }
  let ownSeq = 0;
  const tell = async (): Promise<void> => {
    await removals.tellDeleted(roomName, deleted);
    release();
  };
  // The room is gone whatever happens now. Who asked hears of it before the answer; how many others there are is not its choice.
  await removals.first(roomName, deleted, by, (_, { seq }) => (ownSeq = seq));
  removals.inTurn(() => nowOrLater(repairs, tell));
  await endings.forget(roomName);
  await topics.reached(topic, deleted.at.seq);
  if (by.author !== undefined && ownSeq > 0) await topics.reached(userTopic(by.author), ownSeq);
  return ok(null);
}
