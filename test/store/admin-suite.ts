// What only the service itself asks, in Redis: what every script replies, publishes and leaves behind, and what a scan
// over all primaries finds.
import { describe, expect, test } from '@jest/globals';
import { roomTopic, userTopic } from '../../src/redis/keys.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { idsOf, join, leave, post, room, starter, type Start } from './room-actions.ts';
import { frame, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const user = 'alice';
const tag = `{user:${user}}:`;

const login = (store: Store, socketId: string, nodeId = 'n1'): ReturnType<Store['users']['login']> =>
  store.users.login(user, { socketId, nodeId, echo: frame('in') });

const logout = (store: Store, socketId: string): ReturnType<Store['users']['logout']> =>
  store.users.logout(user, socketId, frame('out'), []);

const options = (changes: Partial<Parameters<Store['admin']['createUser']>[1]> = {}) => ({
  whitelistOnly: false,
  lists: { whitelist: [], blacklist: [] },
  ...changes,
});

/** Keys that stay, without the prefix. */
async function staying(store: Store): Promise<string[]> {
  const ttls = await store.ttls();
  return Object.keys(ttls).filter((key) => ttls[key] === -1);
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function adminSuite(open: OpenStore): void {
  const start = starter(open, scope);
  users(open);
  deletions(open);
  connections(open);
  describe('rooms', () => {
    rooms(start);
    histories(start);
  });
  describe('the directory', () => {
    directory(open);
    nodes(open);
  });
}

function users(open: OpenStore): void {
  test('a user is made once, with its lists, and everything asked of none is refused', async () => {
    const store = await open(scope);
    const { admin } = store;
    expect(await admin.hasUser(user)).toBe(false);
    expect(await admin.deleteUser(user)).toBe('noUser');
    expect(await admin.userHasInList(user, 'whitelist', 'bob')).toBe('noUser');
    expect(await admin.hasDirectAccess(user, 'bob')).toBe('noUser');
    expect(await admin.disconnectUser(user, 'why')).toBe('noUser');
    expect(await admin.readUser(user)).toBe('noUser');
    expect(await store.ttls()).toEqual({});

    const lists = { whitelist: ['bob', 'carol', 'bob'], blacklist: ['carol'] };
    expect(await admin.createUser(user, options({ lists, whitelistOnly: true }))).toBe('ok');
    expect(await admin.createUser(user, options())).toBe('userExists');
    expect(await admin.hasUser(user)).toBe(true);
    expect(Object.keys(await store.ttls())).toEqual([`${tag}blacklist`, `${tag}meta`, `${tag}whitelist`]);
    expect(await admin.userHasInList(user, 'whitelist', 'bob')).toBe(true);
    expect(await admin.userHasInList(user, 'blacklist', 'bob')).toBe(false);
    expect(await admin.userHasInList(user, 'adminlist', 'bob')).toBe('noList');
    expect(await admin.readUser(user)).toEqual({
      whitelistOnly: true,
      whitelistSize: 2,
      blacklistSize: 1,
      socketsCount: 0,
    });
  });

  test('who may write to a user is judged by its blacklist, then by its mode and whitelist', async () => {
    const store = await open(scope);
    const lists = { whitelist: ['bob', 'carol'], blacklist: ['carol'] };
    await store.admin.createUser('closed', options({ lists, whitelistOnly: true }));
    await store.admin.createUser('opened', options({ lists }));
    const judged = async (name: string): Promise<unknown[]> =>
      Promise.all(['bob', 'carol', 'dave'].map((sender) => store.admin.hasDirectAccess(name, sender)));
    expect(await judged('closed')).toEqual([true, false, false]);
    expect(await judged('opened')).toEqual([true, false, true]);
  });
}

function deletions(open: OpenStore): void {
  test('a user with sockets is not deleted; one without leaves nothing that stays', async () => {
    const store = await open(scope);
    const lists = { whitelist: ['bob'], blacklist: ['carol'] };
    await store.admin.createUser(user, options({ lists }));
    expect(await login(store, 's1')).toMatchObject({ nconnected: 1 });
    await login(store, 's2', 'n2');
    // As an earlier version noted which rooms a socket is in.
    await store.client.hset(`${store.keys.user(user).rooms}s1`, 'lobby', '');
    await store.users.beginSweep(user, 'dead');
    const sent = {
      author: 'bob',
      rights: rightsOf('bob'),
      prefix: frame('prefix'),
      clientMessageId: 'c-1',
      transient: false,
    };
    expect(await store.directs.send(user, sent)).toMatchObject({ repeated: false });
    expect(await store.admin.deleteUser(user)).toBe('userOnline');
    await logout(store, 's1');
    expect(await store.admin.deleteUser(user)).toBe('userOnline');
    await logout(store, 's2');

    const events = await store.listen(userTopic(user));
    expect(await store.admin.deleteUser(user)).toBe('ok');
    expect(await staying(store)).toEqual([]);
    // A tombstone, what recognises a repeated message, and the end of its resume tokens: none is a later user's.
    expect(Object.keys(await store.ttls())).toEqual([
      expect.stringMatching(/:dedup:/),
      expect.stringMatching(/:dedup:.*:authors$/),
      `${tag}tomb:dead`,
      `${tag}voided`,
    ]);
    await eventually(() => expect(events.map(({ kind }) => kind)).toEqual(['deleted']));
    expect(await store.admin.deleteUser(user)).toBe('noUser');
    // Another one of that name begins with nothing.
    expect(await login(store, 's3')).toMatchObject({ nconnected: 1, at: { seq: 0 } });
    expect(await store.admin.readUser(user)).toMatchObject({ whitelistSize: 0, blacklistSize: 0 });
    expect(await store.directs.send(user, sent)).toMatchObject({ repeated: false });
  });
}

function connections(open: OpenStore): void {
  test('all sockets of a user are told to close, and it is told how many there are', async () => {
    const store = await open(scope);
    await login(store, 's1');
    await login(store, 's2', 'n2');
    const events = await store.listen(userTopic(user));
    expect(await store.admin.disconnectUser(user, 'för alltid')).toBe(2);
    await eventually(() => expect(events).toHaveLength(1));
    expect(events[0]).toMatchObject({ kind: 'disconnect', subject: 'för alltid', seq: 2 });
    expect(events[0]?.frame).toHaveLength(0);
    expect(await store.admin.readUser(user)).toMatchObject({ socketsCount: 2 });
    expect(await store.users.readSockets(user)).toEqual(
      new Map([
        ['s1', 'n1'],
        ['s2', 'n2'],
      ]),
    );
    await logout(store, 's1');
    await logout(store, 's2');
    // Nobody is there to be told.
    expect(await store.admin.disconnectUser(user, 'again')).toBe(0);
    expect(await login(store, 's3')).toMatchObject({ at: { seq: 3 } });
  });
}

function rooms(start: Start): void {
  test('of no room nothing is known, and lists tell who is in them', async () => {
    const store = await start({}, { lists: { adminlist: ['ann'], whitelist: ['will'], blacklist: ['mallory'] } });
    const { admin } = store;
    expect([await admin.hasRoom('attic'), await admin.hasRoom(room)]).toEqual([false, true]);
    expect(await admin.roomHasInList('attic', 'adminlist', 'ann')).toBe('noRoom');
    expect(await admin.inspectRoom('attic')).toBe('noRoom');
    expect(await admin.setRoomFlag('attic', 'userlistUpdates', true)).toBe('noRoom');
    expect(await admin.resizeHistory('attic', 5)).toBe('noRoom');
    await join(store, 'will', 'w1', 'n1');
    await join(store, 'will', 'w2', 'n2');
    await join(store, 'ann', 'a1', 'n2');
    const has = (listName: string, item: string): Promise<unknown> => admin.roomHasInList(room, listName, item);
    for (const [listName, item] of [
      ['adminlist', 'ann'],
      ['whitelist', 'will'],
      ['blacklist', 'mallory'],
      ['userlist', 'will'],
    ] as const) {
      expect([listName, await has(listName, item), await has(listName, 'nobody')]).toEqual([listName, true, false]);
    }
    expect(await has('friends', 'ann')).toBe('noList');
    const found = await admin.inspectRoom(room);
    expect(found).toMatchObject({ adminlistSize: 1, whitelistSize: 1, blacklistSize: 1 });
    expect(typeof found === 'string' ? [] : found.nodes.toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1))).toEqual([
      { nodeId: 'n1', sockets: 1 },
      { nodeId: 'n2', sockets: 2 },
    ]);
  });

  test('flags are switched, and with the userlist go the changes that were to be told', async () => {
    const store = await start({ largeSize: 1 });
    for (const name of ['ann', 'bob', 'carol']) await join(store, name);
    expect(Object.keys(await store.ttls())).toContain(`{room:${room}}:changes`);
    expect(await store.admin.setRoomFlag(room, 'accessListsUpdates', false)).toBe('ok');
    expect(Object.keys(await store.ttls())).toContain(`{room:${room}}:changes`);
    expect(await store.admin.setRoomFlag(room, 'userlistUpdates', false)).toBe('ok');
    expect(Object.keys(await store.ttls())).not.toContain(`{room:${room}}:changes`);
    const info = await store.rooms.readInfo(room, SERVICE);
    expect(info).toMatchObject({ userlistUpdates: false, accessListsUpdates: false });
    await leave(store, 'carol');
    expect(Object.keys(await store.ttls())).not.toContain(`{room:${room}}:changes`);
    expect(await store.admin.setRoomFlag(room, 'userlistUpdates', true)).toBe('ok');
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({
      userlistUpdates: true,
      accessListsUpdates: false,
    });
  });
}

function histories(start: Start): void {
  const read = async (store: Store): Promise<unknown> =>
    idsOf(await store.histories.read(room, SERVICE, undefined, 1000));

  test('shrinks at once, and what is gone does not come back when it grows', async () => {
    const store = await start({}, { historyMax: 50 });
    await join(store, 'ann');
    for (let n = 0; n < 12; n++) await post(store, 'ann');
    expect(await store.admin.resizeHistory(room, 3)).toBe('ok');
    expect(await read(store)).toEqual([10, 11, 12]);
    expect(await store.admin.resizeHistory(room, 20)).toBe('ok');
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ historyMax: 20, oldestId: 10, lastId: 12 });
    expect(await read(store)).toEqual([10, 11, 12]);
    await post(store, 'ann');
    expect(await read(store)).toEqual([10, 11, 12, 13]);
    await store.admin.resizeHistory(room, 3);
    for (let n = 0; n < 5; n++) await post(store, 'ann');
    expect(await read(store)).toEqual([16, 17, 18]);
    expect(await store.admin.resizeHistory(room, 20)).toBe('ok');
    expect(await read(store)).toEqual([16, 17, 18]);
  });

  test('may keep nothing, while the ids go on', async () => {
    const store = await start({}, { historyMax: 5 });
    await join(store, 'ann');
    for (let n = 0; n < 4; n++) await post(store, 'ann');
    expect(await store.admin.resizeHistory(room, 0)).toBe('ok');
    expect(await read(store)).toEqual([]);
    expect(Object.keys(await store.ttls())).not.toContain(`{room:${room}}:history`);
    expect(await post(store, 'ann')).toMatchObject({ id: 5 });
    expect(await read(store)).toEqual([]);
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ lastId: 5, oldestId: 6 });
    expect(await store.admin.resizeHistory(room, 2)).toBe('ok');
    await post(store, 'ann');
    expect(await read(store)).toEqual([6]);
  });

  test('is trimmed in as many steps as it takes', async () => {
    const store = await start({ trimPage: 7 }, { historyMax: 100 });
    await join(store, 'ann');
    for (let n = 0; n < 60; n++) await post(store, 'ann');
    const before = await store.rooms.readInfo(room, SERVICE);
    expect(await store.admin.resizeHistory(room, 10)).toBe('ok');
    expect(await read(store)).toEqual(Array.from({ length: 10 }, (_, i) => 51 + i));
    expect(await store.client.xlen(store.keys.room(room).history)).toBe(10);
    // It is the same log: nobody's position is of another life.
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ epoch: Object(before).epoch });
    expect(await store.logOf('n1').readPosition(roomTopic(room))).toMatchObject({ id: 60 });
  });
}

function directory(open: OpenStore): void {
  const all = async (store: Store, kind: 'room' | 'user', limit: number): Promise<string[]> => {
    const found: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await store.directory.names(kind, cursor, limit);
      if (page === undefined) throw new Error('the cursor is not understood');
      found.push(...page.items);
      cursor = page.cursor;
      expect(++pages).toBeLessThan(100);
    } while (cursor !== undefined);
    return [...new Set(found)].toSorted();
  };

  test('finds all rooms and users on all primaries, whatever their names, and nothing else', async () => {
    const store = await open(scope);
    expect(await all(store, 'room', 10)).toEqual([]);
    // The names of patterns, and of another deployment's keys.
    const odd = ['*', '[a-z]', 'ünï ☃', 'a\\b', 'room?', 'x/y'];
    const names = [...odd, ...Array.from({ length: 60 }, (_, i) => `n${i}`)].toSorted();
    for (const name of names) {
      await store.rooms.create(name, roomOptions('owner'));
      await store.admin.createUser(`u-${name}`, options());
    }
    expect(await all(store, 'room', 7)).toEqual(names);
    expect(await all(store, 'room', 1000)).toEqual(names);
    expect(await all(store, 'user', 7)).toEqual(names.map((name) => `u-${name}`).toSorted());
    await store.rooms.delete('n7', SERVICE, 'n1', frame('deleted'));
    expect(await all(store, 'room', 100)).toEqual(names.filter((name) => name !== 'n7'));
  });

  test('what is there all the while is found, whatever goes between two pages', async () => {
    const store = await open(scope);
    // Keys before them: all, and some rooms, are of the first page.
    const others = Array.from({ length: 400 }, (_, i) => store.keys.room(`other${i}`).marks);
    for (const key of others) await store.client.hset(key, 'a', '1');
    const names = Array.from({ length: 400 }, (_, i) => `n${i}`);
    for (const name of names) await store.rooms.create(name, roomOptions('owner'));
    const first = await store.directory.names('room', undefined, 7);
    const found = new Set(first?.items);
    for (const key of others) await store.client.unlink(key);
    for (let { cursor } = first ?? {}; cursor !== undefined;) {
      const page = await store.directory.names('room', cursor, 7);
      for (const name of page?.items ?? []) found.add(name);
      cursor = page?.cursor;
    }
    expect([...found].toSorted()).toEqual(names.toSorted());
  });

  test('a cursor is one that it gave, or of a server that is gone: that is passed over', async () => {
    const store = await open(scope);
    await store.rooms.create('only', roomOptions('owner'));
    for (const cursor of ['', 'nonsense', Buffer.from('x y').toString('base64url')]) {
      expect(await store.directory.names('room', cursor, 10)).toBeUndefined();
    }
    const beyond = Buffer.from('0 ~').toString('base64url');
    expect(await store.directory.names('room', beyond, 10)).toEqual({ items: [], cursor: undefined });
  });
}

function nodes(open: OpenStore): void {
  test('nodes come by id, with their leases and how many topics they follow', async () => {
    const store = await open(scope);
    expect(await store.directory.nodes(undefined, 10)).toEqual({ items: [], cursor: undefined });
    for (const [i, id] of ['n3', 'n1', 'n2'].entries()) {
      const { lease, manifest } = store.keys.node(id);
      await store.client.hset(lease, { expires: 1000 + i, claimed: id === 'n2' ? '1' : '0' });
      for (let topic = 0; topic < i; topic++) await store.client.zadd(manifest, 0, `room:${topic}`);
      await store.client.zadd(store.keys.nodes, i, id);
    }
    // Only a hint is left of it.
    await store.client.zadd(store.keys.nodes, 1, 'n0');
    const first = await store.directory.nodes(undefined, 2);
    expect(first).toEqual({ items: [{ nodeId: 'n1', leaseExpiresAt: 1001, claimed: false, topics: 1 }], cursor: 'n1' });
    expect(await store.directory.nodes(first.cursor, 2)).toEqual({
      items: [
        { nodeId: 'n2', leaseExpiresAt: 1002, claimed: true, topics: 2 },
        { nodeId: 'n3', leaseExpiresAt: 1000, claimed: false, topics: 0 },
      ],
      cursor: undefined,
    });
  });
}
