// Edits of a list that were signed: a signature counts once, in the step of the edit that it allows, and whatever else is refused has
// not used it up.
import { expect, test } from '@jest/globals';
import type { ListEdit } from '../../src/store/access/access-store.ts';
import type { SignedEdit } from '../../src/store/signed.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { useScope } from '../support/scope.ts';
import { edit, listed, type Edited } from './access-actions.ts';
import { room, starter, type Start } from './room-actions.ts';
import { newEpoch } from '../../src/redis/tokens.ts';
import { frame, roomOptions, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const FAR = 8_000_000_000_000;
const key = `{room:${room}}:nonces`;

type Act = 'addToList' | 'removeFromList';
const act = (store: Store, how: Act, names: string[], signed: ListEdit['signed'], by = 'owner'): Edited =>
  store.access[how](room, rightsOf(by), { ...edit('blacklist', names), signed });
const once = (nonce: string, keptUntil = FAR): SignedEdit => ({ nonce, keptUntil });
const isDone = expect.objectContaining({ evicted: [] });

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function signedEditsSuite(open: OpenStore): void {
  const start = starter(open, scope);

  test('a nonce counts once for its user, whichever way the list is edited', async () => {
    const store = await start();
    expect(await act(store, 'addToList', ['ann'], once('one'))).toEqual(isDone);
    for (const how of ['addToList', 'removeFromList'] as const) {
      expect(await act(store, how, ['bob'], once('one'))).toBe('badSignature');
    }
    expect(await listed(store, 'blacklist')).toEqual(['ann']);
    expect(await act(store, 'removeFromList', ['ann'], once('two'))).toEqual(isDone);
    const racing = await Promise.all(Array.from({ length: 5 }, () => act(store, 'addToList', ['ann'], once('three'))));
    expect(racing.filter((outcome) => outcome !== 'badSignature')).toHaveLength(1);
    await store.access.addToList(room, rightsOf('owner'), edit('adminlist', ['adam']));
    expect(await act(store, 'addToList', ['bob'], once('one'), 'adam')).toEqual(isDone);
    // Where none is asked for nothing is noted.
    await act(store, 'addToList', ['carl'], undefined);
    expect(await store.client.zcard(store.keys.room(room).nonces)).toBe(4);
  });

  test('what is refused for another reason has not used it up', async () => {
    const store = await start({ listSizeLimit: 1, quotas: {} });
    const refused = async (names: string[], by: string): Promise<unknown> =>
      act(store, 'addToList', names, once('one'), by);
    expect(await refused(['ann'], 'bob')).toBe('notAllowed');
    expect(await refused(['ann', 'bob'], 'owner')).toBe('listLimitExceeded');
    expect(await act(store, 'addToList', ['ann'], 'bad', 'bob')).toBe('notAllowed');
    expect(await act(store, 'addToList', ['ann'], 'bad')).toBe('badSignature');
    expect(await act(store, 'removeFromList', [], 'bad')).toBe('badSignature');
    // Nobody is concerned: nothing was done that it could have allowed.
    expect(await act(store, 'addToList', [], once('one'))).toEqual(isDone);
    expect(await store.ttls()).not.toHaveProperty([key]);
    expect(await act(store, 'addToList', ['ann'], once('one'))).toEqual(isDone);
  });

  test('an edit that needs more of the quota first uses its nonce up when it is made', async () => {
    const store = await open(scope);
    await store.rooms.create(
      room,
      roomOptions('owner', { reserved: { life: newEpoch(), grant: { names: 0, bytes: 65_536 } } }),
    );
    expect(await act(store, 'addToList', ['ann'], once('one'))).toMatchObject({ owner: 'owner', names: 1 });
    expect(await store.ttls()).not.toHaveProperty([key]);
  });

  keeping(start);
  elsewhere(open);
}

function keeping(start: Start): void {
  test('a nonce is kept for as long as its signature is good, also when the room is made again', async () => {
    const store = await start();
    const [seconds] = await store.client.time();
    const now = Number(seconds) * 1000;
    expect(await act(store, 'addToList', ['ann'], once('late', now - 5000))).toBe('badSignature');
    await act(store, 'addToList', ['ann'], once('one', now + 600_000));
    expect((await store.ttls())[key]).toBeGreaterThan(0);
    await store.rooms.delete(room, rightsOf('owner'), 'n1', frame('gone'));
    await store.rooms.create(room, roomOptions('owner'));
    expect(await act(store, 'addToList', ['ann'], once('one', now + 600_000))).toBe('badSignature');
    await store.client.zadd(store.keys.room(room).nonces, now - 1000, 'owner\none');
    expect(await act(store, 'addToList', ['ann'], once('one', now + 600_000))).toEqual(isDone);
  });
}

function elsewhere(open: OpenStore): void {
  test('of what is done on another slot it is used up before, and may be given back', async () => {
    const store = await open(scope);
    const use = (nonce: string, by = 'ann', keptUntil = FAR): Promise<string> =>
      store.users.useNonce(by, { nonce, keptUntil });
    expect([await use('one'), await use('one'), await use('one', 'bob')]).toEqual(['ok', 'used', 'ok']);
    expect(await use('late', 'ann', 1000)).toBe('used');
    await store.users.giveNonceBack('ann', 'one');
    expect([await use('one'), await use('one', 'bob')]).toEqual(['ok', 'used']);
    const racing = await Promise.all(Array.from({ length: 5 }, () => use('two')));
    expect(racing.filter((outcome) => outcome === 'ok')).toHaveLength(1);
  });
}
