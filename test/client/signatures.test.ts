// What an application's own server signs: logins by name and changes of blacklists, and factories that fail.
import { expect, test } from '@jest/globals';
import type { Signature } from '../../src/client/connection/signatures.ts';
import { connectClient, createTestClient, failureOf } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { signatureSecret, signed } from '../support/signing.ts';
import { startFake } from './fake-service.ts';

const scope = useScope();
const soon = { minDelayMs: 1, maxDelayMs: 5 };
const signature = { signature: 'abc', timestamp: 1, nonce: 'n' };

test('a login by name is signed, one by token or resume token is not', async () => {
  const service = await startFake(scope);
  const asked: unknown[] = [];
  const signatureFactory = (userName: string | undefined): Signature => {
    asked.push(userName);
    return signature;
  };
  const options = { urls: service.url, userName: 'ann', reconnect: soon, signatureFactory };
  const client = await connectClient(scope, options);
  service.cut();
  await client.next('reconnect');
  await connectClient(scope, { ...options, credentials: { token: 'jwt' } });
  expect(asked).toEqual(['ann']);
  expect(service.logins).toEqual([{ userName: 'ann', signature }, { resumeToken: 'token-1' }, { token: 'jwt' }]);
});

test('a factory that gives something else, or throws, fails the first login, and nothing is sent', async () => {
  const service = await startFake(scope);
  const login = (signatureFactory: () => unknown): Promise<{ code: string; message: string }> => {
    // As somebody who writes JavaScript may do.
    const wrong = signatureFactory as () => Signature;
    return failureOf(
      createTestClient(scope, { urls: service.url, userName: 'ann', signatureFactory: wrong }).connect(),
    );
  };
  for (const made of [undefined, null, 'abc', {}, { ...signature, timestamp: '1' }]) {
    expect([made, (await login(() => made)).code]).toEqual([made, 'malformedSignature']);
  }
  const sorry = (): never => {
    throw new Error('no key today');
  };
  expect(await login(sorry)).toMatchObject({
    code: 'signatureFailed',
    message: 'The signature factory failed: no key today',
  });
  expect(await login(() => Promise.reject(new Error('later')))).toMatchObject({ code: 'signatureFailed' });
  expect(service.logins).toEqual([]);
});

test('what is done to who belongs to a room is signed, oneself as one of the names; what is signed already is left alone', async () => {
  const service = await startFake(scope);
  const asked: unknown[] = [];
  const conversationSignatureFactory = async (...args: readonly unknown[]): Promise<Signature> => {
    asked.push(args);
    return Promise.resolve(signature);
  };
  const options = { urls: service.url, userName: 'alice', conversationSignatureFactory };
  const client = await connectClient(scope, options);
  const room = client.room('lobby');
  const steps: [() => Promise<unknown>, string, unknown[]][] = [
    [
      () => client.conversations.create({ members: ['zoe', '\u{1f600}', '\uff5e'], unique: true }),
      'conversationCreate',
      [{ members: ['zoe', '\u{1f600}', '\uff5e'], unique: true, signature }],
    ],
    [() => client.conversations.create({ name: 'den' }), 'conversationCreate', [{ roomName: 'den', signature }]],
    [() => room.members.add(['carol', 'bob']), 'roomMembersAdd', ['lobby', ['carol', 'bob'], { signature }]],
    [() => room.members.remove('bob'), 'roomMembersRemove', ['lobby', ['bob'], { signature }]],
    [() => room.members.join(), 'roomMemberJoin', ['lobby', { signature }]],
    [() => room.members.quit(), 'roomMemberQuit', ['lobby', { signature }]],
    [
      () =>
        client.request('roomMemberQuit', { roomName: 'lobby', options: { signature: { ...signature, nonce: 'own' } } }),
      'roomMemberQuit',
      ['lobby', { signature: { ...signature, nonce: 'own' } }],
    ],
    // Others need none.
    [() => room.silence('bob'), 'roomSilence', ['lobby', ['bob']]],
    [
      () => client.request('roomAddToList', { roomName: 'lobby', listName: 'blacklist', userNames: ['bob'] }),
      'roomAddToList',
      ['lobby', 'blacklist', ['bob']],
    ],
  ];
  for (const [ask, name, params] of steps) {
    const refused = failureOf(ask());
    const request = await service.next(name);
    expect([name, request.params]).toEqual([name, params]);
    request.refuse('notAllowed');
    expect((await refused).code).toBe('notAllowed');
  }
  expect(asked).toEqual([
    [undefined, 'alice', ['zoe', '\uff5e', '\u{1f600}'], 'create'],
    [undefined, 'alice', [], 'create'],
    ['lobby', 'alice', ['bob', 'carol'], 'invite'],
    ['lobby', 'alice', ['bob'], 'kick'],
    ['lobby', 'alice', ['alice'], 'invite'],
    ['lobby', 'alice', ['alice'], 'kick'],
  ]);
});

test('on a real node that wants them, logins and changes of blacklists go through', async () => {
  const env = { PARLEY_AUTH: 'jwt', PARLEY_JWT_SECRET: 'x'.repeat(32), PARLEY_SIGNATURE_SECRET: signatureSecret };
  const service = await startService(scope, { nodes: 1, env: { ...env, PARLEY_SIGNATURES: 'login,blacklist' } });
  // The helper writes what a server of the operator's would.
  const sign = (text: string): Signature => signed(text)['signature'] as unknown as Signature;
  const client = await connectClient(scope, {
    urls: service.node(0).url,
    userName: 'ann',
    signatureFactory: (userName) => sign(`login:${userName}:`),
    blacklistSignatureFactory: async (roomName, userName, names, action) =>
      Promise.resolve(sign(`${action}:${userName}:${roomName}:${names.join(':')}`)),
  });
  await client.request('roomCreate', { roomName: 'lobby' });
  const list = { roomName: 'lobby', listName: 'blacklist', userNames: ['zoe', 'e\u0301mile', '\u{1f600}', '\uff5e'] };
  expect(await client.request('roomAddToList', list)).toBeNull();
  const blocked = await client.request('roomGetAccessList', list);
  expect(Array.isArray(blocked) ? blocked.length : blocked.names.length).toBe(4);
  expect(await client.request('roomRemoveFromList', list)).toBeNull();
  // Others need none.
  expect(await client.request('roomAddToList', { ...list, listName: 'whitelist' })).toBeNull();

  const unsigned = await connectClient(scope, {
    urls: service.node(0).url,
    userName: 'bob',
    signatureFactory: () => sign('login:bob:'),
  });
  await unsigned.request('roomCreate', { roomName: 'den' });
  expect((await failureOf(unsigned.request('roomAddToList', { ...list, roomName: 'den' }))).code).toBe('badSignature');
});
