/**
 * Requests for a socket that somebody else asks for: run here where this node has it, else by the node that does, with the same answer.
 * And what this node answers to others, which is made and read here.
 */
import type { StagedEvictionPeers } from '../chat/repair/staged-eviction-peers.ts';
import type { SocketCall, SocketCalls } from '../service/server-api.ts';
import { isRequestOn } from '../protocol/catalogue.ts';
import { fail, Failure, unavailable, type HookCode } from '../protocol/errors/errors.ts';
import type { ErrorCode } from '../protocol/errors/table.ts';
import { isMap, type Value, type ValueMap } from '../protocol/params/values.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Hub } from './hub/hub.ts';
import { EVICT, namesIn, type PeerNodes } from './peer-nodes.ts';

export interface NodeSocketsDeps {
  readonly hub: Pick<Hub, 'find'>;
  readonly dispatcher: Pick<Dispatcher, 'runFor'>;
  readonly peers: Pick<PeerNodes, 'ask' | 'roomsHere'>;
  /** Another node waits for this one to have taken out its own of a room that it may not follow. */
  readonly stagedEvictionPeers: Pick<StagedEvictionPeers, 'evictUnfollowed'>;
}

export class NodeSockets implements SocketCalls {
  readonly #deps: NodeSocketsDeps;

  constructor(deps: NodeSocketsDeps) {
    this.#deps = deps;
  }

  async run(nodeId: string, call: SocketCall): Promise<Value | Failure> {
    const reply = await this.#deps.peers.ask(nodeId, { ...call });
    if (reply === 'here') return this.#runHere(call);
    if (reply === 'busy' || reply === 'absent') return unavailable();
    return reply === 'timeout' ? fail('timeout') : readReply(reply.value);
  }

  /** What another node asks. Rejects where it is not what is sent here. */
  async answer(question: Value): Promise<Value> {
    if (isMap(question) && typeof question[EVICT] === 'string') {
      await this.#deps.stagedEvictionPeers.evictUnfollowed(question[EVICT]);
      return null;
    }
    if (isMap(question) && typeof question['roomsOf'] === 'string') {
      return Object.fromEntries(this.#deps.peers.roomsHere(question['roomsOf'], namesIn(question['sockets'])));
    }
    const call = readCall(question);
    if (call === undefined) throw new TypeError('another node asks what this one does not know');
    const outcome = await this.#runHere(call);
    return outcome instanceof Failure ? { failure: failureValue(outcome) } : { result: outcome };
  }

  async #runHere(call: SocketCall): Promise<Value | Failure> {
    const socket = this.#deps.hub.find(call.socketId);
    if (socket === undefined || socket.userName !== call.userName) return fail('invalidSocket', [call.socketId]);
    return this.#deps.dispatcher.runFor(socket, call);
  }
}

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
