// The ends of logins: what is shown to log in again, and was issued before, is refused; what comes later is not.
import { describe, expect, test } from '@jest/globals';
import { userTopic } from '../../src/redis/keys.ts';
import { registerNode } from '../../src/store/node/node-scripts.ts';
import { ResumeKeyStore } from '../../src/store/user/resume-key-store.ts';
import type { Shown } from '../../src/store/user/user-store.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { frame, resumeTokenMs, type OpenStore, type Store } from './store.ts';

const scope = useScope();
const user = 'alice';
const tag = `{user:${user}}:`;
let sockets = 0;

interface Showing {
  readonly issuedAt?: number;
  readonly device?: string;
  readonly family?: string;
}

const shownOf = ({ issuedAt = Number.MAX_SAFE_INTEGER, device, family }: Showing): Shown => ({
  issuedAt,
  device,
  family,
});

/** Logs a socket in, and gives when; or the refusal. */
async function logIn(store: Store, showing: Showing = {}): Promise<number | string> {
  const socketId = `s${sockets++}`;
  const added = await store.users.login(user, { socketId, nodeId: 'n1', echo: frame('in'), shown: shownOf(showing) });
  if (typeof added === 'string') return added;
  return 'issuedAt' in added ? added.issuedAt : 'full';
}

/** The same, of one that succeeds, in microseconds. Two logins never have the same time, nor has one that of an end. */
async function issued(store: Store, showing: Showing = {}): Promise<number> {
  const at = await logIn(store, showing);
  if (typeof at === 'string') throw new Error(at);
  await eventually(async () => {
    const [seconds, micros] = await store.client.time();
    // The embedded store counts in milliseconds.
    expect(Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)).toBeGreaterThan(Math.floor(at / 1000));
  });
  return at;
}

const isTime = (at: number | string): boolean => typeof at === 'number';

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function revokedSuite(open: OpenStore): void {
  describe('resume tokens', () => voided(open));
  describe('logins', () => {
    revoked(open);
    keptMarks(open);
  });
  keys(open);
  nonces(open);
}

function voided(open: OpenStore): void {
  test('of one family are voided up to now, that of the login which says so among them', async () => {
    const store = await open(scope);
    const first = await issued(store);
    const other = await issued(store);
    await store.users.voidResumeTokens(user, 'chain.a', other);
    expect(await logIn(store, { issuedAt: first, family: 'chain.a' })).toBe('void');
    expect(await logIn(store, { issuedAt: other, family: 'chain.a' })).toBe('void');
    expect(isTime(await logIn(store, { issuedAt: first, family: 'chain.b' }))).toBe(true);
    // Not what is no resume token, whatever it names.
    expect(isTime(await logIn(store, { issuedAt: first, device: 'chain.a' }))).toBe(true);
    await eventually(async () =>
      expect(isTime(await logIn(store, { issuedAt: await issued(store), family: 'chain.a' }))).toBe(true),
    );
    const ttl = (await store.ttls())[`${tag}voided`] ?? 0;
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(resumeTokenMs);
  });

  test('are voided by the clock of their login where that was ahead', async () => {
    const store = await open(scope);
    const later = (await issued(store)) + 60_000_000;
    await store.users.voidResumeTokens(user, 'chain.a', later);
    expect(await logIn(store, { issuedAt: later, family: 'chain.a' })).toBe('void');
    expect(isTime(await logIn(store, { issuedAt: later + 1, family: 'chain.a' }))).toBe(true);
  });

  test('of many families leave few marks, and none of them comes back', async () => {
    const store = await open(scope);
    const before = await issued(store);
    const families = Array.from({ length: 120 }, (_, i) => `chain.${i}`);
    for (const family of families) await store.users.voidResumeTokens(user, family, 0);
    const marks = await store.client.hgetall(store.keys.user(user).voided);
    expect(Object.keys(marks).length).toBeLessThanOrEqual(101);
    const answers = await Promise.all(families.map((family) => logIn(store, { issuedAt: before, family })));
    expect(new Set(answers)).toEqual(new Set(['void']));
    // The price: who was issued one at the time of the older half shows other credentials.
    expect(await logIn(store, { issuedAt: before, family: 'chain.other' })).toBe('void');
    expect(isTime(await logIn(store, { issuedAt: await issued(store), family: 'chain.other' }))).toBe(true);
  });
}

function revoked(open: OpenStore): void {
  test('of a user end, whatever was shown, and its sockets are told to close', async () => {
    const store = await open(scope);
    expect(await store.admin.revokeLogins(user, undefined, 'why')).toBe('noUser');
    const at = await issued(store, { device: 'device.phone' });
    await issued(store);
    await store.users.voidResumeTokens(user, 'chain.a', at);
    const events = await store.listen(userTopic(user));
    expect(await store.admin.revokeLogins(user, undefined, 'why')).toBe(2);
    await eventually(() => expect(events).toMatchObject([{ kind: 'disconnect', subject: 'why' }]));
    for (const showing of [{}, { device: 'device.phone' }, { family: 'chain.a' }, { family: 'chain.b' }]) {
      expect(await logIn(store, { ...showing, issuedAt: at })).toBe('void');
      expect(await store.users.isOver(user, shownOf({ ...showing, issuedAt: at }))).toBe(true);
    }
    const now = await issued(store);
    expect(await store.users.isOver(user, shownOf({ issuedAt: now, family: 'chain.a' }))).toBe(false);
    // Tokens that others have signed may be good for ever.
    expect(await store.ttls()).toMatchObject({ [`${tag}revoked`]: -1 });
    expect(await store.ttls()).not.toHaveProperty([`${tag}voided`]);
  });

  test('of one device end, and no others; those who have gone do not count', async () => {
    const store = await open(scope);
    const at = await issued(store, { device: 'device.phone' });
    await issued(store, { device: 'device.phone' });
    await issued(store, { device: 'device.tablet' });
    await issued(store);
    const gone = [...(await store.users.readSockets(user)).keys()].at(0) ?? '';
    await store.users.logout(user, gone, frame('out'), []);
    const events = await store.listen(userTopic(user));
    expect(await store.admin.revokeLogins(user, 'device.phone', 'why')).toBe(1);
    await eventually(() => expect(events).toMatchObject([{ kind: 'disconnect', subject: 'why\ndevice.phone' }]));
    expect(await logIn(store, { issuedAt: at, device: 'device.phone' })).toBe('void');
    expect(await logIn(store, { issuedAt: at, device: 'device.phone', family: 'device.phone' })).toBe('void');
    expect(isTime(await logIn(store, { issuedAt: at, device: 'device.tablet', family: 'device.tablet' }))).toBe(true);
    expect(isTime(await logIn(store, { issuedAt: at }))).toBe(true);
    // Nobody is there to be told.
    expect(await store.admin.revokeLogins(user, 'device.watch', 'why')).toBe(0);
    expect(events.filter(({ kind }) => kind === 'disconnect')).toHaveLength(1);
  });
}

function keptMarks(open: OpenStore): void {
  test('end though the clock of Redis was set back, and no end makes another one earlier', async () => {
    const store = await open(scope);
    await issued(store);
    const later = Date.now() * 1000 + 120_000_000;
    await store.client.hset(store.keys.user(user).meta, 'issued', later);
    const first = await logIn(store);
    expect(first).toBe(later + 1);
    await store.admin.revokeLogins(user, 'device.a', 'why');
    expect(await logIn(store, { issuedAt: Number(first), device: 'device.a' })).toBe('void');
    await store.users.voidResumeTokens(user, 'chain.a', later + 1_000_000);
    await store.admin.revokeLogins(user, undefined, 'why');
    expect(await logIn(store, { issuedAt: later + 1_000_000, family: 'chain.a' })).toBe('void');
    expect(isTime(await logIn(store, { issuedAt: later + 1_000_001 }))).toBe(true);
  });

  test('of many devices are refused beyond a number, until all are ended at once', async () => {
    const store = await open(scope);
    await issued(store);
    const { revoked: key } = store.keys.user(user);
    await store.client.hset(key, Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`device.${i}`, 1])));
    expect(await store.admin.revokeLogins(user, 'device.x', 'why')).toBe('listLimitExceeded');
    expect(await store.admin.revokeLogins(user, 'device.7', 'why')).toBe(0);
    expect(await store.admin.revokeLogins(user, undefined, 'why')).toBe(1);
    expect(Object.keys(await store.client.hgetall(key))).toEqual(['*']);
  });

  test('stay ended where the user is deleted, and its resume tokens end with it', async () => {
    const store = await open(scope);
    const early = await issued(store);
    await store.admin.revokeLogins(user, undefined, 'why');
    const late = await issued(store);
    for (const socketId of (await store.users.readSockets(user)).keys()) {
      await store.users.logout(user, socketId, frame('out'), []);
    }
    expect(await store.admin.deleteUser(user)).toBe('ok');
    expect(await logIn(store, { issuedAt: early })).toBe('void');
    expect(await logIn(store, { issuedAt: late, family: 'chain.a' })).toBe('void');
    expect(isTime(await logIn(store, { issuedAt: late }))).toBe(true);
  });
}

function keys(open: OpenStore): void {
  test('the keys of resume tokens are the same for all, and the one before the newest stays good', async () => {
    const store = await open(scope);
    const daily = new ResumeKeyStore(store.commands, store.keys, 86_400_000);
    const [first, again] = await Promise.all([daily.read(), daily.read()]);
    expect(first).toEqual(again);
    expect(first).toEqual([{ id: expect.stringMatching(/^[\w-]{16}$/), secret: expect.any(Buffer) }]);
    expect(first[0]?.secret).toHaveLength(32);
    const { resumeKeys } = store.keys;
    let newest = first;
    for (let i = 0; i < 3; i++) {
      const entry = (await store.client.hget(resumeKeys, 'newest')) ?? '';
      const aged = entry.replace(/^\d+/, (made) => String(Number(made) - 86_500_000));
      await store.client.hset(resumeKeys, 'newest', aged);
      const found = await daily.read();
      expect(found).toEqual([expect.not.objectContaining({ id: newest[0]?.id }), newest[0]]);
      expect(await daily.read()).toEqual(found);
      newest = found;
    }
    // Where no node asks for them that long, all that they have signed is over.
    expect(await store.client.pttl(resumeKeys)).toBeGreaterThan(2 * 86_400_000);
  });
}

function nonces(open: OpenStore): void {
  test('a signature counts once, and only where nothing else stood against the login', async () => {
    const store = await open(scope, { socketsMax: 1 });
    const keptUntil = Date.now() + 60_000;
    await store.commands.run(registerNode, store.keys.node('n1'), { ttlMs: 60_000, keepMs: 60_000 });
    const show = async (nonce: string): Promise<unknown> => {
      const signed = { nonce, keptUntil };
      const socketId = `s${sockets++}`;
      const added = await store.users.login(user, { socketId, nodeId: 'n1', echo: frame('in'), signed });
      return typeof added === 'string' ? added : 'at' in added;
    };
    expect(await show('one')).toBe(true);
    const [socketId = ''] = (await store.users.readSockets(user)).keys();
    await store.users.logout(user, socketId, frame('out'), []);
    expect(await show('one')).toBe('badSignature');
    expect(await show('two')).toBe(true);
    // It is full.
    expect(await show('three')).toBe(false);
    const [second = ''] = (await store.users.readSockets(user)).keys();
    await store.users.logout(user, second, frame('out'), []);
    expect(await show('three')).toBe(true);
    const [third = ''] = (await store.users.readSockets(user)).keys();
    await store.users.logout(user, third, frame('out'), []);
    // It was good when the node looked at it.
    const late = { nonce: 'late', keptUntil: Date.now() - 1000 };
    const arrival = { socketId: 'late', nodeId: 'n1', echo: frame('in'), signed: late };
    expect(await store.users.login(user, arrival)).toBe('badSignature');
    const ttl = (await store.ttls())[`${tag}nonces`] ?? 0;
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(61_000);
  });
}
