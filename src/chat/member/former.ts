/**
 * Takes users who were deleted off the rosters of rooms. Of which they were members is noted on their own slots, by the step that
 * deletes them, or that finds them gone where they were to be told of it (store/member/tell-member.lua): as long as the note is there
 * nobody has the name, and whoever would have it works it off first, as do the node that has deleted and whoever sweeps after it.
 */
import type { BelongsStore } from '../../store/member/belongs-store.ts';
import type { MemberStore } from '../../store/member/member-store.ts';
import { OneByOne } from '../one-by-one.ts';
import { windowsOf } from '../windows.ts';
import { takeOffRoster } from './off-roster.ts';

export interface FormerMembersDeps {
  readonly belongs: Pick<BelongsStore, 'readFormer' | 'forgetFormer'>;
  readonly members: Pick<MemberStore, 'erase'>;
}

const ROSTERS_AT_ONCE = 32;

export class FormerMembers {
  readonly #deps: FormerMembersDeps;
  /** By name: whoever comes meanwhile finds nothing left, or hears at once that it cannot be done for now. */
  readonly #working = new OneByOne();

  constructor(deps: FormerMembersDeps) {
    this.#deps = deps;
  }

  /** Ends what memberships an earlier user of the name has. Safe to repeat, and for several to do at once. */
  finish(userName: string): Promise<void> {
    return this.#working.run(userName, () => this.#finish(userName));
  }

  async #finish(userName: string): Promise<void> {
    const { belongs } = this.#deps;
    const former = await belongs.readFormer(userName);
    for await (const window of windowsOf([...former], ROSTERS_AT_ONCE)) {
      const ended: (readonly [string, string])[] = [];
      let cause: unknown;
      // A room that cannot be asked does not keep its neighbours waiting; more of them might be as slow as it is, and somebody waits.
      await Promise.all(
        window.map((one) =>
          this.#end(userName, one).then(
            () => ended.push(one),
            (error: unknown) => (cause = error),
          ),
        ),
      );
      await belongs.forgetFormer(userName, ended);
      if (cause !== undefined) throw cause;
    }
  }

  /** Makes a user, once nobody of its name is a member of rooms; `former` where somebody is again meanwhile. */
  async making<T>(userName: string, make: () => Promise<T | 'former'>): Promise<T | 'former'> {
    const made = await make();
    if (made !== 'former') return made;
    await this.finish(userName);
    return make();
  }

  #end(userName: string, [roomName, membership]: readonly [string, string]): Promise<void> {
    return takeOffRoster(this.#deps.members, roomName, userName, { membership });
  }
}
