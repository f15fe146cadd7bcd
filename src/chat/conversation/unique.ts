/** Which room is that of some people: its name follows from who they are, so that nobody has to note anywhere which one it is. */
import { createHash } from 'node:crypto';
import type { ConversationStore } from '../../store/conversation/conversation-store.ts';
import { inByteOrder } from '../access/signed-edits.ts';

/** Names that are tried before what is noted on the first room is read, and of those behind it. */
const TRIED = 20;
const DIGITS = 'abcdefghijklmnopqrstuvwxyz234567';
/** 130 bits. */
const HASH_DIGITS = 26;

/** The names of the rooms of these people by their number, from 1 on. */
export function uniqueNames(people: readonly string[]): (number: number) => string {
  // Names hold no colon.
  const hash = createHash('sha256').update(inByteOrder(people).join(':')).digest();
  let bits = BigInt(`0x${hash.toString('hex')}`);
  let digits = '';
  for (; digits.length < HASH_DIGITS; bits >>= 5n) digits += DIGITS[Number(bits & 31n)];
  return (number) => (number === 1 ? `u-${digits}` : `u-${digits}-${number}`);
}

/**
 * These names in the order in which they are tried: others may have come to the room that had the first one. Take another one only where
 * that is so. Behind the first of them the search goes on where it ended last, which the first room has: so it is short, however many
 * rooms of these people have changed.
 */
export async function* uniqueRooms(
  rooms: Pick<ConversationStore, 'readPassed' | 'notePassed'>,
  people: readonly string[],
): AsyncGenerator<string> {
  const nameOf = uniqueNames(people);
  for (let number = 1; number <= TRIED; number++) yield nameOf(number);
  const passed = Math.max(TRIED, await rooms.readPassed(nameOf(1)));
  for (let number = passed + 1; number <= passed + TRIED; number++) {
    yield nameOf(number);
    await rooms.notePassed(nameOf(1), number);
  }
}
