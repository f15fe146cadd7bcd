// Transient messages with an `event`: what a socket says of one kind to one room or user in quick succession is told as it stands,
// not each time; its order towards all else that it says stays, and the last of it is never lost.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventOf, Transients, type Passing } from '../../src/chat/message/transients.ts';
import { ok, type Ok } from '../../src/chat/outcome.ts';
import { fail, type Failure } from '../../src/protocol/errors/errors.ts';
import { newCounters } from '../../src/ops/counters.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { loginRpc, type Call, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startService, type ServiceNode } from '../support/service.ts';
import { counted } from '../support/talk.ts';
import { field } from './world.ts';

const scope = useScope();
let nodes: readonly ServiceNode[] = [];
beforeAll(async () => {
  ({ nodes } = await startService(scope, { nodes: 2, env: apiEnv }));
});

let names = 0;
const login = (node: 0 | 1, format: 'msgpack' | 'json' = 'msgpack'): Promise<User> =>
  loginRpc(scope, nodes[node]?.url ?? '', `user-${++names}`, { format });
const coalesced = (): Promise<number> => counted(nodes, 'parley_transients_coalesced_total');

async function roomOf(...users: User[]): Promise<string> {
  const [roomName, [owner]] = [`room-${++names}`, users];
  await owner?.call('roomCreate', roomName);
  for (const user of users) await user.call('roomJoin', roomName);
  return roomName;
}

/** One kind of target: how something is said to it, and what the one who listens hears. */
interface Kind {
  readonly start: (format: 'msgpack' | 'json') => Promise<{ alice: User; bob: User; target: string }>;
  readonly method: 'roomMessage' | 'directMessage';
}

const kinds: Record<string, Kind> = {
  'to a room': {
    method: 'roomMessage',
    start: async (format) => {
      const [alice, bob] = [await login(0, format), await login(1, format)];
      return { alice, bob, target: await roomOf(alice, bob) };
    },
  },
  'to a user': {
    method: 'directMessage',
    start: async (format) => {
      const [alice, bob] = [await login(0, format), await login(1, format)];
      return { alice, bob, target: bob.userName };
    },
  },
};

const typing = (n: number, event = 'typing'): Value => ({ event, n });
const passes = { transient: true };
const numbersHeard = (user: User, method: Kind['method']): (Value | undefined)[] =>
  user.heard(method).map((params) => field(params.at(-1), 'n'));

describe.each(Object.entries(kinds))('what is said %s', (_, { method, start }) => {
  test.each(['msgpack', 'json'] as const)('in a storm is told first and last, as %s', async (format) => {
    const { alice, bob, target } = await start(format);
    const before = await coalesced();
    const calls = Array.from({ length: 60 }, (_n, n): Call => [method, target, typing(n), passes]);
    for (const outcome of alice.callAll(...calls)) expect(await outcome).toEqual({ result: null });
    await eventually(() => expect(numbersHeard(bob, method).at(-1)).toBe(59));
    const heard = numbersHeard(bob, method);
    expect(heard[0]).toBe(0);
    expect(heard).toEqual(heard.toSorted((a, b) => Number(a) - Number(b)));
    // Each either went, or was replaced.
    const replaced = (await coalesced()) - before;
    expect(replaced).toBeGreaterThan(0);
    expect(heard.length).toBe(60 - replaced);
  });

  test('before a message that is stored comes before it, however short the time', async () => {
    const { alice, bob, target } = await start('msgpack');
    for (let round = 0; round < 5; round++) {
      const calls: Call[] = [
        [method, target, typing(3 * round), passes],
        [method, target, typing(3 * round + 1), passes],
        [method, target, { n: 3 * round + 2 }],
      ];
      await Promise.all(alice.callAll(...calls));
    }
    await eventually(() => expect(numbersHeard(bob, method).at(-1)).toBe(14));
    const heard = numbersHeard(bob, method);
    expect(heard).toEqual(heard.toSorted((a, b) => Number(a) - Number(b)));
    for (let round = 0; round < 5; round++) {
      // What stood before the message was said, and the message itself.
      expect(heard).toContain(3 * round + 1);
      expect(heard).toContain(3 * round + 2);
    }
  });

  test('without an event, or with an id, is told each time, and behind what waits', async () => {
    const { alice, bob, target } = await start('msgpack');
    await Promise.all(
      alice.callAll(
        [method, target, typing(0), passes],
        [method, target, typing(1), passes],
        [method, target, { n: 2 }, passes],
        [method, target, { n: 3 }, passes],
        [method, target, typing(4), { transient: true, clientMessageId: `a ${target}` }],
        [method, target, typing(5), { transient: true, clientMessageId: `b ${target}` }],
      ),
    );
    await eventually(() => expect(numbersHeard(bob, method)).toEqual([0, 1, 2, 3, 4, 5]));
  });

  test('is not overtaken by another event, nor lost where its socket closes at once', async () => {
    const { alice, bob, target } = await start('msgpack');
    await alice.call(method, target, typing(0), passes);
    await Promise.all(
      alice.callAll([method, target, typing(1), passes], [method, target, typing(2, 'stopped'), passes]),
    );
    alice.raw.close();
    await eventually(() => expect(numbersHeard(bob, method)).toEqual([0, 1, 2]));
  });
});

test('other events, targets and sockets have nothing to do with one another', async () => {
  const [alice, bob] = [await login(0), await login(1)];
  const again = await loginRpc(scope, nodes[0]?.url ?? '', alice.userName);
  const rooms = [await roomOf(alice, bob), await roomOf(alice, bob)];
  const before = await coalesced();
  const calls = rooms.flatMap((room): Call[] =>
    ['typing', 'recording'].map((event) => ['roomMessage', room, { event }, passes]),
  );
  await Promise.all([...alice.callAll(...calls), ...again.callAll(...calls)]);
  await eventually(() => expect(bob.heard('roomMessage')).toHaveLength(2 * calls.length));
  expect(await coalesced()).toBe(before);
});

test('who leaves a room has said what it was about to say', async () => {
  const [alice, bob] = [await login(0), await login(1)];
  const room = await roomOf(alice, bob);
  const outcomes = alice.callAll(
    ['roomMessage', room, typing(0), passes],
    ['roomMessage', room, typing(1), passes],
    ['roomLeave', room],
  );
  expect(await Promise.all(outcomes)).toEqual([{ result: null }, { result: null }, { result: 0 }]);
  await bob.next('roomUserLeft');
  expect(numbersHeard(bob, 'roomMessage')).toEqual([0, 1]);
});

test('who may not speak is refused each time, and what is too large is', async () => {
  const [alice, stranger] = [await login(0), await login(0)];
  const room = await roomOf(alice);
  const call: Call = ['roomMessage', room, { event: 'typing' }, passes];
  for (const outcome of await Promise.all(stranger.callAll(call, call, call))) {
    expect(outcome).toMatchObject({ error: { code: 'notJoined' } });
  }
  const large: Call = ['roomMessage', room, { event: 'typing', x: 'x'.repeat(20_000) }, passes];
  const [first, second] = await Promise.all(alice.callAll(call, large));
  expect([first, second]).toMatchObject([{ result: null }, { error: { code: 'messageTooLarge' } }]);
});

test('what the service says for a user goes as it comes', async () => {
  const [alice, bob] = [await login(0), await login(1)];
  const room = await roomOf(alice, bob);
  const api = serverApi(nodes[0] ?? { apiPort: 0 });
  const said = Array.from({ length: 8 }, (_, n) =>
    api.call('roomMessage', [room, typing(n), passes], { userName: alice.userName }),
  );
  expect(await Promise.all(said)).toEqual(said.map(() => null));
  await eventually(() => expect(bob.heard('roomMessage')).toHaveLength(8));
});

describe('by itself', () => {
  const HOUR = 3_600_000;
  const counters = newCounters();
  const start = (options: ConstructorParameters<typeof Transients>[1] = {}): Transients =>
    new Transients(counters, { windowMs: HOUR, ...options });
  const socket = (socketId = 's', open = true): { socketId: string; open: boolean } => ({ socketId, open });
  /** Notes what goes, and answers when it is told to. */
  const passing = (
    said: string[],
    name: string,
    { outcome = Promise.resolve(ok(null)), bytes = 10, event = 'typing' }: Partial<Saying> = {},
  ): Passing<Ok<null> | Failure> => ({
    target: 'room:lobby',
    event,
    bytes,
    send: () => {
      said.push(name);
      return outcome;
    },
  });
  interface Saying {
    readonly outcome: Promise<Ok<null> | Failure>;
    readonly bytes: number;
    readonly event: string;
  }

  test('the latest of each window goes, and nothing of it stays', async () => {
    const [transients, said]: [Transients, string[]] = [start({ windowMs: 200 }), []];
    for (const name of ['a', 'b', 'c']) void transients.pass(socket(), passing(said, name));
    expect([said, transients.waiting]).toEqual([['a'], 1]);
    await eventually(() => expect(said).toEqual(['a', 'c']));
    for (const name of ['d', 'e']) void transients.pass(socket(), passing(said, name));
    await eventually(() => expect(said.at(-1)).toBe('e'));
    expect(transients.waiting).toBe(0);
  });

  test('one is under way at a time, and those behind one that is refused are judged by themselves', async () => {
    const [transients, said]: [Transients, string[]] = [start({ windowMs: 50 }), []];
    let answer: (outcome: Failure) => void = () => undefined;
    const first = new Promise<Failure>((resolve) => {
      answer = resolve;
    });
    const outcomes = [
      transients.pass(socket(), passing(said, 'a', { outcome: first })),
      transients.pass(socket(), passing(said, 'b', { outcome: Promise.resolve(fail('notAllowed')) })),
      transients.pass(socket(), passing(said, 'c')),
    ];
    // The window ends, and has to wait: another one, opened behind it, has ended by then.
    void transients.pass(socket('other'), passing(said, 'x'));
    void transients.pass(socket('other'), passing(said, 'y'));
    await eventually(() => expect(said).toEqual(['a', 'x', 'y']));
    answer(fail('notAllowed'));
    expect(await Promise.all(outcomes)).toEqual([fail('notAllowed'), fail('notAllowed'), ok(null)]);
    expect([said, transients.waiting]).toEqual([['a', 'x', 'y', 'b', 'c'], 0]);
  });

  test('what waits is bounded, in number and bytes: the rest goes as it comes', () => {
    const [transients, said]: [Transients, string[]] = [start({ windowsMax: 2, bytesMax: 25 }), []];
    for (const [name, id] of ['a', 'b', 'c'].entries()) {
      void transients.pass(socket(id), passing(said, `${id}${name}`));
      void transients.pass(socket(id), passing(said, `${id} again`, { bytes: 15 }));
    }
    // Two windows, one that waits; of the other two sockets everything has gone.
    expect(said).toEqual(['a0', 'b1', 'b again', 'c2', 'c again']);
    expect(transients.waiting).toBe(1);
    void transients.closed('a');
    expect([said.at(-1), transients.waiting]).toEqual(['a again', 0]);
  });

  test('a socket that is gone keeps nothing waiting', async () => {
    const [transients, said]: [Transients, string[]] = [start(), []];
    for (const name of ['a', 'b']) await transients.pass(socket('s', false), passing(said, name));
    expect([said, transients.waiting]).toEqual([['a', 'b'], 0]);
  });

  test('what had waited and is refused is counted', async () => {
    const [transients, said]: [Transients, string[]] = [start(), []];
    const before = counters.transientsRefused;
    await transients.pass(socket(), passing(said, 'a'));
    await transients.pass(socket(), passing(said, 'b', { outcome: Promise.resolve(fail('notAllowed')) }));
    await transients.flush('s', 'room:lobby');
    expect(await transients.flush('s', 'room:elsewhere')).toBeUndefined();
    await eventually(() => expect(counters.transientsRefused).toBe(before + 1));
  });

  test('only what is transient, has an event of some length, no id, and mentions nobody is coalesced', () => {
    const event = 'typing';
    expect(eventOf({ event }, passes)).toBe(event);
    expect(eventOf({ event }, { transient: true, clientMessageId: '' })).toBe(event);
    for (const options of [undefined, {}, { transient: false }, { transient: true, clientMessageId: 'c' }]) {
      expect(eventOf({ event }, options)).toBeUndefined();
    }
    expect(eventOf({ event }, { ...passes, mentions: [], mentionAll: false })).toBe(event);
    for (const mention of [{ mentionAll: true }, { mentions: ['ann'] }]) {
      expect(eventOf({ event }, { ...passes, ...mention })).toBeUndefined();
    }
    for (const other of [{}, { event: 1 }, { event: 'x'.repeat(129) }]) expect(eventOf(other, passes)).toBeUndefined();
  });
});
