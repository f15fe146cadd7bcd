/**
 * Sessions in Redis: the rooms that a user's devices share, kept by user and not by device. Every method is one step on the
 * user's slot, and what it changes it tells the sockets that take part, in one order. A join adds an entry after the room's
 * script and a leave takes it out before it; what is there and lost is found out by who reads it. Rejects with
 * `StateUnavailable` where Redis cannot be asked.
 */
import { readEntries, type Point, type Position } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { nothing, pairs, position, text, yes } from '../../redis/reply.ts';
import { UserKeys } from '../../redis/keys/topic-keys.ts';
import { flag, scriptsBeside } from '../../redis/script.ts';
import type { Life } from '../room/room-store.ts';
import { sessionEntries, type SessionEntry } from './session-entries.ts';
import { INBOX, LOG, SESSION } from '../key-names.ts';

/** `$.chat.leave` up to the group, of the room as an open and as a whitelist-only one: the script knows which it was. */
export interface LeavePrefixes {
  readonly openPrefix: Uint8Array;
  readonly privatePrefix: Uint8Array;
}

/** A join by a socket that takes part. */
export interface EntryNote extends LeavePrefixes {
  readonly socketId: string;
  readonly nodeId: string;
  /** The socket that is told nothing; '' for none. */
  readonly except: string;
  readonly roomName: string;
  /** The room's log as the join has left it. */
  readonly joinedAt: Point;
  readonly life: Life;
  /** The room did not know yet that the session has it. */
  readonly fresh: boolean;
  readonly whitelistOnly: boolean;
  /** The group to put it into; undefined leaves the room where it is. */
  readonly group: string | undefined;
  readonly joinPrefix: Uint8Array;
  readonly njoined: number;
  /** A notification without the count it ends with. Undefined where the socket was in the room already. */
  readonly echo: Uint8Array | undefined;
}

/** A room in a session that its user has lost, as whoever has read it has found out. */
export interface LostEntry extends SessionEntry, LeavePrefixes {
  /** Where in the room's log the user had no right to it; undefined where the room is gone. */
  readonly lostAt: Point | undefined;
}

/** A leave that has been begun: who is to be taken out of the room for it. */
export interface PendingLeave {
  readonly roomName: string;
  /** The socket that asked for it, and its node. */
  readonly socketId: string;
  readonly nodeId: string;
  readonly sockets: readonly { readonly socketId: string; readonly nodeId: string }[];
  /** The entry that was given up, by the point up to which it was joined; undefined where there was none, or an earlier build's. */
  readonly entryAt: Point | undefined;
}

/** One socket that the room's script has taken out. */
export interface TakenOut {
  readonly socketId: string;
  /** The room's log after that. */
  readonly at: Point;
  readonly njoined: number;
  /** A notification without the count it ends with. */
  readonly echo: Uint8Array;
}

export const DEFAULT_GROUP = 'custom';
/** Unfinished leaves of one user. */
const LEAVES_MAX = 1000;
const ROOMS_PER_CALL = 100;

const script = scriptsBeside(import.meta.url);

const addEntry = script('add-entry', {
  of: UserKeys,
  keys: [...INBOX, ...SESSION, 'leaving'],
  args: [
    'socket',
    'node',
    'except',
    'roomName',
    'roomEpoch',
    'roomSeq',
    'njoined',
    'frame',
    'life',
    'mode',
    'group',
    'fresh',
    'fallback',
    'roomsMax',
    'joinPrefix',
    'openPrefix',
    'privatePrefix',
  ],
  writes: true,
  // `full`: as many rooms are there as may be, and nothing was done.
  isHot: true,
  refuses: ['gone', 'full'],
  gives: { at: position, isNew: yes },
});

const readSession = script('read-session', {
  keys: ['meta', 'session'],
  refuses: ['gone'],
  gives: { at: position, entries: sessionEntries },
});

const removeEntries = script('remove-entries', {
  of: UserKeys,
  keys: [...INBOX, ...SESSION],
  args: ['except'],
  rest: true,
  writes: true,
  whenFull: true,
  isHot: true,
  refuses: ['gone'],
  gives: nothing,
});

const beginLeave = script('begin-leave', {
  of: UserKeys,
  keys: [...INBOX, 'tomb', ...SESSION, 'leaving'],
  args: ['socket', 'node', 'except', 'roomName', 'leavesMax', 'openPrefix', 'privatePrefix'],
  writes: true,
  whenFull: true,
  // `lost`: the node was swept here. `full`: too many leaves are unfinished.
  refuses: ['gone', 'lost', 'full'],
  // Those who take part, the one that asks among them, each with its node.
  gives: { at: position, sockets: pairs, entryAt: text },
});

const finishLeave = script('finish-leave', {
  keys: [...LOG, 'sockets', 'leaving'],
  args: ['field', 'socket', 'except', 'roomName'],
  rest: true,
  writes: true,
  whenFull: true,
  refuses: ['gone'],
  gives: position,
});

export class SessionStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #roomsMax: number;

  constructor(commands: Commands, keys: Keyspace, options: { sessionRoomsMax: number }) {
    this.#commands = commands;
    this.#keys = keys;
    this.#roomsMax = options.sessionRoomsMax;
  }

  /** Echoes a join as `UserStore.echo` does, and adds the room. `full` has done neither. */
  addEntry(userName: string, note: EntryNote): Promise<{ at: Position; isNew: boolean } | 'gone' | 'full'> {
    return this.#commands.run(addEntry, this.#keys.user(userName), {
      socket: note.socketId,
      node: note.nodeId,
      except: note.except,
      roomName: note.roomName,
      roomEpoch: note.joinedAt.epoch,
      roomSeq: note.joinedAt.seq,
      njoined: note.njoined,
      frame: note.echo ?? '',
      life: note.life,
      fresh: flag(note.fresh),
      mode: flag(note.whitelistOnly),
      group: note.group ?? '',
      fallback: DEFAULT_GROUP,
      roomsMax: this.#roomsMax,
      joinPrefix: note.joinPrefix,
      openPrefix: note.openPrefix,
      privatePrefix: note.privatePrefix,
    });
  }

  read(userName: string): Promise<{ at: Position; entries: SessionEntry[] } | 'gone'> {
    return this.#commands.run(readSession, this.#keys.user(userName), {});
  }

  /** Takes out what is lost, if its entry is as it was read; `except` is told nothing. */
  async removeEntries(userName: string, except: string, lost: readonly LostEntry[]): Promise<void> {
    for (let at = 0; at < lost.length; at += ROOMS_PER_CALL) {
      const rest = lost
        .slice(at, at + ROOMS_PER_CALL)
        .flatMap(({ roomName, packed, openPrefix, privatePrefix, lostAt }) => {
          return [roomName, packed, openPrefix, privatePrefix, lostAt?.epoch ?? '', lostAt?.seq ?? ''];
        });
      await this.#commands.run(removeEntries, this.#keys.user(userName), { except }, { args: rest });
    }
  }

  /**
   * Takes a room out of the session, and notes which sockets are to be taken out of it: the one that asks first, then all that
   * take part.
   */
  async beginLeave(
    userName: string,
    leave: { roomName: string; socketId: string; nodeId: string; except: string } & LeavePrefixes,
  ): Promise<{ at: Position; pending: PendingLeave } | 'gone' | 'lost' | 'full'> {
    const { roomName, socketId, nodeId } = leave;
    const begun = await this.#commands.run(beginLeave, this.#keys.user(userName), {
      socket: socketId,
      node: nodeId,
      except: leave.except,
      roomName,
      leavesMax: LEAVES_MAX,
      openPrefix: leave.openPrefix,
      privatePrefix: leave.privatePrefix,
    });
    if (typeof begun === 'string') return begun;
    const sockets = begun.sockets.map(([id, home]) => ({ socketId: id, nodeId: home }));
    return { at: begun.at, pending: { roomName, socketId, nodeId, sockets, entryAt: entryPoint(begun.entryAt) } };
  }

  /**
   * Forgets a leave that the room has carried out, and tells the user of each socket that was taken out. Those that have
   * joined since do not hear it of themselves.
   */
  async finishLeave(
    userName: string,
    { roomName, socketId, nodeId }: PendingLeave,
    out: readonly TakenOut[],
    except: string,
  ): Promise<Position | undefined> {
    const rest = out.flatMap(({ socketId: id, at, njoined, echo }) => {
      return [id, at.epoch, at.seq, njoined, echo];
    });
    const args = { field: fieldOf(roomName, socketId, nodeId), socket: socketId, except, roomName };
    const at = await this.#commands.run(finishLeave, this.#keys.user(userName), args, { args: rest });
    return at === 'gone' ? undefined : at;
  }

  /** The leaves that a node has begun and nobody has finished. */
  async pendingLeaves(userName: string, nodeId: string): Promise<PendingLeave[]> {
    const noted = await this.#commands.plain('hgetall', this.#keys.user(userName).leaving);
    return pairs(noted).flatMap(([field, sockets]) => {
      const leave = pendingLeave(field, sockets);
      return leave.nodeId === nodeId ? [leave] : [];
    });
  }
}

const fieldOf = (roomName: string, socketId: string, nodeId: string): string => `${nodeId} ${socketId} ${roomName}`;

function pendingLeave(field: string, noted: string): PendingLeave {
  const [nodeId = '', socketId = '', ...roomName] = field.split(' ');
  const [entries = '', entryAt = ''] = noted.split('\n');
  return {
    roomName: roomName.join(' '),
    socketId,
    nodeId,
    sockets: readEntries(entries),
    entryAt: entryPoint(entryAt),
  };
}

function entryPoint(noted: string): Point | undefined {
  const [epoch = '', seq] = noted.split(' ');
  return seq === undefined ? undefined : { epoch, seq: Number(seq) };
}
