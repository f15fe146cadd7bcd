// What users show of how they are: written in the place of a version only, told by one node at a time and not too often, once more where
// that node is gone.
import { describe, expect, test } from '@jest/globals';
import { addressOf, stampOf, type Stamp } from '../../src/log/recipients.ts';
import { roomTopic, userTopic } from '../../src/redis/keys.ts';
import type { StateChange } from '../../src/store/state/state-store.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { setConduct } from './belonging-actions.ts';
import { connect, login, logout } from './contact-actions.ts';
import { join, room } from './room-actions.ts';
import { frame, frameText, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const bytes = (text: string): Buffer => Buffer.from(text);
const prefix = bytes('state:');

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function stateSuite(open: OpenStore): void {
  describe('a state', () => {
    written(open);
    kept(open);
  });
  describe('telling a state', () => {
    told(open);
    claimed(open);
    others(open);
  });
}

const set = (store: Store, change: Partial<StateChange> & { due: Uint8Array }): ReturnType<Store['states']['set']> =>
  store.states.set('ann', { version: 0, told: 0, map: bytes('map'), exceptSocket: undefined, ...change });

const take = (store: Store, nodeId = 'n1', deadId?: string): ReturnType<Store['states']['take']> =>
  store.states.take('ann', { nodeId, deadId, prefix });

function written(open: OpenStore): void {
  test('is written in the place of the version that was read, and of what was told then', async () => {
    const store = await open(scope);
    expect(await store.states.read('ann', undefined)).toBe('noUser');
    expect(await set(store, { due: bytes('one') })).toBe('gone');
    await login(store, 'ann');
    expect(await store.states.read('ann', 'bob')).toEqual({
      version: 0,
      map: undefined,
      told: 0,
      due: undefined,
      isTelling: false,
    });
    expect(await set(store, { due: bytes('one') })).toBe('ok');
    expect(await set(store, { due: bytes('late') })).toBe('changed');
    expect(await store.states.read('ann', 'bob')).toEqual({
      version: 1,
      map: bytes('map'),
      told: 0,
      due: bytes('one'),
      isTelling: false,
    });
    const taken = Object(await take(store));
    // It was merged with what is told already.
    expect(await store.states.read('ann', 'bob')).toMatchObject({ due: undefined, isTelling: true });
    expect(await set(store, { version: 1, due: bytes('one, two') })).toBe('changed');
    const { told: number } = Object(await store.states.read('ann', 'bob'));
    expect(number).toBe(taken.stamp.number);
    expect(await set(store, { version: 1, told: number, map: undefined, due: bytes('two') })).toBe('ok');
    expect(await store.states.read('ann', undefined)).toMatchObject({ version: 2, map: undefined, due: bytes('two') });
    // Whom the user blocks sees nothing.
    await store.client.sadd(store.keys.user('ann').blacklist, 'eve');
    expect(await store.states.read('ann', 'eve')).toEqual({
      version: 0,
      map: undefined,
      told: 0,
      due: undefined,
      isTelling: false,
    });
  });
}

function kept(open: OpenStore): void {
  test('keeps its user, and goes with it', async () => {
    const store = await open(scope);
    for (const [userName, version] of [
      ['ann', 0],
      ['bob', 1],
    ] as const) {
      await login(store, userName);
      await store.states.set(userName, {
        version,
        told: 0,
        map: bytes('map'),
        due: bytes('due'),
        exceptSocket: undefined,
      });
      await logout(store, userName, { onPurpose: true });
    }
    const left = await store.ttls();
    expect(left['{user:ann}:meta']).toBe(-1);
    expect(left['{user:bob}:meta']).toBeGreaterThan(0);
    // Set for who is about to be forgotten, it stays.
    await store.states.set('bob', {
      version: 0,
      told: 0,
      map: bytes('map'),
      due: bytes('due'),
      exceptSocket: undefined,
    });
    expect((await store.ttls())['{user:bob}:meta']).toBe(-1);
    // An anonymous one does not, though it was set by a socket that has gone meanwhile.
    const nobody = 'anonymous-1';
    await login(store, nobody);
    await logout(store, nobody, { onPurpose: true });
    const late = { version: 0, told: 0, map: bytes('map'), due: bytes('due'), exceptSocket: undefined };
    expect(await store.states.set(nobody, late)).toBe('ok');
    expect((await store.ttls())[`{user:${nobody}}:meta`]).toBeGreaterThan(0);
    expect(await store.admin.deleteUser('ann')).toBe('ok');
    expect(await store.states.read('ann', undefined)).toBe('noUser');
    expect(await take(store)).toBe('gone');
  });
}

function told(open: OpenStore): void {
  test('tells the other sockets of the user in the step that decides to, then others leave it alone for a while', async () => {
    const store = await open(scope, { statePauseMs: 60_000 });
    await login(store, 'ann');
    const events = await store.listen(userTopic('ann'));
    expect(await take(store)).toBe('settled');
    await set(store, { due: bytes('one'), exceptSocket: 's1' });
    const first = Object(await take(store));
    expect(first).toEqual({ stamp: { userName: 'ann', number: expect.any(Number) }, changes: bytes('one') });
    expect(await store.states.endTelling('ann', 'n1')).toBe(false);
    expect(await take(store)).toBe('settled');
    // Of two devices together all hear it.
    await set(store, { version: 1, told: first.stamp.number, due: bytes('two'), exceptSocket: 's1' });
    await set(store, { version: 2, told: first.stamp.number, due: bytes('two, three'), exceptSocket: 's2' });
    const waits = Object(await take(store));
    expect(waits.waitMs).toBeGreaterThan(0);
    // Where it were longer than the pause the clock was set back.
    await store.client.hset(store.keys.user('ann').meta, 'stateQuiet', '9000000000000');
    const second = Object(await take(store));
    expect(second.changes).toEqual(bytes('two, three'));
    expect(second.stamp.number).toBeGreaterThan(first.stamp.number);
    await eventually(() => expect(events).toHaveLength(2));
    expect(events.map(frameText)).toEqual(['state:one', 'state:two, three']);
    expect(events.map((event) => [addressOf(event), stampOf(event)])).toEqual([
      [{ recipients: { to: 'allBut', socketId: 's1' }, about: undefined, removal: undefined }, first.stamp],
      [{ recipients: { to: 'all' }, about: undefined, removal: undefined }, second.stamp],
    ]);
  });
}

function claimed(open: OpenStore): void {
  test('is for one node at a time, and whoever comes after a dead one tells the same once more', async () => {
    const store = await open(scope, { statePauseMs: 1 });
    await login(store, 'ann');
    await set(store, { due: bytes('one') });
    const first = Object(await take(store));
    expect(await take(store, 'n2')).toBe('busy');
    // It goes on where it was not sure.
    expect(await take(store)).toEqual(first);
    await set(store, { version: 1, told: first.stamp.number, due: bytes('two') });
    expect(await take(store, 'n2', 'n3')).toBe('busy');
    expect(await take(store, 'n2', 'n1')).toEqual(first);
    // The one before has nothing to end any more.
    expect(await store.states.endTelling('ann', 'n1')).toBe(true);
    expect(await take(store)).toBe('busy');
    expect(await store.states.endTelling('ann', 'n2')).toBe(true);
    await eventually(async () => expect(await take(store)).toMatchObject({ changes: bytes('two') }));
    // One that has been silent for long has left it.
    await store.client.hset(store.keys.user('ann').meta, 'stateTeller', 'n1 1000');
    expect(await take(store, 'n2')).toMatchObject({ changes: bytes('two') });
  });
}

function others(open: OpenStore): void {
  test('tells contacts page by page as long as it is for this node, and rooms as long as the user is there', async () => {
    const store = await open(scope);
    for (const name of ['ann', 'bob', 'carol', 'dave']) await login(store, name);
    for (const name of ['bob', 'carol', 'dave']) await connect(store, 'ann', name);
    await store.client.sadd(store.keys.user('ann').blacklist, 'carol');
    expect(await store.states.readContacts('ann', 'n1', '')).toBe('lost');
    await set(store, { due: bytes('one') });
    const { stamp }: { stamp: Stamp } = Object(await take(store));
    expect(await store.states.readContacts('ann', 'n1', '', 2)).toEqual({ names: ['bob'], next: 'carol' });
    expect(await store.states.readContacts('ann', 'n1', 'carol', 2)).toEqual({ names: ['dave'], next: undefined });
    expect(await store.states.readContacts('ann', 'n2', '')).toBe('lost');
    const [atBob, inRoom] = [await store.listen(userTopic('bob')), await store.listen(roomTopic(room))];
    expect(await store.states.tellContact('bob', stamp, frame('state'))).toBe(true);
    expect(await store.states.tellContact('eve', stamp, frame('state'))).toBe(false);
    const tellRoom = (): Promise<boolean> => store.states.tellRoom(room, stamp, frame('state'));
    expect(await tellRoom()).toBe(false);
    await store.rooms.create(room, roomOptions('owner'));
    expect(await tellRoom()).toBe(false);
    await join(store, 'ann');
    await setConduct(store, room, { kind: 1 });
    expect(await tellRoom()).toBe(false);
    await setConduct(store, room, {});
    expect(await tellRoom()).toBe(true);
    await eventually(() => expect([atBob.length, inRoom.length]).toEqual([1, 2]));
    expect([atBob[0], inRoom[1]].map((event) => event && [event.kind, stampOf(event), frameText(event)])).toEqual([
      ['transient', stamp, '<state>'],
      ['transient', stamp, '<state>'],
    ]);
  });
}
