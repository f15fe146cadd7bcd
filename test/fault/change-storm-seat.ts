// Who sits in a storm of changes: sockets that come again where theirs vanish, what they hear of rooms, and the book of what was asked for.
import type { ValueMap } from '../../src/protocol/params/values.ts';
import type { ChangeView, Snapshot } from '../support/change-view.ts';
import type { Scope } from '../support/disposal.ts';
import type { RedisAddress } from '../support/redis.ts';
import type { Call, Outcome } from '../support/rpc.ts';
import type { Service } from '../support/service.ts';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { openSocket, type StormSocket } from './storm-socket.ts';

export interface StormRoom {
  readonly name: string;
  readonly isLarge: boolean;
}

/** A text that is written piece by piece. */
export interface Written {
  readonly room: string;
  readonly id: number;
  /** What is known to be there. */
  text: string;
  /** Appended, and not answered (yet). */
  open: string | undefined;
  isDone: boolean;
}

/** Between two places of a room, of whose changes a user had to hear none, or to make none. */
export interface Barred {
  readonly room: string;
  readonly userName: string;
  readonly what: 'barred' | 'silenced';
  readonly from: { readonly id: number; readonly change: number };
  to: { readonly id: number; readonly change: number } | undefined;
}

/** What was asked for, and what of it was acknowledged. */
export interface Book {
  /** What each message, and all that is written into it, begins with: whose it is; its id once that is known. */
  readonly posts: Map<string, { readonly room: string; readonly userName: string; id: number | undefined }>;
  readonly updates: {
    readonly room: string;
    readonly id: number;
    readonly text: string;
    version: number | undefined;
  }[];
  readonly recalls: { readonly room: string; readonly id: number }[];
  readonly written: Written[];
  /** By room, id, user and key, as JSON. */
  readonly reactions: Map<string, 'there' | 'gone' | 'either'>;
  readonly barred: Barred[];
  /** Answers that cannot be. */
  readonly faults: string[];
  /** The same, where nothing was lost that had been acknowledged. */
  readonly losses: string[];
}

/** The place of an observer: when its socket vanishes, another one comes in its stead, and goes on from where it was. */
export interface Seat {
  readonly userName: string;
  readonly index: number;
  readonly views: ReadonlyMap<string, ChangeView>;
  node: number;
  socket: StormSocket;
  /** Sockets that it has had. */
  sockets: number;
  /** How much of what the socket received was read. */
  read: number;
  writing: Written | undefined;
}

export interface ChangeStorm {
  readonly scope: Scope;
  readonly service: Service<RedisAddress>;
  readonly stay: boolean;
  readonly rooms: readonly StormRoom[];
  readonly owner: Seat;
  readonly seats: readonly Seat[];
  readonly book: Book;
  readonly snapshots: Map<string, Snapshot[]>;
  /** Nodes that are gone. */
  readonly dead: Set<number>;
}

/** Reads what came, and comes again where its socket is gone. */
export async function settle(storm: ChangeStorm, seat: Seat): Promise<void> {
  hear(seat);
  if (!seat.socket.isClosed()) return;
  const { scope, service, dead } = storm;
  while (dead.has(seat.node)) seat.node = (seat.node + 1) % service.nodes.length;
  const { userName, node } = seat;
  // A node that has lost its Redis may refuse for the moment.
  const socket = await openSocket(scope, service.node(node).url, { userName, node, synced: false }).catch(
    () => undefined,
  );
  if (socket === undefined) return;
  Object.assign(seat, { socket, sockets: seat.sockets + 1, read: 0 });
  for (const view of seat.views.values()) view.left();
}

/** The outcome of one request; undefined where there is no answer, or one that leaves open whether it was done. */
export async function ask({ book }: ChangeStorm, seat: Seat, ...call: Call): Promise<Outcome | undefined> {
  const [outcome] = await seat.socket.ask(call);
  if (outcome === undefined || !('error' in outcome)) return outcome;
  const { code, args } = outcome.error;
  if (code === 'unavailable') return undefined;
  if (!EXPECTED.has(code)) book.faults.push(`${JSON.stringify(call)} was refused by ${code} ${JSON.stringify(args)}`);
  return outcome;
}

const EXPECTED = new Set(['notJoined', 'notAllowed', 'noMessage', 'versionConflict', 'wrongOffset', 'silenced']);

export async function join(storm: ChangeStorm, seat: Seat, roomName: string): Promise<void> {
  const position = seat.views.get(roomName)?.position() ?? {};
  await ask(storm, seat, 'roomsJoin', [{ roomName, ...position }]);
  hear(seat);
}

export async function leave(storm: ChangeStorm, seat: Seat, roomName: string): Promise<void> {
  await ask(storm, seat, 'roomLeave', roomName);
  hear(seat);
}

/** Reads what the socket was told since. Nothing that it has asked for may be under way but what it reads later. */
export function hear(seat: Seat): void {
  const { socket, views } = seat;
  for (; seat.read < socket.received.length; seat.read++) {
    const entry = socket.received[seat.read];
    if (entry === undefined) break;
    if (!('name' in entry)) {
      if (entry.method === 'roomsJoin' && 'result' in entry.outcome) readJoined(seat, entry.outcome.result);
      else if (entry.method === 'roomLeave') {
        const [, room] = socket.askedFor(entry)?.call ?? [];
        views.get(textOf(room))?.left();
      }
      continue;
    }
    const [room, second, third] = entry.params;
    const view = views.get(textOf(room));
    if (view === undefined) continue;
    if (entry.name === 'roomMessage') view.message(Object(second) as ValueMap);
    if (entry.name === 'roomMessageChanged') view.changed(Object(second) as ValueMap);
    if (entry.name === 'roomReset') view.reset(textOf(second), Number(third));
    if (entry.name === 'roomAccessRemoved') view.left();
  }
}

function readJoined({ views }: Seat, result: unknown): void {
  for (const entry of Array.isArray(result) ? (result as ValueMap[]) : []) {
    if (field(entry, 'error') !== undefined) continue;
    const view = views.get(textOf(entry['roomName']));
    const epoch = view?.place?.epoch;
    const lost = view?.joined(entry) ?? [];
    // In one epoch, and with so little to tell, everything is there.
    if (lost.length > 0 && epoch === entry['epoch']) view?.faults.push(`a join gave no ${lost.join(' and no ')}`);
  }
}

/** How far a seat has heard a room. */
export function placeOf(seat: Seat, room: string): { id: number; change: number } {
  hear(seat);
  const place = seat.views.get(room)?.place;
  return { id: place?.lastMessageId ?? 0, change: place?.lastChange ?? 0 };
}
