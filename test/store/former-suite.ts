// What a deleted user belonged to: noted by the step that deletes it, or that finds it gone, until it is off those rosters. Nobody has
// the name before, and whoever comes late with such a note takes nothing from who has it since.
import { expect, test } from '@jest/globals';
import type { Commands } from '../../src/redis/commands.ts';
import { AdminStore } from '../../src/store/admin/admin-store.ts';
import type { MemberChange } from '../../src/store/member/due.ts';
import { eventually } from '../support/eventually.ts';
import { roomTopic, userTopic } from '../../src/redis/keys.ts';
import { SERVICE } from '../../src/store/rights.ts';
import { useScope } from '../support/scope.ts';
import { addAll, addUser, made, membersOf, tell } from './member-actions.ts';
import { room, starter, type Start } from './room-actions.ts';
import { frame, frameText, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const ann = 'ann';

/** Makes a user a member, which it is told of, and then deletes it. Gives its membership. */
async function memberDeleted(store: Store): Promise<string> {
  await addUser(store, ann);
  const { due = [] } = await made(addAll(store, 'owner', ann));
  for (const one of due) await tell(store, one);
  await store.dues.forget(room, due);
  await away(store);
  expect(await store.admin.deleteUser(ann)).toBe('ok');
  return (await store.belongs.readFormer(ann)).get(room) ?? '';
}

async function away(store: Store): Promise<void> {
  for (const socketId of (await store.users.readSockets(ann)).keys()) {
    await store.users.logout(ann, socketId, frame('gone'), []);
  }
}

const arrival = { socketId: 's1', nodeId: 'n1', echo: frame('connected') };
const lists = { whitelistOnly: false, lists: { whitelist: [], blacklist: [] } };
const end = (store: Store, membership: string): Promise<void> =>
  store.members.erase(room, ann, frame('erased'), { membership });

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function formerSuite(open: OpenStore): void {
  const start = starter(open, scope);
  ending(start);
  noting(start);
  erasing(open);
}

function ending(start: Start): void {
  test('nobody has the name of one who is a member yet, and of who is none anybody has it', async () => {
    const store = await start();
    const membership = await memberDeleted(store);
    const { life } = await made(addAll(store, 'owner', 'bob'));
    expect(membership).toMatch(new RegExp(`^${life} \\d+ \\d+$`));
    expect(await store.users.login(ann, arrival)).toBe('former');
    expect(await store.admin.createUser(ann, lists)).toBe('former');
    // Another one has been noted since this was read.
    await store.belongs.forgetFormer(ann, [
      [room, `${life} 1 1`],
      ['another', membership],
    ]);
    await store.belongs.forgetFormer(ann, []);
    expect(await store.users.login(ann, arrival)).toBe('former');
    await store.belongs.forgetFormer(ann, [[room, membership]]);
    expect(await store.users.login(ann, arrival)).toMatchObject({ nconnected: 1 });
  });

  test('is off the roster once, and who comes late ends no membership of a later user of the name', async () => {
    const store = await start();
    const membership = await memberDeleted(store);
    const events = await store.listen(roomTopic(room));
    await end(store, membership);
    expect(await membersOf(store)).toEqual({ owner: 'owner' });
    await made(addAll(store, 'owner', ann));
    await end(store, membership);
    expect(await membersOf(store)).toEqual({ ann: 'member', owner: 'owner' });
    await eventually(() => expect(events.map(frameText).filter((text) => text === '<erased>')).toHaveLength(1));
    // That it was done is known for a while.
    expect(await store.client.pttl(store.keys.room(room).nonces)).toBeGreaterThan(3_500_000);
  });

  test('is no member of another room of that name, and of one that is gone', async () => {
    const store = await start();
    const membership = await memberDeleted(store);
    await store.rooms.delete(room, SERVICE, 'n1', frame('deleted'));
    await end(store, membership);
    await store.rooms.create(room, roomOptions('owner'));
    await made(addAll(store, 'owner', ann));
    await end(store, membership);
    expect(await membersOf(store)).toEqual({ ann: 'member', owner: 'owner' });
  });
}

function noting(start: Start): void {
  test('is noted where it was added and is found gone, and not where it was removed since', async () => {
    const store = await start();
    const change = (what: MemberChange['what'], at: number): MemberChange => ({
      what,
      at,
      seq: 1,
      life: 'first',
      by: 'owner',
      exceptSocket: undefined,
    });
    const added = change('added', 5);
    await tell(store, { userName: ann, changes: [added, change('removed', 6)] });
    await tell(store, { userName: ann, changes: [change('deleted', 7)] });
    expect(await store.belongs.readFormer(ann)).toEqual(new Map());
    expect(await tell(store, { userName: ann, changes: [change('removed', 4), added] })).toBeUndefined();
    expect(await store.belongs.readFormer(ann)).toEqual(new Map([[room, 'first 5 1']]));
    expect(await store.users.login(ann, arrival)).toBe('former');
  });

  test('what was to be told of it, and is late, tells a later user of the name nothing', async () => {
    const store = await start();
    await addUser(store, ann);
    const { due = [] } = await made(addAll(store, 'owner', ann));
    await away(store);
    expect(await store.admin.deleteUser(ann)).toBe('ok');
    const [added] = due;
    if (added === undefined) throw new Error('it is to be told');
    expect(await tell(store, added)).toBeUndefined();
    const former = await store.belongs.readFormer(ann);
    await end(store, former.get(room) ?? '');
    await store.belongs.forgetFormer(ann, former);
    await addUser(store, ann);
    const events = await store.listen(userTopic(ann));
    await tell(store, added);
    expect(await store.belongs.read(ann)).toEqual(new Map());
    // A later membership is told.
    const { due: later = [] } = await made(addAll(store, 'owner', ann));
    for (const one of later) await tell(store, one);
    await eventually(() => expect(events).toHaveLength(1));
    expect([...(await store.belongs.read(ann)).keys()]).toEqual([room]);
  });
}

function erasing(open: OpenStore): void {
  test('whose node dies right behind the deletion is erased where that is asked for, though an earlier one of the name was', async () => {
    const { erasures, admin, ...store } = await open(scope);
    await erasures.begin(ann, false);
    const erasure = await erasures.take();
    if (erasure === undefined) throw new Error('there is one');
    await erasures.end(erasure);
    await admin.createUser(ann, lists);
    let isDead = false;
    const dying: Pick<Commands, 'run' | 'plain'> = {
      run: async (...asked) => {
        const done = await store.commands.run(...asked);
        isDead = true;
        return done;
      },
      plain: (...asked) => (isDead ? Promise.reject(new Error('dead')) : store.commands.plain(...asked)),
    };
    const options = { resumeTokenMs: 1000, historyMaxAgeMs: 0 };
    await new AdminStore(dying as Commands, store.keys, options).deleteUser(ann).catch(() => undefined);
    expect(await admin.hasUser(ann)).toBe(false);
    expect(await erasures.begin(ann, false)).toBe(false);
  });
}
