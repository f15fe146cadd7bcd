// Who acts in a storm of changes, in rooms or between two users: a place that a socket has, and another one where that vanishes; what it
// asks for, and what becomes of that.
import type { ValueMap } from '../../src/protocol/params/values.ts';
import type { Scope } from '../support/disposal.ts';
import type { RedisAddress } from '../support/redis.ts';
import type { Call, Outcome } from '../support/rpc.ts';
import type { Service } from '../support/service.ts';
import type { Book, Written } from './change-book.ts';
import { openSocket, type StormSocket } from './storm-socket.ts';

export interface StormGround {
  readonly scope: Scope;
  readonly service: Service<RedisAddress>;
  readonly book: Book;
  /** Nodes that are gone. */
  readonly dead: Set<number>;
}

export interface Actor {
  readonly userName: string;
  readonly index: number;
  node: number;
  socket: StormSocket;
  /** Sockets that it has had. */
  sockets: number;
  /** How much of what the socket received was read. */
  read: number;
  writing: Written | undefined;
}

/** Another socket comes in the stead of one that is gone, on a node that lives. False where a node refuses it, for the moment. */
export async function comeAgain(
  { scope, service, dead }: StormGround,
  actor: Actor,
  credentials: ValueMap = {},
): Promise<boolean> {
  while (dead.has(actor.node)) actor.node = (actor.node + 1) % service.nodes.length;
  const { userName, node } = actor;
  // A node that has lost its Redis may refuse.
  const opening = openSocket(scope, service.node(node).url, { userName, node, synced: false, credentials });
  const socket = await opening.catch(() => undefined);
  if (socket !== undefined) Object.assign(actor, { socket, sockets: actor.sockets + 1, read: 0 });
  return socket !== undefined;
}

/** The outcome of one request; undefined where there is no answer, or one that leaves open whether it was done. */
export async function ask(
  { book }: Pick<StormGround, 'book'>,
  { socket }: Pick<Actor, 'socket'>,
  ...call: Call
): Promise<Outcome | undefined> {
  const [outcome] = await socket.ask(call);
  if (outcome === undefined || !('error' in outcome)) return outcome;
  const { code, args } = outcome.error;
  if (code === 'unavailable') return undefined;
  if (!EXPECTED.has(code)) book.faults.push(`${JSON.stringify(call)} was refused by ${code} ${JSON.stringify(args)}`);
  return outcome;
}

const EXPECTED = new Set(['notJoined', 'notAllowed', 'noMessage', 'versionConflict', 'wrongOffset', 'silenced']);
