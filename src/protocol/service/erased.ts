/** What becomes of notices that were kept for a user when somebody whose words or profile are in them is erased. */
import { recalledDirectFrame } from '../direct.ts';
import { decodeNotification } from '../wire/frame.ts';
import { isMap, type Value } from '../params/values.ts';

/** What its receiver is told of nothing by. */
const NOTHING = new Uint8Array(0);

/** The frame that takes the place of one; undefined where it may stay. */
export function erasedFrame(frame: Uint8Array, userName: string): Uint8Array | undefined {
  // One that tells nobody anything.
  if (frame.length === 0) return undefined;
  const { name, params } = decodeNotification(frame);
  const [first, second] = params;
  if (name === 'directMessageChanged') return first === userName && showsOf(second, userName) ? NOTHING : undefined;
  if (!isMap(first)) return undefined;
  if (name === 'contactAdded' || name === 'contactAddedEcho')
    return first['userName'] === userName ? NOTHING : undefined;
  const { author, timestamp, id } = first;
  if (name !== 'directMessage' || author !== userName || typeof timestamp !== 'number') return undefined;
  const tombstone = recalledDirectFrame(userName, timestamp, typeof id === 'number' ? id : undefined);
  // A message may say by itself that it is one.
  const isOne = tombstone.length === frame.length && tombstone.every((byte, at) => frame[at] === byte);
  return isOne ? undefined : tombstone;
}

/** Whether a change of a message in the conversation with a user may show something of it. Whose text was appended it does not say. */
function showsOf(change: Value | undefined, userName: string): boolean {
  if (!isMap(change)) return false;
  const { kind, by, message } = change;
  return kind === 'append' || by === userName || (isMap(message) && message['author'] === userName);
}
