// Messages from user to user: who may write to whom, who hears of it, what repeats do, and each user's own lists.
import { describe, expect, test } from '@jest/globals';
import { encodeValue } from '../../src/protocol/wire/msgpack.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { loginRpc, type Rpc, type User } from '../support/rpc.ts';
import { fenceUser, field, limits, type World } from './world.ts';

export function directSuite(world: World): void {
  describe('a direct message', () => {
    delivery(world);
    contents(world);
    refusals(world);
    transients(world);
    featureOff(world);
  });
  describe('a direct message with a clientMessageId', () => repeats(world));
  describe("a user's own lists", () => {
    ownLists(world);
    listLimits(world);
    whoMayWrite(world);
  });
}

/** The texts of the direct messages heard so far. */
const texts = (receiver: Rpc): (Value | undefined)[] =>
  receiver.heard('directMessage').map(([message]) => field(message, 'text'));

/** The user's last socket closes, and everybody knows. */
async function goAway(user: User): Promise<void> {
  user.raw.close(1000);
  await user.raw.closed;
}

function delivery(world: World): void {
  test('reaches all sockets of the receiver and is echoed to the other ones of the sender, on every node', async () => {
    const [alice, bob, stranger] = [await world.login(0), await world.login(1), await world.login(1)];
    const [near, far] = [await world.login(0, alice.userName), await world.login(1, alice.userName)];
    const bobToo = await world.login(0, bob.userName);
    const sent = { text: 'one', nested: { list: [1, null, [true]], id: 3 } };
    const result = await alice.call('directMessage', bob.userName, sent);
    expect(result).toEqual({ ...sent, author: alice.userName, timestamp: expect.any(Number) });
    for (const told of [bob, bobToo]) expect(await told.next('directMessage')).toEqual([result]);
    for (const told of [near, far]) expect(await told.next('directMessageEcho')).toEqual([bob.userName, result]);
    // Back, over the other node; the order among the two is kept.
    const replies = ['two', 'three', 'four'].map((text): [string, string, ValueMap] => [
      'directMessage',
      alice.userName,
      { text },
    ]);
    const outcomes = await Promise.all(bob.callAll(...replies));
    for (const told of [alice, near, far]) {
      for (const outcome of outcomes) expect({ result: (await told.next('directMessage'))[0] }).toEqual(outcome);
      expect(texts(told)).toEqual(['two', 'three', 'four']);
    }
    const times = outcomes.map((outcome) => ('result' in outcome ? field(outcome.result, 'timestamp') : outcome));
    expect(times).toEqual(times.toSorted((a, b) => Number(a) - Number(b)));
    await fenceUser(bob, bobToo);
    expect(bobToo.heard('directMessageEcho').map(([to, message]) => [to, field(message, 'text')])).toEqual(
      ['two', 'three', 'four'].map((text) => [alice.userName, text]),
    );
    // The sockets that sent hear no echo, and nobody else hears anything.
    await fenceUser(far, alice);
    await fenceUser(bobToo, bob);
    await stranger.call('ping');
    expect(alice.heard('directMessageEcho')).toEqual([]);
    expect(bob.heard('directMessageEcho')).toEqual([]);
    for (const name of ['directMessage', 'directMessageEcho']) expect(stranger.heard(name)).toEqual([]);
  });
}

function contents(world: World): void {
  test('is any map, in which the fields of the server are overwritten, at the top only, and has no id', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const aliceToo = await world.login(1, alice.userName);
    const inner = { author: 'eve', timestamp: 1, id: 99 };
    const sent = { ...inner, inner, event: 'x', '': 0, length: -1.5, bytes: Uint8Array.of(0, 255) };
    const result = await alice.call('directMessage', bob.userName, sent);
    const { author: _author, timestamp: _timestamp, id: _id, ...kept } = sent;
    expect(result).toEqual({ ...kept, author: alice.userName, timestamp: expect.any(Number) });
    expect(field(result, 'timestamp')).not.toBe(1);
    expect(field(result, 'bytes')).toBeInstanceOf(Uint8Array);
    expect(await bob.next('directMessage')).toEqual([result]);
    expect(await aliceToo.next('directMessageEcho')).toEqual([bob.userName, result]);
    for (const bad of ['text', 1, null, [7], true]) {
      const refusal = await alice.refusal('directMessage', bob.userName, bad);
      expect(refusal).toMatchObject({ code: 'badArgument', args: [1, bad] });
    }
    expect(await alice.refusal('directMessage', bob.userName)).toMatchObject({ code: 'wrongArgumentsCount' });
    expect(await alice.call('directMessage', bob.userName, {})).toEqual({
      author: alice.userName,
      timestamp: expect.any(Number),
    });
  });

  test('finds its receiver by either spelling of one name', async () => {
    const [alice, name] = [await world.login(0), world.fresh('z')];
    const [composed, decomposed] = [`${name}-\u00e9`, `${name}-e\u0301`];
    const receiver = await world.login(1, composed);
    await alice.call('directMessage', decomposed, { text: 'found' });
    expect(await receiver.next('directMessage')).toMatchObject([{ text: 'found' }]);
    expect(await receiver.refusal('directMessage', decomposed, {})).toMatchObject({ code: 'notAllowed' });
  });
}

function refusals(world: World): void {
  test('is refused for one reason before another', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const aliceToo = await world.login(1, alice.userName);
    const tooLarge = mapOf(limits.messageBytes + 1);
    const refusal = (to: string, message: ValueMap = tooLarge): Promise<unknown> =>
      alice.refusal('directMessage', to, message);
    // Unknown, and names that nobody can have.
    for (const nobody of [world.fresh('nobody'), '', 'a:b', '__proto__', 'x'.repeat(129)]) {
      for (const message of [{}, tooLarge]) {
        expect(await refusal(nobody, message)).toMatchObject({ code: 'noUser', args: [nobody] });
      }
    }
    expect(await refusal(alice.userName)).toMatchObject({ code: 'notAllowed', args: [] });
    expect(await refusal(bob.userName)).toMatchObject({ code: 'messageTooLarge', args: [] });
    expect(await alice.call('directMessage', bob.userName, mapOf(limits.messageBytes))).toMatchObject({
      author: alice.userName,
    });
    await bob.next('directMessage');
    await goAway(bob);
    await eventually(async () => {
      expect(await refusal(bob.userName)).toMatchObject({ code: 'noUserOnline', args: [bob.userName] });
    });
    expect(await refusal(bob.userName, {})).toMatchObject({ code: 'noUserOnline', args: [bob.userName] });
    // Who is barred is told that, whether or not the receiver is there.
    const bobAgain = await world.login(0, bob.userName);
    await bobAgain.call('directAddToList', 'blacklist', [alice.userName]);
    expect(await refusal(bob.userName)).toMatchObject({ code: 'notAllowed', args: [] });
    await goAway(bobAgain);
    const carol = await world.login(1);
    await eventually(async () => {
      expect(await carol.refusal('directMessage', bob.userName, {})).toMatchObject({ code: 'noUserOnline' });
    });
    expect(await refusal(bob.userName, {})).toMatchObject({ code: 'notAllowed', args: [] });
    // Of what was refused nobody heard.
    await fenceUser(alice, aliceToo);
    expect(aliceToo.heard('directMessageEcho')).toHaveLength(1);
    expect(bob.heard('directMessage')).toHaveLength(1);
    expect(bobAgain.heard('directMessage')).toEqual([]);
  });
}

function transients(world: World): void {
  test('may be transient: delivered and echoed like any other, with nothing as the result', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const [aliceToo, bobToo] = [await world.login(1, alice.userName), await world.login(0, bob.userName)];
    const transient = { transient: true };
    expect(await alice.call('directMessage', bob.userName, { text: 'before' })).toMatchObject({ text: 'before' });
    expect(await alice.call('directMessage', bob.userName, { event: 'typing', id: 5 }, transient)).toBeNull();
    expect(await alice.call('directMessage', bob.userName, { text: 'after' })).toMatchObject({ text: 'after' });
    const typing = { event: 'typing', author: alice.userName, timestamp: expect.any(Number) };
    for (const told of [bob, bobToo]) {
      for (const message of [{ text: 'before' }, typing, { text: 'after' }]) {
        expect(await told.next('directMessage')).toEqual([expect.objectContaining(message)]);
      }
      expect(told.heard('directMessage')[1]).toEqual([typing]);
    }
    await fenceUser(alice, aliceToo);
    expect(aliceToo.heard('directMessageEcho')).toEqual(
      bob.heard('directMessage').map(([message]) => [bob.userName, message]),
    );
    // Rights, presence and size are as for any other.
    const tooLarge = mapOf(limits.messageBytes + 1);
    const refused = async (to: string, message: ValueMap): Promise<string> =>
      (await alice.refusal('directMessage', to, message, transient)).code;
    expect(await refused(bob.userName, tooLarge)).toBe('messageTooLarge');
    expect(await refused(alice.userName, {})).toBe('notAllowed');
    expect(await refused(world.fresh('nobody'), {})).toBe('noUser');
    // What only a message to a room can be is not sent as something else.
    const ofRooms = [{ will: true }, { priority: 'low' }, { priority: 'high' }];
    for (const bad of [
      { transient: 'yes' },
      { clientMessageId: 1 },
      { clientMessageId: 'x'.repeat(65) },
      'x',
      ...ofRooms,
    ]) {
      const refusal = await alice.refusal('directMessage', bob.userName, {}, bad);
      expect(refusal).toMatchObject({ code: 'badArgument', args: [2, bad] });
    }
    // Nobody mentions all of two; but first comes whether there is anybody.
    for (const options of [{}, transient, { clientMessageId: 'all' }]) {
      const toAll = (to: string): Promise<unknown> =>
        alice.refusal('directMessage', to, { event: 'wave' }, { ...options, mentionAll: true });
      expect(await toAll(bob.userName)).toMatchObject({ code: 'notAllowed' });
      expect(await toAll('nobody at all')).toMatchObject({ code: 'noUser' });
    }
  });
}

function featureOff(world: World): void {
  test('is refused before anything else where the service has none; the lists are there all the same', async () => {
    const without = await world.addNode({ PARLEY_DIRECT_MESSAGES: 'off' });
    const bob = await world.login(0);
    const alice = await loginRpc(world.scope, without.url, world.fresh('user'), { format: world.format });
    for (const to of [bob.userName, alice.userName, world.fresh('nobody'), '']) {
      for (const message of [{}, mapOf(limits.messageBytes + 1)]) {
        expect(await alice.refusal('directMessage', to, message)).toMatchObject({ code: 'notAllowed', args: [] });
      }
    }
    expect(await alice.refusal('directMessage', bob.userName, 1)).toMatchObject({ code: 'badArgument' });
    await alice.call('directAddToList', 'blacklist', [bob.userName]);
    expect(await alice.call('directGetAccessList', 'blacklist')).toEqual([bob.userName]);
    // Whoever has it finds the same rules, and reaches users everywhere.
    expect(await bob.refusal('directMessage', alice.userName, {})).toMatchObject({ code: 'notAllowed' });
    await alice.call('directRemoveFromList', 'blacklist', [bob.userName]);
    await bob.call('directMessage', alice.userName, { text: 'there' });
    expect(await alice.next('directMessage')).toMatchObject([{ text: 'there' }]);
  });
}

function repeats(world: World): void {
  test('is sent once, whatever a repeat carries and wherever it comes in', async () => {
    const [alice, bob, carol] = [await world.login(0), await world.login(1), await world.login(0)];
    const elsewhere = await world.login(1, alice.userName);
    const options = { clientMessageId: 'm-1' };
    const tooLarge = mapOf(limits.messageBytes + 1);
    expect(await alice.refusal('directMessage', bob.userName, tooLarge, options)).toMatchObject({
      code: 'messageTooLarge',
    });
    const sent = { text: 'first', bytes: Uint8Array.of(1, 2) };
    const first = await alice.call('directMessage', bob.userName, sent, options);
    for (const repeat of [sent, { text: 'other' }, tooLarge]) {
      for (const socket of [alice, elsewhere]) {
        const toAll = { ...options, mentionAll: true };
        expect(await socket.call('directMessage', bob.userName, repeat, toAll)).toEqual(first);
        expect(await socket.call('directMessage', bob.userName, repeat, options)).toEqual(first);
        const transient = { ...options, transient: true };
        expect(await socket.call('directMessage', bob.userName, repeat, transient)).toEqual(first);
      }
    }
    // To another receiver, by another author, or under another id it is another one.
    expect(await alice.call('directMessage', carol.userName, { text: 'x' }, options)).toMatchObject({ text: 'x' });
    expect(await carol.call('directMessage', bob.userName, { text: 'y' }, options)).toMatchObject({ text: 'y' });
    const second = { clientMessageId: 'm-2', transient: true };
    for (const text of ['z', 'repeated']) {
      expect(await alice.call('directMessage', bob.userName, { text }, second)).toBeNull();
    }
    await alice.call('directMessage', bob.userName, { text: 'end' });
    await eventually(() => expect(texts(bob)).toContain('end'));
    expect(texts(bob)).toEqual(['first', 'y', 'z', 'end']);
    await fenceUser(alice, elsewhere);
    const echoes = elsewhere.heard('directMessageEcho').map(([, message]) => field(message, 'text'));
    expect(echoes).toEqual(['first', 'x', 'z', 'end']);
    await fenceUser(elsewhere, alice);
    expect(alice.heard('directMessageEcho')).toEqual([]);
    // The right to write comes before a repeat; what was sent stays so when the receiver has gone.
    await bob.call('directAddToList', 'blacklist', [carol.userName]);
    expect(await carol.refusal('directMessage', bob.userName, {}, options)).toMatchObject({ code: 'notAllowed' });
    await goAway(bob);
    await eventually(async () => {
      expect(await alice.refusal('directMessage', bob.userName, {})).toMatchObject({ code: 'noUserOnline' });
    });
    expect(await alice.call('directMessage', bob.userName, sent, options)).toEqual(first);
  });

  test('is sent once when repeats overtake each other', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const elsewhere = await world.login(1, alice.userName);
    const outcomes = await Promise.all(
      [alice, elsewhere, alice, elsewhere].flatMap((socket) =>
        socket.callAll(['directMessage', bob.userName, { text: 'same' }, { clientMessageId: 'same' }]),
      ),
    );
    expect(outcomes[0]).toMatchObject({ result: { text: 'same' } });
    for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
    await alice.call('directMessage', bob.userName, { text: 'end' });
    await eventually(() => expect(texts(bob)).toContain('end'));
    expect(texts(bob)).toEqual(['same', 'end']);
  });
}

function ownLists(world: World): void {
  test('take names known or not, and say nothing to anybody', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const aliceToo = await world.login(1, alice.userName);
    const unknown = world.fresh('unknown');
    const namesIn = async (listName: string): Promise<Set<Value>> =>
      new Set([await aliceToo.call('directGetAccessList', listName)].flat());
    for (const listName of ['whitelist', 'blacklist']) {
      expect(await namesIn(listName)).toEqual(new Set());
      expect(await alice.call('directAddToList', listName, [bob.userName, unknown, unknown])).toBeNull();
      expect(await alice.call('directAddToList', listName, [bob.userName, 'e\u0301'])).toBeNull();
      expect(await namesIn(listName)).toEqual(new Set([bob.userName, unknown, '\u00e9']));
      for (const none of [[], ['stranger', '\u00e9']]) {
        expect(await alice.call('directRemoveFromList', listName, none)).toBeNull();
      }
      expect(await alice.call('directAddToList', listName, [])).toBeNull();
      expect(await namesIn(listName)).toEqual(new Set([bob.userName, unknown]));
      expect(await bob.call('directGetAccessList', listName)).toEqual([]);
    }
    expect(await aliceToo.call('directRemoveFromList', 'blacklist', [bob.userName, unknown])).toBeNull();
    expect(await namesIn('blacklist')).toEqual(new Set());
    expect((await namesIn('whitelist')).size).toBe(2);
    await fenceUser(alice, aliceToo);
    const names = aliceToo.received.flatMap((entry) => ('name' in entry ? [entry.name] : []));
    expect(names).toEqual(['loginConfirmed', 'systemMessage']);
  });

  test('refuse for one reason before another', async () => {
    const alice = await world.login(0);
    const bad = ['fine', '', 'a:b', '__proto__'];
    const tooMany = Array.from({ length: limits.directListSize + 1 }, (_, i) => `name-${i}`);
    for (const method of ['directAddToList', 'directRemoveFromList']) {
      const refusal = (...params: Value[]): Promise<unknown> => alice.refusal(method, ...params);
      for (const noList of ['adminlist', 'userlist', 'toString', '__proto__', '']) {
        const refused = { code: 'noList', args: [noList] };
        expect(await refusal(noList, [alice.userName, ''])).toMatchObject(refused);
        expect(await refusal(noList, [])).toMatchObject(refused);
      }
      expect(await refusal('blacklist', [...bad, alice.userName])).toMatchObject({ code: 'notAllowed', args: [] });
      expect(await refusal('blacklist', [...bad, ...tooMany])).toMatchObject({ code: 'invalidName', args: [''] });
      expect(await refusal('blacklist', ['x'.repeat(129)])).toMatchObject({ code: 'invalidName' });
      for (const wrong of ['name', [1], null, { a: 'b' }]) {
        expect(await refusal('noList', wrong)).toMatchObject({ code: 'badArgument', args: [1, wrong] });
      }
      const names = Array.from({ length: 501 }, () => 'name');
      expect(await refusal('blacklist', names)).toMatchObject({ code: 'badArgument', args: [1, null] });
    }
    expect(await alice.refusal('directGetAccessList', 'adminlist')).toMatchObject({ code: 'noList' });
    expect(await alice.call('directGetAccessList', 'blacklist')).toEqual([]);
    expect(await alice.call('directRemoveFromList', 'blacklist', tooMany)).toBeNull();
  });
}

function listLimits(world: World): void {
  test('hold so many names, whoever adds them and in however many steps', async () => {
    const alice = await world.login(0);
    const aliceToo = await world.login(1, alice.userName);
    const names = Array.from({ length: limits.directListSize + 1 }, (_, i) => `name-${i}`);
    const [last = '', first = ''] = [names.at(-1), names[0]];
    const exceeded = { code: 'listLimitExceeded', args: ['whitelist'] };
    expect(await alice.refusal('directAddToList', 'whitelist', names)).toMatchObject(exceeded);
    expect(await alice.call('directGetAccessList', 'whitelist')).toEqual([]);
    const added = await Promise.all(
      names.flatMap((name, i) => (i % 2 === 0 ? alice : aliceToo).callAll(['directAddToList', 'whitelist', [name]])),
    );
    expect(added.filter((outcome) => 'error' in outcome)).toMatchObject([{ error: exceeded }]);
    const held = [await alice.call('directGetAccessList', 'whitelist')].flat();
    expect(held).toHaveLength(limits.directListSize);
    // Names that are there already count once.
    expect(await alice.call('directAddToList', 'whitelist', [...held, ...held])).toBeNull();
    await alice.call('directRemoveFromList', 'whitelist', [first]);
    await alice.call('directRemoveFromList', 'whitelist', [last]);
    expect(await alice.call('directAddToList', 'whitelist', [first])).toBeNull();
    // One list is not the other.
    expect(await alice.call('directAddToList', 'blacklist', names.slice(1))).toBeNull();
  });
}

function whoMayWrite(world: World): void {
  test('let some write and bar others: the blacklist first, then the mode, and only those of the receiver', async () => {
    const [alice, bob, carol] = [await world.login(0), await world.login(1), await world.login(1)];
    const bobToo = await world.login(0, bob.userName);
    const mayWrite = async (from: Rpc, to: User): Promise<boolean> => {
      const [outcome] = await Promise.all(from.callAll(['directMessage', to.userName, {}]));
      if (outcome !== undefined && 'error' in outcome) expect(outcome.error).toMatchObject({ code: 'notAllowed' });
      return outcome !== undefined && 'result' in outcome;
    };
    const both = async (): Promise<boolean[]> => [await mayWrite(alice, bob), await mayWrite(carol, bob)];
    expect(await bob.call('directGetWhitelistMode')).toBe(false);
    expect(await both()).toEqual([true, true]);
    await bob.call('directAddToList', 'blacklist', [alice.userName]);
    expect(await both()).toEqual([false, true]);
    // Who blocks somebody may still write to them.
    expect(await mayWrite(bob, alice)).toBe(true);
    await bob.call('directAddToList', 'whitelist', [alice.userName]);
    expect(await both()).toEqual([false, true]);
    expect(await bobToo.call('directSetWhitelistMode', true)).toBeNull();
    expect(await bob.call('directGetWhitelistMode')).toBe(true);
    expect(await both()).toEqual([false, false]);
    await bob.call('directRemoveFromList', 'blacklist', [alice.userName]);
    expect(await both()).toEqual([true, false]);
    expect(await bob.call('directSetWhitelistMode', false)).toBeNull();
    expect(await both()).toEqual([true, true]);
    expect(await bobToo.call('directGetWhitelistMode')).toBe(false);
    // It lasts longer than the login.
    await bob.call('directSetWhitelistMode', true);
    for (const socket of [bob, bobToo]) await goAway(socket);
    const bobAgain = await world.login(0, bob.userName);
    expect(await bobAgain.call('directGetWhitelistMode')).toBe(true);
    expect(await both()).toEqual([true, false]);
    for (const wrong of ['on', 1, null]) {
      const refusal = await bobAgain.refusal('directSetWhitelistMode', wrong);
      expect(refusal).toMatchObject({ code: 'badArgument', args: [0, wrong] });
    }
  });
}

/** A map of exactly as many bytes in MessagePack. */
function mapOf(bytes: number): { [key: string]: Value } {
  const overhead = encodeValue({ text: 'x'.repeat(300) }).length - 300;
  return { text: 'x'.repeat(bytes - overhead) };
}
