/**
 * Sockets that are gone. A user's are taken out together: the first at once, those that close meanwhile after it, with one
 * leave for all of them in a room. Fifty may be closed in one moment, each with a hundred rooms.
 */
import type { Topics } from '../../bus/topics.ts';
import { roomTopic, userTopic, type TopicKey } from '../../redis/keys.ts';
import { SOCKETS_PER_CALL } from '../../store/membership/membership-store.ts';
import type { Wills } from '../message/wills.ts';
import type { Repairs } from '../repair/repairs.ts';
import { leftEcho, type LeavingSocket, type Leaves } from './leaves.ts';
import { windowsOf } from '../windows.ts';

export interface DisconnectsDeps {
  readonly leaves: Pick<Leaves, 'leaveRoom' | 'logout'>;
  readonly topics: Pick<Topics, 'unfollow'>;
  readonly wills: Pick<Wills, 'settle'>;
  /** For what could not be done; the topic's `follow` is passed on with it. */
  readonly repairs: Pick<Repairs, 'check'>;
}

interface ClosedSocket {
  readonly socketId: string;
  readonly onPurpose: boolean;
  readonly hasWill: boolean;
  readonly roomNames: readonly string[];
  readonly nodeId: string;
  readonly echoes: { echo: Uint8Array; njoined: number }[];
}

const ROOMS_AT_ONCE = 8;
const SOCKETS_AT_ONCE = 8;

export class Disconnects {
  readonly #deps: DisconnectsDeps;
  /** Users of whom some are being taken out → those that come next. */
  readonly #users = new Map<string, ClosedSocket[]>();

  constructor(deps: DisconnectsDeps) {
    this.#deps = deps;
  }

  /** A socket of this node is gone. Lets go of the topics it followed when Redis knows it too. */
  add(leaving: LeavingSocket, roomNames: readonly string[], nodeId: string): void {
    const { socketId, userName, onPurpose = false, hasWill = false } = leaving;
    const closed = { socketId, onPurpose, hasWill, roomNames, nodeId, echoes: [] };
    const waiting = this.#users.get(userName);
    if (waiting === undefined) void this.#begin(userName, closed);
    else waiting.push(closed);
  }

  /** Never rejects, for what it calls does not. */
  async #begin(userName: string, first: ClosedSocket): Promise<void> {
    for (let next = [first]; next.length > 0;) {
      const later: ClosedSocket[] = [];
      this.#users.set(userName, later);
      // Of one instance each: the next ones may be of a new lease.
      for (const nodeId of new Set(next.map((closed) => closed.nodeId))) {
        const closed = next.filter((one) => one.nodeId === nodeId);
        await this.#takeOut(userName, nodeId, closed);
      }
      next = later;
    }
    this.#users.delete(userName);
  }

  async #takeOut(userName: string, nodeId: string, closed: readonly ClosedSocket[]): Promise<void> {
    // Their last words come before they are seen to leave. Where that fails they come later: no logout is done without them.
    const wills = closed.filter(({ hasWill, onPurpose }) => hasWill && !onPurpose);
    await Promise.all(
      wills.map(({ socketId }) => this.#deps.wills.settle({ userName, socketId }).catch(() => undefined)),
    );
    const rooms = await aFewAtATime([...roomsOf(closed)], ROOMS_AT_ONCE, ([roomName, inIt]) =>
      this.#leaveRoom(roomName, userName, nodeId, inIt),
    );
    for (const [roomName, inIt] of rooms) this.#check(roomTopic(roomName), nodeId, inIt.length, UNTRIED);
    const sockets = await aFewAtATime(closed, SOCKETS_AT_ONCE, (socket) => this.#logOut(userName, nodeId, socket));
    this.#check(userTopic(userName), nodeId, sockets.length, UNTRIED);
  }

  /** Each socket has followed the topic. */
  #check(topic: TopicKey, nodeId: string, sockets: number, cause: unknown): void {
    for (let i = 0; i < sockets; i++) this.#deps.repairs.check(topic, nodeId, cause);
  }

  async #logOut(userName: string, nodeId: string, closed: ClosedSocket): Promise<boolean> {
    const { socketId, onPurpose, roomNames, echoes } = closed;
    const { leaves, topics } = this.#deps;
    try {
      await leaves.logout({ userName, socketId, onPurpose }, roomNames, echoes);
      topics.unfollow(userTopic(userName), nodeId);
      return true;
    } catch (error) {
      this.#deps.repairs.check(userTopic(userName), nodeId, error);
      return false;
    }
  }

  async #leaveRoom(
    roomName: string,
    userName: string,
    nodeId: string,
    closed: readonly ClosedSocket[],
  ): Promise<boolean> {
    const { leaves, topics } = this.#deps;
    const topic = roomTopic(roomName);
    let isDone = true;
    for (let at = 0; at < closed.length; at += SOCKETS_PER_CALL) {
      const page = closed.slice(at, at + SOCKETS_PER_CALL);
      try {
        const sockets = page.map(({ socketId }) => ({ userName, socketId }));
        const left = await leaves.leaveRoom(roomName, nodeId, sockets, {
          echo: 'later',
          cause: 'disconnect',
          closed: true,
        });
        for (const [i, { socketId, echoes }] of page.entries()) {
          if (left !== 'noRoom') echoes.push({ echo: leftEcho(roomName, socketId), njoined: left.njoined[i] ?? 0 });
          topics.unfollow(topic, nodeId);
        }
      } catch (error) {
        isDone = false;
        this.#check(topic, nodeId, page.length, error);
      }
    }
    return isDone;
  }
}

/** Where Redis does not answer, nobody waits for its time limit again and again: what is left is compared later. */
const UNTRIED = new Error('not tried, for what came before it was not answered');

/** Work on many things in windows. It says whether it was done; after one that was not, no more is begun. Returns those. */
async function aFewAtATime<T>(
  items: readonly T[],
  few: number,
  work: (item: T) => Promise<boolean>,
): Promise<readonly T[]> {
  let begun = 0;
  for await (const window of windowsOf(items, few)) {
    begun += window.length;
    const done = await Promise.all(window.map(work));
    if (done.includes(false)) break;
  }
  return items.slice(begun);
}

/** Who of them is in which room. */
function roomsOf(closed: readonly ClosedSocket[]): Map<string, ClosedSocket[]> {
  const rooms = new Map<string, ClosedSocket[]>();
  for (const one of closed) {
    for (const roomName of one.roomNames) {
      const inIt = rooms.get(roomName);
      if (inIt === undefined) rooms.set(roomName, [one]);
      else inIt.push(one);
    }
  }
  return rooms;
}
