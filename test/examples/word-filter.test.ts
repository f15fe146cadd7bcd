// The example of a hook over HTTP, as it stands, asked by a real node and by who has no right to.
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { signedHeaders, signingKey } from '../../src/endpoint/signature.ts';
import { root } from '../ground/source-files.ts';
import { startProcess } from '../support/owned-process.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startNode } from '../support/service.ts';

const scope = useScope();
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
let url = '';

beforeAll(async () => {
  const program = join(root, 'config', 'examples', 'word-filter', 'word-filter.py');
  const env = { ...process.env, HOOK_SECRET: secret, PORT: '0', MASKED_WORDS: 'darn, Größe', REFUSED_WORDS: 'spam' };
  const lines: string[] = [];
  let isListening: (port: string) => void = () => undefined;
  const listening = new Promise<string>((resolve) => {
    isListening = resolve;
  });
  const filter = await startProcess('python3', [program], {
    env,
    onLine: (line) => {
      lines.push(line);
      const [, port] = /^listening on port (\d+)$/.exec(line) ?? [];
      if (port !== undefined) isListening(port);
    },
  });
  scope.add(async () => {
    await filter.kill();
    // It says nothing of what it is asked, and fails at nothing.
    expect(lines).toHaveLength(1);
  });
  const ended = filter.exited.then(() => Promise.reject(new Error(`the filter ended:\n${lines.join('\n')}`)));
  url = `http://127.0.0.1:${await Promise.race([listening, ended])}/`;
});

test('words are blanked out or refused in rooms and between users, and nothing else is changed', async () => {
  const redis = await startRedis(scope);
  const node = await startNode(scope, {
    redis,
    env: {
      PARLEY_HOOK_URL: url,
      PARLEY_HOOK_SECRET: secret,
      PARLEY_HOOK_EVENTS: 'onConnect,roomMessageCheck,directMessageCheck',
      PARLEY_HOOK_PRIVATE: 'on',
      // A busy machine may stop the filter for seconds.
      PARLEY_HOOK_TIMEOUT_MS: '10000',
    },
  });
  const [ada, bob] = [
    await loginRpc(scope, node.url, 'ada', { hooked: true }),
    await loginRpc(scope, node.url, 'bob', { hooked: true }),
  ];
  await ada.call('roomCreate', 'lobby');
  for (const user of [ada, bob]) await user.call('roomJoin', 'lobby');
  await ada.call('roomMessage', 'lobby', { n: 1 });
  await bob.next('roomMessage');
  expect(await bob.refusal('roomMessageReact', 'lobby', 1, 'spam')).toMatchObject({ code: 'wordNotAllowed' });
  expect(await bob.refusal('roomMessageReact', 'lobby', 1, 'darn')).toMatchObject({ code: 'notAllowed' });
  await bob.call('roomMessageReact', 'lobby', 1, '🎉');
  await ada.call('roomMessageRecall', 'lobby', 1, { reason: 'darn typo' });
  await bob.next('roomMessageChanged');
  expect(await bob.next('roomMessageChanged')).toMatchObject(['lobby', { kind: 'recall', reason: '**** typo' }]);
  for (const [method, to] of [
    ['roomMessage', 'lobby'],
    ['directMessage', 'bob'],
  ] as const) {
    const heard = async (message: Record<string, string | number | Uint8Array>): Promise<unknown> => {
      await ada.call(method, to, message);
      return (await bob.next(method)).at(-1);
    };
    const bytes = new Uint8Array([1, 255]);
    expect(await heard({ textMessage: 'Darn the größe 🎉', bytes, n: 0.5 })).toMatchObject({
      textMessage: '**** the ***** 🎉',
      bytes,
      n: 0.5,
      author: 'ada',
    });
    expect(await heard({ textMessage: 'darning, spammer' })).toMatchObject({ textMessage: 'darning, spammer' });
    expect(await heard({ n: 1 })).toMatchObject({ n: 1 });
    expect(await ada.refusal(method, to, { textMessage: 'no SPAM here' })).toMatchObject({
      code: 'wordNotAllowed',
      args: ['SPAM'],
      message: 'This word is not allowed here.',
    });
  }
});

describe('the filter', () => {
  const body = JSON.stringify({ type: 'roomMessageCheck', data: { message: { textMessage: 'spam' } } });
  const post = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(url, { method: 'POST', headers, body })).status;
  const key = signingKey(secret);

  test('answers what the service has signed, also where one of several signatures is right', async () => {
    const signed = signedHeaders(key, 'id', body);
    expect(await post(signed)).toBe(200);
    const several = `v2,x v1,bm90IHRoaXM= ${signed['webhook-signature']}`;
    expect(await post({ ...signed, 'webhook-signature': several })).toBe(200);
  });

  test('answers 401 to anybody else', async () => {
    const signed = signedHeaders(key, 'id', body);
    for (const headers of [
      {},
      { ...signed, 'webhook-id': 'another' },
      { ...signed, 'webhook-signature': signed['webhook-signature'].replace('v1', 'v2') },
      { ...signed, 'webhook-signature': 'v1,' },
      { ...signed, 'webhook-timestamp': 'now' },
      signedHeaders(key, 'id', `${body} `),
      signedHeaders(signingKey('another secret of some bytes'), 'id', body),
      signedHeaders(key, 'id', body, Date.now() - 600_000),
      signedHeaders(key, 'id', body, Date.now() + 600_000),
    ]) {
      expect([headers, await post(headers)]).toEqual([headers, 401]);
    }
  });
});
