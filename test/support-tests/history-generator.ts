// Makes random histories that are true, and breaks them in ways that the checker must notice. For the checker's own tests.
import type { Acknowledgement, Entry, HistoryInput, Rule, Transcript } from '../support/history-checker.ts';
import type { Rng } from '../support/rng.ts';

interface Observed {
  observer: string;
  roomName: string;
  entries: Entry[];
}

interface Log {
  roomName: string;
  epoch: string;
  oldestMessageId: number;
  messages: { id: number; key: string }[];
}

/** A history whose parts may be changed. */
export interface History extends HistoryInput {
  acknowledged: Acknowledgement[];
  unacknowledged: { roomName: string; key: string }[];
  transcripts: Observed[];
  logs: Log[];
}

type Message = Extract<Entry, { kind: 'message' }>;

/** Some rooms with some observers that join, leave, lose their connection, recover and are reset while others post. */
export function randomHistory(rng: Rng): History {
  const history: History = { acknowledged: [], unacknowledged: [], transcripts: [], logs: [] };
  for (let room = 0; room < rng.integer(1, 3); room++) addRoom(rng, history, `room${room}`);
  return history;
}

function addRoom(rng: Rng, history: History, roomName: string): void {
  const log: Log = { roomName, epoch: `${roomName}-epoch1`, oldestMessageId: 1, messages: [] };
  const observers = Array.from({ length: rng.integer(2, 4) }, (_, index) => createObserver(`observer${index}`, log));
  for (let step = 0; step < rng.integer(30, 80); step++) {
    const key = `${roomName}-key${step}`;
    if (rng.chance(0.6)) {
      const id = log.messages.length + 1;
      log.messages.push({ id, key });
      if (rng.chance(0.1)) history.unacknowledged.push({ roomName, key });
      else history.acknowledged.push({ roomName, key, id, ...(rng.chance(0.7) ? { epoch: log.epoch } : {}) });
      for (const observer of observers) observer.onMessage();
    } else if (rng.chance(0.1)) {
      history.unacknowledged.push({ roomName, key });
    } else if (rng.chance(0.03) && observers.some((observer) => observer.isFollowing())) {
      log.messages.length = rng.integer(Math.floor(log.messages.length / 2), log.messages.length);
      log.epoch = `${roomName}-epoch-of-step${step}`;
      for (const observer of observers) observer.onReset();
    } else {
      rng.pick(observers).move(rng);
    }
  }
  // Somebody stays to the end, so that there is an end to miss.
  observers[0]?.join();
  for (const observer of observers) observer.finish(rng);
  history.transcripts.push(...observers.map(({ transcript }) => ({ ...transcript, roomName })));
  history.logs.push(log);
}

interface Observer {
  readonly transcript: { observer: string; entries: Entry[] };
  /** In the room, or away and coming back. Without such an observer a lost message could not be told. */
  isFollowing(): boolean;
  onMessage(): void;
  onReset(): void;
  join(): void;
  /** Joins, leaves, loses the connection or comes back. */
  move(rng: Rng): void;
  /** Whoever is away either comes back or never will. */
  finish(rng: Rng): void;
}

function createObserver(name: string, log: Log): Observer {
  const entries: Entry[] = [];
  let state: 'in' | 'away' | 'out' = 'out';
  let seen = 0;
  const here = (): { epoch: string; lastMessageId: number } => ({
    epoch: log.epoch,
    lastMessageId: log.messages.length,
  });
  const catchUp = (): void => {
    for (const { id, key } of log.messages.slice(seen)) entries.push({ kind: 'message', epoch: log.epoch, id, key });
    seen = log.messages.length;
  };
  const enter = (): void => {
    if (state === 'in') return;
    if (state === 'away') {
      entries.push({ kind: 'recovered', ...here() });
      catchUp();
    } else {
      entries.push({ kind: 'joined', ...here() });
      seen = log.messages.length;
    }
    state = 'in';
  };
  const leave = (): void => {
    entries.push({ kind: 'left' });
    state = 'out';
  };
  return {
    transcript: { observer: name, entries },
    isFollowing: () => state !== 'out',
    onMessage: () => {
      if (state === 'in') catchUp();
    },
    onReset: () => {
      if (state === 'out') return;
      entries.push({ kind: 'reset', ...here() });
      seen = log.messages.length;
      state = 'in';
    },
    join: enter,
    move: (rng) => {
      if (state !== 'in') enter();
      else if (rng.chance(0.6)) state = 'away';
      else leave();
    },
    finish: (rng) => {
      if (state !== 'away') return;
      if (rng.chance(0.5)) enter();
      else leave();
    },
  };
}

/** A way to break a history: false when this one offers no place for it. */
export interface Mutation {
  readonly name: string;
  /** One of these rules must be reported. */
  readonly rules: readonly Rule[];
  apply(history: History, rng: Rng): boolean;
}

export const mutations: readonly Mutation[] = [
  {
    name: 'a message is missing in the middle',
    rules: ['gap'],
    apply: (history, rng) => onPair(history, rng, ({ entries, at }) => entries.splice(at, 1)),
  },
  {
    name: 'a message comes twice',
    rules: ['repeated'],
    apply: (history, rng) => onPair(history, rng, ({ entries, at, first }) => entries.splice(at, 0, { ...first })),
  },
  {
    name: 'two messages are swapped',
    rules: ['repeated', 'gap'],
    apply: (history, rng) =>
      onPair(history, rng, ({ entries, at, first, second }) => entries.splice(at, 2, second, first)),
  },
  {
    name: 'two messages have each other’s keys',
    rules: ['divergence'],
    apply: (history, rng) =>
      onPair(history, rng, ({ first, second }) => {
        if (first.epoch !== epochAtEnd(history, first)) return false;
        [first.key, second.key] = [second.key, first.key];
        return true;
      }),
  },
  {
    name: 'a message that nobody sent',
    rules: ['phantom'],
    apply: (history, rng) =>
      onPair(history, rng, ({ first }) => {
        first.key = 'never sent';
      }),
  },
  {
    name: 'the end is missing',
    rules: ['missingTail'],
    apply: (history, rng) => {
      const atEnd = history.transcripts.filter(({ entries }) => entries.at(-1)?.kind === 'message');
      if (atEnd.length === 0) return false;
      return rng.pick(atEnd).entries.pop() !== undefined;
    },
  },
  {
    name: 'a reset is not told',
    rules: ['resetUntold'],
    apply: (history, rng) => {
      // Before a leave or another reset nobody could notice.
      const places = history.transcripts.flatMap(({ entries }) =>
        entries.flatMap(({ kind }, at) => {
          const next = entries[at + 1]?.kind ?? 'message';
          return kind === 'reset' && (next === 'message' || next === 'recovered') ? [{ entries, at }] : [];
        }),
      );
      if (places.length === 0) return false;
      const { entries, at } = rng.pick(places);
      return entries.splice(at, 1).length === 1;
    },
  },
  {
    name: 'an acknowledged message is lost at the end of the log',
    rules: ['lost', 'aheadOfLog'],
    apply: (history, rng) => {
      const { epoch, messages } = rng.pick(history.logs);
      const last = messages.at(-1);
      const known = history.acknowledged.some((given) => given.key === last?.key && given.epoch === epoch);
      return known && messages.pop() !== undefined;
    },
  },
  {
    name: 'a message is in the log twice',
    rules: ['duplicateKey'],
    apply: (history, rng) => {
      const { messages } = rng.pick(history.logs);
      const copied = messages[0];
      if (copied === undefined) return false;
      messages.push({ id: messages.length + 1, key: copied.key });
      return true;
    },
  },
];

/** Two messages, one right after the other in what one observer saw; `at` is the place of the first. */
interface Pair {
  entries: Entry[];
  at: number;
  first: Message;
  second: Message;
}

function onPair(history: History, rng: Rng, change: (pair: Pair) => unknown): boolean {
  const pairs = history.transcripts.flatMap(({ entries }) =>
    entries.flatMap((first, at): Pair[] => {
      const second = entries[at + 1];
      return first.kind === 'message' && second?.kind === 'message' ? [{ entries, at, first, second }] : [];
    }),
  );
  if (pairs.length === 0) return false;
  return change(rng.pick(pairs)) !== false;
}

/** The log's epoch of the room that a message belongs to; who disagrees there is always noticed. */
function epochAtEnd(history: History, message: Message): string | undefined {
  return history.logs.find(({ epoch }) => epoch === message.epoch)?.epoch;
}

/** A copy that can be changed without changing the original. */
export function copyOf(history: History): History {
  return structuredClone(history);
}

/** What the tests write by hand. */
export function transcript(observer: string, ...entries: Entry[]): Transcript {
  return { observer, roomName: 'r', entries };
}
