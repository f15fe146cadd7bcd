/**
 * The rooms a client has objects of: one for each name. What comes in about rooms is led to what is known of each, and then
 * told by the client itself.
 */
import type { Gate } from '../gate.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { UnreadCount } from '../../protocol/unread.ts';
import { followNotices } from '../conversation/notices.ts';
import { Changing } from '../change/changing.ts';
import type { Core } from '../core.ts';
import type { Outbox } from '../message/outbox.ts';
import type { ReadMarks } from '../message/read-marks.ts';
import { Kept } from '../user/kept.ts';
import type { Users } from '../user/users.ts';
import { changingRoom } from './changing-room.ts';
import { Memberships } from './memberships.ts';
import { Room } from './room.ts';
import { laneOf, Sending } from './sending.ts';
import type { RoomLoss } from './owner.ts';
import { RoomState, type RoomParts } from './state.ts';

/** Who files rooms in the session: it is told what this device does. */
export interface RoomFollower {
  entered(roomName: string, group: string | undefined): void;
  left(roomName: string, loss: RoomLoss | undefined): void;
}

/** Kept whether anybody holds them or not: the service tells of rooms by itself, and their names are others' to choose. */
const keptMax = 1_000;
/** Counts in one answer of the service. */
const unreadMax = 500;

interface RoomsParts {
  readonly outbox: Outbox;
  readonly marks: ReadMarks;
  /** What is read of many rooms or users at once waits at it. */
  readonly gate: Gate;
}

export class Rooms {
  readonly #core: Core;
  readonly #outbox: Outbox;
  readonly #parts: RoomParts;
  readonly #sending: Sending;
  readonly #rooms = new Kept<Room>(
    keptMax,
    (room) => room.isHeard || this.memberships.has(room.name) || this.stateOf(room).affairs.attributes.isUnsaved,
  );
  /** Of two rooms that have turned out to be one each has its own, which leads to the other's. */
  readonly #states = new WeakMap<Room, RoomState>();
  #follower: RoomFollower | undefined;
  /** Notices were lost. */
  #isBehind = false;
  /** The service's clock is so far before the one of this machine that nobody sets, milliseconds. */
  #aheadMs = Date.now() - performance.now();
  #onChange: (room: Room) => void = () => undefined;
  readonly memberships: Memberships;

  constructor(core: Core, users: Users, { outbox, marks, gate }: RoomsParts) {
    this.#core = core;
    this.#outbox = outbox;
    this.#parts = {
      core,
      marks,
      user: (userName) => users.of(userName),
      page: (roomName, cursor) =>
        gate.request('roomUserlistGet', { roomName, ...(cursor !== undefined && { options: { cursor } }) }),
      isJoined: (roomName) => this.memberships.position(roomName) !== undefined,
      isSettled: (roomName) => this.memberships.settled(roomName),
      now: () => this.now(),
      gate,
      isOnline: (userName) => {
        const status = users.known(userName)?.status;
        return status && status === 'online';
      },
      actions: (state) =>
        new Changing(
          core,
          outbox,
          changingRoom(core, state, (roomName) => this.#parts.isSettled(roomName)),
        ),
      changed: (state) => {
        const room = this.#rooms.get(state.current.name);
        if (room !== undefined) this.#onChange(room);
      },
    };
    core.onRename(() => this.#rename());
    // Before the rooms are joined again.
    core.onLogin((_link, { serverTime }) => {
      this.#aheadMs = serverTime - performance.now();
    });
    this.#follow();
    this.memberships = this.#joined();
    // And behind them those that are looked at without being joined.
    core.onLogin(() => {
      for (const room of this.#rooms.all) if (!room.isJoined) this.stateOf(room).affairs.again();
    });
    this.#sending = new Sending(core, outbox, this.memberships);
    core.onLoss(() => {
      for (const room of this.#rooms.all) this.stateOf(room).lost();
    });
    core.onClose(() => {
      for (const room of this.#rooms.all) {
        room.endWaits();
        this.stateOf(room).affairs.closed();
      }
    });
  }

  get objects(): ReadonlyMap<string, Room> {
    return this.#rooms.objects;
  }

  of(roomName: string): Room {
    const name = this.#core.nameOf(roomName);
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const state = new RoomState(name, this.#parts);
    const [core, memberships, sending] = [this.#core, this.memberships, this.#sending];
    const room: Room = new Room(state, { core, memberships, sending, kept: () => void this.#rooms.get(room.name) });
    this.#states.set(room, state);
    this.#rooms.set(name, room);
    this.#core.plugins.extend(room, 'Room');
    return room;
  }

  /** Where the session has a room. */
  file(roomName: string, group: string | undefined, meta?: Readonly<ValueMap>): Room {
    const room = this.of(roomName);
    this.stateOf(room).file(group, meta);
    return room;
  }

  /** What is known of a room. */
  stateOf(room: Room): RoomState {
    const state = this.#states.get(room);
    if (state === undefined) throw new Error(`${room.name} is a room of another client.`);
    return state.current;
  }

  /** By the service's clock, milliseconds. */
  now(): number {
    return performance.now() + this.#aheadMs;
  }

  /** Called when something of a room has changed that lists show, before the room tells it. */
  onChange(handler: (room: Room) => void): void {
    this.#onChange = handler;
  }

  follow(follower: RoomFollower): void {
    this.#follower = follower;
  }

  #follow(): void {
    const core = this.#core;
    const state = (roomName: string): RoomState | undefined => this.#state(roomName);
    // What its own device moves to another group the service tells the others only.
    core.onAnswer('roomJoin', ({ roomName, options }) =>
      this.#follower?.entered(core.nameOf(roomName), options?.group),
    );
    core.onNotification('unreadCounts', (counts) => void this.#counted(counts));
    core.onAnswer('userDetails', (_, { unread }) => void this.#counted(unread));
    // What was read elsewhere was not told, then; the conversations ask for all that is unread.
    core.onNotification('inboxReset', () => (this.#isBehind = true));
    core.onAnswer('unreadGet', (_, counts) => this.#recounted(counts));
    core.onNotification('roomReadEcho', (roomName, upToId) => state(roomName)?.readElsewhere(upToId));
    core.onNotification('roomUserJoined', (roomName, userName) => state(roomName)?.userJoined(userName));
    core.onNotification('roomUserLeft', (roomName, userName) => state(roomName)?.userLeft(userName));
    core.onNotification('roomUserlistChanged', (roomName, { joined, left, count }) =>
      state(roomName)?.userlist.changed(joined, left, count),
    );
    followNotices(core, (roomName) => state(core.nameOf(roomName))?.affairs);
  }

  #joined(): Memberships {
    const core = this.#core;
    const state = (roomName: string): RoomState | undefined => this.#state(roomName);
    return new Memberships(core, {
      entered: (roomName, group) => {
        this.#follower?.entered(roomName, group);
        state(roomName)?.entered();
      },
      joined: (place) => {
        state(place.roomName)?.joined(place);
        core.emitter.emit('joined', place);
      },
      recovered: (place) => {
        state(place.roomName)?.recovered(place);
        core.emitter.emit('recovered', place);
      },
      message: (roomName, message) => {
        state(roomName)?.message(message);
        core.emitter.emit('roomMessage', roomName, message);
      },
      change: (roomName, change) => {
        if (state(roomName)?.change(change) === false) return false;
        core.emitter.emit('roomMessageChanged', roomName, change);
        return true;
      },
      changed: (roomName, message) => changedMeanwhile(state(roomName), message),
      doubted: (place) => state(place.roomName)?.doubt(place),
      reset: (place) => {
        state(place.roomName)?.reset(place);
        core.emitter.emit('roomReset', place.roomName, place.epoch, place.lastMessageId);
      },
      leaving: (roomName) => this.#parts.marks.hurry(`room:${roomName}`),
      left: (roomName, loss) => {
        this.#follower?.left(roomName, loss);
        state(roomName)?.left(loss);
        core.emitter.emit('left', { roomName });
      },
      refused: (roomName, error) => core.emitter.emit('roomLost', { roomName, error }),
      failed: (error) => core.failed(error),
      settled: () => {
        this.#outbox.advance();
        this.#parts.marks.advance();
      },
      awaitsAnswer: (roomName, { author }) => author === core.userName && state(roomName)?.own.isAnswerDue === true,
      answerIsLate: (roomName) => state(roomName)?.own.late(),
    });
  }

  /** Returns which rooms were counted. */
  #counted(counts: readonly UnreadCount[]): ReadonlySet<string> {
    const names = new Set<string>();
    for (const count of counts) {
      if (count.roomName === undefined) continue;
      const room = this.of(count.roomName);
      names.add(room.name);
      this.stateOf(room).told(count);
    }
    return names;
  }

  /** All that is unread, if it is no more than an answer holds. */
  #recounted(counts: readonly UnreadCount[]): void {
    const names = this.#counted(counts);
    if (!this.#isBehind || counts.length >= unreadMax) return;
    this.#isBehind = false;
    for (const room of this.#rooms.all) {
      const { name: roomName } = room;
      if (!names.has(roomName)) this.stateOf(room).told({ roomName, unread: 0, mentioned: false, last: null });
    }
  }

  /** What is known of a room that has an object. */
  #state(roomName: string): RoomState | undefined {
    const room = this.#rooms.get(roomName);
    return room && this.stateOf(room);
  }

  /** Rooms that were asked for before get the names that they have there. */
  #rename(): void {
    this.#rooms.rename(
      (name) => this.#core.nameOf(name),
      (room, name) => {
        const state = this.stateOf(room);
        this.#outbox.rename(laneOf(state.name), laneOf(name));
        state.name = name;
        const same = this.#state(name);
        if (same !== state) same?.takeOver(state);
      },
    );
  }
}

/** What a message is now that has changed while nothing was told of it. */
function changedMeanwhile(state: RoomState | undefined, heard: ValueMap): void {
  state?.isNew(Number(heard['id']), state.messages.of(heard, true));
}
