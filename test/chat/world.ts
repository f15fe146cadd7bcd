// The service that a suite of this folder runs against: two nodes with small limits on one Redis, and users on them.
// The suites say what is true there whatever the format and the Redis; the test files choose those.
import { beforeAll } from '@jest/globals';
import type { Format } from '../../src/protocol/wire/codec.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { openStore } from '../store/store.ts';
import type { Scope } from '../support/disposal.ts';
import { startRedis, type RedisAddress } from '../support/redis.ts';
import { loginRpc, type Rpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type NodeOptions, type Service, type ServiceNode } from '../support/service.ts';

/** Small enough that a test reaches each limit. */
export const limits = {
  historyMaxSize: 8,
  directHistoryMaxSize: 12,
  pageMax: 5,
  userlistPage: 3,
  messageBytes: 512,
  roomsPerSocket: 5,
  roomListSize: 6,
  directListSize: 4,
  sessionRooms: 6,
  contacts: 4,
  inboxSize: 40,
};

export interface World {
  readonly format: Format;
  /** A name that nobody else in this world has. */
  fresh(what: string): string;
  /** A user logs in on one of the two nodes; a new one when no name is given. */
  login(node: 0 | 1, userName?: string, format?: Format, credentials?: ValueMap): Promise<User>;
  /** A new room of this owner, with these users joined. */
  room(owner: Rpc, ...joined: Rpc[]): Promise<string>;
  /** A user logs in on a node that was added; a new one when no name is given. */
  loginOn(node: ServiceNode, userName?: string): Promise<User>;
  /** One more node of the same service, for this test. */
  addNode(env: NodeOptions['env']): Promise<ServiceNode>;
  /** As a failover does that takes from a room whose session may have it. */
  forgetEntries(roomName: string): Promise<void>;
  readonly scope: Scope;
}

export interface WorldOptions {
  readonly format: Format;
  /** A single server when left out. */
  readonly redis?: (scope: Scope) => Promise<RedisAddress>;
  /** What else its nodes are set to. */
  readonly env?: NodeOptions['env'];
}

/** Call at the top of a file: the service starts before its first test. */
export function useWorld({ format, redis = startRedis, env: more }: WorldOptions): World {
  const scope = useScope();
  let service: Service<RedisAddress> | undefined;
  beforeAll(async () => {
    const env = {
      PARLEY_HISTORY_MAX_SIZE: String(limits.historyMaxSize),
      PARLEY_HISTORY_MAX_GET_MESSAGES: String(limits.pageMax),
      PARLEY_USERLIST_PAGE: String(limits.userlistPage),
      PARLEY_MESSAGE_BYTES: String(limits.messageBytes),
      PARLEY_ROOMS_PER_SOCKET: String(limits.roomsPerSocket),
      PARLEY_SESSION_ROOMS: String(limits.sessionRooms),
      PARLEY_ROOM_LIST_SIZE_LIMIT: String(limits.roomListSize),
      PARLEY_DIRECT_LIST_SIZE_LIMIT: String(limits.directListSize),
      PARLEY_DIRECT_MESSAGES: 'live',
      PARLEY_DIRECT_HISTORY_MAX_SIZE: String(limits.directHistoryMaxSize),
      PARLEY_CONTACTS_MAX: String(limits.contacts),
      PARLEY_INBOX_SIZE: String(limits.inboxSize),
      PARLEY_PRESENCE_GRACE_MS: '0',
      // What it means does not depend on how fast the machine is: one that stands still for some seconds refuses nothing.
      PARLEY_REDIS_TIMEOUT_MS: '30000',
      PARLEY_NODE_LEASE_MS: '60000',
      ...more,
    };
    service = await startService(scope, { redis: await redis(scope), nodes: 2, env });
  });
  const started = (): Service<RedisAddress> => {
    if (service === undefined) throw new Error('the service starts before the first test, not earlier');
    return service;
  };
  let count = 0;
  const fresh = (what: string): string => `${what}-${++count}`;
  return {
    format,
    scope,
    fresh,
    login: (node, userName = fresh('user'), as = format, credentials = {}) =>
      loginRpc(scope, started().node(node).url, userName, { format: as, credentials: { userName, ...credentials } }),
    room: async (owner, ...joined) => {
      const roomName = fresh('room');
      await owner.call('roomCreate', roomName);
      for (const one of joined) await one.call('roomJoin', roomName);
      return roomName;
    },
    loginOn: (node, userName = fresh('user')) => loginRpc(scope, node.url, userName, { format }),
    addNode: (env) => started().addNode(env),
    forgetEntries: async (roomName) => {
      const { client, keys } = await openStore(scope, started().redis, { prefix: started().prefix });
      await client.del(keys.room(roomName).entries);
    },
  };
}

let fences = 0;

/**
 * Returns once all of `receivers`, which are joined, have what the room was told before. The poster's user must be joined.
 * What a fence sends is not in `about`.
 */
export async function fenceRoom(poster: Rpc, roomName: string, ...receivers: Rpc[]): Promise<void> {
  const fence = ++fences;
  await poster.call('roomMessage', roomName, { fence }, { transient: true });
  for (const receiver of receivers) await until(receiver, 'roomMessage', ([, message]) => isFence(message, fence));
}

/** Returns once all of `receivers`, other sockets of the sender's user, have what their user was told before. */
export async function fenceUser(sender: Rpc, ...receivers: Rpc[]): Promise<void> {
  const fence = ++fences;
  await sender.call('systemMessage', { fence });
  for (const receiver of receivers) await until(receiver, 'systemMessage', ([data]) => isFence(data, fence));
}

/** Every notification about a room so far, in order, as `[name, ...params]`. */
export function about(receiver: Rpc, roomName: string): Value[][] {
  return receiver.received.flatMap((entry) =>
    'name' in entry && entry.name.startsWith('room') && entry.params[0] === roomName && !isFence(entry.params[1])
      ? [[entry.name, ...entry.params]]
      : [],
  );
}

/** The ids of a room's messages as they were received. */
export function idsHeard(receiver: Rpc, roomName: string): (Value | undefined)[] {
  return about(receiver, roomName).flatMap(([name, , message]) =>
    name === 'roomMessage' ? [field(message, 'id')] : [],
  );
}

/** Takes notifications of a name until one passes. */
export async function until(receiver: Rpc, name: string, passes: (params: Value[]) => boolean): Promise<Value[]> {
  for (;;) {
    const params = await receiver.next(name);
    if (passes(params)) return params;
  }
}

/** A field of a map; undefined where there is none. */
export function field(value: Value | undefined, key: string): Value | undefined {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  return isMap ? value[key] : undefined;
}

function isFence(value: Value | undefined, fence?: number): boolean {
  const found = field(value, 'fence');
  return fence === undefined ? found !== undefined : found === fence;
}
