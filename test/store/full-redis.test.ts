// Every operation on a full Redis: it is done whole, or refused and nothing has changed, and nothing was published of it.
import { expect, test } from '@jest/globals';
import { StateUnavailable } from '../../src/redis/unavailable.ts';
import { roomTopic, userTopic } from '../../src/redis/keys.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { add, changeOwner, setMode, take } from './access-actions.ts';
import * as changes from './change-actions.ts';
import * as pairs from './direct-change-actions.ts';
import { append } from './pair-actions.ts';
import { connect } from './contact-actions.ts';
import { keysWith } from './erase-actions.ts';
import { join, leave, post, room } from './room-actions.ts';
import { frame, openStore, roomOptions, type Store } from './store.ts';

const scope = useScope();

const SECRET = 'what-nobody-is-to-read';

type Act = (store: Store) => Promise<unknown>;

const prefix = (text: string): Uint8Array => Buffer.from(text);
const prefixes = { openPrefix: prefix('open'), privatePrefix: prefix('private') };
const direct = (author: string, clientMessageId?: string, transient = false) => ({
  author,
  rights: rightsOf(author),
  prefix: prefix('prefix'),
  clientMessageId,
  transient,
});
const login = (store: Store, userName: string, socketId: string): Promise<unknown> =>
  store.users.login(userName, { socketId, nodeId: 'n1', echo: frame('in'), synced: true });

const pair = { truth: 'alice', mirror: 'bob' };
const endOf = { op: 'remove', adds: true, trusted: true } as const;
const silent = { frame: new Uint8Array(0), except: '', shownOnline: true };

const refused: Record<string, Act> = {
  'making a contact': ({ contacts }) => contacts.begin(pair, { ...endOf, op: 'add' }, 'v1', silent),
  'making it on the other side': ({ contacts }) => contacts.apply('bob', 'carol', { ...endOf, op: 'add' }, silent),
  'creating a room': ({ rooms }) => rooms.create('new', roomOptions('owner')),
  'reserving of a quota': ({ quotas }) =>
    quotas.grant({ owner: 'bob', roomName: 'new', life: 'l'.repeat(16) }, { creating: true }),
  joining: (store) => join(store, 'eve'),
  posting: (store) => post(store, 'alice'),
  'posting with an id': (store) => post(store, 'alice', { clientMessageId: 'new' }),
  'a transient message with an id': (store) => post(store, 'alice', { clientMessageId: 'new', transient: true }),
  'adding to a list': (store) => add(store, 'owner', 'whitelist', 'dora'),
  blacklisting: (store) => add(store, 'owner', 'blacklist', 'alice'),
  'setting the mode': (store) => setMode(store, 'owner', true),
  'changing the owner': (store) => changeOwner(store, 'bob'),
  'a first login': (store) => login(store, 'new', 'new-1'),
  'another login': (store) => login(store, 'bob', 'bob-3'),
  'a direct message': ({ directs }) => directs.send('bob', direct('alice')),
  'a direct message with an id': ({ directs }) => directs.send('bob', direct('alice', 'new')),
  'a transient direct message with an id': ({ directs }) => directs.send('bob', direct('alice', 'new', true)),
  'a message that is kept': (store) => append(store, 'alice', 'bob'),
  'a notice to others': ({ users }) => users.notifyOthers('bob', 'bob-1', frame('notice')),
  'making a user': ({ admin }) =>
    admin.createUser('new', { whitelistOnly: false, lists: { whitelist: [], blacklist: [] } }),
  'a list of one’s own': ({ directs }) => directs.addToList('bob', 'blacklist', ['eve']),
};

const done: Record<string, Act> = {
  'a transient message': (store) => post(store, 'alice', { transient: true }),
  'a transient direct message': ({ directs }) => directs.send('bob', direct('alice', undefined, true)),
  'joining again': (store) => join(store, 'alice'),
  'reading a userlist of which changes wait': ({ access }) =>
    access.readList('large', rightsOf('owner'), 'userlist', { cursor: '', limit: 10 }),
  'telling who came and went': ({ memberships }) =>
    memberships.flushChanges('large', { prefix: prefix('h'), leftKey: prefix('l'), countKey: prefix('c') }, 0),
  'marking a room as read': ({ unreads }) => unreads.markRoom(room, 'bob', rightsOf('bob'), 1),
  'counting what is unread of a room': ({ unreads }) => unreads.ofRoom('bob', room, true),
  'counting what is unread of a user': ({ unreads }) => unreads.ofPair('bob', 'alice', true),
  'taking off a list': (store) => take(store, 'owner', 'whitelist', 'carol'),
  leaving: (store) => leave(store, 'alice'),
  'beginning a leave of the session': ({ sessions }) =>
    sessions.beginLeave('bob', { roomName: 'large', socketId: 'bob-1', nodeId: 'n1', except: '', ...prefixes }),
  'losing a room': ({ users }) =>
    users.notifyRoomLost('bob', {
      roomName: room,
      life: 'l'.repeat(16),
      at: { epoch: 'e'.repeat(16), seq: 1 },
      frame: frame('lost'),
      nodeIds: [],
      ...prefixes,
    }),
  'sweeping a room': ({ memberships }) => memberships.beginSweep(room, 'dead'),
  'sweeping a user': ({ users }) => users.beginSweep('bob', 'dead'),
  disconnecting: ({ admin }) => admin.disconnectUser('bob', 'because'),
  'logging out': ({ users }) => users.logout('bob', 'bob-2', frame('out'), []),
  'keeping less history': ({ admin }) => admin.resizeHistory(room, 1),
  'taking back of a quota': ({ quotas }) => quotas.look('owner', '0'),
  'giving back to a quota': ({ quotas }) => quotas.release({ owner: 'owner', roomName: 'x', life: 'l'.repeat(16) }),
  'deleting a room': ({ rooms }) => rooms.delete(room, SERVICE, 'n1', frame('deleted')),
  'marking what has come': ({ pairs }) => pairs.markSent('bob', 'alice', { first: 1, last: 1 }),
  'marking what was read': ({ pairs }) => pairs.markRead('bob', 'alice', 2),
  'ending a contact': ({ contacts }) => contacts.begin(pair, endOf, 'v1', silent),
  'going on with it': ({ contacts }) => contacts.resume(pair, 'v2'),
  'ending it on the other side': ({ contacts }) => contacts.apply('bob', 'alice', endOf, silent),
  'being done with it': ({ contacts }) => contacts.finish(pair, 'v2', 'remove', silent),
  'deleting a user': ({ admin }) => admin.deleteUser('gone'),
};

/** All that there is, byte by byte. */
async function contents({ client }: Store): Promise<Record<string, string>> {
  const found = (await client.keys('*')).toSorted();
  const dumps = await Promise.all(found.map((key) => client.dumpBuffer(key)));
  return Object.fromEntries(found.map((key, i) => [key, dumps[i]?.toString('latin1') ?? '']));
}

async function scene(redis: RedisServer): Promise<Store> {
  const store = await openStore(scope, redis, { largeSize: 2 });
  await store.rooms.create(room, roomOptions('owner'));
  await store.rooms.create('large', roomOptions('owner'));
  const occupants = ['alice', 'bob', 'carol', 'dave'];
  for (const userName of ['alice', 'bob']) await join(store, userName);
  for (const userName of occupants) {
    const occupant = { roomName: 'large', userName, socketId: `${userName}-1`, nodeId: 'n1' };
    await store.memberships.join(occupant, frame('joined'));
  }
  for (let i = 0; i < 3; i++) await post(store, 'alice', { clientMessageId: `c ${i}` });
  await add(store, 'owner', 'whitelist', 'carol');
  for (const socketId of ['bob-1', 'bob-2']) await login(store, 'bob', socketId);
  await append(store, 'alice', 'bob');
  await append(store, 'alice', 'bob');
  await login(store, 'alice', 'alice-1');
  await connect(store, 'alice', 'bob');
  await login(store, 'gone', 'gone-1');
  await store.users.logout('gone', 'gone-1', frame('out'), []);
  await store.quotas.grant({ owner: 'owner', roomName: 'x', life: 'l'.repeat(16) }, { creating: true });
  return store;
}

test('what needs memory is refused whole, what frees it or needs none is done', async () => {
  const redis = await startRedis(scope);
  const store = await scene(redis);
  const published = [await store.listen(roomTopic(room)), await store.listen(userTopic('bob'))];
  await redis.client().config('SET', 'maxmemory', 1);
  const before = await contents(store);
  for (const [what, act] of Object.entries(refused)) {
    const outcome = await act(store).catch((error: unknown) => error);
    expect([what, outcome]).toEqual([what, expect.any(StateUnavailable)]);
    expect([what, await contents(store)]).toEqual([what, before]);
  }
  expect(published.flat()).toEqual([]);
  for (const [what, act] of Object.entries(done)) {
    const outcome = await act(store).catch((error: unknown) => error);
    const word = outcome instanceof Error ? outcome.message : typeof outcome === 'string' ? outcome : 'ok';
    expect([what, word]).toEqual([what, 'ok']);
  }
});

const texts = [`${SECRET} one`, `${SECRET} two`, 'three'].map((textMessage) => ({ textMessage }));

/** Three messages of alice, of which the second has other words by now, and the third a reaction of bob. */
async function saidInRoom(store: Store): Promise<[number, number, number]> {
  const ids: number[] = [];
  for (const message of texts) {
    const posted = await changes.say(store, 'alice', message);
    if (typeof posted === 'string' || 'reason' in posted) throw new Error('not said');
    ids.push(posted.id ?? 0);
  }
  const [first = 0, second = 0, third = 0] = ids;
  await changes.update(store, 'alice', second, { textMessage: `${SECRET} again` });
  await changes.react(store, 'bob', third);
  return [first, second, third];
}

/** The same to bob. */
async function saidInPair(store: Store): Promise<[number, number, number]> {
  const ids: number[] = [];
  for (const message of texts) ids.push((await pairs.send(store, 'alice', 'bob', message)).id);
  const [first = 0, second = 0, third = 0] = ids;
  await pairs.changed(store, 'alice', 'bob', pairs.update(second, { textMessage: `${SECRET} again` }));
  await pairs.changed(store, 'bob', 'alice', pairs.react(third, '+'));
  await pairs.tellDue(store, 'alice', 'bob');
  return [first, second, third];
}

const errorOf = (error: unknown): unknown => error;

test('in a room what was said or reacted is taken back, among what is refused whole', async () => {
  const redis = await startRedis(scope);
  const store = await scene(redis);
  const [first, second, third] = await saidInRoom(store);
  await redis.client().config('SET', 'maxmemory', 1);
  const before = await contents(store);
  const needing: [string, () => Promise<unknown>][] = [
    ['update', () => changes.update(store, 'alice', first, { textMessage: 'other' })],
    ['update again', () => changes.update(store, 'alice', second, { textMessage: 'other' })],
    ['append', () => changes.append(store, 'alice', first, ' more')],
    ['react', () => changes.react(store, 'alice', third)],
  ];
  for (const [what, act] of needing) {
    expect([what, await act().catch(errorOf)]).toEqual([what, expect.any(StateUnavailable)]);
    expect([what, await contents(store)]).toEqual([what, before]);
  }
  const told = await store.listen(roomTopic(room));
  // In one call.
  const outcomes = await Promise.all([
    changes.update(store, 'alice', first, { textMessage: 'other' }).catch(errorOf),
    changes.recall(store, 'alice', first, 'why'),
    changes.recall(store, 'alice', second),
    changes.react(store, 'bob', third, '+', true),
  ]);
  expect(outcomes).toMatchObject([{}, { version: 2 }, { version: 3 }, { counts: [] }]);
  expect(outcomes[0]).toBeInstanceOf(StateUnavailable);
  await eventually(() =>
    expect(changes.changesIn(told)).toMatchObject([
      { id: first, kind: 'recall', reason: 'why' },
      { id: second, kind: 'recall' },
      { id: third, kind: 'reactions', counts: {}, by: 'bob', key: '+', removed: true },
    ]),
  );
  await store.authored.rewriteRoom(room);
  expect(await keysWith(store.client, store.keys.prefix, SECRET)).toEqual([]);
});

test('in a conversation, too, and both are told', async () => {
  const redis = await startRedis(scope);
  const store = await scene(redis);
  const [first, second, third] = await saidInPair(store);
  await redis.client().config('SET', 'maxmemory', 1);
  const before = await contents(store);
  const needing = [
    pairs.update(first, { textMessage: 'other' }),
    pairs.append(second, ' more'),
    pairs.react(third, 'x'),
  ];
  const between = { author: 'alice', peer: 'bob', rights: rightsOf('alice') };
  for (const one of needing) {
    expect([one.what, await store.pairChanges.change(between, [one])]).toEqual([
      one.what,
      [expect.any(StateUnavailable)],
    ]);
    expect([one.what, await contents(store)]).toEqual([one.what, before]);
  }
  const told = [await store.listen(userTopic('alice')), await store.listen(userTopic('bob'))];
  const note = { peer: 'bob', nodeId: 'n1', run: 1 };
  expect(await store.changesTold.note('alice', note)).toBe('ok');
  const [updated, ...recalled] = await store.pairChanges.change(between, [
    pairs.update(first, { textMessage: 'other' }),
    pairs.recall(first, 'why'),
    pairs.recall(second),
  ]);
  expect(updated).toBeInstanceOf(StateUnavailable);
  expect(recalled).toMatchObject([{ version: 2 }, { version: 3 }]);
  await pairs.changed(store, 'bob', 'alice', pairs.react(third, '+', true));
  await pairs.tellDue(store, 'alice', 'bob');
  await store.changesTold.end('alice', note);
  for (const events of told) {
    await eventually(() =>
      expect(pairs.noticesIn(events)).toMatchObject([
        ['directMessageChanged', expect.any(String), { id: first, kind: 'recall', reason: 'why' }],
        ['directMessageChanged', expect.any(String), { id: second, kind: 'recall' }],
        ['directMessageChanged', expect.any(String), { id: third, kind: 'reactions', counts: {}, removed: true }],
      ]),
    );
  }
  await store.authored.rewrite(store.pairChanges.keysOf('alice', 'bob'));
  expect(await keysWith(store.client, store.keys.prefix, SECRET)).toEqual([]);
});
