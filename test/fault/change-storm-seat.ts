// Who sits in a storm of changes: sockets that come again where theirs vanish, and what they hear of rooms.
import type { ValueMap } from '../../src/protocol/params/values.ts';
import type { ChangeView, Snapshot } from '../support/change-view.ts';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { ask, comeAgain, type Actor, type StormGround } from './storm-actor.ts';

export interface StormRoom {
  readonly name: string;
  readonly isLarge: boolean;
}

/** Between two places of a room, of whose changes a user had to hear none, or to make none. */
export interface Barred {
  readonly room: string;
  readonly userName: string;
  readonly what: 'barred' | 'silenced';
  readonly from: { readonly id: number; readonly change: number };
  to: { readonly id: number; readonly change: number } | undefined;
}

/** The place of an observer: when its socket vanishes, another one comes in its stead, and goes on from where it was. */
export interface Seat extends Actor {
  readonly views: ReadonlyMap<string, ChangeView>;
}

export interface ChangeStorm extends StormGround {
  readonly stay: boolean;
  readonly rooms: readonly StormRoom[];
  readonly owner: Seat;
  readonly seats: readonly Seat[];
  readonly barred: Barred[];
  readonly snapshots: Map<string, Snapshot[]>;
}

/** Reads what came, and comes again where its socket is gone. */
export async function settle(storm: ChangeStorm, seat: Seat): Promise<void> {
  hear(seat);
  if (!seat.socket.isClosed()) return;
  if (!(await comeAgain(storm, seat))) return;
  for (const view of seat.views.values()) view.left();
}

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
