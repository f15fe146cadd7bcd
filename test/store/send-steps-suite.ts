// The steps of a message that is kept, and what the slots of both users know of their conversation.
import { describe, expect, test } from '@jest/globals';
import { userTopic } from '../../src/redis/keys.ts';
import type { Appended } from '../../src/store/pair/pair-store.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { admit, append, appended, deliver, keysOf, login, logout, read } from './pair-actions.ts';
import { expectChain } from './room-actions.ts';
import { frameText, type OpenStore } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function sendStepsSuite(open: OpenStore): void {
  describe('a send, step by step', () => {
    admission(open);
    delivery(open);
    theAuthor(open);
  });
  describe('a deletion', () => deletions(open));
}

function admission(open: OpenStore): void {
  test('is refused as a message is, and notes where it is asked to that something may come', async () => {
    const store = await open(scope);
    expect(await admit(store, 'bob', 'ann')).toBe('noUser');
    await login(store, 'bob');
    expect(await admit(store, 'bob', 'bob')).toBe('notAllowed');
    await store.directs.addToList('bob', 'blacklist', ['eve']);
    expect(await admit(store, 'bob', 'eve')).toBe('notAllowed');
    expect(await admit(store, 'bob', 'ann', false)).toBe('ok');
    const noted = (await keysOf(store)).filter((key) => /peers|missed/.test(key));
    expect(noted).toEqual([]);
    expect(await admit(store, 'bob', 'ann')).toBe('ok');
    expect((await keysOf(store)).filter((key) => /peers|missed/.test(key))).toEqual([
      '{user:bob}:missed',
      '{user:bob}:peers',
    ]);
  });

  test('keeps a user who is about to be forgotten; what is noted of an anonymous one goes with it', async () => {
    const store = await open(scope);
    for (const userName of ['bob', 'anonymous-x']) {
      await login(store, userName);
      await logout(store, userName);
      expect((await store.ttls())[`{user:${userName}}:meta`]).toBeGreaterThan(0);
      await admit(store, userName, 'ann');
    }
    const ttls = await store.ttls();
    for (const key of ['meta', 'peers', 'missed', 'unread']) {
      expect(ttls[`{user:bob}:${key}`]).toBe(-1);
      expect(ttls[`{user:anonymous-x}:${key}`]).toBeGreaterThan(0);
    }
    await login(store, 'anonymous-x');
    expect((await store.ttls())['{user:anonymous-x}:peers']).toBe(-1);
    await logout(store, 'anonymous-x');
    expect((await store.ttls())['{user:anonymous-x}:peers']).toBeGreaterThan(0);
    // Who has conversations is kept for that.
    await login(store, 'bob');
    await logout(store, 'bob');
    expect((await store.ttls())['{user:bob}:meta']).toBe(-1);
  });
}

function delivery(open: OpenStore): void {
  test('hands each message on once and in order; what is missing before it is asked for first', async () => {
    const store = await open(scope);
    const texts = ['one', 'two', 'three', 'four'];
    const sent: Appended[] = [];
    for (const text of texts) sent.push(await appended(store, 'ann', 'bob', { text }));
    const [one, two, three, four] = sent;
    if (one === undefined || two === undefined || three === undefined || four === undefined)
      throw new Error('not sent');
    expect(await deliver(store, 'bob', 'ann', one)).toBe('noUser');
    await login(store, 'bob');
    const events = await store.listen(userTopic('bob'));
    expect(await deliver(store, 'bob', 'ann', one)).toMatchObject({ deliveredNumber: 1, told: 1, underWay: 0 });
    expect(await deliver(store, 'bob', 'ann', one)).toMatchObject({ isBehind: false, told: 0 });
    // The second one was left behind.
    expect(await deliver(store, 'bob', 'ann', three)).toMatchObject({ isBehind: true, deliveredId: 1 });
    expect(await deliver(store, 'bob', 'ann', three, { after: 3, messages: [] })).toMatchObject({ isBehind: true });
    const gap = await store.pairs.readUnsent('bob', 'ann', { after: 1, limit: 2, bytesMax: 1 << 20 });
    const filled = { after: 0, messages: gap.messages, ending: false };
    expect(await deliver(store, 'bob', 'ann', three, filled)).toMatchObject({ deliveredId: 3, told: 2 });
    expect(await deliver(store, 'bob', 'ann', three)).toMatchObject({ isBehind: false, told: 0 });
    expect(await deliver(store, 'bob', 'ann', four)).toMatchObject({ told: 1 });
    await eventually(() => expect(events).toHaveLength(4));
    expect(events.map((event) => frameText(event).slice(0, -17))).toEqual(texts);
    expectChain(events);
  });

  test('asks the rules again, whether anybody is there or not, and is not fooled by a log that has lost its end', async () => {
    const store = await open(scope);
    await login(store, 'bob');
    const events = await store.listen(userTopic('bob'));
    await store.directs.addToList('bob', 'blacklist', ['ann']);
    const one = await appended(store, 'ann', 'bob', { text: 'one' });
    expect(await deliver(store, 'bob', 'ann', one)).toMatchObject({ isBehind: false, told: 0 });
    await store.directs.removeFromList('bob', 'blacklist', ['ann']);
    expect(await deliver(store, 'bob', 'ann', one)).toMatchObject({ told: 0 });
    await logout(store, 'bob');
    expect(await deliver(store, 'bob', 'ann', await appended(store, 'ann', 'bob'))).toMatchObject({ told: 1 });
    await login(store, 'bob');
    const three = await appended(store, 'ann', 'bob', { text: 'three' });
    expect(await deliver(store, 'bob', 'ann', three)).toMatchObject({ told: 1 });
    // Another one of that number, later.
    const other = { ...three, timestamp: three.timestamp + 1, frame: Buffer.from('other') };
    expect(await deliver(store, 'bob', 'ann', other)).toMatchObject({ told: 1 });
    // Nor by one of another life.
    const reborn = { ...one, life: 'another life....', frame: Buffer.from('reborn') };
    expect(await deliver(store, 'bob', 'ann', reborn)).toMatchObject({ told: 1, deliveredId: 1 });
    await eventually(() => expect(events).toHaveLength(4));
    expect(events.map((event) => frameText(event).slice(0, 5))).toEqual(['hello', 'three', 'other', 'rebor']);
  });
}

function theAuthor(open: OpenStore): void {
  test('hears of it on its other sockets, and what has come is not noted as missed any more', async () => {
    const store = await open(scope);
    const { directs } = store;
    const log = { peer: 'bob', life: 'life', asOf: 0 };
    const echo = (exceptSocket?: string): Promise<unknown> =>
      directs.echo('ann', { ...log, messages: [{ exceptSocket, frame: Buffer.from('echo') }] });
    await echo();
    expect(await keysOf(store)).toEqual([]);
    await login(store, 'ann');
    const events = await store.listen(userTopic('ann'));
    await directs.echo('ann', { ...log, messages: [] });
    await echo('s1');
    await echo();
    await eventually(() => expect(events).toHaveLength(2));
    expect(events.map((event) => [event.subject, frameText(event)])).toEqual([
      ['s1', 'echo'],
      ['', 'echo'],
    ]);
    expect(await keysOf(store)).toContain('{user:ann}:peers');
    const settle = (number: number, text?: string, newest = number): Promise<void> =>
      directs.settle('bob', {
        peer: 'ann',
        number,
        newest,
        exceptSocket: 's1',
        frame: text === undefined ? undefined : Buffer.from(text),
      });
    await settle(1);
    await login(store, 'bob');
    await login(store, 'bob', 's2');
    const told = await store.listen(userTopic('bob'));
    const isMissed = async (): Promise<boolean> => (await keysOf(store)).includes('{user:bob}:missed');
    await admit(store, 'bob', 'ann');
    await admit(store, 'bob', 'ann');
    const one = await appended(store, 'ann', 'bob');
    await deliver(store, 'bob', 'ann', one);
    // Another one is under way.
    await settle(1);
    expect(await isMissed()).toBe(true);
    await deliver(store, 'bob', 'ann', await appended(store, 'ann', 'bob'));
    await settle(1);
    expect(await isMissed()).toBe(true);
    // The log has one more, whose node died before it handed it on.
    await settle(2, undefined, 3);
    expect(await isMissed()).toBe(true);
    await settle(2, 'status');
    expect(await isMissed()).toBe(false);
    await eventually(() => expect(frameText(told.at(-1))).toBe('status'));
    expect(told.at(-1)?.subject).toBe('s1');
  });
}

function deletions(open: OpenStore): void {
  test('of one leaves the log to the other, and nothing of it to a later user of that name; of both leaves nothing', async () => {
    const store = await open(scope);
    const { admin } = store;
    for (const userName of ['ann', 'bob']) {
      await login(store, userName);
      await logout(store, userName);
    }
    const say = async (author: string, to: string): Promise<void> => {
      await admit(store, to, author);
      await deliver(store, to, author, await appended(store, author, to));
      await store.directs.echo(author, { peer: to, life: '', asOf: 0, messages: [] });
    };
    await say('ann', 'bob');
    await say('bob', 'ann');
    expect(await admin.deleteUser('ann')).toBe('ok');
    expect(await read(store, 'bob', 'ann')).toEqual([1, 2]);
    await login(store, 'ann');
    await logout(store, 'ann');
    expect(await read(store, 'ann', 'bob')).toEqual([]);
    await say('bob', 'ann');
    expect(await read(store, 'ann', 'bob')).toEqual([3]);
    expect(await admin.deleteUser('bob')).toBe('ok');
    expect(await read(store, 'ann', 'bob')).toEqual([3]);
    expect(await admin.deleteUser('ann')).toBe('ok');
    expect((await keysOf(store)).filter((key) => !key.endsWith(':voided'))).toEqual([]);
    // A conversation that is noted and is not there is no reason to fail.
    await login(store, 'bob');
    await admit(store, 'bob', 'nobody');
    await logout(store, 'bob');
    expect(await admin.deleteUser('bob')).toBe('ok');
  });

  test('goes through however many conversations there are', async () => {
    const store = await open(scope);
    await login(store, 'bob');
    const others = Array.from({ length: 250 }, (_, i) => `user${i}`);
    await Promise.all(
      others.map(async (userName) => {
        await admit(store, 'bob', userName);
        await append(store, userName, 'bob');
      }),
    );
    await logout(store, 'bob');
    expect(await store.admin.deleteUser('bob')).toBe('ok');
    const left = await store.client.hget(store.keys.pair('bob', 'user249').meta, 'gone:bob');
    expect(left).toBe('1');
    expect((await keysOf(store)).filter((key) => key.startsWith('{user:bob}'))).toEqual(['{user:bob}:voided']);
  });
}
