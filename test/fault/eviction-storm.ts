// A room whose rules change all the time while occupants post, leave and come back, on a node that hears of it late. What
// each socket was told is held against the log: nothing reached a user who had no right to it, nothing else is missing, and
// at the end all agree who is in the room.
import { expect } from '@jest/globals';
import { about, field, until } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import type { Rng } from '../support/rng.ts';
import type { Outcome, User } from '../support/rpc.ts';
import {
  ask,
  dawdle,
  expectSameUserlist,
  fenceLog,
  fenceSockets,
  isIn,
  namesIn,
  rightsIn,
  storyOf,
  type Rights,
  type Stage,
} from './evictions.ts';

interface Storm {
  readonly room: string;
  /** In the room throughout; hears the whole log. */
  readonly owner: User;
  /** Whitelisted occupants, one on each node, who post all the time. */
  readonly posters: readonly User[];
  /** The sockets of those who come and go. */
  readonly crowd: readonly (readonly User[])[];
  /** Answers to requests about the room. */
  readonly outcomes: Map<Outcome, string>;
  /** From where to where in what a socket received it had asked to leave, and was not answered. */
  readonly leaves: Map<User, [from: number, to: number][]>;
  over: boolean;
}

export interface StormOptions {
  /** Changes of the rules. */
  readonly changes: number;
  /** Where their own requests come from does not matter: users with a socket on each node. */
  readonly users: number;
}

export async function playStorm(rng: Rng, stage: Stage, { changes, users }: StormOptions): Promise<void> {
  const storm = await startStorm(stage, users);
  const { owner, posters, crowd, room } = storm;
  const starts = posters.map((poster) => about(poster, room).length);
  const initial = namesIn(await owner.call('roomGetAccessList', room, 'userlist'));
  const ruling = rule(rng, storm, changes).finally(() => {
    storm.over = true;
  });
  const acting = crowd.flat().map((socket) => comeAndGo(rng, storm, socket));
  await Promise.all([ruling, ...posters.map((poster) => keepPosting(rng, storm, poster)), ...acting]);

  const everybody = crowd.flat();
  await fenceLog(posters[0] ?? owner, room, [owner, ...posters], everybody);
  for (const sockets of crowd) await fenceSockets(sockets);
  await catchUp(storm);
  const rights = rightsIn(
    owner,
    room,
    crowd.map(([socket]) => socket?.userName ?? ''),
  );
  for (const socket of everybody) expectNothingForbidden(storm, rights, socket);
  await expectAgreement(storm, rights);
  for (const [i, poster] of posters.entries()) await expectSameUserlist(poster, room, initial, starts[i] ?? 0);
  await owner.call('roomDelete', room);
}

async function startStorm(stage: Stage, users: number): Promise<Storm> {
  const room = stage.fresh('storm');
  const owner = await stage.login('prompt');
  const posters = [await stage.login('prompt'), await stage.login('late')];
  const crowd = await Promise.all(
    Array.from({ length: users }, async () => {
      const first = await stage.login('prompt');
      return [first, await stage.login('late', first.userName)];
    }),
  );
  await owner.call('roomCreate', room);
  await owner.call('roomJoin', room);
  await owner.call(
    'roomAddToList',
    room,
    'whitelist',
    posters.map(({ userName }) => userName),
  );
  for (const poster of posters) await poster.call('roomJoin', room);
  const storm: Storm = { room, owner, posters, crowd, outcomes: new Map(), leaves: new Map(), over: false };
  await Promise.all(crowd.flat().map((socket) => asking(storm, socket, 'roomJoin')));
  return storm;
}

async function asking(
  { outcomes, leaves, room }: Storm,
  socket: User,
  method: 'roomJoin' | 'roomLeave',
): Promise<void> {
  const from = socket.received.length;
  outcomes.set(await ask(socket, method, room), room);
  if (method === 'roomLeave') leaves.set(socket, [...(leaves.get(socket) ?? []), [from, socket.received.length]]);
}

/** The owner's part: one change of the rules after the other. */
async function rule(rng: Rng, { owner, posters, crowd, room }: Storm, changes: number): Promise<void> {
  for (let left = changes; left > 0; left--) {
    const names = crowd.filter(() => rng.chance(0.4)).map(([socket]) => socket?.userName ?? '');
    if (rng.chance(0.4)) await ask(owner, 'roomSetWhitelistMode', room, rng.chance(0.6));
    else if (rng.chance(0.3)) await owner.call(rng.pick(['roomMembersAdd', 'roomMembersRemove']), room, names);
    else {
      const edit = rng.chance(0.5) ? 'roomAddToList' : 'roomRemoveFromList';
      await owner.call(edit, room, rng.pick(['blacklist', 'whitelist', 'adminlist', 'blacklist']), names);
    }
    await dawdle(rng, owner, 30);
    if (rng.chance(0.3)) await fenceLog(owner, room, posters, []);
  }
}

async function keepPosting(rng: Rng, storm: Storm, poster: User): Promise<void> {
  while (!storm.over) {
    await poster.call('roomMessage', storm.room, { text: 'on and on' });
    await dawdle(rng, poster, 60);
  }
}

async function comeAndGo(rng: Rng, storm: Storm, socket: User): Promise<void> {
  while (!storm.over) {
    if (rng.chance(0.6)) await asking(storm, socket, 'roomJoin');
    else if (rng.chance(0.5)) await asking(storm, socket, 'roomLeave');
    else await ask(socket, 'roomMessage', storm.room, { text: 'me too' });
    await dawdle(rng, socket, 60);
  }
}

/** Returns once everybody has heard a last message who is in the room by Redis' word. */
async function catchUp({ owner, crowd, room }: Storm): Promise<void> {
  const id = await owner.call('roomMessage', room, { text: 'who is left' });
  await until(owner, 'roomMessage', ([name, message]) => name === room && field(message, 'id') === id);
  for (const socket of crowd.flat()) {
    // The user's side follows the room's: who has lost it may still be noted there.
    await eventually(async () => {
      const listed = namesIn(await owner.call('roomGetAccessList', room, 'userlist'));
      if (!listed.includes(socket.userName)) return;
      const mine = field(await socket.call('listOwnSockets'), socket.authData.id);
      const hears = socket.heard('roomMessage').some(([name, message]) => name === room && field(message, 'id') === id);
      if (namesIn(mine).includes(room) && !hears) {
        throw new Error(`${socket.userName} is in, and hears nothing: ${toldOf(socket, room)}`);
      }
    });
  }
}

/** All that a socket was told of a room, messages as ranges of ids, for the error message. */
function toldOf(socket: User, room: string): string {
  const lines: string[] = [];
  let [first, last] = [0, 0];
  const flush = (): void => {
    if (last > 0) lines.push(`${first}–${last}`);
    [first, last] = [0, 0];
  };
  for (const entry of socket.received) {
    const id = 'name' in entry && entry.params[0] === room ? field(entry.params[1], 'id') : undefined;
    if (typeof id === 'number') {
      if (id !== last + 1) flush();
      if (first === 0) first = id;
      last = id;
    } else if ('name' in entry ? entry.params[0] === room : entry.method.startsWith('room')) {
      flush();
      const what = 'name' in entry ? entry.params.slice(1) : [entry.outcome];
      lines.push(`${'name' in entry ? entry.name : `>${entry.method}`} ${JSON.stringify(what).slice(0, 80)}`);
    }
  }
  flush();
  return `${socket.userName} ${socket.authData.id}: ${lines.join(' | ')}`;
}

function expectNothingForbidden({ room, outcomes, leaves }: Storm, rights: Rights, socket: User): void {
  for (const [at, entry] of socket.received.entries()) {
    const id = 'name' in entry && entry.params[0] === room ? field(entry.params[1], 'id') : undefined;
    if (typeof id !== 'number' || !rights.excluded(socket.userName, id)) continue;
    // Who leaves of its own accord hears the room until that is answered.
    if (leaves.get(socket)?.some(([from, to]) => at >= from && at < to) === true) continue;
    throw new Error(`heard ${id} without a right; ${toldOf(socket, room)}`);
  }
  let last: number | undefined;
  for (const one of storyOf(socket, room, outcomes)) {
    // While it is in the room nothing is left out, and nothing comes twice.
    if (typeof one === 'number' && last !== undefined && one !== last + 1) {
      throw new Error(`heard ${one} after ${last}; ${toldOf(socket, room)}`);
    }
    if (typeof one === 'number') last = one;
    else if (one !== 'roomJoin') last = undefined;
  }
}

/** What each socket believes, what Redis says of each socket, and who is listed. */
async function expectAgreement({ room, outcomes, crowd, owner }: Storm, rights: Rights): Promise<void> {
  const listed = new Set(namesIn(await owner.call('roomGetAccessList', room, 'userlist')));
  for (const sockets of crowd) {
    const userName = sockets[0]?.userName ?? '';
    // Each is asked for itself: a node that is as late as this one is left out of what others are told.
    const known = await Promise.all(
      sockets.map(async (socket) => field(await socket.call('listOwnSockets'), socket.authData.id)),
    );
    const told = sockets.map((socket) => isIn(storyOf(socket, room, outcomes)));
    const stories = sockets.map((socket) => storyOf(socket, room, outcomes).slice(-30).join(' '));
    const seen = JSON.stringify({ userName, stories });
    expect([seen, told]).toEqual([seen, known.map((rooms) => namesIn(rooms).includes(room))]);
    expect([seen, listed.has(userName)]).toEqual([seen, told.includes(true)]);
    if (listed.has(userName)) expect([seen, rights.admits(userName)]).toEqual([seen, true]);
  }
}
