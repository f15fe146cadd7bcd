// The examples of receivers of webhooks, in Python and in Node, each behind a real node: what it prints, what it refuses, what it drops.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { signedHeaders, signingKey } from '../../src/endpoint/signature.ts';
import { root } from '../ground/source-files.ts';
import { eventually } from '../support/eventually.ts';
import { startProcess } from '../support/owned-process.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const folder = join(root, 'config', 'examples', 'webhook-receiver');

const receivers: readonly (readonly [program: string, file: string])[] = [
  [process.execPath, 'receiver.mjs'],
  ['python3', 'receiver.py'],
];

async function startReceiver(program: string, file: string, secret: string): Promise<{ url: string; lines: string[] }> {
  const lines: string[] = [];
  const receiver = await startProcess(program, [join(folder, file)], {
    env: { PATH: process.env['PATH'], WEBHOOK_SECRET: secret, PORT: '0' },
    onLine: (line) => lines.push(line),
  });
  scope.add(async () => {
    await receiver.kill();
  });
  await eventually(() => expect(lines[0]).toContain('listening'));
  const { listening } = JSON.parse(lines.shift() ?? '') as { listening: number };
  return { url: `http://127.0.0.1:${listening}/`, lines };
}

describe.each(receivers)('%s %s', (program, file) => {
  test('prints what is said, once and in order', async () => {
    const secret = `whsec_${randomBytes(24).toString('base64')}`;
    const { url, lines } = await startReceiver(program, file, secret);
    const env = { PARLEY_WEBHOOK_URL: url, PARLEY_WEBHOOK_SECRET: secret, PARLEY_WEBHOOK_PRIVATE: 'on', ...apiEnv };
    const service = await startService(scope, { nodes: 1, env });
    const api = serverApi(service.node(0));
    await api.call('addRoom', { roomName: 'lobby' });
    for (const textMessage of ['one', 'zwei ü', 'three']) await api.call('roomMessage', ['lobby', { textMessage }]);
    const texts = (): unknown[] =>
      lines.flatMap(
        (line) => (JSON.parse(line) as { data: { message?: { textMessage: string } } }).data.message?.textMessage ?? [],
      );
    await eventually(() => expect(texts()).toEqual(['one', 'zwei ü', 'three']));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'room', name: 'roomMade', roomName: 'lobby' });
    expect((await service.node(0).metrics()).sum('parley_webhook_requests_total', { outcome: 'failed' })).toBe(0);
  });

  test('takes nothing that is not signed, was changed, or is old, and nothing twice', async () => {
    const secret = 'a plain text that is long enough';
    const { url, lines } = await startReceiver(program, file, secret);
    const body = JSON.stringify({ type: 'batch', events: [{ type: 'message', seq: 1 }] });
    const key = signingKey(secret);
    const post = async (text: string, headers: Record<string, string>): Promise<number> => {
      const { status } = await fetch(url, { method: 'POST', body: text, headers });
      return status;
    };
    const signed = signedHeaders(key, 'msg_1', body);
    expect(await post(body, {})).toBe(401);
    expect(await post(body.replace('1', '2'), signed)).toBe(401);
    expect(await post(body, { ...signed, 'webhook-id': 'msg_2' })).toBe(401);
    expect(await post(body, signedHeaders(signingKey('another text of that length'), 'msg_1', body))).toBe(401);
    expect(await post(body, signedHeaders(key, 'msg_1', body, Date.now() - 600_000))).toBe(401);
    expect(await post('no JSON', signedHeaders(key, 'msg_3', 'no JSON'))).toBe(500);
    expect(await post(body, { ...signed, 'webhook-signature': `v1,other ${signed['webhook-signature']}` })).toBe(204);
    expect(await post(body, signedHeaders(key, 'msg_1', body))).toBe(204);
    await eventually(() =>
      expect(lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as unknown)).toEqual([
        { type: 'message', seq: 1 },
      ]),
    );
  });
});
