// Who may be in a room, in Redis: what every script about its lists, mode and owner replies, publishes and leaves
// behind, and who is out by it. What clients see of it is tested over the wire.
import { describe, expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import type { ListPage } from '../../src/store/access/list-page.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import {
  add,
  changeOwner,
  edit,
  type Edited,
  flush,
  leftPrefix,
  listed,
  outBy,
  setMode,
  take,
  told,
} from './access-actions.ts';
import { expectChain, join, post, rightsBy, room, starter, type By, type Start } from './room-actions.ts';
import type { OpenStore } from './store.ts';

const scope = useScope();
/** Call within a `describe`; `open` gives a store of its own to each test. */
export function accessSuite(open: OpenStore): void {
  const start = starter(open, scope);
  describe('lists', () => {
    editing(open, start);
    refusing(start);
    evicting(start);
    deciding(start);
  });
  describe('mode and owner', () => {
    modes(start);
    owners(start);
  });
  reading(start);
}

function editing(open: OpenStore, start: Start): void {
  test('of a room that is none cannot be changed', async () => {
    const store = await open(scope);
    expect(await add(store, 'owner', 'blacklist', 'bob')).toBe('noRoom');
    expect(await take(store, SERVICE, 'blacklist', 'bob')).toBe('noRoom');
    expect(await setMode(store, 'owner', true)).toBe('noRoom');
    expect(await changeOwner(store, 'bob')).toBe('noRoom');
    expect(await store.access.readList(room, SERVICE, 'whitelist', { cursor: '', limit: 10 })).toBe('noRoom');
    expect(await store.access.readAccess(room, 'bob')).toBe('noRoom');
    expect(await store.access.evictPage(room, 'n1', '0', leftPrefix)).toBeUndefined();
    expect(await flush(store)).toBe(0);
    expect(await store.ttls()).toEqual({});
  });

  test('take names in and out, told as they were asked for; nobody asked for is nothing done', async () => {
    const store = await start();
    const events = await store.listen(roomTopic(room));
    expect(await add(store, 'owner', 'whitelist', 'bob', 'ann', 'bob')).toMatchObject({ at: { seq: 1 }, evicted: [] });
    expect(await listed(store, 'whitelist')).toEqual(['ann', 'bob']);
    expect(await add(store, 'owner', 'whitelist', 'ann')).toMatchObject({ at: { seq: 2 } });
    expect(await add(store, 'owner', 'adminlist')).toMatchObject({ at: { seq: 2 }, evicted: [] });
    expect(await take(store, 'owner', 'whitelist', 'zoe', 'bob')).toMatchObject({ at: { seq: 3 } });
    expect(await listed(store, 'whitelist')).toEqual(['ann']);
    expect(await take(store, 'owner', 'whitelist', 'ann')).toMatchObject({ at: { seq: 4 } });
    await eventually(() => expect(events).toHaveLength(4));
    expect(told(events)).toEqual([
      ['notice', '', '<whitelist bob,ann,bob>'],
      ['notice', '', '<whitelist ann>'],
      ['notice', '', '<whitelist zoe,bob>'],
      ['notice', '', '<whitelist ann>'],
    ]);
    expectChain(events);
    expect(Object.keys(await store.ttls())).toEqual([`{room:${room}}:events`, `{room:${room}}:meta`]);
  });

  test('are not told where the room does not want it', async () => {
    const store = await start({}, { accessListsUpdates: false, userlistUpdates: false });
    const events = await store.listen(roomTopic(room));
    await join(store, 'bob');
    expect(await add(store, 'owner', 'whitelist', 'zoe')).toMatchObject({ at: { seq: 0 } });
    expect(await setMode(store, 'owner', false)).toMatchObject({ at: { seq: 0 } });
    // Evictions are no matter of taste.
    expect(await outBy(add(store, 'owner', 'blacklist', 'bob'))).toEqual(['bob']);
    await eventually(() => expect(events).toHaveLength(1));
    expect(told(events)).toEqual([['evicted', 'bob-1@n1\nbob', '']]);
  });

  test('hold no more than the limit, counted by what would be in them', async () => {
    const store = await start({ listSizeLimit: 3 });
    await add(store, 'owner', 'whitelist', 'a', 'b');
    expect(await add(store, 'owner', 'whitelist', 'c', 'd')).toBe('listLimitExceeded');
    expect(await listed(store, 'whitelist')).toEqual(['a', 'b']);
    await outBy(add(store, 'owner', 'whitelist', 'c', 'c', 'a'));
    expect(await listed(store, 'whitelist')).toEqual(['a', 'b', 'c']);
    expect(await add(store, 'owner', 'whitelist', 'd')).toBe('listLimitExceeded');
    await outBy(add(store, 'owner', 'blacklist', 'd'));
    await outBy(take(store, 'owner', 'whitelist', 'c', 'x', 'y', 'z'));
    await outBy(add(store, 'owner', 'whitelist', 'd'));
  });
}

function refusing(start: Start): void {
  test('are the owner’s; admins edit two of them, never naming the owner; nobody edits the userlist', async () => {
    const store = await start();
    await outBy(add(store, 'owner', 'adminlist', 'adam'));
    const before = await store.ttls();
    for (const change of [add, take]) {
      for (const by of ['owner', 'adam', 'bob', SERVICE]) {
        expect(await change(store, by, 'userlist', 'zoe')).toBe('notAllowed');
      }
      for (const listName of ['adminlist', 'whitelist', 'blacklist', 'nolist']) {
        expect(await change(store, 'bob', listName, 'zoe')).toBe('notAllowed');
        expect(await change(store, 'adam', listName, 'zoe', 'owner')).toBe('notAllowed');
      }
      expect(await change(store, 'adam', 'adminlist', 'zoe')).toBe('notAllowed');
      for (const by of ['owner', 'adam', SERVICE]) expect(await change(store, by, 'nolist', 'zoe')).toBe('noList');
    }
    expect(Object.keys(await store.ttls())).toEqual(Object.keys(before));
    for (const by of ['owner', 'adam', SERVICE]) expect(await outBy(add(store, by, 'blacklist', 'zoe'))).toEqual([]);
    for (const by of ['owner', SERVICE]) expect(await outBy(add(store, by, 'adminlist', 'owner'))).toEqual([]);
    expect(await listed(store, 'adminlist')).toEqual(['adam', 'owner']);
  });

  test('refuse in one order: rights, list, names, limit', async () => {
    const store = await start({ listSizeLimit: 1 });
    await outBy(add(store, 'owner', 'adminlist', 'adam'));
    const bad = (by: By, listName: string, ...names: string[]): Edited =>
      store.access.addToList(room, rightsBy(by), edit(listName, names, names[0]));
    expect(await bad('bob', 'nolist', ':', 'x', 'y')).toBe('notAllowed');
    expect(await bad('adam', 'nolist', ':', 'owner')).toBe('notAllowed');
    expect(await bad('adam', 'nolist', ':', 'x', 'y')).toBe('noList');
    expect(await bad('adam', 'blacklist', ':', 'x', 'y')).toBe('invalidName');
    expect(await add(store, 'adam', 'blacklist', 'x', 'y')).toBe('listLimitExceeded');
    expect(await outBy(add(store, 'adam', 'blacklist', 'x'))).toEqual([]);
  });

  test('of a room without an owner are for its admins, for whom the empty name is just not valid', async () => {
    const store = await start({}, { owner: undefined });
    expect(await add(store, 'bob', 'whitelist', 'bob')).toBe('notAllowed');
    await outBy(add(store, SERVICE, 'adminlist', 'adam'));
    expect(await store.access.addToList(room, rightsOf('adam'), edit('blacklist', [''], ''))).toBe('invalidName');
    expect(await outBy(add(store, 'adam', 'blacklist', 'zoe'))).toEqual([]);
  });
}

function evicting(start: Start): void {
  test('take out who loses the room, with all sockets, told after the list', async () => {
    const store = await start();
    for (const [user, socket, node] of [
      ['bob', 'b1', 'n1'],
      ['bob', 'b2', 'n2'],
      ['ann', 'a1', 'n1'],
    ] as const) {
      await join(store, user, socket, node);
    }
    await post(store, 'bob');
    const events = await store.listen(roomTopic(room));
    expect(await add(store, 'owner', 'blacklist', 'zoe', 'bob', 'bob')).toMatchObject({
      at: { seq: 5, id: 1 },
      evicted: [{ userName: 'bob', socketIds: ['b1', 'b2'], nodeIds: ['n1', 'n2'] }],
      changesPending: false,
    });
    await eventually(() => expect(events).toHaveLength(2));
    expect(told(events)).toEqual([
      ['notice', '', '<blacklist zoe,bob,bob>'],
      ['evicted', 'b1@n1 b2@n2\nbob', `<left \u00a3bob`],
    ]);
    expectChain(events);
    expect(await post(store, 'bob')).toBe('notJoined');
    expect(await store.histories.read(room, rightsOf('bob'), undefined, 10)).toBe('notJoined');
    await expect(join(store, 'bob')).rejects.toThrow('notAllowed');
    expect(await store.memberships.readNodeSockets(room, 'n1')).toMatchObject({ sockets: [{ socketId: 'a1' }] });
    expect(await store.client.smembers(store.keys.room(room).nodes)).toEqual(['n1']);
    expect(await store.memberships.readSeen(room, rightsOf('owner'), 'bob')).toMatchObject({ joined: false });

    await outBy(take(store, 'owner', 'blacklist', 'bob'));
    expect(await join(store, 'bob')).toMatchObject({ njoined: 1, changed: true });
    expect(await post(store, 'bob')).toMatchObject({ id: 2 });
  });
}

function deciding(start: Start): void {
  test('decide in this order: owner and admins, blacklist, mode, whitelist', async () => {
    const store = await start();
    const may = async (user: string): Promise<unknown> => {
      const access = await store.access.readAccess(room, user);
      return typeof access === 'string' ? access : access.admitted;
    };
    await outBy(add(store, 'owner', 'adminlist', 'adam'));
    for (const user of ['owner', 'adam', 'bob']) await join(store, user);
    expect(await outBy(add(store, 'owner', 'blacklist', 'owner', 'adam', 'bob'))).toEqual(['bob']);
    expect([await may('owner'), await may('adam'), await may('bob'), await may('ann')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(await outBy(add(store, 'owner', 'whitelist', 'bob', 'wes'))).toEqual([]);
    for (const user of ['wes', 'ann']) await join(store, user);
    expect(await may('bob')).toBe(false);
    // A demoted admin who is on the blacklist, too.
    expect(await outBy(take(store, 'owner', 'adminlist', 'adam'))).toEqual(['adam']);
    expect(await outBy(setMode(store, 'owner', true))).toEqual(['ann']);
    expect([await may('owner'), await may('wes'), await may('ann'), await may('bob')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(await outBy(take(store, 'owner', 'whitelist', 'wes'))).toEqual(['wes']);
    expect(await outBy(setMode(store, 'owner', false))).toEqual([]);
    expect(await may('wes')).toBe(true);
    expect(await outBy(take(store, 'owner', 'whitelist', 'bob'))).toEqual([]);
  });
}

function modes(start: Start): void {
  test('may be set by the owner, admins and the service; it is told each time, and before who is out', async () => {
    const store = await start();
    await outBy(add(store, 'owner', 'adminlist', 'adam'));
    await join(store, 'bob');
    expect(await setMode(store, 'bob', true)).toBe('notAllowed');
    const events = await store.listen(roomTopic(room));
    expect(await outBy(setMode(store, 'adam', false))).toEqual([]);
    expect(await outBy(setMode(store, 'owner', true))).toEqual(['bob']);
    expect(await outBy(setMode(store, SERVICE, true))).toEqual([]);
    await eventually(() => expect(events).toHaveLength(4));
    expect(told(events)).toEqual([
      ['notice', '', '<mode false>'],
      ['notice', '', '<mode true>'],
      ['evicted', 'bob-1@n1\nbob', '<left \u00a3bob'],
      ['notice', '', '<mode true>'],
    ]);
    expect(await store.access.readAccess(room, 'bob')).toMatchObject({ whitelistOnly: true, admitted: false });
    const keys = Object.keys(await store.ttls()).map((key) => key.split(':').at(-1));
    expect(keys).toEqual(['adminlist', 'events', 'evicted', 'left', 'meta']);
  });
}

function owners(start: Start): void {
  test('may be changed, also to nobody; the one before is out unless the rules admit it', async () => {
    const store = await start();
    for (const user of ['owner', 'bob']) await join(store, user);
    expect(await outBy(changeOwner(store, 'bob'))).toEqual([]);
    expect(await setMode(store, 'owner', true)).toBe('notAllowed');
    expect(await outBy(setMode(store, 'bob', true))).toEqual(['owner']);
    expect(await outBy(changeOwner(store, 'bob'))).toEqual([]);
    const events = await store.listen(roomTopic(room));
    expect(await outBy(changeOwner(store, ''))).toEqual(['bob']);
    await eventually(() => expect(events).toHaveLength(1));
    expect(told(events)).toEqual([['evicted', 'bob-1@n1\nbob', '<left \u00a3bob']]);
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ owner: '', occupantCount: 0 });
    expect(await store.rooms.readInfo(room, rightsOf('bob'))).toBe('notJoined');
    expect(await outBy(changeOwner(store, 'ann'))).toEqual([]);
    expect(await join(store, 'ann')).toMatchObject({ njoined: 1 });
  });
}

function reading(start: Start): void {
  test('lists are read by occupants, admins and the owner', async () => {
    const store = await start();
    await outBy(add(store, 'owner', 'adminlist', 'adam'));
    await outBy(add(store, 'owner', 'blacklist', 'zoe', 'yan'));
    for (const user of ['bob', 'ann']) await join(store, user);
    const read = async (user: By, listName: string, limit = 2, cursor = ''): Promise<unknown> => {
      const page = await store.access.readList(room, rightsBy(user), listName, { cursor, limit });
      return typeof page === 'string' ? page : [page.count, page.names, page.next];
    };
    for (const user of ['owner', 'adam', 'bob', SERVICE]) {
      expect(await read(user, 'userlist')).toEqual([2, ['ann', 'bob'], undefined]);
      expect(await read(user, 'userlist', 1)).toEqual([2, ['ann'], 'ann']);
      expect(await read(user, 'userlist', 1, 'ann')).toEqual([2, ['bob'], undefined]);
      expect(await read(user, 'adminlist', 10)).toEqual([1, ['adam'], undefined]);
      expect(await read(user, 'whitelist')).toEqual([0, [], undefined]);
      expect(await read(user, 'nolist')).toBe('noList');
    }
    for (const listName of ['userlist', 'adminlist', 'whitelist', 'blacklist', 'nolist']) {
      expect(await read('zoe', listName)).toBe('notJoined');
    }
    const at = await store.logOf('n1').readPosition(roomTopic(room));
    expect(await store.access.readAccess(room, 'bob')).toMatchObject({ admitted: true, njoined: 1, at });
    await join(store, 'bob', 'bob-2', 'n2');
    expect(await store.access.readAccess(room, 'bob')).toMatchObject({ njoined: 2, whitelistOnly: false });
    expect(await store.access.readAccess(room, 'zoe')).toMatchObject({ admitted: false, njoined: 0 });
  });

  test('a long list is read in pages of bounded length, which have everybody who is in it all the while', async () => {
    const store = await start();
    const names = Array.from({ length: 3000 }, (_, i) => `name-${i}`);
    const { blacklist } = store.keys.room(room);
    for (let at = 0; at < names.length; at += 500) {
      await outBy(add(store, 'owner', 'blacklist', ...names.slice(at, at + 500)));
    }
    const found = new Set<string>();
    let pages = 0;
    for (let cursor: string | undefined = ''; cursor !== undefined; pages++) {
      const page: ListPage | string = await store.access.readList(room, rightsOf('owner'), 'blacklist', {
        cursor,
        limit: 500,
      });
      if (typeof page === 'string') throw new Error(page);
      expect(page.names.length).toBeLessThan(1000);
      for (const name of page.names) found.add(name);
      // Who comes and goes meanwhile changes nothing for the others.
      await store.client.sadd(blacklist, `late-${pages}`);
      cursor = page.next;
    }
    expect(pages).toBeGreaterThan(3);
    expect(names.filter((name) => !found.has(name))).toEqual([]);
  });
}
