/** Whether a member wants to be called for a room: noted there, and told to its other sockets. */
import { fail } from '../../protocol/errors/errors.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import type { UserActor } from '../actor.ts';
import { ok, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';
import { nowOrLater } from '../repair/repairs.ts';

export async function setMuted(
  { listed, users, repairs }: Pick<Services, 'listed' | 'users' | 'repairs'>,
  { author, exceptSocket }: UserActor,
  roomName: string,
  isOn: boolean,
): Promise<Outcome<'roomMute'>> {
  const isNew = await listed.mute(roomName, author, isOn);
  if (isNew === 'noRoom') return fail(isNew, [roomName]);
  if (isNew === 'notAllowed') return fail(isNew);
  if (!isNew) return ok(null);
  // What the room has is the truth: where the node dies here, the others find it when they read it.
  const frame = notificationFrame('roomMuteEcho', [roomName, isOn]);
  const tell = (): Promise<void> => users.notifyOthers(author, exceptSocket, frame);
  await nowOrLater(repairs, tell);
  return ok(null);
}
