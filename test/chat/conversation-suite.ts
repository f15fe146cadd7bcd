// Messages from user to user where the service keeps them: what is there for who was away, histories, how far messages have come.
import { describe, expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { loginRpc, type Rpc, type User } from '../support/rpc.ts';
import { fenceUser, field, limits, until, type World } from './world.ts';

export function conversationSuite(world: World): void {
  describe('a direct message that is kept', () => {
    keeping(world);
    floods(world);
    refusals(world);
    repeats(world);
    transients(world);
  });
  describe('a conversation', () => {
    histories(world);
    unreachable(world);
  });
  describe('how far a message has come', () => {
    reading(world);
    arriving(world);
  });
}

export const idsOf = (messages: Value): (Value | undefined)[] =>
  listOf(messages).map((message) => field(message, 'id'));
export const statusesOf = (messages: Value): (Value | undefined)[] =>
  listOf(messages).map((message) => field(message, 'status'));
export const listOf = (value: Value | undefined): Value[] => (Array.isArray(value) ? value : []);

/** The user's last socket closes, and the service knows. */
export async function goAway(world: World, user: User): Promise<void> {
  const witness = await world.login(0, user.userName);
  user.raw.close(1000);
  await user.raw.closed;
  // Of a witness that has gone before it may be told as well.
  await until(witness, 'socketDisconnectEcho', ([id]) => id === user.authData.id);
  witness.raw.close(1000);
  await witness.raw.closed;
}

export const send = (from: Rpc, to: string, text: string, options: ValueMap = {}): Promise<Value> =>
  from.call('directMessage', to, { text }, options);

function keeping(world: World): void {
  test('has the next id of the two, reaches whoever is there, and is there for who is away', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const [aliceToo, bobToo] = [await world.login(1, alice.userName), await world.login(0, bob.userName)];
    const sent = { text: 'one', nested: { list: [1, null, [true]], id: 3 }, id: 77, status: 'mine', author: 'eve' };
    const first = await alice.call('directMessage', bob.userName, sent);
    expect(first).toEqual({
      text: 'one',
      nested: sent.nested,
      author: alice.userName,
      timestamp: expect.any(Number),
      id: 1,
    });
    for (const told of [bob, bobToo]) expect(await told.next('directMessage')).toEqual([first]);
    expect(await aliceToo.next('directMessageEcho')).toEqual([bob.userName, first]);
    const second = await send(bob, alice.userName, 'two');
    expect(second).toMatchObject({ id: 2, author: bob.userName });
    for (const told of [alice, aliceToo]) expect(await told.next('directMessage')).toEqual([second]);
    for (const socket of [bob, bobToo]) await goAway(world, socket);
    const third = await send(alice, bob.userName, 'three');
    expect(third).toMatchObject({ id: 3 });
    expect(await aliceToo.next('directMessageEcho')).toEqual([bob.userName, third]);
    const back = await world.login(1, bob.userName);
    const history = await back.call('directHistoryGet', alice.userName);
    expect(history).toEqual([
      { ...Object(first), status: expect.any(String) },
      { ...Object(second), status: expect.any(String) },
      { ...Object(third), status: expect.any(String) },
    ]);
    await fenceUser(aliceToo, alice);
    for (const one of [alice, bob]) expect(one.heard('directMessageEcho')).toEqual([]);
    expect(back.heard('directMessage')).toEqual([]);
  });

  test('comes in the order of its ids to all of both, whoever writes at the same time', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const aliceToo = await world.login(1, alice.userName);
    const calls = (to: string): [string, string, ValueMap][] =>
      Array.from({ length: 10 }, (_, i) => ['directMessage', to, { text: `${i}` }]);
    const outcomes = await Promise.all([
      ...alice.callAll(...calls(bob.userName)),
      ...aliceToo.callAll(...calls(bob.userName)),
      ...bob.callAll(...calls(alice.userName)),
    ]);
    const ids = outcomes.map((outcome) => ('result' in outcome ? field(outcome.result, 'id') : outcome));
    expect(ids.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    await eventually(() => expect(bob.heard('directMessage')).toHaveLength(20));
    const heard = bob.heard('directMessage').map(([message]) => Number(field(message, 'id')));
    expect(heard).toEqual(heard.toSorted((a, b) => a - b));
  });
}

function floods(world: World): void {
  test('goes with others of its author that are ready, each judged by itself, in order, and before what comes behind them', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const aliceToo = await world.login(1, alice.userName);
    const calls = Array.from({ length: 30 }, (_, i): [string, string, ValueMap, ValueMap] => [
      'directMessage',
      bob.userName,
      { text: i === 7 ? 'x'.repeat(limits.messageBytes) : `${i}` },
      // Three that are one.
      { clientMessageId: i === 20 || i === 21 ? 'c-19' : `c-${i}` },
    ]);
    const behind: [string, string] = ['directHistoryGet', bob.userName];
    const outcomes = await Promise.all(alice.callAll(...calls, behind));
    const history = outcomes.pop();
    const texts = calls.map((_, i) => `${i}`).filter((text) => !['7', '20', '21'].includes(text));
    const ids = outcomes.map((outcome) => ('result' in outcome ? field(outcome.result, 'id') : outcome.error.code));
    expect(ids).toEqual(
      calls.map((_, i) => {
        if (i === 7) return 'messageTooLarge';
        return texts.indexOf(i === 20 || i === 21 ? '19' : `${i}`) + 1;
      }),
    );
    expect(history).toHaveProperty('result', expect.arrayContaining([expect.objectContaining({ id: texts.length })]));
    const heard = (user: User, name: string): unknown[] =>
      user.heard(name).map((params) => field(params.at(-1), 'text'));
    await eventually(() => expect(heard(bob, 'directMessage')).toEqual(texts));
    await eventually(() => expect(heard(aliceToo, 'directMessageEcho')).toEqual(texts));
    expect(alice.heard('directMessageEcho')).toEqual([]);
  });
}

function refusals(world: World): void {
  test('is refused for one reason before another, and nothing of it is kept', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const tooLarge = { text: 'x'.repeat(limits.messageBytes) };
    const refusal = async (to: string, message: ValueMap = tooLarge): Promise<string> =>
      (await alice.refusal('directMessage', to, message)).code;
    for (const nobody of [world.fresh('nobody'), '', 'a:b']) expect(await refusal(nobody)).toBe('noUser');
    expect(await refusal(alice.userName)).toBe('notAllowed');
    await bob.call('directAddToList', 'blacklist', [alice.userName]);
    for (const message of [{}, tooLarge]) expect(await refusal(bob.userName, message)).toBe('notAllowed');
    await bob.call('directRemoveFromList', 'blacklist', [alice.userName]);
    await bob.call('directSetWhitelistMode', true);
    expect(await refusal(bob.userName, {})).toBe('notAllowed');
    await bob.call('directSetWhitelistMode', false);
    expect(await refusal(bob.userName)).toBe('messageTooLarge');
    expect(await bob.call('directHistoryGet', alice.userName)).toEqual([]);
  });
}

function repeats(world: World): void {
  test('is kept once, whatever a repeat carries, wherever it comes in, and whoever is away', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const elsewhere = await world.login(1, alice.userName);
    const clientMessageId = 'm-1';
    const first = await send(alice, bob.userName, 'first', { clientMessageId });
    const tooLarge = 'x'.repeat(limits.messageBytes);
    for (const text of ['first', 'other', tooLarge]) {
      for (const from of [alice, elsewhere]) {
        expect(await send(from, bob.userName, text, { clientMessageId })).toEqual(first);
        expect(await send(from, bob.userName, text, { clientMessageId, mentionAll: true })).toEqual(first);
        expect(await send(from, bob.userName, text, { clientMessageId, transient: true })).toEqual(first);
      }
    }
    for (const [to, code] of [
      [bob.userName, 'notAllowed'],
      [world.fresh('nobody'), 'noUser'],
    ] as const) {
      for (const options of [{}, { transient: true }, { clientMessageId: 'm-0' }]) {
        const toAll = { ...options, mentionAll: true };
        expect(await alice.refusal('directMessage', to, { event: 'wave' }, toAll)).toMatchObject({ code });
      }
    }
    expect(await send(bob, alice.userName, 'back', { clientMessageId })).toMatchObject({ id: 2, text: 'back' });
    expect(await bob.next('directMessage')).toEqual([first]);
    await goAway(world, bob);
    expect(await send(alice, bob.userName, 'first', { clientMessageId })).toEqual(first);
    const away = await send(alice, bob.userName, 'away', { clientMessageId: 'm-2' });
    expect(await send(elsewhere, bob.userName, 'away', { clientMessageId: 'm-2' })).toEqual(away);
    expect(idsOf(await alice.call('directHistoryGet', bob.userName))).toEqual([1, 2, 3]);
    expect(bob.heard('directMessage')).toEqual([[first]]);
    await fenceUser(alice, elsewhere);
    expect(elsewhere.heard('directMessageEcho')).toEqual([
      [bob.userName, first],
      [bob.userName, away],
    ]);
  });
}

function transients(world: World): void {
  test('may be transient: it reaches who is there, has no id, and is not kept', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const aliceToo = await world.login(1, alice.userName);
    const transient = { transient: true };
    expect(await send(alice, bob.userName, 'typing', transient)).toBeNull();
    const typing = { text: 'typing', author: alice.userName, timestamp: expect.any(Number) };
    expect(await bob.next('directMessage')).toEqual([typing]);
    expect(await aliceToo.next('directMessageEcho')).toEqual([bob.userName, typing]);
    const known = { ...transient, clientMessageId: 't-1' };
    for (let i = 0; i < 2; i++) expect(await send(alice, bob.userName, 'known', known)).toBeNull();
    expect(await send(alice, bob.userName, 'not transient', { clientMessageId: 't-1' })).toBeNull();
    expect(await send(alice, bob.userName, 'kept')).toMatchObject({ id: 1 });
    await eventually(() => expect(bob.heard('directMessage')).toHaveLength(3));
    await goAway(world, bob);
    // Nobody hears it, which is no reason to refuse it.
    expect(await send(alice, bob.userName, 'typing', transient)).toBeNull();
    expect(await alice.refusal('directMessage', alice.userName, {}, transient)).toMatchObject({ code: 'notAllowed' });
    expect(await alice.refusal('directMessage', world.fresh('x'), {}, known)).toMatchObject({ code: 'noUser' });
    expect(idsOf(await alice.call('directHistoryGet', bob.userName))).toEqual([1]);
  });
}

function histories(world: World): void {
  test('is read page by page, from an id or a time on, by both; its oldest messages go', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const sent: Value[] = [];
    for (let i = 1; i <= limits.directHistoryMaxSize + 3; i++) {
      sent.push(i % 3 === 0 ? await send(bob, alice.userName, `${i}`) : await send(alice, bob.userName, `${i}`));
    }
    const last = sent.length;
    const read = async (options: ValueMap = {}): Promise<(Value | undefined)[]> => {
      const pages = [
        await alice.call('directHistoryGet', bob.userName, options),
        await bob.call('directHistoryGet', alice.userName, options),
      ];
      expect(idsOf(pages[0] ?? null)).toEqual(idsOf(pages[1] ?? null));
      return idsOf(pages[0] ?? null);
    };
    const { pageMax } = limits;
    const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    expect(await read()).toEqual(range(last - pageMax + 1, last));
    expect(await read({ limit: 1000 })).toEqual(range(last - pageMax + 1, last));
    expect(await read({ limit: 2 })).toEqual([last - 1, last]);
    expect(await read({ fromId: 8, limit: 2 })).toEqual([6, 7]);
    expect(await read({ fromId: 8, limit: 2, direction: 'forward' })).toEqual([9, 10]);
    expect(await read({ direction: 'forward', limit: 2 })).toEqual([4, 5]);
    expect(await read({ fromId: 5 })).toEqual([4]);
    expect(await read({ fromId: 2 })).toEqual([]);
    expect(await read({ fromId: last, direction: 'forward' })).toEqual([]);
    const timeOf = (id: number): number => Number(field(sent[id - 1], 'timestamp'));
    const [since] = await read({ fromTime: timeOf(9), limit: 1 });
    expect(timeOf(Number(since))).toBe(timeOf(9));
    const upTo = await read({ fromTime: timeOf(9), limit: 1, direction: 'backward' });
    expect(timeOf(Number(upTo[0]))).toBe(timeOf(9));
    expect(await read({ fromTime: timeOf(last) + 1 })).toEqual([]);
    for (const bad of [{ direction: 'up' }, { fromId: -1 }, { limit: 0 }, { fromTime: 'now' }]) {
      expect(await alice.refusal('directHistoryGet', bob.userName, bad)).toMatchObject({ code: 'badArgument' });
    }
  });
}

function unreachable(world: World): void {
  test('is with another user who is known, and there is none where nothing is kept', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const live = await world.addNode({ PARLEY_DIRECT_MESSAGES: 'live' });
    const elsewhere = await loginRpc(world.scope, live.url, world.fresh('user'), { format: world.format });
    for (const [method, ...params] of [['directHistoryGet'], ['directMessageRead', 1]] as const) {
      expect(await alice.refusal(method, world.fresh('nobody'), ...params)).toMatchObject({ code: 'noUser' });
      expect(await alice.refusal(method, 'a:b', ...params)).toMatchObject({ code: 'noUser', args: ['a:b'] });
      expect(await alice.refusal(method, alice.userName, ...params)).toMatchObject({ code: 'notAllowed' });
      expect(await elsewhere.refusal(method, bob.userName, ...params)).toMatchObject({ code: 'notAllowed' });
    }
    expect(await alice.call('directMessageRead', bob.userName, 1)).toBeNull();
    expect(await alice.call('directHistoryGet', bob.userName)).toEqual([]);
  });
}

function reading(world: World): void {
  test('is told as it is read, to all of the author and the others of the reader, and never goes back', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const [aliceToo, bobToo] = [await world.login(1, alice.userName), await world.login(0, bob.userName)];
    for (const text of ['one', 'two']) await send(alice, bob.userName, text);
    await send(bob, alice.userName, 'three');
    await send(alice, bob.userName, 'four');
    const reads = (told: Rpc): Value[][] =>
      told.heard('directMessageStatus').filter(([, status]) => field(status, 'status') === 'read');
    expect(await bob.call('directMessageRead', alice.userName, 3)).toBeNull();
    const status = { status: 'read', upToId: 2 };
    await eventually(() => {
      for (const told of [alice, aliceToo]) expect(reads(told)).toEqual([[bob.userName, status]]);
      expect(reads(bobToo)).toEqual([[alice.userName, status]]);
    });
    for (const upToId of [3, 1, 0]) expect(await bob.call('directMessageRead', alice.userName, upToId)).toBeNull();
    expect(await bobToo.call('directMessageRead', alice.userName, 1000)).toBeNull();
    const all = { status: 'read', upToId: 4 };
    await eventually(() => {
      for (const told of [alice, aliceToo])
        expect(reads(told)).toEqual([status, all].map((one) => [bob.userName, one]));
      expect(reads(bob)).toEqual([[alice.userName, all]]);
    });
    expect(reads(bobToo)).toHaveLength(1);
    for (const [user, peer] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const statuses = statusesOf(await user.call('directHistoryGet', peer.userName));
      expect([statuses[0], statuses[1], statuses[3]]).toEqual(['read', 'read', 'read']);
      expect(statuses[2]).not.toBe('read');
    }
  });

  test('is at least that it was sent, once the receiver has read the history', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    await goAway(world, bob);
    for (const text of ['one', 'two', 'three']) await send(alice, bob.userName, text);
    expect(statusesOf(await alice.call('directHistoryGet', bob.userName))).toEqual(Array(3).fill('not_sent'));
    const [back, other] = [await world.login(1, bob.userName), await world.login(0, bob.userName)];
    // The first one nobody has had yet.
    expect(statusesOf(await back.call('directHistoryGet', alice.userName, { limit: 1 }))).toEqual(['not_sent']);
    expect(alice.heard('directMessageStatus')).toEqual([]);
    expect(statusesOf(await back.call('directHistoryGet', alice.userName))).toEqual(Array(3).fill('sent'));
    expect(await alice.next('directMessageStatus')).toEqual([bob.userName, { status: 'sent', upToId: 3 }]);
    expect(await other.next('directMessageStatus')).toEqual([alice.userName, { status: 'sent', upToId: 3 }]);
    expect(back.heard('directMessageStatus')).toEqual([]);
    expect(statusesOf(await alice.call('directHistoryGet', bob.userName))).toEqual(Array(3).fill('sent'));
  });
}

function arriving(world: World): void {
  test('is told once a socket of the receiver has had it, without anything that the receiver does', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const [aliceToo, bobToo] = [await world.login(1, alice.userName), await world.login(0, bob.userName)];
    for (let id = 1; id <= 3; id++) {
      await send(alice, bob.userName, `${id}`);
      await eventually(() => {
        for (const told of [alice, aliceToo]) {
          expect(told.heard('directMessageStatus').at(-1)).toEqual([bob.userName, { status: 'sent', upToId: id }]);
        }
        // One of the two was the first to have it.
        const others = [bob, bobToo].flatMap((told) => told.heard('directMessageStatus'));
        expect(others).toContainEqual([alice.userName, { status: 'sent', upToId: id }]);
      });
      expect(statusesOf(await alice.call('directHistoryGet', bob.userName)).at(-1)).toBe('sent');
    }
  });

  test('is not told of a socket that does not answer, which is asked by one ping at a time', async () => {
    const node = await world.addNode({});
    const [alice, userName] = [await world.login(0), world.fresh('user')];
    const silent = await loginRpc(world.scope, node.url, userName, { format: world.format, answerPings: false });
    for (let i = 0; i < 5; i++) await send(alice, userName, `${i}`);
    await eventually(() => expect(silent.heard('directMessage')).toHaveLength(5));
    await silent.call('ping');
    expect(silent.raw.pings).toBe(1);
    expect(statusesOf(await alice.call('directHistoryGet', userName))).toEqual(Array(5).fill('not_sent'));
    expect(alice.heard('directMessageStatus')).toEqual([]);
    // What it says itself counts.
    await silent.call('directMessageRead', alice.userName, 2);
    expect(await alice.next('directMessageStatus')).toEqual([userName, { status: 'read', upToId: 2 }]);
    const statuses = ['read', 'read', 'not_sent', 'not_sent', 'not_sent'];
    expect(statusesOf(await alice.call('directHistoryGet', userName))).toEqual(statuses);
  });

  test('ends before the first message that nobody has had', async () => {
    const [alice, bob, carol] = [await world.login(0), await world.login(1), await world.login(0)];
    await goAway(world, bob);
    await send(alice, bob.userName, 'one');
    const back = await world.login(1, bob.userName);
    await send(alice, bob.userName, 'two');
    await send(carol, bob.userName, 'hello');
    // Carol's was behind them, and has come.
    expect(await carol.next('directMessageStatus')).toEqual([bob.userName, { status: 'sent', upToId: 1 }]);
    expect(statusesOf(await alice.call('directHistoryGet', bob.userName))).toEqual(['not_sent', 'not_sent']);
    expect(alice.heard('directMessageStatus')).toEqual([]);
    expect(statusesOf(await back.call('directHistoryGet', alice.userName))).toEqual(['sent', 'sent']);
    expect(await alice.next('directMessageStatus')).toEqual([bob.userName, { status: 'sent', upToId: 2 }]);
  });
}
