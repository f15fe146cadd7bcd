/** Joining a room that is made by that where there is none: who makes it is its owner, and of several at once one is. */
import type { JoinOptions } from '../../protocol/membership.ts';
import { Failure, hasCode } from '../../protocol/errors/errors.ts';
import { isServiceMade } from '../../protocol/names/temporary.ts';
import { attributeBytes, reservedName, roomDefaults, switchedOff } from '../room/making.ts';
import type { Services } from '../services.ts';
import { joinRoom, type JoinDone, type Joiner, type JoinFailure } from './join-room.ts';

/** Most of the time it is there: nothing is reserved of the user's quota before it is known not to be. */
export async function joinOrCreate(
  services: Services,
  joiner: Joiner,
  roomName: string,
  options: JoinOptions,
): Promise<JoinDone | JoinFailure | Failure<'quotaExceeded' | 'tooLarge'>> {
  const { quotas, settings } = services;
  const { rights } = joiner.by;
  const { group } = options;
  const attributes = attributeBytes(options.attributes);
  if (attributes instanceof Failure) return attributes;
  const found = await joinRoom(services, joiner, roomName, { group });
  if (!(found instanceof Failure) || !hasCode(found, 'noRoom')) return found;
  if (rights.as === 'user' && !settings.roomsManagement) return switchedOff();
  if (rights.as === 'user' && isServiceMade(roomName)) return reservedName(roomName);
  const room = { ...roomDefaults(settings), whitelistOnly: options.whitelistOnly ?? false, attributes };
  return quotas.making(
    { owner: joiner.socket.userName, roomName, names: 0, forced: rights.as === 'service' },
    (reserved) => joinRoom(services, joiner, roomName, { group, creation: { ...room, reserved } }),
    (made) => 'joined' in made && made.joined.created,
  );
}
