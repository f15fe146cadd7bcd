// What every call to Redis keeps to, whatever it is for: one hash tag, a bound on time and number, and an answer or a
// failure that tells whether it may be tried again.
import { beforeAll, describe, expect, test } from '@jest/globals';
import calculateSlot from 'cluster-key-slot';
import { Distributions, Tally } from '../../src/ops/distribution.ts';
import { Commands, type CommandsOptions } from '../../src/redis/commands.ts';
import { StateUnavailable } from '../../src/redis/unavailable.ts';
import { openClient } from '../../src/redis/connect.ts';
import {
  hashTag,
  Keyspace,
  roomTopic,
  userTopic,
  type Key,
  type RoomKeys,
  type UserKeys,
} from '../../src/redis/keys.ts';
import { nothing, type Reply } from '../../src/redis/reply.ts';
import { layOut } from '../../src/redis/script.ts';
import { addToManifest, noteLease, registerNode } from '../../src/store/node/node-scripts.ts';
import { createRoom } from '../../src/store/room/room-scripts.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { endpointAt } from '../support/redis-endpoint.ts';

const scope = useScope();
const keys = new Keyspace('test');
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(scope);
});

async function open(options: Partial<CommandsOptions> = {}, server = redis): Promise<Commands> {
  return (await openWithClient(options, server)).commands;
}

async function openWithClient(options: Partial<CommandsOptions> = {}, { url } = redis) {
  const client = openClient(endpointAt({ url }), { use: 'commands' });
  client.on('error', () => undefined);
  scope.add(() => client.disconnect());
  await client.connect();
  const commands = new Commands(client, {
    timeoutMs: 10_000,
    queueMax: 1000,
    queueBytesMax: 1 << 20,
    mayAct: () => true,
    onError: () => undefined,
    ...options,
  });
  scope.add(() => commands.close());
  return { client, commands };
}

const args = {
  epoch: 'sixteen letters!',
  owner: 'alice',
  whitelistOnly: '0',
  userlistUpdates: '1',
  accessListsUpdates: '1',
  historyMax: 10,
  granted: '',
  maxAge: '',
};
const create = (commands: Commands, roomName: string): Promise<string> =>
  commands.run(createRoom, keys.room(roomName), args);

/** All keys of a topic: they are made as they are asked for. */
function allOf(made: RoomKeys | UserKeys): Key[] {
  const names: string[] = [];
  for (let type: object = Object.getPrototypeOf(made); type !== Object.prototype; type = Object.getPrototypeOf(type)) {
    names.push(...Object.getOwnPropertyNames(type).filter((name) => name !== 'constructor' && name !== 'key'));
  }
  const known: Readonly<Record<string, Key>> = Object.fromEntries(
    names.map((name) => [name, Reflect.get(made, name) as Key]), // getters of keys
  );
  expect(names.length).toBeGreaterThan(5);
  return Object.values(known);
}

describe('keys', () => {
  test('of one topic share its tag and slot with its channel, and nothing with another topic', () => {
    for (const name of ['lobby', 'Zo\u00e9', 'a b', '*', '\u{1f600}']) {
      const own = { room: allOf(keys.room(name)), user: allOf(keys.user(name)) };
      expect(new Set(own.room.map(hashTag))).toEqual(new Set([`room:${name}`]));
      expect(new Set(own.user.map(hashTag))).toEqual(new Set([`user:${name}`]));
      expect(new Set(own.room.map((key) => calculateSlot(key))).size).toBe(1);
      expect([own.room, own.user].flat()).toContain(keys.channel(roomTopic(name)));
      expect(keys.channel(userTopic(name))).toBe(keys.user(name).channel);
      expect(keys.removed(name, 'occupants', 'e')).toBe(`${keys.room(name).removedOccupants}e`);
      expect(keys.removed(name, 'entries', 'e')).toBe(`${keys.room(name).removedEntries}e`);
      const all = [...own.room, ...own.user, ...Object.values(keys.node(name)), keys.probe(name, '0'), keys.nodes];
      expect(new Set(all).size).toBe(all.length);
      expect(all.every((key) => key.startsWith('test:{'))).toBe(true);
    }
  });

  test('of two tags do not go into one script', () => {
    const [one, two] = [keys.room('one'), keys.room('two')];
    const declared = {
      name: 'x',
      keys: ['a', 'b'],
      args: ['c'],
      restKeys: false,
      rest: true,
      each: false,
      whenFull: false,
      isHot: false,
      writes: true,
      lua: '',
    } as const;
    const script = { ...declared, refuses: [], gives: nothing };
    const nonce = (): Uint8Array => Buffer.from('12345678');
    expect(() => layOut(script, { a: one.meta, b: two.meta }, { c: 1 }, {}, nonce)).toThrow('two hash tags');
    const line = layOut(script, { a: one.meta, b: one.occupants }, { c: 1 }, { args: ['more'] }, nonce);
    expect(line.slice(0, 2)).toEqual([one.meta, one.occupants]);
    expect(line.slice(2).map(String)).toEqual(['12345678', '1', 'more']);
  });
});

test('a script runs also when the server has forgotten it, and after one that failed', async () => {
  const commands = await open();
  expect(await create(commands, 'a')).toBe('ok');
  const admin = redis.client();
  await admin.script('FLUSH');
  expect(await Promise.all(['a', 'b', 'b'].map((name) => create(commands, name)))).toEqual([
    'roomExists',
    'ok',
    'roomExists',
  ]);
});

test('what is asked for the first time, together with other things, is answered as if it were known', async () => {
  const commands = await open();
  const { occupants } = keys.room('first');
  await redis.client().hset(occupants, 'field', 'value');
  const { lease } = keys.node('first');
  const asked = await Promise.allSettled([
    commands.plain('zcard', keys.room('first').names),
    create(commands, 'first'),
    commands.plain('hget', occupants, 'field'),
    commands.run(registerNode, { lease }, { ttlMs: 1000, keepMs: 1000 }),
    create(commands, 'first'),
    commands.plain('exists', occupants),
  ]);
  expect(asked.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual([
    0,
    'ok',
    Buffer.from('value'),
    expect.any(Number),
    'roomExists',
    1,
  ]);
});

test('the bytes that are outstanding are bounded; what is beyond fails at once, and may be tried again', async () => {
  const errors = new Tally([]);
  const commands = await open({ queueBytesMax: 5000, measured: { durations: new Distributions([1]), errors } });
  const send = (bytes: number): Promise<Reply> =>
    commands.plain('hdel', keys.room('bytes').occupants, Buffer.alloc(bytes, 'x'));
  const [first, second, third] = [send(3000), send(3000), send(1500)];
  expect(commands.budget.bytes).toBeGreaterThan(4500);
  await expect(second).rejects.toBeInstanceOf(StateUnavailable);
  expect([...errors]).toEqual([['overload', 1]]);
  expect(await Promise.all([first, third])).toEqual([0, 0]);
  expect(commands.budget.bytes).toBe(0);
  expect(await send(3000)).toBe(0);
  // Not even where nothing else is outstanding.
  await expect(send(6000)).rejects.toBeInstanceOf(StateUnavailable);
});

test('what a caller got wrong is a defect, not a matter of waiting', async () => {
  const commands = await open();
  await redis.client().set(keys.room('text').names, 'text');
  const wrong = commands.plain('zrem', keys.room('text').names, 'a');
  await expect(wrong).rejects.toThrow('WRONGTYPE');
  await expect(wrong).rejects.not.toBeInstanceOf(StateUnavailable);
  expect(commands.budget.count).toBe(0);
});

test('a full Redis is unavailable and has answered; scripts that are declared so run all the same', async () => {
  const own = await startRedis(scope);
  const errors: Error[] = [];
  const commands = await open({ onError: (error) => errors.push(error) }, own);
  await commands.allowWhenFull();
  expect(await create(commands, 'before')).toBe('ok');
  expect(commands.fullAt).toBeUndefined();
  await own.client().config('SET', 'maxmemory', 1);
  await expect(create(commands, 'a')).rejects.toBeInstanceOf(StateUnavailable);
  expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/^OOM/)]);
  expect(commands.healthy).toBe(true);
  expect(commands.fullAt).toBeGreaterThan(0);
  const { lease } = keys.node('n1');
  expect(await commands.run(registerNode, { lease }, { ttlMs: 1000, keepMs: 1000 })).toBeGreaterThan(0);
  await commands.run(noteLease, keys, { own: 1, node: 'n1', expires: 1 });
  // Also after the server has forgotten them.
  await own.client().script('FLUSH');
  await commands.run(noteLease, keys, { own: 1, node: 'n1', expires: 1 });
});

test('a node that may not act sends nothing but what concerns its lease', async () => {
  let allowed = false;
  const commands = await open({ mayAct: () => allowed });
  await expect(create(commands, 'fenced')).rejects.toBeInstanceOf(StateUnavailable);
  expect(await redis.client().exists(keys.room('fenced').meta)).toBe(0);
  expect(await commands.runUnfenced(createRoom, keys.room('unfenced'), args)).toBe('ok');
  allowed = true;
  expect(await create(commands, 'fenced')).toBe('ok');
});

test('a server that has forgotten a script is sent it once, however many calls are under way, and each is done', async () => {
  const own = await startRedis(scope);
  const commands = await open({}, own);
  const evals = async (): Promise<string | undefined> =>
    /cmdstat_eval:calls=(\d+)/.exec(await own.client().info('commandstats'))?.[1];
  const makeAll = (kind: string): Promise<string[]> =>
    Promise.all(Array.from({ length: 50 }, (_, i) => create(commands, `${kind} ${i}`)));
  expect(new Set(await makeAll('first'))).toEqual(new Set(['ok']));
  expect(await evals()).toBe('1');
  await own.client().script('FLUSH');
  expect(new Set(await makeAll('second'))).toEqual(new Set(['ok']));
  expect(await evals()).toBe('2');
});

test('what a server has not run is not sent again by a node that may not act any more', async () => {
  let allowed = true;
  const own = await startRedis(scope);
  const commands = await open({ mayAct: () => allowed }, own);
  expect(await create(commands, 'before')).toBe('ok');
  await own.client().script('FLUSH');
  const late = create(commands, 'late');
  allowed = false;
  await expect(late).rejects.toThrow('the lease of this node has run out');
  expect(await own.client().exists(keys.room('late').meta)).toBe(0);
  expect(commands.budget.count).toBe(0);
});

test('while Redis does not answer, calls fail in time, and no more of them wait than the bound', async () => {
  const errors: Error[] = [];
  const commands = await open({ timeoutMs: 2000, queueMax: 3, onError: (error) => errors.push(error) });
  redis.pause();
  const waiting = ['w1', 'w2', 'w3'].map((name) => create(commands, name));
  expect(commands.budget.count).toBe(3);
  await expect(create(commands, 'w4')).rejects.toThrow('too many commands');
  for (const one of await Promise.allSettled(waiting)) {
    expect(one).toMatchObject({ status: 'rejected', reason: expect.any(StateUnavailable) });
  }
  // Not forgotten: what was sent may still be executed, and counts until it is known.
  expect(commands.budget.count).toBe(3);
  redis.resume();
  await eventually(() => expect(commands.budget.count).toBe(0));
  expect(await create(commands, 'w1')).toBe('roomExists');
  expect(await create(commands, 'w4')).toBe('ok');
});

test('without a connection calls fail at once, and succeed when it is back', async () => {
  const own = await startRedis(scope);
  const commands = await open({ timeoutMs: 60_000 }, own);
  await own.kill();
  await eventually(() => expect(create(commands, 'gone')).rejects.toBeInstanceOf(StateUnavailable));
  await own.restart();
  expect(await eventually(() => create(commands, 'back'))).toBe('ok');
});

test('what is asked in one turn goes out in one write, and what is asked in the next one too', async () => {
  const { client, commands } = await openWithClient();
  if (!('stream' in client)) throw new Error('this is about one server');
  await create(commands, 'turns');
  const { stream } = client;
  let writes = 0;
  for (const name of ['_write', '_writev'] as const) {
    const write = Reflect.get(stream, name) as (...args: unknown[]) => void;
    Reflect.set(stream, name, (...of: unknown[]) => {
      writes++;
      write.apply(stream, of);
    });
  }
  for (const turn of [1, 2]) {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => create(commands, 'turns')));
    expect(new Set(outcomes)).toEqual(new Set(['roomExists']));
    expect(writes).toBe(turn);
  }
});

test('one server is asked in the order of the calls, plain commands and scripts alike, whatever is under way', async () => {
  const commands = await open();
  const { lease, manifest } = keys.node('ordered');
  await commands.runUnfenced(registerNode, { lease }, { ttlMs: 60_000, keepMs: 60_000 });
  const add = (): Promise<unknown> => commands.run(addToManifest, { lease, manifest }, {}, { args: ['room:lobby'] });
  for (let round = 0; round < 20; round++) {
    // Something is under way, or nothing.
    const before = round % 2 === 0 ? commands.plain('exists', lease) : add();
    if (round % 3 > 0) await new Promise((done) => void setImmediate(done));
    const [, , there] = await Promise.all([
      commands.plain('zrem', manifest, 'room:lobby'),
      add(),
      commands.plain('zcard', manifest),
    ]);
    expect(there).toBe(1);
    const [, , gone] = await Promise.all([
      add(),
      commands.plain('zrem', manifest, 'room:lobby'),
      commands.plain('zcard', manifest),
    ]);
    expect(gone).toBe(0);
    await before;
  }
});
