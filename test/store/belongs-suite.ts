// What a user's own slot knows of the rooms that it belongs to: each change is told once and in order, whatever comes late or again, and
// whoever tells it; and it lives and goes with the user.
import { expect, test } from '@jest/globals';
import { userTopic } from '../../src/redis/keys.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import type { MemberChange } from '../../src/store/member/due.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import {
  addAll,
  addJudged,
  addUser,
  candidates,
  made,
  memberEdit,
  membersOf,
  removeAll,
  signsOf,
  tell,
} from './member-actions.ts';
import { changeOwner } from './access-actions.ts';
import { room, starter, type Start } from './room-actions.ts';
import { frame, frameText, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const change = (what: MemberChange['what'], at: number, more: Partial<MemberChange> = {}): MemberChange => ({
  what,
  at,
  seq: 1,
  life: 'first',
  by: 'owner',
  exceptSocket: undefined,
  ...more,
});
const untold = async (store: Store, nodeId = 'n1'): Promise<string[]> => {
  const found: string[] = [];
  for await (const page of store.dues.untold(room, nodeId)) found.push(...signsOf(page));
  return found.toSorted();
};

/** A user, and what its sockets and its inbox are told from now on. */
async function user(open: OpenStore): Promise<{
  store: Store;
  heard: () => string[];
  hear: (...changes: MemberChange[]) => Promise<void>;
}> {
  const store = await open(scope);
  await addUser(store, 'ann');
  const events = await store.listen(userTopic('ann'));
  return {
    store,
    heard: () => events.map((event) => `${event.subject} ${frameText(event)}`.trim()),
    hear: async (...changes) => void (await tell(store, { userName: 'ann', changes })),
  };
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function belongsSuite(open: OpenStore): void {
  const start = starter(open, scope);
  telling(open);
  reminding(open, start);
  forgetting(open);
  living(open);
  notes(start);
  owning(start);
  anonymous(start);
}

function owning(start: Start): void {
  test('becomes a member as the owner with the first member, where it was judged and nothing speaks against it', async () => {
    const store = await start();
    const added = await store.members.add(room, rightsOf('owner'), memberEdit('owner'), candidates(['ann']));
    expect(added).toEqual({ unjudged: 'owner' });
    expect(await membersOf(store)).toEqual({});
    // Another one was judged: this one owns it since.
    const other = { userName: 'bob', against: undefined };
    expect(await store.members.add(room, SERVICE, memberEdit(SERVICE), candidates(['ann']), other)).toEqual(added);
    const without = await made(addJudged(store, 'owner', {}, candidates(['ann']), 'tooManyRooms'));
    expect([without.words, signsOf(without.due)]).toEqual([['done'], ['+ann']]);
    expect(await membersOf(store)).toEqual({ ann: 'member' });
    expect(signsOf((await made(addAll(store, 'owner', 'bob'))).due)).toEqual(['+bob', '+owner']);
    expect(await changeOwner(store, 'cid', 'tooManyRooms')).toMatchObject({ before: 'owner', due: [] });
    expect(await membersOf(store)).toEqual({ ann: 'member', bob: 'member', owner: 'member' });
  });

  test('becomes no member where the members are fixed', async () => {
    const store = await start();
    await made(addAll(store, 'owner', 'ann'));
    await store.client.hset(store.keys.room(room).meta, 'kind', 'temporary');
    expect(await changeOwner(store, 'bob')).toMatchObject({ before: 'owner', due: [] });
    expect(await membersOf(store)).toEqual({ ann: 'member', owner: 'member' });
    await store.client.hdel(store.keys.room(room).meta, 'kind');
    expect(signsOf(Object(await changeOwner(store, 'bob')).due)).toEqual(['+bob']);
  });
}

function telling(open: OpenStore): void {
  test('is told of each change once, in the inbox, and the socket that asked is left out', async () => {
    const { store, heard, hear } = await user(open);
    expect(await tell(store, { userName: 'nobody', changes: [change('added', 1)] })).toBeUndefined();
    await hear(change('added', 5, { exceptSocket: 'ann-9' }));
    await hear(change('added', 5));
    expect(await store.belongs.read('ann')).toEqual(new Map([[room, 'first']]));
    await hear(change('removed', 7, { by: undefined }));
    await hear(change('removed', 7));
    expect(await store.belongs.read('ann')).toEqual(new Map());
    await eventually(() => expect(heard()).toEqual(['ann-9 <added by owner>', '<removed by the service>']));
    expect(await store.client.xlen(store.keys.user('ann').history)).toBe(2);
  });

  test('what comes late undoes nothing, and what is told together comes in order', async () => {
    const { store, heard, hear } = await user(open);
    await hear(change('added', 5), change('removed', 5, { seq: 2 }), change('added', 6));
    await hear(change('added', 5), change('removed', 5, { seq: 2 }));
    expect(await store.belongs.read('ann')).toEqual(new Map([[room, 'first']]));
    await hear(change('removed', 8));
    await hear(change('added', 6), change('removed', 7));
    expect(await store.belongs.read('ann')).toEqual(new Map());
    // Another room of the name is later than whatever was of the first.
    await hear(change('added', 9, { life: 'second' }));
    await hear(change('removed', 8), change('deleted', 8, { seq: 7 }));
    expect(await store.belongs.read('ann')).toEqual(new Map([[room, 'second']]));
    const told = ['added', 'removed', 'added', 'removed', 'added'].map((what) => `<${what} by owner>`);
    await eventually(() => expect(heard()).toEqual(told));
  });

  test('a room that is made in the ms in which one of its name was deleted is the later one, whatever is told first', async () => {
    const { store, heard, hear } = await user(open);
    const made = change('added', 6, { seq: 0, life: 'second' });
    const gone = change('deleted', 6, { seq: 9 });
    await hear(change('added', 5), gone, made);
    await hear(gone);
    expect(await store.belongs.read('ann')).toEqual(new Map([[room, 'second']]));
    await hear(change('removed', 6, { life: 'second' }), made, change('added', 7, { life: 'third' }), gone);
    expect(await store.belongs.read('ann')).toEqual(new Map([[room, 'third']]));
    const told = ['added', 'deleted', 'added', 'removed', 'added'].map((what) => `<${what} by owner>`);
    await eventually(() => expect(heard()).toEqual(told));
  });

  test('of a room that is deleted only who belongs to it hears', async () => {
    const { store, heard, hear } = await user(open);
    await hear(change('deleted', 5));
    // It was added before, and is told so late that the room is gone.
    await hear(change('added', 4));
    expect(await store.belongs.read('ann')).toEqual(new Map());
    await hear(change('added', 6, { life: 'second' }), change('deleted', 7, { life: 'second' }));
    await eventually(() => expect(heard()).toEqual(['<added by owner>', '<deleted by owner>']));
  });
}

function forgetting(open: OpenStore): void {
  test('stale rooms are forgotten, each only as what it was', async () => {
    const { store, hear } = await user(open);
    await hear(change('added', 5));
    await store.belongs.forgetStale('ann', new Map());
    await store.belongs.forgetStale(
      'ann',
      new Map([
        [room, 'another'],
        ['none', 'first'],
      ]),
    );
    expect(await store.belongs.read('ann')).toEqual(new Map([[room, 'first']]));
    await store.belongs.forgetStale('ann', new Map([[room, 'first']]));
    expect(await store.belongs.read('ann')).toEqual(new Map());
  });

  test('of a room that was found gone its deletion is told yet, once', async () => {
    const { store, heard, hear } = await user(open);
    await hear(change('added', 5));
    await store.belongs.forgetStale('ann', new Map([[room, 'first']]));
    await hear(change('added', 5));
    expect(await store.belongs.read('ann')).toEqual(new Map());
    for (let i = 0; i < 2; i++) await hear(change('deleted', 6));
    await hear(change('added', 7, { life: 'second' }));
    await store.belongs.forgetStale('ann', new Map([[room, 'second']]));
    await hear(change('deleted', 8), change('added', 9, { life: 'third' }));
    const told = ['added', 'deleted', 'added', 'added'].map((what) => `<${what} by owner>`);
    await eventually(() => expect(heard()).toEqual(told));
  });

  test('removals are known for an hour, and of a bounded number of rooms', async () => {
    const { store, hear } = await user(open);
    const { belonged } = store.keys.user('ann');
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`room ${i}`, 'life 1 1']));
    await store.client.hset(belonged, many);
    await hear(change('removed', 5));
    expect(await store.client.hlen(belonged)).toBe(1);
    expect(await store.client.pttl(belonged)).toBeGreaterThan(3_500_000);
  });
}

function living(open: OpenStore): void {
  test('keeps a user who would be forgotten; an anonymous one goes with what it belongs to; a deleted one leaves nothing', async () => {
    const { store } = await user(open);
    const left = async (name: string): Promise<number> => store.client.pttl(store.keys.user(name).meta);
    const logout = async (name: string): Promise<void> => {
      for (const socketId of (await store.users.readSockets(name)).keys()) {
        await store.users.logout(name, socketId, frame('gone'), []);
      }
    };
    await addUser(store, 'anonymous-1');
    await addUser(store, 'anonymous-2');
    await tell(store, { userName: 'anonymous-1', changes: [change('added', 5)] });
    for (const name of ['ann', 'anonymous-1', 'anonymous-2']) await logout(name);
    expect(await left('ann')).toBeGreaterThan(0);
    for (const userName of ['ann', 'anonymous-2']) await tell(store, { userName, changes: [change('added', 5)] });
    expect(await left('ann')).toBe(-1);
    for (const name of ['anonymous-1', 'anonymous-2']) {
      expect(await left(name)).toBeGreaterThan(0);
      expect(await store.client.pttl(store.keys.user(name).belongs)).toBeGreaterThan(0);
    }
    await store.contacts.setProfile('anonymous-1', new Map([['name', Buffer.of(0xa1, 0x61)]]));
    await store.directs.addToList('anonymous-1', 'blacklist', ['eve']);
    await store.directs.setWhitelistMode('anonymous-1', true);
    const { meta, profile, blacklist } = store.keys.user('anonymous-1');
    for (const key of [meta, profile, blacklist]) expect(await store.client.pttl(key)).toBeGreaterThan(0);
    await addUser(store, 'anonymous-1');
    expect(await store.client.pttl(store.keys.user('anonymous-1').belongs)).toBe(-1);
    // Who belongs to a room is not forgotten.
    await addUser(store, 'ann');
    await logout('ann');
    expect(await left('ann')).toBe(-1);
    await tell(store, { userName: 'ann', changes: [change('removed', 6)] });
    expect(await store.admin.deleteUser('ann')).toBe('ok');
    const keys = Object.keys(await store.ttls()).filter((key) => key.startsWith('{user:ann}'));
    expect(keys).toEqual(['{user:ann}:voided']);
  });
}

function notes(start: Start): void {
  test('notes are of the node that made them, keep their order, and are forgotten line by line', async () => {
    const store = await start();
    const first = await made(addAll(store, 'owner', 'ann', 'bob'));
    expect([await untold(store), await untold(store, 'n2')]).toEqual([['+ann', '+bob', '+owner'], []]);
    const second = await made(removeAll(store, 'owner', 'ann'));
    expect(signsOf(second.due)).toEqual(['+-ann']);
    // Told of the first, which it was before the second came.
    await store.dues.forget(room, first.due ?? []);
    expect(await untold(store)).toEqual(['-ann']);
    await store.dues.forget(room, second.due ?? []);
    await store.dues.forget(room, second.due ?? []);
    expect(await store.client.exists(store.keys.room(room).membersDue)).toBe(0);
  });

  test('of a user who cannot be told for long the latest changes are kept', async () => {
    const store = await start();
    for (let i = 0; i < 20; i++) {
      await made(addAll(store, 'owner', 'ann'));
      await made(removeAll(store, 'owner', 'ann'));
    }
    const [longest] = (await untold(store)).filter((signs) => signs.endsWith('ann'));
    expect(longest).toBe(`${'+-'.repeat(8)}ann`);
  });
}

function anonymous(start: Start): void {
  test('is looked for where it is anonymous, and comes off the roster as an owner too', async () => {
    const { anonymousMembers, client, keys, ...store } = await start();
    const [first, second] = [
      { roomName: room, userName: 'anonymous-1' },
      { roomName: 'a room', userName: 'anonymous-1' },
    ];
    const now = Date.now();
    const dueNow = (entry: string): Promise<unknown> => client.zadd(keys.anonymousMembers.endings, now - 50_000, entry);
    await anonymousMembers.note(second, now - 60_000);
    await anonymousMembers.note(first, now + 100_000);
    expect(await anonymousMembers.read(5)).toMatchObject({ due: [second], next: now + 100_000 });
    // It is not due: it was noted again.
    await anonymousMembers.settle(first, undefined);
    await anonymousMembers.settle(second, 1_000_000);
    expect(await anonymousMembers.read(5)).toMatchObject({ due: [], next: now + 100_000 });
    await dueNow(`${room}:anonymous-1`);
    expect(await anonymousMembers.read(5)).toMatchObject({ due: [first] });
    await anonymousMembers.settle(first, undefined);
    await anonymousMembers.settle(first, 5);
    expect(await client.zrange(keys.anonymousMembers.endings, '0', '-1')).toEqual(['a room:anonymous-1']);

    const all = { ...store, anonymousMembers, client, keys };
    expect(await anonymousMembers.whereabouts('anonymous-1')).toEqual({ is: 'gone' });
    await addUser(all, 'anonymous-1');
    expect(await anonymousMembers.whereabouts('anonymous-1')).toEqual({ is: 'there' });
    await client.pexpire(keys.user('anonymous-1').meta, 100_000);
    expect(await anonymousMembers.whereabouts('anonymous-1')).toMatchObject({ is: 'away' });

    await changeOwner(all, 'anonymous-1');
    expect(await anonymousMembers.isMember(first)).toBe(false);
    await made(addAll(all, SERVICE, 'bob'));
    expect(await anonymousMembers.isMember(first)).toBe(true);
    await store.members.erase(room, 'anonymous-1', frame('erased'));
    expect(await membersOf(all)).toEqual({ 'anonymous-1': 'owner', bob: 'member' });
    await store.members.erase(room, 'anonymous-1', frame('erased'), { owners: 'owners too' });
    expect(await membersOf(all)).toEqual({ bob: 'member' });
  });
}

function reminding(open: OpenStore, start: Start): void {
  test('is reminded of a room that a failover has taken from its slot, and only of that', async () => {
    const { store, heard, hear } = await user(open);
    await hear(change('added', 5), change('reminded', 6));
    await store.client.hdel(store.keys.user('ann').belongs, room);
    await hear(change('reminded', 7), change('reminded', 8));
    expect(await store.belongs.read('ann')).toEqual(new Map([[room, 'first']]));
    // One that was on its way when it was removed comes too late.
    await hear(change('removed', 10), change('reminded', 9));
    expect(await store.belongs.read('ann')).toEqual(new Map());
    // Another room of the name is news.
    await hear(change('added', 11), change('reminded', 12, { life: 'second' }));
    expect(await store.belongs.read('ann')).toEqual(new Map([[room, 'second']]));
    const told = ['added', 'reminded', 'removed', 'added', 'reminded'];
    await eventually(() => expect(heard()).toEqual(told.map((what) => `<${what} by owner>`)));
  });

  test('who is added again, and may not know that it is a member, is reminded of it, and not noted for that', async () => {
    const store = await start();
    const added = await made(addAll(store, 'owner', 'ann', 'bob'));
    const noted = await untold(store);
    const unsure = [{ userName: 'bob', against: undefined }, ...candidates(['ann'])];
    const early = await made(addJudged(store, 'owner', {}, unsure));
    // What it was made a member by is yet to be told.
    expect([early.words, early.due]).toEqual([['done', 'done'], []]);
    expect(await untold(store)).toEqual(noted);
    await store.dues.forget(room, added.due ?? []);
    const again = await made(addJudged(store, 'owner', {}, unsure));
    expect([again.words, signsOf(again.due)]).toEqual([['done', 'done'], ['=bob']]);
    expect(await untold(store)).toEqual([]);
  });
}
