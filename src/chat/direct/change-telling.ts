/**
 * The steps behind a change of messages of two users, which is made and noted in their log: each side is told on its own slot, then the
 * note goes. What the node that made a change did not come to is there in its order: whoever changes something of these two next, or
 * posts a reply, tells it first; and so does, of what the author of a change has under way on a node that is gone, whoever sweeps after
 * that. What was recalled is out of the stream at once, and of what Redis keeps of it once it is written anew, here too.
 */
import type { Topics } from '../../bus/topics.ts';
import type { Instance } from '../../bus/instance.ts';
import { userTopic } from '../../redis/keys.ts';
import type { AuthoredStore } from '../../store/authored/authored-store.ts';
import type { ChangeNote, ChangesTold } from '../../store/direct/changes-told.ts';
import type { DueChange } from '../../store/pair/due-change.ts';
import type { PairChanges } from '../../store/pair/pair-changes.ts';
import { nowOrLater, type Repairs } from '../repair/repairs.ts';

export interface ChangeTellingDeps {
  readonly pairChanges: Pick<PairChanges, 'settle' | 'keysOf'>;
  readonly changesTold: ChangesTold;
  readonly authored: Pick<AuthoredStore, 'rewrite'>;
  readonly topics: Pick<Topics, 'follow' | 'unfollow' | 'reached'>;
  readonly repairs: Pick<Repairs, 'retry'>;
  readonly instance: Pick<Instance, 'nodeId'>;
}

/** In whose name messages of two users are changed, and the other one. */
export interface Between {
  readonly author: string;
  readonly peer: string;
}

/** What a step on the log left to be told: nothing, all that it gave, or more than it gave. */
export interface LeftToTell {
  readonly life: string;
  readonly due: readonly DueChange[];
  readonly isRecall: boolean;
}

export class ChangeTelling {
  readonly #deps: ChangeTellingDeps;
  #runs = 0;
  /** Those whose notes are still to go. */
  readonly #underWay = new Set<number>();

  constructor(deps: ChangeTellingDeps) {
    this.#deps = deps;
  }

  /**
   * Makes a change, and tells both sides: `change` is the step on the log, and gives what is to be told where it knows that whole, nothing
   * where there is nothing, 'more' where it has to be asked for. It is noted before it, and the note is taken away once all is told:
   * also where it is not known whether it was made.
   */
  async around<T>(between: Between, change: () => Promise<readonly [T, LeftToTell | 'nothing' | 'more']>): Promise<T> {
    const { topics, changesTold, repairs, instance } = this.#deps;
    const { author, peer } = between;
    const topic = userTopic(author);
    const run = ++this.#runs;
    const note: ChangeNote = { peer, nodeId: instance.nodeId, run };
    // From here on it is in the manifest, and whoever sweeps after this node looks for the note.
    await topics.follow(topic, note.nodeId);
    let left: LeftToTell | 'nothing' | 'more' = 'more';
    const finish = async (): Promise<void> => {
      const known = left;
      // A second try does not know any more what was told.
      left = 'more';
      if (known !== 'nothing') await this.tell(between, known === 'more' ? undefined : known);
      await changesTold.end(author, note);
      this.#underWay.delete(run);
      topics.unfollow(topic, note.nodeId);
    };
    this.#underWay.add(run);
    try {
      await changesTold.note(author, note);
      const [done, known] = await change();
      left = known;
      return done;
    } finally {
      await nowOrLater(repairs, finish);
    }
  }

  /** Tells both sides of all that they are to be told of, beginning with what is known to be the oldest of it. */
  async tell({ author, peer }: Between, first?: LeftToTell): Promise<void> {
    const { pairChanges, authored } = this.#deps;
    let page = first === undefined ? await pairChanges.settle(author, peer, []) : { ...first, isDirty: first.isRecall };
    while (page !== 'noPair') {
      const { life, due, isDirty } = page;
      if (due.length > 0) await this.#tellSides({ author, peer }, life, due);
      if (isDirty) await authored.rewrite(pairChanges.keysOf(author, peer));
      if (due.length === 0) return;
      page = await pairChanges.settle(
        author,
        peer,
        due.map(({ number }) => number),
      );
    }
  }

  /** The other side first: what it is told of is what matters. */
  async #tellSides({ author, peer }: Between, life: string, due: readonly DueChange[]): Promise<void> {
    const { changesTold, topics } = this.#deps;
    await changesTold.tell(peer, { peer: author, life, changes: due.filter(({ isPeers }) => isPeers) });
    const told = await changesTold.tell(author, { peer, life, changes: due.filter(({ isOwn }) => isOwn) });
    if (told !== 'noUser') await topics.reached(userTopic(author), told.seq);
  }

  /** What a node has begun for a user, and not told: one that is gone, or this one, but for what it is about to tell. May be repeated. */
  async adopt(userName: string, nodeId: string): Promise<void> {
    const { changesTold, instance } = this.#deps;
    for await (const notes of changesTold.underWay(userName, nodeId)) {
      for (const note of notes) {
        if (nodeId === instance.nodeId && this.#underWay.has(note.run)) continue;
        await this.tell({ author: userName, peer: note.peer });
        await changesTold.end(userName, note);
      }
    }
  }

  /** Before a user is deleted, and its notes with it: what anybody has begun for it is told to the others. */
  async finish(userName: string): Promise<void> {
    for await (const notes of this.#deps.changesTold.underWay(userName)) {
      for (const { peer } of notes) await this.tell({ author: userName, peer });
    }
  }
}
