// A direct message that is not kept is two scripts, on the slots of two users: what becomes of it where Redis has only the first one, and
// of requests about a user whom Redis does not know any more.
import { expect, test } from '@jest/globals';
import { startRedis } from '../support/redis.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

test('a message whose echo fails has been sent: the sender is told so, and its other sockets a little later', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 2, redis, env: { PARLEY_DIRECT_MESSAGES: 'live' } });
  const login = (node: 0 | 1, userName: string): ReturnType<typeof loginRpc> =>
    loginRpc(scope, service.node(node).url, userName);
  const [ann, annToo, bob] = [await login(0, 'ann'), await login(1, 'ann'), await login(1, 'bob')];
  const operator = redis.client();
  const allow = (...patterns: string[]): Promise<unknown> =>
    operator.call('ACL', 'SETUSER', 'default', 'resetkeys', ...patterns);
  const options = { clientMessageId: 'm-1' };
  // Everything but users whose name begins with an a.
  await allow('~*{user:[^a]*', '~*{node*', '~*{probe*', '~*{room*');
  const sent = await ann.call('directMessage', 'bob', { text: 'one' }, options);
  expect(sent).toMatchObject({ text: 'one', author: 'ann' });
  expect(await bob.next('directMessage')).toEqual([sent]);
  expect(annToo.heard('directMessageEcho')).toEqual([]);
  // Where the first one fails nothing has happened.
  expect(await bob.refusal('directMessage', 'ann', { text: 'none' })).toMatchObject({ code: 'unavailable' });
  // Sent again, it is answered, and nobody is told again.
  expect(await ann.call('directMessage', 'bob', { text: 'one' }, options)).toEqual(sent);
  await allow('allkeys');
  expect(await annToo.next('directMessageEcho')).toEqual(['bob', sent]);
  expect(await ann.call('directMessage', 'bob', { text: 'two' })).toMatchObject({ text: 'two' });
  expect(await annToo.next('directMessageEcho')).toMatchObject(['bob', { text: 'two' }]);
  expect(await bob.next('directMessage')).toMatchObject([{ text: 'two' }]);
  expect(bob.heard('directMessage')).toHaveLength(2);
  for (const name of ['directMessage', 'directMessageEcho']) expect(ann.heard(name)).toEqual([]);
});

test('a user whom Redis does not know any more has no lists, not empty ones', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 1, redis });
  const { url } = service.node(0);
  const [ann, bob] = [await loginRpc(scope, url, 'ann'), await loginRpc(scope, url, 'bob')];
  expect(await ann.call('directGetWhitelistMode')).toBe(false);
  await redis.client().del(`${service.prefix}:{user:ann}:meta`);
  const requests = [
    ['directGetWhitelistMode'],
    ['directSetWhitelistMode', true],
    ['directGetAccessList', 'whitelist'],
    ['directAddToList', 'whitelist', ['bob']],
    ['directRemoveFromList', 'whitelist', ['bob']],
  ] as const;
  for (const [method, ...params] of requests) {
    const refusal = await ann.refusal(
      method,
      ...params.map((param) => (typeof param === 'object' ? [...param] : param)),
    );
    expect([method, refusal]).toEqual([method, expect.objectContaining({ code: 'unavailable', temporary: true })]);
  }
  expect(await bob.refusal('directMessage', 'ann', {})).toMatchObject({ code: 'noUser', args: ['ann'] });
  expect(await redis.client().keys(`${service.prefix}:{user:ann}:*list`)).toEqual([]);
});
