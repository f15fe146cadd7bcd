// An operator's endpoint on loopback, for hooks over HTTP: notes what it is asked, judges who asks, and answers what the test wants.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeAll, expect } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { isSigned, listen } from '../support/loopback.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope, type Scope } from '../support/scope.ts';
import { startService, type Service, type ServiceNode } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';

export interface Asked {
  readonly type: string;
  readonly data: ValueMap;
  readonly headers: IncomingHttpHeaders;
}

/** Gives what is said as JSON, or undefined for an answer without a body; or answers by itself, and gives `ANSWERED`. */
export type Answer = (asked: Asked, response: ServerResponse) => Value | undefined | typeof ANSWERED;
export const ANSWERED = Symbol('answered');

export interface HookEndpoint {
  readonly url: string;
  readonly secret: string;
  /** What a node needs to ask it. */
  readonly env: Readonly<Record<string, string>>;
  /** Everything that it was asked, of one hook where named. */
  asked(type?: string): readonly Asked[];
  /** Answers differently from now on; without one, that everything is as it should be. */
  answer(answer?: Answer): void;
}

const everything = 'onConnect,onJoin,roomMessageCheck,directMessageCheck';

export async function startHookEndpoint(scope: Scope): Promise<HookEndpoint> {
  const key = randomBytes(24);
  const secret = `whsec_${key.toString('base64')}`;
  const asked: Asked[] = [];
  const nothing: Answer = () => undefined;
  let current = nothing;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (!isSigned(key, request.headers, body)) return response.writeHead(401).end();
      const one = { ...(JSON.parse(body) as { type: string; data: ValueMap }), headers: request.headers };
      asked.push(one);
      const said = current(one, response);
      if (said === ANSWERED) return response;
      return said === undefined ? response.writeHead(204).end() : response.writeHead(200).end(JSON.stringify(said));
    });
  });
  const port = await listen(scope, server);
  const url = `http://127.0.0.1:${port}/hooks`;
  return {
    url,
    secret,
    env: {
      PARLEY_HOOK_URL: url,
      PARLEY_HOOK_SECRET: secret,
      PARLEY_HOOK_EVENTS: everything,
      PARLEY_HOOK_PRIVATE: 'on',
      // A busy machine may stop this process for seconds.
      PARLEY_HOOK_TIMEOUT_MS: '10000',
    },
    asked: (type) => asked.filter((one) => type === undefined || one.type === type),
    answer: (next = nothing) => {
      current = next;
    },
  };
}

export interface RemoteWorld {
  readonly scope: Scope;
  readonly endpoint: HookEndpoint;
  readonly service: Service<RedisServer>;
  fresh(word: string): string;
  login(userName?: string, more?: { node?: ServiceNode; format?: 'json' | 'msgpack' }): Promise<User>;
  /** The one thing that the endpoint was asked by this hook of this user. */
  askedOf(type: string, userName: string): ValueMap;
}

/** Call at the top of a file: nodes that ask an endpoint of the test's. */
export function useRemoteWorld(env: Record<string, string> = {}, nodes = 1): RemoteWorld {
  const scope = useScope();
  let started: { service: Service<RedisServer>; endpoint: HookEndpoint } | undefined;
  beforeAll(async () => {
    const endpoint = await startHookEndpoint(scope);
    started = { endpoint, service: await startService(scope, { nodes, env: { ...endpoint.env, ...env } }) };
  });
  const world = (): NonNullable<typeof started> => {
    if (started === undefined) throw new Error('the service starts before the first test, not earlier');
    return started;
  };
  let count = 0;
  const fresh = (word: string): string => `${word}-${++count}`;
  return {
    scope,
    fresh,
    get endpoint() {
      return world().endpoint;
    },
    get service() {
      return world().service;
    },
    login: (userName = fresh('user'), { node = world().service.node(0), ...more } = {}) =>
      loginRpc(scope, node.url, userName, { ...more, hooked: true }),
    askedOf: (type, userName) => {
      const found = world()
        .endpoint.asked(type)
        .filter(({ data }) => data['userName'] === userName);
      expect(found).toHaveLength(1);
      return found[0]?.data ?? {};
    },
  };
}
