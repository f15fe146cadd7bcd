// Messages from user to user in Redis: what the scripts reply, publish and leave behind.
import { describe, expect, test } from '@jest/globals';
import type { DirectListName } from '../../src/store/direct/direct-store.ts';
import { userTopic } from '../../src/redis/keys.ts';
import { rightsOf, SERVICE, type Rights } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { expectChain } from './room-actions.ts';
import { countIn, frame, frameText, type OpenStore, type Store } from './store.ts';

const scope = useScope();
/** What is remembered is not forgotten in the middle of a test. */
const DAY_MS = 86_400_000;
const receiver = 'bob';
const tag = `{user:${receiver}}:`;

const login = (store: Store, userName = receiver, socketId = 's1'): Promise<unknown> =>
  store.users.login(userName, { socketId, nodeId: 'n1', echo: frame('in') });

const logout = (store: Store, userName = receiver, socketId = 's1'): Promise<unknown> =>
  store.users.logout(userName, socketId, frame('out'), []);

interface SendOptions {
  rights?: Rights;
  prefix?: string;
  clientMessageId?: string;
  transient?: boolean;
}

const send = (
  store: Store,
  author: string | undefined,
  options: SendOptions = {},
): ReturnType<Store['directs']['send']> =>
  store.directs.send(receiver, {
    author,
    rights: options.rights ?? rightsOf(author ?? ''),
    prefix: Buffer.from(options.prefix ?? `prefix of ${author ?? ''}`),
    clientMessageId: options.clientMessageId,
    transient: options.transient ?? false,
  });

/** The names of a list, or why they cannot be read. */
const namesIn = async (store: Store, listName: DirectListName): Promise<string | readonly string[]> => {
  const page = await store.directs.readList(receiver, listName, { cursor: '', limit: 1000 });
  return typeof page === 'string' ? page : page.names;
};
const lists = async (store: Store): Promise<unknown[]> => [
  await namesIn(store, 'whitelist'),
  await namesIn(store, 'blacklist'),
  await store.directs.readWhitelistMode(receiver),
];

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function directSuite(open: OpenStore): void {
  sending(open);
  rights(open);
  describe('sent again with the same id of the client', () => {
    repeatsBounded(open);
    repeatsKnown(open);
    repeatsInTime(open);
  });
  describe('the lists of a user', () => {
    ownLists(open);
    listPages(open);
  });
}

function sending(open: OpenStore): void {
  test('reaches who is online, in the order of its log, with the time of that log', async () => {
    const store = await open(scope);
    const events = await store.listen(userTopic(receiver));
    expect(await send(store, 'alice')).toBe('noUser');
    expect(await store.ttls()).toEqual({});
    await login(store);
    expect(await send(store, 'alice', { prefix: '' })).toBe('messageTooLarge');
    const before = await store.ttls();
    const log = store.logOf('n1');
    const start = await log.readPosition(userTopic(receiver));
    if (start === 'gone') throw new Error('who has logged in is known');
    const first = await send(store, 'alice');
    const passing = await send(store, 'alice', { transient: true });
    const last = await send(store, 'carol');
    await logout(store);
    expect(await send(store, 'alice', { prefix: '' })).toBe('noUserOnline');
    expect(await send(store, 'alice')).toBe('noUserOnline');

    await eventually(() => expect(events).toHaveLength(3));
    expect(events.map(({ kind, seq, subject }) => [kind, seq, subject])).toEqual([
      ['message', 1, ''],
      ['transient', 1, ''],
      ['message', 2, ''],
    ]);
    expectChain(events);
    for (const [i, sent] of [first, passing, last].entries()) {
      const event = events[i];
      expect(sent).toEqual({ frame: Buffer.from(event?.frame ?? []), repeated: false });
      expect(frameText(event).slice(0, -8)).toBe(`prefix of ${i === 2 ? 'carol' : 'alice'}`);
      expect(countIn(event)).toBe(event?.timestamp);
    }
    // The log has what was said, for who is behind; what was passing is nowhere.
    const read = await log.readAfter(userTopic(receiver), start);
    expect(read).toMatchObject({ events: [events[0], events[2]] });
    expect(Object.keys(before)).toEqual([`${tag}meta`, `${tag}sockets`]);
    expect(Object.keys(await store.ttls())).toEqual([`${tag}history`, `${tag}meta`]);
  });

  test('never turns the clock of the log back', async () => {
    const store = await open(scope);
    await login(store);
    const events = await store.listen(userTopic(receiver));
    const ahead = Date.now() + 3_600_000;
    const { meta } = store.keys.user(receiver);
    const packed = await store.client.hgetBuffer(meta, 'log');
    packed?.writeDoubleBE(ahead, 40);
    await store.client.hset(meta, 'log', packed ?? '');
    await send(store, 'alice');
    await send(store, 'alice', { transient: true });
    await eventually(() => expect(events).toHaveLength(2));
    expect(events.map(countIn)).toEqual([ahead, ahead]);
  });
}

function rights(open: OpenStore): void {
  test('is for those whom the receiver lets write, the blacklist first; the service may always', async () => {
    const store = await open(scope);
    const { directs } = store;
    await login(store);
    // Who is away tells nobody who is barred that it is.
    const mayWrite = async (author: string): Promise<boolean> => {
      const [small, large] = [await send(store, author), await send(store, author, { prefix: '' })];
      if (typeof small === 'string') expect([small, large]).toEqual(['notAllowed', 'notAllowed']);
      else expect(large).toBe('messageTooLarge');
      return typeof small !== 'string';
    };
    expect(await mayWrite('alice')).toBe(true);
    await directs.addToList(receiver, 'blacklist', ['alice']);
    expect([await mayWrite('alice'), await mayWrite('carol')]).toEqual([false, true]);
    await directs.addToList(receiver, 'whitelist', ['alice']);
    await directs.setWhitelistMode(receiver, true);
    expect([await mayWrite('alice'), await mayWrite('carol')]).toEqual([false, false]);
    await directs.removeFromList(receiver, 'blacklist', ['alice']);
    expect([await mayWrite('alice'), await mayWrite('carol')]).toEqual([true, false]);
    expect(await send(store, 'carol', { rights: SERVICE })).toMatchObject({ repeated: false });
    expect(await send(store, undefined, { rights: SERVICE })).toMatchObject({ repeated: false });
    // Nobody writes to itself, whoever asks.
    for (const rights of [rightsOf(receiver), SERVICE])
      expect(await send(store, receiver, { rights })).toBe('notAllowed');
    await logout(store);
    expect(await mayWrite('carol')).toBe(false);
    expect(await send(store, 'alice')).toBe('noUserOnline');
    expect(await send(store, 'carol', { rights: SERVICE })).toBe('noUserOnline');
    await directs.setWhitelistMode(receiver, false);
    expect(await send(store, 'carol')).toBe('noUserOnline');
  });
}

function repeatsBounded(open: OpenStore): void {
  test('are remembered up to a number of messages of an author: who sends more has to wait, and nobody else', async () => {
    const store = await open(scope, { repeatsMax: 2, dedupMs: DAY_MS });
    await login(store);
    const [first] = [
      await send(store, 'alice', { clientMessageId: 'c1' }),
      await send(store, 'alice', { clientMessageId: 'c2' }),
    ];
    expect(await send(store, 'alice', { clientMessageId: 'c3' })).toBe('tooMany');
    expect(await send(store, 'alice', { clientMessageId: 'c1' })).toEqual({ ...Object(first), repeated: true });
    expect(await send(store, 'alice')).toMatchObject({ repeated: false });
    expect(await send(store, 'carol', { clientMessageId: 'c3' })).toMatchObject({ repeated: false });
    expect(await send(store, undefined, { clientMessageId: 'c3', rights: SERVICE })).toMatchObject({ repeated: false });
  });

  test('are remembered up to a number of bytes of an author', async () => {
    const store = await open(scope, { repeatBytesMax: 1000, dedupMs: DAY_MS });
    await login(store);
    const prefix = 'x'.repeat(400);
    for (const [clientMessageId, outcome] of Object.entries({
      c1: false,
      c2: false,
      c3: 'tooMany',
      c2again: 'tooMany',
    })) {
      const sent = await send(store, 'alice', { clientMessageId, prefix });
      if (typeof outcome === 'string') expect(sent).toBe(outcome);
      else expect(sent).toMatchObject({ repeated: outcome });
    }
    expect(await send(store, 'alice', { clientMessageId: 'c1' })).toMatchObject({ repeated: true });
    expect(await send(store, 'carol', { clientMessageId: 'c1', prefix })).toMatchObject({ repeated: false });
  });

  test('are bounded for a receiver too: those who flood it together leave everybody else a share', async () => {
    const store = await open(scope, { repeatsMax: 32, dedupMs: DAY_MS });
    await login(store);
    const flood = ['eve', 'mallory', 'oscar', 'trudy', 'victor'];
    const outcomes = new Map<string, number>();
    for (const author of flood) {
      let sent = 0;
      while ((await send(store, author, { clientMessageId: `c${sent}` })) !== 'tooMany') sent++;
      outcomes.set(author, sent);
    }
    // Four have as much as one may have each; from there on a sixteenth of it is left to each of the others.
    expect([...outcomes.values()]).toEqual([32, 32, 32, 32, 2]);
    for (const author of ['alice', 'carol']) {
      for (const clientMessageId of ['c0', 'c1']) {
        expect(await send(store, author, { clientMessageId })).toMatchObject({ repeated: false });
      }
      expect(await send(store, author, { clientMessageId: 'c2' })).toBe('tooMany');
    }
  });
}

function repeatsKnown(open: OpenStore): void {
  test('gives what was sent first and publishes nothing, per author', async () => {
    const store = await open(scope);
    await login(store);
    const events = await store.listen(userTopic(receiver));
    const clientMessageId = 'c 1';
    // What was refused has used nothing up.
    expect(await send(store, 'alice', { clientMessageId, prefix: '' })).toBe('messageTooLarge');
    const first = await send(store, 'alice', { clientMessageId, prefix: 'first' });
    const { frame: sent } = Object(first);
    expect(first).toMatchObject({ repeated: false });
    const again = [{}, { prefix: 'other' }, { prefix: '' }, { transient: true }, { rights: SERVICE }];
    for (const options of again) {
      expect(await send(store, 'alice', { clientMessageId, ...options })).toEqual({ frame: sent, repeated: true });
    }
    expect(await send(store, 'carol', { clientMessageId })).toMatchObject({ repeated: false });
    expect(await send(store, undefined, { clientMessageId, rights: SERVICE })).toMatchObject({ repeated: false });
    expect(await send(store, 'alice', { clientMessageId: '' })).toMatchObject({ repeated: false });
    expect(await send(store, 'alice', { clientMessageId: '' })).toMatchObject({ repeated: false });
    const passing = { clientMessageId: 'c 2', transient: true };
    expect(await send(store, 'alice', passing)).toMatchObject({ frame: expect.anything(), repeated: false });
    expect(await send(store, 'alice', passing)).toEqual({ frame: undefined, repeated: true });
    expect(await send(store, 'alice', { clientMessageId: 'c 2' })).toEqual({ frame: undefined, repeated: true });

    // The right to write comes before a repeat; whether somebody is there still does not.
    await store.directs.addToList(receiver, 'blacklist', ['carol']);
    expect(await send(store, 'carol', { clientMessageId })).toBe('notAllowed');
    await logout(store);
    expect(await send(store, 'alice', { clientMessageId })).toEqual({ frame: sent, repeated: true });
    expect(await send(store, 'alice', { clientMessageId: 'c 3' })).toBe('noUserOnline');
    await eventually(() => expect(events).toHaveLength(6));
    expect(events.map((event) => frameText(event).slice(0, -8))).toEqual([
      'first',
      'prefix of carol',
      'prefix of ',
      'prefix of alice',
      'prefix of alice',
      'prefix of alice',
    ]);
  });
}

function repeatsInTime(open: OpenStore): void {
  test('is known for a while, and what is kept of it goes by itself', async () => {
    const store = await open(scope, { dedupMs: 3000 });
    await login(store);
    const clientMessageId = 'c 1';
    expect(await send(store, 'alice', { clientMessageId })).toMatchObject({ repeated: false });
    const kept = Object.entries(await store.ttls()).filter(([key]) => key.startsWith(`${tag}dedup:`));
    // What was sent, and how much of it each author has.
    expect(kept).toHaveLength(2);
    for (const [, ttl] of kept) expect(ttl).toBeGreaterThan(0);
    await eventually(async () => {
      expect(await send(store, 'alice', { clientMessageId })).toMatchObject({ repeated: false });
    });
    const ttls = await store.ttls();
    expect(Object.keys(ttls).filter((key) => !key.includes(':dedup:'))).toEqual([
      `${tag}history`,
      `${tag}meta`,
      `${tag}sockets`,
    ]);
  });

  test('is known through the turn of a generation', async () => {
    const dedupMs = 60_000;
    const store = await open(scope, { dedupMs });
    await login(store);
    const clientMessageId = 'c 1';
    const { meta } = store.keys.user(receiver);
    const first = Math.floor(Date.now() / dedupMs) + 10;
    const setClock = async (generation: number): Promise<void> => {
      const packed = await store.client.hgetBuffer(meta, 'log');
      packed?.writeDoubleBE(generation * dedupMs + 1, 40);
      await store.client.hset(meta, 'log', packed ?? '');
    };
    await setClock(first);
    expect(await send(store, 'alice', { clientMessageId })).toMatchObject({ repeated: false });
    await setClock(first + 1);
    expect(await send(store, 'alice', { clientMessageId })).toMatchObject({ repeated: true });
    await setClock(first + 2);
    expect(await send(store, 'alice', { clientMessageId })).toMatchObject({ repeated: false });
  });
}

function ownLists(open: OpenStore): void {
  test('are of users who are there', async () => {
    const store = await open(scope);
    const { directs } = store;
    expect(await directs.addToList(receiver, 'whitelist', ['alice'])).toBe('gone');
    expect(await directs.removeFromList(receiver, 'whitelist', ['alice'])).toBe('gone');
    expect(await namesIn(store, 'whitelist')).toBe('gone');
    expect(await directs.setWhitelistMode(receiver, true)).toBe('gone');
    expect(await directs.readWhitelistMode(receiver)).toBe('gone');
    expect(await store.ttls()).toEqual({});
    await login(store);
    expect(await lists(store)).toEqual([[], [], false]);
    expect(await directs.addToList(receiver, 'whitelist', ['alice'])).toBe('ok');
    expect(await directs.removeFromList(receiver, 'blacklist', ['alice'])).toBe('ok');
    expect(await directs.setWhitelistMode(receiver, true)).toBe('ok');
    expect(await lists(store)).toEqual([['alice'], [], true]);
    expect(await directs.setWhitelistMode(receiver, false)).toBe('ok');
    expect(await directs.removeFromList(receiver, 'whitelist', ['alice', 'nobody'])).toBe('ok');
    expect(await lists(store)).toEqual([[], [], false]);
    expect(Object.keys(await store.ttls())).toEqual([`${tag}meta`, `${tag}sockets`]);
  });

  test('hold so many names, by what the list would become', async () => {
    const store = await open(scope, { listSizeLimit: 3 });
    const { directs } = store;
    await login(store);
    const add = (...names: string[]): Promise<string> => directs.addToList(receiver, 'blacklist', names);
    expect(await add('a', 'b', 'c', 'd')).toBe('listLimitExceeded');
    expect(await add('a', 'a', 'a', 'b')).toBe('ok');
    expect(await add('b', 'c', 'd')).toBe('listLimitExceeded');
    expect(await namesIn(store, 'blacklist')).toHaveLength(2);
    expect(await add('b', 'c', 'c')).toBe('ok');
    expect(await add('a', 'b', 'c')).toBe('ok');
    expect(await add('d')).toBe('listLimitExceeded');
    await directs.removeFromList(receiver, 'blacklist', ['a']);
    expect(await add('d')).toBe('ok');
    const found = await namesIn(store, 'blacklist');
    expect([...found].toSorted()).toEqual(['b', 'c', 'd']);
    expect(await namesIn(store, 'whitelist')).toEqual([]);
    expect(Object.keys(await store.ttls())).toEqual([`${tag}blacklist`, `${tag}meta`, `${tag}sockets`]);
    // As many as one request may name.
    const many = await open(scope);
    await login(many);
    const names = Array.from({ length: 500 }, (_, i) => `n${i}`);
    expect(await many.directs.addToList(receiver, 'whitelist', names)).toBe('ok');
    expect(await namesIn(many, 'whitelist')).toHaveLength(500);
    expect(await many.directs.removeFromList(receiver, 'whitelist', names)).toBe('ok');
    expect(await namesIn(many, 'whitelist')).toEqual([]);
  });
}

function listPages(open: OpenStore): void {
  test('are read page by page, each of the same user', async () => {
    const store = await open(scope);
    await login(store);
    const names = Array.from({ length: 500 }, (_, i) => `n${i}`);
    await store.directs.addToList(receiver, 'whitelist', names);
    const found = new Set<string>();
    const lives = new Set<string>();
    const pages = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page = await store.directs.readList(receiver, 'whitelist', { cursor, limit: 100 });
      if (page === 'gone') throw new Error('the user is gone');
      expect(page.count).toBe(500);
      lives.add(page.life);
      for (const name of page.names) found.add(name);
      pages.push(page.names.length);
      cursor = page.next;
    }
    expect(pages.length).toBeGreaterThan(1);
    expect([...found].toSorted()).toEqual(names.toSorted());
    expect([...lives]).toEqual([expect.stringMatching(/^.{16}$/)]);
  });
}
