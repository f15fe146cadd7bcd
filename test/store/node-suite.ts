// Leases and manifests: what every script of a node replies. That nodes act on it is tested with real ones.
import { expect, test } from '@jest/globals';
import { Lease } from '../../src/store/node/lease.ts';
import type { ScriptArgument } from '../../src/redis/script.ts';
import * as scripts from '../../src/store/node/node-scripts.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import type { OpenStore, Store } from './store.ts';

const scope = useScope();
const node = 'n1';
const keepMs = 60_000;

/** The scripts of one node, with replies as text and numbers. */
function scriptsOf(store: Store): Record<'register' | 'renew', (ttlMs: number) => Promise<unknown>> & {
  /** For who has seen the lease as it is now for so long; for the first time when left out. */
  claim(watchedMs?: number): Promise<unknown>;
  drain(ttlMs: number, draining?: '1' | '2'): Promise<unknown>;
  done(topics: unknown): Promise<unknown>;
  reopen(): Promise<unknown>;
  bequeath(...topics: string[]): Promise<unknown>;
  read(): Promise<unknown>;
  add(...topics: string[]): Promise<unknown>;
  take(pageMax: number, holdMs: number): Promise<unknown>;
} {
  const keys = store.keys.node(node);
  const expiresOf = (said: string | { expires: string }): string => (typeof said === 'string' ? said : said.expires);
  /** What a script gives; `ok` where that is nothing. */
  const plain = (given: unknown): unknown => given ?? 'ok';
  const args = (ttlMs: number): { ttlMs: number; keepMs: number; draining: string } => ({
    ttlMs,
    keepMs,
    draining: '0',
  });
  const rest: readonly ScriptArgument[] = [];
  return {
    register: async (ttlMs) => plain(await store.commands.run(scripts.registerNode, keys, args(ttlMs), { args: rest })),
    renew: async (ttlMs) => plain(await store.commands.run(scripts.renewLease, keys, args(ttlMs), { args: rest })),
    drain: async (ttlMs, draining = '1') =>
      plain(await store.commands.run(scripts.renewLease, keys, { ...args(ttlMs), draining }, { args: rest })),
    read: async () => plain(await store.commands.run(scripts.readLease, keys, {})),
    claim: async (watchedMs) => {
      const seen = watchedMs === undefined ? '' : ((await store.client.hget(keys.lease, 'expires')) ?? '');
      const claiming = { seen, watchedMs: watchedMs ?? 0, keepMs };
      return expiresOf(await store.commands.run(scripts.claimLease, keys, claiming));
    },
    done: (topics) =>
      Promise.all((topics as string[]).map((topic) => store.commands.run(scripts.endSweepOf, keys, { topic, keepMs }))),
    reopen: async () => expiresOf(await store.commands.run(scripts.reopenSweep, keys, { keepMs })),
    bequeath: async (...topics) =>
      plain(await store.commands.run(scripts.bequeath, keys, { keepMs }, { args: topics })),
    add: async (...topics) => plain(await store.commands.run(scripts.addToManifest, keys, {}, { args: topics })),
    take: async (pageMax, holdMs) => plain(await store.commands.run(scripts.takeSweepPage, keys, { pageMax, holdMs })),
  };
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function nodeSuite(open: OpenStore): void {
  leases(open);
  endedLeases(open);
  lostLeases(open);
  hints(open);
  forms(open);
  manifests(open);
}

function leases(open: OpenStore): void {
  test('a lease is held until it has run out and was claimed; then nothing of its node goes on', async () => {
    const lease = scriptsOf(await open(scope));
    expect([await lease.claim(), await lease.read()]).toEqual(['gone', 'gone']);
    expect(await lease.renew(1000)).toBe('lost');
    expect(await lease.add('room:a')).toBe('lost');
    const at = Number(await lease.register(60_000));
    expect(Number(await lease.claim())).toBeGreaterThanOrEqual(at + 60_000);
    expect(await lease.add('room:a', 'user:b')).toBe('ok');
    const expires = await lease.renew(120_000);
    expect(expires).toBeGreaterThanOrEqual(at + 120_000);
    expect(await lease.claim()).toBe(String(expires));
    expect(await lease.read()).toEqual({ expires: String(expires), termMs: 120_000 });
    await lease.drain(60_000);
    expect(await lease.read()).toBe('draining');

    // Run out by Redis's clock, which may have been set: it can still be saved.
    const over = await lease.renew(-60_000);
    expect(await lease.read()).toEqual({ expires: String(over), termMs: -60_000 });
    expect(await lease.claim()).toBe(String(over));
    // Claimed by who has seen it so for its whole term, and lost only once.
    await lease.renew(60_000);
    expect(Number(await lease.claim(59_999))).toBeGreaterThan(at + 60_000 - 1);
    expect([await lease.claim(60_000), await lease.claim(), await lease.read()]).toEqual([
      'claimed',
      'claimed',
      'claimed',
    ]);
    expect(await lease.renew(60_000)).toBe('lost');
    expect(await lease.add('room:c')).toBe('lost');
  });
}

function endedLeases(open: OpenStore): void {
  test('a node that has ended is claimed by who has seen it so for its grace, whatever Redis’s clock says', async () => {
    const lease = scriptsOf(await open(scope));
    await lease.register(60_000);
    await lease.drain(5000, '2');
    expect([await lease.claim(4999), await lease.read()]).toEqual([expect.stringMatching(/^\d+$/), 'draining']);
    expect(await lease.claim(5000)).toBe('claimed');
  });

  test('the record of a node that lives has no end by a clock that may be set; one that has ended is forgotten', async () => {
    const store = await open(scope);
    const lease = scriptsOf(store);
    const left = async (): Promise<number | undefined> => (await store.ttls())[`{node:${node}}:lease`];
    await lease.register(60_000);
    expect(await left()).toBeGreaterThan(0);
    await lease.renew(60_000);
    expect(await left()).toBe(-1);
    await lease.drain(60_000);
    expect(await left()).toBe(-1);
    await lease.drain(5000, '2');
    expect(await left()).toBeGreaterThan(0);
  });

  test('what a failover may have brought back of a node that was swept is swept again, and of no other', async () => {
    const store = await open(scope);
    const lease = scriptsOf(store);
    expect(await lease.reopen()).toBe('none');
    await lease.register(60_000);
    await lease.add('room:a', 'user:b');
    expect(await lease.reopen()).toMatch(/^\d+$/);
    expect(await lease.claim(60_000)).toBe('claimed');
    await lease.done(await lease.take(10, 60_000));
    // In the middle of it: what is done and what is not.
    expect(await lease.reopen()).toBe('open');
    expect(await lease.take(10, 60_000)).toEqual(['room:a']);
    await lease.done(['room:a']);
    await lease.done(await lease.take(10, 60_000));
    expect([await lease.take(10, 60_000), await lease.claim()]).toEqual(['done', 'gone']);
    // And after it, once for each time it was.
    expect([await lease.reopen(), await lease.claim()]).toEqual(['open', 'claimed']);
    await lease.done(['room:a', 'user:b']);
    expect(await lease.take(10, 60_000)).toBe('done');
    for (const left of Object.values(await store.ttls())) expect(left).toBeGreaterThan(0);
  });

  test('a node that has lost its lease, and its manifest with it, leaves its topics to be swept', async () => {
    const lease = scriptsOf(await open(scope));
    expect(await lease.bequeath('room:a', 'user:b')).toBe('ok');
    expect([await lease.claim(), await lease.renew(1000)]).toEqual(['claimed', 'lost']);
    expect(await lease.take(10, 60_000)).toEqual(['room:a']);
  });
}

function lostLeases(open: OpenStore): void {
  test('a node whose lease was claimed learns it, and begins again as another', async () => {
    const store = await open(scope);
    const told: string[] = [];
    // It must not run out by itself.
    const lease = new Lease(store.keys, 10_000);
    lease.start(
      { own: store.commands, commands: store.commands },
      {
        suspended: () => told.push('suspended'),
        resumed: () => told.push('resumed'),
        lost: () => told.push('lost'),
        onError: (error) => told.push(String(error)),
      },
    );
    scope.add(() => lease.stop());
    expect(lease.held).toBe(false);
    await lease.register();
    const { nodeId } = lease;
    expect([lease.held, lease.owns(nodeId)]).toEqual([true, true]);
    await lease.add(['room:a']);
    await store.client.hset(store.keys.node(nodeId).lease, 'claimed', '1');
    await expect(lease.add(['room:b'])).rejects.toThrow('claimed');
    await eventually(() => expect(told).toContain('lost'));
    await eventually(() => expect(lease.held).toBe(true));
    expect(lease.nodeId).not.toBe(nodeId);
    expect(lease.owns(nodeId)).toBe(false);
    await lease.add(['room:b']);
    expect(Number(await store.client.zscore(store.keys.nodes, lease.nodeId))).toBeGreaterThan(Date.now());

    // While it drains it works on, and says so also where it renews.
    const word = async (): Promise<string> => {
      const said = await store.commands.run(scripts.readLease, { lease: store.keys.node(lease.nodeId).lease }, {});
      return typeof said === 'object' ? 'held' : said;
    };
    expect(await word()).toBe('held');
    await lease.beginDrain();
    expect([await word(), lease.held]).toEqual(['draining', true]);
    await lease.release(0);
    expect([await word(), lease.held]).toEqual(['draining', false]);
    expect(told).toEqual(['lost']);
  });
}

function hints(open: OpenStore): void {
  test('a node is among those to be swept until it is; that it was is kept in mind for a while', async () => {
    const store = await open(scope);
    const { nodes, form, sweptNodes } = store.keys;
    for (const [id, expires] of [
      ['n1', 5],
      ['n2', -7],
    ] as const) {
      await store.commands.run(scripts.noteLease, { nodes, form }, { own: 1, node: id, expires });
    }
    const listed = (): Promise<unknown> => store.commands.run(scripts.listLeases, { nodes }, {});
    expect(await listed()).toEqual([
      ['n2', '-7'],
      ['n1', '5'],
    ]);
    await store.client.zadd(sweptNodes, '1', 'long ago');
    const forgotten = await store.commands.run(
      scripts.forgetLease,
      { nodes, sweptNodes },
      { node: 'n2', keepMs: 60_000 },
    );
    expect(forgotten).toBeUndefined();
    expect(await listed()).toEqual([['n1', '5']]);
    expect(await store.client.zrange(sweptNodes, '0', '-1')).toEqual(['n2']);
  });
}

function forms(open: OpenStore): void {
  test('a later build makes the state its own when the last node of an earlier one has ended, and none of those comes back', async () => {
    const store = await open(scope);
    const { nodes, form } = store.keys;
    const adopt = async (own: number): Promise<unknown> =>
      (await store.commands.run(scripts.adoptForm, { nodes, form }, { own })) ?? 'ok';
    const note = async (own: number, id: string, expires: number): Promise<unknown> =>
      (await store.commands.run(scripts.noteLease, { nodes, form }, { own, node: id, expires })) ?? 'ok';
    const soon = Date.now() + 60_000;
    expect([await adopt(1), await note(1, 'old', soon), await adopt(1)]).toEqual(['ok', 'ok', 'ok']);
    expect([await adopt(2), await note(1, 'other', soon)]).toEqual(['older', 'ok']);
    // One has ended, the other one has not been heard of for its whole lease.
    await note(1, 'old', -soon);
    expect([await adopt(2), await note(1, 'other', 1), await adopt(2)]).toEqual(['older', 'ok', 'ok']);
    expect([await adopt(1), await note(1, 'other', soon), await note(1, 'other', 0)]).toEqual(['newer', 'newer', 'ok']);
    expect([await note(2, 'new', soon), await adopt(2), await store.client.zscore(nodes, 'other')]).toEqual([
      'ok',
      'ok',
      '0',
    ]);
    // A failover has lost it.
    await store.client.unlink(form);
    expect([await note(2, 'new', soon), await adopt(1)]).toEqual(['ok', 'newer']);
    // What nobody has noted is of the first form: a node that holds a lease is.
    await store.client.unlink(form);
    expect(await adopt(2)).toBe('older');
  });

  test('a node that was away until a later build came in ends what it holds', async () => {
    const store = await open(scope);
    const told: string[] = [];
    const lease = new Lease(store.keys, 2000);
    lease.start(
      { own: store.commands, commands: store.commands },
      {
        suspended: () => undefined,
        resumed: () => undefined,
        lost: () => told.push('lost'),
        onError: (error) => told.push(String(error)),
      },
    );
    scope.add(() => lease.stop());
    await lease.register();
    await store.client.hset(store.keys.form, 'number', '9');
    await eventually(() => expect(told[0]).toBe('lost'));
    await eventually(() => expect(told[1]).toContain('a later build'));
    expect(lease.held).toBe(false);
    await expect(lease.register()).rejects.toThrow('a later build');
  });
}

function manifests(open: OpenStore): void {
  test('a manifest is swept in pages by several peers, rooms before users, and then is gone', async () => {
    const store = await open(scope);
    const lease = scriptsOf(store);
    const done = (topics: unknown): Promise<unknown> => lease.done(topics);
    await lease.register(0);
    const rooms = ['room:a', 'room:b', 'room:c'];
    const users = ['user:a', 'user:b'];
    await lease.add(...users, ...rooms);
    expect(await lease.claim(0)).toBe('claimed');

    const first = await lease.take(2, 60_000);
    const second = await lease.take(2, 60_000);
    expect([first, second].flat()).toEqual(rooms);
    // Rooms in other hands: users wait for them.
    expect(await lease.take(2, 60_000)).toEqual([]);
    await done(first);
    expect(await lease.take(2, 60_000)).toEqual([]);
    await done(second);
    expect(await lease.take(10, 60_000)).toEqual(users);
    expect(await lease.take(10, 60_000)).toEqual([]);
    await done(users);
    expect(await lease.take(10, 60_000)).toBe('done');
    expect(await lease.claim()).toBe('gone');
    // What a failover may yet bring back is remembered for a while.
    const left = await store.ttls();
    expect(Object.keys(left)).toEqual([`{node:${node}}:swept`]);
    for (const ms of Object.values(left)) expect(ms).toBeGreaterThan(0);
  });

  test('a page whose sweeper dies is free again after a while', async () => {
    const lease = scriptsOf(await open(scope));
    await lease.register(0);
    await lease.add('room:a');
    expect(await lease.claim(0)).toBe('claimed');
    expect(await lease.take(10, 100)).toEqual(['room:a']);
    expect(
      await eventually(async () => {
        const page = await lease.take(10, 60_000);
        expect(page).not.toEqual([]);
        return page;
      }),
    ).toEqual(['room:a']);
  });

  test('what a node left behind is swept even when its lease was forgotten', async () => {
    const store = await open(scope);
    const lease = scriptsOf(store);
    await lease.register(60_000);
    await lease.add('room:a');
    await store.client.unlink(store.keys.node(node).lease);
    expect(await lease.claim()).toBe('claimed');
    expect(await lease.take(10, 0)).toEqual(['room:a']);
  });
}
