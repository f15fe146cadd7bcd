// What a browser's push service is sent: the text, encrypted for one subscription (RFC 8291), and who sends it, signed (VAPID, RFC 8292).
import {
  createCipheriv,
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  sign,
} from 'node:crypto';

/** Bytes of one record: push services take no more. */
const RECORD_BYTES = 4096;
const HEADER_BYTES = 16 + 4 + 1 + 65;
const END_OF_TEXT = 2;
/** What of a record is left for the text. */
export const TEXT_BYTES = RECORD_BYTES - HEADER_BYTES - 1 - 16;

const base64 = (bytes) => Buffer.from(bytes).toString('base64url');
const bytesOf = (text) => Buffer.from(text, 'base64url');
const derived = (secret, salt, info, length) =>
  Buffer.from(hkdfSync('sha256', secret, salt, Buffer.from(info), length));

/** A new pair of keys for `vapidHeader`, to be kept: subscriptions are made for its public one. */
export function newVapidKeys() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    publicKey: base64(Buffer.concat([Buffer.of(4), bytesOf(x), bytesOf(y)])),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

/** The body for a subscription, as `PushSubscription.toJSON()` of a browser gives it. */
export function encrypted(text, { keys }) {
  const receiver = bytesOf(keys.p256dh);
  const own = createECDH('prime256v1');
  const sender = own.generateKeys();
  const shared = own.computeSecret(receiver);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), receiver, sender]);
  const secret = derived(shared, bytesOf(keys.auth), info, 32);
  const salt = randomBytes(16);
  const key = derived(secret, salt, 'Content-Encoding: aes128gcm\0', 16);
  const nonce = derived(secret, salt, 'Content-Encoding: nonce\0', 12);
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  const header = Buffer.alloc(5);
  header.writeUInt32BE(RECORD_BYTES, 0);
  header[4] = sender.length;
  const record = [cipher.update(text), cipher.update(Buffer.of(END_OF_TEXT)), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat([salt, header, sender, ...record]);
}

/** The `Authorization` of a request to a push service. `subject` is where its operator reaches you. */
export function vapidHeader(endpoint, { publicKey, privateKey, subject }, seconds = Math.floor(Date.now() / 1000)) {
  const claims = { aud: new URL(endpoint).origin, exp: seconds + 12 * 60 * 60, sub: subject };
  const signed = [{ typ: 'JWT', alg: 'ES256' }, claims].map((part) => base64(JSON.stringify(part))).join('.');
  const key = { key: createPrivateKey(privateKey), dsaEncoding: 'ieee-p1363' };
  return `vapid t=${signed}.${base64(sign('sha256', Buffer.from(signed), key))}, k=${publicKey}`;
}
