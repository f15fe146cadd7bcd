// Quotas of users in Redis: judged on the owner's slot, acted by in the rooms; what a step that was not done leaves behind,
// and what is taken back.
import { expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import { ROOM_BYTES, type Granted, type Owned, type QuotaOptions } from '../../src/store/quota/quota-store.ts';
import { recordOwned } from '../../src/store/quota/quota-scripts.ts';
import { isHeld } from '../../src/store/message/message-store.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { useScope } from '../support/scope.ts';
import { add, changeOwner, take } from './access-actions.ts';
import { idsOf, join, post, room } from './room-actions.ts';
import { frame, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();

const owned = (roomName: string, life = `life of ${roomName}`.padEnd(16, '.').slice(0, 16)): Owned => ({
  owner: 'owner',
  roomName,
  life,
});

/** Does what creating a room does: reserves, then creates. */
async function create(store: Store, roomName = room, names = 0): Promise<Granted> {
  const granted = await store.quotas.grant(owned(roomName), { creating: true, names, bytes: ROOM_BYTES });
  if (granted.short !== undefined) return granted;
  const reserved = { life: owned(roomName).life, grant: granted.grant };
  expect(await store.rooms.create(roomName, roomOptions('owner', { reserved }))).toBe('ok');
  return granted;
}

const noteOf = async (store: Store, { roomName, life, owner }: Owned): Promise<number[] | undefined> => {
  const note = await store.client.hget(store.keys.user(owner).owned, `${roomName}:${life}`);
  return note?.split(' ').slice(0, 2).map(Number);
};
/** Names and bytes of all rooms together. */
const sumsOf = async (store: Store, owner = 'owner'): Promise<number[] | undefined> => {
  const sums = await store.client.hget(store.keys.user(owner).owned, ':');
  return sums?.split(' ').slice(0, 2).map(Number);
};

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function quotaSuite(open: OpenStore): void {
  const start = (quotas: Partial<QuotaOptions>): Promise<Store> =>
    open(scope, { quotas: { youngMs: -60_000, pauseMs: 0, ...quotas } });
  rooms(start);
  names(start);
  bytes(start);
  bytesThatHaveGone(start);
  bytesOfLists(start);
  notes(start);
  repair(start);
}

type Start = (quotas: Partial<QuotaOptions>) => Promise<Store>;

function rooms(start: Start): void {
  test('rooms: as many as may be owned, and one more when one is given back', async () => {
    const store = await start({ rooms: 2 });
    for (const name of ['a', 'b']) expect(await create(store, name)).toMatchObject({ short: undefined });
    expect(await create(store, 'c')).toMatchObject({ short: 'rooms' });
    // Asked again for one that is noted, as after an answer that was lost.
    expect(await store.quotas.grant(owned('b'), { creating: true, bytes: ROOM_BYTES })).toMatchObject({
      short: undefined,
    });
    expect(await store.quotas.grant(owned('c'), { creating: true, forced: true })).toMatchObject({ short: undefined });
    await store.quotas.release(owned('c'));
    await store.rooms.delete('a', rightsOf('owner'), 'n1', frame('deleted'));
    for (let i = 0; i < 2; i++) await store.quotas.release(owned('a'));
    expect(await create(store, 'c')).toMatchObject({ short: undefined });
    expect(await sumsOf(store)).toEqual([0, 2 * ROOM_BYTES]);
    for (const name of ['b', 'c']) {
      await store.rooms.delete(name, rightsOf('owner'), 'n1', frame('deleted'));
      await store.quotas.release(owned(name));
    }
    expect(await store.client.exists(store.keys.user('owner').owned)).toBe(0);
  });

  test('without limits all is granted', async () => {
    const store = await start({});
    for (let i = 0; i < 5; i++) expect(await create(store, `room ${i}`, 1e6)).toMatchObject({ short: undefined });
    const wanted = { bytes: 1e12, bytesAsked: 2e12 };
    expect(await store.quotas.grant(owned('room 0'), wanted)).toMatchObject({ grant: { names: 1e6, bytes: 2e12 } });
  });
}

function names(start: Start): void {
  test('names: an edit that needs more than was granted does nothing and says so, for the owner and for admins', async () => {
    const store = await start({ listNames: 5 });
    await create(store);
    const { owner, life } = owned(room);
    expect(await add(store, 'owner', 'whitelist', 'ann', 'bob')).toEqual({ owner, life, names: 2 });
    expect(await store.access.readList(room, SERVICE, 'whitelist', { cursor: '', limit: 9 })).toMatchObject({
      count: 0,
    });
    const granted = await store.quotas.grant(owned(room), { names: 2, namesAsked: 100 });
    expect(granted).toMatchObject({ short: undefined, grant: { names: 5 } });
    expect(await store.quotas.write(owned(room), granted.grant)).toBe(true);
    expect(await add(store, 'owner', 'whitelist', 'ann', 'bob')).toHaveProperty('at');
    expect(await add(store, 'owner', 'adminlist', 'ann')).toHaveProperty('at');
    expect(await add(store, 'ann', 'blacklist', 'eve', 'bob', 'carol')).toEqual({ owner, life, names: 6 });
    expect(await add(store, 'ann', 'blacklist', 'eve', 'eve')).toHaveProperty('at');
    // Names that are there already need nothing.
    expect(await add(store, 'owner', 'blacklist', 'eve')).toHaveProperty('at');
    expect(await store.quotas.grant(owned(room), { names: 6 })).toMatchObject({ short: 'listNames' });
    // The service adds anyway, and it counts for who comes later.
    expect(await add(store, SERVICE, 'blacklist', 'x', 'y', 'z')).toHaveProperty('at');
    expect(await add(store, 'owner', 'blacklist', 'w')).toMatchObject({ names: 8 });
    expect(await take(store, 'owner', 'blacklist', 'x', 'y', 'z', 'eve')).toHaveProperty('at');
    expect(await add(store, 'owner', 'blacklist', 'v', 'w')).toHaveProperty('at');
  });

  test('names: one quota for all rooms of a user; what a room does not use is taken back', async () => {
    const store = await start({ listNames: 10 });
    for (const name of [room, 'other']) await create(store, name);
    const granted = await store.quotas.grant(owned(room), { names: 3, namesAsked: 100 });
    await store.quotas.write(owned(room), granted.grant);
    await add(store, 'owner', 'whitelist', 'ann', 'bob', 'carol');
    const refused = await store.quotas.grant(owned('other'), { names: 7 });
    expect(refused).toEqual({ short: 'listNames', grant: { names: 0, bytes: ROOM_BYTES }, lookFrom: '0' });
    expect(await store.quotas.look('owner', '0')).toBe(true);
    expect(await noteOf(store, owned(room))).toEqual([3, ROOM_BYTES]);
    expect(await store.quotas.grant(owned('other'), { names: 7 })).toMatchObject({ short: undefined });
    expect(await store.quotas.grant(owned('other'), { names: 8 })).toMatchObject({ short: 'listNames' });
    expect(await add(store, 'owner', 'whitelist', 'dora')).toMatchObject({ names: 4 });
  });
}

function bytes(start: Start): void {
  test('bytes: a room that grows asks for more before it is short of it; refused, its history gives way', async () => {
    const store = await start({ bytes: 3 * ROOM_BYTES, pauseMs: 600_000 });
    await create(store);
    await join(store, 'alice');
    const prefix = 'x'.repeat(1000);
    const read = async (): Promise<number[]> => {
      const ids = idsOf(await store.histories.read(room, rightsOf('alice'), 0, 1000));
      return typeof ids === 'string' ? [] : ids;
    };
    const postUntilWish = async (): Promise<{ id: number; needed: number }> => {
      for (;;) {
        const posted = await post(store, 'alice', { prefix });
        if (typeof posted === 'string' || isHeld(posted)) throw new Error('refused');
        if (posted.wish !== undefined) return { id: posted.id ?? 0, needed: posted.wish.needed };
      }
    };
    const first = await postUntilWish();
    // Nobody has asked yet: nothing is lost.
    for (let i = 0; i < 30; i++) await post(store, 'alice', { prefix });
    expect(await read()).toHaveLength(first.id + 30);
    const { needed } = await postUntilWish();
    const granted = await store.quotas.grant(owned(room), { bytes: needed, bytesAsked: 1e9 });
    expect(granted).toMatchObject({ short: 'bytes', grant: { bytes: 3 * ROOM_BYTES } });
    expect(await store.quotas.write(owned(room), granted.grant, 'refused')).toBe(true);
    let last = 0;
    for (let i = 0; i < 100; i++) {
      const posted = await post(store, 'alice', { prefix });
      expect(posted).toMatchObject({ wish: undefined });
      last = Number(Object(posted).id);
    }
    const kept = await read();
    expect(kept.at(-1)).toBe(last);
    expect(kept.length * 1000).toBeLessThanOrEqual(3 * ROOM_BYTES);
    expect(kept.length * 1000).toBeGreaterThan(1.5 * ROOM_BYTES);
    expect(await store.rooms.readInfo(room, rightsOf('alice'))).toMatchObject({ oldestId: kept[0], lastId: last });
    expect(await create(store, 'further')).toMatchObject({ short: 'bytes' });
    const since = { epoch: owned(room).life, id: (kept[0] ?? 0) - 2, timestamp: undefined };
    const bob = { roomName: room, userName: 'bob', socketId: 's', nodeId: 'n1' };
    expect(await store.memberships.join(bob, frame('joined'), { since })).toMatchObject({
      recovered: false,
      missed: [],
    });
    const near = { ...since, id: (kept[0] ?? 0) - 1 };
    expect(await store.memberships.join(bob, frame('joined'), { since: near })).toMatchObject({ recovered: true });
  });
}

function bytesOfLists(start: Start): void {
  test('bytes: a long list edit counts, and what was trimmed can be given to another room', async () => {
    const store = await start({ bytes: 4 * ROOM_BYTES });
    await create(store);
    const granted = await store.quotas.grant(owned(room), { names: 400, bytesAsked: 1e9 });
    expect(granted.grant).toEqual({ names: 400, bytes: 4 * ROOM_BYTES });
    await store.quotas.write(owned(room), granted.grant);
    expect(await create(store, 'other')).toMatchObject({ short: 'bytes' });
    expect(await store.quotas.look('owner', '0')).toBe(true);
    expect(await noteOf(store, owned(room))).toEqual([0, ROOM_BYTES]);
    expect(await create(store, 'other')).toMatchObject({ short: undefined });
    const long = Array.from({ length: 400 }, (_, i) => `${i}`.padStart(100, '.'));
    await store.quotas.write(owned(room), (await store.quotas.grant(owned(room), { names: 400 })).grant);
    const edited = await add(store, 'owner', 'whitelist', ...long);
    expect(edited).toMatchObject({ wish: { needed: expect.any(Number) } });
    expect(Number(Object(edited).wish.needed)).toBeGreaterThan(40_000);
  });
}

function bytesThatHaveGone(start: Start): void {
  test('bytes: what has gone by its age can be given to another room', async () => {
    const store = await start({ bytes: 4 * ROOM_BYTES });
    await create(store);
    const { grant } = await store.quotas.grant(owned(room), { bytesAsked: 1e9 });
    await store.quotas.write(owned(room), grant);
    await join(store, 'alice');
    for (let i = 0; i < 40; i++) await post(store, 'alice', { prefix: 'x'.repeat(1000) });
    expect(await store.quotas.look('owner', '0')).toBe(true);
    const [, bytes = 0] = (await noteOf(store, owned(room))) ?? [];
    expect(bytes).toBeGreaterThan(2 * ROOM_BYTES);
    await store.client.del(store.keys.room(room).history);
    expect(await store.quotas.look('owner', '0')).toBe(true);
    expect(await noteOf(store, owned(room))).toEqual([0, ROOM_BYTES]);
  });
}

function notes(start: Start): void {
  test('a note that is another one by now stays as it is', async () => {
    const store = await start({ rooms: 1 });
    await create(store);
    const { owned: key } = store.keys.user('owner');
    const notes = await store.client.hgetall(key);
    const [field = ''] = Object.keys(notes).filter((name) => name !== ':');
    const args = { room: field, seen: 'another', names: '', bytes: '', next: '' };
    expect(await store.commands.run(recordOwned, { owned: key }, args)).toBe('changed');
    expect(await store.client.hgetall(key)).toEqual(notes);
  });
}

function repair(start: Start): void {
  test('a note of a room that never was, is another by now, or is somebody else’s, locks nobody out', async () => {
    const store = await start({ rooms: 4 });
    for (const name of ['kept', 'given']) await create(store, name);
    // Died between reserving and creating.
    await store.quotas.grant(owned('never made'), { creating: true, bytes: ROOM_BYTES });
    // Died between deleting and giving back; somebody has made another one of that name.
    await store.quotas.grant(owned('again', 'the life before.'), { creating: true, bytes: ROOM_BYTES });
    await store.rooms.create('again', roomOptions('other'));
    await store.access.changeOwner('given', 'bob', { addedPrefix: Buffer.alloc(0), leftPrefix: Buffer.alloc(0) });
    expect(await create(store, 'one more')).toMatchObject({ short: 'rooms', lookFrom: '0' });
    expect(await store.quotas.look('owner', '0')).toBe(true);
    expect(await create(store, 'one more')).toMatchObject({ short: undefined });
    expect(await sumsOf(store)).toEqual([0, 2 * ROOM_BYTES]);
    expect(await noteOf(store, owned('kept'))).toEqual([0, ROOM_BYTES]);
  });

  test('what may be about to be done is left alone, and a user’s rooms are not compared all the time', async () => {
    const store = await start({ rooms: 1, youngMs: 600_000, pauseMs: 600_000 });
    await store.quotas.grant(owned('under way'), { creating: true, bytes: ROOM_BYTES });
    expect(await create(store, 'other')).toMatchObject({ short: 'rooms', lookFrom: '0' });
    expect(await store.quotas.look('owner', '0')).toBe(false);
    expect(await noteOf(store, owned('under way'))).toEqual([0, ROOM_BYTES]);
    expect(await create(store, 'other')).toMatchObject({ short: 'rooms', lookFrom: undefined });
  });

  test('a room that was granted more while it was looked at keeps it', async () => {
    const store = await start({ listNames: 50 });
    await create(store);
    const more = await store.quotas.grant(owned(room), { names: 20 });
    await store.quotas.look('owner', '0');
    // The note follows the room, which does not know yet. Written now, the room has it, and asks the more for others.
    expect(await store.quotas.write(owned(room), more.grant)).toBe(true);
    expect(await store.quotas.grant(owned(room), { names: 20 })).toMatchObject({ grant: { names: 20 } });
    expect(await noteOf(store, owned(room))).toEqual([20, ROOM_BYTES]);
  });

  test('a change of owner takes what the room has over to the new one', async () => {
    const store = await start({ listNames: 5, rooms: 1 });
    await create(store);
    await store.quotas.write(owned(room), (await store.quotas.grant(owned(room), { names: 5 })).grant);
    await add(store, 'owner', 'whitelist', 'ann', 'bob');
    const changed = await changeOwner(store, 'bob');
    expect(changed).toMatchObject({ before: 'owner', takes: { names: 2 } });
    // As granted to the one before, and late.
    expect(await store.quotas.write(owned(room), { names: 99, bytes: 99 })).toBe(false);
    const ofBob = { ...owned(room), owner: 'bob' };
    expect(await add(store, 'bob', 'whitelist', 'carol')).toEqual({ owner: 'bob', life: ofBob.life, names: 3 });
    const granted = await store.quotas.grant(ofBob, { names: 3 });
    expect(granted).toMatchObject({ short: undefined });
    await store.quotas.write(ofBob, granted.grant);
    expect(await add(store, 'bob', 'whitelist', 'carol')).toHaveProperty('at');
    // Nobody's: there is no quota.
    await changeOwner(store, '');
    expect(await add(store, 'ann', 'whitelist', 'dora')).toBe('notAllowed');
    expect(await store.logOf('n1').readPosition(roomTopic(room))).toMatchObject({ epoch: owned(room).life });
  });
}
