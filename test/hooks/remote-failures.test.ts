// An endpoint that fails costs who asked it a declared error, or nothing, as the operator chose; and nobody waits for one that is dead.
import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type ServerResponse } from 'node:http';
import { RemoteHooks, type RemoteHooksOptions } from '../../src/hooks/remote/remote-hooks.ts';
import { readRefusal } from '../../src/hooks/verdict.ts';
import { eventually } from '../support/eventually.ts';
import { listen } from '../support/loopback.ts';
import type { User } from '../support/rpc.ts';
import type { ServiceNode } from '../support/service.ts';
import { ANSWERED, useRemoteWorld, type Answer } from './hook-endpoint.ts';

// A busy machine may stop the endpoint for a second or two, which is not what fails here.
const world = useRemoteWorld({ PARLEY_HOOK_TIMEOUT_MS: '3000', PARLEY_MESSAGE_BYTES: '4096' });
afterEach(() => world.endpoint.answer());

const raw =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
    return ANSWERED;
  };

const failures: [what: string, code: string, answer: Answer][] = [
  ['is silent', 'timeout', () => ANSWERED],
  ['does not end', 'timeout', (_, response) => (response.writeHead(200).write('{'), ANSWERED)],
  ['hangs up', 'unavailable', (_, response) => (response.destroy(), ANSWERED)],
  ['answers 500', 'unavailable', raw(500, '')],
  ['answers 404, with what would be an answer', 'unavailable', raw(404, '{}')],
  ['answers 503', 'unavailable', raw(503, '')],
  ['answers 503 at length', 'unavailable', raw(503, 'x'.repeat(200_000))],
  ['answers no JSON', 'internalError', raw(200, '<html></html>')],
  ['answers half of it', 'internalError', raw(200, '{"message":{"te')],
  ['answers bytes that are no text', 'internalError', raw(200, '"\xff"')],
  ['answers a key for prototypes', 'internalError', raw(200, '{"message":{"__proto__":{}}}')],
  [
    'answers what nests too deep',
    'internalError',
    raw(200, `{"message":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`),
  ],
  ['answers a list', 'internalError', raw(200, '[]')],
  ['answers true', 'internalError', raw(200, 'true')],
  ['answers with another field', 'internalError', () => ({ mesage: {} })],
  ['answers with no map', 'internalError', () => ({ message: 'text' })],
  ['answers with a larger message than there may be', 'internalError', () => ({ message: { text: 'x'.repeat(5000) } })],
  ['answers too much', 'internalError', raw(200, `{"message":{"text":"${'x'.repeat(200_000)}"}}`)],
  ['refuses without a code', 'internalError', () => ({ error: {} })],
];

async function authorIn(node?: ServiceNode): Promise<{ author: User; room: string }> {
  const author = await world.login(undefined, node === undefined ? {} : { node });
  const room = world.fresh('room');
  await author.call('roomCreate', room);
  await author.call('roomJoin', room);
  return { author, room };
}

describe('an endpoint that', () => {
  test.each(failures)('%s is %s, and the next one is asked as ever', async (_, code, answer) => {
    const { author, room } = await authorIn();
    world.endpoint.answer(answer);
    const reference = code === 'internalError' ? [expect.stringMatching(/^[0-9a-f]{12}$/)] : [];
    expect(await author.refusal('roomMessage', room, { n: 1 })).toMatchObject({ code, args: reference });
    world.endpoint.answer();
    expect(await author.call('roomMessage', room, { n: 2 })).toBe(1);
  });

  test('fails is as if it had said nothing, where that is the policy; what it refuses stays refused', async () => {
    const node = await world.service.addNode({ PARLEY_HOOK_ON_FAILURE: 'allow' });
    const { author, room } = await authorIn(node);
    let id = 0;
    for (const [what, , answer] of failures) {
      world.endpoint.answer(answer);
      expect([what, await author.call('roomMessage', room, { what })]).toEqual([what, ++id]);
    }
    world.endpoint.answer(({ type }) => (type === 'onConnect' ? { authData: 7 } : undefined));
    const user = await world.login(undefined, { node });
    expect(user.authData).toMatchObject({ userName: user.userName });
    world.endpoint.answer(() => ({ error: { code: 'notToday' } }));
    expect(await author.refusal('roomMessage', room, { n: 1 })).toMatchObject({ code: 'notToday' });
    const counted = await node.metrics();
    expect(counted.sum('parley_hook_failures_total', { hook: 'roomMessageCheck' })).toBe(failures.length);
    const outcomes = (outcome: string): number =>
      counted.sum('parley_hook_request_duration_seconds_count', { hook: 'roomMessageCheck', outcome });
    expect([outcomes('timeout'), outcomes('unavailable'), outcomes('refused')]).toEqual([2, 5, 1]);
  });

  test('sends elsewhere is not followed', async () => {
    let requests = 0;
    const other = createServer((_, response) => {
      requests++;
      response.end();
    });
    const port = await listen(world.scope, other);
    const { author, room } = await authorIn();
    const location = `http://127.0.0.1:${port}/`;
    for (const status of [301, 302, 307, 308]) {
      world.endpoint.answer(raw(status, '', { location }));
      expect(await author.refusal('roomMessage', room, { n: 1 })).toMatchObject({ code: 'unavailable' });
    }
    expect(requests).toBe(0);
  });
});

/** What has failed goes to `told`. */
function hooksOf(told: string[], more: Partial<RemoteHooksOptions>): (name: string) => Promise<unknown> {
  const { url, secret } = world.endpoint;
  const hooks = new RemoteHooks({
    url,
    secret,
    allowPrivate: true,
    timeoutMs: 10_000,
    concurrency: 1,
    maxResponseBytes: 1000,
    names: ['onJoin'],
    policy: 'refuse',
    onFailure: (_, what) => String(told.push(what)),
    onAsked: () => undefined,
    ...more,
  });
  world.scope.add(() => hooks.close());
  return (userName) => hooks.ask('onJoin', () => ({ userName }), readRefusal);
}

test('a private address is not asked unless it may be', async () => {
  const told: string[] = [];
  const ask = (allowPrivate: boolean): Promise<unknown> => hooksOf(told, { allowPrivate })(world.fresh('private'));
  const before = world.endpoint.asked('onJoin').length;
  expect(await ask(false)).toMatchObject({ code: 'unavailable' });
  expect(told).toEqual([expect.stringContaining('private')]);
  expect(world.endpoint.asked('onJoin')).toHaveLength(before);
  expect(await ask(true)).toBeUndefined();
  expect(world.endpoint.asked('onJoin')).toHaveLength(before + 1);
});

test('an endpoint that is asked more than it can answer is not taken for one that is away', async () => {
  const told: string[] = [];
  const ask = hooksOf(told, { timeoutMs: 4000 });
  let answer = (): unknown => undefined;
  world.endpoint.answer((_, response) => {
    answer = () => response.writeHead(204).end();
    return ANSWERED;
  });
  const before = world.endpoint.asked('onJoin').length;
  const first = ask('first');
  const waiting = await Promise.all(Array.from({ length: 10 }, () => ask('waiting')));
  answer();
  expect(await first).toBeUndefined();
  expect(waiting).toEqual(waiting.map(() => expect.objectContaining({ code: 'unavailable' })));
  expect(new Set(told)).toEqual(new Set(['is not asked: too many requests wait for the endpoint']));
  world.endpoint.answer();
  expect(await ask('next')).toBeUndefined();
  expect(world.endpoint.asked('onJoin')).toHaveLength(before + 2);
});

describe('a node', () => {
  const forever = { PARLEY_HOOK_TIMEOUT_MS: '60000' };

  test('sends so many requests of one hook at once, has more of them wait, and beyond that fails them at once', async () => {
    const node = await world.service.addNode({ ...forever, PARLEY_HOOK_CONCURRENCY: '1' });
    const users: Awaited<ReturnType<typeof authorIn>>[] = [];
    for (let count = 0; count < 19; count++) users.push(await authorIn(node));
    const held: ServerResponse[] = [];
    let [asked, most, isOpen] = [0, 0, false];
    const release = (): unknown => held.shift()?.writeHead(204).end();
    world.endpoint.answer(({ type }, response) => {
      if (type !== 'roomMessageCheck') return undefined;
      held.push(response);
      asked += 1;
      most = Math.max(most, held.length);
      if (isOpen) setTimeout(release, 20);
      return ANSWERED;
    });
    const failed: unknown[] = [];
    const posts = users.slice(0, 18).map(async ({ author, room }) => {
      const [outcome] = await Promise.all(author.callAll(['roomMessage', room, { n: 1 }]));
      if (outcome !== undefined && 'error' in outcome) failed.push(outcome.error);
      return outcome;
    });
    // One is under way and sixteen wait; the eighteenth is refused while nothing is answered.
    await eventually(() => expect(failed).toEqual([expect.objectContaining({ code: 'unavailable', temporary: true })]));
    await eventually(() => expect(held).toHaveLength(1));
    // Another hook has its own turns.
    const { author } = users[18] ?? (await authorIn(node));
    expect(await author.call('roomJoin', users[18]?.room ?? '')).toBe(1);
    isOpen = true;
    release();
    const outcomes = await Promise.all(posts);
    expect([asked, most]).toEqual([17, 1]);
    expect(outcomes.filter((outcome) => outcome !== undefined && 'result' in outcome)).toHaveLength(17);
  });

  test('gives up an endpoint that is dead, and finds it again when it is back', async () => {
    const node = await world.service.addNode({ PARLEY_HOOK_ON_FAILURE: 'allow', PARLEY_HOOK_TIMEOUT_MS: '200' });
    const { author, room } = await authorIn(node);
    const away = async (): Promise<number> =>
      (await node.metrics()).sum('parley_hook_endpoint_away', { hook: 'roomMessageCheck' });
    const asked = (): number =>
      world.endpoint.asked('roomMessageCheck').filter(({ data }) => data['roomName'] === room).length;
    expect(await away()).toBe(0);
    world.endpoint.answer(() => ANSWERED);
    for (let n = 0; n < 100; n++) await author.call('roomMessage', room, { n });
    // But for a try now and then, which a slow run has more of, only the first few were asked.
    expect(asked()).toBeGreaterThanOrEqual(5);
    expect(asked()).toBeLessThan(50);
    expect(await away()).toBe(1);
    world.endpoint.answer(({ type }) => (type === 'roomMessageCheck' ? { message: { checked: true } } : undefined));
    let n = 0;
    await eventually(async () => {
      await author.call('roomMessage', room, { n: ++n });
      expect(author.heard('roomMessage').at(-1)?.[1]).toMatchObject({ checked: true });
    });
    expect(await away()).toBe(0);
  });

  test('ends in time, though the endpoint has not answered', async () => {
    const node = await world.service.addNode(forever);
    const { author, room } = await authorIn(node);
    world.endpoint.answer(() => ANSWERED);
    const waiting = author.callAll(['roomMessage', room, { n: 1 }]);
    await eventually(() =>
      expect(world.endpoint.asked('roomMessageCheck').at(-1)?.data).toMatchObject({ roomName: room }),
    );
    expect(await node.terminate()).toMatchObject({ code: 0 });
    await Promise.allSettled(waiting);
  });
});
