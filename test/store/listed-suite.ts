// Rooms as those see them who belong to them: which of them a list has, in what order, what is in them; what a room is, and to whom.
import { describe, expect, test } from '@jest/globals';
import { AbsentStore } from '../../src/store/message/absent-store.ts';
import { rightsOf, SERVICE, type Rights } from '../../src/store/rights.ts';
import type { Life } from '../../src/store/room/room-store.ts';
import { useScope } from '../support/scope.ts';
import { belong, lifeOf, setConduct } from './belonging-actions.ts';
import { made, removeAll } from './member-actions.ts';
import { join, post, room, starter, type Start } from './room-actions.ts';
import { frame, nonce, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function listedSuite(open: OpenStore): void {
  const start = starter(open, scope);
  describe('a list', () => {
    glances(open);
    leftOut(start);
    filtered(open);
    read(start);
  });
  describe('a description', () => described(start));
  describe('a mute', () => muted(start));
}

async function make(store: Store, roomName: string, owner = 'owner'): Promise<void> {
  expect(await store.rooms.create(roomName, roomOptions(owner))).toBe('ok');
}

const belonging = (store: Store, userName = 'ann'): Promise<Map<string, Life>> => store.belongs.read(userName);

const namesOf = async (store: Store, wish = {}): Promise<unknown> => {
  const { listed, gone } = await store.listed.glance('ann', await belonging(store), wish);
  return { listed: listed.map(({ roomName }) => roomName).toSorted(), gone: [...gone.keys()].toSorted() };
};

function glances(open: OpenStore): void {
  test('has each room with when something was said there last, or when it was made', async () => {
    const store = await open(scope);
    expect(await store.listed.glance('ann', await belonging(store))).toEqual({ listed: [], gone: new Map() });
    for (const name of ['one', 'two']) {
      await make(store, name);
      await belong(store, name, 'ann');
    }
    await store.client.hset(store.keys.room('one').meta, 'createdAt', '1000', 'attributes', 'packed');
    await setConduct(store, 'two', { kind: 2 });
    const posted = { author: 'bob', prefix: Buffer.from('p'), middle: Buffer.from('m'), nonce: nonce() };
    await store.messages.post('two', SERVICE, { ...posted, clientMessageId: undefined, transient: false });
    const glance = async (withAttributes: boolean): Promise<unknown> => {
      const { listed } = await store.listed.glance('ann', await belonging(store), { withAttributes });
      return listed.toSorted((one, other) => one.at - other.at);
    };
    const saidAt = (await store.histories.read('two', SERVICE, undefined, 1))[0];
    expect(await glance(false)).toEqual([
      { roomName: 'one', at: 1000, kind: 'normal', attributes: undefined },
      { roomName: 'two', at: Object(saidAt).timestamp, kind: 'temporary', attributes: undefined },
    ]);
    expect(await glance(true)).toMatchObject([{ attributes: Buffer.from('packed') }, { attributes: undefined }]);
    // A room of an earlier build does not say when it was made.
    await store.client.hdel(store.keys.room('one').meta, 'createdAt');
    expect(await glance(false)).toMatchObject([{ roomName: 'one' }, { roomName: 'two' }]);
  });

  test('of more rooms than one step looks at has all of them', async () => {
    const store = await open(scope);
    const names = Array.from({ length: 230 }, (_, i) => `room-${i}`);
    await Promise.all(names.map((name) => make(store, name)));
    await Promise.all(names.map((name) => belong(store, name, 'ann')));
    expect(await namesOf(store)).toEqual({ listed: names.toSorted(), gone: [] });
  });
}

function leftOut(start: Start): void {
  test('leaves out rooms that are gone, made anew, over, or ban the user, and the first two are forgotten', async () => {
    const store = await start();
    for (const name of ['kept', 'gone', 'anew', 'mine', 'over', 'banned', 'admin', 'left']) {
      await make(store, name);
      await belong(store, name, 'ann');
    }
    for (const name of ['gone', 'anew', 'mine']) await store.rooms.delete(name, SERVICE, 'n1', frame('gone'));
    await make(store, 'anew');
    await make(store, 'mine');
    await store.client.zadd(store.keys.room('mine').roster, 0, 'ann');
    await setConduct(store, 'over', { kind: 2, endsAt: 1 });
    await store.client.sadd(store.keys.room('banned').blacklist, 'ann');
    await store.client.sadd(store.keys.room('admin').blacklist, 'ann');
    await store.client.sadd(store.keys.room('admin').adminlist, 'ann');
    await store.client.zrem(store.keys.room('left').roster, 'ann');
    expect(await namesOf(store)).toEqual({ listed: ['admin', 'kept', 'mine'], gone: ['anew', 'gone'] });
    for (const name of ['over', 'banned', 'left', 'gone']) expect(await store.listed.read('ann', name)).toBe('out');
    const { gone } = await store.listed.glance('ann', await belonging(store));
    // Not one that it was told of since.
    await store.client.hset(store.keys.user('ann').belongs, 'gone', `${await lifeOf(store, 'kept')} 2 2`);
    await store.belongs.forgetStale('ann', gone);
    const left = [...(await belonging(store)).keys()].toSorted();
    expect(left).toEqual(['admin', 'banned', 'gone', 'kept', 'left', 'mine', 'over']);
    // A ban that has ended is none.
    await store.client.zadd(store.keys.room('banned').bans, 1, 'ann');
    expect(await namesOf(store)).toMatchObject({ listed: ['admin', 'banned', 'kept', 'mine'] });
  });
}

function filtered(open: OpenStore): void {
  test('by members has the rooms to which all of them belong', async () => {
    const store = await open(scope);
    for (const [name, ...others] of [['a'], ['b', 'bob'], ['c', 'bob', 'carol']] as const) {
      await make(store, name);
      await belong(store, name, 'ann', ...others);
    }
    expect(await namesOf(store, { members: ['bob'] })).toMatchObject({ listed: ['b', 'c'] });
    expect(await namesOf(store, { members: ['carol', 'bob'] })).toMatchObject({ listed: ['c'] });
    expect(await namesOf(store, { members: ['dave'] })).toMatchObject({ listed: [] });
  });
}

function read(start: Start): void {
  test('says of a room what it is, what was said last, and what is unread', async () => {
    const store = await start({}, { lists: { adminlist: ['ann'], whitelist: [], blacklist: [] } });
    await belong(store, room, 'owner', 'ann', 'bob');
    await join(store, 'owner');
    const of = async (userName: string): Promise<unknown> => store.listed.read(userName, room);
    expect(await of('bob')).toMatchObject({
      role: 'member',
      memberCount: 3,
      unread: 0,
      mentioned: false,
      last: undefined,
    });
    expect(await of('bob')).toMatchObject({ attributes: undefined, muted: false });
    await post(store, 'owner');
    await store.messages.post(room, rightsOf('owner'), {
      author: 'owner',
      prefix: Buffer.from('prefix'),
      middle: Buffer.from('middle'),
      nonce: nonce(),
      clientMessageId: undefined,
      transient: false,
      mentions: { names: ['ann'], all: false },
    });
    await store.client.hset(store.keys.room(room).meta, 'attributes', 'packed');
    await store.listed.mute(room, 'ann', true);
    expect(await of('ann')).toMatchObject({ role: 'admin', unread: 2, mentioned: true, muted: true });
    expect(await of('owner')).toMatchObject({ role: 'owner', unread: 0, mentioned: false });
    const seen = Object(await of('bob'));
    expect(seen).toMatchObject({
      kind: 0,
      unread: 2,
      mentioned: false,
      attributes: Buffer.from('packed'),
      muted: false,
    });
    expect(Buffer.from(seen.last).toString('latin1')).toMatch(/prefix.{8}middle/s);
    await store.unreads.markRoom(room, 'bob', rightsOf('bob'), 1);
    expect(await of('bob')).toMatchObject({ unread: 1 });
    // Who has no mark, as none was made, has nothing to catch up on.
    await store.client.hdel(store.keys.room(room).marks, 'bob');
    expect(await of('bob')).toMatchObject({ unread: 0, mentioned: false });
    expect(await of('dave')).toBe('out');
  });
}

function described(start: Start): void {
  test('says what the room is and what one is to it, to who may read there', async () => {
    const lists = { adminlist: ['ann'], whitelist: [], blacklist: [] };
    const store = await start({}, { whitelistOnly: true, lists });
    await belong(store, room, 'bob');
    const of = (who: string | Rights): Promise<unknown> =>
      store.listed.describe(room, typeof who === 'string' ? rightsOf(who) : who);
    expect(await store.listed.describe('nowhere', SERVICE)).toBe('noRoom');
    expect(await of('dave')).toBe('notJoined');
    expect(await of('owner')).toMatchObject({
      owner: 'owner',
      whitelistOnly: true,
      invites: undefined,
      attributes: undefined,
      version: 0,
      kind: 0,
      writers: 0,
      slowMs: 0,
      endsAt: 0,
      role: 'owner',
      silencedUntil: 0,
      muted: false,
      memberCount: 1,
      occupantCount: 0,
      lastId: 0,
    });
    await join(store, 'ann');
    await post(store, 'ann');
    const meta = { invites: 'admins', attributes: 'packed', attributesVersion: '7', whitelistOnly: '0' };
    await store.client.hset(store.keys.room(room).meta, meta);
    await setConduct(store, room, { writers: 2, kind: 2, slowMs: 5000, endsAt: 4e12 });
    await store.listed.mute(room, 'bob', true);
    const told = {
      invites: 'admins',
      version: 7,
      writers: 2,
      kind: 2,
      slowMs: 5000,
      endsAt: 4e12,
      occupantCount: 1,
      lastId: 1,
    };
    expect(await of('bob')).toMatchObject({ ...told, role: 'member', muted: true, attributes: Buffer.from('packed') });
    expect(await of('ann')).toMatchObject({ role: 'admin', muted: false, whitelistOnly: false });
    expect(await of(SERVICE)).toMatchObject({ role: '', muted: false });
  });

  test('says until when one is silenced, and nothing of one that is over', async () => {
    const store = await start();
    await belong(store, room, 'ann', 'bob', 'carol');
    const { silenced } = store.keys.room(room);
    await store.client.zadd(silenced, 4e12, 'ann', '9007199254740991', 'bob', 1, 'carol');
    const of = async (userName: string): Promise<unknown> =>
      Object(await store.listed.describe(room, rightsOf(userName))).silencedUntil;
    expect([await of('ann'), await of('bob'), await of('carol'), await of('owner')]).toEqual([4e12, -1, 0, 0]);
  });
}

function muted(start: Start): void {
  test('is noted of members only, once', async () => {
    const store = await start();
    await belong(store, room, 'bob');
    const { mute } = { mute: (userName: string, isOn: boolean) => store.listed.mute(room, userName, isOn) };
    expect(await store.listed.mute('nowhere', 'bob', true)).toBe('noRoom');
    expect([await mute('dave', true), await mute('owner', false)]).toEqual(['notAllowed', 'notAllowed']);
    expect([await mute('bob', true), await mute('bob', true)]).toEqual([true, false]);
    expect(await store.client.smembers(store.keys.room(room).muted)).toEqual(['bob']);
    expect([await mute('bob', false), await mute('bob', false)]).toEqual([true, false]);
  });

  test('is told with who is away, and goes with being a member', async () => {
    const store = await start();
    await belong(store, room, 'ann', 'bob', 'carol');
    await join(store, 'ann');
    await post(store, 'ann');
    for (const name of ['bob', 'carol']) expect(await store.listed.mute(room, name, true)).toBe(true);
    const absents = new AbsentStore(store.commands, store.keys);
    expect(await absents.read(room, 'ann', 1)).toMatchObject({ readers: ['bob', 'carol'], muted: ['bob', 'carol'] });
    expect((await made(removeAll(store, 'owner', 'bob'))).words).toEqual(['done']);
    await store.members.erase(room, 'carol', frame('erased'));
    expect(await store.client.smembers(store.keys.room(room).muted)).toEqual([]);
    expect(await absents.read(room, undefined, 1)).toMatchObject({ readers: ['ann'], muted: [] });
  });
}
