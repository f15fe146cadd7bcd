// The list of the rooms that a user belongs to, what is unread there, and what members are told who have not joined: on two nodes.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { encodeValue } from '../../src/protocol/wire/msgpack.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { belong, setConduct, type Conduct } from '../store/belonging-actions.ts';
import { openStore, roomOptions, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type Rpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import { summary, unreadOf } from './unread-suite.ts';
import { fenceUser, field } from './world.ts';

const scope = useScope();
let service: Service<RedisServer>;
let store: Store;
let count = 0;

beforeAll(async () => {
  service = await startService(scope, { nodes: 2, redis: await startRedis(scope) });
  store = await openStore(scope, service.redis, { prefix: service.prefix });
});

const login = (node: 0 | 1, userName = `user-${++count}`, more: ValueMap = {}): Promise<User> =>
  loginRpc(scope, service.node(node).url, userName, { credentials: { userName, ...more } });

/** A room of this owner, to which it and others belong. */
async function room(owner: Rpc & { userName: string }, ...others: User[]): Promise<string> {
  const roomName = `room-${String(++count).padStart(3, '0')}`;
  await owner.call('roomCreate', roomName);
  const names = others.map(({ userName }) => userName);
  if (names.length === 0) await owner.call('roomMemberJoin', roomName);
  else await owner.call('roomMembersAdd', roomName, names);
  for (const userName of [owner.userName, ...names]) {
    await eventually(async () => expect([...(await store.belongs.read(userName)).keys()]).toContain(roomName));
  }
  return roomName;
}

const conduct = (roomName: string, more: Conduct): Promise<void> =>
  setConduct(store, roomName, { tellsMembers: 1, ...more });

/** Says something, as one who comes and goes. */
async function say(
  user: User,
  roomName: string,
  message: ValueMap = { text: 'hello' },
  options: ValueMap = {},
): Promise<void> {
  await user.call('roomJoin', roomName);
  await user.call('roomMessage', roomName, message, options);
  await user.call('roomLeave', roomName);
}

interface Page {
  readonly rooms: readonly ValueMap[];
  readonly cursor: string | null;
}

const list = async (user: Rpc, options: ValueMap = {}): Promise<Page> => {
  // Checked against the catalogue like every result.
  const page = await user.call('roomList', options);
  return page as unknown as Page;
};
const namesOf = async (user: Rpc, options: ValueMap = {}): Promise<unknown> =>
  (await list(user, options)).rooms.map(({ roomName }) => roomName);

/** All that was told of a room, in its order, how much was unread then. */
const counts = (user: Rpc, roomName: string): unknown[] =>
  user.heard('unreadCounts').flatMap(([told]) => {
    const all = summary(told);
    return roomName in all ? [all[roomName]] : [];
  });

describe('the list of rooms', () => {
  test('has them newest activity first, each with what it is and what is unread there', async () => {
    const [ann, bob] = [await login(0), await login(1)];
    const [one, two, three] = [await room(ann, bob), await room(bob, ann), await room(ann)];
    await room(bob);
    await say(bob, one, { text: 'first' });
    await say(bob, two, { text: 'second' }, { mentions: [ann.userName] });
    await ann.call('roomAttributesSet', one, { title: 'Tea' });
    const page = await list(ann);
    expect(page).toEqual({
      rooms: [
        {
          roomName: two,
          kind: 'normal',
          role: 'member',
          attributes: {},
          memberCount: 2,
          lastMessage: expect.objectContaining({ text: 'second', author: bob.userName, id: 1 }),
          lastActivity: field(page.rooms[0]?.['lastMessage'], 'timestamp'),
          unread: 1,
          mentioned: true,
          muted: false,
        },
        expect.objectContaining({
          roomName: one,
          role: 'owner',
          attributes: { title: 'Tea' },
          unread: 1,
          mentioned: false,
        }),
        expect.objectContaining({ roomName: three, lastMessage: null, memberCount: 1, unread: 0 }),
      ],
      cursor: null,
    });
    expect(await namesOf(bob)).toEqual([two, one, expect.any(String)]);
    await say(ann, three);
    await ann.call('roomMessageRead', two, 1);
    const again = await list(ann);
    expect(again.rooms.map(({ roomName, unread }) => [roomName, unread])).toEqual([
      [three, 0],
      [two, 0],
      [one, 1],
    ]);
  });

  test('leaves out rooms that are gone, were made anew, or ban the user, until they do not', async () => {
    const [ann, bob] = [await login(0), await login(1)];
    const [kept, gone, anew, banned] = [
      await room(bob, ann),
      await room(bob, ann),
      await room(bob, ann),
      await room(bob, ann),
    ];
    for (const name of [gone, anew]) await bob.call('roomDelete', name);
    await bob.call('roomCreate', anew);
    await bob.call('roomAddToList', banned, 'blacklist', [ann.userName]);
    expect(await namesOf(ann)).toEqual([kept]);
    const known = await store.belongs.read(ann.userName);
    expect([...known.keys()].toSorted()).toEqual([kept, banned].toSorted());
    await bob.call('roomRemoveFromList', banned, 'blacklist', [ann.userName]);
    expect(await namesOf(ann)).toEqual([banned, kept]);
  });

  test('is filtered by kind, members, and attributes by path', async () => {
    const [ann, bob, carol] = [await login(0), await login(1), await login(1)];
    const [one, two, three] = [await room(ann, bob), await room(ann, bob, carol), await room(ann)];
    await conduct(three, { kind: 2, endsAt: 4e12 });
    await ann.call('roomAttributesSet', one, { 'ticket.state': 'open', tags: ['a', 'b'] });
    await ann.call('roomAttributesSet', two, { 'ticket.state': 'open', 'ticket.by': 'bob' });
    expect(await namesOf(ann, { kind: 'temporary' })).toEqual([three]);
    expect(await namesOf(ann, { kind: 'transient' })).toEqual([]);
    expect(await namesOf(ann, { members: [bob.userName] })).toEqual([two, one]);
    expect(await namesOf(ann, { members: [bob.userName, carol.userName] })).toEqual([two]);
    expect(await namesOf(ann, { members: ['a:b'] })).toEqual([]);
    expect(await namesOf(ann, { attributes: { 'ticket.state': 'open' } })).toEqual([two, one]);
    expect(await namesOf(ann, { attributes: { 'ticket.state': 'open', 'ticket.by': null } })).toEqual([one]);
    expect(await namesOf(ann, { attributes: { ticket: { by: 'bob', state: 'open' } } })).toEqual([two]);
    expect(await namesOf(ann, { attributes: { tags: ['b', 'a'] } })).toEqual([]);
    expect(await ann.refusal('roomList', { attributes: { 'a..b': 1 } })).toMatchObject({ code: 'badArgument' });
    expect(await ann.refusal('roomList', { cursor: 'nonsense' })).toMatchObject({ code: 'badArgument' });
    expect(await ann.refusal('roomList', { limit: 101 })).toMatchObject({ code: 'badArgument' });
  });
});

describe('the pages of a list', () => {
  test('have each room once, also of a filter, and of as many as fit', async () => {
    const [ann, bob] = [await login(0), await login(1)];
    const names: string[] = [];
    for (let i = 0; i < 9; i++) {
      names.unshift(await room(ann, bob));
      await ann.call('roomAttributesSet', names[0] ?? '', { odd: i % 2 === 1, fill: 'x'.repeat(100) });
    }
    // Those of one millisecond are in the order of their names.
    await Promise.all(names.map((name) => store.client.hset(store.keys.room(name).meta, 'createdAt', '1000')));
    const byName = names.toSorted();
    const pages = async (options: ValueMap): Promise<Value[][]> => {
      const found: Value[][] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page: Page = await list(ann, { ...options, ...(cursor === undefined ? {} : { cursor }) });
        found.push(page.rooms.map(({ roomName = null }) => roomName));
        ({ cursor } = page);
      }
      return found;
    };
    expect((await pages({ limit: 4 })).map((page) => page.length)).toEqual([4, 4, 1]);
    expect((await pages({ limit: 3 })).map((page) => page.length)).toEqual([3, 3, 3]);
    for (const limit of [1, 4, 100]) expect((await pages({ limit })).flat()).toEqual(byName);
    const odd = byName.filter((_, i) => i % 2 === 1);
    for (const limit of [1, 2, 3]) expect((await pages({ limit, attributes: { odd: true } })).flat()).toEqual(odd);
    expect(await pages({ attributes: { odd: 1 } })).toEqual([[]]);
  });

  test('of 1,000 rooms take few steps, and nobody is asked for more than a page', async () => {
    const node = await service.addNode();
    const ann = await loginRpc(scope, node.url, 'of-many');
    const names = Array.from({ length: 1000 }, (_, i) => `of-many-${String(i).padStart(4, '0')}`);
    await Promise.all(names.map((name) => store.rooms.create(name, roomOptions(ann.userName))));
    await Promise.all(names.map((name) => belong(store, name, ann.userName)));
    let [glances, reads] = [0, 0];
    const stepsOf = async (command: string): Promise<number> => {
      const steps = (await node.metrics()).sum('parley_redis_command_duration_seconds_count', { command });
      return Number.isNaN(steps) ? 0 : steps;
    };
    const takes = async (options: ValueMap, expected: { rooms: number; glances: number }): Promise<void> => {
      expect((await list(ann, options)).rooms).toHaveLength(expected.rooms);
      glances += expected.glances;
      reads += expected.rooms;
      await eventually(async () =>
        expect([await stepsOf('glance-rooms'), await stepsOf('read-listed')]).toEqual([glances, reads]),
      );
    };
    await takes({}, { rooms: 20, glances: 10 });
    await takes({ limit: 100 }, { rooms: 100, glances: 10 });
    await takes({ kind: 'temporary' }, { rooms: 0, glances: 10 });
    await takes({ attributes: { a: 1 } }, { rooms: 0, glances: 20 });
  });
});

describe('what is unread of rooms that one belongs to', () => {
  test('is given without a join, also at a login, and told about once a second to who is online and has not joined', async () => {
    const unread = { offlineMessages: 'unread' };
    const [ann, bob, joined] = [await login(0), await login(1, undefined, unread), await login(1, undefined, unread)];
    const other = await login(0, bob.userName);
    const name = await room(ann, bob, joined);
    for (const one of [ann, joined]) await one.call('roomJoin', name);
    const posts = 20;
    for (let i = 0; i < posts; i++) await ann.call('roomMessage', name, { i });
    await eventually(() => expect(counts(bob, name).at(-1)).toBe(posts));
    expect(counts(bob, name).length).toBeLessThan(posts);
    expect(await unreadOf(bob)).toEqual({ [name]: posts });
    expect(await unreadOf(other)).toEqual({ [name]: posts });
    const back = await login(0, bob.userName, unread);
    expect(counts(back, name)).toEqual([posts]);
    // Who has joined hears the messages, and other modes ask.
    await fenceUser(await login(0, joined.userName), joined);
    expect([counts(joined, name), counts(other, name), counts(ann, name)]).toEqual([[], [], []]);
    // What was said behind the last notice is told when the second is over.
    await ann.call('roomMessage', name, { last: true });
    await eventually(() => expect(counts(bob, name).at(-1)).toBe(posts + 1));
    await bob.call('roomMessageRead', name, posts + 1);
    expect(await unreadOf(bob)).toEqual({});
  });
});

describe('a room', () => {
  test('is described to who may read there', async () => {
    const [ann, bob, carol] = [await login(0), await login(1), await login(1)];
    const name = await room(ann, bob);
    await store.client.hset(
      store.keys.room(name).meta,
      'attributes',
      Buffer.from(encodeValue({ title: 'Tea' })),
      'attributesVersion',
      '1',
    );
    expect(await carol.refusal('roomInfo', name)).toMatchObject({ code: 'notJoined' });
    expect(await carol.refusal('roomInfo', 'nowhere')).toMatchObject({ code: 'noRoom' });
    await carol.call('roomJoin', name);
    const description = {
      roomName: name,
      kind: 'normal',
      owner: ann.userName,
      whitelistOnly: false,
      writers: 'all',
      invites: 'members',
      slowModeMs: 0,
      memberCount: 2,
      occupantCount: 1,
      attributes: { title: 'Tea' },
      version: 1,
      endsAt: null,
      muted: false,
      epoch: expect.any(String),
      lastMessageId: 0,
    };
    expect(await carol.call('roomInfo', name)).toEqual({ ...description, role: null });
    expect(await ann.call('roomInfo', name)).toEqual({ ...description, role: 'owner' });
    await ann.call('roomAddToList', name, 'adminlist', [bob.userName]);
    await ann.call('roomSilence', name, [bob.userName, carol.userName]);
    await ann.call('roomSlowModeSet', name, 5000);
    expect(await bob.call('roomInfo', name)).toEqual({
      ...description,
      role: 'admin',
      silencedUntil: null,
      slowModeMs: 5000,
    });
    await ann.call('roomSilence', name, [bob.userName], { until: 4e12 });
    expect(await bob.call('roomInfo', name)).toMatchObject({ silencedUntil: 4e12 });
  });

  test('is muted by members, which their other devices hear', async () => {
    const [ann, bob] = [await login(0), await login(1)];
    const far = await login(0, bob.userName);
    const name = await room(ann, bob);
    expect(await (await login(0)).refusal('roomMute', name)).toMatchObject({ code: 'notAllowed' });
    expect(await bob.refusal('roomMute', 'nowhere')).toMatchObject({ code: 'noRoom' });
    const isMuted = async (): Promise<unknown> => [
      field(await bob.call('roomInfo', name), 'muted'),
      (await list(bob)).rooms[0]?.['muted'],
    ];
    for (const method of ['roomMute', 'roomMute']) expect(await bob.call(method, name)).toBeNull();
    expect(await isMuted()).toEqual([true, true]);
    for (const method of ['roomUnmute', 'roomUnmute']) expect(await bob.call(method, name)).toBeNull();
    expect(await isMuted()).toEqual([false, false]);
    await fenceUser(bob, far);
    expect(far.heard('roomMuteEcho')).toEqual([
      [name, true],
      [name, false],
    ]);
    expect(bob.heard('roomMuteEcho')).toEqual([]);
    // It ends with the membership.
    await bob.call('roomMute', name);
    await bob.call('roomMemberQuit', name);
    await ann.call('roomMembersAdd', name, [bob.userName]);
    expect(await isMuted()).toEqual([false, false]);
  });
});
