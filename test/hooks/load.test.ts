// What may be in the module that PARLEY_HOOKS names: anything else ends the start with a sentence.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { hookedHandlers } from '../../src/chat/hooks/around.ts';
import type { Handlers } from '../../src/chat/caller.ts';
import { readHooks } from '../../src/hooks/load.ts';
import { HookRunner } from '../../src/hooks/runner.ts';
import { defaultLimits } from '../../src/protocol/params/limits.ts';
import { startRedis } from '../support/redis.ts';
import { useScope, type Scope } from '../support/scope.ts';
import { startNode } from '../support/service.ts';
import { told } from './hooked-service.ts';

const scope = useScope();
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const nothing = (): undefined => undefined;

function write(to: Scope, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-hooks-'));
  to.add(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'hooks.mjs');
  writeFileSync(path, text);
  return path;
}

describe('the hooks of a module', () => {
  test.each([
    ['as `hooks`', { hooks: { onJoin: nothing }, other: 1 }, ['onJoin']],
    ['as its default', { default: { onLeave: nothing } }, ['onLeave']],
    ['by their names', { onStart: nothing, onClose: nothing }, ['onStart', 'onClose']],
    ['around requests', { hooks: { before: { ping: nothing, '*': nothing } } }, ['before.ping', 'before.*']],
    ['none of them', { hooks: {} }, []],
  ])('are found %s', (_, module, names) => {
    const read = readHooks(module);
    expect('functions' in read && [...read.functions.keys()]).toEqual(names);
  });

  test('are called as methods of their object', () => {
    const policies = {};
    const read = readHooks({
      hooks: {
        policies,
        onJoin(this: object) {
          return this;
        },
      },
    });
    expect('functions' in read && read.functions.get('onJoin')?.({})).toMatchObject({ policies });
  });

  test.each([
    ['exports no hooks: they are functions in an object', { hooks: 7 }],
    ['exports `onjoin`, which is no hook', { hooks: { onjoin: nothing } }],
    ['exports `helper`, which is no hook', { onJoin: nothing, helper: nothing }],
    ['exports `onJoin`, which is no function', { hooks: { onJoin: 'yes' } }],
    ['exports `before`, which is no object', { hooks: { before: nothing } }],
    ['exports `before.roomjoin`, but there is no such request', { hooks: { before: { roomjoin: nothing } } }],
    ['exports `after.login`, but logins have `onConnect`', { hooks: { after: { login: nothing } } }],
    ['exports `after.ping`, which is no function', { hooks: { after: { ping: 1 } } }],
    ['exports `policies`, which is no object', { hooks: { policies: [] } }],
    ['exports `policies.onJoin`, but there is no such hook in it', { hooks: { policies: { onJoin: {} } } }],
    ['where `timeout` is unknown', { hooks: { onJoin: nothing, policies: { onJoin: { timeout: 1 } } } }],
    ['where timeoutMs must be', { hooks: { onJoin: nothing, policies: { onJoin: { timeoutMs: 0 } } } }],
    ['where onFailure must be', { hooks: { onJoin: nothing, policies: { onJoin: { onFailure: 'maybe' } } } }],
    ['it has no onFailure', { hooks: { onLeave: nothing, policies: { onLeave: { onFailure: 'allow' } } } }],
  ])('%s', (sentence, module) => {
    expect(readHooks(module)).toEqual({ problem: expect.stringContaining(sentence) });
    expect(readHooks(module)).toEqual({ problem: expect.stringMatching(/^PARLEY_HOOKS .*\.$/) });
  });
});

test('only requests that have hooks are wrapped', () => {
  const ping = (): number => 1;
  const names = ['roomJoin', 'roomMessage', 'roomMessageReact', 'directMessage', 'directMessageRecall'];
  const bare = { ping, ...Object.fromEntries(names.map((name) => [name, nothing])) } as unknown as Handlers;
  const wrappedBy = (hooks: object): string[] => {
    const read = readHooks({ hooks });
    if ('problem' in read) throw new Error(read.problem);
    const runner = new HookRunner(read, { timeoutMs: 1, pendingMax: 1, onFailure: () => '' });
    const handlers = hookedHandlers(bare, {
      hooks: runner,
      limits: defaultLimits,
      textBefore: () => Promise.resolve(undefined),
      onDefect: () => '',
    });
    const isWrapped = ([name, handler]: [string, unknown]): boolean =>
      handler !== Object.entries(bare).find(([key]) => key === name)?.[1];
    return Object.entries(handlers)
      .filter(isWrapped)
      .map(([name]) => name);
  };
  expect(wrappedBy({ onJoin: nothing, onConnect: nothing })).toEqual([]);
  expect(wrappedBy({ roomMessageCheck: nothing })).toEqual(['roomMessage', 'roomMessageReact']);
  expect(wrappedBy({ directMessageCheck: nothing, after: { ping: nothing } })).toEqual([
    'ping',
    'directMessage',
    'directMessageRecall',
  ]);
  expect(wrappedBy({ before: { '*': nothing } })).toEqual(Object.keys(bare));
});

test('what a `before` hook says wrong is told by its place, without what people may have written', async () => {
  const words = 'somebody wrote this';
  const toldOf = async (answer: unknown): Promise<string[]> => {
    const read = readHooks({ hooks: { before: { ping: () => answer, roomMessage: () => answer } } });
    if ('problem' in read) throw new Error(read.problem);
    const failures: string[] = [];
    const onFailure = (_: string, what: string): string => String(failures.push(what));
    const handlers = hookedHandlers({ roomMessage: nothing } as unknown as Handlers, {
      hooks: new HookRunner(read, { timeoutMs: 1000, pendingMax: 1, onFailure }),
      limits: defaultLimits,
      textBefore: () => Promise.resolve(undefined),
      onDefect: () => '',
    });
    const given = { roomName: 'room', message: { textMessage: words }, options: {} } as never;
    await handlers.roomMessage({} as never, given, undefined as never);
    return failures;
  };
  const refused = 'answered with `message` that roomMessage refuses: badArgument';
  expect(await toldOf({ args: { message: words } })).toEqual([refused]);
  expect(await toldOf({ args: { text: words } })).toEqual(['answered with `text`, which roomMessage does not have']);
  expect(await toldOf({ args: { [words]: 1 } })).toEqual([
    'answered with an arg that is no name, which roomMessage does not have',
  ]);
  expect(await toldOf({ [words]: 1 })).toEqual([expect.stringContaining('answered with a field that is no name;')]);
});

describe('a node', () => {
  const start = (path: string): { status: number | null; stderr: string } => {
    const environment = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('PARLEY_') && name !== 'NODE_OPTIONS',
    );
    const env = {
      ...Object.fromEntries(environment),
      PARLEY_AUTH: 'open',
      PARLEY_HOST: '127.0.0.1',
      PARLEY_PORT: '0',
      PARLEY_HOOKS: path,
    };
    const { status, stderr } = spawnSync(process.execPath, [main], { env, encoding: 'utf8', timeout: 30_000 });
    return { status, stderr };
  };

  test.each([
    ['cannot be loaded', 'import "no-such-package";'],
    ['cannot be loaded', 'this is no JavaScript'],
    ['cannot be loaded', 'throw new Error("not today");'],
    ['exports `onjoin`', 'export const hooks = { onjoin() {} };'],
  ])('whose hooks are wrong does not start and says why: %s', (sentence, text) => {
    const path = write(scope, text);
    expect(start(path)).toEqual({ status: 2, stderr: expect.stringContaining(`PARLEY_HOOKS ${sentence}`) });
    expect(start(`${path}.missing`)).toEqual({
      status: 2,
      stderr: expect.stringContaining('PARLEY_HOOKS cannot be loaded'),
    });
  });

  test('takes a file URL, runs onStart before it listens, and does not start where that fails', async () => {
    const redis = await startRedis(scope);
    const good = write(
      scope,
      `export const onStart = ({ service }) => { console.log(JSON.stringify({ msg: 'hook', hook: 'onStart', argument: { call: typeof service.call } })); };`,
    );
    const node = await startNode(scope, { redis, env: { PARLEY_HOOKS: pathToFileURL(good).href } });
    const order = node.logs().map(({ msg }) => msg);
    expect(order.indexOf('hook')).toBeGreaterThanOrEqual(0);
    expect(order.indexOf('hook')).toBeLessThan(order.indexOf('listening'));
    expect(told(node, 'onStart')).toEqual([{ call: 'function' }]);

    const throws = write(scope, 'export const onStart = async () => { throw new Error("no database"); };');
    await expect(startNode(scope, { redis, env: { PARLEY_HOOKS: throws } })).rejects.toThrow('no database');
    const hangs = write(
      scope,
      'export const hooks = { onStart: () => new Promise(() => {}), policies: { onStart: { timeoutMs: 50 } } };',
    );
    await expect(startNode(scope, { redis, env: { PARLEY_HOOKS: hangs } })).rejects.toThrow('took more than 50 ms');
  });
});
