/**
 * How sockets leave: on request, by disconnecting, or with a swept node. In all cases the room's script decides and
 * announces, then the user's side follows; what could not be done is left to the reconciler.
 */
import type { Topics } from '../bus/topics.ts';
import { countFrame, notificationFrame } from '../protocol/frame.ts';
import { roomTopic, topicKind, topicName, userTopic, type TopicKey } from '../state/keys.ts';
import { SOCKETS_PER_CALL, type RoomState } from '../state/room-state.ts';
import type { Cleaner } from '../state/sweep.ts';
import type { UserState } from '../state/user-state.ts';
import type { Losses } from './losses.ts';
import type { UserlistChanges } from './userlist-changes.ts';

export interface Departing {
  readonly socketId: string;
  readonly userName: string;
}

export interface DeparturesParts {
  readonly rooms: RoomState;
  readonly users: UserState;
  readonly topics: Topics;
  readonly userlistChanges: UserlistChanges;
  readonly losses: Losses;
  /** What could not be done; the topic's `follow` is passed on with it. */
  suspect(topic: TopicKey, nodeId: string, cause: unknown): void;
}

export class Departures implements Cleaner {
  readonly #parts: DeparturesParts;

  constructor(parts: DeparturesParts) {
    this.#parts = parts;
  }

  /**
   * Takes sockets of one node out of a room and tells their users' other sockets: of those that were in it, of all, or
   * leaves that to the caller. Returns the room's seq and, for each socket, its user's sockets left there; `noRoom`
   * where there is none.
   */
  async leaveRoom(
    roomName: string,
    nodeId: string,
    sockets: readonly Departing[],
    echo: 'changed' | 'always' | 'later',
    /** Who is not to hear the echo; each socket does not hear its own where nobody is named. */
    echoExcept?: string,
  ): Promise<{ seq: number; njoined: number[] } | 'noRoom'> {
    const { rooms, users } = this.#parts;
    const leaving = sockets.map(({ userName, socketId }) => ({
      userName,
      socketId,
      nodeId,
      frame: notificationFrame('roomUserLeft', [roomName, userName]),
    }));
    const result = await rooms.leave(roomName, nodeId, leaving);
    if (result === 'noRoom') return 'noRoom';
    if (result.changesPending) this.#parts.userlistChanges.note(roomName);
    if (echo !== 'later') {
      await Promise.all(
        result.left.map(async ({ changed, njoined }, i) => {
          const one = sockets[i];
          if (one === undefined || (!changed && echo === 'changed')) return;
          const { userName, socketId } = one;
          const frame = leftEcho(roomName, socketId);
          const note = { socketId, echoExcept: echoExcept ?? socketId, roomName, joined: false, njoined };
          await users.noteRoom(userName, { ...note, echo: frame });
        }),
      );
    }
    return { seq: result.at.seq, njoined: result.left.map(({ njoined }) => njoined) };
  }

  /** A socket of this node is gone. Never rejects. Lets go of the topics it followed when Redis knows it too. */
  async disconnect(socket: Departing, roomNames: readonly string[], nodeId: string): Promise<void> {
    const { users, topics } = this.#parts;
    const echoes: { echo: Uint8Array; njoined: number }[] = [];
    await Promise.all(
      roomNames.map(async (roomName) => {
        try {
          const left = await this.leaveRoom(roomName, nodeId, [socket], 'later');
          if (left !== 'noRoom') {
            echoes.push({ echo: leftEcho(roomName, socket.socketId), njoined: left.njoined[0] ?? 0 });
          }
          topics.unfollow(roomTopic(roomName), nodeId);
        } catch (error) {
          this.#parts.suspect(roomTopic(roomName), nodeId, error);
        }
      }),
    );
    try {
      await users.logout(socket.userName, socket.socketId, disconnectEcho(socket.socketId), echoes);
      topics.unfollow(userTopic(socket.userName), nodeId);
    } catch (error) {
      this.#parts.suspect(userTopic(socket.userName), nodeId, error);
    }
  }

  /** A join whose socket closed before it was completed. Never rejects. */
  async undoJoin(roomName: string, socket: Departing & { readonly nodeId: string }): Promise<void> {
    try {
      await this.leaveRoom(roomName, socket.nodeId, [socket], 'changed');
      this.#parts.topics.unfollow(roomTopic(roomName), socket.nodeId);
    } catch (error) {
      this.#parts.suspect(roomTopic(roomName), socket.nodeId, error);
    }
  }

  /** Takes everything of a dead node out of one topic. Safe to repeat, and for several peers to do at once. */
  async clean(topic: TopicKey, nodeId: string): Promise<void> {
    const { rooms, users } = this.#parts;
    const name = topicName(topic);
    if (topicKind(topic) === 'user') {
      for (const socketId of await users.beginSweep(name, nodeId)) {
        await users.logout(name, socketId, disconnectEcho(socketId), []);
      }
      return;
    }
    // What the dead node had begun: telling those concerned of a deletion, and of who came and went.
    for (const life of await rooms.unfinishedDeletions(name, nodeId)) await this.#parts.losses.tellFormer(name, life);
    this.#parts.userlistChanges.note(name);
    for (;;) {
      const page = await rooms.beginSweep(name, nodeId);
      if (page.length === 0) return;
      for (let at = 0; at < page.length; at += SOCKETS_PER_CALL) {
        const left = await this.leaveRoom(name, nodeId, page.slice(at, at + SOCKETS_PER_CALL), 'changed');
        if (left === 'noRoom') return;
      }
    }
  }
}

const leftEcho = (roomName: string, socketId: string): Uint8Array => countFrame('roomLeftEcho', [roomName, socketId]);

/** The frame, without its count, that tells a user's other sockets of one that is gone. */
export const disconnectEcho = (socketId: string): Uint8Array => countFrame('socketDisconnectEcho', [socketId]);
