// The example of web push, with a push service of the test's own: which decrypts what it is sent as a browser does, and checks who says so.
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { root } from '../ground/source-files.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const example = join(root, 'config', 'examples', 'web-push', 'web-push.mjs');

interface Browser {
  readonly privateKey: Buffer;
  readonly publicKey: Buffer;
  readonly auth: Buffer;
}

const derived = (secret: Buffer, salt: Buffer, info: Buffer, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, length));

/** RFC 8291, section 3, from the side of the browser. */
function decrypted(body: Buffer, { privateKey, publicKey, auth }: Browser): string {
  const salt = body.subarray(0, 16);
  const sender = body.subarray(21, 21 + (body[20] ?? 0));
  const own = createECDH('prime256v1');
  own.setPrivateKey(privateKey);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), publicKey, sender]);
  const secret = derived(own.computeSecret(sender), auth, info, 32);
  const key = derived(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derived(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const record = body.subarray(21 + sender.length);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAuthTag(record.subarray(-16));
  const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
  expect(padded.at(-1)).toBe(2);
  return padded.subarray(0, -1).toString();
}

const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');

test('the browser of this test reads what RFC 8291 sends it', () => {
  const browser = {
    privateKey: bytes('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94'),
    publicKey: bytes('BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'),
    auth: bytes('BTBZMqHH6r4Tts7J_aSIgg'),
  };
  const body =
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN';
  expect(decrypted(bytes(body), browser)).toBe('When I grow up, I want to be a watermelon');
});

interface Sent {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is sent to it; a path that begins with `/gone` is that of no subscription. */
async function startPushService(): Promise<{ origin: string; sent: readonly Sent[] }> {
  const sent: Sent[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      sent.push({ path, headers, body: Buffer.concat(parts) });
      response.writeHead(path.startsWith('/gone') ? 410 : 201).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.add(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent };
}

/** Who says that it has sent a push, for whom; throws where the signature is not that of the key. */
function vouched({ authorization = '' }: IncomingHttpHeaders, key: string): unknown {
  const [, head = '', claims = '', signature = '', own = ''] =
    /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=([\w-]+)$/.exec(authorization) ?? [];
  expect(own).toBe(key);
  const point = bytes(key);
  const jwk = { kty: 'EC', crv: 'P-256', x: point.toString('base64url', 1, 33), y: point.toString('base64url', 33) };
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const signed = Buffer.from(`${head}.${claims}`);
  expect(verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, bytes(signature))).toBe(true);
  return JSON.parse(bytes(claims).toString());
}

test('who is away gets a push that only its browser reads, of rooms and of users', async () => {
  const redis = await startRedis(scope);
  const { origin, sent } = await startPushService();
  const folder = mkdtempSync(join(tmpdir(), 'parley-push-'));
  scope.add(() => rmSync(folder, { recursive: true }));
  const service = await startService(scope, {
    redis,
    nodes: 1,
    env: {
      PARLEY_HOOKS: example,
      PARLEY_DIRECT_MESSAGES: 'stored',
      WEB_PUSH_FOLDER: folder,
      WEB_PUSH_SUBJECT: 'mailto:op@example.org',
      WEB_PUSH_SERVICES: origin,
    },
  });
  const login = (name: string): Promise<User> => loginRpc(scope, service.node(0).url, name, { hooked: true });
  const [ann, bob] = [await login('ann'), await login('bob')];
  const keys = createECDH('prime256v1');
  const publicKey = keys.generateKeys();
  const browser = { publicKey, privateKey: keys.getPrivateKey(), auth: randomBytes(16) };
  const subscription = (endpoint: string): Value => ({
    endpoint,
    keys: { p256dh: publicKey.toString('base64url'), auth: browser.auth.toString('base64url') },
  });
  const { webPushKey } = bob.authData as unknown as { webPushKey: string };
  const subscribe = (path: string): Promise<Value> =>
    bob.call('systemMessage', { webPush: subscription(`${origin}${path}`) });
  await Promise.all(['/bob', '/gone', '/removed', '/bob'].map(subscribe));
  await bob.call('systemMessage', { webPush: { remove: `${origin}/removed` } });
  for (const bad of ['https://example.org/', 'http://fcm.googleapis.com/x', 'file:///etc/passwd', 'nowhere']) {
    const refusal = await bob.refusal('systemMessage', { webPush: subscription(bad) });
    expect(refusal).toMatchObject({ code: 'badSubscription' });
  }
  await ann.call('roomCreate', 'club');
  await ann.call('roomJoin', 'club');
  const { roster, muted } = new Keyspace(service.prefix).room('club');
  const client = redis.client();
  await client.zadd(roster, 0, 'ann', 0, 'bob');
  await ann.call('directMessage', 'bob', { text: 'while it is there' });
  // Who is absent is asked behind the answer: Redis has said so before it answers these.
  for (let i = 0; i < 2; i++) await ann.call('roomRecentHistory', 'club');
  bob.raw.close(1000);
  const { sockets } = new Keyspace(service.prefix).user('bob');
  await eventually(async () => expect(await client.exists(sockets)).toBe(0));

  await ann.call('directMessage', 'bob', { text: 'away' }, { pushData: { title: 'Ann writes' } });
  await eventually(() => expect(sent).toHaveLength(2));
  const [first] = sent.filter(({ path }) => path === '/bob');
  if (first === undefined) throw new Error('nothing was sent');
  expect(JSON.parse(decrypted(first.body, browser))).toEqual({
    title: 'Ann writes',
    body: 'away',
    author: 'ann',
    id: 2,
    mentioned: false,
  });
  expect(first.headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '86400' });
  const claims = { aud: origin, sub: 'mailto:op@example.org', exp: expect.any(Number) };
  expect(vouched(first.headers, webPushKey)).toEqual(claims);
  // That one is over, and not asked again; nor is it told of what it has muted.
  await client.sadd(muted, 'bob');
  await ann.call('roomMessage', 'club', { text: 'muted' });
  await ann.call('roomMessage', 'club', { text: 'x'.repeat(9000) }, { mentions: ['bob'] });
  await eventually(() => expect(sent).toHaveLength(3));
  const said = JSON.parse(decrypted(sent[2]?.body ?? Buffer.of(), browser)) as { body: string };
  expect(said).toMatchObject({ title: 'club', roomName: 'club', author: 'ann', id: 2, mentioned: true });
  expect([said.body.length, sent[2]?.path]).toEqual([500, '/bob']);
  const kept = JSON.parse(readFileSync(join(folder, 'subscriptions.json'), 'utf8')) as { bob: unknown[] };
  expect(kept.bob).toEqual([subscription(`${origin}/bob`)]);
});
