/**
 * A change of a message, with what it leaves to do in its room (due.ts). Nobody of this node need be there: the service, members and owners
 * change what they like. Until that is done the room is in this node's manifest, so that whoever sweeps after it goes on.
 */
import { roomTopic } from '../../redis/keys.ts';
import type { Changed, ChangeOutcome } from '../../store/change/change-store.ts';
import type { Services } from '../services.ts';

type Parts = Pick<Services, 'topics' | 'changesDue' | 'instance'>;

export async function changeIn(
  services: Parts,
  roomName: string,
  change: () => Promise<ChangeOutcome>,
): Promise<ChangeOutcome> {
  const { topics, changesDue, instance } = services;
  const topic = roomTopic(roomName);
  // Changes have their places among each other as soon as they are asked for: not before those that wait for the same.
  if (topics.isFollowed(topic)) return changeNow(services, roomName, change);
  const { nodeId } = instance;
  await topics.follow(topic, nodeId);
  try {
    return await changeNow(services, roomName, change);
  } finally {
    changesDue.whenDone(roomName, () => topics.unfollow(topic, nodeId));
  }
}

async function changeNow(
  { changesDue }: Parts,
  roomName: string,
  change: () => Promise<ChangeOutcome>,
): Promise<ChangeOutcome> {
  try {
    const changed = await change();
    if (isDone(changed)) changesDue.after(roomName, changed);
    return changed;
  } catch (error) {
    // It may have been made all the same.
    changesDue.note(roomName);
    throw error;
  }
}

export const isDone = (changed: ChangeOutcome): changed is Changed => typeof changed === 'object' && 'seq' in changed;
