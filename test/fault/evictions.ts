// What the tests of evictions share: a service of two nodes, one of which hears everything late; what a socket believes of
// a room by what it was told; and which messages a user had no right to, by the log as an owner heard it.
import { expect } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { textOf } from '../chat/device.ts';
import { about, fenceUser, field, until } from '../chat/world.ts';
import type { Scope } from '../support/disposal.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedis } from '../support/redis.ts';
import type { Rng } from '../support/rng.ts';
import { loginRpc, type Outcome, type Rpc, type User } from '../support/rpc.ts';
import { startService } from '../support/service.ts';

export const lateMs = 500;

export interface Stage {
  readonly scope: Scope;
  readonly largeSize: number;
  fresh(what: string): string;
  login(where: 'prompt' | 'late', userName?: string): Promise<User>;
}

/** `late`: only the bus of the second node is, or its commands too. */
export async function startStage(
  scope: Scope,
  options: { late: 'bus' | 'everything'; largeSize: number },
): Promise<Stage> {
  const redis = await startRedis(scope);
  const link = await startLink(scope, redis.port, options.late === 'bus' ? { only: /\bssubscribe\b/i } : {});
  const service = await startService(scope, {
    redis,
    nodes: 1,
    env: {
      PARLEY_ROOM_LARGE_SIZE: String(options.largeSize),
      PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
      PARLEY_RATE_BURST: '10000',
    },
  });
  const late = await service.addNode({ PARLEY_REDIS_URL: link.url });
  link.delay(lateMs);
  const urls = { prompt: service.node(0).url, late: late.url };
  let count = 0;
  const fresh = (what: string): string => `${what}-${++count}`;
  return {
    scope,
    fresh,
    largeSize: options.largeSize,
    login: (where, userName = fresh('user')) => loginRpc(scope, urls[where], userName),
  };
}

/** Waits for a few requests' time, so that what is raced comes in every order. */
export async function dawdle(rng: Rng, socket: Rpc, requestsMax: number): Promise<void> {
  for (let left = rng.integer(0, requestsMax); left > 0; left--) await socket.call('ping');
}

/** The one outcome of a request. */
export async function ask(socket: Rpc, method: string, ...params: Value[]): Promise<Outcome> {
  const [outcome] = await Promise.all(socket.callAll([method, ...params]));
  if (outcome === undefined) throw new Error('asked, but not answered');
  return outcome;
}

/** Joins, leaves, removals and resets of a room as a socket was told of them, and the ids it heard in between. */
export function storyOf(socket: Rpc, roomName: string, outcomes: ReadonlyMap<Outcome, string>): (string | number)[] {
  return socket.received.flatMap((entry): (string | number)[] => {
    if ('name' in entry) {
      const [room, message] = entry.params;
      if (room !== roomName) return [];
      if (entry.name === 'roomAccessRemoved') return ['lost'];
      if (entry.name === 'roomReset') return ['reset'];
      const id = entry.name === 'roomMessage' ? field(message, 'id') : undefined;
      return typeof id === 'number' ? [id] : [];
    }
    const succeeded = 'result' in entry.outcome && outcomes.get(entry.outcome) === roomName;
    return succeeded && (entry.method === 'roomJoin' || entry.method === 'roomLeave') ? [entry.method] : [];
  });
}

/** Whether a socket is in the room, by its story. */
export function isIn(story: readonly (string | number)[]): boolean {
  return story.filter((one) => typeof one === 'string' && one !== 'reset').at(-1) === 'roomJoin';
}

/** Rules as they change along a log. */
export interface Rules {
  readonly owner: string;
  /** Those who belong to the room are `members`, which is no list of the protocol. */
  readonly lists: { [list: string]: Set<string> };
  whitelistOnly: boolean;
}

/** Whether rules let a user in. */
export const admits = ({ owner, lists, whitelistOnly }: Rules, userName: string): boolean => {
  const has = (list: string): boolean => lists[list]?.has(userName) ?? false;
  if (owner === userName || has('adminlist')) return true;
  return !has('blacklist') && (!whitelistOnly || has('whitelist') || has('members'));
};

export const noLists = (): Rules['lists'] => ({
  adminlist: new Set(),
  whitelist: new Set(),
  blacklist: new Set(),
  members: new Set(),
});

/** A notice of the room, by what it carries behind the room's name; returns the users whose standing it may have changed. */
export function applyTo(rules: Rules, notice: string, first: Value | undefined, second: Value | undefined): string[] {
  if (notice === 'roomModeChanged') rules.whitelistOnly = first === true;
  const [, what = '', change] = /^room(AccessList|Members)(Added|Removed)$/.exec(notice) ?? [];
  const list = rules.lists[what === 'Members' ? 'members' : textOf(first)];
  const names = change === undefined ? [] : namesIn(what === 'Members' ? first : second);
  for (const name of names) {
    if (change === 'Added') list?.add(name);
    else list?.delete(name);
  }
  return names;
}

/** What a log says of rights: who may be in the room at the end, and who was excluded where a message was posted. */
export interface Rights {
  readonly lastId: number;
  admits(userName: string): boolean;
  excluded(userName: string, id: number): boolean;
}

/** By what the owner heard, who was in the room from the beginning. */
export function rightsIn(owner: User, roomName: string, userNames: readonly string[]): Rights {
  const rules: Rules = { owner: owner.userName, lists: noLists(), whitelistOnly: false };
  const excluded = new Map<number, Set<string>>();
  let lastId = 0;
  for (const [name, , first, second] of about(owner, roomName)) {
    applyTo(rules, textOf(name), first, second);
    if (name !== 'roomMessage') continue;
    const id = field(first, 'id');
    // The owner misses nothing, or nothing could be told from what it heard.
    expect(id).toBe(lastId + 1);
    lastId += 1;
    excluded.set(lastId, new Set(userNames.filter((userName) => !admits(rules, userName))));
  }
  return {
    lastId,
    admits: (userName) => admits(rules, userName),
    excluded: (userName, id) => excluded.get(id)?.has(userName) ?? false,
  };
}

/** Returns once the sockets of a user have all that the user was told before. */
export async function fenceSockets(sockets: readonly User[]): Promise<void> {
  const [first, second] = sockets;
  if (first === undefined) return;
  await fenceUser(first, ...sockets.slice(1));
  if (second !== undefined) await fenceUser(second, first);
}

/** Returns once these occupants have heard a message that is posted now, and sockets beside them what came before. */
export async function fenceLog(
  poster: Rpc,
  roomName: string,
  occupants: readonly Rpc[],
  beside: readonly Rpc[],
): Promise<void> {
  const id = await poster.call('roomMessage', roomName, { text: 'the end' });
  for (const occupant of occupants) {
    await until(occupant, 'roomMessage', ([room, message]) => room === roomName && field(message, 'id') === id);
  }
  // What a node had published to its sockets before is before its answers.
  for (const socket of beside) await socket.call('ping');
}

/** Holds a userlist built from what a socket was told since it read one against the one read now. */
export async function expectSameUserlist(
  reader: Rpc,
  roomName: string,
  initial: readonly string[],
  from: number,
): Promise<void> {
  const built = (): string[] => {
    const names = new Set(initial);
    for (const [name, , what] of about(reader, roomName).slice(from)) {
      if (name === 'roomUserJoined' && typeof what === 'string') names.add(what);
      if (name === 'roomUserLeft' && typeof what === 'string') names.delete(what);
      if (name !== 'roomUserlistChanged') continue;
      for (const one of namesIn(field(what, 'joined'))) names.add(one);
      for (const one of namesIn(field(what, 'left'))) names.delete(one);
    }
    return [...names].toSorted();
  };
  await eventually(async () => {
    const fetched = namesIn(await reader.call('roomGetAccessList', roomName, 'userlist'));
    expect(built()).toEqual(fetched.toSorted());
  });
}

export const namesIn = (value: Value | undefined): string[] =>
  Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
