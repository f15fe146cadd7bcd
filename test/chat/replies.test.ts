// What each request can be answered with at most: every reply is bounded in bytes, in both formats, whatever users have
// put there; and what is not sent whole is got in another way.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { requestDeclaration, requests, type RequestName } from '../../src/protocol/catalogue.ts';
import { encodeBody } from '../../src/protocol/wire/body.ts';
import type { Format } from '../../src/protocol/wire/codec.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { bytesOf } from '../protocol/frames.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type Call, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import { isOpenEnded } from './open-ended.ts';
import { field } from './world.ts';

const scope = useScope();
const formats: readonly Format[] = ['msgpack', 'json'];

/** An eighth of PARLEY_BACKPRESSURE_BYTES. */
const replyBytes = 8192;
const messageBytes = 1024;
/** In JSON six bytes each. */
const controls = '\u0001'.repeat(700);
/** In JSON two bytes each; as long as names get. */
const longName = (n: number): string => `${'"'.repeat(120)}${n}`;
const many = 90;

let redis: RedisServer;
let service: Service<RedisServer>;
let keys: Keyspace;
beforeAll(async () => {
  redis = await startRedis(scope);
  const env = {
    PARLEY_FRAME_BYTES: '16384',
    PARLEY_BACKPRESSURE_BYTES: String(8 * replyBytes),
    PARLEY_MESSAGE_BYTES: String(messageBytes),
    PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
    PARLEY_RATE_BURST: '10000',
    PARLEY_RATE_USER_PER_SECOND: '1000000',
    PARLEY_RATE_USER_BURST: '1000000',
  };
  service = await startService(scope, { redis, nodes: 1, env });
  keys = new Keyspace(service.prefix);
});

let count = 0;
const fresh = (what: string): string => `${what}-${++count}`;
const login = (format: Format = 'msgpack', enableSync = false, userName = fresh('user')): Promise<User> =>
  loginRpc(scope, service.node(0).url, userName, { format, credentials: { userName, enableSync } });

const sizeOf = (format: Format, value: Value): number => bytesOf(encodeBody(format, value)).length;

/** In parts, as a frame holds only so much. */
async function inParts<T>(items: readonly T[], send: (part: T[]) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += 20) await send(items.slice(at, at + 20));
}

/** A room with so many large messages, and the epoch of its log. */
async function roomOfMessages(user: User, messages: number): Promise<{ roomName: string; epoch: Value }> {
  const roomName = fresh('room');
  await user.call('roomCreate', roomName);
  await user.call('roomJoin', roomName);
  for (let i = 0; i < messages; i++) await user.call('roomMessage', roomName, { controls });
  return { roomName, epoch: field(await user.call('roomHistoryInfo', roomName), 'epoch') ?? null };
}

/** Two users, one of whom has written so many large messages to the other. */
async function writtenTo(format: Format, options = {}): Promise<{ user: User; peer: User }> {
  const user = await loginRpc(scope, service.node(0).url, fresh('user'), { format, ...options });
  const peer = await login(format);
  for (let i = 0; i < 20; i++) await peer.call('directMessage', user.userName, { controls });
  return { user, peer };
}

/** A user to whom so many others have written a large message each, and who has had none. */
async function writtenToByMany(format: Format): Promise<User> {
  const userName = fresh('user');
  const user = await loginRpc(scope, service.node(0).url, userName, { format, answerPings: false });
  // More than are read at once with their messages.
  for (let i = 0; i < 40; i++) await (await login()).call('directMessage', userName, { controls });
  return user;
}

/** A user in many rooms with long names, which its session keeps. */
async function userOfRooms(format: Format): Promise<User> {
  const user = await login(format, true);
  const names = Array.from({ length: many }, (_, n) => longName(++count * 1000 + n));
  await inParts(names, (part) => Promise.all(user.callAll(...part.map((name): Call => ['roomCreate', name]))));
  await inParts(names, (part) =>
    user.call(
      'roomsJoin',
      part.map((roomName) => ({ roomName })),
    ),
  );
  return user;
}

/** As many as a message has, as long as they get. */
const reactionKeys = Array.from({ length: 32 }, (_, n) => `${'\u0001'.repeat(62)}${n + 10}`);

const longNames = Array.from({ length: 300 }, (_, n) => longName(n));

/** A room to which they all belong, and more names than can be answered for. */
async function roomOfMembers(format: Format): Promise<{ user: User; roomName: string; names: string[] }> {
  const user = await login(format);
  const roomName = fresh('room');
  await user.call('roomCreate', roomName);
  await redis.client().zadd(keys.room(roomName).roster, ...longNames.flatMap((name) => [0, name]));
  return { user, roomName, names: longNames.slice(0, 40) };
}

async function roomOfNames(user: User, listName: string): Promise<string> {
  const roomName = fresh('room');
  await user.call('roomCreate', roomName);
  if (listName === 'userlist') {
    await redis.client().zadd(keys.room(roomName).names, ...longNames.flatMap((name) => [0, name]));
  } else await inParts(longNames, (part) => user.call('roomAddToList', roomName, listName, part));
  return roomName;
}

/** A user whose contacts have large profiles, twelve of them. */
async function userOfContacts(format: Format): Promise<User> {
  const user = await login(format);
  for (let n = 0; n < 12; n++) {
    const contact = await login();
    await contact.call('profileSet', { controls });
    await user.call('contactAdd', contact.userName);
  }
  return user;
}

/** A request in the state in which its reply is the largest, made for this user. */
interface Largest {
  readonly user: User;
  readonly params: readonly Value[];
  /** It does not fit: then it is refused, with this. */
  readonly error?: string;
}

/** Asked of a room with large messages, whose name comes first. */
const ofMessages =
  (...rest: Value[]) =>
  async (format: Format): Promise<Largest> => {
    const user = await login(format);
    return { user, params: [(await roomOfMessages(user, 20)).roomName, ...rest] };
  };

/** The same of a conversation. */
const ofWritten =
  (...rest: Value[]) =>
  async (format: Format): Promise<Largest> => {
    const { user, peer } = await writtenTo(format);
    return { user, params: [peer.userName, ...rest] };
  };

async function editOfMembers(format: Format): Promise<Largest> {
  const { user, roomName, names } = await roomOfMembers(format);
  return { user, params: [roomName, names], error: 'listTooLong' };
}

const paged =
  (listName: string) =>
  async (format: Format): Promise<Largest> => {
    const user = await login(format);
    return { user, params: [await roomOfNames(user, listName)] };
  };

/** By request, those whose reply grows by what users make. The others hold nothing of any length, one message, or one map of bounded size. */
const largest: { readonly [N in RequestName]?: 'message' | 'map' | ((format: Format) => Promise<Largest>) } = {
  directMessage: 'message',
  roomAttributesGet: 'map',
  roomInfo: 'map',
  userStateGet: 'map',
  userStateSet: 'map',
  roomMessageReact: 'map',
  directMessageReact: 'map',
  roomReactionsGet: async (format) => {
    const user = await login(format);
    const { roomName } = await roomOfMessages(user, 1);
    for (const key of reactionKeys) await user.call('roomMessageReact', roomName, 1, key);
    return { user, params: [roomName, 1, { limit: 100 }] };
  },
  directReactionsGet: async (format) => {
    const { user, peer } = await writtenTo(format);
    for (const key of reactionKeys) await user.call('directMessageReact', peer.userName, 1, key);
    return { user, params: [peer.userName, 1, { limit: 100 }] };
  },
  roomList: async (format) => {
    const user = await login(format);
    for (let i = 0; i < 20; i++) await user.call('conversationCreate', { attributes: { title: controls } });
    return { user, params: [{ limit: 100 }] };
  },
  roomRecentHistory: ofMessages(),
  roomHistoryGet: ofMessages(0, 100),
  roomHistorySearch: ofMessages({ limit: 100 }),
  roomsJoin: async (format) => {
    const user = await login(format);
    const rooms: Value[] = [];
    for (let i = 0; i < 10; i++) rooms.push({ ...(await roomOfMessages(user, 1)), lastMessageId: 0 });
    return { user, params: [rooms] };
  },
  roomUserlistGet: paged('userlist'),
  roomSilencedGet: async (format) => {
    const user = await login(format);
    const roomName = fresh('room');
    await user.call('roomCreate', roomName);
    await inParts(longNames, (part) => user.call('roomSilence', roomName, part));
    return { user, params: [roomName] };
  },
  roomMembersGet: async (format) => {
    const { user, roomName } = await roomOfMembers(format);
    return { user, params: [roomName] };
  },
  roomMembersAdd: editOfMembers,
  roomMembersRemove: editOfMembers,
  roomGetAccessList: async (format) => {
    const user = await login(format);
    return { user, params: [await roomOfNames(user, 'blacklist'), 'blacklist'], error: 'listTooLong' };
  },
  directGetAccessList: async (format) => {
    const user = await login(format);
    await inParts(longNames, (part) => user.call('directAddToList', 'whitelist', part));
    return { user, params: ['whitelist'], error: 'listTooLong' };
  },
  directHistoryGet: ofWritten(),
  directHistorySearch: ofWritten({ limit: 100 }),
  missedMessagesGet: async (format) => {
    const { user } = await writtenTo(format, { answerPings: false });
    return { user, params: [] };
  },
  unreadGet: async (format) => ({ user: await writtenToByMany(format), params: [] }),
  userDetails: async (format) => ({ user: await writtenToByMany(format), params: [] }),
  listOwnSockets: async (format) => ({ user: await userOfRooms(format), params: [], error: 'listTooLong' }),
  contactList: async (format) => ({ user: await userOfContacts(format), params: [], error: 'listTooLong' }),
  usersOnline: async (format) => {
    // A frame does not hold more of them.
    const names = longNames.slice(0, format === 'json' ? 50 : 90);
    for (const name of names) await login('msgpack', false, name);
    return { user: await login(format), params: [names], error: 'listTooLong' };
  },
  sessionGet: async (format) => ({ user: await userOfRooms(format), params: [], error: 'listTooLong' }),
};

describe('the largest reply', () => {
  const growing = Object.entries(largest).flatMap(([name, how]) =>
    typeof how === 'string' ? [] : formats.map((format) => ({ name, format, how })),
  );
  test('is known of every request whose result holds something that grows', () => {
    const openEnded = Object.keys(requests).filter((name) =>
      isOpenEnded(requestDeclaration(name as RequestName).result),
    );
    expect(openEnded.toSorted()).toEqual(Object.keys(largest).toSorted());
    for (const { name } of growing)
      expect([name, requestDeclaration(name as RequestName).cost?.page]).toEqual([name, true]);
  });

  test.each(growing)('to $name in $format is as large as replies get at most', async ({ name, format, how }) => {
    const { user, params, error } = await how(format);
    if (error !== undefined) {
      const refused = await user.refusal(name, ...params);
      expect(refused).toMatchObject({ code: error, args: [expect.any(Number)] });
      expect(sizeOf(format, { ...refused })).toBeLessThan(1024);
      return;
    }
    const result = await user.call(name, ...params);
    expect(sizeOf(format, result)).toBeLessThanOrEqual(replyBytes);
    // It is the largest: one more message or name would not fit, in the format in which they take most.
    if (format === 'json') expect(sizeOf(format, result)).toBeGreaterThan(replyBytes / 3);
  });

  test('may be one message that is larger by itself', async () => {
    const node = await service.addNode({ PARLEY_MESSAGE_BYTES: '15000' });
    const user = await loginRpc(scope, node.url, fresh('user'));
    const roomName = fresh('room');
    await user.call('roomCreate', roomName);
    await user.call('roomJoin', roomName);
    for (let i = 0; i < 3; i++) await user.call('roomMessage', roomName, { text: 'x'.repeat(14_000) });
    expect(await user.call('roomRecentHistory', roomName)).toMatchObject([{ id: 3 }]);
    expect(await user.call('roomHistoryGet', roomName, 0, 10)).toMatchObject([{ id: 1 }]);
    const epoch = field(await user.call('roomHistoryInfo', roomName), 'epoch') ?? null;
    const positions = [{ roomName, epoch, lastMessageId: 2 }];
    expect(await user.call('roomsJoin', positions)).toMatchObject([
      { recovered: false, messages: [], lastMessageId: 3 },
    ]);
  });
});

test.each(formats)('history comes whole page by page, however short the pages are (%s)', async (format) => {
  const user = await login(format);
  const { roomName } = await roomOfMessages(user, 25);
  const idsOf = (page: Value): number[] =>
    Array.isArray(page) ? page.map((message) => Number(field(message, 'id'))).toReversed() : [];
  const newest = idsOf(await user.call('roomRecentHistory', roomName));
  expect(newest.length).toBeGreaterThan(0);
  expect(newest).toEqual(newest.map((_, i) => 25 - newest.length + 1 + i));
  const all: number[] = [];
  for (let page = [0]; page.length > 0;) {
    page = idsOf(await user.call('roomHistoryGet', roomName, all.at(-1) ?? 0, 100));
    expect(page.length).toBeLessThan(25);
    all.push(...page);
  }
  expect(all).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
});

test('a list that is too long for one reply is read page by page', async () => {
  const user = await login();
  const roomName = await roomOfNames(user, 'whitelist');
  await inParts(longNames, (part) => user.call('directAddToList', 'blacklist', part));
  const requestsOf: [string, ...Value[]][] = [
    ['roomGetAccessList', roomName, 'whitelist'],
    ['directGetAccessList', 'blacklist'],
  ];
  for (const [method, ...params] of requestsOf) {
    const found: string[] = [];
    for (let cursor: Value | undefined = undefined; cursor !== null;) {
      const page: Value = await user.call(method, ...params, cursor === undefined ? {} : { cursor });
      expect(sizeOf('msgpack', page)).toBeLessThanOrEqual(replyBytes);
      const names = field(page, 'names');
      if (Array.isArray(names)) found.push(...names.map(String));
      expect(field(page, 'count')).toBe(longNames.length);
      cursor = field(page, 'cursor') ?? null;
    }
    expect([...new Set(found)].toSorted()).toEqual(longNames.toSorted());
    const short = field(await user.call(method, ...params, { limit: 3 }), 'names');
    expect(Array.isArray(short) && short.length < 20).toBe(true);
    for (const cursor of ['x', '-1', '1 ', '99999999999999999999']) {
      const refused = await user.refusal(method, ...params, { cursor });
      expect(refused).toMatchObject({ code: 'badArgument', args: [params.length, { cursor }] });
    }
  }
  expect(await user.call('roomGetAccessList', roomName, 'userlist', { cursor: 'x' })).toEqual({
    names: [],
    cursor: null,
    count: 0,
  });
});

test.each(formats)('contacts come whole page by page, however large their profiles are (%s)', async (format) => {
  const user = await userOfContacts(format);
  const found: Value[] = [];
  let pages = 0;
  for (let cursor: Value | undefined = undefined; cursor !== null; pages++) {
    const page: Value = await user.call('contactList', cursor === undefined ? {} : { cursor });
    expect(sizeOf(format, page)).toBeLessThanOrEqual(replyBytes);
    const contacts = field(page, 'contacts');
    if (Array.isArray(contacts)) found.push(...contacts.map((profile) => field(profile, 'userName') ?? null));
    cursor = field(page, 'cursor') ?? null;
  }
  expect(pages).toBeGreaterThan(1);
  expect(new Set(found).size).toBe(12);
  expect(found).toHaveLength(12);
});

test('a long session is told whole at a login, before the response and what is live', async () => {
  const one = await userOfRooms('msgpack');
  const newest = fresh('room');
  await one.call('roomCreate', newest);
  // More than one turn tells.
  const others = Array.from({ length: 130 }, (_, n) => fresh(`more-${n}`));
  await inParts(others, (part) => Promise.all(one.callAll(...part.map((name): Call => ['roomCreate', name]))));
  const two = await login('msgpack', true, one.userName);
  await inParts(others.slice(0, 100), (part) =>
    two.call(
      'roomsJoin',
      part.map((roomName) => ({ roomName })),
    ),
  );
  const three = await login('msgpack', true, one.userName);
  const told = three.received.flatMap((entry) => ('name' in entry ? [entry.name] : ['response']));
  const joins = Array.from({ length: many + 100 }, () => '$.chat.join');
  expect(told).toEqual(['loginConfirmed', ...joins, '$.group.restored', 'response']);
  await one.call('roomJoin', newest);
  expect(await three.next('$.group.restored')).toEqual([{ group: 'custom' }]);
});

/** How often the node has run a script. */
const runsOf = async (command: string): Promise<number> =>
  (await service.node(0).metrics()).sum('parley_redis_command_duration_seconds_count', { command }) || 0;

test.each<[string, string, (rooms: Value[]) => [string, ...Value[]]]>([
  ['sessionGet', 'read-access', () => ['sessionGet']],
  ['roomsJoin', 'join-room', (rooms) => ['roomsJoin', rooms]],
])('work for %s ends when the socket is gone', async (_, script, request) => {
  const user = await login();
  const rooms = Array.from({ length: 100 }, () => fresh('nowhere'));
  const kept = Array.from({ length: 1000 }, (__, n) => [`kept-${n}`, `${'x'.repeat(16)}0custom`]);
  await redis.client().hset(keys.user(user.userName).session, Object.fromEntries(kept));
  const before = await runsOf(script);
  const [asked] = user.callAll(request(rooms.map((roomName) => ({ roomName }))));
  user.raw.close();
  await expect(asked).rejects.toThrow();
  const witness = await login();
  // Whatever began has come to its end by then: many round trips.
  for (let i = 0; i < 50; i++) await witness.call('listOwnSockets');
  expect((await runsOf(script)) - before).toBeLessThan(90);
});
