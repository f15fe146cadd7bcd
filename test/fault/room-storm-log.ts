// What the owner of a room heard of it, read as the room's log: its lives, where each message was said, who had no right to
// it there, and how often each user lost the room. The owner is on a node that hears everything at once.
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { textOfTold } from '../support/told-order.ts';
import { admits, applyTo, namesIn, noLists, type Rules } from './evictions.ts';
import { roomOf, type StormSocket } from './storm-socket.ts';

/** In the log of a room: lives one after the other, and the messages of each. */
export interface Place {
  readonly life: number;
  readonly id: number;
}

export const isUpTo = (one: Place, other: Place): boolean =>
  one.life < other.life || (one.life === other.life && one.id <= other.id);

/** A user was taken out behind that message. */
export interface Loss extends Place {
  /** The notice that says so. */
  readonly name: string;
}

export interface Said extends Place {
  /** Of those who come and go. */
  readonly excluded: ReadonlySet<string>;
}

export interface RoomLog {
  /** By what makes a message recognisable. */
  readonly said: ReadonlyMap<string, Said>;
  /** By the name that each change of a list has for itself: who was excluded before it. */
  readonly changes: ReadonlyMap<string, ReadonlySet<string>>;
  /** Epoch → life. */
  readonly lives: ReadonlyMap<string, number>;
  /** User → where it was taken out by a change of rules, or with the room, by the notices of a small room. */
  readonly losses: ReadonlyMap<string, readonly Loss[]>;
  /** User → where it may have been at most, where a large room tells of them in batches. */
  readonly lossesMax: ReadonlyMap<string, readonly Loss[]>;
  /** What all who are in the room are told alike, in order. */
  readonly told: readonly string[];
  /** Messages that stand where their authors had lost the room, or were silenced. */
  readonly forbidden: readonly string[];
  readonly last: Place;
}

/** A list edit carries a name of its own, which starts with this. */
export const MARK = 'mark-';
export const markOf = (names: readonly string[]): string => names.find((name) => name.startsWith(MARK)) ?? '';
/** What a message of a storm is known by. */
export const keyOf = (message: Value | undefined): string => textOf(field(message, 'key'));

interface Reading {
  readonly said: Map<string, Said>;
  readonly changes: Map<string, ReadonlySet<string>>;
  readonly lives: Map<string, number>;
  readonly losses: Map<string, Loss[]>;
  readonly lossesMax: Map<string, Loss[]>;
  readonly told: string[];
  readonly forbidden: string[];
  readonly occupants: Set<string>;
  readonly silenced: Set<string>;
  rules: Rules;
  excluded: ReadonlySet<string>;
  life: number;
  id: number;
}

const newRules = (owner: string): Rules => ({ owner, lists: noLists(), whitelistOnly: true });

/** `names`: those who come and go. Throws where the owner itself has missed something, for then nothing can be told. */
export function readRoomLog(owner: StormSocket, room: string, names: readonly string[]): RoomLog {
  const reading: Reading = {
    said: new Map(),
    changes: new Map(),
    lives: new Map(),
    losses: new Map(),
    lossesMax: new Map(),
    told: [],
    forbidden: [],
    occupants: new Set(),
    silenced: new Set(),
    rules: newRules(owner.userName),
    excluded: new Set(names),
    life: 0,
    id: 0,
  };
  for (const entry of owner.received) {
    if (roomOf(entry, owner.askedFor(entry)?.call) !== room) continue;
    if ('name' in entry) {
      reading.told.push(...textsOf(entry.name, entry.params));
      readNotice(reading, entry.name, entry.params.slice(1), names);
      continue;
    }
    if (!('result' in entry.outcome)) continue;
    if (entry.method === 'roomCreate') {
      // Made for nobody at first, so that the owner is in before anything is said.
      reading.life += 1;
      reading.id = 0;
      reading.rules = newRules(owner.userName);
      reading.excluded = new Set(names);
      reading.silenced.clear();
    }
    if (entry.method === 'roomsJoin' && Array.isArray(entry.outcome.result)) {
      reading.lives.set(textOf(field(entry.outcome.result[0], 'epoch')), reading.life);
    }
  }
  return { ...reading, last: { life: reading.life, id: reading.id } };
}

/** At most one. */
export const textsOf = (name: string, params: readonly Value[]): string[] => {
  const text = textOfTold(name, params);
  return text === undefined ? [] : [text];
};

function readNotice(reading: Reading, name: string, [first, second]: Value[], names: readonly string[]): void {
  const { rules, occupants, losses, lossesMax } = reading;
  const more = (places: Map<string, Loss[]>, user: string): void => {
    places.set(user, [...(places.get(user) ?? []), { name, life: reading.life, id: reading.id }]);
  };
  if (name === 'roomMessage') return readMessage(reading, first);
  if (name === 'roomUserJoined') occupants.add(textOf(first));
  if (name === 'roomUserLeft') {
    occupants.delete(textOf(first));
    // Who leaves by itself is admitted as long as it is in.
    if (reading.excluded.has(textOf(first))) more(losses, textOf(first));
  }
  if (name === 'roomAccessRemoved') {
    for (const user of occupants) more(losses, user);
    for (const user of names) if (!reading.excluded.has(user)) more(lossesMax, user);
    occupants.clear();
  }
  if (name === 'roomSilenced') for (const user of namesIn(first)) reading.silenced.add(user);
  if (name === 'roomUnsilenced') for (const user of namesIn(first)) reading.silenced.delete(user);
  const mark = markOf(applyTo(rules, name, first, second));
  if (mark !== '') reading.changes.set(mark, reading.excluded);
  const before = reading.excluded;
  reading.excluded = new Set(names.filter((user) => !admits(rules, user)));
  for (const user of reading.excluded) if (!before.has(user)) more(lossesMax, user);
}

function readMessage(reading: Reading, message: Value | undefined): void {
  const { said, excluded, silenced, life, forbidden } = reading;
  const [key, author] = [keyOf(message), textOf(field(message, 'author'))];
  const id = (reading.id += 1);
  if (field(message, 'id') !== id) throw new Error(`the owner missed something before ${key}`);
  said.set(key, { life, id, excluded });
  if (excluded.has(author) || silenced.has(author)) {
    const why = excluded.has(author) ? 'had lost the room' : 'was silenced';
    forbidden.push(`message ${id} of life ${life} by ${author}, who ${why}`);
  }
}
