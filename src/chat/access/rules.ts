/** Changing a room's rules: whoever loses the room by that is taken out in the same step, and told from here. */
import { roomTopic, userTopic } from '../../redis/keys.ts';
import type { Changed } from '../../store/access/changed.ts';
import type { Actor } from '../actor.ts';
import type { Told } from '../member/telling.ts';
import type { Services } from '../services.ts';
import { nowOrLater } from '../repair/repairs.ts';

/**
 * Runs a script that may take users out, and tells them. The room is in this node's manifest before the deed and until
 * everybody is told: should it die, whoever sweeps after it goes on with what the script has noted (store/access/evictions.ts,
 * store/member/dues.ts).
 */
export async function changeRules<T extends object | string>(
  services: Services,
  { author }: Pick<Actor, 'author'>,
  roomName: string,
  change: () => Promise<T>,
): Promise<T> {
  const { topics, removals, memberTelling, repairs } = services;
  const topic = roomTopic(roomName);
  const { nodeId } = services.instance;
  await topics.follow(topic, nodeId);
  const release = (): void => topics.unfollow(topic, nodeId);
  let changed: T;
  try {
    changed = await change();
  } catch (error) {
    // It may have happened all the same.
    const tell = async (): Promise<void> => {
      await removals.tellEvicted(roomName, nodeId);
      await memberTelling.tellDue(roomName, nodeId);
      release();
    };
    repairs.retry(tell, error);
    throw error;
  }
  if (isChanged(changed)) await followThrough(services, author, roomName, changed, release);
  else release();
  return changed;
}

const isChanged = (outcome: object | string): outcome is Changed => typeof outcome === 'object' && 'evicted' in outcome;

/** Who lost the room is told, and hears nothing more of it from this node. The change stands whatever happens here. */
async function followThrough(
  { topics, audience, removals, memberTelling, quotas, repairs, userlistChanges }: Services,
  author: string | undefined,
  roomName: string,
  { at, evicted, changesPending, life, wish, due = [] }: Changed,
  release: () => void,
): Promise<void> {
  if (wish !== undefined) void quotas.grow(roomName, wish);
  if (changesPending) userlistChanges.note(roomName);
  let ownSeq = 0;
  const told: Told = (userName, { seq }) => {
    if (userName === author) ownSeq = Math.max(ownSeq, seq);
  };
  const telling = removals.telling({ roomName, life, at }, evicted, told);
  const tellingMembers = memberTelling.telling(roomName, due, told);
  const tell = async (): Promise<void> => {
    // Who loses the room hears of that first.
    await telling();
    await tellingMembers();
    release();
  };
  await Promise.all([nowOrLater(repairs, tell), topics.reached(roomTopic(roomName), at.seq)]);
  if (author !== undefined && ownSeq > 0) await topics.reached(userTopic(author), ownSeq);
  // Also where the bus is late: after the response nobody who is out hears anything here.
  for (const { userName } of evicted) {
    for (const { socketId } of audience.socketsOf(userName)) audience.detachRoom(roomName, socketId, at);
  }
}
