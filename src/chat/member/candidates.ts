/**
 * What speaks against making users members of a room, as far as their own slots know: asked before the room's step, which judges the rest.
 * Of the anonymous ones it is noted that they may be members from here on.
 */
import type { Candidate } from '../../store/member/member-store.ts';
import type { Services } from '../services.ts';
import { windowsOf } from '../windows.ts';

/** Users asked for at the same time. */
const WINDOW = 64;

/** In the order of the names. `itself`: who asks is there, whatever may be kept of it. */
export async function candidatesOf(
  { belongs, anonymousLeaves }: Pick<Services, 'belongs' | 'anonymousLeaves'>,
  roomName: string,
  userNames: readonly string[],
  itself = false,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for await (const window of windowsOf(userNames, WINDOW)) {
    const judged = await Promise.all(window.map((userName) => belongs.judge(userName)));
    for (const [i, userName] of window.entries()) {
      const word = judged[i] ?? 'noUser';
      candidates.push({ userName, against: word === 'ok' || (itself && word === 'noUser') ? undefined : word });
    }
    const fit = candidates.slice(-window.length).filter(({ against }) => against === undefined);
    await Promise.all(fit.map(({ userName }) => anonymousLeaves.note(roomName, userName)));
  }
  return candidates;
}
