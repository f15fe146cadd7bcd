// Telling two users of changes of their messages: each change once and in its order, nothing that was recalled, and nothing late that
// undoes what was told.
import { expect, test } from '@jest/globals';
import { directEchoFrame } from '../../src/protocol/direct.ts';
import { notificationFrame } from '../../src/protocol/wire/frame.ts';
import { storedMessageIn } from '../../src/protocol/wire/message-frame.ts';
import type { TopicEvent } from '../../src/log/event.ts';
import { userTopic } from '../../src/redis/keys.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import {
  append,
  change,
  changed,
  noticesIn,
  react,
  recall,
  say,
  send,
  tellDue,
  update,
} from './direct-change-actions.ts';
import { keysWith, MARKER } from './erase-actions.ts';
import { deliver, keysOf, login, logout } from './pair-actions.ts';
import type { OpenStore, Store, StoreOptions } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function changeTellingSuite(open: OpenStore): void {
  telling(open);
  blocked(open);
  recalled(open);
  late(open);
  notes(open);
}

async function two(open: OpenStore, options: StoreOptions = {}): Promise<Store> {
  const store = await open(scope, { inboxSize: 100, ...options });
  for (const userName of ['ann', 'bob']) await login(store, userName);
  return store;
}

/** All that a user was told since its first login, as a device that comes back reads it. */
async function inboxOf(store: Store, userName: string): Promise<readonly TopicEvent[]> {
  const at = await store.logOf('n1').readPosition(userTopic(userName));
  if (at === 'gone') throw new Error(at);
  const { epoch } = at;
  const read = await store.inboxes.readBehind(userName, { epoch, seq: 0 }, { epoch, seq: at.id }, 1 << 20);
  if (read === 'lost') throw new Error(read);
  return read;
}

const kindsIn = (events: readonly TopicEvent[]): unknown[] =>
  noticesIn(events).map(([name, first, second]) =>
    name === 'directMessageChanged' ? [first, Object(second).change, Object(second).kind] : name,
  );

function telling(open: OpenStore): void {
  test('both sides are told each change once, in order, whoever tells it how often', async () => {
    const store = await two(open);
    await send(store, 'ann', 'bob');
    await change(store, 'ann', 'bob', [update(1, { textMessage: 'x' }), append(1, 'y')]);
    const page = await store.pairChanges.settle('ann', 'bob', []);
    if (page === 'noPair') throw new Error(page);
    const telling = { peer: 'ann', life: page.life, changes: page.due };
    // A node that dies behind the first side leaves the rest to the next one.
    expect(await store.changesTold.tell('bob', telling)).toMatchObject({ told: 2 });
    await changed(store, 'bob', 'ann', react(1, '+'));
    expect(await tellDue(store, 'bob', 'ann')).toEqual([1, 2, 3]);
    expect(await store.changesTold.tell('bob', telling)).toMatchObject({ told: 0 });
    expect(await tellDue(store, 'ann', 'bob')).toEqual([]);
    const told = [
      [1, 'update'],
      [2, 'append'],
      [3, 'reactions'],
    ];
    expect(kindsIn(await inboxOf(store, 'bob'))).toEqual(['directMessage', ...told.map((one) => ['ann', ...one])]);
    expect(kindsIn(await inboxOf(store, 'ann'))).toEqual(told.map((one) => ['bob', ...one]));
    expect(await keysOf(store)).not.toContain('{pair:ann:bob}:changed:due');
  });

  test('another life of their log has changes of its own, and so has one that has lost some in a failover', async () => {
    const store = await two(open);
    await send(store, 'ann', 'bob');
    await change(store, 'ann', 'bob', [append(1, '1'), append(1, 'x', 0), react(1, 'x')]);
    expect(await tellDue(store, 'ann', 'bob')).toEqual([1, 2]);
    const due = { id: 1, always: false, by: 'ann', left: Buffer.alloc(0), isOwn: true, isPeers: true };
    const told = Buffer.from(notificationFrame('ping' as never, [])).subarray(0, 1);
    const tell = (life: string, number: number, timestamp: number): Promise<unknown> =>
      store.changesTold.tell('bob', { peer: 'ann', life, changes: [{ ...due, number, timestamp, told }] });
    const page = await store.pairChanges.settle('ann', 'bob', []);
    const { life } = Object(page);
    expect(await tell('another life....', 1, 1)).toMatchObject({ told: 1 });
    expect(await tell('another life....', 1, 1)).toMatchObject({ told: 0 });
    expect(await tell(life, 2, 8_000_000_000_000)).toMatchObject({ told: 1 });
  });

  test('a user who is not there is told nothing, and what is noted goes with the user', async () => {
    const store = await open(scope);
    await login(store, 'ann');
    await send(store, 'ann', 'bob').catch(() => undefined);
    await changed(store, 'ann', 'bob', append(1, '1'));
    expect(await tellDue(store, 'ann', 'bob')).toEqual([1]);
    expect((await keysOf(store)).filter((key) => key.includes(':changed:'))).toEqual(['{user:ann}:changed:told']);
    await logout(store, 'ann');
    await store.admin.deleteUser('ann');
    expect((await keysOf(store)).filter((key) => key.includes(':changed:'))).toEqual([]);
  });
}

function blocked(open: OpenStore): void {
  test('who has blocked the other one hears of nothing that it does, but of what it takes back', async () => {
    const store = await two(open);
    for (let i = 0; i < 2; i++) await send(store, 'ann', 'bob');
    await store.directs.addToList('bob', 'blacklist', ['ann']);
    await change(store, 'ann', 'bob', [append(1, '1'), recall(1), react(2, 'x')]);
    await change(store, 'bob', 'ann', [react(2, 'y')]);
    await tellDue(store, 'ann', 'bob');
    expect(kindsIn(await inboxOf(store, 'bob')).slice(2)).toEqual([
      // Nothing of what it said.
      ['ann', 1, 'recall'],
      ['ann', 2, 'recall'],
      ['ann', 4, 'reactions'],
    ]);
    expect(kindsIn(await inboxOf(store, 'ann'))).toHaveLength(4);
  });
}

function recalled(open: OpenStore): void {
  test.each([
    ['inboxes', 100],
    ['rings', 0],
  ])('of a message that is recalled nothing is left anywhere in Redis, with %s', async (_, inboxSize) => {
    const store = await two(open, { inboxSize });
    const echo = async (frame: Uint8Array, life: string): Promise<unknown> =>
      store.directs.echo('ann', {
        peer: 'bob',
        life,
        asOf: 0,
        messages: [{ exceptSocket: undefined, frame: directEchoFrame('bob', frame) }],
      });
    for (const text of [MARKER, 'other']) {
      const said = await send(store, 'ann', 'bob', { textMessage: text });
      await echo(said.frame, said.life);
    }
    await send(store, 'bob', 'ann', { textMessage: 'third' });
    await change(store, 'ann', 'bob', [append(1, MARKER), react(1, MARKER.slice(0, 8))]);
    await tellDue(store, 'ann', 'bob');
    await change(store, 'ann', 'bob', [update(1, { textMessage: MARKER, more: { list: [MARKER] } }), append(2, '!')]);
    const before = await store.logOf('n1').readPosition(userTopic('bob'));
    const [made] = await change(store, 'ann', 'bob', [recall(1, 'why')]);
    expect(made).toMatchObject({ version: 4 });
    expect(await tellDue(store, 'bob', 'ann')).toEqual([3, 4, 5]);
    await store.authored.rewrite(store.pairChanges.keysOf('ann', 'bob'));
    expect(await keysWith(store.client, store.keys.prefix, MARKER)).toEqual([]);
    const log = await store.logOf('n1').readAfter(userTopic('bob'), { ...Object(before), seq: 0, id: 0 });
    if (log === 'gone') throw new Error(log);
    const [first, second, ...notices] = log.events;
    expect(storedMessageIn(first?.frame ?? Buffer.alloc(0)).value).toMatchObject({
      id: 1,
      author: 'ann',
      recalled: true,
      version: 4,
    });
    expect(storedMessageIn(second?.frame ?? Buffer.alloc(0)).value).toMatchObject({ id: 2, textMessage: 'other' });
    expect(kindsIn(notices)).toEqual([
      ['ann', 1, 'recall'],
      ['ann', 2, 'reactions'],
      ['ann', 3, 'recall'],
      ['ann', 4, 'append'],
      ['ann', 5, 'recall'],
    ]);
    // Each event where it was, and the author's own side alike.
    expect(log.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const own = noticesIn(
      (
        (await store.logOf('n1').readAfter(userTopic('ann'), { ...Object(before), seq: 0, id: 0 })) as {
          events: TopicEvent[];
        }
      ).events,
    );
    expect(own.slice(0, 3)).toMatchObject([
      ['directMessageEcho', 'bob', { id: 1, recalled: true }],
      ['directMessageEcho', 'bob', { id: 2, textMessage: 'other' }],
      ['directMessage', { id: 3, textMessage: 'third' }],
    ]);
  });
}

function late(open: OpenStore): void {
  test('a message that was changed since it was read is not told as it was', async () => {
    const store = await two(open);
    const said = await say(store, 'ann', 'bob', { textMessage: MARKER });
    await changed(store, 'ann', 'bob', recall(1));
    await tellDue(store, 'ann', 'bob');
    const told = await deliver(store, 'bob', 'ann', said);
    if (told === 'noUser') throw new Error(told);
    expect(told).toMatchObject({ told: 0, stale: expect.any(Buffer) });
    const writing = {
      author: 'ann',
      rights: rightsOf('ann'),
      life: said.life,
      asOf: said.asOf,
      after: 0,
      ending: true,
    };
    const [now] = await store.pairs.readKept('bob', 'ann', [said]);
    if (now === undefined) throw new Error('it is kept');
    const again = { ...writing, messages: [now], seen: told.stale };
    expect(await store.directs.deliver('bob', again)).toMatchObject({ told: 1, stale: undefined });
    const echo = {
      peer: 'bob',
      life: said.life,
      asOf: 0,
      messages: [{ exceptSocket: undefined, frame: directEchoFrame('bob', said.frame) }],
    };
    const { stale } = await store.directs.echo('ann', echo);
    expect(stale).toBeInstanceOf(Buffer);
    const frame = directEchoFrame('bob', now.frame);
    const messages = [
      { exceptSocket: undefined, frame },
      { exceptSocket: undefined, frame: Buffer.alloc(0) },
    ];
    expect(await store.directs.echo('ann', { ...echo, messages, seen: stale })).toEqual({ stale: undefined });
    expect(
      await store.directs.echo('ann', { ...echo, messages: [{ exceptSocket: undefined, frame }], asOf: 1 }),
    ).toEqual({ stale: undefined });
    expect(await keysWith(store.client, store.keys.prefix, MARKER)).toEqual([]);
    await eventually(async () => expect(kindsIn(await inboxOf(store, 'ann'))).toHaveLength(3));
  });

  test('messages are read again as they are, and those that are not kept have nothing to be told of', async () => {
    const store = await two(open, { historyMaxSize: 1 });
    const said = [await say(store, 'ann', 'bob'), await say(store, 'ann', 'bob')];
    expect((await store.pairs.readKept('bob', 'carl', said)).map(({ frame }) => frame.length)).toEqual([0, 0]);
    await changed(store, 'ann', 'bob', append(2, '!'));
    await store.client.xdel(`${store.keys.prefix}:{pair:ann:bob}:history`, '1-0');
    const [first, second] = await store.pairs.readKept('bob', 'ann', said);
    expect(first).toMatchObject({ id: 1, number: 1, frame: Buffer.alloc(0) });
    expect(storedMessageIn(second?.frame ?? Buffer.alloc(0)).value).toMatchObject({ textMessage: 'hello!' });
    const unsent = await store.pairs.readUnsent('bob', 'ann', { after: 0, limit: 9, bytesMax: 1 << 20 });
    expect(unsent).toMatchObject({ asOf: 1, messages: [{ id: 2 }] });
    if (first === undefined) throw new Error('it is there');
    expect(await deliver(store, 'bob', 'ann', first)).toMatchObject({ told: 0, deliveredId: 1 });
  });
}

function notes(open: OpenStore): void {
  test('what a node has begun is noted at its author, by node, until it is ended', async () => {
    const store = await open(scope);
    const note = { peer: 'bob', nodeId: 'n*', run: 1 };
    expect(await store.changesTold.note('ann', note)).toBe('gone');
    await login(store, 'ann');
    const others = [
      { peer: 'bob', nodeId: 'n1', run: 1 },
      { peer: 'bob', nodeId: 'n*', run: 2 },
    ];
    for (const one of [note, ...others]) expect(await store.changesTold.note('ann', one)).toBe('ok');
    const underWay = async (nodeId: string): Promise<unknown[]> => {
      const found = [];
      for await (const page of store.changesTold.underWay('ann', nodeId)) found.push(...page);
      return found.toSorted((a, b) => a.run - b.run);
    };
    expect(await underWay('n*')).toEqual([note, others[1]]);
    await store.changesTold.end('ann', note);
    expect(await underWay('n*')).toEqual([others[1]]);
    expect(await underWay('n1')).toEqual([others[0]]);
  });
}
