// The settings of the webhook: what is refused at the start, and what is told of it.
import { expect, test } from '@jest/globals';
import { effectiveSettings } from '../../src/config/config.ts';
import { good, mistakesOf, outcome } from '../support/configuration.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const url = 'https://example.com/parley?token=hidden';

test('an address needs a secret that can sign, and events that there are', () => {
  const open = { PARLEY_AUTH: 'open', PARLEY_WEBHOOK_URL: url };
  expect(mistakesOf(open)).toEqual([expect.stringContaining('PARLEY_WEBHOOK_URL needs PARLEY_WEBHOOK_SECRET')]);
  expect(mistakesOf({ ...open, PARLEY_WEBHOOK_SECRET: secret })).toEqual([]);
  for (const [name, value] of [
    ['PARLEY_WEBHOOK_SECRET', 'short'],
    ['PARLEY_WEBHOOK_SECRET', 'whsec_no base64 at all, and long'],
    ['PARLEY_WEBHOOK_URL', 'ftp://example.com/'],
    ['PARLEY_WEBHOOK_URL', 'example.com'],
    ['PARLEY_WEBHOOK_URL', 'https://example.com/#part'],
    ['PARLEY_WEBHOOK_EVENTS', 'message,typing'],
  ] as const) {
    const mistakes = mistakesOf({ ...open, PARLEY_WEBHOOK_SECRET: secret, [name]: value });
    expect([value, mistakes]).toEqual([value, [expect.stringContaining(name)]]);
  }
});

test.each(['http://10.0.0.5/', 'http://localhost:8090/', 'https://[::1]/'])(
  'an address such as %s is refused, unless it may be private',
  (there) => {
    const given = { PARLEY_AUTH: 'open', PARLEY_WEBHOOK_URL: there, PARLEY_WEBHOOK_SECRET: secret };
    expect(mistakesOf(given)).toEqual([expect.stringContaining('PARLEY_WEBHOOK_PRIVATE=on')]);
    expect(good({ ...given, PARLEY_WEBHOOK_PRIVATE: 'on' }).webhook.url).toBe(there);
  },
);

test('neither the address nor the secret is shown, and an address without TLS is warned of', () => {
  const environment = {
    PARLEY_AUTH: 'open',
    PARLEY_WEBHOOK_URL: url.replace('https', 'http'),
    PARLEY_WEBHOOK_SECRET: secret,
  };
  const config = good(environment);
  const { warnings } = outcome(environment);
  expect(warnings).toContainEqual(expect.stringContaining('PARLEY_WEBHOOK_URL is not https'));
  expect([...effectiveSettings(config), ...warnings].join('\n')).not.toMatch(/hidden|MfKQ9r8G/);
  expect(config.webhook).toMatchObject({ types: ['message', 'change', 'member', 'room'], allowPrivate: false });
});
