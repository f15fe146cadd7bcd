/**
 * Changes of messages of two users. One is several steps, each on one slot: the other one's says whether it may be written to; the
 * author's notes that something is under way; the pair's log judges and makes the change, and is the truth; then both are told
 * (direct/change-telling.ts). Of what one user changes in the messages of it and another one, that which comes while some is under way goes
 * together through the next steps.
 */
import type { Budget } from '../../redis/budget.ts';
import { GroupCommit, type Share } from '../../redis/group-commit.ts';
import type { DirectStore } from '../../store/direct/direct-store.ts';
import type { PairChange, PairChanged, PairChanges } from '../../store/pair/pair-changes.ts';
import type { Rights } from '../../store/rights.ts';
import type { ChangeTelling, LeftToTell } from '../direct/change-telling.ts';

export interface DirectChangesDeps {
  readonly directs: Pick<DirectStore, 'admit'>;
  readonly pairChanges: Pick<PairChanges, 'change'>;
  readonly changeTelling: Pick<ChangeTelling, 'around'>;
  /** Counts what waits here. */
  readonly budget: Pick<Budget, 'take' | 'give'>;
  readonly postsPerCall: number;
  /** How long a change may wait for those before it. */
  readonly timeoutMs: number;
}

/** In whose name, of the messages with whom, and what. */
export interface Changing {
  readonly author: string;
  readonly peer: string;
  readonly rights: Rights;
  readonly change: PairChange;
}

export type DirectChanged = PairChanged | 'noUser';

/** Bytes of a change beside what it says. */
const FIXED_BYTES = 100;

export class DirectChanges {
  readonly #deps: DirectChangesDeps;
  readonly #changing: GroupCommit<Changing, DirectChanged>;

  constructor(deps: DirectChangesDeps) {
    this.#deps = deps;
    this.#changing = new GroupCommit({
      budget: deps.budget,
      itemsMax: deps.postsPerCall,
      timeoutMs: deps.timeoutMs,
      bytesOf,
      // Each lane goes alone.
      run: async (shares) => (await Promise.all(shares.map((share) => this.#run(share)))).flat(),
    });
  }

  /** Has its place among what its author changes there when it returns. */
  change(changing: Changing): Promise<DirectChanged> {
    return this.#changing.add(laneOf(changing), changing);
  }

  async #run({ items }: Share<Changing>): Promise<(DirectChanged | Error)[]> {
    const [first] = items;
    if (first === undefined) return [];
    const { author, peer, rights } = first;
    const admitted = await this.#deps.directs.admit(peer, { author, rights }, false);
    const refused = admitted === 'ok' ? undefined : admitted;
    // What one has said may be taken back whatever has become of the other one.
    const asked = items.filter(({ change }) => refused === undefined || change.what === 'recall');
    const made =
      asked.length === 0
        ? []
        : await this.#make(
            first,
            asked.map(({ change }) => change),
          );
    const outcomes = new Map(asked.map((item, i) => [item, made[i]]));
    return items.map((item) => outcomes.get(item) ?? refused ?? new Error('nothing became of it'));
  }

  #make({ author, peer, rights }: Changing, changes: readonly PairChange[]): Promise<(PairChanged | Error)[]> {
    const { pairChanges, changeTelling } = this.#deps;
    return changeTelling.around({ author, peer }, async () => {
      const outcomes = await pairChanges.change({ author, peer, rights }, changes);
      return [outcomes, leftToTell(outcomes)];
    });
  }
}

/** What goes one after the other. No name holds a line break. */
export const laneOf = ({ author, peer, rights }: Pick<Changing, 'author' | 'peer' | 'rights'>): string =>
  [author, peer, JSON.stringify(rights)].join('\n');

function bytesOf({ change }: Changing): number {
  switch (change.what) {
    case 'update':
      return change.content.length + FIXED_BYTES;
    case 'append':
      return change.text.length + FIXED_BYTES;
    case 'recall':
    case 'react':
      return FIXED_BYTES;
  }
}

function leftToTell(outcomes: readonly (PairChanged | Error)[]): LeftToTell | 'nothing' | 'more' {
  const made = outcomes.flatMap((outcome) =>
    typeof outcome === 'object' && 'due' in outcome && outcome.due !== undefined
      ? [{ ...outcome, due: outcome.due }]
      : [],
  );
  const [first] = made;
  if (first === undefined) return outcomes.some((outcome) => outcome instanceof Error) ? 'more' : 'nothing';
  const due = made.map((one) => one.due);
  const isRecall = due.some(({ left }) => left.length > 0);
  // What was told of one that was recalled later among these is not what is to be told any more.
  if (first.isBehind || (isRecall && due.length > 1)) return 'more';
  return { life: first.life, due, isRecall };
}
