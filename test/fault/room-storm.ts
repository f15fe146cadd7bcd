// A storm of joins and losses: three nodes, two of which hear from Redis late, the bus by more than the answers; users with
// sockets on several of them, some in a session; rooms whose rules and members change, whose users are silenced, that end and are made
// anew. In the end each socket's
// story is held against the rooms' logs (room-storm-story.ts), and all that can be asked against each other (room-storm-end.ts).
import type { Scope } from '../support/disposal.ts';
import { presenceOf } from '../support/presence-checker.ts';
import { startRedis } from '../support/redis.ts';
import { createRng, type Rng } from '../support/rng.ts';
import type { Call } from '../support/rpc.ts';
import { startService } from '../support/service.ts';
import { blow, calm, pace, startSplitLink, type SplitLink } from '../support/weather.ts';
import { namesIn } from './evictions.ts';
import { endStorm } from './room-storm-end.ts';
import { MARK } from './room-storm-log.ts';
import { openSocket, type StormSocket } from './storm-socket.ts';

/** Rooms of more users are large. */
const LARGE_SIZE = 7;
const FILLERS = 5;
const ROOMS = [
  { name: 'plain', isLarge: false, ends: false },
  { name: 'mortal', isLarge: false, ends: true },
  { name: 'large', isLarge: true, ends: false },
] as const;
/** Those who come and go: the nodes of their sockets, which of them are devices of a session, whether they ever leave. */
const USERS = [
  { nodes: [0, 1, 2], synced: [true, true, true], leaves: true },
  { nodes: [1, 2, 2], synced: [true, false, true], leaves: true },
  { nodes: [1, 2], synced: [false, false], leaves: true },
  { nodes: [1, 2, 0], synced: [true, true, false], leaves: false },
] as const;
const WIND = { busMsMax: 1500, commandsMsMax: 300, lastsMs: [300, 1500] } as const;

/** Three nodes; the first hears everything at once. */
export interface StormStage {
  readonly scope: Scope;
  /** What Redis keeps, against sockets that are open. */
  readonly presence: ReturnType<typeof presenceOf>;
  readonly urls: readonly string[];
  readonly links: readonly SplitLink[];
  fresh(what: string): string;
}

export interface StormRoom {
  readonly name: string;
  readonly isLarge: boolean;
  readonly ends: boolean;
}

/** The place of a socket: when it vanishes, another one comes in its stead. */
export interface Seat {
  readonly userName: string;
  readonly node: number;
  readonly synced: boolean;
  readonly leaves: boolean;
  /** When its first socket was there. */
  readonly firstMs: number;
  socket: StormSocket;
}

export interface RoomStorm {
  readonly stage: StormStage;
  readonly rooms: readonly StormRoom[];
  /** In all rooms throughout; makes them and their rules. */
  readonly owner: StormSocket;
  /** On each list of the admitted, in all rooms. */
  readonly posters: readonly StormSocket[];
  /** They make the large room large. */
  readonly fillers: readonly StormSocket[];
  readonly seats: readonly Seat[];
  /** All sockets of those who come and go, also those that are gone. */
  readonly everybody: Set<StormSocket>;
  readonly sentMs: Map<string, number>;
}

export async function startStormStage(scope: Scope): Promise<StormStage> {
  const redis = await startRedis(scope);
  const links = [await startSplitLink(scope, redis.port), await startSplitLink(scope, redis.port)];
  const env = {
    PARLEY_ROOM_LARGE_SIZE: String(LARGE_SIZE),
    PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
    PARLEY_RATE_BURST: '10000',
  };
  const service = await startService(scope, { redis, nodes: 1, env });
  for (const { url } of links) await service.addNode({ PARLEY_REDIS_URL: url });
  let count = 0;
  return {
    scope,
    presence: presenceOf(scope, { servers: [redis], prefix: service.prefix }),
    urls: service.nodes.map(({ url }) => url),
    links,
    fresh: (what) => `${what}-${++count}`,
  };
}

/** One storm for each seed; throws, with all that was found and by which seed, where anything was. */
export async function playRoomStorms(stage: StormStage, seeds: readonly number[], seconds: number): Promise<void> {
  const found: string[] = [];
  for (const seed of seeds) {
    await playRoomStorm(createRng(seed), stage, seconds).catch((error: unknown) => {
      found.push(`seed ${seed}: ${String(error)}`);
    });
  }
  if (found.length > 0) throw new Error(`${found.length} of ${seeds.length} storms\n${found.join('\n\n')}`);
}

async function playRoomStorm(rng: Rng, stage: StormStage, seconds: number): Promise<void> {
  const storm = await gather(stage);
  // Each life has numbers of its own, whoever is quicker.
  const own = (): Rng => createRng(rng.integer(0, 2 ** 32 - 1));
  const until = performance.now() + seconds * 1000;
  const isOver = (): boolean => performance.now() > until;
  await Promise.all([
    ...stage.links.map((link) => blow(own(), link, WIND, isOver)),
    ...storm.rooms.map((room) => rule(own(), storm, room, isOver)),
    ...storm.posters.map((poster) => keepPosting(own(), storm, poster, isOver)),
    ...storm.seats.map((seat) => live(own(), storm, seat, isOver)),
  ]);
  stage.links.forEach(calm);
  await endStorm(storm);
}

async function gather(stage: StormStage): Promise<RoomStorm> {
  const { scope, urls } = stage;
  const fresh = (what: string): string => stage.fresh(what);
  const open = (userName: string, node: number, synced = false): Promise<StormSocket> =>
    openSocket(scope, urls[node] ?? '', { userName, node, synced });
  const owner = await open(fresh('owner'), 0);
  const posters = [await open(fresh('poster'), 0), await open(fresh('poster'), 1)];
  const fillers = await Promise.all(Array.from({ length: FILLERS }, () => open(fresh('filler'), 0)));
  const seats = await Promise.all(
    USERS.flatMap(({ nodes, synced, leaves }) => {
      const userName = fresh('user');
      return nodes.map(async (node, i): Promise<Seat> => {
        const isSynced = synced[i] === true;
        const socket = await open(userName, node, isSynced);
        return { userName, node, synced: isSynced, leaves, firstMs: socket.openedMs, socket };
      });
    }),
  );
  const rooms = ROOMS.map((room) => ({ ...room, name: fresh(room.name) }));
  const everybody = new Set(seats.map(({ socket }) => socket));
  const storm = { stage, rooms, owner, posters, fillers, seats, everybody, sentMs: new Map() };
  for (const room of rooms) await makeRoom(storm, room);
  return storm;
}

/** Nobody else can come in before the owner is, nor before the room is large. */
async function makeRoom({ owner, posters, fillers }: RoomStorm, { name, isLarge }: StormRoom): Promise<void> {
  const admitted = [...posters, ...(isLarge ? fillers : [])];
  const names = admitted.map(({ userName }) => userName);
  await owner.ask(
    ['roomCreate', name, true],
    ['roomsJoin', [{ roomName: name }]],
    ['roomAddToList', name, 'whitelist', names],
  );
  await Promise.all(admitted.map((socket) => socket.ask(['roomsJoin', [{ roomName: name }]])));
  await owner.ask(['roomSetWhitelistMode', name, false]);
}

let marks = 0;

/** The owner's part in one room: one change of its rules, or of the room itself, after the other. */
async function rule(rng: Rng, storm: RoomStorm, room: StormRoom, isOver: () => boolean): Promise<void> {
  const { owner, seats } = storm;
  const users = [...new Set(seats.map(({ userName }) => userName))];
  while (!isOver()) {
    await pace(rng, 50, 500);
    if (room.ends && rng.chance(0.2)) {
      await owner.ask(['roomDelete', room.name]);
      if (rng.chance(0.5)) await pace(rng, 0, 600);
      await makeRoom(storm, room);
    } else if (rng.chance(0.3)) {
      await owner.ask(['roomSetWhitelistMode', room.name, rng.chance(0.5)]);
    } else if (rng.chance(0.4)) {
      const edit = rng.pick(['roomMembersAdd', 'roomMembersAdd', 'roomMembersRemove', 'roomSilence', 'roomUnsilence']);
      await owner.ask([edit, room.name, users.filter(() => rng.chance(0.5))]);
    } else {
      const names = [...users.filter(() => rng.chance(0.5)), `${MARK}${++marks}`];
      const list = rng.pick(['blacklist', 'blacklist', 'whitelist', 'adminlist']);
      // Most are let in again soon.
      const edits: Call[] = [[rng.chance(0.6) ? 'roomAddToList' : 'roomRemoveFromList', room.name, list, names]];
      if (list === 'blacklist' && rng.chance(0.6)) {
        edits.push(['roomRemoveFromList', room.name, list, [...namesIn(names).slice(0, -1), `${MARK}${++marks}`]]);
      }
      for (const edit of edits) {
        await owner.ask(edit);
        await pace(rng, 0, 150);
      }
    }
  }
  // Some stay barred.
  await owner.ask(['roomSetWhitelistMode', room.name, false]);
}

function post({ sentMs }: RoomStorm, socket: StormSocket, room: string): Call {
  const key = `${socket.authData.id}-${sentMs.size}`;
  sentMs.set(key, performance.now());
  return ['roomMessage', room, { key }];
}

async function keepPosting(rng: Rng, storm: RoomStorm, poster: StormSocket, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    // On a late node the answer is late, too: the next one does not wait for it.
    for (const { name } of storm.rooms) void poster.ask(post(storm, poster, name));
    await pace(rng, 20, 60);
  }
  await poster.ask(['ping']);
}

async function live(rng: Rng, storm: RoomStorm, seat: Seat, isOver: () => boolean): Promise<void> {
  const { rooms, stage } = storm;
  while (!isOver()) {
    const { name } = rng.pick(rooms);
    const join = (): Call => (rng.chance(0.5) ? ['roomJoin', name] : ['roomsJoin', [{ roomName: name }]]);
    const leave: Call = ['roomLeave', name];
    const acts: Call[][] = [[join()], [join()], [join(), join()], [post(storm, seat.socket, name)]];
    if (seat.leaves) acts.push([leave], [leave], [leave, join()], [join(), leave], [leave, join(), join()]);
    const act = rng.pick(acts);
    const answered = seat.socket.ask(...act);
    if (rng.chance(0.7)) await answered;
    if (rng.chance(0.05)) {
      if (rng.chance(0.5)) seat.socket.raw.terminate();
      else await seat.socket.ask(['disconnect']);
    }
    await pace(rng, 10, 200);
    if (await hasClosed(seat.socket)) await replace(storm, seat, stage);
  }
}

/** Whether a socket that was ended is closed; one that lives answers. */
async function hasClosed(socket: StormSocket): Promise<boolean> {
  const [answer] = await socket.ask(['ping']);
  return answer === undefined;
}

async function replace({ everybody }: RoomStorm, seat: Seat, { scope, urls }: StormStage): Promise<void> {
  const { userName, node, synced } = seat;
  seat.socket = await openSocket(scope, urls[node] ?? '', { userName, node, synced });
  everybody.add(seat.socket);
}
