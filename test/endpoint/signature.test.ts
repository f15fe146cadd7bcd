// Signatures of Standard Webhooks: the example of the specification's own libraries, and which secrets are none.
import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { freshMessageId, signedHeaders, signingKey, signingSecretProblem } from '../../src/endpoint/signature.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

test('a body is signed as the libraries of Standard Webhooks sign it', () => {
  // Of the tests of https://github.com/standard-webhooks/standard-webhooks.
  const sent = signedHeaders(
    signingKey(secret),
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    '{"test": 2432232314}',
    1_614_265_330_999,
  );
  expect(sent).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('a plain secret signs by its own bytes, and bytes are signed like their text', () => {
  const plain = 'a plain secret, long enough ü';
  const right = createHmac('sha256', plain).update('id.1.ü').digest('base64');
  expect(signedHeaders(signingKey(plain), 'id', Buffer.from('ü'), 1000)['webhook-signature']).toBe(`v1,${right}`);
});

test('a secret that is too short, or is not what it says, is none', () => {
  for (const good of [secret, 'whsec_MfKQ9r8GKYqrTwjUPD8ILA==', 'a plain secret of any length']) {
    expect([good, signingSecretProblem(good)]).toEqual([good, undefined]);
  }
  for (const bad of ['', 'short', 'whsec_', 'whsec_MfKQ9r8G', 'whsec_not base64, but long enough for anybody']) {
    expect([bad, signingSecretProblem(bad)]).toEqual([bad, expect.stringMatching(/^must /)]);
  }
});

test('ids differ, and are of letters that an HTTP header may have', () => {
  const ids = Array.from({ length: 100 }, freshMessageId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^msg_[\w-]{24}$/);
});
