/**
 * Which sockets of this node have heard the latest state of a user, for it comes by several ways: to contacts, in each room that the user
 * is in. Remembered are the ways and not the sockets, for a moment: whoever was in a room when it came there has it, unless it joined later.
 * So a room where nobody has heard it is told all at once, as ever; only where it may be a repeat sockets are looked at each.
 */
import { isUpTo, type Point } from '../../log/event.ts';
import type { Stamp } from '../../log/recipients.ts';

/** A socket, as far as this is concerned. */
export interface Hearer {
  readonly userName: string;
  /** Room → the point at which it joined. */
  readonly rooms: { readonly live: ReadonlyMap<string, Point> };
}

interface Heard {
  readonly number: number;
  /** On the monotonic clock. */
  readonly at: number;
  /** Rooms in which it came, and behind which event. */
  readonly rooms: Map<string, Point>;
  readonly contacts: Set<string>;
}

/** What comes as late as that is taken for new. */
const KEPT_MS = 10_000;
const KEPT_MAX = 10_000;

export class HeardStates {
  /** The one that came first is the first. */
  readonly #latest = new Map<string, Heard>();

  /**
   * It comes in a room now. Gives who of it is not to hear it: nobody may know, or `all` who are there, as it is old; else a test for
   * one socket. Its user's own sockets are told by themselves.
   */
  inRoom(stamp: Stamp, roomName: string, at: Point): 'all' | ((socket: Hearer) => boolean) {
    const heard = this.#note(stamp);
    if (heard === undefined) return 'all';
    const [rooms, contacts] = [new Map(heard.rooms), new Set(heard.contacts)];
    heard.rooms.set(roomName, { epoch: at.epoch, seq: at.seq });
    return (socket) => socket.userName === stamp.userName || hasHeard(socket, rooms, contacts);
  }

  /** The same of the sockets of a user that is a contact, or that user itself. */
  toUser(stamp: Stamp, userName: string): 'all' | ((socket: Hearer) => boolean) {
    const heard = this.#note(stamp);
    if (heard === undefined || heard.contacts.has(userName)) return 'all';
    const rooms = new Map(heard.rooms);
    heard.contacts.add(userName);
    return (socket) => userName !== stamp.userName && hasHeard(socket, rooms, new Set());
  }

  /** Undefined for one that is not the latest of its user. */
  #note({ userName, number }: Stamp): Heard | undefined {
    const now = performance.now();
    const known = this.#latest.get(userName);
    if (known !== undefined && now - known.at < KEPT_MS) {
      if (number < known.number) return undefined;
      if (number === known.number) return known;
    }
    this.#latest.delete(userName);
    for (const [other, { at }] of this.#latest) {
      if (this.#latest.size < KEPT_MAX && now - at < KEPT_MS) break;
      this.#latest.delete(other);
    }
    const heard = { number, at: now, rooms: new Map<string, Point>(), contacts: new Set<string>() };
    this.#latest.set(userName, heard);
    return heard;
  }
}

function hasHeard(
  { userName, rooms: { live } }: Hearer,
  rooms: ReadonlyMap<string, Point>,
  contacts: ReadonlySet<string>,
): boolean {
  if (contacts.has(userName)) return true;
  for (const [roomName, at] of rooms) {
    const since = live.get(roomName);
    if (since !== undefined && isUpTo(since, at)) return true;
  }
  return false;
}
