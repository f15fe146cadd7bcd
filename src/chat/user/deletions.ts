/**
 * Deletes users, with what others have of them: contacts, and places on the rosters of rooms. Both are noted by the step that
 * deletes, on the user's slot, and worked off here; where this node dies before, by whoever sweeps after it.
 */
import type { Instance } from '../../bus/instance.ts';
import type { Topics } from '../../bus/topics.ts';
import { userTopic } from '../../redis/keys.ts';
import type { AdminStore } from '../../store/admin/admin-store.ts';
import type { ContactPairs } from '../contact/pairs.ts';
import type { FormerMembers } from '../member/former.ts';
import { nowOrLater, type Repairs } from '../repair/repairs.ts';

export interface UserDeletionsDeps {
  readonly contactPairs: Pick<ContactPairs, 'finishFormer'>;
  readonly formerMembers: Pick<FormerMembers, 'finish'>;
  readonly topics: Pick<Topics, 'follow' | 'unfollow'>;
  readonly repairs: Pick<Repairs, 'retry'>;
  readonly instance: Pick<Instance, 'nodeId'>;
}

export class UserDeletions {
  readonly #deps: UserDeletionsDeps;

  constructor(deps: UserDeletionsDeps) {
    this.#deps = deps;
  }

  async delete(admin: Pick<AdminStore, 'deleteUser'>, userName: string): ReturnType<AdminStore['deleteUser']> {
    const { topics, repairs, instance } = this.#deps;
    const { nodeId } = instance;
    const topic = userTopic(userName);
    // From here on it is in the manifest, and a sweeper goes on.
    await topics.follow(topic, nodeId);
    const finish = async (): Promise<void> => {
      await this.finish(userName);
      topics.unfollow(topic, nodeId);
    };
    try {
      return await admin.deleteUser(userName);
    } finally {
      // Whatever became of it: it may have been done and not answered.
      await nowOrLater(repairs, finish);
    }
  }

  /** Takes a user that was deleted out of what others have. Safe to repeat, and for several to do at once. */
  async finish(userName: string): Promise<void> {
    const { formerMembers, contactPairs } = this.#deps;
    await Promise.all([formerMembers.finish(userName), contactPairs.finishFormer(userName)]);
  }
}
