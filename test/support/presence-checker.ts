// Membership and presence held against the truth of open sockets: what a test knows of the sockets that are open and the rooms
// that they were told they are in, against everything that Redis knows of rooms and users, read by itself and whole.
import type { Redis } from 'ioredis';
import type { Scope } from './disposal.ts';
import type { RedisServer } from './redis.ts';

/** A socket that is open, and the rooms that it is in by what it was told. */
export interface OpenSocket {
  readonly userName: string;
  readonly socketId: string;
  readonly rooms: readonly string[];
}

export interface PresenceVerdict {
  /** Known to Redis and not true. */
  readonly ghosts: readonly string[];
  /** True and not known to Redis. */
  readonly missing: readonly string[];
  /** Where what Redis keeps several times of one thing does not agree. */
  readonly contradictions: readonly string[];
}

export const soundPresence: PresenceVerdict = { ghosts: [], missing: [], contradictions: [] };

/** What Redis knows, each as a line: `room NAME USER SOCKET`, `user USER SOCKET`. */
interface Known {
  readonly memberships: Set<string>;
  readonly presence: Set<string>;
  readonly contradictions: string[];
}

/** Reads the keys of one deployment on all its primaries. */
export function presenceOf(
  scope: Scope,
  { servers, prefix }: { readonly servers: readonly Pick<RedisServer, 'client'>[]; readonly prefix: string },
): (sockets: readonly OpenSocket[]) => Promise<PresenceVerdict> {
  const clients = servers.map((server) => server.client());
  scope.add(() => {
    for (const client of clients) client.disconnect();
  });
  return async (sockets) => {
    const known: Known = { memberships: new Set(), presence: new Set(), contradictions: [] };
    for (const client of clients) await readServer(client, prefix, known);
    const memberships = new Set(
      sockets.flatMap(({ userName, socketId, rooms }) => rooms.map((room) => `room ${room} ${userName} ${socketId}`)),
    );
    const presence = new Set(sockets.map(({ userName, socketId }) => `user ${userName} ${socketId}`));
    return {
      ghosts: [...without(known.memberships, memberships), ...without(known.presence, presence)],
      missing: [...without(memberships, known.memberships), ...without(presence, known.presence)],
      contradictions: known.contradictions,
    };
  };
}

const without = (these: ReadonlySet<string>, those: ReadonlySet<string>): string[] =>
  [...these].filter((one) => !those.has(one)).toSorted();

async function readServer(client: Redis, prefix: string, known: Known): Promise<void> {
  const keys = await client.keys(`${prefix}:{*`);
  for (const key of keys) {
    const [, kind, name, part] = /\{(room|user):(.*)\}:(.*)$/.exec(key.slice(prefix.length + 1)) ?? [];
    if (name === undefined || part === undefined) continue;
    if (kind === 'room' && part === 'members') await readRoom(client, key.slice(0, -part.length), name, known);
    if (kind === 'user' && part === 'sockets') {
      for (const socketId of Object.keys(await client.hgetall(key))) known.presence.add(`user ${name} ${socketId}`);
    }
    const [, nodeId] = /^sockets:(.*)$/.exec(part) ?? [];
    const occupants = `${key.slice(0, -part.length)}members`;
    if (kind === 'room' && nodeId !== undefined) await readIndex(client, { key, occupants, nodeId, name }, known);
  }
}

async function readRoom(client: Redis, tag: string, name: string, known: Known): Promise<void> {
  const occupants = await client.hgetall(`${tag}members`);
  const names = await client.zrange(`${tag}names`, '0', '-1');
  if (names.toSorted().join('\n') !== Object.keys(occupants).toSorted().join('\n')) {
    known.contradictions.push(`room ${name}: names ${names.join()} of occupants ${Object.keys(occupants).join()}`);
  }
  const nodes = new Set(await client.smembers(`${tag}nodes`));
  for (const [userName, entries] of Object.entries(occupants)) {
    for (const entry of entries.split(' ')) {
      const [socketId = '', nodeId = ''] = entry.split('@');
      known.memberships.add(`room ${name} ${userName} ${socketId}`);
      if (!nodes.has(nodeId)) known.contradictions.push(`room ${name}: ${entry} is on a node that is not listed`);
      if ((await client.hget(`${tag}sockets:${nodeId}`, socketId)) !== userName) {
        known.contradictions.push(`room ${name}: ${entry} is not in the index of its node`);
      }
    }
  }
}

/** What is in the index of a node is with the occupants too. */
async function readIndex(
  client: Redis,
  { key, occupants, nodeId, name }: { key: string; occupants: string; nodeId: string; name: string },
  known: Known,
): Promise<void> {
  for (const [socketId, userName] of Object.entries(await client.hgetall(key))) {
    const entries = (await client.hget(occupants, userName)) ?? '';
    if (!entries.split(' ').includes(`${socketId}@${nodeId}`)) {
      known.contradictions.push(`room ${name}: ${socketId} of ${nodeId} is in the index only`);
    }
  }
}
