// Decides whether what posters were acknowledged, what observers saw and what the rooms' logs hold can all be true of one
// gapless history per room. A pure function over plain data; how the data was gathered is up to the caller. Imports nothing.

/** A message whose poster got its id. `key` is what makes it recognisable, different for every message of a room. */
export interface Acknowledgement {
  roomName: string;
  key: string;
  id: number;
  /** The epoch in which the id was given, if the poster knows it. */
  epoch?: string;
}

/** One step of what an observer saw in a room. */
export type Entry =
  /** Joined without a position: sees the messages after `lastMessageId`. */
  | { kind: 'joined'; epoch: string; lastMessageId: number }
  | { kind: 'message'; epoch: string; id: number; key: string }
  /** Came back and was promised everything it missed; the missed messages follow (or precede) as `message` entries. */
  | { kind: 'recovered'; epoch: string; lastMessageId: number }
  /** Was told that messages may be missing: a new beginning after `lastMessageId`. */
  | { kind: 'reset'; epoch: string; lastMessageId: number }
  /** Out of the room, on purpose or by a lost connection that was not recovered. */
  | { kind: 'left' };

/** What one observer (one connection or one client that recovers) saw in one room, from start to end. */
export interface Transcript {
  observer: string;
  roomName: string;
  entries: readonly Entry[];
}

/** A room's log, read after everything came to rest. */
export interface RoomLog {
  roomName: string;
  epoch: string;
  /** Ascending, and complete but for a trimmed beginning. */
  messages: readonly { id: number; key: string }[];
  /** The oldest id kept; 1 when left out. */
  oldestMessageId?: number;
}

export interface HistoryInput {
  acknowledged: readonly Acknowledgement[];
  /** Keys that were sent and never acknowledged: they may have happened or not. */
  unacknowledged: readonly { roomName: string; key: string }[];
  transcripts: readonly Transcript[];
  logs: readonly RoomLog[];
}

export type Rule =
  /** Ids were skipped. */
  | 'gap'
  /** An id came again, or an older one after a newer one. */
  | 'repeated'
  /** The epoch changed, or the observer still lives in an old one, without a reset. */
  | 'resetUntold'
  /** A recovery promised messages that never came, or lies before what was already seen. */
  | 'recoveryBroken'
  /** Something happened while not in the room, or a join while in it. */
  | 'membership'
  /** One id of one epoch has two keys. */
  | 'divergence'
  /** One key has two ids: a message happened twice. */
  | 'duplicateKey'
  /** An acknowledged message is not in the log at its id, and no reset accounts for it. */
  | 'lost'
  /** An observer in the room at the end has not seen the log's end. */
  | 'missingTail'
  /** Somebody saw a message beyond the end of the log, in the epoch of the log. */
  | 'aheadOfLog'
  /** A key that nobody ever sent. */
  | 'phantom'
  /** The log itself has a hole. */
  | 'logGap'
  /** No log, or more than one, was given for a room. */
  | 'logMissing';

export interface Violation {
  rule: Rule;
  roomName: string;
  observer?: string;
  detail: string;
}

export interface HistoryVerdict {
  ok: boolean;
  violations: Violation[];
  /** Acknowledged messages that are gone, in rooms whose observers were told of a reset. Not violations. */
  lostTold: Acknowledgement[];
  counts: {
    rooms: number;
    observers: number;
    acknowledged: number;
    unacknowledged: number;
    /** Message entries of all transcripts. */
    observed: number;
    /** Messages in all logs. */
    logged: number;
    resets: number;
    recoveries: number;
    lostTold: number;
  };
}

/** Checks a history; looks at every room by itself. An input that shows nothing is fine: see `counts`. */
export function checkHistory(input: HistoryInput): HistoryVerdict {
  const rooms = collectRooms(input);
  const violations: Violation[] = [];
  const lostTold: Acknowledgement[] = [];
  for (const room of rooms.values()) {
    const report: Report = (rule, detail, observer) => {
      violations.push({ rule, roomName: room.roomName, detail, ...(observer === undefined ? {} : { observer }) });
    };
    const [log] = room.logs;
    if (log === undefined || room.logs.length > 1) {
      report('logMissing', `${room.logs.length} logs were given for this room`);
      continue;
    }
    checkLog(log, report);
    for (const transcript of room.transcripts) checkTranscript(transcript, log, report);
    checkClaims(room, log, report);
    lostTold.push(...checkAcknowledgements(room, log, report));
  }
  const entries = input.transcripts.flatMap((transcript) => transcript.entries);
  const count = (kind: Entry['kind']): number => entries.filter((entry) => entry.kind === kind).length;
  return {
    ok: violations.length === 0,
    violations,
    lostTold,
    counts: {
      rooms: rooms.size,
      observers: new Set(input.transcripts.map(({ observer }) => observer)).size,
      acknowledged: input.acknowledged.length,
      unacknowledged: input.unacknowledged.length,
      observed: count('message'),
      logged: input.logs.reduce((sum, { messages }) => sum + messages.length, 0),
      resets: count('reset'),
      recoveries: count('recovered'),
      lostTold: lostTold.length,
    },
  };
}

type Report = (rule: Rule, detail: string, observer?: string) => void;

interface Room {
  readonly roomName: string;
  readonly acknowledged: Acknowledgement[];
  readonly attempted: Set<string>;
  readonly transcripts: Transcript[];
  readonly logs: RoomLog[];
}

function collectRooms(input: HistoryInput): Map<string, Room> {
  const rooms = new Map<string, Room>();
  const roomOf = (roomName: string): Room => {
    const known = rooms.get(roomName);
    if (known !== undefined) return known;
    const room: Room = { roomName, acknowledged: [], attempted: new Set(), transcripts: [], logs: [] };
    rooms.set(roomName, room);
    return room;
  };
  for (const acknowledgement of input.acknowledged) {
    const room = roomOf(acknowledgement.roomName);
    room.acknowledged.push(acknowledgement);
    room.attempted.add(acknowledgement.key);
  }
  for (const { roomName, key } of input.unacknowledged) roomOf(roomName).attempted.add(key);
  for (const transcript of input.transcripts) roomOf(transcript.roomName).transcripts.push(transcript);
  for (const log of input.logs) roomOf(log.roomName).logs.push(log);
  return rooms;
}

function lastMessageIdOf(log: RoomLog): number {
  return (log.oldestMessageId ?? 1) - 1 + log.messages.length;
}

function checkLog(log: RoomLog, report: Report): void {
  let expected = log.oldestMessageId ?? 1;
  for (const { id } of log.messages) {
    if (id !== expected) report('logGap', `the log has ${id} where ${expected} belongs`);
    expected = id + 1;
  }
}

/** Where an observer is: the last id it has seen in an epoch, and the id that a recovery promised to reach. */
interface Position {
  epoch: string;
  id: number;
  owed: number;
}

function checkTranscript(transcript: Transcript, log: RoomLog, report: Report): void {
  let position: Position | undefined;
  const tell = (rule: Rule, detail: string): void => report(rule, detail, transcript.observer);
  const settle = (): void => {
    if (position === undefined || position.id >= position.owed) return;
    tell('recoveryBroken', `promised up to ${position.owed}, came to ${position.id}`);
  };
  for (const entry of transcript.entries) {
    if (entry.kind === 'message') {
      if (position === undefined) tell('membership', `message ${entry.id} while not in the room`);
      else position = afterMessage(position, entry, tell);
      continue;
    }
    settle();
    if (entry.kind === 'joined' && position !== undefined) tell('membership', 'joined while in the room');
    if (entry.kind === 'recovered') checkRecovery(position, entry, tell);
    if (entry.kind === 'left') position = undefined;
    else if (entry.kind === 'recovered') {
      position = { epoch: entry.epoch, id: position?.id ?? entry.lastMessageId, owed: entry.lastMessageId };
    } else position = { epoch: entry.epoch, id: entry.lastMessageId, owed: entry.lastMessageId };
  }
  settle();
  if (position === undefined) return;
  const last = lastMessageIdOf(log);
  if (position.epoch !== log.epoch) {
    tell('resetUntold', `ends in epoch ${position.epoch}, the log is of ${log.epoch}`);
  } else if (position.id < last) {
    tell('missingTail', `ends at ${position.id}, the log at ${last}`);
  } else if (position.id > last) {
    tell('aheadOfLog', `ends at ${position.id}, the log at ${last}`);
  }
}

type Tell = (rule: Rule, detail: string) => void;

/** The position after a message; after a fault, the place where the fault leads, so that it is told once. */
function afterMessage(position: Position, message: { epoch: string; id: number }, tell: Tell): Position {
  const { epoch, id } = message;
  if (epoch !== position.epoch) {
    tell('resetUntold', `message ${id} of epoch ${epoch} while in ${position.epoch}`);
    return { epoch, id, owed: id };
  }
  if (id <= position.id) {
    tell('repeated', `${id} after ${position.id}`);
    return position;
  }
  if (id > position.id + 1) tell('gap', `${id} after ${position.id}`);
  return { ...position, id };
}

function checkRecovery(
  position: Position | undefined,
  promise: { epoch: string; lastMessageId: number },
  tell: Tell,
): void {
  if (position === undefined) {
    tell('membership', 'recovered without a position');
  } else if (promise.epoch !== position.epoch) {
    tell('resetUntold', `recovered into epoch ${promise.epoch} from ${position.epoch}`);
  } else if (promise.lastMessageId < position.id) {
    tell('recoveryBroken', `recovered to ${promise.lastMessageId}, was at ${position.id}`);
  }
}

/** Compares what everybody says about which message has which id: observers, acknowledgements and the log. */
function checkClaims(room: Room, log: RoomLog, report: Report): void {
  const keys = new Map<string, { key: string; source: string }>();
  const ids = new Map<string, { id: number; source: string }>();
  const last = lastMessageIdOf(log);
  const claim = (epoch: string, id: number, key: string, source: string, observer?: string): void => {
    if (!room.attempted.has(key)) report('phantom', `${source} has ${key} as ${id}, which nobody sent`, observer);
    const place = JSON.stringify([epoch, id]);
    const known = keys.get(place);
    if (known === undefined) keys.set(place, { key, source });
    else if (known.key !== key) {
      report('divergence', `${id} of ${epoch} is ${key} for ${source}, ${known.key} for ${known.source}`, observer);
    }
    const identity = JSON.stringify([epoch, key]);
    const before = ids.get(identity);
    if (before === undefined) ids.set(identity, { id, source });
    else if (before.id !== id) {
      report('duplicateKey', `${key} is ${id} for ${source}, ${before.id} for ${before.source}`, observer);
    }
    if (epoch === log.epoch && id > last)
      report('aheadOfLog', `${source} has ${id}, the log ends at ${last}`, observer);
  };
  for (const { id, key } of log.messages) claim(log.epoch, id, key, 'the log');
  for (const { observer, entries } of room.transcripts) {
    for (const entry of entries) {
      if (entry.kind === 'message') claim(entry.epoch, entry.id, entry.key, observer, observer);
    }
  }
  for (const { epoch, id, key } of room.acknowledged) {
    if (epoch !== undefined) claim(epoch, id, key, 'an acknowledgement');
  }
}

/** Looks for every acknowledged message in the log; returns those that are gone but accounted for by a reset. */
function checkAcknowledgements(room: Room, log: RoomLog, report: Report): Acknowledgement[] {
  const idsInLog = new Map(log.messages.map(({ id, key }) => [key, id]));
  const oldest = log.oldestMessageId ?? 1;
  const toldOfReset = room.transcripts.some(({ entries }) => changesEpochByReset(entries));
  const firstIds = new Map<string, number>();
  const lostTold: Acknowledgement[] = [];
  for (const acknowledgement of room.acknowledged) {
    const { key, id, epoch } = acknowledgement;
    const logged = idsInLog.get(key);
    // Given before the reset: the message may be gone, or have been sent again and have a new id.
    if (toldOfReset && epoch !== log.epoch) {
      if (logged === undefined && id >= oldest) lostTold.push(acknowledgement);
      continue;
    }
    const first = firstIds.get(key) ?? id;
    firstIds.set(key, first);
    if (first !== id) report('duplicateKey', `${key} was acknowledged as ${first} and as ${id}`);
    if (logged !== id && id >= oldest) {
      report('lost', `${key} was acknowledged as ${id}; the log has ${logged ?? 'no such message'}`);
    }
  }
  return lostTold;
}

/** Whether an observer that held a position in one epoch was told to start anew in another. */
function changesEpochByReset(entries: readonly Entry[]): boolean {
  let epoch: string | undefined;
  for (const entry of entries) {
    if (entry.kind === 'left') continue;
    if (entry.kind === 'reset' && epoch !== undefined && entry.epoch !== epoch) return true;
    epoch = entry.epoch;
  }
  return false;
}
