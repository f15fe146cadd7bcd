// Changes of messages between two users: what each may do, and what all their devices hear of it, there or away.
import { describe, expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { Rpc, User } from '../support/rpc.ts';
import { goAway } from './conversation-suite.ts';
import { fenceUser, field, limits, type World } from './world.ts';

export function directChangeSuite(world: World): void {
  describe('a direct message that is changed', () => {
    updates(world);
    recalls(world);
    reactions(world);
    streams(world);
    replies(world);
    refusals(world);
    away(world);
    races(world);
  });
}

/** The changes that a socket heard of the conversation with a user, in order. */
const changesWith = (told: Rpc, peer: User): ValueMap[] =>
  told.heard('directMessageChanged').flatMap(([name, change]) => (name === peer.userName ? [Object(change)] : []));

const historyOf = async (user: User, peer: User): Promise<ValueMap[]> =>
  Object(await user.call('directHistoryGet', peer.userName));

/** Two users on two nodes, each with another device on the other one. */
async function four(world: World): Promise<{ alice: User; aliceToo: User; bob: User; bobToo: User }> {
  const [alice, bob] = [await world.login(0), await world.login(1)];
  return { alice, bob, aliceToo: await world.login(1, alice.userName), bobToo: await world.login(0, bob.userName) };
}

const say = (
  from: Rpc,
  to: User,
  message: ValueMap = { textMessage: 'hello' },
  options: ValueMap = {},
): Promise<Value> => from.call('directMessage', to.userName, message, options);

function updates(world: World): void {
  test('has another content everywhere, and all devices of both hear of it, who asks before the answer', async () => {
    const { alice, aliceToo, bob, bobToo } = await four(world);
    const sent = await say(alice, bob, { textMessage: 'one', extra: [1] });
    const options = { ifVersion: 1, mentions: [bob.userName] };
    const result = await alice.call(
      'directMessageUpdate',
      bob.userName,
      1,
      { textMessage: 'two', status: 'mine' },
      options,
    );
    expect(result).toEqual({ version: 2, timestamp: expect.any(Number) });
    const { timestamp } = Object(result);
    const message = {
      textMessage: 'two',
      mentions: [bob.userName],
      version: 2,
      updatedAt: timestamp,
      author: alice.userName,
      timestamp: field(sent, 'timestamp'),
      id: 1,
    };
    const change = { change: 1, id: 1, kind: 'update', version: 2, timestamp, message };
    expect(changesWith(alice, bob)).toEqual([change]);
    expect(await aliceToo.next('directMessageChanged')).toEqual([bob.userName, change]);
    for (const told of [bob, bobToo]) expect(await told.next('directMessageChanged')).toEqual([alice.userName, change]);
    expect(await historyOf(bob, alice)).toEqual([{ ...message, status: 'sent' }]);
    const found = await alice.call('directHistorySearch', bob.userName, { author: alice.userName });
    expect(found).toMatchObject({ messages: [message] });
    expect(await alice.refusal('directMessageUpdate', bob.userName, 1, {}, { ifVersion: 1 })).toMatchObject({
      code: 'versionConflict',
      args: [2],
    });
    const tooLarge = { text: 'x'.repeat(limits.messageBytes) };
    expect(await alice.refusal('directMessageUpdate', bob.userName, 1, tooLarge)).toMatchObject({
      code: 'messageTooLarge',
    });
    expect(await bob.refusal('directMessageUpdate', alice.userName, 1, {})).toMatchObject({ code: 'notAllowed' });
    expect(changesWith(bob, alice)).toHaveLength(1);
  });
}

function recalls(world: World): void {
  test('is gone where it was recalled, also for who comes back later, and its id stays', async () => {
    const { alice, aliceToo, bob } = await four(world);
    const carol = await world.login(0);
    await goAway(world, carol);
    for (const to of [bob, carol]) await say(alice, to, { textMessage: 'a slip' }, { clientMessageId: 'm' });
    await say(alice, carol, { textMessage: 'kept' });
    const sent = await historyOf(alice, bob);
    const recalled = await alice.call('directMessageRecall', bob.userName, 1, { reason: 'wrong' });
    const { timestamp } = Object(recalled);
    const notice = { change: 1, id: 1, kind: 'recall', version: 2, timestamp, by: alice.userName, reason: 'wrong' };
    expect(await aliceToo.next('directMessageChanged')).toEqual([bob.userName, notice]);
    expect(await bob.next('directMessageChanged')).toEqual([alice.userName, notice]);
    const tombstone = {
      recalled: true,
      version: 2,
      updatedAt: timestamp,
      author: alice.userName,
      id: 1,
      timestamp: field(sent[0], 'timestamp'),
    };
    expect(await historyOf(bob, alice)).toEqual([{ ...tombstone, status: 'sent' }]);
    // A repeat of it does not bring it back.
    expect(await say(alice, bob, { textMessage: 'a slip' }, { clientMessageId: 'm' })).toEqual(tombstone);
    const requests: [string, ...Value[]][] = [
      ['directMessageRecall', bob.userName, 1],
      ['directMessageUpdate', bob.userName, 1, {}],
      ['directMessageReact', bob.userName, 1, 'x'],
      ['directMessageAppend', bob.userName, 1, 'x'],
      ['directReactionsGet', bob.userName, 1],
      ['directMessage', bob.userName, { replyTo: 1 }],
    ];
    for (const request of requests)
      expect([request[0], await alice.refusal(...request)]).toMatchObject([
        request[0],
        { code: 'noMessage', args: [1] },
      ]);
    // Of what nobody has had the tombstone is missed, and nothing of its content.
    await alice.call('directMessageRecall', carol.userName, 1);
    const carolAgain = await world.login(1, carol.userName);
    const missed = await carolAgain.call('missedMessagesGet');
    expect(field(missed, alice.userName)).toMatchObject([
      { id: 1, recalled: true, version: 2 },
      { id: 2, textMessage: 'kept' },
    ]);
    expect(JSON.stringify(carolAgain.received)).not.toContain('a slip');
  });
}

function reactions(world: World): void {
  test('has the reactions of both, once with each key', async () => {
    const { alice, bob, bobToo } = await four(world);
    await say(alice, bob);
    expect(await bob.call('directMessageReact', alice.userName, 1, '👍')).toEqual({ counts: { '👍': 1 } });
    expect(await alice.call('directMessageReact', bob.userName, 1, '👍')).toEqual({ counts: { '👍': 2 } });
    expect(await alice.call('directMessageReact', bob.userName, 1, '👍')).toEqual({ counts: { '👍': 2 } });
    expect(await bobToo.call('directMessageReact', alice.userName, 1, '+1')).toEqual({ counts: { '👍': 2, '+1': 1 } });
    const removed = await bob.call('directMessageReact', alice.userName, 1, '👍', { remove: true });
    expect(removed).toEqual({ counts: { '👍': 1, '+1': 1 } });
    await eventually(() => expect(changesWith(alice, bob)).toHaveLength(4));
    expect(changesWith(alice, bob)).toMatchObject([
      { change: 1, kind: 'reactions', version: 1, by: bob.userName, key: '👍', counts: { '👍': 1 } },
      { change: 2, by: alice.userName, counts: { '👍': 2 } },
      { change: 3, by: bob.userName, key: '+1' },
      { change: 4, by: bob.userName, key: '👍', removed: true, counts: { '👍': 1, '+1': 1 } },
    ]);
    for (const key of ['__proto__', '$bytes']) {
      const refused = await bob.refusal('directMessageReact', alice.userName, 1, key);
      expect(refused).toMatchObject({ code: 'badArgument', args: [2, key] });
    }
    expect(await historyOf(bob, alice)).toMatchObject([{ textMessage: 'hello', reactions: { '👍': 1, '+1': 1 } }]);
    const all = [
      { userName: bob.userName, key: '+1' },
      { userName: alice.userName, key: '👍' },
    ];
    expect(await bob.call('directReactionsGet', alice.userName, 1)).toEqual({ reactions: all, cursor: null });
    const page = await bob.call('directReactionsGet', alice.userName, 1, { limit: 1 });
    expect(page).toEqual({ reactions: all.slice(0, 1), cursor: expect.any(String) });
    const cursor = field(page, 'cursor') ?? null;
    const next = await bob.call('directReactionsGet', alice.userName, 1, { limit: 1, cursor });
    expect(next).toEqual({ reactions: all.slice(1), cursor: null });
    expect(await bob.call('directReactionsGet', alice.userName, 1, { key: '+1' })).toMatchObject({
      reactions: [all[0]],
    });
    const bad = await bob.refusal('directReactionsGet', alice.userName, 1, { cursor: '' });
    expect(bad).toMatchObject({ code: 'badArgument' });
    const key = 'é'.repeat(33);
    const long = await bob.refusal('directMessageReact', alice.userName, 1, key);
    expect(long).toMatchObject({ code: 'badArgument', args: [2, key] });
  });
}

function streams(world: World): void {
  test('grows by what is appended, which comes together and in order, and may be repeated', async () => {
    const { alice, aliceToo, bob } = await four(world);
    await say(alice, bob, { textMessage: '' });
    const words = Array.from({ length: 20 }, (_, i) => `${i} – `);
    const lengths = await Promise.all(words.map((word) => alice.call('directMessageAppend', bob.userName, 1, word)));
    const text = words.join('');
    expect(lengths.at(-1)).toMatchObject({ length: Buffer.byteLength(text) });
    const again = await alice.call('directMessageAppend', bob.userName, 1, words[0] ?? '', { offset: 0 });
    expect(again).toMatchObject({ length: Buffer.byteLength(text) });
    await alice.call('directMessageAppend', bob.userName, 1, '.', { done: true });
    for (const told of [bob, aliceToo]) {
      const peer = told === bob ? alice : bob;
      await eventually(() => expect(changesWith(told, peer).at(-1)).toMatchObject({ done: true }));
      let built = '';
      for (const change of changesWith(told, peer)) {
        expect(change).toMatchObject({ kind: 'append', offset: Buffer.byteLength(built) });
        built += typeof change['text'] === 'string' ? change['text'] : '';
      }
      expect(built).toBe(`${text}.`);
      // Many appends, few notices.
      expect(changesWith(told, peer).length).toBeLessThan(words.length / 2);
    }
    expect(await historyOf(bob, alice)).toMatchObject([{ textMessage: `${text}.`, done: true }]);
    expect(await alice.refusal('directMessageAppend', bob.userName, 1, '!')).toMatchObject({ code: 'notAllowed' });
    expect(await alice.refusal('directMessageAppend', bob.userName, 1, '!', { offset: 9000 })).toMatchObject({
      code: 'wrongOffset',
      args: [Buffer.byteLength(text) + 1],
    });
    await say(alice, bob, { textMessage: '' });
    const large = 'x'.repeat(limits.messageBytes);
    expect(await alice.refusal('directMessageAppend', bob.userName, 2, large)).toMatchObject({
      code: 'messageTooLarge',
    });
  });
}

function replies(world: World): void {
  test('counts the replies to it, and both hear of that behind the reply', async () => {
    const { alice, bob, bobToo } = await four(world);
    await say(alice, bob);
    await say(bob, alice, { replyTo: 1 });
    await say(alice, bob, { replyTo: 1 });
    for (const [told, peer] of [
      [bobToo, alice],
      [alice, bob],
    ] as const) {
      await eventually(() => expect(changesWith(told, peer)).toHaveLength(2));
      expect(changesWith(told, peer)).toMatchObject([
        { change: 1, id: 1, kind: 'replies', version: 1, repliesCount: 1 },
        { change: 2, id: 1, kind: 'replies', repliesCount: 2 },
      ]);
      const heard = told.received.flatMap((entry) => ('name' in entry ? [entry.name] : []));
      expect(heard.indexOf('directMessageChanged')).toBeGreaterThan(
        heard.findIndex((name) => /^directMessage(Echo)?$/.test(name)),
      );
    }
    expect(await historyOf(alice, bob)).toMatchObject([{ id: 1, repliesCount: 2 }, { id: 2 }, { id: 3 }]);
  });
}

function refusals(world: World): void {
  test('is not changed by who may not write to the other one, who may take back what it has said', async () => {
    const { alice, bob, bobToo } = await four(world);
    for (let i = 0; i < 2; i++) await say(alice, bob);
    await bob.call('directAddToList', 'blacklist', [alice.userName]);
    const requests: [string, ...Value[]][] = [
      ['directMessageUpdate', bob.userName, 1, {}],
      ['directMessageReact', bob.userName, 1, 'x'],
      ['directMessageAppend', bob.userName, 1, 'x'],
    ];
    for (const request of requests) expect(await alice.refusal(...request)).toMatchObject({ code: 'notAllowed' });
    await alice.call('directMessageRecall', bob.userName, 1);
    expect(await bobToo.next('directMessageChanged')).toMatchObject([alice.userName, { kind: 'recall', change: 1 }]);
    // Who has blocked somebody is not blocked by that.
    await bob.call('directMessageReact', alice.userName, 2, 'x');
    await eventually(() => expect(changesWith(alice, bob)).toHaveLength(2));
  });

  test('is one of a user who is there, and of a service that keeps messages', async () => {
    const { alice, bob } = await four(world);
    const nobody = world.fresh('nobody');
    const ask = (user: Rpc, to: string): Promise<{ code: string }[]> =>
      Promise.all([
        user.refusal('directMessageUpdate', to, 1, {}),
        user.refusal('directMessageRecall', to, 1),
        user.refusal('directMessageReact', to, 1, 'x'),
        user.refusal('directMessageAppend', to, 1, 'x'),
        user.refusal('directReactionsGet', to, 1),
      ]);
    const codes = async (user: Rpc, to: string): Promise<string[]> => (await ask(user, to)).map(({ code }) => code);
    expect(await codes(alice, nobody)).toEqual(['noUser', 'noMessage', 'noUser', 'noUser', 'noUser']);
    expect(await codes(alice, bob.userName)).toEqual(Array.from({ length: 5 }, () => 'noMessage'));
    expect(await codes(alice, alice.userName)).toEqual(Array.from({ length: 5 }, () => 'notAllowed'));
    const live = await world.addNode({ PARLEY_DIRECT_MESSAGES: 'live' });
    const carol = await world.loginOn(live);
    expect(await codes(carol, bob.userName)).toEqual(Array.from({ length: 5 }, () => 'notAllowed'));
  });
}

function away(world: World): void {
  test('is told of to a device that was away, in order, as it is by then', async () => {
    const { alice, bob } = await four(world);
    for (const textMessage of ['one', 'two']) await say(alice, bob, { textMessage });
    const device = await world.login(1, bob.userName);
    const inbox = { ...device.authData.inbox };
    device.raw.close(1000);
    await device.raw.closed;
    await alice.call('directMessageUpdate', bob.userName, 1, { textMessage: 'uno' });
    await alice.call('directMessageAppend', bob.userName, 2, ' and', { done: true });
    await say(alice, bob, { textMessage: 'three' });
    await bob.call('directMessageReact', alice.userName, 3, 'x');
    await alice.call('directMessageRecall', bob.userName, 1);
    const back = await world.login(0, bob.userName, undefined, { inbox });
    await fenceUser(bob, back);
    expect(changesWith(back, alice)).toMatchObject([
      { change: 1, id: 1, kind: 'recall' },
      { change: 2, id: 2, kind: 'append', text: ' and', done: true },
      { change: 3, id: 3, kind: 'reactions' },
      { change: 4, id: 1, kind: 'recall' },
    ]);
    expect(back.heard('directMessage')).toMatchObject([[{ id: 3, textMessage: 'three' }]]);
    expect(JSON.stringify(back.received)).not.toContain('uno');
  });

  test('makes a device begin anew that has missed more than is kept', async () => {
    const { alice, bob } = await four(world);
    await say(alice, bob, { textMessage: 'one' });
    const inbox = { ...bob.authData.inbox };
    for (let i = 0; i <= limits.inboxSize; i++) {
      await alice.call('directMessageReact', bob.userName, 1, 'x', { remove: i % 2 === 1 });
    }
    const back = await world.login(0, bob.userName, undefined, { inbox });
    expect(back.heard('inboxReset')).toHaveLength(1);
    expect(changesWith(back, alice)).toEqual([]);
    expect(await historyOf(back, alice)).toMatchObject([{ reactions: { x: 1 } }]);
  });
}

function races(world: World): void {
  test('has one order of changes, whoever makes them where', async () => {
    const { alice, aliceToo, bob, bobToo } = await four(world);
    for (let i = 0; i < 3; i++) await say(alice, bob, { textMessage: `${i}` });
    const asked = Array.from({ length: 12 }, (_, i) => {
      const id = (i % 3) + 1;
      const text = { textMessage: `${i}` };
      if (i === 7) return alice.callAll(['directMessageRecall', bob.userName, 2]);
      if (i % 4 === 0) return (i % 8 === 0 ? alice : aliceToo).callAll(['directMessageUpdate', bob.userName, id, text]);
      if (i % 4 === 1) return bob.callAll(['directMessageReact', alice.userName, id, `${i}`]);
      if (i % 4 === 2) return bobToo.callAll(['directMessage', alice.userName, { ...text, replyTo: id }]);
      return aliceToo.callAll(['directMessageAppend', bob.userName, id, '+']);
    });
    expect(await Promise.all(asked.flat())).toHaveLength(12);
    const all = [alice, aliceToo, bob, bobToo];
    const numbersOf = (told: User): unknown[] =>
      changesWith(told, told.userName === alice.userName ? bob : alice).map(({ change }) => change);
    await fenceUser(alice, aliceToo);
    await fenceUser(aliceToo, alice);
    await fenceUser(bob, bobToo);
    await fenceUser(bobToo, bob);
    const count = Math.max(...all.map((told) => numbersOf(told).length));
    const whole = Array.from({ length: count }, (_, i) => i + 1);
    expect(count).toBeGreaterThan(6);
    for (const told of all) expect(numbersOf(told)).toEqual(whole);
    const contents = all.map((told) => changesWith(told, told.userName === alice.userName ? bob : alice));
    for (const content of contents) expect(content).toEqual(contents[0]);
  });

  test('is changed by one of two who mean the same version', async () => {
    const { alice, aliceToo, bob } = await four(world);
    await say(alice, bob);
    const outcomes = await Promise.all(
      [alice, aliceToo].map(async (one) => {
        const [outcome] = await Promise.all(
          one.callAll(['directMessageUpdate', bob.userName, 1, { textMessage: 'x' }, { ifVersion: 1 }]),
        );
        return outcome !== undefined && 'error' in outcome ? Object(outcome.error).code : 'ok';
      }),
    );
    expect(new Set(outcomes)).toEqual(new Set(['ok', 'versionConflict']));
  });
}
