// Defects put into a node (faulty.mjs): whatever of a request breaks, in its answer or around it, ends in the declared error with a
// reference to the log, and gives back what it held; a login that breaks does not stay.
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Format } from '../../src/protocol/wire/codec.ts';
import type { ErrorValue } from '../../src/protocol/errors/errors.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { connectRpc, loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startNode, type ServiceNode } from '../support/service.ts';

const scope = useScope();
const inFlight = 4;
let node: ServiceNode;
beforeAll(async () => {
  const redis = await startRedis(scope);
  const hooks = fileURLToPath(new URL('faulty.mjs', import.meta.url));
  // From its source, whose modules are there by themselves.
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const settings = { PARLEY_HOOKS: hooks, PARLEY_REQUESTS_IN_FLIGHT: String(inFlight), PARLEY_GUESTS_MAX: '3' };
  node = await startNode(scope, { redis, env: { ...apiEnv, ...settings, NODE_OPTIONS: '--import tsx' }, main });
});

let count = 0;
const fresh = (word: string): string => `${word}-${++count}`;
const login = (userName = fresh('user'), credentials?: ValueMap, format: Format = 'msgpack'): Promise<User> =>
  loginRpc(scope, node.url, userName, { format, ...(credentials && { credentials }) });

/** It is the declared error, with a reference. */
function expectDefect(error: ErrorValue): void {
  expect(error).toMatchObject({ code: 'internalError', temporary: false });
  expect(error.args).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/)]);
}

const defects = async (): Promise<number> => (await node.metrics()).sum('parley_defects_total');

const noStrayErrors = (): void => {
  expect(node.logs().filter(({ msg }) => msg.startsWith('unhandled') || msg.startsWith('uncaught'))).toEqual([]);
};

describe.each(['msgpack', 'json'] as const)('a request whose answer breaks (%s)', (format) => {
  test('is answered with the error, as often as it is asked, and the socket goes on', async () => {
    const user = await login(undefined, undefined, format);
    const room = fresh('cannot-answer');
    await user.call('roomCreate', room);
    await user.call('roomJoin', room);
    const before = await defects();
    for (let i = 0; i < 2 * inFlight; i++) expectDefect(await user.refusal('listOwnSockets'));
    const all = await Promise.all(
      user.callAll(...Array.from({ length: 2 * inFlight }, () => ['listOwnSockets'] as const)),
    );
    expect(all.map((outcome) => 'error' in outcome && outcome.error.code)).toEqual(all.map(() => 'internalError'));
    expect((await defects()) - before).toBe(4 * inFlight);
    // Of many that come together the log has one.
    await eventually(() => {
      const [line] = node.logs().filter(({ msg }) => msg === 'a request failed');
      expect(line).toMatchObject({ method: 'listOwnSockets', err: { message: 'a defect: cannot-answer' } });
    });
    expect(await user.call('roomMessage', room, { n: 1 })).toBe(1);
    noStrayErrors();
  });

  test('so is one before whose answer something breaks; what waits for the answer does not wait for ever', async () => {
    const user = await login(undefined, undefined, format);
    const room = fresh('cannot-tell');
    await user.call('roomCreate', room);
    expectDefect(await user.refusal('roomJoin', room));
    // It did take effect.
    expect(await user.call('roomMessage', room, { n: 1 })).toBe(1);
    expect(await user.call('roomLeave', room)).toBe(0);
    noStrayErrors();
  });
});

test('a join behind whose answer delivery does not begin closes the socket, which is nowhere then', async () => {
  const user = await login(fresh('cannot-join'));
  const watcher = await login();
  const room = fresh('room');
  await watcher.call('roomCreate', room);
  await watcher.call('roomJoin', room);
  expect(await user.call('roomJoin', room)).toBe(1);
  expect(await user.raw.closed).toMatchObject({ code: 4002 });
  await eventually(async () => {
    expect(await watcher.call('roomUserlistGet', room)).toMatchObject({ names: [watcher.userName] });
  });
  noStrayErrors();
});

describe('a login that breaks', () => {
  /** Nothing of it is left: no socket of the user, no guest, nothing that Redis counts. */
  async function expectNothingLeft(userName: string): Promise<void> {
    await eventually(async () => {
      const user = await serverApi(node).call('userGet', [userName]);
      expect(user).toMatchObject({ sockets: [] });
    });
    noStrayErrors();
  }

  test.each([['msgpack'], ['json']] as const)('before it is confirmed is rejected (%s)', async (format) => {
    const userName = fresh('cannot-confirm');
    // More often than guests are let in.
    for (let i = 0; i < 5; i++) {
      const rpc = await connectRpc(scope, node.url, { format });
      expectDefect(await rpc.refusal('login', { userName }));
      expect(rpc.heard('loginRejected')).toMatchObject([[{ code: 'internalError' }]]);
      expect(await rpc.raw.closed).toMatchObject({ code: 4501 });
    }
    await expectNothingLeft(userName);
  });

  test.each([
    ['in its answer', 'cannot-answer'],
    ['in what its session is told', 'cannot-tell'],
  ])('%s ends with the error', async (_, word) => {
    const userName = fresh(word === 'cannot-answer' ? word : 'user');
    if (word === 'cannot-tell') {
      const first = await login(userName, { userName, enableSync: true });
      const room = fresh(word);
      await first.call('roomCreate', room);
      await first.refusal('roomJoin', room);
      first.raw.terminate();
    }
    for (let i = 0; i < 5; i++) {
      const rpc = await connectRpc(scope, node.url);
      expectDefect(await rpc.refusal('login', { userName, enableSync: true }));
      expect(rpc.heard('loginConfirmed')).toHaveLength(1);
      expect(rpc.heard('loginRejected')).toEqual([]);
      expect(await rpc.raw.closed).toMatchObject({ code: 4005 });
    }
    await expectNothingLeft(userName);
  });

  test('behind its answer closes the socket', async () => {
    const userName = fresh('cannot-begin');
    for (let i = 0; i < 5; i++) {
      const user = await login(userName);
      expect(await user.raw.closed).toMatchObject({ code: 4005 });
    }
    await expectNothingLeft(userName);
  });
});

test('an answer of the server API that cannot be written is an error with a reference', async () => {
  const { status, body } = await serverApi(node).ask('hasUser', { params: [fresh('cannot-write')] });
  expect(status).toBe(500);
  expect(body).toMatchObject({ error: { code: 'internalError', args: [expect.stringMatching(/^[0-9a-f]{12}$/)] } });
});
