// Wills: what is kept for a socket, who takes it away, and the post of one who is out of the room by then.
import { describe, expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { WillStore } from '../../src/store/message/will-store.ts';
import { useScope } from '../support/scope.ts';
import { join, leave, post, room, starter } from './room-actions.ts';
import { frame, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const will = Buffer.from('the will');

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function willSuite(open: OpenStore): void {
  describe('kept', () => keeping(open));
  describe('posted', () => posting(open));
}

async function loggedIn(open: OpenStore, ...socketIds: string[]): Promise<{ store: Store; wills: WillStore }> {
  const store = await open(scope);
  for (const socketId of socketIds) await login(store, socketId);
  return { store, wills: new WillStore(store.commands, store.keys) };
}

const login = (store: Store, socketId: string, nodeId = 'n1'): Promise<unknown> =>
  store.users.login('ann', { socketId, nodeId, echo: frame('in') });

const logout = (store: Store, socketId: string, onPurpose = false): Promise<unknown> =>
  store.users.logout('ann', socketId, frame('out'), [], onPurpose);

function keeping(open: OpenStore): void {
  test('for a socket that is there, the last one; its logout waits until it is settled', async () => {
    const { store, wills } = await loggedIn(open, 's1', 's2');
    expect(await wills.keep('ann', 's3', will)).toBe('lost');
    expect(await wills.read('ann', 's1')).toBeUndefined();
    await wills.keep('ann', 's1', Buffer.from('another'));
    expect(await wills.keep('ann', 's1', will)).toBe('ok');
    expect(await wills.read('ann', 's1')).toEqual({ will, isBack: false });
    expect(await wills.read('ann', 's2')).toBeUndefined();
    for (let i = 0; i < 2; i++) expect(await logout(store, 's1')).toBe('will');
    expect((await store.users.readSockets('ann')).size).toBe(2);
    await wills.forget('ann', 's1');
    expect(await logout(store, 's1')).toMatchObject({ nconnected: 1, changed: true });
    expect(await store.client.exists(store.keys.user('ann').wills)).toBe(0);
  });

  test('not for one whose user has ended it, nor of sockets that an operator closes', async () => {
    const { store, wills } = await loggedIn(open, 's1', 's2', 's3');
    await wills.keep('ann', 's1', will);
    expect(await logout(store, 's1', true)).toMatchObject({ changed: true });
    expect(await wills.read('ann', 's1')).toBeUndefined();
    const { devices } = store.keys.user('ann');
    await store.client.hset(devices, 's2', 'phone', 's3', 'desk tag');
    for (const socketId of ['s2', 's3']) await wills.keep('ann', socketId, will);
    await store.admin.revokeLogins('ann', 'desk', 'bye');
    expect([await wills.read('ann', 's2'), await wills.read('ann', 's3')]).toEqual([
      { will, isBack: false },
      undefined,
    ]);
    await wills.keep('ann', 's3', will);
    await store.admin.revokeLogins('ann', '*', 'bye');
    expect([await wills.read('ann', 's2'), await wills.read('ann', 's3')]).toEqual([undefined, undefined]);
    await wills.keep('ann', 's3', will);
    await store.admin.disconnectUser('ann', 'bye');
    expect(await wills.read('ann', 's3')).toBeUndefined();
  });

  test('of one that is sent away it is told whether the user has come back elsewhere', async () => {
    const { store, wills } = await loggedIn(open, 's1', 's2');
    await wills.sendAway('ann', 's1');
    expect(await wills.read('ann', 's1')).toBeUndefined();
    for (const socketId of ['s1', 's2']) await wills.keep('ann', socketId, will);
    for (let i = 0; i < 2; i++) await wills.sendAway('ann', 's1');
    expect(await wills.read('ann', 's1')).toEqual({ will, isBack: false });
    await login(store, 's4', 'n2');
    expect(await wills.read('ann', 's1')).toEqual({ will, isBack: true });
    // The other one was not sent away.
    expect(await wills.read('ann', 's2')).toEqual({ will, isBack: false });
  });
}

function posting(open: OpenStore): void {
  const start = starter(open, scope);
  const last = { hasLeft: true };
  test('by who has left: where it may join, and once', async () => {
    const store = await start();
    await join(store, 'ann');
    await leave(store, 'ann');
    expect(await post(store, 'ann')).toBe('notJoined');
    const given = { ...last, clientMessageId: 'will s1' };
    expect(await post(store, 'ann', given)).toMatchObject({ id: 1, repeated: false });
    expect(await post(store, 'ann', given)).toMatchObject({ id: 1, repeated: true });
    // Who is not there has no mark by that.
    expect(await store.client.hexists(store.keys.room(room).marks, 'ann')).toBe(0);
    // In one batch with who may not.
    expect(await Promise.all([post(store, 'ann'), post(store, 'ann', last), post(store, 'ann')])).toMatchObject([
      'notJoined',
      { id: 2 },
      'notJoined',
    ]);
    const { blacklist, bans, whitelist, roster, meta } = store.keys.room(room);
    await store.client.sadd(blacklist, 'ann');
    expect(await post(store, 'ann', last)).toBe('notJoined');
    await store.client.zadd(bans, Date.now() + 3_600_000, 'ann');
    expect(await post(store, 'ann', last)).toBe('notJoined');
    await store.client.zadd(bans, Date.now() - 3_600_000, 'ann');
    expect(await post(store, 'ann', last)).toMatchObject({ id: 3 });
    await store.client.del(blacklist, bans);
    await store.client.hset(meta, 'whitelistOnly', '1');
    expect(await post(store, 'ann', last)).toBe('notJoined');
    await store.client.sadd(whitelist, 'ann');
    expect(await post(store, 'ann', last)).toMatchObject({ id: 4 });
    await store.client.del(whitelist);
    await store.client.zadd(roster, 0, 'ann');
    expect(await post(store, 'ann', last)).toMatchObject({ id: 5 });
    expect(await post(store, 'owner', last)).toMatchObject({ id: 6 });
  });

  test('what is only judged is refused as a post would be, and nothing comes of it', async () => {
    const store = await start();
    const events = await store.listen(roomTopic(room));
    expect(await post(store, 'ann', { judged: true })).toBe('notJoined');
    await join(store, 'ann');
    const before = await store.client.hgetBuffer(store.keys.room(room).meta, 'log');
    expect(await post(store, 'ann', { judged: true })).toMatchObject({ id: undefined });
    expect(await post(store, 'ann', { judged: true, prefix: '' })).toBe('messageTooLarge');
    expect(await post(store, 'ann', { judged: true, mentions: { names: [], all: true } })).toBe('notAllowed');
    expect(await store.client.hgetBuffer(store.keys.room(room).meta, 'log')).toEqual(before);
    expect(events.filter(({ kind }) => kind !== 'notice')).toEqual([]);
    const found = await store.histories.read(room, rightsOf('owner'), undefined, 10);
    expect(found).toEqual([]);
  });
}
