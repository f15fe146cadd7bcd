// Contacts in Redis: what the scripts of both sides reply, publish and leave behind, in whatever order two of them come, and the
// profiles of users.
import { describe, expect, test } from '@jest/globals';
import { encodeValue } from '../../src/protocol/wire/msgpack.ts';
import type { Wish } from '../../src/store/contact/contact-store.ts';
import { userTopic } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { connect, login, logout, namesOf, notice } from './contact-actions.ts';
import { frameText, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const pair = { truth: 'ann', mirror: 'bob' };
const add = { op: 'add', adds: true, trusted: false } as const;
const remove = { op: 'remove', adds: true, trusted: false } as const;
const follows = { ...add, adds: false };

const begin = (store: Store, wish: Wish, version: string): Promise<unknown> =>
  store.contacts.begin(pair, wish, version, notice(`${wish.op} at ann`, { except: 's2' }));
const apply = (store: Store, wish: Parameters<Store['contacts']['apply']>[2]): Promise<unknown> =>
  store.contacts.apply('bob', 'ann', wish, notice(`${wish.op} at bob`));
const finish = (store: Store, version: string, did: 'add' | 'remove' | 'refused'): Promise<unknown> =>
  store.contacts.finish(pair, version, did, notice(`${did} at ann`));

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function contactSuite(open: OpenStore): void {
  describe('the two sides', () => {
    sides(open);
    pages(open);
    rights(open);
    overtaking(open);
    lost(open);
    former(open);
  });
  describe('a profile', () => profiles(open));
}

function sides(open: OpenStore): void {
  test('make a contact step by step, each is told when it has it, and again it is nothing new', async () => {
    const store = await open(scope);
    for (const name of ['ann', 'bob']) await login(store, name);
    const atAnn = await store.listen(userTopic('ann'));
    const atBob = await store.listen(userTopic('bob'));
    expect(await store.contacts.judge('ann', 'bob', { adds: true, trusted: false })).toBe('ok');
    expect(await begin(store, add, 'v1')).toBe(true);
    expect([await namesOf(store, 'ann'), await namesOf(store, 'bob')]).toEqual([[], []]);
    expect(await store.contacts.readPage('ann', { cursor: '', limit: 10 })).toMatchObject({ due: ['bob'] });
    expect(await apply(store, follows)).toEqual({ changed: true, isShownWrong: false });
    expect(await apply(store, follows)).toEqual({ changed: false, isShownWrong: false });
    expect(await finish(store, 'v1', 'add')).toEqual({ again: undefined, isShownWrong: false });
    expect([await namesOf(store, 'ann'), await namesOf(store, 'bob')]).toEqual([['bob'], ['ann']]);
    expect([await store.contacts.has('ann', 'bob'), await store.contacts.has('ann', 'carol')]).toEqual([true, false]);
    // It goes all the way again, and nobody is told.
    expect(await begin(store, add, 'v2')).toBe(true);
    expect(await apply(store, follows)).toMatchObject({ changed: false });
    expect(await finish(store, 'v2', 'add')).toEqual({ again: undefined, isShownWrong: false });
    await eventually(() => expect([atAnn, atBob].map((events) => events.length)).toEqual([1, 1]));
    expect([...atAnn, ...atBob].map(frameText)).toEqual(['<add at ann>', '<add at bob>']);
    expect(Object.keys(await store.ttls()).filter((key) => key.includes('contacts'))).toEqual([
      '{user:ann}:contacts',
      '{user:bob}:contacts',
    ]);
  });

  test('end a contact at once on the side that decides, and nobody is told of the end of none', async () => {
    const store = await open(scope);
    for (const name of ['ann', 'bob']) await login(store, name);
    await connect(store, 'ann', 'bob');
    const atAnn = await store.listen(userTopic('ann'));
    const atBob = await store.listen(userTopic('bob'));
    expect(await begin(store, remove, 'v1')).toBe(true);
    expect([await namesOf(store, 'ann'), await namesOf(store, 'bob')]).toEqual([[], ['ann']]);
    expect(await store.contacts.resume(pair, 'v2')).toEqual({ op: 'remove', adds: true });
    expect(await apply(store, { ...remove, adds: false })).toEqual({ changed: true, isShownWrong: false });
    expect(await finish(store, 'v2', 'remove')).toEqual({ again: undefined, isShownWrong: false });
    expect(await store.contacts.resume(pair, 'v3')).toBe('none');
    // It goes all the way: there might be something on the other side.
    expect(await begin(store, remove, 'v4')).toBe(true);
    expect(await apply(store, { ...remove, adds: false })).toMatchObject({ changed: false });
    expect(await finish(store, 'v4', 'remove')).toMatchObject({ again: undefined });
    await eventually(() => expect([atAnn, atBob].map((events) => events.length)).toEqual([1, 1]));
    expect(atAnn.map(({ subject }) => subject)).toEqual(['s2']);
    expect(Object.keys(await store.ttls()).filter((key) => key.includes('contacts'))).toEqual([]);
  });
}

function pages(open: OpenStore): void {
  test('are read page by page, in the order of their names', async () => {
    const store = await open(scope);
    expect(await store.contacts.readPage('ann', { cursor: '', limit: 2 })).toBe('gone');
    for (const name of ['ann', 'dave', 'bob', 'carol']) await login(store, name);
    for (const name of ['dave', 'bob', 'carol']) await connect(store, 'ann', name);
    const first = await store.contacts.readPage('ann', { cursor: '', limit: 2 });
    expect(first).toMatchObject({ count: 3, names: ['bob', 'carol'], next: 'carol', due: [] });
    expect(await store.contacts.readPage('ann', { cursor: 'carol', limit: 2 })).toMatchObject({
      names: ['dave'],
      next: undefined,
    });
  });
}

function rights(open: OpenStore): void {
  test('ask the lists of both and the limit, rights first, in every step that makes a contact', async () => {
    const store = await open(scope, { contactsMax: 1 });
    const judged = (one: string, other: string, wish: { adds: boolean; trusted?: boolean }): Promise<unknown> =>
      store.contacts.judge(one, other, { trusted: false, ...wish });
    expect(await judged('bob', 'ann', { adds: false })).toBe('noUser');
    expect(await begin(store, add, 'v1')).toBe('noUser');
    expect(await apply(store, follows)).toBe('noUser');
    expect(await finish(store, 'v1', 'add')).toBe('noUser');
    expect(await store.ttls()).toEqual({});
    for (const name of ['ann', 'bob', 'carol', 'dave']) await login(store, name);
    await connect(store, 'bob', 'carol');
    expect(await judged('bob', 'ann', { adds: false })).toBe('listLimitExceeded');
    expect(await apply(store, follows)).toBe('listLimitExceeded');
    await store.directs.addToList('bob', 'blacklist', ['ann']);
    expect(await judged('bob', 'ann', { adds: false })).toBe('notAllowed');
    expect(await judged('bob', 'ann', { adds: true })).toBe('notAllowed');
    expect(await judged('bob', 'ann', { adds: false, trusted: true })).toBe('listLimitExceeded');
    // What is there stays.
    expect(await judged('bob', 'carol', { adds: true })).toBe('ok');
    expect(await apply(store, follows)).toBe('notAllowed');
    expect(await store.contacts.begin({ truth: 'bob', mirror: 'ann' }, add, 'v1', notice(''))).toBe('notAllowed');
    expect(await begin(store, add, 'v1')).toBe(true);
    // What is under way counts.
    const toDave = { truth: 'ann', mirror: 'dave' };
    expect(await store.contacts.begin(toDave, add, 'v2', notice(''))).toBe('listLimitExceeded');
    expect(await store.contacts.begin(toDave, remove, 'v2', notice(''))).toBe(false);
    expect(await store.contacts.begin({ truth: 'nobody', mirror: 'zoe' }, remove, 'v2', notice(''))).toBe('noUser');
    expect(await store.contacts.apply('nobody', 'ann', remove, notice(''))).toBe('noUser');
    expect(await finish(store, 'v1', 'refused')).toEqual({ again: undefined, isShownWrong: false });
    expect(await namesOf(store, 'ann')).toEqual([]);
    await store.directs.setWhitelistMode('dave', true);
    expect(await judged('dave', 'ann', { adds: false })).toBe('notAllowed');
    expect(await judged('dave', 'ann', { adds: true })).toBe('ok');
  });

  test('let nobody past the limit because the end of what never was a contact is under way', async () => {
    const store = await open(scope, { contactsMax: 1 });
    for (const name of ['ann', 'bob', 'carol']) await login(store, name);
    await connect(store, 'ann', 'carol');
    expect(await begin(store, remove, 'v1')).toBe(true);
    expect(await store.contacts.judge('ann', 'bob', { adds: true, trusted: true })).toBe('listLimitExceeded');
    expect(await begin(store, add, 'v2')).toBe('listLimitExceeded');
    // The end of what was one keeps its place, for whoever makes it again meanwhile.
    const toCarol = { truth: 'ann', mirror: 'carol' };
    expect(await store.contacts.begin(toCarol, remove, 'v3', notice(''))).toBe(true);
    expect(await begin(store, add, 'v4')).toBe('listLimitExceeded');
    expect(await finish(store, 'v1', 'remove')).toMatchObject({ again: undefined });
    expect(await store.contacts.begin(toCarol, add, 'v5', notice(''))).toBe(true);
  });
}

function overtaking(open: OpenStore): void {
  test('end as the one that decides is, whoever comes last to the other', async () => {
    const store = await open(scope);
    for (const name of ['ann', 'bob']) await login(store, name);
    // An end overtakes an add, which comes to the other side after it: it is told to do the end once more.
    expect(await begin(store, add, 'v1')).toBe(true);
    expect(await begin(store, remove, 'v2')).toBe(true);
    expect(await apply(store, { ...remove, adds: false })).toMatchObject({ changed: false });
    expect(await finish(store, 'v2', 'remove')).toMatchObject({ again: undefined });
    expect(await apply(store, follows)).toMatchObject({ changed: true });
    expect(await finish(store, 'v1', 'add')).toMatchObject({ again: 'remove' });
    expect(await apply(store, { ...remove, adds: false })).toMatchObject({ changed: true });
    expect(await finish(store, 'v1', 'remove')).toMatchObject({ again: undefined });
    expect([await namesOf(store, 'ann'), await namesOf(store, 'bob')]).toEqual([[], []]);
  });

  test('leave it to the later one while that is under way, which then does its part again', async () => {
    const store = await open(scope);
    for (const name of ['ann', 'bob']) await login(store, name);
    await begin(store, add, 'v1');
    await begin(store, { ...remove, adds: false }, 'v2');
    expect(await store.contacts.resume(pair, 'v2')).toEqual({ op: 'remove', adds: false });
    await apply(store, { ...remove, adds: false });
    await apply(store, follows);
    for (const again of [1, 2]) expect([again, await finish(store, 'v1', 'add')]).toEqual([again, 'overtaken']);
    expect(await finish(store, 'v2', 'remove')).toMatchObject({ again: 'remove' });
    expect(await apply(store, { ...remove, adds: false })).toMatchObject({ changed: true });
    expect(await finish(store, 'v2', 'remove')).toMatchObject({ again: undefined });
    expect([await namesOf(store, 'ann'), await namesOf(store, 'bob')]).toEqual([[], []]);
    // The same end by somebody else is no reason to go on.
    expect(await finish(store, 'v3', 'remove')).toEqual({ again: undefined, isShownWrong: false });
    expect(await finish(store, 'v3', 'refused')).toEqual({ again: undefined, isShownWrong: false });
  });
}

function lost(open: OpenStore): void {
  test('has no contact on the side that decides where the other one refuses it, even one that was there', async () => {
    const store = await open(scope);
    for (const name of ['ann', 'bob']) await login(store, name);
    await connect(store, 'ann', 'bob');
    // Bob's side has lost it, and somebody comes late with what was refused.
    await store.client.del(store.keys.user('bob').contacts);
    await store.directs.addToList('bob', 'blacklist', ['ann']);
    const atAnn = await store.listen(userTopic('ann'));
    expect(await finish(store, 'v1', 'refused')).toMatchObject({ again: 'add' });
    expect(await apply(store, follows)).toBe('notAllowed');
    expect(await finish(store, 'v1', 'refused')).toEqual({ again: undefined, isShownWrong: false });
    expect([await namesOf(store, 'ann'), await namesOf(store, 'bob')]).toEqual([[], []]);
    expect(await store.contacts.resume(pair, 'v2')).toBe('none');
    await eventually(() => expect(atAnn.map(frameText)).toEqual(['<refused at ann>']));
  });

  test('are there on both sides again by adding, where one side has lost it', async () => {
    const store = await open(scope);
    for (const name of ['ann', 'bob']) await login(store, name);
    await connect(store, 'ann', 'bob');
    await store.client.del(store.keys.user('bob').contacts);
    await connect(store, 'ann', 'bob');
    expect([await namesOf(store, 'ann'), await namesOf(store, 'bob')]).toEqual([['bob'], ['ann']]);
  });
}

function former(open: OpenStore): void {
  test('remember whose contact a user was that is deleted, and make none until that is over', async () => {
    const store = await open(scope);
    for (const name of ['ann', 'bob', 'carol']) await login(store, name);
    await connect(store, 'ann', 'bob');
    await store.contacts.begin({ truth: 'ann', mirror: 'carol' }, add, 'v1', notice(''));
    await store.contacts.setProfile('ann', new Map([['title', encodeValue('Dr.')]]));
    await logout(store, 'ann');
    expect(await store.admin.deleteUser('ann')).toBe('ok');
    const ofAnn = (await store.ttls()) as Readonly<Record<string, number>>;
    expect(Object.keys(ofAnn).filter((key) => key.startsWith('{user:ann}'))).toEqual([
      '{user:ann}:contacts:former',
      '{user:ann}:voided',
    ]);
    expect((await store.contacts.readFormer('ann', 10)).toSorted()).toEqual(['bob', 'carol']);
    await login(store, 'ann');
    for (const wish of [add, remove]) expect([wish, await begin(store, wish, 'v2')]).toEqual([wish, 'busy']);
    expect(await store.contacts.apply('ann', 'carol', follows, notice(''))).toBe('busy');
    await logout(store, 'ann');
    await store.client.zadd(store.keys.user('ann').contacts, 0, 'dave');
    expect(await store.admin.deleteUser('ann')).toBe('ok');
    expect((await store.contacts.readFormer('ann', 10)).toSorted()).toEqual(['bob', 'carol', 'dave']);
    await store.contacts.forgetFormer('ann', ['bob', 'carol', 'dave']);
    expect(Object.keys(await store.ttls()).filter((key) => key.includes('former'))).toEqual([]);
  });

  test('are something left behind: such a user is not forgotten', async () => {
    const store = await open(scope);
    for (const name of ['ann', 'bob', 'carol']) await login(store, name);
    await logout(store, 'bob');
    expect((await store.ttls())['{user:bob}:meta']).toBeGreaterThan(0);
    await connect(store, 'ann', 'bob');
    await logout(store, 'ann');
    for (const name of ['ann', 'bob']) expect((await store.ttls())[`{user:${name}}:meta`]).toBe(-1);
    await store.contacts.setProfile('carol', new Map([['title', encodeValue('Dr.')]]));
    await logout(store, 'carol');
    expect((await store.ttls())['{user:carol}:meta']).toBe(-1);
  });
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1');

function profiles(open: OpenStore): void {
  test('is merged field by field, within its bytes', async () => {
    const store = await open(scope);
    const set = (...changes: [string, Uint8Array | undefined][]): Promise<unknown> =>
      store.contacts.setProfile('ann', new Map(changes));
    expect(await set(['title', encodeValue('Dr.')])).toBe('gone');
    expect(await store.contacts.readProfile('ann', undefined)).toBe('noUser');
    await login(store, 'ann');
    expect(await set(['title', encodeValue('Dr.')], ['age', encodeValue(7)])).toBe('ok');
    expect(await set(['title', undefined], ['none', undefined], ['city', encodeValue('Rome')])).toBe('ok');
    const read = await store.contacts.readProfile('ann', 'bob');
    if (read === 'noUser') throw new Error(read);
    expect(read).toMatchObject({ online: true, lastOnline: undefined, blocks: false, isDue: false, isContact: false });
    expect(await store.contacts.readProfile('ann', 'bob', false)).toEqual({ ...read, fields: new Map() });
    const fields = [...read.fields].map(([name, bytes]) => [name, text(bytes)]);
    expect(Object.fromEntries(fields)).toEqual({ age: text(encodeValue(7)), city: text(encodeValue('Rome')) });
    // With `age` and `city` 3 + 5 + 10 bytes, and a field of that name 5.
    const fitting = 8192 - 18 - 5;
    expect(await set(['long', new Uint8Array(fitting + 1)])).toBe('quotaExceeded');
    expect(await set(['long', new Uint8Array(fitting)])).toBe('ok');
    expect(await set(['x', encodeValue(1)])).toBe('quotaExceeded');
    expect(await set(['long', undefined], ['x', encodeValue(1)])).toBe('ok');
  });

  test('tells since when somebody is away, who blocks whom, and that a contact is under way', async () => {
    const store = await open(scope);
    for (const name of ['ann', 'bob', 'carol']) await login(store, name);
    await store.directs.addToList('ann', 'blacklist', ['bob']);
    await begin(store, remove, 'v1');
    await store.contacts.begin(pair, { ...add, trusted: true }, 'v1', notice(''));
    await connect(store, 'bob', 'carol');
    await logout(store, 'ann');
    const ann = await store.contacts.readProfile('ann', 'bob');
    expect(ann).toMatchObject({ online: false, lastOnline: expect.any(Number), blocks: true, isDue: true });
    expect(await store.contacts.readProfile('bob', 'carol')).toMatchObject({ isDue: false, isContact: true });
    expect(await store.contacts.readBlocked('ann', ['carol', 'bob'])).toEqual(new Set(['bob']));
    expect(await store.contacts.readBlocked('bob', ['carol', 'ann'])).toEqual(new Set());
  });
}
