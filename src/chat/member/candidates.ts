/** What speaks against making users members of a room, as far as their own slots know: asked before the room's step, which judges the rest. */
import type { Candidate } from '../../store/member/member-store.ts';
import type { Services } from '../services.ts';
import { windowsOf } from '../windows.ts';

/** Users asked for at the same time. */
const WINDOW = 64;

/** In the order of the names. `itself`: who asks is there, whatever may be kept of it. */
export async function candidatesOf(
  { belongs }: Pick<Services, 'belongs'>,
  roomName: string,
  userNames: readonly string[],
  itself = false,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for await (const window of windowsOf(userNames, WINDOW)) {
    const judged = await Promise.all(window.map((userName) => belongs.judge(userName, roomName)));
    for (const [i, userName] of window.entries()) {
      const word = judged[i] ?? 'noUser';
      const isFit = word === 'ok' || word === 'told' || (itself && word === 'noUser');
      candidates.push({ userName, against: isFit ? undefined : word, isTold: word === 'told' });
    }
  }
  return candidates;
}
