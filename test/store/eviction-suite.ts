// Who is taken out of a room, in Redis: by which event of its log, and noted for which node until it is told.
import { expect, test } from '@jest/globals';
import type { Changed, NamesWanted } from '../../src/store/access/changed.ts';
import type { Evicted } from '../../src/store/access/evictions.ts';
import { evictionsOf, type TopicEvent } from '../../src/log/event.ts';
import { roomTopic } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { add, changeOwner, leftPrefix, setMode, take } from './access-actions.ts';
import { join, room, starter, type Start } from './room-actions.ts';
import type { OpenStore, Store } from './store.ts';

const scope = useScope();
const users = ['ann', 'bob', 'cid'];

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function evictionSuite(open: OpenStore): void {
  const start = starter(open, scope);
  numbers(start);
  notes(start);
}

/** Of each user the number of the event that has taken it out, by what was published. */
const numbersIn = (events: readonly TopicEvent[]): Record<string, number> =>
  Object.fromEntries(
    events.flatMap((event) =>
      event.kind === 'evicted' ? evictionsOf(event).map(({ userName }) => [userName, event.seq]) : [],
    ),
  );

type Replied = Pick<Changed, 'evicted'> | NamesWanted | string | undefined;

/** The same by what a script has replied. */
function numbersOf(replied: Replied): Record<string, number> {
  if (typeof replied === 'string') throw new Error(replied);
  if (replied === undefined || !('evicted' in replied)) throw new Error('nothing was done');
  return Object.fromEntries(replied.evicted.map(({ userName, seq = 0 }) => [userName, seq]));
}

/** Each takes all of `users` out by one script. */
const changes: readonly [what: string, change: (store: Store) => Promise<Replied>][] = [
  ['a list', (store) => add(store, 'owner', 'blacklist', ...users)],
  ['the mode', (store) => setMode(store, 'owner', true)],
];

function numbers(start: Start): void {
  test.each(changes)('by %s: each user has the number of the event that names it', async (_, change) => {
    for (const [largeSize, userlistUpdates, count] of [
      [1000, true, 3],
      [1000, false, 1],
      // The mode of a large room is another matter: below.
      [3, true, 3],
    ] as const) {
      const store = await start({ largeSize }, { userlistUpdates });
      for (const user of users) await join(store, user);
      await join(store, 'ann', 'ann-2', 'n2');
      const events = await store.listen(roomTopic(room));
      const replied = numbersOf(await change(store));
      expect(Object.keys(replied).toSorted()).toEqual(users);
      expect(new Set(Object.values(replied)).size).toBe(count);
      await eventually(() => expect(numbersIn(events)).toEqual(replied));
    }
  });

  test('by another owner, and page by page in a large room, told together', async () => {
    const store = await start({ largeSize: 1 });
    for (const user of ['owner', ...users]) await join(store, user);
    const events = await store.listen(roomTopic(room));
    expect(numbersOf(await setMode(store, 'owner', true))).toEqual({});
    const page = await store.access.evictPage(room, 'n1', '0', leftPrefix);
    const replied = numbersOf(page);
    expect(new Set(Object.values(replied))).toEqual(new Set([page?.at.seq]));
    const changed = numbersOf(await changeOwner(store, ''));
    expect(Object.keys(changed)).toEqual(['owner']);
    await eventually(() => expect(numbersIn(events)).toEqual({ ...replied, ...changed }));
    expect(Object.keys(replied).toSorted()).toEqual(users);
  });
}

/** Whom a node is to tell, by name. */
async function untold(store: Store, nodeId: string): Promise<Record<string, Evicted>> {
  const found: Record<string, Evicted> = {};
  for await (const page of store.evictions.untold(room, nodeId)) {
    for (const one of page) found[one.user.userName] = one;
  }
  return found;
}

function notes(start: Start): void {
  test('are noted for the node that tells, until that has told of the latest', async () => {
    const teller = { nodeId: 'n1' };
    const store = await start({ instance: teller });
    for (const user of users) await join(store, user);
    await join(store, 'ann', 'ann-2', 'n2');
    const before = await store.logOf('n1').readPosition(roomTopic(room));
    if (before === 'gone') throw new Error('the room is gone');
    const numbered = numbersOf(await add(store, 'owner', 'blacklist', 'ann', 'bob'));
    teller.nodeId = 'n2';
    await add(store, 'owner', 'blacklist', 'cid');
    const { epoch } = before;
    const noted = await untold(store, 'n1');
    const [ann = 0, bob = 0] = [numbered['ann'], numbered['bob']];
    const { life } = noted['ann'] ?? {};
    expect(life).toMatch(/^[\w-]{16}$/);
    expect(noted).toEqual({
      ann: {
        life,
        at: { epoch, seq: ann },
        by: 'n1',
        user: { userName: 'ann', socketIds: ['ann-1', 'ann-2'], nodeIds: ['n1', 'n2'], seq: ann },
      },
      bob: {
        life,
        at: { epoch, seq: bob },
        by: 'n1',
        user: { userName: 'bob', socketIds: ['bob-1'], nodeIds: ['n1'], seq: bob },
      },
    });
    expect(Object.keys(await untold(store, 'n2'))).toEqual(['cid']);
    expect((await store.ttls())[`{room:${room}}:evicted`]).toBeGreaterThan(0);

    // Lost once more while the first removal was told.
    await take(store, 'owner', 'blacklist', 'bob');
    await join(store, 'bob');
    await add(store, 'owner', 'blacklist', 'bob');
    const evicted = Object.values(noted).map((one) => one.user);
    const gone = { userName: 'cid', socketIds: [], nodeIds: [] };
    await store.evictions.forget(room, [...evicted, { ...gone, seq: 1 }, gone]);
    expect(await untold(store, 'n1')).toEqual({});
    expect(Object.keys(await untold(store, 'n2')).toSorted()).toEqual(['bob', 'cid']);
    const rest = Object.values(await untold(store, 'n2')).map((one) => one.user);
    for (let i = 0; i < 2; i++) await store.evictions.forget(room, rest);
    await store.evictions.forget(room, []);
    expect(await store.ttls()).not.toHaveProperty([`{room:${room}}:evicted`]);
  });
}
