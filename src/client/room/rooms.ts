/**
 * The rooms a client has objects of: one for each name. What comes in about rooms is led to what is known of each, and then
 * told by the client itself.
 */
import type { Gate } from '../gate.ts';
import { normaliseName, type NameLimits } from '../../protocol/names/form.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { UnreadCount } from '../../protocol/unread.ts';
import { followNotices } from '../conversation/notices.ts';
import { Changing } from '../change/changing.ts';
import type { Core } from '../core.ts';
import type { Outbox } from '../message/outbox.ts';
import type { ReadMarks } from '../message/read-marks.ts';
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
  readonly #states = new Map<string, RoomState>();
  readonly #objects = new Map<string, Room>();
  #names: NameLimits;
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
    this.#names = core.limits;
    this.#parts = {
      core,
      marks,
      user: (userName) => users.of(userName),
      page: (roomName, cursor) =>
        gate.pass(() =>
          core.request('roomUserlistGet', { roomName, ...(cursor !== undefined && { options: { cursor } }) }),
        ),
      isJoined: (roomName) => this.memberships.position(roomName) !== undefined,
      isSettled: (roomName) => this.memberships.settled(roomName),
      now: () => this.now(),
      gate: (read) => gate.pass(read),
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
        const room = this.#objects.get(state.current.name);
        if (room !== undefined) this.#onChange(room);
      },
    };
    // Before the rooms are joined again.
    core.onLogin((_link, { limits, serverTime }) => {
      this.#aheadMs = serverTime - performance.now();
      this.#adopt(limits);
    });
    this.#follow();
    this.memberships = this.#joined();
    // And behind them those that are looked at without being joined.
    core.onLogin(() => {
      for (const [name, state] of this.#states) if (!this.#parts.isJoined(name)) state.affairs.again();
    });
    this.#sending = new Sending(core, outbox, this.memberships);
    core.onLoss(() => {
      for (const state of this.#states.values()) state.lost();
    });
    core.onClose(() => {
      for (const room of this.#objects.values()) room.endWaits();
      for (const { affairs } of this.#states.values()) affairs.closed();
    });
  }

  get objects(): ReadonlyMap<string, Room> {
    return this.#objects;
  }

  of(roomName: string): Room {
    if (typeof roomName !== 'string') throw new TypeError('The name of a room is a string.');
    const name = normaliseName(roomName, this.#names);
    const known = this.#objects.get(name);
    if (known !== undefined) return known;
    const state = new RoomState(name, this.#parts);
    const room = new Room(state, { core: this.#core, memberships: this.memberships, sending: this.#sending });
    this.#states.set(name, state);
    this.#objects.set(name, room);
    this.#core.plugins.extend(room, 'Room');
    return room;
  }

  /** Where the session has a room. */
  file(roomName: string, group: string | undefined, meta?: Readonly<ValueMap>): Room {
    const room = this.of(roomName);
    this.#states.get(room.name)?.file(group, meta);
    return room;
  }

  /** What is known of a room that has an object. */
  stateOf({ name }: Room): RoomState {
    const state = this.#states.get(name);
    if (state === undefined) throw new Error(`There is no room ${name}.`);
    return state;
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
    const state = (roomName: string): RoomState | undefined => this.#states.get(roomName);
    // What its own device moves to another group the service tells the others only.
    core.onAnswer('roomJoin', ({ roomName, options }) =>
      this.#follower?.entered(normaliseName(roomName, this.#names), options?.group),
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
    followNotices(core, (roomName) => state(normaliseName(roomName, this.#names))?.affairs);
  }

  #joined(): Memberships {
    const core = this.#core;
    const state = (roomName: string): RoomState | undefined => this.#states.get(roomName);
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
      const { name } = this.of(count.roomName);
      names.add(name);
      this.#states.get(name)?.told(count);
    }
    return names;
  }

  /** All that is unread, if it is no more than an answer holds. */
  #recounted(counts: readonly UnreadCount[]): void {
    const names = this.#counted(counts);
    if (!this.#isBehind || counts.length >= unreadMax) return;
    this.#isBehind = false;
    for (const [roomName, state] of this.#states) {
      if (!names.has(roomName)) state.told({ roomName, unread: 0, mentioned: false, last: null });
    }
  }

  /** By which rule the service makes names shows at the login: rooms that were asked for before get the names they have there. */
  #adopt(names: NameLimits): void {
    const isNew = names.names !== this.#names.names;
    this.#names = names;
    if (!isNew) return;
    for (const [was, state] of this.#states) {
      const name = normaliseName(was, names);
      if (name === was) continue;
      const room = this.#objects.get(was);
      this.#states.delete(was);
      this.#objects.delete(was);
      this.#outbox.rename(laneOf(was), laneOf(name));
      state.name = name;
      const same = this.#states.get(name);
      if (same !== undefined) same.takeOver(state);
      else if (room !== undefined) {
        this.#states.set(name, state);
        this.#objects.set(name, room);
      }
    }
  }
}

/** What a message is now that has changed while nothing was told of it. */
function changedMeanwhile(state: RoomState | undefined, heard: ValueMap): void {
  state?.isNew(Number(heard['id']), state.messages.of(heard, true));
}
