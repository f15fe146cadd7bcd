// Leaves of the session in Redis: what is taken out, noted and told, in which step.
import { expect, test } from '@jest/globals';
import { userTopic } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import {
  begin,
  begun,
  echoes,
  addEntry,
  entries,
  group,
  life,
  login,
  out,
  point,
  tag,
  told,
  user,
} from './session-actions.ts';
import type { OpenStore } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function sessionLeaveSuite(open: OpenStore): void {
  leaving(open);
  leavingOthers(open);
  leavingOverruled(open);
  leavingRefused(open);
}

function leaving(open: OpenStore): void {
  test('a leave takes out the entry and is noted until it is done; then every socket that was taken out is told of', async () => {
    const store = await open(scope);
    expect(await begin(store)).toBe('gone');
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    await login(store, 'plain', 'n1', false);
    for (const socketId of ['a', 'b']) await addEntry(store, { socketId });
    const events = await store.listen(userTopic(user));
    const leave = await begun(store);
    expect(leave).toEqual({
      roomName: 'lobby',
      socketId: 'a',
      nodeId: 'n1',
      entryAt: point(3),
      sockets: [
        { socketId: 'a', nodeId: 'n1' },
        { socketId: 'b', nodeId: 'n2' },
      ],
    });
    expect(await entries(store)).toEqual([]);
    expect(await store.sessions.pendingLeaves(user, 'n1')).toEqual([leave]);
    expect(await store.sessions.pendingLeaves(user, 'n2')).toEqual([]);
    await store.sessions.finishLeave(user, leave, [out('a', 2), out('b', 1)], 'a');
    expect(await store.sessions.pendingLeaves(user, 'n1')).toEqual([]);
    // Once more, from another device, of a room that is not there and that nobody is in.
    const again = await begun(store, 'lobby', 'b', 'n2');
    const before = await store.logOf('n1').readPosition(userTopic(user));
    expect(await store.sessions.finishLeave(user, again, [], 'b')).toEqual(before);
    expect(await store.sessions.pendingLeaves(user, 'n2')).toEqual([]);
    await eventually(() => expect(events).toHaveLength(3));
    expect(told(events)).toEqual([['+a\nlobby\nleaving', `<leave>${group('custom')}`]]);
    expect(echoes(events)).toEqual([
      ['a\nlobby\nepoch-of-the-log 5\na', '<a left>', 2],
      ['\nlobby\nepoch-of-the-log 5\nb', '<b left>', 1],
    ]);
    expect(Object.keys(await store.ttls())).toEqual(
      ['events', 'history', 'meta', 'sockets', 'synced'].map((part) => tag + part),
    );
  });
}

function leavingOthers(open: OpenStore): void {
  test('is told of each socket with the point where it was taken out, also of one that has joined since', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    for (const socketId of ['a', 'b']) await addEntry(store, { socketId });
    const leave = await begun(store);
    const events = await store.listen(userTopic(user));
    // It is the sockets' nodes that know who has joined since.
    await addEntry(store, { socketId: 'b', nodeId: 'n2', joinedAt: point(6), fresh: true });
    const taken = [out('a', 1, point(5)), out('b', 0, point(5)), out('c', 0, point(1, 'epoch-after-that'))];
    const at = await store.sessions.finishLeave(user, leave, taken, 'a');
    expect(await store.sessions.finishLeave('nobody', leave, taken, 'a')).toBeUndefined();
    expect(await store.sessions.pendingLeaves(user, 'n1')).toEqual([]);
    // By whoever goes on with it for a dead node: nobody is left out.
    await store.sessions.finishLeave(user, leave, [out('a', 0, point(7))], '');
    await eventually(() => expect(echoes(events)).toHaveLength(4));
    expect(echoes(events)).toEqual([
      ['a\nlobby\nepoch-of-the-log 5\na', '<a left>', 1],
      ['\nlobby\nepoch-of-the-log 5\nb', '<b left>', 0],
      ['\nlobby\nepoch-after-that 1\nc', '<c left>', 0],
      ['\nlobby\nepoch-of-the-log 7\na', '<a left>', 0],
    ]);
    expect(at?.seq).toBe(events.at(-2)?.seq);
    expect(await entries(store)).toEqual([['lobby', life, 'custom']]);
  });

  test('is not told of the socket that asked where the user has no other', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await addEntry(store);
    const leave = await begun(store);
    const before = await store.logOf('n1').readPosition(userTopic(user));
    expect(await store.sessions.finishLeave(user, leave, [out('a')], 'a')).toEqual(before);
    expect(await store.sessions.finishLeave(user, leave, [out('a')], '')).toMatchObject({ seq: 3 });
  });
}

function leavingOverruled(open: OpenStore): void {
  test('a socket that joins again is taken off the leaves that nobody has finished', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await login(store, 'b', 'n2');
    await begun(store);
    await begun(store, 'lobby too');
    await addEntry(store, { socketId: 'b', nodeId: 'n2' });
    const pending = await store.sessions.pendingLeaves(user, 'n1');
    const a = { socketId: 'a', nodeId: 'n1' };
    const b = { socketId: 'b', nodeId: 'n2' };
    expect(Object.fromEntries(pending.map(({ roomName, sockets }) => [roomName, sockets]))).toEqual({
      lobby: [a],
      'lobby too': [a, b],
    });
    await addEntry(store, { socketId: 'a' });
    const left = await store.sessions.pendingLeaves(user, 'n1');
    expect(Object.fromEntries(left.map(({ roomName, sockets }) => [roomName, sockets]))).toEqual({
      lobby: [],
      'lobby too': [a, b],
    });
  });

  test('it names the entry that it gives up, also to whoever goes on with it', async () => {
    const store = await open(scope);
    for (const socketId of ['a', 'b']) await login(store, socketId, 'n1');
    await addEntry(store, { joinedAt: point(4) });
    expect(await begun(store)).toMatchObject({ entryAt: point(4) });
    await addEntry(store, { socketId: 'b', joinedAt: point(6) });
    expect(await store.sessions.pendingLeaves(user, 'n1')).toMatchObject([{ entryAt: point(4) }]);
    expect(await begun(store, 'attic')).toMatchObject({ entryAt: undefined });
    // Asked for once more, the first one not having been finished.
    await begun(store);
    expect(await begun(store)).toMatchObject({ entryAt: point(6) });
  });
}

function leavingRefused(open: OpenStore): void {
  test('is refused to a node that was swept, and where too many are unfinished', async () => {
    const store = await open(scope);
    await login(store, 'a', 'n1');
    await addEntry(store);
    await store.users.beginSweep(user, 'dead');
    expect(await begin(store, 'lobby', 'a', 'dead')).toBe('lost');
    expect(await entries(store)).toEqual([['lobby', life, 'custom']]);
    await Promise.all(Array.from({ length: 1000 }, (_, i) => begun(store, `room ${i}`)));
    expect(await begin(store)).toBe('full');
    expect(await entries(store)).toEqual([['lobby', life, 'custom']]);
    // One that is noted already may be asked for again.
    const leave = await begun(store, 'room 7');
    await store.sessions.finishLeave(user, leave, [], 'a');
    await begun(store);
    expect(await entries(store)).toEqual([]);
  });
}
