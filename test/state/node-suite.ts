// Leases and manifests: what every script of a node replies. That nodes act on it is tested with real ones.
import { expect, test } from '@jest/globals';
import { Lease } from '../../src/state/lease.ts';
import { text } from '../../src/state/reply.ts';
import type { ScriptArgument } from '../../src/state/script.ts';
import * as scripts from '../../src/state/scripts/node-scripts.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import type { OpenStore, Store } from './store.ts';

const scope = useScope();
const node = 'n1';
const keepMs = 60_000;

/** The scripts of one node, with replies as text and numbers. */
function scriptsOf(store: Store): Record<'register' | 'renew', (ttlMs: number) => Promise<unknown>> & {
  claim(): Promise<unknown>;
  drain(ttlMs: number): Promise<unknown>;
  read(): Promise<unknown>;
  add(...topics: string[]): Promise<unknown>;
  take(pageMax: number, holdMs: number): Promise<unknown>;
} {
  const keys = store.keys.node(node);
  const plain = (reply: unknown): unknown =>
    Array.isArray(reply) ? reply.map(plain) : Buffer.isBuffer(reply) ? reply.toString() : reply;
  const args = (ttlMs: number): { ttlMs: number; keepMs: number; draining: string } => ({
    ttlMs,
    keepMs,
    draining: '0',
  });
  const rest: readonly ScriptArgument[] = [];
  return {
    register: async (ttlMs) => plain(await store.commands.run(scripts.registerNode, keys, args(ttlMs), rest)),
    renew: async (ttlMs) => plain(await store.commands.run(scripts.renewLease, keys, args(ttlMs), rest)),
    drain: async (ttlMs) =>
      plain(await store.commands.run(scripts.renewLease, keys, { ...args(ttlMs), draining: '1' }, rest)),
    read: async () => plain(await store.commands.run(scripts.readLease, keys, {})),
    claim: async () => plain(await store.commands.run(scripts.claimLease, keys, {})),
    add: async (...topics) => plain(await store.commands.run(scripts.addToManifest, keys, {}, topics)),
    take: async (pageMax, holdMs) => plain(await store.commands.run(scripts.takeSweepPage, keys, { pageMax, holdMs })),
  };
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function nodeSuite(open: OpenStore): void {
  leases(open);
  lostLeases(open);
  manifests(open);
}

function leases(open: OpenStore): void {
  test('a lease is held until it has run out and was claimed; then nothing of its node goes on', async () => {
    const lease = scriptsOf(await open(scope));
    expect([await lease.claim(), await lease.read()]).toEqual(['gone', 'gone']);
    expect(await lease.renew(1000)).toBe('lost');
    expect(await lease.add('room:a')).toBe('lost');
    const at = Number(await lease.register(60_000));
    expect(await lease.claim()).toBeGreaterThanOrEqual(at + 60_000);
    expect(await lease.add('room:a', 'user:b')).toBe('ok');
    const expires = await lease.renew(120_000);
    expect(expires).toBeGreaterThanOrEqual(at + 120_000);
    expect(await lease.claim()).toBe(expires);
    expect(await lease.read()).toBeGreaterThan(60_000);
    expect(await lease.read()).toBeLessThanOrEqual(120_000);
    await lease.drain(60_000);
    expect(await lease.read()).toBe('draining');

    // Run out, but not claimed: it can still be saved, and lost only once.
    await lease.renew(0);
    expect(await lease.read()).toBe(0);
    expect(await lease.renew(60_000)).toBeGreaterThan(at);
    expect(await lease.claim()).toBeGreaterThan(at);
    await lease.renew(0);
    expect([await lease.claim(), await lease.claim(), await lease.read()]).toEqual(['claimed', 'claimed', 'claimed']);
    expect(await lease.renew(60_000)).toBe('lost');
    expect(await lease.add('room:c')).toBe('lost');
  });
}

function lostLeases(open: OpenStore): void {
  test('a node whose lease was claimed learns it, and begins again as another', async () => {
    const store = await open(scope);
    const told: string[] = [];
    const lease = new Lease({ own: store.commands, commands: store.commands }, store.keys, 2000, {
      suspended: () => told.push('suspended'),
      resumed: () => told.push('resumed'),
      lost: () => told.push('lost'),
      onError: (error) => told.push(String(error)),
    });
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
    const word = async (): Promise<string> =>
      text(await store.commands.run(scripts.readLease, { lease: store.keys.node(lease.nodeId).lease }, {}));
    expect(Number(await word())).toBeGreaterThan(0);
    await lease.beginDrain();
    expect([await word(), lease.held]).toEqual(['draining', true]);
    await lease.release(0);
    expect([await word(), lease.held]).toEqual(['draining', false]);
    expect(told).toEqual(['lost']);
  });
}

function manifests(open: OpenStore): void {
  test('a manifest is swept in pages by several peers, rooms before users, and then is gone', async () => {
    const store = await open(scope);
    const lease = scriptsOf(store);
    const { manifest } = store.keys.node(node);
    const done = (topics: unknown): Promise<unknown> => store.client.zrem(manifest, ...(topics as string[]));
    await lease.register(0);
    const rooms = ['room:a', 'room:b', 'room:c'];
    const users = ['user:a', 'user:b'];
    await lease.add(...users, ...rooms);
    expect(await lease.claim()).toBe('claimed');

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
    expect(await store.ttls()).toEqual({});
  });

  test('a page whose sweeper dies is free again after a while', async () => {
    const lease = scriptsOf(await open(scope));
    await lease.register(0);
    await lease.add('room:a');
    expect(await lease.claim()).toBe('claimed');
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
