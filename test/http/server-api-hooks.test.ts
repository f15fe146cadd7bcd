// The server API and the operator's hooks: hooks ask the service in-process, and requests of the API pass through hooks
// unless they bypass them, on whatever node.
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { until } from '../chat/world.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { serverApi, type ApiAnswer } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';
import { worldEnv } from './api-world.ts';

const scope = useScope();
let service: Service<RedisServer>;
beforeAll(async () => {
  const env = { ...worldEnv, PARLEY_HOOKS: fileURLToPath(new URL('./api-hooks.mjs', import.meta.url)) };
  service = await startService(scope, { redis: await startRedis(scope), nodes: 2, env });
});

const ask = (method: string, params: Value[], as?: Record<string, Value>): Promise<ApiAnswer> =>
  serverApi(service.node(0)).ask(method, as === undefined ? { params } : { params, as });

test('a hook asks the service at its start, and later for anybody', async () => {
  expect(await ask('roomGet', ['made by hooks'])).toMatchObject({ body: { result: { owner: 'ada' } } });
  const ada = await loginRpc(scope, service.node(0).url, 'ada');
  const told = async (data: Value): Promise<Value | undefined> => {
    // What the test says comes back as well; what the service was told does not look like it.
    ada.notify(['systemMessage', data]);
    const isTold = (value: Value | undefined): boolean => 'result' in Object(value) || 'refused' in Object(value);
    return (await until(ada, 'systemMessage', ([value]) => isTold(value)))[0];
  };
  expect(await told({ ask: 'hasRoom', params: ['made by hooks'] })).toEqual({ result: true });
  expect(await told({ ask: 'roomGetOwner', params: { roomName: 'made by hooks' } })).toEqual({ result: 'ada' });
  expect(await told({ ask: 'roomGetOwner', params: ['made by hooks'], as: { userName: 'ada' } })).toEqual({
    result: 'ada',
  });
  expect(await told({ ask: 'deleteRoom', params: ['nowhere'] })).toEqual({
    refused: { code: 'noRoom', details: ['nowhere'], message: 'There is no room "nowhere".' },
  });
  expect(await told({ ask: 'nonsense', params: [] })).toMatchObject({ refused: { code: 'noCommand' } });
  expect(await told({ ask: 'ping', as: { nobody: true } })).toMatchObject({ refused: { code: 'badArgument' } });
});

test('requests of the API pass through hooks, unless they bypass them', async () => {
  const rude = ['made by hooks', { text: 'rude' }];
  const refused = await ask('roomMessage', rude);
  expect([refused.status, refused.body]).toEqual([
    403,
    { error: { code: 'tooRude', args: ['rude'], message: 'Be kind.', temporary: false } },
  ]);
  expect(await ask('roomMessage', rude, { bypassHooks: true })).toMatchObject({ status: 200, body: { result: 1 } });
  expect((await service.node(0).metrics()).sum('parley_api_request_duration_seconds_count', { outcome: 'own' })).toBe(
    1,
  );
});

test('a refusal by a hook of the node that has the socket comes back whole', async () => {
  const bob = await loginRpc(scope, service.node(1).url, 'bob');
  await ask('addRoom', ['stay']);
  const as = { userName: 'bob', socketId: bob.authData.id };
  expect(await ask('roomJoin', ['stay'], as)).toMatchObject({ body: { result: 1 } });
  const refused = await ask('roomLeave', ['stay'], as);
  expect([refused.status, refused.body]).toEqual([
    503,
    { error: { code: 'notYet', args: [], message: 'Refused: notYet.', temporary: true } },
  ]);
  expect(await ask('roomHasInList', ['stay', 'userlist', 'bob'])).toMatchObject({ body: { result: true } });
  expect(await ask('roomLeave', ['stay'], { ...as, bypassHooks: true })).toMatchObject({ body: { result: 0 } });
  expect(await ask('roomHasInList', ['stay', 'userlist', 'bob'])).toMatchObject({ body: { result: false } });
});
