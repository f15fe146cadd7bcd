// A node of this process whose commands reach Redis while what the bus brings goes through a link of its own.
import { expect } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { loadNative } from '../../src/gateway/native.ts';
import { buildNode, type NodeParts } from '../../src/node/build.ts';
import { GatewayNode } from '../../src/node/node.ts';
import { createLog } from '../../src/ops/log.ts';
import { AdminStore } from '../../src/store/admin/admin-store.ts';
import { roomTopic } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { startLink, type FaultyLink } from '../support/faulty-link.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { publishPassing } from '../support/passing-event.ts';
import { endpointAt } from '../support/redis-endpoint.ts';
import type { Scope } from '../support/scope.ts';

export interface Split {
  readonly redis: RedisServer;
  /** The prefix of its keys. */
  readonly prefix: string;
  readonly url: string;
  readonly link: FaultyLink;
  readonly bus: NodeParts['bus'];
  readonly admin: AdminStore;
  /** Has the node compare its sockets in these rooms with what Redis knows. */
  compare(roomNames: readonly string[]): Promise<void>;
  login(userName: string): Promise<User>;
  /** Publishes what a room hears and one of its sockets does not. */
  publish(roomName: string, except: User, frame: Uint8Array): Promise<void>;
}

/** Only what the bus brings goes through the link. */
export async function startSplitNode(scope: Scope): Promise<Split> {
  const redis = await startRedis(scope);
  const link = await startLink(scope, redis.port);
  const settings = { PARLEY_HOST: '127.0.0.1', PARLEY_PORT: '0', PARLEY_API_PORT: '0', PARLEY_AUTH: 'open' };
  const read = readConfig(settings, { warn: () => undefined });
  const native = await loadNative();
  if ('mistakes' in read) throw new Error(read.mistakes.join());
  if ('problem' in native) throw new Error(native.problem);
  const parts = buildNode(read.config, {
    redis: endpointAt(redis),
    subscriber: endpointAt({ url: link.url }),
    uws: native.uws,
    build: { version: 'late', nodeVersion: process.versions.node, uws: native.build },
    log: createLog({ level: 'silent' }),
  });
  const node = new GatewayNode(parts);
  scope.add(async () => node.stop());
  const started = await node.start();
  if (started === undefined) throw new Error('the node is draining');
  const { port } = started;
  const url = `ws://127.0.0.1:${port}/ws`;
  return {
    redis,
    prefix: parts.keys.prefix,
    url,
    link,
    bus: parts.bus,
    admin: new AdminStore(parts.commands, parts.keys, { resumeTokenMs: 1000, historyMaxAgeMs: 0 }),
    compare: async (roomNames) => {
      parts.repairs.checkAll(roomNames.map(roomTopic));
      await parts.reconciler.run();
    },
    login: (userName) => loginRpc(scope, url, userName),
    publish: (roomName, { authData }, frame) => publishPassing(redis, parts.keys.room(roomName), authData.id, frame),
  };
}

/** Everything that has happened to the room until then is under way on the bus while `during` runs. */
export async function whileLate({ link, bus }: Split, during: () => Promise<void>): Promise<void> {
  link.pause();
  await eventually(() => expect(bus.healthy).toBe(false));
  await during();
  link.resume();
  await eventually(() => expect(bus.healthy).toBe(true));
}

/** Nothing of what happens while `during` runs ever comes on the bus: its connection is new afterwards. */
export async function whileCut({ link, bus }: Split, during: () => Promise<void>): Promise<void> {
  link.refuse(true);
  link.cut();
  await eventually(() => expect(bus.healthy).toBe(false));
  await during();
  link.refuse(false);
  await eventually(() => expect(bus.healthy).toBe(true));
}
