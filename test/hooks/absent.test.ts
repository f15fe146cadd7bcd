// onAbsent: whom it is told of, with what, and what becomes of messages that are too many for it.
import { beforeAll, expect, test } from '@jest/globals';
import { Absences } from '../../src/chat/message/absences.ts';
import { HookRunner } from '../../src/hooks/runner.ts';
import { roomMessageFrame } from '../../src/protocol/message.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import type { User } from '../support/rpc.ts';
import type { ServiceNode } from '../support/service.ts';
import { told, toldOf, useHookedWorld } from './hooked-service.ts';

const world = useHookedWorld({ nodes: 2, env: { PARLEY_DIRECT_MESSAGES: 'stored' } });
let node: ServiceNode;
beforeAll(() => {
  node = world.service.node(0);
});

/** A room of an owner, with members who need not be there. */
async function roomOf(owner: User, ...members: string[]): Promise<string> {
  const name = world.fresh('club');
  await owner.call('roomCreate', name);
  await owner.call('roomJoin', name);
  const { roster, muted } = new Keyspace(world.service.prefix).room(name);
  const client = world.service.redis.client();
  for (const member of members) await client.zadd(roster, 0, member);
  await client.sadd(muted, 'muted');
  return name;
}

const toldIn = (room: string): ValueMap[] => told(node, 'onAbsent').filter(({ roomName }) => roomName === room);

test('is told of a stored message of a room whose members are away, with what its sender gives for it', async () => {
  const owner = await world.login();
  const here = await world.login(undefined, { node: world.service.node(1) });
  const away = ['away', 'muted', 'named'];
  const room = await roomOf(owner, owner.userName, here.userName, ...away);
  const say = (message: ValueMap, options: ValueMap = {}): Promise<Value> =>
    owner.call('roomMessage', room, message, options);
  const pushData = { title: 'Hello', badge: 3 };
  await say({ passing: true }, { transient: true, pushData });
  const options = { clientMessageId: 'c', mentions: ['named', here.userName], pushData };
  for (let i = 0; i < 2; i++) await say({ text: 'one' }, options);
  const message = { text: 'one', author: owner.userName, id: 1, timestamp: expect.any(Number) };
  const mentions = ['named', here.userName];
  expect(await toldOf(node, 'onAbsent', room)).toEqual({
    roomName: room,
    message: { ...message, mentions },
    absent: away,
    muted: ['muted'],
    mentions: ['named'],
    pushData,
  });
  // What is not for members is nobody's to tell, nor is what its receivers hear.
  expect(JSON.stringify(owner.heard('roomMessage'))).not.toContain('badge');
  await say({ text: 'two' }, { mentionAll: true });
  await eventually(() => expect(toldIn(room)).toHaveLength(2));
  expect(toldIn(room)[1]).toMatchObject({ absent: away, mentions: away });
  expect(toldIn(room)[1]).not.toHaveProperty('pushData');
});

test('is told of a direct message whose receiver is away, and of none whose receiver is there', async () => {
  const [alice, bob] = [await world.login(), await world.login()];
  const witness = await world.login(bob.userName);
  await alice.call('directMessage', bob.userName, { text: 'there' });
  // Who is absent is asked behind the answer: Redis has said so before it answers these.
  for (let i = 0; i < 2; i++) await alice.call('directHistoryGet', bob.userName);
  for (const socket of [bob, witness]) {
    socket.raw.close(1000);
    await socket.raw.closed;
  }
  const redis = world.service.redis.client();
  const { sockets } = new Keyspace(world.service.prefix).user(bob.userName);
  await eventually(async () => expect(await redis.exists(sockets)).toBe(0));
  await alice.call('directMessage', bob.userName, { text: 'away' }, { mentions: [bob.userName], pushData: { n: 1 } });
  expect(await toldOf(node, 'onAbsent', bob.userName)).toMatchObject({
    userName: bob.userName,
    message: { text: 'away', author: alice.userName, id: 2 },
    absent: [bob.userName],
    muted: [],
    mentions: [bob.userName],
    pushData: { n: 1 },
  });
});

test('is told of a will, and costs its sender nothing where it throws or hangs', async () => {
  const [owner, guest] = [await world.login(), await world.login()];
  const room = await roomOf(owner, 'away');
  await guest.call('roomJoin', room);
  await guest.call('roomMessage', room, { text: 'bye' }, { will: true, pushData: { of: 'will' } });
  for (const word of ['throw-1', 'hang-1']) {
    expect(await owner.call('roomMessage', room, { whenAbsent: word })).toEqual(expect.any(Number));
  }
  guest.raw.close(1000);
  await eventually(() => expect(toldIn(room)).toHaveLength(3));
  expect(toldIn(room).at(-1)).toMatchObject({ message: { text: 'bye', id: 3 }, pushData: { of: 'will' } });
});

test('pushData is a map of at most 4096 bytes', async () => {
  const owner = await world.login();
  const room = await roomOf(owner);
  const send = (text: string): Promise<unknown> =>
    owner.refusal('roomMessage', room, {}, { pushData: { text } }).catch(() => 'posted');
  expect(await send('x'.repeat(4087))).toBe('posted');
  for (const options of [{}, { will: true }]) {
    const refusal = await owner.refusal('roomMessage', room, {}, { ...options, pushData: { text: 'x'.repeat(4088) } });
    expect(refusal).toMatchObject({ code: 'badArgument', message: expect.stringContaining('4097 bytes') });
  }
  const direct = await owner.refusal('directMessage', 'bob', {}, { pushData: { text: 'x'.repeat(4088) } });
  expect(direct).toMatchObject({ code: 'badArgument' });
  expect(await owner.refusal('roomMessage', room, {}, { pushData: 'text' })).toMatchObject({ code: 'badArgument' });
});

test('a few go at a time; what is too much waits in bounds, and what is dropped is counted and told now and then', async () => {
  const { prefix, middle } = roomMessageFrame('lobby', 'ann', {}, false);
  const frame = Buffer.concat([prefix, new Uint8Array(8), middle, new Uint8Array(8)]);
  const counters = { absentDropped: 0 };
  const [dropped, given]: [number[], unknown[]] = [[], []];
  let [underWay, most] = [0, 0];
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const onAbsent = async (argument: unknown): Promise<void> => {
    most = Math.max(most, ++underWay);
    given.push(argument);
    await held;
    underWay--;
  };
  const hooks = new HookRunner(
    { functions: new Map([['onAbsent', onAbsent]]), policies: new Map() },
    { timeoutMs: 60_000, pendingMax: 100, onFailure: () => '' },
  );
  const absents = {
    read: (_: string, __: unknown, id: number) =>
      id === 7 ? Promise.reject(new Error('away')) : Promise.resolve({ frame, readers: ['bob'], muted: [] }),
    absentOf: (names: readonly string[]) => Promise.resolve([...names]),
  };
  const deps = { hooks, absents: absents as never, counters, onDropped: (count: number) => dropped.push(count) };
  const absences = new Absences(deps);
  const pushed = { mentions: undefined, pushData: undefined };
  for (let id = 1; id <= 1010; id++) absences.inRoom('lobby', 'ann', id, pushed);
  expect([counters.absentDropped, dropped, given.length]).toEqual([10, [1], 0]);
  await eventually(() => expect(underWay).toBe(4));
  goOn();
  await eventually(() => expect(given).toHaveLength(999));
  // One could not be read.
  expect([counters.absentDropped, most]).toEqual([11, 4]);
  new Absences({ ...deps, hooks: undefined }).inRoom('lobby', 'ann', 1, pushed);
  expect(given).toHaveLength(999);
});
