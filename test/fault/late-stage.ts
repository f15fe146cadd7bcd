// Two nodes and one room, where a test holds back what the bus brings to one of them, or what its own commands are answered: no
// time is drawn.
import { expect } from '@jest/globals';
import type { Redis } from 'ioredis';
import { fenceRoom, field, until } from '../chat/world.ts';
import type { Scope } from '../support/disposal.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import type { Call, Outcome, Rpc } from '../support/rpc.ts';
import { startService, type Service } from '../support/service.ts';
import { startSplitLink, type SplitLink } from '../support/weather.ts';
import { openSocket, type StormSocket } from './storm-socket.ts';

/** Longer than any test waits: what is held is let go by hand. */
export const HELD_MS = 60_000;

export interface Stage {
  readonly redis: RedisServer;
  readonly service: Service<RedisServer>;
  /** Of the late node. */
  readonly link: SplitLink;
  /** Owner of the room, on the prompt node. */
  readonly owner: StormSocket;
  /** Occupants on the late node, who are in the room and in `side` throughout. */
  readonly witness: StormSocket;
  login(where: 'prompt' | 'late', userName: string, synced?: boolean): Promise<StormSocket>;
  /** Returns once Redis has, or has not, a socket in the room. */
  occupant(socket: StormSocket, isIn: boolean): Promise<void>;
  /** Returns once the late node has so many sockets. */
  open(count: number): Promise<void>;
}

export const ROOM = 'lobby';
export const SIDE = 'side';

/** Rooms of more users are large. */
export async function startStage(scope: Scope, largeSize = 1000): Promise<Stage> {
  const redis = await startRedis(scope);
  const link = await startSplitLink(scope, redis.port);
  // A message is one script then.
  const env = {
    PARLEY_ROOM_LARGE_SIZE: String(largeSize),
    PARLEY_DIRECT_MESSAGES: 'live',
    // What is held back does not fail meanwhile, however slow the machine is.
    PARLEY_REDIS_TIMEOUT_MS: '20000',
  };
  const service = await startService(scope, { redis, nodes: 1, env });
  const late = await service.addNode({ PARLEY_REDIS_URL: link.url });
  const client: Redis = redis.client();
  scope.add(() => client.disconnect());
  const login: Stage['login'] = (where, userName, synced = false) => {
    const node = where === 'late' ? 1 : 0;
    return openSocket(scope, node === 1 ? late.url : service.node(0).url, { userName, node, synced });
  };
  const [owner, witness] = [await login('prompt', 'owner'), await login('late', 'witness')];
  for (const room of [ROOM, SIDE]) {
    await owner.call('roomCreate', room);
    for (const socket of [owner, witness]) await socket.call('roomJoin', room);
  }
  return {
    redis,
    service,
    link,
    owner,
    witness,
    login,
    occupant: ({ userName, authData }, isIn) =>
      eventually(async () => {
        const noted = (await client.hget(`${service.prefix}:{room:${ROOM}}:members`, userName)) ?? '';
        expect(noted.includes(`${authData.id}@`)).toBe(isIn);
      }),
    open: (count) => eventually(async () => expect((await late.metrics()).sum('parley_sockets')).toBe(count)),
  };
}

export async function say(poster: Rpc, count: number): Promise<number[]> {
  const ids: number[] = [];
  for (let i = 0; i < count; i++) ids.push(Number(await poster.call('roomMessage', ROOM, { i })));
  return ids;
}

/** Sends a request whose script runs at once, while the answers of the late node are held back. */
export async function begin({ link, owner }: Stage, socket: Rpc, call: Call): Promise<{ answer: Promise<Outcome> }> {
  link.commands.delay(HELD_MS);
  // The message goes to Redis with it, in one pipeline; posts to a room have calls of their own.
  const [answer] = socket.callAll(call, ['directMessage', owner.userName, { behind: call[0] }]);
  await until(owner, 'directMessage', ([message]) => field(message, 'behind') === call[0]);
  if (answer === undefined) throw new Error('not asked');
  return { answer };
}

/** What a socket was told of the room: names of notices, ids of messages, methods of its own that were answered. */
export function toldOf(socket: StormSocket): (string | number)[] {
  return socket.received.flatMap((entry): (string | number)[] => {
    if (!('name' in entry)) return /^room(Join|Leave)$/.test(entry.method) ? [entry.method] : [];
    const [first, second] = entry.params;
    if (entry.name.startsWith('$.chat.')) return [entry.name];
    if (first !== ROOM) return [];
    const id = field(second, 'id');
    if (entry.name === 'roomMessage') return typeof id === 'number' ? [id] : [];
    if (entry.name === 'roomLeftEcho') return second === socket.authData.id ? ['out'] : [];
    return /^room(AccessRemoved|Reset)$/.test(entry.name) ? [entry.name] : [];
  });
}

export const isId = (told: string | number): told is number => typeof told === 'number';
export const bar = (owner: Rpc, userName: string): Promise<unknown> =>
  owner.call('roomAddToList', ROOM, 'blacklist', [userName]);
export const admit = (owner: Rpc, userName: string): Promise<unknown> =>
  owner.call('roomRemoveFromList', ROOM, 'blacklist', [userName]);

/** Returns once the late node has delivered what was said in the room, and what sockets were told before it. */
export async function caughtUp({ owner, witness }: Stage, ...sockets: Rpc[]): Promise<void> {
  await fenceRoom(owner, ROOM, witness);
  for (const socket of sockets) await socket.call('ping');
}
