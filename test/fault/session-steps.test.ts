// What concerns a room and a session is two or three scripts. Here a node dies between each two of them: the test does the
// first ones itself, as a node that is registered, and lets that node's lease end. What a real node then repairs, and when,
// is in the names of the tests.
import { beforeAll, expect, test } from '@jest/globals';
import { chatPrefix } from '../../src/protocol/session.ts';
import { countFrame, framePrefix, notificationFrame } from '../../src/protocol/wire/frame.ts';
import { roomTopic, userTopic } from '../../src/redis/keys.ts';
import { Lease } from '../../src/store/node/lease.ts';
import type { Joined } from '../../src/store/membership/membership-store.ts';
import type { PendingLeave } from '../../src/store/session/session-store.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import { openStore, type Store } from '../store/store.ts';
import { sessionTold } from '../chat/device.ts';

const scope = useScope();
let service: Service<RedisServer>;
let store: Store;
/** Of the node that dies. */
let lease: Lease;

/** What is so after the death. */
type Aftermath = () => Promise<void>;
const scenarios: { readonly prepare: () => Promise<Aftermath>; aftermath?: Aftermath }[] = [];

/** All are prepared side by side; then one node dies for all of them, and is swept once. */
function scenario(name: string, prepare: () => Promise<Aftermath>): void {
  const one: (typeof scenarios)[number] = { prepare };
  scenarios.push(one);
  test(name, async () => {
    if (one.aftermath === undefined) throw new Error('it was not prepared');
    await one.aftermath();
  });
}

beforeAll(async () => {
  service = await startService(scope, {
    nodes: 1,
    redis: await startRedis(scope),
    env: { PARLEY_NODE_LEASE_MS: '4000' },
  });
  store = await openStore(scope, service.redis, { prefix: service.prefix });
  const unheard = (): void => undefined;
  lease = new Lease(store.keys, 60_000);
  const events = { suspended: unheard, resumed: unheard, lost: unheard, onError: unheard };
  lease.start({ own: store.commands, commands: store.commands }, events);
  await lease.register();
  await Promise.all(
    scenarios.map(async (one) => {
      one.aftermath = await one.prepare();
    }),
  );
  await lease.release(0);
  await eventually(() => {
    expect(service.node(0).logs()).toContainEqual(expect.objectContaining({ swept: lease.nodeId }));
  });
});

let count = 0;

/** A user with a device on the live node, and a room of somebody else. */
async function setUp(): Promise<{ owner: User; near: User; userName: string; room: string }> {
  const [userName, room, ownerName] = [`user-${++count}`, `room-${count}`, `owner-${count}`];
  const owner = await loginRpc(scope, service.node(0).url, ownerName);
  await owner.call('roomCreate', room);
  return { owner, near: await device(userName), userName, room };
}

const device = (userName: string): Promise<User> =>
  loginRpc(scope, service.node(0).url, userName, { credentials: { userName, enableSync: true } });

/** A socket of the user on a node that is about to die, with what that node would do, step by step. */
async function doomedSocket(userName: string, room: string): Promise<Doomed> {
  await lease.add([userTopic(userName), roomTopic(room)]);
  const { nodeId } = lease;
  const socketId = `doomed-of-${userName}`;
  const echo = countFrame('socketConnectEcho', [socketId]);
  await store.users.login(userName, { socketId, nodeId, echo, synced: true });
  const prefixes = {
    openPrefix: chatPrefix('$.chat.leave', room, false),
    privatePrefix: chatPrefix('$.chat.leave', room, true),
  };
  return new Doomed({ userName, room, socketId, nodeId, prefixes });
}

interface DoomedDeps {
  readonly userName: string;
  readonly room: string;
  readonly socketId: string;
  readonly nodeId: string;
  readonly prefixes: { readonly openPrefix: Uint8Array; readonly privatePrefix: Uint8Array };
}

class Doomed {
  readonly #deps: DoomedDeps;
  constructor(deps: DoomedDeps) {
    this.#deps = deps;
  }

  get socketId(): string {
    return this.#deps.socketId;
  }
  get nodeId(): string {
    return this.#deps.nodeId;
  }

  async join(): Promise<Joined> {
    const { room: roomName, userName, socketId, nodeId } = this.#deps;
    const frame = notificationFrame('roomUserJoined', [roomName, userName]);
    const joined = await store.memberships.join({ roomName, userName, socketId, nodeId }, frame, { inSession: true });
    if (typeof joined === 'string') throw new Error(joined);
    return joined;
  }

  async addEntry(joined: Joined, group?: string): Promise<void> {
    const { room: roomName, userName, socketId, nodeId, prefixes } = this.#deps;
    const added = await store.sessions.addEntry(userName, {
      socketId,
      nodeId,
      except: socketId,
      roomName,
      joinedAt: joined.at,
      life: joined.life,
      fresh: joined.freshEntry,
      whitelistOnly: false,
      group,
      joinPrefix: chatPrefix('$.chat.join', roomName, false),
      ...prefixes,
      njoined: joined.njoined,
      echo: countFrame('roomJoinedEcho', [roomName, socketId]),
    });
    expect(added).toMatchObject({ isNew: expect.any(Boolean) });
  }

  async beginLeave(): Promise<PendingLeave> {
    const { room: roomName, userName, socketId, nodeId, prefixes } = this.#deps;
    const leave = { roomName, socketId, nodeId, except: socketId, ...prefixes };
    const begun = await store.sessions.beginLeave(userName, leave);
    if (typeof begun === 'string') throw new Error(begun);
    return begun.pending;
  }

  async leaveRoom({ sockets, entryAt }: PendingLeave): Promise<void> {
    const { room, userName } = this.#deps;
    const frame = notificationFrame('roomUserLeft', [room, userName]);
    const left = await store.memberships.leave(
      room,
      sockets.map((socket) => ({ ...socket, userName, frame })),
      { entryAt },
    );
    expect(left).toMatchObject({ left: sockets.map(() => ({ changed: true })) });
  }
}

const userlist = (asker: User, room: string): Promise<unknown> => asker.call('roomGetAccessList', room, 'userlist');
const session = async (asker: User): Promise<string[]> =>
  Object.keys(Object(Object(await asker.call('sessionGet'))['custom']));
const pending = (userName: string, { nodeId }: Doomed): Promise<PendingLeave[]> =>
  store.sessions.pendingLeaves(userName, nodeId);

/** A user's keys, without what every user has. */
async function keysOf(userName: string): Promise<string[]> {
  const tag = `{user:${userName}}:`;
  const found = Object.keys(await store.ttls()).filter((key) => key.startsWith(tag));
  return found
    .map((key) => key.slice(tag.length))
    .filter((part) => !/^(?:meta|events|history|sockets|resume|tomb:.*)$/.test(part));
}

scenario('after a login: the sweep takes the socket out of those that take part', async () => {
  const { near, userName, room } = await setUp();
  await doomedSocket(userName, room);
  expect(await store.client.smembers(store.keys.user(userName).synced)).toHaveLength(2);
  return async () => {
    expect(await store.client.smembers(store.keys.user(userName).synced)).toEqual([near.authData.id]);
  };
});

scenario('a join, after the room: the sweep takes the socket out, and nothing was added to the session', async () => {
  const { owner, near, userName, room } = await setUp();
  const doomed = await doomedSocket(userName, room);
  await doomed.join();
  expect(await userlist(owner, room)).toEqual([userName]);
  expect(await session(near)).toEqual([]);
  return async () => {
    expect(await userlist(owner, room)).toEqual([]);
    expect(await session(near)).toEqual([]);
    expect(await keysOf(userName)).toEqual(['synced']);
  };
});

scenario('a join, after both: the room stays in the session, as with any socket that goes', async () => {
  const { owner, near, userName, room } = await setUp();
  const doomed = await doomedSocket(userName, room);
  await doomed.addEntry(await doomed.join());
  await near.next('$.chat.join');
  return async () => {
    expect(await userlist(owner, room)).toEqual([]);
    expect(await session(near)).toEqual([room]);
  };
});

scenario(
  'a leave, after the session: the room is never restored, and the sweep takes all sockets out and tells',
  async () => {
    const { owner, near, userName, room } = await setUp();
    const doomed = await doomedSocket(userName, room);
    await near.call('roomJoin', room);
    await doomed.addEntry(await doomed.join());
    await doomed.beginLeave();
    await near.next('$.chat.leave');
    // Before any repair.
    expect(await session(near)).toEqual([]);
    expect((await device(userName)).heard('$.chat.join')).toEqual([]);
    expect(await userlist(owner, room)).toEqual([userName]);
    return async () => {
      expect(await userlist(owner, room)).toEqual([]);
      // Of the dead one also by who swept the room, if that came first: twice rather than not at all.
      await eventually(() => {
        const echoes = near.heard('roomLeftEcho');
        const ofDoomed = echoes.filter(([, id]) => id === doomed.socketId);
        for (const echo of ofDoomed) expect(echo).toEqual([room, doomed.socketId, 1]);
        expect([1, 2]).toContain(ofDoomed.length);
        expect(echoes.slice(ofDoomed.length)).toEqual([[room, near.authData.id, 0]]);
      });
      expect(await near.refusal('roomMessage', room, {})).toMatchObject({ code: 'notJoined' });
      expect(await pending(userName, doomed)).toEqual([]);
      expect(await keysOf(userName)).toEqual(['synced']);
    };
  },
);

scenario(
  'a leave, after the room: nobody hears the room any more, and the sweep tells of each socket, once',
  async () => {
    const { owner, near, userName, room } = await setUp();
    const doomed = await doomedSocket(userName, room);
    await near.call('roomJoin', room);
    await doomed.addEntry(await doomed.join());
    await doomed.leaveRoom(await doomed.beginLeave());
    expect(await userlist(owner, room)).toEqual([]);
    expect(near.heard('roomLeftEcho')).toEqual([]);
    return async () => {
      for (const id of [doomed.socketId, near.authData.id])
        expect(await near.next('roomLeftEcho')).toEqual([room, id, 0]);
      await near.next('socketDisconnectEcho');
      expect(near.heard('roomLeftEcho')).toHaveLength(2);
      expect(await near.call('listOwnSockets')).toEqual({ [near.authData.id]: [] });
      expect(await keysOf(userName)).toEqual(['synced']);
    };
  },
);

scenario(
  'a leave that a device has overruled by joining again does not take it out when the sweep finishes it',
  async () => {
    const { owner, near, userName, room } = await setUp();
    const doomed = await doomedSocket(userName, room);
    await near.call('roomJoin', room);
    await doomed.addEntry(await doomed.join());
    await doomed.beginLeave();
    await near.next('$.chat.leave');
    expect(await near.call('roomJoin', room)).toBe(2);
    return async () => {
      expect(await pending(userName, doomed)).toEqual([]);
      expect(await userlist(owner, room)).toEqual([userName]);
      expect(await session(near)).toEqual([room]);
      await near.call('roomMessage', room, { text: 'still here' });
      await near.next('roomMessage');
      await eventually(() =>
        expect(new Set(near.heard('roomLeftEcho').map(([, id]) => id))).toEqual(new Set([doomed.socketId])),
      );
    };
  },
);

// Its picture of the session kept the group of an entry that nobody had told it was over.
scenario('an entry that a leave has overtaken: who joins next hears that it is over before its answer', async () => {
  const { near, userName, room } = await setUp();
  const doomed = await doomedSocket(userName, room);
  await near.call('roomJoin', room);
  const joined = await doomed.join();
  await near.call('roomLeave', room);
  await doomed.addEntry(joined, 'work');
  await near.next('$.chat.join');
  await near.call('roomJoin', room);
  expect(sessionTold(near).slice(-2)).toEqual([`$.chat.join ${room} work`, `$.chat.leave ${room} work`]);
  expect(await session(near)).toEqual([room]);
  return async () => expect(await session(near)).toEqual([room]);
});

scenario('an eviction, after the room: whoever reads the session next finds out, and the others are told', async () => {
  const { owner, near, userName, room } = await setUp();
  const other = await device(userName);
  await near.call('roomJoin', room);
  await other.next('$.chat.join');
  const changed = await store.access.addToList(room, rightsOf(owner.userName), {
    listName: 'blacklist',
    names: [userName],
    badName: undefined,
    frame: notificationFrame('roomAccessListAdded', [room, 'blacklist', [userName]]),
    leftPrefix: framePrefix('roomUserLeft', [room]),
  });
  expect(changed).toMatchObject({ evicted: [{ userName }] });
  await near.next('roomAccessRemoved');
  expect(other.heard('$.chat.leave')).toEqual([]);
  expect((await device(userName)).heard('$.chat.join')).toEqual([]);
  for (const told of [near, other]) await told.next('$.chat.leave');
  expect(await session(near)).toEqual([]);
  return async () => expect(await keysOf(userName)).not.toContain('session');
});

scenario(
  'a deletion, after the room: the sweep tells everybody, also those who only had it in the session',
  async () => {
    const { owner, near, userName, room } = await setUp();
    const doomed = await doomedSocket(userName, room);
    await near.call('roomJoin', room);
    near.raw.terminate();
    const later = await device(userName);
    expect(later.heard('$.chat.join')).toHaveLength(1);
    await eventually(async () => expect(await userlist(owner, room)).toEqual([]));
    const frame = notificationFrame('roomAccessRemoved', [room]);
    expect(await store.rooms.delete(room, rightsOf(owner.userName), doomed.nodeId, frame)).toHaveProperty('life');
    expect(later.heard('$.chat.leave')).toEqual([]);
    return async () => {
      await later.next('$.chat.leave');
      expect(later.heard('roomAccessRemoved')).toEqual([]);
      expect(await keysOf(userName)).toEqual(['synced']);
      const left = Object.keys(await store.ttls()).filter((key) => key.startsWith(`{room:${room}}:`));
      expect(left.filter((key) => !key.includes('tomb:'))).toEqual([]);
    };
  },
);
