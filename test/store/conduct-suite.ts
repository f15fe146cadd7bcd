// Who may post in a room, and how often: silenced users, slow mode, writers, the end of a room, and what the room is told of that.
import { expect, test } from '@jest/globals';
import { roomTopic } from '../../src/redis/keys.ts';
import { newEpoch } from '../../src/redis/tokens.ts';
import { SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { add, changeOwner, outBy, setMode, told } from './access-actions.ts';
import { change, redisNow, setSlowMode, silence, silencedIn, unsilence } from './conduct-actions.ts';
import { expectChain, join, leave, post, room, starter, type Start } from './room-actions.ts';
import { frame, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const LATE = 8_000_000_000_000;
const done = (id: number | undefined, repeated = false): object => expect.objectContaining({ id, repeated });

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function conductSuite(open: OpenStore): void {
  const start = starter(open, scope);
  packed(start);
  silencing(start);
  rights(start);
  ends(start);
  limits(start);
  quota(open);
  pages(start);
  slowMode(start);
  manyPaced(start);
  pausing(start);
  writers(start);
  staged(start);
  leftovers(start);
}

function packed(start: Start): void {
  test('an ordinary room has nothing of it, and one that had something is ordinary when that is taken back', async () => {
    const store = await start();
    const { meta } = store.keys.room(room);
    expect(await change(store, '')).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await store.client.hexists(meta, 'conduct')).toBe(0);
    const endsAt = 1_767_225_600_123;
    expect(await change(store, `c.kind, c.endsAt = 2, ${endsAt}`)).toEqual([0, 0, 0, 2, 0, endsAt]);
    expect(await change(store, 'c.writers, c.slowMs = 1, 86400000')).toEqual([1, 0, 0, 2, 86_400_000, endsAt]);
    expect(await change(store, 'c.hasSilenced, c.tellsMembers = 1, 1')).toEqual([1, 1, 1, 2, 86_400_000, endsAt]);
    for (const field of ['writers', 'hasSilenced', 'tellsMembers', 'kind', 'slowMs', 'endsAt']) {
      expect(await store.client.hexists(meta, 'conduct')).toBe(1);
      await change(store, `c.${field} = 0`);
    }
    expect(await store.client.hexists(meta, 'conduct')).toBe(0);
  });
}

function silencing(start: Start): void {
  test('who is silenced posts nothing, until it may again; it is told in the order of the log', async () => {
    const store = await start();
    for (const user of ['alice', 'bob']) await join(store, user);
    const events = await store.listen(roomTopic(room));
    expect(await silence(store, 'owner', ['bob', 'carl', 'bob'])).toEqual({ seq: 3, wish: undefined });
    for (const transient of [false, true]) {
      expect(await post(store, 'bob', { transient })).toEqual({ reason: 'silenced', until: undefined });
    }
    expect(await post(store, 'alice')).toEqual(done(1));
    // Not there, it may not post for that.
    expect(await post(store, 'carl')).toBe('notJoined');
    expect(await post(store, SERVICE)).toEqual(done(2));
    expect(await silence(store, 'owner', ['bob'], LATE)).toMatchObject({ seq: 6 });
    expect(await post(store, 'bob')).toEqual({ reason: 'silenced', until: LATE });
    expect(await silencedIn(store)).toEqual({ bob: LATE, carl: undefined });
    expect(await unsilence(store, 'owner', ['bob', 'zoe'])).toEqual({ seq: 7 });
    expect(await unsilence(store, 'owner', ['bob', 'zoe'])).toEqual({ seq: undefined });
    expect(await unsilence(store, 'owner', [])).toEqual({ seq: undefined });
    expect(await silence(store, 'owner', [])).toMatchObject({ seq: 7 });
    expect(await post(store, 'bob')).toEqual(done(3));
    await eventually(() => expect(events).toHaveLength(6));
    expect(told(events).flatMap(([kind, , text]) => (kind === 'notice' ? [text] : []))).toEqual([
      '<silence bob,carl,bob>',
      '<silence bob>',
      '<unsilence bob,zoe>',
    ]);
    expectChain(events);
  });

  test('posts of one batch are judged by what holds for it, each by itself', async () => {
    const store = await start();
    for (const user of ['alice', 'bob']) await join(store, user);
    await silence(store, 'owner', ['bob'], LATE);
    const posts = [
      post(store, 'bob'),
      post(store, 'alice'),
      post(store, 'bob', { transient: true }),
      post(store, 'eve'),
    ];
    const silenced = { reason: 'silenced', until: LATE };
    expect(await Promise.all(posts)).toEqual([silenced, done(1), silenced, 'notJoined']);
  });
}

function rights(start: Start): void {
  test('is for the owner and admins, of admins for the owner, and of the owner for nobody', async () => {
    const store = await start();
    await outBy(add(store, 'owner', 'adminlist', 'adam', 'ada'));
    for (const user of ['owner', 'adam', 'bob']) await join(store, user);
    for (const act of [silence, unsilence]) {
      expect(await act(store, 'bob', ['zoe'])).toBe('notAllowed');
      for (const names of [['ada'], ['zoe', 'adam'], ['owner']]) {
        expect(await act(store, 'adam', names)).toBe('notAllowed');
      }
      expect(await act(store, 'adam', ['zoe'], undefined, true)).toBe('invalidName');
      expect(await act(store, 'bob', ['zoe'], undefined, true)).toBe('notAllowed');
    }
    expect(await silence(store, 'adam', ['bob'])).toMatchObject({ seq: expect.any(Number) });
    for (const by of ['owner', SERVICE]) {
      expect(await silence(store, by, ['bob', 'owner'])).toBe('ofOwner');
      expect(await silence(store, by, ['adam'])).toMatchObject({ seq: expect.any(Number) });
    }
    expect(await post(store, 'adam')).toMatchObject({ reason: 'silenced' });
    expect(await unsilence(store, 'adam', ['adam'])).toBe('notAllowed');
    expect(await unsilence(store, SERVICE, ['adam'])).toMatchObject({ seq: expect.any(Number) });
    expect(await post(store, 'adam')).toEqual(done(1));
    // Whoever is made the owner posts, as long as it is.
    await changeOwner(store, 'bob');
    expect(await post(store, 'bob')).toEqual(done(2));
    await changeOwner(store, 'owner');
    expect(await post(store, 'bob')).toMatchObject({ reason: 'silenced' });
    for (const act of [silence, unsilence]) {
      expect(await act(store, SERVICE, ['bob'], undefined, false, 'nowhere')).toBe('noRoom');
    }
    const read = (by: string): Promise<unknown> => silencedIn(store, by);
    expect(await read('eve')).toBe('notJoined');
    for (const by of ['owner', 'adam', 'bob']) expect(await read(by)).toEqual({ bob: undefined });
    expect(await silencedIn(store, SERVICE, 'nowhere')).toBe('noRoom');
  });
}

function ends(start: Start): void {
  test('ends by itself, and is not given then; a time that is past ends it at once', async () => {
    const store = await start();
    const { meta, silenced } = store.keys.room(room);
    await join(store, 'bob');
    await silence(store, 'owner', ['bob'], (await redisNow(store)) + 150);
    await eventually(async () => expect(await post(store, 'bob')).toEqual(done(1)));
    await silence(store, 'owner', ['bob', 'carl'], LATE);
    await silence(store, 'owner', ['zoe']);
    await pass(store, 'bob');
    expect(await post(store, 'bob')).toEqual(done(2));
    expect(await store.client.zcard(silenced)).toBe(3);
    expect(await silencedIn(store)).toEqual({ carl: LATE, zoe: undefined });
    expect(await store.client.zcard(silenced)).toBe(2);
    expect(await silence(store, 'owner', ['zoe', 'carl'], 1000)).toMatchObject({ seq: expect.any(Number) });
    expect(await store.client.hexists(meta, 'conduct')).toBe(0);
    // Nobody is told that who may post may post again.
    await silence(store, 'owner', ['bob'], LATE);
    await pass(store, 'bob');
    expect(await unsilence(store, 'owner', ['bob'])).toEqual({ seq: undefined });
    expect(await store.client.hexists(meta, 'conduct')).toBe(0);
  });
}

/** The time of a silence is over now. */
const pass = async (store: Store, userName: string): Promise<unknown> =>
  store.client.zadd(store.keys.room(room).silenced, await redisNow(store), userName);

function limits(start: Start): void {
  test('holds as many as a list, without those whose time is over', async () => {
    const store = await start({ listSizeLimit: 3 });
    await silence(store, 'owner', ['a', 'b'], LATE);
    expect(await silence(store, 'owner', ['a', 'c', 'c'])).toMatchObject({ seq: 2 });
    expect(await silence(store, 'owner', ['d'])).toBe('listLimitExceeded');
    await pass(store, 'b');
    expect(await silence(store, 'owner', ['d', 'e'])).toBe('listLimitExceeded');
    expect(await silence(store, 'owner', ['c', 'd'])).toMatchObject({ seq: 3 });
    expect(await silence(store, SERVICE, ['e'])).toBe('listLimitExceeded');
  });
}

function quota(open: OpenStore): void {
  test('is of the names that the room was granted, together with its lists', async () => {
    const store = await open(scope, { quotas: {} });
    const grant = { names: 3, bytes: 1 };
    await store.rooms.create(room, roomOptions('owner', { reserved: { life: newEpoch(), grant } }));
    await outBy(add(store, 'owner', 'whitelist', 'ann'));
    expect(await silence(store, 'owner', ['a', 'b'])).toMatchObject({ seq: 2 });
    expect(await silence(store, 'owner', ['a', 'c'])).toMatchObject({ owner: 'owner', names: 4 });
    expect(await silencedIn(store)).toEqual({ a: undefined, b: undefined });
    expect(await add(store, 'owner', 'whitelist', 'bea')).toMatchObject({ names: 4 });
    expect(await silence(store, 'owner', ['a'], LATE)).toMatchObject({ seq: 3 });
    // The service may go beyond. So long a notice is near to what the room was granted of bytes.
    const long = Buffer.from('x'.repeat(2000));
    const edit = { names: ['c'], badName: false, frame: long };
    expect(await store.conducts.silence(room, SERVICE, edit, undefined)).toMatchObject({ wish: { owner: 'owner' } });
  });
}

function pages(start: Start): void {
  test('are read in pages of bounded length', async () => {
    const store = await start();
    const names = Array.from({ length: 1000 }, (_, i) => `name-${i}`);
    for (let at = 0; at < names.length; at += 500) await silence(store, 'owner', names.slice(at, at + 500));
    const found: string[] = [];
    let count = 0;
    for (let cursor: string | undefined = ''; cursor !== undefined; count++) {
      const page = await store.conducts.readSilenced(room, SERVICE, { cursor, limit: 200 });
      if (typeof page === 'string') throw new Error(page);
      expect(page.silenced.length).toBeLessThan(400);
      found.push(...page.silenced.map(({ userName }) => userName));
      cursor = page.next;
    }
    expect(count).toBeGreaterThan(2);
    expect([...new Set(found)].toSorted()).toEqual(names.toSorted());
  });
}

function slowMode(start: Start): void {
  test('in slow mode each waits between two stored messages, but for the owner, admins and the service', async () => {
    const store = await start();
    await outBy(add(store, 'owner', 'adminlist', 'adam'));
    for (const user of ['owner', 'adam', 'bob', 'carl']) await join(store, user);
    expect(await setSlowMode(store, 'bob', 1000)).toBe('notAllowed');
    expect(await setSlowMode(store, SERVICE, 1000, 'nowhere')).toBe('noRoom');
    const hour = 3_600_000;
    expect(await setSlowMode(store, 'adam', hour)).toBe(6);
    expect(await post(store, 'bob', { clientMessageId: 'one' })).toEqual(done(1));
    const refused = await post(store, 'bob', { clientMessageId: 'two' });
    expect(refused).toEqual({ reason: 'tooSoon', waitMs: expect.any(Number) });
    expect(Object(refused).waitMs).toBeLessThanOrEqual(hour);
    expect(Object(refused).waitMs).toBeGreaterThan(hour - 120_000);
    // What is repeated is there already, what is transient is not stored, and whoever posts for the first time does not wait.
    expect(await post(store, 'bob', { clientMessageId: 'one' })).toEqual(done(1, true));
    expect(await post(store, 'bob', { transient: true })).toEqual(done(undefined));
    expect(await post(store, 'bob', { prefix: '' })).toBe('messageTooLarge');
    expect(await post(store, 'carl')).toEqual(done(2));
    let id = 2;
    for (const by of ['owner', 'adam', SERVICE]) {
      for (const _ of [1, 2]) expect(await post(store, by)).toEqual(done(++id));
    }
    // The refused one was not noted as there.
    expect(await setSlowMode(store, 'owner', 0)).toEqual(expect.any(Number));
    expect(await post(store, 'bob', { clientMessageId: 'two' })).toEqual(done(++id));
    expect(await store.client.exists(store.keys.room(room).paced)).toBe(0);
    expect(await store.client.hexists(store.keys.room(room).meta, 'conduct')).toBe(0);
  });
}

function manyPaced(start: Start): void {
  test('of those who wait in slow mode a bounded number is known, the latest', async () => {
    const store = await start();
    const { paced } = store.keys.room(room);
    await join(store, 'bob');
    await setSlowMode(store, 'owner', 3_600_000);
    const now = await redisNow(store);
    const most = 100_000;
    for (let from = 0; from < most; from += 10_000) {
      const page = Array.from({ length: 10_000 }, (_, i) => [now - most + from + i, `user-${from + i}`]);
      await store.client.zadd(paced, ...page.flat());
    }
    expect(await post(store, 'bob')).toEqual(done(1));
    expect(await store.client.zcard(paced)).toBe(most);
    expect(await store.client.zrange(paced, '0', '0')).toEqual(['user-1']);
    expect(await post(store, 'bob')).toMatchObject({ reason: 'tooSoon' });
  });
}

function pausing(start: Start): void {
  test('a refusal does not begin the pause anew, and who has waited is known no more', async () => {
    const store = await start();
    const { paced } = store.keys.room(room);
    for (const user of ['bob', 'carl']) await join(store, user);
    const hour = 3_600_000;
    await setSlowMode(store, 'owner', hour);
    const [first, second, other] = await Promise.all([post(store, 'bob'), post(store, 'bob'), post(store, 'carl')]);
    expect([first, second, other]).toEqual([done(1), expect.objectContaining({ reason: 'tooSoon' }), done(2)]);
    await setSlowMode(store, 'owner', 3000);
    await eventually(async () => expect(await post(store, 'bob')).toEqual(done(3)));
    expect(await store.client.zrange(paced, '0', '-1')).toEqual(['bob']);
    // A time that is to come was noted before the clock was set back.
    await setSlowMode(store, 'owner', hour);
    await store.client.zadd(paced, (await redisNow(store)) + 5000, 'bob');
    await store.client.persist(paced);
    expect(await post(store, 'bob')).toEqual(done(4));
    expect(await post(store, 'bob')).toMatchObject({ reason: 'tooSoon' });
    // Where nobody posts any more nothing is left of it.
    expect(await store.client.pttl(paced)).toBeGreaterThan(hour - 120_000);
    await setSlowMode(store, 'owner', 20);
    await eventually(async () => expect(await post(store, 'bob')).toEqual(done(5)));
    await eventually(async () => expect(await store.client.exists(paced)).toBe(0));
  });
}

function writers(start: Start): void {
  test('a room may be for the posts of admins or of the owner, and has an end, in this order with what else is judged', async () => {
    const store = await start();
    await outBy(add(store, 'owner', 'adminlist', 'adam'));
    for (const user of ['owner', 'adam', 'bob']) await join(store, user);
    await change(store, 'c.writers = 1');
    await silence(store, 'owner', ['bob']);
    expect(await post(store, 'bob')).toBe('onlyAdmins');
    expect(await post(store, 'bob', { transient: true })).toBe('onlyAdmins');
    expect(await post(store, 'adam')).toEqual(done(1));
    await change(store, 'c.writers = 2');
    for (const user of ['adam', 'bob']) expect(await post(store, user)).toBe('onlyOwner');
    expect(await post(store, 'owner')).toEqual(done(2));
    expect(await post(store, SERVICE)).toEqual(done(3));
    await change(store, `c.endsAt = ${(await redisNow(store)) + 60_000}`);
    expect(await post(store, 'owner')).toEqual(done(4));
    await change(store, `c.endsAt = ${(await redisNow(store)) - 1}`);
    for (const user of ['owner', 'adam', 'bob']) expect(await post(store, user)).toBe('roomExpired');
    expect(await post(store, 'eve')).toBe('notJoined');
    await leave(store, 'bob');
    expect(await post(store, 'bob')).toBe('notJoined');
  });
}

function staged(start: Start): void {
  test('while a staged eviction is under way members post, and who was banned for a time that is over', async () => {
    const store = await start({ largeSize: 1 });
    const { roster, blacklist, bans } = store.keys.room(room);
    const users = ['owner', 'bob', 'mia', 'max', 'wes'];
    for (const user of users) await join(store, user);
    await outBy(add(store, 'owner', 'whitelist', 'wes'));
    await outBy(setMode(store, 'owner', true));
    const now = await redisNow(store);
    for (const user of ['mia', 'max']) await store.client.zadd(roster, 0, user);
    await store.client.sadd(blacklist, 'max', 'wes');
    await store.client.zadd(bans, now - 1, 'wes');
    await store.client.zadd(bans, now + 3_600_000, 'max');
    const outcomes = await Promise.all(users.map((user) => post(store, user)));
    expect(outcomes).toEqual([done(1), 'notJoined', done(2), 'notJoined', done(3)]);
  });
}

function leftovers(start: Start): void {
  test('goes with the room', async () => {
    const store = await start();
    await join(store, 'bob');
    await setSlowMode(store, 'owner', 1000);
    await silence(store, 'owner', ['carl']);
    await post(store, 'bob');
    await store.rooms.delete(room, SERVICE, 'n1', frame('gone'));
    const kept = Object.keys(await store.ttls()).filter((key) => /silenced|paced|meta/.test(key));
    expect(kept).toEqual([]);
    await store.rooms.create(room, roomOptions('owner'));
    expect(await silencedIn(store)).toEqual({});
  });
}
