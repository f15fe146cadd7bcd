// A storm of changes of direct messages: three nodes, two of which hear late from Redis, one of which dies; three users who talk in pairs,
// each with two devices on two nodes, which post, update, recall, react and append, whose sockets vanish at any time, and which come back
// with their place in the inbox. What came of it is judged by direct-storm-end.ts.
import type { Value } from '../../src/protocol/params/values.ts';
import type { Scope } from '../support/disposal.ts';
import { PairView } from '../support/pair-view.ts';
import type { RedisAddress, RedisServer } from '../support/redis.ts';
import { createRng, type Rng } from '../support/rng.ts';
import type { Service } from '../support/service.ts';
import { pace } from '../support/weather.ts';
import { openBook, expectNoWords } from './change-book.ts';
import { act } from './change-storm-acts.ts';
import { STORM_ENV } from './change-storm.ts';
import { endDirects, judgeDirects } from './direct-storm-end.ts';
import { pairOf, settle, type Device, type DirectStorm } from './direct-storm-seat.ts';
import { playLateAndKilled } from './late-and-killed.ts';
import { openSocket } from './storm-socket.ts';

const WIND = { busMsMax: 500, commandsMsMax: 50, lastsMs: [100, 600] } as const;
/** The nodes of each user's devices. The first is not late; the last dies. */
const USERS = [
  [0, 1],
  [1, 2],
  [2, 0],
] as const;

let count = 0;

export interface PlayedDirects {
  readonly faults: readonly string[];
  /** Of each pair. */
  readonly changes: readonly number[];
  /** Messages of whose words nothing was found. */
  readonly recalled: number;
  /** How often a device came again. */
  readonly returns: number;
}

/** One storm, from its three nodes to what was found. */
export async function playDirectStorm(
  rng: Rng,
  scope: Scope,
  redis: RedisServer,
  seconds: number,
): Promise<PlayedDirects> {
  const storm = await playLateAndKilled(rng, scope, {
    redis,
    seconds,
    env: STORM_ENV,
    wind: WIND,
    gather: (service) => gatherPairs(scope, service),
    isEnough: ({ devices, book }) =>
      book.recalls.length > 0 &&
      devices.some(({ sockets }) => sockets > 1) &&
      devices.every(({ views }) => [...views.values()].every(({ lastChange }) => lastChange > 5)),
    play: (gathered, own, isOver) => blowDirects(own, gathered, isOver),
  });
  const { service } = storm;
  const ends = await endDirects(storm, redis.client());
  const { faults, changes } = await judgeDirects(storm, ends);
  const recalled = await expectNoWords(storm.book, ends, redis.client(), service.prefix);
  // Others may be played behind it.
  for (const node of service.nodes) await node.kill();
  const returns = storm.devices.reduce((sum, { sockets }) => sum + sockets - 1, 0);
  return { faults, changes, recalled, returns };
}

/** Everybody's devices; nothing was said yet. */
export async function gatherPairs(scope: Scope, service: Service<RedisAddress>, mayLose = false): Promise<DirectStorm> {
  const nodes = service.nodes.length;
  const whole = { losses: 0, hasToRead: false };
  const users = USERS.map(() => `talker-${++count}`);
  const devices: Device[] = [];
  for (const [i, userName] of users.entries()) {
    const peers = users.filter((one) => one !== userName);
    for (const wanted of USERS[i] ?? []) {
      const node = wanted % nodes;
      const credentials = { inboxTimestamps: true };
      const socket = await openSocket(scope, service.node(node).url, { userName, node, synced: false, credentials });
      const inbox: Value = { ...socket.authData.inbox };
      const views = new Map(peers.map((peer) => [peer, new PairView(userName)]));
      const index = devices.length;
      devices.push({ userName, index, node, socket, inbox, views, sockets: 1, read: 0, writing: undefined, ...whole });
    }
  }
  return { scope, service, users, devices, book: openBook(), dead: new Set(), mayLose };
}

/** All devices act, until it is over. */
export async function blowDirects(rng: Rng, storm: DirectStorm, isOver: () => boolean): Promise<void> {
  const own = (): Rng => createRng(rng.integer(0, 2 ** 32 - 1));
  await Promise.all(storm.devices.map((device) => live(own(), storm, device, isOver)));
}

/** A device does something, again and again; now and then its socket vanishes meanwhile. */
async function live(rng: Rng, storm: DirectStorm, device: Device, isOver: () => boolean): Promise<void> {
  const own = createRng(rng.integer(0, 2 ** 32 - 1));
  while (!isOver()) {
    await settle(storm, device);
    const [target, view] = rng.pick([...device.views]);
    const { messages } = view;
    const place = pairOf(device.userName, target);
    const where = { method: 'directMessage', target, place, messages, mayRecall: false, guesses: true } as const;
    const acting = act(own, storm, device, where);
    if (rng.chance(0.06)) await vanish(rng, device);
    await acting;
    await pace(rng, 0, 20);
  }
}

async function vanish(rng: Rng, { socket }: Device): Promise<void> {
  await pace(rng, 0, 100);
  socket.raw.terminate();
  await socket.raw.closed;
  await pace(rng, 0, 400);
}
