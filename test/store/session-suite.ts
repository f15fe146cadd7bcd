// Sessions in Redis: what every script that files, un-files and leaves replies, tells and leaves behind.
import { describe, expect, test } from '@jest/globals';
import type { TopicEvent } from '../../src/log/event.ts';
import { userTopic } from '../../src/redis/keys.ts';
import type { FilingNote, PendingLeave, TakenOut } from '../../src/store/session/session-store.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { countIn, frame, frameText, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const user = 'alice';
const tag = `{user:${user}}:`;
const life = 'life-of-16-bytes';
const otherLife = 'another-16-bytes';

const login = async (store: Store, socketId: string, nodeId: string, synced = true): Promise<void> => {
  const added = await store.users.login(user, { socketId, nodeId, echo: frame(''), synced });
  expect(added).toMatchObject({ nconnected: expect.any(Number) });
};

const heads = { openHead: frame('leave'), privateHead: frame('leave private') };

function file(store: Store, changes: Partial<FilingNote> = {}): ReturnType<Store['sessions']['file']> {
  const { socketId = 'a', roomName = 'lobby' } = changes;
  return store.sessions.file(user, {
    socketId,
    nodeId: 'n1',
    except: socketId,
    roomName,
    life,
    joinedAt: { epoch: 'e', seq: 3 },
    whitelistOnly: false,
    group: undefined,
    joinHead: frame('join'),
    ...heads,
    njoined: 1,
    echo: undefined,
    ...changes,
  });
}

const begin = (
  store: Store,
  roomName = 'lobby',
  socketId = 'a',
  nodeId = 'n1',
): ReturnType<Store['sessions']['beginLeave']> =>
  store.sessions.beginLeave(user, { roomName, socketId, nodeId, except: socketId, ...heads });

async function begun(
  store: Store,
  ...which: [roomName?: string, socketId?: string, nodeId?: string]
): Promise<PendingLeave> {
  const leave = await begin(store, ...which);
  if (typeof leave === 'string') throw new Error(leave);
  return leave.pending;
}

const out = (socketId: string, njoined = 0, at: TakenOut['at'] = { epoch: 'e', seq: 5 }): TakenOut => ({
  socketId,
  at,
  njoined,
  echo: frame(`${socketId} left`),
});

async function filed(store: Store): Promise<[roomName: string, life: string, group: string][]> {
  const read = await store.sessions.read(user);
  if (read === 'gone') return [];
  return read.filed
    .toSorted((one, other) => (one.roomName < other.roomName ? -1 : 1))
    .map((one): [string, string, string] => [one.roomName, one.life, one.group]);
}

/** Notices of the session: whom they are for, and their text with the group behind its MessagePack head. */
const told = (events: readonly TopicEvent[]): [subject: string, text: string][] =>
  events.flatMap((event) => (event.subject.startsWith('+') ? [[event.subject, frameText(event)]] : []));

const echoes = (events: readonly TopicEvent[]): [subject: string, text: string, count: number][] =>
  events.flatMap((event) =>
    event.subject.startsWith('+') || frameText(event).startsWith('<>')
      ? []
      : [[event.subject, frameText(event).slice(0, -8), countIn(event)]],
  );

const group = (name: string): string => String.fromCharCode(0xa0 + name.length) + name;

const roomsOf = async (store: Store): Promise<Record<string, string[]>> =>
  Object.fromEntries([...(await store.users.listSockets(user))].map(([id, { rooms }]) => [id, rooms.toSorted()]));

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function sessionSuite(open: OpenStore): void {
  describe('filing', () => {
    filing(open);
    filingAgain(open);
  });
  describe('losing', () => losing(open));
  describe('leaving', () => {
    leaving(open);
    leavingOthers(open);
    leavingRefused(open);
  });
}

function filing(open: OpenStore): void {
  test('the first filing is told to the others that take part, a second one is not, and a login reads it', async () => {
    const store = await open(scope);
    expect(await file(store)).toBe('gone');
    expect(await store.sessions.read(user)).toBe('gone');
    await login(store, 'a', 'n1');
    await login(store, 'plain', 'n1', false);
    const events = await store.listen(userTopic(user));
    expect(await file(store)).toMatchObject({ isNew: true, at: { seq: 1 } });
    await login(store, 'b', 'n2');
    expect(await file(store, { socketId: 'b', nodeId: 'n2', njoined: 2, echo: frame('b joined') })).toMatchObject({
      isNew: false,
    });
    expect(await file(store, { roomName: 'attic', whitelistOnly: true, echo: frame('a joined') })).toMatchObject({
      isNew: true,
    });
    expect(await file(store, { roomName: 'cellar', except: '' })).toMatchObject({ isNew: true });
    await eventually(() => expect(told(events)).toHaveLength(2));
    expect(told(events)).toEqual([
      ['+a\nattic', `<join>${group('custom')}`],
      ['+\ncellar', `<join>${group('custom')}`],
    ]);
    expect(echoes(events)).toEqual([
      ['b', '<b joined>', 2],
      ['a', '<a joined>', 1],
    ]);
    const rooms = [
      ['attic', life, 'custom'],
      ['cellar', life, 'custom'],
      ['lobby', life, 'custom'],
    ];
    expect(await filed(store)).toEqual(rooms);
    expect(await roomsOf(store)).toEqual({ a: ['attic', 'cellar', 'lobby'], b: ['lobby'], plain: [] });

    expect(await store.users.login(user, { socketId: 'c', nodeId: 'n1', echo: frame('') })).toMatchObject({
      filed: [],
    });
    const added = await store.users.login(user, { socketId: 'd', nodeId: 'n1', echo: frame(''), synced: true });
    expect(added).toMatchObject({ filed: expect.arrayContaining([{ roomName: 'lobby', life, group: 'custom' }]) });
    for (const id of ['a', 'b', 'c', 'd', 'plain']) await store.users.logout(user, id, frame(''), []);
    expect(await filed(store)).toEqual(rooms);
    expect(Object.keys(await store.ttls())).toEqual([`${tag}events`, `${tag}meta`, `${tag}session`]);
  });
}

function filingAgain(open: OpenStore): void {
  test('a group that is named moves the room, one that is not leaves it, and another life is filed anew', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    const events = await store.listen(userTopic(user));
    await file(store, { group: 'work', whitelistOnly: true });
    await file(store);
    await file(store, { group: 'work' });
    expect(await filed(store)).toEqual([['lobby', life, 'work']]);
    expect(await file(store, { group: 'play' })).toMatchObject({ isNew: false });
    expect(await filed(store)).toEqual([['lobby', life, 'play']]);
    expect(await file(store, { life: otherLife })).toMatchObject({ isNew: true });
    expect(await filed(store)).toEqual([['lobby', otherLife, 'custom']]);
    await eventually(() => expect(told(events)).toHaveLength(5));
    expect(told(events)).toEqual([
      ['+a\nlobby', `<join>${group('work')}`],
      ['+a\nlobby', `<leave private>${group('work')}`],
      ['+a\nlobby', `<join>${group('play')}`],
      ['+a\nlobby', `<leave>${group('play')}`],
      ['+a\nlobby', `<join>${group('custom')}`],
    ]);
  });

  test('over the limit nothing is noted, echoed or filed, but a filed room can move', async () => {
    const store = await open(scope, { sessionRoomsMax: 2 });
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    for (const roomName of ['one', 'two']) await file(store, { roomName });
    const before = await store.sessions.read(user);
    expect(await file(store, { roomName: 'three', echo: frame('three') })).toBe('full');
    expect(await store.sessions.read(user)).toEqual(before);
    expect(await roomsOf(store)).toEqual({ a: ['one', 'two'], b: [] });
    expect(await file(store, { roomName: 'two', group: 'work' })).toMatchObject({ isNew: false });
    await begin(store, 'one');
    expect(await file(store, { roomName: 'three' })).toMatchObject({ isNew: true });
  });
}

function losing(open: OpenStore): void {
  const lose = (
    store: Store,
    lost: { life: string; frame?: Uint8Array },
  ): ReturnType<Store['users']['notifyRoomLost']> =>
    store.users.notifyRoomLost(user, {
      roomName: 'lobby',
      frame: undefined,
      socketIds: ['a'],
      nodeIds: ['n1'],
      ...heads,
      ...lost,
    });

  test('a lost room is un-filed by its life only, after the loss is told', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await file(store);
    const events = await store.listen(userTopic(user));
    expect(await lose(store, { life: otherLife })).toMatchObject({ seq: 0 });
    expect(await filed(store)).toEqual([['lobby', life, 'custom']]);
    expect(await roomsOf(store)).toEqual({ a: [] });
    expect(await lose(store, { life, frame: frame('lost') })).toMatchObject({ seq: 2 });
    await eventually(() => expect(events).toHaveLength(2));
    expect(events.map((event) => [event.subject, frameText(event)])).toEqual([
      ['@n1', '<lost>'],
      ['+\nlobby', `<leave>${group('custom')}`],
    ]);
    expect(await filed(store)).toEqual([]);
    // Who has no socket is not told, but loses it all the same.
    await file(store);
    await store.users.logout(user, 'a', frame(''), []);
    expect(await lose(store, { life, frame: frame('lost') })).toMatchObject({ seq: 2 });
    expect(await filed(store)).toEqual([]);
    expect(Object.keys(await store.ttls())).toEqual([`${tag}events`, `${tag}meta`]);
  });

  test('who reads the session takes out what is lost, unless it was filed anew meanwhile', async () => {
    const store = await open(scope);
    const lobby = { roomName: 'lobby', life, group: 'custom', ...heads };
    const attic = { roomName: 'attic', life, group: 'custom', ...heads };
    await store.sessions.unfile(user, 'a', [lobby]);
    expect(await store.ttls()).toEqual({});
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n1');
    const events = await store.listen(userTopic(user));
    await file(store, { life: otherLife });
    for (const roomName of ['attic', ...Array.from({ length: 150 }, (_, i) => `room ${i}`)]) {
      await file(store, { roomName, group: 'work' });
    }
    const all = await store.sessions.read(user);
    if (all === 'gone') throw new Error(all);
    const rest = all.filed.filter(({ roomName }) => roomName.startsWith('room')).map((one) => ({ ...one, ...heads }));
    await store.sessions.unfile(user, 'a', [lobby, attic, ...rest]);
    expect(await filed(store)).toEqual([['lobby', otherLife, 'custom']]);
    const isLeave = ([, text]: [string, string]): boolean => text.startsWith('<leave>');
    await eventually(() => expect(told(events).filter(isLeave)).toHaveLength(151));
    expect(told(events).filter(isLeave)).toContainEqual(['+a\nattic', `<leave>${group('work')}`]);
  });
}

function leaving(open: OpenStore): void {
  test('a leave un-files and is noted until it is done; then every socket that was taken out is told of', async () => {
    const store = await open(scope);
    expect(await begin(store)).toBe('gone');
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    await login(store, 'plain', 'n1', false);
    for (const socketId of ['a', 'b']) await file(store, { socketId });
    const events = await store.listen(userTopic(user));
    const leave = await begun(store);
    expect(leave).toEqual({
      roomName: 'lobby',
      socketId: 'a',
      nodeId: 'n1',
      sockets: [
        { socketId: 'a', nodeId: 'n1' },
        { socketId: 'b', nodeId: 'n2' },
      ],
    });
    expect(await filed(store)).toEqual([]);
    expect(await store.sessions.pendingLeaves(user, 'n1')).toEqual([leave]);
    expect(await store.sessions.pendingLeaves(user, 'n2')).toEqual([]);
    await store.sessions.finishLeave(user, leave, [out('a', 2), out('b', 1)], 'a');
    expect(await store.sessions.pendingLeaves(user, 'n1')).toEqual([]);
    // Once more, from another device, of a room that is not filed and that nobody is in.
    const again = await begun(store, 'lobby', 'b', 'n2');
    await store.sessions.finishLeave(user, again, [out('b'), out('a')], 'b');
    await eventually(() => expect(events).toHaveLength(3));
    expect(told(events)).toEqual([['+a\nlobby', `<leave>${group('custom')}`]]);
    expect(echoes(events)).toEqual([
      ['a', '<a left>', 2],
      ['\nlobby', '<b left>', 1],
    ]);
    expect(await roomsOf(store)).toEqual({ a: [], b: [], plain: [] });
    expect(Object.keys(await store.ttls())).toEqual(['events', 'meta', 'sockets', 'synced'].map((part) => tag + part));
  });
}

function leavingOthers(open: OpenStore): void {
  test('is told once, whoever finishes it, and not of a socket that has joined since or another room', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    for (const socketId of ['a', 'b']) await file(store, { socketId });
    const leave = await begun(store);
    const events = await store.listen(userTopic(user));
    const [a, b] = [out('a'), out('b')];
    await file(store, { socketId: 'b', nodeId: 'n2', joinedAt: { epoch: 'e', seq: 5 } });
    for (let i = 0; i < 2; i++) await store.sessions.finishLeave(user, leave, [a, b], 'a');
    expect(await roomsOf(store)).toEqual({ a: [], b: ['lobby'] });
    expect(await store.sessions.finishLeave('nobody', leave, [a], 'a')).toBeUndefined();
    for (const at of [undefined, { epoch: 'other', seq: 9 }]) {
      await store.sessions.finishLeave(user, leave, [out('b', 0, at)], 'a');
      expect(await roomsOf(store)).toEqual({ a: [], b: ['lobby'] });
    }
    for (const one of [b, out('b', 0, { epoch: 'e', seq: 6 })])
      await store.sessions.finishLeave(user, leave, [one], '');
    expect(await roomsOf(store)).toEqual({ a: [], b: [] });
    await eventually(() => expect(echoes(events)).toHaveLength(2));
    expect(echoes(events)).toEqual([
      ['a', '<a left>', 0],
      ['\nlobby', '<b left>', 0],
    ]);
  });

  test('a socket that joins again is taken off the leaves that nobody has finished', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    await begun(store);
    await begun(store, 'lobby too');
    await file(store, { socketId: 'b', nodeId: 'n2' });
    const pending = await store.sessions.pendingLeaves(user, 'n1');
    const a = { socketId: 'a', nodeId: 'n1' };
    const b = { socketId: 'b', nodeId: 'n2' };
    expect(Object.fromEntries(pending.map(({ roomName, sockets }) => [roomName, sockets]))).toEqual({
      lobby: [a],
      'lobby too': [a, b],
    });
    await file(store, { socketId: 'a' });
    expect(await store.sessions.pendingLeaves(user, 'n1')).toMatchObject([{ roomName: 'lobby too' }]);
  });
}

function leavingRefused(open: OpenStore): void {
  test('is refused to a node that was swept, and where too many are unfinished', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await file(store);
    await store.users.beginSweep(user, 'dead');
    expect(await begin(store, 'lobby', 'a', 'dead')).toBe('lost');
    expect(await filed(store)).toEqual([['lobby', life, 'custom']]);
    await Promise.all(Array.from({ length: 1000 }, (_, i) => begun(store, `room ${i}`)));
    expect(await begin(store)).toBe('full');
    expect(await filed(store)).toEqual([['lobby', life, 'custom']]);
    // One that is noted already may be asked for again.
    const leave = await begun(store, 'room 7');
    await store.sessions.finishLeave(user, leave, [], 'a');
    await begun(store);
    expect(await filed(store)).toEqual([]);
  });
}
