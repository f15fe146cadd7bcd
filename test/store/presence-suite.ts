// What contacts are told of a user, in Redis: when something is due, who tells it, and what they know once it is told.
import { expect, test } from '@jest/globals';
import { userTopic } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { connect, login, logout, notice } from './contact-actions.ts';
import { frame, frameText, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const GRACE_MS = 60_000;

const settle = (
  store: Store,
  more: { nodeId?: string; deadId?: string; toldOnline?: boolean; restMs?: number } = {},
): ReturnType<Store['presences']['settle']> => store.presences.settle('ann', { nodeId: 'n1', restMs: 0, ...more });

/** Two contacts; ann is online. */
async function contacts(open: OpenStore, presenceGraceMs: number): Promise<Store> {
  const store = await open(scope, { presenceGraceMs });
  for (const name of ['ann', 'bob']) await login(store, name);
  await connect(store, 'ann', 'bob');
  return store;
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function presenceSuite(open: OpenStore): void {
  edges(open);
  claims(open);
  goingOn(open);
  telling(open);
}

function edges(open: OpenStore): void {
  test('is news of the first socket and after the last, of who has contacts, and of nobody else', async () => {
    const store = await open(scope);
    expect(await login(store, 'ann')).toMatchObject({ isNews: false });
    expect(await logout(store, 'ann')).toEqual({ nconnected: 0, changed: true, seenForMs: undefined });
    expect(await settle(store)).toBe('settled');
    for (const name of ['ann', 'bob']) await login(store, name);
    await connect(store, 'ann', 'bob');
    expect(await settle(store)).toBe('settled');
    expect(await login(store, 'ann', 's2')).toMatchObject({ isNews: false });
    expect(await logout(store, 'ann', { socketId: 's2' })).toMatchObject({ seenForMs: undefined });
    expect(await logout(store, 'ann')).toMatchObject({ seenForMs: 0 });
    expect(await settle(store)).toEqual({ waitMs: 0, online: false, lastOnline: expect.any(Number), isAnew: true });
    expect(await settle(store, { toldOnline: false })).toBe('settled');
    expect(await login(store, 'ann')).toMatchObject({ isNews: true });
    expect(await settle(store)).toEqual({ waitMs: 0, online: true, lastOnline: expect.any(Number), isAnew: true });
    expect(await settle(store, { toldOnline: true })).toBe('settled');
    expect(await store.presences.settle('nobody', { nodeId: 'n1' })).toBe('gone');
  });

  test('waits for a grace, in which a user who comes back has never gone; none where it went on purpose', async () => {
    const store = await contacts(open, GRACE_MS);
    const out = await logout(store, 'ann');
    if (typeof out === 'string') throw new Error(out);
    expect(out.seenForMs).toBeGreaterThan(GRACE_MS / 2);
    const found = await settle(store);
    expect(found).toMatchObject({ online: true });
    expect(typeof found === 'object' && found.waitMs > GRACE_MS / 2).toBe(true);
    expect(await store.contacts.readProfile('ann', 'bob')).toMatchObject({ online: true });
    // The clock was set back: no grace is as long.
    const { meta } = store.keys.user('ann');
    const away = await store.client.hget(meta, 'away');
    await store.client.hset(meta, 'away', String(Number(away) + 1_000_000));
    expect(await store.contacts.readProfile('ann', 'bob')).toMatchObject({ online: false });
    await store.client.hset(meta, 'away', away ?? '');
    expect(await login(store, 'ann')).toMatchObject({ isNews: false });
    expect(await settle(store)).toBe('settled');
    expect(await logout(store, 'ann', { onPurpose: true })).toMatchObject({ seenForMs: 0 });
    expect(await settle(store)).toMatchObject({ waitMs: 0, online: false });
  });

  test('is told anew where a new contact was shown otherwise', async () => {
    const store = await open(scope);
    for (const name of ['ann', 'bob', 'carol']) await login(store, name);
    const wish = { op: 'add', adds: false, trusted: false } as const;
    const shown = notice('', { shownOnline: false });
    expect(await store.contacts.apply('ann', 'bob', wish, shown)).toEqual({ changed: true, isShownWrong: true });
    // It was never away.
    expect(await settle(store)).toEqual({ waitMs: 0, online: true, lastOnline: undefined, isAnew: true });
    expect(await settle(store, { toldOnline: true })).toBe('settled');
    const pair = { truth: 'ann', mirror: 'carol' };
    await store.contacts.begin(pair, wish, 'v1', shown);
    expect(await store.contacts.finish(pair, 'v1', 'add', shown)).toEqual({ again: undefined, isShownWrong: true });
    expect(await settle(store)).toMatchObject({ waitMs: 0, online: true });
  });
}

function claims(open: OpenStore): void {
  test('is told by one node, which finds out what has changed since; by another once that one is dead', async () => {
    const store = await contacts(open, 0);
    await logout(store, 'ann');
    expect(await settle(store)).toMatchObject({ online: false });
    expect(await settle(store, { nodeId: 'n2' })).toBe('busy');
    expect(await store.presences.readTold('ann', 'n2', '')).toBe('lost');
    expect(await login(store, 'ann')).toMatchObject({ isNews: true });
    expect(await settle(store, { nodeId: 'n2' })).toBe('busy');
    expect(await settle(store, { toldOnline: false })).toMatchObject({ waitMs: 0, online: true });
    // It dies in the middle: nobody knows who was told.
    await logout(store, 'ann');
    expect(await settle(store, { nodeId: 'n2', deadId: 'n1' })).toMatchObject({ waitMs: 0, online: false });
    expect(await settle(store, { toldOnline: true })).toBe('busy');
    expect(await store.presences.readTold('ann', 'n1', '')).toBe('lost');
    expect(await settle(store, { nodeId: 'n2', toldOnline: false })).toBe('settled');
    // A claim that nobody has kept up for long is none.
    await login(store, 'ann');
    await settle(store);
    await store.client.hset(store.keys.user('ann').meta, 'teller', 'n1 1');
    expect(await settle(store, { nodeId: 'n2' })).toMatchObject({ online: true });
  });
}

function goingOn(open: OpenStore): void {
  test('is gone on with by the node that is at it, which knows whether there is something new', async () => {
    const store = await contacts(open, 0);
    await logout(store, 'ann');
    expect(await settle(store)).toMatchObject({ online: false, isAnew: true });
    expect(await settle(store)).toMatchObject({ online: false, isAnew: false });
    expect(await settle(store, { nodeId: 'n2', deadId: 'n1' })).toMatchObject({ online: false, isAnew: true });
    // A stay that is over before all were told is not forgotten.
    expect(await login(store, 'ann')).toMatchObject({ isNews: true });
    await logout(store, 'ann');
    const again = await settle(store, { nodeId: 'n2', toldOnline: false });
    expect(again).toMatchObject({ waitMs: 0, online: false, isAnew: true });
    expect(await settle(store, { nodeId: 'n2', toldOnline: false })).toBe('settled');
    // Neither is a new contact that was shown something else, and may be one whom it was too late to tell.
    await login(store, 'carol');
    expect(await login(store, 'ann')).toMatchObject({ isNews: true });
    expect(await settle(store)).toMatchObject({ online: true });
    const wish = { op: 'add', adds: false, trusted: false } as const;
    const wrong = notice('', { shownOnline: false });
    expect(await store.contacts.apply('ann', 'carol', wish, wrong)).toMatchObject({ isShownWrong: true });
    expect(await settle(store, { toldOnline: true })).toMatchObject({ online: true, isAnew: true });
  });

  test('leaves contacts alone for a while after they were told, and tells what came meanwhile as one', async () => {
    const restMs = 60_000;
    const store = await contacts(open, 0);
    await logout(store, 'ann');
    expect(await settle(store, { restMs })).toMatchObject({ waitMs: 0, online: false });
    await login(store, 'ann');
    const found = await settle(store, { restMs, toldOnline: false });
    expect(typeof found === 'object' && found.waitMs > restMs / 2 && found.waitMs <= restMs + 1).toBe(true);
    // No node has it meanwhile, and each is told to wait.
    expect(await store.presences.readTold('ann', 'n1', '')).toBe('lost');
    expect(await settle(store, { restMs, nodeId: 'n2' })).toMatchObject({ online: true });
    // Where the clock was set back it is not waited for longer.
    const { meta } = store.keys.user('ann');
    await store.client.hincrby(meta, 'quiet', 1_000_000);
    expect(await settle(store, { restMs, nodeId: 'n2' })).toMatchObject({ waitMs: 0, online: true });
  });

  test('is nothing to whom the last contact is lost', async () => {
    const store = await contacts(open, 0);
    await connect(store, 'ann', 'bob', 'remove');
    expect(await logout(store, 'ann')).toMatchObject({ seenForMs: undefined });
    expect(await settle(store)).toBe('settled');
    const { meta } = store.keys.user('ann');
    expect(await store.client.hmget(meta, 'told', 'teller')).toEqual([null, null]);
  });
}

function telling(open: OpenStore): void {
  test('goes to the sockets of each contact, page by page, and not past a block', async () => {
    const store = await contacts(open, 0);
    for (const name of ['carol', 'dave', 'erin']) await login(store, name);
    for (const name of ['carol', 'dave', 'erin']) await connect(store, 'ann', name);
    await store.directs.addToList('ann', 'blacklist', ['carol']);
    await store.directs.addToList('dave', 'blacklist', ['ann']);
    await logout(store, 'ann');
    await settle(store);
    expect(await store.presences.readTold('ann', 'n1', '', 3)).toEqual({ names: ['bob', 'dave'], next: 'dave' });
    expect(await store.presences.readTold('ann', 'n1', 'dave', 3)).toEqual({ names: ['erin'], next: undefined });
    const events = await store.listen(userTopic('bob'));
    const tell = (to: string): Promise<boolean> => store.presences.tell(to, 'ann', frame('ann has gone'));
    expect(await tell('bob')).toBe(true);
    expect(await tell('dave')).toBe(false);
    expect(await store.presences.tell('carol', 'bob', frame('no contact'))).toBe(false);
    await logout(store, 'erin');
    expect([await tell('erin'), await tell('nobody')]).toEqual([false, false]);
    await eventually(() => expect(events.map(frameText)).toEqual(['<ann has gone>']));
  });

  test('is read in pages of 500, of 5,000 contacts too', async () => {
    const store = await contacts(open, 0);
    const names = Array.from({ length: 5000 }, (_, i) => `user${String(i).padStart(4, '0')}`);
    const keys = store.keys.user('ann');
    await store.client.zadd(keys.contacts, ...names.flatMap((name) => [0, name]));
    await store.client.sadd(keys.blacklist, ...names.slice(0, 1000));
    await logout(store, 'ann');
    await settle(store);
    let told = 0;
    let pages = 0;
    for (let after: string | undefined = ''; after !== undefined; pages++) {
      const page = await store.presences.readTold('ann', 'n1', after);
      if (page === 'lost') throw new Error(page);
      told += page.names.length;
      after = page.next;
    }
    expect({ told, pages }).toEqual({ told: 4001, pages: 11 });
  });
}
