/**
 * Whom a notice to a user is for, and what it is about: the subject of the event, which store/lib/recipients.lua writes. Five
 * lines, of which the last may be missing: who, the room, the point of that room's log (or `leaving`), the socket taken out, a `Stamp`.
 */
import type { Point, TopicEvent } from './event.ts';

export type Recipients =
  | { readonly to: 'all' }
  | { readonly to: 'allBut'; readonly socketId: string }
  /** Sockets that take part in the session, but for one. */
  | { readonly to: 'synced'; readonly but: string | undefined }
  /** Not those on these nodes, which tell theirs by the room's own event. */
  | { readonly to: 'notOn'; readonly nodeIds: ReadonlySet<string> };

/** Somebody is out of a room. */
export interface Removal {
  /** From a point of its log on; undefined where that is being done. */
  readonly at: Point | undefined;
  /** One socket; undefined for all of the user's. */
  readonly socketId: string | undefined;
}

export interface Address {
  readonly recipients: Recipients;
  /** The room among whose answers the notice has its place (chat/session/held-notices.ts); undefined for most notices. */
  readonly about: string | undefined;
  readonly removal: Removal | undefined;
}

const TAKING_OUT = 'leaving';
const TO_ALL: Address = { recipients: { to: 'all' }, about: undefined, removal: undefined };

export function addressOf({ subject }: Pick<TopicEvent, 'subject'>): Address {
  if (subject === '') return TO_ALL;
  const [who = '', room = '', point = '', socketId = ''] = subject.split('\n');
  const about = room === '' ? undefined : room;
  const [epoch = '', seq = ''] = point.split(' ');
  const at = point === TAKING_OUT ? undefined : { epoch, seq: Number(seq) };
  const removal = point === '' ? undefined : { at, socketId: socketId === '' ? undefined : socketId };
  return { recipients: recipientsOf(who), about, removal };
}

function recipientsOf(who: string): Recipients {
  if (who === '') return TO_ALL.recipients;
  if (who.startsWith('+')) return { to: 'synced', but: who.length === 1 ? undefined : who.slice(1) };
  if (!who.startsWith('@')) return { to: 'allBut', socketId: who };
  return { to: 'notOn', nodeIds: new Set(who.split(' ').map((entry) => entry.slice(1))) };
}

/** Whether a socket of the user is among them. */
export function isRecipient(
  recipients: Recipients,
  { socketId, synced, nodeId }: { readonly socketId: string; readonly synced: boolean; readonly nodeId: string },
): boolean {
  switch (recipients.to) {
    case 'all':
      return true;
    case 'allBut':
      return socketId !== recipients.socketId;
    case 'synced':
      return synced && socketId !== recipients.but;
    case 'notOn':
      return !recipients.nodeIds.has(nodeId);
  }
}

/** What comes to some sockets by several ways says of which user it is, and which of that user's: the later one has the larger number. */
export interface Stamp {
  readonly userName: string;
  readonly number: number;
}

/** As a script is given it. */
export const stampLine = ({ userName, number }: Stamp): string => `${number} ${userName}`;

/** Undefined for what comes by one way only: almost all events. */
export function stampOf({ kind, subject }: Pick<TopicEvent, 'kind' | 'subject'>): Stamp | undefined {
  if (subject === '' || (kind !== 'notice' && kind !== 'transient')) return undefined;
  const line = subject.split('\n')[4];
  if (line === undefined) return undefined;
  const end = line.indexOf(' ');
  return { number: Number(line.slice(0, end)), userName: line.slice(end + 1) };
}
