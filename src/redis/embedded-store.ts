// The embedded store: a Redis-compatible server in JavaScript, run as a worker thread so that its scripts do not stall
// the node. In memory, for evaluation; when it is used is decided by local-redis.ts.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';
import {
  CommandExecutor,
  createAuthPolicy,
  createRedisCommandRegistry,
  createTransactionPolicy,
  RedisServerState,
  resolveCompatibilityProfile,
  Resp2Server,
  scanCommand,
} from 'js-redis-server/core';

const loopback = '127.0.0.1';

/** What the worker tells once it listens. */
export interface EmbeddedStoreReady {
  readonly port: number;
}

const compatibility = 'redis-7.0';

/**
 * Its commands, of which SCAN gives all keys at once: its cursors are places in the list of them, so what is behind a key that
 * goes would be passed over.
 */
function executor(): CommandExecutor {
  const profile = resolveCompatibilityProfile(compatibility);
  const registry = createRedisCommandRegistry([], profile);
  registry.override({
    ...scanCommand,
    execute: (options, context) => scanCommand.execute({ ...options, count: Number.MAX_SAFE_INTEGER }, context),
  });
  return new CommandExecutor({ registry, profile, policies: [createAuthPolicy(), createTransactionPolicy()] });
}

/** Listens on loopback, on a free port. Throws if it would listen anywhere else: there is no password. */
async function listen(): Promise<AddressInfo> {
  const store = new Resp2Server({
    server: new RedisServerState({ compatibility }),
    executor: executor(),
  });
  // Its own `listen` takes no host and would open all interfaces; the socket server beneath it does take one.
  store.server.listen({ host: loopback, port: 0 });
  await once(store.server, 'listening');
  const address = store.server.address();
  if (address === null || typeof address === 'string' || address.address !== loopback) {
    store.server.close();
    throw new Error('the embedded store is not bound to loopback');
  }
  return address;
}

const parent = parentPort;
if (parent !== null) {
  // A failure ends the worker, which its owner sees. No top-level `await`: from source, this file is loaded by `require`.
  void listen().then(({ port }) => parent.postMessage({ port } satisfies EmbeddedStoreReady));
}
