/** A room that components are in for as long as one of them is there. */
import { useEffect, useRef } from 'react';
import type { Room } from '../room/room.ts';
import { useClient } from './provider.ts';
import { listenTo, listenToFields, perObject, Snapshots, useSnapshot } from './snapshot.ts';
import type { Failure } from './sources.ts';

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

/** What one component wants of a room. */
interface Hold {
  options: UseRoomOptions;
}

/** Which components are in a room, and what became of its join. */
class Presence {
  readonly snapshots: Snapshots<RoomState>;
  readonly #room: Room;
  readonly #holds = new Set<Hold>();
  /** Joined on behalf of components, and to be left with the last of them. */
  #isOurs = false;
  /** One that has gone wanted it to stay joined. */
  #stays = false;
  /** Requests to leave that are under way: until they are answered, the room still counts as joined. */
  #leaving = 0;
  /** What was asked for last. */
  #options: UseRoomOptions = {};
  #error: Failure | undefined;

  constructor(room: Room) {
    this.#room = room;
    const join = (): void => {
      if (!this.#isTaken) this.#isOurs = true;
      this.#join(this.#options);
    };
    this.snapshots = new Snapshots<RoomState>(
      () => ({ room, isJoined: room.isJoined, error: this.#error, join }),
      (changed) => this.#listen(changed),
    );
  }

  /** `want` comes next. */
  hold(): Hold {
    const hold: Hold = { options: {} };
    this.#holds.add(hold);
    return hold;
  }

  /** What a component wants, which may be something else than before. */
  want(hold: Hold, options: UseRoomOptions): void {
    hold.options = options;
    if (this.#isOurs && !this.#isNew(options)) return;
    this.#options = options;
    if (!this.#isTaken) this.#isOurs = true;
    // One that the application is joining is asked for as well, to hear what becomes of it: without options that is no
    // other request.
    if (this.#isOurs) this.#join(options);
    else if (!this.#room.isJoined) this.#join({});
  }

  release(hold: Hold): void {
    this.#holds.delete(hold);
    if (hold.options.stay === true) this.#stays = true;
    // In a moment: who goes and comes back in one step (a strict mode, a move in the tree) has not gone.
    if (this.#holds.size === 0) void Promise.resolve().then(() => this.#gone());
  }

  /** The application is in it, or about to be. */
  get #isTaken(): boolean {
    return this.#room.isJoining || (this.#room.isJoined && this.#leaving === 0);
  }

  #listen(changed: () => void): () => void {
    const removed = (why: Partial<Failure> & { readonly reason?: string }): void => {
      this.#error = { code: why.code ?? 'removed', message: why.message ?? why.reason ?? 'The room was taken away.' };
      changed();
    };
    const joined = (): void => {
      // What was refused here was done by somebody else, who leaves it as well.
      if (this.#room.isJoined && this.#error !== undefined) [this.#error, this.#isOurs] = [undefined, false];
      changed();
    };
    const stops = [
      listenToFields(this.#room, ['isJoined'], joined),
      listenTo(this.#room, ['join', 'leave', 'reset', 'update'], changed),
    ];
    this.#room.on('removed', removed);
    return () => {
      for (const stop of stops) stop();
      this.#room.off('removed', removed);
    };
  }

  /** Whether a join with these says something that none has said. */
  #isNew({ group, create }: UseRoomOptions): boolean {
    const isToMove = group !== undefined && group !== this.#options.group;
    return isToMove || (create === true && this.#options.create !== true && !this.#room.isJoined);
  }

  #gone(): void {
    if (this.#holds.size > 0) return;
    const isToLeave = this.#isOurs && !this.#stays;
    this.#isOurs = this.#stays = false;
    this.#error = undefined;
    if (!isToLeave) return;
    this.#leaving += 1;
    const answered = (): void => void (this.#leaving -= 1);
    this.#room.leave().then(answered, answered);
  }

  #join({ group, create }: UseRoomOptions): void {
    this.#error = undefined;
    this.#room
      .join({ ...(group === undefined ? {} : { group }), ...(create === undefined ? {} : { create }) })
      .then(() => this.snapshots.changed())
      .catch((error: Failure) => {
        // Left before it was joined: nobody waits to hear of it.
        if (this.#holds.size === 0) return;
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
 * that the application has joined, or is joining, is left alone.
 */
export function useRoom(name: string, options: UseRoomOptions = {}): RoomState {
  const room = useClient().room(name);
  const presence = presenceOf(room);
  const { group, create, stay } = options;
  const held = useRef<Hold | undefined>(undefined);
  useEffect(() => {
    const hold = presence.hold();
    held.current = hold;
    return () => presence.release(hold);
  }, [presence]);
  // Of its own: with other options a component is in the room as before.
  useEffect(() => {
    const wanted = {
      ...(group === undefined ? {} : { group }),
      ...(create === undefined ? {} : { create }),
      ...(stay === undefined ? {} : { stay }),
    };
    if (held.current !== undefined) presence.want(held.current, wanted);
  }, [presence, group, create, stay]);
  return useSnapshot(presence.snapshots, asServed(room));
}
