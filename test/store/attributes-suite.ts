// Attributes of a room: written in the place of a version only, told in the order of their versions, by whom they may be changed.
import { expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import { rightsOf, SERVICE, type Rights } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { belong, setConduct } from './belonging-actions.ts';
import { join, room, starter, type Start } from './room-actions.ts';
import { frame, frameText, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const bytes = (text: string): Buffer => Buffer.from(text);

const set = (store: Store, rights: Rights, version: number, text: string): ReturnType<Store['attributes']['set']> =>
  store.attributes.set(room, rights, {
    version,
    map: text === '' ? undefined : bytes(text),
    frame: frame(`${version + 1}: ${text}`),
  });

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function attributesSuite(open: OpenStore): void {
  const start = starter(open, scope);
  written(start);
  rights(start);
  withRooms(start);
}

function written(start: Start): void {
  test('are written in the place of the version that was read, and told with it', async () => {
    const store = await start();
    const owner = rightsOf('owner');
    const events = await store.listen(roomTopic(room));
    expect(await store.attributes.read('nowhere', owner)).toBe('noRoom');
    expect(await store.attributes.set('nowhere', owner, { version: 0, map: undefined, frame: frame('') })).toBe(
      'noRoom',
    );
    expect(await store.attributes.read(room, owner)).toEqual({ version: 0, map: undefined, mayChange: true });
    expect(await set(store, owner, 0, 'one')).toBe(1);
    expect(await set(store, owner, 0, 'late')).toBe('changed');
    expect(await set(store, SERVICE, 1, 'two')).toBe(2);
    expect(await store.attributes.read(room, owner)).toEqual({ version: 2, map: bytes('two'), mayChange: true });
    // An empty one takes nothing, and its version stays.
    expect(await set(store, owner, 2, '')).toBe(3);
    expect(await store.attributes.read(room, owner)).toEqual({ version: 3, map: undefined, mayChange: true });
    expect(await store.client.hexists(store.keys.room(room).meta, 'attributes')).toBe(0);
    await eventually(() => expect(events.map(frameText)).toEqual(['<1: one>', '<2: two>', '<3: >']));
    expect(events.map(({ kind, subject }) => [kind, subject])).toEqual(Array.from({ length: 3 }, () => ['notice', '']));
  });
}

function rights(start: Start): void {
  test('are read by members, who is in the room, the owner and admins, and changed by these two; of a temporary room by nobody', async () => {
    const store = await start(
      {},
      { whitelistOnly: true, lists: { adminlist: ['ann'], whitelist: ['bob'], blacklist: ['eve'] } },
    );
    await belong(store, room, 'carol', 'eve');
    await join(store, 'bob');
    const may = async (rights: Rights): Promise<unknown> => {
      const read = await store.attributes.read(room, rights);
      const written = await set(store, rights, 99, 'x');
      return [typeof read === 'string' ? read : read.mayChange, written];
    };
    const seen = async (): Promise<unknown> => ({
      owner: await may(rightsOf('owner')),
      ann: await may(rightsOf('ann')),
      bob: await may(rightsOf('bob')),
      carol: await may(rightsOf('carol')),
      eve: await may(rightsOf('eve')),
      dave: await may(rightsOf('dave')),
      service: await may(SERVICE),
    });
    const reader = [false, 'notAllowed'];
    const none = ['notJoined', 'notAllowed'];
    const both = [true, 'changed'];
    expect(await seen()).toEqual({
      owner: both,
      ann: both,
      service: both,
      bob: reader,
      carol: reader,
      eve: none,
      dave: none,
    });
    await setConduct(store, room, { kind: 2 });
    expect(await seen()).toMatchObject({ owner: reader, ann: reader, service: reader, bob: reader, dave: none });
  });
}

function withRooms(start: Start): void {
  test('come with what a session asks of a room', async () => {
    const store = await start();
    const joinAs = async (socketId: string, inSession: boolean): Promise<unknown> => {
      const occupant = { roomName: room, userName: 'bob', socketId, nodeId: 'n1' };
      return Object(await store.memberships.join(occupant, frame('in'), { inSession })).attributes;
    };
    expect([await joinAs('b1', true), await joinAs('b2', false)]).toEqual([undefined, undefined]);
    expect(await set(store, SERVICE, 0, 'one')).toBeGreaterThan(0);
    expect([await joinAs('b3', true), await joinAs('b4', false)]).toEqual([bytes('one'), undefined]);
    expect(await store.access.readAccess(room, 'bob', true)).toMatchObject({ attributes: bytes('one') });
    expect(await store.access.readAccess(room, 'bob')).toMatchObject({ attributes: undefined });
  });
}
