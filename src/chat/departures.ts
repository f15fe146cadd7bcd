/**
 * How sockets leave: on request, by disconnecting, with a swept node, or late, when Redis is back. In all cases the
 * room's script decides and announces, then the user's side follows; what could not be done is remembered as suspect
 * and reconciled from what Redis says this node has.
 */
import type { Topics } from '../bus/topics.ts';
import { countFrame, notificationFrame } from '../protocol/frame.ts';
import { roomTopic, topicKind, topicName, userTopic, type TopicKey } from '../state/keys.ts';
import { SOCKETS_PER_CALL, type RoomState } from '../state/room-state.ts';
import type { Cleaner } from '../state/sweep.ts';
import type { UserState } from '../state/user-state.ts';
import type { Audience } from './caller.ts';

export interface Departing {
  readonly socketId: string;
  readonly userName: string;
}

export interface DeparturesParts {
  readonly rooms: RoomState;
  readonly users: UserState;
  readonly topics: Topics;
  readonly audience: Audience;
  nodeId(): string;
  /** Whether that is this node's present instance, its lease not lost. */
  owns(nodeId: string): boolean;
  onError(what: string, error: unknown): void;
}

export class Departures implements Cleaner {
  readonly #parts: DeparturesParts;
  /** Topics in which Redis may know sockets of this node that are gone → how often this node follows them for that. */
  readonly #suspects = new Map<TopicKey, number>();
  #reconciling = false;

  constructor(parts: DeparturesParts) {
    this.#parts = parts;
  }

  get suspects(): number {
    return this.#suspects.size;
  }

  /**
   * Takes sockets of one node out of a room and tells their users' other sockets: of those that were in it, of all, or
   * leaves that to the caller. Returns the room's seq and, for each
   * socket, its user's sockets left there; `noRoom` where there is none.
   */
  async leaveRoom(
    roomName: string,
    nodeId: string,
    sockets: readonly Departing[],
    echo: 'changed' | 'always' | 'later',
  ): Promise<{ seq: number; njoined: number[] } | 'noRoom'> {
    const { rooms, users } = this.#parts;
    const leaving = sockets.map(({ userName, socketId }) => ({
      userName,
      socketId,
      frame: notificationFrame('roomUserLeft', [roomName, userName]),
    }));
    const result = await rooms.leave(roomName, nodeId, leaving);
    if (result === 'noRoom') return 'noRoom';
    if (echo !== 'later') {
      await Promise.all(
        result.left.map(async ({ changed, njoined }, i) => {
          const one = sockets[i];
          if (one === undefined || (!changed && echo === 'changed')) return;
          const { userName, socketId } = one;
          const frame = leftEcho(roomName, socketId);
          await users.noteRoom(userName, { socketId, roomName, joined: false, njoined, echo: frame });
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
          topics.unfollow(roomTopic(roomName));
        } catch (error) {
          this.suspect(roomTopic(roomName), nodeId, error);
        }
      }),
    );
    try {
      await users.logout(socket.userName, socket.socketId, disconnectEcho(socket.socketId), echoes);
      topics.unfollow(userTopic(socket.userName));
    } catch (error) {
      this.suspect(userTopic(socket.userName), nodeId, error);
    }
  }

  /** A join whose socket closed before it was completed. Never rejects. */
  async undoJoin(roomName: string, socket: Departing & { readonly nodeId: string }): Promise<void> {
    try {
      await this.leaveRoom(roomName, socket.nodeId, [socket], 'changed');
      this.#parts.topics.unfollow(roomTopic(roomName));
    } catch (error) {
      this.suspect(roomTopic(roomName), socket.nodeId, error);
    }
  }

  /**
   * Remembers that Redis may still know sockets of this node in a topic. The topic stays followed, and so in the
   * node's manifest, until that is settled: the caller passes its `follows` on.
   */
  suspect(topic: TopicKey, nodeId: string, cause: unknown, follows: 0 | 1 = 1): void {
    // What an instance without a lease left behind is its sweepers' work.
    if (!this.#parts.owns(nodeId)) return;
    this.#suspects.set(topic, (this.#suspects.get(topic) ?? 0) + follows);
    this.#parts.onError('what a socket leaves behind is cleaned up later', cause);
  }

  forgetSuspects(): void {
    this.#suspects.clear();
  }

  /** Settles what is suspect. Called once a second while this node may act; never rejects. */
  async reconcile(): Promise<void> {
    if (this.#reconciling) return;
    this.#reconciling = true;
    try {
      for (const [topic, follows] of this.#suspects) {
        const settled = topicKind(topic) === 'room' ? this.#reconcileRoom(topic) : this.#reconcileUser(topic);
        await settled;
        // What became suspect meanwhile stays so.
        const left = (this.#suspects.get(topic) ?? 0) - follows;
        if (left > 0) this.#suspects.set(topic, left);
        else this.#suspects.delete(topic);
        for (let i = 0; i < follows; i++) this.#parts.topics.unfollow(topic);
      }
    } catch (error) {
      this.#parts.onError('cleaning up is put off', error);
    } finally {
      this.#reconciling = false;
    }
  }

  async #reconcileRoom(topic: TopicKey): Promise<void> {
    const roomName = topicName(topic);
    const nodeId = this.#parts.nodeId();
    const { audience, rooms } = this.#parts;
    const known = await rooms.readNodeSockets(roomName, nodeId);
    const gone = known.sockets.filter(({ socketId }) => !audience.isConcerned(roomName, socketId));
    for (let at = 0; at < gone.length; at += SOCKETS_PER_CALL) {
      await this.leaveRoom(roomName, nodeId, gone.slice(at, at + SOCKETS_PER_CALL), 'changed');
    }
    // The other way round: a leave that was answered as failed and happened.
    const members = new Set(known.sockets.map(({ socketId }) => socketId));
    for (const one of audience.attached(roomName, known.seq)) {
      if (members.has(one.socketId)) continue;
      audience.detachRoom(roomName, one.socketId);
      await this.leaveRoom(roomName, nodeId, [one], 'always');
    }
  }

  async #reconcileUser(topic: TopicKey): Promise<void> {
    const userName = topicName(topic);
    const sockets = await this.#parts.users.listSockets(userName);
    for (const [socketId, { nodeId }] of sockets) {
      if (nodeId !== this.#parts.nodeId() || this.#parts.audience.isOpen(socketId)) continue;
      await this.#parts.users.logout(userName, socketId, disconnectEcho(socketId), []);
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
const disconnectEcho = (socketId: string): Uint8Array => countFrame('socketDisconnectEcho', [socketId]);
