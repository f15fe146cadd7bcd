// A storm of changes of messages: three nodes, two of which hear late from Redis, one of which dies; two rooms, one of them large; users
// with two sockets each who post, update, recall, react and append, and who are barred and silenced meanwhile. What came of it is judged by
// change-storm-end.ts.
import { ChangeView } from '../support/change-view.ts';
import type { Scope } from '../support/disposal.ts';
import type { RedisAddress } from '../support/redis.ts';
import { createRng, type Rng } from '../support/rng.ts';
import type { Call } from '../support/rpc.ts';
import type { Service } from '../support/service.ts';
import { pace } from '../support/weather.ts';
import { openBook } from './change-book.ts';
import { act } from './change-storm-acts.ts';
import { hear, join, leave, placeOf, settle, type Barred, type ChangeStorm, type Seat } from './change-storm-seat.ts';
import { ask } from './storm-actor.ts';
import { openSocket } from './storm-socket.ts';

/** Rooms of more users are large. */
export const LARGE_SIZE = 6;
export const STORM_ENV = {
  PARLEY_ROOM_LARGE_SIZE: String(LARGE_SIZE),
  PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
  PARLEY_RATE_BURST: '10000',
  PARLEY_NODE_LEASE_MS: '3000',
  PARLEY_HISTORY_MAX_GET_MESSAGES: '1000',
};
const FILLERS = 3;
/** The nodes of each user's sockets. The first is late, and lives; the second dies. */
const USERS = [
  [1, 2],
  [2, 0],
  [2, 1],
] as const;

let count = 0;
const fresh = (what: string): string => `${what}-${++count}`;

/** Joins everybody to rooms of their own; nothing was said there yet. `stay`: nobody leaves, or is barred or silenced. */
export async function gatherStorm(scope: Scope, service: Service<RedisAddress>, stay = false): Promise<ChangeStorm> {
  const rooms = [
    { name: fresh('small'), isLarge: false },
    { name: fresh('large'), isLarge: true },
  ];
  const nodes = service.nodes.length;
  const sit = async (userName: string, node: number, index: number): Promise<Seat> => ({
    userName,
    index,
    views: new Map(rooms.map(({ name }) => [name, new ChangeView()])),
    node: node % nodes,
    socket: await openSocket(scope, service.node(node % nodes).url, { userName, node, synced: false }),
    sockets: 1,
    read: 0,
    writing: undefined,
  });
  const owner = await sit(fresh('owner'), 0, 0);
  const seats = [await sit(fresh('witness'), 1, 1)];
  for (const sockets of USERS) {
    const userName = fresh('user');
    for (const node of sockets) seats.push(await sit(userName, node, seats.length + 1));
  }
  const storm: ChangeStorm = {
    scope,
    service,
    stay,
    rooms,
    owner,
    seats,
    barred: [],
    snapshots: new Map(),
    book: openBook(),
    dead: new Set(),
  };
  for (const { name, isLarge } of rooms) {
    await owner.socket.call('roomCreate', name);
    for (const seat of [owner, ...seats]) await join(storm, seat, name);
    if (!isLarge) continue;
    for (let i = 0; i < FILLERS; i++) {
      const filler = await openSocket(scope, service.node(0).url, {
        userName: fresh('filler'),
        node: 0,
        synced: false,
      });
      await filler.call('roomJoin', name);
    }
  }
  return storm;
}

/** Everybody does something, again and again. */
export async function blowChanges(rng: Rng, storm: ChangeStorm, isOver: () => boolean): Promise<void> {
  const own = (): Rng => createRng(rng.integer(0, 2 ** 32 - 1));
  await Promise.all([rule(own(), storm, isOver), ...storm.seats.map((seat) => live(own(), storm, seat, isOver))]);
}

async function live(rng: Rng, storm: ChangeStorm, seat: Seat, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await settle(storm, seat);
    const { name } = rng.pick(storm.rooms);
    const view = seat.views.get(name);
    if (view?.isIn === false) await join(storm, seat, name);
    else if (!storm.stay && rng.chance(0.04)) await leave(storm, seat, name);
    else await actIn(rng, storm, seat, name);
    const snapshot = !storm.stay && rng.chance(0.1) ? view?.snapshot() : undefined;
    if (snapshot !== undefined) storm.snapshots.set(name, [...(storm.snapshots.get(name) ?? []), snapshot]);
    await pace(rng, 2, 60);
  }
}

async function actIn(rng: Rng, storm: ChangeStorm, seat: Seat, room: string): Promise<void> {
  hear(seat);
  const { messages } = seat.views.get(room) ?? { messages: new Map() };
  const mayRecall = seat === storm.owner;
  await act(rng, storm, seat, { method: 'roomMessage', target: room, place: room, messages, mayRecall });
}

/** The owner's part: bars and silences, and changes while they last. Its node hears everything at once. */
async function rule(rng: Rng, storm: ChangeStorm, isOver: () => boolean): Promise<void> {
  const { owner, rooms, seats } = storm;
  const users = [...new Set(seats.slice(1).map(({ userName }) => userName))];
  while (!isOver()) {
    await settle(storm, owner);
    const { name } = rng.pick(rooms);
    if (!storm.stay && rng.chance(0.25)) await bar(rng, storm, name, rng.pick(users));
    else await actIn(rng, storm, owner, name);
    await pace(rng, 5, 80);
  }
}

async function bar(rng: Rng, storm: ChangeStorm, room: string, userName: string): Promise<void> {
  const what = rng.pick(['barred', 'silenced'] as const);
  const [on, off]: [Call, Call] =
    what === 'barred'
      ? [
          ['roomAddToList', room, 'blacklist', [userName]],
          ['roomRemoveFromList', room, 'blacklist', [userName]],
        ]
      : [
          ['roomSilence', room, [userName]],
          ['roomUnsilence', room, [userName]],
        ];
  const isOn = await ask(storm, storm.owner, ...on);
  const from = placeOf(storm.owner, room);
  const barred: Barred = { room, userName, what, from, to: undefined };
  if (isOn !== undefined && 'result' in isOn) storm.barred.push(barred);
  for (let left = rng.integer(2, 5); left > 0; left--) {
    await actIn(rng, storm, storm.owner, room);
    await pace(rng, 5, 80);
  }
  barred.to = placeOf(storm.owner, room);
  // Nobody stays out because Redis was away for a moment.
  while ((await ask(storm, storm.owner, ...off)) === undefined) await settle(storm, storm.owner);
}
