// Changes of messages in rooms, as two nodes tell them: who may, what everybody hears of it, and what is read later.
import { describe, expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import type { Call, Rpc } from '../support/rpc.ts';
import { fenceRoom, field, limits, type World } from './world.ts';

/** What was heard of changes of a room, without the times. */
const changesHeard = (by: Rpc, roomName: string): ValueMap[] =>
  by.heard('roomMessageChanged').flatMap(([name, change]) => {
    const { timestamp, ...rest } = Object(change) as ValueMap;
    return name === roomName && typeof timestamp === 'number' ? [rest] : [];
  });

const TOMBSTONE = ['author', 'id', 'recalled', 'timestamp', 'updatedAt', 'version'];

/** The messages of a room as they are read now, by id. */
async function read(by: Rpc, roomName: string): Promise<ValueMap[]> {
  const found = await by.call('roomRecentHistory', roomName);
  return Array.isArray(found) ? (found.toReversed() as ValueMap[]) : [];
}

/** A room of its owner and bob, who are on two nodes, with a message of bob's. */
async function talk(world: World): Promise<{ owner: Rpc; bob: Rpc & { userName: string }; name: string }> {
  const [owner, bob] = [await world.login(0), await world.login(1)];
  const name = await world.room(owner, owner, bob);
  await bob.call('roomMessage', name, { textMessage: 'one', kept: 1 });
  return { owner, bob, name };
}

export function changeSuite(world: World): void {
  describe('an update', () => updates(world));
  describe('a recall', () => recalls(world));
  describe('a reaction', () => reactions(world));
  describe('an append', () => appends(world));
  describe('a text', () => leftUnfinished(world));
  describe('who comes back', () => comingBack(world));
  races(world);
}

function updates(world: World): void {
  test('is told to everybody in the room, to who has made it before the answer, and is what is read', async () => {
    const { owner, bob, name } = await talk(world);
    const said = { textMessage: 'two', version: 7, reactions: { x: 1 }, recalled: true };
    const mentions = { mentions: ['ann'] };
    const { version, timestamp } = Object(await bob.call('roomMessageUpdate', name, 1, said, mentions)) as ValueMap;
    expect(version).toBe(2);
    const [change] = changesHeard(bob, name);
    const message = { textMessage: 'two', mentions: ['ann'], version: 2, updatedAt: timestamp, author: bob.userName };
    expect(change).toMatchObject({ change: 1, id: 1, kind: 'update', version: 2, message });
    expect(await owner.next('roomMessageChanged')).toMatchObject([name, change]);
    const now = await read(owner, name);
    expect(now).toEqual([{ ...message, id: 1, timestamp: expect.any(Number) }]);
    expect(await owner.call('roomHistoryGet', name, 0, 1)).toEqual(now);
    expect(await owner.call('roomHistorySearch', name)).toMatchObject({ messages: now });
    expect(await owner.call('roomHistoryInfo', name)).toMatchObject({ lastMessageId: 1, lastChange: 1 });
  });

  test('is refused by what the room, the message and its version say', async () => {
    const { owner, bob, name } = await talk(world);
    const eve = await world.login(0);
    const other = { textMessage: 'two' };
    expect(await eve.refusal('roomMessageUpdate', name, 1, other)).toMatchObject({ code: 'notJoined', args: [name] });
    expect(await bob.refusal('roomMessageUpdate', 'nowhere', 1, other)).toMatchObject({ code: 'noRoom' });
    expect(await owner.refusal('roomMessageUpdate', name, 1, other)).toMatchObject({ code: 'notAllowed' });
    expect(await bob.refusal('roomMessageUpdate', name, 2, other)).toMatchObject({ code: 'noMessage', args: [2] });
    const large = { textMessage: 'x'.repeat(limits.messageBytes) };
    expect(await bob.refusal('roomMessageUpdate', name, 1, large)).toMatchObject({ code: 'messageTooLarge' });
    const conflict = { code: 'versionConflict', args: [1] };
    expect(await bob.refusal('roomMessageUpdate', name, 1, other, { ifVersion: 2 })).toMatchObject(conflict);
    await owner.call('roomSilence', name, [(bob as Rpc & { userName: string }).userName]);
    expect(await bob.refusal('roomMessageUpdate', name, 1, other)).toMatchObject({ code: 'silenced', args: [null] });
    expect(await bob.refusal('roomMessageAppend', name, 1, 'x')).toMatchObject({ code: 'silenced' });
    expect(await bob.refusal('roomMessageReact', name, 1, '+')).toMatchObject({ code: 'silenced' });
    expect(changesHeard(bob, name)).toEqual([]);
    expect(await bob.call('roomMessageRecall', name, 1)).toMatchObject({ version: 2 });
  });

  test('of messages of others is made by admins where the service lets them, and not too late', async () => {
    const node = await world.addNode({ PARLEY_ADMINS_EDIT: 'on', PARLEY_EDIT_WINDOW_MS: '1' });
    const { bob, name } = await talk(world);
    const strict = await world.loginOn(node, bob.userName);
    await strict.call('roomJoin', name);
    expect(await strict.refusal('roomMessageUpdate', name, 1, {})).toMatchObject({ code: 'notAllowed' });
    expect(await strict.refusal('roomMessageAppend', name, 1, 'x')).toMatchObject({ code: 'notAllowed' });
    const free = await world.addNode({ PARLEY_ADMINS_EDIT: 'on' });
    const [ann, own] = [await world.loginOn(free), await world.login(0)];
    const other = await world.room(ann, ann, own);
    await own.call('roomMessage', other, { textMessage: 'one' });
    await ann.call('roomMessageUpdate', other, 1, { textMessage: 'by ann' });
    expect(changesHeard(ann, other)).toMatchObject([{ by: ann.userName, message: { author: own.userName } }]);
  });
}

function recalls(world: World): void {
  test('leaves a tombstone of which everybody is told who made it, and why', async () => {
    const { owner, bob, name } = await talk(world);
    await bob.call('roomMessageReact', name, 1, '+');
    const eve = await world.login(1);
    await eve.call('roomJoin', name);
    expect(await eve.refusal('roomMessageRecall', name, 1)).toMatchObject({ code: 'notAllowed' });
    expect(await owner.call('roomMessageRecall', name, 1, { reason: 'rude' })).toMatchObject({ version: 2 });
    const change = { change: 2, id: 1, kind: 'recall', version: 2, by: (owner as Rpc & { userName: string }).userName };
    await fenceRoom(owner, name, bob);
    expect(changesHeard(bob, name).at(-1)).toEqual({ ...change, reason: 'rude' });
    const [message] = await read(bob, name);
    expect(Object.keys(message ?? {}).toSorted()).toEqual(TOMBSTONE);
    for (const refused of [
      bob.refusal('roomMessageRecall', name, 1),
      bob.refusal('roomMessageUpdate', name, 1, {}),
      bob.refusal('roomMessageAppend', name, 1, 'x'),
      bob.refusal('roomMessageReact', name, 1, '+'),
      bob.refusal('roomReactionsGet', name, 1),
      bob.refusal('roomMessage', name, { replyTo: 1 }),
    ])
      expect(await refused).toMatchObject({ code: 'noMessage', args: [1] });
  });
}

function reactions(world: World): void {
  test('is counted once of each key and user, and told with who it was', async () => {
    const { owner, bob, name } = await talk(world);
    expect(await bob.call('roomMessageReact', name, 1, '👍')).toEqual({ counts: { '👍': 1 } });
    expect(await owner.call('roomMessageReact', name, 1, '👍')).toEqual({ counts: { '👍': 2 } });
    expect(await owner.call('roomMessageReact', name, 1, '👍')).toEqual({ counts: { '👍': 2 } });
    expect(await bob.call('roomMessageReact', name, 1, '👍', { remove: true })).toEqual({ counts: { '👍': 1 } });
    await fenceRoom(bob, name, owner);
    expect(changesHeard(owner, name)).toMatchObject([
      { change: 1, kind: 'reactions', counts: { '👍': 1 }, by: bob.userName, key: '👍' },
      { change: 2, counts: { '👍': 2 } },
      { change: 3, counts: { '👍': 1 }, by: bob.userName, removed: true },
    ]);
    expect(await read(bob, name)).toMatchObject([{ reactions: { '👍': 1 }, textMessage: 'one' }]);
    const long = 'é'.repeat(33);
    expect(await bob.refusal('roomMessageReact', name, 1, long)).toMatchObject({ code: 'badArgument' });
    expect(await bob.refusal('roomMessageReact', name, 1, '')).toMatchObject({ code: 'badArgument' });
    for (const key of ['__proto__', '$bytes'])
      expect(await bob.refusal('roomMessageReact', name, 1, key)).toMatchObject({
        code: 'badArgument',
        args: [2, key],
      });
    for (let n = 0; n < 31; n++) await bob.call('roomMessageReact', name, 1, `${n}`);
    expect(await bob.refusal('roomMessageReact', name, 1, 'more')).toMatchObject({ code: 'notAllowed' });
  });

  test('is read page by page, with who it was', async () => {
    const { owner, bob, name } = await talk(world);
    for (const key of ['b', 'a']) for (const by of [owner, bob]) await by.call('roomMessageReact', name, 1, key);
    const found: Value[] = [];
    let cursor: Value = null;
    do {
      const options: ValueMap = { limit: 3, ...(cursor === null ? {} : { cursor }) };
      const page = await bob.call('roomReactionsGet', name, 1, options);
      const list = field(page, 'reactions');
      found.push(...(Array.isArray(list) ? list : []));
      cursor = field(page, 'cursor') ?? null;
    } while (cursor !== null);
    expect(found.map((one) => field(one, 'key'))).toEqual(['a', 'a', 'b', 'b']);
    expect(new Set(found.map((one) => field(one, 'userName'))).size).toBe(2);
    expect(await bob.call('roomReactionsGet', name, 1, { key: 'b', limit: 9 })).toMatchObject({ cursor: null });
    expect(await bob.call('roomReactionsGet', name, 1, { key: 'x'.repeat(99) })).toEqual({
      reactions: [],
      cursor: null,
    });
    expect(await bob.refusal('roomReactionsGet', name, 1, { cursor: '' })).toMatchObject({ code: 'badArgument' });
    expect(await bob.refusal('roomReactionsGet', name, 9)).toMatchObject({ code: 'noMessage', args: [9] });
    const eve = await world.login(0);
    expect(await eve.refusal('roomReactionsGet', name, 1)).toMatchObject({ code: 'notJoined' });
  });
}

function appends(world: World): void {
  test('goes with those that come within a moment, as one change', async () => {
    const { owner, bob, name } = await talk(world);
    const appended = await Promise.all(
      bob.callAll(
        ['roomMessageAppend', name, 1, ', two', { offset: 3 }],
        ['roomMessageAppend', name, 1, ', three'],
        ['roomMessageAppend', name, 1, ', two', { offset: 3 }],
        ['roomMessageAppend', name, 1, 'x', { offset: 99 }],
      ),
    );
    expect(appended).toMatchObject([
      { result: { length: 8, version: 2 } },
      { result: { length: 15, version: 2 } },
      { result: { length: 15, version: 2 } },
      { error: { code: 'wrongOffset', args: [15] } },
    ]);
    expect(await read(owner, name)).toMatchObject([{ textMessage: 'one, two, three', done: false, kept: 1 }]);
    await bob.call('roomMessageAppend', name, 1, '.', { done: true });
    await fenceRoom(bob, name, owner);
    expect(changesHeard(owner, name)).toEqual([
      { change: 1, id: 1, kind: 'append', version: 2, offset: 3, text: ', two, three' },
      { change: 2, id: 1, kind: 'append', version: 3, offset: 15, text: '.', done: true },
    ]);
    expect(await bob.refusal('roomMessageAppend', name, 1, '!')).toMatchObject({ code: 'notAllowed' });
    expect(await owner.refusal('roomMessageAppend', name, 1, '!')).toMatchObject({ code: 'notAllowed' });
    // It goes before what its socket does next.
    await bob.call('roomMessage', name, { textMessage: 'a' });
    const both = bob.callAll(['roomMessageAppend', name, 2, 'b'], ['roomMessageUpdate', name, 2, { textMessage: 'c' }]);
    expect(await Promise.all(both)).toMatchObject([{ result: { version: 2 } }, { result: { version: 3 } }]);
    const large = 'x'.repeat(limits.messageBytes);
    expect(await bob.refusal('roomMessageAppend', name, 2, large)).toMatchObject({ code: 'messageTooLarge' });
  });

  test('a reply is counted by its parent, and told', async () => {
    const { owner, bob, name } = await talk(world);
    for (let i = 0; i < 2; i++) await bob.call('roomMessage', name, { replyTo: 1 }, { clientMessageId: 'c' });
    await owner.call('roomMessage', name, { replyTo: 1 });
    for (;;) {
      const [, change] = await bob.next('roomMessageChanged');
      expect(change).toMatchObject({ id: 1, kind: 'replies', version: 1 });
      if (field(change, 'repliesCount') === 2) break;
    }
    expect((await read(bob, name))[0]).toMatchObject({ textMessage: 'one', repliesCount: 2 });
  });
}

function leftUnfinished(world: World): void {
  test('whose author is gone in the middle of it stays as it is, until another socket of its author ends it', async () => {
    const { owner, bob, name } = await talk(world);
    const { userName } = bob;
    await bob.call('roomMessage', name, { textMessage: 'half', done: false });
    await bob.call('roomMessageAppend', name, 2, ' of');
    bob.raw.close();
    await owner.next('roomUserLeft');
    expect((await read(owner, name))[1]).toMatchObject({ textMessage: 'half of', done: false, version: 2 });
    const again = await world.login(0, userName);
    await again.call('roomJoin', name);
    expect(await again.call('roomMessageAppend', name, 2, '', { done: true })).toMatchObject({ length: 7, version: 3 });
    await fenceRoom(again, name, owner);
    expect(changesHeard(owner, name).at(-1)).toEqual({
      change: 2,
      id: 2,
      kind: 'append',
      version: 3,
      offset: 7,
      text: '',
      done: true,
    });
    expect((await read(owner, name))[1]).toMatchObject({ textMessage: 'half of', done: true });
  });
}

function comingBack(world: World): void {
  test('gets the latest of what has changed up to where it was', async () => {
    const { owner, bob, name } = await talk(world);
    await bob.call('roomMessage', name, { textMessage: 'two' });
    const { epoch } = Object(await bob.call('roomHistoryInfo', name)) as { epoch: string };
    await bob.call('roomLeave', name);
    expect(await owner.call('roomMessageRecall', name, 2)).toMatchObject({ version: 2 });
    await owner.call('roomMessageReact', name, 1, '+');
    await owner.call('roomMessage', name, { textMessage: 'three' });
    await owner.call('roomMessageReact', name, 3, '+');
    const back = { roomName: name, epoch, lastMessageId: 2 };
    const [entry] = (await bob.call('roomsJoin', [{ ...back, lastChange: 0 }])) as ValueMap[];
    expect(entry).toMatchObject({
      lastChange: 3,
      recovered: true,
      messages: [{ id: 3, reactions: { '+': 1 } }],
      changesRecovered: true,
      changes: [
        { id: 2, recalled: true },
        { id: 1, reactions: { '+': 1 } },
      ],
    });
    await bob.call('roomLeave', name);
    const [plain] = (await bob.call('roomsJoin', [back])) as ValueMap[];
    expect(Object.keys(plain ?? {})).not.toContain('changes');
    expect(plain).toMatchObject({ lastChange: 3 });
    const { lastChangeTimestamp } = plain as { lastChangeTimestamp: number };
    expect(await owner.call('roomHistoryInfo', name)).toMatchObject({ lastChange: 3, lastChangeTimestamp });
    await bob.call('roomLeave', name);
    const [same] = (await bob.call('roomsJoin', [{ ...back, lastChange: 3, lastChangeTimestamp }])) as ValueMap[];
    expect(same).toMatchObject({ lastChangeTimestamp, changesRecovered: true, changes: [] });
    // A change of that number that is not this one.
    const overtaken = { lastChange: 3, lastChangeTimestamp: lastChangeTimestamp - 1 };
    for (const other of [{ lastChange: 9 }, { lastChange: 0, epoch: 'another' }, overtaken]) {
      await bob.call('roomLeave', name);
      const [lost] = (await bob.call('roomsJoin', [{ ...back, ...other }])) as ValueMap[];
      expect(lost).toMatchObject({ lastChange: 3, changesRecovered: false, changes: [] });
    }
    await bob.call('roomLeave', name);
    const [none] = (await bob.call('roomsJoin', [{ roomName: name, lastChange: 0 }])) as ValueMap[];
    expect(none).toMatchObject({ changesRecovered: false, changes: [], recovered: true });
  });
}

function races(world: World): void {
  test('of two who update the same version one does, and an update never brings a recalled message back', async () => {
    const { owner, bob, name } = await talk(world);
    const second = await world.login(0, bob.userName);
    await second.call('roomJoin', name);
    const tries = [bob, second].flatMap((by, n) => by.callAll(['roomMessageUpdate', name, 1, { n }, { ifVersion: 1 }]));
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((one) => 'result' in one)).toHaveLength(1);
    expect(outcomes).toContainEqual({ error: expect.objectContaining({ code: 'versionConflict', args: [2] }) });
    const race = [
      ...bob.callAll(...Array.from({ length: 5 }, (_, n): Call => ['roomMessageUpdate', name, 1, { n }])),
      ...owner.callAll(['roomMessageRecall', name, 1]),
      ...second.callAll(...Array.from({ length: 5 }, (_, n): Call => ['roomMessageUpdate', name, 1, { n }])),
    ];
    await Promise.all(race);
    await fenceRoom(owner, name, bob, second);
    expect(await read(bob, name)).toMatchObject([{ id: 1, recalled: true }]);
    const heard = changesHeard(bob, name);
    expect(heard.map(({ change }) => change)).toEqual(heard.map((_, i) => i + 1));
    expect(heard.at(-1)).toMatchObject({ kind: 'recall' });
    expect(changesHeard(second, name)).toEqual(heard);
  });

  test('reactions of many at once are all counted, one change each', async () => {
    const owner = await world.login(0);
    const users = await Promise.all(Array.from({ length: 50 }, (_, n) => world.login(n % 2 === 0 ? 0 : 1)));
    const name = await world.room(owner, owner, ...users);
    await owner.call('roomMessage', name, { textMessage: 'one' });
    await Promise.all(users.map((user) => user.call('roomMessageReact', name, 1, '+')));
    await fenceRoom(owner, name, owner);
    expect(await read(owner, name)).toMatchObject([{ reactions: { '+': 50 } }]);
    const counts = changesHeard(owner, name).map(({ counts: all }) => field(all, '+'));
    expect(counts).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });
}
