// A hook that fails costs whoever asked, and nobody else: not other users, not the node, not its drain.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readHooks } from '../../src/hooks/load.ts';
import { HookRunner } from '../../src/hooks/runner.ts';
import { readRefusal } from '../../src/hooks/verdict.ts';
import { Failure } from '../../src/protocol/errors/errors.ts';
import { eventually } from '../support/eventually.ts';
import { told, useHookedWorld } from './hooked-service.ts';

const world = useHookedWorld();
const foreverMs = '60000';

test('while a hook hangs, others are served; who waits for it is the only one to wait', async () => {
  const node = await world.service.addNode({ PARLEY_HOOKS_TIMEOUT_MS: foreverMs, PARLEY_HOOKS_PENDING_MAX: '2' });
  const [stuck, other] = [await world.login(undefined, { node }), await world.login(undefined, { node })];
  const [hang, room] = [world.fresh('hang'), world.fresh('room')];
  for (const name of [hang, room]) await other.call('roomCreate', name);
  const waiting = stuck.callAll(['roomJoin', hang]);
  await eventually(() => expect(told(node, 'onJoin').filter(({ roomName }) => roomName === hang)).toHaveLength(1));
  expect(await other.call('roomJoin', room)).toBe(1);
  expect(await other.call('roomMessage', room, { n: 1 })).toBe(1);
  // The same socket goes on too, with anything but that room.
  expect(await stuck.call('roomJoin', room)).toBe(1);
  // At the bound of one hook, its callers are turned away; other hooks are asked as ever.
  void other.callAll(['roomJoin', hang]);
  await eventually(() => expect(told(node, 'onJoin').filter(({ roomName }) => roomName === hang)).toHaveLength(2));
  const third = await world.login(undefined, { node });
  expect(await third.refusal('roomJoin', room)).toMatchObject({ code: 'unavailable', temporary: true });
  expect(await third.refusal('roomMessage', room, { word: 'refuse' })).toMatchObject({ code: 'notToday' });

  // And none of it keeps the node from leaving.
  expect(await node.terminate()).toMatchObject({ code: 0 });
  expect(told(node, 'onClose')).toEqual([{}]);
  await Promise.allSettled(waiting);
});

test.each(['throw', 'reject', 'hang', 'refuse'])(
  'an onClose that fails (%s) does not keep the node from ending',
  async (word) => {
    const node = await world.service.addNode({ HOOKS_CLOSE: word, PARLEY_DRAIN_MS: '2000' });
    expect(await node.terminate()).toMatchObject({ code: 0 });
    expect(told(node, 'onClose')).toEqual([{}]);
    expect(node.logs().map(({ msg }) => msg)).toContain('stopped');
  },
);

test('what a hook leaves behind and fails is told of once in a while, however often it is', async () => {
  const path = fileURLToPath(new URL('forgetful.mjs', import.meta.url));
  const node = await world.service.addNode({ PARLEY_HOOKS: path });
  const user = await world.login(undefined, { node });
  const room = world.fresh('forgotten');
  await user.call('roomCreate', room);
  await user.call('roomJoin', room);
  for (let n = 1; n <= 40; n++) expect(await user.call('roomMessage', room, { n })).toBe(n);
  expect(await node.terminate()).toMatchObject({ code: 0 });
  const lines = node.logs().filter(({ msg }) => msg === 'unhandledRejection: the node goes on');
  expect(lines.length).toBeLessThan(10);
  expect(lines[0]).toMatchObject({ err: { message: 'nobody has waited for this' } });
  const count = lines.reduce((sum, { suppressed = 0 }) => sum + 1 + Number(suppressed), 0);
  expect(count).toBe(40);
});

test('a hook that fails after its time harms nobody', async () => {
  const node = world.service.node(0);
  const user = await world.login();
  const room = world.fresh('late');
  await user.call('roomCreate', room);
  expect(await user.refusal('roomJoin', room)).toMatchObject({ code: 'timeout', temporary: true });
  await eventually(() =>
    expect(node.logs()).toContainEqual(
      expect.objectContaining({
        msg: 'the hook onJoin threw, too late',
        err: expect.objectContaining({ message: 'nobody waits any more' }),
      }),
    ),
  );
  const failures = await node.metrics();
  expect(failures.sum('parley_hook_failures_total', { hook: 'onJoin' })).toBeGreaterThanOrEqual(2);
  expect(failures.sum('parley_hook_failures_total', { hook: 'onLeave' })).toBe(0);
  expect(node.logs().filter(({ msg }) => msg.startsWith('unhandled') || msg.startsWith('uncaught'))).toEqual([]);
  expect(await user.call('listOwnSockets')).toEqual({ [user.authData.id]: [] });
});

describe('a runner', () => {
  const runnerOf = (hooks: object): { runner: HookRunner; failures: string[] } => {
    const read = readHooks({ hooks });
    if ('problem' in read) throw new Error(read.problem);
    const failures: string[] = [];
    const onFailure = (hook: string, what: string): string => `ref${failures.push(`${hook} ${what}`)}`;
    return { runner: new HookRunner(read, { timeoutMs: 60_000, pendingMax: 2, onFailure }), failures };
  };
  const ask = (runner: HookRunner, name: string): Promise<unknown> => runner.ask(name, () => ({}), readRefusal);

  test.each([
    [undefined, undefined],
    [null, undefined],
    [{}, undefined],
    [{ error: { code: 'mine' } }, { code: 'mine', args: [] }],
    [{ error: { code: 'noRoom', args: ['x'] } }, { code: 'noRoom', args: ['x'] }],
    [{ error: { code: 'no code' } }, 'ref1'],
    [{ error: { code: 'x'.repeat(65) } }, 'ref1'],
    [{ error: { code: 'noRoom' } }, 'ref1'],
    [{ error: { code: 'mine', args: [() => 1] } }, 'ref1'],
    [{ error: { code: 'mine', args: [Number.NaN] } }, 'ref1'],
    [{ error: { code: 'mine', message: 7 } }, 'ref1'],
    [{ error: { code: 'mine', temporary: 1 } }, 'ref1'],
    [{ error: { code: 'mine', retryAfterMs: -1 } }, 'ref1'],
    [{ error: 'no' }, 'ref1'],
    [{ other: 1 }, 'ref1'],
    [[], 'ref1'],
    ['no', 'ref1'],
    [true, 'ref1'],
    [new Date(), 'ref1'],
  ])('reads %j as what it is, and as nothing else', async (said, meant) => {
    const { runner, failures } = runnerOf({ onJoin: () => said });
    const outcome = await ask(runner, 'onJoin');
    if (typeof meant !== 'string') {
      if (meant === undefined) expect(outcome).toBeUndefined();
      else expect(outcome).toMatchObject(meant);
      return;
    }
    expect(outcome).toMatchObject({ code: 'internalError', args: [meant] });
    expect(failures).toHaveLength(1);
  });

  test('takes a policy of the hook itself before that of its kind', async () => {
    const fails = (): never => {
      throw new Error('x');
    };
    const policies = { before: { onFailure: 'allow' }, 'before.ping': { onFailure: 'refuse' } };
    const { runner } = runnerOf({ before: { ping: fails, roomJoin: fails }, policies });
    expect(await ask(runner, 'before.ping')).toBeInstanceOf(Failure);
    expect(await ask(runner, 'before.roomJoin')).toBeUndefined();
  });

  test('counts the calls of each hook by itself, and makes room when they end', async () => {
    const ends: (() => void)[] = [];
    const { runner, failures } = runnerOf({
      onJoin: () => new Promise<void>((resolve) => void ends.push(resolve)),
      onConnect: () => undefined,
    });
    const asked = [ask(runner, 'onJoin'), ask(runner, 'onJoin')];
    expect(await ask(runner, 'onJoin')).toMatchObject({ code: 'unavailable' });
    expect(await ask(runner, 'onConnect')).toBeUndefined();
    for (const end of ends) end();
    expect(await Promise.all(asked)).toEqual([undefined, undefined]);
    const again = ask(runner, 'onJoin');
    ends.at(-1)?.();
    expect(await again).toBeUndefined();
    expect(failures).toEqual(['onJoin is not asked: too many calls of it are under way']);
  });
});
