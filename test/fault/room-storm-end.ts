// The end of a storm: everybody catches up, then every story is judged, and what sockets believe, what the service answers
// and what Redis keeps are held against each other, exactly.
import { expect } from '@jest/globals';
import { groupsOf, pictureOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import type { OpenSocket } from '../support/presence-checker.ts';
import { fenceSockets, namesIn } from './evictions.ts';
import { keyOf, readRoomLog, type RoomLog } from './room-storm-log.ts';
import { CHECKS, judgeStory, type Alarm } from './room-storm-story.ts';
import type { RoomStorm, StormRoom } from './room-storm.ts';
import type { StormSocket } from './storm-socket.ts';

// However busy the machine is.
const SETTLES_MS = 30_000;

export async function endStorm(storm: RoomStorm): Promise<void> {
  const finals = await catchUp(storm);
  const names = [...new Set(storm.seats.map(({ userName }) => userName))];
  const alarms: { socket: StormSocket; alarm: Alarm }[] = [];
  const forbidden: string[] = [];
  const believed = new Map<StormSocket, string[]>();
  for (const room of storm.rooms) {
    const log = readRoomLog(storm.owner, room.name, names);
    forbidden.push(...log.forbidden.map((one) => `- in ${room.name} stands ${one}`));
    for (const socket of [...storm.everybody, ...storm.posters]) {
      const verdict = judgeStory(socket, room.name, evidenceFor(storm, room, log, socket));
      alarms.push(...verdict.alarms.map((alarm) => ({ socket, alarm })));
      if (verdict.isIn) believed.set(socket, [...(believed.get(socket) ?? []), room.name]);
    }
  }
  const disagreement = await eventually(() => expectAgreement(storm, believed, finals), { timeoutMs: SETTLES_MS }).then(
    () => [],
    (error: unknown) => [`agreement\n    ${String(error)}`],
  );
  if (alarms.length + disagreement.length + forbidden.length === 0) return;
  const kinds = Object.entries(CHECKS).flatMap(([check, what]) => {
    const count = alarms.filter(({ alarm }) => alarm.check === check).length;
    return count === 0 ? [] : [`${count} × ${check}: ${what}`];
  });
  const stories = alarms.map(
    ({ socket, alarm: { check, room, detail, story } }) =>
      `- ${check}: ${detail}\n    ${room}, ${who(socket)}: ${story}`,
  );
  const closed = [...storm.everybody, ...storm.posters].filter((socket) => socket.closeCode() === 4002).length;
  kinds.push(`(${storm.everybody.size} sockets, ${closed} of them closed with 4002)`);
  throw new Error(['the storm has found something', ...kinds, ...forbidden, ...disagreement, ...stories].join('\n'));
}

const who = ({ userName, node, synced, authData }: StormSocket): string =>
  `${userName} on node ${node}${synced ? ', synced' : ''} (${authData.id})`;

function evidenceFor(
  { sentMs, seats }: RoomStorm,
  { isLarge, ends }: StormRoom,
  log: RoomLog,
  socket: StormSocket,
): Parameters<typeof judgeStory>[2] {
  const seat = seats.find(({ userName }) => userName === socket.userName);
  return {
    log,
    isLarge,
    ends,
    sentMs,
    leaves: seat?.leaves ?? true,
    isWhole: !socket.isClosed() && seats.some((one) => one.socket === socket && one.firstMs === socket.openedMs),
  };
}

/** Returns once everybody has heard what there was; the key of the last message of each room. */
async function catchUp(storm: RoomStorm): Promise<Map<string, string>> {
  const { rooms, seats, posters } = storm;
  const sockets = seats.map(({ socket }) => socket);
  // Requests on a room are answered in order: after this one none is under way.
  await Promise.all(
    [...posters, ...sockets].flatMap((socket) => rooms.map(({ name }) => socket.ask(['roomGetOwner', name]))),
  );
  await Promise.all(rooms.map(({ name }) => say(storm, name, `${name} is calm`)));
  for (const userName of new Set(sockets.map((socket) => socket.userName))) {
    await fenceSockets(sockets.filter((socket) => socket.userName === userName && !socket.isClosed()));
  }
  const finals = new Map(rooms.map(({ name }) => [name, `the end of ${name}`]));
  await Promise.all([...finals].map(([name, key]) => say(storm, name, key)));
  for (const socket of sockets) await socket.ask(['ping']);
  return finals;
}

/** Returns once the prompt node has brought a message, and the late ones too, unless something is wrong there. */
async function say({ owner, posters }: RoomStorm, room: string, key: string): Promise<void> {
  await owner.ask(['roomMessage', room, { key }]);
  const heard = (socket: StormSocket): void =>
    expect(socket.heard('roomMessage').some(([, message]) => keyOf(message) === key)).toBe(true);
  await eventually(() => heard(owner));
  // Who should have heard it and has not is found when all is compared.
  await eventually(() => posters.forEach(heard), { timeoutMs: SETTLES_MS }).catch(() => undefined);
}

/** Everything that can be asked says the same. */
async function expectAgreement(
  storm: RoomStorm,
  believed: ReadonlyMap<StormSocket, readonly string[]>,
  finals: ReadonlyMap<string, string>,
): Promise<void> {
  const { owner, posters, fillers, seats, rooms, stage } = storm;
  const faults: string[] = [];
  const same = (what: string, one: unknown, other: unknown): void => {
    if (JSON.stringify(one) !== JSON.stringify(other))
      faults.push(`${what}: ${JSON.stringify(one)} ≠ ${JSON.stringify(other)}`);
  };
  const inside = (socket: StormSocket): string[] => [...(believed.get(socket) ?? [])].toSorted();
  const sockets = [...posters, ...seats.map(({ socket }) => socket)].filter((socket) => !socket.isClosed());
  for (const socket of sockets) {
    const heard = rooms.filter(({ name }) =>
      socket.heard('roomMessage').some(([, message]) => keyOf(message) === finals.get(name)),
    );
    same(`${who(socket)} is told to be in ≠ hears`, inside(socket), heard.map(({ name }) => name).toSorted());
    const own = field(await socket.call('listOwnSockets'), socket.authData.id);
    same(`${who(socket)} is told to be in ≠ listOwnSockets`, inside(socket), namesIn(own).toSorted());
    if (!socket.synced) continue;
    // Its answer belongs to what the socket was told of its session.
    const [asked] = await socket.ask(['sessionGet']);
    const session = groupsOf(asked !== undefined && 'result' in asked ? asked.result : null);
    same(
      `${who(socket)} has the session ≠ sessionGet`,
      sorted(pictureOf(socket.received, (entry) => socket.askedFor(entry)?.call)),
      sorted(session),
    );
    same(
      `${who(socket)} is in rooms that are not in its session`,
      inside(socket).filter((name) => session[name] === undefined),
      [],
    );
  }
  for (const { name, isLarge } of rooms) {
    const users = new Set([owner, ...(isLarge ? fillers : [])].map(({ userName }) => userName));
    for (const socket of sockets) if (inside(socket).includes(name)) users.add(socket.userName);
    same(
      `told to be in ${name} ≠ userlist`,
      [...users].toSorted(),
      namesIn(await owner.call('roomGetAccessList', name, 'userlist')).toSorted(),
    );
  }
  const open: OpenSocket[] = [
    { socket: owner, rooms: rooms.map(({ name }) => name) },
    ...fillers.map((socket) => ({ socket, rooms: rooms.flatMap(({ name, isLarge }) => (isLarge ? [name] : [])) })),
    ...sockets.map((socket) => ({ socket, rooms: inside(socket) })),
  ].map(({ socket: { userName, authData }, rooms: names }) => ({ userName, socketId: authData.id, rooms: names }));
  const verdict = await stage.presence(open);
  const ofThese = (lines: readonly string[]): string[] =>
    lines.filter((line) => rooms.some(({ name }) => line.startsWith(`room ${name} `)));
  same('in Redis, and not told to be in', ofThese(verdict.ghosts), []);
  same('told to be in, and not in Redis', ofThese(verdict.missing), []);
  same('in Redis', verdict.contradictions, []);
  if (faults.length > 0) throw new Error(faults.join('\n    '));
}

const sorted = (rooms: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(rooms).toSorted(([one], [other]) => (one < other ? -1 : 1));
