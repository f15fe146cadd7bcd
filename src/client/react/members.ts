/** Who belongs to a room, and what it carries with it. */
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Member } from '../member/member.ts';
import type { Room } from '../room/room.ts';
import { listenToFields, perObject, Snapshots, useSnapshot } from './snapshot.ts';
import type { BelongingSource, Failure } from './sources.ts';

export interface MembersState {
  /** By name; each is the same value until something of it changes. */
  readonly members: readonly Member[];
  /** In all: more than are shown where there are very many. */
  readonly count: number | undefined;
  readonly isLoading: boolean;
  /** Why they could not be read. */
  readonly error: Failure | undefined;
}

const byName = (one: Member, other: Member): number =>
  one.userName < other.userName ? -1 : Number(one.userName > other.userName);

/** Read when the first component looks; the library keeps them up to date from there. */
const membersOf = perObject((room: BelongingSource<Member>) => {
  const { members } = room;
  let [isLoading, error]: [boolean, Failure | undefined] = [true, undefined];
  return new Snapshots<MembersState>(
    () => ({ members: Array.from(members.values()).sort(byName), count: members.count, isLoading, error }),
    (changed) => {
      const settle = (failure?: Failure): void => {
        [isLoading, error] = [false, failure];
        changed();
      };
      members.load().then(() => settle(), settle);
      return listenToFields(room, ['members'], () => {
        // What could not be read has been read again.
        error = undefined;
        changed();
      });
    },
  );
});

const NOBODY: MembersState = { members: [], count: undefined, isLoading: true, error: undefined };

/** The component renders again when a member comes, goes, or changes. */
export function useMembers(room: Room): MembersState {
  return useSnapshot(membersOf(room), NOBODY);
}

const attributesOf = perObject(
  (room: BelongingSource<Member>) =>
    new Snapshots<Readonly<ValueMap>>(
      () => room.attributes,
      (changed) => listenToFields(room, ['attributes'], changed),
    ),
);

const NOTHING: Readonly<ValueMap> = {};

/** The attributes of a room, with what was set and is not saved yet. */
export function useRoomAttributes(room: Room): Readonly<ValueMap> {
  return useSnapshot(attributesOf(room), NOTHING);
}
