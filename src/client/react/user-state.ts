/** What a user shows of how it is just now. */
import type { ValueMap } from '../../protocol/params/values.ts';
import { useClient } from './provider.ts';
import { listenTo, perObject, Snapshots, useSnapshot } from './snapshot.ts';
import type { UserSource } from './sources.ts';

const stateOf = perObject(
  (user: UserSource) =>
    new Snapshots<Readonly<ValueMap>>(
      () => user.state,
      (changed) => listenTo(user, ['update'], changed),
    ),
);

const NOTHING: Readonly<ValueMap> = {};

export function useUserState(userName: string): Readonly<ValueMap> {
  return useSnapshot(stateOf(useClient().user(userName)), NOTHING);
}
