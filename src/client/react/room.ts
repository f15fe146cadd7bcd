/** A room that components are in for as long as one of them is there, and who else is in it. */
import { useEffect } from 'react';
import type { Room } from '../room/room.ts';
import { useClient } from './provider.ts';
import { listenTo, perObject, Snapshots, useSnapshot } from './snapshot.ts';
import type { Failure } from './sources.ts';
import { byName, viewOf, type UserView } from './user-view.ts';

export interface UseRoomOptions {
  /** In which group of the session it is filed (`enableSync`). */
  readonly group?: string;
  /** Makes the room where it is not there. */
  readonly create?: boolean;
  /** Stays in the room when the last component has gone. Of a synced session leaving takes the room from all devices. */
  readonly stay?: boolean;
}

export interface RoomState {
  readonly room: Room;
  readonly isJoined: boolean;
  /** Why the join was refused, or the room taken away. `join` tries again. */
  readonly error: Failure | undefined;
  readonly join: () => void;
}

/** How many components are in a room, and what became of its join. */
class Presence {
  readonly snapshots: Snapshots<RoomState>;
  readonly #room: Room;
  #holders = 0;
  /** Joined on behalf of components, and to be left with the last of them. */
  #isOurs = false;
  /** One of them wanted it to stay joined. */
  #stays = false;
  /** Requests to leave that are under way: until they are answered, the room still counts as joined. */
  #leaving = 0;
  #options: UseRoomOptions = {};
  #error: Failure | undefined;

  constructor(room: Room) {
    this.#room = room;
    const join = (): void => this.#join();
    this.snapshots = new Snapshots<RoomState>(
      () => ({ room, isJoined: room.isJoined, error: this.#error, join }),
      (changed) => {
        const removed = (why: Partial<Failure> & { readonly reason?: string }): void => {
          this.#error = {
            code: why.code ?? 'removed',
            message: why.message ?? why.reason ?? 'The room was taken away.',
          };
          changed();
        };
        const stop = listenTo(room, ['join', 'leave', 'reset', 'update'], changed);
        room.on('removed', removed);
        return () => {
          stop();
          room.off('removed', removed);
        };
      },
    );
  }

  hold(options: UseRoomOptions): () => void {
    this.#holders += 1;
    this.#options = options;
    if (options.stay === true) this.#stays = true;
    if (!this.#isOurs && (!this.#room.isJoined || this.#leaving > 0)) {
      this.#isOurs = true;
      this.#join();
    }
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holders -= 1;
      // In a moment: who goes and comes back in one step (a strict mode, a move in the tree) has not gone.
      if (this.#holders === 0) void Promise.resolve().then(() => this.#gone());
    };
  }

  #gone(): void {
    if (this.#holders > 0) return;
    const isToLeave = this.#isOurs && !this.#stays;
    this.#isOurs = this.#stays = false;
    if (!isToLeave) return;
    this.#leaving += 1;
    const answered = (): void => void (this.#leaving -= 1);
    this.#room.leave().then(answered, answered);
  }

  #join(): void {
    const { group, create } = this.#options;
    this.#error = undefined;
    this.#room
      .join({ ...(group === undefined ? {} : { group }), ...(create === undefined ? {} : { create }) })
      .then(() => this.snapshots.changed())
      .catch((error: Failure) => {
        // Left before it was joined: nobody waits to hear of it.
        if (this.#holders === 0) return;
        this.#error = error;
        this.snapshots.changed();
      });
    this.snapshots.changed();
  }
}

const presenceOf = perObject((room: Room) => new Presence(room));
const asServed = perObject((room: Room): RoomState => ({
  room,
  isJoined: false,
  error: undefined,
  join: () => undefined,
}));

/**
 * Joins a room for as long as the component is there; several components may use one room, and the last one leaves it. A room
 * that was joined already is left alone.
 */
export function useRoom(name: string, options: UseRoomOptions = {}): RoomState {
  const room = useClient().room(name);
  const presence = presenceOf(room);
  const { group, create, stay } = options;
  useEffect(
    () =>
      presence.hold({
        ...(group === undefined ? {} : { group }),
        ...(create === undefined ? {} : { create }),
        ...(stay === undefined ? {} : { stay }),
      }),
    [presence, group, create, stay],
  );
  return useSnapshot(presence.snapshots, asServed(room));
}

interface Users {
  readonly users: readonly UserView[];
}

const usersOf = perObject(
  (room: Room) =>
    new Snapshots<Users>(
      () => ({ users: Array.from(room.users.values(), viewOf).sort(byName) }),
      (changed) => listenTo(room, ['join', 'leave', 'users', 'reset', 'update'], changed),
    ),
);

const NOBODY: Users = { users: [] };

/** Who is in a room, by name. */
export function useUsers(room: Room): readonly UserView[] {
  return useSnapshot(usersOf(room), NOBODY).users;
}
