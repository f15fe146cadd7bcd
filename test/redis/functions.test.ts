// Scripts that are kept as functions: what is made once, what is set at each call, and what servers say.
import { describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { list, text, type Reply } from '../../src/redis/reply.ts';
import { declaredScripts, type Script } from '../../src/redis/script.ts';
import { libraryOf } from '../../src/redis/script/function-library.ts';
import { ServerFunctions } from '../../src/redis/script/server-functions.ts';
import { StateUnavailable } from '../../src/redis/unavailable.ts';
import { createRoom } from '../../src/store/room/room-scripts.ts';
import { join, post, room } from '../store/room-actions.ts';
import { openStore, roomOptions, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedis, type RedisAddress, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();

const scriptOf = (lua: string, more: Partial<Script> = {}): Script => ({
  ...createRoom,
  name: 'a-script',
  whenFull: false,
  lua,
  ...more,
});

describe('a script as a function', () => {
  /** What a server replies to calls of a script with one argument each. */
  async function called(server: RedisServer, lua: string, ...args: string[]): Promise<unknown[]> {
    const { code, functions } = libraryOf([scriptOf(lua)]);
    await server.client().function('LOAD', 'REPLACE', code);
    const replies: unknown[] = [];
    for (const arg of args) replies.push(await server.client().fcall([...functions.values()][0] ?? '', 0, arg));
    return replies;
  }

  test('knows nothing of the call before, also where that has failed', async () => {
    const server = await startRedis(scope);
    const lua = `
local word = ARGV[1]
local LIMIT, NAMES = 2, { 'one', 'two' }
local SEEN = {}
-- How often it was asked.
local count, seen = 0, {}
local function look()
  count = count + 1
  seen[#seen + 1] = word
  SEEN[#SEEN + 1] = word
  if word == 'fails' then
    error('on purpose')
  end
  return count
end
local found = {
  look(),
  LIMIT,
}
local function all()
  return { word, found[1], #seen + #SEEN, NAMES[LIMIT] }
end
return all()
`;
    expect(await called(server, lua, 'a', 'b')).toEqual([
      ['a', 1, 2, 'two'],
      ['b', 1, 2, 'two'],
    ]);
    await expect(called(server, lua, 'fails')).rejects.toThrow('on purpose');
    expect(await called(server, lua, 'c')).toEqual([['c', 1, 2, 'two']]);
  });

  test('ends where it returns, be it before its last function', async () => {
    const server = await startRedis(scope);
    const lua = `
local word = ARGV[1]
local function low() return 'low' end
if word == 'early' then
  return 'ended ' .. low()
end
if word == 'nothing' then return nil end
local function late() return 'late' end
local word = late()
return word
`;
    expect(await called(server, lua, 'early', 'nothing', 'x')).toEqual(['ended low', null, 'late']);
  });

  test.each([
    [
      'two places set one name',
      'local a = 1\nlocal function f() return a end\nlocal a = 2\nlocal function g() return a end\nreturn g()',
    ],
    [
      'a function has the name',
      'local function a() return 1 end\nlocal a = a()\nlocal function g() return a end\nreturn g()',
    ],
    [
      'a constant has the name',
      'local a = ARGV[1]\nlocal function f() return a end\nlocal A = 1\nlocal function g() return A end\nlocal A = a\nlocal function h() return A end\nreturn h()',
    ],
  ])('is refused where %s', (_, lua) => {
    expect(() => libraryOf([scriptOf(lua)])).toThrow(/a-script: a is declared twice/i);
  });

  test('is refused where a constant changes, or where it cannot be told from where it returns', () => {
    const changing = `local COUNT = 0\nlocal function f()\n  COUNT = COUNT + 1\nend\nf()\nreturn COUNT\n`;
    expect(() => libraryOf([scriptOf(changing)])).toThrow('COUNT is set again');
    const inline = `local A, B = 0, 1\nlocal function f() if B then B, A = 1, 2 end end\nf()\nreturn A\n`;
    expect(() => libraryOf([scriptOf(inline)])).toThrow('B is set again');
    const nested = `if a then\n  each(function() return 1 end)\nend\nlocal function f()\nend\nreturn f()\n`;
    expect(() => libraryOf([scriptOf(nested)])).toThrow('it cannot be told');
  });

  test('goes by the name of its code, of its scripts and of what they may', () => {
    const nameOf = (lua: string, more?: Partial<Script>): string => libraryOf([scriptOf(`${lua}\n`, more)]).name;
    const names = [
      nameOf('return 1'),
      nameOf('return 2'),
      nameOf('return 1', { name: 'b' }),
      nameOf('return 1', { whenFull: true }),
    ];
    expect(new Set(names).size).toBe(4);
    expect(nameOf('return 1')).toBe(names[0]);
  });

  test('may be any that there is', async () => {
    const { code } = libraryOf(declaredScripts);
    const server = await startRedis(scope);
    await expect(server.client().function('LOAD', code)).resolves.toMatch(/^parley_/);
  });
});

/** A room with an occupant, on a store whose scripts are kept as functions. */
async function withRoom(address: RedisAddress): Promise<Store> {
  const store = await openStore(scope, address);
  await store.commands.keepFunctions();
  await store.rooms.create(room, roomOptions('owner'));
  await join(store, 'alice');
  return store;
}

/** How often functions and scripts were called. */
async function callsOf(server: RedisServer): Promise<{ functions: number; scripts: number }> {
  const stats = await server.client().info('commandstats');
  const of = (name: RegExp): number => [...stats.matchAll(name)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  return { functions: of(/cmdstat_fcall:calls=(\d+)/g), scripts: of(/cmdstat_eval(?:sha)?:calls=(\d+)/g) };
}

/** By which of them it was done. */
async function doneBy(
  server: RedisServer,
  act: () => Promise<unknown>,
): Promise<{ functions: number; scripts: number }> {
  const before = await callsOf(server);
  await act();
  const after = await callsOf(server);
  return { functions: after.functions - before.functions, scripts: after.scripts - before.scripts };
}

const AS_FUNCTION = { functions: 1, scripts: 0 };
const AS_SCRIPT = { functions: 0, scripts: 1 };

const librariesOf = async (server: RedisServer): Promise<string[]> =>
  ((await server.client().function('LIST')) as Reply[]).map((one) => text(list(one)[1])).toSorted();

describe('a server', () => {
  test('runs them as functions; where it has lost them, as scripts until it has them again', async () => {
    const server = await startRedis(scope);
    const store = await withRoom(server);
    expect(await doneBy(server, () => post(store, 'alice'))).toEqual(AS_FUNCTION);
    expect(await doneBy(server, () => join(store, 'bob'))).toEqual(AS_FUNCTION);
    await server.client().function('FLUSH');
    // Called in vain, and done all the same, each once and in order.
    const posted = await Promise.all(['one', 'two', 'three'].map(() => post(store, 'alice')));
    expect(posted).toMatchObject([{ id: 2 }, { id: 3 }, { id: 4 }]);
    await eventually(async () => expect(await doneBy(server, () => post(store, 'bob'))).toEqual(AS_FUNCTION));
    expect(await librariesOf(server)).toHaveLength(1);
  });

  test('has those of two builds whose nodes are there, and after a while those of one', async () => {
    const server = await startRedis(scope);
    const client = server.client();
    await client.function('LOAD', "#!lua name=others\nredis.register_function('theirs', function() return 1 end)");
    const scripts = ['return 1\n', 'return 2\n'].map((lua) => scriptOf(lua, { keys: [] }));
    const builds = scripts.map((script) => ({
      script,
      functions: new ServerFunctions(client, [script], { timeoutMs: 10_000 }),
    }));
    scope.add(() => builds.forEach(({ functions }) => functions.close()));
    for (const { functions } of builds) await functions.load();
    const replies = (): Promise<Reply>[] => builds.flatMap(({ script, functions }) => functions.call(script, []) ?? []);
    expect(await Promise.all(replies())).toEqual([1, 2]);
    expect(await librariesOf(server)).toHaveLength(3);
    await builds[1]?.functions.tidy();
    expect((await librariesOf(server)).filter((name) => name.startsWith('parley_'))).toHaveLength(1);
    expect(await librariesOf(server)).toContain('others');
    const [lost] = replies();
    await expect(lost).rejects.toThrow('Function not found');
    expect(builds[0]?.functions.hasNotRun((await lost?.catch((error: Error) => error)) as Error)).toBe(true);
    await eventually(async () => expect(await Promise.all(replies())).toEqual([1, 2]));
    expect(/cmdstat_function\|load:calls=(\d+)/.exec(await client.info('commandstats'))?.[1]).toBe('4');
  });

  test('that does not allow them runs scripts, and is not asked again', async () => {
    const rules = ['~*', '&*', '+@all', '-function|load'];
    const server = await startRedis(scope, { user: { name: 'limited', password: 'secret', rules } });
    const store = await withRoom(server);
    await post(store, 'alice');
    for (let i = 0; i < 3; i++) expect(await doneBy(server, () => post(store, 'alice'))).toEqual(AS_SCRIPT);
    const asked = (await server.client().call('ACL', 'LOG')) as unknown[];
    // Of these two, one when the store was opened, and one by this test.
    expect(asked.flatMap((row) => (Array.isArray(row) ? String(row[row.indexOf('count') + 1]) : []))).toEqual(['2']);
    expect(await librariesOf(server)).toEqual([]);
  });

  test.each([
    ['is full', 'maxmemory', '1', '0'],
    ['lacks replicas', 'min-replicas-to-write', '1', '0'],
  ])('that %s lets them do what writes nothing', async (_, setting, bad, good) => {
    const server = await startRedis(scope);
    const store = await withRoom(server);
    await server.client().config('SET', setting, bad);
    await expect(post(store, 'alice')).rejects.toBeInstanceOf(StateUnavailable);
    expect(await post(store, 'alice', { transient: true })).toMatchObject({ id: undefined });
    await server.client().config('SET', setting, good);
    await eventually(async () => expect(await doneBy(server, () => post(store, 'alice'))).toEqual(AS_FUNCTION));
    expect(/cmdstat_function\|load:calls=(\d+)/.exec(await server.client().info('commandstats'))?.[1]).toBe('1');
  });

  test('is not asked twice for what has failed within', () => {
    const functions = new ServerFunctions(new Redis({ lazyConnect: true }), [], { timeoutMs: 1000 });
    const said = ['OOM command not allowed', 'ERR unknown command called from script', 'MISCONF the disk is full'];
    for (const message of said)
      expect(functions.hasNotRun(new Error(`${message} script: f, on @user_function:1.`))).toBe(false);
  });
});

test('on a cluster each server has them, and those that have not are no reason to wait', async () => {
  const cluster = await startRedisCluster(scope);
  const store = await withRoom(cluster);
  for (const server of cluster.nodes) expect(await librariesOf(server)).toHaveLength(1);
  const owner = cluster.node(await cluster.ownerOf(store.commands.slotOf(store.keys.room(room).meta)));
  expect(await doneBy(owner, () => post(store, 'alice'))).toEqual(AS_FUNCTION);
  expect(await doneBy(owner, () => join(store, 'bob'))).toEqual(AS_FUNCTION);
  await owner.client().function('FLUSH');
  expect(await post(store, 'alice')).toMatchObject({ id: 2 });
  await eventually(async () => expect(await doneBy(owner, () => post(store, 'bob'))).toEqual(AS_FUNCTION));
});
