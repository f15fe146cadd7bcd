// The settings of hooks over HTTP: what an endpoint needs, where it may be, and what works but is hardly meant.
import { describe, expect, test } from '@jest/globals';
import { effectiveSettings } from '../../src/config/config.ts';
import { good, mistakesOf, outcome } from '../support/configuration.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const base = { PARLEY_AUTH: 'open', PARLEY_HOOK_SECRET: secret, PARLEY_HOOK_EVENTS: 'onJoin' };
const url = 'https://chat.example.com/hooks?service=1';

describe('an endpoint for hooks', () => {
  test('has bounds of its own, and neither its secret nor its address is shown', () => {
    const config = good({ ...base, PARLEY_HOOK_URL: url, PARLEY_HOOK_EVENTS: 'onjoin, roomMessageCheck' });
    expect(config.hooks.remote).toEqual({
      url,
      secret,
      names: ['onJoin', 'roomMessageCheck'],
      timeoutMs: 1000,
      concurrency: 50,
      policy: 'refuse',
      allowPrivate: false,
    });
    const shown = effectiveSettings(config);
    expect(shown).toContain('PARLEY_HOOK_URL=***');
    expect(shown).toContain('PARLEY_HOOK_SECRET=***');
    expect(good({}).hooks.remote).toMatchObject({ url: undefined, secret: undefined, names: [] });
  });

  test.each([
    ['PARLEY_HOOK_URL', 'chat.example.com/hooks', 'must be an address such as'],
    ['PARLEY_HOOK_URL', 'ftp://chat.example.com/', 'must be an address such as'],
    ['PARLEY_HOOK_URL', 'https://chat.example.com/#hooks', 'may not contain a #'],
    ['PARLEY_HOOK_SECRET', 'short', '16 bytes'],
    ['PARLEY_HOOK_SECRET', 'whsec_no base64 at all!', 'base64'],
    ['PARLEY_HOOK_EVENTS', 'onJoin,onLeave', 'may only contain onConnect, onJoin'],
    ['PARLEY_HOOK_CONCURRENCY', '0', '1 to 1000'],
    ['PARLEY_HOOK_ON_FAILURE', 'ignore', 'refuse, allow'],
  ])('%s=%s is refused', (name, text, expected) => {
    const mistakes = mistakesOf({ ...base, PARLEY_HOOK_URL: url, [name]: text });
    expect(mistakes).toEqual([expect.stringContaining(expected)]);
    expect(mistakes[0]).toContain(name);
    expect(mistakes[0]).not.toMatch(/short|at all/);
  });

  test('needs a secret, and what it is asked', () => {
    expect(mistakesOf({ PARLEY_AUTH: 'open', PARLEY_HOOK_URL: url })).toEqual([
      expect.stringContaining('needs PARLEY_HOOK_SECRET'),
      expect.stringContaining('needs PARLEY_HOOK_EVENTS'),
    ]);
  });

  test.each([
    'http://127.0.0.1:8000/',
    'http://localhost:8000/',
    'http://hooks.localhost/',
    'http://[::1]:8000/',
    'http://10.1.2.3/',
    'https://169.254.169.254/',
    'http://[fd00::1]/',
    'http://2130706433/',
  ])('is not at %s, unless it may be', (there) => {
    const given = { ...base, PARLEY_HOOK_URL: there };
    expect(mistakesOf(given)).toEqual([expect.stringContaining('PARLEY_HOOK_PRIVATE=on')]);
    expect(good({ ...given, PARLEY_HOOK_PRIVATE: 'on' }).hooks.remote.url).toBe(there);
  });

  test('is warned of where it can be read on the way, but not on this machine', () => {
    const warnings = (there: string): string[] =>
      outcome({ ...base, PARLEY_HOOK_PRIVATE: 'on', PARLEY_HOOK_URL: there }).warnings;
    expect(warnings('http://chat.example.com/')).toEqual([expect.stringContaining('PARLEY_HOOK_URL is not https')]);
    for (const there of ['https://chat.example.com/', 'http://127.0.0.1:8000/', 'http://localhost/', 'http://[::1]/']) {
      expect([there, warnings(there)]).toEqual([there, []]);
    }
  });

  test('is warned of where logins end before it is given up, as is a module', () => {
    const warnings = (given: Record<string, string>): string[] =>
      outcome({ PARLEY_AUTH: 'open', PARLEY_LOGIN_TIMEOUT_MS: '5000', ...given }).warnings;
    const remote = { ...base, PARLEY_HOOK_URL: url, PARLEY_HOOK_EVENTS: 'onConnect' };
    const late = expect.stringContaining('PARLEY_HOOK_TIMEOUT_MS is not less than PARLEY_LOGIN_TIMEOUT_MS');
    expect(warnings({ ...remote, PARLEY_HOOK_TIMEOUT_MS: '5000' })).toEqual([late]);
    expect(warnings({ ...remote, PARLEY_HOOK_TIMEOUT_MS: '4999' })).toEqual([]);
    expect(warnings({ ...remote, PARLEY_HOOK_TIMEOUT_MS: '5000', PARLEY_HOOK_EVENTS: 'onJoin' })).toEqual([]);
    const ofModule = expect.stringContaining('PARLEY_HOOKS_TIMEOUT_MS is not less than');
    expect(warnings({ PARLEY_HOOKS: './hooks.mjs', PARLEY_HOOKS_TIMEOUT_MS: '6000' })).toEqual([ofModule]);
    expect(warnings({ PARLEY_HOOKS: './hooks.mjs' })).toEqual([]);
  });

  test('has settings that do nothing without it, of which that of a module may be meant', () => {
    const warnings = (given: Record<string, string>): string[] => outcome({ PARLEY_AUTH: 'open', ...given }).warnings;
    expect(warnings({ PARLEY_HOOK_EVENTS: 'onJoin' })).toEqual([
      'PARLEY_HOOK_EVENTS is set, but does nothing without PARLEY_HOOK_URL.',
    ]);
    expect(warnings({ PARLEY_HOOK_TIMEOUT_MS: '500' })).toEqual([
      expect.stringContaining('the hooks of a module: PARLEY_HOOKS_TIMEOUT_MS'),
    ]);
  });
});
