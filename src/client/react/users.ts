/** Who is in a room. */
import type { Room } from '../room/room.ts';
import { listenTo, listenToFields, perObject, Snapshots, useSnapshot } from './snapshot.ts';
import { byName, listenToUsers, viewOf, type UserView } from './user-view.ts';

interface Users {
  readonly users: readonly UserView[];
}

const usersOf = perObject(
  (room: Room) =>
    new Snapshots<Users>(
      () => ({ users: Array.from(room.users.values(), viewOf).sort(byName) }),
      (changed) => {
        const users = listenToUsers(() => room.users.values(), changed);
        const moved = (): void => {
          users.follow();
          changed();
        };
        const stops = [
          listenTo(room, ['join', 'leave', 'reset'], moved),
          listenToFields(room, ['users', 'isJoined'], moved),
          users.stop,
        ];
        return () => stops.forEach((stop) => stop());
      },
    ),
);

const NOBODY: Users = { users: [] };

/** Who is in a room, by name. The component renders again when one comes, goes, or changes. */
export function useUsers(room: Room): readonly UserView[] {
  return useSnapshot(usersOf(room), NOBODY).users;
}
