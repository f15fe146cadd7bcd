/** What may stand against making a room, by whichever request, and what an ordinary one is made with. */
import { ATTRIBUTES_BYTES } from '../../protocol/attributes.ts';
import { fail, failBecause, type Failure } from '../../protocol/errors/errors.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { encodeValue } from '../../protocol/wire/msgpack.ts';
import type { RoomOptions } from '../../store/room/room-store.ts';
import type { ChatSettings } from '../services.ts';

export const switchedOff = (): Failure<'notAllowed'> =>
  failBecause('notAllowed', [], 'clients create and delete no rooms here');

/** Only the service makes rooms whose names begin like that. */
export const reservedName = (roomName: string): Failure<'invalidName'> =>
  failBecause('invalidName', [roomName], 'names that begin with `tmp-` or `u-` are chosen by the service');

/** What new rooms have by the settings. */
export const roomDefaults = (
  settings: ChatSettings,
): Pick<RoomOptions, 'userlistUpdates' | 'accessListsUpdates' | 'historyMax'> => ({
  userlistUpdates: settings.userlistUpdates,
  accessListsUpdates: settings.accessListsUpdates,
  historyMax: settings.historyMaxSize,
});

/** As they are stored; undefined where none are given. */
export function attributeBytes(attributes: ValueMap | undefined): Uint8Array | undefined | Failure<'tooLarge'> {
  if (attributes === undefined) return undefined;
  const bytes = encodeValue(attributes);
  return bytes.length > ATTRIBUTES_BYTES ? fail('tooLarge', [bytes.length]) : bytes;
}
