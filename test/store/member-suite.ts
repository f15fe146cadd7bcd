// Who belongs to a room, in Redis: what every script about members replies, publishes and leaves behind, on the room's slot and on those of the
// users. What clients hear of it is tested over the wire.
import { describe, expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { add, changeOwner, setMode } from './access-actions.ts';
import {
  addAll,
  addJudged,
  addUser,
  candidates,
  joinAs,
  made,
  memberEdit,
  membersOf,
  quitAs,
  removeAll,
  setRole,
  signsOf,
  toldOf,
} from './member-actions.ts';
import { heardOf, join, room, starter, type Start } from './room-actions.ts';
import { frame, frameText, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const conductOf = (store: Store): Promise<string | null> => store.client.hget(store.keys.room(room).meta, 'conduct');

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function memberSuite(open: OpenStore): void {
  const start = starter(open, scope);
  describe('of a room', () => {
    adding(open, start);
    inviting(start);
    removing(start);
    leaving(start);
    limits(open, start);
    signing(start);
  });
  describe('in roles', () => roles(open, start));
  describe('as a list', () => reading(open, start));
  describe('of a room that ends or goes over', () => endings(start));
  describe('who are erased', () => erasing(open, start));
}

function adding(open: OpenStore, start: Start): void {
  test('of a room that is none cannot be changed', async () => {
    const store = await open(scope);
    expect(await addAll(store, 'owner', 'ann')).toBe('noRoom');
    expect(await removeAll(store, SERVICE, 'ann')).toBe('noRoom');
    expect(await setRole(store, 'owner', 'ann', 'admin')).toBe('noRoom');
    expect(await membersOf(store)).toBe('noRoom');
    await store.members.erase(room, 'ann', frame('gone'));
    expect(await store.ttls()).toEqual({});
  });

  test('are added with the owner, told once, and noted until they are told', async () => {
    const store = await start();
    const events = await store.listen(roomTopic(room));
    const added = await made(addAll(store, 'owner', 'bob', 'ann'));
    expect(added).toMatchObject({ at: { seq: 1 }, evicted: [], words: ['done', 'done'] });
    expect(signsOf(added.due)).toEqual(['+bob', '+ann', '+owner']);
    expect(added.due?.[0]?.changes).toEqual([
      { what: 'added', at: added.at.timestamp, seq: 1, life: added.life, by: 'owner', exceptSocket: undefined },
    ]);
    expect(await membersOf(store)).toEqual({ ann: 'member', bob: 'member', owner: 'owner' });
    // Those who are members already are done, and not told of.
    const again = await made(addAll(store, SERVICE, 'ann', 'cid'));
    expect(again).toMatchObject({ at: { seq: 2 }, words: ['done', 'done'] });
    expect(signsOf(again.due)).toEqual(['+cid']);
    expect(await made(addAll(store, 'owner', 'ann', 'bob'))).toMatchObject({ at: { seq: 2 }, due: [] });
    await eventually(() => expect(events).toHaveLength(2));
    expect(events.map(toldOf)).toEqual([
      ['added', ['bob', 'ann', 'owner'], 'owner'],
      ['added', ['cid'], null],
    ]);
    // Their marks are set, so that what is unread counts from here on.
    expect(await store.client.hkeys(store.keys.room(room).marks)).toEqual(
      expect.arrayContaining(['ann', 'bob', 'cid', 'owner']),
    );
    expect(
      Buffer.from((await store.client.hgetBuffer(store.keys.room(room).meta, 'conduct')) ?? []).subarray(0, 4),
    ).toEqual(Buffer.of(0, 0, 1, 0));
  });

  test('are judged one by one', async () => {
    const store = await start();
    await add(store, 'owner', 'blacklist', 'bad', 'adam');
    await add(store, 'owner', 'adminlist', 'adam');
    const names = [
      ...candidates(['bad', 'adam']),
      { userName: 'ghost', against: 'noUser' as const },
      { userName: 'busy', against: 'tooManyRooms' as const },
      ...candidates(['ann']),
    ];
    const added = await made(addJudged(store, 'owner', {}, names));
    expect(added.words).toEqual(['notAllowed', 'done', 'noUser', 'tooManyRooms', 'done']);
    expect(await membersOf(store)).toEqual({ adam: 'admin', ann: 'member', owner: 'owner' });
    // Who is a member already is done, whatever is known of it since.
    const gone = { userName: 'ann', against: 'noUser' as const };
    expect(await made(store.members.add(room, SERVICE, memberEdit(SERVICE), [gone]))).toMatchObject({
      words: ['done'],
    });
  });
}

function inviting(start: Start): void {
  test('are added by the owner, admins and members; by admins only where the room has it so; never where they are fixed', async () => {
    const store = await start();
    await add(store, 'owner', 'adminlist', 'adam');
    for (const stranger of ['bob', 'ann']) expect(await addAll(store, stranger, 'zoe')).toBe('notAllowed');
    await made(addAll(store, 'adam', 'bob'));
    await made(addAll(store, 'bob', 'ann'));
    const { meta } = store.keys.room(room);
    await store.client.hset(meta, 'invites', 'admins');
    expect(await addAll(store, 'bob', 'zoe')).toBe('notAllowed');
    await made(addAll(store, 'adam', 'zoe'));
    await store.client.hdel(meta, 'invites');
    await add(store, 'owner', 'blacklist', 'bob');
    expect(await addAll(store, 'bob', 'cid')).toBe('notAllowed');
    expect(await addAll(store, 'ann', 'bob')).toMatchObject({ words: ['done'], due: [] });
    for (const kind of ['temporary', 'transient']) {
      await store.client.hset(meta, 'kind', kind);
      expect(await addAll(store, SERVICE, 'cid')).toBe('notAllowed');
      expect(await removeAll(store, SERVICE, 'ann')).toBe('notAllowed');
      expect(await joinAs(store, 'cid')).toBe('notAllowed');
      expect(await quitAs(store, 'ann')).toBe('notAllowed');
    }
  });

  test('join by themselves where they may join the room, and quit', async () => {
    const store = await start({}, { whitelistOnly: true });
    expect(await joinAs(store, 'ann')).toBe('notAllowed');
    await add(store, 'owner', 'whitelist', 'ann');
    const joined = await made(joinAs(store, 'ann', { exceptSocket: 'ann-1' }));
    expect(joined.due?.map(({ changes }) => changes[0])).toMatchObject([
      { what: 'added', by: 'ann', exceptSocket: 'ann-1' },
      { what: 'added', by: 'ann' },
    ]);
    expect(await made(joinAs(store, 'ann'))).toMatchObject({ words: ['done'], due: [] });
    const quit = await made(quitAs(store, 'ann'));
    expect([quit.words, signsOf(quit.due)]).toEqual([['done'], ['+-ann']]);
    expect(await made(quitAs(store, 'ann'))).toMatchObject({ words: ['done'], due: [] });
    expect(await made(quitAs(store, 'owner'))).toMatchObject({ words: ['notAllowed'], due: [] });
    expect(await membersOf(store)).toEqual({ owner: 'owner' });
  });
}

function removing(start: Start): void {
  test('are removed by the owner and admins, who remove no admin; the owner is never', async () => {
    const store = await start();
    await made(addAll(store, 'owner', 'ann', 'bob', 'adam', 'eve'));
    for (const admin of ['adam', 'eve']) await setRole(store, 'owner', admin, 'admin');
    expect(await removeAll(store, 'bob', 'ann')).toBe('notAllowed');
    const byAdmin = await made(removeAll(store, 'adam', 'ann', 'eve', 'owner', 'nobody'));
    expect(byAdmin.words).toEqual(['done', 'notAllowed', 'notAllowed', 'done']);
    const events = await store.listen(roomTopic(room));
    const byOwner = await made(removeAll(store, 'owner', 'eve', 'bob', 'owner'));
    expect(byOwner.words).toEqual(['done', 'done', 'notAllowed']);
    expect(await membersOf(store)).toEqual({ adam: 'admin', owner: 'owner' });
    // An admin who is no member is none any more.
    expect(await store.client.smembers(store.keys.room(room).adminlist)).toEqual(['adam']);
    await eventually(() => expect(events).toHaveLength(2));
    expect(events.map(toldOf)).toEqual([
      ['removed', ['eve', 'bob'], 'owner'],
      ['admins', ['eve']],
    ]);
    // An admin may go by itself, either way.
    expect(await made(removeAll(store, 'adam', 'adam'))).toMatchObject({ words: ['done'] });
  });
}

function leaving(start: Start): void {
  test('who are removed are out of a room that does not admit them otherwise, after the notice of it', async () => {
    const store = await start({}, { whitelistOnly: true });
    await made(addAll(store, 'owner', 'ann', 'bob', 'cid'));
    for (const user of ['ann', 'bob']) await join(store, user);
    await add(store, 'owner', 'whitelist', 'bob');
    const events = await store.listen(roomTopic(room));
    const removed = await made(removeAll(store, 'owner', 'ann', 'bob', 'cid'));
    expect(removed.evicted.map(({ userName }) => userName)).toEqual(['ann']);
    await eventually(() => expect(events).toHaveLength(2));
    expect(heardOf(events).map(toldOf)).toEqual([
      ['removed', ['ann', 'bob', 'cid'], 'owner'],
      ['evicted', 'ann-1@n1\nann', '<left \xa3ann'],
    ]);
    // The mark of who is in the room stays.
    expect((await store.client.hkeys(store.keys.room(room).marks)).toSorted()).toEqual(['bob', 'owner']);
  });

  test('who has lost the room by a staged eviction is out before it becomes a member', async () => {
    const store = await start({ largeSize: 1 });
    for (const user of ['ann', 'bob']) await join(store, user);
    await setMode(store, 'owner', true);
    expect(await made(addAll(store, 'owner', 'ann'))).toMatchObject({ evicted: [{ userName: 'ann' }] });
    await made(addAll(store, 'owner', 'dan'));
    expect(await made(removeAll(store, 'owner', 'ann'))).toMatchObject({ evicted: [] });
    expect(await made(removeAll(store, 'owner', 'nobody'))).toMatchObject({ changesPending: false });
  });
}

function limits(open: OpenStore, start: Start): void {
  test('are no more than the limit, and no more than the quota of the owner grants', async () => {
    const store = await start({ membersMax: 3 });
    await made(addAll(store, 'owner', 'ann'));
    expect(await addAll(store, 'owner', 'bob', 'cid')).toBe('listLimitExceeded');
    await made(addAll(store, 'owner', 'bob', 'ann'));
    expect(await addAll(store, SERVICE, 'cid')).toBe('listLimitExceeded');

    const bounded = await open(scope);
    const life = 'life of the room';
    await bounded.rooms.create(room, roomOptions('owner', { reserved: { life, grant: { names: 2, bytes: 0 } } }));
    expect(await addAll(bounded, 'owner', 'ann', 'bob')).toEqual({ owner: 'owner', life, names: 3 });
    expect(await membersOf(bounded)).toEqual({});
    const many = Array.from({ length: 40 }, (_, i) => `n${i}`);
    // The service may go beyond, and the room says what it takes.
    expect(await made(addAll(bounded, SERVICE, ...many))).toMatchObject({ wish: { owner: 'owner', life } });
    expect(await setRole(bounded, 'owner', 'n1', 'admin')).toEqual({ owner: 'owner', life, names: 42 });
  });
}

function signing(start: Start): void {
  test('are changed once by a signature', async () => {
    const store = await start();
    const signed = { nonce: 'one', keptUntil: 8_000_000_000_000 };
    expect(await joinAs(store, 'ann', { signed: 'bad' })).toBe('badSignature');
    expect(await quitAs(store, 'ann', { signed: 'bad' })).toBe('badSignature');
    await made(joinAs(store, 'ann', { signed }));
    expect(await joinAs(store, 'ann', { signed })).toBe('badSignature');
    expect(await quitAs(store, 'ann', { signed })).toBe('badSignature');
    await made(quitAs(store, 'ann', { signed: { ...signed, nonce: 'two' } }));
  });
}

function roles(open: OpenStore, start: Start): void {
  test('are given by the owner and the service, to members but the owner; nothing is told of a role that one has', async () => {
    const store = await start({ listSizeLimit: 1 });
    await made(addAll(store, 'owner', 'ann', 'bob'));
    const events = await store.listen(roomTopic(room));
    expect(await setRole(store, 'ann', 'bob', 'admin')).toBe('notAllowed');
    expect(await setRole(store, 'owner', 'zoe', 'admin')).toBe('noMember');
    expect(await setRole(store, 'owner', 'owner', 'member')).toBe('notAllowed');
    expect(await setRole(store, SERVICE, 'ann', 'owner')).toBe('notAllowed');
    expect(await setRole(store, 'owner', 'ann', 'admin')).toMatchObject({ isNews: true, at: { seq: 3 } });
    expect(await setRole(store, 'owner', 'ann', 'admin')).toMatchObject({ isNews: false, at: { seq: 3 } });
    expect(await setRole(store, 'owner', 'bob', 'admin')).toBe('listLimitExceeded');
    expect(await setRole(store, 'ann', 'bob', 'admin')).toBe('notAllowed');
    expect(await setRole(store, SERVICE, 'ann', 'member')).toMatchObject({ isNews: true, at: { seq: 5 } });
    await eventually(() => expect(events).toHaveLength(4));
    expect(events.map(toldOf).map(([, , text]) => text)).toEqual([
      '<adminlist>',
      '<ann is admin>',
      '<adminlist>',
      '<ann is member>',
    ]);
  });

  test('that are taken away take nobody out but who is on the blacklist', async () => {
    const store = await start({}, { whitelistOnly: true, accessListsUpdates: false });
    await made(addAll(store, 'owner', 'ann', 'bob'));
    for (const user of ['ann', 'bob']) {
      await setRole(store, 'owner', user, 'admin');
      await join(store, user);
    }
    await add(store, 'owner', 'blacklist', 'bob');
    expect(await setRole(store, 'owner', 'ann', 'member')).toMatchObject({ evicted: [] });
    expect(await setRole(store, 'owner', 'bob', 'member')).toMatchObject({ evicted: [{ userName: 'bob' }] });
    expect(await membersOf(store)).toMatchObject({ bob: 'member' });
  });

  test('go with changes that wait to be told in a large room, and with a staged eviction', async () => {
    const store = await open(scope, { largeSize: 1 });
    await store.rooms.create(room, roomOptions('owner'));
    await made(addAll(store, 'owner', 'ann', 'bob'));
    for (const user of ['ann', 'bob', 'cid']) await join(store, user);
    await setRole(store, 'owner', 'ann', 'admin');
    await add(store, 'owner', 'blacklist', 'ann', 'cid');
    expect(await setRole(store, 'owner', 'ann', 'member')).toMatchObject({
      evicted: [{ userName: 'ann' }],
      changesPending: true,
    });
    // It is small by now, and still ends its batch.
    await store.client.hset(store.keys.room(room).meta, 'whitelistOnly', '1');
    const removed = await made(removeAll(store, 'owner', 'bob'));
    expect(removed).toMatchObject({ evicted: [{ userName: 'bob' }], changesPending: true });
  });
}

function reading(open: OpenStore, start: Start): void {
  test('is given to members who may join, to who is in the room, to owner and admins, page by page', async () => {
    const store = await start();
    await made(addAll(store, 'owner', 'ann', 'bob', 'cid'));
    await add(store, 'owner', 'blacklist', 'cid');
    const { silenced } = store.keys.room(room);
    const far = 8_000_000_000_000;
    await store.client.zadd(silenced, far, 'ann', String(Number.MAX_SAFE_INTEGER), 'bob', 1, 'owner');
    const read = (reader: string, cursor = ''): Promise<unknown> =>
      store.members.readPage(room, rightsOf(reader), { cursor, limit: 2 });
    for (const stranger of ['cid', 'zoe']) expect(await read(stranger)).toBe('notJoined');
    await join(store, 'zoe');
    expect(await read('zoe')).toEqual({
      count: 4,
      members: [
        { userName: 'ann', role: 'member', silencedUntil: far },
        { userName: 'bob', role: 'member', silencedUntil: null },
      ],
      next: 'bob',
    });
    expect(await read('ann', 'bob')).toMatchObject({
      members: [
        { userName: 'cid', role: 'member', silencedUntil: undefined },
        { userName: 'owner', role: 'owner', silencedUntil: undefined },
      ],
      next: undefined,
    });
  });

  test('tells who is online, and who may be added to it', async () => {
    const store = await open(scope, { roomsPerUser: 1 });
    await addUser(store, 'ann');
    expect(await store.members.online(['ann', 'bob'])).toEqual(new Set(['ann']));
    expect(await store.belongs.judge('bob', 'lobby')).toBe('noUser');
    expect(await store.belongs.judge('ann', 'lobby')).toBe('ok');
    await store.client.hset(store.keys.user('ann').belongs, 'attic', 'life 1 1');
    expect(await store.belongs.judge('ann', 'lobby')).toBe('tooManyRooms');
    expect(await store.belongs.judge('ann', 'attic')).toBe('told');
  });
}

function endings(start: Start): void {
  test('who belonged to a room that is deleted are told last, by whom, page by page', async () => {
    const store = await start();
    await made(addAll(store, 'owner', 'ann', 'bob'));
    await join(store, 'ann');
    const deleted = await store.rooms.delete(room, rightsOf('owner'), 'n1', frame('deleted'), 'owner');
    if (typeof deleted === 'string') throw new Error(deleted);
    const membersLost = { at: deleted.at.timestamp, by: 'owner' };
    expect(deleted).toMatchObject({ membersLost });
    expect(await store.deletions.unfinished(room, 'n1')).toMatchObject([{ owner: 'owner', membersLost }]);
    const left: unknown[] = [];
    for await (const { who, users, forget } of store.deletions.takeRemoved(room, deleted.life)) {
      const names = users.map(({ userName }) => userName);
      left.push([who, names.toSorted()]);
      await forget(names);
    }
    expect(left).toEqual([
      ['occupants', ['ann']],
      ['roster', ['ann', 'bob', 'owner']],
    ]);
    expect(await store.deletions.unfinished(room, 'n1')).toEqual([]);
    // What was to be told before it still is, for an hour.
    const untold = [];
    for await (const page of store.dues.untold(room, 'n1')) untold.push(...page);
    expect(signsOf(untold).toSorted()).toEqual(['+ann', '+bob', '+owner']);
    expect(await store.client.pttl(store.keys.room(room).membersDue)).toBeGreaterThan(0);
    await store.dues.forget(room, untold);
    expect(await store.client.exists(store.keys.room(room).membersDue)).toBe(0);
  });

  test('an owner that a room is given becomes a member where there is any, and the one before stays one', async () => {
    const store = await start();
    expect(await changeOwner(store, 'ann')).toMatchObject({ before: 'owner', due: [] });
    await made(addAll(store, SERVICE, 'bob'));
    const changed = await changeOwner(store, 'cid');
    if (typeof changed === 'string') throw new Error(changed);
    expect(signsOf(changed.due)).toEqual(['+cid']);
    expect(changed.takes.names).toBe(3);
    expect(await membersOf(store)).toEqual({ ann: 'member', bob: 'member', cid: 'owner' });
    expect(await changeOwner(store, 'bob')).toMatchObject({ due: [] });
  });
}

function erasing(open: OpenStore, start: Start): void {
  test('are members no more, nor silenced, and nobody is to tell them; the owner stays', async () => {
    const store = await start();
    const { silenced, membersDue } = store.keys.room(room);
    await made(addAll(store, 'owner', 'ann', 'bob'));
    await store.client.zadd(silenced, String(Number.MAX_SAFE_INTEGER), 'ann');
    const events = await store.listen(roomTopic(room));
    for (const user of ['ann', 'ann', 'owner']) await store.members.erase(room, user, frame(`erased ${user}`));
    await eventually(() => expect(events.map((event) => frameText(event))).toEqual(['<erased ann>']));
    expect(await membersOf(store)).toEqual({ bob: 'member', owner: 'owner' });
    expect(await store.client.exists(silenced)).toBe(0);
    expect(await store.client.hkeys(membersDue)).toEqual(['bob']);
    for (const user of ['bob']) await store.members.erase(room, user, frame(`erased ${user}`));
    await made(removeAll(store, 'owner', 'owner'));
    expect(await conductOf(store)).not.toBeNull();
  });

  test('have the rooms that they belong to in what is exported', async () => {
    const store = await open(scope);
    await store.rooms.create(room, roomOptions('owner'));
    await made(addAll(store, 'owner', 'ann'));
    const read = (user: string): Promise<unknown> => store.authored.readRoom(room, user, { after: 0, limit: 1 });
    expect(await read('ann')).toMatchObject({ isMember: true });
    expect(await read('bob')).toMatchObject({ isMember: false });
  });
}
