// Rooms and their occupants in Redis: what every script about them replies, publishes and leaves behind. What clients see of
// it is tested over the wire.
import { describe, expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import type { Joined } from '../../src/store/membership/membership-store.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { expectChain, join, leave, post, room, type Start, starter, userlist } from './room-actions.ts';
import { frame, frameText, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function roomSuite(open: OpenStore): void {
  const start = starter(open, scope);
  existence(open);
  describe('joining and leaving', () => {
    membership(start);
    rules(start);
    places(start);
    sessions(start);
    sweeping(start);
  });
  describe('deleting', () => {
    deletion(start);
    unfinished(start);
    rebirth(start);
  });
}

function existence(open: OpenStore): void {
  test('a room is created once, and everything asked of none is refused', async () => {
    const store = await open(scope);
    const { rooms, memberships, histories } = store;
    expect(await post(store, 'alice')).toBe('noRoom');
    expect(await leave(store, 'alice')).toBe('noRoom');
    await expect(join(store, 'alice')).rejects.toThrow('noRoom');
    expect(await rooms.delete(room, rightsOf('owner'), 'n1', frame('deleted'))).toBe('noRoom');
    expect(await histories.read(room, rightsOf('owner'), undefined, 10)).toBe('noRoom');
    expect(await rooms.readInfo(room, rightsOf('owner'))).toBe('noRoom');
    expect(await userlist(store, 'owner')).toBe('noRoom');
    expect(await memberships.readSeen(room, rightsOf('owner'), 'alice')).toBe('noRoom');
    expect(await memberships.readNodeSockets(room, 'n1')).toMatchObject({ sockets: [] });
    expect(await store.logOf('n1').readPosition(roomTopic(room))).toBe('gone');
    expect(await store.ttls()).toEqual({});

    expect(await rooms.create(room, roomOptions('owner', { historyMax: 7, userlistUpdates: false }))).toBe('ok');
    expect(await rooms.create(room, roomOptions('other'))).toBe('roomExists');
    expect(await rooms.readInfo(room, rightsOf('owner'))).toEqual({
      owner: 'owner',
      whitelistOnly: false,
      userlistUpdates: false,
      accessListsUpdates: true,
      historyMax: 7,
      epoch: expect.stringMatching(/^[\w-]{16}$/),
      lastId: 0,
      lastChange: 0,
      lastChangeAt: 0,
      oldestId: 1,
      occupantCount: 0,
    });
    expect(Object.keys(await store.ttls())).toEqual([`{room:${room}}:meta`]);
  });
}

function membership(start: Start): void {
  test('count sockets, and announce only the first and the last of a user', async () => {
    const store = await start();
    const events = await store.listen(roomTopic(room));
    expect(await join(store, 'alice')).toMatchObject({ njoined: 1, changed: true, announced: true, at: { seq: 1 } });
    expect(await join(store, 'alice')).toMatchObject({ njoined: 1, changed: false, announced: false });
    expect(await join(store, 'alice', 'alice-2', 'n2')).toMatchObject({
      njoined: 2,
      changed: true,
      announced: false,
    });
    expect(await join(store, 'bob')).toMatchObject({ njoined: 1, announced: true, at: { seq: 2 } });
    expect(await leave(store, 'alice')).toMatchObject({ left: [{ njoined: 1, changed: true }], at: { seq: 3 } });
    expect(await leave(store, 'alice')).toMatchObject({ left: [{ njoined: 1, changed: false }], at: { seq: 3 } });
    // That socket is on another node: this one has none of that name.
    expect(await leave(store, 'alice', 'alice-2', 'n1')).toMatchObject({ left: [{ njoined: 1, changed: false }] });
    expect(await leave(store, 'alice', 'alice-2', 'n2')).toMatchObject({ left: [{ njoined: 0, changed: true }] });
    expect(await leave(store, 'carol')).toMatchObject({ left: [{ njoined: 0, changed: false }], at: { seq: 4 } });

    await eventually(() => expect(events).toHaveLength(4));
    expect(
      events.map(({ kind, subject, ...event }) => [kind, subject, frameText({ kind, subject, ...event })]),
    ).toEqual([
      ['notice', '', '<joined alice>'],
      ['notice', '', '<joined bob>'],
      // For its node alone.
      ['notice', 'alice-1', ''],
      ['notice', 'alice-2', '<left alice>'],
    ]);
    expectChain(events);
  });
}

function rules(start: Start): void {
  test('are not announced in a room that does not want it', async () => {
    const store = await start({}, { userlistUpdates: false });
    expect(await join(store, 'alice')).toMatchObject({ njoined: 1, changed: true, announced: false, at: { seq: 0 } });
    expect(await leave(store, 'alice')).toMatchObject({ left: [{ njoined: 0, changed: true }], at: { seq: 1 } });
  });

  test('are refused by the rules in their order: access, then the limit of the socket', async () => {
    const store = await start({}, { whitelistOnly: true });
    const keys = store.keys.room(room);
    const tryJoin = async (userName: string, full = false): Promise<unknown> => {
      const occupant = { roomName: room, userName, socketId: 's', nodeId: 'n1' };
      const verdict = full ? 'tooManyRooms' : undefined;
      const joined = await store.memberships.join(occupant, frame('joined'), { verdict });
      return typeof joined === 'string' ? joined : 'joined';
    };
    expect(await tryJoin('alice')).toBe('notAllowed');
    expect(await tryJoin('alice', true)).toBe('notAllowed');
    expect(await tryJoin('owner', true)).toBe('tooManyRooms');
    const owner = { roomName: room, userName: 'owner', socketId: 's', nodeId: 'n1' };
    expect(await store.memberships.join(owner, frame('joined'), { verdict: 'invalidName' })).toBe('invalidName');
    expect(Object.keys(await store.ttls())).toEqual([`{room:${room}}:meta`]);
    await store.client.sadd(keys.whitelist, 'alice', 'bob', 'admin');
    await store.client.sadd(keys.blacklist, 'bob', 'admin', 'owner');
    await store.client.sadd(keys.adminlist, 'admin');
    for (const userName of ['alice', 'admin', 'owner']) expect(await tryJoin(userName)).toBe('joined');
    expect(await tryJoin('bob')).toBe('notAllowed');
    await store.client.hset(keys.meta, 'whitelistOnly', '0');
    expect([await tryJoin('carol'), await tryJoin('bob')]).toEqual(['joined', 'notAllowed']);
  });
}

function places(start: Start): void {
  const fourOut = ['alice-1 n1', 'alice-2 n2', 'ghost n2', 'alice-3 n1'].map((one) => {
    const [socketId = '', nodeId = ''] = one.split(' ');
    return { userName: 'alice', socketId, nodeId, frame: frame(`${socketId} left`) };
  });

  test.each([
    ['', true, ['alice-1 ', 'alice-2 ', 'alice-3 <alice-3 left>']],
    ['', false, ['alice-1 ', 'alice-2 ', 'alice-3 ']],
    ['n1', true, ['alice-2 ', 'alice-3 <alice-3 left>']],
    ['n1', false, ['alice-2 ']],
  ])(
    'each socket that was there has its place in the log, but for a closed node’s (closed: %j, userlist updates: %s)',
    async (closed, userlistUpdates, expected) => {
      const store = await start({}, { userlistUpdates });
      for (const { socketId, nodeId } of fourOut) {
        if (socketId !== 'ghost') await join(store, 'alice', socketId, nodeId);
      }
      const before = await store.logOf('n1').readPosition(roomTopic(room));
      if (before === 'gone') throw new Error('the room is gone');
      const left = await store.memberships.leave(room, fourOut, closed === '' ? {} : { closed });
      if (left === 'noRoom') throw new Error(left);
      expect(left.left.map(({ njoined, changed }) => `${njoined} ${changed}`)).toEqual([
        '2 true',
        '1 true',
        '1 false',
        '0 true',
      ]);
      const read = await store.logOf('n1').readAfter(roomTopic(room), before);
      if (read === 'gone') throw new Error('the room is gone');
      expect(read.events.map((event) => `${event.subject} ${frameText(event)}`)).toEqual(expected);
      expect(left.at.seq).toBe(read.events.at(-1)?.seq);
      expect(left.time).toBeLessThanOrEqual(left.at.timestamp);
      expect(Object.keys(await store.ttls())).not.toContainEqual(expect.stringContaining(':sockets:'));
    },
  );
}

function sessions(start: Start): void {
  test('what a session keeps is known to the room until the user leaves it for good', async () => {
    const store = await start();
    const { joinSession, freshly } = joiners(store);
    const plain = await join(store, 'alice', 'plain');
    expect(plain.freshEntry).toBe(false);
    expect(plain.time).toBeLessThanOrEqual(plain.at.timestamp);
    expect(await freshly('one')).toBe(true);
    expect(await freshly('two')).toBe(false);
    for (const socketId of ['plain', 'one', 'two']) await leave(store, 'alice', socketId);
    expect(await freshly('one')).toBe(false);
    await freshly('two');
    await joinSession('two');
    await leave(store, 'alice', 'one', 'n1', { entryAt: (await joinSession('two')).at });
    // Another socket is there.
    const { at: entryAt, freshEntry } = await joinSession('one');
    expect(freshEntry).toBe(false);
    for (const socketId of ['one', 'two']) await leave(store, 'alice', socketId, 'n1', { entryAt });
    expect(await freshly('one')).toBe(true);
  });

  // Devices were told of a removal, and the room changed its group.
  test('what an earlier build has kept of a session counts', async () => {
    const store = await start();
    await store.client.sadd(store.keys.room(room).filed, 'alice');
    const { freshly } = joiners(store);
    expect(await freshly('one')).toBe(false);
    expect(await store.client.exists(store.keys.room(room).filed)).toBe(0);
  });

  test('a leave of the session has the room forget no entry that was joined after it had begun', async () => {
    const store = await start();
    const { joinSession, freshly } = joiners(store);
    const { at: before } = await joinSession('one');
    await leave(store, 'alice', 'one');
    const { at } = await joinSession('one');
    await leave(store, 'alice', 'one', 'n1', { entryAt: before });
    expect(await freshly('one')).toBe(false);
    // Nor by the points of another life; but also by who was not there.
    await leave(store, 'alice', 'one', 'n1', { entryAt: { ...at, epoch: 'epoch-of-another' } });
    const { at: last, freshEntry } = await joinSession('one');
    expect(freshEntry).toBe(false);
    await leave(store, 'alice', 'one');
    await leave(store, 'alice', 'two', 'n1', { entryAt: last });
    expect(await freshly('one')).toBe(true);
  });
}

/** Joins for the user's session. */
function joiners(store: Store): {
  joinSession: (socketId: string) => Promise<Joined>;
  freshly: (socketId: string) => Promise<boolean>;
} {
  const joinSession = async (socketId: string): Promise<Joined> => {
    const occupant = { roomName: room, userName: 'alice', socketId, nodeId: 'n1' };
    const joined = await store.memberships.join(occupant, frame('joined'), { inSession: true });
    if (typeof joined === 'string') throw new Error(joined);
    return joined;
  };
  return { joinSession, freshly: async (socketId) => (await joinSession(socketId)).freshEntry };
}

function sweeping(start: Start): void {
  test('of many sockets at once, as a sweep does, behind a tombstone', async () => {
    const store = await start();
    const names = Array.from({ length: 700 }, (_, i) => `user-${i}`);
    await Promise.all(names.map((name) => join(store, name, `${name}-1`, 'dead')));
    await join(store, 'user-0', 'user-0-2', 'n1');
    expect((await store.memberships.readNodeSockets(room, 'dead')).sockets).toHaveLength(700);
    let swept = 0;
    for (;;) {
      const page = await store.memberships.beginSweep(room, 'dead');
      if (page.length === 0) break;
      const leaving = page
        .slice(0, 500)
        .map((one) => ({ ...one, nodeId: 'dead', frame: frame(`left ${one.userName}`) }));
      const left = await store.memberships.leave(room, leaving, { closed: 'dead' });
      if (left === 'noRoom') throw new Error(left);
      expect(left.left.every(({ changed }) => changed)).toBe(true);
      swept += left.left.length;
    }
    expect(swept).toBe(700);
    await expect(join(store, 'late', 'late-1', 'dead')).rejects.toThrow('lost');
    expect(await join(store, 'late', 'late-1', 'n1')).toMatchObject({ njoined: 1 });
    const list = await userlist(store, 'owner');
    expect(list).toEqual({ count: 2, names: ['late', 'user-0'] });
    const ttls = await store.ttls();
    expect(ttls[`{room:${room}}:tomb:dead`]).toBeGreaterThan(0);
    expect(ttls).not.toHaveProperty([`{room:${room}}:sockets:dead`]);
  });
}

function deletion(start: Start): void {
  test('is for the owner, tells the room, and leaves nothing that stays', async () => {
    const store = await start();
    const { rooms, memberships } = store;
    const events = await store.listen(roomTopic(room));
    const names = Array.from({ length: 600 }, (_, i) => `user-${i}`);
    await Promise.all(names.map((name, i) => join(store, name, `${name}-1`, `n${i % 3}`)));
    await join(store, 'user-0', 'user-0-2', 'n1');
    await post(store, 'user-1', { clientMessageId: 'c' });
    await leave(store, 'user-2', 'user-2-1', 'n2');
    await memberships.beginSweep(room, 'dead');
    const tag = `{room:${room}}:`;
    const before = await store.ttls();
    expect(Object.keys(before).length).toBeGreaterThan(8);
    for (const key of Object.keys(before)) expect(key.startsWith(tag)).toBe(true);

    expect(await rooms.delete(room, rightsOf('user-1'), 'n1', frame('deleted'))).toBe('notAllowed');
    expect(await store.ttls()).toMatchObject({ [`${tag}meta`]: -1, [`${tag}members`]: -1 });
    const deleted = await rooms.delete(room, rightsOf('owner'), 'n1', frame('deleted'));
    if (typeof deleted === 'string') throw new Error(deleted);
    expect(deleted.at).toMatchObject({ id: 1, seq: names.length + 3 });
    await eventually(() => expect(events.at(-1)).toMatchObject({ kind: 'deleted', seq: deleted.at.seq }));
    expect(frameText(events.at(-1))).toBe('<deleted>');
    expectChain(events);
    for (const ttl of Object.values(await store.ttls())) expect(ttl).toBeGreaterThan(0);
    expect(await store.deletions.unfinished(room, 'n2')).toEqual([]);
    expect(await store.deletions.unfinished(room, 'n1')).toEqual([
      { life: deleted.life, owner: 'owner', at: { epoch: deleted.at.epoch, seq: deleted.at.seq } },
    ]);

    const removed = new Map<string, unknown>();
    // Whoever has been forgotten does not come again where this begins anew.
    for await (const { users, forget } of store.deletions.takeRemoved(room, deleted.life)) {
      const told = users.slice(0, users.length / 2);
      for (const { userName, ...user } of told) removed.set(userName, user);
      await forget(told.map(({ userName }) => userName));
      break;
    }
    let seen = removed.size;
    expect(seen).toBeGreaterThan(0);
    for await (const { users, forget } of store.deletions.takeRemoved(room, deleted.life)) {
      for (const { userName, ...user } of users) removed.set(userName, user);
      seen += users.length;
      await forget(users.map(({ userName }) => userName));
    }
    expect([seen, removed.size]).toEqual([599, 599]);
    expect(removed.get('user-0')).toEqual({ socketIds: ['user-0-1', 'user-0-2'], nodeIds: ['n0', 'n1'] });
    expect(await store.deletions.unfinished(room, 'n1')).toEqual([]);
    expect(Object.keys(await store.ttls())).toEqual([`${tag}tomb:dead`]);
  });
}

function unfinished(start: Start): void {
  test.each(['', 'the owner', 'owner'])(
    'is unfinished with the point where the log has ended, whoever was the owner: %j',
    async (owner) => {
      const store = await start({}, { owner });
      for (const userName of ['alice', 'bob']) await join(store, userName);
      const deleted = await store.rooms.delete(room, SERVICE, 'n1', frame('deleted'));
      if (typeof deleted === 'string') throw new Error(deleted);
      const { epoch, seq } = deleted.at;
      expect(seq).toBe(3);
      const { life } = deleted;
      expect(await store.deletions.unfinished(room, 'n1')).toEqual([{ life, owner, at: { epoch, seq } }]);
      expect(await store.deletions.unfinished(room, 'n2')).toEqual([]);
      // As an earlier version noted it: no removal is of a life that nobody has seen.
      await store.client.hset(store.keys.room(room).deletions, life, `n1 ${owner}`);
      expect(await store.deletions.unfinished(room, 'n1')).toEqual([{ life, owner, at: { epoch: '', seq: 0 } }]);
    },
  );
}

function rebirth(start: Start): void {
  test('ends the log: the next room of that name begins anew', async () => {
    const store = await start();
    await join(store, 'alice');
    await post(store, 'alice', { clientMessageId: 'c' });
    const before = await store.logOf('n1').readPosition(roomTopic(room));
    await store.rooms.delete(room, rightsOf('owner'), 'n1', frame('deleted'));
    expect(await post(store, 'alice')).toBe('noRoom');
    expect(await store.rooms.create(room, roomOptions('other'))).toBe('ok');
    expect(await post(store, 'alice')).toBe('notJoined');
    expect(await store.histories.read(room, rightsOf('other'), undefined, 10)).toEqual([]);
    expect(await userlist(store, 'other')).toEqual({ count: 0, names: [] });
    await join(store, 'alice');
    expect(await post(store, 'alice', { clientMessageId: 'c' })).toMatchObject({ id: 1, repeated: false });
    const after = await store.logOf('n1').readPosition(roomTopic(room));
    if (before === 'gone' || after === 'gone') throw new Error('a room has a position');
    expect(after.epoch).not.toBe(before.epoch);
  });
}
