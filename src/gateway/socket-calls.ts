/**
 * What nodes ask each other. Requests that the server API makes for a socket: run here where this node has it, else by the
 * node that does, with the same answer. To settle a room. Which rooms a user's sockets are in. What travels between the nodes is made and read here.
 */
import type { Reply } from '../bus/node-calls.ts';
import type { SocketRoomsSource } from '../chat/user/socket-list.ts';
import type { SocketCall, SocketCalls } from '../service/server-api.ts';
import { isRequestOn } from '../protocol/catalogue.ts';
import { fail, Failure, unavailable, type HookCode } from '../protocol/errors.ts';
import type { ErrorCode } from '../protocol/error-table.ts';
import { isMap, type Value, type ValueMap } from '../protocol/values.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Hub } from './hub.ts';

export interface NodeSocketsDeps {
  readonly hub: Hub;
  readonly dispatcher: Dispatcher;
  nodeId(): string;
  /** Another node waits for this one to have settled a room that it may not follow. */
  settleRoom(roomName: string): Promise<void>;
  /** Rejects where the bus cannot be asked. */
  ask(nodeId: string, question: Value, timeoutMs?: number): Promise<Reply>;
}

/** Rooms are asked for on the way of a request that leaves out who does not answer. */
const ROOMS_MS = 800;

export class NodeSockets implements SocketCalls, SocketRoomsSource {
  readonly #deps: NodeSocketsDeps;

  constructor(deps: NodeSocketsDeps) {
    this.#deps = deps;
  }

  async run(nodeId: string, call: SocketCall): Promise<Value | Failure> {
    if (nodeId === this.#deps.nodeId()) return this.#runHere(call);
    const reply = await this.#deps.ask(nodeId, { ...call });
    if (reply === 'busy' || reply === 'absent') return unavailable();
    return reply === 'timeout' ? fail('timeout') : readReply(reply.value);
  }

  /** Resolves when another node has settled a room, or does not say so. */
  async askToSettle(nodeId: string, roomName: string): Promise<void> {
    await this.#deps.ask(nodeId, { settle: roomName });
  }

  async roomsOf(
    nodeId: string,
    userName: string,
    socketIds: readonly string[],
  ): Promise<Map<string, string[]> | undefined> {
    if (nodeId === this.#deps.nodeId()) return this.#roomsHere(userName, socketIds);
    const reply = await this.#deps.ask(nodeId, { roomsOf: userName, sockets: [...socketIds] }, ROOMS_MS);
    if (typeof reply === 'string' || !isMap(reply.value)) return undefined;
    return new Map(Object.entries(reply.value).map(([id, rooms]) => [id, namesIn(rooms)]));
  }

  #roomsHere(userName: string, socketIds: readonly string[]): Map<string, string[]> {
    const found = socketIds.flatMap((id) => this.#deps.hub.find(id) ?? []);
    const sessions = found.filter((session) => session.userName === userName);
    return new Map(sessions.map(({ socketId, rooms }) => [socketId, [...rooms.joined()]]));
  }

  /** What another node asks. Rejects where it is not what is sent here. */
  async answer(question: Value): Promise<Value> {
    if (isMap(question) && typeof question['settle'] === 'string') {
      await this.#deps.settleRoom(question['settle']);
      return null;
    }
    if (isMap(question) && typeof question['roomsOf'] === 'string') {
      return Object.fromEntries(this.#roomsHere(question['roomsOf'], namesIn(question['sockets'])));
    }
    const call = readCall(question);
    if (call === undefined) throw new TypeError('another node asks what this one does not know');
    const outcome = await this.#runHere(call);
    return outcome instanceof Failure ? { failure: failureValue(outcome) } : { result: outcome };
  }

  async #runHere(call: SocketCall): Promise<Value | Failure> {
    const session = this.#deps.hub.find(call.socketId);
    if (session === undefined || session.userName !== call.userName) return fail('invalidSocket', [call.socketId]);
    return this.#deps.dispatcher.runFor(session, call);
  }
}

const namesIn = (value: Value | undefined): string[] =>
  Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];

function readCall(value: Value): SocketCall | undefined {
  if (!isMap(value)) return undefined;
  const { method, params, socketId, userName, bypassPermissions, bypassHooks } = value;
  if (typeof method !== 'string' || !isRequestOn(method, 'socket') || !Array.isArray(params)) return undefined;
  if (typeof socketId !== 'string' || typeof userName !== 'string') return undefined;
  return {
    method,
    params,
    socketId,
    userName,
    bypassPermissions: bypassPermissions === true,
    bypassHooks: bypassHooks === true,
  };
}

/** A failure whole, with what a hook has put in place of the table's words. */
function failureValue({ code, args, retryAfterMs, own, message }: Failure): ValueMap {
  return {
    code,
    args,
    retryAfterMs: retryAfterMs ?? null,
    message,
    own: own === undefined ? null : { message: own.message ?? null, temporary: own.temporary ?? null },
  };
}

function readReply(value: Value): Value | Failure {
  if (!isMap(value)) return unavailable();
  const { failure, result = null } = value;
  if (!isMap(failure)) return result;
  const { code, args, retryAfterMs, own, message } = failure;
  if (typeof code !== 'string' || !Array.isArray(args)) return unavailable();
  const words = isMap(own)
    ? {
        ...(typeof own['message'] === 'string' ? { message: own['message'] } : {}),
        ...(typeof own['temporary'] === 'boolean' ? { temporary: own['temporary'] } : {}),
      }
    : undefined;
  // Made by `failureValue` of a code that was one.
  const known = code as ErrorCode | HookCode;
  const waitMs = typeof retryAfterMs === 'number' ? retryAfterMs : undefined;
  return new Failure(known, args, waitMs, words, typeof message === 'string' ? message : undefined);
}
