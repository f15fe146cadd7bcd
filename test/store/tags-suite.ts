// One device at a time for each tag of a user: who takes over, who loses, and what the others are told.
import { describe, expect, test } from '@jest/globals';
import { userTopic } from '../../src/redis/keys.ts';
import { claimLease, registerNode, renewLease } from '../../src/store/node/node-scripts.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { frame, frameText, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const user = 'alice';

interface Showing {
  readonly tag?: string;
  /** The family of the login. */
  readonly own: string;
  readonly isReconnect?: boolean;
  readonly nodeId?: string;
}

/** Logs a socket in; gives how many there are, or why not. */
async function logIn(store: Store, socketId: string, showing: Showing): Promise<number | string> {
  const { tag = 'phone', own, isReconnect = false, nodeId = 'n1' } = showing;
  const tagged = { tag, own, isReconnect, frame: frame('taken') };
  const added = await store.users.login(user, { socketId, nodeId, echo: frame('in'), tagged });
  if (typeof added === 'string') return added;
  return 'nconnected' in added ? added.nconnected : 'full';
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function tagsSuite(open: OpenStore): void {
  takingOver(open);
  describe('a device that comes back by itself', () => comingBack(open));
}

function takingOver(open: OpenStore): void {
  test('the newer device takes over from all sockets of the older one, and from nobody else', async () => {
    const store = await open(scope);
    const events = await store.listen(userTopic(user));
    expect(await logIn(store, 'a1', { own: 'device.a' })).toBe(1);
    // The same device: an older socket stays.
    expect(await logIn(store, 'a2', { own: 'device.a', nodeId: 'n2' })).toBe(2);
    expect(await logIn(store, 'w1', { own: 'device.w', tag: 'web client' })).toBe(3);
    await store.users.login(user, { socketId: 'x', nodeId: 'n1', echo: frame('in') });
    expect(await logIn(store, 'b1', { own: 'device.b' })).toBe(5);
    await eventually(() => expect(events.some(({ kind }) => kind === 'conflict')).toBe(true));
    const conflicts = events.filter(({ kind }) => kind === 'conflict');
    expect(conflicts.map((event) => [event.subject.split(' ').toSorted(), frameText(event)])).toEqual([
      [['a1', 'a2'], '<taken>'],
    ]);
    // Nobody takes over twice from the same, which may be closing yet.
    expect(await logIn(store, 'b2', { own: 'device.b', isReconnect: true })).toBe(6);
    expect(await logIn(store, 'w2', { own: 'device.v', tag: 'web client' })).toBe(7);
    await eventually(() => expect(events.filter(({ kind }) => kind === 'conflict')).toHaveLength(2));
    expect(events.filter(({ kind }) => kind === 'conflict')[1]?.subject).toBe('w1');
  });

  test('a take-over does not count what it takes over, and of a socket that is gone nothing is left', async () => {
    const store = await open(scope, { socketsMax: 1 });
    await store.commands.run(registerNode, store.keys.node('n1'), { ttlMs: 60_000, keepMs: 60_000 });
    expect(await logIn(store, 'a1', { own: 'device.a' })).toBe(1);
    expect(await logIn(store, 'x1', { own: 'device.x', tag: 'other' })).toBe('full');
    expect(await logIn(store, 'b1', { own: 'device.b' })).toBe(2);
    // As an earlier build sweeps, which knows of no devices.
    const { sockets, devices } = store.keys.user(user);
    await store.client.hdel(sockets, 'a1', 'b1');
    expect(await logIn(store, 'c1', { own: 'device.c', isReconnect: true })).toBe(1);
    expect(await store.client.hgetall(devices)).toEqual({ a1: 'device.a', c1: 'device.c phone' });
  });

  test('a device is found by its family, whatever tag it has', async () => {
    const store = await open(scope);
    await store.users.login(user, {
      socketId: 'a1',
      nodeId: 'n1',
      echo: frame('in'),
      shown: { issuedAt: Number.MAX_SAFE_INTEGER, device: 'device.a', family: undefined },
      tagged: { tag: 'phone', own: 'device.a', isReconnect: false, frame: frame('taken') },
    });
    expect(await store.admin.revokeLogins(user, 'device.a', 'why')).toBe(1);
  });
}

function comingBack(open: OpenStore): void {
  test('loses to another one that is there, and changes nothing', async () => {
    const store = await open(scope);
    const keys = store.keys.node('n1');
    await store.commands.run(registerNode, keys, { ttlMs: 60_000, keepMs: 60_000 });
    await logIn(store, 'a1', { own: 'device.a' });
    const events = await store.listen(userTopic(user));
    const again = { own: 'device.b', isReconnect: true };
    expect(await logIn(store, 'b1', again)).toBe('sessionConflict');
    await store.commands.run(renewLease, keys, { ttlMs: 60_000, keepMs: 60_000, draining: '1' });
    expect(await logIn(store, 'b1', again)).toBe('sessionConflict');
    expect([...(await store.users.readSockets(user)).keys()]).toEqual(['a1']);
    expect(await logIn(store, 'a2', { own: 'device.a', isReconnect: true })).toBe(2);
    expect(await logIn(store, 'b1', { ...again, tag: 'other' })).toBe(3);
    for (const socketId of ['a1', 'a2']) await store.users.logout(user, socketId, frame('out'), []);
    expect(await logIn(store, 'b2', again)).toBe(2);
    expect(events.filter(({ kind }) => kind === 'conflict')).toEqual([]);
  });

  test('waits where the other one is on a node that is gone', async () => {
    const store = await open(scope);
    const again = { own: 'device.b', isReconnect: true };
    await logIn(store, 'a1', { own: 'device.a', nodeId: 'dead' });
    expect(await logIn(store, 'b1', again)).toBe('overdue');
    const keys = store.keys.node('dead');
    await store.commands.run(registerNode, keys, { ttlMs: 0, keepMs: 60_000 });
    const seen = (await store.client.hget(keys.lease, 'expires')) ?? '';
    expect(await store.commands.run(claimLease, keys, { seen, watchedMs: 0, keepMs: 60_000 })).toBe('claimed');
    expect(await logIn(store, 'b1', again)).toBe('overdue');
    // As a sweep does.
    await store.users.logout(user, 'a1', frame('out'), []);
    expect(await logIn(store, 'b1', again)).toBe(1);
  });
}
