/** A conversation with one other user: how far it has come there, and whether the other one is about. */
import type { Direct } from '../direct/direct.ts';
import { useClient } from './provider.ts';
import { listenTo, perObject, Snapshots, useSnapshot } from './snapshot.ts';
import { viewOf, type UserView } from './user-view.ts';

export interface DirectState {
  readonly direct: Direct;
  readonly user: UserView;
  /** Own messages up to these have arrived, and have been read; 0 where that is known of none. */
  readonly lastDeliveredId: number;
  readonly lastReadId: number;
}

const read = (direct: Direct): DirectState => ({
  direct,
  user: viewOf(direct.user),
  lastDeliveredId: direct.lastDeliveredId,
  lastReadId: direct.lastReadId,
});

const directOf = perObject(
  (direct: Direct) =>
    new Snapshots<DirectState>(
      () => read(direct),
      (changed) => {
        const stops = [
          listenTo(direct, ['status', 'update'], changed),
          listenTo(direct.user, ['update', 'status'], changed),
        ];
        return () => stops.forEach((stop) => stop());
      },
    ),
);
const asServed = perObject(read);

export function useDirect(userName: string): DirectState {
  const direct = useClient().direct(userName);
  return useSnapshot(directOf(direct), asServed(direct));
}
