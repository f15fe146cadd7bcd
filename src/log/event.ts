/**
 * An event of a topic's log as it travels: a fixed header written by the script that appended it
 * (src/store/lib/format.lua), a subject, and the notification already encoded. Reading it decodes nothing.
 */

/** By the byte that stands for it. */
const kinds = [
  'transient',
  // Of a room's log; of a user's a notice that its inbox keeps, which has the next id of it.
  'message',
  'notice',
  // Users lost the room: the subject is, for each, its sockets there (`socket@node …`) and its name, on a line each.
  'evicted',
  'deleted',
  'reset',
  // Occupants of a large room may have lost it: each node takes out its own before it delivers anything later.
  'stagedEviction',
  // A user's sockets are to be closed; the subject is the reason, and, where not all are meant, the family of their logins on
  // another line.
  'disconnect',
  // Another device has taken over from these sockets, which are told by the frame and closed.
  'conflict',
] as const;
export type EventKind = (typeof kinds)[number];

/** Where a log stands: after its event `seq`, whose nonce tells it from another event of that number in a forked log. */
export interface Position {
  /** Names the life of the log, 16 characters. */
  readonly epoch: string;
  /** Number of the last event. */
  readonly seq: number;
  /** Id of the last message, of a user's log of the last notice in the inbox. */
  readonly id: number;
  /** Milliseconds since the epoch, UTC; never goes back within a log. */
  readonly timestamp: number;
  /** The last event's nonce, see `nonceOf`. */
  readonly nonce: number;
}

/** What tells two points of a log apart, or of two lives of it. */
export type Point = Pick<Position, 'epoch' | 'seq'>;

/** Whether a point comes after another one of the same life of the log. Numbers of different lives do not compare. */
export const isAfter = (point: Point, other: Point): boolean => point.epoch === other.epoch && point.seq > other.seq;

/** Whether a point is another one or before it, in the same life of the log. */
export const isUpTo = (point: Point, other: Point | undefined): boolean =>
  point.epoch === other?.epoch && point.seq <= other.seq;

/** Only that: the frame of an event is a view into the bytes that came with it, which must not live on with its position. */
export const positionOf = ({ epoch, seq, id, timestamp, nonce }: Position): Position => ({
  epoch,
  seq,
  id,
  timestamp,
  nonce,
});

export interface TopicEvent extends Position {
  readonly kind: EventKind;
  /** Nonce of the event before this one. */
  readonly prev: number;
  /** Whom it concerns; what that means depends on the kind. */
  readonly subject: string;
  /** The notification as msgpack, a view into the received bytes. */
  readonly frame: Uint8Array;
}

/** Sockets as scripts note them: `socket@node`, separated by spaces. */
export function readEntries(noted: string): { socketId: string; nodeId: string }[] {
  return noted
    .split(' ')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [socketId = '', nodeId = ''] = entry.split('@');
      return { socketId, nodeId };
    });
}

/** Of whom an `evicted` event takes out: a user, with its sockets and the nodes they are on. */
export interface Eviction {
  readonly userName: string;
  readonly sockets: ReadonlySet<string>;
  readonly nodeIds: ReadonlySet<string>;
}

export function evictionsOf({ subject }: TopicEvent): Eviction[] {
  const lines = subject.split('\n');
  const evictions: Eviction[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const entries = readEntries(lines[i] ?? '');
    evictions.push({
      userName: lines[i + 1] ?? '',
      sockets: new Set(entries.map(({ socketId }) => socketId)),
      nodeIds: new Set(entries.map(({ nodeId }) => nodeId)),
    });
  }
  return evictions;
}

/**
 * Whether an event of a room takes a socket out of it that had joined before it. Rights are a user's: an eviction takes out
 * every socket of the user, also one that it does not name because it was about to leave.
 */
export function takesOut(
  event: TopicEvent,
  { socketId, userName }: { readonly socketId: string; readonly userName: string },
): boolean {
  if (event.kind === 'evicted') return evictionsOf(event).some((eviction) => eviction.userName === userName);
  return event.kind === 'deleted' || (event.kind === 'notice' && event.subject === socketId);
}

export function disconnectOf({ subject }: TopicEvent): [reason: string, family: string | undefined] {
  const [reason = '', family] = subject.split('\n');
  return [reason, family];
}

/** Which transient messages are dropped first for readers who lag. */
export type Priority = 'low' | 'normal' | 'high';

/** The subject of a transient event that is not of the ordinary priority (post-messages.lua): the id of no socket. */
const prioritySubjects: ReadonlyMap<string, Priority> = new Map([
  ['<', 'low'],
  ['>', 'high'],
]);

/** Of an event of a room that some of its readers may miss; undefined for all others. */
export const priorityOf = ({ kind, subject }: TopicEvent): Priority | undefined =>
  kind === 'transient' ? (prioritySubjects.get(subject) ?? 'normal') : undefined;

/** The socket that does not hear an event of a room, though it is in it; '' for none. */
export function leftOutOf({ kind, subject }: TopicEvent): string {
  if (kind !== 'transient' || subject === '' || prioritySubjects.has(subject)) return '';
  const end = subject.indexOf('\n');
  return end < 0 ? subject : subject.slice(0, end);
}

const HEADER_BYTES = 61;
/** What begins like this is several events, each behind its length (lib/format.lua). */
const BATCH = 255;

/**
 * A nonce's 8 bytes as a number: the first four, and as much of the other four as a number holds exactly. Events of one
 * script share the first four bytes and count in the others.
 */
export const nonceOf = (bytes: Buffer, at: number): number =>
  bytes.readUInt32BE(at) * 0x20_0000 + (bytes.readUInt32BE(at + 4) & 0x1f_ffff);

/** Reads an event; undefined where the bytes are none (an operator may publish anything on a channel). */
export function readEvent(bytes: Buffer): TopicEvent | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const kind = kinds[bytes[0] ?? 255];
  const subjectEnd = HEADER_BYTES + bytes.readUInt32BE(57);
  if (kind === undefined || subjectEnd > bytes.length) return undefined;
  return {
    kind,
    seq: bytes.readDoubleBE(1),
    id: bytes.readDoubleBE(9),
    timestamp: bytes.readDoubleBE(17),
    nonce: nonceOf(bytes, 25),
    prev: nonceOf(bytes, 33),
    epoch: bytes.toString('latin1', 41, 57),
    subject: subjectEnd === HEADER_BYTES ? '' : bytes.toString('utf8', HEADER_BYTES, subjectEnd),
    frame: bytes.subarray(subjectEnd),
  };
}

/** What was published at once: one event, or those of several requests in their order. */
export function readEvents(bytes: Buffer): TopicEvent[] {
  if (bytes[0] !== BATCH) {
    const event = readEvent(bytes);
    return event === undefined ? [] : [event];
  }
  const events: TopicEvent[] = [];
  for (let at = 1; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    const event = readEvent(bytes.subarray(at + 4, end));
    if (event === undefined) break;
    events.push(event);
    at = end;
  }
  return events;
}
