/**
 * What is left of rooms that were deleted: who is to be told, page by page, and by which node. The room's script has
 * only renamed it (delete-room.lua), so that a deletion is short whoever was there.
 */
import { readEntries, type Point } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { list, pairs, text } from '../../redis/reply.ts';

/** A room that is deleted; '' where it had no owner. */
export interface Deletion {
  /** Which room of that name. */
  readonly life: string;
  readonly owner: string;
  /** Where the room's log has ended. */
  readonly at: Point;
  /** When its members have lost it, and by whom, undefined for the service. Left out where nobody belonged to it. */
  readonly membersLost?: { readonly at: number; readonly by: string | undefined } | undefined;
}

/** Who has lost a room: its sockets there, and the nodes they were on. */
export interface RemovedUser {
  readonly userName: string;
  readonly socketIds: readonly string[];
  readonly nodeIds: readonly string[];
  /** The number of the event that took it out; undefined where that is the end of the room. */
  readonly seq?: number;
}

/** In the order in which they are told. */
const removed = ['occupants', 'entries', 'roster'] as const;

export interface RemovedPage {
  /** Those who were in the room, those whose session may keep it, or those who belonged to it. */
  readonly who: (typeof removed)[number];
  readonly users: readonly RemovedUser[];
  readonly forget: (names: readonly string[]) => Promise<void>;
}

/** What a room notes of an occupant: `socket@node`, separated by spaces. */
export function socketsOf(noted: string): Pick<RemovedUser, 'socketIds' | 'nodeIds'> {
  const entries = readEntries(noted);
  return {
    socketIds: entries.map(({ socketId }) => socketId),
    nodeIds: [...new Set(entries.map(({ nodeId }) => nodeId))],
  };
}

const PAGE = 500;

export class Deletions {
  readonly #commands: Commands;
  readonly #keys: Keyspace;

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** What a node has deleted of rooms of this name without telling everybody yet. */
  async unfinished(roomName: string, nodeId: string): Promise<Deletion[]> {
    const noted = await this.#commands.plain('hgetall', this.#keys.room(roomName).deletions);
    return pairs(noted).flatMap(([life, by]) => {
      // An earlier version has noted no point: then it is of no life that anybody knows.
      const [, node, epoch = '', seq = 0, owner = '', lost] =
        /^(\S+) (?:(\S{16}) (\d+) )?([^\n]*)(?:\n(.*))?$/s.exec(by) ?? [];
      return node === nodeId
        ? [{ life, owner, at: { epoch, seq: Number(seq) }, membersLost: membersLostIn(lost) }]
        : [];
    });
  }

  /** One user of a deleted room, where it is yet to be told. */
  async removedUser(roomName: string, life: string, userName: string): Promise<RemovedUser | undefined> {
    const noted = await this.#commands.plain('hget', this.#keys.removed(roomName, 'occupants', life), userName);
    return noted === null ? undefined : { userName, ...socketsOf(text(noted)) };
  }

  /** It is told, of whatever it was there. */
  async forgetUser(roomName: string, life: string, userName: string): Promise<void> {
    await this.#commands.plain('hdel', this.#keys.removed(roomName, 'occupants', life), userName);
    await this.#commands.plain('hdel', this.#keys.removed(roomName, 'entries', life), userName);
    await this.#commands.plain('zrem', this.#keys.removed(roomName, 'roster', life), userName);
  }

  /**
   * The occupants of a deleted room, page by page, then those whose session may keep it, and then its members, both with no sockets. Whoever is
   * forgotten does not come again, also where this is repeated; who is not comes until then.
   */
  async *takeRemoved(roomName: string, life: string): AsyncGenerator<RemovedPage> {
    for (const who of removed) {
      const key = this.#keys.removed(roomName, who, life);
      const forget = async (names: readonly string[]): Promise<void> => {
        if (names.length > 0) await this.#commands.plain(who === 'roster' ? 'zrem' : 'hdel', key, ...names);
      };
      // Not every store's scan keeps its place while what it has found is taken out: it ends with a round that finds nobody.
      for (let isLeft = true; isLeft;) {
        isLeft = false;
        let cursor = '0';
        do {
          const scan = who === 'roster' ? 'zscan' : 'hscan';
          const [next, found] = list(await this.#commands.plain(scan, key, cursor, 'COUNT', PAGE));
          const users = pairs(found).map(([userName, noted]) => ({
            userName,
            ...(who === 'occupants' ? socketsOf(noted) : { socketIds: [], nodeIds: [] }),
          }));
          if (users.length > 0) yield { who, users, forget };
          isLeft ||= users.length > 0;
          cursor = text(next);
        } while (cursor !== '0');
      }
    }
    await this.#commands.plain('hdel', this.#keys.room(roomName).deletions, life);
  }
}

/** `time by` */
function membersLostIn(noted: string | undefined): Deletion['membersLost'] {
  if (noted === undefined) return undefined;
  const end = noted.indexOf(' ');
  return { at: Number(noted.slice(0, end)), by: noted.slice(end + 1) || undefined };
}
