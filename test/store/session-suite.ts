// Sessions in Redis: what every script that adds and takes out replies, tells and leaves behind.
import { describe, expect, test } from '@jest/globals';
import { userTopic } from '../../src/redis/keys.ts';
import type { LostRoom } from '../../src/store/user/user-store.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import {
  begin,
  echoes,
  addEntry,
  addEntryAsBefore,
  entries,
  entryUpTo,
  group,
  prefixes,
  life,
  login,
  otherLife,
  point,
  tag,
  told,
  user,
} from './session-actions.ts';
import { sessionLeaveSuite } from './session-leave-suite.ts';
import { frame, frameText, type OpenStore, type Store } from './store.ts';

const scope = useScope();

const lose = (store: Store, lost: Partial<LostRoom>): ReturnType<Store['users']['notifyRoomLost']> =>
  store.users.notifyRoomLost(user, {
    roomName: 'lobby',
    life,
    at: point(5),
    frame: undefined,
    nodeIds: ['n1'],
    ...prefixes,
    ...lost,
  });

/** Tells those who had joined the room as it was added that it is no more: at whatever point of its log. */
const roomIsGone = `\nepoch-of-the-log ${Number.MAX_SAFE_INTEGER}`;

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function sessionSuite(open: OpenStore): void {
  describe('adding', () => {
    adding(open);
    addingAgain(open);
    addingLater(open);
    addingFreshly(open);
    entriesBefore(open);
  });
  describe('losing', () => {
    losing(open);
    losingLate(open);
    reading(open);
  });
  describe('leaving', () => sessionLeaveSuite(open));
}

function adding(open: OpenStore): void {
  test('the first entry is told to the others that take part, a second one is not, and a login reads it', async () => {
    const store = await open(scope);
    expect(await addEntry(store)).toBe('gone');
    expect(await store.sessions.read(user)).toBe('gone');
    await login(store, 'a', 'n1');
    await login(store, 'plain', 'n1', false);
    const events = await store.listen(userTopic(user));
    expect(await addEntry(store)).toMatchObject({ isNew: true, at: { seq: 2 } });
    await login(store, 'b', 'n2');
    expect(await addEntry(store, { socketId: 'b', nodeId: 'n2', njoined: 2, echo: frame('b joined') })).toMatchObject({
      isNew: false,
    });
    expect(await addEntry(store, { roomName: 'attic', whitelistOnly: true, echo: frame('a joined') })).toMatchObject({
      isNew: true,
    });
    expect(await addEntry(store, { roomName: 'cellar', except: '' })).toMatchObject({ isNew: true });
    await eventually(() => expect(told(events)).toHaveLength(3));
    expect(told(events)).toEqual([
      ['+a\nlobby', `<join>${group('custom')}`],
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
    expect(await entries(store)).toEqual(rooms);

    expect(await store.users.login(user, { socketId: 'c', nodeId: 'n1', echo: frame('') })).toMatchObject({
      entries: [],
    });
    const added = await store.users.login(user, { socketId: 'd', nodeId: 'n1', echo: frame(''), synced: true });
    expect(added).toMatchObject({
      entries: expect.arrayContaining([expect.objectContaining({ roomName: 'lobby', life, group: 'custom' })]),
    });
    for (const id of ['a', 'b', 'c', 'd', 'plain']) await store.users.logout(user, id, frame(''), []);
    expect(await entries(store)).toEqual(rooms);
    expect(Object.keys(await store.ttls())).toEqual(['events', 'history', 'meta', 'session'].map((part) => tag + part));
  });
}

function addingAgain(open: OpenStore): void {
  test('a group that is named moves the room, one that is not leaves it, and another life is added anew', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    const events = await store.listen(userTopic(user));
    await addEntry(store, { group: 'work', whitelistOnly: true });
    await addEntry(store);
    await addEntry(store, { group: 'work' });
    expect(await entries(store)).toEqual([['lobby', life, 'work']]);
    expect(await addEntry(store, { group: 'play' })).toMatchObject({ isNew: false });
    expect(await entries(store)).toEqual([['lobby', life, 'play']]);
    expect(await addEntry(store, { life: otherLife })).toMatchObject({ isNew: true });
    expect(await entries(store)).toEqual([['lobby', otherLife, 'custom']]);
    await eventually(() => expect(told(events)).toHaveLength(5));
    expect(told(events)).toEqual([
      ['+a\nlobby', `<join>${group('work')}`],
      ['+a\nlobby', `<leave private>${group('work')}`],
      ['+a\nlobby', `<join>${group('play')}`],
      [`+\nlobby${roomIsGone}`, `<leave>${group('play')}`],
      ['+a\nlobby', `<join>${group('custom')}`],
    ]);
  });

  test('over the limit nothing is noted, echoed or added, but a room that is there can move', async () => {
    const store = await open(scope, { sessionRoomsMax: 2 });
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    for (const roomName of ['one', 'two']) await addEntry(store, { roomName });
    const before = await store.sessions.read(user);
    const at = await store.logOf('n1').readPosition(userTopic(user));
    expect(await addEntry(store, { roomName: 'three', echo: frame('three') })).toBe('full');
    expect(await store.sessions.read(user)).toEqual(before);
    expect(await store.logOf('n1').readPosition(userTopic(user))).toEqual(at);
    expect(await addEntry(store, { roomName: 'two', group: 'work' })).toMatchObject({ isNew: false });
    await begin(store, 'one');
    expect(await addEntry(store, { roomName: 'three' })).toMatchObject({ isNew: true });
  });
}

function addingLater(open: OpenStore): void {
  test('the point up to which devices have joined moves forward only, also where the room moves', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    const events = await store.listen(userTopic(user));
    expect(await addEntry(store, { whitelistOnly: true })).toMatchObject({ isNew: true });
    for (const [seq, upTo] of [
      [7, 7],
      [5, 7],
      [7, 7],
      [8, 8],
    ] as const) {
      expect(await addEntry(store, { socketId: 'b', joinedAt: point(seq) })).toMatchObject({ isNew: false });
      expect(await entryUpTo(store)).toEqual(point(upTo));
    }
    expect(await addEntry(store, { joinedAt: point(4), group: 'work', whitelistOnly: true })).toMatchObject({
      isNew: false,
    });
    expect(await entryUpTo(store)).toEqual(point(8));
    // Of two lives of a log nobody knows which is the later, but who comes now is there.
    await addEntry(store, { joinedAt: point(2, 'epoch-after-that') });
    expect(await entryUpTo(store)).toEqual(point(2, 'epoch-after-that'));
    expect(await entries(store)).toEqual([['lobby', life, 'work']]);
    // It was whitelist-only when it was added, whoever has joined since.
    await begin(store);
    await eventually(() =>
      expect(told(events).at(-1)).toEqual(['+a\nlobby\nleaving', `<leave private>${group('work')}`]),
    );
    expect(told(events).map(([, text]) => text)).toEqual([
      `<join>${group('custom')}`,
      `<leave private>${group('custom')}`,
      `<join>${group('work')}`,
      `<leave private>${group('work')}`,
    ]);
  });
}

function addingFreshly(open: OpenStore): void {
  test('what the room had lost for the user is added anew, unless another device has done so since', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    await addEntry(store, { group: 'work' });
    await addEntryAsBefore(store, 'attic', '0', 'work');
    const events = await store.listen(userTopic(user));
    // The other device's join comes to the room first, and to the user second.
    expect(await addEntry(store, { joinedAt: point(8), fresh: false })).toMatchObject({ isNew: false });
    expect(await addEntry(store, { socketId: 'b', joinedAt: point(6), fresh: true })).toMatchObject({ isNew: false });
    expect(await entryUpTo(store)).toEqual(point(8));
    expect(await addEntry(store, { socketId: 'b', joinedAt: point(9), fresh: true })).toMatchObject({ isNew: true });
    expect(await entryUpTo(store)).toEqual(point(9));
    expect(await addEntry(store, { roomName: 'attic', fresh: true })).toMatchObject({ isNew: true });
    expect(await addEntry(store, { roomName: 'cellar', fresh: true })).toMatchObject({ isNew: true });
    await eventually(() => expect(told(events)).toHaveLength(5));
    expect(told(events)).toEqual([
      // Who had joined by then has lost it at the latest where the other one joins.
      ['+\nlobby\nepoch-of-the-log 9', `<leave>${group('work')}`],
      ['+b\nlobby', `<join>${group('custom')}`],
      ['+\nattic\nepoch-of-the-log 3', `<leave>${group('work')}`],
      ['+a\nattic', `<join>${group('custom')}`],
      ['+a\ncellar', `<join>${group('custom')}`],
    ]);
  });
}

function entriesBefore(open: OpenStore): void {
  test('what an earlier version has added is read, joined, moved, left and taken out', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    const rooms = ['joined', 'moved', 'left', 'lost', 'read'];
    for (const roomName of rooms) await addEntryAsBefore(store, roomName, '1', 'work');
    const read = await store.sessions.read(user);
    if (read === 'gone') throw new Error(read);
    const asItWas = { life, group: 'work', packed: Buffer.from(`${life}1work`) };
    for (const roomName of rooms) expect(read.entries).toContainEqual({ roomName, ...asItWas });
    const events = await store.listen(userTopic(user));
    expect(await addEntry(store, { roomName: 'joined' })).toMatchObject({ isNew: false });
    expect(await addEntry(store, { roomName: 'moved', group: 'play' })).toMatchObject({ isNew: false });
    await begin(store, 'left');
    await lose(store, { roomName: 'lost', life, at: point(1) });
    await store.sessions.removeEntries(user, '', [{ roomName: 'read', ...asItWas, ...prefixes, lostAt: undefined }]);
    expect(await entries(store)).toEqual([
      ['joined', life, 'work'],
      ['moved', life, 'play'],
    ]);
    for (const roomName of ['joined', 'moved']) expect(await entryUpTo(store, roomName)).toEqual(point(3));
    await eventually(() => expect(told(events)).toHaveLength(5));
    expect(told(events)).toEqual([
      ['+a\nmoved', `<leave private>${group('work')}`],
      ['+a\nmoved', `<join>${group('play')}`],
      ['+a\nleft\nleaving', `<leave private>${group('work')}`],
      ['+\nlost\nepoch-of-the-log 1', `<leave private>${group('work')}`],
      ['+\nread', `<leave private>${group('work')}`],
    ]);
  });
}

function losing(open: OpenStore): void {
  test('a lost room is taken out by its life only, after the removal is told', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await addEntry(store);
    const events = await store.listen(userTopic(user));
    expect(await lose(store, { life: otherLife })).toMatchObject({ seq: 1 });
    expect(await entries(store)).toEqual([['lobby', life, 'custom']]);
    expect(await lose(store, { life, frame: frame('lost') })).toMatchObject({ seq: 3 });
    await eventually(() => expect(events).toHaveLength(2));
    expect(events.map((event) => [event.subject, frameText(event)])).toEqual([
      ['@n1\nlobby\nepoch-of-the-log 5', '<lost>'],
      ['+\nlobby\nepoch-of-the-log 5', `<leave>${group('custom')}`],
    ]);
    expect(await entries(store)).toEqual([]);
    // Who has no socket loses it all the same, and finds that in its inbox.
    await addEntry(store);
    await store.users.logout(user, 'a', frame(''), []);
    expect(await lose(store, { life, frame: frame('lost') })).toMatchObject({ seq: 6, id: 6 });
    expect(await entries(store)).toEqual([]);
    expect(Object.keys(await store.ttls())).toEqual([`${tag}history`, `${tag}meta`]);
  });
}

function losingLate(open: OpenStore): void {
  test('a lost room stays where a device has joined it since, and the removal is told all the same', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await addEntry(store, { joinedAt: point(5) });
    const events = await store.listen(userTopic(user));
    // A join that is not told in the room's log is where that stands: after the removal, as far as it came to be noted here.
    for (const seq of [4, 5]) await lose(store, { life, at: point(seq), frame: frame(`lost ${seq}`) });
    expect(await entries(store)).toEqual([['lobby', life, 'custom']]);
    // Numbers of two lives of a log do not compare.
    await lose(store, { life, at: point(4, 'epoch-after-that') });
    expect(await entries(store)).toEqual([]);
    await addEntry(store, { joinedAt: point(5) });
    await lose(store, { life, at: point(6), frame: frame('lost 6') });
    expect(await entries(store)).toEqual([]);
    await eventually(() => expect(events).toHaveLength(6));
    expect(events.map((event) => [event.subject, frameText(event)])).toEqual([
      ['@n1\nlobby\nepoch-of-the-log 4', '<lost 4>'],
      ['@n1\nlobby\nepoch-of-the-log 5', '<lost 5>'],
      ['+\nlobby\nepoch-after-that 4', `<leave>${group('custom')}`],
      ['+a\nlobby', `<join>${group('custom')}`],
      ['@n1\nlobby\nepoch-of-the-log 6', '<lost 6>'],
      ['+\nlobby\nepoch-of-the-log 6', `<leave>${group('custom')}`],
    ]);
  });
}

function reading(open: OpenStore): void {
  test('who reads the session takes out what is lost, unless it was added anew meanwhile', async () => {
    const store = await open(scope);
    const packed = Buffer.from(`${life}0custom`);
    await store.sessions.removeEntries(user, 'a', [
      { roomName: 'lobby', life, group: 'custom', packed, ...prefixes, lostAt: undefined },
    ]);
    expect(await store.ttls()).toEqual({});
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n1');
    const events = await store.listen(userTopic(user));
    await addEntry(store);
    await addEntry(store, { roomName: 'cellar' });
    for (const roomName of ['attic', ...Array.from({ length: 150 }, (_, i) => `room ${i}`)]) {
      await addEntry(store, { roomName, group: 'work' });
    }
    const all = await store.sessions.read(user);
    if (all === 'gone') throw new Error(all);
    // Another room of that name, and the same room joined once more.
    await addEntry(store, { life: otherLife });
    await addEntry(store, { roomName: 'cellar', joinedAt: point(9) });
    // Where the room is there, and where it is gone.
    const lost = all.entries.map((one) => ({
      ...one,
      ...prefixes,
      lostAt: one.roomName === 'attic' ? point(7) : undefined,
    }));
    for (let i = 0; i < 2; i++) await store.sessions.removeEntries(user, 'a', lost);
    expect(await entries(store)).toEqual([
      ['cellar', life, 'custom'],
      ['lobby', otherLife, 'custom'],
    ]);
    const isLeave = ([, text]: [string, string]): boolean => text.startsWith('<leave>');
    // The one of the lobby is the other life's.
    await eventually(() => expect(told(events).filter(isLeave)).toHaveLength(1 + 151));
    expect(told(events).filter(isLeave)).toContainEqual(['+a\nattic\nepoch-of-the-log 7', `<leave>${group('work')}`]);
    expect(told(events)).toContainEqual([`+a\nroom 149${roomIsGone}`, `<leave>${group('work')}`]);
  });
}
