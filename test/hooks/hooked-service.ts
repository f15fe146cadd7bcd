// Nodes with hooks for the suites of this folder: which module they load is up to the test, what its hooks were told is
// read from their logs.
import { beforeAll } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.ts';
import type { Format } from '../../src/protocol/wire/codec.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope, type Scope } from '../support/scope.ts';
import { startService, type Service, type ServiceNode } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';

export const fixture = fileURLToPath(new URL('fixture.mjs', import.meta.url));

export interface HookedWorld {
  readonly scope: Scope;
  readonly service: Service<RedisServer>;
  /** A name that nobody else has, behind a word that the hooks obey. */
  fresh(word: string): string;
  login(userName?: string, more?: { node?: ServiceNode; format?: Format; credentials?: ValueMap }): Promise<User>;
}

/** Call at the top of a file. Errors that hooks choose are no violation of the protocol here. */
export function useHookedWorld(options: { nodes?: number; env?: Record<string, string> } = {}): HookedWorld {
  const scope = useScope();
  let service: Service<RedisServer> | undefined;
  beforeAll(async () => {
    const env = { PARLEY_HOOKS: fixture, PARLEY_HOOKS_TIMEOUT_MS: '300', PARLEY_MESSAGE_BYTES: '4096', ...options.env };
    service = await startService(scope, { nodes: options.nodes ?? 1, env });
  });
  const started = (): Service<RedisServer> => {
    if (service === undefined) throw new Error('the service starts before the first test, not earlier');
    return service;
  };
  let count = 0;
  const fresh = (word: string): string => `${word}-${++count}`;
  return {
    scope,
    get service() {
      return started();
    },
    fresh,
    login: (userName = fresh('user'), { node = started().node(0), ...more } = {}) =>
      loginRpc(scope, node.url, userName, { ...more, hooked: true }),
  };
}

/** What a hook of a node was told so far. */
export function told(node: ServiceNode, hook: string): ValueMap[] {
  return node
    .logs()
    .flatMap((line) => (line.msg === 'hook' && line['hook'] === hook ? [line['argument'] as ValueMap] : []));
}

/** The one thing that a hook was told of this user, or of this room; waits for it. */
export function toldOf(node: ServiceNode, hook: string, name: string): Promise<ValueMap> {
  return eventually(
    () => {
      const found = told(node, hook).filter(({ userName, roomName }) => userName === name || roomName === name);
      if (found.length !== 1 || found[0] === undefined)
        throw new Error(`${found.length} calls: ${JSON.stringify(found)}`);
      return found[0];
    },
    { what: `${hook} of ${name}` },
  );
}
