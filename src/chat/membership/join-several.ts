/**
 * Joining several rooms in one request, and what was missed in each: as much as fits into one reply, in the order asked
 * for. Joining one room is membership's.
 */
import type { RecoveryCounters } from '../../ops/counters.ts';
import { echoedText } from '../../protocol/wire/echo.ts';
import { fail, failBecause, toErrorValue, unavailable, type Failure } from '../../protocol/errors/errors.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import type { Format } from '../../protocol/wire/codec.ts';
import { isValidName } from '../../protocol/names/rule.ts';
import { utf8Length } from '../../protocol/names/form.ts';
import { StoredResult, type Spliced, type StoredValue } from '../../protocol/wire/stored.ts';
import type { Result } from '../../protocol/catalogue.ts';
import type { RoomPosition } from '../../protocol/membership.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { Since } from '../../store/membership/membership-store.ts';
import type { Actor } from '../actor.ts';
import type { Handlers } from '../caller.ts';
import { lastChangeOf } from '../change/last-change.ts';
import { ok } from '../outcome.ts';
import { joinRoom, type JoinDone, type Joiner } from './join-room.ts';
import { hasEnded } from '../room/ended.ts';
import type { Services } from '../services.ts';
import { windowsOf } from '../windows.ts';

/** Rooms joined at the same time. What is missed in each may fill the rest of the reply, and is in vain where it does not. */
const WINDOW = 4;
/** What an entry takes without its messages and its room's name, which an error tells three times. */
const ENTRY_BYTES = 256;
const NAMES_PER_ENTRY = 3;

/** A room that was asked for, and what has come of it. */
interface Entry {
  readonly position: RoomPosition;
  readonly join: JoinDone | Failure;
  readonly recovered: boolean;
  readonly messages: readonly StoredValue[];
  /** What has changed since, where that was asked for. */
  readonly changes?: Changes | undefined;
}

interface Changes {
  readonly changes: readonly StoredValue[];
  readonly changesRecovered: boolean;
}

export function roomsJoinHandlers(services: Services): Pick<Handlers, 'roomsJoin'> {
  return {
    async roomsJoin(by, { rooms }, socket) {
      const entries = await joinAll(services, { by, socket }, rooms);
      const done = entries.flatMap(({ join }) => ('joined' in join ? [join] : []));
      // Together: where the bus is late they are late at the same time.
      await Promise.all(done.map((join) => join.reached()));
      for (const entry of entries) countRecovery(services.counters, entry);
      return ok(new StoredResult<Result<'roomsJoin'>>(entries.map(entryValue)), {
        before: () => done.forEach((join) => join.before()),
        after: () => completeAll(done),
      });
    },
  };
}

/** Joins rooms window by window. A defect in one of them is thrown once the others of its window are complete. */
async function joinAll(services: Services, joiner: Joiner, rooms: readonly RoomPosition[]): Promise<Entry[]> {
  const named = new Set<string>();
  const entries: Entry[] = [];
  let bytesLeft = rooms.reduce((left, { roomName }) => left - entryBytes(roomName), services.settings.replyBytes);
  for await (const window of windowsOf(rooms, WINDOW)) {
    // What is joined already is undone in the turn of the answer that nobody gets; the rest is left alone.
    if (!joiner.socket.open) break;
    const joins = await Promise.allSettled(
      window.map((position) => joinOne(services, joiner, named, position, Math.max(0, bytesLeft))),
    );
    for (const [at, position] of window.entries()) {
      const settled = joins[at];
      if (settled?.status !== 'fulfilled') continue;
      const { entry, bytes } = entryOf(position, settled.value, joiner.by, bytesLeft);
      entries.push(entry);
      bytesLeft -= bytes;
    }
    const broken = joins.find((join) => join.status === 'rejected');
    if (broken === undefined) continue;
    completeAll(entries.flatMap(({ join }) => ('joined' in join ? [join] : [])));
    throw broken.reason;
  }
  return [...entries, ...rooms.slice(entries.length).map((position) => refused(position, unavailable()))];
}

/** A defect in one join leaves none of the others incomplete. */
function completeAll(joins: readonly JoinDone[]): void {
  const defects: unknown[] = [];
  for (const join of joins) {
    try {
      join.after();
    } catch (error) {
      defects.push(error);
    }
  }
  if (defects.length > 0) throw defects[0];
}

async function joinOne(
  services: Services,
  joiner: Joiner,
  named: Set<string>,
  position: RoomPosition,
  bytesMax: number,
): Promise<JoinDone | Failure> {
  const { roomName, group } = position;
  // A room named twice: the second entry would race the first for the same place.
  if (named.has(roomName)) return failBecause('badArgument', [0, roomName], 'the room is named twice');
  named.add(roomName);
  if (!isValidName(roomName, services.settings.limits)) return fail('noRoom', [roomName]);
  if (hasEnded(services, roomName)) return fail('roomExpired', [roomName]);
  try {
    return await joinRoom(services, joiner, roomName, { since: sinceOf(position), group, bytesMax });
  } catch (error) {
    if (error instanceof StateUnavailable) return unavailable();
    throw error;
  }
}

/** What is missed comes whole or not at all. */
function entryOf(
  position: RoomPosition,
  join: JoinDone | Failure,
  { format }: Actor,
  bytesLeft: number,
): { entry: Entry; bytes: number } {
  if (!('joined' in join)) return { entry: refused(position, join), bytes: 0 };
  const { missed } = join.joined;
  // Without all of a position nobody knows what was missed.
  const recovered = join.joined.recovered && !isInPart(position);
  const messages = missed.map(({ frame }) => storedMessageIn(frame));
  const bytes = sizeOf(messages, format);
  const isWhole = bytes === 0 || bytes <= bytesLeft;
  const own = isWhole ? { recovered, messages, bytes } : { recovered: false, messages: [], bytes: 0 };
  const changed = changesOf(position, join.joined, format, bytesLeft - own.bytes);
  const entry = { position, join, recovered: own.recovered, messages: own.messages, changes: changed };
  return { entry, bytes: own.bytes + sizeOf(changed?.changes ?? [], format) };
}

/** The same of what has changed. */
function changesOf(
  { lastChange }: RoomPosition,
  { changes = [], changesRecovered = false }: JoinDone['joined'],
  format: Format,
  bytesLeft: number,
): Changes | undefined {
  if (lastChange === undefined) return undefined;
  const found = changes.map(({ frame }) => storedMessageIn(frame));
  const isWhole = changesRecovered && (found.length === 0 || sizeOf(found, format) <= bytesLeft);
  return isWhole ? { changes: found, changesRecovered } : { changes: [], changesRecovered: false };
}

const sizeOf = (messages: readonly StoredValue[], format: Format): number =>
  messages.reduce((sum, message) => sum + message.size(format), 0);

const refused = (position: RoomPosition, join: Failure): Entry => ({ position, join, recovered: false, messages: [] });

const entryBytes = (roomName: string): number => ENTRY_BYTES + NAMES_PER_ENTRY * utf8Length(roomName);

function entryValue({ position: { roomName }, join, recovered, messages, changes }: Entry): Spliced {
  if (!('joined' in join)) return { roomName: echoedText(roomName), error: toErrorValue(join) };
  const { njoined, at } = join.joined;
  const place = { epoch: at.epoch, lastMessageId: at.id, ...lastChangeOf(join.joined) };
  return { roomName, njoined, ...place, recovered, messages, ...changes };
}

function countRecovery(counters: RecoveryCounters, { position, join, recovered }: Entry): void {
  if (sinceOf(position) === undefined && !isInPart(position)) return;
  if (!('joined' in join)) counters.recoveriesRefused++;
  else if (recovered) counters.recoveriesOk++;
  else counters.recoveriesFailed++;
}

/** Something of a position among messages, but not enough of it to know what was missed. Changes say that for themselves. */
const isInPart = (position: RoomPosition): boolean =>
  sinceOf(position) === undefined && (position.epoch ?? position.lastMessageId ?? position.lastTimestamp) !== undefined;

function sinceOf(position: RoomPosition): Since | undefined {
  const {
    epoch,
    lastMessageId: id,
    lastTimestamp: timestamp,
    lastChange: change,
    lastChangeTimestamp: changeAt,
  } = position;
  return epoch === undefined || id === undefined ? undefined : { epoch, id, timestamp, change, changeAt };
}
