// Who sits in a storm of changes of direct messages: devices whose sockets vanish, and that come again from their place in the inbox; and
// what they hear of the conversations of their user.
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import type { HeldMessage } from '../support/held-messages.ts';
import { PairView, withoutStatus } from '../support/pair-view.ts';
import type { Rpc } from '../support/rpc.ts';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import type { History } from './change-book.ts';
import { comeAgain, type Actor, type StormGround } from './storm-actor.ts';

export interface Device extends Actor {
  /** By the other user. */
  readonly views: Map<string, PairView>;
  /** How often it was told that it has missed something for good. What it holds then is what it has read since. */
  losses: number;
  hasToRead: boolean;
  /** Up to where it has heard. */
  inbox: Value;
}

export interface DirectStorm extends StormGround {
  readonly users: readonly string[];
  readonly devices: readonly Device[];
  /** Redis may lose something. */
  readonly mayLose: boolean;
}

/** What the book calls the conversation of two. */
export const pairOf = (one: string, other: string): string => [one, other].toSorted().join(' & ');

/** Reads what came, and comes again where the socket is gone. */
export async function settle(storm: DirectStorm, device: Device): Promise<void> {
  hear(storm, device);
  if (device.socket.isClosed()) await comeAgain(storm, device, { inbox: device.inbox, inboxTimestamps: true });
  hear(storm, device);
  if (device.hasToRead) await readAgain(storm, device);
}

async function readAgain({ book }: DirectStorm, device: Device): Promise<void> {
  device.hasToRead = false;
  for (const [peer, view] of device.views) {
    const history = await historyWith(device.socket, peer).catch(() => undefined);
    if (history === undefined) device.hasToRead = true;
    else for (const message of history.values()) if (!view.messages.has(Number(message['id']))) view.message(message);
  }
  // What it was writing may not be there.
  const { writing } = device;
  if (writing !== undefined) book.written.splice(book.written.indexOf(writing), 1);
  device.writing = undefined;
}

/** Reads what the device was told since. */
export function hear({ book, mayLose }: DirectStorm, device: Device): void {
  const { socket, views } = device;
  for (; device.read < socket.received.length; device.read++) {
    const entry = socket.received[device.read];
    if (entry === undefined) return;
    if (!('name' in entry)) {
      const { call: [method, peer] = [] } = socket.askedFor(entry) ?? {};
      if (method === 'directMessage' && 'result' in entry.outcome)
        views.get(textOf(peer))?.posted(mapIn(entry.outcome.result));
      continue;
    }
    const [first, second] = entry.params;
    if (entry.name === 'directMessage') views.get(textOf(field(first, 'author')))?.message(mapIn(first));
    if (entry.name === 'directMessageEcho') views.get(textOf(first))?.message(mapIn(second));
    if (entry.name === 'directMessageChanged') views.get(textOf(first))?.changed(mapIn(second));
    if (entry.name === 'inboxPosition' && first !== undefined) device.inbox = first;
    if (entry.name !== 'inboxReset') continue;
    // So little is kept whole.
    if (!mayLose) book.faults.push(`${device.userName} (${device.index}) has to begin anew`);
    device.losses += 1;
    device.hasToRead = true;
    for (const peer of views.keys()) views.set(peer, new PairView(device.userName));
  }
}

const PAGE = 50;

/** All messages of a conversation, by id, as they are read page by page. */
export async function historyWith(by: Rpc, peer: string): Promise<History> {
  const found = new Map<number, HeldMessage>();
  let fromId = 0;
  for (;;) {
    const page = (await by.call('directHistoryGet', peer, { fromId, direction: 'forward', limit: PAGE })) as ValueMap[];
    const last = page.at(-1);
    if (last === undefined) return found;
    for (const message of page) found.set(Number(message['id']), withoutStatus(message));
    fromId = Number(last['id']);
  }
}

/** A copy: what is held grows by what is appended. */
const mapIn = (value: Value | undefined): HeldMessage => ({ ...Object(value) });
