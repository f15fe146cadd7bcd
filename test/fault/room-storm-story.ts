// A socket's story of a room, step by step as it was told, against the room's log: what it must not have heard, what it has
// missed without being told, what it heard twice. PROTOCOL.md is the judge; a story is a client's only source.
import type { Value } from '../../src/protocol/params/values.ts';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import type { Entry } from '../support/rpc.ts';
import { namesIn } from './evictions.ts';
import { orderFaults } from '../support/told-order.ts';
import { isUpTo, keyOf, markOf, textsOf, type Place, type RoomLog, type Said } from './room-storm-log.ts';
import { excerpt, roomOf, type Asked, type StormSocket } from './storm-socket.ts';

export const CHECKS = {
  withoutRight: 'a message or an event came that was made when its user had no right to the room',
  whileOut: 'something of the room came after the socket was told to be out of it',
  unfiled: 'something of the room came after $.chat.leave',
  twice: 'a message came twice',
  disorder: 'a message came after a later one',
  hole: 'messages are missing, and nothing told so',
  beginning: 'a message is missing that was posted after the join was answered',
  unknown: 'a message came that is not in the log',
  order: 'notices and messages came in another order than that of the log, or not each of them once',
  lossOrder: '$.chat.leave came before roomAccessRemoved',
  lossTwice: 'more losses were told than there were',
  lossUntold: 'fewer losses were told than there were',
} as const;
export type Check = keyof typeof CHECKS;

export interface Alarm {
  readonly check: Check;
  readonly room: string;
  readonly detail: string;
  readonly story: string;
}

/** What a story is held against. */
export interface Evidence {
  readonly log: RoomLog;
  readonly isLarge: boolean;
  /** It is deleted now and then: who hears of that without the rest of the log may have left before. */
  readonly ends: boolean;
  /** When each message was posted, by its key. */
  readonly sentMs: ReadonlyMap<string, number>;
  /** A device of the user may have taken the room out of the session. */
  readonly leaves: boolean;
  /** The socket was there from the beginning to the end. */
  readonly isWhole: boolean;
}

interface Telling {
  readonly alarms: Map<Check, Alarm>;
  readonly heard: Set<string>;
  isIn: boolean;
  /** Told last that the room is not in the session any more, and so that this socket is not in it. */
  isUnfiled: boolean;
  /** The room is in the session, by what the socket was told. */
  isFiled: boolean;
  /** A `$.chat.leave` came that no loss had been told before, or a loss that it should follow. */
  owes: 'loss' | 'leave' | undefined;
  /** The last message, or the place that the socket was told to go on from. */
  at: { readonly life: number | undefined; readonly id: number } | undefined;
  join: Asked | undefined;
  losses: number;
  resets: number;
  /** Up to where it has heard the room, when it was told to be out, or at the beginning. */
  outAt: Place | undefined;
  /** From where to where in the log it was out. */
  readonly out: { readonly from: Place; readonly to: Place }[];
  /** Life → up to where messages may be missing, by what a reset told. */
  readonly excused: Map<number | undefined, number>;
  /** What it was told of the room's log, each time it was in, and from a reset on anew. */
  readonly pieces: string[][];
}

/** Returns the first alarm of each kind. */
export function judgeStory(socket: StormSocket, room: string, evidence: Evidence): { alarms: Alarm[]; isIn: boolean } {
  const telling: Telling = {
    alarms: new Map(),
    heard: new Set(),
    isIn: false,
    isUnfiled: false,
    isFiled: false,
    owes: undefined,
    at: undefined,
    join: undefined,
    losses: 0,
    resets: 0,
    outAt: { life: 0, id: 0 },
    out: [],
    excused: new Map(),
    pieces: [],
  };
  for (const [at, entry] of socket.received.entries()) {
    const asked = socket.askedFor(entry);
    if (roomOf(entry, asked?.call) !== room) continue;
    const alarm = (check: Check, detail: string): void => {
      if (telling.alarms.has(check)) return;
      telling.alarms.set(check, { check, room, detail, story: excerpt(socket, room, at) });
    };
    if ('name' in entry && telling.isIn) telling.pieces.at(-1)?.push(...textsOf(entry.name, entry.params));
    if (!('name' in entry)) readAnswer(telling, entry, asked, evidence);
    else if (entry.name === 'roomMessage') readMessage(telling, entry.params[1], socket, evidence, alarm);
    else readNotice(telling, { name: entry.name, params: entry.params, at }, { socket, room }, evidence, alarm);
  }
  const [fault] = orderFaults(evidence.log.told, telling.pieces);
  if (fault !== undefined) {
    telling.alarms.set('order', { check: 'order', room, detail: fault, story: excerpt(socket, room, Infinity) });
  }
  judgeLosses(telling, socket, room, evidence);
  return { alarms: [...telling.alarms.values()], isIn: telling.isIn };
}

type Tell = (check: Check, detail: string) => void;

function readAnswer(telling: Telling, entry: Entry, asked: Asked | undefined, { log }: Evidence): void {
  if ('name' in entry) return;
  const { method, outcome } = entry;
  if (method === 'roomLeave' && ('result' in outcome || outcome.error.code === 'noRoom')) leave(telling);
  if (!('result' in outcome)) return;
  const joined = Array.isArray(outcome.result) ? outcome.result[0] : undefined;
  if (method !== 'roomJoin' && (method !== 'roomsJoin' || field(joined, 'error') !== undefined)) return;
  telling.isUnfiled = false;
  telling.isFiled = true;
  telling.owes = undefined;
  if (telling.isIn) return;
  telling.isIn = true;
  telling.pieces.push([]);
  telling.join = asked;
  telling.at =
    joined === undefined
      ? undefined
      : { life: log.lives.get(textOf(field(joined, 'epoch'))), id: Number(field(joined, 'lastMessageId')) };
  noteOut(telling);
}

/** It is in again, from a place that is known by now, or will be. */
function noteOut(telling: Telling): void {
  const { at, outAt: from } = telling;
  if (at?.life === undefined || from === undefined) return;
  telling.out.push({ from, to: { life: at.life, id: at.id } });
  telling.outAt = undefined;
}

function leave(telling: Telling, isUnfiled = false): void {
  const { at } = telling;
  if (at?.life !== undefined) telling.outAt ??= { life: at.life, id: at.id };
  telling.isIn = false;
  telling.isUnfiled = isUnfiled;
  telling.at = undefined;
  telling.join = undefined;
}

function readMessage(
  telling: Telling,
  message: Value | undefined,
  socket: StormSocket,
  evidence: Evidence,
  alarm: Tell,
): void {
  const key = keyOf(message);
  const said = evidence.log.said.get(key);
  if (said === undefined || said.id !== field(message, 'id')) return alarm('unknown', key);
  const what = `message ${said.id} of life ${said.life}`;
  if (said.excluded.has(socket.userName)) alarm('withoutRight', what);
  if (!telling.isIn) alarm(telling.isUnfiled ? 'unfiled' : 'whileOut', what);
  if (telling.heard.has(key)) return alarm('twice', what);
  telling.heard.add(key);
  if (!telling.isIn) return;
  judgePlace(telling, said, evidence, (check, detail) => alarm(check, `${what} ${detail}`));
  telling.at = said;
  noteOut(telling);
  telling.join = undefined;
}

function judgePlace({ at, join, heard, excused }: Telling, said: Said, { log, sentMs }: Evidence, alarm: Tell): void {
  const between = (first: number): [key: string, id: number][] =>
    [...log.said].flatMap(([key, { life, id }]) =>
      life === said.life && id > first && id < said.id && !heard.has(key) ? [[key, id]] : [],
    );
  if (at === undefined) {
    const missed = between(0).filter(([key]) => (sentMs.get(key) ?? 0) > (join?.answeredMs ?? Infinity));
    if (missed.length > 0) alarm('beginning', `is the first, without ${missed.map(([, id]) => id).join()}`);
    return;
  }
  const life = at.life ?? said.life;
  const after = `after ${at.id} of life ${life}`;
  if (said.life < life || (said.life === life && said.id <= at.id)) alarm('disorder', after);
  else if (said.life !== life) alarm('hole', `${after}, the end of which nobody told`);
  else {
    // What has come, or was told to be missing, before a late answer that stands for an earlier place is no hole.
    const missed = between(Math.max(at.id, excused.get(life) ?? 0)).map(([, id]) => id);
    if (missed.length > 0) alarm('hole', `${after}, without ${missed.join()}`);
  }
}

const ECHOES = ['roomJoinedEcho', 'roomLeftEcho', 'roomReadEcho'];

function readNotice(
  telling: Telling,
  { name, params, at }: { name: string; params: readonly Value[]; at: number },
  { socket, room }: { socket: StormSocket; room: string },
  { log, leaves, isLarge }: Evidence,
  alarm: Tell,
): void {
  if (name === '$.chat.join') {
    telling.isFiled = true;
    telling.owes = undefined;
  } else if (name === '$.chat.leave') {
    // Who is not in by itself may be told so of a filing that came after its loss was told.
    telling.owes = telling.owes !== 'leave' && telling.isIn ? 'loss' : undefined;
    telling.isFiled = false;
    if (telling.isIn) leave(telling, true);
  } else if (name === 'roomAccessRemoved') {
    telling.losses += 1;
    // Where a device may have left, that may be what it was.
    if (telling.owes === 'loss' && !leaves) alarm('lossOrder', isLarge ? 'a large room' : 'a small room');
    telling.owes = telling.isFiled ? 'leave' : undefined;
    leave(telling);
  } else if (name === 'roomLeftEcho' && params[1] === socket.authData.id) leave(telling);
  else if (!ECHOES.includes(name)) {
    const isOwnJoin = name === 'roomUserJoined' && params[1] === socket.userName;
    const isJoining = isOwnJoin && isAsking(socket, room, at);
    if (!telling.isIn && !isJoining) alarm(telling.isUnfiled ? 'unfiled' : 'whileOut', name);
    if (
      name.startsWith('roomAccessList') &&
      log.changes.get(markOf(namesIn(params[2])))?.has(socket.userName) === true
    ) {
      alarm('withoutRight', `${name} ${JSON.stringify(params[2])}`);
    }
    if (name !== 'roomReset') return;
    telling.resets += 1;
    telling.at = { life: log.lives.get(textOf(params[1])), id: Number(params[2]) };
    noteOut(telling);
    telling.excused.set(telling.at.life, telling.at.id);
    telling.pieces.push([]);
  }
}

/** Whether a join of the room was sent, and not answered, when an entry came. */
const isAsking = (socket: StormSocket, room: string, at: number): boolean =>
  socket.asked.some(({ call, at: sent, answeredMs }) => {
    if (sent > at || !/^rooms?Join$/.test(call[0]) || roomOf({ method: '', outcome: { result: null } }, call) !== room)
      return false;
    const answer = socket.received.findIndex((entry) => socket.askedFor(entry)?.call === call);
    return answeredMs === Infinity || answer > at;
  });

/**
 * Each loss is told once; what was lost and won again before it could be told may come as a reset. Who was out anyway, and is in
 * again before the bus has told of it, is not told of it any more.
 */
function judgeLosses(
  telling: Telling,
  socket: StormSocket,
  room: string,
  { log, isLarge, ends, isWhole }: Evidence,
): void {
  const { losses, resets, alarms, out } = telling;
  const known = (isLarge ? log.lossesMax : log.losses).get(socket.userName) ?? [];
  const expected = known.length;
  const excused = known.filter((loss) => out.some(({ from, to }) => isUpTo(from, loss) && isUpTo(loss, to))).length;
  const tellings = socket.received.flatMap((entry, at) =>
    'name' in entry && entry.name === 'roomAccessRemoved' && entry.params[0] === room ? [at] : [],
  );
  const story = [...tellings, Infinity].map((at) => excerpt(socket, room, at)).join('\n    and: ');
  const detail = `${losses} told and ${resets} resets, of ${expected}, ${excused} of them while it was out: ${known
    .map(({ name, life, id }) => `${name} after ${id} of life ${life}`)
    .join(', ')}`;
  const max = ends ? Math.max(expected, log.lossesMax.get(socket.userName)?.length ?? 0) : expected;
  if (losses > max) alarms.set('lossTwice', { check: 'lossTwice', room, detail, story });
  if (isWhole && !isLarge && losses + resets < expected - excused) {
    alarms.set('lossUntold', { check: 'lossUntold', room, detail, story });
  }
}
