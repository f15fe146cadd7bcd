/**
 * What this node asks others, and knows itself of its own sockets: which rooms a user's sockets are in, and to take out of a room
 * who has lost it. What is asked is answered in socket-calls.ts.
 */
import type { Instance } from '../bus/instance.ts';
import type { NodeCalls, Reply } from '../bus/node-calls.ts';
import type { SocketRoomsSource } from '../chat/user/socket-list.ts';
import { isMap, type Value } from '../protocol/params/values.ts';
import type { Hub } from './hub/hub.ts';

export interface PeerNodesDeps {
  readonly hub: Pick<Hub, 'find'>;
  readonly instance: Pick<Instance, 'nodeId'>;
  readonly calls: Pick<NodeCalls, 'ask'>;
}

/** How a node is asked to take out its own of a room. As it always was: another node may be of another version. */
export const EVICT = 'settle';

/** Rooms are asked for on the way of a request that leaves out who does not answer. */
const ROOMS_MS = 800;

export class PeerNodes implements SocketRoomsSource {
  readonly #deps: PeerNodesDeps;

  constructor(deps: PeerNodesDeps) {
    this.#deps = deps;
  }

  /** Asks another node; `here` for this one, which answers by itself. Rejects where the bus cannot be asked. */
  async ask(nodeId: string, question: Value, timeoutMs?: number): Promise<Reply | 'here'> {
    return nodeId === this.#deps.instance.nodeId ? 'here' : this.#deps.calls.ask(nodeId, question, timeoutMs);
  }

  /** Resolves when another node has taken out its own of a room, or does not say so. */
  async askToEvict(nodeId: string, roomName: string): Promise<void> {
    await this.ask(nodeId, { [EVICT]: roomName });
  }

  async roomsOf(
    nodeId: string,
    userName: string,
    socketIds: readonly string[],
  ): Promise<Map<string, string[]> | undefined> {
    const reply = await this.ask(nodeId, { roomsOf: userName, sockets: [...socketIds] }, ROOMS_MS);
    if (reply === 'here') return this.roomsHere(userName, socketIds);
    if (typeof reply === 'string' || !isMap(reply.value)) return undefined;
    return new Map(Object.entries(reply.value).map(([id, rooms]) => [id, namesIn(rooms)]));
  }

  /** The rooms of those that are open here and the user's. */
  roomsHere(userName: string, socketIds: readonly string[]): Map<string, string[]> {
    const found = socketIds.flatMap((id) => this.#deps.hub.find(id) ?? []);
    const sockets = found.filter((socket) => socket.userName === userName);
    return new Map(sockets.map(({ socketId, rooms }) => [socketId, [...rooms.joined()]]));
  }
}

export const namesIn = (value: Value | undefined): string[] =>
  Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
