// Rooms that people belong to, as they are made: with their members, or by a join; found where these people have one; of two kinds that
// are not like others; and when temporary ones end.
import { expect, test } from '@jest/globals';
import { membersPrefix } from '../../src/protocol/member.ts';
import { leftPrefix } from '../../src/protocol/membership.ts';
import { temporaryName } from '../../src/protocol/names/temporary.ts';
import { decodeNotification } from '../../src/protocol/wire/frame.ts';
import { newEpoch } from '../../src/redis/tokens.ts';
import { roomTopic } from '../../src/redis/keys.ts';
import type {
  ConversationMade,
  ConversationToMake,
  PersonOfRoom,
} from '../../src/store/conversation/conversation-store.ts';
import type { JoinRules } from '../../src/store/membership/membership-store.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { setMode } from './access-actions.ts';
import { join, room } from './room-actions.ts';
import { frame, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function conversationSuite(open: OpenStore): void {
  making(open);
  finding(open);
  findingMore(open);
  kinds(open);
  endings(open);
  anew(open);
  joining(open);
}

const reserved = (): { life: string; grant: { names: number; bytes: number } } => ({
  life: newEpoch(),
  grant: { names: 20, bytes: 16_384 },
});

/** What is asked for, with the people by name: nothing speaks against those who are not `unfit`. */
type Changes = Partial<Omit<ConversationToMake, 'people'>> & {
  readonly people?: readonly string[];
  readonly unfit?: Readonly<Record<string, PersonOfRoom['against']>>;
};

const wish = ({ people = ['owner', 'bob', 'carol'], unfit = {}, ...changes }: Changes = {}): ConversationToMake => ({
  owner: 'owner',
  people: people.map((userName) => ({ userName, against: unfit[userName] })),
  kind: 'normal',
  endsAt: undefined,
  invites: 'members',
  writers: 'all',
  attributes: undefined,
  unique: undefined,
  exceptSocket: 'owner-1',
  whitelistOnly: true,
  userlistUpdates: true,
  accessListsUpdates: true,
  historyMax: 1000,
  prefix: membersPrefix('roomMembersAdded', room),
  leftPrefix: leftPrefix(room),
  ...changes,
});

const make = (store: Store, changes?: Changes, roomName = room): Promise<ConversationMade> =>
  store.conversations.create(roomName, wish(changes), reserved());

const find = (store: Store, changes: Changes): Promise<ConversationMade> =>
  store.conversations.create(room, wish(changes), undefined);

const roster = (store: Store): Promise<string[]> => store.client.zrange(store.keys.room(room).roster, '0', '-1');

/** What an ordinary room has not. */
const about = async (store: Store): Promise<(string | null)[]> =>
  store.client.hmget(store.keys.room(room).meta, 'kind', 'invites', 'endsAt', 'attributes', 'attributesVersion');

function making(open: OpenStore): void {
  test('a room is made once, with its members, who may read it and are to be told by this node', async () => {
    const store = await open(scope);
    const made = await make(store);
    expect(made).toMatchObject({ created: true, added: [], at: { seq: 0 } });
    expect(await make(store, { owner: 'bob' })).toBe('roomExists');
    const due = typeof made === 'string' ? [] : made.due;
    expect(due.map(({ userName, changes }) => [userName, changes])).toEqual(
      ['owner', 'bob', 'carol'].map((name) => [
        name,
        [expect.objectContaining({ what: 'added', by: 'owner', exceptSocket: 'owner-1', seq: 0 })],
      ]),
    );
    expect(await roster(store)).toEqual(['bob', 'carol', 'owner']);
    expect(await store.client.hgetall(store.keys.room(room).marks)).toEqual({ owner: '0', bob: '0', carol: '0' });
    expect(await store.rooms.readInfo(room, rightsOf('carol'))).toMatchObject({ owner: 'owner', whitelistOnly: true });
    expect(await store.rooms.readInfo(room, rightsOf('dave'))).toBe('notJoined');
    expect(await about(store)).toEqual([null, null, null, null, null]);
  });

  test('a room has what it is made with', async () => {
    const store = await open(scope);
    const attributes = Buffer.from([0x81, 0xa1, 0x61, 0x01]);
    await make(store, { invites: 'admins', writers: 'owner', attributes, whitelistOnly: false });
    expect(await about(store)).toEqual([null, 'admins', null, attributes.toString(), '1']);
    const packed = await store.client.hgetBuffer(store.keys.room(room).meta, 'conduct');
    // The owner writes; nobody is silenced; there are members to tell.
    expect([...(packed ?? [])].slice(0, 4)).toEqual([2, 0, 1, 0]);
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ whitelistOnly: false });
  });
}

function finding(open: OpenStore): void {
  test('who has lost the room of two by a staged eviction is out before it is put back', async () => {
    const store = await open(scope, { largeSize: 1 });
    const pair = { people: ['owner', 'bob'], unique: 'pair', whitelistOnly: false } as const;
    await make(store, pair);
    for (const user of ['bob', 'zoe']) await join(store, user);
    await store.client.zrem(store.keys.room(room).roster, 'bob');
    await setMode(store, 'owner', true);
    expect(await find(store, pair)).toMatchObject({ evicted: [{ userName: 'bob' }], added: ['bob'] });
    expect(await store.client.hkeys(store.keys.room(room).occupants)).toEqual(['zoe']);
    expect(await find(store, pair)).toMatchObject({ evicted: [], added: [] });
  });

  test('two people have their room for good: who has gone from it is put back, unless banned, and told', async () => {
    const store = await open(scope);
    const pair = { people: ['owner', 'bob'], unique: 'pair' } as const;
    expect(await find(store, pair)).toBe('noRoom');
    expect(await make(store, pair)).toMatchObject({ created: true });
    expect(await make(store, pair)).toMatchObject({ created: false, due: [], added: [] });
    const events = await store.listen(roomTopic(room));
    const keys = store.keys.room(room);
    await store.client.zrem(keys.roster, 'owner', 'bob');
    await store.client.zadd(keys.roster, 0, 'carol');
    // The owner comes before the blacklist.
    await store.client.sadd(keys.blacklist, 'bob', 'owner');
    expect(await find(store, { ...pair, owner: 'bob' })).toMatchObject({ created: false, added: ['owner'] });
    await store.client.srem(keys.blacklist, 'bob');
    expect(await find(store, pair)).toMatchObject({ added: ['bob'], due: [{ userName: 'bob' }], at: { seq: 2 } });
    await eventually(() =>
      expect(events.map((event) => decodeNotification(event.frame))).toEqual([
        { name: 'roomMembersAdded', params: [room, ['owner'], 'bob'] },
        { name: 'roomMembersAdded', params: [room, ['bob'], 'owner'] },
      ]),
    );
  });

  test('nobody is put back against whom something speaks, nor beyond the members that a room may have', async () => {
    const store = await open(scope, { membersMax: 2 });
    const pair = { people: ['owner', 'bob'], unique: 'pair' } as const;
    await make(store, pair);
    const { roster: key } = store.keys.room(room);
    for (const against of ['unjudged', 'tooManyRooms'] as const) {
      await store.client.zrem(key, 'owner', 'bob');
      const found = await find(store, { ...pair, unfit: { bob: against } });
      expect(found).toMatchObject({ created: false, added: [], due: [], refused: 'bob', at: { seq: 0 } });
      expect(await roster(store)).toEqual([]);
    }
    // Against who is a member nothing is asked.
    await store.client.zadd(key, 0, 'bob');
    expect(await find(store, { ...pair, unfit: { bob: 'tooManyRooms' } })).toMatchObject({ added: ['owner'] });
    await store.client.zrem(key, 'bob');
    await store.client.zadd(key, 0, 'carol');
    expect(await find(store, pair)).toBe('listLimitExceeded');
    await store.client.zrem(key, 'carol');
    expect(await find(store, pair)).toMatchObject({ added: ['bob'], refused: undefined });
  });
}

function findingMore(open: OpenStore): void {
  test('the first room of some people knows how many of theirs others have come to, and no room no number', async () => {
    const { conversations, ...store } = await open(scope);
    await conversations.notePassed(room, 21);
    expect(await store.ttls()).toEqual({});
    await store.rooms.create(room, roomOptions('owner'));
    expect(await conversations.readPassed(room)).toBe(0);
    for (const number of [22, 21]) await conversations.notePassed(room, number);
    expect(await conversations.readPassed(room)).toBe(22);
  });

  test('more people have a room as long as it has exactly them', async () => {
    const store = await open(scope);
    const set = { unique: 'set' } as const;
    await make(store, set);
    expect(await find(store, { ...set, people: ['carol', 'owner', 'bob'] })).toMatchObject({ created: false });
    const { roster: key } = store.keys.room(room);
    await store.client.zadd(key, 0, 'dave');
    expect(await find(store, set)).toBe('othersRoom');
    await store.client.zrem(key, 'bob');
    // As many, and others.
    expect(await make(store, set)).toBe('othersRoom');
    await store.client.zrem(key, 'dave');
    expect(await find(store, set)).toBe('othersRoom');
    expect(await roster(store)).toEqual(['carol', 'owner']);
  });
}

function kinds(open: OpenStore): void {
  test('who is in a transient room is counted, and only the service is told who', async () => {
    const store = await open(scope);
    await make(store, { kind: 'transient', people: [], whitelistOnly: false, userlistUpdates: false });
    expect(await about(store)).toEqual(['transient', null, null, null, null]);
    expect(await joinAs(store, 'bob')).toMatchObject({ isTransient: true, created: false, announced: false });
    expect(await joinAs(store, 'carol')).toMatchObject({ isTransient: true });
    const page = { cursor: '', limit: 10 };
    const read = store.access.readList(room, rightsOf('bob'), 'userlist', page);
    expect(await read).toMatchObject({ count: 2, names: [], next: undefined });
    expect(await store.access.readList(room, SERVICE, 'userlist', page)).toMatchObject({ names: ['bob', 'carol'] });
    const seen = (reader: typeof SERVICE, name: string): ReturnType<typeof store.memberships.readSeen> =>
      store.memberships.readSeen(room, reader, name);
    expect(await seen(rightsOf('bob'), 'carol')).toEqual({ joined: false, timestamp: null });
    expect(await seen(rightsOf('bob'), 'bob')).toMatchObject({ joined: true });
    expect(await seen(SERVICE, 'carol')).toMatchObject({ joined: true });
    expect(await roster(store)).toEqual([]);
  });

  test('a temporary room is not made once its time is over, nor joined', async () => {
    const store = await open(scope);
    const now = Date.now();
    expect(await make(store, { kind: 'temporary', endsAt: now - 60_000 })).toBe('roomExpired');
    const endsAt = now + 60_000;
    expect(await make(store, { kind: 'temporary', endsAt })).toMatchObject({ created: true });
    expect(await about(store)).toEqual(['temporary', null, String(endsAt), null, null]);
    const packed = await store.client.hgetBuffer(store.keys.room(room).meta, 'conduct');
    expect(packed?.readDoubleBE(12)).toBe(endsAt);
    const over = temporaryName(now - 60_000, '0123456789abcdef');
    const open2 = temporaryName(endsAt, '0123456789abcdef');
    await store.rooms.create(over, roomOptions('owner'));
    expect(await joinAs(store, 'owner', {}, over)).toBe('roomExpired');
    expect(await joinAs(store, 'owner', {}, open2)).toBe('noRoom');
  });
}

function endings(open: OpenStore): void {
  test('ends are read as they are due; what was not there is looked for once more a minute later', async () => {
    const { endingStore, client, keys } = await open(scope);
    const now = Date.now();
    const next = now + 100_000;
    await endingStore.note('later', next);
    await endingStore.note('second', now - 50);
    await endingStore.note('first', now - 90_000);
    await endingStore.note('third', now - 40);
    const read = await endingStore.read(2);
    expect(read).toMatchObject({ due: ['first', 'second'], next });
    expect(Math.abs(read.time - now)).toBeLessThan(60_000);
    await endingStore.settle('first', now - 90_000, true);
    await endingStore.settle('second', now - 50, false);
    await endingStore.settle('nobody', now - 50, false);
    expect(await endingStore.read(2)).toMatchObject({ due: ['third'] });
    const { endings: key } = keys.conversations;
    expect(Number(await client.zscore(key, 'second')) - now).toBeGreaterThan(50_000);
    await endingStore.settle('second', now - 61_000, false);
    await endingStore.settle('third', now - 40, true);
    expect(await client.zrange(key, '0', '-1')).toEqual(['later']);
    await endingStore.settle('later', next, true);
    expect(await endingStore.read(2)).toMatchObject({ due: [], next: undefined });
  });

  test('an end that could not be carried out comes behind the others, and is not forgotten sooner for it', async () => {
    const { endingStore, client, keys } = await open(scope);
    const now = Date.now();
    for (const [name, ago] of [
      ['first', 90],
      ['second', 60],
    ] as const)
      await endingStore.note(name, now - ago);
    expect((await endingStore.read(1)).due).toEqual(['first']);
    await endingStore.putOff('first', 20_000);
    await endingStore.putOff('nobody', 20_000);
    expect((await endingStore.read(2)).due).toEqual(['second']);
    const { endings: key } = keys.conversations;
    const due = async (): Promise<number> => Number(await client.zscore(key, 'first')) - now;
    expect(await due()).toBeLessThan(50_000);
    // It was not there when it was looked for again: whoever makes it may come yet.
    await endingStore.settle('first', now - 90, false);
    expect(await due()).toBeGreaterThan(50_000);
    expect(await client.zrange(key, '0', '-1')).toEqual(['second', 'first']);
  });
}

const joinAs = (
  { memberships }: Store,
  userName: string,
  rules?: JoinRules,
  roomName = room,
): ReturnType<typeof memberships.join> =>
  memberships.join({ roomName, userName, socketId: `${userName}-1`, nodeId: 'n1' }, frame('joined'), rules);

function anew(open: OpenStore): void {
  test('a room however it is made has nothing of an earlier one, which a node of the version before has deleted', async () => {
    const store = await open(scope);
    const { keys, client } = store;
    const ways: Record<string, (name: string) => Promise<unknown>> = {
      created: (name) => store.rooms.create(name, roomOptions('bob')),
      joined: (name) =>
        joinAs(
          store,
          'bob',
          { creation: { ...roomOptions('bob'), reserved: reserved(), attributes: undefined } },
          name,
        ),
      begun: (name) => make(store, { people: ['owner'] }, name),
    };
    for (const [name, way] of Object.entries(ways)) {
      const { roster, bans, silenced, paced, muted, reactions, changed, changesDue } = keys.room(name);
      for (const key of [roster, bans, silenced, paced, reactions]) await client.zadd(key, 1, 'mallory');
      await client.sadd(muted, 'mallory');
      for (const key of [changed, changesDue]) await client.hset(key, '1', '1');
      await way(name);
      expect(await client.zrange(roster, '0', '-1')).toEqual(name === 'begun' ? ['owner'] : []);
      expect([name, await client.exists(bans, silenced, paced, muted, reactions, changed, changesDue)]).toEqual([
        name,
        0,
      ]);
    }
  });
}

function joining(open: OpenStore): void {
  test('a join makes the room where there is none, and only then; what refuses the join makes none', async () => {
    const store = await open(scope);
    const attributes = Buffer.from([0x81, 0xa1, 0x61, 0x01]);
    const creation = {
      ...roomOptions('bob', { whitelistOnly: true, historyMax: 7 }),
      reserved: reserved(),
      attributes,
    };
    expect(await joinAs(store, 'bob')).toBe('noRoom');
    expect(await joinAs(store, 'bob', { creation, verdict: 'tooManyRooms' })).toBe('tooManyRooms');
    expect(await store.admin.hasRoom(room)).toBe(false);
    const joined = await joinAs(store, 'bob', { creation });
    const { life } = creation.reserved;
    expect(joined).toMatchObject({ created: true, njoined: 1, announced: true, at: { seq: 1, epoch: life }, life });
    expect(await store.rooms.readInfo(room, rightsOf('bob'))).toMatchObject({
      owner: 'bob',
      whitelistOnly: true,
      accessListsUpdates: true,
      historyMax: 7,
    });
    expect(await about(store)).toEqual([null, null, null, attributes.toString(), '1']);
    expect(await joinAs(store, 'carol', { creation: { ...creation, reserved: reserved() } })).toBe('notAllowed');
    expect(await joinAs(store, 'bob', { creation })).toMatchObject({ created: false, changed: false });
    expect(await roster(store)).toEqual([]);
  });
}
