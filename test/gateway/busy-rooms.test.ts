// Rooms so busy that messages wait for one another: whoever is there hears all in one order, who leaves or is taken out hears
// nothing after that was answered, and who posts hears its own before the answer. On nodes where nothing waits it is the same.
import { describe, expect, test } from '@jest/globals';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { counted } from '../support/talk.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const ROOM = 'stadium';
/** Of one node: more than a window is worth. */
const CROWD = 110;
const env = {
  PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
  PARLEY_RATE_BURST: '10000',
  PARLEY_GUESTS_PER_ADDRESS: '1000',
  PARLEY_SOCKETS_PER_USER: '200',
};

const idsOf = (user: User): number[] => user.heard('roomMessage').map(([, message]) => Number(field(message, 'id')));

describe.each(['10', '0'])('with a window of %s ms', (PARLEY_BUSY_WINDOW_MS) => {
  test('a busy room keeps its order, its joins, its leaves and its evictions', async () => {
    const service = await startService(scope, { nodes: 2, env: { ...env, PARLEY_BUSY_WINDOW_MS } });
    const logIn = async (node: 0 | 1, userName: string): Promise<User> => {
      const user = await loginRpc(scope, service.node(node).url, userName);
      return user;
    };
    const owner = await logIn(1, 'owner');
    await owner.call('roomCreate', ROOM);
    await owner.call('roomJoin', ROOM);
    const crowd = await Promise.all(
      Array.from({ length: CROWD }, async (_, i) => {
        const user = await logIn(0, i === 0 ? 'mallory' : 'crowd');
        await user.call('roomJoin', ROOM);
        return user;
      }),
    );
    const [mallory, leaver, witness] = crowd;
    if (mallory === undefined || leaver === undefined || witness === undefined) throw new Error('nobody there');

    let isOver = false;
    const ids: number[] = [];
    const unheard: unknown[] = [];
    const post = async (user: User): Promise<void> => {
      for (let n = 0; !isOver; n++) {
        const id = await user.call('roomMessage', ROOM, { n });
        ids.push(Number(id));
        // Its own comes before its answer.
        if (idsOf(user).at(-1) !== id && !idsOf(user).includes(Number(id))) unheard.push(id);
      }
    };
    const began = performance.now();
    const posting = [owner, ...crowd.slice(3, 9)].map(post);
    await eventually(() => expect(ids.length).toBeGreaterThan(200));

    await owner.call('roomAddToList', ROOM, 'blacklist', ['mallory']);
    await leaver.call('roomLeave', ROOM);
    const left = idsOf(leaver);
    const newcomer = await logIn(0, 'newcomer');
    await newcomer.call('roomJoin', ROOM);
    await mallory.next('roomAccessRemoved');
    const evicted = idsOf(mallory);
    const before = ids.length;
    await eventually(() => expect(ids.length).toBeGreaterThan(before + 200));
    isOver = true;
    await Promise.all(posting);
    const held = await counted([service.node(0)], 'parley_arrivals_held_total');
    if (PARLEY_BUSY_WINDOW_MS === '0') expect(held).toBe(0);
    // Where the machine was fast enough for the room to be busy.
    else if ((ids.length * 1000) / (performance.now() - began) > 1000) expect(held).toBeGreaterThan(0);

    const last = Math.max(...ids);
    const all = Array.from({ length: last }, (_, i) => i + 1);
    for (const user of [owner, witness]) await eventually(() => expect(idsOf(user).at(-1)).toBe(last));
    for (const user of [owner, witness]) expect(idsOf(user)).toEqual(all);
    expect(unheard).toEqual([]);
    expect(idsOf(leaver)).toEqual(left);
    expect(idsOf(mallory)).toEqual(evicted);
    for (const heard of [left, evicted]) expect(heard).toEqual(all.slice(0, heard.length));
    await eventually(() => expect(idsOf(newcomer).at(-1)).toBe(last));
    const [first = 0] = idsOf(newcomer);
    expect(idsOf(newcomer)).toEqual(all.slice(first - 1));
  });
});
