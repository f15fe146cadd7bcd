// What users have not read, in Redis: marks of rooms and their life, mentions, and what is unread of a pair.
import { describe, expect, test } from '@jest/globals';
import { userTopic } from '../../src/redis/keys.ts';
import { leftPrefix } from '../../src/protocol/membership.ts';
import { rightsOf, SERVICE, type Rights } from '../../src/store/rights.ts';
import type { Mentions } from '../../src/store/message/post.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { admit, append, appended, deliver, login } from './pair-actions.ts';
import { join, leave, post, room, starter, type Start } from './room-actions.ts';
import { frame, frameText, nonce, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function unreadSuite(open: OpenStore): void {
  const start = starter(open, scope);
  describe('a mark of a room', () => {
    begins(start);
    moves(start);
    ends(start);
    endsUnseen(start);
  });
  describe('a mention', () => {
    mentions(start);
    signals(start);
  });
  describe('what is unread of a pair', () => {
    ofPairs(open);
    clamped(open);
    hints(open);
  });
}

/** How much is unread; or why nothing can be. */
async function unread(store: Store, userName: string): Promise<number | string> {
  const counted = await store.unreads.ofRoom(userName, room, false);
  return typeof counted === 'string' ? counted : counted.unread;
}

const read = (store: Store, userName: string, upTo: number, rights: Rights = rightsOf(userName)): Promise<unknown> =>
  store.unreads.markRoom(room, userName, rights, upTo);

/** In the name of an author, whoever's rights it is posted with. */
const postAs = (
  store: Store,
  author: string | undefined,
  rights: Rights,
  more: { mentions?: Mentions; transient?: boolean } = {},
): ReturnType<Store['messages']['post']> =>
  store.messages.post(room, rights, {
    author,
    prefix: Buffer.from('prefix'),
    middle: Buffer.from(more.transient === true ? '' : 'middle'),
    nonce: nonce(),
    clientMessageId: undefined,
    transient: more.transient ?? false,
    mentions: more.mentions,
  });

const joinInSession = (store: Store, userName: string, socketId = `${userName}-1`): Promise<unknown> =>
  store.memberships.join({ roomName: room, userName, socketId, nodeId: 'n1' }, frame('in'), { inSession: true });

const keysOf = async (store: Store, of: 'marks' | 'mentioned'): Promise<string[]> =>
  (await store.client.hkeys(store.keys.room(room)[of])).toSorted();

function begins(start: Start): void {
  test('begins at the newest message with the first socket, and is nowhere without', async () => {
    const store = await start();
    expect(await store.unreads.ofRoom('bob', 'nowhere', false)).toBe('noRoom');
    await join(store, 'alice');
    await post(store, 'alice');
    await post(store, 'alice');
    expect(await unread(store, 'bob')).toBe('noMark');
    await join(store, 'bob');
    expect(await unread(store, 'bob')).toBe(0);
    await post(store, 'alice');
    // A second one of the user, and the same once more, change nothing.
    await join(store, 'bob', 'bob-2', 'n2');
    await join(store, 'bob');
    expect(await unread(store, 'bob')).toBe(1);
    const counted = await store.unreads.ofRoom('bob', room, true);
    if (typeof counted === 'string') throw new Error(counted);
    expect(counted).toMatchObject({ unread: 1, mentioned: false, at: expect.any(Number) });
    expect(Buffer.from(counted.last ?? []).toString('latin1')).toMatch(/^prefix.{8}middle/s);
    expect(await store.unreads.ofRoom('bob', room, false)).toMatchObject({ at: counted.at, last: undefined });
  });

  test('is there where nothing is kept of what was said', async () => {
    const store = await start({}, { historyMax: 0 });
    await join(store, 'alice');
    await join(store, 'bob');
    await post(store, 'alice');
    expect(await store.unreads.ofRoom('bob', room, true)).toMatchObject({ unread: 1, last: undefined });
  });
}

function moves(start: Start): void {
  test('only goes forward, ends at the newest message, and moves for who may read or has the room in its session', async () => {
    const store = await start();
    await join(store, 'alice');
    await joinInSession(store, 'bob');
    for (let i = 0; i < 4; i++) await post(store, 'alice');
    expect([await read(store, 'bob', 2), await unread(store, 'bob')]).toEqual([2, 2]);
    for (const upTo of [0, 1, 2]) expect(await read(store, 'bob', upTo)).toBe(0);
    expect([await read(store, 'bob', 99), await unread(store, 'bob')]).toEqual([4, 0]);
    expect(await read(store, 'bob', 99)).toBe(0);
    await leave(store, 'bob');
    await post(store, 'alice');
    expect([await read(store, 'bob', 5), await unread(store, 'bob')]).toEqual([5, 0]);
    // The owner may read, and has no mark; the service may do it for whoever has one.
    expect(await read(store, 'owner', 5)).toBe(0);
    expect(await read(store, 'carol', 5)).toBe('notJoined');
    expect(await read(store, 'carol', 5, SERVICE)).toBe(0);
    await post(store, 'alice');
    expect(await read(store, 'bob', 6, SERVICE)).toBe(6);
    expect(await store.unreads.markRoom('nowhere', 'bob', rightsOf('bob'), 1)).toBe('noRoom');
  });

  test('of who posts moves with the post, of each author of a batch; what is passing or refused moves none', async () => {
    const store = await start();
    for (const name of ['alice', 'bob', 'carol']) await join(store, name);
    await Promise.all(['alice', 'bob', 'alice'].map((name) => post(store, name)));
    expect(await Promise.all(['alice', 'bob', 'carol'].map((name) => unread(store, name)))).toEqual([0, 1, 3]);
    await post(store, 'carol', { transient: true });
    await post(store, 'carol', { prefix: '' });
    await post(store, 'dave');
    expect(await unread(store, 'carol')).toBe(3);
    expect(await keysOf(store, 'marks')).toEqual(['alice', 'bob', 'carol']);
    // The service posts for a user who has a mark, for one who has none, and for itself.
    for (const author of ['carol', 'dave', undefined]) await postAs(store, author, SERVICE);
    expect(await unread(store, 'carol')).toBe(2);
    expect(await keysOf(store, 'marks')).toEqual(['alice', 'bob', 'carol']);
  });
}

function ends(start: Start): void {
  test('ends with the last socket, unless the session has the room, and then with that', async () => {
    const store = await start();
    await join(store, 'alice');
    await join(store, 'bob');
    await join(store, 'bob', 'bob-2');
    await leave(store, 'bob');
    expect(await unread(store, 'bob')).toBe(0);
    await leave(store, 'bob', 'bob-2');
    expect(await unread(store, 'bob')).toBe('noMark');
    const joined = await store.memberships.join(
      { roomName: room, userName: 'bob', socketId: 'b', nodeId: 'n1' },
      frame('in'),
      { inSession: true },
    );
    if (typeof joined === 'string') throw new Error(joined);
    await leave(store, 'bob', 'b');
    await post(store, 'alice');
    expect(await unread(store, 'bob')).toBe(1);
    // Its session gives the room up, whether it was joined or not.
    await leave(store, 'bob', 'b', 'n1', { entryAt: { epoch: joined.at.epoch, seq: joined.at.seq } });
    expect(await unread(store, 'bob')).toBe('noMark');
    expect(await keysOf(store, 'marks')).toEqual(['alice']);
  });

  test('of a session that gives the room up ends with the last socket that takes no part in it, unless it was joined again', async () => {
    const store = await start();
    for (const again of [false, true]) {
      const joined = Object(await joinInSession(store, 'bob'));
      await join(store, 'bob', 'bob-2');
      const entryAt = { epoch: joined.at.epoch, seq: joined.at.seq };
      await leave(store, 'bob', 'bob-1', 'n1', { entryAt });
      expect(await unread(store, 'bob')).toBe(0);
      if (again) await joinInSession(store, 'bob');
      await leave(store, 'bob', 'bob-1');
      await leave(store, 'bob', 'bob-2');
      expect(await unread(store, 'bob')).toBe(again ? 0 : 'noMark');
      expect(await store.client.hexists(store.keys.room(room).entries, 'bob')).toBe(Number(again));
    }
  });

  test('ends by an eviction and by the deletion, and a room of that name begins anew', async () => {
    const store = await start();
    for (const name of ['alice', 'bob']) await joinInSession(store, name);
    await post(store, 'alice');
    const edit = { listName: 'blacklist', names: ['bob'], badName: undefined, frame: frame('edit') };
    await store.access.addToList(room, rightsOf('owner'), { ...edit, leftPrefix: leftPrefix(room) });
    expect(await unread(store, 'bob')).toBe('noMark');
    await store.access.removeFromList(room, rightsOf('owner'), { ...edit, leftPrefix: leftPrefix(room) });
    await join(store, 'bob');
    expect(await unread(store, 'bob')).toBe(0);
    expect(await store.rooms.delete(room, rightsOf('owner'), 'n1', frame('gone'))).toMatchObject({ owner: 'owner' });
    expect(await unread(store, 'bob')).toBe('noRoom');
    expect(await store.rooms.create(room, roomOptions('owner'))).toBe('ok');
    expect(await unread(store, 'bob')).toBe('noMark');
    await join(store, 'bob');
    expect(await unread(store, 'bob')).toBe(0);
  });
}

function endsUnseen(start: Start): void {
  test('of who is away ends where it loses the room, by a list or the mode at once, or of many when it is looked for', async () => {
    const store = await start({ largeSize: 1 });
    await join(store, 'alice');
    for (const name of ['bob', 'carol', 'dora']) {
      await joinInSession(store, name);
      await leave(store, name);
    }
    await post(store, 'alice');
    const edit = { listName: 'blacklist', names: ['bob', 'nobody'], badName: undefined, frame: frame('edit') };
    await store.access.addToList(room, rightsOf('owner'), { ...edit, leftPrefix: leftPrefix(room) });
    expect(await keysOf(store, 'marks')).toEqual(['alice', 'carol', 'dora']);
    const mode = { whitelistOnly: true, frame: frame('mode'), leftPrefix: leftPrefix(room) };
    await store.access.setMode(room, rightsOf('owner'), mode);
    expect(await read(store, 'carol', 1)).toBe('notJoined');
    expect(await unread(store, 'carol')).toBe('notJoined');
    expect(await keysOf(store, 'marks')).toEqual(['dora']);
    // Few enough.
    await store.client.hdel(store.keys.room(room).entries, 'carol');
    await store.access.setMode(room, rightsOf('owner'), mode);
    expect(await keysOf(store, 'marks')).toEqual([]);
  });
}

function mentions(start: Start): void {
  test('is noted of who has a mark, told to who posts, and there until it is read', async () => {
    const store = await start();
    for (const name of ['alice', 'bob']) await join(store, name);
    const two = { names: ['bob', 'carol', 'alice'], all: false };
    expect(await postAs(store, 'alice', rightsOf('alice'), { mentions: two })).toMatchObject({
      id: 1,
      mentioned: ['bob', 'alice'],
    });
    await post(store, 'alice');
    const isMentioned = async (userName: string): Promise<unknown> => {
      const counted = await store.unreads.ofRoom(userName, room, false);
      return typeof counted === 'string' ? counted : [counted.unread, counted.mentioned];
    };
    expect([await isMentioned('bob'), await isMentioned('alice')]).toEqual([
      [2, true],
      [0, false],
    ]);
    await read(store, 'bob', 1);
    expect(await isMentioned('bob')).toEqual([1, false]);
    // What is passing mentions nobody who looks later.
    expect(await postAs(store, 'alice', rightsOf('alice'), { mentions: two, transient: true })).toMatchObject({
      id: undefined,
      mentioned: undefined,
    });
    expect(await isMentioned('bob')).toEqual([1, false]);
    await leave(store, 'bob');
    expect(await keysOf(store, 'mentioned')).toEqual(['alice']);
  });

  test('of all is for the owner, admins and the service', async () => {
    const store = await start();
    for (const name of ['owner', 'alice', 'bob']) await join(store, name);
    const all = { names: [], all: true };
    expect(await postAs(store, 'alice', rightsOf('alice'), { mentions: all })).toBe('notAllowed');
    expect(await postAs(store, 'alice', rightsOf('alice'), { mentions: all, transient: true })).toBe('notAllowed');
    expect(await postAs(store, 'dave', rightsOf('dave'), { mentions: all })).toBe('notJoined');
    expect(await postAs(store, 'owner', rightsOf('owner'), { mentions: all })).toMatchObject({
      id: 1,
      mentioned: [],
    });
    expect(await store.unreads.ofRoom('bob', room, false)).toMatchObject({ unread: 1, mentioned: true });
    expect(await store.unreads.ofRoom('owner', room, false)).toMatchObject({ unread: 0, mentioned: false });
    await read(store, 'bob', 1);
    await store.client.sadd(store.keys.room(room).adminlist, 'alice');
    expect(await postAs(store, 'alice', rightsOf('alice'), { mentions: all })).toMatchObject({ id: 2 });
    expect(await postAs(store, undefined, SERVICE, { mentions: { names: ['bob'], all: true } })).toMatchObject({
      id: 3,
    });
    expect(await keysOf(store, 'mentioned')).toEqual([':', 'bob']);
  });
}

function signals(start: Start): void {
  test('is signalled to the nodes of its user, where it has sockets', async () => {
    const store = await start();
    expect(await store.unreads.signalMention('bob', room)).toBeUndefined();
    await login(store, 'bob');
    const events = await store.listen(userTopic('bob'));
    await store.unreads.signalMention('bob', room);
    await eventually(() => expect(events).toHaveLength(1));
    expect(
      events.map(({ kind, subject, ...event }) => [kind, subject, frameText({ kind, subject, ...event })]),
    ).toEqual([['transient', `\n${room}`, '']]);
  });
}

const ofPair = (store: Store, userName: string, peer: string): ReturnType<Store['unreads']['ofPair']> =>
  store.unreads.ofPair(userName, peer, false);

function ofPairs(open: OpenStore): void {
  test('is what the other side wrote above the mark, whatever the user writes itself', async () => {
    const store = await open(scope);
    expect(await ofPair(store, 'bob', 'ann')).toBe('noPair');
    for (const [author, to] of [
      ['ann', 'bob'],
      ['bob', 'ann'],
      ['ann', 'bob'],
      ['bob', 'ann'],
    ] as const)
      await append(store, author, to);
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ unread: 2, mentioned: false, readId: 0, newest: 2 });
    expect(await ofPair(store, 'ann', 'bob')).toMatchObject({ unread: 2 });
    expect(await store.pairs.markRead('bob', 'ann', 2)).toMatchObject({ upToId: 1, readNumber: 1 });
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ unread: 1, readId: 1 });
    expect(await store.pairs.markRead('bob', 'ann', 9)).toMatchObject({ upToId: 3, readNumber: 2, newest: 2 });
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ unread: 0, readId: 3 });
    const whole = await store.unreads.ofPair('bob', 'ann', true);
    expect(whole).toMatchObject({ unread: 0, at: expect.any(Number), last: expect.anything() });
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ last: undefined });
  });

  test('tells of a mention until that is read', async () => {
    const store = await open(scope);
    const parts = { prefix: Buffer.from('hello'), middle: Buffer.from('/'), transient: false };
    const one = { ...parts, clientMessageId: undefined };
    await store.pairs.append('bob', 'ann', [{ ...one, mentioning: true }, one]);
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ unread: 2, mentioned: true });
    await store.pairs.markRead('bob', 'ann', 1);
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ unread: 1, mentioned: false });
  });
}

function clamped(open: OpenStore): void {
  test('is only what is kept', async () => {
    // Trimming is approximate, but readers are held to the number.
    const store = await open(scope, { historyMaxSize: 5 });
    for (let i = 0; i < 8; i++) await append(store, 'ann', 'bob');
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ unread: 5 });
    await append(store, 'bob', 'ann');
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ unread: 4 });
    await store.pairs.markRead('bob', 'ann', 7);
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ unread: 1 });
    for (let i = 0; i < 5; i++) await append(store, 'bob', 'ann');
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ unread: 0, newest: 8 });
  });

  test('is not what an earlier user of the name was sent', async () => {
    const store = await open(scope);
    for (const userName of ['ann', 'bob']) await login(store, userName);
    for (let i = 0; i < 3; i++) {
      await admit(store, 'bob', 'ann');
      await append(store, 'ann', 'bob');
    }
    await store.users.logout('bob', 's1', frame('out'), []);
    expect(await store.admin.deleteUser('bob')).toBe('ok');
    expect(await store.unreads.peers('bob', 10)).toEqual([]);
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ unread: 0 });
    await append(store, 'ann', 'bob');
    expect(await ofPair(store, 'bob', 'ann')).toMatchObject({ unread: 1 });
  });
}

function hints(open: OpenStore): void {
  test('is looked for at those who have written, the latest first, until all of it is read', async () => {
    const store = await open(scope);
    await login(store, 'bob');
    const settle = (peer: string, readNumber: number, newest: number): Promise<void> =>
      store.directs.settle('bob', {
        peer,
        number: newest,
        newest,
        readNumber,
        exceptSocket: undefined,
        frame: undefined,
      });
    const send = async (author: string): Promise<void> => {
      await admit(store, 'bob', author);
      await deliver(store, 'bob', author, await appended(store, author, 'bob'));
    };
    expect(await store.unreads.peers('bob', 10)).toEqual([]);
    for (const author of ['ann', 'carol']) await send(author);
    // By time, and by name where that is the same.
    expect((await store.unreads.peers('bob', 10)).toSorted()).toEqual(['ann', 'carol']);
    expect(await store.unreads.peers('bob', 1)).toHaveLength(1);
    // What has come is not read by that.
    await settle('ann', 0, 1);
    expect(await store.unreads.peers('bob', 10)).toContain('ann');
    await settle('ann', 1, 1);
    expect(await store.unreads.peers('bob', 10)).toEqual(['carol']);
    // More was handed on since that was read, or is under way.
    await send('carol');
    await settle('carol', 1, 1);
    expect(await store.unreads.peers('bob', 10)).toEqual(['carol']);
    // It has come, and a mark of before is late.
    await settle('carol', 0, 2);
    await settle('carol', 1, 1);
    expect(await store.unreads.peers('bob', 10)).toEqual(['carol']);
    await settle('carol', 2, 2);
    expect(await store.unreads.peers('bob', 10)).toEqual([]);
    await admit(store, 'bob', 'carol');
    await settle('carol', 2, 2);
    expect(await store.unreads.peers('bob', 10)).toEqual(['carol']);
  });
}
